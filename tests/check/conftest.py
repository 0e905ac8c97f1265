"""Real files, checked in this process: what the child does, without starting it."""

import csv
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from aapimport.check.child_side import check_with
from aapimport.check.letters import CheckRequest
from aapimport.problems.catalogue import put_into_words
from aapimport.problems.problem import Problem
from aapimport.sheets.formats.xlsx_second import look_into
from aapimport.sheets.letters import LookRequest

HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")


def write_rows(
    folder: Path,
    *rows: Sequence[Any],
    headers: Sequence[Any] = HEADERS,
    name: str = "people.xlsx",
    change: Callable[[Any], None] = lambda _sheet: None,
) -> Path:
    """Write rows below the template's headers; `change` may do more to the sheet.

    A name that ends in .csv makes a text file of them.
    """
    path = folder / name
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([headers, *rows])
        return path
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Users"
    if headers:
        sheet.append([*headers])
    for row in rows:
        sheet.append([*row])
    change(sheet)
    workbook.save(path)
    return path


@pytest.fixture
def make_xlsx(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows into a file of the test's own; see `write_rows`."""
    return partial(write_rows, tmp_path)


@pytest.fixture
def answer_of() -> Callable[..., dict[str, Any]]:
    """Check a file and give the child's answer, with `problems` put into words."""

    def check(path: Path, **options: Any) -> dict[str, Any]:
        is_xlsx = path.suffix in {".xlsx", ".xlsm"}
        view = (lambda: look_into(LookRequest(path=str(path)))) if is_xlsx else None
        answer = check_with(CheckRequest(path=str(path), **options), view)
        return answer.plain() | {"problems": put_into_words(answer.findings, answer.sheet)}

    return check


@pytest.fixture
def problems_of(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., dict[str, Any]]
) -> Callable[..., list[Problem]]:
    """Everything found in the given rows."""

    def problems(*rows: Sequence[object], **how: Any) -> list[Problem]:
        return list(answer_of(make_xlsx(*rows, **how))["problems"])

    return problems
