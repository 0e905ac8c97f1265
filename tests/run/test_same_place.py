"""A resume writes nothing where the pass is gone, or where the token is another client's."""

import time
from dataclasses import replace

import pytest

from aapimport.errors import ExitCode, RefusedError, ServiceError, SettingsError
from support.uploading import Uploading, people
from support.wire import Act, Response, error, instead

STRANGER = {"emails": [], "name": {"givenName": "Olga", "familyName": "Else"}}


def interrupt(uploading: Uploading) -> Uploading:
    """Two of four people are put on the portal, and seen there; then its token runs out."""
    uploading.rows, uploading.settle_seconds = people(4), 0.3
    is_over = [False]

    def runs_out(act: Act) -> Response:
        both = len(uploading.portal.store.users) == 2  # the first one is created alone
        return error(401) if both and not is_over[0] else act()

    uploading.portal.on("POST", "/Users", runs_out, times=99)
    with pytest.raises(SettingsError):
        uploading.run()
    assert len(uploading.portal.store.users) == 2
    is_over[0] = True
    uploading.portal.seen.clear()
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
    assert "nobody whom this upload has seen on All Access Pass before (2 looked at)" in said


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
    first, second = interrupted.portal.store.users
    if one_left:
        del interrupted.portal.store.users[first]
        late = 0.0
    else:
        late = time.monotonic() + 0.1

    def lags(act: Act) -> Response:
        return error(404) if time.monotonic() < late else act()

    interrupted.portal.on("GET", f"/Users/({first}|{second})", lags, times=99)
    assert interrupted.run().exit_code in {ExitCode.OK, ExitCode.FINDINGS}
    assert len(interrupted.portal.store.users) == 4 - one_left


def test_what_cannot_be_looked_at_is_no_stranger(interrupted: Uploading):
    """A portal may show nobody by id: the look-ups of everybody else go on as ever."""
    interrupted.portal.on("GET", "/Users/[^/]+", instead(error(403)), times=2)
    assert interrupted.run().exit_code is ExitCode.OK
