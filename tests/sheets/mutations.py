"""Files of people, broken in one of many ways; the kind of file and a seed decide how."""

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from aapimport.sheets.formats.xlsb_records import records
from sheets.other_formats import compound, xls_record, xlsb_record
from sheets.xls_records import workbook_stream

Way = Callable[[bytes, random.Random], bytes]
"""Breaks bytes somewhere."""
_Parts = list[tuple[str, bytes]]
_Records = list[tuple[int, bytes]]

_TAG = re.compile(rb"<[^<>]*>")
_ATTRIBUTE = re.compile(rb"""\s([\w:]+)\s*=\s*("[^"]*"|'[^']*')""")
_VALUES = (b'""', b'"0"', b'"1"', b'"-1"', b'"999999999999"', b'"A1"', b'"s"', b'"e"', b'"x&y"')
_PIECES = (b"", b"9" * 12, b"<", b'"', b"&#0;", b"-1", b"\xff", b"@", b"]]>", b"<!--")
_OF_TEXT = (b"", b'"', b",", b";", b"\t", b"\n", b"\r", b"\0", b"\xff", b"\xe9", b"\x1a", b'""')
_DELIMITERS = ",;\t|"
_ENCODINGS = (
    *("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp1252", "cp850"),
    *("latin-1", "mac-roman", "cp932", "gb18030", "cp1251", "koi8-r"),
)
_BOF, _EOF, _BOUND_SHEET = 0x0809, 0x000A, 0x0085


def broken(data: bytes, kind: str, seed: int) -> bytes:
    """The bytes of a file, broken in one way.

    Args:
        data: The whole file.
        kind: `xlsx`, `xls`, `xlsb`, `ods` or `csv`.
        seed: Decides in which way, and where.
    """
    chance = random.Random(f"{kind} {seed}")
    return chance.choice(WAYS[kind])(data, chance)


