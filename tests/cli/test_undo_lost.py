"""Whom a team has lost by an undo: every further undo looks again, until it is settled."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.stub import ScimStub
from support.wire import Act, Response, error, instead

HEAD = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"
WORDS = ("--pass", "Leadership 2026", "--yes", "--json", "--no-emails")


@pytest.fixture
def undone(
    aapimport: Callable[..., Any], portal_stub: ScimStub, live: dict[str, str], tmp_path: Path
) -> Callable[[], Any]:
    """Undoes an upload by which a portal has taken two others out of a team; then once more."""
    team = portal_stub.store.groups["team-1"]
    others = [portal_stub.add_user(f"{one}@acme.com") for one in ("xeno", "yara", "zoe", "will")]
    team["members"] = [{"value": one, "display": "Xeno, V. (Jr)"} for one in others]
    file = tmp_path / "people.csv"
    file.write_text(f"{HEAD}\nabel.quist@new.com,Abel,Quist,,Sales,", "utf-8")
    receipt = aapimport("upload", file, *WORDS, **live).json["receipt"]

    def takes_others_out(act: Act) -> Response:
        answer = act()
        team["members"] = [one for one in team["members"] if one["value"] not in others[:2]]
        return answer

    portal_stub.on("PATCH", "/Groups/team-1", takes_others_out, body='"remove"')

    def run() -> Any:
        return aapimport("undo", receipt, "--yes", "--json", **live)

    first = run()
    assert first.code == 1
    return run


def lost(done: Any) -> list[tuple[str, str]]:
    """What is said of others in the team."""
    return [
        (one["result"], one["reason"])
        for one in done.json["effects"]
        if one["what"] == "others in the team"
    ]


@pytest.mark.parametrize("deleted", [False, True])
def test_whoever_is_in_the_team_again_is_lost_no_more(
    aapimport: Callable[..., Any],
    portal_stub: ScimStub,
    live: dict[str, str],
    undone: Callable[[], Any],
    *,
    deleted: bool,
) -> None:
    """Put in by hand, or gone from the portal; that stays so, also after an erasure."""
    again = undone()
    assert (again.code, [result for result, _ in lost(again)]) == (1, ["impossible"])
    team = portal_stub.store.groups["team-1"]
    team["members"].append({"value": "user-1"})
    assert undone().code == 1  # of two
    purge = ("history", "purge", "--older-than", "0d", "--yes")
    assert aapimport(*purge, **live).code == 0
    if deleted:
        del portal_stub.store.users["user-2"]
    else:
        team["members"].append({"value": "user-2"})
    settled = undone()
    ((result, reason),) = lost(settled)
    assert (settled.code, result) == (0, "nothing left")
    assert reason.endswith("had lost is in it again, or gone from the portal")
    team["members"].clear()
    assert undone().code == 0
    shown = aapimport("undo", settled.json["of"], "--yes", **live).out
    assert "nothing left: row 2" in shown
    assert "is in it again" in " ".join(shown.split())


def test_a_team_that_can_not_be_read_settles_nothing(
    portal_stub: ScimStub, undone: Callable[[], Any]
) -> None:
    """Nor does one that isn't shown, perhaps for a moment: only that their accounts are gone."""
    portal_stub.habits.shows_members = False
    assert undone().code == 1
    portal_stub.habits.shows_members = True
    away = instead(error(404))
    portal_stub.on("GET", "/Groups/team-1", away, times=9)
    again = undone()
    ((result, reason),) = lost(again)
    assert (again.code, result) == (1, "impossible")
    assert "(the portal shows no such team now) since undo" in reason
    portal_stub._rules.clear()
    again = undone()
    ((result, reason),) = lost(again)
    assert (again.code, result, "no such team" in reason) == (1, "impossible", False)
    del portal_stub.store.groups["team-1"]
    portal_stub.on("GET", "/Users/user-[12]", away, times=2)
    assert undone().code == 1
    for one in ("user-1", "user-2"):
        del portal_stub.store.users[one]
    assert undone().code == 0
