"""What a list doesn't tell isn't guessed: it is read by id, or said to be unknown, by name."""

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from aapimport.app.reconcile import _repair_of
from aapimport.errors import ExitCode
from aapimport.plan.names import which_pass
from aapimport.run.comparing import compare
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.reconcile_report import ReconcileReport, reconcile_report, repair_report
from aapimport.run.reconciled import Compared
from aapimport.run.repair_steps import repair_steps
from aapimport.run.repairing import Repairing
from aapimport.screens.reconcile import show_compared
from support.stub import ScimStub
from support.uploading import Uploading, people, services
from support.wire import RESET, as_json, error, instead

PASS = "Leadership 2026"
NO_ACTIVE = frozenset({"active"})


def compared(uploading: Uploading) -> tuple[Compared, ReconcileReport]:
    """How both services differ now, and what scripts are told."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        pass_, _ = which_pass(both.portal, PASS, uploading.options.pass_as)
        found = compare(journal, both, pass_)
        return found, reconcile_report(found, both, pass_)


def kinds(found: Compared) -> set[tuple[str, str, bool]]:
    """Who differs how, and whether a repair puts it right."""
    return {(one.email, one.kind.value, not one.why_not) for one in found.differences}


def not_known(found: Compared) -> dict[str, str]:
    """Of whom what isn't known."""
    return {one.email: one.words for one in found.not_known}


def on_screen(report: ReconcileReport) -> str:
    """What is told on a terminal, as one line."""
    stream = io.StringIO()
    show_compared(Console(file=stream, width=80, markup=False, highlight=False), report)
    return " ".join(stream.getvalue().split())


def user(stub: ScimStub, email: str) -> dict[str, Any]:
    """Somebody's account."""
    found: dict[str, Any] = next(it for it in stub.store.users.values() if it["userName"] == email)
    return found


def uploaded(uploading: Uploading, count: int = 4) -> Uploading:
    """Some people with Jhana."""
    uploading.rows, uploading.emails = people(count, jhana=True), False
    uploading.run()
    return uploading


def unlisted(stub: ScimStub, *emails: str) -> None:
    """Leave people out of the list, and show them by their ids."""
    shown = [it for it in stub.store.users.values() if it["userName"] not in emails]
    whole = as_json(200, {"totalResults": len(shown), "Resources": shown})
    stub.on("GET", "/Users", instead(whole), times=99)


def reads(stub: ScimStub) -> int:
    """How many accounts were read by id."""
    return sum(one.method == "GET" and one.path.startswith("/Users/") for one in stub.seen)


def test_who_is_active_is_read_where_the_lists_do_not_tell_it(uploading: Uploading) -> None:
    """Whoever is off on the portal is found, and put right; each is asked for once."""
    uploaded(uploading)
    uploading.portal.habits.unlisted = uploading.jhana.habits.unlisted = NO_ACTIVE
    user(uploading.portal, "p3@acme.com")["active"] = False
    user(uploading.jhana, "p4@acme.com")["active"] = False
    uploading.portal.seen.clear()
    uploading.jhana.seen.clear()
    found, report = compared(uploading)
    assert kinds(found) == {
        ("p3@acme.com", "off on the portal", True),
        ("p4@acme.com", "off on Jhana", False),
    }
    assert (not_known(found), found.unproven) == ({}, ())
    assert report.exit_code is ExitCode.FINDINGS
    assert (reads(uploading.portal), reads(uploading.jhana)) == (4, 4)


def test_who_is_active_is_not_read_where_nothing_depends_on_it(uploading: Uploading) -> None:
    """Nobody who has no Jhana and was not uploaded, and on Jhana nobody who is on by no word."""
    uploading.run()
    uploading.portal.habits.unlisted = uploading.jhana.habits.unlisted = NO_ACTIVE
    for name in ("ana", "bo"):
        on = [{"value": "p26", "type": "pass"}]
        uploading.portal.add_user(f"{name}@acme.com", name, entitlements=on)
    uploading.jhana.add_user("bo@acme.com", "bo")
    uploading.portal.seen.clear()
    uploading.jhana.seen.clear()
    found, report = compared(uploading)
    assert (report.exit_code, found.on_pass) == (ExitCode.OK, 3)
    assert (reads(uploading.portal), reads(uploading.jhana)) == (2, 0)


