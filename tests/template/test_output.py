import csv
import gc
import os
import stat
from pathlib import Path

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from aapimport.errors import FileProblemError
from aapimport.template.output import (
    LONGEST_CELL,
    check_free,
    new_sheet,
    new_workbook,
    replacing,
    save_workbook,
    text_cell,
    write_csv,
)

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "#N/A",
    "TRUE",
    "00123",
    "2026-01-05",
    "1e5",
    "  two blanks  ",
    "line\nbreak",
    "_x0041_",
    "_x005F_",
    "tab\tin it",
    "return\rin it",
    "escape \x1b[31m",
    "zero\x00byte",
    "<a href='x'>&amp;</a>",
    "Zoë 李 𠮷 İ",
]


def saved(path: Path, texts: list[str]) -> Path:
    """A workbook with one text a row."""
    workbook = new_workbook("test")
    sheet = new_sheet(workbook, "Users")
    for text in texts:
        sheet.append([text_cell(sheet, text)])
    save_workbook(workbook, path)
    return path


def test_a_cell_shows_exactly_its_text(tmp_path):
    """Whatever the text looks like, a spreadsheet program reads back the same text."""
    path = saved(tmp_path / "out.xlsx", HOSTILE)
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows] == HOSTILE


def test_no_cell_is_a_formula_or_interpreted(tmp_path):
    """Every cell is a string, formatted as text, so that typing it again changes nothing."""
    sheet = load_workbook(saved(tmp_path / "out.xlsx", HOSTILE))["Users"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}


@pytest.mark.parametrize("text", ["\ud800", "\ufffe", "\uffff"])
def test_what_xml_cannot_carry_does_not_break_the_file(tmp_path, text):
    """A half character or a non-character from a csv is written as its number."""
    rows = CalamineWorkbook.from_path(saved(tmp_path / "o.xlsx", [f"a{text}b"]))
    assert rows.get_sheet_by_index(0).to_python() == [[f"a_x{ord(text):04X}_b"]]


def test_a_text_longer_than_a_cell_is_cut_to_what_fits(tmp_path):
    """Excel repairs (that is: damages) a file with a longer cell; `…` says what was done."""
    sheet = load_workbook(saved(tmp_path / "out.xlsx", ["x" * 40_000]))["Users"]
    assert sheet["A1"].value == "x" * (LONGEST_CELL - 1) + "…"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"])
def test_a_csv_cell_never_begins_like_a_formula(tmp_path, start):
    """An apostrophe in front keeps every formula start from being one."""
    path = tmp_path / "out.csv"
    write_csv(path, [[f"{start}cmd|' /C calc'!A0", "Ana"]])
    with path.open(encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream)) == [[f"'{start}cmd|' /C calc'!A0", "Ana"]]


def test_a_csv_tells_excel_that_it_is_utf_8(tmp_path):
    """Without a byte-order mark Excel reads Zoë as ZoÃ«."""
    path = tmp_path / "out.csv"
    write_csv(path, [["Zoë"]])
    assert path.read_bytes() == b"\xef\xbb\xbfZo\xc3\xab\r\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows protects by the user's folder, not by modes")
def test_files_with_people_are_private(tmp_path):
    """Only the owner can read an output file, also when it replaces one that all could read."""
    path = tmp_path / "out.csv"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o644)
    write_csv(path, [["Ana"]], force=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_existing_file_is_kept_without_force(tmp_path):
    """Nothing is overwritten unless asked for, and the error says how."""
    path = tmp_path / "out.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(FileProblemError, match="exists already") as caught:
        write_csv(path, [["Ana"]], force=False)
    assert "--force" in caught.value.hint
    assert path.read_text(encoding="utf-8") == "old"


def test_a_file_that_appears_meanwhile_is_kept(tmp_path):
    """The look before the work is repeated after it."""
    path = tmp_path / "out.txt"

    def write_while_somebody_else_does():
        with replacing(path) as draft:
            draft.write_text("new", encoding="utf-8")
            path.write_text("somebody else's", encoding="utf-8")

    with pytest.raises(FileProblemError, match="exists already"):
        write_while_somebody_else_does()
    assert path.read_text(encoding="utf-8") == "somebody else's"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_half_way_leaves_the_old_file_and_no_draft(tmp_path):
    """A file is replaced whole or not at all."""
    path = tmp_path / "out.txt"
    path.write_text("old", encoding="utf-8")

    def fail_half_way():
        with replacing(path, force=True) as draft:
            draft.write_text("half", encoding="utf-8")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_that_is_read_is_never_replaced(tmp_path):
    """Not even with force, and not through another spelling of its path."""
    path = tmp_path / "users.xlsx"
    path.write_bytes(b"people")
    other = tmp_path / "folder" / ".." / "users.xlsx"
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileProblemError, match="is the file that is read"):
        check_free(other, force=True, source=path)


@pytest.mark.parametrize(("target", "message"), [("", "is a folder"), ("a/b.csv", "does not")])
def test_a_place_that_cannot_be_written_is_named(tmp_path, target, message):
    """A folder, or a folder that isn't there, is said before any work."""
    with pytest.raises(FileProblemError, match=message):
        check_free(tmp_path / target, force=True)


def test_a_folder_without_permission_is_one_sentence(tmp_path, monkeypatch):
    """What the operating system refuses is told with a way out, not as a traceback."""

    def refuse(*_arguments, **_keywords):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(FileProblemError, match="can't be written: Permission denied"):
        write_csv(tmp_path / "out.csv", [["Ana"]])


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses such names in other ways")
def test_a_name_that_the_system_refuses_is_one_sentence(tmp_path):
    """It is said before any work, like every other place that can't be written."""
    with pytest.raises(FileProblemError, match="can't be written: File name too long"):
        check_free(tmp_path / f"{'x' * 300}.xlsx", force=False)


def test_a_workbook_that_cannot_be_saved_leaves_no_noise(tmp_path, monkeypatch):
    """Its sheets are closed first; left open, each would print a traceback as it goes."""
    complaints: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", complaints.append)
    workbook = new_workbook("people")
    for title in ("Users", "Key"):
        sheet = new_sheet(workbook, title)
        sheet.append([text_cell(sheet, "Ana")])
    with pytest.raises(FileProblemError, match="can't be written"):
        save_workbook(workbook, tmp_path / f"{'x' * 245}.xlsx")
    del workbook, sheet
    gc.collect()
    assert complaints == []
