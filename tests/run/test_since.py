"""What has become of a run's people since, on scripted services."""

from typing import Any

import pytest

from aapimport.errors import ServiceError
from aapimport.run.journal import Journal
from aapimport.run.left import left_by
from aapimport.run.since import PersonSince, Standing, read_back
from support.uploading import Uploading, people, services
from support.wire import error, instead


@pytest.fixture(autouse=True, params=["kept", "erased"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both while the journal keeps names and addresses, and when it has erased them."""
    if request.param == "kept":
        monkeypatch.setattr(Journal, "_forget", lambda *_: None)


def uploaded(uploading: Uploading) -> str:
    """An upload of four people into a team, and to Jhana; its number."""
    uploading.rows = people(4, team="Sales", jhana=True)
    return uploading.run().receipt


def since(uploading: Uploading, receipt: str) -> dict[int, PersonSince]:
    """Everybody read back, by row."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.run(receipt)
        return {one.person.row: one for one in read_back(left_by(journal, run), both)}


def user(uploading: Uploading, row: int) -> dict[str, Any]:
    """Somebody's account on the portal."""
    users = uploading.portal.store.users.values()
    return next(one for one in users if one["userName"] == f"p{row}@acme.com")


def test_nobody_differs_after_an_upload(uploading: Uploading) -> None:
    """Everybody is as the run left them, also where the journal has erased who they are."""
    found = since(uploading, uploaded(uploading))
    assert {one.standing for one in found.values()} == {Standing.SAME}
    assert [one.email for one in found.values()] == [f"p{row}@acme.com" for row in range(2, 6)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"active": False}, ("portal: deactivated",)),
        ({"roles": [{"value": "facilitator"}]}, ("portal: role is facilitator",)),
        ({"name": {"givenName": "Anne", "familyName": "Perez"}}, ("portal: name is Anne Perez",)),
        ({"entitlements": []}, ("portal: not on the pass",)),
        (
            {"entitlements": [{"value": "p26"}, {"value": "p27"}]},
            ("portal: on another pass: p27",),
        ),
        ({"displayName": "Queen of it"}, ("portal: another display name",)),
        ({"displayName": "Perez, Ana"}, ()),
        ({"emails": [{"value": "boss@other.com"}]}, ("portal: another e-mail address",)),
        ({"externalId": "HR-77"}, ("portal: another externalId",)),
        ({"title": "VP"}, ("portal: a title",)),
        (
            {"name": {"givenName": "Ana", "familyName": "Perez", "middleName": "Z"}},
            ("portal: a middle name",),
        ),
        (
            {"entitlements": [{"value": "p26"}, {"value": "coach", "type": "licence"}]},
            ("portal: another entitlement: coach",),
        ),
        (
            {"userName": "zoe@acme.com", "name": {"givenName": "Zoe", "familyName": "Ng"}},
            ("portal: the account isn't certainly this person's any more",),
        ),
    ],
)
def test_what_somebody_changed_is_named(
    uploading: Uploading, change: dict[str, Any], words: tuple[str, ...]
) -> None:
    """Of one account; the others are the same."""
    receipt = uploaded(uploading)
    user(uploading, 3).update(change)
    found = since(uploading, receipt)
    assert found[3].words == words
    same = [one.standing for one in found.values()].count(Standing.SAME)
    assert same == (3 if words else 4)


def test_whoever_is_gone_or_left_the_team_is_named(uploading: Uploading) -> None:
    """A deleted account, a disabled Jhana account and a membership that ended."""
    receipt = uploaded(uploading)
    gone = user(uploading, 2)["id"]
    del uploading.portal.store.users[gone]
    jhana = next(one for one in uploading.jhana.store.users.values() if "p4@" in one["userName"])
    jhana["active"] = False
    (team,) = uploading.portal.store.groups.values()
    out = {gone, user(uploading, 5)["id"]}
    team["members"] = [one for one in team["members"] if one["value"] not in out]
    found = since(uploading, receipt)
    assert (found[2].standing, found[3].standing) == (Standing.GONE, Standing.SAME)
    assert found[4].words == ("jhana: deactivated",)
    assert found[5].words == ("not in the team",)


def test_a_team_without_a_list_proves_nothing(uploading: Uploading) -> None:
    """Nobody differs because of it, and it is said of each."""
    receipt = uploaded(uploading)
    uploading.portal.habits.shows_members = False
    found = since(uploading, receipt)
    assert {one.standing for one in found.values()} == {Standing.SAME}
    assert found[2].not_shown == ("the team: this portal doesn't show who is in it",)


def test_a_service_that_can_not_be_asked_is_no_difference(uploading: Uploading) -> None:
    """It ends the look: nobody is called gone."""
    receipt = uploaded(uploading)
    uploading.portal.on("GET", f"/Users/{user(uploading, 3)['id']}", instead(error(500)), times=99)
    with pytest.raises(ServiceError, match="can't be asked"):
        since(uploading, receipt)
