import json

import pytest

from aapimport.errors import SettingsError
from aapimport.plan.make import Services
from aapimport.services.keeping import Adding
from aapimport.services.membership import COUNT
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.team_writes import LOST_HERE, see_who_was_there
from support.stub import EXTENSION, ScimStub
from support.wire import RESET, Act, Fault, Response, after_acting, as_json, error, instead


@pytest.fixture
def ana(portal_stub: ScimStub) -> str:
    """Somebody on the portal; returns the id."""
    return portal_stub.add_user("ana@acme.com")


def test_members_listed_by_user_name_are_known(portal_stub, both: Services, ana):
    """Canaille lists userNames where ids belong: nobody is added twice."""
    group = {"id": "team-1", "members": [{"value": "Ana@acme.com"}]}
    portal_stub.on("GET", "/Groups/team-1", instead(as_json(200, group)), times=9)
    outcomes = both.portal.add_members("team-1", {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.DONE
    assert portal_stub.writes == []


def test_a_membership_that_only_the_account_tells_is_kept(portal_stub, both: Services, ana):
    """A Group may list its members by something else: the account's own `groups` decide."""
    portal_stub.store.users[ana]["groups"] = [{"value": "team-1"}]
    other = {"id": "team-1", "members": [{"value": "uid=1,dc=acme"}]}
    portal_stub.on("GET", "/Groups/team-1", instead(as_json(200, other)), times=9)
    outcomes = both.portal.add_members("team-1", {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.DONE


def test_a_membership_that_nobody_tells_is_not_there_yet(portal_stub, both: Services, ana):
    """A 200 for the PATCH is not the membership, and an old list is no refusal."""
    other = {"id": "team-1", "members": [{"value": "somebody-else"}]}
    portal_stub.on("GET", "/Groups/team-1", instead(as_json(200, other)), times=9)
    outcomes = both.portal.add_members("team-1", {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.WRITTEN
    assert outcomes[ana].short == ("membership",)


@pytest.mark.parametrize(
    "fault",
    [
        after_acting(RESET),
        after_acting(error(500)),
        after_acting(error(503, headers={"Retry-After": "0"})),
    ],
)
def test_members_whose_answer_was_lost_are_not_sent_again(portal_stub, both: Services, fault):
    """Some servers list twice who is added twice (docs/scim.md, 7): who is in is read first."""
    portal_stub.habits.repeats_members = True
    team = portal_stub.add_team("Sales", 9)
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(5)}
    portal_stub.on("PATCH", "/Groups/.*", fault, times=2)
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.DONE}
    listed = [one["value"] for one in portal_stub.store.groups[team]["members"]]
    assert sorted(listed) == sorted(people)


def test_what_can_not_be_read_back_is_not_known(portal_stub, both: Services, ana):
    """A 200 for the PATCH and an error for the read-back: the membership is in doubt."""
    team = portal_stub.add_team("Sales", 9)
    portal_stub.on("GET", "/Groups/.*", instead(error(500)), times=9, skip=1)
    outcomes = both.portal.add_members(team, {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.UNKNOWN


def test_the_first_member_of_a_team_is_read_back_too(portal_stub, both: Services, ana):
    """Where teams show their members, an empty one has none so far."""
    portal_stub.habits.patch = "ignored"
    team, other = portal_stub.add_team("Sales", 9), portal_stub.add_team("Finance", 9)
    portal_stub.store.groups[other]["members"] = [{"value": "somebody"}]
    outcomes = both.portal.add_members(team, {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.WRITTEN
    assert both.portal.read_members(team, {ana: "ana@acme.com"})[ana].verdict is Verdict.WRITTEN
    portal_stub.store.groups[team]["members"] = [{"value": ana}]
    assert both.portal.read_members(team, {ana: "ana@acme.com"})[ana].verdict is Verdict.DONE


def test_a_portal_that_never_shows_members_is_believed_and_said(portal_stub, both: Services, ana):
    """Nothing can be read back there (docs/scim.md, 7: jackson), and the receipt says so."""
    portal_stub.habits.shows_members = False
    team = portal_stub.add_team("Sales", 9)
    outcomes = both.portal.add_members(team, {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.DONE
    assert outcomes[ana].reason == "accepted; this portal never shows who is in a team"


@pytest.mark.parametrize("status", [400, 500])
def test_a_service_that_can_not_count_is_asked_without(portal_stub, both: Services, ana, status):
    """Canaille answers 500 to any `count`: its own pages are walked, and it is asked once."""

    def falls_over(act):
        request_has_count = "count" in portal_stub.seen[-1].query
        return as_json(status, {}) if request_has_count else act()

    portal_stub.on("GET", "/Users", falls_over, times=99)
    assert [one.id for one in both.portal.everybody()] == [ana]
    with_count = sum("count" in one.query for one in portal_stub.seen)
    assert [one.id for one in both.portal.everybody()] == [ana]
    assert sum("count" in one.query for one in portal_stub.seen) == with_count


def test_a_team_that_is_gone_is_not_waited_for(portal_stub, both: Services, ana):
    """Somebody has deleted it since the plan: no resume would ever find it again."""
    portal_stub.on("GET", "/Groups/.*", instead(error(404)), times=9)
    outcomes = both.portal.add_members("team-9", {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.REJECTED
    assert outcomes[ana].reason == "the team is gone"


def former(stub: ScimStub) -> tuple[str, dict[str, str]]:
    """A team of two; returns its id, and whom it is to get."""
    team = stub.add_team("Sales", 9)
    stub.store.groups[team]["members"] = [
        {"value": stub.add_user("ben@acme.com", "Ben", "Okafor"), "display": "Ben Okafor"},
        {"value": stub.add_user("dora@acme.com", "Dora", "Berg")},
    ]
    new = [("eva@acme.com", "Eva", "Ng"), ("ivo@acme.com", "Ivo", "Tanaka")]
    return team, {stub.add_user(*one): one[0] for one in new}


def members(stub: ScimStub, team: str) -> list[str]:
    """Who is in a team, by id."""
    return sorted(str(one["value"]) for one in stub.store.groups[team]["members"])


def replaced(stub: ScimStub, *, times: int) -> Fault:
    """A PATCH stores a team with none of those who were in it before."""
    left = [times]

    def fault(act: Act) -> Response:
        if left[0]:
            left[0] -= 1
            stub.store.groups[stub.seen[-1].path.rpartition("/")[2]]["members"] = []
        return act()

    return fault


def test_a_write_has_no_query(portal_stub, both: Services):
    """A server may store the team as the query makes it show it (docs/scim.md, 18)."""
    team, people = former(portal_stub)
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.DONE}
    assert [dict(one.query) for one in portal_stub.writes] == [{}, {}]
    assert len(members(portal_stub, team)) == 4


@pytest.mark.parametrize("times", [1, 2])
def test_former_members_are_put_back(portal_stub, both: Services, times: int):
    """Whoever was in the team before is in it afterwards, and so are the new ones."""
    team, people = former(portal_stub)
    before = members(portal_stub, team)
    portal_stub.on("PATCH", "/Groups/.*", replaced(portal_stub, times=times), times=9)
    outcomes = both.portal.add_members(team, people)
    assert {(one.verdict, one.but) for one in outcomes.values()} == {(Verdict.DONE, "")}
    assert members(portal_stub, team) == sorted([*before, *people])


def test_former_members_who_are_gone_against_all_that_was_seen_are_named(portal_stub, both):
    """A portal that kept them until now may list the newest alone: it has to be shown anew."""
    both.portal.adds_to_teams.learn(appends=True)
    portal_stub.habits.replaces_members = True
    team, people = former(portal_stub)
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.DONE}
    assert all("2 former members are no longer shown" in one.but for one in outcomes.values())
    assert both.portal.adds_to_teams.appends is None


def test_whole_lists_hold_members_as_they_were_shown(portal_stub, both: Services):
    """With their names and types, nested Groups too."""
    portal_stub.habits.replaces_members = True
    team, people = former(portal_stub)
    nested = {"value": "team-1", "type": "Group", "display": "Sub"}
    portal_stub.store.groups[team]["members"].append(nested)
    before = [dict(one) for one in portal_stub.store.groups[team]["members"]]
    both.portal.add_members(team, people)
    assert all(one in portal_stub.store.groups[team]["members"] for one in before)


def test_former_members_who_are_gone_for_good_are_named(portal_stub, both: Services):
    """Each outcome of the call says who is missing, as the portal called them."""
    team, people = former(portal_stub)
    ben, dora = members(portal_stub, team)

    def keeps_the_new(act: Act) -> Response:
        act()
        portal_stub.store.groups[team]["members"] = [{"value": one} for one in people]
        return Response(status=204)

    portal_stub.on("PATCH", "/Groups/.*", keeps_the_new, times=9)
    outcomes = both.portal.add_members(team, people)
    but = f"2 former members are no longer shown in the team: Ben Okafor ({ben}), {dora}"
    assert {one.but for one in outcomes.values()} == {but}
    verdicts = [one.verdict for one in outcomes.values()]
    assert verdicts == [Verdict.DONE, Verdict.NEEDS_PERSON]  # nobody else is risked


def test_former_members_who_were_put_back_are_named_once(portal_stub, both: Services):
    """And nobody whom we have just added ourselves."""
    portal_stub.habits.replaces_members = True
    team, people = former(portal_stub)
    ben, dora = portal_stub.store.groups[team]["members"]
    outcomes = both.portal.add_members(team, people)
    assert both.portal.adds_to_teams.appends is False  # they were put back twice
    names = f"Ben Okafor ({ben['value']}), {dora['value']}"
    expected = f"former members were gone after the write and were put back: {names}"
    assert {one.reason for one in outcomes.values()} == {expected}


@pytest.fixture
def with_an_owner(portal_stub: ScimStub) -> list[str]:
    """Three teams of an owner and three others; `add` replaces all but the owner."""
    owner = portal_stub.add_user("owner@acme.com", "Olga", "Owner")

    def replaces_others(act: Act) -> Response:
        team = portal_stub.store.groups[portal_stub.seen[-1].path.split("/")[2]]
        team["members"] = [{"value": owner}]
        return act()

    portal_stub.on("PATCH", "/Groups/.*", replaces_others, times=99, body='"add"')
    teams = [portal_stub.add_team(name, 99) for name in ("Sales", "Ops", "Care")]
    for team in teams:
        old = [portal_stub.add_user(f"{team}-{one}@acme.com") for one in range(3)]
        portal_stub.store.groups[team]["members"] = [{"value": one} for one in (owner, *old)]
    return teams


def test_all_but_an_owner_are_put_back(portal_stub, both, with_an_owner):
    """So many are not taken out by a colleague just then; seen twice, whole lists are sent."""
    adding = both.portal.adds_to_teams
    for number, team in enumerate(with_an_owner):
        before = members(portal_stub, team)
        addresses = [f"{team}new{one}@acme.com" for one in range(2)]
        people = {portal_stub.add_user(one): one for one in addresses}
        outcomes = both.portal.add_members(team, people)
        assert all(one.verdict is Verdict.DONE and not one.but for one in outcomes.values())
        assert members(portal_stub, team) == sorted([*before, *people])
        said = {"were put back" in one.reason for one in outcomes.values()}
        assert said == {number == 0}
    assert adding.appends is False


@pytest.mark.parametrize("appends", [True, None])
def test_one_who_goes_from_one_team_closes_no_other_team(portal_stub, both: Services, appends):
    """A colleague may have taken them out; a second team that loses somebody is a reason."""
    adding = both.portal.adds_to_teams
    adding.recall(appends, "", lambda _appends, _kept: None)

    def takes_one(act: Act) -> Response:
        answer = act()
        portal_stub.store.groups[portal_stub.seen[-1].path.split("/")[2]]["members"].pop(0)
        return answer

    portal_stub.on("PATCH", "/Groups/.*", takes_one, times=2, body='"add"')
    reasons = []
    for number in range(4):
        team = portal_stub.add_team(f"Team {number}", 99)
        old = [portal_stub.add_user(f"{number}-{one}@acme.com") for one in range(4)]
        portal_stub.store.groups[team]["members"] = [{"value": one} for one in old]
        new = portal_stub.add_user(f"new{number}@acme.com")
        outcomes = both.portal.add_members(team, {new: f"new{number}@acme.com"})
        reasons.append(outcomes[new].reason)
        if number == 0:
            later = portal_stub.add_user("later@acme.com")
            (outcome,) = both.portal.add_members(team, {later: "later@acme.com"}).values()
            assert "somebody else is no longer shown in it since" in outcome.reason
    closed = ["people are no longer shown in another team since" in one for one in reasons]
    assert closed == [False, False, True, True]


@pytest.mark.parametrize("trusted", [False, True])
def test_a_team_that_has_lost_somebody_is_closed_to_later_sessions(
    portal_stub, both: Services, trusted
):
    """Until the portal is seen to keep two people elsewhere, or somebody says that it does."""
    teams = [portal_stub.add_team(name, 99) for name in ("Sales", "Ops")]
    for team in teams:
        old = [portal_stub.add_user(f"{team}-{one}@acme.com") for one in range(4)]
        portal_stub.store.groups[team]["members"] = [{"value": one} for one in old]
    sales, ops = teams
    owned = portal_stub.add_team("Care", 99)
    owner = portal_stub.add_user("owner@acme.com")
    portal_stub.store.groups[owned]["members"] = [{"value": owner}]

    def takes_one(act: Act) -> Response:
        answer = act()
        portal_stub.store.groups[sales]["members"].pop(0)
        return answer

    portal_stub.on("PATCH", "/Groups/.*", takes_one, body='"add"')
    saved: list[tuple[bool | None, str]] = [(None, "")]

    def a_session_adds(team: str, who: str) -> Outcome:
        adding = both.portal.adds_to_teams = Adding()
        adding.trusted = trusted
        adding.recall(*saved[-1], lambda *what: saved.append(what))
        outcomes = both.portal.add_members(team, {portal_stub.add_user(who): who})
        adding.told()
        (outcome,) = outcomes.values()
        return outcome

    assert a_session_adds(sales, "ana@acme.com").but
    again = a_session_adds(sales, "ben@acme.com")
    assert (again.verdict is Verdict.DONE) is trusted
    if not trusted:
        assert again.reason == LOST_HERE
        assert a_session_adds(owned, "cleo@acme.com").verdict is Verdict.DONE
        assert a_session_adds(sales, "dora@acme.com").reason == LOST_HERE
    assert a_session_adds(ops, "elif@acme.com").verdict is Verdict.DONE
    assert a_session_adds(sales, "finn@acme.com").verdict is Verdict.DONE
    assert saved[-1][0]


def test_who_was_taken_out_by_our_next_add_is_told_so(portal_stub, both, with_an_owner):
    """One owner who stays looks like an `add` that appends: then it shows that it doesn't."""
    team, other, _ = with_an_owner
    portal_stub.store.groups[team]["members"] = portal_stub.store.groups[team]["members"][:1]
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in "abc"}
    first, *_ = both.portal.add_members(team, people).values()
    assert (first.verdict, first.short) == (Verdict.WRITTEN, (COUNT,))
    assert first.reason.startswith("accepted, and not in the team any more: adding the next")
    before = members(portal_stub, other)
    outcomes = both.portal.add_members(other, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.NEEDS_PERSON}
    assert members(portal_stub, other) == before


@pytest.mark.parametrize("status", [409, 412, 423])
@pytest.mark.parametrize(("times", "verdict"), [(2, Verdict.DONE), (9, Verdict.REJECTED)])
def test_a_team_that_somebody_else_changes(portal_stub, both: Services, status, times, verdict):
    """Read, repeat, three times; then it is rejected in the portal's words.

    The first is added alone, as nothing has shown yet what becomes of former members.
    """
    team, people = former(portal_stub)
    portal_stub.on("PATCH", "/Groups/.*", instead(error(status, "is being changed")), times=times)
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {verdict}
    assert len(portal_stub.writes) == (6 if times == 9 else 4)
    if verdict is Verdict.REJECTED:
        assert {one.reason for one in outcomes.values()} == {"is being changed"}


@pytest.mark.parametrize("answer", [RESET, error(500, "no space left")])
def test_errors_of_a_team_cost_a_bounded_number_of_requests(portal_stub, both: Services, answer):
    """Sixty people are not asked for one by one; what became of them is unknown."""
    team = portal_stub.add_team("Sales", 99)
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(60)}
    portal_stub.on("PATCH", "/Groups/.*", instead(answer), times=999)
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.UNKNOWN}
    assert len(portal_stub.writes) == 3
    if not answer.reset:
        assert {one.reason for one in outcomes.values()} == {"no space left"}


def test_a_chunk_that_is_too_much_is_halved(portal_stub, both: Services):
    """Better Auth refuses more than it takes with a misleading 400 (docs/scim.md, 7)."""
    portal_stub.habits.max_members = 20
    team = portal_stub.add_team("Sales", 999)
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(120)}
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.DONE}
    assert members(portal_stub, team) == sorted(people)
    assert max(len(one.json["Operations"][0]["value"]) for one in portal_stub.writes) == 100


def test_one_person_whom_a_team_refuses_doesnt_keep_out_the_others(portal_stub, both: Services):
    """The refusal and its words are theirs alone."""
    team, people = former(portal_stub)
    eva, ivo = people
    refusal = instead(error(400, "leaves tomorrow"))
    portal_stub.on("PATCH", "/Groups/.*", refusal, times=9, body=f'"{eva}"')
    outcomes = both.portal.add_members(team, people)
    assert (outcomes[eva].verdict, outcomes[eva].reason) == (Verdict.REJECTED, "leaves tomorrow")
    assert outcomes[ivo].verdict is Verdict.DONE


@pytest.mark.parametrize("status", [402, 403, 404, 409, 422])
@pytest.mark.parametrize("at", [0, 5, 15])
def test_a_refusal_of_one_member_is_theirs_alone(portal_stub, both: Services, status, at):
    """The chunk is halved until only that person is refused, in the portal's words."""
    team = portal_stub.add_team("Sales", 99)
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(16)}
    refused = [*people][at]
    fault = instead(error(status, "leaves tomorrow"))
    portal_stub.on("PATCH", "/Groups/.*", fault, times=99, body=f'"{refused}"')
    outcomes = both.portal.add_members(team, people)
    assert outcomes[refused].verdict in {Verdict.REFUSED, Verdict.REJECTED}
    assert outcomes[refused].reason == "leaves tomorrow"
    assert members(portal_stub, team) == sorted({*people} - {refused})
    assert len(portal_stub.writes) < 13


@pytest.mark.parametrize("status", [402, 403])
def test_a_refused_team_is_a_word_against_this_request(portal_stub, both: Services, status):
    """Whether it is one against all of them is for who calls to find out, after five in a row."""
    team = portal_stub.add_team("Sales", 99)
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(60)}
    portal_stub.on("PATCH", "/Groups/.*", instead(error(status, "not your team")), times=99)
    outcomes = both.portal.add_members(team, people)
    assert {(one.verdict, one.reason) for one in outcomes.values()} == {
        (Verdict.REFUSED, "not your team")
    }
    assert outcomes.keys() == people.keys()
    assert len(portal_stub.writes) < 30  # down to five single ones, and no further


def replaces(stub: ScimStub, team: str, act: Act) -> Response:
    """A service whose `add` replaces the members of a team."""
    stub.store.groups[team]["members"] = []
    return act()


@pytest.mark.parametrize(("before", "new"), [(150, 3), (0, 130), (101, 1), (5, 3)])
@pytest.mark.parametrize("whole", [True, False])
def test_a_large_team_loses_nobody_where_add_replaces(portal_stub, both, before, new, whole):
    """It is seen before the second chunk, and the whole list is sent: by PUT if not by PATCH."""
    team = portal_stub.add_team("Sales", 999)
    old = [portal_stub.add_user(f"old{one}@acme.com", "Old", f"Hand{one}") for one in range(before)]
    portal_stub.store.groups[team]["members"] = [{"value": one} for one in old]
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(new)}

    def put(act: Act) -> Response:
        portal_stub.store.groups[team]["members"] = portal_stub.seen[-1].json["members"]
        return act()

    if not whole:
        fault = instead(error(501, "not this way"))
        portal_stub.on("PATCH", "/Groups/.*", fault, times=9, body='"replace"')
    portal_stub.on("PUT", "/Groups/.*", put, times=9)
    portal_stub.on("PATCH", "/Groups/.*", lambda act: replaces(portal_stub, team, act), times=99)
    outcomes = both.portal.add_members(team, people)
    assert {(one.verdict, one.but) for one in outcomes.values()} == {(Verdict.DONE, "")}
    assert members(portal_stub, team) == sorted([*old, *people])
    new_ones = []
    for name in ("eva", "ivo"):
        writes = len(portal_stub.writes)
        new_ones.append(portal_stub.add_user(f"{name}@acme.com", name, "Ng"))
        added = {new_ones[-1]: f"{name}@acme.com"}
        assert both.portal.add_members(team, added)[new_ones[-1]].verdict is Verdict.DONE
        assert members(portal_stub, team) == sorted([*old, *people, *new_ones])
        assert both.portal.adds_to_teams.appends is False  # seen twice: no coincidence
    assert len(portal_stub.writes) == writes + (1 if whole else 2)


def shows_one(stub: ScimStub, team: str, *, counts: str) -> None:
    """A portal that shows the first member of a team, and counts all of them."""
    where = f"{EXTENSION}:Group"

    def fault(act: Act) -> Response:
        shown = json.loads(act().body)
        del shown["members"][1:]
        if counts != "in the team":
            shown.pop(where)
        if counts == "never otherwise":
            shown[where] = {"placesUsed": 4}
        return as_json(200, shown)

    for method in ("GET", "PATCH"):
        stub.on(method, f"/Groups/{team}", fault, times=999)


@pytest.mark.parametrize("counts", ["in the team", "in the list of teams"])
def test_a_team_that_shows_only_some_is_believed_when_it_counts_more(portal_stub, both, counts):
    """Who was accepted is among those whom it doesn't list, and nobody is lost."""
    both.portal.adds_to_teams.learn(appends=True)
    team, people = former(portal_stub)
    shows_one(portal_stub, team, counts=counts)
    outcomes = both.portal.add_members(team, people)
    assert {(one.verdict, one.reason) for one in outcomes.values()} == {
        (Verdict.DONE, "accepted; this team shows only some of its members")
    }
    assert len(portal_stub.writes) == 1
    assert not both.portal.adds_to_teams.kept


def test_whom_a_team_may_not_show_is_not_believed_when_it_counts_no_more(portal_stub, both):
    """A PATCH that is accepted and ignored: what became of it, only a look there can tell."""
    both.portal.adds_to_teams.learn(appends=True)
    team, people = former(portal_stub)
    shows_one(portal_stub, team, counts="never otherwise")
    outcomes = both.portal.add_members(team, people)
    assert {(one.verdict, one.short) for one in outcomes.values()} == {
        (Verdict.WRITTEN, ("count",))
    }


@pytest.mark.parametrize("appends", [None, False])
def test_nobody_is_added_where_unseen_members_might_be_lost(portal_stub, both, appends):
    """A team that shows only some, and an `add` that replaces, or may: nothing is sent."""
    if appends is not None:
        both.portal.adds_to_teams.learn(appends=appends)
    team, people = former(portal_stub)
    shows_one(portal_stub, team, counts="in the team")
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {
        Verdict.NEEDS_PERSON if appends is None else Verdict.REJECTED
    }
    assert all("only some of" in one.reason for one in outcomes.values())
    assert portal_stub.writes == []


def test_ids_may_be_numbers(portal_stub, both: Services):
    """In the list of members, too: nobody is added twice, nobody is missed."""
    group = {"id": 1, "members": [{"value": 7}, {"value": 8}]}
    portal_stub.on("GET", "/Groups/1", instead(as_json(200, group)), times=9)
    outcomes = both.portal.add_members("1", {"7": "eva@acme.com", "8": "ivo@acme.com"})
    assert {one.verdict for one in outcomes.values()} == {Verdict.DONE}
    assert portal_stub.writes == []
    assert both.portal.members("1") == frozenset({"7", "8"})


def test_an_empty_team_right_after_the_write_is_not_a_portal_that_hides(portal_stub, both):
    """Accepted for later, and lists of Groups leave members out: still to come, not done."""
    team, people = former(portal_stub)
    portal_stub.store.groups[team]["members"] = []
    portal_stub.habits.shows_members = True
    portal_stub.on("PATCH", "/Groups/.*", instead(Response(status=202)))
    bare = {"totalResults": 1, "Resources": [{"id": team, "displayName": "Sales"}]}
    portal_stub.on("GET", "/Groups", instead(as_json(200, bare)), times=9)
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.WRITTEN}
    assert both.portal.shows_members


def test_a_portal_that_may_hide_its_members_is_not_believed_at_once(portal_stub, both: Services):
    """Nothing certain is known of a team without a list, after an answer without a body."""
    portal_stub.habits.shows_members = portal_stub.habits.counts = False
    team = portal_stub.add_team("Sales", 9)
    eva = portal_stub.add_user("eva@acme.com", "Eva", "Ng")
    portal_stub.on("PATCH", "/Groups/.*", after_acting(Response(status=204)))
    assert both.portal.add_members(team, {eva: "eva@acme.com"})[eva].verdict is Verdict.WRITTEN
    assert not both.portal.shows_members
    places = portal_stub.store.groups[team][f"{EXTENSION}:Group"]
    places["placesUsed"] = 1
    outcome = both.portal.read_members(team, {eva: "eva@acme.com"})[eva]
    assert (outcome.verdict, outcome.reason) == (
        Verdict.DONE,
        "accepted; this portal never shows who is in a team",
    )


def test_a_refused_token_ends_the_reading_of_a_team(portal_stub, both: Services, ana):
    """It isn't a reason for each of the people."""
    portal_stub.habits.token = "another"
    with pytest.raises(SettingsError):
        both.portal.add_members("team-1", {ana: "ana@acme.com"})


def test_former_members_are_named_on_one_line(portal_stub, both: Services):
    """Whatever the portal calls them: control characters and a traceback are no name."""
    team, people = former(portal_stub)
    evil = "\x1b[31mBoss\x1b[0m\nTraceback (most recent call last):\n  File x"
    portal_stub.store.groups[team]["members"] = [{"value": "user-1", "display": evil}]

    def keeps_the_new(_act: Act) -> Response:
        portal_stub.store.groups[team]["members"] = [{"value": one} for one in people]
        return Response(status=204)

    portal_stub.on("PATCH", "/Groups/.*", keeps_the_new, times=9)
    outcomes = both.portal.add_members(team, people)
    but = "1 former member is no longer shown in the team: Boss (user-1)"
    assert {one.but for one in outcomes.values()} == {but}


def ignored(stub: ScimStub) -> Fault:
    """A PATCH that is answered as a success and does nothing."""

    def fault(_act: Act) -> Response:
        return as_json(200, stub.store.groups[stub.seen[-1].path.rpartition("/")[2]])

    return fault


@pytest.mark.parametrize("shown", [0, 1])
def test_what_one_team_never_shows_makes_no_whole_list_of_another(portal_stub, both, shown):
    """Its list may be a part: whoever isn't in it would be taken out, without a name."""
    team, people = former(portal_stub)
    portal_stub.on("PATCH", f"/Groups/{team}", ignored(portal_stub), times=9)
    both.portal.add_members(team, people)
    large = portal_stub.add_team("Large", 99)
    inside = [portal_stub.add_user(f"in{one}@acme.com") for one in range(4)]
    portal_stub.store.groups[large]["members"] = [{"value": one} for one in inside]

    def partly(act: Act) -> Response:
        body = json.loads(act().body)
        body["members"] = body["members"][:shown]
        return as_json(200, {name: one for name, one in body.items() if one != []})

    portal_stub.on("GET", f"/Groups/{large}", partly, times=99)
    outcomes = both.portal.add_members(large, people)
    assert {*inside} <= {*members(portal_stub, large)}
    assert Verdict.REJECTED not in {one.verdict for one in outcomes.values()}
    assert not any(
        one["op"] == "replace" for it in portal_stub.writes for one in it.json["Operations"]
    )


def test_a_whole_list_is_never_sent_to_a_team_that_shows_none(portal_stub, both: Services):
    """Where `add` replaces, whoever is in the team without being shown would be lost."""
    both.portal.adds_to_teams.learn(appends=False)
    team, people = former(portal_stub)
    before = members(portal_stub, team)
    portal_stub.habits.shows_members = False
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.REJECTED}
    assert members(portal_stub, team) == before


