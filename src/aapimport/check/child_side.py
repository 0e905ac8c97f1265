"""The child's side of `check_file`: read, check, and answer in plain values."""

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib import import_module
from itertools import chain, count, islice, repeat
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aapimport.check.choose_sheet import choose_sheet
from aapimport.check.evidence import headers_disagree, row_numbers, seen_by_the_other
from aapimport.check.header import (
    WHOLE_FILE,
    Header,
    find_header,
    header_score,
    missing_columns,
    some_of,
)
from aapimport.check.letters import CheckedFile, CheckRequest
from aapimport.check.noted import Correction, Kind
from aapimport.check.origin import origin_of
from aapimport.check.top_rows import FARTHEST_ROW, SEARCHED_ROWS, first_filled_row, top_rows
from aapimport.check.unread_cells import address_in, swallowed_lines
from aapimport.check.unseen import how_it_was_read, unseen_looks
from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Book, Choices, Sheet, Value, open_book
from aapimport.sheets.facts import ERROR_CODES, Facts, Looks, Reason, seen
from aapimport.sheets.letters import SecondView
from aapimport.sheets.limits import forbid_processes

if TYPE_CHECKING:
    from aapimport.check.judge import SheetCheck

_ROWS_LOST = frozenset(
    (
        *(RuleId.ROW_GIVEN_TWICE, RuleId.ROWS_IN_BLOCKS, RuleId.CROSSED_OUT),
        RuleId.TOO_MANY_ERRORS,
    )
)
"""The rules about rows of which nobody knows what stands in them, or whether they are meant."""
_DELIMITERS = ",;\t|"
_MOST_NAMED = 5
"""People whom a question names."""


def check(plain: Mapping[str, Any]) -> CheckedFile:
    """Check a file: the child's process.

    Args:
        plain: The fields of a `CheckRequest`.

    Raises:
        FileProblemError: The file as a whole can't be read.
        AnswerNeededError: A decision is missing.
    """
    # Loading pydantic takes 90 ms, for most of which the value reader can work beside it.
    with suppress(RuntimeError):  # a system that has no room for a thread
        threading.Thread(target=import_module, args=("aapimport.check.judge",)).start()
    forbid_processes()
    request = CheckRequest.read(plain)
    return check_with(request, _second_view if request.second_view else None)


def check_with(request: CheckRequest, second_view: Callable[[], SecondView] | None) -> CheckedFile:
    """The same as `check`, with the second reader's findings from a function."""
    path = Path(request.path)
    view = cache(second_view) if second_view else None  # it can be read once
    choices = Choices(
        header_score, request.encoding, second_view=view, descriptor=request.descriptor
    )
    book = open_book(path, choices)
    if book.kind == "csv" and request.sheet is not None:
        raise FileProblemError(
            f"{path.name} is a text file, which has no sheets", hint="leave --sheet out"
        )
    findings: list[Finding] = []
    others: list[tuple[str, int]] = []
    sheet = choose_sheet(book.sheets, request.sheet, path.name, findings, others)
    facts = sheet.facts()
    if sheet.text:
        notes = sheet.text.notes
        findings += (Finding(RuleId(rule), None, None, "", words) for rule, words in notes)
    findings += how_it_was_read(facts, book.kind)
    checked = _check_sheet(book, sheet, facts, request, findings)
    origin = origin_of(book.properties, book.sheets)
    return replace(checked, other_sheets=others, origin=origin)


def _second_view() -> SecondView:
    """What the second reader's child wrote, or failed to write."""
    try:
        return SecondView.read(json.load(sys.stdin.buffer)["result"])
    except (ValueError, KeyError):
        return SecondView(state=Reason.FAILED)


