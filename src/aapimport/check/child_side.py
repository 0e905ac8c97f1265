"""The child's side of `check_file`: read, check, and answer in plain values."""

import hashlib
import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import chain, islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aapimport.check.evidence import row_numbers
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
from aapimport.check.unread_cells import address_in, swallowed_lines
from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.problems.problem import Finding
from aapimport.sheets.facts import Facts
from aapimport.sheets.formats.csv import Delimited, read_text
from aapimport.sheets.formats.ods import add_ods_facts
from aapimport.sheets.formats.xls import add_xls_facts
from aapimport.sheets.formats.xlsb import add_xlsb_facts
from aapimport.sheets.formats.xlsx import (
    hidden_rows,
    odd_cells,
    sheet_part,
    shows_numbers_otherwise,
)
from aapimport.sheets.formats.xlsx_second import MOST_ROWS
from aapimport.sheets.intake import Intake, take_in
from aapimport.sheets.table import Table, Value, read_tables
from aapimport.template.columns import KEY_SHEET, TEMPLATE_VERSION, USERS_SHEET

if TYPE_CHECKING:
    from aapimport.check.judge import SheetCheck

_UNSEEN = {
    "ods": "",
    "xls": ", without comments",
    "xlsb": ", without comments",
}


def check(arguments: dict[str, Any]) -> dict[str, Any]:
    """Check a file.

    Args:
        arguments: `path`, `sheet`, `encoding`, `hidden`; `people`: whether they are wanted;
            `second_view`: whether standard input brings what the second reader found.

    Returns:
        `digest`, `kind`, `encoding`, `delimiter`, `sheet`, `header_row`, `columns`, `rows`,
        `ready`, `findings`, `repairs`, `people`, `merged`, `shown`.

    Raises:
        FileProblemError: The file as a whole can't be read.
        AnswerNeededError: A decision is missing.
    """
    # Loading pydantic takes 90 ms, for most of which the value reader can work beside it.
    threading.Thread(target=import_module, args=("aapimport.check.judge",)).start()
    return check_with(arguments, _second_view if arguments["second_view"] else None)


def check_with(
    arguments: dict[str, Any], second_view: Callable[[], dict[str, Any]] | None
) -> dict[str, Any]:
    """The same as `check`, with the second reader's findings from a function."""
    path = Path(arguments["path"])
    intake = take_in(path)
    answer: dict[str, Any] = {
        "digest": hashlib.sha256(intake.data).hexdigest(),
        "kind": intake.kind,
        "encoding": "",
        "delimiter": "",
    }
    findings: list[Finding] = []
    facts = Facts()
    text = None
    if intake.kind == "csv":
        if arguments["sheet"] is not None:
            raise FileProblemError(
                f"{path.name} is a text file, which has no sheets", hint="leave --sheet out"
            )
        text = read_text(intake.data, arguments["encoding"], header_score, path.name)
        answer |= {"encoding": text.encoding, "delimiter": text.delimiter}
        findings += (Finding(rule, None, None, "", words) for rule, words in text.notes)
        table = text.table()
    else:
        table = _choose(read_tables(intake, path.name), arguments["sheet"], path.name, findings)
        facts.merged = table.merged
        _look_further(intake, table.name, facts)
        if intake.kind == "xlsx":
            facts.take_second_view(second_view() if second_view else {}, table.name)
            part = sheet_part(intake.data, table.name)
            if facts.state != "looked" and part.lower() in intake.with_hidden:
                facts.hidden_rows = hidden_rows(intake.data, part)
            if facts.state != "looked":
                facts.formats_unseen = shows_numbers_otherwise(intake.data)
        findings += _about(facts, intake.kind)
    checked = _check_table(table, findings, facts, arguments, text)
    known = set(checked["columns"].values())
    shown = [(*place, text) for place, text in facts.shown.items() if place[1] not in known]
    return answer | checked | {"shown": shown}


