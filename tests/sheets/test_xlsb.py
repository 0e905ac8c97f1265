"""Binary workbooks, read twice."""

import struct
import time
from pathlib import Path

import pytest

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.errors import FileProblemError
from aapimport.sheets.formats.xlsb import read_xlsb
from sheets import other_formats
from sheets.mutations import parts_of, zipped
from sheets.other_formats import write_xlsb

HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")
ANA = ("ana@acme.com", "Ana", "Perez", "facilitator", 2024, 1)


def test_both_readers_find_the_same(tmp_path: Path) -> None:
    """An ordinary workbook is read twice, and there is nothing to say."""
    checked = check_file(write_xlsb(tmp_path / "people.xlsb", [HEADERS, ANA]), ReadOptions())
    assert [person.team for person in checked.people] == ["2024"]
    assert not checked.problems


def test_cells_without_a_column_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short records stand for the cell beside the one before; the value reader skips them."""
    plain = other_formats._xlsb_cell

    def short(place: bytes, value: other_formats.Cell) -> bytes:
        record = plain(place, value)
        if not record or struct.unpack_from("<I", place)[0] == 0:
            return record
        return other_formats.xlsb_record(record[0] + 11, record[6:])

    monkeypatch.setattr(other_formats, "_xlsb_cell", short)
    checked = check_file(write_xlsb(tmp_path / "people.xlsb", [HEADERS, ANA]), ReadOptions())
    assert [(p.email, p.last_name, p.team, p.jhana) for p in checked.people] == [
        ("ana@acme.com", "Perez", "2024", True)
    ]
    assert [problem.id for problem in checked.problems] == ["values-only"]


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        (
            other_formats.xlsb_record(8, struct.pack("<III", 3, 0, 0) + bytes(6)),
            "formula-without-value",
        ),
        (
            other_formats.xlsb_record(11, struct.pack("<II", 3, 0) + b"\x2a" + bytes(6)),
            "error-value",
        ),
    ],
)
def test_formulas_that_read_as_blank(
    record: bytes, rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A formula without a result, or with an error, is no blank role."""
    plain = other_formats._xlsb_cell
    monkeypatch.setattr(
        other_formats,
        "_xlsb_cell",
        lambda place, value: record if value == "facilitator" else plain(place, value),
    )
    checked = check_file(write_xlsb(tmp_path / "people.xlsb", [HEADERS, ANA]), ReadOptions())
    assert [(p.id, str(p.cell)) for p in checked.problems] == [(rule, "Users!D2")]
    assert not checked.people


def test_a_workbook_that_only_one_reader_reads_is_refused(tmp_path: Path) -> None:
    """Nobody would see errors in it, which would make managers."""
    path = write_xlsb(tmp_path / "people.xlsb", [HEADERS, ANA])
    with pytest.raises(FileProblemError, match="one of two readers"):
        read_xlsb(path.read_bytes()[:-30], path.name, list)


def test_a_word_far_out_costs_nothing(tmp_path: Path) -> None:
    """Nobody keeps room for the cells up to it, whichever reader is asked."""
    far: list[other_formats.Cell] = [None] * 15_000
    rows: other_formats.Rows = [HEADERS, ANA, *[()] * 17_000, [*far, "x"]]
    path = write_xlsb(tmp_path / "people.xlsb", rows)
    started = time.process_time()
    (sheet,) = read_xlsb(path.read_bytes(), path.name, list)
    assert [len(row) for row in sheet.rows() if row] == [6, 6, 15_001]
    assert time.process_time() - started < 2  # seconds; it was minutes
    checked = check_file(path, ReadOptions())
    assert [person.email for person in checked.people] == ["ana@acme.com"]


def test_a_row_given_twice_is_an_error(tmp_path: Path) -> None:
    """The second one takes the cells of the first, with somebody in them."""
    path = write_xlsb(tmp_path / "people.xlsb", [HEADERS, ANA, ("bo@acme.com", "Bo", "Li")])
    start = struct.Struct("<IIH")
    path.write_bytes(
        zipped(
            [
                (name, part.replace(start.pack(2, 0, 300), start.pack(1, 0, 300)))
                for name, part in parts_of(path.read_bytes())
            ]
        )
    )
    checked = check_file(path, ReadOptions())
    assert "row-given-twice" in {problem.id for problem in checked.problems}
    assert not checked.people
