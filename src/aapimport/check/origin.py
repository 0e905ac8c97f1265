"""Which upload a results workbook is of: it goes back to the same pass of the same portal.

A custom document property tells it by digests, and the sheet Summary in words. Programs that save
a workbook may leave the property out (LibreOffice and Excel keep it, in ods and xlsb, too), xls
files keep it where nobody looks, and earlier versions wrote none; then the words alone tell it.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from aapimport.check.written import text_of
from aapimport.sheets.book import Sheet
from aapimport.sheets.letters import Letter
from aapimport.template.columns import (
    RESULTS_PROPERTY,
    SUMMARY_PASS,
    SUMMARY_SHEET,
    SUMMARY_TITLE,
    SUMMARY_WHERE,
)
from aapimport.text import fold

_DIGITS = 16
_PROPERTY = re.compile(r"([0-9A-Z]{6}) ([0-9a-f]{16}) ([0-9a-f]{16})")
_RECEIPT = re.compile(r"[0-9A-Z]{6}")
_ROWS = 30
"""Rows of the sheet Summary in which its first names and values stand."""
_LONGEST = 300
"""Characters of what is taken from it."""


@dataclass(frozen=True, kw_only=True)
class Origin(Letter):
    """The upload that a results workbook is of.

    Attributes:
        receipt: Its number; empty where it isn't told.
        by_id: The digest of the portal and the pass's id, as `place_digest` has it; empty where
            only words tell.
        by_name: The same with the pass's name.
        pass_name: The pass's name; empty where it isn't told.
        where: Both services, as a run has their address; likewise.
    """

    receipt: str
    by_id: str = ""
    by_name: str = ""
    pass_name: str = ""
    where: str = ""

    @property
    def as_property(self) -> str:
        """The property of a copy of the workbook; empty where only words tell the upload."""
        kept = (self.receipt, self.by_id, self.by_name)
        return " ".join(kept) if all(kept) else ""


def place_digest(portal: str, pass_: str) -> str:
    """A digest of a portal's address and of the id, or the name, of a pass of it."""
    text = f"{portal}\n{fold(text_of(pass_))}"
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def origin_property(receipt: str, portal: str, pass_id: str, pass_name: str) -> str:
    """What the custom document property of a results workbook says.

    Args:
        receipt: The upload's number.
        portal: The portal's address.
        pass_id: The id of the pass.
        pass_name: Its name.
    """
    return f"{receipt} {place_digest(portal, pass_id)} {place_digest(portal, pass_name)}"


def origin_of(properties: Mapping[str, str], sheets: Sequence[Sheet]) -> Origin | None:
    """The upload that a workbook is the results of; None for any other workbook.

    Args:
        properties: Its custom document properties.
        sheets: Its sheets.
    """
    kept = _PROPERTY.fullmatch(properties.get(RESULTS_PROPERTY, "").strip())
    receipt, by_id, by_name = kept.groups() if kept else ("", "", "")
    said = _summary(sheets)
    title = said.pop("", "")
    if not kept:
        if not said:
            return None
        words = title.removeprefix(SUMMARY_TITLE).split()
        receipt = words[0] if words and _RECEIPT.fullmatch(words[0]) else ""
    return Origin(
        receipt=receipt,
        by_id=by_id,
        by_name=by_name,
        pass_name=said.get(SUMMARY_PASS, ""),
        where=said.get(SUMMARY_WHERE, ""),
    )


def _summary(sheets: Sequence[Sheet]) -> dict[str, str]:
    """Pass and services as the sheet Summary says, and its title by an empty name."""
    sheet = next((one for one in sheets if one.name.strip() == SUMMARY_SHEET), None)
    said: dict[str, str] = {}
    title = ""
    for row in islice(sheet.rows() if sheet else (), _ROWS):
        name, value = ([*map(text_of, row[:2]), "", ""])[:2]
        title = title or name
        if name in {SUMMARY_PASS, SUMMARY_WHERE} and value:
            said.setdefault(name, value[:_LONGEST])
    return {"": title, **said} if said and title.startswith(SUMMARY_TITLE) else {}
