import json
import random
import re
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from aapimport.sandbox.practice import Practice
from support.second_year import SEED as SEED_OF_TWINS
from support.second_year import rows, write

OPTIONS = ("--pass", "Leadership 2026", "--emails", "--yes", "--maybe", "create", "--json")
SEED = 20261122


def sent(folder: Path) -> int:
    """How many steps of the upload are on record as begun; read like a bystander would."""
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


def wait_for(process, folder: Path, steps: int) -> None:
    """Wait until an upload has begun so many steps, or has ended."""
    while process.poll() is None and sent(folder) < steps:
        time.sleep(0.005)


def contents(aapimport, folder: Path):
    """What the practice portal of a folder holds."""
    return aapimport("sandbox", "show", "--json", AAPIMPORT_STATE_DIR=str(folder)).json


def check_everybody(shown, people: int, in_team: int) -> None:
    """Everybody of the file exists once, on both services, and was mailed once."""
    ours = [
        one
        for one in shown["people"]
        if one["email"][0].isalpha() and one["email"].split("@")[0][-1].isdigit()
    ]
    assert len(ours) == people
    assert set(Counter(one["email"] for one in ours).values()) == {1}
    assert all(one["jhana"] and one["passes"] == ["Leadership 2026"] for one in ours)
    assert sum("Engineering" in one["teams"] for one in ours) == in_team
    mails = Counter(mail["to"] for mail in shown["outbox"])
    assert set(mails) == {one["email"] for one in ours}
    assert set(mails.values()) == {1}


@pytest.mark.campaign
@pytest.mark.parametrize("where", ["in process", "over http"])
def test_killed_at_any_instant_and_run_again(
    aapimport, started, served_elsewhere, many, state_dir, where
):
    """SIGKILL at random instants: the same command finishes it; nobody twice, nobody forgotten."""
    live = where == "over http"
    environment = served_elsewhere if live else {}
    journal, portal = (
        (state_dir, state_dir.parent / "served") if live else (state_dir / "practice", state_dir)
    )
    choose = random.Random(SEED)
    killed = 0
    for steps in sorted(choose.sample(range(1, 190), 5)):
        process = started("upload", many, *OPTIONS, **environment)
        wait_for(process, journal, steps)
        time.sleep(choose.random() * 0.02)
        process.kill()
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
    assert killed >= 3
    done = aapimport("upload", many, *OPTIONS, **environment)
    assert done.code == 0, done.err
    check_everybody(contents(aapimport, portal), 60, 10)


