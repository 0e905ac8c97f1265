"""Days in the spellings of people and HR systems."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from aapimport.check.days import is_past

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
