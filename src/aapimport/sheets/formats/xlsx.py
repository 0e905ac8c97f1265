"""Xlsx workbooks: the values, and what the sheet's own XML and a second reader tell beside them."""

from collections.abc import Callable
from functools import partial
from zipfile import BadZipFile

from aapimport.sheets.book import Choices, Sheet
from aapimport.sheets.facts import Cell, Facts, Looks, Reason, Unseen
from aapimport.sheets.formats.calamine import Grid, read_grids
from aapimport.sheets.formats.xlsx_cells import hidden_columns, hidden_rows
from aapimport.sheets.formats.xlsx_conditional import conditional_formats
from aapimport.sheets.formats.xlsx_formulas import OddCells, odd_cells
from aapimport.sheets.formats.xlsx_unlooked import suspects
from aapimport.sheets.intake import Intake
from aapimport.sheets.letters import OddRows, Placed, SecondView, SheetView
from aapimport.sheets.refusals import damaged

NOT_ASKED = SecondView(state=Reason.FAILED)
"""What the second reader has to say where nobody has started it."""


def open_sheets(intake: Intake, name: str, choices: Choices) -> list[Sheet]:
    """The sheets of an xlsx workbook, each with a look at it by two readers.

    Raises:
        FileProblemError: It needs a password or is damaged; also when the facts are read.
    """
    second_view = choices.second_view or (lambda: NOT_ASKED)
    return [
        Sheet(
            grid.name,
            grid.hidden,
            grid.first_column,
            grid.rows,
            partial(_facts, intake, name, grid, second_view),
        )
        for grid in read_grids(intake, name)
    ]


def _facts(intake: Intake, name: str, grid: Grid, second_view: Callable[[], SecondView]) -> Facts:
    """Look at a sheet: first at formulas without a result, then as the second reader saw it."""
    part = intake.package.part_of(grid.name)
    odd = _odd_cells(intake, part, grid.name, name)
    view = second_view()
    odd_rows = view.odd_rows.get(grid.name, OddRows())
    facts = _facts_of(view, grid.name) or _own_look(intake, part, grid.name, view)
    facts.merged = tuple({*grid.merged, *facts.merged})
    facts.errors, facts.unstored, facts.zeros = odd.errors, odd.unstored, odd.zeros
    facts.links = odd.links | facts.links
    if part in intake.with_conditional:
        styles = intake.package.styles
        facts.conditional = conditional_formats(intake.readable, part, styles)
    facts.twice, facts.blocks = [*odd_rows.twice], odd_rows.blocks
    return facts


def _odd_cells(intake: Intake, part: str, sheet: str, name: str) -> OddCells:
    """Formulas without a result, and errors, which the value reader takes for blank."""
    if not part and intake.with_formulas:
        raise damaged(name, f"nobody knows where the cells of its sheet {sheet!r} are")
    if part not in intake.with_formulas:
        return OddCells()
    try:
        return odd_cells(intake.readable, part, recalculates=intake.package.recalculates)
    except (BadZipFile, KeyError) as error:
        raise damaged(name, str(error)) from error


def why_unseen(view: SecondView, sheet: str) -> Reason:
    """Why the second reader tells nothing of a sheet, where it doesn't."""
    is_long = view.state == Reason.TOO_MANY_ROWS or sheet in view.too_long
    return Reason.TOO_MANY_ROWS if is_long else Reason.FAILED


def _own_look(intake: Intake, part: str, sheet: str, view: SecondView) -> Facts:
    """What the sheet's XML tells quickly, where the second reader didn't look at it."""
    reason, package = why_unseen(view, sheet), intake.package
    known = view.suspects.get(sheet) if intake.readable is intake.data else None
    if known is None:
        known = suspects(intake.readable, part, package.styles, package.strings)
    return Facts(
        second=Unseen(reason),
        looks=Unseen(reason, known),
        hidden_rows=hidden_rows(intake.readable, part) if part in intake.with_hidden else set(),
        hidden_columns=hidden_columns(intake.readable, part),
    )


def _facts_of(view: SecondView, sheet: str) -> Facts | None:
    """What the second reader has said of a sheet; None where it didn't look at it."""
    said: SheetView | None = view.sheets.get(sheet) if view.state == "looked" else None
    if said is None:
        return None
    looks = Looks(
        shown=_by_cell(said.shown),
        unclear=_by_cell(said.unclear),
        texts_shown=_by_cell(said.texts_shown),
        crossed_out=_by_cell(said.looks),
        comments=_by_cell(said.comments),
    )
    return Facts(
        second=[dict(zip(rows, values, strict=True)) for rows, values in said.columns],
        looks=looks,
        version=view.version,
        hidden_rows=set(said.hidden_rows),
        hidden_columns=set(said.hidden_columns),
        merged=tuple((a, b, c, d) for a, b, c, d in said.merged),
        links=_by_cell(said.links),
    )


def _by_cell(placed: Placed) -> dict[Cell, str]:
    return {(row, column): text for row, column, text in placed}
