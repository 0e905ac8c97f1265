import time
from contextlib import closing

import pytest

from aapimport.config.logins import Bearer, Secret
from aapimport.config.settings import Endpoint
from aapimport.errors import AapimportError, ExitCode, ServiceError
from aapimport.plan.make import Services
from aapimport.run.conveyor import StoppedError
from aapimport.run.journal import Journal
from aapimport.run.lane import Lane
from aapimport.run.options import RunOptions
from aapimport.run.runner import Runner
from aapimport.services.directory import Directory
from aapimport.services.pace import Pace
from aapimport.services.patience import Patience
from aapimport.services.portal import Portal
from aapimport.services.transport import Transport
from support.stub import TOKEN, ScimStub
from support.uploading import Uploading, people, services
from support.wire import RESET, Fault, error, instead

PEOPLE = 40
FAULTS = {
    "resets": instead(RESET),
    "refuses the token": instead(error(401)),
    "stays busy": instead(error(429, headers={"Retry-After": "0"})),
    "rejects everybody": instead(error(422, "no")),
}


def left_by(uploading: Uploading) -> AapimportError:
    """The error that a run ends with."""
    with pytest.raises(AapimportError) as caught:
        uploading.run()
    return caught.value


def stop_after_the_first(runner: Runner, portal: ScimStub) -> None:
    """Carry a run out until somebody was sent, then ask it to stop."""
    for _ in runner.steps():
        if portal.creates:
            runner.stop(ExitCode.INTERRUPTED)


def stop_among_many(runner: Runner, portal: ScimStub, transport: Transport) -> None:
    """Carry a run out until several wait for their turn; 20 s for each from there on, and stop."""
    for _ in runner.steps():
        if portal.creates.total() > 1:
            transport.pace = Pace(0.05)
            runner.stop(ExitCode.INTERRUPTED)


