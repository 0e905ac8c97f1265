"""From a cell's value to the text that is checked and sent: every repair is made here, once."""

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass

from aapimport.check.formula_errors import FORMULA_ERRORS
from aapimport.check.noted import Kind
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Value
from aapimport.template.roles import Role
from aapimport.text import MAILTO

_NO_BREAK = "\xa0\u2007\u202f"
_BLANKS = "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_EDGES = f" \t\r\n\x0b\x0c\u1680{_BLANKS}\u2028\u2029\u205f\u3000\ufeff\x85{_NO_BREAK}"
_ODD_BLANKS = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f]")
_MAILTO = re.compile(rf"{MAILTO}\s*([^?\s]+)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Letters and marks that nobody sees and Python calls printable (UCD, Default_Ignorable_Code_Point;
and the blank Braille pattern)."""
_FORMS_OF = (
    ("\u180b", "\u180f", "\u1800", "\u18af"),  # of Mongolian letters
    ("\ufe00", "\ufe02", "\u2e80", "\U0003ffff"),  # of Chinese, Japanese and Korean ones
    ("\U000e0100", "\U000e01ef", "\u2e80", "\U0003ffff"),
)
"""Selectors (from, to) of a form of the letter before them (from, to): ordinary spelling there."""
_GARBLED = re.compile("[ÃÂÄÅâåäæçèéðÐÑØÙ][\x80-\xbf\u0152-\u2122]|\ufffd|[A-Za-z]\\?[a-z]")
_LARGEST_EXACT = 1 << 53
_LIBRE_ERROR = re.compile(r"Err:\d{3}")
_TEXT_MARK = "'"
"""What makes a text of anything that is typed into Excel behind it."""
_AS_TEXT = re.compile('="([^"]*)"')
"""How Excel users keep a value from becoming a number when a csv is opened."""
_NAMES = {
    "\t": "a tab",
    "\n": "a line break",
    "\r": "a line break",
    "\xad": "a soft hyphen",
    "\u200b": "a zero-width space",
    "\ufeff": "a byte-order mark",
}


@dataclass(frozen=True, slots=True)
class Repair:
    """What a cell's value became.

    Attributes:
        text: The value that is checked and sent.
        notes: (rule id, arguments) of each repair, and of what can't be repaired.
        broken: Whether one of the notes is an error.
        hides: What a copy would hide of that error.
    """

    text: str
    notes: tuple[tuple[RuleId, dict[str, object]], ...] = ()
    broken: bool = False
    hides: Kind | None = None


def all_clean(values: list[Value], key: str) -> bool:
    """Whether every value of a column needs no repair, found out at the speed of C."""
    if set(map(type, values)) != {str}:
        return not values
    joined = "\n".join(values)  # type: ignore[arg-type]  # all are str, as the line above found
    return (
        joined.count("\n") == len(values) - 1
        and joined.replace("\n", "").isprintable()
        and not joined.startswith(" ")
        and not joined.endswith(" ")
        and " \n" not in joined
        and "\n " not in joined
        and "#" not in joined
        and "Err:" not in joined
        and "Loading..." not in joined
        and '="' not in joined
        and (
            joined.isascii()
            and ":" not in joined
            and not joined.startswith(_TEXT_MARK)
            and f"\n{_TEXT_MARK}" not in joined
            if key == "email"
            else joined.isascii() or not _UNSEEN.search(joined)
        )
    )


def is_clean(value: Value, key: str) -> bool:
    """Whether one value is text that needs no repair."""
    return (
        type(value) is str
        and value.isprintable()
        and not value.startswith(" ")
        and not value.endswith(" ")
        and not value.startswith(("#", "Err:", '="', "Loading..."))
        and (
            value.isascii() and ":" not in value and not value.startswith(_TEXT_MARK)
            if key == "email"
            else value.isascii() or not _UNSEEN.search(value)
        )
    )


def shown(value: Value) -> str:
    """A value as text: whole numbers without `.0`, dates as ISO 8601."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_EXACT:
        return str(int(value))
    return str(value)


