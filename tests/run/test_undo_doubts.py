"""Who may have been put into a team by an upload that didn't learn what became of it."""

import pytest

from aapimport.errors import ExitCode
from aapimport.run.back_reasons import BY_HAND, GONE_BUT_LISTED, MAY_BE_PUT_IN
from aapimport.run.debts import debts_of
from aapimport.run.effects import Effect
from aapimport.run.journal import Journal
from aapimport.run.left import left_by
from aapimport.run.since import PersonSince, Standing, read_back
from aapimport.run.undo_plan import effects_of
from support.undoing import begun, go_on
from support.uploading import Uploading, people, services
from support.wire import RESET, after_acting, error, instead


def in_doubt(uploading: Uploading, *, there: bool, others: int = 0) -> str:
    """Two people are put into a team, its answers are lost, and it can't be looked at."""
    uploading.emails = False
    uploading.rows = people(2, team="Sales")
    for one in uploading.rows if there else ():
        on_pass = [{"value": "p26", "type": "pass"}]
        roles = [{"value": "manager", "primary": True}]
        uploading.portal.add_user(one.email, roles=roles, entitlements=on_pass)
    some = [uploading.portal.add_user(f"o{one}@acme.com") for one in range(others)]
    uploading.portal.store.groups["team-1"]["members"] = [{"value": one} for one in some]
    uploading.portal.on("PATCH", "/Groups/.*", after_acting(RESET), times=9)
    uploading.portal.on("GET", "/Groups/.*", instead(error(503)), times=10**6, skip=2)
    report = uploading.run()
    assert report.exit_code is not ExitCode.OK
    uploading.portal._rules.clear()
    assert len(members(uploading)) == 2 + others
    return report.receipt


def members(uploading: Uploading) -> list[str]:
    """Who is in the team."""
    (team,) = uploading.portal.store.groups.values()
    return [one["value"] for one in team["members"]]


def looked_at(uploading: Uploading, receipt: str) -> list[tuple[PersonSince, list[Effect]]]:
    """Everybody now, and what an undo would do about them."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        found = read_back(left_by(journal, journal.run(receipt)), both)
        return [(one, [*effects_of(one)]) for one in found]


@pytest.mark.parametrize("there", [True, False])
def test_whoever_may_have_been_put_in_is_named(uploading: Uploading, *, there: bool) -> None:
    """They stay in the team: somebody else may have put them in. A new account is switched off."""
    receipt = in_doubt(uploading, there=there)
    for one, effects in looked_at(uploading, receipt):
        assert one.standing is Standing.UNKNOWN
        assert one.words == ("in the team: whether the upload had put them in isn't known",)
        assert (effects[0].sort.value, effects[0].words) == ("impossible", MAY_BE_PUT_IN)
    report = go_on(uploading, begun(uploading, receipt))
    left = [one for one in report.effects if one.what == "out of the team"]
    assert [(one.result, one.reason) for one in left] == [("impossible", MAY_BE_PUT_IN)] * 2
    assert (report.half, report.exit_code) == (0 if there else 2, ExitCode.FINDINGS)
    assert len(members(uploading)) == 2
    assert any(one["active"] for one in uploading.portal.store.users.values()) is there
    for _, effects in looked_at(uploading, receipt):
        assert MAY_BE_PUT_IN in {one.words for one in effects}


def test_whoever_is_not_in_it_leaves_nothing(uploading: Uploading) -> None:
    """Nothing has to be taken back; what the upload had done isn't known all the same."""
    receipt = in_doubt(uploading, there=True)
    (team,) = uploading.portal.store.groups.values()
    team["members"].clear()
    for one, effects in looked_at(uploading, receipt):
        assert one.standing is Standing.UNKNOWN
        assert one.words == ("not in the team: whether the upload had put them in isn't known",)
        assert effects == []


def test_what_shows_late_is_named(uploading: Uploading) -> None:
    """A membership that counted as rejected, as it hadn't shown in time, is there by now."""
    uploading.emails = False
    uploading.rows = people(1, team="Sales")
    uploading.portal.store.groups["team-1"]["members"] = [{"value": "somebody"}]
    uploading.portal.on("PATCH", "/Groups/.*", instead(error(204, "")), times=9)
    report = uploading.run()
    assert report.services.portal.created == 1
    ((one, effects),) = looked_at(uploading, report.receipt)
    assert (one.standing, len(effects)) == (Standing.SAME, 1)
    (own,) = uploading.portal.store.users
    uploading.portal.store.groups["team-1"]["members"].append({"value": own})
    ((one, effects),) = looked_at(uploading, report.receipt)
    assert one.standing is Standing.UNKNOWN
    assert MAY_BE_PUT_IN in {it.words for it in effects}


def test_whoever_is_listed_and_has_no_account_is_for_a_person(uploading: Uploading) -> None:
    """Somebody is in the team all the same, whatever is said of the account; later, too."""
    uploading.emails = False
    uploading.rows = people(2, team="Sales")
    receipt = uploading.run().receipt
    own = next(iter(uploading.portal.store.users))
    uploading.portal.on("GET", f"/Users/{own}", instead(error(404)), times=10**6)
    report = go_on(uploading, begun(uploading, receipt))
    (left,) = (one for one in report.effects if one.result == "changed since")
    assert (left.what, left.reason) == ("out of the team", f"{GONE_BUT_LISTED}; {BY_HAND}")
    assert report.exit_code is ExitCode.FINDINGS
    assert members(uploading) == [own]
    for _, effects in looked_at(uploading, receipt)[:1]:
        sorts = [(one.kind.value, one.sort.value) for one in effects]
        assert sorts == [("leave team", "changed since"), ("take back", "nothing left")]
    uploading.portal.store.groups["team-1"]["members"].clear()
    for _, effects in looked_at(uploading, receipt)[:1]:
        assert [one.sort.value for one in effects] == ["nothing left"]


@pytest.mark.parametrize("others", [0, 1])
def test_only_what_was_there_is_at_risk(uploading: Uploading, others: int) -> None:
    """What a cut-off write may have taken away is said where it is closed; of nobody, nothing."""
    in_doubt(uploading, there=True, others=others)
    with Journal(uploading.journal_path) as journal:
        (run,) = journal.open_runs()
        said = debts_of(journal, run).at_risk
    assert said == ["All Access Pass: team team-1: user-3"] * others
