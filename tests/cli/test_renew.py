import importlib.util
import io
import os
import stat
import sys
from pathlib import Path

import click
import pytest
from openpyxl import Workbook, load_workbook

from aapimport.cli.renew import renew
from aapimport.errors import AnswerNeededError, ExitCode, FileProblemError, UsageError
from support.terminal import Terminal

LIST = """\
Email Address,First Name,Last Name,User Role,Region,Pass,Date of Last Login
ana@acme.com,Ana,Perez,Learner,EMEA,Leadership 2025,2026-10-01
li@acme.com,Li,Wei,Individual Contributor,APAC,Leadership 2025,2026-09-01
old@acme.com,Old,Timer,Learner,EMEA,Leadership 2025,2025-01-02
new@acme.com,New,Comer,Learner,EMEA,Leadership 2025,
"""


@pytest.fixture(autouse=True)
def in_a_folder_with_a_list(tmp_path, monkeypatch):
    """Every test has `last year.csv` in its working folder."""
    monkeypatch.chdir(tmp_path)
    Path("last year.csv").write_text(LIST, encoding="utf-8")


def run(*words):
    """Run the command as `main()` does."""
    return renew.main(args=list(words), standalone_mode=False)


def test_what_was_done_is_told_with_counts_that_add_up(capsys):
    """Every row of the list is in one line of the screen, which holds at 80 columns."""
    assert run("last year.csv") is ExitCode.OK
    screen = capsys.readouterr().out
    assert (
        screen
        == """\
wrote last year.renewed.xlsx
4 rows in the list:
      2  to sheet Users
      1  to sheet Possible leavers: last login before 2026-04-04
      1  to sheet Possible leavers: no date, which means never
         logged in, or logged in without starting a course
blank for everybody, not being in the list: Team and Jhana Enabled
role 'Individual Contributor' is now individualcontributor: 1 row
role 'Learner' is now blank (manager): 3 rows
kept to the right of the template's columns, and not loaded:
  Region
  Pass
  Date of Last Login
next: copy back from Possible leavers to Users who is still with you, then:
  aapimport validate "last year.renewed.xlsx"
"""
    )
    assert max(map(len, screen.splitlines())) <= 80


def two_sheets():
    """A workbook with people on two sheets."""
    workbook = Workbook()
    for name in ("ana", "li"):
        sheet = workbook.create_sheet(name.title())
        sheet.append(["Email Address", "First Name", "Last Name"])
        sheet.append([f"{name}@acme.com", name.title(), "Okafor"])
    del workbook["Sheet"]
    workbook.save("two.xlsx")


@pytest.mark.skipif(
    importlib.util.find_spec("pty") is None, reason="this system has no pseudo-terminals"
)
def test_a_question_can_be_answered():
    """Which of two sheets is meant is asked for on a terminal, as in every other command."""
    two_sheets()
    terminal = Terminal()
    words = (sys.executable, "-m", "aapimport", "renew", "two.xlsx")
    assert terminal.run(words, (("which one is to be read? (--sheet)", "2"),)) is ExitCode.OK
    assert load_workbook("two.renewed.xlsx")["Users"]["A2"].value == "li@acme.com"


def test_without_an_answer_the_flag_is_named(monkeypatch):
    """Unattended, nothing is guessed and nothing is written."""
    two_sheets()
    piped = io.StringIO("2\n")
    monkeypatch.setattr("sys.stdin", piped)
    with pytest.raises(AnswerNeededError) as caught:
        run("two.xlsx")
    assert "--sheet" in caught.value.hint
    assert piped.read() == "2\n"  # it may be meant for something else, a shell's loop for example
    assert not Path("two.renewed.xlsx").exists()
    assert run("two.xlsx", "--sheet", "Ana") is ExitCode.OK


def test_errors_in_the_list_are_findings():
    """A script stops when somebody has to correct rows; the file is written all the same."""
    Path("last year.csv").write_text(LIST.replace("ana@acme.com", "ana"), encoding="utf-8")
    assert run("last year.csv", "-o", "new.xlsx") is ExitCode.FINDINGS
    assert load_workbook("new.xlsx")["Users"]["A2"].value == "ana"


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("address-not-read", f"zoe@acme.com,Zoe,Ray,Learner\n\n{LIST}"),
        ("no-header", LIST.replace("Login\n", "Login,\n").replace("10-01", "10-01,mo@acme.com")),
        ("file-padding", f"{LIST}\0\0\0"),
    ],
)
def test_what_the_new_file_cannot_tell_is_told(capsys, rule, changed):
    """People who aren't read would be missing in the new file, in which nothing is wrong."""
    Path("last year.csv").write_text(changed, encoding="utf-8")
    assert run("last year.csv") is ExitCode.FINDINGS
    assert f"  {rule}  " in capsys.readouterr().out.partition("to be looked at in the list")[2]


def test_people_on_a_sheet_that_is_not_read_are_told(capsys):
    """A list that goes on in a second sheet would be renewed by half."""
    two_sheets()
    workbook = load_workbook("two.xlsx")
    workbook["Li"].delete_rows(1)
    workbook.save("two.xlsx")
    assert run("two.xlsx") is ExitCode.FINDINGS
    screen = capsys.readouterr().out
    assert "people-on-other-sheets" in screen
    assert max(map(len, screen.splitlines())) <= 80


def test_what_is_known_not_to_be_read_is_told_and_no_finding(capsys):
    """Whoever names the sheet knows of the other one; it is said all the same."""
    two_sheets()
    assert run("two.xlsx", "--sheet", "Ana") is ExitCode.OK
    assert "other-sheets" in capsys.readouterr().out


def test_what_the_new_file_tells_again_is_left_to_its_check(capsys):
    """One mistake is one mistake: a warning about a value that is kept comes with its check."""
    Path("last year.csv").write_text(LIST.replace("Ana,", "ANA,"), encoding="utf-8")
    assert run("last year.csv") is ExitCode.OK
    assert "to be looked at" not in capsys.readouterr().out


def test_more_days_than_a_century_are_none():
    """A number that no calendar holds is a mistake in the command."""
    with pytest.raises(click.BadParameter):
        run("last year.csv", "--no-login-for", "1000000")


@pytest.mark.parametrize("name", [".", "/", ".."])
def test_a_folder_is_no_list(name):
    """Nor has it a name that the new file could be called after."""
    with pytest.raises(FileProblemError, match="is a folder"):
        run(name)


def test_nothing_is_overwritten_without_force():
    """Neither an existing file, nor ever the list itself."""
    Path("new.xlsx").write_bytes(b"people")
    with pytest.raises(FileProblemError, match="exists already"):
        run("last year.csv", "-o", "new.xlsx")
    assert run("last year.csv", "-o", "new.xlsx", "--force") is ExitCode.OK
    with pytest.raises(FileProblemError, match="is the file that is read"):
        run("new.xlsx", "-o", "new.xlsx", "--force")


def test_only_a_workbook_is_written():
    """A csv has no second sheet for the leavers."""
    with pytest.raises(UsageError, match=r"does not end in \.xlsx"):
        run("last year.csv", "-o", "new.csv")


@pytest.mark.skipif(os.name == "nt", reason="Windows protects by the user's folder, not by modes")
def test_the_new_file_is_private():
    """It holds people, so only the owner can read it."""
    run("last year.csv")
    assert stat.S_IMODE(Path("last year.renewed.xlsx").stat().st_mode) == 0o600
