"""An upload that was begun with `--canary` waits for a word, however the question ended."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from openpyxl import load_workbook

from aapimport.plan.approval import read_plan
from support.terminal import AAPIMPORT, Answer, Terminal
from support.warm import Warm
from support.wire import Act, Response, error, instead

NEEDS_TERMINAL = pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
PASS = ("--pass", "Leadership 2026")
NAMES = ("Omar Haddad", "Lucia Ferrari", "Wei Zhang", "Ingrid Solberg", "Kofi Mensah", "Ruth Abel")
SEATS = "the seats that this upload uses"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Six people, all with Jhana."""
    lines = ["Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"]
    lines += [f"p{at}@acme.com,{name.replace(' ', ',')},,,1" for at, name in enumerate(NAMES)]
    path = tmp_path / "people.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def receipt_in(text: str) -> str:
    """The number in the command that a message gives."""
    return text.split("aapimport resume")[1].split(maxsplit=1)[0].rstrip(";")


def everybody() -> dict[str, int]:
    """Everybody of the file, once."""
    return {f"p{at}@acme.com": 1 for at in range(len(NAMES))}


@NEEDS_TERMINAL
@pytest.mark.parametrize(
    "ending",
    [
        ("n", 1),
        ("\x04", 1),
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        (signal.SIGHUP, 143),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
    ids=["no", "end of input", "INT", "TERM", "HUP", "KILL"],
)
def test_a_canary_without_a_yes_waits_for_a_word(
    aapimport, warm: Warm | None, live, file, portal_stub, ending
):
    """Whoever goes on types the seats that are left, or says `--yes`; nobody else is sent before.

    Its end says how far the upload is and how it goes on, in JSON, too.
    """
    answer, code = ending
    out = file.with_name("out")
    terminal = Terminal(elsewhere={"stdout": out})
    upload = ("upload", file, *PASS)
    words = (*AAPIMPORT, *upload, "--emails", "--canary", "2", "--json")
    asked = [(f"Type 6 ({SEATS}", "6"), ("Go on?", at_the_question(terminal, answer))]
    assert _ending(terminal, words, asked, live) == code
    if code > 0:
        said = " ".join(terminal.screen.split())
        assert "4 of 18 done, all recorded; continue with: aapimport resume" in said
        assert "nothing was sent" not in said
        told = json.loads(out.read_text(encoding="utf-8"))
        assert told["error"]["state"].startswith("4 of 18 done, all recorded")
    first = {"p0@acme.com": 1, "p1@acme.com": 1}
    assert portal_stub.people == first

    terminal = Terminal(warm)
    for again in (upload, (*upload, "--canary", "2"), ("resume",)):
        assert terminal.run((*AAPIMPORT, *again), [(f"Type 4 ({SEATS}", "")], **live) == 1
        assert "all is as it should be" in " ".join(terminal.screen.split())
        unattended = aapimport(*again, **live)
        assert unattended.code == 2
        assert "4 of 18 done, all recorded; continue with" in " ".join(unattended.err.split())
    assert portal_stub.people == first
    assert not portal_stub.store.mails
    assert terminal.run((*AAPIMPORT, *upload), [(f"Type 4 ({SEATS}", "4")], **live) == 0
    assert portal_stub.people == everybody()


def at_the_question(terminal: Terminal, ending: str | signal.Signals) -> Answer:
    """What is typed at a question, or which signal comes there."""
    if isinstance(ending, str):
        return ending

    def send() -> str:
        os.kill(terminal.process, ending)
        return ""

    return send


def _ending(terminal: Terminal, words, answers, live) -> int:
    """How a command ends that may be killed."""
    try:
        return terminal.run(words, answers, **live)
    except ValueError as unknown:  # no exit code of ours
        return int(str(unknown).split()[0])


@pytest.mark.parametrize("command", ["upload", "resume"])
def test_yes_is_a_word_on_a_good_canary(aapimport, live, file, portal_stub, command):
    """It goes on unattended with the upload, or with its number."""
    upload = ("upload", file, *PASS, "--emails")
    assert aapimport(*upload, "--canary", "2", stdin="6\nn\n", **live).code == 1
    done = aapimport(*(upload if command == "upload" else ["resume"]), "--yes", **live)
    assert done.code == 0, done.err
    assert portal_stub.people == everybody()


def test_a_yes_is_asked_for_once(aapimport, live, file, portal_stub):
    """An upload that ends after it goes on as any other does."""
    upload = ("upload", file, *PASS, "--emails")
    portal_stub.on("POST", "/Users", instead(error(401, "not now")), body="p2@")
    done = aapimport(*upload, "--canary", "2", stdin="6\ny\n", **live)
    assert "Go on?" in done.err
    assert done.code == 3
    assert portal_stub.people != everybody()
    resumed = aapimport("resume", **live)
    assert resumed.code == 0, resumed.err
    assert portal_stub.people == everybody()


@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=str)
def test_yes_is_no_word_on_a_canary_that_failed(aapimport, live, file, portal_stub, as_json):
    """Who failed is named by row and address; `resume` with the number goes on all the same."""
    portal_stub.on("POST", "/Users", instead(error(400, "not this one")), body="p1@", times=9)
    upload = ("upload", file, *PASS, "--emails", "--yes", *as_json)
    for words in ((*upload, "--canary", "2"), upload, ("resume", "--yes", *as_json)):
        done = aapimport(*words, **live)
        assert done.code == 1
        assert portal_stub.people == {"p0@acme.com": 1}
        said = " ".join(done.err.split())
        assert "1 person is not as they should be" in said
        assert "row 3 (p1@acme.com): All Access Pass: " in said or words[0] == "resume"
        assert "row 3" in said
        assert "nothing was sent" not in said
        if as_json:
            assert "row 3" in done.json["error"]["message"]
    receipt = receipt_in(done.err)
    done = aapimport("resume", receipt, "--yes", **live)
    assert "row 3" in done.err
    assert portal_stub.people == {name: 1 for name in everybody() if name != "p1@acme.com"}


