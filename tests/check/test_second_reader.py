import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.styles import Color, Font, PatternFill

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.check.evidence import _agree
from aapimport.errors import AnswerNeededError
from aapimport.sheets import facts
from aapimport.sheets.facts import MOST_ROWS, Reason
from aapimport.sheets.formats import xlsx_second as second_view
from aapimport.sheets.formats.xlsx import why_unseen
from aapimport.sheets.formats.xlsx_second import look, look_into
from aapimport.sheets.letters import LookRequest, SecondView, sealed
from sheets import attack_files as attack

ANA = ("ana.perez@acme.com", "Ana", "Perez")


def test_a_cell_on_which_the_readers_disagree_names_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two readings of one cell are an error that shows both."""
    monkeypatch.setattr(second_view, "forbid_processes", int)  # this process needs others
    body = attack.row(2, ("ana@acme.com", "A_x001B_[31mna", "Perez"))
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(body))
    monkeypatch.setitem(sys.modules, "numpy", None)  # which it hides for good
    assert sealed(look({"path": str(path)})) == sealed(look_into(LookRequest(path=str(path))))
    problems = check_file(path, ReadOptions()).problems
    assert {p.id for p in problems} & {"readers-disagree", "invisible-character"}


def test_disagreement_is_an_error(
    make_xlsx: Callable[..., Path],
    answer_of: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A value that the second reader reads differently can't be sent."""
    monkeypatch.setattr(second_view, "_plain", lambda value: "Anna" if value == "Ana" else value)
    answer = answer_of(make_xlsx(ANA))
    (problem,) = [p for p in answer["problems"] if p.id == "readers-disagree"]
    assert str(problem.cell) == "Users!B2"
    assert problem.message == "one reader finds 'Ana', another 'Anna'"
    assert answer["people"] == []


@pytest.mark.parametrize(
    ("value", "other", "agreed"),
    [
        ("a", "a ", True),
        ("a\r\nb", "a\nb", True),
        (1.0, 1, True),
        (0.1 + 0.2, 0.3, True),
        ("1", 1, False),
        ("", 0, False),
        ("a", {"date": "2026-01-01"}, False),
    ],
)
def test_only_real_differences_count(value: Any, other: Any, *, agreed: bool) -> None:
    """Blanks at the ends, kinds of line ends and the last bit of a number are no disagreement."""
    assert _agree(value, other) is agreed


def long_workbook(path: Path, rows: int) -> Path:
    """A workbook with many rows and nothing wrong."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Users")
    sheet.append(("Email Address", "First Name", "Last Name", "User Role"))
    for number in range(rows):
        sheet.append((f"u{number}@acme.com", "U", f"N{number}", "facilitator"))
    workbook.save(path)
    return path


def test_above_20000_rows_one_reader_is_enough(tmp_path: Path) -> None:
    """The slow reader is left out of a long file, which is said."""
    path = long_workbook(tmp_path / "people.xlsx", MOST_ROWS)
    assert look_into(LookRequest(path=str(path))).state == "too many rows"
    checked = check_file(path, ReadOptions(), with_people=False)
    assert [p.id for p in checked.problems] == ["one-reader-only"]
    assert checked.rows == checked.ready == MOST_ROWS
    assert checked.people == ()


def test_thorough_reads_any_size_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--thorough` lets both readers read a file that is too long for it otherwise."""
    monkeypatch.setattr(facts, "MOST_ROWS", 5)
    path = long_workbook(tmp_path / "people.xlsx", 6)
    assert look_into(LookRequest(path=str(path))).state == "too many rows"
    assert look_into(LookRequest(path=str(path), thorough=True)).state == "looked"


