import hashlib
import io
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from aapimport.cli import main
from aapimport.plan.approval import read_plan
from aapimport.sandbox.practice import Practice
from aapimport.template.columns import COLUMNS
from support.second_year import PASS, SEED, rows, write

RETURNING = ("--returning", "include")


@pytest.fixture(autouse=True)
def practice(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The practice portal of a company in its second year, and no terminal."""
    Practice(state_dir, SEED).close()
    monkeypatch.setattr(sys, "stdin", io.StringIO())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Twenty-two rows, all of whose teams exist."""
    return write(tmp_path / "people.csv", rows())


def contents(state: Path) -> dict[str, str]:
    """Every file of a folder, with a digest of its bytes."""
    return {
        str(path.relative_to(state)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(state.rglob("*"))
        if path.is_file()
    }


def run(*words: object) -> int:
    """One command in this process, without a terminal."""
    return main([str(word) for word in words])


def as_json(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> Any:
    """What a command prints as JSON."""
    capsys.readouterr()
    assert run(*words, "--json") == code
    return json.loads(capsys.readouterr().out)


def counts(totals: dict[str, Any]) -> tuple[int, int, int, int]:
    """Create, change, same, skip."""
    return tuple(totals[name] for name in ("create", "change", "same", "skip"))


def test_an_unknown_team_stops_the_plan(tmp_path: Path, capsys):
    """Exit 1, with the team's cell and what may be meant, and nothing else."""
    file = write(tmp_path / "people.csv", rows("Sales EMAE"))
    assert run("plan", file, *PASS) == 1
    error = capsys.readouterr().err
    assert "team 'Sales EMAE' is not on the pass: E21\n  did you mean 'Sales EMEA'?" in error
    assert error.endswith("nothing was sent\n")


def test_too_few_seats_show_the_plan_and_refuse_it(file: Path, capsys):
    """Fifteen seats are needed, ten are free: the counts, who has no seat, exit 1."""
    assert run("plan", file, *PASS, "--maybe", "leave-out", "--returning", "include") == 1
    out, error = capsys.readouterr()
    said = " ".join(out.split())
    assert "All Access Pass + 12 create ~ 4 change = 4 same - 2 left out" in said
    assert "3 put on the pass, 1 switched on again" in said
    assert "uses 15 of 10 free, 5 too few; a used seat cannot be given back" in said
    assert "5 people already on the pass (1 of them deactivated): no seat needed" in said
    assert "left out, may be there already: 2 people (rows 22, 23)" in said
    assert "2 people may be there already:" in said
    refusal = " ".join(error.split())
    assert "has 10 free seats, this file needs 15; no seat for rows 17, 18, 19, 20, 21" in refusal
    assert "  row 21  ivan.petrov@acme.com" in error


def test_fit_plans_the_first_that_fit_and_the_run_does_it(file: Path, capsys):
    """With --fit, ten seats go to the first ten; the run does what the plan said, to the seat."""
    words = (file, *PASS, "--maybe", "leave-out", "--fit", "--no-emails", *RETURNING)
    plan = as_json(capsys, "plan", *words, code=1)
    assert counts(plan["portal"]) == (7, 4, 4, 7)
    assert counts(plan["jhana"]) == (2, 0, 0, 0)
    assert (plan["budgets"][0]["takes"], plan["budgets"][0]["free_after"]) == (10, 0)
    assert [one["row"] for one in plan["people"] if one["skipped"]] == [17, 18, 19, 20, 21, 22, 23]
    done = as_json(capsys, "upload", *words, "--yes", code=1)
    assert done["services"]["portal"] == {
        "created": 7,
        "changed": 4,
        "same": 4,
        "rejected": 0,
        "needs_person": 0,
        "unknown": 0,
        "skipped": 7,
        "not_sent": 0,
    }
    assert done["skipped"] == 7
    seats = {"free_before": 10, "used": 10, "free_by_plan": 0, "free_after": 0}
    assert done["seats"] == seats
    assert as_json(capsys, "passes")["passes"][0]["seats_used"] == 17
    predicted = {one["row"]: one["on_portal"]["action"] for one in plan["people"]}
    became = {"create": "created", "change": "changed", "same": "same", "skip": "skipped"}
    assert {one["row"]: one["portal"] for one in done["people"]} == {
        row: became[action] for row, action in predicted.items()
    }


def test_corrected_rows_need_no_fit(tmp_path: Path, capsys):
    """Five newcomers taken out of the file: ten seats suffice, and e-mails go to the new."""
    file = write(tmp_path / "people.csv", rows(newcomers=7))
    words = (file, *PASS, "--maybe", "leave-out", "--emails", *RETURNING)
    plan = as_json(capsys, "plan", *words, code=1)
    done = as_json(capsys, "upload", *words, "--yes", code=1)
    assert counts(plan["portal"]) == (7, 4, 4, 2)
    assert plan["mails"] == 7 + 1  # Jhana welcomes the one of last year who is new there
    assert sum(one["email_state"] == "sent" for one in done["people"]) == plan["mails"]
    assert done["seats"]["used"] == 10


def test_a_plan_writes_nothing(file: Path, state_dir: Path, capsys):
    """Neither the practice portal nor the state folder nor the outbox changes by a byte."""
    before = contents(state_dir)
    for words in ((), ("--fit",), ("--json", "--fit"), ("--fit", "--preview", "random", "--all")):
        run("plan", file, *PASS, *words)
    assert contents(state_dir) == before


def test_a_plan_only_reads_a_real_portal(
    tmp_path: Path, portal_stub, jhana_stub, monkeypatch, capsys
):
    """Every request of a plan is a GET or a search."""
    for name, stub in (("PORTAL", portal_stub), ("JHANA", jhana_stub)):
        monkeypatch.setenv(f"AAPIMPORT_{name}_URL", stub.url)
        monkeypatch.setenv(f"AAPIMPORT_{name}_TOKEN", stub.habits.token)
    portal_stub.add_team("Sales EMEA", 30, "p26")
    file = write(tmp_path / "people.csv", rows())
    assert run("plan", file, *PASS) == 0
    assert portal_stub.seen
    assert jhana_stub.seen
    assert portal_stub.writes == jhana_stub.writes == []


def test_each_person_is_told_what_happens(tmp_path: Path, capsys):
    """From and to, seat, team, Jhana, e-mail, what is kept and who is left out: a line each."""
    lines = rows(newcomers=2)
    lines[0] = "helena.berg@acme.com,Helen,Berg,facilitator,,"
    file = write(tmp_path / "people.csv", lines)
    assert run("plan", file, *PASS, *RETURNING, "--maybe", "leave-out", "--update-names") == 1
    out = " ".join(capsys.readouterr().out.split())
    for said in (
        "~ A2 helena.berg@acme.com first name Helena → Helen; keeps role manager (differs: facil",
        "~ A6 kwame.mensah@acme.com account deactivated → active; no seat needed",
        "~ A7 priya.raman@acme.com put on the pass; uses a seat; Jhana: create; jhana welcome",
        "+ A10 omar.haddad@acme.com create; uses a seat; join team Sales EMEA; Jhana: create; com",
        "+ A11 greta.nilsen@acme.com create; uses a seat; portal welcome e-mail",
        "- A12 a.lindqvist@acme.com left out: may be there already",
        "not listed: 3 the same (--all lists everybody)",
    ):
        assert said in out
    assert "wei.zhang" not in out.partition("Person by person")[2]
    run("plan", file, *PASS, "--all")
    assert "= A4 wei.zhang@acme.com same" in " ".join(capsys.readouterr().out.split())


def test_a_plan_that_is_refused_is_not_written(file: Path, tmp_path: Path, capsys):
    """What can't be carried out can't be approved; as JSON, it says why."""
    output = tmp_path / "plan.json"
    assert run("plan", file, *PASS, "-o", output) == 1
    assert not output.exists()
    refused = as_json(capsys, "plan", file, *PASS, code=1)["refused"]
    assert "has 10 free seats" in refused[0]


def carry_out(file: Path, plan: Path, *words: object) -> tuple[object, ...]:
    """The words that carry a written plan out, with its fingerprint."""
    return ("upload", file, "--plan", plan, "--fingerprint", read_plan(plan).fingerprint, *words)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first that needs a written plan leaves it for the others."""
    return tmp_path_factory.mktemp("planned") / "first"


@pytest.fixture
def written(planned: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A file, and its written plan; both, and the portal, are a copy of the first ones."""
    file, plan = tmp_path / "people.csv", tmp_path / "plan.json"
    if planned.exists():
        shutil.copytree(planned, tmp_path, dirs_exist_ok=True)
        return file, plan
    write(file, rows(newcomers=7))
    assert run("plan", file, *PASS, "--maybe", "leave-out", "--no-emails", "-o", plan) == 1
    shutil.copytree(tmp_path, planned)
    return file, plan


def test_one_plans_and_another_carries_out(written, capsys):
    """The written plan is done exactly, without a question, and only once."""
    file, plan = written
    report = json.loads(plan.read_text(encoding="utf-8"))
    done = as_json(capsys, *carry_out(file, plan), code=1)
    assert done["receipt"] == report["receipt"]
    assert done["emails"] == "none"
    assert done["services"]["portal"]["created"] == report["portal"]["create"] == 7
    assert run(*carry_out(file, plan)) == 1
    error = capsys.readouterr().err
    assert f"carried out already: upload {report['receipt']}" in error


def test_the_fingerprint_is_printed_and_asked_for(written, capsys, monkeypatch):
    """Nothing answers it but the fingerprint itself: not --yes, not the practice portal."""
    file, plan = written
    again = ("--maybe", "leave-out", "--no-emails", "-o", plan, "--force")
    assert run("plan", file, *PASS, *again) == 1
    printed = capsys.readouterr().out.splitlines()[-1].removeprefix("fingerprint: ")
    assert re.fullmatch("(-?[2-9A-HJ-NP-Z]{4}){4}", printed)
    words = ("upload", file, "--plan", plan)
    assert run(*words, "--yes") == 2
    assert "decide with --fingerprint" in capsys.readouterr().err
    wrong = printed.translate(str.maketrans(printed[-1], "2" if printed[-1] != "2" else "3"))
    assert run(*words, "--fingerprint", wrong) == 1
    error = capsys.readouterr().err
    assert f"{wrong!r} is not the fingerprint of this plan" in error
    assert error.endswith("nothing was sent\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{wrong}\n" * 3 + f"{printed}\n"))
    assert run(*words) == 1
    assert "not the plan whose fingerprint you have" in capsys.readouterr().err
    assert as_json(capsys, "passes")["passes"][0]["seats_used"] == 7
    assert run(*words, "--fingerprint", printed.replace("-", "").lower()) == 1


def test_a_forged_plan_has_another_fingerprint(written, capsys):
    """Whoever changes a plan can make its digest right again, and not its fingerprint."""
    file, plan = written
    words = carry_out(file, plan)
    report = read_plan(plan)
    forged = report.model_copy(update={"mails": report.mails + 1})
    forged = forged.model_copy(update={"digest": forged.own_digest()})
    plan.write_text(forged.model_dump_json(by_alias=True), encoding="utf-8")
    assert run(*words) == 1
    assert "is not the fingerprint of this plan" in capsys.readouterr().err


def test_a_fingerprint_without_a_plan_is_a_mistake(file: Path, capsys):
    """It belongs to a file that isn't there: exit 2 instead of silence."""
    assert run("upload", file, *PASS, "--fingerprint", "7K3Q-X9M4") == 2
    assert "--fingerprint belongs to a written plan" in capsys.readouterr().err


def test_who_returns_is_left_out_unless_somebody_says_otherwise(tmp_path: Path, capsys):
    """The plan names them; neither --yes nor the practice portal switches anybody on again."""
    file = write(tmp_path / "people.csv", rows()[4:6])
    words = (file, *PASS, "--no-emails")
    assert run("plan", *words) == 1
    out, error = capsys.readouterr()
    said = " ".join(out.split())
    assert "1 person whose account is deactivated: row 2: kwame.mensah@acme.com Kwame" in said
    assert "(manager)" in said
    assert "left out, deactivated; --returning include switches them on again: 1 person" in said
    assert "nothing can answer: they are left out; --returning include uploads them" in error
    done = as_json(capsys, "upload", *words, "--yes", code=1)
    assert done["skipped"] == 1
    assert done["services"]["portal"]["changed"] == 1
    assert as_json(capsys, "plan", *words, *RETURNING)["portal"]["change"] == 1
    done = as_json(capsys, "upload", *words, "--yes", *RETURNING)
    assert (done["services"]["portal"]["changed"], done["services"]["portal"]["same"]) == (1, 1)


def test_a_changed_cell_is_refused(written, capsys):
    """The administrator sees which row is not what was approved; nothing is sent."""
    file, plan = written
    lines = rows(newcomers=7)
    lines[9] = lines[9].replace("Greta", "Grete")
    write(file, lines)
    capsys.readouterr()
    assert run(*carry_out(file, plan)) == 1
    error = capsys.readouterr().err
    assert "row 11 (greta.nilsen@acme.com): first name was 'Greta', is 'Grete'" in error
    assert error.endswith("nothing was sent\n")
    assert as_json(capsys, "passes")["passes"][0]["seats_used"] == 7


def test_a_changed_portal_is_refused(written, tmp_path: Path, capsys):
    """Somebody else uploads one of the people in between."""
    file, plan = written
    other = write(tmp_path / "other.csv", [rows()[10]])
    assert run("upload", other, *PASS, "--no-emails", "--yes") == 0
    capsys.readouterr()
    assert run(*carry_out(file, plan)) == 1
    said = "row 12 (tomas.novak@acme.com): was 'create' on the portal, is 'same'"
    assert said in capsys.readouterr().err
    assert as_json(capsys, "passes")["passes"][0]["seats_used"] == 8


def test_a_changed_setting_is_refused(written, capsys, monkeypatch):
    """The settings that the plan was made with hold, too."""
    monkeypatch.setenv("AAPIMPORT_BUFFER", "25")
    file, plan = written
    assert run(*carry_out(file, plan)) == 1
    assert "buffer of seats was 10%, is 25%" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("--pass", "Leadership 2026"),
        ("--emails",),
        ("--no-emails",),
        ("--fit",),
        ("--maybe", "create"),
        ("--returning", "include"),
        ("--max-seats", "0"),
        ("--update-roles",),
        ("--update-names",),
    ],
)
def test_flags_that_the_plan_has_decided_are_refused(written, words, capsys):
    """No flag beside --plan is silently ignored: exit 2 names it."""
    file, plan = written
    assert run(*carry_out(file, plan), *words) == 2
    assert words[0] in capsys.readouterr().err


