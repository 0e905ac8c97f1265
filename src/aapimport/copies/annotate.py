"""`validate --annotate`: the rows as they were, with what was found marked in place."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.check.check_file import Checked
from aapimport.check.noted import Kind
from aapimport.copies.fix import cells_of, said_of, sentence, unclear_format
from aapimport.copies.own_sheet import own_cell, own_title, own_widths
from aapimport.copies.read_again import is_blank, read_again
from aapimport.problems.problem import Level, Problem
from aapimport.sheets.book import Value
from aapimport.template.columns import RESULTS_PROPERTY
from aapimport.template.output import (
    check_workbook_name,
    error_cell,
    new_sheet,
    new_workbook,
    numbered_rows,
    readable_comment,
    save_workbook,
    text_cell,
)
from aapimport.template.workbook import Sheet, add_property, header_cell, set_up, write_sheet
from aapimport.text import column_letters

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.styles import PatternFill
    from openpyxl.worksheet.worksheet import Worksheet

MAX_COMMENTS = 2_000
"""Cells that get a comment; Excel becomes slow with more. Colours and reasons have no limit."""

RESULT_COLUMNS = ("Result", "Reason")
"""The headers of the two columns at the end."""

_COLOURS = {Level.ERROR: "FFC7CE", Level.WARNING: "FFEB9C", Level.NOTICE: "DDEBF7"}
_WEIGHT = (Level.ERROR, Level.WARNING, Level.NOTICE)
_REASON_WIDTH = 80  # characters


@dataclass(frozen=True, kw_only=True)
class Annotated:
    """What was marked.

    Attributes:
        marked: Cells with a colour.
        commented: Cells with a comment, too.
    """

    marked: int
    commented: int


@dataclass(kw_only=True)
class _Marks:
    """The problems by place, and how many have been written."""

    by_row: dict[int, dict[int, list[Problem]]]
    ready: frozenset[int]
    fills: Mapping[Level, "PatternFill"]
    rows_left_out: frozenset[int]
    header_row: int
    columns: tuple[int, ...]
    corrections: Mapping[tuple[int, int], Mapping[Kind, str]]
    marked: int = 0
    commented: int = 0


def annotate(checked: Checked, out: Path, *, force: bool = False) -> Annotated:
    """Write the checked sheet again, every value in its cell, with what was found.

    Each cell with a problem has a colour and a comment; the columns Result and Reason stand at
    the end; a sheet Summary counts by rule. Where a copy of the value would hide what is wrong
    with it, the cell shows #N/A, so that the error is found again; an address
    that was behind a link stands in the cell, because the link isn't copied.
    Values only: formats, formulas and other sheets of the file are not carried over.

    Args:
        checked: The file, with its people.
        out: The workbook to write, ending in .xlsx.
        force: Whether an existing `out` may be replaced.

    Raises:
        UsageError: `out` doesn't end in .xlsx.
        FileProblemError: `out` can't be written or can't hold the rows, or the file has changed
            since it was checked.
    """
    check_workbook_name(out, force=force, source=checked.path)
    original = read_again(checked)
    widths = own_widths(original, checked, more=len(RESULT_COLUMNS))
    workbook = new_workbook(checked.name)
    title = own_title(checked.sheet)
    sheet = new_sheet(workbook, title)
    set_up(
        sheet, [*widths, len("warning") + 2, _REASON_WIDTH], header_row=max(original.header_row, 1)
    )
    marks = _marks(checked)
    append = numbered_rows(sheet)
    for number, values in original.rows():
        if number not in marks.by_row and number != marks.header_row and is_blank(values):
            continue
        if number in marks.rows_left_out:
            sheet.row_dimensions[number].hidden = True
        append(number, _row(sheet, number, values, len(widths), marks))
    write_sheet(new_sheet(workbook, _summary_title(title)), _summary(checked, marks))
    if checked.origin and checked.origin.as_property:
        add_property(workbook, RESULTS_PROPERTY, checked.origin.as_property)
    save_workbook(workbook, out, force=force)
    return Annotated(marked=marks.marked, commented=marks.commented)


def _marks(checked: Checked) -> _Marks:
    from openpyxl.styles import PatternFill

    by_row: dict[int, dict[int, list[Problem]]] = {}
    for problem in checked.problems:
        for row, column in cells_of(problem, checked):
            by_row.setdefault(row, {}).setdefault(column, []).append(problem)
    return _Marks(
        by_row=by_row,
        ready=frozenset(person.row for person in checked.people),
        fills={level: PatternFill("solid", fgColor=colour) for level, colour in _COLOURS.items()},
        rows_left_out=checked.rows_left_out,
        header_row=checked.header_row,
        columns=tuple(checked.columns.values()),
        corrections=checked.corrections,
    )


def _row(
    sheet: "Worksheet",
    number: int,
    values: Sequence[Value],
    width: int,
    marks: _Marks,
) -> list["Cell"]:
    found = marks.by_row.get(number, {})
    cells = [own_cell(sheet, value) for value in values[:width]]
    cells += [text_cell(sheet, "") for _ in range(width - len(cells))]
    for column in sorted({*found, *marks.columns}) if found else ():
        problems, kinds = found.get(column, ()), marks.corrections.get((number, column), {})
        if Kind.UNREADABLE in kinds:
            cells[column] = error_cell(sheet)
        elif Kind.SHOWN in kinds:
            cells[column] = text_cell(sheet, kinds[Kind.SHOWN])
        elif Kind.UNCLEAR in kinds:
            cells[column].number_format = unclear_format(kinds[Kind.UNCLEAR])
        if problems:
            _mark(cells[column], problems, marks, kinds.get(Kind.COMMENT, ""))
    if number == marks.header_row:
        return cells + [header_cell(sheet, name) for name in RESULT_COLUMNS]
    return cells + [text_cell(sheet, text) for text in _outcome(number, values, found, marks)]


def _outcome(
    number: int,
    values: Sequence[Value],
    found: Mapping[int, Sequence[Problem]],
    marks: _Marks,
) -> tuple[str, str]:
    """What Result and Reason say of a row."""
    problems = [problem for column in sorted(found) for problem in found[column]]
    reason = "; ".join(_placed(problem) for problem in problems)
    levels = {problem.level for problem in problems}
    if Level.ERROR in levels:
        return "error", reason
    if number in marks.ready:
        return "warning" if Level.WARNING in levels else "ready", reason
    return "" if is_blank(values) else "not read", reason


def _placed(problem: Problem) -> str:
    where = f"{column_letters(problem.cell.column)}{problem.cell.row}: " if problem.cell else ""
    return where + sentence(problem)


def _mark(cell: "Cell", problems: Sequence[Problem], marks: _Marks, comment: str) -> None:
    worst = min((problem.level for problem in problems), key=_WEIGHT.index)
    cell.fill = marks.fills[worst]
    marks.marked += 1
    if marks.commented < MAX_COMMENTS or comment:
        cell.comment = readable_comment(said_of(problems), comment)
        marks.commented += 1


def _summary_title(taken: str) -> str:
    return "Summary" if taken.casefold() != "summary" else "Summary of problems"


def _summary(checked: Checked, marks: _Marks) -> Sheet:
    rows = "row" if checked.rows == 1 else "rows"
    notes = [
        f"{checked.name}: {checked.rows:,} {rows} checked, {len(checked.people):,} ready",
        ", ".join(f"{level.value}s: {checked.count(level):,}" for level in _WEIGHT),
    ]
    if marks.commented < marks.marked:
        notes.append(
            f"The first {marks.commented:,} marked cells have a comment;"
            " the colours and the column Reason cover all of them."
        )
    return Sheet(
        title="Summary",
        notes=tuple(notes),
        header=("Level", "Problem", "Count", "First cell", "The first one"),
        widths=(10, 26, 10, 20, 100),
        rows=_by_rule(checked.problems),
    )


def _by_rule(problems: Sequence[Problem]) -> Iterator[tuple[str, ...]]:
    """One row for each rule that was broken: errors first, then the most frequent."""
    counts = Counter(problem.id for problem in problems)
    first: dict[str, Problem] = {}
    for problem in problems:
        first.setdefault(problem.id, problem)
    ordered = sorted(first.values(), key=lambda p: (_WEIGHT.index(p.level), -counts[p.id], p.id))
    for problem in ordered:
        where = str(problem.cell or "")
        count = f"{counts[problem.id]:,}"
        yield problem.level.value, problem.id, count, where, sentence(problem)