def test_a_second_reader_that_fails_is_a_warning(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """What only the second reader can't read is read all the same, with a warning."""
    path = attack.write(tmp_path / "people.xlsx", **attack.ODD_STYLES)
    assert look_into(LookRequest(path=str(path))).state == "failed"
    answer = answer_of(path)
    assert [p.id for p in answer["problems"]] == ["second-reader-failed"]
    assert len(answer["people"]) == 1


def test_a_view_without_the_sheet_counts_as_failed() -> None:
    """An answer that lacks the sheet is no evidence that all is well."""
    assert why_unseen(SecondView(state="looked"), "Users") is Reason.FAILED


def test_a_second_reader_that_hangs_is_left_behind(
    tmp_path: Path, make_xlsx: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second reader that never ends costs its own time limit and a warning, not the answer."""
    from aapimport.check import check_file as check
    from aapimport.sheets.limits import Limits

    def start(entry: str, request: Any, limits: Limits, stdin: Any = None) -> Any:
        if entry.endswith(":look"):
            entry, limits = "time:sleep", Limits(limits.memory, 1.0)
            request = SimpleNamespace(plain=lambda: 600)
        return start_child(entry, request, limits, stdin)

    start_child: Any = vars(check)["start_child"]
    monkeypatch.setattr(check, "start_child", start)
    checked = check_file(make_xlsx(ANA), ReadOptions())
    assert [p.id for p in checked.problems] == ["second-reader-failed"]


def test_a_row_that_one_reader_alone_sees_is_told(
    answer_of: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """Rows below the last one of the reader that sees less are compared, too."""
    bob = attack.row(3, ("bob@acme.com", "Bob", "Hope"))
    body = f"{attack.ANA}</sheetData><sheetData>{bob}"
    answer = answer_of(attack.write(tmp_path / "people.xlsx", attack.sheet(body)))
    told = {str(p.cell) for p in answer["problems"] if p.id == "readers-disagree"}
    assert told == {"Users!A3", "Users!B3", "Users!C3"}
    assert "rows-in-blocks" in {p.id for p in answer["problems"]}
    assert answer["ready"] == 0


def test_a_header_that_one_reader_alone_sees_is_told(
    answer_of: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column whose header is lost would make managers of everybody in it."""
    path = attack.write(tmp_path / "people.xlsx")
    seen = look_into(LookRequest(path=str(path)))
    seen.sheets["Users"].columns[3][1][0] = "Rank"  # type: ignore[index]
    monkeypatch.setitem(answer_of.__globals__, "look_into", lambda _arguments: seen)
    assert "Users!D1" in [
        str(p.cell) for p in answer_of(path)["problems"] if p.id == "readers-disagree"
    ]


def test_nobody_is_never_said_when_a_reader_sees_people(
    answer_of: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sheet that is blank to one reader only is told as such."""
    path = attack.write(tmp_path / "people.xlsx")
    seen = look_into(LookRequest(path=str(path)))
    monkeypatch.setitem(answer_of.__globals__, "look_into", lambda _arguments: seen)
    empty = attack.write(tmp_path / "people.xlsx", f'<worksheet xmlns="{attack.MAIN}"/>')
    assert [p.id for p in answer_of(empty)["problems"]] == ["readers-disagree"]


@pytest.mark.parametrize("long", [False, True])
def test_two_rows_of_one_number_are_told(tmp_path: Path, most_rows: int, *, long: bool) -> None:
    """Of two rows with one number readers keep one, and somebody would be lost."""
    rows = most_rows + 1 if long else 1
    people = [attack.row(n, (f"u{n}@acme.com", "U", f"N{n}")) for n in range(2, rows + 2)]
    body = "".join([*people, attack.row(2, ("bob@acme.com", "Bob", "Hope"))])
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(body))
    checked = check_file(path, ReadOptions(), with_people=False)
    assert "row 2" in next(p.message for p in checked.problems if p.id == "row-given-twice")


NO_FILL = PatternFill()
CROSSED_OUT = {
    "strike": (Font(strike=True), NO_FILL),
    "white": (Font(color="FFFFFFFF"), NO_FILL),
    "white of the theme": (Font(color=Color(theme=0)), NO_FILL),
    "white of the palette": (Font(color=Color(indexed=9)), NO_FILL),
    "white on white": (Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FFFFFFFF")),
}


@pytest.mark.parametrize("decided", [None, "skip"])
@pytest.mark.parametrize("look", CROSSED_OUT)
def test_people_who_are_crossed_out_are_asked_about(
    make_xlsx: Callable[..., Path],
    answer_of: Callable[..., dict[str, Any]],
    look: str,
    decided: str | None,
) -> None:
    """What is struck through, or white on white, is treated as a hidden row."""

    def cross_out(sheet: Any) -> None:
        for cell in sheet[3]:
            cell.font, cell.fill = CROSSED_OUT[look]

    path = make_xlsx(ANA, ("bob@acme.com", "Bob", "Hope"), change=cross_out)
    if decided:
        assert [row[1] for row in answer_of(path, hidden=decided)["people"]] == [ANA[0]]
    else:
        with pytest.raises(AnswerNeededError, match=r"struck through|written in white"):
            answer_of(path)
