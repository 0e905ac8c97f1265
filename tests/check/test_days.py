"""Days in the spellings of people and HR systems."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from aapimport.check import days
from aapimport.check.days import is_past, orders_of

THIS_YEAR = datetime.now(UTC).year
FORMS = (
    *("{y}-05-01", "{y}/05/01 00:00:00", "{y}-05-01T00:00:00Z", "{y}0501", "0105{y}"),
    *("01-May-{y}", "May 1, {y}", "Friday, 1 May {y} 12:00 AM", "1er mai {y}", "01-MEI-{y}"),
    *("1. Mai {y}", "1 de mayo de {y}", "mardi 5 mai {y}", "1.5.{y}", "05/{y}", "May {y}"),
    *("{y}年5月1日", "01/05/{short}", "1.5.{short}", "7 juil. {y}", "12-août-{y}"),
)


@pytest.mark.parametrize("form", FORMS)
def test_a_day_is_before_today_or_not(form: str) -> None:
    """Whatever language its month is in, and wherever its year stands."""
    for years, past in ((-2, True), (+2, False)):
        year = THIS_YEAR + years
        assert is_past(form.format(y=year, short=f"{year % 100:02}")) is past


@pytest.mark.parametrize("value", [46143, 46143.5, 20200501, "46143", date(2020, 5, 1)])
def test_numbers_and_dates_are_days(value: Any) -> None:
    """Excel's numbers of days, and eight digits."""
    assert is_past(value) is True


def test_today_is_not_past() -> None:
    """Who leaves today is still there."""
    today = datetime.now().astimezone().date()
    assert is_past(today) is False
    assert is_past(today - timedelta(days=1)) is True


@pytest.mark.parametrize("value", ["", "n/a", "unknown", "00.00.0000", 0, "9999-12-31", "99/99"])
def test_no_day_is_meant(value: Any) -> None:
    """Words, zeros, and the end of time."""
    assert is_past(value) is False


@pytest.mark.parametrize("value", ["3 months", "1/2/3/4", 7, "35.13.2020", "5 " * 30])
def test_a_day_that_nobody_can_read_is_said(value: Any) -> None:
    """It is neither past nor to come."""
    assert is_past(value) is None


TODAY = datetime.now().astimezone().date()


def short(day: date, form: str) -> str:
    """A day in a short form."""
    return day.strftime(form)


@pytest.mark.parametrize("form", ["%d.%m.%y", "%d/%m/%y", "%d-%m-%y", "%m/%d/%y"])
def test_the_last_day_of_a_month_is_no_year(form: str) -> None:
    """31.12.24 is past although a 24th of December 2031 is to come; so with two digits of years."""
    for year in range(THIS_YEAR - 4, THIS_YEAR + 5):
        for month, day in ((1, 31), (4, 30), (12, 31), (2, 28), (5, 27)):
            when = date(year, month, day)
            if abs((when - TODAY).days) > 366:
                assert is_past(short(when, form)) is (when < TODAY)


@pytest.mark.parametrize("form", ["%y-%m-%d", "%y/%m/%d"])
def test_a_day_behind_its_short_year_is_past_or_nobody_knows(form: str) -> None:
    """24/12/31 is hardly of 2031; where other days of the column tell, it is not asked."""
    when = date(THIS_YEAR - 2, 12, 31)
    assert is_past(short(when, form)) is None
    orders = orders_of([short(when, form), short(date(1999, 12, 31), form)])
    assert is_past(short(when, form), orders) is True
    assert is_past(short(date(THIS_YEAR + 2, 12, 31), form), orders) is False


@pytest.fixture
def in_november(monkeypatch) -> Iterator[None]:
    """Let it be 27 November 2026."""
    monkeypatch.setattr(days, "today", lambda: date(2026, 11, 27))
    is_past.cache_clear()
    yield
    is_past.cache_clear()


@pytest.mark.parametrize("value", ["01/12/26", "01/12/2026", "10.12.2026", "01122026"])
def test_days_of_which_one_reading_is_past_and_another_is_not(value: str, in_november) -> None:
    """Nobody knows, unless other days of the column can be read in one order only."""
    assert is_past(value) is None
    assert is_past(value, orders_of([value, "31/01/2020"])) is False
    assert is_past(value, orders_of([value, "01/31/2020"])) is True
    assert is_past(value, orders_of([value, "01/31/2020", "31/01/2020"])) is None
    assert is_past("31/01/2020", orders_of([value, "01/31/2020"])) is True
