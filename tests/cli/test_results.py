"""The results workbook: at every end; what is corrected in it is all that is sent."""

import json
import os
import stat
from datetime import date
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font

from support.habits import TOKEN
from support.machine import profile
from support.wire import Response, error

PASS = ("--pass", "Leadership 2026", "--no-emails", "--maybe", "create", "--yes")
SECRETS = {"AAPIMPORT_PORTAL_TOKEN": TOKEN, "AAPIMPORT_JHANA_TOKEN": TOKEN}
HEADER = ["Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled", "Cost"]
ROWS: list[list[Any]] = [
    ["ana@acme.com", "Ana", "Perez", "", "", "", date(2026, 1, 31)],
    ["bo@acme.con", "Bo", "Quist", "", "", "", '=HYPERLINK("http://x.example")'],
    ["cy@acme.com", "Cy", "Ng", "", "Sales", "1", "@SUM(1)"],
    ["dee@acme.com", "Dee", "Okafor", "", "", "", 12.5],
]


@pytest.fixture
def acme(machine, portal_stub, jhana_stub):
    """A client's profile, and a workbook with four people, of whom the portal refuses one."""
    machine.own_file(profile("acme", portal_stub.url, jhana_stub.url))
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Users"
    for row in (HEADER, *ROWS):
        sheet.append(row)
    for cell in sheet["G"]:
        if isinstance(cell.value, str):
            cell.data_type = "s"
    book.save(machine.work / "people.xlsx")
    refusal = lambda _: error(400, "this domain is not allowed")  # noqa: E731
    portal_stub.on("POST", "/Users", refusal, times=9, body="bo@acme.con")
    return machine


def run(aapimport, *words, **more):
    """A command of the profile, which writes results workbooks."""
    settings = {"AAPIMPORT_SETTLE_SECONDS": "0", "AAPIMPORT_NO_RESULTS": ""}
    return aapimport(*words, "--profile", "acme", **(SECRETS | settings | more))


def opened(path):
    """A workbook's sheets by their names."""
    return openpyxl.load_workbook(path)


def corrected(path, sheet="To correct"):
    """Correct the address as a person would, and save."""
    book = opened(path)
    cell = book[sheet]["A2"]
    assert cell.value == "bo@acme.con"
    cell.value = "bo@acme.com"
    book.save(path)


def writes(*stubs):
    """What was written to the services, in its order: the method, and the address it names."""
    seen = [one for stub in stubs for one in stub.seen if one.method != "GET"]
    writing = [one for one in seen if not one.path.endswith("/.search")]
    return [(one.method, one.json.get("userName")) for one in writing]


def test_only_what_is_corrected_is_sent(aapimport, acme, portal_stub, jhana_stub):
    """The own sheet has five columns more; To correct is uploaded as it is saved."""
    done = run(aapimport, "upload", "people.xlsx", *PASS)
    assert done.code == 1, done.err
    assert "results: people.results.xlsx" in done.err
    assert "1 person is on its sheet To correct" in done.err
    path = acme.work / "people.results.xlsx"
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    book = opened(path)
    assert book.sheetnames == ["Users", "Summary", "To correct", "As written"]
    assert book.active.title == "To correct"
    assert [it.title for it in book if it.sheet_view.tabSelected] in ([], ["To correct"])
    assert book["As written"].sheet_state == "hidden"
    own = book["Users"]
    assert [cell.value for cell in own[1]] == [
        *HEADER,
        *("Result", "Reason", "All Access Pass id", "Jhana id", "Welcome e-mail"),
    ]
    assert [cell.value for cell in own[3]][:8] == [
        *("bo@acme.con", "Bo", "Quist", None, None, None),
        '=HYPERLINK("http://x.example")',
        "rejected",
    ]
    assert own["G3"].data_type == "s"
    assert (own["G4"].value, own["G5"].value) == ("@SUM(1)", 12.5)
    assert "not allowed" in own["I3"].value
    assert [own[f"H{row}"].value for row in (2, 3, 4, 5)] == ["created", "rejected"] + [
        "created"
    ] * 2
    assert own["J2"].value
    assert own["J3"].value is None
    assert own["K4"].value
    todo = book["To correct"]
    filled = [row for row in todo.iter_rows(values_only=True) if row[0]]
    assert filled == [
        tuple(HEADER),
        ("bo@acme.con", "Bo", "Quist", *[None] * 3, '=HYPERLINK("http://x.example")'),
    ]
    assert todo["G2"].data_type == "s"
    assert "not allowed" in todo["A2"].comment.text
    portal_stub.seen.clear()
    jhana_stub.seen.clear()
    corrected(path)
    again = run(aapimport, "upload", path.name, *PASS, "--json")
    assert again.code == 0, again.err
    assert [one["portal"] for one in again.json["people"]] == ["created"]
    assert again.json["sheet"] == "To correct"
    assert writes(portal_stub, jhana_stub) == [("POST", "bo@acme.com")]


