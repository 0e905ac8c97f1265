"""Text as people type it: when two are the same, which was meant, and a column's letters."""

import os
import re
import shlex
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote

ADDRESS = r"[^\s@]+@[^\s@]+\.[^\s@.]+"
"""What looks like an e-mail address, standing alone; whether it is one, `check.addresses` knows."""
MAILTO = "mailto:"
"""The scheme of a link to an address (RFC 6068)."""
_HYPERLINK = re.compile(r'HYPERLINK\s*\(\s*"([^"]*)"', re.IGNORECASE)
_JOINED = re.compile(r'"\s*&\s*"')
_is_address = re.compile(ADDRESS).fullmatch
_LETTERS = 26
_ROUNDING = 1e-6


def fold(text: str) -> str:
    """The form in which two names, team names or values are the same.

    NFKC and case folding, as the servers of docs/scim.md differ in both (RFC 7643 section 2.4
    leaves normalisation to the service provider).
    """
    if text.isascii():
        folded = text.lower()
    else:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return text if folded == text else folded  # mostly it is, and then no copy is kept


def unaccented(text: str) -> str:
    """The same without accents and other marks: `Élan` is `elan`."""
    letters = unicodedata.normalize("NFKD", fold(text))
    return "".join(one for one in letters if not unicodedata.combining(one))


def fold_all(values: Sequence[str]) -> list[str]:
    """Fold many texts in one go: neither step of folding reaches across a line break."""
    folded = fold("\n".join(values)).split("\n")
    return folded if len(folded) == len(values) else [fold(value) for value in values]


def looks_like_address(text: str) -> bool:
    """Whether a text is one address and nothing else, as far as its shape tells."""
    return _is_address(text) is not None


def linked_address(target: object) -> str:
    """The address that a link goes to; nothing for any other link (RFC 6068, section 2)."""
    if not isinstance(target, str) or not target.lower().startswith(MAILTO):
        return ""
    return unquote(target[len(MAILTO) :].partition("?")[0]).strip()


def path_text(path: Path) -> str:
    r"""A path as text that can be written everywhere; bytes that are no UTF-8 become `\xff`."""
    return os.fsencode(path).decode(errors="backslashreplace")


def as_typed(word: Path | str) -> str:
    """A word as it is typed in a command: in quotes where a shell would take it for more.

    Double quotes mean the same to every shell, unless a sign within them means more to one.
    """
    text = path_text(word) if isinstance(word, Path) else word
    if re.fullmatch(r"[\w@%+=:,./\\-]+", text):
        return text
    return shlex.quote(text) if re.search(r'["$`!\\%]', text) else f'"{text}"'


def address_in_formula(formula: str) -> str:
    """The address that a formula's first HYPERLINK goes to; nothing where cells make it up.

    Args:
        formula: As workbooks store it: the names of functions are English in every language.
    """
    if "mailto" not in formula.lower():
        return ""
    found = _HYPERLINK.search(_JOINED.sub("", formula))
    address = linked_address(found[1]) if found else ""
    return address if looks_like_address(address) else ""


def closest(form: str, forms: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> list[str]:
    """The forms that one was probably meant to be, the closest first.

    Args:
        form: What was typed, in comparable form.
        forms: What there is, in the same form.
        most: How many at most.
        cutoff: How close, from 0 (not at all) to 1 (the same).
    """
    from difflib import get_close_matches

    # Most forms are too short, too long or of other letters, over which difflib takes its time.
    shortest = len(form) * cutoff / (2 - cutoff) - _ROUNDING
    longest = len(form) * (2 - cutoff) / cutoff + _ROUNDING
    near = [
        other
        for other in forms
        if shortest <= len(other) <= longest and _may_be_close(form, other, cutoff)
    ]
    return get_close_matches(form, near, n=most, cutoff=cutoff) if near else []


def _may_be_close(form: str, other: str, cutoff: float) -> bool:
    """Whether two forms have enough letters in common."""
    needed = cutoff * (len(form) + len(other)) / 2 - _ROUNDING
    shared = min(sum(map(other.__contains__, form)), sum(map(form.__contains__, other)))
    return shared >= needed


def did_you_mean(names: Iterable[str]) -> str:
    """`did you mean 'Sales' or 'Sales EMEA'?`; nothing without a name."""
    said = " or ".join(map(repr, names))
    return f"did you mean {said}?" if said else ""


def column_letters(index: int) -> str:
    """The letters of a column: 0 is A, 26 is AA."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, _LETTERS)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """The column with these letters, A to Z in capitals: A is 0, AA is 26; without letters, -1."""
    number = 0
    for letter in letters:
        number = number * _LETTERS + ord(letter) - ord("A") + 1
    return number - 1


def rows_in_words(rows: Sequence[int], most: int = 10) -> str:
    """Rows in words, for a message: `row 7`, `rows 7, 9 and 12 more`."""
    shown = ", ".join(str(row) for row in rows[:most])
    more = f" and {len(rows) - most:,} more" if len(rows) > most else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"
