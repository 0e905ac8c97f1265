"""Days as people and HR systems write them: `2026-05-01`, `01-May-2026`, `May 1, 2026`."""

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator
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


@lru_cache(maxsize=4096)
def is_past(value: Value) -> bool | None:
    """Whether a value is a day before today, however its day and month are to be read.

    Returns:
        None where a day seems to be meant and nobody can say which: `Q2 2026`.
    """
    if isinstance(value, str) and _NO_END.match(value.strip()):
        return False
    days: set[dt.date] = set()
    if isinstance(value, dt.datetime):
        days.add(value.date())
    elif isinstance(value, dt.date):
        days.add(value)
    elif isinstance(value, int | float) and math.isfinite(value):
        days.update(_days_of(str(int(value))))
    elif isinstance(value, str) and len(value) <= _LONGEST:
        days.update(_days_of(_TIME_OF_DAY.sub("", value.strip())))
    if not days:
        return False if _NO_DAY.fullmatch(str(value)) else None
    today = dt.datetime.now().astimezone().date()
    return all(_NO_DAY_BEFORE < day < today for day in days)


def _days_of(text: str) -> Iterator[dt.date]:
    """The days that a text may mean; none where it is no day."""
    parts = _PARTS.findall(text)
    numbers = [part for part in parts if part.isdecimal()]
    months = [month for part in parts if (month := month_of(part))]
    if months:
        yield from _with_amonth_of(numbers, months[-1])  # mardi 5 mai
    elif len(numbers) == 1 and text.isdecimal():
        if len(text) == _DIGITS_TOGETHER:
            # Read from its year, unless that is none.
            orders = ((0, 4, 6), (4, 2, 0), (4, 0, 2))
            read = [_day(text[y : y + 4], text[m : m + 2], text[d : d + 2]) for y, m, d in orders]
            yield from list(filter(None, read[:1])) or filter(None, read[1:])
        elif len(text) < _DIGITS_TOGETHER and int(text) in _EXCEL_DAYS:
            yield _EXCEL_EPOCH + dt.timedelta(days=int(text))
    elif len(numbers) == len(("month", "year")):
        yield from _valid([(numbers[1], numbers[0], None), (numbers[0], numbers[1], None)])
    elif len(numbers) == len(("day", "month", "year")):
        first, second, third = numbers
        if len(first) == _YEAR_DIGITS:
            yield from _valid([(first, second, third)])
        else:
            yield from _valid([(third, second, first), (third, first, second)])
            if len(first) == len(third) == _SHORT_YEAR:
                yield from _valid([(first, second, third)])


def _with_amonth_of(numbers: list[str], month: int) -> Iterator[dt.date]:
    if len(numbers) == 1:
        yield from _valid([(numbers[0], month, None)])
    elif len(numbers) == len(("day", "year")):
        first, second = numbers
        year_first = len(first) == _YEAR_DIGITS
        yield from _valid([(first, month, second) if year_first else (second, month, first)])


def month_of(word: str) -> int | None:
    """The month that a word means; None where it means none."""
    plain = header_form(word)
    return None if word.isdecimal() else _MONTHS.get(plain[:4]) or _MONTHS.get(plain[:3])


_Number = str | int | None


def _valid(dates: Iterable[tuple[_Number, _Number, _Number]]) -> Iterator[dt.date]:
    yield from filter(None, (_day(*date) for date in dates))


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