@pytest.mark.parametrize("ending", [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=str)
def test_a_signal_finishes_what_is_under_way(
    aapimport, started, served_elsewhere, many, state_dir, ending
):
    """A stopped upload says where it stands and how to go on; `resume` finishes it, once."""
    number, code = ending
    anew = number is signal.SIGTERM  # one with the end of an interpreter, too
    process = started("upload", many, *OPTIONS, anew=anew, **served_elsewhere)
    wait_for(process, state_dir, 20)
    process.send_signal(number)
    out, error = process.communicate(timeout=300)
    assert process.returncode == code, error
    assert json.loads(out)["error"]["id"] == "interrupted"
    last = " ".join(error.decode().split()).split("continue with: ")[1].split()
    assert last[:2] == ["aapimport", "resume"]
    done = aapimport("resume", last[2], "--json", **served_elsewhere)
    assert done.code == 0, done.err
    report = done.json
    assert report["receipt"] == last[2]
    assert len({one["email"] for one in report["people"]} - {None}) == 60  # kept for a while
    assert report["services"]["portal"]["created"] == 60
    check_everybody(contents(aapimport, state_dir.parent / "served"), 60, 10)
    again = aapimport("resume", last[2].lower(), "--json", **served_elsewhere)
    assert (again.code, again.json) == (0, report)


def test_two_processes_on_one_file(aapimport, started, served_elsewhere, many, state_dir, tmp_path):
    """Two uploads of one file at once: everybody exists once, and the second was told to wait."""
    first = started("upload", many, *OPTIONS, **served_elsewhere)
    wait_for(first, state_dir, 150)
    first.send_signal(signal.SIGSTOP)  # half way, so that the second certainly meets it
    second = started("upload", many, *OPTIONS, **served_elsewhere)
    assert second.stderr is not None
    told = next((line for line in second.stderr if b"another upload" in line), b"").decode()
    first.send_signal(signal.SIGCONT)
    for process in (first, second):
        process.communicate(timeout=300)
    assert f"another upload is running (process {first.pid} on" in told
    assert (first.returncode, second.returncode) == (0, 0)
    check_everybody(contents(aapimport, tmp_path / "served"), 60, 10)


@pytest.mark.parametrize(("answer", "code"), [("", 2), ("n\n", 1)])
def test_a_canary_that_is_not_answered_says_what_was_sent(aapimport, served, some, answer, code):
    """The first people are there: the message counts them and gives the command that goes on."""
    options = ("--pass", "Leadership 2026", "--no-emails", "--maybe", "create", "--canary", "3")
    done = aapimport("upload", some, *options, stdin=f"20\n{answer}", **served)
    assert done.code == code, done.err
    where = f"{served['AAPIMPORT_PORTAL_URL']} and Jhana {served['AAPIMPORT_JHANA_URL']}"
    assert f"The first people, to row 4, are uploaded to {where}, and were looked up" in done.err
    assert "9 of 44 done, all recorded" in done.err  # three in a team, too
    assert "continue with: aapimport resume" in done.err
    assert "nothing was sent" not in done.err


def test_an_unknown_receipt_is_said(aapimport):
    """A number that the journal doesn't know is exit 1, and nothing is sent."""
    done = aapimport("resume", "ZZZZZZ\x1b[1m")
    assert done.code == 1
    assert "no upload has the confirmation number" in done.err
    assert "\x1b" not in done.err


def test_an_interrupted_upload_goes_on_as_it_was_approved(
    aapimport, started, served_elsewhere, many, state_dir
):
    """Other options for the same file are refused while an upload of it isn't finished."""
    process = started("upload", many, *OPTIONS, **served_elsewhere)
    wait_for(process, state_dir, 20)
    process.kill()
    process.communicate()
    for options in (("--no-emails",), ("--pass", "Leadership 2025")):
        done = aapimport(
            "upload", many, "--pass", "Leadership 2026", *options, "--yes", **served_elsewhere
        )
        assert done.code == 1
        words = " ".join(done.err.split())
        assert "finish it, as it was approved: aapimport resume" in words
        assert "it is to pass 'Leadership 2026' (" in words


def half_done(aapimport, some: Path, **environment: str) -> str:
    """The receipt of an upload that ended after its first 10 people, before any e-mail."""
    options = ("--pass", "Leadership 2026", "--emails", "--maybe", "create", "--canary", "10")
    done = aapimport("upload", some, *options, stdin="20\nn\n", **environment)
    assert done.code == 1, done.err
    return str(done.err.split("aapimport resume")[1].split()[0])


def saved_again(some: Path, name: str, old: str = "", new: str = "") -> Path:
    """The file saved again with other line ends, and perhaps with one cell corrected."""
    file = some.parent / name
    text = some.read_text(encoding="utf-8").replace(old, new, 1)
    file.write_bytes(text.replace("\n", "\r\n").encode())
    return file


def test_another_file_waits_until_the_open_upload_has_ended(aapimport, served, some, tmp_path):
    """Saved again, corrected or another: refused with who, when, how far, and both ways on."""
    receipt = half_done(aapimport, some, **served)
    before = contents(aapimport, tmp_path / "served")
    (tmp_path / "new").mkdir()
    corrected = ("son,", "sonne,")
    for file, why in (
        (saved_again(some, "people.csv"), "has the same people, but was saved again"),
        (saved_again(some, "new/some.csv", *corrected), "the file was changed since"),
        (saved_again(some, "more.csv", *corrected), "'more.csv' is another file"),
    ):
        done = aapimport("upload", file, *OPTIONS, **served)
        assert done.code == 1, done.err
        words = " ".join(done.err.split())
        assert f"upload {receipt} of 'some.csv' is still open: " in words
        assert re.search(r"\S+@\S+ started it on \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d UTC", words)
        assert re.search(r"24 of 64 done; ", words)
        assert why in words
        assert f"aapimport resume {receipt}\n" in done.err
        assert f"aapimport resume {receipt} --close\n" in done.err
        assert max(map(len, done.err.splitlines())) <= 80
        assert done.err.rstrip().endswith("nothing was sent")
        planned = aapimport("plan", file, "--pass", "Leadership 2026", "--no-emails", **served)
        assert planned.code == 0
        assert f"upload {receipt} of 'some.csv' is still open, " in planned.err
        assert planned.err.count(receipt) == 2
    assert contents(aapimport, tmp_path / "served") == before
    done = aapimport("resume", "--yes", "--json", **served)
    assert done.code == 0, done.err
    assert done.json["receipt"] == receipt
    assert f"{receipt}  some.csv to pass 'Leadership 2026'" in done.err
    check_everybody(contents(aapimport, tmp_path / "served"), 20, 4)
    done = aapimport("plan", some, "--pass", "Leadership 2026", "--no-emails", **served)
    assert receipt not in done.err


def test_no_upload_is_open(aapimport):
    """Nothing to resume is no error; scripts get JSON."""
    done = aapimport("resume", "--json")
    assert (done.code, done.json["receipt"]) == (0, None)
    assert "no upload is open" in done.err


def test_several_open_uploads_are_listed(aapimport, served, some, state_dir):
    """Journals of version 1 may hold several: which one is a person's decision."""
    receipt = half_done(aapimport, some, **served)
    with closing(sqlite3.connect(state_dir / "journal.sqlite3", isolation_level=None)) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(runs)")][1:]
        database.execute(
            f"INSERT INTO runs SELECT 'ZZZZZ2', {', '.join(columns)} FROM runs"  # noqa: S608 -- names of columns
        )
        database.execute(
            "INSERT INTO steps"
            " (receipt, row, service, kind, action, target, state, key, account_id)"
            " VALUES ('ZZZZZ2', 2, 'portal', 'account', 'create', '', 'planned', 'k', '')"
        )
    done = aapimport("resume", **served)
    assert done.code == 2
    assert f"aapimport resume {receipt}\n" in done.out
    assert "aapimport resume ZZZZZ2\n" in done.out
    assert "0 of 1 done" in done.out
    assert "2 uploads are open" in done.err
    done = aapimport("resume", receipt, "--yes", **served)
    assert done.code == 0, done.err


def test_an_open_upload_can_be_closed(aapimport, served, some, tmp_path):
    """After a yes; what it owes is said, and stays readable; then another file may go."""
    receipt = half_done(aapimport, some, **served)
    before = contents(aapimport, tmp_path / "served")
    unanswered = aapimport("resume", receipt, "--close", **served)
    assert unanswered.code == 2
    assert f"upload {receipt} stays open" in unanswered.err
    assert "decide with --yes" in unanswered.err
    declined = aapimport("resume", "--close", stdin="n\n", **served)
    assert declined.code == 1
    where = served["AAPIMPORT_PORTAL_URL"]
    assert f"Close upload {receipt}, on {where}? It can't be resumed any more." in declined.err
    assert f"upload {receipt} stays open" in declined.err
    done = aapimport("resume", receipt, "--close", "--yes", **served)
    assert done.code == 1, done.err
    owed = done.out
    assert owed.startswith("created and not mailed: 10 people (rows 2 to 11)\n")
    assert len(re.findall(r"^  A\d+  \w+\d+@acme.com$", owed, re.MULTILINE)) == 10
    assert "never sent to All Access Pass and Jhana: 10 people (rows 12 to 21)\nReceipt " in owed
    assert f"upload {receipt} is closed and owes what is listed" in done.err
    assert contents(aapimport, tmp_path / "served") == before
    again = aapimport("resume", receipt, "--close", **served)
    assert (again.code, again.out) == (1, owed)
    told = aapimport("resume", receipt, **served)
    assert told.code == 1
    assert f"Receipt {receipt}" in told.out
    assert told.out.endswith(owed.partition("Receipt ")[0])
    assert aapimport("resume", receipt, "--json", **served).json["receipt"] == receipt
    assert contents(aapimport, tmp_path / "served") == before
    assert "no upload is open" in aapimport("resume", **served).err
    other = saved_again(some, "corrected.csv", "son,", "sonne,")
    done = aapimport("upload", other, *OPTIONS, **served)
    assert done.code == 0, done.err
    shown = contents(aapimport, tmp_path / "served")
    assert len({one["email"] for one in shown["people"]}) == len(shown["people"])
    assert max(Counter(mail["to"] for mail in shown["outbox"]).values()) == 1


def test_a_finished_upload_has_nothing_to_close(aapimport, tmp_path):
    """It stays finished."""
    file = tmp_path / "one.csv"
    file.write_text(
        "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled\n"
        "bo.quist@acme.com,Bosse,Quist,manager,,\n",
        encoding="utf-8",
    )
    receipt = aapimport("upload", file, *OPTIONS).json["receipt"]
    done = aapimport("resume", receipt, "--close")
    assert done.code == 0
    assert "is finished: there is nothing to close" in done.err


@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=str)
def test_who_was_left_out_is_exit_1_however_the_receipt_is_seen_again(
    aapimport, state_dir, tmp_path, as_json
):
    """A finished upload in which nothing failed, but not everybody is where the file says."""
    Practice(state_dir, SEED_OF_TWINS).close()
    file = write(tmp_path / "people.csv", rows()[8:10] + rows()[-2:])
    words = ("--pass", "Leadership 2026", "--no-emails", "--yes")
    done = aapimport("upload", file, *words, "--maybe", "leave-out", "--json")
    assert done.code == 1
    assert done.json["skipped"] > 0
    for ending in ((), ("--close",), ("--close", "--yes")):
        again = aapimport("resume", done.json["receipt"], *ending, *as_json)
        assert again.code == 1, again.err


