"""`renew`: last year's exported pass user list as a template for the new pass."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from aapimport.check.check_file import Checked
from aapimport.check.column_names import header_form
from aapimport.check.noted import Kind
from aapimport.check.repair import shown
from aapimport.copies.fix import (
    TemplateRow,
    extra_columns,
    filled_rows,
    read_for_template,
    template_rows,
)
from aapimport.copies.last_login import LoginDays, is_undated
from aapimport.copies.read_again import Original, only_in_the_file
from aapimport.person import address_key
from aapimport.problems.problem import Level, Problem
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Value
from aapimport.template.cells import CellRef
from aapimport.template.columns import COLUMNS, LEAVERS_SHEET, LEAVERS_TITLE
from aapimport.template.output import check_workbook_name
from aapimport.template.workbook import Row, Sheet, TemplateContent, write_template
from aapimport.text import fold

LAST_LOGIN = "Date of Last Login"
"""The exported list's header (vendor's help page)."""

IDLE_DAYS = 180
"""Without a login for this long, a person is proposed as a leaver: half the life of a pass."""

_WHY_WIDTH = 44  # characters
_EXTRA_WIDTH = 20  # characters


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """What became of the list; `kept` to `left_out` add up to its rows that hold something.

    Attributes:
        kept: People on the sheet `Users`.
        with_errors: Rows on the sheet `Users` to be corrected by hand.
        idle: Possible leavers without a login since `since`.
        undated: Possible leavers without a date.
        left_out: Rows that hold nobody, and hidden ones that were not to be read.
        notes: What stands in the rows among `left_out` that hold a note, a total or the header
            again, with its cell.
        skipped: The addresses in the rows among `left_out` that are hidden or marked, with their
            cells.
        blank_columns: The template's columns that the list doesn't have.
        unread_dates: People among `kept` whose date can't be read for sure, or is in the future.
        since: The day before which a last login is old; None where there are no dates to go by.
        roles: How often a role was typed differently: (word in the list, word typed now) → people.
        extra_columns: The further columns, kept to the right of the template's.
        told: Warnings and notices that nobody would hear of from the new file, above all of people
            who aren't read.
    """

    kept: int
    with_errors: int
    idle: int
    undated: int
    left_out: int
    notes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    blank_columns: tuple[str, ...] = ()
    unread_dates: int
    since: date | None
    roles: dict[tuple[str, str], int]
    extra_columns: tuple[str, ...]
    told: tuple[Problem, ...] = ()

    @property
    def rows(self) -> int:
        """The rows of the list that hold something."""
        return self.kept + self.with_errors + self.idle + self.undated + self.left_out


def renew(
    checked: Checked,
    out: Path,
    *,
    idle_days: int = IDLE_DAYS,
    force: bool = False,
) -> Renewal:
    """Write a template for the new pass from last year's list.

    People without a login for `idle_days` before the newest login in the list, and people without
    a date, stand on a sheet of their own and not on `Users`, because a leaver who is loaded takes
    a seat for good, while somebody left out can be added at any time.

    Args:
        checked: The list, with its people.
        out: The workbook to write, ending in .xlsx.
        idle_days: Days without a login after which somebody is proposed as a leaver.
        force: Whether an existing `out` may be replaced.

    Raises:
        UsageError: `out` doesn't end in .xlsx.
        FileProblemError: `out` can't be written, the list has changed since it was checked, or
            its header has an error.
    """
    check_workbook_name(out, force=force, source=checked.path)
    original = read_for_template(checked)
    extra = extra_columns(checked, original)
    sorter = _Sorter(checked, original, extra, idle_days)
    content = TemplateContent(
        people=sorter.stayers(),
        extra_columns=tuple(extra.values()),
        sheets=(_leavers_sheet(sorter),) if sorter.since else (),
    )
    write_template(out, content, force=force)
    counts = sorter.counts
    return Renewal(
        kept=counts["kept"],
        with_errors=counts["with_errors"],
        idle=counts["idle"],
        undated=counts["undated"],
        left_out=filled_rows(checked, original) - sum(counts.values()),
        notes=_notes_in(checked),
        skipped=_skipped_in(checked, original),
        blank_columns=tuple(column.name for column in COLUMNS if column.key not in checked.columns),
        since=sorter.since,
        unread_dates=sorter.unread_dates,
        roles=dict(sorter.roles),
        extra_columns=tuple(extra.values()),
        told=only_in_the_file(checked, Level.WARNING, Level.NOTICE),
    )


def _notes_in(checked: Checked) -> tuple[str, ...]:
    """The rows that are nobody's: totals, notes, the header once more."""
    return tuple(
        f"{CellRef(checked.sheet, column, row)}: {kinds[Kind.NOBODY]}"
        for (row, column), kinds in sorted(checked.corrections.items())
        if Kind.NOBODY in kinds
    )


