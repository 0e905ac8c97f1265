"""The sheets in an OpenDocument spreadsheet's `content.xml`, cell by cell.

Source: OpenDocument 1.3, part 3: sections 6.1 (blanks in paragraphs), 9.1 (tables) and 19.
"""

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from xml.parsers import expat

from aapimport.sheets.book import Value
from aapimport.sheets.facts import Area, Cell, Facts, Looks, Reason, Unseen
from aapimport.sheets.formats.ods_styles import Styles
from aapimport.sheets.number_formats import LONGEST_NUMBER, seen_as
from aapimport.text import linked_address

_NUMBERS = {"float", "percentage", "currency"}
_ERROR_TEXT = re.compile(r"#[A-Z][A-Z0-9/]*[!?]?|Err:\d+")
_BLANKS = re.compile(r"[ \t\r\n]+")
_DURATION = re.compile(r"P(?:(\d{1,6})D)?T(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,8}(?:\.\d+)?)S)?")
_MOST_REPEATED = 100_000
"""Longer runs are what is left of the sheet below and beside its cells."""
_ROW_END, _COLUMN_END = 1_048_576, 16_384
_ABOUT_COMMENTS = {"creator", "date", "date-string", "sender-initials"}
"""Who wrote a comment and when, which stands inside of it."""
_NOT_IN_THE_TEXT = {"ruby-text", "note", "frame", "custom-shape", "g", "table"}
"""What stands in a cell beside its own text: how it is spoken, footnotes, drawings, tables."""
_SIGNS = {"tab": "\t", "line-break": "\n", "soft-hyphen": "\xad"}


@dataclass(slots=True)
class OdsSheet:
    """A sheet.

    Attributes:
        name: Its name.
        style: The name of its style, which may hide it.
        looks: What its cells look like.
        facts: What is known of its cells beside their values, their looks included.
        rows: Rows that hold something: the first one, how many are the same, and their cells, each
            as (first column, how many are the same, value).
        odd: Cells whose text the value reader is known to read with letters lost or added.
        size: How many cells hold something.
        extent: How many cells there are up to the last one that holds something, blank ones, too.
    """

    name: str
    style: str
    looks: Looks = field(default_factory=Looks)
    facts: Facts = field(init=False)
    rows: list[tuple[int, int, list[tuple[int, int, Value]]]] = field(default_factory=list)
    odd: set[Cell] = field(default_factory=set)
    size: int = 0
    extent: int = 0

    def __post_init__(self) -> None:
        """Begin with nothing known."""
        self.facts = Facts(second=Unseen(Reason.ONE_READER_KNOWS), looks=self.looks)

    def values(self) -> Iterator[list[Value]]:
        """The rows from row 1 on, each up to its last filled cell."""
        at = 1
        for row, repeated, cells in self.rows:
            for _ in range(at, row):
                yield []
            last, count, _ = cells[-1]
            values: list[Value] = [""] * (last + count)
            for column, count, value in cells:
                values[column : column + count] = [value] * count
            for _ in range(repeated):
                yield values
            at = row + repeated


