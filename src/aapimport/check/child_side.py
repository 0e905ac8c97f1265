"""The child's side of `check_file`: read, check, and answer in plain values."""

import hashlib
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import chain, islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from aapimport.check.choose_sheet import choose_sheet
from aapimport.check.evidence import headers_disagree, row_numbers, seen_by_the_other
from aapimport.check.header import (
    SEARCHED_ROWS,
    WHOLE_FILE,
    Header,
    find_header,
    first_filled_row,
    header_score,
    missing_columns,
    some_of,
)
from aapimport.check.letters import CheckedFile, CheckRequest
from aapimport.check.not_looked_at import crossed_out, not_looked_at
from aapimport.check.unread_cells import address_in, swallowed_lines
from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.facts import Facts
from aapimport.sheets.formats.csv import Delimited, read_text
from aapimport.sheets.formats.xlsx import (
    hidden_columns,
    hidden_rows,
    odd_cells,
    shows_numbers_otherwise,
)
from aapimport.sheets.formats.xlsx_second import MOST_ROWS
from aapimport.sheets.formats.xlsx_unlooked import unlooked
from aapimport.sheets.intake import Intake, take_in
from aapimport.sheets.letters import SecondView
from aapimport.sheets.limits import forbid_processes
from aapimport.sheets.refusals import damaged
from aapimport.sheets.table import Table, Value, read_tables
from aapimport.template.columns import (
    TEMPLATE_VERSION,
)

if TYPE_CHECKING:
    from aapimport.check.judge import SheetCheck

_ROWS_LOST = frozenset((RuleId.ROW_GIVEN_TWICE, RuleId.ROWS_IN_BLOCKS, RuleId.CROSSED_OUT))
"""The rules about rows of which nobody knows what stands in them, or whether they are meant."""
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
    threading.Thread(target=import_module, args=("aapimport.check.judge",)).start()
    forbid_processes()
    request = CheckRequest.read(plain)
    return check_with(request, _second_view if request.second_view else None)


def check_with(request: CheckRequest, second_view: Callable[[], SecondView] | None) -> CheckedFile:
    """The same as `check`, with the second reader's findings from a function."""
    path = Path(request.path)
    intake = take_in(path)
    findings: list[Finding] = []
    facts = Facts()
    text = None
    if intake.kind == "csv":
        if request.sheet is not None:
            raise FileProblemError(
                f"{path.name} is a text file, which has no sheets", hint="leave --sheet out"
            )
        text = read_text(intake.data, request.encoding, header_score, path.name)
        findings += (Finding(RuleId(rule), None, None, "", words) for rule, words in text.notes)
        table = text.table()
    else:
        table = choose_sheet(read_tables(intake, path.name), request.sheet, path.name, findings)
        facts.merged = table.merged
        if intake.kind == "xlsx":
            _look_into_xlsx(intake, table.name, facts, path.name)
            view = second_view() if second_view else SecondView(state="failed")
            facts.take_second_view(view, table.name)
            part = intake.package.part_of(table.name)
            if facts.state != "looked" and part in intake.with_hidden:
                facts.hidden_rows = hidden_rows(intake.readable, part)
            if facts.state != "looked":
                facts.hidden_columns = hidden_columns(intake.readable, part)
                styles = intake.package.styles
                facts.formats_unseen = shows_numbers_otherwise(intake.readable, styles)
                facts.unlooked = unlooked(intake.readable, part, styles)
        else:
            _look_further(table, facts)
        findings += _about(facts, intake.kind)
    return _check_table(intake, table, findings, facts, request, text)


def _look_further(table: Table, facts: Facts) -> None:
    """Find what the value reader doesn't tell, as far as each kind of file allows."""
    if table.look:
        table.look(facts)


def _look_into_xlsx(intake: Intake, sheet: str, facts: Facts, name: str) -> None:
    """Find formulas without a result, and errors, which the value reader takes for blank."""
    part = intake.package.part_of(sheet)
    if not part and intake.with_formulas:
        raise damaged(name, f"nobody knows where the cells of its sheet {sheet!r} are")
    if part in intake.with_formulas:
        try:
            odd = odd_cells(intake.readable, part, recalculates=intake.package.recalculates)
        except (BadZipFile, KeyError) as error:
            raise damaged(name, str(error)) from error
        facts.errors, facts.unstored, facts.zeros = odd.errors, odd.unstored, odd.zeros


def _second_view() -> SecondView:
    """What the second reader's child wrote, or failed to write."""
    try:
        return SecondView.read(json.load(sys.stdin.buffer)["result"])
    except (ValueError, KeyError):
        return SecondView(state="failed")