def test_a_written_plan_needs_a_word_about_emails(tmp_path: Path, served, capsys, monkeypatch):
    """An approval that forgot the e-mails would surprise everybody: exit 2 names the flags."""
    for name, value in served.items():
        monkeypatch.setenv(name, value)
    file, plan = write(tmp_path / "people.csv", rows("Finance", newcomers=2)[8:10]), tmp_path / "p"
    lines = file.read_text(encoding="utf-8").replace("Sales EMEA", "")
    file.write_text(lines, encoding="utf-8")
    assert run("plan", file, *PASS, "-o", plan) == 2
    assert "--emails or --no-emails" in capsys.readouterr().err
    assert not plan.exists()


def test_a_failed_look_up_stops_the_plan(
    tmp_path: Path, portal_stub, jhana_stub, monkeypatch, capsys
):
    """Exit 4, and nobody is created, also by an upload that may ask nothing."""
    from support.wire import error, instead

    for name, stub in (("PORTAL", portal_stub), ("JHANA", jhana_stub)):
        monkeypatch.setenv(f"AAPIMPORT_{name}_URL", stub.url)
        monkeypatch.setenv(f"AAPIMPORT_{name}_TOKEN", stub.habits.token)
    portal_stub.on("GET", "/Users", instead(error(501, "no")), times=999)
    file = write(tmp_path / "people.csv", ["bo@acme.com,Bo,Quist,,,"])
    for command in (("plan",), ("upload", "--yes", "--no-emails")):
        assert run(*command, file, *PASS) == 4
        assert capsys.readouterr().err.endswith("nothing was sent\n")
    assert portal_stub.writes == jhana_stub.writes == []