def test_no_put_follows_a_refused_list(portal_stub, both: Services):
    """A PUT wipes out what a team has and doesn't show; who is gone is named instead."""
    portal_stub.habits.replaces_members = True
    team, people = former(portal_stub)
    refusal = instead(error(400, "not the whole list"))
    portal_stub.on("PATCH", "/Groups/.*", refusal, times=9, body='"replace"')
    outcomes = both.portal.add_members(team, people)
    assert {one.method for one in portal_stub.writes} == {"PATCH"}
    assert all(
        "former members are no longer shown in the team" in it.but for it in outcomes.values()
    )


@pytest.mark.parametrize("replaces", [True, False])
@pytest.mark.parametrize("status", [403, 409, 423])
def test_a_refusal_says_nothing_of_an_add_whose_answer_was_lost(
    portal_stub, both: Services, status, replaces
):
    """The first one may be carried out yet: what was there is kept until that is known."""
    team, people = former(portal_stub)
    before = members(portal_stub, team)
    portal_stub.on("PATCH", "/Groups/.*", instead(error(504)))
    portal_stub.on("PATCH", "/Groups/.*", instead(error(status, "is being changed")), times=9)
    outcomes = both.portal.add_members(team, people)
    assert outcomes[next(iter(people))].verdict is Verdict.UNKNOWN
    assert Verdict.DONE not in {one.verdict for one in outcomes.values()}
    assert both.portal.adds_to_teams.kept.keys() == {team}
    assert members(portal_stub, team) == before
    portal_stub._rules.clear()
    portal_stub.store.groups[team]["members"] = [
        *([] if replaces else ({"value": one} for one in before)),
        *({"value": one} for one in people),  # carried out after all
    ]
    both.portal.read_members(team, people)
    see_who_was_there(both.portal)
    assert members(portal_stub, team) == sorted([*before, *people])


