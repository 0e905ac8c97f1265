"""The results workbook: the administrator's own sheet, what became of each row, and the rest."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.check.check_file import Checked
from aapimport.check.written import IN_SENTENCES, Written, address_line, digest_of, person_of
from aapimport.copies.fix import extra_columns, read_for_template, template_rows
from aapimport.copies.own_sheet import own_cell, own_title, own_widths
from aapimport.copies.read_again import Original, is_blank
from aapimport.template.columns import (
    AS_WRITTEN_SHEET,
    AS_WRITTEN_TITLE,
    COLUMNS,
    RESULTS_PROPERTY,
    SUMMARY_SHEET,
    SUMMARY_TITLE,
    TO_CORRECT_SHEET,
)
from aapimport.template.marked import mark_of, save_marked
from aapimport.template.output import (
    new_sheet,
    new_workbook,
    numbered_rows,
    text_cell,
)
from aapimport.template.workbook import (
    Marked,
    Row,
    Sheet,
    TemplateContent,
    Unread,
    add_property,
    header_cell,
    set_up,
    write_people,
    write_sheet,
)

if TYPE_CHECKING:
    from openpyxl import Workbook

RESULT_COLUMNS = ("Result", "Reason", "All Access Pass id", "Jhana id", "Welcome e-mail")
"""The headers of the columns at the end."""

_WIDTHS = (22, 80, 38, 38, 16)  # characters
_OWN_TITLE_TAKEN = "Uploaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of one row.

    Attributes:
        result: In a word.
        reason: Why, and what to do next; may be empty.
        portal_id: The account's id on the portal; empty where none is known.
        jhana_id: Likewise on Jhana.
        email: What became of the welcome e-mail; empty where none was planned.
        is_to_correct: Whether the row, corrected or as it is, is to be uploaded once more.
    """

    result: str
    reason: str = ""
    portal_id: str = ""
    jhana_id: str = ""
    email: str = ""
    is_to_correct: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in `RESULT_COLUMNS`."""
        return self.result, self.reason, self.portal_id, self.jhana_id, self.email


@dataclass(frozen=True, kw_only=True)
class Results:
    """What a results workbook tells.

    Attributes:
        receipt: The run's number.
        rows: What became of each row.
        summary: What the sheet Summary says: names and values.
        origin: What tells programs which upload it is of, as `origin_property` has it.
    """

    receipt: str
    rows: Mapping[int, RowResult]
    summary: Sequence[tuple[str, str]]
    origin: str


def is_of(path: Path, receipt: str) -> bool:
    """Whether a file is the results workbook of a run, and nobody has saved it since."""
    return mark_of(path) == _mark(receipt)


def is_of_any(path: Path) -> bool:
    """Whether a file is the results workbook of whichever run, and nobody has saved it since."""
    return mark_of(path).startswith(_mark(""))


def write_results(
    results: Results,
    checked: Checked | None,
    out: Path,
    *,
    force: bool = False,
    place: Callable[[], Path] | None = None,
) -> Path:
    """Write the results workbook, as a private file; where it is in the end.

    The first sheet is the administrator's own: every value in its cell, and five columns more.
    The sheet To correct has, in the template's form, whoever was rejected or left out, each with
    the reason as a comment: what is uploaded from there touches nobody else, and the workbook opens
    there; a hidden sheet tells what was changed or added on the first one instead. Values only:
    formats and other sheets of the file are not carried over.

    Args:
        results: What became of each row.
        checked: The file, with its people; without it, there are the rows' numbers alone.
        out: The workbook to write.
        force: Whether an existing `out` may be replaced.
        place: As `replacing` has it.

    Raises:
        FileProblemError: `out` can't be written or can't hold the rows, or the file has changed.
    """
    workbook = new_workbook(f"Results of {results.receipt}")
    add_property(workbook, RESULTS_PROPERTY, results.origin)
    original = read_for_template(checked) if checked else None
    if checked and original:
        _write_own(workbook, results, checked, original)
    else:
        rows = ((f"{row:,}", *one.cells) for row, one in sorted(results.rows.items()))
        header, widths = ("Row", *RESULT_COLUMNS), (8, *_WIDTHS)
        sheet = Sheet(title="Results", notes=(), header=header, widths=widths, rows=rows)
        write_sheet(new_sheet(workbook, sheet.title), sheet)
    _write_summary(workbook, results)
    if checked and original and any(one.is_to_correct for one in results.rows.values()):
        content = TemplateContent(
            people=_to_correct(results, checked, original),
            extra_columns=tuple(extra_columns(checked, original).values()),
        )
        todo = new_sheet(workbook, TO_CORRECT_SHEET)
        write_people(todo, content)
        workbook.active = todo  # what is corrected on any other sheet, nobody reads
        _write_as_written(workbook, results, checked, original)
    return save_marked(workbook, out, _mark(results.receipt), force=force, place=place)


def _write_summary(workbook: "Workbook", results: Results) -> None:
    write_sheet(
        new_sheet(workbook, SUMMARY_SHEET),
        Sheet(
            title=SUMMARY_SHEET,
            notes=(f"{SUMMARY_TITLE} {results.receipt}",),
            header=("What", "How many, or which"),
            widths=(36, 90),
            rows=results.summary,
        ),
    )


def _mark(receipt: str) -> str:
    return f"aapimport results {receipt}"


def _write_own(
    workbook: "Workbook", results: Results, checked: Checked, original: Original
) -> None:
    title = _title_of(checked)
    widths = own_widths(original, checked, more=len(RESULT_COLUMNS))
    sheet = new_sheet(workbook, title)
    set_up(sheet, [*widths, *_WIDTHS], header_row=max(original.header_row, 1))
    append = numbered_rows(sheet)
    for number, values in original.rows():
        result = results.rows.get(number)
        if is_blank(values) and result is None and number != original.header_row:
            continue
        if number in checked.rows_left_out:
            sheet.row_dimensions[number].hidden = True
        cells = [own_cell(sheet, value) for value in values[: len(widths)]]
        cells += [text_cell(sheet, "") for _ in range(len(widths) - len(cells))]
        if number == original.header_row:
            cells += [header_cell(sheet, name) for name in RESULT_COLUMNS]
        elif result:
            cells += [text_cell(sheet, text) for text in result.cells]
        append(number, cells)


def _title_of(checked: Checked) -> str:
    """The name of the own sheet."""
    title = own_title(checked.sheet)
    ours = (SUMMARY_SHEET, TO_CORRECT_SHEET, AS_WRITTEN_SHEET)
    return _OWN_TITLE_TAKEN if title.casefold() in {one.casefold() for one in ours} else title


def _write_as_written(
    workbook: "Workbook", results: Results, checked: Checked, original: Original
) -> None:
    """How the own sheet is written: by digests, on a hidden sheet."""
    places = [
        (checked.columns[column.key], at)
        for at, column in enumerate(COLUMNS)
        if column.key in checked.columns
    ]
    people = {
        row.number: person_of(*map(_text_of, row.cells[:3]))
        for row in template_rows(checked, original)
        if (result := results.rows.get(row.number)) and result.is_to_correct
    }
    title = _title_of(checked)

    def rows() -> Iterator[Row]:
        for number, values in original.rows_below_header():
            filled = ((own, at) for own, at in places if own < len(values))
            cells = {place: digest for place in filled if (digest := digest_of(values[place[0]]))}
            if cells:
                one = Written(sheet=title, row=number, person=people.get(number), cells=cells)
                yield [one.text]
        email = checked.columns.get("email")
        beside = (
            value
            for number, values in original.rows()
            for column, value in enumerate(values)
            if column != email or number <= original.header_row
        )
        reasons = (text for one in results.rows.values() for text in one.cells)
        said = (text for _, text in results.summary)
        lines = dict.fromkeys(map(address_line, chain(beside, reasons, said)))
        yield from ([line] for line in (*lines, IN_SENTENCES) if line)

    header = ("Row, person, cells, sheet",)
    sheet = new_sheet(workbook, AS_WRITTEN_SHEET)
    sheet.sheet_state = "hidden"
    write_sheet(
        sheet,
        Sheet(
            title=AS_WRITTEN_SHEET,
            notes=(AS_WRITTEN_TITLE,),
            header=header,
            widths=(90,),
            rows=rows(),
        ),
    )


def _text_of(cell: str | Unread | Marked) -> str:
    if isinstance(cell, str):
        return cell
    return cell.text if isinstance(cell, Marked) else ""


def _to_correct(results: Results, checked: Checked, original: Original) -> Iterator[Row]:
    for row in template_rows(checked, original):
        result = results.rows.get(row.number)
        if result and result.is_to_correct:
            first, *others = row.cells
            reason = f"row {row.number}: {result.result}: {result.reason}"
            yield [_with_reason(first, reason), *others]


def _with_reason(cell: str | Unread | Marked, reason: str) -> Unread | Marked:
    if isinstance(cell, str):
        return Marked(text=cell, note=reason)
    return replace(cell, note=f"{reason}\n{cell.note}")