def _about(facts: Facts, kind: str) -> Iterator[Finding]:
    """What is to be said about how the file could be looked at."""
    if facts.state == "too many rows":
        yield Finding(RuleId.ONE_READER_ONLY, None, None, "", {"limit": MOST_ROWS})
    elif facts.state == "failed":
        yield Finding(RuleId.SECOND_READER_FAILED, None, None, "", {})
    elif facts.state == "values only":
        yield Finding(RuleId.VALUES_ONLY, None, None, "", {"kind": kind})
    if facts.is_full:
        yield Finding(RuleId.FULL_SHEET, None, None, "", {})
    if facts.twice:
        yield Finding(RuleId.ROW_GIVEN_TWICE, None, None, "", {"rows": row_numbers(facts.twice)})
    if facts.blocks > 1:
        yield Finding(RuleId.ROWS_IN_BLOCKS, None, None, "", {"count": facts.blocks})
    if facts.version and facts.version != TEMPLATE_VERSION:
        yield Finding(
            RuleId.OTHER_TEMPLATE,
            None,
            None,
            "",
            {"version": facts.version, "ours": TEMPLATE_VERSION},
        )


def _check_table(
    intake: Intake,
    table: Table,
    findings: list[Finding],
    facts: Facts,
    request: CheckRequest,
    text: Delimited | None,
) -> CheckedFile:
    from aapimport.check.judge import SheetCheck

    rows = table.rows()
    top = list(islice(rows, SEARCHED_ROWS))
    header = find_header(top, table.first_column)
    if header is None:
        findings += seen_by_the_other(facts, top) or _no_header(top)
        header = Header(0, {}, {})
    findings += header.findings
    if request.hidden != "include":  # who is crossed out counts
        findings += crossed_out(facts.unlooked, header)
    findings += not_looked_at(facts.unlooked, header)
    if header.row:
        findings += headers_disagree(top[header.row - 1], table.first_column, header.row, facts)
    if header.row and first_filled_row(top[: header.row - 1]):
        findings.append(Finding(RuleId.ROWS_ABOVE_HEADER, header.row, 0, "", {}))
        above = enumerate(top[: header.row - 1], start=1)
        people = (address_in(cells, row, table.first_column) for row, cells in above)
        findings += filter(None, people)
    check = SheetCheck(
        header,
        table,
        facts,
        hidden=request.hidden,
        keep_people=request.people,
    )
    if header.columns:
        below = _down_to_the_last_known(chain(top[header.row :], rows), header.row + 1, facts)
        check.run(below, header.row + 1)
        if not check.rows:
            findings.append(Finding(RuleId.NO_ROWS, None, None, "", {}))
    if text:
        findings += swallowed_lines(text, header)
    findings += _hidden(check, header, facts, request.hidden)
    whole = any(finding.rule in WHOLE_FILE | _ROWS_LOST for finding in findings)
    left_out = {(f.row, f.column) for f in check.findings if f.rule == RuleId.COLUMN_LEFT_OUT}
    findings = [
        finding
        for finding in findings
        if finding.rule != RuleId.EXTRA_COLUMN or (finding.row, finding.column) not in left_out
    ]
    findings += check.findings
    known = set(header.columns.values())
    return CheckedFile(
        digest=hashlib.sha256(intake.data).hexdigest(),
        kind=intake.kind,
        encoding=text.encoding if text else "",
        delimiter=text.delimiter if text else "",
        sheet=table.name,
        header_row=header.row,
        columns=header.columns,
        rows=check.rows,
        ready=0 if whole else check.ready,
        findings=findings,
        repairs=check.repairs,
        people=[] if whole else check.people,
        merged=facts.merged if any(f.rule == RuleId.MERGED_CELL for f in findings) else (),
        shown=[(*place, said) for place, said in facts.shown.items() if place[1] not in known],
    )


def _down_to_the_last_known(
    rows: Iterator[Sequence[Value]], first_row: int, facts: Facts
) -> Iterator[Sequence[Value]]:
    """The rows, and those below in which the value reader sees nothing.

    A row in which every cell is a formula without a stored result is not in its answer, nor is one
    that the other reader alone finds.
    """
    row = first_row - 1
    for row, cells in enumerate(rows, start=first_row):  # noqa: B007 -- the last one is needed
        yield cells
    last = facts.last_row()
    yield from repeat((), last - row)


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


def _no_header(top: list[Sequence[Value]]) -> Iterator[Finding]:
    filled = first_filled_row(top)
    if filled is None:
        yield Finding(RuleId.NO_ROWS, None, None, "", {})
        return
    row, texts = filled
    yield from missing_columns((), f"row {row} holds {some_of(texts)}")
