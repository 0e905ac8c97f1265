"""A receipt is printed at every end of a run, and shown again without a service."""

import json
import re
import signal

import pytest

from support.habits import TOKEN
from support.machine import profile
from support.wire import Response

PASS = ("--pass", "Leadership 2026", "--no-emails", "--maybe", "create", "--yes")
SECRETS = {"AAPIMPORT_PORTAL_TOKEN": TOKEN, "AAPIMPORT_JHANA_TOKEN": TOKEN}
HEADER = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled\n"
PEOPLE = HEADER + "ana@acme.com,Ana,Perez,,,\nbo@acme.com,Bo,Quist,,Sales,\n"


@pytest.fixture
def acme(machine, portal_stub, jhana_stub):
    """A client's profile, and a file with two people, one in a team."""
    machine.own_file(profile("acme", portal_stub.url, jhana_stub.url))
    (machine.work / "people.csv").write_text(PEOPLE, "utf-8")
    return machine


def run(aapimport, *words, **more):
    """A command of the profile."""
    settle = {"AAPIMPORT_SETTLE_SECONDS": "0"}
    return aapimport(*words, "--profile", "acme", **SECRETS, **settle, **more)


def test_a_run_that_a_service_stops_prints_its_receipt(aapimport, acme, portal_stub):
    """Exit 3, and what became of everybody so far; as JSON it is one object with the error."""
    portal_stub.on("POST", "/Users", lambda _: Response(status=401), times=9)
    done = run(aapimport, "upload", "people.csv", *PASS)
    assert done.code == 3, done.err
    assert "Rows             2 = 2 not sent" in done.out
    number = done.err.split("aapimport resume --profile acme ")[1][:6]
    assert f"Receipt {number} " in done.out
    told = run(aapimport, "resume", number, "--json")
    assert told.code == 3
    assert told.json["receipt"] == number
    assert told.json["error"]["id"] == "settings"
    shown = run(aapimport, "receipt", number, "--json").json
    assert "error" not in shown
    assert shown == {name: told.json[name] for name in shown}


def test_a_stopped_run_counts_who_is_left_and_does_not_list_them(
    aapimport, started, served_elsewhere, many, state_dir
):
    """SIGTERM: the receipt is on stdout; nobody is a failure because of it."""
    from cli.test_resume import wait_for

    process = started("upload", many, *PASS, "--no-bulk", **served_elsewhere)
    wait_for(process, state_dir, 20)
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate(timeout=300)
    assert process.returncode == 143, error
    text = out.decode()
    assert "Receipt " in text
    rows = next(line for line in text.splitlines() if line.startswith("Rows "))
    assert 0 < int(re.findall(r"(\d+) not sent", rows)[0]) < 60
    listed = [line for line in text.splitlines() if re.match(r"A\d+ ", line)]
    assert len(listed) < 40  # those who were on their way
    assert "something is not sent so far: resume this upload" in " ".join(text.split())


def test_a_finished_receipt_is_shown_again_without_a_service(
    aapimport, acme, portal_stub, monkeypatch
):
    """By its number in any letters; once people are erased, the file names them again."""
    monkeypatch.setenv("AAPIMPORT_KEEP_PEOPLE", "0")
    portal_stub.on("PATCH", "/Groups/.*", lambda _: Response(status=403), times=9)
    done = run(aapimport, "upload", "people.csv", *PASS, "--json")
    assert done.code == 1, done.err
    number = done.json["receipt"]
    portal_stub.on("GET", ".*", lambda _: Response(status=503), times=99)
    shown = run(aapimport, "receipt", number.lower(), "--json")
    assert shown.code == 0
    assert [one["email"] for one in shown.json["people"]] == [None, None]
    named = run(aapimport, "receipt", number, "--file", "people.csv", "--json")
    assert named.json == done.json
    text = run(aapimport, "receipt", number, "--file", "people.csv")
    assert "A3  bo@acme.com  team: " in text.out
    assert "ana@acme.com" not in text.out


def test_another_file_names_nobody(aapimport, acme):
    """A file that was changed since may have others in these rows: refused."""
    number = run(aapimport, "upload", "people.csv", *PASS, "--json").json["receipt"]
    changed = acme.work / "changed.csv"
    changed.write_text(PEOPLE.replace("ana@", "eva@"), "utf-8")
    done = run(aapimport, "receipt", number, "--file", "changed.csv")
    assert done.code == 1
    assert "is not the file of receipt" in done.err
    changed.write_text(PEOPLE.replace("\n", "\r\n"), "utf-8")  # merely saved again
    assert run(aapimport, "receipt", number, "--file", "changed.csv").code == 0


def test_history_lists_runs_by_the_services_or_all(aapimport, acme):
    """The newest first; `--all` has other clients and practice; nothing makes a journal."""
    first = run(aapimport, "upload", "people.csv", *PASS, "--json").json["receipt"]
    (acme.work / "more.csv").write_text(HEADER + "cy@acme.com,Cy,Ng,,,\n", "utf-8")
    second = run(aapimport, "upload", "more.csv", *PASS, "--json").json["receipt"]
    found = run(aapimport, "history", "--json").json
    assert [one["receipt"] for one in found["runs"]] == [second, first]
    assert {one["state"] for one in found["runs"]} == {"finished"}
    assert run(aapimport, "history").out.index(second) > 0
    practised = aapimport("upload", "more.csv", *PASS, "--practice", "--json").json["receipt"]
    for where in (("--profile", "acme"), ("--practice",)):
        everything = aapimport("history", "--all", *where, "--json", **SECRETS).json
        assert [(one["receipt"], one["profile"]) for one in everything["runs"]] == [
            (practised, ""),
            (second, "acme"),
            (first, "acme"),
        ]
    only = aapimport("history", "--practice", "--json").json
    assert [one["receipt"] for one in only["runs"]] == [practised]
    told = run(aapimport, "history", "--all")
    assert f"next: aapimport receipt --practice {practised}" in told.err
    assert not (acme.state / "journal.sqlite3").exists()


def test_history_without_any_journal_makes_none(aapimport, state_dir):
    """Nothing was uploaded: exit 0, and no file that says that real services are worked with."""
    done = aapimport("history")
    assert (done.code, done.out) == (0, "nothing was uploaded to these services so far\n")
    assert json.loads(aapimport("history", "--all", "--json").out)["runs"] == []
    assert not [one for one in state_dir.rglob("*") if one.suffix == ".sqlite3"]