def _role(book):
    book["Users"]["D4"] = "facilitator"


def _team_column(book):
    """Whoever was done gets a team, in a column that the sheet calls otherwise by now."""
    book["Users"]["E1"], book["Users"]["E2"] = "Team Name", "Sales"


def _new_row(book):
    book["Users"].append(["eva@acme.com", "Eva", "Lund"])


def _new_row_between(book):
    book["Users"].insert_rows(3)
    for at, text in enumerate(("eva@acme.com", "Eva", "Lund"), start=1):
        book["Users"].cell(3, at, text)


def _failed(book):
    book["Users"]["A3"] = "bo@acme.com"


def _new_sheet(book):
    sheet = book.create_sheet("More people")
    for row in (["Email", "First Name", "Last Name"], ["eva@acme.com", "Eva", "Lund"]):
        sheet.append(row)


def _sorted(book):
    """From the last to the first, and one of them has another role."""
    own = book["Users"]
    rows = [[cell.value for cell in row] for row in own.iter_rows(min_row=2)]
    for at, row in enumerate(reversed(rows), start=2):
        for column, value in enumerate(row, start=1):
            own.cell(at, column).value = value
    own["D2"] = "facilitator"  # Dee


def _moved_columns(book):
    own = book["Users"]
    own.insert_cols(1, amount=2)
    own["F4"] = "facilitator"


def _renamed_beside_notes(book):
    book["Users"]["D4"] = "facilitator"
    book["Users"].title = "People v2"
    book.create_sheet("Notes", 0).append(["to be done by Friday"])


def _out_of_both(book):
    """Somebody who failed isn't to be uploaded, or was forgotten."""
    book["Users"].delete_rows(3)
    book["To correct"].delete_rows(2)


def _out_of_the_own_one(book):
    book["Users"].delete_rows(3)


def _emptied(book):
    for cell in book["Users"][3]:
        cell.value = None


def _crossed_out(book):
    for cell in book["Users"][3]:
        cell.font = Font(strike=True)


def _another_in_their_row(book):
    """Somebody else stands in the row on To correct by now; the own sheet has a new role."""
    book["Users"]["D3"] = "facilitator"
    for at, text in enumerate(("eva@acme.com", "Eva", "Lund"), start=1):
        book["To correct"].cell(2, at, text)


def _new_sheet_without_header(book):
    book.create_sheet("More").append(["Eva", "Lund", "eva@acme.com"])


def _new_sheet_of_names(book):
    for row in (["Name", "E-mail"], ["Eva Lund", "Eva Lund <eva@acme.com>"]):
        if "More" not in book.sheetnames:
            book.create_sheet("More")
        book["More"].append(row)


def _one_address(book):
    book.create_sheet("More")["C5"] = "eva@acme.com"


def _above_the_header(book):
    book["Users"].insert_rows(1)
    book["Users"]["A1"] = "eva@acme.com"


