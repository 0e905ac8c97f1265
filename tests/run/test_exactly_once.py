from collections.abc import Callable

import pytest

from aapimport.run.journal import Journal
from aapimport.run.records import StepKind
from aapimport.run.report import UploadReport
from aapimport.services.ownership import ROLE_STAYS
from support.uploading import Uploading, people, person, services
from support.wire import (
    RESET,
    Act,
    Fault,
    Response,
    after_acting,
    as_json,
    cut_off,
    error,
    half_json,
    instead,
    late_commit,
    page,
)

LOST_AFTER_COMMIT: dict[str, Fault] = {
    "reset": after_acting(RESET),
    "cut off": cut_off,
    "half the json": half_json,
    "empty 201": after_acting(Response(status=201)),
    "201 without id": after_acting(as_json(201, {"userName": "p2@acme.com"})),
    "200 with a web page": after_acting(page(200)),
    "204": after_acting(Response(status=204)),
    "408": after_acting(error(408)),
    "500 html": after_acting(page(500)),
    "503 json": after_acting(error(503, "saved", {"Retry-After": "0"})),
    "gzip": after_acting(
        Response(status=201, body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    ),
}
LOST_BEFORE_COMMIT: dict[str, Fault] = {
    "reset": instead(RESET),
    "500": instead(error(500)),
    "502 html": instead(page(502)),
    "201 without id": instead(as_json(201, {})),
    "half an answer": instead(Response(status=201, body=b'{"id": "x"}', cut=3)),
}


def only(report: UploadReport) -> tuple[str, str]:
    """The one person's result and reason."""
    (one,) = report.people
    return one.portal, one.reason


@pytest.mark.parametrize("fault", LOST_AFTER_COMMIT.values(), ids=LOST_AFTER_COMMIT)
def test_a_lost_answer_after_the_commit_is_adopted(uploading: Uploading, fault: Fault):
    """Who was created although the answer was lost is found, and never sent again."""
    uploading.portal.on("POST", "/Users", fault)
    report = uploading.run()
    assert only(report)[0] == "created"
    assert uploading.portal.people == {"p2@acme.com": 1}
    assert uploading.portal.creates == {"p2@acme.com": 1}
    assert [mail[0] for mail in uploading.portal.store.mails] == ["p2@acme.com"]


@pytest.mark.parametrize("fault", LOST_BEFORE_COMMIT.values(), ids=LOST_BEFORE_COMMIT)
def test_a_lost_request_is_sent_once_more(uploading: Uploading, fault: Fault):
    """Who was looked up and is not there is sent a second time, after the look-up."""
    uploading.portal.on("POST", "/Users", fault)
    report = uploading.run()
    assert only(report)[0] == "created"
    assert uploading.portal.creates == {"p2@acme.com": 2}
    assert uploading.portal.people == {"p2@acme.com": 1}
    paths = [(one.method, one.path) for one in uploading.portal.seen]
    first = paths.index(("POST", "/Users"))
    second = paths.index(("POST", "/Users"), first + 1)
    assert ("POST", "/Users/.search") in paths[first:second]


def test_nobody_is_created_more_than_twice(uploading: Uploading):
    """A server that loses everything gets two creates of a person, also from later resumes."""
    uploading.portal.on("POST", "/Users", instead(RESET), times=100)
    for _ in range(3):
        result, reason = only(uploading.run())
        assert result == "unknown"
        assert "sent 2 times without an answer, and not found since" in reason
    assert uploading.portal.creates == {"p2@acme.com": 2}


def test_who_is_unknown_can_be_named_without_the_file(uploading: Uploading):
    """The journal keeps an address until the person is settled, for the receipt of a resume."""
    uploading.rows = people(2)
    uploading.portal.on("POST", "/Users", instead(RESET), times=100, body="p2@acme.com")
    report = uploading.run()
    assert f"aapimport resume {report.receipt} --again" in report.people[0].reason
    assert [one.email_state for one in report.people] == ["waiting", "sent"]
    with Journal(uploading.journal_path) as journal:
        assert journal.addresses(report.receipt) == {2: "p2@acme.com"}


def test_what_is_unknown_is_settled_by_a_resume(uploading: Uploading):
    """Who turns up later is adopted by the next run of the same file."""
    uploading.portal.on("POST", "/Users", instead(RESET), times=100)
    uploading.run()
    sent = next(one.json for one in uploading.portal.seen if one.path == "/Users" and one.body)
    uploading.portal.add_user("p2@acme.com", **{k: v for k, v in sent.items() if k != "userName"})
    assert only(uploading.run())[0] == "created"
    assert uploading.portal.creates == {"p2@acme.com": 2}


def test_a_commit_within_the_settle_time_is_waited_for(uploading: Uploading):
    """A service that finishes after the connection broke is given the time to do so."""
    uploading.settle_seconds = 0.6
    uploading.portal.on("POST", "/Users", late_commit(0.3))
    assert only(uploading.run())[0] == "created"
    assert uploading.portal.creates == {"p2@acme.com": 1}
    assert uploading.portal.people == {"p2@acme.com": 1}


def test_a_doubt_is_looked_up_twice(uploading: Uploading):
    """One look-up that finds nobody is not enough, because lists lag behind."""
    uploading.settle_seconds = 0.2
    uploading.portal.on("POST", "/Users", after_acting(RESET))
    for path in ("/Users/.search",):
        empty = as_json(200, {"totalResults": 0, "Resources": []})
        uploading.portal.on("POST", path, instead(empty), times=3)
    assert only(uploading.run())[0] == "created"
    assert uploading.portal.creates == {"p2@acme.com": 1}


def test_a_failed_look_up_proves_nothing(uploading: Uploading):
    """While look-ups and the list fail, a lost create stays unknown and is not repeated."""

    def lost(act: Callable[[], Response]) -> Response:
        act()
        uploading.portal.on("POST", "/Users/.search", instead(error(500)), times=10_000)
        uploading.portal.on("GET", "/Users", instead(error(500)), times=10_000)
        return RESET

    uploading.portal.on("POST", "/Users", lost)
    assert only(uploading.run())[0] == "unknown"
    assert uploading.portal.creates == {"p2@acme.com": 1}
    uploading.portal._rules.clear()
    assert only(uploading.run())[0] == "created"
    assert uploading.portal.creates == {"p2@acme.com": 1}


@pytest.mark.parametrize("unique", [True, False])
def test_an_address_that_can_not_be_asked_for_is_not_absent(uploading: Uploading, unique: bool):
    """Nobody found by other keys means nothing when look-ups by userName fail: the list tells."""
    uploading.portal.habits.unique = unique
    uploading.portal.habits.dropped = frozenset({"externalId", "emails"})
    uploading.portal.on("POST", "/Users", after_acting(RESET))
    uploading.portal.on(
        "POST", "/Users/.search", instead(error(503)), times=100, body="userName eq"
    )
    assert only(uploading.run())[0] in {"created", "same"}
    assert uploading.portal.people == {"p2@acme.com": 1}
    assert uploading.portal.creates == {"p2@acme.com": 1}


ADOPTION_FAULTS = {
    "throttled": instead(error(429, headers={"Retry-After": "0"})),
    "reset": instead(RESET),
    "lost": after_acting(RESET),
}


@pytest.mark.parametrize("role", ["client admin", "facilitator"])
@pytest.mark.parametrize("fault", ADOPTION_FAULTS.values(), ids=ADOPTION_FAULTS)
def test_an_adopted_account_keeps_its_role_whatever_happens(uploading: Uploading, role, fault):
    """A fault while somebody's account is put on the pass doesn't make it ours to change."""

    def meanwhile(act: Callable[[], Response]) -> Response:
        name = {"givenName": "Ana", "familyName": "Perez"}
        uploading.portal.add_user("p2@acme.com", name=name, roles=[{"value": role}])
        return act()

    uploading.portal.on("POST", "/Users", meanwhile)
    for method in ("PATCH", "PUT"):
        uploading.portal.on(method, "/Users/.*", fault, times=5)
    reports = [uploading.run() for _ in range(3)]
    assert only(reports[-1])[0] in {"changed", "same"}
    said = [one for report in reports for one in report.people if ROLE_STAYS in one.but]
    # once, by the upload that met it; a client admin's account needs a person there
    assert len(said) == (role == "facilitator")
    (account,) = uploading.portal.store.users.values()
    assert account["roles"] == [{"value": role}]
    assert [one["value"] for one in account["entitlements"]] == ["p26"]
    assert uploading.portal.store.mails == []


@pytest.mark.parametrize(("page", "skip"), [(1000, 0), (4, 0), (4, 1)])
def test_doubts_looked_up_together_are_not_guessed_about(
    uploading: Uploading, page: int, skip: int
):
    """A look-up of many that fails, or shows a page of them only, makes nobody twice."""
    uploading.rows = people(10)
    uploading.portal.habits.unique = False
    uploading.portal.habits.page = page
    uploading.portal.add_user("known@acme.com")
    broken = instead(error(500))

    def lost(act: Callable[[], Response]) -> Response:
        act()
        if not uploading.portal.creates["p3@acme.com"]:
            uploading.portal.on("POST", "/Users/.search", broken, skip=skip, times=400)
        return RESET

    uploading.portal.on("POST", "/Users", lost, times=10)
    assert uploading.run().services.portal.created < 10
    assert set(uploading.portal.creates.values()) == {1}
    uploading.portal._rules.clear()
    assert uploading.run().services.portal.created == 10
    assert set(uploading.portal.people.values()) == {1}


def test_an_adopted_account_is_not_switched_on(uploading: Uploading):
    """Who is deactivated right after having been found needs a person's word, and gets no pass."""

    def taken(act: Act) -> Response:
        uploading.portal.add_user("p2@acme.com", "Ana", "Perez")
        return act()

    def leaves(act: Act) -> Response:
        for user in uploading.portal.store.users.values():
            user["active"] = False
        return act()

    uploading.portal.on("POST", "/Users", taken)
    uploading.portal.on("GET", "/Users/user-1", leaves, times=9)
    assert only(uploading.run())[0] == "needs_person"
    (left,) = uploading.portal.store.users.values()
    assert left["active"] is False
    assert not left.get("entitlements")
    assert uploading.portal.store.mails == []


def test_refusals_do_not_count_as_creates(uploading: Uploading):
    """A create that was refused for want of quota leaves both attempts to those that count."""
    uploading.portal.on(
        "POST", "/Users", instead(error(429, "slow", {"Retry-After": "0"})), times=3
    )
    uploading.portal.on("POST", "/Users", instead(RESET))
    assert only(uploading.run())[0] == "created"
    assert uploading.portal.people == {"p2@acme.com": 1}


@pytest.mark.parametrize("conflict", [(409, "uniqueness"), (409, ""), (400, "uniqueness")])
def test_a_conflict_with_the_same_person_is_adopted_and_not_mailed(
    uploading: Uploading, conflict: tuple[int, str]
):
    """Somebody who appeared since the plan is put on the pass, keeps the role, gets no e-mail."""
    uploading.portal.habits.conflict = conflict

    def meanwhile(act: Callable[[], Response]) -> Response:
        uploading.portal.add_user("P2@Acme.com", roles=[{"value": "facilitator"}])
        return act()

    uploading.portal.on("POST", "/Users", meanwhile)
    report = uploading.run()
    assert only(report)[0] == "changed"
    assert report.people[0].email_state == "needs_person"
    assert uploading.portal.store.mails == []
    (user,) = uploading.portal.store.users.values()
    assert user["entitlements"][0]["value"] == "p26"
    assert user["roles"] == [{"value": "facilitator"}]
    assert report.people[0].but == f"All Access Pass: {ROLE_STAYS}"
    (role,) = (one for one in report.people[0].failures if one.standing == "not_kept")
    assert role.cure.endswith("upload the file again with --update-roles")


def test_a_conflict_with_somebody_else_needs_a_person(uploading: Uploading):
    """An account with another name is left alone; whose it is stays out of the journal."""

    def meanwhile(act: Callable[[], Response]) -> Response:
        uploading.portal.add_user("p2@acme.com", "Bo", "Berg")
        return act()

    uploading.portal.on("POST", "/Users", meanwhile)
    result, reason = only(uploading.run())
    assert result == "needs_person"
    assert "belongs to an account with another name" in reason
    assert "Berg" not in reason
    (user,) = uploading.portal.store.users.values()
    assert "entitlements" not in user


def test_a_conflict_whose_owner_is_not_found_ends(uploading: Uploading):
    """A taken address that no look-up and no list shows is an outcome, never a loop."""
    uploading.portal.on("POST", "/Users", instead(error(409, "taken")), times=100)
    result, reason = only(uploading.run())
    assert result == "rejected"
    assert "All Access Pass: taken (conflict, owner not found)" in reason
    assert uploading.portal.creates == {"p2@acme.com": 1}


@pytest.mark.parametrize("filters", ["exact", "ignored", "empty", "refused"])
def test_the_ladder_finds_the_owner_whatever_filters_do(uploading: Uploading, filters):
    """Filters that compare letter case, are ignored, empty or refused don't hide the owner."""
    uploading.rows = (person(email="P2@Acme.com"),)
    uploading.portal.habits.filters = filters
    uploading.portal.habits.lower_cased = True

    def meanwhile(act: Callable[[], Response]) -> Response:
        uploading.portal.add_user("p2@acme.com", entitlements=[{"value": "p26"}])
        for number in range(5):
            uploading.portal.add_user(f"other{number}@acme.com")
        return act()

    uploading.portal.on("POST", "/Users", meanwhile)
    result, reason = only(uploading.run())
    assert (result, reason) == ("same", "e-mail: not mailed: the account was there already")
    assert uploading.portal.people["p2@acme.com"] == 1


def test_without_uniqueness_a_lost_answer_still_makes_one(uploading: Uploading):
    """Also a server that takes an address twice ends up with one account of each person."""
    uploading.portal.habits.unique = False
    uploading.rows = people(10)
    uploading.portal.on("POST", "/Users", after_acting(RESET), times=5)
    report = uploading.run()
    assert report.services.portal.created == 10
    assert set(uploading.portal.people.values()) == {1}


def test_our_own_key_is_enough(uploading: Uploading):
    """An account whose address the server rewrote is recognised by the key that we gave it."""
    uploading.portal.on("POST", "/Users", after_acting(RESET))

    def moved(act: Callable[[], Response]) -> Response:
        (user,) = uploading.portal.store.users.values()
        user["userName"] = "somebody-else"
        user["emails"] = []
        return act()

    uploading.portal.on("POST", "/Users/.search", moved, body="externalId")
    report = uploading.run()
    assert only(report)[0] == "created"
    assert len(uploading.portal.store.users) == 1


def test_an_intent_is_durable_before_the_request(uploading: Uploading):
    """At the moment a create arrives, the journal says already that it was intended."""
    states: list[str] = []

    def look(act: Callable[[], Response]) -> Response:
        with Journal(uploading.journal_path) as journal:
            run = journal._runs("1", ())[0]
            states.extend(task.state for task in journal.tasks(run.receipt, StepKind.ACCOUNT))
        return act()

    uploading.portal.on("POST", "/Users", look)
    uploading.run()
    assert states == ["intent"]


def test_a_second_upload_writes_nothing(uploading: Uploading):
    """Everybody is the same: nothing is sent that changes anything, nobody is mailed again."""
    uploading.rows = people(20, jhana=True, team="Sales")
    first = uploading.run()
    assert first.services.portal.created == first.services.jhana.created == 20
    assert len(uploading.portal.store.mails) == 20
    before = len(uploading.portal.writes), len(uploading.jhana.writes)
    second = uploading.run()
    assert second.services.portal.same == second.services.jhana.same == 20
    assert (len(uploading.portal.writes), len(uploading.jhana.writes)) == before
    assert len(uploading.portal.store.mails) == 20


def test_one_service_failing_leaves_the_other_done(uploading: Uploading):
    """Jhana's refusals don't keep anybody off the portal."""
    uploading.rows = people(5, jhana=True)
    uploading.jhana.on("POST", "/Users", instead(error(422, "no")), times=100)
    report = uploading.run()
    assert report.services.portal.created == 5
    assert report.services.jhana.rejected == 5
    assert {kind for _, _, kind in uploading.portal.store.mails} == {"portal"}


def test_a_run_belongs_to_its_services(uploading: Uploading):
    """An interrupted upload doesn't go on at another address."""
    uploading.portal.on("POST", "/Users", instead(RESET), times=100)
    receipt = uploading.run().receipt
    uploading.portal.url, uploading.jhana.url = uploading.jhana.url, uploading.portal.url
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
        pytest.raises(Exception, match="belongs to other services"),
    ):
        uploading.carry_out(journal, both, journal.run(receipt))


def test_a_persons_word_sends_once_more(uploading: Uploading):
    """Two lost creates are listed until a person says `--again`; then one more is sent."""
    uploading.portal.on("POST", "/Users", instead(RESET), times=2)
    assert only(uploading.run())[0] == "unknown"
    assert only(uploading.run())[0] == "unknown"
    assert uploading.portal.creates == {"p2@acme.com": 2}
    assert only(uploading.run(again=True))[0] == "created"
    assert uploading.portal.creates == {"p2@acme.com": 3}


@pytest.mark.parametrize("filters", ["exact", "ignored", "empty"])
def test_look_ups_that_find_nobody_do_not_double_a_person(uploading: Uploading, filters):
    """Without unique addresses, and with filters that lie, the whole list tells who is there."""
    uploading.portal.habits.filters = filters
    uploading.portal.habits.unique = False
    uploading.portal.on("POST", "/Users", after_acting(RESET))
    assert only(uploading.run())[0] == "created"
    assert uploading.portal.people == {"p2@acme.com": 1}