@pytest.mark.parametrize("where", ["portal", "Jhana"])
def test_who_is_active_is_not_known_where_nothing_tells_it(
    uploading: Uploading, where: str
) -> None:
    """They are named, it is never a 0, and what doesn't depend on it is compared all the same."""
    uploaded(uploading)
    stub = uploading.portal if where == "portal" else uploading.jhana
    for one in stub.store.users.values():
        del one["active"]
    other = uploading.jhana if where == "portal" else uploading.portal
    user(other, "p3@acme.com")["active"] = False
    user(uploading.portal, "p4@acme.com")["name"]["familyName"] = "Ng"
    found, report = compared(uploading)
    assert kinds(found) == {("p4@acme.com", "name", True)}
    assert not_known(found).keys() == {f"p{row}@acme.com" for row in range(2, 6)}
    on = "the portal" if where == "portal" else "Jhana"
    assert f"whether they are active on {on}" in not_known(found)["p3@acme.com"]
    assert "? p3@acme.com not known: whether they are active" in on_screen(report)
    assert "4 people of whom something isn't known" in on_screen(report)
    assert report.exit_code is ExitCode.FINDINGS
    user(uploading.portal, "p4@acme.com")["name"]["familyName"] = "Perez"
    _, report = compared(uploading)
    assert (report.differences, report.exit_code) == ([], ExitCode.FINDINGS)
    assert "nothing differs" not in on_screen(report)


def test_a_service_that_tells_nobodys_activity_is_not_asked_for_everybody(
    uploading: Uploading,
) -> None:
    """It is judged by the first twenty; all are named."""
    uploaded(uploading, 50)
    for one in uploading.portal.store.users.values():
        del one["active"]
    uploading.portal.seen.clear()
    found, _ = compared(uploading)
    assert reads(uploading.portal) == 20
    assert len(found.not_known) == 50


def test_who_cannot_be_asked_whether_they_are_active_is_named(uploading: Uploading) -> None:
    """A look that fails is no answer."""
    uploaded(uploading)
    uploading.portal.habits.unlisted = NO_ACTIVE
    path = f"/Users/{user(uploading.portal, 'p3@acme.com')['id']}"
    uploading.portal.on("GET", path, instead(error(403, "not for you")), times=9)
    found, report = compared(uploading)
    assert kinds(found) == set()
    assert "not for you" in not_known(found)["p3@acme.com"]
    assert report.exit_code is ExitCode.FINDINGS


@pytest.mark.parametrize("where", ["portal", "Jhana"])
def test_nobody_is_switched_off_where_it_is_not_told_any_more(
    uploading: Uploading, where: str
) -> None:
    """Told when the repair was approved, and by neither the list nor the account just before it."""
    uploaded(uploading)
    user(uploading.portal, "p3@acme.com")["active"] = False
    found, _ = compared(uploading)
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        pass_, _ = which_pass(both.portal, PASS, uploading.options.pass_as)
        run = _repair_of(both, pass_)
        steps, known = repair_steps(found.repairable)
        journal.begin_back(run, known.keys(), steps, known)
        del user(uploading.portal if where == "portal" else uploading.jhana, "p3@acme.com")[
            "active"
        ]
        uploading.jhana.seen.clear()
        for _ in Repairing(journal, both, run, RunOptions(settle_seconds=0.0)).steps():
            pass
        (effect,) = repair_report(journal, run).effects
    assert effect.result == "changed since"
    assert "doesn't tell any more whether they are active" in effect.reason
    assert not uploading.jhana.writes


def test_a_list_that_shows_no_passes_is_not_an_empty_pass(uploading: Uploading) -> None:
    """Seats aren't published and nothing was uploaded: it is said that nothing can be compared."""
    uploading.portal.store.passes["p26"]["seats"] = None
    uploading.portal.store.passes["p26"]["seatsUsed"] = None
    uploading.portal.habits.counts = False
    uploading.portal.add_user("ana@acme.com", entitlements=[{"value": "p26", "type": "pass"}])
    uploading.portal.habits.unlisted = frozenset({"entitlements"})
    found, report = compared(uploading)
    assert (found.on_pass, found.differences, report.exit_code) == (0, (), ExitCode.FINDINGS)
    assert "shows nobody on any pass" in found.unproven[0]
    assert "look on the portal itself" in found.unproven[0]
    assert "nothing could be compared" in on_screen(report)
    assert "0 people" not in on_screen(report)
    uploading.portal.store.passes["p26"]["seatsUsed"] = 0  # then it is the seats that say it
    assert compared(uploading)[1].exit_code is ExitCode.OK


