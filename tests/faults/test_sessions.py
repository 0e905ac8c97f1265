"""What happens between two sessions of one upload: another file, another journal, other people."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from aapimport.errors import ExitCode
from faults.crash import receipt_of, upload_words
from faults.nursery import KILL, Ended, Nursery
from faults.proxy import Weather
from faults.rows import Someone, someone
from faults.totals import Totals, receipt_json
from faults.worlds import PASS, StubWorld, World, stub_world
from support.extent import SEED
from support.stub import Habits, ScimStub
from support.terminal import Terminal
from support.wire import Act, Response

pytestmark = pytest.mark.campaign
PEOPLE = 8
BOTH = pytest.mark.parametrize("world", [True, False], indirect=True, ids=["unique", "doubles"])

UPLOAD = (sys.executable, "-m", "aapimport", "upload")
NEEDS_TERMINAL = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """Starts processes."""
    with Nursery() as started:
        yield started


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StubWorld]:
    """Eight people with different names, roles and teams, and two services."""
    unique = getattr(request, "param", False)
    choice = Random(f"{SEED}/sessions")
    rows = [someone(number, choice) for number in range(PEOPLE)]
    stubs = ScimStub(Habits(unique=unique)), ScimStub(Habits(unique=unique))
    with stub_world(tmp_path / "world", rows, Weather(0, 0.0), stubs) as made:
        assert isinstance(made, StubWorld)
        yield made


def killed_at(
    world: StubWorld, nursery: Nursery, method: str, path: str, body: str = "", skip: int = 0
) -> Ended:
    """Upload, and die when the portal is asked for something, before it is carried out."""

    def fault(act: Act) -> Response:
        os.kill(nursery.child, KILL)
        return act()

    world.portal.on(method, path, fault, skip=skip, body=body)
    ended = nursery.run(world, upload_words(world))
    world.settle()
    assert ended.killed, ended.err
    return ended


def assert_as_the_file_says(world: World, ended: Ended, label: str) -> None:
    """Everybody is there once, as the file says, and was mailed once."""
    totals = Totals(seed=SEED)
    totals.count(world, label, ended, mailed=True)
    assert totals.clean, str(totals)


def resume(world: World, nursery: Nursery, receipt: str) -> Ended:
    """Go on with an upload; twice, where the first time leaves something unknown."""
    ended = nursery.run(world, ["resume", receipt, "--json"])
    if ended.code == ExitCode.SERVICE:
        ended = nursery.run(world, ["resume", receipt, "--json"])
    return ended


@BOTH
def test_a_corrected_file_waits_for_the_open_upload(world: StubWorld, nursery: Nursery):
    """It is refused with both ways on; after the resume it changes the one name, and no more."""
    receipt = receipt_of(killed_at(world, nursery, "POST", "/Users", skip=4))
    meant = list(world.people)
    one = meant[PEOPLE - 1]
    world.people[PEOPLE - 1] = replace(one, last="Corrected")
    world.write_file()
    before = world.writes()
    refused = nursery.run(world, upload_words(world))
    assert refused.code == ExitCode.FINDINGS, refused.out
    assert world.writes() == before
    assert f"aapimport resume {receipt}" in refused.err
    assert f"aapimport resume {receipt} --close" in refused.err
    corrected, world.people[:] = list(world.people), meant
    assert_as_the_file_says(world, resume(world, nursery, receipt), "the old file")
    world.people[:] = corrected
    before = world.writes()
    ended = nursery.run(world, [*upload_words(world), "--update-names"])
    assert_as_the_file_says(world, ended, "the corrected file")
    assert world.writes() - before == 1 + one.jhana


@BOTH
def test_a_file_saved_again_waits_as_well(world: StubWorld, nursery: Nursery):
    """The same people in a file with other bytes are another file."""
    receipt = receipt_of(killed_at(world, nursery, "POST", "/Users", skip=4))
    with world.file.open("a", encoding="utf-8") as file:
        file.write("\n")
    before = world.writes()
    refused = nursery.run(world, upload_words(world))
    assert (refused.code, world.writes()) == (ExitCode.FINDINGS, before)
    assert f"aapimport resume {receipt}" in refused.err
    assert_as_the_file_says(world, resume(world, nursery, receipt), "the old file")


@BOTH
@pytest.mark.parametrize("skip", [0, 3, 7])
def test_a_restored_journal_doubles_nobody(world: StubWorld, nursery: Nursery, skip: int):
    """A journal that was copied on the way and put back after the end: nobody twice, no mail."""
    receipt = receipt_of(killed_at(world, nursery, "POST", "/Users", skip=skip))
    backup = world.folder / "backup"
    shutil.copytree(world.journal.parent, backup)
    assert_as_the_file_says(world, resume(world, nursery, receipt), "before the restore")
    mails = world.portal.store.mails + world.jhana.store.mails
    shutil.rmtree(world.journal.parent)
    shutil.copytree(backup, world.journal.parent)
    ended = resume(world, nursery, receipt)
    assert ended.code in {ExitCode.OK, ExitCode.FINDINGS, ExitCode.SERVICE}, ended.err
    assert world.portal.store.mails + world.jhana.store.mails == mails
    found = world.found()
    assert {one.email: one.should_be(mailed=True) for one in world.people} == found


def hand_on(stub: ScimStub, email: str) -> str:
    """Give a person's account to somebody else, as services do that recycle ids; returns the id."""
    (user,) = [one for one in stub.store.users.values() if one["userName"] == email]
    user.clear()
    user |= {
        "id": next(key for key, one in stub.store.users.items() if one is user),
        "userName": "ruth.other@acme.com",
        "name": {"givenName": "Ruth", "familyName": "Other"},
        "active": True,
        "emails": [{"value": "ruth.other@acme.com"}],
        "roles": [{"value": "client admin"}],
        "entitlements": [],
    }
    return str(user["id"])