def test_an_empty_team_that_shows_no_list_is_looked_at_before_the_second_chunk(portal_stub, both):
    """Many portals omit what is blank: whoever came with the first chunk must not be lost."""
    portal_stub.habits.replaces_members = True
    team = portal_stub.add_team("Sales", 999)
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(150)}

    def omits_blanks(act: Act) -> Response:
        body = json.loads(act().body)
        return as_json(200, {name: one for name, one in body.items() if one != []})

    portal_stub.on("GET", f"/Groups/{team}", omits_blanks, times=99)
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.DONE}
    assert members(portal_stub, team) == sorted(people)


@pytest.mark.parametrize(
    "refused", [[3, 40, 77], [0, 1, 2, 3, 99], [50, 51, 52, 53, 54], [0, 1, 2, 97, 98, 99]]
)
def test_several_whom_a_team_refuses_keep_out_nobody_else(portal_stub, both: Services, refused):
    """Only refusals of single people count as those of all of them."""
    team = portal_stub.add_team("Sales", 999)
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(100)}
    unwanted = {[*people][at] for at in refused}

    def refuses(act: Act) -> Response:
        new = portal_stub.seen[-1].json["Operations"][0]["value"]
        return error(403, "no") if unwanted & {one["value"] for one in new} else act()

    portal_stub.on("PATCH", "/Groups/.*", refuses, times=999)
    outcomes = both.portal.add_members(team, people)
    assert members(portal_stub, team) == sorted(people.keys() - unwanted)
    assert {one for one, it in outcomes.items() if it.verdict is Verdict.REFUSED} == unwanted