def _flipped(data: bytes, chance: random.Random) -> bytes:
    """Some bytes are others."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _span(data: Sequence[object], chance: random.Random, most: int) -> tuple[int, int]:
    start = chance.randrange(len(data)) if data else 0
    return start, min(start + chance.randint(0, most), len(data))


def _cut(data: bytes, chance: random.Random) -> bytes:
    """The end is missing, or a piece is missing or there twice."""
    start, end = _span(data, chance, 600)
    return chance.choice((data[:start], data[:start] + data[end:], data[:end] + data[start:]))


def _pieces(choices: Sequence[bytes], most: int) -> Way:
    """Some short pieces are something else, or there twice."""

    def way(data: bytes, chance: random.Random) -> bytes:
        changed = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            start, end = _span(changed, chance, most)
            changed[start:end] = chance.choice((*choices, bytes(changed[start:end]) * 2))
        return bytes(changed)

    return way


def _tags(data: bytes, chance: random.Random) -> bytes:
    """Some tags of XML are missing, twice, elsewhere, of another name, or of other attributes."""
    for _ in range(chance.randint(1, 4)):
        tags = [*_TAG.finditer(data)]
        if not tags:
            break
        one, other = chance.choice(tags), chance.choice(tags)
        text = one[0]
        new = chance.choice((b"", text * 2, other[0], _renamed(text, chance)))
        if chance.random() < 0.6:
            new = _with_other_attribute(text, data, chance)
        data = data[: one.start()] + new + data[one.end() :]
    return data


def _renamed(tag: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(tag))
    return tag[:at] + chance.choice((b"x", b"", b"/", b":", b" ")) + tag[at + 1 :]


def _with_other_attribute(tag: bytes, data: bytes, chance: random.Random) -> bytes:
    attributes = [*_ATTRIBUTE.finditer(tag)]
    if not attributes:
        return tag
    one = chance.choice(attributes)
    others = _ATTRIBUTE.findall(data)
    value = chance.choice((*_VALUES, chance.choice(others)[1], chance.choice(others)[1]))
    new = chance.choice(
        (b"", one[0] * 2, b" " + one[1] + b"=" + value, b" " + one[1] + b"=" + value)
    )
    return tag[: one.start()] + new + tag[one.end() :]


def _elements(data: bytes, chance: random.Random) -> bytes:
    """Some whole elements of XML are missing, twice, or elsewhere."""
    for _ in range(chance.randint(1, 3)):
        begun = [tag for tag in _TAG.finditer(data) if tag[0][1:2] not in b"/?!"]
        if not begun:
            break
        one = chance.choice(begun)
        name = re.split(rb"[\s/>]", one[0][1:])[0]
        closing = data.find(b"</" + name + b">", one.end())
        is_alone = one[0].endswith(b"/>") or closing < 0
        end = one.end() if is_alone else closing + len(name) + 3
        element = data[one.start() : end]
        rest = data[: one.start()] + data[end:]
        place = chance.choice([tag.start() for tag in _TAG.finditer(rest)] or [0])
        data = chance.choice(
            (rest, data[:end] + data[one.start() :], rest[:place] + element + rest[place:])
        )
    return data


def _in_a_part(change: Way, wanted: str) -> Way:
    """One part of an archive is broken inside; the archive around it is whole."""

    def way(data: bytes, chance: random.Random) -> bytes:
        parts = parts_of(data)
        at = chance.choice([at for at, (name, _) in enumerate(parts) if re.search(wanted, name)])
        parts[at] = (parts[at][0], change(parts[at][1], chance))
        return zipped(parts)

    return way


def _parts(data: bytes, chance: random.Random) -> bytes:
    """A part of an archive is missing, twice, of another name, or another one's content."""
    parts = parts_of(data)
    at, other = chance.randrange(len(parts)), chance.randrange(len(parts))
    name, content = parts[at]
    new = chance.choice(
        (
            [],
            [(name, content)] * 2,
            [(name.upper(), content)],
            [(name.lower(), content)],
            [(f"x/{name}", content)],
            [(f"/{name}", content)],
            [(name.replace("/", "\\"), content)],
            [(name, parts[other][1])],
            [(parts[other][0], content)],
            [(name, b"")],
        )
    )
    return zipped([*parts[:at], *new, *parts[at + 1 :]])


def _in_records(change: Callable[[_Records, random.Random], None]) -> Way:
    """The records of an xlsb's part are broken."""

    def way(data: bytes, chance: random.Random) -> bytes:
        found = [*records(data)]
        change(found, chance)
        return b"".join(xlsb_record(kind, body) for kind, body in found)

    return way


def _change_records(found: _Records, chance: random.Random) -> None:
    """Some records are missing, twice, elsewhere, of another kind, or of another content."""
    for _ in range(chance.randint(1, 4)):
        at, other = chance.randrange(len(found)), chance.randrange(len(found))
        kind, body = found[at]
        new: _Records = chance.choice(
            (
                [],
                [(kind, body)] * 2,
                [found[other]],
                [(found[other][0], body)],
                [(kind, body[: chance.randrange(len(body) + 1)])],
                [(kind, body + b"\1\0")],
                [(kind, _flipped(body, chance))],
                [(kind, _flipped(body, chance))],
            )
        )
        found[at : at + 1] = new
        if chance.random() < 0.2 and other < len(found):
            found.insert(chance.randrange(len(found)), found.pop(other))
        if not found:
            return


def _xls_records(data: bytes, chance: random.Random) -> bytes:
    """The records of an xls are broken; where its sheets begin is mostly put right again."""
    stream = workbook_stream(data)
    found: _Records = []
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        if not kind and not length:
            break
        found.append((kind, stream[at + 4 : at + 4 + length]))
        at += 4 + length
    _change_records(found, chance)
    if chance.random() < 0.9:
        _point_at_sheets(found)
    return compound(b"".join(xls_record(kind & 0xFFFF, body) for kind, body in found))