def test_a_failed_canary_of_which_nothing_can_be_asked(aapimport, live, file, portal_stub):
    """Without `--yes` it ends with exit 1 as well, and not as a question of how to be called."""
    portal_stub.on("POST", "/Users", instead(error(400, "not this one")), body="p1@", times=9)
    done = aapimport("upload", file, *PASS, "--emails", "--canary", "2", stdin="6\n", **live)
    assert done.code == 1
    assert "aapimport resume" in done.err
    assert portal_stub.people == {"p0@acme.com": 1}


def test_what_a_service_drops_is_no_good_canary(aapimport, live, file, portal_stub):
    """A role that isn't kept is not as it should be, though everybody is there."""
    text = file.read_text(encoding="utf-8").replace(",,,1", ",facilitator,,1")
    file.write_text(text, encoding="utf-8")
    portal_stub.habits.dropped = frozenset({"roles"})
    upload = ("upload", file, *PASS, "--emails", "--yes", "--canary", "2")
    for _ in range(3):  # the first time it stops once by itself
        done = aapimport(*upload, **live)
        assert done.code == 1
    assert "2 people are not as they should be" in " ".join(done.err.split())
    assert portal_stub.people == {"p0@acme.com": 1, "p1@acme.com": 1}


def test_the_verdict_is_told_with_yes(aapimport, live, file, portal_stub):
    """A good one as well."""
    done = aapimport("upload", file, *PASS, "--emails", "--yes", "--canary", "2", **live)
    assert done.code == 0
    assert "to row 3, are uploaded to" in " ".join(done.err.split())
    assert "all is as it should be" in " ".join(done.err.split())


@pytest.mark.skipif(os.name == "nt", reason="nothing there kills a process as SIGKILL does")
def test_a_canary_that_was_cut_off_is_finished_before_it_is_asked_about(
    aapimport, started, live, file, portal_stub
):
    """Without the flag, too: what was approved is a canary, and nobody beyond it."""
    upload = ("upload", file, *PASS, "--emails")
    killed = started(*upload, "--canary", "3", "--yes", **live)

    def kill(act: Act) -> Response:
        killed.kill()
        killed.wait()
        return act()

    portal_stub.on("POST", "/Users", kill, body="p1@")
    while killed.poll() is None:
        time.sleep(0.01)
    done = aapimport("resume", **live)
    assert done.code == 2
    assert "to row 4, are uploaded to" in " ".join(done.err.split())
    assert set(portal_stub.people) == {"p0@acme.com", "p1@acme.com", "p2@acme.com"}
    assert aapimport("resume", "--yes", **live).code == 0
    assert portal_stub.people == everybody()


