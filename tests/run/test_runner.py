import time
from dataclasses import replace

import pytest

from aapimport.errors import ExitCode, ServiceError, SettingsError
from aapimport.run.conveyor import StoppedError
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.runner import Runner
from support.uploading import Uploading, people, person, services
from support.wire import RESET, Act, Response, after_acting, error, instead, page


def team_members(uploading: Uploading) -> list[str]:
    """Who is in the team, by id, as often as they are in it."""
    return [one["value"] for one in uploading.portal.store.groups["team-1"]["members"]]


def test_a_person_arrives_whole(uploading: Uploading):
    """Account, role, pass, team and Jhana: all of the row is there afterwards."""
    uploading.rows = (person(team="sales", jhana=True),)
    report = uploading.run()
    (user,) = uploading.portal.store.users.values()
    assert user["userName"] == "p2@acme.com"
    assert user["roles"] == [{"value": "manager", "primary": True}]
    assert user["entitlements"] == [{"value": "p26", "display": "Leadership 2026", "type": "pass"}]
    assert user["emails"] == [{"value": "p2@acme.com", "type": "work", "primary": True}]
    assert user["displayName"] == "Ana Perez"
    (on_jhana,) = uploading.jhana.store.users.values()
    assert "roles" not in on_jhana
    assert "entitlements" not in on_jhana
    assert team_members(uploading) == [user["id"]]
    assert [mail[2] for mail in uploading.portal.store.mails] == ["combined"]
    assert uploading.jhana.store.mails == []
    assert report.exit_code is ExitCode.OK


def test_what_others_gave_a_person_is_kept(uploading: Uploading):
    """Another pass, an unknown role and unknown attributes survive being put on the pass."""
    uploading.portal.add_user(
        "p2@acme.com",
        roles=[{"value": "auditor", "primary": True}],
        entitlements=[{"value": "p25", "type": "pass"}, {"value": "x", "type": "licence"}],
        nickName="Annie",
        active=False,
    )
    uploading.options = replace(uploading.options, returning="include")
    report = uploading.run()
    (user,) = uploading.portal.store.users.values()
    assert report.people[0].portal == "changed"
    assert [one["value"] for one in user["entitlements"]] == ["p25", "x", "p26"]
    assert user["roles"] == [{"value": "auditor", "primary": True}]
    assert user["nickName"] == "Annie"
    assert user["active"] is True
    assert uploading.portal.store.mails == []


@pytest.mark.parametrize(("returns", "used"), [("nobody", 1), ("deactivated", 0), ("left", 0)])
def test_the_portals_count_is_believed_for_who_returns_only(
    uploading: Uploading, returns: str, used: int
):
    """A portal may count later: whoever is new has used a seat; who returns may have had theirs."""
    uploading.portal.habits.counts = False
    held = uploading.portal.store.passes["p26"]
    uploading.portal.add_user("somebody@acme.com", entitlements=[{"value": "p26"}])
    held["seatsUsed"] = 2 if returns == "left" else 1
    if returns == "deactivated":
        uploading.portal.add_user("p2@acme.com", active=False)
        uploading.options = replace(uploading.options, returning="include")
    report = uploading.run()
    assert report.seats is not None
    assert report.seats.used == used


@pytest.mark.parametrize("patch", ["ignored", "refused"])
def test_a_patch_that_does_not_take_is_put(uploading: Uploading, patch):
    """A PATCH that is ignored or refused is followed by a PUT of the whole account."""
    uploading.portal.habits.patch = patch
    uploading.portal.add_user("p2@acme.com", nickName="Annie", title=None)
    assert uploading.run().people[0].portal == "changed"
    (user,) = uploading.portal.store.users.values()
    assert user["entitlements"][0]["value"] == "p26"
    assert user["nickName"] == "Annie"
    put = next(one for one in uploading.portal.seen if one.method == "PUT")
    assert "title" not in put.json


