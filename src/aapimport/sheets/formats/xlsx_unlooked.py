"""What an xlsx sheet has that only the slow reader tells, where that one didn't look at it.

A cheap look: where it finds nothing there is nothing, for certain; what it finds is told.
"""

import posixpath
import re
import zipfile
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from xml.etree import ElementTree as ET

from aapimport.sheets.archive import read_part, read_tags
from aapimport.sheets.colours import is_white
from aapimport.sheets.formats.xlsx_cells import shows_numbers_otherwise
from aapimport.sheets.formats.xlsx_places import whole_rows
from aapimport.sheets.letters import MOST_NAMED, Suspects
from aapimport.sheets.number_formats import BUILT_IN, literal_shown, may_show_a_word
from aapimport.text import column_index

_CELL = re.compile(rb"<(?:\w+:)?c\s([^<>]*[^<>/])>")
_STYLE = re.compile(rb"""(?:^|\s)s\s*=\s*["']\s*(\d{1,6})\s*["']""")
_IS_SHARED = re.compile(rb"""(?:^|\s)t\s*=\s*["']\s*s\s*["']""")
_INDEX = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>\s*(\d{1,7})\s*<")
_REFERENCE = re.compile(rb"""(?:^|\s)r\s*=\s*["']\s*([A-Za-z]{1,3})(\d{1,7})\s*["']""")
_OFF = {"0", "false", "none"}
_STRUCK = re.compile(
    rb"""<(?:\w+:)?strike(?=[\s/>])(?![^<>]*\sval\s*=\s*["']\s*(?:0|false|none)\s*["'])"""
)
_COLOUR = re.compile(rb"<(?:\w+:)?color(?=[\s/>])[^<>]*>")
_NAMED = re.compile(r"""\s(\w+)\s*=\s*["']([^"'<>]*)["']""")
_SHARED_TEXT = re.compile(rb"<(?:\w+:)?si(?=[\s/>])")
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
        telling = _Telling(*_styles(data, styles)) if styles else _Telling()
        if strings and any(_letters(data, strings)):
            telling.struck_texts, telling.white_texts = _texts(data, strings)
        telling.has_letters = any(_letters(data, part))
        crossed_out: dict[int, list[int]] = {}
        otherwise: dict[int, list[int]] = {}
        for row, column, is_crossed in _cells(data, part, telling) if telling.tells() else ():
            rows = (crossed_out if is_crossed else otherwise).setdefault(column, [])
            if len(rows) < MOST_NAMED:
                rows.append(row)
        return Suspects(crossed_out, otherwise, numbers=numbers, links=_links(data, part))
    except (KeyError, ValueError, LookupError, zipfile.BadZipFile, ET.ParseError):
        return Suspects(numbers=numbers, everything=True)


@dataclass(slots=True)
class _Telling:
    """What tells that a cell looks crossed out, or shows another text.

    Attributes:
        crossed: The numbers of the cell styles that cross a value out.
        formatted: The same for styles that show another text.
        filled: The same for styles with a colour behind the value.
        struck_texts: The numbers of shared texts some of whose letters are struck through.
        white_texts: The same for letters in white.
        has_letters: Whether such letters stand in the sheet itself.
    """

    crossed: set[int] = field(default_factory=set)
    formatted: set[int] = field(default_factory=set)
    filled: set[int] = field(default_factory=set)
    struck_texts: set[int] = field(default_factory=set)
    white_texts: set[int] = field(default_factory=set)
    has_letters: bool = False

    def tells(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.crossed or self.formatted) or self.looks_inside()

    def looks_inside(self) -> bool:
        """The same for what stands within cells."""
        return self.has_letters or bool(self.struck_texts or self.white_texts)


def _styles(data: bytes, part: str) -> tuple[set[int], set[int], set[int]]:
    """The numbers of the styles that a `_Telling` has."""
    # inspect_archive has made sure that there is no DOCTYPE in it
    root = ET.fromstring(b"".join(read_part(data, part)))  # noqa: S314 -- see above
    named = {
        one.get("numFmtId"): one.get("formatCode", "")
        for one in root.iter()
        if is_named(one, "numFmt")
    }
    fonts = [crosses_out(font) for fonts in root if is_named(fonts, "fonts") for font in fonts]
    plain = [_is_no_fill(fill) for fills in root if is_named(fills, "fills") for fill in fills]
    crossed, formatted, filled = set[int](), set[int](), set[int]()
    cells = (xf for styles in root if is_named(styles, "cellXfs") for xf in styles)
    for at, xf in enumerate(cells):
        look = _nth(fonts, xf.get("fontId"))
        if not _nth(plain, xf.get("fillId")):
            filled.add(at)
        if look == "struck" or (look == "white" and at not in filled):
            crossed.add(at)
        number = xf.get("numFmtId", "0")
        code = named.get(number) or BUILT_IN.get(int(number), "General")
        literal = any(literal_shown(value, code) is not None for value in _TYPICAL)
        if literal or may_show_a_word(code):
            formatted.add(at)
    return crossed, formatted, filled


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
    return struck, any(map(_is_white_tag, colours))


def _texts(data: bytes, part: str) -> tuple[set[int], set[int]]:
    """The numbers of shared texts with letters that are struck through, and that are white."""
    struck, white = set[int](), set[int]()
    count = -1
    for piece in read_tags(data, part):
        starts = [found.start() for found in _SHARED_TEXT.finditer(piece)]
        for pattern, numbers in ((_STRUCK, struck), (_COLOUR, white)):
            numbers.update(
                count + bisect(starts, found.start())
                for found in pattern.finditer(piece)
                if pattern is _STRUCK or _is_white_tag(found[0])
            )
        count += len(starts)
    return struck, white


@lru_cache(maxsize=256)
def _is_white_tag(tag: bytes) -> bool:
    return is_white_in(dict(_NAMED.findall(tag.decode("utf-8", "replace"))))


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


def _cells(data: bytes, part: str, telling: _Telling) -> Iterator[tuple[int, int, bool]]:
    """Row, column and look of each cell with something in it that a `_Telling` is about.

    The look is whether it is crossed out; else it shows another text. The column is -1 where the
    cell doesn't say where it stands.
    """
    for text in whole_rows(data, part):
        cells = [*_CELL.finditer(text)]
        ends = [*(cell.start() for cell in cells[1:]), len(text)]
        for cell, end in zip(cells, ends, strict=True) if cells else ():
            found = _STYLE.search(cell[1])
            style = int(found[1]) if found else 0
            looks = [True] if style in telling.crossed else []
            if not looks and telling.looks_inside():
                inside = text[cell.end() : end]
                looks += [True] if _is_crossed_within(cell[1], inside, style, telling) else []
            looks += [False] if style in telling.formatted else []
            place = _REFERENCE.search(cell[1]) if looks else None
            column = column_index(place[1].decode().upper()) if place else -1
            yield from ((int(place[2]) if place else 0, column, look) for look in looks)


def _is_crossed_within(said: bytes, inside: bytes, style: int, telling: _Telling) -> bool:
    """Whether some letters of a cell's text are struck through, or white on nothing."""
    shared = _INDEX.match(inside.lstrip()) if _IS_SHARED.search(said) else None
    if shared:
        number = int(shared[1])
        struck, white = number in telling.struck_texts, number in telling.white_texts
    else:
        struck = _STRUCK.search(inside) is not None
        white = b"color" in inside and any(map(_is_white_tag, _COLOUR.findall(inside)))
    return struck or (white and style not in telling.filled)


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