def _check_sheet(
    book: Book, sheet: Sheet, facts: Facts, request: CheckRequest, findings: list[Finding]
) -> CheckedFile:
    from aapimport.check.judge import SheetCheck

    rows = sheet.rows()
    top = top_rows(rows)
    header = find_header(top, sheet.first_column)
    if header is None:
        findings += _no_header(top, rows, facts)
        header = Header(0, {}, {})
    findings += header.findings
    findings += unseen_looks(facts, header, counts_all=request.hidden == "include")
    above: list[Finding] = []
    if header.row:
        findings += headers_disagree(top[header.row - 1], sheet.first_column, header.row, facts)
        above = [*_above(header, top, sheet.first_column)]
    check = SheetCheck(header, sheet, facts, hidden=request.hidden, keep_people=request.people)
    if header.columns:
        below = _down_to_the_last_known(chain(top[header.row :], rows), header.row + 1, facts)
        check.run(below, header.row + 1)
        if not check.rows:
            above = [_nobody(header.row, above)]
    findings += above
    if sheet.text:
        findings += swallowed_lines(sheet.text, header)
    findings += _hidden(check, header, facts, request.hidden)
    findings += _comments_beside(check, header, facts, skip=request.hidden == "skip")
    findings = _without_doubles([*findings, *check.findings])
    return _checked_file(book, sheet, facts, check, findings)


def _above(header: Header, top: Sequence[Sequence[Value]], first_column: int) -> Iterator[Finding]:
    """What is to be said about rows above the header, and people in them or in the header."""
    if first_filled_row(top[: header.row - 1]):
        yield Finding(RuleId.ROWS_ABOVE_HEADER, header.row, 0, "", {"row": header.row})
    for row, cells in enumerate(top[: header.row], start=1):
        if found := address_in(cells, row, first_column):
            yield found


def _nobody(header_row: int, above: Sequence[Finding]) -> Finding:
    """That there is nobody below the header; perhaps, by what was found there, they are above."""
    rows = [one.row or 0 for one in above if one.rule is RuleId.ADDRESS_NOT_READ]
    words = {"where": "in this file", "cure": "write one person per row below the header"}
    if rows:
        found = f"addresses stand in rows above: {row_numbers(rows)}"
        words["where"] = f"below the header in row {header_row}; {found}"
        words["cure"] = "move the header above them"
    return Finding(RuleId.NO_ROWS, None, None, "", words)


def _without_doubles(findings: list[Finding]) -> list[Finding]:
    """Without columns that are only said to be extra where their values are told to be missed."""
    left_out = {(f.row, f.column) for f in findings if f.rule is RuleId.COLUMN_LEFT_OUT}
    return [
        finding
        for finding in findings
        if finding.rule is not RuleId.EXTRA_COLUMN or (finding.row, finding.column) not in left_out
    ]


def _checked_file(
    book: Book, sheet: Sheet, facts: Facts, check: "SheetCheck", findings: list[Finding]
) -> CheckedFile:
    """The answer; without people where nobody knows what stands in some rows or columns."""
    header = check.header
    rules = {finding.rule for finding in findings}
    whole = not rules.isdisjoint(WHOLE_FILE | _ROWS_LOST)
    skipped = RuleId.HIDDEN_ROWS_SKIPPED in rules and rules.isdisjoint(WHOLE_FILE)
    left_out = [(row, _why(why)) for row, _, why in check.set_aside] if skipped else []
    return CheckedFile(
        digest=book.digest,
        kind=book.kind,
        encoding=sheet.text.encoding if sheet.text else "",
        delimiter=sheet.text.delimiter if sheet.text else "",
        sheet=sheet.name,
        header_row=header.row,
        columns=header.columns,
        rows=check.rows,
        ready=0 if whole else check.ready,
        findings=findings,
        corrections=[*check.corrections, *_beside(header, facts)],
        people=[] if whole else check.people,
        unnamed_columns=check.unnamed_columns,
        left_out=left_out,
        other_sheets=(),
        origin=None,
    )


def _why(found: str) -> str:
    """Why somebody is left out, without what stands in a cell: the journal keeps it for good."""
    where = "in a hidden or filtered row" if found == "hidden" else "marked as not meant"
    return f"{where} (--hidden skip)"


def _beside(header: Header, facts: Facts) -> Iterator[Correction]:
    """What a copy has to know of columns that are none of the template's: of what cells show.

    A formula without a result shows nothing that is known; it isn't blank.
    """
    known = set(header.columns.values())
    unreadable = dict.fromkeys(facts.unstored, ERROR_CODES[0x2A]) | facts.errors
    for kind, cells in (
        (Kind.SHOWN, seen(facts.looks, Looks()).shown),
        (Kind.UNREADABLE, unreadable),
    ):
        yield from (Correction(*at, kind, text) for at, text in cells.items() if at[1] not in known)


