"""Which part of an xlsx package is what: found by relationships, as the standard has it.

Source: ECMA-376, part 2, section 9.3 (relationships), and part 1, section 12.3 (the parts); for
the properties of an ods, OpenDocument 1.3, part 3, section 4.3.3.
"""

import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from xml.parsers.expat import ExpatError

from aapimport.sheets.archive import read_part

WORKBOOK = "xl/workbook.xml"
STRINGS = "xl/sharedstrings.xml"
STYLES = "xl/styles.xml"
_TRUE = {"1", "true"}
_META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
_DAMAGED = (KeyError, zipfile.BadZipFile, ET.ParseError, ExpatError, LookupError, ValueError)


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet of a workbook.

    Attributes:
        name: Its name.
        part: The name of its entry, in small letters.
        identity: The id of the relationship by which the workbook names it.
        kind: `worksheet`, `chartsheet` or another word of the standard.
    """

    name: str
    part: str
    identity: str
    kind: str


@dataclass(frozen=True, slots=True)
class Package:
    """The parts of a workbook, by the names of their entries in small letters.

    Attributes:
        main: The part that lists the sheets.
        sheets: The sheets, in the workbook's order.
        strings: The part with the shared texts; empty where there is none.
        styles: The part with the styles; empty where there is none.
        recalculates: Whether the workbook asks for all formulas to be worked out when it is opened.
        is_usual: Whether every part is where programs look that don't follow relationships.
        properties: The custom document properties: names and values as text.
    """

    main: str = ""
    sheets: tuple[SheetPart, ...] = ()
    strings: str = ""
    styles: str = ""
    recalculates: bool = False
    is_usual: bool = True
    properties: Mapping[str, str] = field(default_factory=dict)

    def parts(self) -> set[str]:
        """The parts that values are read from."""
        return {self.main, self.strings, self.styles, *(held.part for held in self.sheets)}

    def part_of(self, sheet: str) -> str:
        """The part that holds a sheet; empty where there is none of that name."""
        return next((held.part for held in self.sheets if held.name == sheet), "")


def read_package(data: bytes) -> Package | None:
    """Look up the parts of an xlsx workbook.

    Args:
        data: The bytes of an archive.

    Returns:
        None where the parts that say so are missing or damaged.
    """
    try:
        root = _links(data, "")
        main = next((link for link in root.values() if link.kind == "officeDocument"), None)
        if main is None:
            return None
        links = _links(data, main.part)
        book = _parsed(data, main.part)
    except _DAMAGED:
        return None
    sheets = []
    for element in book.iter():
        if _local(element.tag) == "sheet":
            identity = next((v for k, v in element.items() if k.endswith("}id")), "")
            target = links.get(identity, _Link())
            sheets.append(SheetPart(element.get("name", ""), target.part, identity, target.kind))
    strings, styles = (
        next((link.part for link in links.values() if link.kind == kind), "")
        for kind in ("sharedStrings", "styles")
    )
    plain = all(link.is_plain for link in links.values())
    return Package(
        main=main.part,
        sheets=tuple(sheets),
        strings=strings,
        styles=styles,
        recalculates=_recalculates(book),
        properties=_properties(data, root),
        is_usual=plain
        and main.part == WORKBOOK
        and strings in {"", STRINGS}
        and styles in {"", STYLES},
    )


def read_properties(data: bytes, kind: str) -> Mapping[str, str]:
    """The custom document properties of an xlsb or ods workbook; none where they can't be read.

    Args:
        data: The bytes of an archive.
        kind: `xlsb` or `ods`.
    """
    try:
        if kind == "xlsb":
            return _properties(data, _links(data, ""))
        held = [*_parsed(data, "meta.xml").iter(f"{_META}user-defined")]
    except _DAMAGED:
        return {}
    return {one.get(f"{_META}name", ""): "".join(one.itertext()) for one in held}


@dataclass(frozen=True, slots=True)
class _Link:
    """A relationship.

    Attributes:
        kind: The last word of its type: the same in the two variants of the standard.
        part: What it leads to.
        is_plain: Whether its target is written in the way that everybody understands.
    """

    kind: str = ""
    part: str = ""
    is_plain: bool = True


def _links(data: bytes, source: str) -> Mapping[str, _Link]:
    """The relationships of a part, or of the whole package, by their ids."""
    folder, name = posixpath.split(source)
    links: dict[str, _Link] = {}
    for link in _parsed(data, posixpath.join(folder, "_rels", f"{name}.rels")):
        if link.get("TargetMode", "Internal") == "Internal":
            target = link.get("Target", "")
            path = unquote(target).replace("\\", "/")
            part = posixpath.normpath(posixpath.join("/", folder, path)).lstrip("/").lower()
            plain = path == target and not {"..", "."} & set(path.split("/"))
            kind = link.get("Type", "").rpartition("/")[2]
            links[link.get("Id", "")] = _Link(kind, part, plain)
    return links


def _properties(data: bytes, root: Mapping[str, _Link]) -> dict[str, str]:
    """The custom document properties (part 1, section 22.3); none where they can't be read."""
    part = next((link.part for link in root.values() if link.kind == "custom-properties"), "")
    if not part:
        return {}
    try:
        held = [*_parsed(data, part)]
    except _DAMAGED:
        return {}
    return {one.get("name", ""): "".join(one.itertext()) for one in held}


def _parsed(data: bytes, part: str) -> ET.Element:
    content = b"".join(read_part(data, part))
    if b"<!DOCTYPE" in content.replace(b"\0", b""):
        raise ValueError("it declares its own document type")
    return ET.fromstring(content)  # noqa: S314 -- it has no DOCTYPE


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _recalculates(book: ET.Element) -> bool:
    return any(
        element.get("fullCalcOnLoad", "").strip() in _TRUE
        or element.get("calcCompleted", "1").strip() not in _TRUE
        for element in book.iter()
        if _local(element.tag) == "calcPr"
    )
