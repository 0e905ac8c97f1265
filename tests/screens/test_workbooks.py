from datetime import date
from pathlib import Path

import pytest

from aapimport.copies.annotate import Annotated
from aapimport.copies.fix import Fixed
from aapimport.copies.renew import Renewal
from aapimport.screens.template import command_word, template_written
from aapimport.screens.workbooks import annotated, fixed, renewed

OUT = Path("out.xlsx")


def test_annotated_says_how_much_is_marked():
    """Comments are mentioned only where they are fewer than the marks."""
    assert annotated(OUT, Annotated(marked=1, commented=1)) == "wrote out.xlsx: 1 cell marked"
    assert annotated(OUT, Annotated(marked=9000, commented=5000)) == (
        "wrote out.xlsx: 9,000 cells marked, the first 5,000 with a comment"
    )


def test_fixed_says_what_is_left_to_do():
    """Rows to correct and rows left out have a line of their own."""
    assert fixed(OUT, Fixed(ready=211, with_errors=3, left_out=1)) == (
        "wrote out.xlsx: 214 rows, 211 ready\n"
        "3 rows with errors kept, to correct by hand\n"
        "1 row not taken over: nobody in them, or hidden\n"
        "next: aapimport validate out.xlsx"
    )


def test_fixed_is_short_when_all_is_well():
    """Nothing is said about what isn't there."""
    assert fixed(OUT, Fixed(ready=2, with_errors=0, left_out=0)) == (
        "wrote out.xlsx: 2 rows, 2 ready\nnext: aapimport validate out.xlsx"
    )


def test_renewed_holds_at_80_columns_with_every_line():
    """The fullest screen, with long counts."""
    renewal = Renewal(
        kept=49_999,
        with_errors=1_000,
        idle=10_000,
        undated=20_000,
        left_out=3,
        skipped=tuple(f"Users!A{row}: {'x' * 90}@acme.com" for row in range(2, 5_000)),
        unread_dates=1_234,
        since=date(2026, 5, 6),
        roles={("", "x"): 1, ("Individual Contributor", "individualcontributor"): 30_000},
        extra_columns=("Region\x1b[31m",),
    )
    lines = renewed(OUT, renewal).splitlines()
    assert lines[1] == "81,002 rows in the list:"
    assert max(map(len, lines)) <= 80
    assert "  Region\\u001B[31m" in lines
    assert "         and 4,978 more" in lines
    assert "role blank is now x: 1 row" in lines


def test_renewed_without_dates_says_so():
    """Nobody is proposed as a leaver, and the reader learns why."""
    renewal = Renewal(
        kept=2,
        with_errors=0,
        idle=0,
        undated=0,
        left_out=0,
        unread_dates=0,
        since=None,
        roles={},
        extra_columns=(),
    )
    assert renewed(OUT, renewal) == (
        "wrote out.xlsx\n"
        "2 rows in the list:\n"
        "      2  to sheet Users\n"
        "no dates of last login to go by: nobody is proposed as a leaver\n"
        "next: aapimport validate out.xlsx"
    )


@pytest.mark.parametrize(
    ("teams", "line"),
    [
        (None, None),
        (0, "this pass has no teams: the Team column takes any text, leave it blank"),
        (1, "the Team column offers the pass's 1 team"),
        (3, "the Team column offers the pass's 3 teams"),
    ],
)
def test_template_written_tells_about_teams(teams, line):
    """Only who named a pass hears about its teams."""
    lines = template_written(OUT, teams).splitlines()
    assert lines[0] == "wrote out.xlsx"
    assert lines[1:-1] == ([line] if line else [])
    assert lines[-1] == "next: fill it in, then: aapimport validate out.xlsx"


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("people.xlsx", "people.xlsx"),
        ("my people.xlsx", '"my people.xlsx"'),
        ("Zoë 李.xlsx", '"Zoë 李.xlsx"'),
        ("people(1).xlsx", '"people(1).xlsx"'),
        ("Ana's list.xlsx", '"Ana\'s list.xlsx"'),
    ],
)
def test_a_path_can_be_pasted_into_a_command(name, word):
    """Double quotes work in every shell for ordinary names."""
    assert command_word(Path(name)) == word