@pytest.mark.parametrize("proven", [True, None])
@pytest.mark.parametrize("order", ["by name", "newest first"])
@pytest.mark.parametrize("new", [1, 120])
def test_a_list_that_is_cut_is_never_sent_as_the_whole(portal_stub, both, proven, order, new):
    """Whoever is added may push others out of what is shown: they are named, and stay in it."""
    if proven:
        both.portal.adds_to_teams.learn(appends=True)
    team = portal_stub.add_team("Sales", 999)
    old = [portal_stub.add_user(f"old{one}@acme.com", "Old", f"Hand{one}") for one in range(250)]
    portal_stub.store.groups[team]["members"] = [{"value": one} for one in old]
    people = {portal_stub.add_user(f"a{one}@acme.com"): f"a{one}@acme.com" for one in range(new)}

    def cut(act: Act) -> Response:
        body = json.loads(act().body)
        for group in body.get("Resources", [body]):
            group.pop(f"{EXTENSION}:Group", None)
        if "members" not in body:
            return as_json(200, body)
        shown = body["members"][::-1]
        if order == "by name":
            shown.sort(key=lambda one: portal_stub.store.users[one["value"]]["userName"])
        return as_json(200, body | {"members": shown[:100]})

    portal_stub.on("GET", "/Groups(/.*)?", cut, times=999)
    for _ in range(2):
        outcomes = both.portal.add_members(team, people)
        left = {one for one, it in outcomes.items() if it.verdict is Verdict.NEEDS_PERSON}
        assert {*old, *people} - left <= {*members(portal_stub, team)}
        assert len(members(portal_stub, team)) == 250 + (new if proven else 1)


