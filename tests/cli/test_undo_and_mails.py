"""E-mails to people of whom an undo has taken back a part: which service, and by what."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

HEAD = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"
A, B = "abel.quist@new.com", "bruna.rossi@new.com"
PEOPLE = (f"{A},Abel,Quist,,,1", f"{B},Bruna,Rossi,,,1")
ROLE = [{"value": "facilitator", "primary": True}]


@pytest.fixture
def receipt(aapimport: Any, served: Any, tmp_path: Path) -> str:
    """An upload of two people with Jhana, whom nobody has mailed."""
    file = tmp_path / "people.csv"
    file.write_text("\n".join([HEAD, *PEOPLE]), "utf-8")
    more = ("--pass", "Leadership 2026", "--yes", "--no-emails", "--json")
    done = aapimport("upload", file, *more, **served)
    assert done.code == 0, done.err
    return str(done.json["receipt"])


def is_due(state_dir: Path) -> None:
    """Have the time come from which e-mails may be sent."""
    (path,) = state_dir.rglob("journal.sqlite3")
    with closing(sqlite3.connect(path)) as journal, journal:
        journal.execute("UPDATE runs SET not_before = 1 WHERE not_before IS NOT NULL")


def test_who_is_off_by_an_undo_is_said_so(aapimport, served, receipt, portal) -> None:
    """The undo is named where it did it; somebody else's doing isn't given to it."""
    undo = aapimport("undo", receipt, "--only-rows", "2", "--yes", "--json", **served).json
    portal.set(B, active=False)
    sending = aapimport("send-emails", receipt, "--yes", **served)
    said = " ".join(sending.out.split())
    by = f"the account on the portal was switched off by undo {undo['receipt']} of upload {receipt}"
    assert f"row 2: {A} is not mailed: {by}" in said
    assert f"row 3: {B} is not mailed: the account on the portal is deactivated" in said


def test_after_a_later_upload_it_is_not_the_undos_any_more(
    aapimport, served, receipt, portal, tmp_path
) -> None:
    """Whoever was switched on since, and is off again, is so by somebody."""
    assert aapimport("undo", receipt, "--yes", **served).code == 0
    more = ("--pass", "Leadership 2026", "--yes", "--no-emails", "--returning", "include")
    assert aapimport("upload", tmp_path / "people.csv", *more, **served).code == 0
    portal.set(A, active=False)
    sending = aapimport("send-emails", receipt, "--yes", "--dry-run", **served)
    said = " ".join(sending.out.split())
    assert f"row 2: {A} is not mailed: the account on the portal is deactivated" in said


def test_jhana_alone_is_off(aapimport, served, receipt, portal, state_dir) -> None:
    """An e-mail that waited goes out without it, and the receipt names service and undo."""
    words = ("send-emails", receipt, "--not-before", "2090-01-01", "--yes", "--json")
    sending = aapimport(*words, **served).json["receipt"]
    portal.set(A, roles=ROLE)  # so that the portal's account stays
    undo = aapimport("undo", receipt, "--only-rows", "2", "--yes", "--json", **served).json
    assert [one["result"] for one in undo["effects"]] == ["taken back", "changed since"]
    is_due(state_dir)
    resumed = aapimport("resume", sending, **served)
    said = " ".join(resumed.out.split())
    by = f"the account on Jhana was switched off by undo {undo['receipt']} of upload {receipt}"
    assert by in said
    assert "by the service or by somebody" not in said
    assert "deactivated" not in said
    again = aapimport("history", "purge", "--older-than", "0d", "--yes", **served)
    assert again.code == 0
    assert by in " ".join(aapimport("receipt", sending, **served).out.split())


def test_who_is_off_on_jhana_alone_is_not_called_off_on_the_portal(
    aapimport, served, portal, tmp_path
) -> None:
    """A receipt says of each service what is true of it; the cure is the same."""
    head = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled\n"
    file = tmp_path / "one.csv"
    words = ("upload", file, "--pass", "Leadership 2026", "--yes", "--no-emails", "--json")
    file.write_text(head + "abel.quist@new.com,Abel,Quist,,,\n", "utf-8")
    assert aapimport(*words, **served).code == 0
    file.write_text(head + "abel.quist@new.com,Abel,Quist,,,1\n", "utf-8")
    second = aapimport(*words, **served).json["receipt"]
    assert aapimport("undo", second, "--yes", **served).code == 0
    assert portal.named("abel.quist@new.com")["active"]
    left_out = aapimport(*words, **served)
    assert left_out.code == 1
    failures = {one["service"]: one for one in left_out.json["people"][0]["failures"]}
    assert failures["portal"]["words"] == "left out, as they are deactivated on Jhana"
    assert failures["jhana"]["words"].startswith("deactivated; --returning include")
    assert {"--returning include" in one["cure"] for one in failures.values()} == {True}
