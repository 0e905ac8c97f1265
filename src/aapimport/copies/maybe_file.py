"""A workbook in which somebody says of each person whether they are there already."""

from collections.abc import Collection, Mapping, Sequence
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
_ROW, _EMAIL, _ANSWER = 0, 1, len(_HEADERS) - 1


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


def read_answers(path: Path, emails: Mapping[int, str]) -> Collection[int]:
    """Who is somebody else, and therefore created.

    Args:
        path: The workbook, with an answer in each row.
        emails: The people who were asked about: their addresses by row of the file.

    Returns:
        The rows of the file.

    Raises:
        FileProblemError: It can't be read, is about other people, or an answer is missing or none.
    """
    answers: dict[int, str] = {}
    for number, values in rows_of(path, SHEET)[1:]:
        texts = [str(value).strip() for value in values]
        row, email, said = (texts[at] if at < len(texts) else "" for at in (_ROW, _EMAIL, _ANSWER))
        cell = f"{SHEET}!{column_letters(_ANSWER)}{number}"
        if not row.isdecimal() or fold(emails.get(int(row), "")) != fold(email):
            raise FileProblemError(
                f"{path.name} is not about this file's people: row {number} names {email!r}",
                hint="move it away, and give the command again: it is written anew",
            )
        answer = fold(said)
        if answer not in ANSWERS:
            meant = closest(answer, ANSWERS) if answer else None
            choose = f"choose one of: {', '.join(ANSWERS)}"
            holds = f"holds {said!r}, which is no answer" if answer else "has no answer"
            raise FileProblemError(
                f"{cell} of {path.name} {holds} for {email}",
                hint=f"did you mean {meant!r}?" if meant else choose,
            )
        answers[int(row)] = answer
    if missing := emails.keys() - answers.keys():
        raise FileProblemError(
            f"{path.name} says nothing of {emails[min(missing)]} (row {min(missing)})",
            hint="move it away, and give the command again: it is written anew",
        )
    return {row for row, answer in answers.items() if answer == ELSE}
