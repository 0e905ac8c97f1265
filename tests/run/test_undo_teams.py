"""Nobody else leaves a team by an undo, whatever the portal answers and shows."""

from aapimport.errors import ExitCode
from aapimport.run.journal import Journal
from aapimport.services.leaving import SHOWS_SOME, leave_team
from aapimport.services.outcomes import Outcome, Verdict
from support.habits import EXTENSION
from support.undoing import begun, go_on
from support.uploading import Uploading, people, services
from support.wire import RESET, Act, Response, after_acting, as_json, error, instead


def uploaded(uploading: Uploading, count: int = 3) -> str:
    """Some people are put into a team that has two others."""
    others = [uploading.portal.add_user(f"{one}@acme.com") for one in ("xeno", "yara")]
    uploading.portal.store.groups["team-1"]["members"] = [{"value": one} for one in others]
    uploading.emails = False
    uploading.rows = people(count, team="Sales")
    return uploading.run().receipt


def members(uploading: Uploading) -> set[str]:
    """Who is in the team, by the first part of the address."""
    names = {one["id"]: one["userName"] for one in uploading.portal.store.users.values()}
    team = uploading.portal.store.groups["team-1"]["members"]
    return {names[one["value"]].partition("@")[0] for one in team}


def test_a_refusal_after_which_the_team_is_empty_is_looked_at(uploading: Uploading) -> None:
    """A portal says no, and has cleared the list: the others are put back, each time."""
    undo = begun(uploading, uploaded(uploading))
    uploading.portal.habits.clears_on_remove = True
    uploading.portal.on(
        "PATCH", "/Groups/team-1", after_acting(error(422, "no")), body='"remove"', times=9
    )
    report = go_on(uploading, undo)
    assert members(uploading) == {"xeno", "yara"}
    assert (report.taken_back, report.half, report.exit_code) == (3, 3, ExitCode.OK)


def test_whom_a_refusal_has_taken_out_is_named(uploading: Uploading) -> None:
    """Once on the receipt, by whoever was to be taken out; nobody more is taken out there."""
    undo = begun(uploading, uploaded(uploading))

    def takes_another_out(_act: Act) -> Response:
        del uploading.portal.store.groups["team-1"]["members"][0]
        return error(403, "not yours")

    uploading.portal.on("PATCH", "/Groups/team-1", takes_another_out)
    report = go_on(uploading, undo)
    (lost,) = (one for one in report.effects if one.what == "others in the team")
    assert "1 former member is no longer shown in the team: user-1" in lost.reason
    assert members(uploading) == {"yara", "p2", "p3", "p4"}
    assert report.exit_code is ExitCode.FINDINGS


def test_what_a_write_has_taken_is_known_though_it_could_not_be_read_back(
    uploading: Uploading,
) -> None:
    """The next write to the team has to wait until that was seen: it would forget who was there."""
    undo = begun(uploading, uploaded(uploading))
    broken = False

    def takes_another_out(act: Act) -> Response:
        nonlocal broken
        answer, broken = act(), True
        del uploading.portal.store.groups["team-1"]["members"][0]
        return answer

    def mended(act: Act) -> Response:
        nonlocal broken
        broken = False
        return act()

    uploading.portal.on("PATCH", "/Groups/team-1", takes_another_out)
    uploading.portal.on("GET", "/Users/.*", mended, times=10**6)
    uploading.portal.on(
        "GET", "/Groups/team-1", lambda act: RESET if broken else act(), times=10**6
    )
    report = go_on(uploading, undo)
    (lost,) = (one for one in report.effects if one.what == "others in the team")
    assert "user-1" in lost.reason
    assert members(uploading) == {"yara", "p3", "p4"}


def test_so_many_at_once_that_are_refused_leave_one_by_one(uploading: Uploading) -> None:
    """And of those, one's refusal is theirs."""
    undo = begun(uploading, uploaded(uploading, 5))
    ids = {one["userName"]: one["id"] for one in uploading.portal.store.users.values()}
    refused = instead(error(400, "one of them"))
    uploading.portal.on("PATCH", "/Groups/team-1", refused, body=ids["p4@acme.com"], times=9)
    report = go_on(uploading, undo)
    (left,) = (one for one in report.effects if one.result == "rejected")
    assert (left.row, left.what) == (4, "out of the team")
    assert left.reason == "one of them; take this person out of the team on the portal"
    assert members(uploading) == {"xeno", "yara", "p4"}


def test_nobody_is_taken_out_of_a_team_that_shows_only_some(uploading: Uploading) -> None:
    """Whoever isn't shown might go unseen; unless the administrator knows better."""
    undo = begun(uploading, uploaded(uploading))
    uploading.portal.store.groups["team-1"][f"{EXTENSION}:Group"]["placesUsed"] = 7
    report = go_on(uploading, undo)
    left = [one for one in report.effects if one.what == "out of the team"]
    assert {(one.result, one.reason) for one in left} == {("impossible", SHOWS_SOME)}
    assert len(members(uploading)) == 5
    own = next(one for one, it in uploading.portal.store.users.items() if it["userName"][0] == "p")
    with services(uploading.portal, uploading.jhana) as both:
        both.portal.adds_to_teams.trusted = True
        outcome = leave_team(both.portal, "team-1", {own: "p2@acme.com"})[own]
    assert (outcome.verdict, len(members(uploading))) == (Verdict.DONE, 4)


