"""Two profiles that lead to the same portal: nobody is welcomed by both, counted in the outbox."""

import io
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from aapimport.config.settings import (
    JHANA_TOKEN,
    JHANA_URL,
    PORTAL_TOKEN,
    PORTAL_URL,
    SETTLE_SECONDS,
)
from aapimport.run.glance import glance
from aapimport.sandbox.contents import contents
from support.machine import profile

PASS = ("--pass", "Leadership 2026")
AT_ONCE = 8
"""How often two processes are let loose on the same few people."""


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can answer a question."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())


@pytest.fixture
def secrets(machine, served) -> dict[str, str]:
    """Two profiles in the user's own file, for one served portal; what opens it."""
    urls = (served[PORTAL_URL], served[JHANA_URL])
    machine.own_file(profile("acme", *urls) + profile("beta", *urls))
    return {name: served[name] for name in (PORTAL_TOKEN, JHANA_TOKEN, SETTLE_SECONDS)}


def outbox(tmp_path: Path) -> Counter[str]:
    """How many e-mails went to whom."""
    return Counter(mail.to for mail in contents(tmp_path / "served").outbox)


def journal(state_dir: Path, name: str) -> Path:
    """The journal of a profile."""
    return state_dir / "profiles" / name / "journal.sqlite3"


@pytest.fixture
def uploaded(aapimport, some, secrets, state_dir) -> str:
    """20 people whom `acme` has created without e-mails, and whom `beta` believes to be its own.

    As where a profile is copied to have a second one for the same client.
    """
    done = aapimport(
        "upload", some, *PASS, "--no-emails", "--yes", "--json", "--profile", "acme", **secrets
    )
    assert done.code == 0, done.err
    copy(state_dir)
    return str(done.json["receipt"])


def copy(state_dir: Path) -> None:
    """Give `beta` what `acme` knows."""
    there = journal(state_dir, "beta")
    there.parent.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(journal(state_dir, "acme"), there)


def test_one_after_the_other(aapimport, uploaded, secrets, tmp_path):
    """One e-mail each; the second plan says whose they were before anything is asked."""
    first = aapimport("send-emails", uploaded, "--yes", "--json", "--profile", "acme", **secrets)
    assert (first.code, first.json["email_counts"]["sent"]) == (0, 20), first.err
    number = first.json["receipt"]
    for more in ((uploaded,), PASS):
        second = aapimport("send-emails", *more, "--yes", "--profile", "beta", **secrets)
        assert second.code == 0, second.err
        shown = " ".join(second.out.split())
        assert "Left alone 20 mailed already" in shown
        assert f"Of these 20 mailed by sending {number} of profile acme" in shown
        assert "nothing was sent" in second.err
    report = aapimport(
        "send-emails", uploaded, "--dry-run", "--json", "--profile", "beta", **secrets
    ).json
    whys = {one["why"] for one in report["people"]}
    assert whys == {f"mailed by sending {number} of profile acme"}
    found = outbox(tmp_path)
    assert (len(found), set(found.values())) == (20, {1})


def test_handed_over_here_and_sent_there(aapimport, uploaded, secrets, tmp_path):
    """Who is in one profile's workbook is mailed by no other, until that is taken back."""
    words = ("--yes", "--json", "--profile", "acme")
    out = tmp_path / "mails.xlsx"
    over = aapimport("send-emails", uploaded, "--hand-over", out, *words, **secrets)
    assert (over.code, over.json["email_counts"]["handed_over"]) == (0, 20), over.err
    for more in ((), ("--hand-over", tmp_path / "other.xlsx")):
        done = aapimport("send-emails", uploaded, "--yes", "--profile", "beta", *more, **secrets)
        assert done.code == 0, done.err
        shown = " ".join(done.out.split())
        assert f"20 handed over by sending {over.json['receipt']} of profile acme" in shown
    assert not outbox(tmp_path)
    assert not (tmp_path / "other.xlsx").exists()
    assert aapimport("send-emails", uploaded, "--not-sent", *words, **secrets).code == 0
    done = aapimport("send-emails", uploaded, "--yes", "--profile", "beta", **secrets)
    assert done.code == 0, done.err
    assert set(outbox(tmp_path).values()) == {1}


def test_once_more_by_word_only(aapimport, uploaded, secrets, tmp_path):
    """`--again` needs a person, whichever profile has mailed before."""
    assert aapimport("send-emails", uploaded, "--yes", "--profile", "acme", **secrets).code == 0
    words = ("send-emails", uploaded, "--again", "--yes", "--profile", "beta")
    assert aapimport(*words, **secrets).code == 2
    assert set(outbox(tmp_path).values()) == {1}


