"""People in comparable form: Latin foldings of names, shapes of addresses, slips of the hand."""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from sys import intern

from aapimport.text import fold

_COMBINING = re.compile(r"[\u0300-\u036f]+")
"""Latin, Greek and Cyrillic accents; the marks of other scripts are letters and stay."""

_PLAIN = str.maketrans(
    {"ø": "o", "œ": "oe", "æ": "ae", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ß": "ss"}
)
_WIDE = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
"""The two ways in which Latin letters are written without accents: by dropping the accent, and as
German and Nordic offices do it."""

_WORD = re.compile(r"[a-z0-9]+")
_MARK = re.compile(r"['’`´ʼ]")
"""Apostrophes join what they separate: O'Neill is oneill, never o and neill."""


def plain(text: str) -> str:
    """Letters and digits alone, folded, accents dropped: `Jean-Löic` is `jeanloic`."""
    return "".join(words(text))


def wide(text: str) -> str:
    """The same, with accents spelt out: `Müller` is `mueller`."""
    if text.isascii():
        return plain(text)
    return "".join(words(fold(text).translate(_WIDE)))


def words(text: str) -> list[str]:
    """The words of a text, each as `plain` gives it."""
    if text.isascii():
        lowered = text.lower()
        return [lowered] if lowered.isalpha() else _WORD.findall(_MARK.sub("", lowered))
    bare = _COMBINING.sub("", unicodedata.normalize("NFKD", fold(text)).translate(_PLAIN))
    bare = _MARK.sub("", unicodedata.normalize("NFC", bare))
    return "".join(letter if _is_letter(letter) else " " for letter in bare).split()


def _is_letter(character: str) -> bool:
    """Whether a character belongs to a word; Indic vowel signs are marks, and do."""
    return character.isalnum() or unicodedata.category(character).startswith("M")


def split_address(email: str) -> tuple[list[str], str]:
    """The words of an address's local part, without its +tag, and the folded domain."""
    local, _, domain = email.rpartition("@")
    return words(local.partition("+")[0] or local), fold(domain)


class Shape(StrEnum):
    """How a local part is made from its owner's name; dots, hyphens and underscores don't count.

    The last three are no shapes that a company gives on purpose to the first of its namesakes.
    """

    FULL = "first last"
    FULL_TURNED = "last first"
    INITIAL = "f last"
    INITIAL_TURNED = "last f"
    LAST_INITIAL = "first l"
    LAST_INITIAL_TURNED = "l first"
    FIRST = "first"
    LAST = "last"
    TWO_LETTERS = "fi last"
    NUMBERED = "a shape with a number"
    MIDDLE = "a shape with a middle initial"
    OTHER = "no shape of the name"

    @property
    def is_form(self) -> bool:
        """Whether the local part is the name, or a short form of it, and nothing else."""
        return self not in _NOT_FORMS

    @property
    def keeps_apart(self) -> bool:
        """Whether it is how companies tell namesakes apart: `john.smith2`, `john.q.smith`."""
        return self in {Shape.NUMBERED, Shape.MIDDLE}


_NOT_FORMS = {Shape.NUMBERED, Shape.MIDDLE, Shape.OTHER}


def shape_of(local: list[str], firsts: set[str], lasts: set[str]) -> tuple[Shape, Shape]:
    """The shape of a local part, and the shape without number and middle initial.

    Args:
        local: The local part's words.
        firsts: The spellings of the first name.
        lasts: The spellings of the last name.
    """
    core = "".join(local)
    shape = _plain_shape(core, firsts, lasts)
    if shape is not Shape.OTHER:
        return shape, shape
    letters = core.strip("0123456789")
    if letters != core:
        base = _plain_shape(letters, firsts, lasts)
        return (Shape.OTHER if base is Shape.OTHER else Shape.NUMBERED), base
    for without in _without_middle(local, firsts, lasts):
        base = _plain_shape(without, firsts, lasts)
        if base is not Shape.OTHER:
            return Shape.MIDDLE, base
    return Shape.OTHER, Shape.OTHER


def _plain_shape(core: str, firsts: set[str], lasts: set[str]) -> Shape:
    for first in firsts:
        for last in lasts:
            for shape, made in _forms(first, last):
                if core == made:
                    return shape
    return Shape.OTHER


def _forms(first: str, last: str) -> tuple[tuple[Shape, str], ...]:
    return (
        (Shape.FULL, first + last),
        (Shape.INITIAL, first[0] + last),
        (Shape.FULL_TURNED, last + first),
        (Shape.INITIAL_TURNED, last + first[0]),
        (Shape.LAST_INITIAL, first + last[0]),
        (Shape.LAST_INITIAL_TURNED, last[0] + first),
        (Shape.FIRST, first),
        (Shape.LAST, last),
        (Shape.TWO_LETTERS, first[:2] + last),
    )


def _without_middle(local: list[str], firsts: set[str], lasts: set[str]) -> Iterator[str]:
    """The local part without each letter that may be a middle initial: `johnqsmith`, `jqsmith`."""
    for position in range(1, len(local) - 1):
        if len(local[position]) == 1:
            yield "".join(local[:position] + local[position + 1 :])
    if len(local) == 1:
        for last in lasts:
            before = local[0].removesuffix(last)[:-1]
            if before and (before in firsts or len(before) == 1):
                yield before + last


SHORTEST_SLIP = 4
"""In letters. Too many shorter names are one letter apart: Ana and Ena, Li and Lu."""


class Slip(StrEnum):
    """How two words differ by one slip of the hand."""

    TURNED = "two neighbouring letters changed places"
    EDIT = "one letter more, less or other"


def slip_between(one: str, two: str) -> Slip | None:
    """The single slip that makes one word of the other (Damerau's four), or None.

    Digits are never slips: `smith1` and `smith2` are two people.
    """
    if one == two or abs(len(one) - len(two)) > 1:
        return None
    start = 0
    shorter = min(len(one), len(two))
    while start < shorter and one[start] == two[start]:
        start += 1
    end = 0
    while end < shorter - start and one[-1 - end] == two[-1 - end]:
        end += 1
    left, right = one[start : len(one) - end], two[start : len(two) - end]
    if len(left) > len("ab") or len(right) > len("ab"):
        return None
    if any(letter.isdigit() for letter in left + right):
        return None
    if len(left) == len(right) == len("ab"):
        return Slip.TURNED if left == right[::-1] else None
    return Slip.EDIT if len(left) <= 1 and len(right) <= 1 else None


def halves(word: str, *, probing: bool = False) -> list[str]:
    """Keys of which two words that differ by one slip share at least one.

    A slip touches at most two neighbouring letters, so what is before or what is after it, a
    little less than half of the word, is intact. Words shorter than `SHORTEST_SLIP` have none.

    Args:
        word: The word.
        probing: Whether to give the keys to look under (for neighbours one letter longer or
            shorter, too) rather than those to be found under.
    """
    length = len(word)
    if length < SHORTEST_SLIP:
        return []
    lengths = (length - 1, length, length + 1) if probing else (length,)
    sizes = {max(1, (other - 1) // 2) for other in lengths}
    return [key for size in sizes for key in (f"{size}<{word[:size]}", f"{size}>{word[-size:]}")]


class Form:
    """One person in comparable form.

    Attributes:
        first: The first name as `plain` gives it.
        last: The last name as `plain` gives it.
        core: The address's local part without +tag and separators.
        domain: The address's domain, folded.
        spelt: Both names folded, accents and all.
    """

    __slots__ = (
        "_email",
        "_named_as",
        "_shapes",
        "_wide_first",
        "_wide_last",
        "core",
        "domain",
        "first",
        "last",
        "spelt",
    )

    def __init__(self, email: str, first_name: str, last_name: str) -> None:
        # There is one for everybody, so what is seldom asked for is made when it is.
        self._email = email
        self._named_as = (first_name, last_name)
        self.first, self.last = plain(first_name), plain(last_name)
        self.spelt = (_shared(fold(first_name), self.first), _shared(fold(last_name), self.last))
        self._wide_first = _other_spelling(first_name, self.first)
        self._wide_last = _other_spelling(last_name, self.last)
        local, domain = split_address(email)
        self.core = "".join(local)
        self.domain = intern(domain)
        self._shapes: tuple[Shape, Shape] | None = None

    @property
    def names(self) -> tuple[list[str], list[str]]:
        """The words of the first and of the last name."""
        first, last = self._named_as
        return words(first), words(last)

    @property
    def firsts(self) -> tuple[str, ...]:
        """The spellings of the first name: plain, and wide where that differs."""
        return (self.first, self._wide_first) if self._wide_first else (self.first,)

    @property
    def lasts(self) -> tuple[str, ...]:
        """The spellings of the last name."""
        return (self.last, self._wide_last) if self._wide_last else (self.last,)

    @property
    def named(self) -> bool:
        """Whether both names hold a letter or a digit to compare."""
        return bool(self.first and self.last)

    @property
    def one_letter(self) -> bool:
        """Whether the first name is but an initial; a Chinese name of one character is a name."""
        return len(self.first) == 1 and self.first.isascii()

    @property
    def shape(self) -> Shape:
        """How the local part is made from the name."""
        return self._find_shapes()[0]

    @property
    def base(self) -> Shape:
        """The same, but for a number or a middle initial."""
        return self._find_shapes()[1]

    def _find_shapes(self) -> tuple[Shape, Shape]:
        """Found when first asked for; the first word of a name may stand for all of it."""
        if self._shapes is None:
            first_names, last_names = self.names
            firsts, lasts = {*self.firsts, *first_names[:1]}, {*self.lasts, *last_names[:1]}
            local, _ = split_address(self._email)
            self._shapes = (
                shape_of(local, firsts, lasts) if self.named else (Shape.OTHER, Shape.OTHER)
            )
        return self._shapes

    @property
    def name_keys(self) -> tuple[str, ...]:
        """One key a spelling, the same whichever of the two names comes first."""
        if not self.named:
            return ()
        if not (self._wide_first or self._wide_last):
            return (_name_key(self.first, self.last),)
        return tuple(
            dict.fromkeys(_name_key(first, last) for first in self.firsts for last in self.lasts)
        )

    def half_keys(self, *, probing: bool) -> list[int]:
        """One name whole and half of the other: what a slip in either leaves intact.

        Hashes, because they take half the memory; the names found under them are compared anyway.
        """
        first, last = self.first, self.last
        keys = [f"{half} {last}" for half in halves(first, probing=probing)]
        keys += [f"{first} {half}" for half in halves(last, probing=probing)]
        return [hash(key) for key in keys]


def _shared(text: str, same: str) -> str:
    """One of two equal texts, so that only one of them is kept in memory."""
    return same if text == same else text


def _other_spelling(name: str, bare: str) -> str:
    """A name with its accents spelt out, where that differs; else empty."""
    if name.isascii():
        return ""
    spelt_out = wide(name)
    return "" if spelt_out == bare else spelt_out


def _name_key(first: str, last: str) -> str:
    return f"{first}|{last}" if first <= last else f"{last}|{first}"
