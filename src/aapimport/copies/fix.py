"""`validate --fix`: the same people in a fresh template, with every safe repair made."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from aapimport.check.check_file import Checked
from aapimport.check.noted import Kind
from aapimport.check.repair import shown
from aapimport.copies.read_again import Original, is_blank, read_again, require_room
from aapimport.errors import FileProblemError
from aapimport.person import Person
from aapimport.problems.catalogue import RULES
from aapimport.problems.problem import Level, Problem
from aapimport.sheets.book import Value
from aapimport.template.columns import COLUMNS
from aapimport.template.output import NOTHING_WRITTEN, check_workbook_name
from aapimport.template.workbook import Marked, Row, TemplateContent, Unread, write_template
from aapimport.text import column_letters

_HIDDEN_IN_A_TEXT = frozenset((Kind.UNREADABLE, Kind.NOT_TEXT))
"""What a copy of the cell's text would hide: the next check would find nothing wrong."""

_DOUBTS = frozenset((Kind.UNCLEAR, Kind.NUMBER, Kind.COMMENT))
"""What is told of cells that are sent all the same."""

_OPEN_FORMAT = "General_)"
"""Shows a number as it is, and isn't known for it."""


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """What became of the rows of a file.

    Attributes:
        ready: Rows without an error, written with their repairs.
        with_errors: Rows written as they were, to be corrected by hand.
        left_out: Rows that hold nobody, and hidden ones that were not to be read.
    """

    ready: int
    with_errors: int
    left_out: int


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A row of the file as it is typed into the template.

    Attributes:
        number: The row's number in the file, from 1.
        person: The person in it; None where the row has an error.
        cells: What is typed into the template's columns, then into the extra ones.
        original: The row's values in the file.
    """

    number: int
    person: Person | None
    cells: Row
    original: list[Value]


def fix(checked: Checked, out: Path, *, force: bool = False) -> Fixed:
    """Write the file again as a template with every safe repair made.

    Rows with errors are kept in their place, so that nothing is lost, with what could be repaired
    safely; a value of which the text says too little becomes #N/A with a comment, so that the error
    is found again. Extra columns are kept to the right.

    Args:
        checked: The file, with its people.
        out: The workbook to write, ending in .xlsx.
        force: Whether an existing `out` may be replaced.

    Raises:
        UsageError: `out` doesn't end in .xlsx.
        FileProblemError: `out` can't be written, the file has changed since it was checked, or
            its header has an error, so that nobody knows what is in which column.
    """
    check_workbook_name(out, force=force, source=checked.path)
    original = read_for_template(checked)
    with_errors = 0

    def rows() -> Iterator[Row]:
        nonlocal with_errors
        for row in template_rows(checked, original):
            with_errors += row.person is None
            yield row.cells

    extra = extra_columns(checked, original)
    content = TemplateContent(
        people=rows(),
        extra_columns=tuple(extra.values()),
        results_of=checked.origin.as_property if checked.origin else "",
    )
    write_template(out, content, force=force)
    ready = len(checked.people)
    left_out = filled_rows(checked, original) - ready - with_errors
    return Fixed(ready=ready, with_errors=with_errors, left_out=left_out)


def require_columns(checked: Checked, original: Original) -> None:
    """Refuse a file whose columns are not all known: its rows can't be put into a template.

    Raises:
        FileProblemError: There is an error in the header or above it, a row is longer, or a second
            table stands below.
    """
    for problem in checked.problems:
        above = problem.cell is None or problem.cell.row <= original.header_row
        if problem.level is Level.ERROR and (above or RULES[problem.id].moves_values):
            where = f"{problem.cell}: " if problem.cell else ""
            raise FileProblemError(
                f"{checked.path.name} can't be put into a template: "
                f"{where}{problem.value} {problem.message}",
                hint=problem.hint,
                state=NOTHING_WRITTEN,
            )


def read_for_template(checked: Checked) -> Original:
    """The rows of a file that can be put into a template.

    Raises:
        FileProblemError: As `read_again` and `require_columns`; or there are more rows or columns
            than the template's sheet can hold.
    """
    original = read_again(checked)
    require_columns(checked, original)
    people = {person.row for person in checked.people}
    rows = len(people.union(errors_by_row(checked)))
    columns = len(COLUMNS) + len(extra_columns(checked, original))
    require_room(checked, rows + 1, columns + 1)  # the header; a leaver's reason
    return original


def extra_columns(checked: Checked, original: Original) -> dict[int, str]:
    """The headers of the columns that are not the template's, by column (from 0).

    One without a header that holds something is called after its letter.
    """
    unnamed = {at: f"Column {column_letters(at)}" for at in checked.unnamed_columns}
    headers = unnamed | original.headers()
    known = set(checked.columns.values())
    return {at: headers[at] for at in sorted(headers) if at not in known}


def template_rows(checked: Checked, original: Original) -> Iterator[TemplateRow]:
    """The rows that hold a person or an error, in the file's order, as they are typed."""
    people = {person.row: person for person in checked.people}
    errors = errors_by_row(checked)
    extra = extra_columns(checked, original)
    doubts = _doubts_by_row(checked)
    columns = [*(checked.columns.get(column.key) for column in COLUMNS), *extra]
    places = {at: index for index, at in enumerate(columns)}
    for number, values in original.rows_below_header():
        person = people.get(number)
        if number in checked.rows_left_out or (person is None and number not in errors):
            continue
        cells: list[str | Unread | Marked]
        cells = [*typed(person)] if person else _as_it_was(checked, number, values, errors[number])
        cells += [shown(values[at]) if at < len(values) else "" for at in extra]
        for at, problems in doubts.get(number, {}).items():
            if at in places:
                cells[places[at]] = _with_doubts(
                    cells[places[at]], (number, at), values, problems, checked
                )
        yield TemplateRow(number, person, cells, values)


