"""An upload whose question stands open while another profile takes back the same people."""

import os
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from aapimport.config.folders import PROFILES
from support.habits import TOKEN
from support.machine import profile
from support.stub import ScimStub
from support.terminal import AAPIMPORT, Terminal
from support.wire import Act, Response, error, instead

HEAD = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"
SECRETS = {"AAPIMPORT_PORTAL_TOKEN": TOKEN, "AAPIMPORT_JHANA_TOKEN": TOKEN}
PASS = ("--pass", "Leadership 2026", "--no-emails")
ABEL, BRUNA = "abel.quist@new.com,Abel,Quist,,,", "bruna.rossi@new.com,Bruna,Rossi,,,"
HEDDA = "hedda.petit@new.com,Hedda,Petit,,,"
NEEDS_TERMINAL = pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")


@pytest.fixture
def file(machine: Any, portal_stub: ScimStub, jhana_stub: ScimStub) -> Callable[..., Path]:
    """Writes a file of some people; the profiles `acme` and `beta` lead to the same services."""
    machine.own_file(
        profile("acme", portal_stub.url, jhana_stub.url)
        + profile("beta", portal_stub.url, jhana_stub.url)
    )

    def write(*people: str) -> Path:
        path: Path = machine.work / f"{len(list(machine.work.glob('*.csv')))}.csv"
        path.write_text("\n".join([HEAD, *people]), "utf-8")
        return path

    return write


@pytest.fixture
def upload(aapimport: Any, file: Any) -> Callable[..., str]:
    """Uploads some people by the profile `acme`; the receipt's number."""

    def run(*people: str, more: tuple[str, ...] = ()) -> str:
        words = ("--yes", "--json", "--profile", "acme", *more)
        done = aapimport("upload", file(*people), *PASS, *words, **SECRETS)
        assert done.code == 0, done.err
        return str(done.json["receipt"])

    return run


def names(portal: ScimStub) -> list[str]:
    """Who is there and active, by first name."""
    users = portal.store.users.values()
    return sorted(one["name"]["givenName"] for one in users if one["active"])


def said(text: str) -> str:
    """What was said, on one line."""
    return " ".join(text.split())


@NEEDS_TERMINAL
def test_a_plan_that_was_undone_while_the_question_stood_is_not_carried_out(
    aapimport: Any, file: Any, upload: Any, portal_stub: ScimStub
) -> None:
    """Nobody is told to be the same who is off by then; nothing was sent, and nothing is open."""
    first = upload(ABEL, BRUNA)

    def undone() -> str:
        done = aapimport("undo", first, "--yes", "--json", "--profile", "acme", **SECRETS)
        assert (done.code, done.json["half"]) == (0, 2)
        return "1"

    terminal = Terminal()
    words = (*AAPIMPORT, "upload", file(ABEL, BRUNA, HEDDA), *PASS, "--profile", "beta")
    code = terminal.run(words, [("to go on", undone)], **SECRETS)
    assert code == 1
    assert "of profile acme has written to accounts of these people" in said(terminal.screen)
    assert "nothing was sent" in said(terminal.screen)
    assert names(portal_stub) == []
    resumed = aapimport("resume", "--profile", "beta", **SECRETS)
    assert (resumed.code, "no upload is open" in resumed.err) == (0, True)


@NEEDS_TERMINAL
def test_a_plan_that_still_holds_is_carried_out(
    aapimport: Any, file: Any, upload: Any, portal_stub: ScimStub
) -> None:
    """The services are asked again, and say the same of whom the upload has."""
    upload(ABEL)
    second = upload(ABEL + "1")  # only Jhana is new

    def undone() -> str:
        assert aapimport("undo", second, "--yes", "--profile", "acme", **SECRETS).code == 0
        return "1"

    terminal = Terminal()
    words = (*AAPIMPORT, "upload", file(ABEL, HEDDA), *PASS, "--profile", "beta")
    assert terminal.run(words, [("to go on", undone)], **SECRETS) == 0
    assert names(portal_stub) == ["Abel", "Hedda"]


