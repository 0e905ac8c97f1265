"""Questions are seen by whoever types; who stops made no mistake: exit 1; ^C is 130."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.stub import TOKEN, ScimStub
from support.terminal import AAPIMPORT, Terminal
from support.warm import Warm
from support.wire import delayed

pytestmark = pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
EXAMPLE = Path(__file__).parents[2] / "examples" / "users.xlsx"
UPLOAD = (*AAPIMPORT, "upload", EXAMPLE, "--pass", "Leadership 2026", "--no-emails")


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("answer", ["", "n"])
def test_enter_and_no_are_no_error(warm: Warm | None, answer: str, columns: int) -> None:
    """The first question is about administration rights; nothing goes on without its number."""
    terminal = Terminal(warm, columns)
    assert terminal.run(UPLOAD, [("client admins that this upload makes", answer)]) == 1
    assert terminal.screen.endswith("stopped: you did not say yes\nnothing was sent\n")
    assert "error:" not in terminal.screen


def test_an_interrupt_at_a_question_is_130(warm: Warm | None) -> None:
    """^C ends the command at once, in the same words."""
    terminal = Terminal(warm)

    def interrupt() -> str:
        os.kill(terminal.process, signal.SIGINT)
        return ""

    assert terminal.run(UPLOAD, [("client admins that this upload makes", interrupt)]) == 130
    assert terminal.screen.rstrip().endswith("stopped: interrupted\nnothing was sent")
    assert "error:" not in terminal.screen


@pytest.mark.parametrize("columns", [60, 80])
def test_prompts_break_at_words(warm: Warm | None, columns: int) -> None:
    """No line is wider than the terminal, which would break it anywhere."""
    terminal = Terminal(warm, columns)
    terminal.run(UPLOAD, [("client admins that this upload makes", "")])
    assert max(map(len, terminal.screen.splitlines())) <= columns


@pytest.mark.parametrize(
    ("elsewhere", "more"),
    [
        (["stderr"], ()),
        (["stderr"], ("--json",)),
        (["stdout"], ()),
        (["stdout"], ("--json",)),
        (["stdout", "stderr"], ()),
        (["stdout", "stderr"], ("--json",)),
    ],
)
def test_questions_are_seen_wherever_output_goes(
    tmp_path: Path, elsewhere: list[str], more: tuple[str, ...]
) -> None:
    """So is the plan that they are about; no file holds what a person would have to answer."""
    files = {name: tmp_path / name for name in elsewhere}
    terminal = Terminal(elsewhere=files)
    asked = [("client admins that this upload makes", "1"), ("the seats that this upload uses", "")]
    assert terminal.run((*UPLOAD, *more), asked) == 1
    for screen in ("First 10 of", "Plan ", "row 5: zoe.ng@acme.com"):
        assert terminal.screen.count(screen) == 1
    for file in files.values():
        assert "to go on, or press Enter to stop" not in file.read_text(encoding="utf-8")
    if more and "stdout" in files:
        assert json.loads(files["stdout"].read_text(encoding="utf-8"))["error"]["id"] == "declined"


def test_a_list_to_choose_from_is_seen_with_its_question(tmp_path: Path) -> None:
    """The choices, what was wrong with an answer, and the question once more."""
    log = tmp_path / "log"
    terminal = Terminal(elsewhere={"stdout": tmp_path / "out", "stderr": log})
    command = (*AAPIMPORT, "plan", EXAMPLE, "--no-emails")
    answers = [("Type a number", "Nowhere"), ("please type a number", "2")]
    assert terminal.run(command, answers) in {0, 1}
    assert "Leadership 2026" in terminal.screen
    assert "Type a number" not in log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        *(((), columns) for columns in (40, 60, 80)),
        *((("sandbox",), columns) for columns in (40, 60, 80)),
        *((("config",), columns) for columns in (40, 60, 80)),
        *((("upload", "--help-all"), columns) for columns in (60, 80)),
    ],
)
def test_help_is_as_wide_as_the_terminal(
    warm: Warm | None, words: tuple[str, ...], columns: int
) -> None:
    """Its lines are broken at words, also on a narrow one; nothing is left out with dots."""
    terminal = Terminal(warm, columns)
    assert terminal.run((*AAPIMPORT, *words, "--help"), []) == 0
    lines = terminal.screen.splitlines()
    assert max(len(line) for line in lines if not line.startswith("  -")) <= columns
    assert "..." not in terminal.screen.replace("[ARGS]...", "")


_BEHIND_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Becomes a command that its terminal takes along when it is closed."""


def test_a_terminal_that_is_closed_in_a_run_ends_it_with_143(
    tmp_path: Path, portal_stub: ScimStub, jhana_stub: ScimStub
) -> None:
    """Nobody can be told any more, and the code is still one of the table; nobody is doubled."""
    import pty

    header = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled\n"
    people = (f"{name.lower()}@acme.com,{name},Berg,,,\n" for name in ("Bo", "Ana", "Omar", "Lise"))
    (tmp_path / "people.csv").write_text(header + "".join(people), encoding="utf-8")
    portal_stub.on("POST", "/Users", delayed(0.3), times=40)
    words = [*AAPIMPORT, "upload", "people.csv", "--pass", "Leadership 2026", "--live"]
    words += ["--yes", "--no-emails", "--no-bulk", "--pace", "3"]
    settings = os.environ | {
        "AAPIMPORT_PORTAL_URL": portal_stub.url,
        "AAPIMPORT_PORTAL_TOKEN": TOKEN,
        "AAPIMPORT_JHANA_URL": jhana_stub.url,
        "AAPIMPORT_JHANA_TOKEN": TOKEN,
        "AAPIMPORT_SETTLE_SECONDS": "0.1",
    }
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", _BEHIND_A_TERMINAL, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=tmp_path,
        env=settings,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        while not portal_stub.creates:
            if select.select([ours], [], [], 0.1)[0]:
                assert os.read(ours, 65536)
        os.close(ours)
        assert process.wait(60) == 143
    done = subprocess.run(words, cwd=tmp_path, env=settings, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert set(portal_stub.creates.values()) == {1}
    assert len(portal_stub.creates) == 4
