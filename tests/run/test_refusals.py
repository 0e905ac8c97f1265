"""A refusal belongs to what it refuses."""

import pytest

from aapimport.errors import ExitCode, ServiceError, SettingsError
from support.uploading import Uploading, people, person
from support.wire import RESET, Act, Response, error, instead


@pytest.mark.parametrize("status", [402, 403])
def test_one_person_who_is_forbidden_is_one_persons_rejection(uploading: Uploading, status: int):
    """The others go on; the receipt has the service's own words."""
    uploading.rows = people(12)
    refusal = instead(error(status, "this domain is not allowed"))
    uploading.portal.on("POST", "/Users", refusal, times=9, body="p5@acme.com")
    report = uploading.run()
    results = {one.row: one.portal for one in report.people}
    assert results == {**dict.fromkeys(range(2, 14), "created"), 5: "rejected"}
    assert "this domain is not allowed" in report.people[3].reason
    assert len(uploading.portal.store.mails) == 11
    assert report.exit_code is ExitCode.FINDINGS


@pytest.mark.parametrize("status", [400, 500])
def test_the_harmless_question_is_one_that_the_service_answers(uploading: Uploading, status: int):
    """Canaille refuses any `count`: that is no word against everybody."""
    uploading.rows = people(3)

    def without_count(act: Act) -> Response:
        counts = "count" in uploading.portal.seen[-1].query
        return error(status, "count is not supported") if counts else act()

    uploading.portal.on("GET", "/Users", without_count, times=99)
    refusal = instead(error(403, "this domain is not allowed"))
    uploading.portal.on("POST", "/Users", refusal, times=9, body="p3@acme.com")
    report = uploading.run()
    assert [one.portal for one in report.people] == ["created", "rejected", "created"]


def test_a_refusal_of_everything_ends_the_run(uploading: Uploading):
    """When something harmless is refused as well, nobody is rejected: the token has no rights."""
    uploading.rows = people(3)
    uploading.portal.on("POST", "/Users", instead(error(403, "no rights")), times=99)
    uploading.portal.on("GET", "/Users", instead(error(403, "no rights")), times=99, skip=4)
    with pytest.raises(SettingsError):
        uploading.run()
    uploading.portal._rules.clear()
    assert [one.portal for one in uploading.run().people] == ["created"] * 3


def test_five_refusals_in_a_row_end_the_run(uploading: Uploading):
    """The service refuses writes as such: it isn't asked a thousand times."""
    uploading.rows = people(90)
    uploading.portal.on("POST", "/Users", instead(error(403, "read-only token")), times=999)
    with pytest.raises(SettingsError, match="read-only token"):
        uploading.run()
    assert uploading.portal.creates.total() < 60


def test_a_team_that_is_forbidden_is_the_teams_trouble(uploading: Uploading):
    """Accounts are created and mailed all the same; the team's words are said."""
    uploading.rows = (*people(3, team="Sales"), person(9))
    uploading.portal.on("PATCH", "/Groups/.*", instead(error(403, "the team is locked")), times=9)
    report = uploading.run()
    assert [one.portal for one in report.people] == ["created"] * 4
    assert [one.team_state for one in report.people] == [*["rejected"] * 3, "none"]
    assert "team: the team is locked" in report.people[0].reason
    assert len(uploading.portal.store.mails) == 4
    assert report.exit_code is ExitCode.FINDINGS


@pytest.mark.parametrize(("status", "size"), [(403, 10), (422, 40)])
def test_a_team_that_refuses_many_ends_neither_teams_nor_emails(uploading, status, size):
    """However many it refuses: the team after it is filled, and everybody is mailed."""
    uploading.portal.add_team("Marketing", 99)
    uploading.rows = (
        *people(size, team="Sales"),
        *(person(row, team="Marketing") for row in range(100, 100 + size)),
    )
    refusal = instead(error(status, "the team is kept elsewhere"))
    uploading.portal.on("PATCH", "/Groups/team-1", refusal, times=999)
    report = uploading.run()
    assert [one.team_state for one in report.people] == [*["rejected"] * size, *["joined"] * size]
    assert len(uploading.portal.store.mails) == 2 * size
    assert report.exit_code is ExitCode.FINDINGS


def test_a_permanent_error_keeps_its_words_and_ends(uploading: Uploading):
    """A 500 for one person, again and again: a matter for a person, with the service's words."""
    uploading.rows = people(3)
    broken = instead(error(500, "department 17 is broken"))
    uploading.portal.on("POST", "/Users", broken, times=99, body="p3@acme.com")
    report = uploading.run()
    assert [one.portal for one in report.people] == ["created", "needs_person", "created"]
    assert "department 17 is broken" in report.people[1].reason
    assert report.exit_code is ExitCode.FINDINGS


def test_a_service_that_never_answers_is_no_rejection(uploading: Uploading):
    """Doubts alone end with exit code 4, not with a verdict about people."""
    uploading.rows = people(90)
    uploading.portal.on("POST", "/Users", instead(error(500)), times=9999)
    with pytest.raises(ServiceError, match="did not answer the last") as stopped:
        uploading.run()
    assert stopped.value.exit_code is ExitCode.SERVICE


def after_all(status: int):
    """Carry it out, then refuse it."""

    def fault(act: Act) -> Response:
        act()
        return error(status, "role 'manager' is not known here")

    return fault


@pytest.mark.parametrize("status", [400, 403, 422])
@pytest.mark.parametrize("keeps_keys", [True, False])
def test_who_is_there_all_the_same_is_no_rejection(uploading, status: int, *, keeps_keys: bool):
    """Some services store a person, then refuse the role: created, seated and mailed."""
    uploading.rows = people(3)
    uploading.portal.habits.dropped = frozenset() if keeps_keys else frozenset({"externalId"})
    uploading.portal.on("POST", "/Users", after_all(status), body="p3@acme.com")
    report = uploading.run()
    assert [one.portal for one in report.people] == ["created"] * 3
    assert report.seats is not None
    assert report.seats.used == 3
    assert len(uploading.portal.store.mails) == 3
    assert uploading.portal.creates.total() == 3


def test_who_can_not_be_looked_up_after_a_refusal_is_in_doubt(uploading: Uploading):
    """Rejected means that nobody is there: while nobody can say so, it isn't said."""
    uploading.rows = people(3)
    refused = instead(error(400, "role 'manager' is not known here"))
    uploading.portal.on("POST", "/Users", refused, body="p3@acme.com")

    def lost(act: Act) -> Response:
        refused_by_now = uploading.portal.creates["p3@acme.com"] == 1
        return RESET if refused_by_now else act()

    uploading.portal.on("GET", "/Users", lost, times=999)
    uploading.portal.on("POST", "/Users/.search", lost, times=999)
    report = uploading.run()
    assert (report.people[1].portal, report.exit_code) == ("unknown", ExitCode.SERVICE)
    uploading.portal._rules.clear()
    assert [one.portal for one in uploading.run().people] == ["created"] * 3
