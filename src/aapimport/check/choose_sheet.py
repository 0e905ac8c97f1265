"""Which sheet of a workbook is read, and what is said about the others."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from aapimport.check.as_written import compare
from aapimport.check.evidence import row_numbers
from aapimport.check.header import find_header, header_score
from aapimport.check.top_rows import first_filled_row, top_rows
from aapimport.check.unread_cells import address_in
from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Sheet
from aapimport.template.columns import (
    AS_WRITTEN_SHEET,
    AS_WRITTEN_TITLE,
    KEY_SHEET,
    KEY_TITLE,
    LEAVERS_SHEET,
    LEAVERS_TITLE,
    SUMMARY_SHEET,
    SUMMARY_TITLE,
    TO_CORRECT_SHEET,
    USERS_SHEET,
)

_OURS = {
    AS_WRITTEN_SHEET: AS_WRITTEN_TITLE,
    KEY_SHEET: KEY_TITLE,
    LEAVERS_SHEET: LEAVERS_TITLE,
    SUMMARY_SHEET: SUMMARY_TITLE,
}
"""Sheets of workbooks that we write, from which nobody is read: how they begin."""
_COMPARED = (AS_WRITTEN_SHEET, SUMMARY_SHEET)
"""Those among them that tell what was changed, or on which somebody may be added."""
_MOST_NAMED = 5
"""Cells that a question names."""
_MOST_ADDRESSES = 1_000
"""Rows with an address that are counted on a sheet that isn't read."""


def choose_sheet(
    sheets: Sequence[Sheet],
    wanted: str | None,
    name: str,
    findings: list[Finding],
    with_people: list[tuple[str, int]],
) -> Sheet:
    """The sheet to read: the one that was named, else the only one that holds people.

    Of a results workbook it is the one that is to be corrected: all others were uploaded.

    Args:
        sheets: The workbook's sheets.
        wanted: The name that the administrator gave, if any.
        name: The file's name, for messages.
        findings: Where it is noted which sheets are not read.
        with_people: Where those among them are noted that hold people, and how many.

    Raises:
        FileProblemError: There is no such sheet, or none at all.
        AnswerNeededError: Several hold people, or of a results workbook another sheet than To
            correct was worked on.
    """
    if not sheets:
        raise FileProblemError(f"{name} holds no sheet with cells")
    if wanted is not None:
        for sheet in sheets:
            if sheet.name.casefold().strip() == wanted.casefold().strip():
                others = [other for other in sheets if other is not sheet]
                findings += _about_others(others, sheet, with_people, is_wanted=True)
                return sheet
        names = ", ".join(repr(sheet.name) for sheet in sheets)
        raise FileProblemError(f"{name} has no sheet {wanted!r}", hint=f"it has {names}")
    visible = [sheet for sheet in sheets if not sheet.hidden] or sheets
    if corrected := _to_correct(visible):
        own = _ask_where_it_is_right(sheets, corrected, name)
        if own is None:
            findings.append(Finding(RuleId.OWN_SHEET_GONE, None, None, corrected.name, {}))
        others = [sheet for sheet in sheets if sheet is not corrected]
        findings += _about_others(others, corrected, with_people, own=own)
        return corrected
    chosen = visible[0] if len(visible) == 1 else _choose_visible(visible, name)
    others = [sheet for sheet in sheets if sheet is not chosen]
    findings += _about_others(others, chosen, with_people)
    return chosen


def _about_others(
    others: Sequence[Sheet],
    chosen: Sheet,
    with_people: list[tuple[str, int]],
    *,
    is_wanted: bool = False,
    own: str | None = None,
) -> Iterator[Finding]:
    """What is to be said about the sheets that are not read.

    Args:
        others: Those sheets.
        chosen: The one that is read.
        with_people: Where those with people are noted.
        is_wanted: Whether a person has named it, who may know of the people on the others.
        own: The sheet of a results workbook that has everybody, of whom nobody is left out.
    """
    silent, told = [], []
    for sheet in others:
        name = f"{sheet.name} (hidden)" if sheet.hidden else sheet.name
        rows = _rows_with_address(sheet) if not _is_ours(sheet) else []
        if rows and own == sheet.name:
            silent.append(f"{name}: as it was uploaded")
        elif rows:
            more = " or more" if len(rows) == _MOST_ADDRESSES else ""
            many = f"{len(rows):,}{more} {'rows' if len(rows) > 1 else 'row'}"
            with_people.append((sheet.name, len(rows)))
            told.append(f"{name}: {many} ({row_numbers(rows)})")
        elif not sheet.hidden and sheet.name != KEY_SHEET and first_filled_row(sheet.rows()):
            silent.append(name)
    if is_wanted:
        silent, told = [*told, *silent], []
    if silent:
        yield Finding(RuleId.OTHER_SHEETS, None, None, chosen.name, {"names": ", ".join(silent)})
    if told:
        names = "; ".join(told)
        yield Finding(RuleId.PEOPLE_ON_OTHER_SHEETS, None, None, chosen.name, {"names": names})


