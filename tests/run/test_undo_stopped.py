"""An undo that is stopped, or dies, while it is looked for what it has written."""

import json
from dataclasses import replace

import pytest

from aapimport.errors import ExitCode
from aapimport.run.conveyor import StoppedError
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.records import Run, State, StepKind
from aapimport.run.undoing import Undoing
from aapimport.services.patience import Patience
from aapimport.services.portal import Portal
from support.undoing import begun, go_on
from support.uploading import Uploading, people, services
from support.wire import Act, Response

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
