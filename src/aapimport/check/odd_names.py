"""What is odd about names; nothing here ever rejects one."""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence

from aapimport.check import repair
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId

_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
_BOTH = 2
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv", "phd", "md", "esq"))
"""What may stand behind a comma in one name: King, Jr."""
_NO_NAME = frozenset(("-", "--", ".", "?", "n/a", "na", "none", "/"))
"""What people type where a cell has to hold something."""
_PLACEHOLDERS = frozenset(
    ("n/a", "n.a.", "n.n.", "none", "null", "tbd", "tba", "unknown", "xxx", "#n/a")
)
"""Words that stand where nobody knew the name; each is hardly anybody's."""
_NO_TEAM = _PLACEHOLDERS | {"na", "nil", "no", "0", "true", "false", "no team", "not applicable"}
"""Words that stand in Team where there is none; a formula leaves 0, a check box TRUE."""
_SIGNS = frozenset("'=+-@%#*~!?/\\|^$<>&_:;,.\"`")
_LONG_ENOUGH = 100
_TEAM_SIGNS = frozenset("'=")
_LIST_SIGNS = frozenset(",;")
"""What stands between two names, and stays behind where they were split."""
_SIGNS_BEHIND = frozenset("=+-@%#*~!?/\\|^$<>&_:,;")
_MARKS = frozenset("†‡•※")
_PICTURE = "\ufe0f"
"""What makes a picture of the sign before it."""
_SHORTENED = re.compile(r"'(?:[a-z][ -]|\d\d)")
"""What an apostrophe may begin: 't Hooft, '24 Graduates."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_MANY_LETTERS = 4
"""Shorter names in capitals, such as LI or JP, are names or initials."""


def odd_names(
    rows: Sequence[int], names: list[str], others: list[str], column: int, column_name: str
) -> Iterator[Finding]:
    """Warnings about a column of names.

    Args:
        rows: The rows' numbers.
        names: The names in the column.
        others: The names in the other of the two columns.
        column: The column, from 0.
        column_name: What the template calls it.
    """
    # Each rule first looks at all names at once; most files have nothing for the second look.
    joined = "\n".join(names)
    if "@" in joined:
        for row, name in zip(rows, names, strict=True):
            if _ADDRESS.search(name):
                yield Finding(RuleId.EMAIL_AS_NAME, row, column, name, {"name": column_name})
    yield from odd_text(rows, names, column, column_name)
    yield from _no_names(rows, names, others, column, column_name)
    if any(map(str.isupper, names)):
        yield from _capitals(rows, names, column)
    if " " in joined or "," in joined:
        for row, name, other in zip(rows, names, others, strict=True):
            if _holds_both(name, other):
                yield Finding(RuleId.BOTH_NAMES_IN_ONE_CELL, row, column, name)
    if repair.any_garbled(joined):
        yield from _garbled(rows, names, column)


def _no_names(
    rows: Sequence[int], names: list[str], others: list[str], column: int, column_name: str
) -> Iterator[Finding]:
    """Numbers, signs and words that stand for no name."""
    distinct = set(names)
    if any(map(str.isdigit, distinct)):
        for row, name in zip(rows, names, strict=True):
            if name.isdigit():
                yield Finding(RuleId.NUMBER_AS_NAME, row, column, name, {"name": column_name})
    signs = any(name[:1] and not name[0].isalnum() for name in distinct)
    if signs or not _PLACEHOLDERS.isdisjoint(map(str.lower, distinct)):
        for row, name, other in zip(rows, names, others, strict=True):
            if _is_no_name(name) and not _holds_both(other, name):
                yield Finding(RuleId.NO_NAME, row, column, name)


def odd_text(
    rows: Sequence[int], texts: list[str], column: int, column_name: str, *, is_team: bool = False
) -> Iterator[Finding]:
    """Warnings about a column of names or teams: what a web page or Excel has left in them.

    Args:
        rows: The rows' numbers.
        texts: The names.
        column: The column, from 0.
        column_name: What the template calls it.
        is_team: Whether they are teams, whose names may begin with other signs.
    """
    joined = "\n".join(texts)
    if "&" in joined and ";" in joined:
        for row, text in zip(rows, texts, strict=True):
            if _ENTITY.search(text) and (meant := html.unescape(text)) != text:
                yield Finding(RuleId.HTML_ENTITY, row, column, text, {"meant": meant})
    if is_team:
        no_teams = {text for text in set(texts) if text and _is_no_name(text, _NO_TEAM)}
        for row, text in zip(rows, texts, strict=True) if no_teams else ():
            if text in no_teams:
                yield Finding(RuleId.NO_TEAM, row, column, text)
    before, behind = (_TEAM_SIGNS, _LIST_SIGNS) if is_team else (_SIGNS, _SIGNS_BEHIND)
    distinct = set(texts)
    before = _of_signs({text[:1] for text in distinct}, before, any_sign=not is_team)
    behind = _of_signs({text[-1:] for text in distinct}, behind, any_sign=not is_team)
    for row, text in zip(rows, texts, strict=True) if before or behind else ():
        begins = text[:1] in before and not _SHORTENED.match(text)
        ends = text[-1:] in behind and not _ENTITY.search(text)
        if (begins or ends) and not _is_no_name(text):
            sign = text[0] if begins else text.rstrip(_PICTURE)[-1]
            arguments = {"where": "begins" if begins else "ends", "sign": sign, "name": column_name}
            yield Finding(RuleId.ODD_SIGN, row, column, text, arguments)


def _of_signs(characters: set[str], signs: frozenset[str], *, any_sign: bool) -> frozenset[str]:
    """Those characters that are among some signs, or signs at all and no part of a script."""
    found = signs & characters
    if any_sign and not "".join(characters).isascii():
        found |= {it for it in characters - {""} if it in _MARKS or it == _PICTURE or _is_sign(it)}
    return found


def _is_sign(character: str) -> bool:
    """Whether a character is a symbol; an accent that stands alone is somebody's apostrophe."""
    category = unicodedata.category(character)
    return category[0] == "S" and category != "Sk" and not character.isascii()


def _is_no_name(text: str, words: frozenset[str] = _PLACEHOLDERS) -> bool:
    """Whether a text is made of signs, or is a word that stands for none."""
    return bool(text) and (text.lower() in words or not any(map(str.isalnum, text[:_LONG_ENOUGH])))


def _capitals(rows: Sequence[int], names: list[str], column: int) -> Iterator[Finding]:
    for row, name in zip(rows, names, strict=True):
        if name.isupper() and sum(map(str.isalpha, name)) >= _MANY_LETTERS:
            yield Finding(RuleId.ALL_CAPITALS, row, column, name)


def _garbled(rows: Sequence[int], names: list[str], column: int) -> Iterator[Finding]:
    for row, name in zip(rows, names, strict=True):
        meant = repair.garbled(name)
        if meant is not None:
            said = f", perhaps {meant!r}" if meant else ""
            yield Finding(RuleId.GARBLED_TEXT, row, column, name, {"meant": said})


def _holds_both(name: str, other: str) -> bool:
    """Whether a name cell seems to hold both names: it has a comma, or the other one is in it."""
    if " " not in name and "," not in name:
        return False
    words = name.replace(",", " ").casefold().split()
    if len(words) < _BOTH:
        return False
    if "," in name:
        behind = name.partition(",")[2].casefold().replace(".", "").split()
        return not _SUFFIXES.issuperset(behind)
    other_words = other.casefold().split()
    if sorted(other_words) == sorted(words) or other.strip().casefold() in _NO_NAME:
        return True
    return len(other_words) == 1 and other_words[0] in words
