"""What is in doubt is not called done, and what one person's doubt must not do to others."""

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from aapimport.errors import AapimportError, ExitCode
from aapimport.plan.plan import PlanOptions
from aapimport.run.journal import Journal
from aapimport.run.records import State, StepKind
from aapimport.run.report import UploadReport, make_report
from support.stub import ScimStub
from support.uploading import Uploading, person
from support.wire import RESET, Act, Response, error, instead

_OUT_OF_ORDER = instead(error(500, "out of order"))
_ANA = person(2, first_name="Ana", last_name="Perez", jhana=True, team="Sales")
_BEN = person(3, first_name="Ben", last_name="Okafor")


@pytest.fixture
def doubtful(uploading: Uploading) -> Uploading:
    """Two people with different names; addresses may be taken twice, and time is short."""
    uploading.rows = (_ANA, _BEN)
    uploading.settle_seconds = 0.2
    for stub in (uploading.portal, uploading.jhana):
        stub.habits.unique = False
    return uploading


def test_whoever_shows_up_after_the_first_look_is_not_created_again(
    doubtful: Uploading, monkeypatch: pytest.MonkeyPatch
):
    """A create that is carried out between two looks: it is looked for twice before it is sent."""
    late: list[Act] = []

    def lost(act: Act) -> Response:
        late.append(act)
        return RESET

    doubtful.rows = (_BEN,)
    doubtful.portal.on("POST", "/Users", lost)
    sleep: Callable[[float], None] = doubtful._sleep

    def sleep_and_carry_out(seconds: float) -> None:
        if late and seconds == doubtful.settle_seconds:  # between two looks; waits before are less
            late.pop()()
        sleep(seconds)

    monkeypatch.setattr(doubtful, "_sleep", sleep_and_carry_out)
    report = doubtful.run()
    assert not late, "nothing waited between two looks"
    assert report.people[0].portal == "created"
    assert doubtful.portal.creates == {_BEN.email: 1}
    assert doubtful.portal.people == {_BEN.email: 1}


def run_through(uploading: Uploading) -> UploadReport:
    """Upload to the end, or as far as the services let it: the receipt as it then stands."""
    with suppress(AapimportError):
        return uploading.run()
    with Journal(uploading.journal_path) as journal:
        (run,) = journal._runs("1", ())
        return make_report(journal, run, {})


def out_of_order_from(stub: ScimStub, method: str, path: str, *reads: tuple[str, str]) -> None:
    """The first request of a kind is lost without being carried out; from then on reads fail."""

    def lost(_act: Act) -> Response:
        for read in reads:
            stub.on(*read, _OUT_OF_ORDER, times=500)
        return RESET

    stub.on(method, path, lost)


def test_nobody_is_mailed_before_both_accounts_are_known(doubtful: Uploading):
    """The e-mail for both services waits while one of the two accounts is in doubt."""
    reads = ("POST", "/Users/.search"), ("GET", "/Users.*")
    out_of_order_from(doubtful.jhana, "POST", "/Users", *reads)
    ana, ben = run_through(doubtful).people
    assert (ana.portal, ana.jhana, ana.email_state) == ("created", "unknown", "waiting")
    assert _ANA.email not in [mail[0] for mail in doubtful.portal.store.mails]
    assert (ben.portal, ben.jhana) == ("created", None)
    doubtful.jhana._rules.clear()
    assert doubtful.run().exit_code is ExitCode.OK
    assert {(mail[0], mail[2]) for mail in doubtful.portal.store.mails} == {
        (_BEN.email, "portal"),
        (_ANA.email, "combined"),
    }
    assert len(doubtful.portal.store.mails) == len(doubtful.rows)


def test_a_team_in_doubt_is_not_done(doubtful: Uploading):
    """A team that can be neither changed nor read: exit 4 that names it, and a resume joins it."""
    reads = ("PATCH", "/Groups/.*"), ("GET", "/Groups/.*")
    out_of_order_from(doubtful.portal, "PATCH", "/Groups/.*", *reads)
    report = run_through(doubtful)
    ana, ben = report.people
    assert report.exit_code is ExitCode.SERVICE
    assert "team" in ana.reason
    assert ana.team_state == "unknown"
    assert (ben.portal, ben.reason) == ("created", "")
    doubtful.portal._rules.clear()
    assert doubtful.run().exit_code is ExitCode.OK
    (group,) = doubtful.portal.store.groups.values()
    names = {key: one["userName"] for key, one in doubtful.portal.store.users.items()}
    assert [names[one["value"]] for one in group["members"]] == [_ANA.email]


