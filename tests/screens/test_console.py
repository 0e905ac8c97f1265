import io
import unicodedata

import pytest

from aapimport.screens.console import broken_at_blanks, count, make_console, safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "\\u001B[31m"),
        ("a\tb\nc\r", "a\\u0009b\\u000Ac\\u000D"),
        ("\u202eevil", "\\u202Eevil"),
        ("\u2066\u2069\u200b\ufeff", "\\u2066\\u2069\\u200B\\uFEFF"),
        ("\x7f\x9b", "\\u007F\\u009B"),
        ("\ud800", "\\uD800"),
        ("\U000e0041", "\\U000E0041"),
        ("\u2028", "\\u2028"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_a_number(text: str, shown: str):
    """Control, format, bidi and surrogate characters can't do anything."""
    assert safe(text) == shown


@pytest.mark.parametrize(
    "text", ["Zoë O'Neill", "佐藤 葵", "ليلى", "[red]x[/red] :smile:", "می\u200cخواهم", "😀", ""]
)
def test_names_are_shown_as_they_are(text: str):
    """Every script, markup-like text and the joiners of ordinary spelling stay."""
    assert safe(text) == text


def test_no_control_character_is_left_in_all_of_unicode():
    """Every character there is goes through `safe` without one that steers."""
    everything = "".join(map(chr, range(0x110000)))
    left = {unicodedata.category(character) for character in safe(everything)}
    assert not left & {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}


def test_a_console_prints_text_and_not_markup(monkeypatch):
    """What looks like markup, an emoji or a number stays what it is, without colour in a pipe."""
    stream = io.StringIO()
    make_console(stream).print("[bold]x[/bold] [/] :warning: 123 'a'")
    assert stream.getvalue() == "[bold]x[/bold] [/] :warning: 123 'a'\n"


def test_counts_have_their_plural():
    """One row, two rows; thousands are grouped."""
    assert [count(n, "row") for n in (0, 1, 1234)] == ["0 rows", "1 row", "1,234 rows"]
    assert count(2, "person", "people") == "2 people"


class Stream(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        """Whether it is one."""
        return self._terminal


@pytest.mark.parametrize(
    ("terminal", "columns", "width"),
    [
        (False, "132", 80),
        (True, "132", 132),
        (True, "40", 40),
        (True, "20", 40),
        (True, "", 80),
        (True, "x", 80),
    ],
)
def test_a_pipe_has_80_columns_and_a_terminal_its_own(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int, *, terminal: bool
) -> None:
    """Whoever looks at a pipe is not known; nothing is laid out for fewer than 40."""
    monkeypatch.setenv("COLUMNS", columns)
    assert make_console(Stream(terminal=terminal)).width == width


def test_lines_break_at_blanks_only() -> None:
    """What may be copied stays whole; wide letters count as two; line breaks and margins stay."""
    assert broken_at_blanks("one two three", 7) == "one two\nthree"
    assert broken_at_blanks("see https://portal.example.com/x now", 9) == (
        "see\nhttps://portal.example.com/x\nnow"
    )
    assert broken_at_blanks("名前 名前", 8) == "名前\n名前"
    assert broken_at_blanks("a:  b\n      c d", 80) == "a:  b\n      c d"
    assert broken_at_blanks("Go on? ", 80) == "Go on? "
