"""A workbook in which somebody says of each person whether they are there already."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aapimport.copies.read_again import rows_of
from aapimport.errors import FileProblemError
from aapimport.template.output import new_sheet, new_workbook, save_workbook, text_cell
from aapimport.text import closest, column_letters, fold

SHEET = "Who is it"
ELSE, SAME, LEAVE_OUT = "somebody else", "same person", "leave out"
ANSWERS = (ELSE, SAME, LEAVE_OUT)
"""What may stand in the column Answer; only `somebody else` is created."""
_HEADERS = (
    *("Row", "Email Address", "First Name", "Last Name"),
    *("May be", "First Name", "Last Name", "Where", "Why", "Answer"),
)
_WIDTHS = (6, 32, 16, 20, 32, 16, 20, 14, 44, 16)
_ROW, _EMAIL, _OTHER, _ANSWER = 0, 1, 4, len(_HEADERS) - 1


@dataclass(frozen=True, kw_only=True)
class Question:
    """Somebody of the file who may be there already.

    Attributes:
        row: Their row in the file.
        email: Their address.
        names: First and last name.
        other: Address, first name and last name of whom they may be, where that is, and why.
    """

    row: int
    email: str
    names: tuple[str, str]
    other: tuple[str, str, str, str, str]


def write_questions(path: Path, questions: Sequence[Question]) -> None:
    """Write the workbook, with a list to choose from in the column Answer.

    Raises:
        FileProblemError: It can't be written.
    """
    from openpyxl.worksheet.datavalidation import DataValidation

    workbook = new_workbook("Who is it?")
    sheet = new_sheet(workbook, SHEET)
    for at, width in enumerate(_WIDTHS):
        sheet.column_dimensions[column_letters(at)].width = width
    sheet.freeze_panes = "A2"
    listed = DataValidation(
        type="list",
        formula1=f'"{",".join(ANSWERS)}"',
        showErrorMessage=True,
        errorTitle="Answer",
        error=f"Choose one of: {', '.join(ANSWERS)}.",
    )
    letters = column_letters(_ANSWER)
    listed.add(f"{letters}2:{letters}{len(questions) + 1}")
    sheet.data_validations.append(listed)
    sheet.append([text_cell(sheet, text) for text in _HEADERS])
    for one in questions:
        texts = (str(one.row), one.email, *one.names, *one.other, "")
        sheet.append([text_cell(sheet, text) for text in texts])
    save_workbook(workbook, path)


def read_answers(path: Path, questions: Sequence[Question]) -> Collection[int]:
    """Who is somebody else, and therefore created.

    Args:
        path: The workbook, with an answer in each row.
        questions: What is asked now; answers to what isn't asked any more don't matter.

    Returns:
        The rows of the file.

    Raises:
        FileProblemError: It can't be read, is about other people, or an answer is missing or none.
    """
    asked = {one.row: one for one in questions}
    answers: dict[int, str] = {}
    for number, row, texts in _lines(path):
        question = asked.get(row)
        if question is None:
            continue
        if _who(question) != (fold(texts[_EMAIL]), fold(texts[_OTHER])):
            raise _of_others(
                f"row {number} of {path.name} asks whether {texts[_EMAIL]} is {texts[_OTHER]},"
                f" and now it may be {question.other[0]} that {question.email} is"
            )
        _note(path, number, texts, answers)
    if missing := asked.keys() - answers.keys():
        one = asked[min(missing)]
        raise _of_others(f"{path.name} says nothing of {one.email} (row {one.row})")
    return {row for row, answer in answers.items() if answer == ELSE}


def answers_about(path: Path, people: Mapping[int, str]) -> Mapping[int, str]:
    """What is answered about people, whoever they may be.

    Args:
        path: The workbook.
        people: Their addresses, by their rows in the file.

    Returns:
        One of `ANSWERS` by row, of those with whose row and address there is an answer.

    Raises:
        FileProblemError: It can't be read, or an answer of them is missing or none.
    """
    answers: dict[int, str] = {}
    for number, row, texts in _lines(path):
        if row in people and fold(people[row]) == fold(texts[_EMAIL]):
            _note(path, number, texts, answers)
    return answers


def _lines(path: Path) -> Iterator[tuple[int, int, Sequence[str]]]:
    """The rows of the workbook: their number, the row of the file, and their texts."""
    for number, values in rows_of(path, SHEET)[1:]:
        texts = [str(value).strip() for value in values]
        texts += [""] * (len(_HEADERS) - len(texts))
        if texts[_ROW].isdecimal():
            yield number, int(texts[_ROW]), texts


def _note(path: Path, number: int, texts: Sequence[str], answers: dict[int, str]) -> None:
    """Put down the answer in a row of the workbook.

    Raises:
        FileProblemError: There is none, it is no answer, or there was another one before.
    """
    answer = _answer(path, number, texts[_ANSWER], texts[_EMAIL])
    if answers.setdefault(int(texts[_ROW]), answer) != answer:
        raise FileProblemError(
            f"{path.name} has two answers for {texts[_EMAIL]}, the second in row {number}",
            hint="delete one of the two rows",
        )


def _who(question: Question) -> tuple[str, str]:
    return fold(question.email), fold(question.other[0])


def _of_others(what: str) -> FileProblemError:
    """The workbook was written for another file, or the portal has changed since."""
    return FileProblemError(
        what, hint="move the workbook away, and give the command again: it is written anew"
    )


def _answer(path: Path, number: int, said: str, email: str) -> str:
    """The answer in a row.

    Raises:
        FileProblemError: There is none, or it is no answer.
    """
    answer = fold(said)
    if answer in ANSWERS:
        return answer
    cell = f"{SHEET}!{column_letters(_ANSWER)}{number}"
    meant = closest(answer, ANSWERS) if answer else None
    choose = f"choose one of: {', '.join(ANSWERS)}"
    holds = f"holds {said!r}, which is no answer" if answer else "has no answer"
    raise FileProblemError(
        f"{cell} of {path.name} {holds} for {email}",
        hint=f"did you mean {meant!r}?" if meant else choose,
    )
