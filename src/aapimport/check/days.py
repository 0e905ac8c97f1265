"""Days as people and HR systems write them: `2026-05-01`, `01-May-2026`, `May 1, 2026`."""

import datetime as dt
import math
import re
from collections.abc import Iterable
from functools import lru_cache

from aapimport.check.column_names import header_form
from aapimport.sheets.book import Value

_EXCEL_EPOCH = dt.date(1899, 12, 30)
_EXCEL_DAYS = range(20_000, 80_000)  # 1954 to 2119
_LONGEST = 40  # characters of a day
_TIME_OF_DAY = re.compile(r"[T ]\d{1,2}:\d{2}.*$")
_PARTS = re.compile(r"\d+|[^\W\d_]+")
_NO_DAY_BEFORE = dt.date(1950, 1, 1)
"""What databases write for none, as 1900-01-01, is no day."""
_NO_END = re.compile(
    r"(?i)permanent|unlimited|indefinite|open[- ]ended|unbefristet|indeterminad|indefinid"
    r"|indéterminé|onbepaald|cdi\b|tillsvidare|無期"
    r"|31[-/. ](?:12|dec|dez|déc|dic)[a-z.]*[-/. ]99$|29\d{5}$"
)
"""No end at all, and what databases write for it: 31 December 9999, also as Excel's number."""
_NO_DAY = re.compile(r"[^1-8]*")
"""Neither a day nor one that was meant: `unknown`, `00.00.0000`, `9999`."""
_MONTHS = {
    start: month
    for month, starts in enumerate(
        (
            *("jan ene gen", "feb fev", "mar mrt mae", "apr avr abr", "may mai mei maj mag"),
            *("jun juin giu", "jul juil lug", "aug aou ago", "sep set", "oct okt ott out"),
            *("nov", "dec dez dic"),
        ),
        start=1,
    )
    for start in starts.split()
}
"""How the names of the months begin in English, French, German, Spanish, Italian, Dutch,
Portuguese and Swedish, without accents."""
_YEAR_DIGITS, _SHORT_YEAR = 4, 2
_DIGITS_TOGETHER = 8
_CENTURY, _NEXT_CENTURY = 1900, 70
_SOME_DAY_LATE = 28
"""Where only a month is written, it is over when this day is."""
_SHORT_YEAR_FIRST = "ymd"
_ALL_ORDERS = frozenset(("dmy", "mdy", _SHORT_YEAR_FIRST))
"""The orders of day, month and year of which a text alone doesn't tell which one it is in."""


def orders_of(values: Iterable[Value]) -> frozenset[str]:
    """The orders in which every day of a column can be read; none where no one order does."""
    orders = _ALL_ORDERS
    for value in values:
        if isinstance(value, str) and (own := _ALL_ORDERS.intersection(_readings(value))):
            orders &= own
    return orders


@lru_cache(maxsize=4096)
def is_past(value: Value, orders: frozenset[str] = _ALL_ORDERS) -> bool | None:
    """Whether a value is a day before today.

    Args:
        value: The value.
        orders: Those in which all days of its column can be read.

    Returns:
        None where a day seems to be meant and nobody can say which: `Q2 2026`, or `01/12/26` with
        today between the two days.
    """
    if isinstance(value, str) and _NO_END.match(value.strip()):
        return False
    days: set[dt.date] = set()
    if isinstance(value, dt.datetime):
        days.add(value.date())
    elif isinstance(value, dt.date):
        days.add(value)
    elif isinstance(value, int | float) and math.isfinite(value):
        days.update(_likely(_readings(str(int(value))), orders))
    elif isinstance(value, str):
        days.update(_likely(_readings(value), orders))
    if not days:
        return False if _NO_DAY.fullmatch(str(value)) else None
    now = today()
    past = {_NO_DAY_BEFORE < day < now for day in days}
    return past.pop() if len(past) == 1 else None


def today() -> dt.date:
    """The day that it is here."""
    return dt.datetime.now().astimezone().date()


