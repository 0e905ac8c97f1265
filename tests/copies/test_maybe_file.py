"""The workbook in which people who may be there already are answered."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from aapimport.copies.maybe_file import SHEET, Question, read_answers, write_questions
from aapimport.errors import FileProblemError

EMAILS = {4: "a.lindqvist@acme.com", 5: "=cmd|'/c calc'!A1@acme.com", 9: "li@acme.com"}


def asked(emails: dict[int, str], other: str = "asa.lindqvist@acme.com") -> list[Question]:
    """Whether some people are one who is there."""
    known = (other, "Åsa", "Lindqvist", "on the pass", "the same name")
    return [
        Question(row=row, email=email, names=("Åsa", "Lindqvist"), other=known)
        for row, email in emails.items()
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A workbook about three people, not answered yet."""
    path = tmp_path / "who.xlsx"
    write_questions(path, asked(EMAILS))
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
    assert read_answers(path, asked(EMAILS)) == {4}


@pytest.mark.parametrize(
    ("answers", "change", "words"),
    [
        (("somebody else", None, "leave out"), {}, "Who is it!J3 of who.xlsx has no answer"),
        (("somebody else", "same persn", "x"), {}, "holds 'same persn', which is no answer"),
        (("same person",) * 3, {"A2": "44"}, "says nothing of a.lindqvist@acme.com (row 4)"),
        (("same person",) * 3, {"B2": "bo@acme.com"}, "asks whether bo@acme.com is"),
        (("somebody else", "same person", "x"), {"A3": "4"}, "asks whether"),
    ],
)
def test_what_is_no_answer_is_told_at_its_cell(
    path: Path, answers: tuple[object, ...], change: dict[str, object], words: str
) -> None:
    """Nothing is guessed: a missing answer, another word, another file's people."""
    answer(path, *answers, change=change)
    with pytest.raises(FileProblemError) as refused:
        read_answers(path, asked(EMAILS))
    assert words in refused.value.message
    assert refused.value.hint


def test_somebody_who_is_new_in_the_file_needs_an_answer(path: Path) -> None:
    """The file has changed since: whoever isn't in the workbook is named."""
    answer(path, "same person", "same person", "same person")
    with pytest.raises(FileProblemError, match=r"says nothing of new@acme\.com"):
        read_answers(path, asked(EMAILS | {12: "new@acme.com"}))


def test_an_answer_to_another_question_is_none(path: Path) -> None:
    """Whom somebody may be is a part of the question: on another portal it is asked anew."""
    answer(path, "somebody else", "same person", "same person")
    with pytest.raises(FileProblemError, match="now it may be ak@acme"):
        read_answers(path, asked(EMAILS, other="ak@acme.com"))


def test_what_is_not_asked_any_more_does_not_matter(path: Path) -> None:
    """Who was created meanwhile is in the workbook still, when the same command runs again."""
    answer(path, "somebody else", "same person", "somebody else")
    assert read_answers(path, asked({9: EMAILS[9]})) == {9}


def test_two_answers_for_one_person_are_none(path: Path) -> None:
    """Neither the first nor the last counts."""
    answer(path, "somebody else", "same person", "leave out", change={"A4": "4", "B4": EMAILS[4]})
    with pytest.raises(FileProblemError, match="has two answers for"):
        read_answers(path, asked({4: EMAILS[4]}))