def _beside_the_table(book):
    book["Users"]["O2"] = "eva@acme.com"


def _on_the_summary(book):
    book["Summary"]["D2"] = "eva@acme.com"


def _without_what_tells(book):
    del book["As written"]


ELSEWHERE = {
    _role: "Users!D4: changed",
    _team_column: "Users!E2: changed",
    _new_row: "Users!A6: added",
    _new_row_between: "Users!A3: added",
    _failed: "Users!A3: changed",
    _new_sheet: "'More people'!A2: added",
    _sorted: "Users!D2: changed",
    _moved_columns: "Users!F4: changed",
    _renamed_beside_notes: "'People v2'!D4: changed",
    _out_of_both: "row 3 of Users: taken out of both sheets",
    _out_of_the_own_one: "row 3 of Users: taken out; it is still on To correct",
    _emptied: "row 3 of Users: taken out; it is still on To correct",
    _crossed_out: "row 3 of Users: taken out; it is still on To correct",
    _another_in_their_row: "Users!D3: changed",
    _new_sheet_without_header: "More!C1: added",
    _new_sheet_of_names: "More!B2: added",
    _one_address: "More!C5: added",
    _above_the_header: "Users!A1: added",
    _beside_the_table: "Users!O2: added",
    _on_the_summary: "Summary!D2: added",
    _without_what_tells: "its hidden sheet As written is gone or damaged",
}
"""What somebody does on another sheet than To correct, and what is said of it."""


@pytest.mark.parametrize("program", ["openpyxl", "LibreOffice"])
def test_nobody_is_left_out_who_was_typed_where_nobody_reads(
    aapimport, acme, portal_stub, program, request
):
    """Changed, added, in another order: the cell is named, and nothing is sent by a guess."""
    convert = request.getfixturevalue("libreoffice") if program == "LibreOffice" else None
    assert run(aapimport, "upload", "people.xlsx", *PASS).code == 1
    path = acme.work / "people.results.xlsx"
    written = path.read_bytes()
    portal_stub.seen.clear()
    for work, said in ELSEWHERE.items():
        if convert and work not in {_role, _new_row, _failed}:
            continue
        path.write_bytes(written)
        book = opened(path)
        work(book)
        book.save(path)
        if convert:
            path.write_bytes(convert(path, "xlsx").read_bytes())
        for words in (("validate",), ("plan", *PASS[:-1]), ("upload", *PASS)):
            if convert and words[0] != "upload":
                continue
            word, *more = words
            asked = run(aapimport, word, path.name, *more)
            told = " ".join(asked.err.split())
            assert (asked.code, said in told) == (2, True), (work, words, asked.err)
            assert "hint: decide with --sheet, one of: To correct" in told
            # Nothing else is taken for a change.
            assert told.count(": changed") + told.count(": added") <= 1, told
    assert writes(portal_stub) == []


def _ids(book):
    book["Users"]["J2"] = book["Users"]["H2"] = "something else"


def _deleted(book):
    book["Users"].delete_rows(4)


def _filtered(book):
    book["Users"].auto_filter.ref = "A1:L5"
    book["Users"].row_dimensions[2].hidden = True


def _on_both(book):
    """Corrected on the own sheet, whoever is new added, and both on To correct as well."""
    book["Users"]["A3"] = book["To correct"]["A2"] = "bo@acme.com"
    _new_row(book)
    for at, text in enumerate(("eva@acme.com", "Eva", "Lund"), start=1):
        book["To correct"].cell(3, at, text)


def _copy(book):
    book.copy_worksheet(book["Users"])