def _likely(readings: dict[str, dt.date], orders: frozenset[str]) -> Iterable[dt.date]:
    """The days that a text may mean in a column that is written in some orders."""
    likely = {order: day for order, day in readings.items() if order in orders} or readings
    year_first = likely.get(_SHORT_YEAR_FIRST)
    others = {day for order, day in likely.items() if order != _SHORT_YEAR_FIRST}
    # Every 31/12/24 may be one of 2031, too; people leave at the ends of months.
    if year_first and (not _ends_a_month(year_first) or any(map(_ends_a_month, others))):
        return others or likely.values()
    return likely.values()


def _ends_a_month(day: dt.date) -> bool:
    return (day + dt.timedelta(days=1)).day == 1


@lru_cache(maxsize=4096)
def _readings(text: str) -> dict[str, dt.date]:
    """The days that a text may mean, by the order in which it is read; none where it is no day."""
    if len(text) > _LONGEST:
        return {}
    text = _TIME_OF_DAY.sub("", text.strip())
    parts = _PARTS.findall(text)
    numbers = [part for part in parts if part.isdecimal()]
    months = [month for part in parts if (month := month_of(part))]
    readings: dict[str, dt.date | None] = {}
    if months:
        readings["named"] = _with_amonth_of(numbers, months[-1])  # mardi 5 mai
    elif len(numbers) == 1 and text.isdecimal():
        readings = _of_digits(text)
    elif len(numbers) == len(("month", "year")):
        first, second = numbers
        readings["month"] = _day(second, first, None) or _day(first, second, None)
    elif len(numbers) == len(("day", "month", "year")):
        first, _, third = numbers
        year_first = len(first) == _YEAR_DIGITS
        readings = {"iso": _day(*numbers)} if year_first else _in_orders(*numbers)
        is_short = len(first) == len(third) == _SHORT_YEAR
        if is_short and ("." not in text or not any(readings.values())):
            readings[_SHORT_YEAR_FIRST] = _day(*numbers)
    return {order: day for order, day in readings.items() if day}


def _of_digits(text: str) -> dict[str, dt.date | None]:
    """The readings of a number."""
    if len(text) == _DIGITS_TOGETHER:
        # Read from its year, unless that is none.
        day = _day(text[:4], text[4:6], text[6:])
        return {"iso": day} if day else _in_orders(text[:2], text[2:4], text[4:])
    is_day = len(text) < _DIGITS_TOGETHER and int(text) in _EXCEL_DAYS
    return {"number": _EXCEL_EPOCH + dt.timedelta(days=int(text))} if is_day else {}


def _in_orders(first: str, second: str, year: str) -> dict[str, dt.date | None]:
    return {"dmy": _day(year, second, first), "mdy": _day(year, first, second)}


def _with_amonth_of(numbers: list[str], month: int) -> dt.date | None:
    if len(numbers) == 1:
        return _day(numbers[0], month, None)
    if len(numbers) != len(("day", "year")):
        return None
    first, second = numbers
    year_first = len(first) == _YEAR_DIGITS
    return _day(first, month, second) if year_first else _day(second, month, first)


def month_of(word: str) -> int | None:
    """The month that a word means; None where it means none."""
    plain = header_form(word)
    return None if word.isdecimal() else _MONTHS.get(plain[:4]) or _MONTHS.get(plain[:3])


_Number = str | int | None


def _day(year: _Number, month: _Number, day: _Number) -> dt.date | None:
    """A day, with a year of four digits or two; without a day only with one of four."""
    digits = str(year)
    if len(digits) not in ({_YEAR_DIGITS} if day is None else {_YEAR_DIGITS, _SHORT_YEAR}):
        return None
    number = int(digits)
    if len(digits) == _SHORT_YEAR:
        number += _CENTURY if number >= _NEXT_CENTURY else _CENTURY + 100
    try:
        return dt.date(number, int(month or 0), int(day or _SOME_DAY_LATE))
    except ValueError:
        return None
