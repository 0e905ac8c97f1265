import io
import unicodedata

import pytest

from aapimport.screens.console import count, make_console, safe


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
