"""What an undo leaves, and how its receipt says why, on scripted services."""

from dataclasses import replace
from typing import Any

import pytest

from aapimport.errors import ServiceError
from aapimport.run.journal import Journal
from aapimport.run.kept_mails import embargoed
from aapimport.run.left import left_by
from aapimport.run.options import RunOptions
from aapimport.run.runner import Runner
from aapimport.run.undo_report import UndoReport
from aapimport.template.roles import Role
from support.undoing import begun, go_on
from support.uploading import Uploading, people, services
from support.wire import Act, Response, error, instead


def undone(uploading: Uploading, receipt: str) -> UndoReport:
    """The undo of an upload, to its receipt."""
    return go_on(uploading, begun(uploading, receipt))


def user(uploading: Uploading, row: int) -> dict[str, Any]:
    """Somebody's account on the portal."""
    users = uploading.portal.store.users.values()
    return next(one for one in users if one["userName"] == f"p{row}@acme.com")


def renamed(uploading: Uploading, **more: Any) -> str:
    """Somebody's names are changed by an upload."""
    uploading.portal.add_user("p2@acme.com", "Anna", "Berg", **more)
    uploading.rows = people(1)
    uploading.options = replace(uploading.options, update_names=True)
    uploading.emails = False
    return uploading.run().receipt


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal keeps names and addresses."""
    monkeypatch.setattr(Journal, "_forget", lambda *_: None)


@pytest.mark.usefixtures("kept")
def test_names_are_given_back_as_they_were_displayed(uploading: Uploading) -> None:
    """Not made anew of first and last name."""
    receipt = renamed(uploading, displayName="Dr. Anna Berg, CEO")
    user(uploading, 2)["name"]["middleName"] = "X"
    assert user(uploading, 2)["displayName"] == "Ana Perez"
    report = undone(uploading, receipt)
    assert report.not_taken_back == 0
    assert user(uploading, 2)["displayName"] == "Dr. Anna Berg, CEO"
    name = {"givenName": "Anna", "familyName": "Berg", "middleName": "X"}
    assert user(uploading, 2)["name"] == name


@pytest.mark.usefixtures("kept")
def test_a_display_name_that_was_changed_since_is_left(uploading: Uploading) -> None:
    """The names are given back all the same, and it is named."""
    receipt = renamed(uploading, displayName="Anna Berg")
    user(uploading, 2)["displayName"] = "Queen of it"
    report = undone(uploading, receipt)
    assert user(uploading, 2)["name"]["givenName"] == "Anna"
    assert user(uploading, 2)["displayName"] == "Queen of it"
    (left,) = (one for one in report.effects if one.result == "changed since")
    assert left.reason == "changed since: display name"


def test_names_that_are_erased_can_not_be_given_back(uploading: Uploading) -> None:
    """It is said by name, and by a second undo as well; whatever else there is, is taken back."""
    receipt = renamed(uploading)
    with Journal(uploading.journal_path) as journal:
        journal.purge(10.0**11)
    report = undone(uploading, receipt)
    (left,) = (one for one in report.effects if one.result == "impossible")
    assert left.reason == "the former name, which is erased from the journal"
    assert (report.half, report.exit_code) == (1, 1)
    assert user(uploading, 2)["name"]["givenName"] == "Ana"
    again = undone(uploading, receipt)
    assert [one.result for one in again.effects] == ["impossible"]


@pytest.mark.parametrize("purged", [False, True])
def test_of_another_person_nothing_is_touched(uploading: Uploading, *, purged: bool) -> None:
    """Who has an address by now with another name stays in the team, and on Jhana."""
    uploading.rows = people(2, team="Sales", jhana=True)
    uploading.emails = False
    receipt = uploading.run().receipt
    if purged:
        with Journal(uploading.journal_path) as journal:
            journal.purge(10.0**11)
    other = user(uploading, 3)
    early = begun(uploading, receipt)  # and what changes between the plan and the write
    other["name"], other["displayName"] = {"givenName": "Nora", "familyName": "New"}, "Nora New"
    report = go_on(uploading, early)
    assert {one.row for one in report.effects if one.result == "changed since"} == {3}
    assert report.not_taken_back == 3
    members = uploading.portal.store.groups["team-1"]["members"]
    assert [one["value"] for one in members] == [other["id"]]
    jhana = {one["userName"]: one["active"] for one in uploading.jhana.store.users.values()}
    assert jhana == {"p2@acme.com": False, "p3@acme.com": True}
    assert undone(uploading, receipt).not_taken_back == 3


def test_one_persons_refusal_is_theirs(uploading: Uploading) -> None:
    """They are named, the others are taken back; a service that shows nobody ends it."""
    uploading.rows = people(3, jhana=True)
    uploading.emails = False
    receipt = uploading.run().receipt
    path = f"/Users/{user(uploading, 3)['id']}"
    uploading.portal.on("GET", path, instead(error(403, "not yours")), times=10**6)
    report = undone(uploading, receipt)
    left = [(one.row, one.service) for one in report.effects if one.result == "impossible"]
    assert sorted(left) == [(3, "jhana"), (3, "portal")]
    assert [user(uploading, row)["active"] for row in (2, 3, 4)] == [False, True, False]
    uploading.portal.on("GET", "/Users/.*", instead(error(403, "not yours")), times=10**6)
    with pytest.raises(ServiceError, match="can't be asked"):
        begun(uploading, receipt)


def test_what_a_portal_hides_is_impossible(uploading: Uploading) -> None:
    """So say the plan and the receipt, also where it hides members only since the plan."""
    uploading.rows = people(2, team="Sales")
    uploading.emails = False
    receipt = uploading.run().receipt
    early = begun(uploading, receipt)
    uploading.portal.habits.shows_members = False
    report = go_on(uploading, early)
    hidden = [one for one in report.effects if one.what == "out of the team"]
    assert {one.result for one in hidden} == {"impossible"}
    assert "take this person out there" in hidden[0].reason


def test_whoever_is_in_another_team_stays(uploading: Uploading) -> None:
    """By the Groups that list their members, which are listed once; accounts say nothing."""
    uploading.portal.add_team("Field", 50)
    uploading.rows = people(3)
    uploading.emails = False
    receipt = uploading.run().receipt
    (group,) = (it for it in uploading.portal.store.groups.values() if it["displayName"] == "Field")
    group["members"] = [{"value": user(uploading, 3)["id"]}]
    uploading.portal.seen.clear()
    undo = begun(uploading, receipt)
    lists = sum(one.path.partition("?")[0] == "/Groups" for one in uploading.portal.seen)
    assert lists <= 2  # one of them asks whether there are teams at all
    report = go_on(uploading, undo)
    (left,) = (one for one in report.effects if one.result == "changed since")
    assert (left.row, left.reason) == (3, "changed since: in the team Field")


def test_a_team_in_which_a_remove_took_others_out_is_left_with_the_right_cure(
    uploading: Uploading,
) -> None:
    """Whoever couldn't be taken out is to be taken out, not put in."""
    uploading.portal.store.groups["team-1"]["members"] = [{"value": "somebody"}]
    uploading.rows = people(3, team="Sales")
    uploading.emails = False
    receipt = uploading.run().receipt
    team = uploading.portal.store.groups["team-1"]

    def takes_another_out(act: Act) -> Response:
        answer = act()
        team["members"] = [one for one in team["members"] if one["value"] != "somebody"]
        return answer

    uploading.portal.on("PATCH", "/Groups/team-1", takes_another_out)
    report = undone(uploading, receipt)
    reasons = [one.reason for one in report.effects if one.what == "out of the team"]
    assert any("take this person out of it on the portal" in one for one in reasons)
    assert not any("put this person into" in one for one in reasons)