def test_a_list_that_does_not_tell_who_is_in_it_proves_nothing(uploading: Uploading) -> None:
    """Members without an id, and another team's list, are never taken for people who are out."""
    undo = begun(uploading, uploaded(uploading, 1))
    whole = uploading.portal.store.groups["team-1"]
    nameless = [{"$ref": f"../Users/{one['value']}"} for one in whole["members"]]
    shown = {"body": as_json(200, {"id": "team-1", "members": nameless})}
    uploading.portal.on("GET", "/Groups/team-1", lambda _: shown["body"], times=10**6)
    report = go_on(uploading, undo)
    (left,) = (one for one in report.effects if one.what == "out of the team")
    assert left.result == "impossible"
    shown["body"] = as_json(200, {"id": "team-2", "members": []})
    own = next(one for one, it in uploading.portal.store.users.items() if it["userName"][0] == "p")
    with services(uploading.portal, uploading.jhana) as both:
        outcome = leave_team(both.portal, "team-1", {own: "p2@acme.com"})[own]
    assert outcome.verdict is Verdict.UNKNOWN
    assert len(members(uploading)) == 3


def test_an_account_that_is_not_shown_is_not_out_of_a_team_that_lists_it(
    uploading: Uploading,
) -> None:
    """A portal may hide an account for a while: that is no success."""
    undo = begun(uploading, uploaded(uploading, 1))
    own = next(one for one, it in uploading.portal.store.users.items() if it["userName"][0] == "p")
    uploading.portal.on("GET", f"/Users/{own}", instead(error(404)), times=10**6)
    report = go_on(uploading, undo)
    (left,) = (one for one in report.effects if one.what == "out of the team")
    assert (left.result, report.exit_code) == ("changed since", ExitCode.FINDINGS)
    assert members(uploading) == {"xeno", "yara", "p2"}


def test_whom_somebody_else_has_put_into_the_team_meanwhile_stays_in_it(
    uploading: Uploading,
) -> None:
    """Between the plan and the write: it was so, and an upload takes back what it has done."""
    ours = uploading.portal.add_user("p2@acme.com", "Ana", "Perez", entitlements=[{"value": "p26"}])

    def joined(act: Act) -> Response:
        uploading.portal.store.groups["team-1"]["members"].append({"value": ours})
        return act()

    uploading.portal.on("POST", "/Users", joined)
    undo = begun(uploading, uploaded(uploading))
    assert members(uploading) == {"xeno", "yara", "p2", "p3", "p4"}
    go_on(uploading, undo)
    assert members(uploading) == {"xeno", "yara", "p2"}


def test_only_others_are_named_as_lost(uploading: Uploading) -> None:
    """Those of the undo itself went with them, and are to be out: nobody puts them in again."""
    undo = begun(uploading, uploaded(uploading, 4))
    uploading.portal.habits.clears_on_remove = True
    no = instead(error(422))
    uploading.portal.on("PATCH", "/Groups/team-1", no, body='"replace"', times=99)
    report = go_on(uploading, undo)
    (lost,) = (one for one in report.effects if one.what == "others in the team")
    assert lost.reason == (
        "2 former members are no longer shown in the team: user-1, user-2;"
        " put them into it on the portal"
    )
    with Journal(uploading.journal_path) as journal:
        assert journal.lost_members(undo.receipt) == {2: ("team-1", {"user-1", "user-2"})}


def test_whoever_was_lost_and_is_not_taken_out_is_named_with_the_others(
    uploading: Uploading,
) -> None:
    """Somebody's account isn't theirs any more: they stay in the team, so they are lost, too."""
    undo = begun(uploading, uploaded(uploading, 3))
    uploading.portal.habits.clears_on_remove = True
    no = instead(error(422))
    uploading.portal.on("PATCH", "/Groups/team-1", no, body='"replace"', times=99)
    users = uploading.portal.store.users
    own = next(one for one, it in users.items() if it["userName"] == "p4@acme.com")
    users[own]["name"] = {"givenName": "Zoe", "familyName": "Ng"}
    report = go_on(uploading, undo)
    (lost,) = (one for one in report.effects if one.what == "others in the team")
    assert lost.reason == (
        f"3 former members are no longer shown in the team: user-1, user-2, {own};"
        " put them into it on the portal"
    )


def test_who_belongs_into_the_team_by_then_stays_also_where_they_leave_one_by_one(
    uploading: Uploading,
) -> None:
    """Asked before each single removal, and not only before they were refused together."""
    uploaded(uploading)
    several = instead(error(400, "one at a time"))
    uploading.portal.on("PATCH", "/Groups/team-1", several, body='"remove"')
    users = uploading.portal.store.users.values()
    ours = {str(one["id"]): str(one["userName"]) for one in users if one["userName"][0] == "p"}
    stays = {"p3@acme.com": Outcome(verdict=Verdict.NEEDS_PERSON, reason="a later upload")}
    with services(uploading.portal, uploading.jhana) as both:
        outcomes = leave_team(
            both.portal, "team-1", ours, ours, lambda own_id: stays.get(ours[own_id])
        )
    assert members(uploading) == {"xeno", "yara", "p3"}
    assert {ours[one] for one, it in outcomes.items() if it.verdict is Verdict.DONE} == {
        "p2@acme.com",
        "p4@acme.com",
    }
