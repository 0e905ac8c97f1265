"""From a file to people and problems."""

import gc
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from aapimport.check.letters import CheckedFile, CheckRequest, Decided
from aapimport.check.noted import Correction, Kind
from aapimport.check.origin import Origin
from aapimport.problems.problem import Level, Problem
from aapimport.sheets.child import Child, start_child
from aapimport.sheets.letters import LookRequest
from aapimport.sheets.limits import Limits, limits_of
from aapimport.sheets.source import CAN_HAND_OVER, open_file
from aapimport.template.cells import CellRef
from aapimport.text import path_text

if TYPE_CHECKING:
    from aapimport.person import Person

_NOT_FOR_THE_SECOND_READER = {".csv", ".tsv", ".txt", ".xls", ".xlsb", ".ods"}


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Decisions about the file that only the administrator can take.

    Attributes:
        sheet: The sheet to read, where several hold people.
        encoding: The text encoding of a csv that isn't UTF-8.
        hidden: Whether people in hidden or filtered rows count.
        thorough: Whether a file of any size is read by both readers.
    """

    sheet: str | None = None
    encoding: str | None = None
    hidden: Decided | None = None
    thorough: bool = False


class LeftOut(NamedTuple):
    """A row that holds somebody, and that isn't read because it was decided so.

    Attributes:
        row: The row, as Excel shows it.
        reason: Why, and by which decision; without what stands in its cells.
    """

    row: int
    reason: str


class OtherSheet(NamedTuple):
    """A sheet with people that isn't read.

    Attributes:
        name: Its name.
        people: Its rows with an address; they are counted up to 1,000.
    """

    name: str
    people: int


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A file after every check.

    Attributes:
        path: The file.
        digest: SHA-256 of the file's bytes, in hexadecimal.
        sheet: The sheet that was read; empty for csv.
        rows: How many rows hold something.
        ready: How many of them have no error.
        people: The rows without an error, in the file's order; empty where they weren't asked for.
        problems: Everything found, by row, then column.
        columns: For each field of `Person`, the column (from 0) that it was read from.
        header_row: The header's row, from 1; 0 where there is none.
        corrections: What a copy of the sheet has to know of a cell, by (row, column) and kind.
        unnamed_columns: The columns without a header that hold something beside people.
        left_out: The people who aren't read, as nobody sees their rows or they are marked.
        other_sheets: The sheets with people that aren't read.
        kind: `xlsx`, `xls`, `xlsb`, `ods` or `csv`, by what is in the file.
        encoding: The text encoding of a csv; empty for a workbook.
        delimiter: The delimiter of a csv; empty for a workbook.
        origin: The upload whose results workbook it is; None for any other file.
    """

    path: Path
    digest: str
    sheet: str
    rows: int
    people: "tuple[Person, ...]"
    problems: tuple[Problem, ...]
    columns: Mapping[str, int] = field(default_factory=dict)
    ready: int = 0
    header_row: int = 0
    corrections: Mapping[tuple[int, int], Mapping[Kind, str]] = field(default_factory=dict)
    unnamed_columns: tuple[int, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    other_sheets: tuple[OtherSheet, ...] = ()
    kind: str = ""
    encoding: str = ""
    delimiter: str = ""
    origin: Origin | None = None

    @property
    def name(self) -> str:
        """The file's name, as text that can be written everywhere."""
        return path_text(Path(self.path.name))

    @property
    def rows_left_out(self) -> frozenset[int]:
        """The rows of the people who aren't read."""
        return frozenset(one.row for one in self.left_out)

    def count(self, level: Level) -> int:
        """How many problems there are of a level."""
        return sum(problem.level is level for problem in self.problems)

    def cell(self, person: "Person", key: str) -> CellRef:
        """The cell that a person's value was read from.

        Raises:
            KeyError: The file has no column for that field.
        """
        return CellRef(self.sheet, self.columns[key], person.row)


def check_file(path: Path, options: ReadOptions, *, with_people: bool = True) -> Checked:
    """Read a file and check every row of it.

    Args:
        path: The file.
        options: The administrator's decisions.
        with_people: Whether `Checked.people` is wanted; without, it is quicker.

    Raises:
        FileProblemError: The file as a whole can't be read.
        AnswerNeededError: A decision is missing in `options`.
    """
    return begin_check(path, options, with_people=with_people)()


def begin_check(
    path: Path, options: ReadOptions, *, with_people: bool = True
) -> Callable[[], Checked]:
    """Start what `check_file` does, and get on with something else meanwhile.

    Args:
        path: The file.
        options: The administrator's decisions.
        with_people: Whether `Checked.people` is wanted.

    Returns:
        A function that waits for the end and returns or raises what `check_file` does.

    Raises:
        FileProblemError: There is no file to be opened.
    """
    with open_file(path) if CAN_HAND_OVER else nullcontext() as file:
        child, view = _start(path, file.fileno() if file else None, options, with_people)

    def finish() -> Checked:
        from aapimport.template.output import sweep_drafts

        try:
            sweep_drafts()  # while the children work
            gc.disable()  # it would look at a hundred thousand problems again and again
            return _checked(path, CheckedFile.read(child.answer(path.name, view)))
        finally:
            gc.freeze()  # nor later on: they stay until the end
            gc.enable()
            if view:
                view.stop()

    return finish


def _start(
    path: Path, descriptor: int | None, options: ReadOptions, with_people: bool
) -> tuple[Child, Child | None]:
    """The child that checks a file, and the one with the second reader."""
    limits = limits_of(path)
    # The second reader may fail without harm to the first, so it gets less patience.
    second = Limits(limits.memory, limits.seconds / 3)
    view = None
    if path.suffix.lower() not in _NOT_FOR_THE_SECOND_READER:
        view = start_child(
            "aapimport.sheets.formats.xlsx_second:look",
            LookRequest(path=str(path), thorough=options.thorough, descriptor=descriptor),
            limits if options.thorough else second,
        )
    request = CheckRequest(
        path=str(path),
        sheet=options.sheet,
        encoding=options.encoding,
        hidden=options.hidden,
        people=with_people,
        second_view=view is not None,
        descriptor=descriptor,
    )
    child = start_child(
        "aapimport.check.child_side:check", request, limits, view.output if view else None
    )
    return child, view


def _checked(path: Path, found: CheckedFile) -> Checked:
    from aapimport.problems.catalogue import put_into_words

    return Checked(
        path=path,
        digest=found.digest,
        sheet=found.sheet,
        rows=found.rows,
        ready=found.ready,
        people=_people(found.people),
        problems=put_into_words(found.findings, found.sheet),
        columns=found.columns,
        header_row=found.header_row,
        corrections=_by_cell(found.corrections),
        unnamed_columns=tuple(found.unnamed_columns),
        left_out=tuple(LeftOut(*one) for one in found.left_out),
        other_sheets=tuple(OtherSheet(*one) for one in found.other_sheets),
        kind=found.kind,
        encoding=found.encoding,
        delimiter=found.delimiter,
        origin=found.origin,
    )


def _by_cell(corrections: Sequence[Correction]) -> dict[tuple[int, int], dict[Kind, str]]:
    """The corrections by (row, column) and kind; the last one of a kind holds."""
    by_cell: dict[tuple[int, int], dict[Kind, str]] = {}
    for row, column, kind, text in corrections:
        by_cell.setdefault((row, column), {})[kind] = text
    return by_cell


def _people(rows: Sequence[Sequence[Any]]) -> "tuple[Person, ...]":
    if not rows:
        return ()
    from aapimport.check.validate_rows import KEYS
    from aapimport.person import Person

    return tuple(Person(**dict(zip(KEYS, row, strict=True))) for row in rows)
