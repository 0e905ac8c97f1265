"""The names that the template's columns go by, alone or with words around them."""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from aapimport.check.header_words import (
    ABOUT_JHANA,
    ABOUT_ROLES,
    AROUND,
    AROUND_ALL,
    BEFORE_BLANK,
    BEFORE_NO,
    BEHIND_BLANK,
    BETWEEN,
    BLANK,
    ELSE,
    MANAGERS,
    NO,
    NOTHING,
    OF_ANOTHER_COLUMN,
    OF_SOMEBODY_ELSE,
    OTHER_ROLES,
    YES,
)
from aapimport.template.columns import COLUMNS

_NOT_A_LETTER = re.compile(r"[\W_]+")
_LONGEST = 500
"""Characters; a longer text is a paragraph and no header."""
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>|（[^（）]*）|【[^【】]*】")
_OPEN_BRACKET = re.compile(r"[(\[{<（【].*", re.DOTALL)
_INSTRUCTIONS = re.compile(r"[:;=：；]|[–—]|\s-+\s")
"""What stands before instructions on the same line: `Team: must exist`."""
_LANGUAGES = re.compile(r"[/|,·•／、，]")
"""What stands between two languages: `First Name / Prénom`."""
_NUMBERED = re.compile(r"^\s*\(?\d{1,2}[.)]\s+")
_WORD = re.compile(r"[^\W_]+")
JHANA = "jhana"
"""The field of Jhana Enabled, and the word in all of its names."""
_YEAR = re.compile(r"20\d\d")
_ABOVE = re.compile(r"\bn\s*\+\s*\d|\blast year\b")
"""How French companies write somebody's manager: `Email (N+1)`; and what was, in two words."""
_STILL_THIS_YEAR = dt.timedelta(days=90)
"""So long after its end a year is no past one."""
_NAMES_OF = {column.key: column.name for column in COLUMNS}


@dataclass(frozen=True, slots=True)
class LongerName:
    """A header that holds a known name and more.

    Attributes:
        key: The field of `Person` whose column the known name is.
        sure: Whether nothing around it can make another column of it.
    """

    key: str
    sure: bool

    @property
    def name(self) -> str:
        """The column's name in the template."""
        return _NAMES_OF[self.key]


def header_form(text: str) -> str:
    """The form in which two headers are the same: letters and digits only, no case, no accents.

    Blanks, hyphens, line breaks, asterisks and full-width forms don't count.
    """
    # Decomposed, an accent is a mark of its own, and marks are no letters.
    return _NOT_A_LETTER.sub("", decomposed(text).casefold())


def decomposed(text: str) -> str:
    """NFKD, of which the marks may stand in another order.

    Many marks on end take the square of their number, so they are taken piece by piece.
    """
    if text.isascii():
        return text
    if len(text) <= _LONGEST:
        return unicodedata.normalize("NFKD", text)
    pieces = range(0, len(text), _LONGEST)
    return "".join(unicodedata.normalize("NFKD", text[at : at + _LONGEST]) for at in pieces)


@cache
def known_headers() -> dict[str, str]:
    """Every accepted header in its `header_form`, with the field it fills."""
    return {
        header_form(name): column.key
        for column in COLUMNS
        for name in (column.name, *column.aliases)
    }


def column_key(text: str) -> str | None:
    """The field whose column a header names, alone or for sure among other words."""
    key = known_headers().get(header_form(text))
    if key is None and (longer := longer_name(text)) and longer.sure:
        return longer.key
    return key


@dataclass(frozen=True, slots=True)
class HeldName:
    """A header with the word of an optional column among words of its own: `FC Role`.

    Attributes:
        key: The field of `Person` whose column the word names.
        another: Whether a word beside it makes a column of something else: `Role Start Date`.
    """

    key: str
    another: bool


def held_name(text: str) -> HeldName | None:
    """The optional column whose name is a word of a header; nobody else has Jhana's."""
    if JHANA in (form := header_form(text[:_LONGEST])):
        return HeldName(JHANA, another=False)
    known, words = known_headers(), [*map(header_form, _words(text[:_LONGEST]))]
    for key in ("role", "team"):
        if any(known.get(word) == key for word in words) or any(
            name in form for name in _names_in_other_letters(key)
        ):
            return HeldName(key, another=not OF_ANOTHER_COLUMN.isdisjoint(words))
    return None


@cache
def _names_in_other_letters(key: str) -> tuple[str, ...]:
    return tuple(name for name, of in known_headers().items() if of == key and not name.isascii())