def _look_further(intake: Intake, sheet: str, facts: Facts) -> None:
    """Find what the value reader doesn't tell, as far as each kind of file allows."""
    if intake.kind == "xlsx":
        part = sheet_part(intake.data, sheet)
        if part.lower() in intake.with_formulas:
            odd = odd_cells(intake.data, part)
            facts.errors, facts.unstored = odd.errors, odd.unstored
    elif intake.kind == "xls":
        facts.formats_unseen = not add_xls_facts(intake.data, sheet, facts)
    elif intake.kind == "ods":
        facts.formats_unseen = not add_ods_facts(intake.data, sheet, facts)
    else:
        facts.formats_unseen = not add_xlsb_facts(intake.data, sheet, facts)


def _second_view() -> dict[str, Any]:
    """What the second reader's child wrote, or failed to write."""
    try:
        view: dict[str, Any] = json.load(sys.stdin.buffer)["result"]
    except (ValueError, KeyError):
        return {"state": "failed"}
    return view


def _about(facts: Facts, kind: str) -> Iterator[Finding]:
    """What is to be said about how the file could be looked at."""
    if facts.state == "too many rows":
        yield Finding("one-reader-only", None, None, "", {"limit": MOST_ROWS})
    elif facts.state == "failed":
        yield Finding("second-reader-failed", None, None, "", {})
    elif facts.state == "values only":
        yield Finding("values-only", None, None, "", {"kind": kind, "unseen": _UNSEEN[kind]})
    if facts.version and facts.version != TEMPLATE_VERSION:
        yield Finding(
            "other-template",
            None,
            None,
            "",
            {"version": facts.version, "ours": TEMPLATE_VERSION},
        )


def _check_table(
    table: Table,
    findings: list[Finding],
    facts: Facts,
    arguments: dict[str, Any],
    text: Delimited | None,
) -> dict[str, Any]:
    from aapimport.check.judge import SheetCheck

    rows = table.rows()
    top = list(islice(rows, SEARCHED_ROWS))
    header = find_header(top, table.first_column)
    if header is None:
        findings += _no_header(top)
        header = Header(0, {}, {})
    findings += header.findings
    if header.row and first_filled_row(top[: header.row - 1]):
        findings.append(Finding("rows-above-header", header.row, 0, "", {}))
        above = enumerate(top[: header.row - 1], start=1)
        people = (address_in(cells, row, table.first_column) for row, cells in above)
        findings += filter(None, people)
    check = SheetCheck(
        header,
        table,
        facts,
        hidden=arguments["hidden"],
        keep_people=arguments["people"],
    )
    if header.columns:
        below = _down_to_the_last_formula(chain(top[header.row :], rows), header.row + 1, facts)
        check.run(below, header.row + 1)
        if not check.rows:
            findings.append(Finding("no-rows", None, None, "", {}))
    if text:
        findings += swallowed_lines(text, header)
    findings += _hidden(check, header, facts, arguments["hidden"])
    whole = any(finding.rule in WHOLE_FILE for finding in findings)
    findings += check.findings
    return {
        "sheet": table.name,
        "header_row": header.row,
        "columns": header.columns,
        "rows": check.rows,
        "ready": 0 if whole else check.ready,
        "findings": [(f.rule, f.row, f.column, f.value, dict(f.arguments)) for f in findings],
        "repairs": check.repairs,
        "people": [] if whole else check.people,
        "merged": facts.merged if any(f.rule == "merged-cell" for f in findings) else (),
    }


def _down_to_the_last_formula(
    rows: Iterator[Sequence[Value]], first_row: int, facts: Facts
) -> Iterator[Sequence[Value]]:
    """The rows, and those below in which the value reader sees nothing.

    A row in which every cell is a formula without a stored result is not in its answer.
    """
    row = first_row - 1
    for row, cells in enumerate(rows, start=first_row):  # noqa: B007 -- the last one is needed
        yield cells
    last = max((at for at, _ in facts.unstored), default=0)
    yield from repeat((), last - row)


