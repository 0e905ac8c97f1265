"""Names and addresses are erased some days after a run has ended, from every byte."""

import time
from dataclasses import replace

import pytest

from aapimport.app.purge import purge, read_days
from aapimport.config.settings import Endpoint, Settings
from aapimport.errors import DeclinedError, ExitCode, SettingsError, UsageError
from aapimport.run.journal import Journal
from aapimport.run.purging import DAY
from aapimport.run.report import make_report
from aapimport.services.kept import read_saved
from support.script_desk import ScriptDesk
from support.sending import ONCE, mails, send
from support.stub import TOKEN
from support.uploading import Uploading, people, person, services
from support.wire import RESET, Act, Response, error, instead

WORDS = (b"acme.com", b"perez", b"bosse", "Bergström".encode())


def traces(uploading: Uploading) -> set[bytes]:
    """What the journal's folder holds of anybody, in whichever file and letter case."""
    folder = uploading.journal_path.parent
    found = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    return {word for word in WORDS if word.lower() in found.lower()}


def upload(uploading: Uploading, keep: float | None) -> str:
    """Upload with a number of days for which people are kept."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path, keep) as journal,
    ):
        run = journal.begin(uploading._plan(both))
        return uploading.carry_out(journal, both, run).receipt


def age(uploading: Uploading, days: float) -> None:
    """Let so many days pass since everything ended."""
    with Journal(uploading.journal_path, 30) as journal, journal._writing():
        journal._database.execute(
            "UPDATE runs SET finished_at = finished_at - ?1, closed_at = closed_at - ?1",
            (days * DAY,),
        )


@pytest.fixture
def renaming(uploading: Uploading) -> Uploading:
    """Somebody who gets another name, and two newcomers."""
    uploading.portal.add_user("p2@acme.com", "Bosse", "Bergström")
    uploading.rows = people(3)
    uploading.options = replace(uploading.options, update_names=True)
    return uploading


def test_people_are_kept_for_some_days(renaming: Uploading) -> None:
    """Their addresses and former names; after that no byte is left of them, and the rest stays."""
    receipt = upload(renaming, 30)
    assert traces(renaming) == set(WORDS)
    age(renaming, 29)
    with Journal(renaming.journal_path, 30) as journal:
        assert journal.purge_due().people == 0
        assert journal.addresses(receipt)[3] == "p3@acme.com"
    age(renaming, 2)
    with Journal(renaming.journal_path, 30) as journal:
        purged = journal.purge_due()
        assert (purged.people, purged.runs) == (3, [receipt])
        assert journal.run(receipt).purged_at is not None
        assert len([*journal.tasks(receipt)]) == 5  # three accounts, two e-mails
        assert journal.purge_due().people == 0
    assert traces(renaming) == set()
    assert [one.name for one in renaming.journal_path.parent.iterdir()] == ["journal.sqlite3"]


def test_nothing_is_kept_at_0_days(renaming: Uploading) -> None:
    """Whoever is settled is erased at once, and former names when the journal is opened next."""
    upload(renaming, 0)
    assert b"acme.com" not in traces(renaming)
    with Journal(renaming.journal_path, 0) as journal:
        journal.purge_due()
    assert traces(renaming) == set()


def test_people_of_an_open_run_stay(uploading: Uploading) -> None:
    """A resume needs them, however old the run is."""
    uploading.portal.on("POST", "/Users", instead(error(401)), times=99)
    with pytest.raises(SettingsError):
        upload(uploading, 30)
    with Journal(uploading.journal_path, 0) as journal:
        journal.purge_due()
        journal.purge(time.time())
    assert b"acme.com" in traces(uploading)


def test_who_is_in_doubt_in_a_closed_run_is_kept_for_the_next_one(uploading: Uploading) -> None:
    """Even at 0 days: it takes them over, so that nobody is created twice."""
    uploading.settle_seconds = 0.0
    uploading.portal.on("POST", "/Users", instead(RESET), times=99)
    receipt = upload(uploading, 0)
    with Journal(uploading.journal_path, 0) as journal:
        journal.close(receipt)
        assert journal.purge_due().people == 0
    assert b"acme.com" in traces(uploading)
    age(uploading, 31)
    with Journal(uploading.journal_path, 0) as journal:
        assert journal.purge_due().people == 1
    assert traces(uploading) == set()


def settings(uploading: Uploading) -> Settings:
    """Where the journal is."""
    return Settings(
        state_dir=uploading.journal_path.parent,
        portal=Endpoint.bearer(uploading.portal.url, TOKEN),
        jhana=Endpoint.bearer(uploading.jhana.url, TOKEN),
    )


def test_the_command_erases_at_once(uploading: Uploading) -> None:
    """After a yes, everybody of all that has ended; it says which files still hold people."""
    uploading.rows = people(3)
    upload(uploading, 30)
    with pytest.raises(DeclinedError):
        purge(settings(uploading), ScriptDesk(False, practice=False), None)
    assert b"acme.com" in traces(uploading)
    younger = ScriptDesk(yes=True, practice=False)
    assert purge(settings(uploading), younger, "30d") is ExitCode.OK
    assert b"acme.com" in traces(uploading)
    desk = ScriptDesk(yes=True, practice=False)
    assert purge(settings(uploading), desk, None) is ExitCode.OK
    assert traces(uploading) == set()
    assert desk.shown[-1] == ("result", "erased: 3 people of 1 run")
    assert "people.xlsx" in desk.said[-1]
    again = ScriptDesk(yes=True, practice=False)  # it still does, and it is still said
    assert purge(settings(uploading), again, "0d") is ExitCode.OK
    assert "people.xlsx" in again.said[-1]


@pytest.mark.parametrize("text", ["", " ", "soon"])
def test_an_empty_number_of_days_is_not_everybody(uploading: Uploading, text: str) -> None:
    """A script's variable that was never filled erases nobody."""
    upload(uploading, 30)
    with pytest.raises(UsageError):
        purge(settings(uploading), ScriptDesk(yes=True, practice=False), text)
    assert b"acme.com" in traces(uploading)