def _doubts_by_row(checked: Checked) -> dict[int, dict[int, list[Problem]]]:
    """What is said of cells that lose a number's format or a comment, by row and column."""
    doubts: dict[int, dict[int, list[Problem]]] = {}
    for problem in checked.problems:
        place = (problem.cell.row, problem.cell.column) if problem.cell else (0, 0)
        if not _DOUBTS.isdisjoint(checked.corrections.get(place, ())):
            doubts.setdefault(place[0], {}).setdefault(place[1], []).append(problem)
    return doubts


def _with_doubts(
    text: str | Unread | Marked,
    place: tuple[int, int],
    values: list[Value],
    problems: list[Problem],
    checked: Checked,
) -> str | Unread | Marked:
    """A cell of which the next check has the same doubts; the comment says them, too."""
    value = values[place[1]] if place[1] < len(values) else ""
    if not isinstance(text, str):
        return text
    number = value if isinstance(value, int | float) and shown(value) == text else None
    kinds = checked.corrections[place]
    return Marked(
        text=text,
        note=said_of(problems),
        comment=kinds.get(Kind.COMMENT, ""),
        number=number,
        number_format=unclear_format(kinds.get(Kind.UNCLEAR, "format General")),
    )


def unclear_format(how: str) -> str:
    """A number format that leaves open what is shown, as the one that was found did."""
    return how.removeprefix("format ") if how.startswith("format ") else _OPEN_FORMAT


def said_of(problems: Sequence[Problem]) -> str:
    """Problems of one cell as the lines of a comment."""
    return "\n".join(
        f"{problem.level.value} {problem.id}: {sentence(problem)}" for problem in problems
    )


def filled_rows(checked: Checked, original: Original) -> int:
    """How many rows below the header hold something, also where no value can be read."""
    errors = errors_by_row(checked)
    rows = original.rows_below_header()
    return sum(number in errors or not is_blank(values) for number, values in rows)


def typed(person: Person) -> list[str]:
    """A person as typed into the template's columns."""
    words = {
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "role": person.role.typed,
        "team": person.team or "",
        "jhana": "1" if person.jhana else "",
    }
    return [words[column.key] for column in COLUMNS]


def sentence(problem: Problem) -> str:
    """A problem without its place: the value, what is wrong with it, what to do."""
    value = f"'{problem.value}' " if problem.value else ""
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{value}{problem.message}{hint}"


def errors_by_row(checked: Checked) -> dict[int, dict[int, Problem]]:
    """The first error of each cell, by row and column."""
    errors: dict[int, dict[int, Problem]] = {}
    for problem in checked.problems:
        if problem.level is Level.ERROR:
            for row, column in cells_of(problem, checked):
                errors.setdefault(row, {}).setdefault(column, problem)
    return errors


def cells_of(problem: Problem, checked: Checked) -> list[tuple[int, int]]:
    """The (row, column) of each cell that has the problem: of a range, all that are read."""
    if problem.cell is None:
        return []
    row, column = problem.cell.row, problem.cell.column
    if problem.end is None:
        return [(row, column)]
    last_row, last_column = problem.end
    columns = [at for at in checked.columns.values() if column <= at <= last_column]
    return list(product(range(row, last_row + 1), columns))


def _as_it_was(
    checked: Checked, row: int, values: list[Value], errors: Mapping[int, Problem]
) -> list[str | Unread | Marked]:
    cells: list[str | Unread | Marked] = []
    for column in COLUMNS:
        at = checked.columns.get(column.key, len(values))
        error = errors.get(at)
        kinds = checked.corrections.get((row, at), {})
        sent = kinds.get(Kind.SENT, kinds.get(Kind.SHOWN))
        if error is not None and not _HIDDEN_IN_A_TEXT.isdisjoint(kinds):
            cells.append(Unread(sentence(error)))
        elif sent is not None:
            cells.append(sent)
        else:
            cells.append(shown(values[at]) if at < len(values) else "")
    return cells
