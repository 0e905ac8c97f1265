"""A comparison where other profiles of this machine lead to the same services."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aapimport.config.folders import PROFILES
from support.habits import TOKEN
from support.machine import profile
from support.stub import ScimStub

SECRETS = {"AAPIMPORT_PORTAL_TOKEN": TOKEN, "AAPIMPORT_JHANA_TOKEN": TOKEN}
PASS = ("--pass", "Leadership 2026")


@pytest.fixture
def reconcile(
    aapimport: Callable[..., Any], machine: Any, portal_stub: ScimStub, jhana_stub: ScimStub
) -> Callable[..., Any]:
    """Uploads somebody by the profile `beta`, empties Jhana, and compares by `acme`."""
    machine.own_file(
        profile("acme", portal_stub.url, jhana_stub.url)
        + profile("beta", portal_stub.url, jhana_stub.url)
    )

    def run(jhana: str, *, breaks: bool = False) -> Any:
        file = machine.work / "people.csv"
        head = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"
        file.write_text(f"{head}\nabel.quist@new.com,Abel,Quist,,,{jhana}\n", "utf-8")
        words = ("upload", file, *PASS, "--yes", "--no-emails", "--profile", "beta")
        done = aapimport(*words, **SECRETS)
        assert done.code == 0, done.err
        jhana_stub.store.users.clear()
        (journal,) = Path(machine.state).glob(f"{PROFILES}/beta/journal.sqlite3")
        if breaks:
            journal.write_bytes(b"no journal")
        return aapimport("reconcile", *PASS, "--json", "--profile", "acme", **SECRETS)

    return run


def test_another_profile_has_asked_for_jhana(reconcile: Callable[..., Any]) -> None:
    """So somebody is expected there, whom it doesn't list: that proves nothing."""
    told = reconcile("1")
    assert told.code == 1, told.err
    assert any("Jhana lists nobody" in one for one in told.json["unproven"])
    assert not told.json["remarks"]


def test_no_profile_has_asked_for_jhana(reconcile: Callable[..., Any]) -> None:
    """Nobody is expected there."""
    told = reconcile("")
    assert told.code == 0, told.out
    assert any("by whichever profile" in one for one in told.json["remarks"])


def test_the_journal_of_another_profile_that_cannot_be_read_is_no_no(
    reconcile: Callable[..., Any],
) -> None:
    """Then nobody knows whether Jhana was asked for: that is said, with what to do."""
    told = reconcile("", breaks=True)
    assert told.code == 1, told.err
    (why,) = (one for one in told.json["unproven"] if "Jhana lists nobody" in one)
    assert "isn't known" in why
    assert "of profile beta" in why
    assert "uploads that asked for Jhana" in why