@pytest.mark.parametrize("dropped", ["roles", "entitlements"])
def test_what_the_server_drops_is_said(uploading: Uploading, dropped: str):
    """A 201 whose account lacks what was sent is said of a person who is there; exit 1."""
    uploading.portal.habits.dropped = frozenset({dropped})
    report = uploading.run()
    word = {"roles": "role", "entitlements": "pass"}[dropped]
    assert report.people[0].portal == "created"
    assert report.people[0].but == f"All Access Pass: {word} not kept"
    assert report.seats is not None
    assert report.seats.used == (1 if dropped == "roles" else 0)
    assert len(uploading.portal.store.mails) == (1 if dropped == "roles" else 0)
    assert report.exit_code is ExitCode.FINDINGS


def test_an_answer_that_says_little_is_read_back(uploading: Uploading):
    """A create answered with nothing but an id is compared with what the server has."""
    uploading.portal.habits.brief = True
    assert uploading.run().people[0].portal == "created"
    assert uploading.portal.creates == {"p2@acme.com": 1}


def test_a_created_account_that_is_not_shown_yet_is_unknown(uploading: Uploading):
    """A read right after the create that finds nobody yet doesn't make it a rejection."""
    uploading.portal.habits.brief = True
    uploading.portal.on("GET", "/Users/user-1", instead(error(404)))
    report = uploading.run()
    assert report.people[0].portal == "created"
    assert report.seats is not None
    assert report.seats.used == 1
    assert uploading.portal.creates == {"p2@acme.com": 1}


def test_more_than_a_hundred_members_are_sent_in_parts(uploading: Uploading):
    """No PATCH of a team holds more than 100 members, and nobody is in it twice."""
    uploading.portal.store.passes["p26"]["seats"] = 1000
    uploading.portal.store.groups["team-1"][
        "urn:ietf:params:scim:schemas:extension:allaccesspass:2.0:Group"
    ]["places"] = 1000
    uploading.portal.habits.max_members = 100
    uploading.rows = people(230, team="Sales")
    assert uploading.run().services.portal.created == 230
    assert len(team_members(uploading)) == len(set(team_members(uploading))) == 230


@pytest.mark.parametrize("refusal", [error(400, "invalid"), error(413)])
def test_a_part_that_is_refused_is_halved(uploading: Uploading, refusal):
    """A server that takes fewer members at once gets fewer, until all are in."""
    uploading.portal.habits.max_members = 7
    uploading.rows = people(30, team="Sales")
    uploading.portal.on("PATCH", "/Groups/.*", instead(refusal), times=3)
    report = uploading.run()
    assert report.exit_code is ExitCode.OK
    assert sorted(team_members(uploading)) == sorted(uploading.portal.store.users)


def test_a_team_that_stays_out_of_order_costs_few_requests(uploading: Uploading):
    """5xx for sixty people: a bounded number of requests, unknown, and a resume ends it."""
    uploading.rows = people(50, team="Sales")
    uploading.portal.on("PATCH", "/Groups/.*", instead(page(500)), times=99)
    report = uploading.run()
    sent = [one for one in uploading.portal.seen if one.method == "PATCH" and "Gr" in one.path]
    assert len(sent) <= 3
    assert {one.team_state for one in report.people} == {"unknown"}
    assert {one.portal for one in report.people} == {"created"}
    assert {one.email_state for one in report.people} == {"sent"}
    assert report.exit_code is ExitCode.SERVICE
    uploading.portal._rules.clear()
    assert uploading.run().exit_code is ExitCode.OK
    assert sorted(team_members(uploading)) == sorted(uploading.portal.store.users)


def test_one_member_who_is_refused_does_not_keep_the_others_out(uploading: Uploading):
    """Halving finds the one whom the team refuses; the address isn't kept with the reason."""
    uploading.rows = people(8, team="Sales")
    uploading.portal.on(
        "PATCH", "/Groups/.*", instead(error(400, "unknown p5@acme.com")), times=50, body="user-4"
    )
    report = uploading.run()
    rejected = [one for one in report.people if one.team_state == "rejected"]
    assert len(rejected) == 1
    assert rejected[0].portal == "created"
    assert rejected[0].reason == "team: unknown this address"
    assert len(team_members(uploading)) == 7