def test_the_e_mails_of_whoever_is_gone_are_not_waited_for(uploading: Uploading) -> None:
    """An account that somebody has switched off or deleted keeps no e-mail planned."""
    uploading.rows = people(3)
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.begin(uploading.plan())
        options = RunOptions(settle_seconds=0.0, sleep=uploading._sleep)
        for _ in Runner(journal, both, run, options).steps(last_row=99):
            pass
    user(uploading, 2)["active"] = False
    uploading.portal.store.users.pop(user(uploading, 3)["id"])
    report = undone(uploading, run.receipt)
    assert [one.result for one in report.effects].count("nothing left") == 2
    with Journal(uploading.journal_path) as journal:
        assert [*embargoed(journal, run, {2, 3, 4})] == []
        assert len([*left_by(journal, run)]) == 3


def test_who_can_not_be_told_any_more_is_for_a_person(uploading: Uploading) -> None:
    """Erased here, and under another address and another name: what to do is said on the plan."""
    receipt = uploading.run().receipt
    with Journal(uploading.journal_path) as journal:
        journal.purge(10.0**11)
    user(uploading, 2).update(
        {
            "userName": "zoe@acme.com",
            "emails": [{"value": "zoe@acme.com"}],
            "name": {"givenName": "Zoe", "familyName": "New"},
        }
    )
    report = undone(uploading, receipt)
    (left,) = (one for one in report.effects if one.what == "account")
    assert left.result == "changed since"
    assert left.reason.endswith("if it is theirs, take it back there by hand")