def clean(value: Value, key: str) -> Repair:
    """Repair a value of a text column (`email`, `first_name`, `last_name`, `team`, `role`)."""
    if what := _no_text(value):
        return Repair(shown(value), ((RuleId.NOT_TEXT, {"what": what}),), True, Kind.NOT_TEXT)
    text = shown(value)
    notes: list[tuple[RuleId, dict[str, object]]] = []
    trimmed = text.strip(_EDGES)
    plain = _ODD_BLANKS.sub(" ", trimmed)
    if plain.upper() in FORMULA_ERRORS or _LIBRE_ERROR.fullmatch(plain):
        return Repair(plain, ((RuleId.ERROR_VALUE, {}),), True, Kind.UNREADABLE)
    if plain != trimmed or any(blank in text for blank in _NO_BREAK):
        notes.append((RuleId.NO_BREAK_SPACE, {}))
    elif trimmed != text and trimmed:
        notes.append((RuleId.TRIMMED, {}))
    if kept := _AS_TEXT.fullmatch(plain):
        plain = kept[1].strip(_EDGES)
        notes.append((RuleId.TEXT_FORMULA, {"sent": plain or "blank"}))
    if key == "email":
        plain = _clean_address(plain, notes)
        if plain.count("@") > 1 and len(plain.splitlines()) > 1:  # which is told as that
            return Repair(plain, tuple(notes))
    if character := invisible_in(plain):
        notes.append((RuleId.INVISIBLE_CHARACTER, {"character": character}))
        return Repair(plain, tuple(notes), broken=True)
    return Repair(plain, tuple(notes) if plain else ())


def _no_text(value: Value) -> str:
    """What a value is that is neither text nor a number; empty where it is one of these."""
    if isinstance(value, bool):
        return "a yes/no value"
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return "a date or time"
    return "no number" if isinstance(value, float) and not math.isfinite(value) else ""


def _clean_address(text: str, notes: list[tuple[RuleId, dict[str, object]]]) -> str:
    if text.startswith(_TEXT_MARK) and "@" in text:
        text = text[1:].strip(_EDGES)
        notes.append((RuleId.TEXT_MARK, {"sent": text}))
    if link := _MAILTO.fullmatch(text):
        text = link[1]
        notes.append((RuleId.MAILTO, {"sent": text}))
    return half_width(text, notes)


_FULL_WIDTH = {0xFF01 + at: 0x21 + at for at in range(94)} | dict.fromkeys((0x3002, 0xFF61), 0x2E)
"""Unicode's full-width forms of the printable ASCII characters; and the full stops that the same
keyboards type, which are dots in a domain (RFC 3490, section 3.1)."""


def half_width(text: str, notes: list[tuple[RuleId, dict[str, object]]]) -> str:
    """Full-width Latin letters and digits as ordinary ones, where that leaves only ASCII."""
    if text.isascii():
        return text
    narrow = text.translate(_FULL_WIDTH)
    if not narrow.isascii():
        return text
    notes.append((RuleId.FULL_WIDTH, {"sent": narrow}))
    return narrow


def invisible_in(text: str) -> str:
    """The first character that can't be seen and has no place in a value, in words, or nothing.

    Zero-width joiners are ordinary spelling between Persian and Indic letters, so they pass there.
    """
    if text.isprintable() and (text.isascii() or not _UNSEEN.search(text)):
        return ""
    for at, character in enumerate(text):
        unseen = _UNSEEN.match(character) and not _forms(text[at - 1 : at], character)
        if not unseen and unicodedata.category(character) not in _INVISIBLE:
            continue
        if character in _JOINERS and _joins(text[at - 1 : at], text[at + 1 : at + 2]):
            continue
        return _NAMES.get(character, f"U+{ord(character):04X} ({_name(character)})")
    return ""


def _forms(before: str, selector: str) -> bool:
    """Whether a selector belongs to the letter or picture before it."""
    if selector in "\ufe0e\ufe0f":  # as text, or as a picture
        return bool(before) and (
            unicodedata.category(before)[0] == "S" or before in "#*0123456789‼⁉"
        )
    return any(
        low <= selector <= high and first <= before <= last for low, high, first, last in _FORMS_OF
    )


