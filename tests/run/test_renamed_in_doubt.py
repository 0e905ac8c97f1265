"""Who was created without an answer, and is renamed before the upload goes on."""

from contextlib import suppress

import pytest

from support.mortal import Killed, Mortal
from support.uploading import Uploading, people, services
from support.wire import Act, Response


@pytest.fixture
def interrupted(uploading: Uploading) -> Uploading:
    """Three people; the process dies before it has recorded that the first was created."""
    uploading.rows, uploading.emails = people(3), False
    uploading.portal.add_user("p9@acme.com", "Bo", "Lind")
    with (
        services(uploading.portal, uploading.jhana) as both,
        Mortal(uploading.journal_path) as journal,
    ):

        def die(act: Act) -> Response:
            journal.left = 0
            return act()

        uploading.portal.on("POST", "/Users", die)
        with suppress(Killed):
            uploading.carry_out(journal, both, journal.begin(uploading._plan(both)))
    return uploading


@pytest.mark.parametrize("taken", [False, True])
def test_they_are_known_by_our_key(interrupted: Uploading, *, taken: bool) -> None:
    """Nobody is made twice; nor is whoever has got the address since taken for them."""
    portal = interrupted.portal
    there = portal.store.users.values()
    made = next(one for one in there if one["userName"].startswith("p2@"))
    made |= {"userName": "ana.lind@acme.com", "emails": [{"value": "ana.lind@acme.com"}]}
    before = {one["id"]: one["userName"] for one in there if one.get("externalId")}
    if taken:
        portal.add_user("p2@acme.com", "Ana", "Perez")
    report = interrupted.run()
    assert {one.portal for one in report.people} == {"created"}
    keys = [one["externalId"] for one in there if one.get("externalId")]
    assert len(keys) == len({*keys}) == len(interrupted.rows)
    assert before.items() <= {one["id"]: one["userName"] for one in there}.items()