def test_teams_that_refuse_everybody_cost_a_bounded_number_of_requests(portal_stub, both: Services):
    """One that has members, too; after three of them the next are believed at one refusal."""
    refusal = instead(error(403, "kept elsewhere"))
    portal_stub.on("PATCH", "/Groups/.*", refusal, times=9999)
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(60)}
    counts = []
    for number in range(5):
        team = portal_stub.add_team(f"T{number}", 999)
        portal_stub.store.groups[team]["members"] = [{"value": portal_stub.add_user(f"x{number}")}]
        portal_stub.seen.clear()
        outcomes = both.portal.add_members(team, people)
        assert {one.verdict for one in outcomes.values()} == {Verdict.REFUSED}
        counts.append(len(portal_stub.writes))
    assert counts == [6, 6, 6, 1, 1]


@pytest.mark.parametrize("count", [3, 0])
def test_the_first_of_a_file_are_not_everybody(portal_stub, both: Services, count):
    """The first five are refused: who is sent alone is taken from the end and the middle, too."""
    team = portal_stub.add_team("Sales", 99)
    old = [{"value": portal_stub.add_user(f"old{one}@acme.com")} for one in range(count)]
    portal_stub.store.groups[team]["members"] = old
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(30)}
    first = [*people][:5]
    refusal = instead(error(403, "managed elsewhere"))
    for one in first:
        portal_stub.on("PATCH", "/Groups/.*", refusal, times=99, body=f'"{one}"')
    outcomes = both.portal.add_members(team, people)
    refused = [one for one, it in outcomes.items() if it.verdict is Verdict.REFUSED]
    assert sorted(refused) == sorted(first)