def test_who_is_missing_on_the_portal_is_read_by_id(uploading: Uploading) -> None:
    """Gone, there and left out of the list, or not to be asked: each is said of whom it is true."""
    uploaded(uploading, 5)
    portal = uploading.portal
    user(portal, "p3@acme.com")["name"]["familyName"] = "Ng"
    del portal.store.users[user(portal, "p2@acme.com")["id"]]
    path = f"/Users/{user(portal, 'p4@acme.com')['id']}"
    portal.on("GET", path, instead(error(503, "busy")), times=99)
    user(portal, "p5@acme.com")["entitlements"] = []
    unlisted(portal, "p3@acme.com", "p4@acme.com", "p5@acme.com")
    portal.seen.clear()
    found, report = compared(uploading)
    gone = {one.email: one for one in found.differences if one.kind.value == "not on the portal"}
    assert len(gone) == 1
    (missing,) = gone.values()
    assert "somebody deleted it" in missing.why_not
    assert {it for it in kinds(found) if it[1] != "not on the portal"} == {
        ("p3@acme.com", "name", True),  # what an upload has left on both is certainly theirs
        ("p5@acme.com", "not on the pass", False),
    }
    (said,) = not_known(found).values()
    assert said.startswith("whether their account still is on the portal: ")
    assert said.endswith("busy")
    (unproven,) = found.unproven
    assert "the portal's list isn't whole: it leaves out p3@acme.com, p5@acme.com" in unproven
    assert (found.on_pass, report.exit_code) == (2, ExitCode.FINDINGS)
    assert {one.path for one in portal.seen if one.path.startswith("/Users/")} >= {path}


def test_a_portal_that_cannot_be_asked_is_not_asked_for_everybody(uploading: Uploading) -> None:
    """It is the portal's trouble: nobody is said to be gone."""
    uploaded(uploading, 60)
    emails = [f"p{row}@acme.com" for row in range(3, 62)]
    unlisted(uploading.portal, *emails)
    uploading.portal.on("GET", "/Users/.*", instead(RESET), times=999)
    uploading.portal.seen.clear()
    found, _ = compared(uploading)
    assert (found.on_pass, found.differences) == (1, ())
    assert len(found.not_known) == 59
    asked = {one.path for one in uploading.portal.seen if one.path.startswith("/Users/")}
    assert len(asked) == 20


def test_who_is_missing_on_jhana_is_read_by_id(uploading: Uploading) -> None:
    """Likewise; whoever is left out of its list is compared as read."""
    uploaded(uploading, 4)
    jhana = uploading.jhana
    del jhana.store.users[user(jhana, "p2@acme.com")["id"]]
    user(jhana, "p3@acme.com")["active"] = False
    path = f"/Users/{user(jhana, 'p4@acme.com')['id']}"
    jhana.on("GET", path, instead(error(403, "not for you")), times=99)
    unlisted(jhana, "p3@acme.com", "p4@acme.com")
    found, report = compared(uploading)
    assert kinds(found) == {
        ("p2@acme.com", "not on Jhana", False),
        ("p3@acme.com", "off on Jhana", False),
    }
    (gone,) = (one for one in found.differences if one.email == "p2@acme.com")
    assert "somebody deleted the account on Jhana" in gone.why_not
    assert "whether their account still is on Jhana" in not_known(found)["p4@acme.com"]
    assert "Jhana's list isn't whole: it leaves out p3@acme.com, shown only" in found.unproven[0]
    assert report.exit_code is ExitCode.FINDINGS


def test_an_address_alone_is_not_certain_where_the_list_leaves_people_out(
    uploading: Uploading,
) -> None:
    """Another account, which it doesn't show either, may have it."""
    uploaded(uploading, 2)
    on = [{"value": "p26", "type": "pass"}]
    uploading.portal.add_user("ana@acme.com", active=False, entitlements=on)
    uploading.jhana.add_user("ana@acme.com")
    assert kinds(compared(uploading)[0]) == {("ana@acme.com", "off on the portal", True)}
    unlisted(uploading.portal, "p2@acme.com")
    assert kinds(compared(uploading)[0]) == {("ana@acme.com", "off on the portal", False)}


def test_a_group_that_is_the_pass_has_who_the_list_leaves_out(uploading: Uploading) -> None:
    """Whoever is in it and in no list is on the pass, as read by id."""
    uploading.portal.add_team(PASS, 100)
    uploading.options = replace(uploading.options, pass_as="group")
    uploaded(uploading, 2)
    unlisted(uploading.portal, "p2@acme.com")
    found, _ = compared(uploading)
    assert (found.on_pass, found.differences) == (2, ())
    assert "isn't whole" in found.unproven[0]