@BOTH
@pytest.mark.parametrize("moment", ["before the teams", "before the e-mails"])
def test_an_account_that_was_handed_on(world: StubWorld, nursery: Nursery, moment: str):
    """Whose id belongs to somebody else by now gets no membership and no e-mail through it."""
    if moment == "before the teams":
        killed = killed_at(world, nursery, "PATCH", "/Groups/.*")
        lost = next(one for one in world.people if one.team)
    else:
        killed = killed_at(world, nursery, "PATCH", "/Users/.*", body="welcomeEmail")
        lost = world.people[-1]
    identifier = hand_on(world.portal, lost.email)
    for group in world.portal.store.groups.values():
        group["members"] = [one for one in group["members"] if one["value"] != identifier]
    other = deepcopy(world.portal.store.users[identifier])
    ended = resume(world, nursery, receipt_of(killed))
    assert world.portal.store.users[identifier] == other
    groups = world.portal.store.groups.values()
    assert not any(one["value"] == identifier for group in groups for one in group["members"])
    assert not [mail for mail in world.portal.store.mails if mail[0] == other["userName"]]
    said = receipt_json(ended)
    assert said is not None, ended.err
    row = next(at for at, one in enumerate(world.people, start=2) if one == lost)
    (result,) = [one for one in said["people"] if one["row"] == row]
    assert "another person" in result["reason"], result
    assert ended.code != ExitCode.OK
    found = world.found()
    for one in world.people:
        if one != lost:
            assert found[one.email] == one.should_be(mailed=True)


def test_other_services_have_uploads_of_their_own(
    world: StubWorld, nursery: Nursery, tmp_path: Path
):
    """An upload that was interrupted elsewhere is not taken up here, with the same file or not."""
    receipt = receipt_of(killed_at(world, nursery, "POST", "/Users", skip=4))
    stubs = ScimStub(Habits(unique=False)), ScimStub(Habits(unique=False))
    with stub_world(tmp_path / "other", world.people, Weather(0, 0.0), stubs) as other:
        other.environment["AAPIMPORT_STATE_DIR"] = world.environment["AAPIMPORT_STATE_DIR"]
        before = world.writes()
        ended = nursery.run(other, upload_words(other))
        assert_as_the_file_says(other, ended, "the other services")
        assert receipt_of(ended) != receipt
        assert world.writes() == before
        before = other.writes()
        refused = nursery.run(other, ["resume", receipt, "--json"])
        assert (refused.code, other.writes()) == (ExitCode.FINDINGS, before)
    assert_as_the_file_says(world, resume(world, nursery, receipt), "the first services")


