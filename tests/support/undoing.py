"""An undo in this process: begun, and carried out as far as it comes."""

from aapimport.app.undo import _undo_of
from aapimport.run.journal import Journal
from aapimport.run.left import left_by
from aapimport.run.records import Run
from aapimport.run.since import read_back
from aapimport.run.undo_plan import back_steps, effects_of
from aapimport.run.undo_report import UndoReport, undo_report
from aapimport.run.undoing import Undoing
from support.setting_values import carried_out
from support.uploading import Uploading, services


def begun(uploading: Uploading, receipt: str) -> Run:
    """The undo of an upload, begun and not carried out."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.run(receipt)
        found = [one for it in read_back(left_by(journal, run), both) for one in effects_of(it)]
        admins = {one.row for one in found if one.gives_rights}
        undo = _undo_of(run, None, {}, admins=admins)
        journal.begin_back(undo, {one.row for one in found}, back_steps(found))
        return undo


def go_on(
    uploading: Uploading, undo: Run, *, dies_after: int = 10**9, after: bool = False
) -> UndoReport:
    """Carry an undo out, or as far as it comes."""
    kill = dies_after, after
    return carried_out(uploading, undo, Undoing, _report, kill)


def _report(journal: Journal, undo: Run) -> UndoReport:
    return undo_report(journal, undo, {})
