"""Conditional formats of an xlsx sheet that change what is seen of a value: nobody works them out.

Source: ECMA-376 part 1, 18.3.1.18 (conditionalFormatting); [MS-XLSX] 2.3.2 for those that newer
versions of Excel keep among a sheet's extensions, with their looks beside them.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from aapimport.sheets.archive import read_part
from aapimport.sheets.facts import Area, Reason, Unseen
from aapimport.sheets.formats.xlsx_unlooked import crosses_out, is_named, is_white_in
from aapimport.text import column_index

_ROOT = re.compile(rb"<(?:\w+:)?worksheet[^>]*>")
_LAST_CELLS = re.compile(rb"</(?:\w+:)?sheetData\s*>|<(?:\w+:)?sheetData\s*/>")
_MOST = 4 << 20
"""Bytes behind a sheet's cells that are looked at."""
_PLACE = re.compile(r"\$?([A-Z]{0,3})\$?(\d{0,7})")
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_383
_OFF = {"0", "false"}


def conditional_formats(data: bytes, part: str, styles: str) -> Sequence[tuple[Area, str]] | Unseen:
    """Each range with such a format, and in words what it may do.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        part: The sheet's entry.
        styles: The entry that holds the styles; empty where there is none.
    """
    try:
        below = _below_the_cells(data, part)
        looks = _looks(data, styles) if styles else []
        return [*_found(below, looks)]
    except (KeyError, ValueError, zipfile.BadZipFile, ET.ParseError):
        return Unseen(Reason.FAILED)


def _below_the_cells(data: bytes, part: str) -> ET.Element:
    """What stands in a sheet below its cells."""
    root, held = b"", b""
    is_below = False
    for chunk in read_part(data, part):
        held += chunk
        if not root and (start := _ROOT.search(held)):
            root = start[0]
        if not is_below:
            ends = [*_LAST_CELLS.finditer(held)]
            is_below = bool(ends)
            held = held[ends[-1].end() :] if ends else held[-len(root) - 64 :]
        if is_below and len(held) > _MOST:
            raise ValueError("more than anybody would write")
    # inspect_archive has made sure that there is no DOCTYPE in it
    return ET.fromstring(root + held) if is_below else ET.Element("worksheet")  # noqa: S314


def _looks(data: bytes, part: str) -> list[str]:
    """What each of the looks that formats refer to does."""
    root = ET.fromstring(b"".join(read_part(data, part)))  # noqa: S314 -- see above
    return [_does(look) for looks in root if is_named(looks, "dxfs") for look in looks]


def _found(below: ET.Element, looks: Sequence[str]) -> Iterator[tuple[Area, str]]:
    for held in below.iter():
        if is_named(held, "conditionalFormatting"):
            how = next(filter(None, (_way(rule, looks) for rule in held)), "")
            if how:
                said = [held.get("sqref", "")]
                said += (one.text or "" for one in held if is_named(one, "sqref"))
                yield from ((_area(text), how) for text in " ".join(said).split())


def _way(rule: ET.Element, looks: Sequence[str]) -> str:
    """In words, how a rule changes what is seen of a value, if it does."""
    number = rule.get("dxfId")
    if number is not None and int(number) < len(looks) and looks[int(number)]:
        return looks[int(number)]
    for one in rule:
        if is_named(one, "dxf"):
            return _does(one)
        scale = is_named(one, "iconSet") or is_named(one, "dataBar")
        if scale and one.get("showValue", "1").strip().lower() in _OFF:
            return "hide the value"
    return ""


def _does(look: ET.Element) -> str:
    parts = {one.tag.rpartition("}")[2]: one for one in look}
    if "numFmt" in parts:
        return "show another text"
    font = crosses_out(parts["font"]) if "font" in parts else ""
    fill = parts["fill"].iter() if "fill" in parts else ()
    behind = [one for one in fill if is_named(one, "fgColor") or is_named(one, "bgColor")]
    is_seen = not font or (font == "white" and not all(map(is_white_in, behind)))
    return "" if is_seen else "cross people out"


def _area(text: str) -> Area:
    """A range as `A2:C9`, `B:B` or `A2`; ValueError for anything else."""
    first, _, last = text.partition(":")
    start, end = _PLACE.fullmatch(first), _PLACE.fullmatch(last or first)
    if start is None or end is None:
        raise ValueError(text)
    return (
        int(start[2] or 1),
        max(column_index(start[1]), 0),
        int(end[2] or _LAST_ROW),
        column_index(end[1]) if end[1] else _LAST_COLUMN,
    )
