import os
import stat
from pathlib import Path

import pytest
from openpyxl import load_workbook

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.cli.generate_template import generate_template
from aapimport.errors import ExitCode, FileProblemError, UsageError
from aapimport.problems.problem import Level
from aapimport.template.columns import COLUMNS, USERS_SHEET


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    """Every test writes into a folder of its own."""
    monkeypatch.chdir(tmp_path)


def run(*words):
    """Run the command as `main()` does."""
    return generate_template.main(args=list(words), standalone_mode=False)


def test_default_is_the_portals_own_file_name(capsys):
    """Without arguments the workbook has the name that administrators know; stdout says it."""
    assert run() is ExitCode.OK
    assert load_workbook("User Import Template.xlsx").sheetnames[0] == USERS_SHEET
    assert capsys.readouterr().out == (
        "wrote User Import Template.xlsx\n"
        'next: fill it in, then: aapimport validate "User Import Template.xlsx"\n'
    )


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["--format", "csv"], "User Import Template.csv"),
        (["new.csv"], "new.csv"),
        (["NEW.CSV", "--format", "csv"], "NEW.CSV"),
    ],
)
def test_csv_by_format_or_by_ending(words, name):
    """Either way of saying csv writes the header line."""
    run(*words)
    assert Path(name).read_text(encoding="utf-8-sig").strip().split(",") == [
        column.name for column in COLUMNS
    ]


@pytest.mark.parametrize(
    "words",
    [["new.csv", "--format", "xlsx"], ["new.xls"], ["new"], ["new.csv", "--pass", "Leadership"]],
)
def test_contradictions_are_refused(words):
    """A command line that can't be carried out as written writes nothing."""
    with pytest.raises(UsageError):
        run(*words)
    assert list(Path().iterdir()) == []


def test_never_overwrites_without_force():
    """A filled-in template is not lost to a second call."""
    Path("mine.xlsx").write_bytes(b"people")
    with pytest.raises(FileProblemError, match="exists already"):
        run("mine.xlsx")
    assert Path("mine.xlsx").read_bytes() == b"people"
    run("mine.xlsx", "--force")
    assert load_workbook("mine.xlsx").sheetnames[0] == USERS_SHEET


def test_a_pass_offers_its_teams(capsys):
    """With --pass, the Team column's list holds the teams of that pass and no others."""
    assert run("new.xlsx", "--pass", "Leadership 2026") is ExitCode.OK
    assert "offers the pass's 3 teams" in capsys.readouterr().out
    workbook = load_workbook("new.xlsx")
    sources = {
        str(r.sqref)[0]: r.formula1 for r in workbook["Users"].data_validations.dataValidation
    }
    cells = workbook["Key"][sources["E"].partition("!")[2].replace("$", "")]
    assert [row[0].value for row in cells] == ["Engineering", "Finance", "Sales EMEA"]


@pytest.mark.parametrize("name", ["new.xlsx", "new.csv"])
def test_an_empty_template_holds_nobody(name):
    """Checked as it is, the template is a file without people, which is an error."""
    run(name)
    checked = check_file(Path(name), ReadOptions())
    assert [p.id for p in checked.problems if p.level is Level.ERROR] == ["no-rows"]
    assert checked.rows == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows protects by the user's folder, not by modes")
def test_the_template_is_private():
    """People will be written into it."""
    run("new.xlsx")
    assert stat.S_IMODE(Path("new.xlsx").stat().st_mode) == 0o600
