"""What the hidden sheet of a results workbook says of the others: lines of digests."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from aapimport.check.repair import shown
from aapimport.check.unread_cells import address_in, mentions_address
from aapimport.sheets.book import Value

_DIGITS = 12
ADDRESS = "@ "
"""What a line there begins with that is about an address outside of the template's columns."""
IN_SENTENCES = "@ in sentences"
"""The line that says that addresses in the middle of a sentence have lines, too."""
_PART = r"[0-9]{1,5}:[0-5]:[0-9a-f]+"
_WRITTEN = re.compile(rf"([0-9]{{1,7}}) (-|[0-9a-f]*\.[0-9a-f]*) ({_PART}(?:,{_PART})*) (.+)")


@dataclass(frozen=True, kw_only=True)
class Written:
    """A row of the own sheet, as it was written.

    Attributes:
        sheet: The own sheet's name.
        row: The row on it.
        person: Who it is on To correct, as `person_of` says; None for whoever isn't there.
        cells: A digest of each filled cell, by its column (from 0) and that of the template.
    """

    sheet: str
    row: int
    person: tuple[str, str] | None
    cells: Mapping[tuple[int, int], str]

    @property
    def text(self) -> str:
        """What stands in the row of the hidden sheet: one cell, as there may be many rows."""
        cells = ",".join(f"{own}:{at}:{digest}" for (own, at), digest in self.cells.items())
        person = ".".join(self.person) if self.person else "-"
        return f"{self.row} {person} {cells} {self.sheet}"

    @classmethod
    def read(cls, text: str) -> "Written | None":
        """The same from its text; None where that is none."""
        found = _WRITTEN.fullmatch(text)
        if not found:
            return None
        row, person, cells, sheet = found.groups()
        email, dot, names = person.partition(".")
        parts = [cell.split(":") for cell in cells.split(",")]
        places = {(int(own), int(at)): digest for own, at, digest in parts}
        who = (email, names) if dot else None
        return cls(sheet=sheet, row=int(row), person=who, cells=places)


def digest_of(value: Value) -> str:
    """A digest of what a cell holds, whatever the type in which a program saves it; "" if blank."""
    text = text_of(value)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS] if text else ""


def person_of(email: str, first_name: str, last_name: str) -> tuple[str, str]:
    """What somebody is known by: a digest of the address, and of both names; "" for a blank."""
    names = f"{first_name} {last_name}" if first_name and last_name else ""
    return digest_of(email.casefold()), digest_of(names.casefold())


def address_line(value: Value) -> str:
    """What the hidden sheet says of an address that stands where nobody is read; "" for none."""
    has = address_in((value,), 1, 0) or mentions_address(value)
    return f"{ADDRESS}{digest_of(value)}" if has else ""


def text_of(value: Value) -> str:
    """A value as text that it still is after any program has saved it (LibreOffice: 15 digits)."""
    if isinstance(value, int | float):
        return f"{value + 0:.15g}"  # -0.0 is 0
    return " ".join(shown(value).split())