def _point_at_sheets(found: _Records) -> None:
    """Let each sheet's name in the workbook lead to where the sheet begins."""
    starts, at = [], 0
    for kind, body in found:
        if kind == _BOF:
            starts.append(at)
        at += 4 + len(body)
    bound = [at for at, (kind, _) in enumerate(found) if kind == _BOUND_SHEET]
    for at, start in zip(bound, starts[1:], strict=False):
        found[at] = (_BOUND_SHEET, struct.pack("<I", start) + found[at][1][4:])


def _lines(data: bytes, chance: random.Random) -> bytes:
    """Some lines of a text are missing, twice, elsewhere, joined, or cut by another delimiter."""
    lines = data.splitlines(keepends=True)
    for _ in range(chance.randint(1, 3)):
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        line = lines[at]
        new: list[bytes] = chance.choice(
            (
                [],
                [line] * 2,
                [lines[other], line],
                [line.rstrip()],
                [line.rstrip() + b"\r"],
                [line.replace(b",", chance.choice(_DELIMITERS).encode())],
                [b"\r\n" * chance.randint(1, 3), line],
                [line.rstrip() + b"," * chance.randint(1, 4) + b"\r\n"],
                [chance.choice((b"# ", b" ", b'"', b"sep=;\r\n", b"sep=,\r\n")) + line],
            )
        )
        lines[at : at + 1] = new
        if not lines:
            return b""
    return b"".join(lines)


def _quotes(data: bytes, chance: random.Random) -> bytes:
    """Quotation marks begin, end, or are missing, at the edges of some values."""
    for _ in range(chance.randint(1, 4)):
        edges = [found.start() for found in re.finditer(rb'[,\r\n"]', data)]
        if not edges:
            break
        at = chance.choice(edges)
        data = chance.choice(
            (
                data[:at] + b'"' + data[at:],
                data[: at + 1] + b'"' + data[at + 1 :],
                data[:at] + data[at + 1 :],
                data[: at + 1] + b' "' + data[at + 1 :],
            )
        )
    return data


def _encoded(data: bytes, chance: random.Random) -> bytes:
    """A text is in another encoding, cut by another delimiter, or ends its lines otherwise."""
    text = data.decode()
    with suppress(IndexError):
        text = text.replace(",", chance.choice(_DELIMITERS))
    text = text.replace("\r\n", chance.choice(("\r\n", "\n", "\r", "\r\r\n", "\n\n", "\u2028")))
    return text.encode(chance.choice(_ENCODINGS), "replace")


def parts_of(data: bytes) -> _Parts:
    """The parts of an archive, in its order."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(entry.filename, archive.read(entry)) for entry in archive.infolist()]


def zipped(parts: Sequence[tuple[str, bytes]]) -> bytes:
    """An archive of parts, of which several may have the same name."""
    import warnings

    held = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # that a name is there already is what is meant
        for name, content in parts:
            archive.writestr(name, content)
    return held.getvalue()


_XML = r"\.(xml|rels)$"
_SHEETS = "sheet|workbook|content|sharedStrings"
_CONTAINER = (_flipped, _cut, _parts)
_MARKED_UP = tuple(
    _in_a_part(way, wanted)
    for way in (_pieces(_PIECES, 30), _tags, _elements)
    for wanted in (_XML, f"({_SHEETS}).*{_XML}")
)
WAYS: Mapping[str, Sequence[Way]] = {
    "xlsx": (*_CONTAINER, *_MARKED_UP),
    "ods": (*_CONTAINER, *_MARKED_UP),
    "xlsb": (
        *_CONTAINER,
        _in_a_part(_tags, _XML),
        *(_in_a_part(way, r"\.bin$") for way in (_flipped, _cut)),
        *(_in_a_part(_in_records(_change_records), name) for name in (r"\.bin$", r"sheet.*\.bin$")),
    ),
    "xls": (_flipped, _cut, _xls_records, _xls_records, _xls_records),
    "csv": (_flipped, _cut, _pieces(_OF_TEXT, 8), _lines, _quotes, _encoded),
}
"""How each kind of file can be broken."""
