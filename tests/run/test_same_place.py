"""A resume writes nothing where the pass is gone, or where the token is another client's."""

from dataclasses import replace

import pytest

from aapimport.errors import ExitCode, RefusedError, ServiceError, SettingsError
from aapimport.run.conveyor import StoppedError
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.runner import Runner
from support.uploading import Uploading, people, services
from support.wire import Act, Response, error, instead

STRANGER = {"emails": [], "name": {"givenName": "Olga", "familyName": "Else"}}


def interrupt(uploading: Uploading, after: int = 2, service: str = "portal") -> Uploading:
    """Two of four people are put on a service, and seen there; then its token runs out."""
    if len(uploading.rows) == 1:
        uploading.rows, uploading.settle_seconds = people(4), 0.3
    stub = uploading.portal if service == "portal" else uploading.jhana
    is_over = [False]
    tickets = iter(range(after))  # a creation takes one, several at a time

    def runs_out(act: Act) -> Response:
        return act() if is_over[0] or next(tickets, None) is not None else error(401)

    stub.on("POST", "/Users", runs_out, times=99)
    with pytest.raises(SettingsError):
        uploading.run()
    assert len(stub.store.users) == after
    is_over[0] = True
    uploading.portal.seen.clear()
    uploading.jhana.seen.clear()
    return uploading


@pytest.fixture
def interrupted(uploading: Uploading) -> Uploading:
    """An upload that a refused token has ended half way."""
    return interrupt(uploading)


def words_of(uploading: Uploading) -> str:
    """What ends the next session, which has written nothing."""
    with pytest.raises(RefusedError) as stopped:
        uploading.run()
    assert uploading.portal.writes == uploading.jhana.writes == []
    assert "--close" in stopped.value.hint
    return stopped.value.message


def test_a_pass_that_is_gone_stops_it(interrupted: Uploading):
    """Be it made anew under the same name: nobody else is put on one that isn't there."""
    del interrupted.portal.store.passes["p26"]
    assert "the pass Leadership 2026 (p26) isn't on All Access Pass" in words_of(interrupted)


def test_a_portal_that_publishes_its_passes_no_more_is_another_one(interrupted: Uploading):
    """It did when the upload was planned, with its seats."""
    interrupted.portal.habits.passes = False
    assert "the pass Leadership 2026 (p26) isn't on All Access Pass" in words_of(interrupted)


def test_passes_that_cannot_be_read_stop_the_portals_part(interrupted: Uploading):
    """Whether the pass is there isn't known then, so nothing is written."""
    interrupted.portal.on("GET", "/Passes", instead(error(500)), times=99)
    with pytest.raises(ServiceError):
        interrupted.run()
    assert interrupted.portal.writes == []


def test_a_group_that_is_the_pass_and_gone_stops_it(uploading: Uploading):
    """Nobody is created who could not be put on it."""
    group = uploading.portal.add_team("Leadership 2026", 99)
    uploading.portal.habits.dropped = frozenset({"entitlements"})
    uploading.options = replace(uploading.options, pass_as="group")
    interrupt(uploading)
    del uploading.portal.store.groups[group]
    assert "which is the pass, isn't on All Access Pass" in words_of(uploading)


@pytest.mark.parametrize("same_ids", [True, False])
def test_another_clients_token_is_noticed(interrupted: Uploading, *, same_ids: bool):
    """Same address, same pass; nobody there whom the upload has put there, under any id."""
    theirs = list(interrupted.portal.store.users.values())
    interrupted.portal.store.users.clear()
    if same_ids:  # they are numbers there, which others have as well
        for one in theirs:
            other = {"userName": f"other-{one['id']}@else.com", "externalId": "other"}
            interrupted.portal.store.users[one["id"]] = one | other | STRANGER
    said = words_of(interrupted)
    assert "nobody whom this upload has seen on All Access Pass before (2 looked for)" in said


def test_people_whose_data_are_erased_are_known_by_their_key(uploading: Uploading):
    """A person is erased from the journal as soon as everything about that person is final."""
    uploading.emails = False
    interrupt(uploading)
    for own_id, one in uploading.portal.store.users.items():
        one.update(STRANGER, userName=f"other-{own_id}@else.com", externalId="another-clients")
    assert "nobody whom this upload has seen" in words_of(uploading)


@pytest.mark.parametrize("one_left", [False, True])
def test_whoever_is_shown_late_or_alone_is_enough(interrupted: Uploading, *, one_left: bool):
    """A portal may lag behind, and a colleague may have deleted some of them."""
    interrupted.settle_seconds = 5.0  # which nobody waits for, however slow this machine is
    first, second = interrupted.portal.store.users
    if one_left:
        del interrupted.portal.store.users[first]
    else:  # the first look sees neither of them
        interrupted.portal.on("GET", f"/Users/({first}|{second})", instead(error(404)), times=2)
    report = interrupted.run()
    assert [one.portal for one in report.people] == ["created"] * 4
    assert report.exit_code is (ExitCode.SERVICE if report.email_counts.waiting else ExitCode.OK)
    assert len(interrupted.portal.store.users) == 4 - one_left


