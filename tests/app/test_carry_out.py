"""What a session asks again before it goes on with an upload."""

import io
from dataclasses import replace
from typing import Any

import pytest

from aapimport.app.carry_out import Carrier
from aapimport.cli.desk import TerminalDesk
from aapimport.errors import RefusedError
from aapimport.run.options import Drift
from aapimport.run.records import Run
from support.script_desk import ScriptDesk


def carrier(*, yes: bool = False) -> Carrier:
    """What asks; nothing is carried out here."""
    nothing: Any = None
    desk = TerminalDesk("live", yes=yes)
    return Carrier(
        journal=nothing,
        services=nothing,
        choices=nothing,
        desk=desk,
        settle_seconds=0,
    )


def drift(*, is_short: bool, begun: bool = True, seats: int = 7, mails: int = 0) -> Drift:
    """Something that isn't as it was approved."""
    changes = ("places: 2 are needed, 1 is free",)
    return Drift(changes=changes, seats=seats, mails=mails, begun=begun, is_short=is_short)


RUN = Run(
    receipt="7K3QX9",
    address="https://portal.example.com/scim/v2 https://jhana.example.com/v2",
    target="live",
    file="people.xlsx",
    file_digest="",
    sheet="",
    pass_id="p26",
    pass_name="Leadership 2026",
    emails=True,
    seats_free=None,
    started_at=0.0,
    finished_at=None,
)


@pytest.mark.parametrize("is_short", [True, False])
def test_a_drift_is_asked_about(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, is_short: bool
) -> None:
    """The seats are typed; Enter stops."""
    monkeypatch.setattr("sys.stdin", io.StringIO("7\n\n"))
    carrier()._approve(RUN, drift(is_short=is_short))
    with pytest.raises(RefusedError, match="2 are needed"):
        carrier()._approve(RUN, drift(is_short=is_short))
    assert "places: 2 are needed, 1 is free" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seats", "mails", "question"),
    [
        (7, 5, "7 the seats that this upload uses, for good, on {}"),
        (0, 5, "5 the e-mails that this upload sends, on {}; no seat is used"),
        (0, 0, "Go on, without a seat or an e-mail, on {}?"),
    ],
)
def test_a_drift_is_asked_about_like_the_last_screen(seats: int, mails: int, question: str) -> None:
    """The portal and its profile are named; the seats, else the e-mails, are typed; else a yes."""
    jhana = "Jhana https://jhana.example.com/v2"
    where = f"https://portal.example.com/scim/v2 and {jhana} (profile acme)"
    changed = drift(is_short=False, seats=seats, mails=mails)
    for answers, goes_on in (((seats or mails or True,), True), (("",), False)):
        desk = ScriptDesk(*answers, practice=False)
        desk.profile = "acme"
        asking = replace(carrier(), desk=desk)
        if goes_on:
            asking._approve(RUN, changed)
        else:
            with pytest.raises(RefusedError, match="2 are needed"):
                asking._approve(RUN, changed)
        assert desk.asked == [(question.format(where), "--yes")]
        assert where in desk.said[0]
        assert desk.said[-1] == f"from now on: {seats} seats for good, {mails} e-mails"


def test_yes_is_no_word_on_who_is_left_out() -> None:
    """`--yes` goes on with what is approved otherwise, and not where something doesn't suffice."""
    carrier(yes=True)._approve(RUN, drift(is_short=False))
    with pytest.raises(RefusedError) as refused:
        carrier(yes=True)._approve(RUN, drift(is_short=True))
    assert refused.value.hint is not None
    assert "resume without --yes" in refused.value.hint


def test_a_plan_that_was_shown_just_now_is_shown_again() -> None:
    """The command that has just asked is given again, to show the plan as it is now."""
    with pytest.raises(RefusedError):
        carrier()._approve(RUN, drift(is_short=False, begun=False))
