"""What an xlsx sheet has that only the slow reader tells, where that one didn't look at it.

A cheap look: where it finds nothing there is nothing, for certain; what it finds is told.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree as ET

from aapimport.sheets.archive import read_part, read_tags
from aapimport.sheets.colours import is_white
from aapimport.sheets.formats.xlsx_cells import shows_numbers_otherwise
from aapimport.sheets.letters import Suspects
from aapimport.sheets.number_formats import BUILT_IN, literal_shown, may_show_a_word
from aapimport.text import column_index

_CELL = re.compile(rb"<(?:\w+:)?c\s([^<>]*[^<>/])>")
_STYLE = re.compile(rb"""(?:^|\s)s\s*=\s*["']\s*(\d{1,6})\s*["']""")
_REFERENCE = re.compile(rb"""(?:^|\s)r\s*=\s*["']\s*([A-Z]{1,3})(\d{1,7})\s*["']""")
_OFF = {"0", "false", "none"}
_STRUCK = re.compile(
    rb"""<(?:\w+:)?strike(?=[\s/>])(?![^<>]*\sval\s*=\s*["']\s*(?:0|false|none)\s*["'])"""
)
_COLOUR = re.compile(rb"<(?:\w+:)?color(?=[\s/>])[^<>]*>")
_NAMED = re.compile(r"""\s(\w+)\s*=\s*["']([^"'<>]*)["']""")
_BELOW_THE_CELLS = re.compile(rb"</(?:\w+:)?sheetData")
_TYPICAL = ("Ana", 1)
"""A text and the number that means Jhana: a format that changes these may change others."""


def suspects(data: bytes, part: str, styles: str, strings: str = "") -> Suspects:
    """What a sheet has that the slow reader would have told.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        part: The sheet's entry.
        styles: The entry that holds the styles; empty where there is none.
        strings: The same for texts that sheets share.
    """
    numbers = shows_numbers_otherwise(data, styles)
    try:
        crossed, formatted = _styles(data, styles) if styles else (set[bytes](), set[bytes]())
        crossed_out: dict[int, int] = {}
        otherwise: dict[int, int] = {}
        for style, row, column in _cells(data, part) if crossed or formatted else ():
            if style in crossed:
                crossed_out.setdefault(column, row)
            if style in formatted:
                otherwise.setdefault(column, row)
        struck = white = False
        for one in filter(None, (part, strings)):
            if not struck:  # which stops an upload anyway
                struck, any_white = _letters(data, one)
                white = white or any_white
        if struck:
            crossed_out.setdefault(-1, 1)
        links = _links(data, part)
        return Suspects(crossed_out, otherwise, numbers=numbers, links=links, white_letters=white)
    except (KeyError, ValueError, LookupError, zipfile.BadZipFile, ET.ParseError):
        return Suspects(numbers=numbers, everything=True)


def _styles(data: bytes, part: str) -> tuple[set[bytes], set[bytes]]:
    """The numbers of the cell styles that cross a value out, and that show another text."""
    # inspect_archive has made sure that there is no DOCTYPE in it
    root = ET.fromstring(b"".join(read_part(data, part)))  # noqa: S314 -- see above
    named = {
        one.get("numFmtId"): one.get("formatCode", "")
        for one in root.iter()
        if is_named(one, "numFmt")
    }
    fonts = [crosses_out(font) for fonts in root if is_named(fonts, "fonts") for font in fonts]
    plain = [_is_no_fill(fill) for fills in root if is_named(fills, "fills") for fill in fills]
    crossed, formatted = set[bytes](), set[bytes]()
    cells = (xf for styles in root if is_named(styles, "cellXfs") for xf in styles)
    for at, xf in enumerate(cells):
        look = _nth(fonts, xf.get("fontId"))
        if look == "struck" or (look == "white" and _nth(plain, xf.get("fillId"))):
            crossed.add(str(at).encode())
        number = xf.get("numFmtId", "0")
        code = named.get(number) or BUILT_IN.get(int(number), "General")
        literal = any(literal_shown(value, code) is not None for value in _TYPICAL)
        if literal or may_show_a_word(code):
            formatted.add(str(at).encode())
    return crossed, formatted


def _letters(data: bytes, part: str) -> tuple[bool, bool]:
    """Whether a part holds texts of which some letters are struck through, and some are white."""
    struck, colours = False, set[bytes]()
    for text in read_tags(data, part):
        end = _BELOW_THE_CELLS.search(text) if b"sheetData" in text else None
        if end:
            text = text[: end.start()]  # noqa: PLW2901 -- what follows are no texts
        struck = struck or _STRUCK.search(text) is not None
        if b"color" in text:
            colours.update(_COLOUR.findall(text))
        if end:
            break
    named = (dict(_NAMED.findall(colour.decode("utf-8", "replace"))) for colour in colours)
    return struck, any(map(is_white_in, named))


def crosses_out(font: ET.Element) -> str:
    """What a font does to a value: `struck` or `white`; empty for any other font."""
    for one in font:
        if is_named(one, "strike") and one.get("val", "1").strip().lower() not in _OFF:
            return "struck"
    return "white" if any(is_named(one, "color") and is_white_in(one) for one in font) else ""


def is_white_in(colour: ET.Element | Mapping[str, str]) -> bool:
    """Whether a colour element, or what is said in one, is white."""
    theme, indexed = (
        int(said) if (said := colour.get(name)) is not None else None
        for name in ("theme", "indexed")
    )
    return is_white(colour.get("rgb", ""), theme, indexed, float(colour.get("tint", "0")))


def _is_no_fill(fill: ET.Element) -> bool:
    for pattern in fill:
        if (
            is_named(pattern, "patternFill")
            and (kind := pattern.get("patternType", "none")) != "none"
        ):
            front = [one for one in pattern if is_named(one, "fgColor")]
            if kind != "solid" or not front or not is_white_in(front[0]):
                return False
    return True


def _cells(data: bytes, part: str) -> Iterator[tuple[bytes, int, int]]:
    """The style, row and column of each cell with something in it; column -1 where none is said."""
    for text in read_tags(data, part):
        for said in _CELL.findall(text):
            if style := _STYLE.search(said):
                place = _REFERENCE.search(said)
                row, column = (int(place[2]), column_index(place[1].decode())) if place else (1, -1)
                yield style[1], row, column


def _links(data: bytes, part: str) -> bool:
    """Whether a sheet has links to addresses: they stand among its relationships."""
    folder, name = posixpath.split(part)
    try:
        return (
            b"mailto:"
            in b"".join(read_part(data, posixpath.join(folder, "_rels", f"{name}.rels")))
            .replace(b"\0", b"")
            .lower()
        )
    except KeyError:
        return False


def is_named(element: ET.Element, name: str) -> bool:
    """Whether an element has that name, in whichever namespace."""
    return element.tag.rpartition("}")[2] == name


def _nth(values: Sequence[str | bool], index: str | None) -> str | bool:
    at = int(index or 0)
    return values[at] if at < len(values) else ""