@pytest.mark.parametrize("program", ["openpyxl", "LibreOffice"])
def test_what_changes_nobody_is_not_asked_about(aapimport, acme, portal_stub, program, request):
    """Filtered, with a row less, other ids, a copy: as it is on To correct, and that alone."""
    convert = request.getfixturevalue("libreoffice") if program == "LibreOffice" else None
    run(aapimport, "upload", "people.xlsx", *PASS)
    path = acme.work / "people.results.xlsx"
    written = path.read_bytes()
    portal_stub.seen.clear()
    for work in (_filtered, _on_both) if convert else (_ids, _deleted, _filtered, _copy, _on_both):
        path.write_bytes(written)
        book = opened(path)
        work(book)
        book.save(path)
        if convert:
            path.write_bytes(convert(path, "xlsx").read_bytes())
        done = run(aapimport, "validate", path.name)
        assert done.code == 0, (work, done.err)
    again = run(aapimport, "upload", path.name, *PASS, "--json")
    assert [one["portal"] for one in again.json["people"]] == ["created", "created"]
    assert writes(portal_stub) == [("POST", "bo@acme.com"), ("POST", "eva@acme.com")]


@pytest.mark.parametrize("name", ["Users ", " Users"])
def test_a_sheets_name_with_a_blank_is_a_name(aapimport, acme, portal_stub, name):
    """What is corrected on it is asked about all the same, also once it is called otherwise."""
    path = acme.work / "people.xlsx"
    book = opened(path)
    book["Users"].title = name
    book.save(path)
    run(aapimport, "upload", "people.xlsx", *PASS, "--sheet", name)
    path = acme.work / "people.results.xlsx"
    for title in (name, "People v2"):
        book = opened(path)
        own = book[name] if name in book.sheetnames else book[title]
        own["A3"], own.title = "bo@acme.com", title
        book.save(path)
        asked = run(aapimport, "upload", path.name, *PASS)
        assert asked.code == 2, asked.err
        assert "A3" in asked.err


def test_the_sheet_that_is_meant_can_be_said(aapimport, acme, portal_stub):
    """As it is on To correct, whatever stands on the other."""
    run(aapimport, "upload", "people.xlsx", *PASS)
    path = acme.work / "people.results.xlsx"
    book = opened(path)
    book["Users"]["A3"] = "else@acme.com"
    book["To correct"]["A2"] = "bo@acme.com"
    book.save(path)
    assert run(aapimport, "upload", path.name, *PASS).code == 2
    portal_stub.seen.clear()
    said = run(aapimport, "upload", path.name, *PASS, "--sheet", "To correct")
    assert said.code == 0, said.err
    assert writes(portal_stub) == [("POST", "bo@acme.com")]


def test_after_the_names_are_gone_the_file_gives_them_again(
    aapimport, acme, portal_stub, jhana_stub, monkeypatch
):
    """`receipt N --xlsx --file` needs no service, and no name in the journal."""
    monkeypatch.setenv("AAPIMPORT_KEEP_PEOPLE", "0")
    done = run(aapimport, "upload", "people.xlsx", *PASS, "--json", "--no-results")
    number = done.json["receipt"]
    assert not (acme.work / "people.results.xlsx").exists()
    journal = next(acme.state.rglob("journal.sqlite3"))
    assert b"bo@acme.con" not in journal.read_bytes()
    wrote = run(aapimport, "receipt", number, "--xlsx", "out.xlsx", "--file", "people.xlsx")
    assert wrote.code == 0, wrote.err
    portal_stub.seen.clear()
    jhana_stub.seen.clear()
    corrected(acme.work / "out.xlsx")
    assert run(aapimport, "upload", "out.xlsx", *PASS).code == 0
    assert writes(portal_stub, jhana_stub) == [("POST", "bo@acme.com")]
    bare = run(aapimport, "receipt", number, "--xlsx", "bare.xlsx")
    assert bare.code == 0
    assert opened(acme.work / "bare.xlsx").sheetnames == ["Results", "Summary"]
    assert run(aapimport, "receipt", number, "--xlsx", "bare.xlsx").code == 1
    assert run(aapimport, "receipt", number, "--xlsx", "bare.xlsx", "--force").code == 0
    assert run(aapimport, "receipt", number, "--xlsx", "bare.csv").code == 2


