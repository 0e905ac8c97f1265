"""The sheets in an OpenDocument spreadsheet's `content.xml`, cell by cell.

Source: OpenDocument 1.3, part 3: sections 9.1 (tables) and 19 (attributes).
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from xml.parsers import expat

from aapimport.sheets.book import Value
from aapimport.sheets.facts import Area, Cell, Facts, Looks, Reason, Unseen
from aapimport.sheets.formats.ods_cell import CELLS, NUMBERS, OdsCell, number_in
from aapimport.sheets.formats.ods_styles import Styles
from aapimport.sheets.number_formats import LONGEST_NUMBER, seen_as

_MOST_REPEATED = 100_000
"""Longer runs are what is left of the sheet below and beside its cells."""
_GROUPS = {"table-row-group", "table-column-group"}
_COST_OF_VALUELESS = 8
"""A cell of which nothing but a lack is known takes so many times as long as a filled one."""
_ROW_END, _COLUMN_END = 1_048_576, 16_384


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
        self._groups: list[bool] = []
        self._folded = 0
        self._areas: list[Area] = []
        self._conditional: dict[int, int] = {}
        self._empty: list[tuple[OdsSheet, tuple[range, range]]] = []
        self._is_calculated = False
        self._valueless = 0
        self._row, self._rows, self._column, self._widest = 0, 1, 0, 0
        self._cells: list[tuple[int, int, Value]] = []
        self._cell: OdsCell | None = None
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
            for sheet, ranges in self._empty:
                sheet.facts.unstored.update(product(*ranges))

    def _start(self, tag: str, named: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if self._cell is not None:
            self._cell.start(name, named)
            return
        known = {
            key.rpartition(" ")[2]: value for key, value in named.items() if "calcext" not in key
        }
        if name in CELLS:
            if "error" in named.values():
                errors = (key for key, value in named.items() if value == "error")
                known |= {"error": "1"} if any("calcext" in key for key in errors) else {}
            self._cell = OdsCell(known)
        elif name == "table":
            self.sheets.append(OdsSheet(known.get("name", ""), known.get("style-name", "")))
            self._row, self._rows, self._column, self._areas = 0, 1, 0, []
            self._groups, self._folded = [], 0
            self._widest, self._column_styles, self._conditional = 0, [], {}
        elif self.sheets and name == "table-column":
            self._start_column(known)
        elif self.sheets and name == "table-row":
            self._start_row(known)
        elif self.sheets and name in _GROUPS:
            self._groups.append(known.get("display") == "false")
            self._folded += self._groups[-1]
        else:
            self.styles.start(name, known)

    def _mark(self) -> None:
        if self._cell is not None:
            self._cell.is_odd = True

    def _characters(self, text: str) -> None:
        if self._cell is not None:
            self._cell.characters(text)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if self._cell is not None:
            if self._cell.end(name):
                self._end_cell(self._cell)
                self._cell = None
        elif self.sheets and name == "table-row":
            self._end_row()
        elif self._groups and name in _GROUPS:
            self._folded -= self._groups.pop()
        elif self.sheets and name == "table":
            facts = self.sheets[-1].facts
            facts.merged = tuple(self._areas)
            facts.conditional = [
                ((row, column, _ROW_END, column), "cross people out")
                for column, row in self._conditional.items()
            ]

    def _start_column(self, known: dict[str, str]) -> None:
        repeated = number_in(known, "number-columns-repeated")
        if self._is_hidden("table-column", known) and repeated <= _MOST_REPEATED:
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
        self._rows = min(number_in(known, "number-rows-repeated"), max(_ROW_END - self._row + 1, 1))
        if self._is_hidden("table-row", known) and self._rows <= _MOST_REPEATED:
            hidden = range(self._row, self._row + self._rows)
            self.sheets[-1].facts.hidden_rows.update(hidden)

    def _is_hidden(self, family: str, known: dict[str, str]) -> bool:
        """Whether a row or column is hidden or filtered out, in a folded group, or of no size."""
        return (
            known.get("visibility", "visible") != "visible"
            or self._folded > 0
            or self.styles.is_flat(family, known.get("style-name", ""))
        )

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

    def _end_cell(self, cell: OdsCell) -> None:
        said = cell.said
        facts, place = self.sheets[-1].facts, (self._row, self._column)
        width = number_in(said, "number-columns-spanned")
        height = number_in(said, "number-rows-spanned")
        if width > 1 or height > 1:
            self._areas.append((*place, self._row + height - 1, self._column + width - 1))
        repeated = min(number_in(said, "number-columns-repeated"), _COLUMN_END)
        value: Value
        if cell.is_error:
            value, self._is_calculated = cell.text, self._is_calculated or cell.is_formula
            facts.errors.update(dict.fromkeys(self._places(repeated), value or "#N/A"))
        else:
            value = cell.value()
            self._weigh(cell, value, repeated)
        if value != "":
            self._hold(cell, value, repeated)
        if cell.link:
            facts.links.update(dict.fromkeys(self._places(repeated), cell.link))
        if cell.comment:
            self.sheets[-1].looks.comments[place] = cell.comment
        self._column += repeated

    def _hold(self, cell: OdsCell, value: Value, repeated: int) -> None:
        """Keep a value, and what it looks like."""
        self._cells.append((self._column, repeated, value))
        style, looks = self._style_of(cell), self.sheets[-1].looks
        if look := self.styles.look(style, cell.letters):
            looks.crossed_out.update(dict.fromkeys(self._places(repeated), look))
        if self.styles.may_look(style):
            self._conditional.setdefault(self._column, self._row)
        if cell.is_odd or isinstance(value, dt.date | dt.timedelta):
            self.sheets[-1].odd.update(self._places(repeated))

    def _style_of(self, cell: OdsCell) -> str:
        """The style of a cell: its own, else its row's, else its column's."""
        columns = (style for at, end, style in self._column_styles if at <= self._column < end)
        return cell.said.get("style-name") or self._row_style or next(columns, "")

    def _weigh(self, cell: OdsCell, value: Value, repeated: int) -> None:
        """Note a value that isn't stored, or isn't what is shown."""
        sheet = self.sheets[-1]
        if value == "":
            if cell.may_be_blank and not cell.is_formula:
                return
            rows, columns = ranges = self._ranges(repeated)
            self._valueless += len(rows) * len(columns) * _COST_OF_VALUELESS
            if self._valueless > self._most:
                raise OverflowError
            if cell.may_be_blank:  # an empty text, or nobody has worked it out
                self._empty.append((sheet, ranges))
            else:
                sheet.facts.unstored.update(product(rows, columns))
            return
        self._is_calculated = self._is_calculated or cell.is_formula
        if cell.kind in NUMBERS and isinstance(value, float):
            if cell.is_formula and value == 0:
                sheet.facts.zeros.update(self._places(repeated))
            self._weigh_number(cell, repeated, value)

    def _places(self, columns: int) -> Iterator[Cell]:
        """Every cell that the element stands for: rows and cells that are the same are counted."""
        return product(*self._ranges(columns))

    def _ranges(self, columns: int) -> tuple[range, range]:
        """The rows and columns of those cells, of which something is known beside their values."""
        rows = min(self._rows, _MOST_REPEATED // columns)
        return range(self._row, self._row + rows), range(self._column, self._column + columns)

    def _weigh_number(self, cell: OdsCell, columns: int, value: float) -> None:
        """Note what a number is shown as: the cell holds that, too."""
        if not cell.paragraphs:
            return  # it isn't said; programs that write by hand leave it out
        seen = seen_as(cell.text, value, is_percentage=cell.kind == "percentage")
        looks, text = self.sheets[-1].looks, cell.text[:LONGEST_NUMBER]
        if seen is None and not any(map(str.isdecimal, text)):  # the format puts it in its place
            looks.texts_shown.update(dict.fromkeys(self._places(columns), text))
        elif seen is None:
            looks.unclear.update(dict.fromkeys(self._places(columns), f"as {text!r}"))
        elif seen:
            looks.shown.update(dict.fromkeys(self._places(columns), seen))
