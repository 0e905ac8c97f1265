"""Rows that hold a note or a total in the template's columns, and nobody."""

import re
from collections.abc import Sequence
from functools import lru_cache

from aapimport.check.repair import shown
from aapimport.sheets.book import Value

_OPENS = re.compile(
    r"(?:grand |sub)?totals?|sum|count|notes?|n\.?b|page|printed|exported|generated|created|updated"
    r"|source|report|legend|confidential|disclaimer|please|end of|number of|prepared|as of|see"
    r"|summe|gesamt|anzahl|hinweis|bitte|stand|somme|remarque|nota|totale|totaal|summa|antal|合計|注"
)
"""How notes and totals begin, in small letters."""
_COUNTS = re.compile(r"[\d.,\s]+(?:people|persons|rows|users|records|employees|names|total)?")
_SENTENCE = 4  # words
_LONGEST_COUNT = 40  # characters


def is_note(cells: Sequence[Value]) -> bool:
    """Whether the filled cells of a row in the template's columns are a note or a total.

    One text that begins like a note, or has four words; beside it only numbers. Whatever has an
    at-sign may be somebody, and so may a word or two.
    """
    return _reads_as_note(tuple(text for cell in cells if (text := shown(cell).strip())))


@lru_cache(maxsize=1024)  # the same text tends to stand in every row
def _reads_as_note(texts: tuple[str, ...]) -> bool:
    if not texts or any("@" in text or "＠" in text for text in texts):
        return False
    first, *others = texts
    low = first.casefold()
    opened = _OPENS.match(low)
    opens = opened is not None and not low[opened.end() : opened.end() + 1].isalpha()
    if others:
        return opens and all(map(_is_count, others))
    return opens or _is_count(first) or len(first.split()) >= _SENTENCE


def _is_count(text: str) -> bool:
    return len(text) <= _LONGEST_COUNT and _COUNTS.fullmatch(text.casefold()) is not None