def _joins(before: str, after: str) -> bool:
    return all(
        letter and letter > "\u0590" and unicodedata.category(letter)[0] in "LM"
        for letter in (before, after)
    )


def _name(character: str) -> str:
    return unicodedata.name(character, "a control character").lower()


def garbled(text: str) -> str | None:
    """What a garbled text most likely was; empty if that can't be said; None if it isn't garbled.

    Garbled means: UTF-8 bytes that were once read as Windows-1252 (`MÃ¼ller`), or letters that
    were lost on the way (U+FFFD, or a question mark between letters).
    """
    found = _GARBLED.search(text)
    if not found:
        return None
    if "\ufffd" in text or "?" in found[0]:
        return ""
    try:
        meant = text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None
    return meant if meant != text else None


def any_garbled(joined: str) -> bool:
    """Whether something in a column, joined by line breaks, may be garbled: a quick look."""
    if joined.isascii() and "?" not in joined:
        return False
    return any(_GARBLED.search(value) for value in set(joined.split("\n")))


_LONGEST_WORD = 200
"""Characters; a longer text is neither a role nor a yes."""


def role_form(text: str) -> str:
    """The form in which two role words are the same: no case, no blanks, no signs."""
    if len(text) > _LONGEST_WORD:
        return text  # is none, and many accents on end take the square of their number
    narrow = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "", narrow)


_OTHER_SIGN = re.compile(r"[^\w\s-]")
"""A sign that makes another word of a role's name: `client admin?` is a question."""
_TYPED = {role.typed: role for role in Role}
_FORMS = {
    role_form(word): role
    for role in Role
    for word in (role.typed, role.meaning, role.exported, role.value)
}
_MEANINGS = {role_form(role.meaning): role for role in Role}
_NOT_IN_THE_KEY = re.compile(r"[^\w\s/／|–—-]")
"""A sign that isn't between the two words of the key: `Facilitator / HR`, however typed."""


def read_role(text: str) -> tuple[Role | None, RuleId | None]:
    """The role that a word means, and the rule that says so.

    Source of the words: the key of the User Import Template and the exported list (help pages).

    Returns:
        None where it means none; no rule where it was typed as the template says.
    """
    if text in _TYPED:
        return _TYPED[text], None
    form = role_form(text)
    if not form or _NOT_IN_THE_KEY.search(text):  # signs alone are no blank cell
        return None, None
    role = (_MEANINGS if _OTHER_SIGN.search(text) else _FORMS).get(form)
    if role is None:
        return None, None
    is_exported = form == role_form(role.exported) != role_form(role.typed)
    return role, RuleId.EXPORTED_ROLE if is_exported else RuleId.ROLE_SPELLING


def read_jhana(value: Value) -> tuple[bool | None, RuleId | None]:
    """Whether a cell of Jhana Enabled says yes, and the rule that says so.

    A check box is 1 or blank; a file keeps it as a yes/no value, or as the text TRUE or FALSE.

    Returns:
        None where it is neither 1 nor blank.
    """
    if value == "":
        return False, None
    if isinstance(value, bool):
        return value, RuleId.JHANA_SPELLING
    if isinstance(value, int | float):
        return (True, None) if value == 1 else (None, None)
    if not isinstance(value, str):
        return None, None
    text = value.strip(_EDGES)
    if len(text) > _LONGEST_WORD:
        return None, None
    text = unicodedata.normalize("NFKC", text)
    if kept := _AS_TEXT.fullmatch(text):
        text = kept[1].strip()
    if (box := text.upper()) in {"TRUE", "FALSE"}:
        return box == "TRUE", RuleId.JHANA_SPELLING
    if text in {"", "1"}:
        return text == "1", None if value in {"", "1"} else RuleId.JHANA_SPELLING
    return (True, RuleId.JHANA_SPELLING) if re.fullmatch(r"1[.,]0+", text) else (None, None)