def _down_to_the_last_known(
    rows: Iterator[Sequence[Value]], first_row: int, facts: Facts
) -> Iterator[Sequence[Value]]:
    """The rows, and those below in which the value reader sees nothing.

    A row in which every cell is a formula without a stored result is not in its answer, nor is one
    that the other reader alone finds.
    """
    numbers = count(first_row)

    def below() -> Iterator[Sequence[Value]]:
        # zip asks for a number once it has a row, so this is the number of the row below the last.
        yield from repeat((), facts.last_row() - next(numbers) + 1)

    return chain(map(itemgetter(0), zip(rows, numbers, strict=False)), below())


def _comments_beside(
    check: "SheetCheck", header: Header, facts: Facts, *, skip: bool
) -> Iterator[Finding]:
    """The comments in columns that aren't read: what they say may be about the person, too."""
    known = set(header.columns.values())
    left_out = {row for row, _, _ in check.set_aside} if skip else set()
    for (row, column), text in seen(facts.looks, Looks()).comments.items():
        if header.columns and row > header.row and column not in known and row not in left_out:
            comment = " ".join(text.split())
            check.corrections.append(Correction(row, column, Kind.COMMENT, comment))
            yield Finding(RuleId.CELL_COMMENT, row, column, "", {"comment": comment})


def _hidden(
    check: "SheetCheck", header: Header, facts: Facts, decided: str | None
) -> Iterator[Finding]:
    """What is to be said about people and columns that nobody sees."""
    for key, column in header.columns.items():
        if column in facts.hidden_columns:
            yield Finding(RuleId.HIDDEN_COLUMN, header.row, column, header.names[key], {})
    aside = check.set_aside
    if not aside:
        return
    marked = any(why != "hidden" for _, _, why in aside)
    kind = "hidden or marked" if marked else "hidden or filtered"
    if decided is None:
        people = f"{len(aside):,} people" if len(aside) > 1 else "1 person"
        where = row_numbers(row for row, _, _ in aside)
        raise AnswerNeededError(
            f"{people} in {kind} rows ({where}): {_named(aside)}:"
            " read them as well, or leave them out?",
            option="hidden",
            flag="--hidden",
            choices=(("include", f"read the {kind} rows as well"), ("skip", "leave them out")),
        )
    several = f"{kind} " + ("rows were" if len(aside) > 1 else "row was")
    rule = RuleId.HIDDEN_ROWS_SKIPPED if decided == "skip" else RuleId.HIDDEN_ROWS_INCLUDED
    yield Finding(
        rule, None, None, "", {"count": len(aside), "rows": several, "where": _named(aside)}
    )


def _named(aside: Sequence[tuple[int, str, str]]) -> str:
    """The first people with their rows, and how many more."""
    named = [
        f"row {row} {some_of([email or 'without an address'])} ({some_of([why])})"
        for row, email, why in aside[:_MOST_NAMED]
    ]
    more = f" and {len(aside) - _MOST_NAMED:,} more" if len(aside) > _MOST_NAMED else ""
    return ", ".join(named) + more


def _no_header(
    top: Sequence[Sequence[Value]], below: Iterator[Sequence[Value]], facts: Facts
) -> Iterator[Finding]:
    """What is to be said where no header was found, and perhaps why."""
    near = [*top, *islice(below, FARTHEST_ROW)]
    filled = first_filled_row(near) or first_filled_row(below, len(near) + 1)
    if filled is None:
        yield seen_by_the_other(facts) or _nobody(0, ())
        return
    row, texts = filled
    found = f"row {row} holds {some_of(texts)}"
    missing = [*missing_columns((), found)]
    if cure := _why_no_header(near, len(top), texts):
        missing = [missing[0]._replace(arguments={"found": found, "cure": f"; {cure}"})]
    yield from missing


def _why_no_header(near: Sequence[Sequence[Value]], searched: int, texts: Sequence[str]) -> str:
    """What to do about a header that is too far down, or whose names are all in one cell."""
    for row, cells in enumerate(near[searched:], start=searched + 1):
        if header_score(cells) > 1:
            return (
                f"row {row} looks like a header, which is looked for in the first {SEARCHED_ROWS}"
                " rows that hold something: delete rows above it"
            )
    if len(texts) == 1 and any(header_score(texts[0].split(sign)) > 1 for sign in _DELIMITERS):
        return "here all of them stand in one cell, which Excel splits: Data > Text to Columns"
    return ""