@pytest.mark.parametrize("ill", ["portal", "jhana"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_one_service_failing_does_not_hold_up_the_other(uploading: Uploading, fault, ill):
    """Everybody is on the service that works; the error names the other, and a resume goes on."""
    uploading.rows = people(PEOPLE, jhana=True)
    stubs = {"portal": uploading.portal, "jhana": uploading.jhana}
    sick, well = stubs.pop(ill), *stubs.values()
    sick.on("POST", "/Users", fault, times=10_000)
    failed = left_by(uploading)
    assert {"portal": "All Access Pass", "jhana": "Jhana"}[ill] in failed.message
    assert "continue with: aapimport resume" in failed.state
    assert set(well.people.values()) == {1}
    assert len(well.people) == PEOPLE
    sick._rules.clear()
    uploading.run()
    assert well.creates.total() == PEOPLE


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_opens_nothing_any_more_is_named_by_its_source(
    uploading: Uploading, status: int
):
    """Where it came from, never what it is; the words are the service's own."""
    secret = Secret(value=TOKEN, source="keyring", setting="portal.token")
    uploading.rows, uploading.login = people(PEOPLE), Bearer(token=secret)
    uploading.portal.on("POST", "/Users", instead(error(status, f"{TOKEN} is over")), times=999)
    failed = left_by(uploading)
    assert failed.message == "All Access Pass refuses to go on: [token] is over"
    assert failed.hint == "check the token from keyring (portal.token) and its rights, then resume"
    assert failed.exit_code is ExitCode.SETTINGS


@pytest.mark.parametrize(("stop_after", "pauses"), [(None, True), (20, True), (100, False)])
def test_the_administrator_sets_how_many_failures_are_too_many(
    uploading: Uploading, stop_after: int | None, pauses: bool
):
    """`--stop-after` stands in for the breaker: what it allows goes on to the end."""
    uploading.rows = people(PEOPLE)
    uploading.stop_after = stop_after
    uploading.portal.on("POST", "/Users", instead(error(422, "no")), times=10_000)
    if pauses:
        assert "paused" in left_by(uploading).message
        assert uploading.portal.creates.total() < PEOPLE
    else:
        assert uploading.run().services.portal.rejected == PEOPLE


def test_doubts_are_no_failures(uploading: Uploading):
    """Answers that got lost are looked up: they don't count for `--stop-after`."""
    uploading.rows = people(5)
    uploading.stop_after = 3
    uploading.portal.on("POST", "/Users", instead(RESET), times=4, skip=1)
    assert uploading.run().services.portal.created == 5


@pytest.mark.parametrize("ill", ["portal", "jhana"])
def test_a_service_that_is_down_from_the_start_does_not_either(uploading: Uploading, ill: str):
    """Also a resume to which one service says nothing at all gets on with the other."""
    uploading.rows = people(PEOPLE, jhana=True)
    plan = uploading.plan()
    with Journal(uploading.journal_path) as journal:
        journal.begin(plan)
    stubs = {"portal": uploading.portal, "jhana": uploading.jhana}
    sick, well = stubs.pop(ill), *stubs.values()
    for method in ("GET", "POST"):
        sick.on(method, ".*", instead(RESET), times=10_000)
    assert isinstance(left_by(uploading), ServiceError)
    assert len(well.people) == PEOPLE
    assert not sick.people
    sick._rules.clear()
    uploading.run()
    assert len(sick.people) == PEOPLE
    assert well.creates.total() == PEOPLE


def test_nobody_who_waits_for_a_turn_is_created_after_a_stop(uploading: Uploading):
    """A slow pace doesn't mean that ^C is heard only after everybody in the queue."""
    uploading.rows = people(PEOPLE)
    plan = uploading.plan()
    with (
        closing(
            Transport(Endpoint.bearer(uploading.portal.url, token=TOKEN), pace=Pace(5))
        ) as portal,
        closing(Transport(Endpoint.bearer(uploading.jhana.url, token=TOKEN))) as jhana,
        Journal(uploading.journal_path) as journal,
    ):
        both = Services(
            target="live", portal=Portal("Portal", portal), jhana=Directory("Jhana", jhana)
        )
        run = journal.begin(plan)
        runner = Runner(journal, both, run, RunOptions(settle_seconds=0, bulk=False))
        began = time.monotonic()
        with pytest.raises(StoppedError):
            stop_among_many(runner, uploading.portal, portal)
        assert time.monotonic() - began < 15
        assert 1 < uploading.portal.creates.total() < PEOPLE / 2
    assert uploading.run().services.portal.created == PEOPLE
    assert uploading.portal.creates.total() == PEOPLE


@pytest.mark.parametrize(
    ("fault", "settle_seconds", "note"),
    [
        (
            instead(error(429, headers={"Retry-After": "1"})),
            0.0,
            "All Access Pass asks for a pause",
        ),
        (instead(RESET), 1.0, "waiting for unanswered requests"),
    ],
    ids=["a pause", "an answer lost"],
)
def test_what_a_run_waits_for_is_told_with_its_time(
    uploading: Uploading, fault: Fault, settle_seconds: float, note: str
):
    """So that no screen says that seconds are left while minutes are waited for."""
    uploading.rows = people(3)
    uploading.portal.on("POST", "/Users", fault, times=1)
    options = RunOptions(settle_seconds=settle_seconds, bulk=False)
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        runner = Runner(journal, both, journal.begin(uploading._plan(both)), options)
        told = [step.waits for step in runner.steps() if step.note == note]
    assert told
    assert 0.3 < max(told) <= 1.0
    assert told == sorted(told, reverse=True)


def test_what_a_call_waits_for_is_told_once_nothing_goes_on(uploading: Uploading):
    """A look at what isn't shown yet may wait as long as the service may take to show it."""
    with services(uploading.portal, uploading.jhana) as both:
        lane = Lane(both.jhana, breaks=False)
        told: list[list[tuple[float, str]]] = []
        stands = (True, False)
        patience = Patience(lambda _: told.extend([*lane.waits(stands=one)] for one in stands))
        patience.settle_seconds = 240.0
        both.jhana.patience = patience
        looks = patience.looks(time.monotonic())
        next(looks)
        next(looks)
    ((left, what),), while_others_go_on = told
    assert (what, while_others_go_on) == ("waiting for what was written to show", [])
    assert 239 < left <= 240
