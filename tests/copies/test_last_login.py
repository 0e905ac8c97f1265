import math
from datetime import date, datetime

import pytest

from aapimport.copies.last_login import LoginDays, is_undated

DAY = date(2026, 4, 3)


@pytest.mark.parametrize(
    "value",
    [
        datetime.fromisoformat("2026-04-03 23:59"),
        DAY,
        46115,
        46115.75,
        "2026-04-03",
        "2026-04-03 10:15:00",
        "2026-04-03T10:15:00Z",
        "2026/04/03",
        "03.04.2026",
        "03.04.2026 10:15",
        "3 Apr 2026",
        "03-Apr-2026",
        "Apr 3, 2026",
        "April 3, 2026, 10:15 AM",
        " 2026-04-03 ",
    ],
)
def test_one_meaning_is_read(value):
    """What can be read in one way only is read."""
    assert LoginDays([value]).read(value) == DAY


@pytest.mark.parametrize(
    "value",
    [
        *("", "never", "2026", "32.01.2026", "2026-13-01", "0001-01-01", "1970-01-01"),
        *(12, True, math.inf, math.nan, 1e300, date(1, 1, 1), datetime.fromisoformat("1900-01-01")),
    ],
)
def test_what_is_no_day_is_not_made_one(value):
    """Nobody is taken for a leaver because of a value that can't be read."""
    assert LoginDays([value]).read(value) is None


def test_the_column_decides_which_number_is_the_month():
    """One day above 12 anywhere in the column settles it for all of it."""
    assert LoginDays(["03/04/2026", "25/12/2025"]).read("03/04/2026") == date(2026, 4, 3)
    assert LoginDays(["03/04/2026", "12/25/2025"]).read("03/04/2026") == date(2026, 3, 4)


def test_a_short_year_may_come_first() -> None:
    """26-11-01 is read by nobody for sure."""
    assert LoginDays(["26-11-01", "26-03-30"]).read("26-11-01") is None


def test_an_undecided_column_stays_unread():
    """Where both readings are possible, or none is, there is no guess."""
    assert LoginDays(["03/04/2026"]).read("03/04/2026") is None
    assert LoginDays(["25/12/2025", "12/25/2025"]).read("25/12/2025") is None


@pytest.mark.parametrize("text", ["25/10/2025", "25-10-2025", "25/10/25"])
def test_dates_beside_texts_that_excel_could_not_read_may_be_swapped(text):
    """Excel elsewhere swaps day and month of 1/11/2026, and leaves 25/10/2026 as text."""
    swapped, same = date(2026, 1, 11), date(2026, 3, 3)
    days = LoginDays([swapped, same, 46033, text, "30/11/2025 10:15"])
    assert [days.read(swapped), days.read(same), days.read(46033)] == [None, same, None]
    assert days.read(text) == date(2025, 10, 25)
    days = LoginDays([swapped, date(2026, 1, 13), "25/10/2025"])
    assert days.read(swapped) == swapped


def test_blank_is_not_the_same_as_unreadable():
    """A blank means something of its own in the exported list."""
    assert is_undated("")
    assert is_undated("  ")
    assert not is_undated("never")


def test_a_long_cell_is_no_day():
    """A paragraph of blanks is left alone, whatever it would cost to look through it."""
    assert LoginDays([" T" * 100_000]).read(",T " * 100_000) is None
