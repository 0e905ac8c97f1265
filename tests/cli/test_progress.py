"""What a terminal shows from the first second, at 60 and at 80 columns."""

import os
from pathlib import Path

import pytest

from support.terminal import AAPIMPORT, Terminal
from support.warm import Warm

pytestmark = pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
EXAMPLE = Path(__file__).parents[2] / "examples" / "users.xlsx"
PASS = ("--pass", "Leadership 2026")
ADMIN = ("--client-admins", "1")
UPLOAD = (*AAPIMPORT, "upload", EXAMPLE, *PASS, "--no-emails", "--yes", *ADMIN)
REDRAWN = ("\r", "\x1b[1A", "\x1b[2K")


@pytest.mark.parametrize("columns", [60, 80])
def test_each_thing_is_shown_as_it_begins(warm: Warm | None, columns: int) -> None:
    """Reading, asking, planning, uploading: a line that is drawn anew, and gone afterwards."""
    terminal = Terminal(warm, columns)
    assert terminal.run(UPLOAD, [], TERM="xterm", ACCESSIBLE="") == 0
    for what in ("reading users.xlsx", "asking the services", "uploading"):
        assert what in terminal.screen
    assert any(mark in terminal.screen for mark in REDRAWN)


@pytest.mark.parametrize("settings", [{"TERM": "xterm", "ACCESSIBLE": "1"}, {"TERM": "dumb"}])
def test_nothing_is_redrawn_for_a_screen_reader(
    warm: Warm | None, settings: dict[str, str]
) -> None:
    """The same in lines, each once, in the order in which it happens."""
    terminal = Terminal(warm)
    assert terminal.run(UPLOAD, [], **settings) == 0
    at = [
        terminal.screen.index(what)
        for what in (
            "reading users.xlsx\n",
            "asking the services\n",
            "planning\n",
            "Plan ",
            "uploading: 2 of 52 done\n",
            "Receipt ",
        )
    ]
    assert at == sorted(at)
    assert not any(mark in terminal.screen for mark in REDRAWN)


@pytest.mark.parametrize("columns", [60, 80])
def test_screens_hold_at_the_terminals_width(warm: Warm | None, columns: int) -> None:
    """Nothing is wider than the terminal, and each row keeps its mark and its number."""
    terminal = Terminal(warm, columns)
    words = (*AAPIMPORT, "plan", EXAMPLE, *PASS, "--no-emails", "--all")
    assert terminal.run(words, [], ACCESSIBLE="1") == 0
    lines = [line.rstrip() for line in terminal.screen.splitlines()]
    preview = lines[lines.index(next(one for one in lines if one.startswith("First 10"))) :]
    marked = [line.split()[:2] for line in preview if line[:2] in {"+ ", "~ ", "= ", "- "}]
    rows = [number for mark, number in marked if number.isdecimal()]
    assert rows == [str(number) for number in range(2, 12)]
    cells = [cell for _, cell in marked if cell.startswith("Users!A")]
    assert len(cells) == 25
    too_wide = [line for line in lines if len(line) > columns]
    assert too_wide == []