@pytest.mark.parametrize("etags", [True, False])
@pytest.mark.parametrize("patch", ["kept", "ignored"])
def test_other_roles_stay_when_one_is_set(doubtful: Uploading, patch: Any, *, etags: bool):
    """Of an account's roles only that of the template is replaced; other passes stay as well."""
    auditor = {"value": "auditor", "display": "Auditor"}
    old = {"value": "p25", "type": "pass"}
    doubtful.portal.habits.patch = patch
    doubtful.portal.habits.etags = etags
    doubtful.portal.add_user(
        _BEN.email,
        "Ben",
        "Okafor",
        roles=[auditor, {"value": "facilitator"}],
        entitlements=[old],
    )
    doubtful.rows = (_BEN,)
    doubtful.options = PlanOptions(pass_name="Leadership 2026", maybe="create", update_roles=True)
    assert doubtful.run().people[0].portal == "changed"
    (ben,) = doubtful.portal.store.users.values()
    assert auditor in ben["roles"]
    assert {one["value"] for one in ben["roles"]} >= {"auditor", "manager"}
    assert [one["value"] for one in ben["entitlements"]] == ["p25", "p26"]


def test_a_persons_word_holds_for_one_more_create(doubtful: Uploading):
    """`--again` sends once more, not as often as it takes: its own lost answer is a doubt again."""
    doubtful.rows = (_BEN,)
    doubtful.portal.on("POST", "/Users", instead(RESET), times=500)
    assert doubtful.run().people[0].portal == "unknown"
    assert doubtful.portal.creates == {_BEN.email: 2}
    assert doubtful.run(again=True).people[0].portal == "unknown"
    assert doubtful.portal.creates == {_BEN.email: 3}


def test_the_last_sign_of_life_counts(doubtful: Uploading):
    """A request may leave long after its intent: it is waited for since the journal was written."""
    doubtful.rows = (_BEN,)
    doubtful.settle_seconds = 1.0
    held: list[Act] = []

    def never(act: Act) -> Response:
        held.append(act)
        return RESET

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    doubtful.portal.on("POST", "/Users", never)
    sleep = doubtful._sleep
    doubtful._sleep = interrupted  # type: ignore[method-assign,assignment] # dies while it waits
    with pytest.raises(KeyboardInterrupt):
        doubtful.run()
    with Journal(doubtful.journal_path) as journal:
        (run,) = journal._runs("1", ())
        (task,) = journal.tasks(run.receipt, StepKind.ACCOUNT)
        long_ago = time.time() - 1000
        journal.record(run.receipt, [replace(task, state=State.INTENT, sent_at=long_ago)])
    os.utime(doubtful.journal_path)
    slept = len(doubtful.slept)
    started = time.monotonic()

    def carry_out_late(seconds: float) -> None:
        if held and time.monotonic() - started > doubtful.settle_seconds / 2:
            held.pop()()
        sleep(seconds)

    doubtful._sleep = carry_out_late  # type: ignore[method-assign] # time passes while it sleeps
    assert doubtful.run().people[0].portal == "created"
    assert len(doubtful.slept) > slept
    assert not held
    assert doubtful.portal.creates == {_BEN.email: 1}


def test_what_is_stored_otherwise_is_seen(doubtful: Uploading):
    """A service that answers as wanted and stores another role: put right, or said, never done."""
    doubtful.portal.add_user("known@acme.com", "Kim", "Known", roles=[{"value": "manager"}])

    def stores_otherwise(act: Act) -> Response:
        done = act()
        doubtful.portal.store.users[json.loads(done.body)["id"]]["roles"] = [
            {"value": "client admin"}
        ]
        return done

    doubtful.portal.on("POST", "/Users", stores_otherwise, times=2)
    report = doubtful.run()
    roles = {
        one["userName"]: [role["value"] for role in one["roles"]]
        for one in doubtful.portal.store.users.values()
    }
    right = all(roles[one.email] == [one.role.value] for one in doubtful.rows)
    assert right or report.exit_code is ExitCode.FINDINGS
    assert right or all("role" in one.reason for one in report.people)
