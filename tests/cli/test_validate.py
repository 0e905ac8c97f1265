import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from aapimport.check.report import ValidationReport

HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")
PASS = ("--pass", "Leadership 2026")
ANA = ("ana.perez@acme.com", "Ana", "Perez", "facilitator", "Sales", 1)


@pytest.fixture
def validate(aapimport) -> Callable[..., Any]:
    """`aapimport validate` in this process."""
    return partial(aapimport, "validate")


def workbook(path: Path, *rows: tuple[str | int | None, ...]) -> Path:
    """Write rows below the template's headers."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Users"
    for row in (HEADERS, *rows):
        sheet.append(row)
    book.save(path)
    return path


def test_a_good_file_gives_0(aapimport_process, tmp_path: Path) -> None:
    """Nothing wrong: the counts on stdout, what wasn't compared on stderr, exit 0."""
    done = aapimport_process("validate", workbook(tmp_path / "people.xlsx", ANA))
    assert done.out == (
        "people.xlsx: 1 row checked, 1 ready, 0 with errors, 0 warnings\nnothing was sent\n"
    )
    said = "team names were not compared with the portal's: --pass NAME does\n"
    assert (done.code, done.err) == (0, said)


def test_teams_are_compared_with_the_passs(validate, tmp_path: Path) -> None:
    """With --pass, a team that the pass hasn't is an error at its cells, with the teams it has."""
    good = validate(workbook(tmp_path / "good.xlsx", (*ANA[:4], "Sales EMEA", 1)), *PASS)
    assert good.code == 0
    assert "'Engineering', 'Finance', 'Sales EMEA'" in good.err
    assert "PRACTICE portal: nothing real is touched" in good.err
    other = (*ANA[:4], "Wizards", 1)
    bad = validate(workbook(tmp_path / "bad.xlsx", other), *PASS)
    assert bad.code == 1
    assert "error:   Users!E2   unknown-team     'Wizards' is not on the pass" in bad.out
    assert "the pass's teams are 'Engineering', 'Finance', 'Sales EMEA'" in " ".join(
        bad.out.split()
    )
    assert "not every team name" in bad.err
    nobody = validate(workbook(tmp_path / "pass.xlsx", ANA), "--pass", "Leadreship 2026")
    assert nobody.code == 1
    assert "did you mean 'Leadership 2026'" in nobody.err


def test_teams_of_rows_with_errors_are_compared_as_well(validate, tmp_path: Path) -> None:
    """All mistakes at once, also for scripts; `ready` counts no row whose team can't be used."""
    rows = ((*ANA[:4], "Wizards", 1), ("li.wei@acme.com", "Li", "", "", " wizards ", ""))
    path = workbook(tmp_path / "people.xlsx", *rows)
    done = validate(path, *PASS, "--json", "--fix", tmp_path / "fixed.xlsx")
    assert (done.code, done.json["ready"], done.json["errors"]) == (1, 0, 3)
    wrong = [it for it in done.json["problems"] if it["id"] == "unknown-team"]
    assert [(it["cell"], it["value"]) for it in wrong] == [
        ("Users!E2", "Wizards"),
        ("Users!E3", "Wizards"),
    ]
    assert done.json["teams_of"] == "Leadership 2026"
    assert "2 rows, 0 ready" in done.err
    assert validate(path, "--json").json["teams_of"] is None


def test_what_is_not_compared_is_told(validate, tmp_path: Path) -> None:
    """Neither a file without teams, nor one whose columns aren't known, has every team right."""
    path = tmp_path / "people.csv"
    path.write_text("Email,First Name,Last Name\nana@acme.com,Ana,Perez\n", encoding="utf-8")
    assert "the file has no column Team" in validate(path, *PASS).err
    path.write_text("Email,First Name,Team\nana@acme.com,Ana,Wizards\n", encoding="utf-8")
    done = validate(path, *PASS)
    assert done.code == 1
    assert "team names were not compared: correct the errors above first" in done.err


def test_a_bad_file_gives_1_and_every_problem(validate, tmp_path: Path) -> None:
    """All mistakes at once, each at its cell."""
    bad = ("ana.perez@acme", "", "Perez", "Facilitater", "", "x")
    done = validate(workbook(tmp_path / "people.xlsx", ANA, bad))
    assert done.code == 1
    for cell in ("A3", "B3", "D3", "F3"):
        assert f"Users!{cell} " in done.out
    assert "2 rows checked, 1 ready, 1 with errors" in done.out