def left_of(uploading: Uploading, words: tuple[str, ...]) -> set[str]:
    """Which words are in any byte of the journal's folder."""
    folder = uploading.journal_path.parent
    found = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file()).lower()
    return {one for one in words if one.lower().encode() in found}


def test_what_services_said_goes_with_the_people(uploading: Uploading) -> None:
    """It may name anybody; the kind of trouble stays, and a receipt that names nobody is as before.

    So is its digest, which the page and the completion notice tell.
    """
    words = ("Helena", "Lindqvist", "Oberst")
    uploading.rows, uploading.emails = people(3), False
    refused = instead(error(422, "the address is an alias of Helena Lindqvist"))
    uploading.portal.on("POST", "/Users", refused, body="p2@acme.com")
    uploading.portal.on("POST", "/Users", instead(error(409, "ask Oberst")), body="p3@acme.com")
    receipt = upload(uploading, 30)
    with Journal(uploading.journal_path, 30) as journal:
        run = journal.run(receipt)
        assert "Lindqvist" in make_report(journal, run, {}).model_dump_json()
        nameless = make_report(journal, run, None)
        assert not any(one in nameless.model_dump_json() for one in words)
        assert [it.kind for one in nameless.people for it in one.failures] == ["invalid", "taken"]
    assert left_of(uploading, words) == set(words)
    age(uploading, 31)
    with Journal(uploading.journal_path, 30) as journal:
        journal.purge_due()
        assert make_report(journal, journal.run(receipt), None).people == nameless.people
        assert make_report(journal, journal.run(receipt), {}).people[0].reason
    assert left_of(uploading, words) == set()


def test_an_address_in_the_name_of_a_file_goes(uploading: Uploading) -> None:
    """Whoever names a file after somebody has written an address down."""
    receipt = upload(uploading, 30)
    with Journal(uploading.journal_path, 30) as journal, journal._writing():
        journal._database.execute("UPDATE runs SET file = 'new zoe@else.org.xlsx'")
    with Journal(uploading.journal_path, 30) as journal:
        assert "else.org" not in make_report(journal, journal.run(receipt), None).file
        journal.purge(time.time())
        assert journal.run(receipt).file == "new this address"
    assert left_of(uploading, ("else.org",)) == set()


