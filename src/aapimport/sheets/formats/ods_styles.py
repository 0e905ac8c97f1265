"""What the styles of an OpenDocument spreadsheet make of the cells that have them.

Source: OpenDocument 1.3, part 3: sections 16 (styles) and 20 (their properties). Styles that stand
in `styles.xml`, which a person has named, are not looked at.
"""

from collections.abc import Mapping

_WHITE = "#ffffff"


class Styles:
    """The styles in a `content.xml`, as they are read.

    Attributes:
        hiding: The names of styles that hide a sheet.
    """

    def __init__(self) -> None:
        self.hiding: set[str] = set()
        self._current = ""
        self._struck: set[str] = set()
        self._white: set[str] = set()
        self._filled: set[str] = set()

    def start(self, name: str, known: Mapping[str, str]) -> None:
        """Take in an element: its name and attributes, without their namespaces."""
        if name == "style":
            self._current = known.get("name", "")
            parent = known.get("parent-style-name", "")
            for styles in (self._struck, self._white, self._filled):
                if parent in styles:
                    styles.add(self._current)
        elif name == "table-properties" and known.get("display") == "false":
            self.hiding.add(self._current)
        elif name == "text-properties":
            line = known.get("text-line-through-style", known.get("text-line-through-type", ""))
            if line not in {"", "none"}:
                self._struck.add(self._current)
            if known.get("color", "").lower() == _WHITE:
                self._white.add(self._current)
        elif name == "table-cell-properties":
            fill = known.get("background-color", "transparent").lower()
            if fill not in {"transparent", _WHITE}:
                self._filled.add(self._current)

    def look(self, style: str) -> str:
        """In words, what a value looks like that is crossed out by a style, else nothing."""
        if style in self._struck:
            return "struck through"
        return "written in white" if style in self._white - self._filled else ""