def test_a_plan_that_leaves_the_emails_open_is_not_carried_out(tmp_path: Path, capsys):
    """What `--json` prints before anybody decided about e-mails says so, and sends none."""
    file, plan = write(tmp_path / "people.csv", rows("Finance", newcomers=2)[8:10]), tmp_path / "p"
    words = (file, *PASS, "--maybe", "create")
    open_ = as_json(capsys, "plan", *words)
    assert open_["emails"] is None
    plan.write_text(json.dumps(open_), encoding="utf-8")
    assert run("upload", file, "--plan", plan) == 1
    assert "make it again with --emails or --no-emails" in capsys.readouterr().err
    assert as_json(capsys, "plan", *words, "--emails")["emails"] is True
    assert as_json(capsys, "plan", *words, "--no-emails")["emails"] is False


def test_a_fitted_plan_with_possible_twins_is_carried_out(file: Path, tmp_path: Path, capsys):
    """Who may be there already and found no seat was not left out as a twin: the plan holds."""
    plan = tmp_path / "plan.json"
    words = (file, *PASS, "--maybe", "create", "--fit", "--no-emails")
    assert run("plan", *words, "-o", plan) == 1
    skipped = [one for one in json.loads(plan.read_text("utf-8"))["people"] if one["skipped"]]
    assert any(one["maybe"] for one in skipped)
    assert run(*carry_out(file, plan)) == 1, capsys.readouterr().err


