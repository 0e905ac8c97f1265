"""Rows that somebody has marked as not meant: `#bob@acme.com`, Status = Terminated, Upload? = No.

Nobody but the administrator knows whether such people are to be loaded, so it is asked, in the
same way as about rows that are hidden.
"""

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from aapimport.check.column_names import header_form, word_set
from aapimport.check.header import Header
from aapimport.check.repair import shown
from aapimport.sheets.book import Value
from aapimport.text import ADDRESS

_Judge = Callable[[Value], bool]

_FIRST = frozenset(" #/*~!;-xX")
_BEFORE_ADDRESS = re.compile(rf"\s*(?:[#*~!;/]+|-{{2,}}|[xX]{{1,3}}-+)\s*({ADDRESS})\s*")
_TAKEN_OFF = re.compile(r"\s*(?:[#*~!;/]+|-{2,})\s*")
_BEFORE_WORD = re.compile(r"\s*(?:[#*~;]+|/{2,}|-{2,}|[xX]-+)\s*\w")
"""A mark before another value than an address; some names do begin with an exclamation mark."""

_SAYS_STATE = re.compile(r"status|^(?:state|employment|employmentstate|hr|lifecycle|stato|estado)$")
_NOT_A_STATE = re.compile(r"marital|civil|famil|visa|training|course|vaccin")
_IS_A_REMARK = re.compile(
    r"^(?:remarks?|notes?|comments?|hrnotes?|hrcomments?|action|info|bemerkung(?:en)?|kommentare?"
    r"|commentaires?|remarques?|observaciones|notas|opmerking(?:en)?|osservazioni|備考)$"
)
_GONE = (
    "terminated|resigned|dismissed|deceased|leaver|ex-employee|former employee|former staff"
    "|no longer (?:employed|with|here)|left(?: the)? (?:company|in|on|us)|has left|offboarded"
    "|do not (?:upload|load|import|include|invite)|don't (?:upload|load|import|include|invite)"
    "|not to be (?:uploaded|loaded|imported)|ausgeschieden|ausgetreten|gekündigt|démissionné"
    "|licencié|uit dienst|desligad[oa]|cessat[oa]|slutat|退職"
)
_INACTIVE = (
    _GONE + "|inactive|not active|non[- ]active|left|leaving|retired|departed|disabled|deactivated"
    "|suspended|archived|ended|former|quit|exited|deleted|removed|blocked|withdrawn|redundant|skip"
    "|exclude|ignore|remove|delete|inaktiv|inactif|parti|sorti|retraité|inactiv[oa]|inattiv[oa]"
    "|inativ[oa]|inactief|de baja|baja|avslutad|無効"
)
_SAYS_GONE = re.compile(rf"(?:{_GONE})(?![\w-])")
_SAYS_INACTIVE = re.compile(rf"(?:{_INACTIVE})(?![\w-])")
_NO = word_set("no n false 0 0.0 nein non nej nee não nao いいえ skip exclude")
_YES = word_set("yes y true 1 1.0 x ja oui si sí sì sim はい")
_IF_NO = word_set(
    "active isactive isitactive currentlyactive activeemployee activeuser enabled isenabled"
    " accountenabled current currentemployee employed stillemployed stillhere upload toupload"
    " uploaduser uploadthis include included toinclude import toimport load toload invite toinvite"
    " enrol enroll toenrol toenroll register keep inscope eligible aktiv aktive actif active activo"
    " attivo actief ativo hochladen importieren 有効 在籍"
)
_IF_YES = word_set(
    "terminated isterminated left hasleft leaver isleaver inactive isinactive disabled isdisabled"
    " deactivated suspended issuspended archived isarchived deleted isdeleted removed remove delete"
    " skip exclude excluded ignore donotupload dontupload donotimport donotload blocked resigned"
    " offboarded inaktiv inactif 退職"
)
_LAST_DAYS = (
    "Termination Date|Term Date|Date Terminated|Date of Termination|Terminated On|End Date"
    "|Employment End Date|Employment End|Contract End Date|Contract End|Leaving Date|Leave Date"
    "|Date Left|Date of Leaving|Left On|Exit Date|Date of Exit|Last Day|Last Day of Work"
    "|Last Day Worked|Last Working Day|Last Work Day|Separation Date|Resignation Date"
    "|Offboarding Date|Leaver Date|Austrittsdatum|Austritt|Vertragsende|Date de sortie"
    "|Date de départ|Date de fin|Fin de contrat|Fecha de baja|Fecha de terminación"
    "|Data di cessazione|Datum uit dienst|Data de desligamento|Slutdatum|退職日|退社日"
)
_IF_PAST = frozenset(map(header_form, _LAST_DAYS.split("|")))
_FORMS_OF_DAYS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%d %b %Y",
)
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_EXCEL_DAYS = range(20_000, 80_000)  # 1954 to 2119
_LONGEST_DAY = 30  # characters
_TIME_OF_DAY = re.compile(r"[T ]\d{1,2}:\d{2}.*$")
_MOST_KINDS = 50
"""A column with more different values than this holds no categories."""