def another_role(uploading: Uploading) -> str:
    """Somebody who was there and on the pass gets another role."""
    uploading.portal.add_user(
        "p2@acme.com",
        roles=[{"value": "facilitator", "primary": True}],
        entitlements=[{"value": "p26", "type": "pass"}],
    )
    uploading.rows = people(1, role=Role.MANAGER)
    uploading.options = replace(uploading.options, update_roles=True)
    uploading.emails = False
    return uploading.run().receipt


def test_what_is_changed_between_plan_and_write_is_no_success(uploading: Uploading) -> None:
    """Of somebody who was there: nothing was taken back, as the receipts say."""
    receipt = another_role(uploading)
    undo = begun(uploading, receipt)
    user(uploading, 2)["roles"] = [{"value": "client admin", "primary": True}]
    report = go_on(uploading, undo)
    assert (report.taken_back, report.half, report.not_taken_back) == (0, 0, 1)
    assert [one.reason for one in report.effects] == ["changed since: role"]
    again = undone(uploading, receipt)
    assert (again.taken_back, [one.result for one in again.effects]) == (0, ["named before"])


def test_an_account_that_is_not_shown_any_more_does_not_keep_an_undo_open(
    uploading: Uploading,
) -> None:
    """Refused between the plan and the write: it is impossible, and nothing is left to resume."""
    receipt = another_role(uploading)
    undo = begun(uploading, receipt)
    path = f"/Users/{user(uploading, 2)['id']}"
    uploading.portal.on("GET", path, instead(error(403, "not yours")), times=10**6)
    report = go_on(uploading, undo)
    assert [one.result for one in report.effects] == ["impossible"]
    assert (report.unfinished, report.exit_code) == (0, 1)


def uploaded_twice(uploading: Uploading, *, refused: bool = False) -> tuple[str, str]:
    """People of a team, and a later upload that wants another role for them."""
    uploading.emails = False
    uploading.rows = people(2, team="Sales")
    first = uploading.run().receipt
    uploading.rows = people(2, team="Sales", role=Role.FACILITATOR)
    uploading.options = replace(uploading.options, update_roles=True)
    if refused:
        no = instead(error(400, "role locked"))
        uploading.portal.on("PATCH", "/Users/.*", no, times=99)
    second = uploading.run().receipt
    uploading.portal._rules.clear()
    return first, second


@pytest.mark.parametrize("refused", [False, True], ids=["changed", "refused"])
def test_whom_a_later_upload_has_stays_in_the_team_and_active(
    uploading: Uploading, *, refused: bool
) -> None:
    """Whether it has changed them, or was refused what it wanted."""
    first, second = uploaded_twice(uploading, refused=refused)
    report = undone(uploading, first)
    assert all(user(uploading, row)["active"] for row in (2, 3))
    assert len(uploading.portal.store.groups["team-1"]["members"]) == 2
    assert {one.reason.partition(" of ")[0] for one in report.effects} == {f"upload {second}"}


def test_an_undo_that_was_closed_gives_nobody_up(uploading: Uploading) -> None:
    """What the later upload has found stays that one's, unless an undo of it goes through."""
    uploading.emails = False
    uploading.rows = people(2, team="Sales")
    first = uploading.run().receipt
    uploading.rows = people(3, team="Sales")
    second = uploading.run().receipt
    undo = begun(uploading, second)
    with Journal(uploading.journal_path) as journal:
        journal.close(undo.receipt)
    undone(uploading, first)
    assert all(user(uploading, row)["active"] for row in (2, 3, 4))
    assert len(uploading.portal.store.groups["team-1"]["members"]) == 3
