"""Services that refuse what an undo would take back: what isn't done, and what works next."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.stub import ScimStub
from support.wire import error, instead

HEAD = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"
UPLOAD = ("--pass", "Leadership 2026", "--live", "--yes", "--no-emails", "--json")


@pytest.fixture
def receipt(aapimport: Any, live: dict[str, str], tmp_path: Path) -> str:
    """An upload of five people."""
    names = ("Ada", "Bo", "Cleo", "Dag", "Eve")
    rows = [f"{one.lower()}@acme.com,{one},Berg,,," for one in names]
    file = tmp_path / "people.csv"
    file.write_text("\n".join([HEAD, *rows]), "utf-8")
    done = aapimport("upload", file, *UPLOAD, **live)
    assert done.code == 0, done.err
    return str(done.json["receipt"])


def active(portal: ScimStub) -> list[bool]:
    """Who of the five is active, by row."""
    users = sorted(portal.store.users.values(), key=lambda one: one["userName"])
    return [one["active"] for one in users]


def ids(portal: ScimStub) -> list[str]:
    """Their ids, by row."""
    return sorted(portal.store.users, key=lambda own: portal.store.users[own]["userName"])


@pytest.mark.parametrize("as_json", [False, True])
def test_a_portal_that_refuses_everybody(
    aapimport, portal_stub, live, receipt, *, as_json: bool
) -> None:
    """Nothing is called done, and the command that is named takes everything back."""
    portal_stub.on("PATCH", "/Users/.*", instead(error(403, "not allowed")), times=5)
    more = ("--json",) if as_json else ()
    refused = aapimport("undo", receipt, "--yes", *more, **live)
    said = " ".join(refused.err.split())
    assert refused.code == 3
    if as_json:
        assert (refused.json["half"], refused.json["rejected"]) == (0, 5)
        said = refused.json["error"]["state"]
        assert "resume" not in refused.json["error"]["hint"]
    else:
        assert "5 not taken back, 5 of them rejected" in refused.out
    command = f"take back the rest with: aapimport undo {receipt}"
    assert f"0 of 5 done, 5 rejected, all recorded; {command}" in said
    assert "resume" not in said
    assert active(portal_stub) == [True] * 5
    entry = aapimport("history", "--json", **live).json["runs"][0]
    assert (entry["state"], entry["done"], entry["steps"]) == ("finished", 0, 5)
    undone = aapimport("undo", receipt, "--yes", "--json", **live)
    assert (undone.code, undone.json["half"]) == (0, 5)
    assert active(portal_stub) == [False] * 5
    first = aapimport("history", "--json", **live).json["runs"][1]["receipt"]
    assert "next:" not in aapimport("receipt", first, **live).err  # it was done since


@pytest.mark.parametrize("some_rows", [False, True])
def test_a_portal_that_refuses_some(
    aapimport, portal_stub, live, receipt, *, some_rows: bool
) -> None:
    """The others are done; the next command is about who is left, and about no other row."""
    for own_id in ids(portal_stub)[:2]:
        refusal = instead(error(403, "not this person"))
        portal_stub.on("PATCH", f"/Users/{own_id}", refusal, times=1)
    rows = ("--only-rows", "2-5") if some_rows else ()
    undone = aapimport("undo", receipt, *rows, "--yes", **live)
    assert undone.code == 1
    half = 2 if some_rows else 3
    assert f"{half} half (the seat stays used), 2 not taken back, 2 of them rejected" in undone.out
    command = f"undo {receipt}" + (" --only-rows 2-3" if some_rows else "")
    assert f"next: look why it was rejected, then: aapimport {command}\n" in undone.err
    again = aapimport(*command.split(), "--yes", **live)
    assert (again.code, "2 half" in again.out) == (0, True)
    assert active(portal_stub) == [False] * 4 + [some_rows]


def test_a_resumed_undo_is_followed_by_one_for_what_was_rejected(
    aapimport, portal_stub, live, receipt
) -> None:
    """While something is left, `resume` goes on; afterwards a further undo does the rest."""
    expired = [error(401, "expired")]
    for own_id in ids(portal_stub)[:2]:
        portal_stub.on("PATCH", f"/Users/{own_id}", instead(error(403, "not now")))
    portal_stub.on("PATCH", "/.*", lambda act: expired[0] if expired else act(), times=9)
    stopped = aapimport("undo", receipt, "--yes", **live)
    assert stopped.code == 3
    assert "0 of 5 done, 2 rejected, all recorded; continue with: aapimport resume" in " ".join(
        stopped.err.split()
    )
    expired.clear()
    resumed = aapimport("resume", **live)
    assert (resumed.code, "3 half" in resumed.out) == (1, True)
    assert f"then: aapimport undo {receipt}\n" in resumed.err
    assert aapimport("undo", receipt, "--yes", **live).code == 0
    assert active(portal_stub) == [False] * 5


def test_what_is_off_by_other_means_is_not_named_for_ever(
    aapimport, portal_stub, live, receipt
) -> None:
    """Once an undo has found nothing left of a rejected row, no receipt names the command."""
    own = ids(portal_stub)[1]
    for method in ("PATCH", "PUT"):
        portal_stub.on(method, f"/Users/{own}", instead(error(403, "no")), times=5)
    refused = aapimport("undo", receipt, "--only-rows", "2,3", "--yes", "--json", **live)
    undo = refused.json["receipt"]
    assert "--only-rows 3" in aapimport("receipt", undo, **live).err
    portal_stub.store.users[own]["active"] = False
    assert aapimport("undo", receipt, "--only-rows", "3", "--yes", **live).code == 0
    assert "look why" not in aapimport("receipt", undo, **live).err


def test_whoever_is_hidden_once_switched_off_is_called_so(
    aapimport, portal_stub, live, receipt
) -> None:
    """The letter and the e-mails name the undo, which the portal has said yes to."""
    for own, user in portal_stub.store.users.items():
        portal_stub.on("GET", f"/Users/{own}", _hidden(user), times=100)
    undo = aapimport("undo", receipt, "--yes", "--json", **live)
    assert (undo.code, undo.json["half"]) == (0, 5), undo.out
    number = undo.json["receipt"]
    letter = aapimport("request", "seats", receipt, **live)
    assert letter.out.count(f"taken back by undo {number}, and not shown by the portal") == 5
    mails = " ".join(aapimport("send-emails", receipt, "--yes", **live).out.split())
    assert f"switched off by undo {number} of upload {receipt}, and isn't shown" in mails


def _hidden(user: dict[str, Any]) -> Any:
    return lambda act: act() if user["active"] else error(404, "no such user")


def test_a_seat_that_was_used_perhaps_is_named(aapimport, live, receipt, state_dir: Path) -> None:
    """The letter doesn't ask for it, and says so; scripts are told, too."""
    assert aapimport("undo", receipt, "--yes", **live).code == 0
    with closing(sqlite3.connect(state_dir / "journal.sqlite3")) as journal, journal:
        journal.execute(
            "UPDATE steps SET state = 'doubt', account_id = '' WHERE receipt = ? AND row = 3",
            (receipt,),
        )
    asked = aapimport("request", "seats", receipt, **live)
    assert asked.code == 0, asked.err
    assert "give back 4 seats" in asked.out
    assert "not asked for, used perhaps, not known: row 3" in asked.err
    seats = aapimport("request", "seats", receipt, "--json", **live).json["seats"]
    (perhaps,) = (one for one in seats if one["row"] == 3)
    assert (perhaps["now"], perhaps["asked_for"]) == ("used perhaps, not known", False)