def test_a_team_that_never_shows_members_is_believed(uploading: Uploading):
    """Where members can't be read back, the answer has to do."""
    uploading.portal.habits.shows_members = False
    uploading.rows = people(3, team="Sales")
    assert uploading.run().exit_code is ExitCode.OK
    assert len(team_members(uploading)) == 3


def test_a_team_that_keeps_only_some_is_said(uploading: Uploading):
    """A member whom the server accepted and didn't keep is rejected, not counted as done."""
    uploading.rows = people(3, team="Sales")
    others = [{"value": "user-x"}]
    uploading.portal.store.groups["team-1"]["members"] = others
    uploading.portal.habits.patch = "ignored"
    report = uploading.run()
    assert [one.portal for one in report.people] == ["created"] * 3
    assert [one.team_state for one in report.people] == ["rejected"] * 3
    assert "accepted but not kept by the server: membership" in report.people[0].reason


def test_a_team_has_one_writer(uploading: Uploading):
    """Also after a refusal for want of quota, two requests never change one team at a time."""
    uploading.rows = people(40, team="Sales")
    uploading.portal.on(
        "PATCH", "/Groups/.*", instead(error(429, "", {"Retry-After": "0"})), times=3
    )
    assert uploading.run().exit_code is ExitCode.OK
    patches = [
        one for one in uploading.portal.seen if one.method == "PATCH" and "Groups" in one.path
    ]
    assert [len(one.json["Operations"][0]["value"]) for one in patches] == [40] * 4


def test_a_lost_e_mail_is_asked_for_with_the_same_id(uploading: Uploading):
    """A request for an e-mail that got lost is repeated with its own id, so one e-mail goes out."""
    uploading.portal.on("PATCH", "/Users/.*", after_acting(RESET), times=2, body="welcomeEmail")
    report = uploading.run()
    asked = [
        one.json["Operations"][0]["value"]["requestId"]
        for one in uploading.portal.seen
        if b"welcomeEmail" in one.body
    ]
    assert len(asked) == 3
    assert len(set(asked)) == 1
    assert len(uploading.portal.store.mails) == 1
    assert report.emails == "sent"


def test_an_e_mail_in_doubt_is_finished_by_a_resume(uploading: Uploading):
    """While the service is down the e-mail is unknown; later it goes out, once."""
    uploading.portal.on("PATCH", "/Users/.*", instead(page(502)), times=3, body="welcomeEmail")
    first = uploading.run()
    assert (first.people[0].portal, first.people[0].email_state) == ("created", "unknown")
    assert first.exit_code is ExitCode.SERVICE
    second = uploading.run()
    assert (second.receipt, second.people[0].email_state) == (first.receipt, "sent")
    assert len(uploading.portal.store.mails) == 1


def test_an_e_mail_that_waits_in_the_services_queue_is_not_called_unsent(uploading: Uploading):
    """Accepted under our id and not sent so far: a resume finds out, and one e-mail goes out."""
    queued = [True]

    def not_yet(act: Act) -> Response:
        answer = act()
        return replace(answer, body=answer.body.replace(b"sentAt", b"later")) if queued else answer

    uploading.portal.on("GET", "/Users/.*", not_yet, times=99)
    first = uploading.run()
    assert (first.people[0].portal, first.people[0].email_state) == ("created", "unknown")
    queued.clear()
    second = uploading.run()
    assert (second.receipt, second.people[0].email_state) == (first.receipt, "sent")
    assert len(uploading.portal.store.mails) == 1


def test_no_e_mails_means_none(uploading: Uploading):
    """Without e-mails, no service hears a word about one."""
    uploading.emails = False
    uploading.rows = people(3, jhana=True)
    assert uploading.run().emails == "none"
    everything = uploading.portal.seen + uploading.jhana.seen
    assert not any(b"welcomeEmail" in one.body for one in everything)


def test_somebody_new_to_jhana_only_gets_jhanas_e_mail(uploading: Uploading):
    """Being assigned to a pass sends nothing; being new on Jhana does, from Jhana."""
    uploading.portal.add_user("p2@acme.com")
    uploading.rows = (person(jhana=True),)
    uploading.run()
    assert uploading.portal.store.mails == []
    assert [mail[2] for mail in uploading.jhana.store.mails] == ["jhana"]