def test_a_resume_at_another_address_is_refused(
    aapimport, started, served_elsewhere, many, state_dir
):
    """The journal belongs to the services it was made with, however these are spelled."""
    process = started("upload", many, *OPTIONS, **served_elsewhere)
    wait_for(process, state_dir, 20)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=300)
    receipt = error.decode().split("aapimport resume")[1].split()[0]
    moved = {name: value.replace("/v2", "/v2/moved") for name, value in served_elsewhere.items()}
    for words in ((), (receipt,)):
        done = aapimport("resume", *words, "--close", "--yes", **moved)
        assert done.code == 1
        said = " ".join(done.err.split())
        assert f"upload {receipt} belongs to other services than the configured ones" in said
        for environment in (served_elsewhere, moved):
            assert environment["AAPIMPORT_PORTAL_URL"] in said
            assert environment["AAPIMPORT_JHANA_URL"] in said
        assert f"aapimport resume {receipt}" in said
        assert "nothing was sent now" in said
    for words in ((), (receipt,), ("--json",)):  # the number isn't needed to be told
        done = aapimport("resume", *words, **moved)
        assert done.code == 3  # nobody is there
        said = " ".join(done.err.split())
        assert f"upload {receipt} was begun at {served_elsewhere['AAPIMPORT_PORTAL_URL']}" in said
        assert moved["AAPIMPORT_PORTAL_URL"] in said
        assert "no upload is open" not in said
    respelled = {
        name: value.replace("127.0.0.1", "localhost") for name, value in served_elsewhere.items()
    }
    done = aapimport("upload", many, *OPTIONS, **respelled)
    assert done.code == 0, done.err
    assert done.json["receipt"] == receipt


def test_an_empty_number_is_not_the_only_open_upload(aapimport):
    """A script's variable that was never filled closes nothing."""
    done = aapimport("resume", "", "--close", "--yes")
    assert done.code == 2
    assert "the word for [RECEIPT] is empty" in done.err
