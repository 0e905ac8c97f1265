import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2]
OPTIONS = ("--pass", "Leadership 2026", "--emails", "--yes", "--maybe", "create", "--json")
SEED = 20261122


def started(file: Path, **environment: str) -> subprocess.Popen[bytes]:
    """An upload in a process of its own, whose end nobody waits for yet."""
    return subprocess.Popen(
        [sys.executable, "-m", "aapimport", "upload", str(file), *OPTIONS],
        env=os.environ | {"PYTHONUTF8": "1"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def sent(folder: Path) -> int:
    """How many steps of the upload are on record as begun; read like a bystander would."""
    import sqlite3

    try:
        journal = sqlite3.connect(f"file:{folder / 'journal.sqlite3'}?mode=ro", uri=True, timeout=5)
    except sqlite3.Error:
        return 0
    try:
        query = "SELECT count(*) FROM steps WHERE state <> 'planned'"
        return int(journal.execute(query).fetchone()[0])
    except sqlite3.Error:
        return 0
    finally:
        journal.close()


def wait_for(process: subprocess.Popen[bytes], folder: Path, steps: int) -> None:
    """Wait until an upload has begun so many steps, or has ended."""
    while process.poll() is None and sent(folder) < steps:
        time.sleep(0.005)


def contents(aapimport, folder: Path):
    """What the practice portal of a folder holds."""
    return aapimport("sandbox", "show", "--json", AAPIMPORT_STATE_DIR=str(folder)).json


def check_everybody(shown, people: int) -> None:
    """Everybody of the file exists once, on both services, and was mailed once."""
    ours = [
        one
        for one in shown["people"]
        if one["email"][0].isalpha() and one["email"].split("@")[0][-1].isdigit()
    ]
    assert len(ours) == people
    assert set(Counter(one["email"] for one in ours).values()) == {1}
    assert all(one["jhana"] and one["passes"] == ["Leadership 2026"] for one in ours)
    assert sum("Engineering" in one["teams"] for one in ours) == 10
    mails = Counter(mail["to"] for mail in shown["outbox"])
    assert set(mails) == {one["email"] for one in ours}
    assert set(mails.values()) == {1}


@pytest.mark.parametrize("where", ["in process", "over http"])
def test_killed_at_any_instant_and_run_again(aapimport, served, many, state_dir, where, tmp_path):
    """SIGKILL at random instants: the same command finishes it; nobody twice, nobody forgotten."""
    live = where == "over http"
    environment = served if live else {}
    journal, portal = (
        (state_dir, tmp_path / "served") if live else (state_dir / "practice", state_dir)
    )
    choose = random.Random(SEED)
    killed = 0
    for steps in sorted(choose.sample(range(1, 380), 5)):
        process = started(many, **environment)
        wait_for(process, journal, steps)
        time.sleep(choose.random() * 0.02)
        process.kill()
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
    assert killed >= 3
    done = aapimport("upload", many, *OPTIONS, **environment)
    assert done.code == 0, done.err
    check_everybody(contents(aapimport, portal), 120)


@pytest.mark.parametrize("ending", [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=str)
def test_a_signal_finishes_what_is_under_way(aapimport, served, many, state_dir, ending):
    """A stopped upload says where it stands and how to go on; `resume` finishes it, once."""
    number, code = ending
    process = started(many, **served)
    wait_for(process, state_dir, 20)
    process.send_signal(number)
    out, error = process.communicate(timeout=30)
    assert process.returncode == code, error
    assert out == b""
    last = error.decode().split("continue with:")[1].split()
    assert last[:2] == ["aapimport", "resume"]
    done = aapimport("resume", last[2], "--json", **served)
    assert done.code == 0, done.err
    report = done.json
    assert report["receipt"] == last[2]
    assert {one["email"] for one in report["people"]} == {None}
    assert report["services"]["portal"]["created"] == 120
    check_everybody(contents(aapimport, state_dir.parent / "served"), 120)
    again = aapimport("resume", last[2].lower(), "--json", **served)
    assert (again.code, again.json) == (0, report)


def test_two_processes_on_one_file(aapimport, served, many, state_dir, tmp_path):
    """Two uploads of one file at once: everybody exists once, and the second was told to wait."""
    first = started(many, **served)
    wait_for(first, state_dir, 1)
    first.send_signal(signal.SIGSTOP)  # half way, so that the second certainly meets it
    second = started(many, **served)
    assert second.stderr is not None
    told = next((line for line in second.stderr if b"another upload" in line), b"").decode()
    first.send_signal(signal.SIGCONT)
    for process in (first, second):
        process.communicate(timeout=60)
    assert f"another upload is running (process {first.pid} on" in told
    assert (first.returncode, second.returncode) == (0, 0)
    check_everybody(contents(aapimport, tmp_path / "served"), 120)


@pytest.mark.parametrize(("answer", "code"), [("", 2), ("n\n", 1)])
def test_a_canary_that_is_not_answered_says_what_was_sent(aapimport, served, many, answer, code):
    """The first people are there: the message counts them and gives the command that goes on."""
    options = ("--pass", "Leadership 2026", "--no-emails", "--maybe", "create", "--canary", "3")
    done = aapimport("upload", many, *options, stdin=f"120\n{answer}", **served)
    assert done.code == code, done.err
    assert "9 of 250 steps done, all recorded" in done.err  # three in a team, too
    assert "continue with: aapimport resume" in done.err
    assert "nothing was sent" not in done.err


def test_an_unknown_receipt_is_said(aapimport):
    """A number that the journal doesn't know is exit 1, and nothing is sent."""
    done = aapimport("resume", "ZZZZZZ\x1b[1m")
    assert done.code == 1
    assert "no upload has the confirmation number" in done.err
    assert "\x1b" not in done.err


def test_an_interrupted_upload_goes_on_as_it_was_approved(aapimport, served, many, state_dir):
    """Other options for the same file are refused while an upload of it isn't finished."""
    process = started(many, **served)
    wait_for(process, state_dir, 20)
    process.kill()
    process.communicate()
    for options in (("--no-emails",), ("--pass", "Leadership 2025")):
        done = aapimport("upload", many, "--pass", "Leadership 2026", *options, "--yes", **served)
        assert done.code == 1
        assert "finish it first, as it was approved: aapimport resume" in " ".join(done.err.split())


def test_a_resume_at_another_address_is_refused(aapimport, served, many, state_dir):
    """The journal belongs to the services it was made with."""
    process = started(many, **served)
    wait_for(process, state_dir, 20)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=30)
    receipt = error.decode().split("aapimport resume")[1].split()[0]
    moved = {name: value.replace("127.0.0.1", "localhost") for name, value in served.items()}
    done = aapimport("resume", receipt, **moved)
    assert done.code == 1
    assert "belongs to other services" in done.err
