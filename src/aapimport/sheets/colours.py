"""Which colours of a workbook are white: whoever is written in it on white, nobody sees."""

_NEARLY = 0xF0
"""Each of red, green and blue from here on: nobody reads such letters on white."""
_OF_THE_PALETTE = (1, 9, 65)
"""White in the palette of old workbooks, and the window's background (ECMA-376 part 1, 18.8.27)."""
_BACKGROUND = 0
"""The theme's colour for backgrounds, which Excel's own palette writes for white."""
_STILL_WHITE = -0.04
"""A tint below this makes it grey."""


def is_white(rgb: str, theme: int | None, indexed: int | None, tint: float) -> bool:
    """Whether a colour is white.

    Args:
        rgb: Its letters as `FFFFFFFF`, where it is written like that; else empty.
        theme: The number of the theme's colour, where it is one.
        indexed: The number in the palette, where it is one of that.
        tint: How much lighter or darker it is, from -1 to 1.
    """
    if rgb:
        try:
            return min(bytes.fromhex(rgb[-6:])) >= _NEARLY
        except ValueError:
            return False
    if theme is not None:
        return theme == _BACKGROUND and tint >= _STILL_WHITE
    return indexed in _OF_THE_PALETTE
