"""The workbook in which people who may be there already are answered."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from aapimport.copies.maybe_file import SHEET, Question, read_answers, write_questions
from aapimport.errors import FileProblemError

EMAILS = {4: "a.lindqvist@acme.com", 5: "=cmd|'/c calc'!A1@acme.com", 9: "li@acme.com"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A workbook about three people, not answered yet."""
    path = tmp_path / "who.xlsx"
    other = ("asa.lindqvist@acme.com", "Åsa", "Lindqvist", "on the pass", "the same name")
    questions = [
        Question(row=row, email=email, names=("Åsa", "Lindqvist"), other=other)
        for row, email in EMAILS.items()
    ]
    write_questions(path, questions)
    return path


def answer(path: Path, *answers: object, change: dict[str, object] | None = None) -> None:
    """Choose answers, as somebody does in Excel, and change other cells."""
    book = load_workbook(path)
    sheet: Any = book[SHEET]
    for row, text in enumerate(answers, start=2):
        sheet.cell(row, sheet.max_column, text)
    for cell, value in (change or {}).items():
        sheet[cell] = value
    book.save(path)


def test_only_somebody_else_is_created(path: Path) -> None:
    """The three answers, in any letter case; what looks like a formula is text."""
    assert load_workbook(path)[SHEET]["B3"].data_type == "s"
    answer(path, "Somebody else", "same person", "leave out ")
    assert read_answers(path, EMAILS) == {4}


@pytest.mark.parametrize(
    ("answers", "change", "words"),
    [
        (("somebody else", None, "leave out"), {}, "Who is it!J3 of who.xlsx has no answer"),
        (("somebody else", "same persn", "x"), {}, "holds 'same persn', which is no answer"),
        (("same person",) * 3, {"A2": "44"}, "is not about this file's people: row 2 names"),
        (("same person",) * 3, {"B2": "bo@acme.com"}, "row 2 names 'bo@acme.com'"),
    ],
)
def test_what_is_no_answer_is_told_at_its_cell(
    path: Path, answers: tuple[object, ...], change: dict[str, object], words: str
) -> None:
    """Nothing is guessed: a missing answer, another word, another file's people."""
    answer(path, *answers, change=change)
    with pytest.raises(FileProblemError) as refused:
        read_answers(path, EMAILS)
    assert words in refused.value.message
    assert refused.value.hint


def test_somebody_who_is_new_in_the_file_needs_an_answer(path: Path) -> None:
    """The file has changed since: whoever isn't in the workbook is named."""
    answer(path, "same person", "same person", "same person")
    with pytest.raises(FileProblemError, match=r"says nothing of new@acme\.com"):
        read_answers(path, EMAILS | {12: "new@acme.com"})