class SetAside:
    """Finds marked rows.

    Args:
        header: Where the columns are.
        first_column: The column that each row's first value stands in.
    """

    def __init__(self, header: Header, first_column: int) -> None:
        self._email = header.columns.get("email", -1) - first_column
        leftmost = min(header.texts, default=first_column)
        self._leftmost = leftmost - first_column
        self._letters = header.texts.get(leftmost, "")
        used = set(header.columns.values())
        self._judges: list[tuple[int, str, _Judge]] = [
            (column - first_column, text, judge)
            for column, text in header.texts.items()
            if column not in used and (judge := _judge_of(header_form(text)))
        ]
        self._others = {
            column - first_column: text
            for column, text in header.texts.items()
            if column not in used and not _judge_of(header_form(text))
        }

    def find(self, rows: Sequence[Sequence[Value]], numbers: Sequence[int]) -> dict[int, str]:
        """Why each marked row is one, in words, by its number."""
        marked: dict[int, str] = {}
        for at, text, judge in self._judges:
            self._by_value(marked, (at, text, judge), rows, numbers)
        for at, text in [*self._others.items()]:
            kinds = {row[at] for row in rows if at < len(row)}
            if len(kinds) > _MOST_KINDS:
                del self._others[at]
            elif any(map(_is_gone, kinds)):
                self._by_value(marked, (at, text, _is_gone), rows, numbers)
        if self._leftmost != self._email:
            self._by_sign(marked, rows, numbers)
        for row, number in zip(rows, numbers, strict=True):
            value = row[self._email] if 0 <= self._email < len(row) else ""
            if isinstance(value, str) and value[:1] in _FIRST and _BEFORE_ADDRESS.fullmatch(value):
                marked[number] = "marked with " + value[: value.index(bare_address(value))].strip()
        return marked

    def _by_value(
        self,
        marked: dict[int, str],
        column: tuple[int, str, _Judge],
        rows: Sequence[Sequence[Value]],
        numbers: Sequence[int],
    ) -> None:
        at, text, judge = column
        telling = {value for value in {row[at] for row in rows if at < len(row)} if judge(value)}
        if telling:
            for row, number in zip(rows, numbers, strict=True):
                if at < len(row) and row[at] in telling:
                    marked[number] = f"{text}: {shown(row[at]).strip()}"

    def _by_sign(
        self, marked: dict[int, str], rows: Sequence[Sequence[Value]], numbers: Sequence[int]
    ) -> None:
        """Marks in the first column where that isn't the address: `#Bob`, in a few rows only."""
        at, filled, signed = self._leftmost, 0, {}
        for row, number in zip(rows, numbers, strict=True):
            value = row[at] if at < len(row) else ""
            filled += value != ""
            if isinstance(value, str) and value[:1] in _FIRST and _BEFORE_WORD.match(value):
                signed[number] = f"{self._letters}: {value.strip()}"
        if len(signed) * 2 < filled:
            marked.update(signed)


def bare_address(value: str) -> str:
    """An address without the mark before it; the value itself where it has none."""
    found = _BEFORE_ADDRESS.fullmatch(value)
    return found[1] if found else value


def without_sign(value: Value) -> Value:
    """An address without a sign that can be no part of it; `x-` can be one."""
    if isinstance(value, str) and value[:1] in _FIRST and _BEFORE_ADDRESS.fullmatch(value):
        return _TAKEN_OFF.sub("", value, count=1) if _TAKEN_OFF.match(value) else value
    return value


def _judge_of(form: str) -> _Judge | None:
    """What decides whether a value of an unread column says that somebody isn't meant."""
    if form in _IF_NO:
        return lambda value: _word(value) in _NO or _is_inactive(value)
    if form in _IF_YES:
        return lambda value: _word(value) in _YES
    if form in _IF_PAST:
        return _is_past
    if _SAYS_STATE.search(form) and not _NOT_A_STATE.search(form):
        return _is_inactive
    return _is_gone if _IS_A_REMARK.search(form) else None


def _word(value: Value) -> str:
    return shown(value).strip().casefold().strip(".!")


def _is_inactive(value: Value) -> bool:
    return isinstance(value, str) and bool(_SAYS_INACTIVE.match(_word(value)))


def _is_gone(value: Value) -> bool:
    return isinstance(value, str) and bool(_SAYS_GONE.match(_word(value)))


@lru_cache(maxsize=4096)
def _is_past(value: Value) -> bool:
    """Whether a value is a day before today, however its day and month are to be read."""
    days: set[dt.date] = set()
    if isinstance(value, dt.datetime):
        days.add(value.date())
    elif isinstance(value, dt.date):
        days.add(value)
    elif isinstance(value, int | float) and math.isfinite(value):
        if (number := int(value)) in _EXCEL_DAYS:
            days.add(_EXCEL_EPOCH + dt.timedelta(days=number))
    elif isinstance(value, str) and len(value) <= _LONGEST_DAY:
        text = _TIME_OF_DAY.sub("", value.strip())
        days.update(filter(None, (_day(text, form) for form in _FORMS_OF_DAYS)))
    today = dt.datetime.now().astimezone().date()
    return bool(days) and all(day < today for day in days)


def _day(text: str, form: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, form).date()  # noqa: DTZ007 -- a day, without a time zone
    except ValueError:
        return None