def _to_correct(visible: Sequence[Sheet]) -> Sheet | None:
    """The sheet of a results workbook that is to be corrected; None in any other workbook."""
    if not any(sheet.name == SUMMARY_SHEET and _is_ours(sheet) for sheet in visible):
        return None
    return next((sheet for sheet in visible if sheet.name == TO_CORRECT_SHEET), None)


def _ask_where_it_is_right(sheets: Sequence[Sheet], corrected: Sheet, name: str) -> str | None:
    """Ask which sheet is meant where somebody has worked on another one of a results workbook.

    Returns:
        The name of the administrator's own sheet; None where it is gone.

    Raises:
        AnswerNeededError: Somebody has, or nobody knows.
    """
    others = [one for one in sheets if not _is_ours(one) or one.name in _COMPARED]
    compared = compare(others, corrected)
    if compared is None:
        names = [one.name for one in sheets if one is not corrected and _is_with_people(one)]
        what = (
            f"its hidden sheet {AS_WRITTEN_SHEET} is gone or damaged, so nobody knows what was"
            f" changed on another sheet than {corrected.name}"
        )
    else:
        found = compared.unread
        names = [*dict.fromkeys(one.sheet for one in found)]
        cells = ", ".join(f"{one.where}: {one.what}" for one in found[:_MOST_NAMED])
        more = f" and {len(found) - _MOST_NAMED:,} more" if len(found) > _MOST_NAMED else ""
        what = (
            f"{cells}{more}, since the results were written; of this workbook only the sheet"
            f" {corrected.name} is read, and it says nothing of that or something else: correct it"
            " there, copying the row of whoever isn't on it, and deleting that of whoever isn't"
            " meant"
        )
    if not names:
        return compared.own if compared else None
    raise AnswerNeededError(
        f"{name}: {what}, or say which sheet is to be read",
        option="sheet",
        flag="--sheet",
        choices=(
            (corrected.name, f"{corrected.name}: as it is there, only who is on it"),
            *((one, f"{one}: everybody, as it is there") for one in names),
        ),
    )


def _is_with_people(sheet: Sheet) -> bool:
    return not _is_ours(sheet) and bool(_rows_with_address(sheet))


def _is_ours(sheet: Sheet) -> bool:
    """Whether a sheet has the name and the title of one that we write; people may have the name."""
    title = _OURS.get(sheet.name)
    filled = first_filled_row(sheet.rows()) if title else None
    return bool(title and filled and filled[1][0].startswith(title))


def _rows_with_address(sheet: Sheet) -> list[int]:
    """The first rows of a sheet that hold an address in a cell of its own."""
    numbered = enumerate(sheet.rows(), start=1)
    found = (row for row, cells in numbered if address_in(cells, row, sheet.first_column))
    return list(islice(found, _MOST_ADDRESSES))


def _choose_visible(visible: Sequence[Sheet], name: str) -> Sheet:
    """The only one of several sheets that holds people, else what is most like the template."""
    people = {sheet.name: _people_in(sheet) for sheet in visible if not _is_ours(sheet)}
    with_people = [sheet for sheet in visible if people.get(sheet.name)]
    if len(with_people) > 1:
        raise AnswerNeededError(
            f"{name} holds people in several sheets; which one is to be read?",
            option="sheet",
            flag="--sheet",
            choices=tuple(
                (sheet.name, f"{sheet.name}: rows with an address: {people[sheet.name]:,}")
                for sheet in with_people
            ),
        )
    if with_people:
        return with_people[0]
    named = [sheet for sheet in visible if sheet.name.casefold() == USERS_SHEET.casefold()]
    return (named or sorted(visible, key=_best_score, reverse=True))[0]


def _best_score(sheet: Sheet) -> int:
    return max(map(header_score, top_rows(sheet.rows())), default=0)


def _people_in(sheet: Sheet) -> int:
    """How many rows stand below a header that names an address column and one more."""
    rows = sheet.rows()
    top = top_rows(rows)
    header = find_header(top, sheet.first_column)
    if header is None or not {"email", "first_name", "last_name", "role"}.intersection(
        header.columns
    ) > {"email"}:
        return 0
    at = header.columns["email"] - sheet.first_column
    return sum(1 for row in chain(top[header.row :], rows) if at < len(row) and "@" in str(row[at]))