@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_what_is_kept_beside_a_write_goes_by_ids_alone(uploading: Uploading, kind: str) -> None:
    """Not while a run needs it; afterwards a later one still puts back what that write took."""
    portal, former = uploading.portal, ["user-2", "user-3"]
    p25 = {"value": "p25", "display": "Pass of Lindqvist", "type": "pass"}
    portal.add_user("p2@acme.com", entitlements=[p25])
    for name in ("Helena", "Oberst"):
        portal.add_user(f"{name}@else.org", name, "Former")
    team = [{"value": one, "display": f"Lindqvist {one}"} for one in former]
    portal.store.groups["team-1"]["members"] = team
    portal.habits.replaces_on_add = portal.habits.replaces_members = True
    uploading.rows, uploading.emails = (person(2, team="Sales"),), False
    words = ("p2@acme.com", "Lindqvist")

    def dies(act: Act) -> Response:
        portal.on("GET", portal.seen[-1].path, instead(RESET), times=99_999)
        return act()

    portal.on("PATCH", f"/{kind}/(user|team)-1", dies)
    receipt = upload(uploading, 30)
    with Journal(uploading.journal_path, 30) as journal:
        journal.purge(time.time())
    assert left_of(uploading, words) == set(words)  # it is open
    with Journal(uploading.journal_path, 30) as journal:
        journal.close(receipt)
        journal.purge(time.time() + 1)
    assert left_of(uploading, words) == set()
    portal._rules.clear()
    uploading.settle_seconds = 8.0
    upload(uploading, 30)
    assert {it["value"] for it in portal.store.users["user-1"]["entitlements"]} == {"p25", "p26"}
    there = [one["value"] for one in portal.store.groups["team-1"]["members"]]
    assert {*there} == {*former, "user-1"}


def test_a_role_of_the_services_own_that_is_kept_beside_a_write_goes(uploading: Uploading) -> None:
    """It may hold a name; one whose value says nothing is still put back, and so are the others."""
    portal = uploading.portal
    held = ["Deputy of Lindqvist", "17", "facilitator"]
    roles, p25 = [{"value": one} for one in held], {"value": "p25", "type": "pass"}
    portal.add_user("p2@acme.com", roles=roles, entitlements=[p25])
    portal.habits.replaces_on_add = True
    uploading.rows, uploading.emails = people(1), False

    def dies(act: Act) -> Response:
        portal.on("GET", portal.seen[-1].path, instead(RESET), times=99_999)
        return act()

    portal.on("PATCH", "/Users/user-1", dies)
    receipt = upload(uploading, 30)

    def kept(journal: Journal) -> list[str]:
        text = journal.adding(journal.run(receipt).address, "portal", "people")[1]
        (one,) = read_saved(text).kept.values()
        return [it["value"] for it in one["before"]["roles"]]

    with Journal(uploading.journal_path, 30) as journal:
        assert kept(journal) == held
        journal.close(receipt)
        journal.purge(time.time() + 1)
        assert kept(journal) == held[1:]
    assert left_of(uploading, ("Lindqvist",)) == set()


def test_nobody_is_mailed_twice_after_a_purge(uploading: Uploading) -> None:
    """The ledger stays, and so do the ids by which accounts are read."""
    uploading.rows, uploading.emails = (person(2, jhana=True), person(3), person(4)), False
    receipt = upload(uploading, 30)
    send(uploading, receipt, to=("p3@acme.com",))
    purge(settings(uploading), ScriptDesk(yes=True, practice=False), None)
    assert traces(uploading) == set()
    assert send(uploading, receipt)[0] is ExitCode.OK
    assert mails(uploading) == ONCE


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("30", 30), ("0.5d", 0.5), ("0d", 0)])
def test_days_are_read(text: str, days: float) -> None:
    """With and without the letter."""
    assert read_days(text) == days


@pytest.mark.parametrize("text", ["", "d", "a week", "-3d", "3 weeks"])
def test_what_is_no_number_of_days_is_refused(text: str) -> None:
    """And nothing is erased by a guess."""
    with pytest.raises(UsageError):
        read_days(text)
