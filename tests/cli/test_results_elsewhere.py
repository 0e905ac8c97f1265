"""A results workbook goes back to the pass and the portal of its upload."""

import importlib.util
import json
import sys
from typing import Any

import openpyxl
import pytest

from aapimport.template.columns import RESULTS_PROPERTY
from support.habits import TOKEN
from support.machine import profile
from support.terminal import Terminal
from support.wire import error

SECRETS = {
    "AAPIMPORT_PORTAL_TOKEN": TOKEN,
    "AAPIMPORT_JHANA_TOKEN": TOKEN,
    "AAPIMPORT_SETTLE_SECONDS": "0",
    "AAPIMPORT_NO_RESULTS": "",
}
YES = ("--no-emails", "--maybe", "create", "--yes")
THERE = ("--pass", "Leadership 2026")
ELSEWHERE = ("--pass", "Sales 2027")
HEADER = ["Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled"]


@pytest.fixture
def results(aapimport, machine, portal_stub, jhana_stub):
    """The results workbook of an upload to one of two passes, of whose people one is rejected."""
    portal_stub.add_pass("p27", "Sales 2027", seats=50)
    other = profile("other", portal_stub.url.replace("127.0.0.1", "[::1]"), jhana_stub.url)
    machine.own_file(profile("acme", portal_stub.url, jhana_stub.url) + other)
    book: Any = openpyxl.Workbook()
    for row in (HEADER, ["ana@acme.com", "Ana", "Perez"], ["bo@acme.com", "Bo", "Quist"]):
        book.active.append(row)
    book.save(machine.work / "people.xlsx")
    portal_stub.on("POST", "/Users", lambda _: error(400, "not allowed"), body="bo@acme.com")
    done = run(aapimport, "upload", "people.xlsx", *THERE, *YES, "--json")
    portal_stub.seen.clear()
    path = machine.work / "people.results.xlsx"
    assert (done.code, path.exists()) == (1, True), done.err
    return done.json["receipt"], path


def run(aapimport, *words):
    """A command of the profile."""
    return aapimport(*words, "--profile", "acme", **SECRETS)


def saved(path, keeps, request=None):
    """Let a program save it, which keeps what it keeps."""
    book: Any
    if keeps == "LibreOffice":
        path.write_bytes(request.getfixturevalue("libreoffice")(path, "xlsx").read_bytes())
        book = openpyxl.load_workbook(path)
        assert RESULTS_PROPERTY in book.custom_doc_props.names
        return
    book = openpyxl.load_workbook(path)
    if "property" not in keeps:
        del book.custom_doc_props[RESULTS_PROPERTY]
    if "Summary" not in keeps:
        del book["Summary"]
    book.save(path)


@pytest.mark.parametrize("keeps", ["property, Summary", "Summary", "property", "LibreOffice"])
def test_another_pass_needs_a_word(aapimport, results, portal_stub, keeps, request):
    """Both passes are named, `--yes` isn't enough, and the same pass needs none."""
    receipt, path = results
    saved(path, keeps, request=request)
    sheet = ("--sheet", "To correct")
    for command in ("validate", "plan", "upload"):
        more = YES if command == "upload" else ("--no-emails",) if command == "plan" else ()
        asked = run(aapimport, command, path.name, *sheet, *ELSEWHERE, *more)
        assert asked.code == 2, (command, asked.err)
        told = " ".join(asked.err.split())
        assert f"is the results workbook of upload {receipt}" in told
        if keeps != "property":
            assert "to pass 'Leadership 2026' on http://127.0.0.1" in told
        assert "here it would go to pass 'Sales 2027' on http://127.0.0.1" in told
        assert "--other-pass" in told
    assert portal_stub.writes == []
    back = run(aapimport, "plan", path.name, *sheet, "--pass", "leadership 2026", "--no-emails")
    assert back.code == 0, back.err
    meant = run(aapimport, "upload", path.name, *sheet, *ELSEWHERE, *YES, "--other-pass")
    assert meant.code == 0, meant.err


def test_an_ods_of_it_knows_the_pass_by_its_id(aapimport, results, portal_stub, libreoffice):
    """A pass that was given another name since is the same pass, in whichever format."""
    receipt, path = results
    book: Any = openpyxl.load_workbook(path)
    del book["Summary"]  # no words, so that the property alone tells it
    book.save(path)
    ods = libreoffice(path, "ods")
    words = ("--sheet", "To correct", "--no-emails")
    asked = run(aapimport, "plan", ods, *words, *ELSEWHERE)
    assert asked.code == 2, asked.err
    assert f"upload {receipt}" in " ".join(asked.err.split())
    portal_stub.store.passes["p26"]["displayName"] = "Leadership 2030"
    back = run(aapimport, "plan", ods, *words, "--pass", "Leadership 2030")
    assert back.code == 0, back.err