def test_a_journal_that_cannot_be_read(aapimport, some, uploaded, secrets, state_dir, tmp_path):
    """Nobody is mailed, and it is said before anything is asked; without e-mails all goes on."""
    journal(state_dir, "beta").write_bytes(b"not a journal at all, but long enough for one" * 99)
    acme = ("--yes", "--profile", "acme")
    few = tmp_path / "few.csv"
    few.write_text("Email Address,First Name,Last Name\nzed@acme.com,Zed,Zorn\n", encoding="utf-8")
    for words in (
        ("send-emails", uploaded, *acme),
        ("send-emails", uploaded, "--dry-run", "--profile", "acme"),
        ("send-emails", uploaded, "--hand-over", tmp_path / "out.xlsx", *acme),
        ("upload", few, *PASS, "--emails", *acme),
        ("plan", few, *PASS, "--emails", "--profile", "acme"),
    ):
        done = aapimport(*words, **secrets)
        assert done.code == 3, (words, done.err)
        said = " ".join(done.err.split())
        assert "of profile beta can't be read" in said
        assert str(journal(state_dir, "beta")) in said.replace(" ", "")
        assert said.endswith("nothing was sent")
    assert not (tmp_path / "out.xlsx").exists()
    for words in (
        ("plan", few, *PASS, "--no-emails", "--profile", "acme"),
        ("upload", few, *PASS, "--no-emails", *acme),
        ("upload", some, *PASS, "--no-emails", *acme),
    ):
        done = aapimport(*words, **secrets)
        assert done.code == 0, (words, done.err)
    assert not outbox(tmp_path)
    journal(state_dir, "beta").unlink()
    assert aapimport("send-emails", uploaded, *acme, **secrets).code == 0
    assert set(outbox(tmp_path).values()) == {1}


def test_an_upload_that_goes_on_stops_before_its_emails(
    aapimport, started, some, secrets, state_dir, tmp_path
):
    """What was approved is uploaded; the e-mails wait, and `resume` sends them."""
    words = ("upload", some, *PASS, "--emails", "--yes", "--profile", "acme")
    first = started(*words, **secrets)
    until = time.monotonic() + 60
    while not (begun := glance(journal(state_dir, "acme"))) and time.monotonic() < until:
        pass
    first.kill()
    first.communicate(timeout=60)
    ((run, _),) = begun
    journal(state_dir, "beta").parent.mkdir(mode=0o700)
    journal(state_dir, "beta").mkdir()
    done = aapimport("resume", run.receipt, "--profile", "acme", **secrets)
    assert done.code == 3, done.err
    said = " ".join(done.err.split())
    assert f"continue with: aapimport resume --profile acme {run.receipt}" in said
    assert "44 of 64 done" in said
    assert not outbox(tmp_path)
    journal(state_dir, "beta").rmdir()
    done = aapimport("resume", run.receipt, "--profile", "acme", **secrets)
    assert done.code == 0, done.err
    found = outbox(tmp_path)
    assert (len(found), set(found.values())) == (20, {1})


def test_both_at_the_same_time(aapimport, started, secrets, state_dir, tmp_path):
    """In two processes, again and again: everybody one e-mail, whoever was first."""
    for number in range(AT_ONCE):
        file = tmp_path / f"team{number}.csv"
        lines = [f"{who}{number}@acme.com,{who.title()},Zorn{number}x" for who in ("ana", "bo")]
        file.write_text(
            "\n".join(["Email Address,First Name,Last Name", *lines]) + "\n", encoding="utf-8"
        )
        done = aapimport(
            *("upload", file, *PASS, "--no-emails", "--maybe", "create", "--yes", "--json"),
            *("--profile", "acme"),
            **secrets,
        )
        assert done.code == 0, done.err
        copy(state_dir)
        words = ("send-emails", done.json["receipt"], "--yes", "--json")
        processes = [started(*words, "--profile", name, **secrets) for name in ("acme", "beta")]
        ended = [process.communicate(timeout=60) for process in processes]
        codes = [process.returncode for process in processes]
        assert set(codes) <= {0, 1}, ended
    found = outbox(tmp_path)
    assert (len(found), set(found.values())) == (2 * AT_ONCE, {1})


def test_killed_in_between(aapimport, started, uploaded, secrets, tmp_path):
    """The other leaves alone whom the dead one had claimed; its resume mails them, once."""
    first = started("send-emails", uploaded, "--yes", "--profile", "acme", **secrets)
    folder = tmp_path / "served" / "practice" / "outbox"
    until = time.monotonic() + 60
    while first.poll() is None and time.monotonic() < until and not [*folder.glob("*.eml")]:
        pass
    first.kill()
    first.communicate(timeout=60)
    assert first.returncode != 0
    before = outbox(tmp_path)
    assert 0 < len(before) < 20
    other = aapimport("send-emails", uploaded, "--yes", "--profile", "beta", **secrets)
    assert other.code == 1
    assert "of profile acme has mailed them isn't known" in " ".join(other.out.split())
    done = aapimport("resume", "--profile", "acme", **secrets)
    assert done.code == 0, done.err
    found = outbox(tmp_path)
    assert (len(found), set(found.values())) == (20, {1})


def test_practice_is_one_for_all_profiles(aapimport, some, machine, state_dir):
    """It has one journal, which no profile's stands beside: a damaged one there stops nobody."""
    machine.own_file(profile("acme"))
    journal(state_dir, "acme").parent.mkdir(parents=True, mode=0o700)
    journal(state_dir, "acme").write_bytes(b"damaged" * 999)
    words = ("upload", some, *PASS, "--yes", "--practice")
    assert aapimport(*words, "--emails").code == 0
    assert set(Counter(mail.to for mail in contents(state_dir).outbox).values()) == {1}
    assert not (state_dir / "mails.lock").exists()
