from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from openpyxl import Workbook

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.copies import rows
from aapimport.copies.read_again import Original, read_again
from aapimport.errors import FileProblemError


def test_rows_stand_in_their_own_columns(tmp_path):
    """A sheet whose first columns are empty keeps its addresses."""
    source = tmp_path / "in.xlsx"
    book = Workbook()
    sheet = book.worksheets[0]
    for column, name in enumerate(("E-mail", "First Name", "Last Name"), start=3):
        sheet.cell(1, column, name)
    book.save(source)
    original = read_again(check_file(source, ReadOptions()))
    assert list(original.rows()) == [(1, ["", "", "E-mail", "First Name", "Last Name"])]


def test_rows_end_with_the_last_problem():
    """Where the values end above a problem, its row is there all the same."""
    original = Original(1, [(1, ["x"]), (3, ["y"])], 4)
    assert list(original.rows()) == [(1, ["x"]), (2, []), (3, ["y"]), (4, [])]
    assert list(original.rows_below_header()) == [(2, []), (3, ["y"]), (4, [])]


def test_every_kind_of_value_arrives(tmp_path):
    """Numbers stay numbers, and dates, times and yes or no what they are."""
    moment = datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001 -- a sheet's dates have no zone
    values = [1, 1.5, True, "x", moment, time(5, 6), timedelta(days=2)]
    source = tmp_path / "in.xlsx"
    book = Workbook()
    book.worksheets[0].append(["E-mail", "First Name", "Last Name", *"DEFGHIJ"])
    book.worksheets[0].append(["ana@acme.com", "Ana", "Perez", *values])
    book.save(source)
    (row,) = read_again(check_file(source, ReadOptions())).rows_below_header()
    assert row == (2, ["ana@acme.com", "Ana", "Perez", *values])
    assert [*map(type, row[1][3:])] == [float, *map(type, values[1:])]


def test_a_child_reads_the_rows(tmp_path, monkeypatch):
    """Nothing of a stranger's file is read by the process that writes the copies."""
    source = tmp_path / "in.csv"
    source.write_text("E-mail,First Name,Last Name\na@acme.com,A,B\n", encoding="utf-8")
    checked = check_file(source, ReadOptions())
    monkeypatch.setattr(rows, "open_book", None)
    assert len(list(read_again(checked).rows())) == 2


def test_a_csv_is_read_in_the_encoding_that_was_decided(tmp_path):
    """What the administrator said once holds for the files that are written, too."""
    source = tmp_path / "in.csv"
    source.write_bytes("E-mail;First Name;Last Name\nzoe@acme.com;Zoë;Müller\n".encode("cp1252"))
    original = read_again(check_file(source, ReadOptions(encoding="cp1252")))
    assert original.headers() == {0: "E-mail", 1: "First Name", 2: "Last Name"}
    assert list(original.rows_below_header()) == [(2, ["zoe@acme.com", "Zoë", "Müller"])]


def test_the_people_are_needed(tmp_path):
    """A check without people can't be the source of a file with people."""
    source = tmp_path / "in.csv"
    source.write_text("E-mail,First Name,Last Name\na@acme.com,A,B\n", encoding="utf-8")
    with pytest.raises(ValueError, match="people"):
        read_again(check_file(source, ReadOptions(), with_people=False))


def test_a_changed_file_is_refused(tmp_path):
    """The bytes that are read again are the ones that were checked."""
    source = tmp_path / "in.csv"
    source.write_text("E-mail,First Name,Last Name\na@acme.com,A,B\n", encoding="utf-8")
    checked = check_file(source, ReadOptions())
    with pytest.raises(FileProblemError, match="has changed"):
        read_again(replace(checked, digest="0" * 64))