def test_an_interrupted_upload_of_other_rows_does_not_go_on(tmp_path: Path, capsys, monkeypatch):
    """Another sheet of the same workbook is another list: nobody of the first is sent for it."""
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    workbook = Workbook()
    first = workbook.active
    assert isinstance(first, Worksheet)
    for sheet, city in ((first, "Paris"), (workbook.create_sheet(), "Lyon")):
        sheet.title = city
        sheet.append(("Email Address", "First Name", "Last Name"))
        for number in range(3):
            sheet.append((f"{city.lower()}{number}@acme.com", city, f"Last{'abc'[number]}"))
    file = tmp_path / "two.xlsx"
    workbook.save(file)
    options = ("--pass", "Leadership 2026", "--no-emails", "--canary", "1")
    monkeypatch.setattr("sys.stdin", io.StringIO("3\nn\n"))
    assert run("upload", file, "--sheet", "Paris", *options) == 1
    capsys.readouterr()
    assert run("upload", file, "--sheet", "Lyon", *options, "--yes") == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "is of other rows of sheet 'Paris' than were read now" in said
    assert run("upload", file, "--sheet", "Paris", *options[:3], "--yes") == 0


def test_a_plan_never_replaces_the_file_that_it_is_made_from(file: Path, capsys):
    """Not even with --force."""
    before = file.read_bytes()
    assert run("plan", file, *PASS, "--no-emails", "-o", file, "--force") == 1
    assert "is the file that is read" in " ".join(capsys.readouterr().err.split())
    assert file.read_bytes() == before