def test_a_token_refused_on_the_way_ends_the_run(uploading: Uploading):
    """A 401 stops everything, says where the run stands, and a resume finishes it."""
    uploading.rows = people(30)
    uploading.portal.on("POST", "/Users", instead(error(401, "expired")), skip=5, times=100)
    with pytest.raises(SettingsError, match="expired") as caught:
        uploading.run()
    assert "of 60 done, " in caught.value.state
    assert "all recorded; continue with: aapimport resume" in caught.value.state
    assert len(uploading.portal.creates) < 30
    uploading.portal._rules.clear()
    report = uploading.run()
    assert report.services.portal.created == 30
    assert set(uploading.portal.people.values()) == {1}
    assert len(uploading.portal.store.mails) == len(set(uploading.portal.store.mails)) == 30


def test_a_redirect_on_the_way_ends_the_run(uploading: Uploading):
    """A service that moves during a run is not followed."""
    elsewhere = error(307, "moved", {"Location": uploading.jhana.url})
    uploading.portal.on("POST", "/Users", instead(elsewhere), times=100)
    with pytest.raises(SettingsError):
        uploading.run()
    assert uploading.jhana.writes == []


def test_a_service_that_stays_busy_ends_the_run(uploading: Uploading):
    """Throttled for ever: the run ends, to be resumed later, and nobody was forgotten."""
    uploading.rows = people(3)
    uploading.portal.on("POST", "/Users", instead(error(429, "", {"Retry-After": "0"})), times=500)
    with pytest.raises(ServiceError, match="stays busy"):
        uploading.run()
    uploading.portal._rules.clear()
    assert uploading.run().services.portal.created == 3


def test_the_pause_that_is_asked_for_is_kept(uploading: Uploading):
    """After a 429 nothing is sent until the pause is over; then at once."""
    uploading.rows = people(3)
    uploading.portal.on("POST", "/Users", instead(error(429, "", {"X-Retry-After": "0.5"})))
    began = time.monotonic()
    assert uploading.run().services.portal.created == 3
    assert 0.5 <= time.monotonic() - began < 5.0  # which is waited for where nothing is asked for


def test_stopping_finishes_what_is_under_way(uploading: Uploading):
    """A stop leaves no step without its result, and the next run does the rest."""
    uploading.rows = people(100)
    with services(uploading.portal, uploading.jhana) as both, Journal(uploading.journal_path) as j:
        run = j.begin(uploading._plan(both))
        runner = Runner(j, both, run, RunOptions(settle_seconds=0))

        def stop_early() -> None:
            for _ in runner.steps():
                if len(uploading.portal.store.users) >= 3:
                    runner.stop(ExitCode.TERMINATED)

        with pytest.raises(StoppedError) as caught:
            stop_early()
        assert caught.value.exit_code is ExitCode.TERMINATED
        assert f"aapimport resume {run.receipt}" in caught.value.state
        assert not [task for task in j.tasks(run.receipt) if task.state == "intent"]
        assert 3 <= len(uploading.portal.store.users) < 100
    assert uploading.run().services.portal.created == 100
    assert set(uploading.portal.creates.values()) == {1}


