"""OpenDocument spreadsheets: the values, read twice, and what values alone don't tell.

The values are those in `content.xml` as the standard reads them. The value reader of other formats
loses tabs, line breaks and errors, and gives up files with blanks between the cells; apart from
that it is the second reader here.
"""

import datetime as dt
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from typing import Any

from aapimport.errors import FileProblemError
from aapimport.sheets.archive import read_part
from aapimport.sheets.book import Choices, Sheet, Value
from aapimport.sheets.facts import Columns, Facts
from aapimport.sheets.formats.calamine import MOST_CELLS, Grid, read_grids
from aapimport.sheets.formats.ods_content import Content, OdsSheet
from aapimport.sheets.formats.ods_styles import Styles, read_styles
from aapimport.sheets.intake import Intake
from aapimport.sheets.limits import limits_for
from aapimport.sheets.refusals import damaged, too_many_cells

_MEMORY_PER_CELL = 100


def open_sheets(intake: Intake, name: str, _choices: Choices) -> list[Sheet]:
    """The sheets of an OpenDocument spreadsheet; it raises what `read_ods` does."""
    return read_ods(intake.data, name, partial(read_grids, intake, name))


def read_ods(data: bytes, name: str, other_reader: Callable[[], list[Grid]]) -> list[Sheet]:
    """The sheets of an OpenDocument spreadsheet.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        name: The file's name, for messages.
        other_reader: What another reader makes of it; it raises FileProblemError where it fails.

    Raises:
        FileProblemError: It can't be read, or has too many cells.
    """
    try:
        most = limits_for(len(data)).memory // _MEMORY_PER_CELL
        content = Content(read_part(data, "content.xml"), most, _named_styles(data))
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        # The other reader isn't asked: in XML that isn't well-formed it may go on for ever.
        raise damaged(name) from error
    except OverflowError as error:
        raise too_many_cells(name) from error
    others: list[Grid] = []
    try:
        if max((sheet.extent for sheet in content.sheets), default=0) < MOST_CELLS:
            others = other_reader()
    except FileProblemError:
        others = []  # it knows fewer ways to write a file
    twice = len(others) == len(content.sheets)
    return [
        Sheet(
            name=sheet.name,
            hidden=sheet.style in content.styles.hiding,
            first_column=0,
            rows=sheet.values,
            facts=partial(_facts, sheet, others[at] if twice else None),
        )
        for at, sheet in enumerate(content.sheets)
    ]


def _named_styles(data: bytes) -> Styles:
    """The styles that a person has named; a spreadsheet may have none."""
    try:
        return read_styles(read_part(data, "styles.xml"))
    except KeyError:
        return Styles()


def _facts(sheet: OdsSheet, other: Grid | None) -> Facts:
    """What is known of a sheet, and what the other reader found in its cells."""
    return replace(sheet.facts, second=_columns(sheet, other)) if other else sheet.facts


def _columns(sheet: OdsSheet, other: Grid) -> Columns:
    """The other reader's values by column and row; ours, where they differ in blanks alone."""
    columns: Columns = []
    start = other.first_column
    ours_before: Sequence[Value] = ()
    theirs_before: Sequence[Value] = ()
    held: dict[int, Any] = {}
    for row, (ours, theirs) in enumerate(
        zip_longest(sheet.values(), other.rows(), fillvalue=()), start=1
    ):
        # A row that is repeated is one and the same, ten thousand times.
        if ours is not ours_before or theirs != theirs_before or sheet.odd:
            width = max(len(ours), start + len(theirs))
            columns += [{} for _ in range(len(columns), width)]
            held = {}
            for column in range(width):
                value = ours[column] if column < len(ours) else ""
                said = theirs[column - start] if start <= column < start + len(theirs) else ""
                if value == said or (row, column) in sheet.odd or _bare(value) == _bare(said):
                    said = value
                if said != "":
                    dated = isinstance(said, dt.date | dt.time | dt.timedelta)
                    held[column] = {"date": str(said)} if dated else said
            ours_before, theirs_before = ours, theirs
        for column, said in held.items():
            columns[column][row] = said
    return columns


def _bare(value: Value) -> Value:
    """A text without blanks and soft hyphens, which the other reader doesn't tell apart."""
    return "".join(value.replace("\xad", "").split()) if isinstance(value, str) else value