def test_who_is_refused_in_a_row_at_both_ends_is_not_everybody(portal_stub, both: Services):
    """Before all are given up, somebody from the middle who wasn't tried is refused as well."""
    team = portal_stub.add_team("Sales", 99)
    portal_stub.store.groups[team]["members"] = [{"value": portal_stub.add_user("x@acme.com")}]
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(20)}
    ids = [*people]
    bad = [ids[0], ids[-1], ids[10], ids[1], ids[-2]]  # as they are taken
    refusal = instead(error(403, "managed elsewhere"))
    for one in bad:
        portal_stub.on("PATCH", "/Groups/.*", refusal, times=99, body=f'"{one}"')
    outcomes = both.portal.add_members(team, people)
    refused = [one for one, it in outcomes.items() if it.verdict is Verdict.REFUSED]
    assert sorted(refused) == sorted(bad)


@pytest.mark.parametrize("how", ["one person", "too many at once", "too many members"])
def test_after_teams_that_refuse_everybody_the_next_is_judged_by_a_single_person(
    portal_stub, both: Services, how
):
    """Neither a chunk's refusal is believed at once, nor one in other words than the teams'."""
    both.portal.adds_to_teams.refusing = ["kept elsewhere"] * 3
    team = portal_stub.add_team("Sales", 99)
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(40)}
    middle = [*people][20]
    status, words = {
        "one person": (403, "leaves tomorrow"),
        "too many at once": (403, "kept elsewhere"),
        "too many members": (400, "kept elsewhere"),
    }[how]

    def refuse(act: Act) -> Response:
        sent = [one["value"] for one in portal_stub.seen[-1].json["Operations"][0]["value"]]
        asked = middle in sent if status == 400 or how == "one person" else len(sent) > 20
        return error(status, words) if asked else act()

    portal_stub.on("PATCH", "/Groups/.*", refuse, times=99)
    outcomes = both.portal.add_members(team, people)
    done = [one for one, it in outcomes.items() if it.verdict is Verdict.DONE]
    assert len(done) == (40 if how == "too many at once" else 39)


def test_a_part_that_is_another_one_each_time_makes_no_whole_list(portal_stub, both: Services):
    """A team that counts more than it lists may list others next time: nobody is sent as all."""
    team, _ = former(portal_stub)
    where = f"{EXTENSION}:Group"
    inside = [portal_stub.add_user(f"in{one}@acme.com") for one in range(9)]
    portal_stub.store.groups[team]["members"] = [{"value": one} for one in inside]

    def three(act: Act) -> Response:
        body = json.loads(act().body)
        everybody = body["members"]
        few = everybody[:3] if len(everybody) == len(inside) else everybody[2:4] + everybody[-1:]
        places = {**body.get(where, {}), "placesUsed": len(inside)}  # that is told late
        return as_json(200, body | {"members": few, where: places})

    portal_stub.on("GET", f"/Groups/{team}", three, times=99)
    both.portal.adds_to_teams.trusted = True
    new = portal_stub.add_user("new@acme.com")
    both.portal.add_members(team, {new: "new@acme.com"})
    assert {*inside, new} <= {*members(portal_stub, team)}
    sent = [json.loads(one.body)["Operations"][0]["op"] for one in portal_stub.writes]
    assert sent == ["add"]