@NEEDS_TERMINAL
@pytest.mark.parametrize(
    "ending", [("n", 1), ("\x04", 1), (signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=str
)
def test_the_end_of_the_question_whether_to_close(aapimport, warm: Warm | None, live, file, ending):
    """It says that the upload stays open, and how far it is; nothing of it is lost."""
    answer, code = ending
    upload = ("upload", file, *PASS, "--emails", "--canary", "2")
    receipt = receipt_in(aapimport(*upload, stdin="6\nn\n", **live).err)
    terminal = Terminal(warm)
    asked = [("can't be resumed any more", at_the_question(terminal, answer))]
    words = (*AAPIMPORT, "resume", receipt, "--close")
    assert terminal.run(words, asked, **live) == code
    said = " ".join(terminal.screen.split())
    assert f"upload {receipt} stays open: 4 of 18 done, all recorded; continue with:" in said
    assert "nothing was sent" not in said
    assert aapimport("resume", receipt, "--yes", **live).code == 0


@NEEDS_TERMINAL
@pytest.mark.parametrize(
    "ending", [("\x04", 1), (signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=str
)
def test_the_end_of_a_question_about_the_file_names_the_open_upload(
    aapimport, warm: Warm | None, live, file, ending
):
    """It is asked before anybody knows which upload is meant: what is open is told beside it."""
    answer, code = ending
    upload = ("upload", file, *PASS, "--emails", "--canary", "2")
    receipt = receipt_in(aapimport(*upload, stdin="6\nn\n", **live).err)
    text = file.read_text(encoding="utf-8").replace("p5@", "#p5@")
    file.write_text(text, encoding="utf-8")
    terminal = Terminal(warm)
    asked = [("(--hidden)", at_the_question(terminal, answer))]
    assert terminal.run((*AAPIMPORT, "upload", file, *PASS), asked, **live) == code
    said = " ".join(terminal.screen.split())
    assert f"upload {receipt} of 'people.csv' is still open, 4 of 18 done: aapimport" in said


def test_a_written_plan_is_approved_again_when_its_upload_goes_on(
    aapimport, live, file, portal_stub, tmp_path
):
    """By its fingerprint, and the number of its client admins, as when it began."""
    text = file.read_text(encoding="utf-8").replace(",,,1", ",client admin,,1", 1)
    file.write_text(text, encoding="utf-8")
    plan = tmp_path / "plan.json"
    assert aapimport("plan", file, *PASS, "--emails", "-o", plan, **live).code == 0
    right = ("--fingerprint", read_plan(plan).fingerprint)
    upload = ("upload", file, "--plan", plan)
    admins = ("--client-admins", "1")
    begun = aapimport(*upload, *right, *admins, "--canary", "2", stdin="n\n", **live)
    assert begun.code == 1, begun.err
    first = {"p0@acme.com": 1, "p1@acme.com": 1}
    assert portal_stub.people == first
    for words, code in (
        (("--fingerprint", "AAAA-BBBB", *admins, "--yes"), 1),
        ((*admins, "--yes"), 2),
        ((*right, "--yes"), 2),
        ((*right, "--client-admins", "2", "--yes"), 1),
        ((*right, *admins), 2),
    ):
        done = aapimport(*upload, *words, **live)
        assert done.code == code, (words, done.err)
        if "still open" not in done.err:
            assert "4 of 18 done, all recorded; continue with" in " ".join(done.err.split())
    assert portal_stub.people == first
    assert aapimport(*upload, *right, *admins, "--yes", **live).code == 0
    assert portal_stub.people == everybody()


def test_answers_that_were_corrected_meanwhile_are_not_passed_over(
    aapimport, live, file, portal_stub, tmp_path
):
    """The same command after a correction in its workbook is refused, and creates nobody."""
    for first, last in map(str.split, NAMES[2:]):
        portal_stub.add_user(
            f"{first}.{last}@acme.com".lower(), first, last, entitlements=[{"value": "p26"}]
        )
    answers = tmp_path / "who.xlsx"
    upload = ("upload", file, *PASS, "--no-emails", "--maybe-file", answers)
    assert aapimport(*upload, **live).code == 1

    def answer(said: str) -> None:
        book = load_workbook(answers)
        for row in range(2, 6):
            book.worksheets[0].cell(row, 10, said)
        book.save(answers)

    answer("somebody else")
    assert aapimport(*upload, "--canary", "2", stdin="6\nn\n", **live).code == 1
    there = dict(portal_stub.people)
    answer("same person")
    done = aapimport(*upload, "--yes", **live)
    assert done.code == 1
    said = " ".join(done.err.split())
    assert "as it was begun, p2@acme.com (row 4) is created, but" in said
    assert portal_stub.people == there
    answer("somebody else")
    assert aapimport(*upload, "--yes", **live).code == 0