def test_what_cannot_be_looked_at_is_no_stranger(interrupted: Uploading):
    """A portal may show nobody by id: the look-ups of everybody else go on as ever."""
    interrupted.portal.on("GET", "/Users/[^/]+", instead(error(403)), times=2)
    assert interrupted.run().exit_code is ExitCode.OK


def test_somebody_whom_the_plan_has_seen_is_looked_for(uploading: Uploading):
    """Before anything was done, people who are to be changed tell whose directory it is."""
    ids = [uploading.portal.add_user(f"p{row}@acme.com") for row in (2, 3)]
    uploading.rows, uploading.settle_seconds = people(5), 0.3
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        journal.begin(uploading._plan(both))
    for own_id in ids:
        other = {"userName": f"other-{own_id}@else.com", "externalId": "other"}
        uploading.portal.store.users[own_id].update(other | STRANGER)
    assert "nobody whom this upload has seen on All Access Pass" in words_of(uploading)


def test_an_account_without_our_key_proves_nothing(uploading: Uploading):
    """On a portal that keeps no keys an id alone may be anybody's; the pass's name tells more."""
    uploading.emails = False
    uploading.portal.habits.dropped = frozenset({"externalId"})
    interrupt(uploading)
    uploading.portal.store.passes["p26"]["displayName"] = "Another client's pass"
    for own_id, one in uploading.portal.store.users.items():
        one.update(STRANGER, userName=f"other-{own_id}@else.com")
    said = words_of(uploading)
    assert "the pass Leadership 2026 is called otherwise now, and nobody whom" in said


def test_a_pass_may_be_renamed(interrupted: Uploading):
    """Whoever is there tells that it is the same one."""
    interrupted.portal.store.passes["p26"]["displayName"] = "Leadership 2027"
    assert interrupted.run().exit_code is ExitCode.OK


def test_everybody_is_looked_for_before_it_stops(uploading: Uploading):
    """A colleague may have deleted the first few of many."""
    uploading.rows, uploading.settle_seconds = people(14), 0.3
    uploading.portal.habits.unique = False
    interrupt(uploading, after=12)
    users = uploading.portal.store.users
    missing = {one.email for one in uploading.rows} - {one["userName"] for one in users.values()}
    assert missing
    for own_id in [*users][:11]:
        del users[own_id]
    assert uploading.run().exit_code is not ExitCode.OK  # of those who are gone
    assert {one["userName"] for one in users.values()} >= missing


def test_a_portal_that_shows_nobody_by_id_is_searched(interrupted: Uploading):
    """Some answer 404 to that, and list people all the same."""
    interrupted.portal.on("GET", "/Users/[^/]+", instead(error(404)), times=2)
    assert interrupted.run().exit_code is ExitCode.OK
    assert len(interrupted.portal.store.users) == 4


def test_an_empty_jhana_stops_no_portal(uploading: Uploading):
    """Nobody is created there; on the portal everything goes on."""
    uploading.rows, uploading.settle_seconds = people(4, jhana=True), 0.3
    interrupt(uploading, service="jhana")
    uploading.jhana.store.users.clear()
    with pytest.raises(RefusedError, match="has seen on Jhana before"):
        uploading.run()
    assert uploading.jhana.writes == []
    assert len(uploading.portal.store.users) == 4


def test_an_upload_that_has_sent_nothing_leaves_nothing_open(uploading: Uploading):
    """The pass went between the plan and the first write."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.begin(uploading._plan(both))
        uploading.portal.store.passes.clear()
        with pytest.raises(RefusedError, match="nothing was sent") as stopped:
            uploading.carry_out(journal, both, run, begun_now=True)
        assert not journal.knows(run.receipt)
    assert "client" not in stopped.value.hint


def stop_at(runner: Runner, note: str) -> None:
    """Carry a run out, and stop it when it says something."""
    for progress in runner.steps():
        if progress.note.startswith(note):
            runner.stop(ExitCode.INTERRUPTED)


def test_waiting_for_somebody_can_be_stopped(interrupted: Uploading):
    """Nothing is settled yet, and nobody is shown: it says what it waits for, and hears ^C."""
    interrupted.portal.store.users.clear()
    options = RunOptions(settle_seconds=60.0)
    with (
        services(interrupted.portal, interrupted.jhana) as both,
        Journal(interrupted.journal_path) as journal,
    ):
        run = journal.open_run(both.address)
        assert run is not None
        runner = Runner(journal, both, run, options)
        with pytest.raises(StoppedError):
            stop_at(runner, "looking for somebody")
        assert journal.run(run.receipt).is_open
    assert interrupted.portal.writes == interrupted.jhana.writes == []