def test_nothing_that_tells_is_a_file_like_any_other(aapimport, results):
    """Without the property and the sheet nobody knows where it came from."""
    _, path = results
    saved(path, "")
    done = run(aapimport, "plan", path.name, "--sheet", "To correct", *ELSEWHERE, "--no-emails")
    assert done.code == 0, done.err


@pytest.mark.parametrize("where", ["http://[bad", "http://x:99999", "\x1b[31mpractice"])
def test_what_somebody_has_typed_there_is_another_portal(aapimport, results, where):
    """An address that is none stops nothing but the upload, and acts on no terminal."""
    _, path = results
    book: Any = openpyxl.load_workbook(path)
    del book.custom_doc_props[RESULTS_PROPERTY]
    (cell,) = (row[1] for row in book["Summary"].iter_rows() if row[0].value == "Where")
    cell.value = where.replace("\x1b", "_x001B_")
    book.save(path)
    asked = run(aapimport, "plan", path.name, *THERE, "--no-emails")
    assert asked.code == 2, asked.err
    assert "--other-pass" in asked.err
    assert "\x1b[31mpractice" not in asked.err


def test_scripts_are_told_in_the_one_object(aapimport, results):
    """The error of `--json` names both, and `validate` without a pass says whose it is."""
    receipt, path = results
    asked = run(aapimport, "upload", path.name, *ELSEWHERE, *YES, "--json")
    message = json.loads(asked.out)["error"]["message"]
    assert f"upload {receipt} to pass 'Leadership 2026'" in message
    assert "pass 'Sales 2027'" in message
    said = run(aapimport, "validate", path.name)
    assert said.code == 0
    assert f"it is the results workbook of upload {receipt} to pass" in " ".join(said.err.split())


@pytest.mark.skipif(importlib.util.find_spec("pty") is None, reason="no pseudo-terminals here")
@pytest.mark.parametrize("answer", ["y", ""])
def test_on_a_terminal_it_is_asked(machine, results, warm, answer, monkeypatch):
    """Enter stops."""
    _, path = results
    monkeypatch.chdir(machine.work)
    terminal = Terminal(warm)
    words = (
        sys.executable,
        "-m",
        "aapimport",
        "plan",
        path,
        *ELSEWHERE,
        "--no-emails",
        "--profile",
        "acme",
    )
    code = terminal.run(words, [("Is it meant to go here?", answer)], **SECRETS)
    assert code == (0 if answer else 1), terminal.screen


def test_a_written_plan_has_decided_it(aapimport, results):
    """Who makes it is asked; carrying it out is that word."""
    _, path = results
    words = (path.name, *ELSEWHERE, "--no-emails", "--other-pass", "-o", "plan.json")
    made = run(aapimport, "plan", *words)
    assert made.code == 0, made.err
    (line,) = (it for it in made.out.splitlines() if it.startswith("fingerprint: "))
    given = ("--plan", "plan.json", "--fingerprint", line.removeprefix("fingerprint: "))
    assert run(aapimport, "upload", path.name, *given, "--other-pass").code == 2
    done = run(aapimport, "upload", path.name, *given)
    assert done.code == 0, done.err


@pytest.mark.parametrize("flag", ["--fix", "--annotate"])
def test_a_copy_knows_it_too(aapimport, results, flag):
    """What `validate` writes of it is asked about as the workbook itself is."""
    _, path = results
    copy = path.with_name("copy.xlsx")
    run(aapimport, "validate", path, flag, copy)
    book: Any = openpyxl.load_workbook(copy)
    assert RESULTS_PROPERTY in book.custom_doc_props.names
    assert run(aapimport, "plan", copy, *ELSEWHERE, "--maybe", "create").code == 2


def test_verify_of_an_upload_in_which_nobody_arrived_proves_nothing(
    aapimport, portal_stub, results
):
    """It says so, and isn't as everybody having been read back."""
    _, path = results
    portal_stub.on("POST", "/Users", lambda _: error(400, "not allowed"), body="bo@acme.com")
    done = run(aapimport, "upload", path, *THERE, *YES, "--no-results", "--json")
    assert done.code == 1, done.err
    verified = run(aapimport, "receipt", "verify", done.json["receipt"])
    assert (verified.code, "there is nothing to read back" in verified.out) == (1, True)
