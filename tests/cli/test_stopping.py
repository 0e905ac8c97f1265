"""Who stops at a question made no mistake: no `error:`, exit 1; ^C is 130."""

import os
import signal
from pathlib import Path

import pytest

from support.terminal import AAPIMPORT, Terminal
from support.warm import Warm

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
