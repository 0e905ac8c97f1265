"""A package that is legal but unusual, written anew in the way that every reader understands.

The value reader looks for parts by their usual names, reads UTF-8 only, and overlooks values that
are written as CDATA: in each of these cases it would see blank cells, or nothing at all.
"""

import io
import re
import zipfile

from aapimport.sheets.archive import Archive, encoding_of, read_part
from aapimport.sheets.package import WORKBOOK, Package, SheetPart

_MARKUP = re.compile(r"<!--|<!\[CDATA\[|<\?")
_ENDS = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def plain_copy(data: bytes, archive: Archive, package: Package) -> bytes | None:
    """The sheets, texts and styles of a workbook in a package of the usual shape.

    Args:
        data: The bytes of the workbook.
        archive: What `inspect_archive` found in it.
        package: What its parts are.

    Returns:
        None where the workbook is of the usual shape itself.

    Raises:
        zipfile.BadZipFile: A part is damaged.
    """
    unusual = {name.lower() for name in archive.unusual}
    others = {package.main: "workbook.xml"}
    others |= {package.strings: "sharedStrings.xml", package.styles: "styles.xml"}
    sheets = {held.part: _place(number, held) for number, held in enumerate(package.sheets)}
    places = others | sheets
    if package.is_usual and unusual.isdisjoint(places):
        return None
    present = {name.lower() for name in archive.parts}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for part, place in places.items():
            if part in present:
                copy.writestr(f"xl/{place}", _plain_part(data, part, is_unusual=part in unusual))
        copy.writestr("_rels/.rels", _relationships([("main", "officeDocument", WORKBOOK)]))
        copy.writestr("xl/_rels/workbook.xml.rels", _links(package, places))
    return stream.getvalue()


def _place(number: int, sheet: SheetPart) -> str:
    return f"{sheet.kind or 'worksheet'}s/sheet{number}.xml"


def _links(package: Package, places: dict[str, str]) -> str:
    """The workbook's relationships in the copy."""
    links = [(held.identity, held.kind, places[held.part]) for held in package.sheets]
    for kind, part in (("sharedStrings", package.strings), ("styles", package.styles)):
        if part:
            links.append((f"added-{kind}", kind, places[part]))
    return _relationships(links)


def _relationships(links: list[tuple[str, str, str]]) -> str:
    """A part of relationships, each an id, a kind and a target."""
    from xml.sax.saxutils import quoteattr  # which loads urllib, http and ssl, for 20 ms

    lines = (
        f'<Relationship Id={quoteattr(identity)} Type="{_OFFICE}/{kind}" Target="{place}"/>'
        for identity, kind, place in links
    )
    return f'<Relationships xmlns="{_PACKAGE}">{"".join(lines)}</Relationships>'


def _plain_part(data: bytes, part: str, *, is_unusual: bool) -> bytes:
    content = b"".join(read_part(data, part))
    if not is_unusual:
        return content
    encoding = encoding_of(content) or "utf-8"
    return _without_markup(content.decode(encoding, "replace").lstrip("\ufeff")).encode()


def _without_markup(text: str) -> str:
    """XML without CDATA, whose text becomes ordinary text, and without comments."""
    from xml.sax.saxutils import escape

    pieces = []
    at = 0
    while found := _MARKUP.search(text, at):
        end = text.find(_ENDS[found[0]], found.end())
        if end < 0:
            break  # it isn't well-formed, which the reader will say
        pieces.append(text[at : found.start()])
        if found[0] == "<![CDATA[":
            pieces.append(escape(text[found.end() : end]))
        at = end + len(_ENDS[found[0]])
    pieces.append(text[at:])
    return "".join(pieces)