def test_answers_that_a_program_gives_do_not_go_on_for_ever(
    tmp_path: Path, served, capsys, monkeypatch
):
    """`yes | aapimport upload` would answer y for ever where a number is asked for."""
    for name, value in served.items():
        monkeypatch.setenv(name, value)
    people = write(tmp_path / "new.csv", rows("Finance", newcomers=2)[8:10])
    people.write_text(people.read_text("utf-8").replace("Sales EMEA", ""), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n" * 100))
    assert run("upload", people, *PASS, "--maybe", "create", "--no-emails") == 2
    error = capsys.readouterr().err
    assert error.count("that is not") == 11
    assert "hint: decide with --yes" in error


def two_sheets(tmp_path: Path) -> Path:
    """A sheet with three people, one of them hidden and one struck out by a remark, and another."""
    book = Workbook()
    users = book.active
    assert users is not None
    users.title = "Users"
    header = [column.name for column in COLUMNS]
    users.append([*header, "Status"])
    for number, state in enumerate(("Active", "Active", "Terminated"), 2):
        users.append(
            [f"n{number}@acme.com", "Ana", f"Nox{'abc'[number - 2] * 3}", *[""] * 3, state]
        )
    users.row_dimensions[3].hidden = True
    others = book.create_sheet("Paris")
    others.append(header)
    others.append(["zoe.quist@acme.com", "Zoe", "Quist", "", "", ""])
    file = tmp_path / "two.xlsx"
    book.save(file)
    return file


HIDDEN = {"row": 3, "reason": "in a hidden or filtered row (--hidden skip)"}
MARKED = {"row": 4, "reason": "marked as not meant (--hidden skip)"}
PARIS = {"name": "Paris", "people": 1}


def test_whoever_is_left_out_by_a_decision_counts(tmp_path: Path, capsys):
    """In the plan, the receipt, and the receipt shown again: by row and reason, and exit code 1."""
    words = (two_sheets(tmp_path), "--sheet", "Users", "--hidden", "skip")
    more = (*words, *PASS, "--no-emails")
    plan = as_json(capsys, "plan", *more, code=1)
    assert (plan["left_out"], plan["other_sheets"]) == ([HIDDEN, MARKED], [PARIS])
    assert run("plan", *more, "-o", tmp_path / "plan.json") == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "left out, in a hidden or filtered row (--hidden skip): 1 person (row 3)" in said
    assert "sheet 'Paris' holds 1 more person, not read" in said
    done = as_json(capsys, "upload", *more, "--yes", code=1)
    assert (done["rows"], len(done["people"])) == (3, 1)
    assert (done["left_out"], done["other_sheets"]) == ([HIDDEN, MARKED], [PARIS])
    assert run("resume", done["receipt"]) == 1
    out, error = capsys.readouterr()
    assert "3 = 1 created + 2 left out" in out
    assert "left out, marked as not meant (--hidden skip): 1 person (row 4)\n" in out
    assert "sheet 'Paris' holds 1 more person, not read\n" in out
    assert "--hidden include" in out
    assert "complete" not in error
    assert as_json(capsys, "upload", *more, "--yes", code=1)["left_out"] == [HIDDEN, MARKED]


def test_a_sheet_that_was_not_chosen_leaves_nobody_out(tmp_path: Path, capsys):
    """It is told, on the plan and the receipt; what was chosen is complete."""
    words = (two_sheets(tmp_path), "--sheet", "paris", *PASS, "--no-emails")
    others = [{"name": "Users", "people": 3}]
    assert as_json(capsys, "plan", *words)["other_sheets"] == others
    done = as_json(capsys, "upload", *words, "--yes")
    assert (done["other_sheets"], done["left_out"], done["rows"]) == (others, [], 1)


def test_the_journal_knows_nobody_who_was_not_read(tmp_path: Path, state_dir: Path, capsys):
    """Rows and reasons are kept, and nothing that stands in their cells."""
    words = (two_sheets(tmp_path), "--sheet", "Users", "--hidden", "skip", *PASS, "--no-emails")
    as_json(capsys, "upload", *words, "--yes", code=1)
    kept = b"".join(one.read_bytes() for one in state_dir.rglob("journal*") if one.is_file())
    assert b"(--hidden skip)" in kept
    assert not any(text in kept for text in (b"n3@acme", b"Noxbbb", b"n4@acme", b"Terminated"))


def test_the_check_tells_who_is_left_out(tmp_path: Path, capsys):
    """Checking loads nobody, so it is no failure by itself; with --strict it is."""
    words = ("validate", two_sheets(tmp_path), "--sheet", "Users", "--hidden", "skip")
    checked = as_json(capsys, *words)
    assert (checked["left_out"], checked["other_sheets"]) == ([HIDDEN, MARKED], [PARIS])
    assert run(*words, "--strict") == 1
    assert (
        "1 row checked, 1 ready, 0 with errors, 0 warnings, 2 left out" in capsys.readouterr().out
    )
