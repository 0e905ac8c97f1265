"""What the styles of an OpenDocument spreadsheet make of the cells that have them.

Source: OpenDocument 1.3, part 3: sections 16 (styles) and 20 (their properties). Those that a
person has named stand in `styles.xml`; those in `content.xml` may build on them.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar
from xml.parsers import expat

from aapimport.sheets.facts import LEAST_HEIGHT

_Style = TypeVar("_Style")
_WHITE = "#ffffff"
_FLAT = {"table-row": "row-height", "table-column": "column-width"}
"""The property of each family that may say that nobody sees it."""
_LENGTH = re.compile(r"\s*\+?(\d+\.?\d*|\.\d+)\s*([a-z%]*)\s*", re.IGNORECASE)
_POINTS = {"pt": 1.0, "px": 0.75, "pc": 12.0, "in": 72.0, "cm": 28.35, "mm": 2.835}
_OTHERS = {"page-layout", "master-page", "default-page-layout", "presentation-page-layout"}


class Styles:
    """The styles of a spreadsheet, as they are read.

    Attributes:
        hiding: The names of styles that hide a sheet.
    """

    def __init__(self) -> None:
        self.hiding: set[str] = set()
        self._current = self._family = ""
        self._flat: set[tuple[str, str]] = set()
        self._unshown: set[str] = set()
        self._struck: set[str] = set()
        self._white: set[str] = set()
        self._filled: set[str] = set()
        self._applied: dict[str, list[str]] = {}
        self._looks: dict[str, str] = {}

    def start(self, name: str, known: Mapping[str, str]) -> None:
        """Take in an element: its name and attributes, without their namespaces."""
        if name == "style":
            self._current, self._family = known.get("name", ""), known.get("family", "")
            parent = known.get("parent-style-name", "")
            if self._family in _FLAT:
                is_flat = (self._family, parent) in self._flat
                _keep(self._flat, (self._family, self._current), is_in=is_flat)
                return
            for styles in (self._struck, self._white, self._filled, self._unshown):
                _keep(styles, self._current, is_in=parent in styles)
        elif name.endswith("style") or name in _OTHERS:
            self._current = ""  # of numbers, lists and pages, whose texts are no cells'
        elif self._current:
            self._start_in_style(name, known)

    def _start_in_style(self, name: str, known: Mapping[str, str]) -> None:
        if name == "map":
            self._applied.setdefault(self._current, []).append(known.get("apply-style-name", ""))
        elif name == "table-properties" and known.get("display") == "false":
            self.hiding.add(self._current)
        elif name == "text-properties":
            line = known.get("text-line-through-style", known.get("text-line-through-type"))
            if line is not None:
                _keep(self._struck, self._current, is_in=line not in {"", "none"})
            if "display" in known:
                _keep(self._unshown, self._current, is_in=known["display"] == "none")
            if "color" in known:
                _keep(self._white, self._current, is_in=known["color"].lower() == _WHITE)
        elif name == "table-cell-properties" and "background-color" in known:
            fill = known["background-color"].lower()
            _keep(self._filled, self._current, is_in=fill not in {"transparent", _WHITE})

        elif (said := _FLAT.get(self._family, "")) in known:
            is_flat = known.get(f"use-optimal-{said}") != "true" and _is_nothing(known[said])
            _keep(self._flat, (self._family, self._current), is_in=is_flat)

    def is_flat(self, family: str, style: str) -> bool:
        """Whether rows (`table-row`) or columns (`table-column`) of a style can hardly be seen.

        Where a program is to find the best height itself, as it opens the file, they can.
        """
        return (family, style) in self._flat

    def look(self, style: str, letters: Collection[str] = ()) -> str:
        """In words, what a value looks like that is crossed out by a style, else nothing.

        Args:
            style: The cell's.
            letters: Those of letters that have their own.
        """
        styles = (style, *letters)
        if not self._struck.isdisjoint(styles):
            return "struck through"
        if not self._unshown.isdisjoint(styles):
            return "in hidden letters"
        is_white = style not in self._filled and not self._white.isdisjoint(styles)
        return "written in white" if is_white else ""

    def may_look(self, style: str) -> str:
        """The same for the styles that a condition gives to cells with a style (16.3)."""
        if style not in self._looks:
            applied = self._applied.get(style, ())
            self._looks[style] = next(filter(None, map(self.look, applied)), "")
        return self._looks[style]


def read_styles(chunks: Iterable[bytes]) -> Styles:
    """The styles in a part.

    Raises:
        ValueError: It isn't XML that can be parsed.
    """
    styles = Styles()

    def start(tag: str, named: dict[str, str]) -> None:
        known = {key.rpartition(" ")[2]: value for key, value in named.items()}
        styles.start(tag.rpartition(" ")[2], known)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError) as error:  # LookupError: of an unknown encoding
        raise ValueError(str(error)) from error
    return styles


def _is_nothing(length: str) -> bool:
    """Whether a length such as `0.02cm` is one that nobody can see."""
    found = _LENGTH.fullmatch(length)
    if found is None:
        return False
    return float(found[1]) * _POINTS.get(found[2].lower(), LEAST_HEIGHT) < LEAST_HEIGHT


def _keep(styles: set[_Style], name: _Style, *, is_in: bool) -> None:
    (styles.add if is_in else styles.discard)(name)
