from dataclasses import replace

import pytest

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.copies.read_again import Original, read_again
from aapimport.errors import FileProblemError
from aapimport.sheets.formats.csv import Delimited


def test_rows_stand_in_their_own_columns():
    """A sheet whose first columns are empty keeps its addresses."""
    sheet = replace(Delimited("x\ny\n", ",", "utf-8").sheet(), first_column=2)
    assert list(Original(1, sheet, 0).rows()) == [(1, ["", "", "x"]), (2, ["", "", "y"])]


def test_rows_end_with_the_last_problem():
    """Where the values end above a problem, its row is there all the same."""
    sheet = Delimited("x\n", ",", "utf-8").sheet()
    assert list(Original(1, sheet, 3).rows()) == [(1, ["x"]), (2, []), (3, [])]
    assert list(Original(1, sheet, 3).rows_below_header()) == [(2, []), (3, [])]


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
