"""What a session asks again before it goes on with an upload."""

import io
from typing import Any

import pytest

from aapimport.app.carry_out import Carrier
from aapimport.cli.desk import TerminalDesk
from aapimport.errors import RefusedError
from aapimport.run.options import Drift


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


def drift(*, is_short: bool, begun: bool = True) -> Drift:
    """Something that isn't as it was approved."""
    changes = ("places: 2 are needed, 1 is free",)
    return Drift(changes=changes, seats=7, begun=begun, is_short=is_short)


@pytest.mark.parametrize("is_short", [True, False])
def test_a_drift_is_asked_about(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, is_short: bool
) -> None:
    """The seats are typed; Enter stops."""
    monkeypatch.setattr("sys.stdin", io.StringIO("7\n\n"))
    carrier()._approve(drift(is_short=is_short))
    with pytest.raises(RefusedError, match="2 are needed"):
        carrier()._approve(drift(is_short=is_short))
    assert "places: 2 are needed, 1 is free" in capsys.readouterr().err


def test_yes_is_no_word_on_who_is_left_out() -> None:
    """`--yes` goes on with what is approved otherwise, and not where something doesn't suffice."""
    carrier(yes=True)._approve(drift(is_short=False))
    with pytest.raises(RefusedError) as refused:
        carrier(yes=True)._approve(drift(is_short=True))
    assert refused.value.hint is not None
    assert "resume without --yes" in refused.value.hint


def test_a_plan_that_was_shown_just_now_is_shown_again() -> None:
    """The command that has just asked is given again, to show the plan as it is now."""
    with pytest.raises(RefusedError):
        carrier()._approve(drift(is_short=False, begun=False))