def _skipped_in(checked: Checked, original: Original) -> tuple[str, ...]:
    """The people in rows that were not to be read."""
    at = checked.columns["email"]
    return tuple(
        f"{CellRef(checked.sheet, at, row)}: {shown(values[at]).strip() or 'without an address'}"
        for row, values in original.rows_below_header()
        if row in checked.rows_left_out and at < len(values)
    )


@dataclass
class _Sorter:
    """Tells those who stay from possible leavers, and counts both."""

    checked: Checked
    original: Original
    extra: dict[int, str]
    idle_days: int
    leavers: list[Row] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    roles: Counter[tuple[str, str]] = field(default_factory=Counter)
    unread_dates: int = 0
    since: date | None = None

    def __post_init__(self) -> None:
        wanted = header_form(LAST_LOGIN)
        found = [at for at, name in self.extra.items() if header_form(name) == wanted]
        self._column = found[0] if len(found) == 1 else None  # of two, nobody knows which counts
        self._twice = {
            address_key(fold(problem.value.strip()))
            for problem in self.checked.problems
            if problem.id is RuleId.DUPLICATE_EMAIL
        }
        nobody = {
            row for (row, _), kinds in self.checked.corrections.items() if Kind.NOBODY in kinds
        }
        nobody |= self.checked.rows_left_out
        rows = self.original.rows_below_header()
        values = [self._login(values) for row, values in rows if row not in nobody]
        self._days = LoginDays(values)
        days = [day for value in values if (day := self._days.read(value))]
        if days:
            self.since = max(days) - timedelta(days=self.idle_days)

    def stayers(self) -> Iterator[Row]:
        """The rows for `Users`; the others are added to `leavers` on the way."""
        for row in template_rows(self.checked, self.original):
            self._count_role(row)
            kind, why = self._judge(row)
            self.counts[kind] += 1
            if why:
                self.leavers.append([*row.cells, why])
            else:
                yield row.cells

    def _judge(self, row: TemplateRow) -> tuple[str, str]:
        """The count that a row belongs to, and why it is a possible leaver's, if it is."""
        if row.person is None:
            return "with_errors", ""
        if address_key(fold(row.person.email)) in self._twice:  # apart, the two would look right
            return "kept", ""
        value = self._login(row.original)
        if self.since is None:
            self.unread_dates += not is_undated(value)
            return "kept", ""
        if is_undated(value):
            return "undated", "no date: see the note above"
        day = self._days.read(value)
        if day is None:
            self.unread_dates += 1
        elif day < self.since:
            return "idle", f"last login {day.isoformat()}"
        return "kept", ""

    def _login(self, values: list[Value]) -> Value:
        at = self._column
        return values[at] if at is not None and at < len(values) else ""

    def _count_role(self, row: TemplateRow) -> None:
        at = self.checked.columns.get("role")
        if row.person is None or at is None or at >= len(row.original):
            return
        word = shown(row.original[at]).strip()
        if word != row.person.role.typed:
            self.roles[word, row.person.role.typed] += 1


def _leavers_sheet(sorter: _Sorter) -> Sheet:
    """The sheet of possible leavers; complete when its turn comes, as Users is written first.

    Its headers are none of the template's, so that nobody is read from it.
    """
    extra = tuple(sorter.extra.values())
    return Sheet(
        title=LEAVERS_SHEET,
        notes=_notes(sorter.since),
        header=(*(f"{column.name} (leaver?)" for column in COLUMNS), *extra, "Why"),
        widths=(*(column.width for column in COLUMNS), *[_EXTRA_WIDTH] * len(extra), _WHY_WIDTH),
        rows=sorter.leavers,
    )


def _notes(since: date | None) -> tuple[str, ...]:
    return tuple(
        f"""\
{LEAVERS_TITLE} Copy the rows of those who are still with you to the sheet Users.
Proposed because the last login is before {since}, or because there is no date.
A blank Date of Last Login means: never logged in, OR logged in without starting a course. Such \
people may well be active; ask before you leave them out.
Why they are not loaded anyway: a leaver who is loaded takes a seat for good; somebody left out \
can be added at any time.""".splitlines()
    )
