"""Dates of last login, as an exported list and the programs it went through write them."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from aapimport.check.repair import shown
from aapimport.sheets.book import Value

_TIME_OF_DAY = re.compile(r"[T ,]+\d{1,2}:\d{2}.*$")
_NUMBERED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})|(\d{1,2})/(\d{1,2})/(\d{2})")
"""A day of which nobody knows by itself whether its month comes first; 26-11-01 is no such day."""
_LONGEST = 60
"""Characters of a day with its time; the pattern above takes long over long blanks."""
_DAY_FIRST, _MONTH_FIRST = "%d/%m/%Y", "%m/%d/%Y"
_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
)
_EXCEL_EPOCH = date(1899, 12, 30)
_EXCEL_DAYS = (20_000, 80_000)  # 1954 to 2119: a number outside is no day of a login
_FIRST = date(1990, 1, 1)  # before the web there was no login: 0001, 1601, 1900, 1970 mean never
_MONTHS = 12
_CENTURY = "20"


class LoginDays:
    """Reads the values of one column, all in the same way.

    Whether 03/04/2026 is in March or in April is decided by the whole column; where no value of
    it can decide that, such values stay unread.

    A list with days before months that is opened in an American Excel comes out with day and month
    swapped where that makes a date, and else with the text as it was. So dates stay unread beside
    such texts, unless one has a day that can't be a month.

    A day in the future is no last login: it was misread or mistyped, and stays unread; so does a
    day before the web, which programs write for never.

    Args:
        column: All values of the column.
        today: The current day; tomorrow counts as well, as it is that day further east.
    """

    def __init__(self, column: Iterable[Value], today: date | None = None) -> None:
        self._last = (today or datetime.now().astimezone().date()) + timedelta(days=1)
        values = [*column]
        texts = {_day_text(value) for value in values if isinstance(value, str)}
        numbered = [text for text in texts if _NUMBERED.fullmatch(text)]
        day_first = all(_parse(text, _DAY_FIRST) for text in numbered)
        month_first = all(_parse(text, _MONTH_FIRST) for text in numbered)
        self._formats = [*_FORMATS]
        is_decided = day_first is not month_first
        if is_decided:
            self._formats.append(_DAY_FIRST if day_first else _MONTH_FIRST)
        days = [day for value in values if not isinstance(value, str) and (day := self._day(value))]
        self._may_be_swapped = is_decided and all(day.day <= _MONTHS for day in days)

    def read(self, value: Value) -> date | None:
        """The day; None where the value is blank or can't be read for sure."""
        day = self._day(value)
        if day is None or not _FIRST <= day <= self._last:
            return None
        is_date = not isinstance(value, str)
        return None if is_date and self._may_be_swapped and day.day != day.month else day

    def _day(self, value: Value) -> date | None:
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            first, end = _EXCEL_DAYS
            return _EXCEL_EPOCH + timedelta(days=int(value)) if first <= value < end else None
        text = _day_text(value) if isinstance(value, str) else ""
        return next(filter(None, (_parse(text, form) for form in self._formats)), None)


def is_undated(value: Value) -> bool:
    """Whether the cell is blank: never logged in, or logged in without starting a course."""
    return not shown(value).strip()


def _day_text(text: str) -> str:
    """The day as it is written, with slashes and the whole year: 1-11-26 is 1/11/2026."""
    text = text.strip()
    text = _TIME_OF_DAY.sub("", text) if len(text) <= _LONGEST else ""
    if found := _NUMBERED.fullmatch(text):
        first, second, year = filter(None, found.groups())
        return f"{first}/{second}/{year if len(year) > len('26') else _CENTURY + year}"
    return text


def _parse(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 -- a day, without a time zone
    except ValueError:
        return None