@lru_cache(maxsize=2048)
def longer_name(text: str) -> LongerName | None:
    """The known name that a header holds, set apart from what else is in it.

    Set apart means: by brackets, a line break, a colon or dash, a slash between two languages, or
    only by words such as `optional` and `portal`. `Team ID` and `Role Code` are other columns.

    Args:
        text: The header's text, its line breaks kept; none of the known names itself.
    """
    if len(text) > _LONGEST:
        return None
    within = " ".join(_BRACKETS.findall(text))
    outside = _OPEN_BRACKET.sub("", _BRACKETS.sub(" ", text))
    lines = [line for line in map(_unnumbered, outside.splitlines()) if _says_something(line)]
    if not lines:
        return _unsure([within])
    head, *rest = _INSTRUCTIONS.split(lines[0])
    names = [name for name in _LANGUAGES.split(head) if _says_something(name)]
    keys = [_key_of(name) for name in names]
    key = next(filter(None, keys), None)
    if key is None:
        return _unsure([*lines[1:], *rest, within])
    others = {_key_of(line) for line in (*lines[1:], within)} - {None, key}
    sure = not others and set(keys) == {key} and not is_somebody_elses(key, text)
    return LongerName(key, sure)


def bare_words(text: str) -> list[str]:
    """The words of a header without accents and without what stands in brackets or behind a colon.

    Where nothing else is left, those in brackets: `(Status)`.
    """
    text = text[:_LONGEST]
    outside = _OPEN_BRACKET.sub("", _BRACKETS.sub(" ", text))
    words = _words(_INSTRUCTIONS.split(outside)[0]) or _words(text)
    return [*filter(None, map(header_form, words))]


def _unnumbered(line: str) -> str:
    return _NUMBERED.sub("", line)


def _says_something(text: str) -> bool:
    """Whether a text has a word that isn't one of those that may stand beside any name."""
    return any(word not in AROUND_ALL or _key_of(word) for word in _words(text))


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _key_of(text: str) -> str | None:
    """The field of a name with nothing but unimportant words before and behind it."""
    known = known_headers()
    form = header_form(text)
    if key := known.get(form):
        return key
    if not any(map(form.__contains__, known)):
        return None
    words = _words(text)
    forms = [*map(header_form, words)]
    for key, around in AROUND.items():
        start, end = 0, len(words)
        while start < end and _is_beside(words[start], around):
            start += 1
            if known.get("".join(forms[start:end])) == key:
                return key
        while end > start and _is_beside(words[end - 1], around):
            end -= 1
            if known.get("".join(forms[start:end])) == key:
                return key
        if words and known.get("".join(forms[:end])) == key:
            return key
    return None


def _is_beside(word: str, around: frozenset[str]) -> bool:
    return word in around or bool(_YEAR.fullmatch(word))


def _unsure(texts: list[str]) -> LongerName | None:
    """A known name that stands only in brackets or among instructions, the first of them."""
    parts = (part for text in texts for part in re.split(r"[\n()\[\]{}<>（）【】/|,:;]", text))
    key = next(filter(None, map(_key_of, parts)), None)
    return LongerName(key, sure=False) if key else None


def says_nothing_more(key: str, text: str) -> bool:
    """Whether the words around a name leave no doubt: `Work Email (required)`."""
    around = AROUND[key] | _words_of(key)
    return all(_is_beside(word, around) for word in _words(text))


@cache
def _words_of(key: str) -> frozenset[str]:
    """The words of all names that a column goes by."""
    names = (
        name for column in COLUMNS if column.key == key for name in (column.name, *column.aliases)
    )
    return frozenset(word for name in names for word in _words(name))


def is_somebody_elses(key: str, text: str) -> bool:
    """Whether a word of a header makes another column of the one that it holds the name of."""
    words = _words(text)
    if _is_of_a_past_year(words):
        return True
    if key == JHANA:
        told = all(_is_beside(word, ABOUT_JHANA | _words_of(JHANA)) for word in words)
        return not told or _says_the_opposite(words)
    if key == "role":
        told = all(_is_beside(word, ABOUT_ROLES | _words_of("role")) for word in words)
        blank_is_manager = not (OTHER_ROLES | BLANK).isdisjoint(words)
        return not told or not (blank_is_manager or MANAGERS.isdisjoint(words))
    return not OF_SOMEBODY_ELSE.isdisjoint(words) or bool(_ABOVE.search(text.casefold()))


def _is_of_a_past_year(words: list[str]) -> bool:
    """Whether a header has a year, and it is over."""
    years = [int(word) for word in words if _YEAR.fullmatch(word)]
    return bool(years) and max(years) < (dt.datetime.now().astimezone() - _STILL_THIS_YEAR).year


def _says_the_opposite(words: list[str]) -> bool:
    """Whether a header makes a yes of what is blank or 0, or a no of a 1: `Jhana (1 = no)`."""
    words = ["", *(word for word in words if word not in BETWEEN)]
    pairs = [*pairwise(words)]
    no_of_yes = any(b in NO and a not in BEFORE_NO for a, b in pairs)
    yes_of_no = any(
        (a in NOTHING or a in ELSE) and (b in YES or (a in BLANK and b not in BEHIND_BLANK))
        for a, b in pairs
    )
    return no_of_yes or yes_of_no or (words[-1] in BLANK and words[-2] not in BEFORE_BLANK)