def _hidden(
    check: "SheetCheck", header: Header, facts: Facts, decided: str | None
) -> Iterator[Finding]:
    """What is to be said about people and columns that nobody sees."""
    for key, column in header.columns.items():
        if column in facts.hidden_columns:
            yield Finding("hidden-column", header.row, column, header.names[key], {})
    hidden = check.hidden_people
    if not hidden:
        return
    several = "rows were" if len(hidden) > 1 else "row was"
    where = row_numbers(hidden)
    if decided is None:
        people = f"{len(hidden):,} people" if len(hidden) > 1 else "1 person"
        raise AnswerNeededError(
            f"{people} in hidden or filtered rows ({where}): read them as well, or leave them out?",
            option="hidden",
            flag="--hidden",
            choices=(("include", "read the hidden rows as well"), ("skip", "leave them out")),
        )
    rule = "hidden-rows-skipped" if decided == "skip" else "hidden-rows-included"
    yield Finding(rule, None, None, "", {"count": len(hidden), "rows": several, "where": where})


def _no_header(top: list[Sequence[Value]]) -> Iterator[Finding]:
    filled = first_filled_row(top)
    if filled is None:
        yield Finding("no-rows", None, None, "", {})
        return
    row, texts = filled
    yield from missing_columns((), f"row {row} holds {some_of(texts)}")


def _choose(
    sheets: list[Callable[[], Table]], wanted: str | None, name: str, findings: list[Finding]
) -> Table:
    """The sheet to read: the one that was named, else the only one that holds people."""
    tables = [sheet() for sheet in sheets]
    if not tables:
        raise FileProblemError(f"{name} holds no sheet with cells")
    if wanted is not None:
        for table in tables:
            if table.name.casefold().strip() == wanted.casefold().strip():
                return table
        names = ", ".join(repr(table.name) for table in tables)
        raise FileProblemError(f"{name} has no sheet {wanted!r}", hint=f"it has {names}")
    visible = [table for table in tables if not table.hidden] or tables
    chosen = visible[0] if len(visible) == 1 else _choose_visible(visible, name)
    others = [
        table.name
        for table in visible
        if table is not chosen and table.name != KEY_SHEET and first_filled_row(list(table.rows()))
    ]
    others += [
        f"{table.name} (hidden)"
        for table in tables
        if table.hidden and table is not chosen and _people_in(table)
    ]
    if others:
        findings.append(
            Finding("other-sheets", None, None, chosen.name, {"names": ", ".join(others)})
        )
    return chosen


def _choose_visible(visible: list[Table], name: str) -> Table:
    """The only one of several sheets that holds people, else what is most like the template."""
    with_people = [table for table in visible if _people_in(table)]
    if len(with_people) > 1:
        raise AnswerNeededError(
            f"{name} holds people in several sheets; which one is to be read?",
            option="sheet",
            flag="--sheet",
            choices=tuple(
                (table.name, f"{table.name}: people in it: {_people_in(table):,}")
                for table in with_people
            ),
        )
    if with_people:
        return with_people[0]
    named = [table for table in visible if table.name.casefold() == USERS_SHEET.casefold()]
    return (named or sorted(visible, key=_best_score, reverse=True))[0]


def _best_score(table: Table) -> int:
    return max(map(header_score, islice(table.rows(), SEARCHED_ROWS)), default=0)


def _people_in(table: Table) -> int:
    """How many rows stand below a header that names an address column and one more."""
    rows = table.rows()
    top = list(islice(rows, SEARCHED_ROWS))
    header = find_header(top, table.first_column)
    if header is None or not {"email", "first_name", "last_name", "role"}.intersection(
        header.columns
    ) > {"email"}:
        return 0
    at = header.columns["email"] - table.first_column
    return sum(1 for row in chain(top[header.row :], rows) if at < len(row) and row[at] != "")