class Content:
    """The sheets in a `content.xml`.

    Args:
        chunks: The part's bytes.
        most: How many filled cells there may be.
        styles: The styles that are known already.

    Attributes:
        sheets: Those that were found.
        styles: What its styles make of sheets and cells.

    Raises:
        ValueError: It isn't XML that can be parsed.
        OverflowError: It has more filled cells than that.
    """

    def __init__(self, chunks: Iterable[bytes], most: int, styles: Styles | None = None) -> None:
        self.sheets: list[OdsSheet] = []
        self.styles = styles or Styles()
        self._most = most
        self._column_styles: list[tuple[int, int, str]] = []
        self._row_style = ""
        self._areas: list[Area] = []
        self._conditional: dict[int, int] = {}
        self._empty: list[tuple[OdsSheet, Cell]] = []
        self._is_calculated = False
        self._row, self._rows, self._column, self._widest = 0, 1, 0, 0
        self._cells: list[tuple[int, int, Value]] = []
        self._cell: dict[str, str] | None = None
        self._text = self._comment = self._paragraph = ""
        self._letters: set[str] = set()
        self._paragraphs = 0
        self._is_odd = False
        self._beside = 0
        self._in_comment = self._about_comment = False
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartCdataSectionHandler = self._mark
        try:
            for chunk in chunks:
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, LookupError) as error:  # LookupError: of an unknown encoding
            raise ValueError(str(error)) from error
        if not self._is_calculated:  # no program has: then empty results are none
            for sheet, cell in self._empty:
                sheet.facts.unstored.add(cell)

    def _start(self, tag: str, named: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if self._cell is not None:
            self._start_in_cell(name, named)
            return
        known = {
            key.rpartition(" ")[2]: value for key, value in named.items() if "calcext" not in key
        }
        if name in {"table-cell", "covered-table-cell"}:
            self._cell = known
            if any("calcext" in key and value == "error" for key, value in named.items()):
                known["error"] = "1"
            self._start_text()
        elif name == "table":
            self.sheets.append(OdsSheet(known.get("name", ""), known.get("style-name", "")))
            self._row, self._rows, self._column, self._areas = 0, 1, 0, []
            self._widest, self._column_styles, self._conditional = 0, [], {}
        elif self.sheets and name == "table-column":
            self._start_column(known)
        elif self.sheets and name == "table-row":
            self._start_row(known)
        else:
            self.styles.start(name, known)

    def _start_in_cell(self, name: str, named: dict[str, str]) -> None:
        if self._beside or name in _NOT_IN_THE_TEXT:
            self._beside += 1
            self._mark()
        elif name == "annotation":
            self._in_comment = True
        elif self._in_comment:
            self._about_comment = self._about_comment or name in _ABOUT_COMMENTS
        elif name == "span":
            style = next((text for key, text in named.items() if key.endswith(" style-name")), "")
            self._letters.add(style)
        elif name == "p":
            self._paragraphs += 1
            self._paragraph = ""
        elif name == "s":
            count = _number({key.rpartition(" ")[2]: text for key, text in named.items()}, "c")
            self._paragraph += "\0" * min(count, _MOST_REPEATED)
        elif name in _SIGNS:
            self._paragraph += _SIGNS[name].replace("\t", "\1").replace("\n", "\2")
        elif name == "a":
            target = next((text for key, text in named.items() if key.endswith(" href")), "")
            if address := linked_address(target):
                self.sheets[-1].looks.links[self._row, self._column] = address

    def _start_text(self) -> None:
        self._text = self._comment = self._paragraph = ""
        self._letters = set()
        self._paragraphs = 0
        self._is_odd = False

    def _mark(self) -> None:
        self._is_odd = True

    def _characters(self, text: str) -> None:
        if self._cell is None or self._beside or self._about_comment:
            return
        if self._in_comment:
            self._comment += text
        elif self._paragraphs:
            self._paragraph += text

    def _end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if self._beside:
            self._beside -= 1
        elif name in {"table-cell", "covered-table-cell"}:
            self._end_cell()
        elif name == "annotation":
            self._in_comment = False
        elif name in _ABOUT_COMMENTS:
            self._about_comment = False
        elif self._cell is not None and name == "p" and not self._in_comment:
            # Blanks with an element count each; others in a row are one, and none at the ends.
            text = _BLANKS.sub(" ", self._paragraph).strip(" ")
            text = text.replace("\0", " ").replace("\1", "\t").replace("\2", "\n")
            self._text = text if self._paragraphs == 1 else f"{self._text}\n{text}"
            self._paragraph = ""
        elif self.sheets and name == "table-row":
            self._end_row()
        elif self.sheets and name == "table":
            facts = self.sheets[-1].facts
            facts.merged = tuple(self._areas)
            facts.conditional = [
                ((row, column, _ROW_END, column), "cross people out")
                for column, row in self._conditional.items()
            ]

    def _start_column(self, known: dict[str, str]) -> None:
        repeated = _number(known, "number-columns-repeated")
        if known.get("visibility", "visible") != "visible" and repeated <= _MOST_REPEATED:
            end = min(self._column + repeated, _COLUMN_END)
            self.sheets[-1].facts.hidden_columns.update(range(self._column, end))
        if self.styles.look(style := known.get("default-cell-style-name", "")):
            self._column_styles.append((self._column, self._column + repeated, style))
        self._column += repeated

    def _start_row(self, known: dict[str, str]) -> None:
        self._row += 1
        self._column = 0
        self._cells = []
        self._row_style = known.get("default-cell-style-name", "")
        self._rows = min(_number(known, "number-rows-repeated"), max(_ROW_END - self._row + 1, 1))
        if known.get("visibility", "visible") != "visible" and self._rows <= _MOST_REPEATED:
            hidden = range(self._row, self._row + self._rows)
            self.sheets[-1].facts.hidden_rows.update(hidden)

    def _end_row(self) -> None:
        if self._cells:
            sheet = self.sheets[-1]
            sheet.rows.append((self._row, self._rows, self._cells))
            sheet.size += self._rows * sum(count for _, count, _ in self._cells)
            if sheet.size > self._most:
                raise OverflowError
            sheet.extent = (self._row + self._rows) * max(self._widest, self._column)
        self._widest = max(self._widest, self._column)
        self._row += self._rows - 1

    def _end_cell(self) -> None:
        known, self._cell = self._cell or {}, None
        facts, place = self.sheets[-1].facts, (self._row, self._column)
        width = _number(known, "number-columns-spanned")
        height = _number(known, "number-rows-spanned")
        if width > 1 or height > 1:
            self._areas.append((*place, self._row + height - 1, self._column + width - 1))
        repeated = min(_number(known, "number-columns-repeated"), _COLUMN_END)
        kind = known.get("value-type", "")
        if "formula" in known and kind:
            self._is_calculated = True
        value: Value = ""
        if "error" in known or (kind in _NUMBERS and _ERROR_TEXT.fullmatch(self._text)):
            facts.errors.update(dict.fromkeys(self._places(repeated), self._text or "#N/A"))
            value = self._text
        elif "formula" in known and not kind:
            self._weigh_formula(place)
        else:
            value = self._value(kind, known)
            if "formula" in known and value == 0 and kind in _NUMBERS:
                facts.zeros.update(self._places(repeated))
            if kind in _NUMBERS and isinstance(value, float):
                self._weigh_number(repeated, value, is_percentage=kind == "percentage")
        if value != "":
            self._hold(value, repeated, known)
        if self._comment:
            self.sheets[-1].looks.comments[place] = self._comment
        self._column += repeated

    def _hold(self, value: Value, repeated: int, known: dict[str, str]) -> None:
        """Keep a value, and what it looks like."""
        self._cells.append((self._column, repeated, value))
        style, looks = self._style_of(known), self.sheets[-1].looks
        if look := self.styles.look(style, self._letters):
            looks.crossed_out.update(dict.fromkeys(self._places(repeated), look))
        if self.styles.may_look(style):
            self._conditional.setdefault(self._column, self._row)
        if self._is_odd or isinstance(value, dt.date | dt.timedelta):
            self.sheets[-1].odd.update(self._places(repeated))

    def _style_of(self, known: dict[str, str]) -> str:
        """The style of a cell: its own, else its row's, else its column's."""
        columns = (style for at, end, style in self._column_styles if at <= self._column < end)
        return known.get("style-name") or self._row_style or next(columns, "")

    def _value(self, kind: str, known: dict[str, str]) -> Value:
        """A cell's value; where it can't be read as what it says it is, the text that is shown."""
        text = self._text
        if kind == "string" or not kind:
            return text if self._paragraphs else known.get("string-value", "")
        if kind == "boolean" and known.get("boolean-value") in {"true", "false"}:
            return known["boolean-value"] == "true"
        said = known.get({"date": "date-value", "time": "time-value"}.get(kind, "value"), "")
        try:
            if kind == "date":
                return dt.datetime.fromisoformat(said)
            if kind == "time" and (found := _DURATION.fullmatch(said)):
                days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
                return dt.timedelta(days, seconds, minutes=minutes, hours=hours)
            if kind in _NUMBERS and math.isfinite(number := float(said)):
                return number
        except (ValueError, OverflowError):
            pass
        self._mark()
        return text or said

    def _weigh_formula(self, place: Cell) -> None:
        """Note a formula without a result; LibreOffice stores an empty text as no result at all."""
        if self._text:
            self.sheets[-1].facts.unstored.add(place)
        else:
            self._empty.append((self.sheets[-1], place))

    def _places(self, columns: int) -> Iterator[Cell]:
        """Every cell that the element stands for: rows and cells that are the same are counted."""
        rows = range(self._row, self._row + min(self._rows, _MOST_REPEATED // columns))
        return product(rows, range(self._column, self._column + columns))

    def _weigh_number(self, columns: int, value: float, *, is_percentage: bool) -> None:
        """Note what a number is shown as: the cell holds that, too."""
        if not self._paragraphs:
            return  # it isn't said; programs that write by hand leave it out
        seen = seen_as(self._text, value, is_percentage=is_percentage)
        if seen is None:
            how = f"as {self._text[:LONGEST_NUMBER]!r}"
            self.sheets[-1].looks.unclear.update(dict.fromkeys(self._places(columns), how))
        elif seen:
            self.sheets[-1].looks.shown.update(dict.fromkeys(self._places(columns), seen))


def _number(attributes: dict[str, str], name: str) -> int:
    """A count of at least one, as LibreOffice takes it, and at most the rows of a sheet."""
    said = attributes.get(name)
    if said is None:
        return 1
    said = said.strip()
    if not said.isascii() or not said.isdecimal():
        return 1
    return max(int(said), 1) if len(said) < 8 else _ROW_END  # noqa: PLR2004 -- any sheet ends
