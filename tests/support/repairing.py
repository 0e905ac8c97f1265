"""A comparison and a repair in this process: real journal, real HTTP."""

from typing import Any

from aapimport.app.reconcile import _repair_of
from aapimport.plan.names import which_pass
from aapimport.run.comparing import compare
from aapimport.run.journal import Journal
from aapimport.run.reconcile_report import RepairReport, repair_report
from aapimport.run.reconciled import Compared
from aapimport.run.records import Run
from aapimport.run.repair_steps import repair_steps
from aapimport.run.repairing import Repairing
from support.setting_values import carried_out
from support.uploading import Uploading, services

PASS = "Leadership 2026"


def compared(uploading: Uploading, administrator: str = "") -> Compared:
    """How both services differ now."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        pass_, _ = which_pass(both.portal, PASS, uploading.options.pass_as)
        return compare(journal, both, pass_, administrator)


def kinds(found: Compared) -> set[tuple[str, str, bool]]:
    """Who differs how, and whether a repair puts it right."""
    return {(one.email, one.kind.value, not one.why_not) for one in found.differences}


def begun(uploading: Uploading) -> Run:
    """A repair of all that can be, begun and not carried out."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        pass_, _ = which_pass(both.portal, PASS, uploading.options.pass_as)
        run = _repair_of(both, pass_)
        steps, known = repair_steps(compare(journal, both, pass_).repairable)
        journal.begin_back(run, known.keys(), steps, known)
        return run


def go_on(
    uploading: Uploading, run: Run, *, dies_after: int = 10**9, after: bool = False
) -> RepairReport:
    """Carry a repair out, or as far as it comes."""
    kill = dies_after, after
    return carried_out(uploading, run, Repairing, repair_report, kill)


def user(stub: Any, email: str) -> dict[str, Any]:
    """Somebody's account."""
    found: dict[str, Any] = next(it for it in stub.store.users.values() if it["userName"] == email)
    return found
