"""Journals of version 1, by the commands: migrated, resumed, mailed, and taken back as told."""

import json
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from aapimport.config.settings import JHANA_TOKEN, JHANA_URL, PORTAL_TOKEN, PORTAL_URL
from aapimport.run.glance import glance
from aapimport.run.schema import SCHEMA_VERSION
from aapimport.sandbox.contents import contents
from support.machine import profile
from support.version_1 import as_version_1

PASS = ("--pass", "Leadership 2026")
HEADER = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"
NOT_RECORDED = "not recorded by the earlier version of aapimport that began the upload"
MAILED, NEVER, WERE_THERE = ("anna", "bert"), ("cleo", "dora"), ("paul", "rosa")


@dataclass(frozen=True)
class Old:
    """Three uploads in a journal of version 1.

    Attributes:
        path: The journal.
        mailed: Finished, with e-mails: two people created, one changed and put in a team, one the
            same.
        never: Finished, without e-mails: two people created.
        open: Killed in between, with e-mails: 20 people.
    """

    path: Path
    mailed: str
    never: str
    open: str


@pytest.fixture
def old(aapimport, started, some, served, tmp_path, monkeypatch) -> Old:
    """The journal, as version 1 would have left it; whoever was final was erased at once."""
    monkeypatch.setenv("AAPIMPORT_KEEP_PEOPLE", "0")

    def uploaded(name: str, *flags: str, rows: list[str]) -> str:
        file = tmp_path / f"{name}.csv"
        file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        words = ("upload", file, *PASS, "--maybe", "create", "--yes", "--json", *flags)
        done = aapimport(*words, **served)
        assert done.code == 0, done.err
        return str(done.json["receipt"])

    paul, rosa = "paul@acme.com,Paul,Qin", "rosa@acme.com,Rosa,Sand"
    uploaded("before", "--no-emails", rows=[f"{paul},,,", f"{rosa},,,"])
    path = tmp_path / "state" / "journal.sqlite3"
    path.unlink()  # somebody else's upload, as far as this journal knows
    mailed = uploaded(
        *("mailed", "--emails", "--update-roles"),
        rows=[
            *("anna@acme.com,Anna,Zorn,,Engineering,1", "bert@acme.com,Bert,Yule,,,"),
            *(f"{paul},individualcontributor,Finance,", f"{rosa},,,"),
        ],
    )
    never = uploaded(
        *("never", "--no-emails"),
        rows=["cleo@acme.com,Cleo,Xu,,Engineering,1", "dora@acme.com,Dora,Wolf,,,"],
    )
    first = started("upload", some, *PASS, "--emails", "--yes", **served)
    until = time.monotonic() + 60
    while time.monotonic() < until and not any(how.done for _, how in glance(path)):
        pass
    first.kill()
    first.communicate(timeout=60)
    as_version_1(path)
    with closing(sqlite3.connect(path)) as database, database:
        typed = f"{served[PORTAL_URL]}/ {served[JHANA_URL]}"  # nobody had cleaned it
        database.execute("UPDATE runs SET address = ?", (typed,))
        assert (
            database.execute("SELECT count(*) FROM people WHERE wanted IS NULL").fetchone()[0] > 5
        )
    ((run, _),) = glance(path)
    monkeypatch.delenv("AAPIMPORT_KEEP_PEOPLE")
    return Old(path, mailed, never, run.receipt)


def outbox(tmp_path: Path) -> Counter[str]:
    """How many e-mails went to whom, by the name before the address's @."""
    return Counter(mail.to.split("@")[0] for mail in contents(tmp_path / "served").outbox)


def active(tmp_path: Path) -> dict[str, bool]:
    """Who is switched on, likewise."""
    people = contents(tmp_path / "served").people
    return {one.email.split("@")[0]: one.active for one in people}


def plain(text: str) -> str:
    """Text without line breaks."""
    return " ".join(text.split())


def test_it_is_listed_and_shown(aapimport, old, served):
    """By the first command; a receipt says what that version didn't record."""
    listed = aapimport("history", **served)
    assert listed.code == 0, listed.err
    with closing(sqlite3.connect(old.path)) as database:
        assert database.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
    states = [line.split()[0] for line in listed.out.splitlines()[1:4]]
    assert states == [old.open, old.never, old.mailed]
    assert "open, " in listed.out
    shown = aapimport("receipt", old.mailed, **served)
    assert shown.code == 0, shown.err
    assert "Rows 4 = 2 created + 1 changed + 1 the same" in plain(shown.out)
    assert "2 welcome e-mails sent" in plain(shown.out)
    assert f"upload {old.mailed} was begun by an earlier version" in plain(shown.err)
    assert "whoever was there can't be given back what they had" in plain(shown.err)


def test_the_open_upload_is_finished(aapimport, old, served, tmp_path):
    """Everybody once, mailed once; then it can be taken back whole, for its people are known."""
    done = aapimport("resume", **served)
    assert done.code == 0, done.err
    assert "Rows 20 = 20 created" in plain(done.out)
    found = outbox(tmp_path)
    assert (len(found), set(found.values())) == (22, {1})
    people = Counter(one.email for one in contents(tmp_path / "served").people)
    assert set(people.values()) == {1}
    assert aapimport("receipt", "verify", old.open, **served).code == 0
    undone = aapimport("undo", old.open, "--yes", "--json", **served)
    assert undone.code == 1, undone.err  # e-mails were sent
    switched_off = [who for who, is_on in active(tmp_path).items() if not is_on]
    known = {it["what"] for it in undone.json["effects"] if it["result"] == "half"}
    assert len(switched_off) >= undone.json["half"] >= 18
    assert "account deactivated; the seat stays used" in known