def test_a_bug_on_the_way_is_recorded_as_doubt(uploading: Uploading, monkeypatch):
    """An error of our own leaves its step in doubt, and is not hidden."""
    monkeypatch.setattr("aapimport.services.accounts.new_body", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        uploading.run()
    monkeypatch.undo()
    assert uploading.run().services.portal.created == 1


@pytest.mark.parametrize(
    "detail",
    [
        "\x1b[2J\x1b]0;owned\x07 [red]bold[/red] [/] \u202eevil",
        "half \ud800 a character",
        ["a", {"b": 1}, None],
        {"nested": True},
        "x" * 100_000,
        5,
    ],
)
def test_any_words_of_the_service_survive_as_a_reason(uploading: Uploading, detail):
    """Whatever a service says about a refusal is recorded, short, and breaks nothing."""
    uploading.portal.on("POST", "/Users", instead(error(422, detail)))
    (one,) = uploading.run().people
    assert one.portal == "rejected"
    assert 0 < len(one.reason) < 400


@pytest.mark.parametrize("kind", ["x" * 100_000, "a\nb", ["a"], 7])
def test_any_kind_of_error_is_cut_too(uploading: Uploading, kind):
    """The kind of an error is outside text as well as its words."""
    refusal = error(422)
    body = refusal.body.replace(b'"status"', b'"scimType": %s, "status"' % _json(kind))
    uploading.portal.on("POST", "/Users", instead(type(refusal)(status=422, body=body)))
    assert len(uploading.run().people[0].reason) < 400


def _json(value: object) -> bytes:
    import json

    return json.dumps(value).encode()


@pytest.mark.parametrize("identifier", ["a/b?c#d", "../Groups/team-1", "ü\u202e", 17, "\ud83d"])
def test_any_id_is_quoted(uploading: Uploading, identifier):
    """Whatever a service uses as an id, requests about the account go to a path below /Users."""
    from support.wire import as_json

    uploading.emails = False
    answer = as_json(201, {"id": identifier, "userName": "p2@acme.com"})
    uploading.portal.on("POST", "/Users", instead(answer))
    uploading.run()
    asked = [one.path for one in uploading.portal.seen if one.method in {"PATCH", "PUT"}]
    assert not [path for path in asked if not path.startswith("/Users/")]


def test_a_version_that_is_no_header_is_not_sent(uploading: Uploading):
    """An ETag with characters that a header can't hold breaks nothing."""
    uploading.portal.add_user("p2@acme.com", meta={"version": 'W/"ü\n"'})
    with services(uploading.portal, uploading.jhana) as both:
        object.__setattr__(both.portal.capabilities, "etags", True)
        with Journal(uploading.journal_path) as journal:
            run = journal.begin(uploading._plan(both))
            assert uploading.carry_out(journal, both, run).people[0].portal == "changed"


def test_a_clock_that_was_set_back_does_not_block_a_resume(uploading: Uploading, monkeypatch):
    """The wait for unanswered requests is never longer than the settle time."""
    uploading.settle_seconds = 0.2

    def lost(_act: Act) -> Response:
        uploading.portal.on("POST", "/Users/.search", instead(error(500)), times=10_000)
        uploading.portal.on("GET", "/Users", instead(error(500)), times=10_000)
        return RESET

    uploading.portal.on("POST", "/Users", lost, times=100)
    now = [10_000_000.0]

    def tick() -> float:
        now[0] += 0.1
        return now[0]

    monkeypatch.setattr("time.time", tick)
    uploading.run()
    uploading.portal._rules.clear()
    now[0] = 5_000_000.0
    uploading.slept.clear()
    assert uploading.run().services.portal.created == 1
    assert sum(uploading.slept) < 5


def test_people_who_stay_unknown_keep_nobody_else_waiting(uploading: Uploading):
    """Doubts are no failures: whom two lost creates left unknown stops nobody else."""
    uploading.rows = people(10)
    uploading.stop_after = 2
    for row in range(2, 6):
        uploading.portal.on("POST", "/Users", instead(RESET), times=100, body=f"p{row}@acme.com")
    report = uploading.run()
    results = [one.portal for one in report.people]
    assert results.count("unknown") == 4
    assert results.count("created") == 6


def test_who_was_written_counts_as_done_before_being_read_back(uploading: Uploading):
    """A run that stops before it reads back does not say that nothing was done: seats are used."""
    uploading.rows = people(3)
    with services(uploading.portal, uploading.jhana) as both, Journal(uploading.journal_path) as j:
        run = j.begin(uploading._plan(both).without_emails())
        runner = Runner(j, both, run, RunOptions(settle_seconds=0, bulk=False))
        seen = []
        for step in runner.steps():
            seen.append(step.done)
            if step.done == 3:
                runner.stop(ExitCode.INTERRUPTED)
                break
        assert seen[-1] == 3
        assert j.standing(run.receipt).endswith(f"continue with: aapimport resume {run.receipt}")
        assert j.standing(run.receipt).startswith("3 of 3 done, 2 of them not confirmed")