@contextmanager
def under_way(portal: ScimStub, receipt: str) -> Iterator[subprocess.Popen[bytes]]:
    """An undo, in a process of its own, whose first write has come and isn't carried out yet."""
    came, goes_on = threading.Event(), threading.Event()

    def held(act: Act) -> Response:
        came.set()
        goes_on.wait(60.0)
        return act()

    portal.on("PATCH", "/Users/.*", held)
    words = (*AAPIMPORT, "undo", receipt, "--yes", "--profile", "acme")
    undo = subprocess.Popen(
        words, env=os.environ | SECRETS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        assert came.wait(60.0)
        yield undo
    finally:
        goes_on.set()
        undo.communicate(timeout=60.0)


@pytest.mark.parametrize("unattended", [True, False])
def test_whom_an_undo_is_writing_to_is_not_uploaded(
    aapimport: Any, file: Any, upload: Any, portal_stub: ScimStub, *, unattended: bool
) -> None:
    """The services show them as before at that moment, and any moment they may be off."""
    if not unattended and not hasattr(os, "openpty"):
        pytest.skip("needs a terminal")
    first = upload(ABEL)
    words = ("upload", file(ABEL, HEDDA), *PASS, "--profile", "beta")
    with under_way(portal_stub, first) as undo:
        if unattended:
            refused = aapimport(*words, "--yes", **SECRETS)
            code, screen = refused.code, refused.err
        else:
            terminal = Terminal()
            code = terminal.run((*AAPIMPORT, *words), [("to go on", "1")], **SECRETS)
            screen = terminal.screen
    assert code == 1, screen
    assert "of profile acme is writing to accounts of people of this upload" in said(screen)
    assert "aapimport resume --profile acme" in said(screen)
    assert undo.returncode == 0
    assert names(portal_stub) == []
    # they are back only where that is asked for
    again = aapimport(*words, "--yes", "--returning", "include", **SECRETS)
    assert again.code == 0, again.err
    assert names(portal_stub) == ["Abel", "Hedda"]


def test_an_undo_of_another_profile_that_is_open_is_told(
    aapimport: Any, file: Any, upload: Any, portal_stub: ScimStub
) -> None:
    """With the command that finishes it; it leaves whom this upload has."""
    first = upload(ABEL, BRUNA)
    portal_stub.on("PATCH", "/Users/.*", instead(error(401)), times=9)
    assert aapimport("undo", first, "--yes", "--profile", "acme", **SECRETS).code == 3
    portal_stub._rules.clear()
    done = aapimport("upload", file(ABEL), *PASS, "--yes", "--profile", "beta", **SECRETS)
    assert done.code == 0, done.err
    told = said(done.err)
    assert (
        "of profile acme is still open at these services: aapimport resume --profile acme" in told
    )
    assert aapimport("undo", first, "--yes", "--profile", "acme", **SECRETS).code == 1
    assert names(portal_stub) == ["Abel"]


def test_an_upload_goes_on_where_another_journal_can_not_be_read(
    aapimport: Any, file: Any, upload: Any, portal_stub: ScimStub, state_dir: Path
) -> None:
    """What it can't know is said."""
    upload(ABEL)
    (state_dir / PROFILES / "acme" / "journal.sqlite3").write_bytes(b"damaged")
    done = aapimport("upload", file(HEDDA), *PASS, "--yes", "--profile", "beta", **SECRETS)
    assert done.code == 0, done.err
    assert "an undo there that isn't finished is not seen" in said(done.err)
    assert names(portal_stub) == ["Abel", "Hedda"]


@pytest.mark.parametrize("of", ["acme", "beta"])
def test_what_an_undo_has_asked_for_and_not_seen_is_told_of_who_is_uploaded_again(
    aapimport: Any, file: Any, upload: Any, portal_stub: ScimStub, of: str
) -> None:
    """The services show them as the file wants, and may switch them off still; not after a day."""
    quick = SECRETS | {"AAPIMPORT_SETTLE_SECONDS": "0.5"}
    first = upload(ABEL)
    account = next(iter(portal_stub.store.users))

    def not_yet(act: Act) -> Response:
        answer = act()
        portal_stub.store.users[account]["active"] = True
        return answer

    for method in ("PATCH", "PUT"):
        portal_stub.on(method, f"/Users/{account}", not_yet, times=99)
    done = aapimport("undo", first, "--yes", "--json", "--profile", "acme", **quick)
    assert (done.code, done.json["rejected"]) == (1, 1)
    undo = done.json["receipt"]
    words = ("upload", file(ABEL, HEDDA), *PASS, "--yes", "--json", "--profile", of)
    done = aapimport(*words, **quick)
    whose = "" if of == "acme" else " of profile acme"
    asked = f"undo {undo}{whose} has asked for "
    assert f"{asked}changes of 1 account that" in said(done.err)
    abel, hedda = done.json["people"]
    assert (done.code, abel["portal"], hedda["failures"]) == (1, "same", [])
    not_seen = "a change of the account that isn't shown so far, and may come still"
    assert abel["but"] == f"All Access Pass: {asked}{not_seen}"
    assert "receipt verify" in abel["failures"][0]["cure"]
    role = ABEL.replace(",,,", ",facilitator,,")
    changed = aapimport("upload", file(role), *words[2:], "--update-roles", **quick)
    (abel,) = changed.json["people"]
    assert (changed.code, abel["portal"]) == (1, "changed")
    assert not_seen in abel["but"]
    for book in Path(os.environ["AAPIMPORT_STATE_DIR"]).rglob("journal.sqlite3"):
        with closing(sqlite3.connect(book)) as database, database:
            database.execute("UPDATE steps SET sent_at = sent_at - 90000 WHERE kind = 'take back'")
    assert aapimport(*words, **quick).code == 0