def test_nobody_is_mailed_twice(aapimport, old, served, tmp_path):
    """Whoever that version has mailed is left alone; whoever it hasn't is mailed, once."""
    assert outbox(tmp_path) == dict.fromkeys(MAILED, 1)
    for receipt, number in ((old.mailed, 0), (old.never, 2), (old.never, 0)):
        done = aapimport("send-emails", receipt, "--yes", **served)
        assert done.code == 0, done.err
        assert f"{number} welcome e-mails" in plain(done.out)
    assert outbox(tmp_path) == dict.fromkeys((*MAILED, *NEVER), 1)
    refused = aapimport("send-emails", old.open, "--yes", **served)
    assert (refused.code, "is not finished" in refused.err) == (1, True)
    assert aapimport("resume", **served).code == 0
    assert set(outbox(tmp_path).values()) == {1}


def test_another_profile_mails_nobody_of_it(aapimport, old, served, machine, tmp_path):
    """It counts from beside, as it is: whom it has mailed no other profile mails."""
    machine.own_file(profile("acme", served[PORTAL_URL], served[JHANA_URL]))
    secrets = {name: served[name] for name in (PORTAL_TOKEN, JHANA_TOKEN)}
    there = old.path.parent / "profiles" / "acme" / old.path.name
    there.parent.mkdir(parents=True, mode=0o700)
    there.write_bytes(old.path.read_bytes())
    with closing(sqlite3.connect(there)) as database, database:
        database.execute("DELETE FROM steps WHERE kind = 'email'")  # as if it had mailed nobody
    before = old.path.read_bytes()
    plan = aapimport(
        "send-emails", old.mailed, "--dry-run", "--json", "--profile", "acme", **secrets
    )
    assert plan.code == 0, plan.err
    whys = Counter(one["why"] for one in plan.json["people"])
    assert whys[f"mailed by upload {old.mailed} without a profile"] == 2
    assert old.path.read_bytes() == before


def test_verify_says_how_far(aapimport, old, served):
    """Who carries our key is known; whoever was there before isn't, and that is said."""
    done = aapimport("receipt", "verify", old.mailed, **served)
    assert done.code == 1
    said = plain(done.out)
    assert "4 people: 2 as the run left them, 2 not known" in said
    assert f"row 4 portal: whose account it was, and what it was before, is {NOT_RECORDED}" in said
    assert f"row 5 portal: whose account it was is {NOT_RECORDED}" in said
    assert f"unproven for 2 people: known by our key; name and role then are {NOT_RECORDED}" in said
    assert aapimport("receipt", "verify", old.never, **served).code == 0


def test_undo_goes_as_far_as_the_records(aapimport, old, served, tmp_path):
    """What it created is switched off, by a person's word; of the others it is said why not."""
    assert aapimport("resume", old.open, **served).code == 0
    unattended = aapimport("undo", old.mailed, "--yes", **served)
    assert unattended.code == 2
    assert "our key alone tells who they are, so --yes is not enough" in plain(unattended.err)
    before = active(tmp_path)
    done = aapimport("undo", old.mailed, stdin="2\n", **served)
    assert done.code == 1, done.err
    said = plain(done.out)
    assert "row 2: anna@acme.com Anna Zorn row 3: bert@acme.com Bert Yule" in said
    assert "2 taken back, 2 half (the seat stays used)" in said
    assert "impossible: row 4, portal: account; whose account it was, and what it was" in said
    assert "impossible: row 4, portal: out of the team; who was put in is" in said
    assert "impossible: 2 welcome e-mails were sent, or may have been" in said
    assert active(tmp_path) == before | dict.fromkeys(MAILED, False)
    again = aapimport(
        "receipt",
        json.loads(aapimport("history", "--json", **served).out)["runs"][0]["receipt"],
        **served,
    )
    assert plain(again.out).count("impossible: row 4") == 2


def test_an_account_that_carries_another_key_is_left_alone(aapimport, old, served, tmp_path):
    """Then nothing tells whose it was."""
    with closing(sqlite3.connect(old.path)) as database, database:
        database.execute("UPDATE steps SET key = 'x' || key WHERE kind = 'account' AND row = 3")
    assert aapimport("resume", old.open, **served).code in {0, 1}
    sent = aapimport("send-emails", old.never, "--yes", **served)
    assert sent.code == 1
    assert "row 3: dora@acme.com is not mailed: " in plain(sent.out)
    assert {who: outbox(tmp_path)[who] for who in NEVER} == {"cleo": 1, "dora": 0}
    done = aapimport("undo", old.never, stdin="1\n", **served)
    said = plain(done.out)
    assert f"row 3, portal: account; whose account it was is {NOT_RECORDED}" in said
    assert active(tmp_path)["dora"]
    assert not active(tmp_path)["cleo"]