@pytest.mark.parametrize(
    ("since", "left"),
    [
        (["manager", "Team lead"], {"facilitator", "Team lead"}),
        (["Team lead"], {"Team lead"}),
        (["facilitator", "Team lead"], {"facilitator", "Team lead"}),
        ([], set()),
    ],
)
def test_a_role_beside_one_of_the_services_own(
    aapimport, portal_stub, live, tmp_path: Path, since: list[str], left: set[str]
) -> None:
    """What the undo has written itself is no change; a former role that somebody took is named."""
    more = {
        "roles": [{"value": "facilitator", "primary": True}],
        "entitlements": [{"value": "pass-2026", "type": "pass"}],
    }
    own = portal_stub.add_user("fay@acme.com", "Fay", "Berg", **more)
    file = tmp_path / "fay.csv"
    file.write_text(f"{HEAD}\nfay@acme.com,Fay,Berg,,,", "utf-8")
    uploaded = aapimport("upload", file, *UPLOAD, "--update-roles", **live).json["receipt"]
    user = portal_stub.store.users[own]
    assert [one["value"] for one in user["roles"]] == ["manager"]
    user["roles"] = [{"value": one} for one in since]
    undone = aapimport("undo", uploaded, "--yes", "--json", **live)
    assert undone.code == (0 if "facilitator" in left else 1), undone.out
    there = portal_stub.store.users[own].get("roles", [])
    assert {one["value"] for one in there} == left
