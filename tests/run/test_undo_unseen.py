"""An undo of accounts that a portal has said it made, and the upload has never seen."""

from typing import Any

import pytest

from aapimport.run.journal import Journal
from aapimport.run.left import left_by
from aapimport.run.seats_now import Now, seats_now
from aapimport.run.since import Standing, read_back
from support.undoing import begun, go_on
from support.uploading import Uploading, people, services
from support.wire import Act, Response


@pytest.fixture(params=["kept", "erased"])
def hidden(
    uploading: Uploading, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, dict[str, Any]]:
    """An upload of somebody whom the portal makes and doesn't show; that account."""
    if request.param == "kept":
        monkeypatch.setattr(Journal, "_forget", lambda *_: None)
    made: dict[str, Any] = {}

    def hide(act: Act) -> Response:
        answer = act()
        made.update(uploading.portal.store.users.popitem()[1])
        return answer

    uploading.rows = people(1)
    uploading.emails = False
    uploading.portal.on("POST", "/Users", hide)
    report = uploading.run()
    assert report.people[0].portal in {"needs_person", "unknown"}
    return report.receipt, made


def standing(uploading: Uploading, receipt: str) -> tuple[Standing, Now]:
    """How the person stands, and what is true of their seat."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.run(receipt)
        (one,) = read_back(left_by(journal, run), both)
        (seat,) = seats_now(journal, run, both.portal)
        return one.standing, seat.now


def test_it_is_switched_off_once_it_shows(
    uploading: Uploading, hidden: tuple[str, dict[str, Any]]
) -> None:
    """The id and our key tell whose it is; until then it isn't known what became of it."""
    receipt, made = hidden
    assert standing(uploading, receipt) == (Standing.UNKNOWN, Now.PERHAPS)
    first = go_on(uploading, begun(uploading, receipt))
    assert [one.result for one in first.effects] == ["impossible"]
    uploading.portal.store.users[made["id"]] = made
    assert standing(uploading, receipt) == (Standing.SAME, Now.ACTIVE)
    second = go_on(uploading, begun(uploading, receipt))
    assert (second.half, second.exit_code) == (1, 0)
    assert not made["active"]
    made["active"] = True
    assert go_on(uploading, begun(uploading, receipt)).effects == []


def test_without_our_key_it_may_be_anybodys(
    uploading: Uploading, hidden: tuple[str, dict[str, Any]]
) -> None:
    """A service may give an id again."""
    receipt, made = hidden
    del made["externalId"]
    uploading.portal.store.users[made["id"]] = made
    assert standing(uploading, receipt) == (Standing.UNKNOWN, Now.PERHAPS)
    report = go_on(uploading, begun(uploading, receipt))
    assert [one.result for one in report.effects] == ["impossible"]
    assert made["active"]


@pytest.mark.parametrize("purged", [False, True])
def test_a_create_that_was_refused_is_none(uploading: Uploading, *, purged: bool) -> None:
    """The address is another account's, as the receipt says: nothing became of it."""

    def before(act: Act) -> Response:
        uploading.jhana.add_user("p2@acme.com", active=False)
        return act()

    uploading.rows = people(1, jhana=True)
    uploading.emails = False
    uploading.jhana.on("POST", "/Users", before)
    report = uploading.run()
    assert report.people[0].jhana == "needs_person"
    if purged:
        with Journal(uploading.journal_path) as journal:
            journal.purge(10.0**11)
    assert standing(uploading, report.receipt) == (Standing.SAME, Now.ACTIVE)
    undo = go_on(uploading, begun(uploading, report.receipt))
    assert [(one.service, one.result) for one in undo.effects] == [("portal", "half")]
