"""One cell of an OpenDocument spreadsheet: what its element says, and what stands in it.

Source: OpenDocument 1.3, part 3: sections 6.1 (blanks in paragraphs), 9.1.4 and 19 (attributes).
"""

import datetime as dt
import math
import re

from aapimport.sheets.book import Value
from aapimport.text import address_in_formula, linked_address

CELLS = {"table-cell", "covered-table-cell"}
"""The elements that are cells."""
NUMBERS = {"float", "percentage", "currency"}
"""The kinds of value that are numbers."""
_TEXTS = {"", "string"}
"""Those whose value is what is shown; all others but `void` say theirs in an attribute."""
_ERROR_TEXT = re.compile(r"#[A-Z][A-Z0-9/]*[!?]?|Err:\d+")
_TRUTH = re.compile(r"(?:\w+:)?=\s*(TRUE|FALSE)\s*\(\s*\)\s*", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n]+")
_DURATION = re.compile(r"P(?:(\d{1,6})D)?T(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,8}(?:\.\d+)?)S)?")
_ABOUT_COMMENTS = {"creator", "date", "date-string", "sender-initials"}
"""Who wrote a comment and when, which stands inside of it."""
_NOT_IN_THE_TEXT = {"ruby-text", "note", "frame", "custom-shape", "g", "table"}
"""What stands in a cell beside its own text: how it is spoken, footnotes, drawings, tables."""
_SIGNS = {"tab": "\t", "line-break": "\n", "soft-hyphen": "\xad"}
_MOST_BLANKS = 100_000
_MOST_COUNTED = 1_048_576
"""Any sheet ends there."""


class OdsCell:
    """A cell, as its element is read.

    Args:
        said: Its attributes without their namespaces; `error` where it says that it is one.

    Attributes:
        said: The same.
        kind: What kind of value it says that it holds.
        is_formula: Whether its value is worked out.
        text: The text that is shown.
        paragraphs: In how many paragraphs that stands.
        letters: The styles of letters that have their own.
        link: The address that it links to.
        comment: The text of its comment.
        is_odd: Whether the value reader is known to read its text with letters lost or added.
    """

    # There may be millions of cells, most of which have nothing but a text.
    text = link = comment = _paragraph = ""
    letters: frozenset[str] = frozenset()
    paragraphs = _beside = 0
    is_odd = _in_comment = _about_comment = False

    def __init__(self, said: dict[str, str]) -> None:
        self.said = said
        self.kind = said.get("value-type", "")
        self.is_formula = "formula" in said

    def start(self, name: str, named: dict[str, str]) -> None:
        """Take in the start of an element within the cell: its name, and all attributes."""
        if self._beside or name in _NOT_IN_THE_TEXT:
            self._beside += 1
            self.is_odd = True
        elif name == "annotation":
            self._in_comment = True
        elif self._in_comment:
            self._about_comment = self._about_comment or name in _ABOUT_COMMENTS
        elif name == "span":
            self.letters |= {_attribute(named, "style-name")}
        elif name == "p":
            self.paragraphs += 1
            self._paragraph = ""
        elif name == "s":
            count = number_in({"c": _attribute(named, "c")}, "c")
            self._paragraph += "\0" * min(count, _MOST_BLANKS)
        elif name in _SIGNS:
            self._paragraph += _SIGNS[name].replace("\t", "\1").replace("\n", "\2")
        elif name == "a":
            self.link = linked_address(_attribute(named, "href")) or self.link

    def characters(self, text: str) -> None:
        """Take in text within the cell."""
        if self._beside or self._about_comment:
            return
        if self._in_comment:
            self.comment += text
        elif self.paragraphs:
            self._paragraph += text

    def end(self, name: str) -> bool:
        """Take in the end of an element; whether it was the cell's own."""
        if self._beside:
            self._beside -= 1
        elif name in CELLS:
            if self.is_formula and not self.link:
                self.link = address_in_formula(self.said["formula"])
            return True
        elif name == "annotation":
            self._in_comment = False
        elif name in _ABOUT_COMMENTS:
            self._about_comment = False
        elif name == "p" and not self._in_comment:
            # Blanks with an element count each; others in a row are one, and none at the ends.
            text = _BLANKS.sub(" ", self._paragraph).strip(" ")
            text = text.replace("\0", " ").replace("\1", "\t").replace("\2", "\n")
            self.text = text if self.paragraphs == 1 else f"{self.text}\n{text}"
            self._paragraph = ""
        return False

    @property
    def is_error(self) -> bool:
        """Whether it is the error of a formula."""
        is_text_of_one = self.kind in NUMBERS and _ERROR_TEXT.fullmatch(self.text)
        return "error" in self.said or bool(is_text_of_one)

    @property
    def may_be_blank(self) -> bool:
        """Whether a cell without a value is a blank one; else nobody has stored its value."""
        is_said = self.kind in _TEXTS or self.kind == "void"
        return is_said and not (self.is_formula and self.text)

    def value(self) -> Value:
        """Its value; where it can't be read as what it says it is, the text that is shown."""
        kind, said = self.kind, self.said
        if self.is_formula and not kind:
            return ""  # what is shown may be anything
        if kind in _TEXTS:
            return self.text if self.paragraphs else said.get("string-value", "")
        if kind == "boolean" and said.get("boolean-value") in {"true", "false"}:
            return said["boolean-value"] == "true"
        stored = said.get({"date": "date-value", "time": "time-value"}.get(kind, "value"), "")
        try:
            if kind == "date":
                return dt.datetime.fromisoformat(stored)
            if kind == "time" and (found := _DURATION.fullmatch(stored)):
                days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
                return dt.timedelta(days, seconds, minutes=minutes, hours=hours)
            if kind in NUMBERS and math.isfinite(number := float(stored)):
                return bool(number) if self._is_truth(number) else number
        except (ValueError, OverflowError):
            pass
        self.is_odd = True
        return self.text or stored

    def _is_truth(self, number: float) -> bool:
        """Whether a number is a truth value, of which LibreOffice makes 0 or 1 in an xlsx."""
        formula = _TRUTH.fullmatch(self.said.get("formula", ""))
        word = formula[1] if formula else self.text
        return number in (0, 1) and word.upper() == ("TRUE" if number else "FALSE")


def _attribute(named: dict[str, str], name: str) -> str:
    """An attribute, in whichever namespace."""
    return next((text for key, text in named.items() if key.rpartition(" ")[2] == name), "")


def number_in(attributes: dict[str, str], name: str) -> int:
    """A count of at least one, as LibreOffice takes it, and at most the rows of a sheet."""
    said = attributes.get(name)
    if said is None:
        return 1
    said = said.strip()
    if not said.isascii() or not said.isdecimal():
        return 1
    return max(int(said), 1) if len(said) < 8 else _MOST_COUNTED  # noqa: PLR2004 -- any sheet ends
