"""Rows that hold a note or a total in the template's columns, and nobody."""

import re
from collections.abc import Sequence
from functools import lru_cache

from aapimport.check.column_reader import NAME_KEYS
from aapimport.check.repair import shown
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Value

_OPENS = re.compile(
    r"(?:grand |sub)?totals?|head ?count|n\.?b|printed|exported|generated|created|updated|prepared"
    r"|applied filters|filters? applied|disclaimer|please|end of|number of|as of"
    r"|summe|gesamt(?:zahl)?|anzahl|hinweis|bitte|somme|effectif|remarque|totale|totaal|合計|注"
)
"""How notes and totals begin, in small letters, and hardly a name."""
_MAY_OPEN = re.compile(
    r"sum|count|notes?|page|source|report|legend|confidential|see|stand|nota|summa|antal"
)
"""How they begin, too; each of these words is also somebody's name."""
_COUNT = r"[\d.,\s]*\d[\d.,\s]*(?:people|persons|rows|users|records|employees|names|total)?"
_COUNTS = re.compile(_COUNT)
_LABELLED = re.compile(rf"[^\d@:=：]+[:=：]\s*{_COUNT}")
"""A count with the word for it: `Utenti: 12`."""
_SPELT_OUT = re.compile(r"\b(?:dot|punkt|punto|arroba)\b|[(\[{]\s*at\s*[)\]}]", re.IGNORECASE)
"""An address in words: ana dot perez at acme dot com."""
_SENTENCE = 4  # words
_NO_NAME = 8
"""So many words are no name, in any language."""
_LONGEST_COUNT = 40  # characters


def note_in(keys: Sequence[str], cells: Sequence[Value]) -> RuleId | None:
    """What a row is told as whose cells in the template's columns are a note or a total.

    One text that begins like a note, or has four words; beside it only numbers. Whatever has an
    at-sign may be somebody, and so may a word or two.

    Args:
        keys: The columns' fields, from left to right.
        cells: The row's values in them.

    Returns:
        None where it is somebody's row; a warning where it may be.
    """
    filled = zip(keys, map(shown, cells), strict=True)
    return _weigh(tuple((key, text.strip()) for key, text in filled if text.strip()), keys[0])


@lru_cache(maxsize=1024)  # the same text tends to stand in every row
def _weigh(texts: tuple[tuple[str, str], ...], leftmost: str) -> RuleId | None:
    if not texts or any(map(_holds_an_address, texts)):
        return None
    (key, first), *others = texts
    if not all(_is_count(text) for _, text in others):
        return None
    # Notes begin on the left, or where the addresses are: elsewhere a text is a name, if it can be.
    has_jhana = ("jhana", "1") in texts
    is_name = key in NAME_KEYS and (key != leftmost or has_jhana)
    kind = _kind_of(first, is_alone=not others, is_name=is_name)
    if kind is RuleId.EXTRA_CELLS:
        return RuleId.NOTE_OR_PERSON if has_jhana and (is_name or key == "jhana") else kind
    return None if has_jhana or (is_name and not others) else kind


def _kind_of(text: str, *, is_alone: bool, is_name: bool) -> RuleId | None:
    """What a text would be told as wherever a note may stand."""
    low = text.casefold().lstrip("-–—*#=_<>[({ ")
    words = len(text.split()) if is_alone else 0
    if _opened(_OPENS, low) is not None or words >= _NO_NAME:
        return RuleId.EXTRA_CELLS
    if is_alone and (_is_count(text) or _LABELLED.fullmatch(text.casefold())):
        return RuleId.EXTRA_CELLS
    rest = _opened(_MAY_OPEN, low)
    if rest is None:
        return RuleId.NOTE_OR_PERSON if words >= _SENTENCE else None
    is_clear = (rest and not rest[0].isalpha()) or not (is_alone or is_name)  # Page 2, Stand: May
    return RuleId.EXTRA_CELLS if is_clear else RuleId.NOTE_OR_PERSON


def _opened(opening: re.Pattern[str], low: str) -> str | None:
    """What stands behind a note's first word; None where it isn't one."""
    found = opening.match(low)
    if found is None or low[found.end() : found.end() + 1].isalpha():
        return None
    return low[found.end() :].strip()


def _holds_an_address(cell: tuple[str, str]) -> bool:
    text = cell[1]
    return "@" in text or "＠" in text or _SPELT_OUT.search(text) is not None


def _is_count(text: str) -> bool:
    return len(text) <= _LONGEST_COUNT and _COUNTS.fullmatch(text.casefold()) is not None
