"""An undo that is stopped, or dies, while it is looked for what it has written."""

import json
from dataclasses import replace

import pytest

from aapimport.errors import ExitCode
from aapimport.run.conveyor import StoppedError
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.records import Run, State, StepKind
from aapimport.run.taken_back import taken_back
from aapimport.run.undoing import Undoing
from aapimport.services.patience import Patience
from aapimport.services.portal import Portal
from support.mortal import Killed, Mortal
from support.undoing import begun, go_on
from support.uploading import Uploading, people, services
from support.wire import RESET, Act, Response, error, instead

LAG, SETTLE = 0.4, 2.0


@pytest.fixture
def uploading(uploading: Uploading) -> Uploading:
    """A team with two others in it, on a portal that shows what is written a little later."""
    uploading.emails = False
    others = [uploading.portal.add_user(f"{one}@acme.com") for one in ("xeno", "yara")]
    uploading.portal.store.groups["team-1"]["members"] = [{"value": one} for one in others]
    return uploading


def members(uploading: Uploading) -> set[str]:
    """Who is in the team."""
    return {one["value"] for one in uploading.portal.store.groups["team-1"]["members"]}


def stopped(uploading: Uploading, undo: Run, path: str) -> None:
    """Carry an undo out until its first write to something has arrived, and stop it then."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        to = both.portal.transport
        portal = Portal(both.portal.name, to, Patience(to.pause))
        both_stop = replace(both, portal=portal)
        carried = Undoing(journal, both_stop, undo, RunOptions(settle_seconds=SETTLE))

        def stop(act: Act) -> Response:
            answer = act()
            carried.stop(ExitCode.INTERRUPTED)
            return answer

        uploading.portal.on("PATCH", path, stop)
        with pytest.raises(StoppedError, match="not everything is done") as raised:
            list(carried.steps())
    assert f"continue with: aapimport resume {undo.receipt}" in (raised.value.state or "")


@pytest.mark.parametrize("clears", [False, True])
def test_a_removal_whose_look_was_cut_short_is_in_doubt(
    uploading: Uploading, *, clears: bool
) -> None:
    """It isn't called rejected; and who else was in the team is put back by what goes on."""
    others = members(uploading)
    uploading.rows = people(1, team="Sales")
    undo = begun(uploading, uploading.run().receipt)
    uploading.portal.habits.lag, uploading.portal.habits.clears_on_remove = LAG, clears
    stopped(uploading, undo, "/Groups/team-1")
    assert members(uploading) == (set() if clears else others)
    with Journal(uploading.journal_path) as journal:
        (step,) = journal.tasks(undo.receipt, StepKind.LEAVE_TEAM)
        _, kept = journal.adding(undo.address, "portal", "teams")
    assert step.state is State.DOUBT
    assert {one["value"] for one in json.loads(kept)["kept"]["team-1"]["before"]["members"]} == {
        *others
    }
    uploading.settle_seconds = SETTLE
    report = go_on(uploading, undo)
    assert (report.taken_back, report.half) == (1, 1)
    assert report.exit_code is ExitCode.OK
    assert members(uploading) == others


def test_an_account_whose_look_was_cut_short_is_in_doubt(uploading: Uploading) -> None:
    """It was switched off, and isn't called rejected."""
    uploading.rows = people(1)
    undo = begun(uploading, uploading.run().receipt)
    uploading.portal.habits.lag = LAG
    stopped(uploading, undo, "/Users/.*")
    with Journal(uploading.journal_path) as journal:
        (step,) = journal.tasks(undo.receipt, StepKind.TAKE_BACK, service="portal")
    assert step.state is State.DOUBT
    uploading.settle_seconds = SETTLE
    report = go_on(uploading, undo)
    assert (report.half, report.not_taken_back, report.unfinished) == (1, 0, 0)


def killed_at_the_removal(uploading: Uploading, undo: Run) -> None:
    """A process carries an undo out and is gone when its first removal has cleared the team."""
    uploading.portal.habits.clears_on_remove = True
    with (
        services(uploading.portal, uploading.jhana) as both,
        Mortal(uploading.journal_path) as journal,
    ):
        carried = Undoing(journal, both, undo, RunOptions(settle_seconds=SETTLE))

        def die(act: Act) -> Response:
            act()
            journal.left = 0
            return RESET

        uploading.portal.on("GET", "/Groups/team-1", instead(RESET), skip=1, times=99_999)
        uploading.portal.on("PATCH", "/Groups/team-1", die)
        with pytest.raises(Killed):
            list(carried.steps())
    uploading.portal._rules.clear()


@pytest.mark.parametrize(
    ("settle", "lag"), [(0.0, 0.0), (SETTLE, LAG)], ids=["long after", "at once"]
)
def test_a_team_that_a_removal_cleared_before_a_kill_is_put_back(
    uploading: Uploading, settle: float, lag: float
) -> None:
    """However late the same command goes on: but for whom it takes out, all are in it again."""
    others = members(uploading)
    uploading.rows = people(3, team="Sales")
    undo = begun(uploading, uploading.run().receipt)
    killed_at_the_removal(uploading, undo)
    assert members(uploading) == set()
    uploading.settle_seconds, uploading.portal.habits.lag = settle, lag
    report = go_on(uploading, undo)
    assert (report.taken_back, report.half, report.exit_code) == (3, 3, ExitCode.OK)
    assert members(uploading) == others


def test_whom_a_removal_has_lost_stays_on_the_receipt(uploading: Uploading) -> None:
    """A portal that takes nobody back: the others are named, by every later command, too."""
    uploading.rows = people(3, team="Sales")
    receipt = uploading.run().receipt
    undo = begun(uploading, receipt)
    killed_at_the_removal(uploading, undo)
    uploading.portal.on("PATCH", "/Groups/team-1", instead(error(422)), body='"replace"', times=99)
    for _ in range(2):
        report = go_on(uploading, undo)
        assert (report.taken_back, report.half, report.exit_code) == (3, 3, ExitCode.FINDINGS)
        (lost,) = (one for one in report.effects if one.result == "impossible")
        assert (lost.row, lost.what) == (2, "others in the team")
        assert lost.reason == (
            "2 former members are no longer shown in the team: user-1, user-2;"
            " put them into it on the portal"
        )
    with Journal(uploading.journal_path) as journal:
        (again,) = taken_back(journal, journal.run(receipt))
    assert [row for row, _ in again.lost] == [2]