def test_nobodys_work_is_written_over(aapimport, acme):
    """Neither another file of that name nor a results workbook that somebody has saved."""
    other = acme.work / "people.results.xlsx"
    other.write_bytes(b"somebody's work")
    done = run(aapimport, "upload", "people.xlsx", *PASS, "--json")
    number = done.json["receipt"]
    mine = acme.work / f"people.results-{number}.xlsx"
    assert other.read_bytes() == b"somebody's work"
    first = mine.read_bytes()
    shown = run(aapimport, "resume", number)  # the receipt of a finished run, again
    assert "results" not in shown.err
    assert mine.read_bytes() == first


def test_a_folder_that_takes_nothing_is_a_notice(aapimport, acme):
    """The exit code is that of the upload."""
    out = acme.work / "nowhere" / "out.xlsx"
    done = run(aapimport, "upload", "people.xlsx", *PASS, "--results", out)
    assert done.code == 1
    assert "no results workbook" in done.err
    assert "Receipt " in done.out
    refused = run(aapimport, "upload", "people.xlsx", *PASS, "--results", "out.csv")
    assert (refused.code, "does not end in .xlsx" in refused.err) == (2, True)


@pytest.mark.parametrize("saved", [False, True])
def test_a_stopped_upload_leaves_its_results_too(aapimport, acme, portal_stub, saved):
    """Who was not sent is no matter of To correct: `resume` does that."""
    portal_stub.on("POST", "/Users", lambda _: Response(status=401), times=9, skip=1)
    done = run(aapimport, "upload", "people.xlsx", *PASS, "--no-bulk")
    assert done.code == 3, done.err
    book = opened(acme.work / "people.results.xlsx")
    results = {book["Users"][f"H{row}"].value for row in (2, 3, 4, 5)}
    assert "not sent" in results
    todo = book["To correct"] if "To correct" in book.sheetnames else None
    assert todo is None or todo["A3"].value is None
    path = acme.work / "people.results.xlsx"
    number = " ".join(done.err.split()).split("aapimport resume --profile acme ")[1][:6]
    if saved:  # somebody may have corrected it
        book.save(path)
    before = path.read_bytes()
    portal_stub._rules[:] = portal_stub._rules[:1]
    again = run(aapimport, "resume", number)
    assert again.code == 1, again.err
    newest = acme.work / f"people.results-{number}.xlsx" if saved else path
    assert newest.exists()
    assert (path.read_bytes() == before) is saved
    after = [opened(newest)["Users"][f"H{row}"].value for row in (2, 3, 4, 5)]
    assert after == ["created", "rejected", "created", "created"]


def test_a_closed_upload_leaves_its_results_too(aapimport, acme, portal_stub):
    """Closing is an end as well: the receipt is printed, and who wasn't sent is to be corrected."""
    portal_stub.on("POST", "/Users", lambda _: Response(status=401), times=9, skip=1)
    done = run(aapimport, "upload", "people.xlsx", *PASS, "--no-bulk")
    assert done.code == 3, done.err
    out = acme.work / "after.xlsx"
    closed = run(aapimport, "resume", "--close", "--yes", "--results", out)
    assert closed.code == 1, closed.err
    assert "closed" in closed.out.partition("Receipt ")[2].partition("\n")[0]
    assert "something is left to do" not in [it.value for it in opened(out)["Summary"]["B"]]
    assert "To correct" in opened(out).sheetnames