@NEEDS_TERMINAL
def test_a_colleague_while_the_question_stands(world: StubWorld, nursery: Nursery):
    """The same people were uploaded by a colleague before the number was typed: nobody is twice."""
    terminal = Terminal()
    done: list[Ended] = []

    def colleague() -> str:
        theirs = {**world.environment, "AAPIMPORT_STATE_DIR": str(world.folder / "colleague")}
        ours, world.environment = world.environment, theirs
        done.append(nursery.run(world, upload_words(world)))
        world.environment = ours
        return str(PEOPLE)

    words = (*UPLOAD, world.file, "--pass", PASS, "--no-emails")
    terminal.run(words, [(f"Type {PEOPLE}", colleague)], **world.environment)
    assert_as_the_file_says(world, done[0], f"the colleague's\n{terminal.screen}")


@NEEDS_TERMINAL
def test_a_colleague_while_the_canary_question_stands(world: StubWorld, nursery: Nursery):
    """The seats are typed back once more, the upload goes on, and the first people are mailed."""
    one = world.people[-1]

    def colleague() -> str:
        words: dict[str, Any] = {
            "first": one.first,
            "last": one.last,
            "roles": [{"value": "manager"}],
        }
        world.portal.add_user(one.email, entitlements=[{"value": "p26"}], **words)
        return "y"

    answers = (
        (f"Type {PEOPLE}", str(PEOPLE)),
        ("Go on?", colleague),
        (f"Type {PEOPLE - 2}", str(PEOPLE - 2)),
    )
    words = (*UPLOAD, world.file, "--pass", PASS, "--emails", "--canary", "1")
    Terminal().run(words, answers, **world.environment)
    mailed = {mail[0] for mail in world.portal.store.mails + world.jhana.store.mails}
    assert mailed == {it.email for it in world.people if it != one}


@NEEDS_TERMINAL
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_the_canary_question(world: StubWorld, number: int):
    """It ends the command at once with its own exit code, and says how to go on."""
    terminal = Terminal()

    def stop() -> str:
        os.kill(terminal.process, number)
        return ""

    words = (*UPLOAD, world.file, "--pass", PASS, "--canary", "1")
    answers = (("Send welcome", "y"), (f"Type {PEOPLE}", str(PEOPLE)), ("Go on?", stop))
    code = terminal.run(words, answers, **world.environment)
    assert code == 128 + number
    assert "continue with: aapimport resume" in terminal.screen


def test_whoever_arrived_meanwhile_is_found_by_a_resume(world: StubWorld, nursery: Nursery):
    """A second machine finished the file between two sessions: the first creates nobody again."""
    killed = killed_at(world, nursery, "POST", "/Users", skip=2)
    ours = dict(world.environment)
    world.environment["AAPIMPORT_STATE_DIR"] = str(world.folder / "second machine")
    second = nursery.run(world, upload_words(world))
    assert second.code == ExitCode.OK, second.err
    mails = world.portal.store.mails + world.jhana.store.mails
    world.environment = ours
    resume(world, nursery, receipt_of(killed))
    assert not world.created_twice()
    assert not _doubled(world.people, world)
    twice = world.portal.store.mails + world.jhana.store.mails
    assert {mail[0] for mail in twice[len(mails) :]}.isdisjoint(mail[0] for mail in mails)


def _doubled(people: list[Someone], world: StubWorld) -> list[str]:
    """Who has two accounts on a service."""
    found = world.found()
    return [
        one.email
        for one in people
        if found[one.email].accounts != 1 or found[one.email].on_jhana != int(one.jhana)
    ]