def test_json_is_the_contract(validate, tmp_path: Path) -> None:
    """One object on stdout with exactly the agreed fields, as the JSON Schema says."""
    path = workbook(tmp_path / "people.xlsx", ANA, ("x", "Ana", "B", "client admin", None, None))
    done = validate(path, "--json")
    report = json.loads(done.out)
    jsonschema.validate(report, ValidationReport.model_json_schema())
    assert {key: it for key, it in report.items() if key != "problems"} == {
        "target": None,
        "address": None,
        "file": str(path),
        "sheet": "Users",
        "teams_of": None,
        "rows": 2,
        "ready": 1,
        "errors": 1,
        "warnings": 1,
        "left_out": [],
        "other_sheets": [],
    }
    assert report["problems"][0] == {
        "id": "not-an-email",
        "level": "error",
        "sheet": "Users",
        "cell": "Users!A3",
        "row": 3,
        "column": "A",
        "value": "x",
        "message": "is not an e-mail address",
        "hint": "an address has the form ana.perez@acme.com",
    }
    assert done.code == 1


def test_strict_makes_warnings_fail(validate, tmp_path: Path) -> None:
    """A warning alone is exit 0, and 1 with `--strict`."""
    admin = (*ANA[:3], "client admin", None, None)
    path = workbook(tmp_path / "people.xlsx", admin)
    assert validate(path).code == 0
    assert validate(path, "--strict").code == 1


def test_all_lists_each_problem(validate, tmp_path: Path) -> None:
    """`--all` ungroups what the list shows as one entry."""
    rows = [(f"u{n}@acme.com", "U", f"N{n}", "Boss", None, None) for n in range(5)]
    path = workbook(tmp_path / "people.xlsx", *rows)
    assert validate(path).out.count("unknown-role") == 1
    assert validate(path, "--all").out.count("unknown-role") == 5


@pytest.mark.parametrize("extra", [(), ("--json",)])
def test_a_question_without_a_terminal_is_exit_2(
    validate, tmp_path: Path, extra: tuple[str, ...]
) -> None:
    """What only a person can decide names the flag that decides it."""
    path = tmp_path / "people.csv"
    path.write_bytes("Email;First Name;Last Name\r\na@acme.com;Jörg;Müller\r\n".encode("cp1252"))
    done = validate(path, *extra)
    assert done.code == 2
    if extra:
        assert json.loads(done.out)["error"]["id"] == "answer-needed"
    else:
        assert done.out == ""
    assert "--encoding" in done.err
    assert validate(path, "--encoding", "cp1252").code == 0


def test_a_file_that_cannot_be_read_is_one_sentence(validate, tmp_path: Path) -> None:
    """No traceback, exit 1, and the state of the world."""
    path = tmp_path / "people.xlsx"
    path.write_bytes(b"PK\3\4" + b"rubbish" * 100)
    done = validate(path)
    assert done.code == 1
    assert "error: people.xlsx is damaged" in done.err
    assert "nothing was sent" in done.err
    assert "Traceback" not in done.err


def test_two_answers_into_one_file_are_refused(validate, tmp_path: Path) -> None:
    """One would replace the other: exit 2 before anything is written."""
    out = tmp_path / "out.xlsx"
    done = validate(workbook(tmp_path / "people.xlsx", ANA), "--fix", out, "--annotate", out)
    assert done.code == 2
    assert "--annotate and --fix both name" in done.err
    assert not out.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
@pytest.mark.parametrize(
    "words", [("validate", "--json"), ("plan", "--json", *PASS, "--no-emails")]
)
def test_a_name_that_is_no_utf_8_is_told(aapimport, tmp_path: Path, words: tuple[str, ...]) -> None:
    """Old archives hold such names: what is written for programs says them as text."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/Zo\xeb.csv"))
    path.write_text(f"{','.join(HEADERS[:3])}\nana@acme.com,Ana,Perez\n", encoding="utf-8")
    done = aapimport(words[0], path, *words[1:])
    assert done.code == 0
    assert done.json["file"].endswith(r"Zo\xeb.csv")