def test_a_csv_gets_a_workbook_and_json_stays_one_object(aapimport, acme):
    """Its own rows are on the first sheet."""
    lines = [HEADER[:3], ["eva@acme.com", "Eva", "Lund"]]
    (acme.work / "one.csv").write_text("\n".join(map(",".join, lines)), "utf-8")
    done = run(aapimport, "upload", "one.csv", *PASS, "--json", "--results", "r.xlsx")
    assert done.code == 0, done.err
    json.loads(done.out)
    sheet = opened(acme.work / "r.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[2]][:4] == ["eva@acme.com", "Eva", "Lund", "created"]


@pytest.mark.parametrize("flag", ["--no-results", "--results"])
def test_a_resume_does_as_the_upload_was_asked(aapimport, acme, portal_stub, monkeypatch, flag):
    """No workbook where none was wanted, and the one that was named where one was."""
    portal_stub.on("POST", "/Users", lambda _: Response(status=401), times=9, skip=1)
    out = acme.work / "mine.xlsx"
    asked = (flag, out) if flag == "--results" else (flag,)
    done = run(aapimport, "upload", "people.xlsx", *PASS, "--no-bulk", *asked)
    number = " ".join(done.err.split()).split("aapimport resume --profile acme ")[1][:6]
    portal_stub._rules[:] = portal_stub._rules[:1]
    (acme.work / "other").mkdir()
    monkeypatch.chdir(acme.work / "other")
    assert run(aapimport, "resume", number).code == 1
    assert not (acme.work / "people.results.xlsx").exists()
    assert out.exists() == (flag == "--results")
    if out.exists():
        assert opened(out)["Users"]["H5"].value == "created"


def test_a_resume_from_elsewhere_finds_the_file_as_it_was_read(
    aapimport, acme, portal_stub, monkeypatch, state_dir
):
    """Its place and its encoding are known; a file of that name in the other folder is not it.

    Where it lay is erased with the people, and a receipt still knows the encoding.
    """
    home, other = acme.work / "Bo Quist", acme.work / "other"
    lines = [HEADER[:3], ["ana@acme.com", "Zoë", "Müller"], ["dee@acme.com", "Jan", "Novák"]]
    for folder in (home, other):
        folder.mkdir()
        (folder / "one.csv").write_bytes("\n".join(map(";".join, lines)).encode("mac_roman"))
        lines[1:] = [["else@acme.com", "Else", "Where"]]
    portal_stub.on("POST", "/Users", lambda _: Response(status=401), times=9, skip=1)
    words = ("upload", home / "one.csv", *PASS, "--no-bulk", "--encoding", "mac_roman")
    done = run(aapimport, *words)
    assert done.code == 3, done.err
    number = " ".join(done.err.split()).split("aapimport resume --profile acme ")[1][:6]
    portal_stub._rules[:] = portal_stub._rules[:1]
    monkeypatch.chdir(other)
    again = run(aapimport, "resume", number)
    assert again.code == 0, again.err
    sheet = opened(home / "one.results.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[3]][:4] == ["dee@acme.com", "Jan", "Novák", "created"]
    assert not (other / "one.results.xlsx").exists()
    journal = next(state_dir.rglob("acme/journal.sqlite3"))
    assert b"Bo Quist" in journal.read_bytes()
    assert run(aapimport, "history", "purge", "--yes").code == 0
    assert b"Bo Quist" not in journal.read_bytes()
    shown = run(aapimport, "receipt", number, "--xlsx", "r.xlsx", "--file", home / "one.csv")
    assert shown.code == 0, shown.err
    assert opened(other / "r.xlsx").worksheets[0]["C3"].value == "Novák"
    wrong = run(
        *(aapimport, "receipt", number, "--xlsx", "w.xlsx"),
        *("--file", home / "one.csv", "--encoding", "cp1252"),
    )
    assert wrong.code != 5


def test_people_are_known_by_address_and_names_not_by_their_row(aapimport, acme, portal_stub):
    """To correct was sorted, and one was deleted: whose role is on the own sheet alone is asked."""
    book = opened(acme.work / "people.xlsx")
    for at, name in enumerate(("Eva", "Fay"), start=6):
        for column, text in enumerate((f"{name.lower()}@acme.con", name, "Lund"), start=1):
            book["Users"].cell(at, column, text)
    book.save(acme.work / "people.xlsx")
    refusal = lambda _: error(400, "this domain is not allowed")  # noqa: E731
    portal_stub.on("POST", "/Users", refusal, times=9, body="@acme.con")
    run(aapimport, "upload", "people.xlsx", *PASS)
    path = acme.work / "people.results.xlsx"
    written = path.read_bytes()
    people = [("fay@acme.com", "Fay"), ("bo@acme.com", "Bo"), ("eva@acme.com", "Eva")]
    for kept in (people, people[:2], people[::-1][:1]):
        for role in ("", "facilitator"):
            path.write_bytes(written)
            book = opened(path)
            todo = book["To correct"]
            for row in range(2, 5):
                for column in range(1, 8):
                    todo.cell(row, column).value = None
            for row, (address, name) in enumerate(kept, start=2):
                last, its_role = ("Quist", role) if name == "Bo" else ("Lund", "facilitator")
                for column, text in enumerate((address, name, last, its_role), start=1):
                    todo.cell(row, column, text)
            book["Users"]["D3"] = "facilitator"  # Bo
            book.save(path)
            done = run(aapimport, "validate", path.name)
            is_said = role and ("bo@acme.com", "Bo") in kept
            assert done.code == (0 if is_said else 2), (kept, role, done.err)
            assert is_said or "Users!D3: changed" in done.err


def test_addresses_that_were_there_are_no_news(aapimport, acme):
    """A further column's, and one above the header: neither as written nor once it is sorted."""
    book = opened(acme.work / "people.xlsx")
    own = book["Users"]
    own.insert_rows(1)
    own["A1"] = "help@acme.com"
    for row in range(3, 7):
        own.cell(row, 7, "boss@acme.com")
    book.save(acme.work / "people.xlsx")
    assert run(aapimport, "upload", "people.xlsx", *PASS).code == 1
    done = run(aapimport, "validate", "people.results.xlsx")
    assert done.code == 0, done.err


def test_people_of_a_copied_sheet_are_told_like_those_of_any_workbook(aapimport, acme):
    """They are on the plan; the own sheet, of whom nobody is left out, isn't."""
    run(aapimport, "upload", "people.xlsx", *PASS)
    path = acme.work / "people.results.xlsx"
    corrected(path)
    book = opened(path)
    _copy(book)
    book.save(path)
    done = run(aapimport, "upload", path.name, *PASS, "--json")
    assert done.code == 0, done.err
    assert [one["name"] for one in done.json["other_sheets"]] == ["Users Copy"]
    assert (acme.work / "people.results-2.xlsx").exists()


def test_what_a_receipt_can_not_write_is_refused_first(aapimport, acme):
    """A workbook that names nobody, and two files of one name; nothing is written."""
    number = run(aapimport, "upload", "people.xlsx", *PASS, "--json", "--no-results").json[
        "receipt"
    ]
    for words in (
        ("--xlsx", "r.xlsx", "--without-people"),
        ("--xlsx", "r.xlsx", "--html", "r.xlsx"),
        ("--html", "r.xlsx", "--force"),
    ):
        assert run(aapimport, "receipt", number, *words).code == 2
        assert not (acme.work / "r.xlsx").exists()


def test_somebody_elses_sheet_of_that_name_is_no_choice(aapimport, acme):
    """Without our summary, a workbook with people on several sheets is asked about as ever."""
    book = openpyxl.Workbook()
    for name in ("Users", "To correct", "Summary"):
        sheet = book.create_sheet(name)
        for row in (HEADER[:3], ROWS[0][:3]) if name != "Summary" else ([["What"], ["x"]]):
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.save(acme.work / "theirs.xlsx")
    done = run(aapimport, "upload", "theirs.xlsx", *PASS)
    assert done.code == 2
    assert "holds people in several sheets" in done.err
    whole = run(aapimport, "upload", "people.xlsx", *PASS)
    again = run(aapimport, "upload", "people.results.xlsx", *PASS, "--sheet", "Users", "--json")
    assert (whole.code, again.code) == (1, 1)
    assert [one["portal"] for one in again.json["people"]] == ["same", "rejected", "same", "same"]
