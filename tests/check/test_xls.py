"""Old xls workbooks, read twice."""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.errors import FileProblemError
from aapimport.sheets.book import Choices, open_book
from aapimport.sheets.facts import Facts, Looks, Unseen
from aapimport.sheets.formats import xls
from aapimport.sheets.formats.calamine import Grid
from aapimport.sheets.formats.xls import MOST_ROWS, read_xls
from aapimport.sheets.formats.xls_formulas import Formulas
from sheets.other_formats import write_xls
from sheets.xls_records import add_xls_facts

CORPUS = Path(os.environ.get("AAPIMPORT_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
FILES = sorted(CORPUS.glob("*.[xX][lL][sS]")) if CORPUS.is_dir() else []
HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")
ANA = ("ana@acme.com", "Ana", "Perez", "facilitator", "Sales", 1)


def never() -> list[Any]:
    """A value reader that can't read the file."""
    raise FileProblemError("no")


@pytest.mark.skipif(not FILES, reason="the collection of odd spreadsheets is not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[-40:])
def test_xlrd_sees_what_the_records_say(path: Path) -> None:
    """What is hidden, errors and links of real workbooks are what a parser of records finds."""
    data = path.read_bytes()
    try:
        tables = read_xls(data, path.name, never)
    except FileProblemError:
        pytest.skip("it is refused")
    for table in tables:
        said, shown = Facts(second=[], looks=Looks()), Looks()
        try:
            if not add_xls_facts(data, table.name, said, shown):
                continue  # a version that the parser of records doesn't know
        except OverflowError:
            continue
        seen = table.facts()
        assert isinstance(seen.looks, Looks)
        assert said.hidden_rows <= seen.hidden_rows
        assert {at for at in said.hidden_columns if at < 256} <= seen.hidden_columns
        assert said.errors == seen.errors
        assert said.links == seen.links
        assert shown.shown.items() <= seen.looks.shown.items() | {
            (cell, text) for cell, text in shown.shown.items() if cell in seen.looks.texts_shown
        }


@pytest.mark.skipif(not FILES, reason="the collection of odd spreadsheets is not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[-40:])
def test_both_readers_find_the_same_values(path: Path) -> None:
    """Two readers that nobody made to agree find the same in every cell of real workbooks."""
    from aapimport.check.evidence import _agree

    try:
        tables = open_book(path, Choices(len)).sheets
    except FileProblemError:
        pytest.skip("it is refused")
    for table in tables:
        second = table.facts().second
        if isinstance(second, Unseen):
            continue
        for row, values in enumerate(table.rows(), start=1):
            for column, value in enumerate(values, start=table.first_column):
                if value != "" and str(value) != "nan":
                    assert _agree(value, second[column].get(row, "")), (row, column)


def with_record(monkeypatch: pytest.MonkeyPatch, before: int, record: bytes) -> None:
    """Let the writer put a record before the first one of a kind."""
    from sheets import other_formats

    plain = other_formats.xls_record
    done: list[int] = []

    def write(kind: int, body: bytes = b"") -> bytes:
        if kind == before and not done:
            done.append(kind)
            return record + plain(kind, body)
        return plain(kind, body)

    monkeypatch.setattr(other_formats, "xls_record", write)


ONE = struct.pack("<BH", 0x1E, 1)


def formula(
    row: int,
    column: int,
    result: bytes,
    flags: int = 0,
    kind: int = 0x0006,
    tokens: bytes = ONE,
) -> bytes:
    """A FORMULA record ([MS-XLS] 2.4.127), for =1 by default."""
    body = struct.pack("<HHH", row, column, 0) + result + struct.pack("<HI", flags, 0)
    body += struct.pack("<H", len(tokens)) + tokens
    return struct.pack("<HH", kind, len(body)) + body


BLANK = b"\x03" + bytes(5) + b"\xff\xff"
ZERO = bytes(8)


@pytest.mark.parametrize("result", [BLANK, ZERO])
def test_a_formula_that_waits_to_be_worked_out_is_an_error(
    result: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 and blank are no results where the file asks for them to be worked out on opening."""
    with_record(monkeypatch, 0x0204, formula(1, 3, result, flags=2))
    path = write_xls(tmp_path / "people.xls", [HEADERS, (*ANA[:3], "", *ANA[4:])])
    problems = check_file(path, ReadOptions()).problems
    assert [(p.id, str(p.cell)) for p in problems] == [("formula-without-value", "Users!D2")]


def test_blank_results_that_no_program_worked_out_are_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all formulas are blank, nobody has worked them out."""
    with_record(monkeypatch, 0x0204, formula(1, 3, BLANK))
    path = write_xls(tmp_path / "people.xls", [HEADERS, (*ANA[:3], "", *ANA[4:])])
    assert [p.id for p in check_file(path, ReadOptions()).problems] == ["formula-without-value"]
    both = formula(1, 3, BLANK) + formula(1, 6, struct.pack("<d", 2.0))
    monkeypatch.undo()
    with_record(monkeypatch, 0x0204, both)
    path = write_xls(tmp_path / "people.xls", [HEADERS, (*ANA[:3], "", *ANA[4:])])
    assert "formula-without-value" not in {p.id for p in check_file(path, ReadOptions()).problems}


@pytest.mark.parametrize("kind", [0x0206, 0x0406])
def test_formulas_in_records_of_older_versions_are_read(
    kind: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The value reader skips them; their results are in the file all the same."""
    with_record(monkeypatch, 0x0204, formula(1, 4, struct.pack("<d", 2024.0), kind=kind))
    path = write_xls(tmp_path / "people.xls", [HEADERS, (*ANA[:4], "", 1)])
    checked = check_file(path, ReadOptions())
    assert [person.team for person in checked.people] == ["2024"]
    assert [problem.id for problem in checked.problems] == ["values-only"]


@pytest.mark.parametrize(
    ("target", "links"),
    [("mailto:ana@acme.com", True), ("MailTo:ana@acme.com?subject=x", True), ("ana", False)],
)
@pytest.mark.parametrize("encoding", ["latin-1", "utf-16-le"])
@pytest.mark.parametrize("is_shared", [False, True])
def test_a_formula_may_link_to_an_address(target: str, links: bool, encoding: str, is_shared: bool):
    """Formulas are stored as tokens, for one cell or for several that share one."""
    text = struct.pack("<BBB", 0x17, len(target), encoding != "latin-1") + target.encode(encoding)
    tokens = text + text + struct.pack("<BBH", 0x42, 2, 359)
    formulas, found = Formulas(), {(2, 0): "ana@acme.com"} if links else {}
    if is_shared:
        first = struct.pack("<BHH", 1, 1, 0)
        records = [formula(row, 0, ZERO, tokens=first) for row in (1, 2)]
        head = struct.pack("<HHBBBBH", 1, 2, 0, 0, 0, 2, len(tokens)) + tokens
        records.insert(1, struct.pack("<HH", 0x04BC, len(head)) + head)
        found |= {(3, 0): "ana@acme.com"} if links else {}
    else:
        records = [formula(1, 0, ZERO, tokens=tokens), formula(2, 0, ZERO)]
    for record in records:
        formulas.take(struct.unpack_from("<H", record)[0], record[4:])
    assert formulas.links() == found


def test_a_link_of_a_formula_is_held_against_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as a real link would be."""
    target = "mailto:bo@acme.com"
    tokens = struct.pack("<BBB", 0x17, len(target), 0) + target.encode("latin-1")
    tokens += struct.pack("<BHHBBH", 0x44, 1, 1, 0x42, 2, 359)
    text = struct.pack("<HHB", 0x0207, 3 + len(ANA[0]), len(ANA[0])) + b"\0\0" + ANA[0].encode()
    record = formula(1, 0, bytes(6) + b"\xff\xff", tokens=tokens) + text
    with_record(monkeypatch, 0x0204, record)
    path = write_xls(tmp_path / "people.xls", [HEADERS, ("", *ANA[1:])])
    problems = check_file(path, ReadOptions()).problems
    assert [(p.id, str(p.cell)) for p in problems] == [("link-differs", "Users!A2")]


def test_another_code_page_changes_no_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The texts of Excel 97 and later are UTF-16, whatever CODEPAGE says."""
    with_record(monkeypatch, 0x00E0, struct.pack("<HHH", 0x0042, 2, 1252))
    people = ("hanako@acme.com", "花子", "佐藤", "", "Sales", 1)
    path = write_xls(tmp_path / "people.xls", [HEADERS, people])
    checked = check_file(path, ReadOptions())
    assert [(p.first_name, p.last_name) for p in checked.people] == [("花子", "佐藤")]
    assert "values-only" in {problem.id for problem in checked.problems}


@pytest.mark.parametrize(("start", "version"), [(0x0009, 2), (0x0209, 3), (0x0409, 4)])
def test_workbooks_before_excel_5_are_named(start: int, version: int, tmp_path: Path) -> None:
    """They don't tell their encoding for certain, so they are refused for what they are."""
    path = tmp_path / "people.xls"
    path.write_bytes(struct.pack("<HHHHH", start, 6, 0, 0x10, 0) + struct.pack("<HH", 0x0A, 0))
    with pytest.raises(FileProblemError, match=f"workbook of Excel {version}") as refused:
        check_file(path, ReadOptions())
    assert ".xlsx" in refused.value.hint


def test_a_list_that_is_cut_off_by_the_end_of_the_sheet_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer_of: Callable[..., dict[str, Any]]
) -> None:
    """An xls has so many rows and no more; who came after the last one is not in it."""
    assert MOST_ROWS == 65_536
    monkeypatch.setattr(xls, "MOST_ROWS", 3)
    path = write_xls(tmp_path / "people.xls", [HEADERS, ANA, ("bo@acme.com", *ANA[1:])])
    assert "full-sheet" in {problem.id for problem in answer_of(path)["problems"]}
    path = write_xls(tmp_path / "people.xls", [HEADERS, ANA])
    assert "full-sheet" not in {problem.id for problem in answer_of(path)["problems"]}


def test_values_on_which_xlrd_and_the_value_reader_disagree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer_of: Callable[..., dict[str, Any]]
) -> None:
    """What only one of them sees, also below the other's last row, is an error at its cell."""
    plain = xls._columns

    def columns(sheet: Any) -> list[dict[int, Any]]:
        found = plain(sheet)
        for column, value in enumerate(("bo@acme.com", "Bo", "Berg")):
            found[column][3] = value
        return found

    monkeypatch.setattr(xls, "_columns", columns)
    answer = answer_of(write_xls(tmp_path / "people.xls", [HEADERS, ANA]))
    found = {str(p.cell) for p in answer["problems"] if p.id == "readers-disagree"}
    assert found == {"Users!A3", "Users!B3", "Users!C3"}


def test_what_a_text_is_shown_as(tmp_path: Path) -> None:
    """A format may add words to a text, or hide it."""
    path = write_xls(
        tmp_path / "people.xls", [HEADERS, ANA], {(1, 4): '"EMEA "@', (1, 1): ";;;", (1, 5): '"No"'}
    )
    (sheet,) = open_book(path, Choices(len)).sheets
    looks = sheet.facts().looks
    assert isinstance(looks, Looks)
    assert looks.texts_shown == {(2, 4): "EMEA Sales", (2, 1): "", (2, 5): "No"}


def test_a_workbook_that_xlrd_gives_up_is_not_half_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without xlrd nobody sees errors, which would make managers, so the file is refused."""
    merges_of_odd_length = struct.pack("<HHHH", 0x00E5, 4, 0, 0)
    with_record(monkeypatch, 0x0204, merges_of_odd_length)
    path = write_xls(tmp_path / "people.xls", [HEADERS, ANA])
    with pytest.raises(FileProblemError, match="one of two readers") as refused:
        check_file(path, ReadOptions())
    assert ".xlsx" in refused.value.hint


@pytest.mark.parametrize(
    "first_reader", [never, lambda: [Grid("Users", False, 0, lambda: iter([HEADERS, ANA]))]]
)
def test_rows_wider_than_the_sheet_says_are_read_whole(
    first_reader: Callable[[], list[Any]], tmp_path: Path
) -> None:
    """Its record of how wide it is may be wrong, which costs neither a value nor the process."""
    data = write_xls(tmp_path / "people.xls", [HEADERS, ANA]).read_bytes()
    width = struct.Struct("<HHIIHHH")
    narrow = data.replace(
        width.pack(0x0200, 14, 0, 2, 0, 6, 0), width.pack(0x0200, 14, 0, 2, 0, 2, 0)
    )
    assert narrow != data
    (sheet,) = read_xls(narrow, "people.xls", first_reader)
    assert [[*row] for row in sheet.rows()] == [[*HEADERS], [*ANA]]
    sheet.facts()
