"""What follows from somebody's absence, and how those are sent who were sent before."""

from collections.abc import Sequence
from itertools import groupby

import pytest

from aapimport.errors import ExitCode
from aapimport.run.journal import Journal
from aapimport.run.records import Fact
from support.uploading import Uploading, people, services
from support.wire import RESET, Request, error, instead


@pytest.fixture
def proven(uploading: Uploading) -> Uploading:
    """A portal of which it is known that it refuses a userName that is taken."""
    with services(uploading.portal, uploading.jhana) as both:
        address = both.address
    with Journal(uploading.journal_path) as journal:
        journal.learn(address, "portal", Fact.UNIQUE)
    return uploading


def test_where_a_second_account_can_not_be_a_third_create_is_sent(proven: Uploading):
    """Two answers were lost, and userNames are unique: the person is created by one upload."""
    proven.portal.on("POST", "/Users", instead(RESET), times=2)
    assert proven.run().people[0].portal == "created"
    assert proven.portal.creates == {"p2@acme.com": 3}


def test_even_there_it_ends(proven: Uploading):
    """Whoever isn't there after four creates is a matter for a person, and keeps nothing open."""
    proven.portal.on("POST", "/Users", instead(RESET), times=100)
    (one,) = proven.run().people
    assert one.portal == "needs_person"
    assert "sent 4 times and not there" in one.reason
    assert proven.portal.creates == {"p2@acme.com": 4}


def bursts(seen: Sequence[Request]) -> list[int]:
    """How many creates came one after the other, without a look in between."""
    creates = [(one.method, one.path) == ("POST", "/Users") for one in seen]
    return [len(list(some)) for creating, some in groupby(creates) if creating]


def test_who_was_sent_before_is_sent_in_a_slow_start(uploading: Uploading):
    """One, two, four, each confirmed: whoever kills it again and again leaves few in doubt."""
    uploading.rows = people(9)
    uploading.portal.on("POST", "/Users", instead(RESET), times=8, skip=1)
    report = uploading.run()
    assert {one.portal for one in report.people} == {"created"}
    assert bursts(uploading.portal.seen) == [1, 8, 1, 2, 4, 1]


def test_a_later_session_begins_slowly_as_well(uploading: Uploading):
    """Those whom the session before left in doubt aren't sent all at once with anybody else."""
    uploading.rows = people(9)
    uploading.settle_seconds = 0.2
    uploading.portal.on("POST", "/Users", instead(RESET), times=8, skip=1)
    sleep = uploading._sleep

    def die(seconds: float) -> None:
        if uploading.portal.creates.total() == len(uploading.rows):
            raise KeyboardInterrupt
        sleep(seconds)

    uploading._sleep = die  # type: ignore[method-assign] # dies while it waits
    with pytest.raises(KeyboardInterrupt):
        uploading.run()
    uploading._sleep = sleep  # type: ignore[method-assign] # the next session
    asked = len(uploading.portal.seen)
    assert {one.portal for one in uploading.run().people} == {"created"}
    assert bursts(uploading.portal.seen[asked:]) == [1, 2, 4, 1]


def test_who_was_sent_twice_is_said_where_there_may_be_two(uploading: Uploading):
    """The lost first create may come even later: the honest limit, said by row; exit 0."""
    uploading.portal.on("POST", "/Users", instead(RESET))
    report = uploading.run()
    assert (report.people[0].portal, report.exit_code) == ("created", ExitCode.OK)
    said = "All Access Pass: sent 2 times; there was one account when it was read"
    assert report.people[0].reason == said


def test_nothing_is_said_where_there_can_not_be_two(proven: Uploading):
    """Where userNames are known to be unique, a lost answer is nobody's worry."""
    proven.portal.on("POST", "/Users", instead(RESET))
    (one,) = proven.run().people
    assert (one.portal, one.reason) == ("created", "")


def test_an_answered_error_is_no_lost_answer(uploading: Uploading):
    """Who was sent again after a 500, and is there once, is not said to have been sent twice."""
    uploading.portal.on("POST", "/Users", instead(error(500, "out of order")))
    (one,) = uploading.run().people
    assert (one.portal, one.reason) == ("created", "")
