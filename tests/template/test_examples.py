import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.problems.problem import Level
from aapimport.template.columns import COLUMNS, USERS_SHEET
from aapimport.template.roles import Role

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder with the files as the script writes them now."""
    folder = tmp_path_factory.mktemp("examples")
    subprocess.run([sys.executable, EXAMPLES / "make_examples.py", folder], check=True)
    return folder


def parts(path: Path) -> dict[str, bytes]:
    """The files inside a workbook; their packing depends on the zlib at hand."""
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("name", ["users.xlsx", "users-with-mistakes.xlsx"])
def test_example_is_what_the_script_writes(written, name):
    """The committed file is made by the script, part by part, with the same dates."""
    assert parts(EXAMPLES / name) == parts(written / name)


def test_users_shows_what_the_product_is_for():
    """About 25 people with all roles, Jhana, several scripts; teams keep to eight places."""
    rows = list(load_workbook(EXAMPLES / "users.xlsx")[USERS_SHEET].iter_rows(values_only=True))
    assert rows[0] == tuple(column.name for column in COLUMNS)
    people = [row for row in rows[1:] if row[0]]
    assert 20 <= len(people) <= 30
    assert {row[3] or "" for row in people} == {role.typed for role in Role}
    assert sum(row[3] == Role.CLIENT_ADMIN.typed for row in people) <= 2
    teams = [row[4] for row in people if row[4]]
    assert all(teams.count(team) <= 8 for team in teams)
    assert {row[5] for row in people} == {"1", None}


def test_mistakes_holds_a_formula_and_an_error_value():
    """Two mistakes that the writer itself never makes are really in the file."""
    sheet = load_workbook(EXAMPLES / "users-with-mistakes.xlsx")[USERS_SHEET]
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert {"f", "e"} <= kinds


def test_users_can_be_uploaded_as_they_are():
    """Nobody in the first example has an error, and only the client admin a warning."""
    checked = check_file(EXAMPLES / "users.xlsx", ReadOptions())
    assert checked.ready == checked.rows
    warnings = [problem.id for problem in checked.problems if problem.level is Level.WARNING]
    assert warnings == ["client-admin"]


def test_mistakes_are_a_dozen_different_ones():
    """The second example shows what the check finds, at the cell where it was made."""
    checked = check_file(EXAMPLES / "users-with-mistakes.xlsx", ReadOptions())
    found = {problem.id.value: str(problem.cell) for problem in checked.problems}
    assert {
        "not-an-email",
        "duplicate-email",
        "unknown-role",
        "bad-jhana",
        "missing-value",
        "invisible-character",
        "too-long",
        "formula-without-value",
        "error-value",
        "all-capitals",
        "email-as-name",
        "same-name",
        "no-break-space",
        "mailto",
    } <= set(found)
    assert found["unknown-role"] == "Users!D4"
    assert found["error-value"] == "Users!C15"
