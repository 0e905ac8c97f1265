"""What cells of a binary workbook look like, by styles and shared texts ([MS-XLSB] 2.4 and 2.5)."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aapimport.sheets.colours import is_white
from aapimport.sheets.formats.xlsb_records import number, read_whole, records, text
from aapimport.sheets.number_formats import BUILT_IN

_FORMAT, _STYLE, _STYLES, _STYLES_END, _STRING, _FONT, _FILL = 44, 47, 617, 618, 19, 43, 45
_STRUCK, _SOLID, _RICH = 0x08, 1, 1
_PALETTE, _AS_RGB, _THEME = 1, 2, 3
_STRUCK_THROUGH, _IN_WHITE = "struck through", "written in white"


@dataclass(frozen=True, slots=True)
class Style:
    """A cell's style.

    Attributes:
        form: The number format.
        look: In words, what a value looks like that is crossed out by it, else empty.
        is_plain: Whether the cell is white, so that nobody sees white letters in it.
    """

    form: str = "General"
    look: str = ""
    is_plain: bool = True

    def with_letters(self, looks: str) -> str:
        """The look of a cell some of whose letters look like that."""
        return self.look or (looks if self.is_plain or looks != _IN_WHITE else "")


@dataclass(frozen=True, slots=True)
class Styles:
    """The styles of a workbook's cells, by number, and the look of each font."""

    cells: Sequence[Style]
    fonts: Sequence[str]


def read_styles(data: bytes) -> Styles:
    """The styles of a workbook; one style where it has none."""
    try:
        part = read_whole(data, "xl/styles.bin")
    except KeyError:
        return Styles([Style()], [])
    formats = dict(BUILT_IN)
    fonts: list[str] = []
    plain: list[bool] = []
    cells: list[Style] = []
    inside = False
    for kind, body in records(part):
        if kind == _FORMAT:
            formats[int.from_bytes(body[:2], "little")] = text(body, 2)[0]
        elif kind == _FONT:
            white = _IN_WHITE if _is_white(body, 12) else ""
            fonts.append(_STRUCK_THROUGH if body[2] & _STRUCK else white)
        elif kind == _FILL:
            pattern = number(body)
            plain.append(not pattern or (pattern == _SOLID and _is_white(body, 4)))
        elif kind in {_STYLES, _STYLES_END}:
            inside = kind == _STYLES
        elif kind == _STYLE and inside:
            form, font, fill = struct.unpack_from("<3H", body, 2)
            is_plain = fill >= len(plain) or plain[fill]
            look = fonts[font] if font < len(fonts) else ""
            look = "" if look == _IN_WHITE and not is_plain else look
            cells.append(Style(formats.get(form, f"number {form}"), look, is_plain))
    return Styles(cells or [Style()], fonts)


def read_strings(data: bytes, fonts: Sequence[str]) -> list[tuple[str, str]]:
    """The texts that cells share, each with its look if some of its letters are crossed out."""
    try:
        part = read_whole(data, "xl/sharedStrings.bin")
    except KeyError:
        return []
    return [rich_text(body, 0, fonts) for kind, body in records(part) if kind == _STRING]


def rich_text(body: bytes, at: int, fonts: Sequence[str]) -> tuple[str, str]:
    """A text whose letters may have fonts of their own (RichStr), and its look by those."""
    value, end = text(body, at + 1)
    if not body[at] & _RICH:
        return value, ""
    looks = {fonts[one] for one in _fonts_of(body, end) if one < len(fonts)}
    return value, next((one for one in (_STRUCK_THROUGH, _IN_WHITE) if one in looks), "")


def _fonts_of(body: bytes, at: int) -> Iterator[int]:
    """The fonts of a text's runs: each is two bytes for where it begins, and two for its font."""
    for run in range(min(number(body, at), (len(body) - at - 4) // 4)):
        yield int.from_bytes(body[at + 6 + 4 * run : at + 8 + 4 * run], "little")


def _is_white(body: bytes, at: int) -> bool:
    """Whether a colour (BrtColor) is white."""
    kind, which = body[at] >> 1, body[at + 1]
    tint = struct.unpack_from("<h", body, at + 2)[0] / 32_767
    rgb = f"FF{body[at + 4 : at + 7].hex()}" if kind == _AS_RGB else ""
    theme, indexed = (which if kind == one else None for one in (_THEME, _PALETTE))
    return is_white(rgb, theme, indexed, tint)
