"""Both services compared about the people of a pass, and put right where that is safe."""

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aapimport.errors import DeclinedError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Services
    from aapimport.run.journal import Journal
    from aapimport.run.reconciled import Compared
    from aapimport.run.records import Run
    from aapimport.services.values import Pass


@dataclass(frozen=True, kw_only=True)
class Reconciling:
    """One comparison.

    Attributes:
        settings: The settings.
        desk: Where the administrator sits.
        pass_name: The pass.
        repair: Whether what can be put right is.
        pace: As for `connected`.
    """

    settings: "Settings"
    desk: "Desk"
    pass_name: str
    repair: bool = False
    pace: str | None = None

    def carry_out(self) -> ExitCode:
        """Compare, and with `repair` ask and put right; a repair that was interrupted goes on.

        Raises:
            AapimportError: A list can't be had whole, or the repair could not begin or go on.
        """
        from aapimport.app.notice import teller_of
        from aapimport.app.session import opened
        from aapimport.app.setting_values import ValuesCarrier
        from aapimport.plan.names import which_pass
        from aapimport.screens.target import show_target
        from aapimport.services.swapped import check_addresses
        from aapimport.text import as_typed

        teller = teller_of(self.settings) if self.repair else None
        self.desk.show_beside(show_target, self.settings)
        with opened(self.settings, self.desk, self.pace, begins=self.repair) as (journal, services):
            check_addresses(services.portal, services.jhana)
            pass_, _ = which_pass(services.portal, self.pass_name, self.settings.pass_as)
            carrier = ValuesCarrier(
                journal=journal,
                services=services,
                desk=self.desk,
                settle_seconds=self.settings.settle_seconds,
                teller=teller,
            )
            if self.repair:
                if begun := _begun_already(journal, services.address, pass_):
                    self.desk.say(f"going on with {begun.name}, which was interrupted")
                    code = carrier.carry_out(begun)
                    left = self._compared(journal, services, pass_)
                    differs = bool(left.differences or left.unproven)
                    if differs:
                        what = f"aapimport reconcile --pass {as_typed(pass_.name)} tells what"
                        self.desk.say(f"something still differs: {what}")
                    return code or (ExitCode.FINDINGS if differs else ExitCode.OK)
                self._refuse(journal, services)
            else:
                self._mention(journal, services)
            compared = self._compared(journal, services, pass_)
            if not (self.repair and compared.repairable):
                return self._shown(compared, services, pass_)
            run = self._begun(journal, services, pass_, compared)
            return carrier.go_on(
                run,
                lambda ended, _, unfinished: print_repair(
                    journal, ended, self.desk, compared, unfinished=unfinished
                ),
            )

    def _refuse(self, journal: "Journal", services: "Services") -> None:
        from aapimport.app.setting_values import (
            refuse_beside_open_uploads,
            refuse_beside_open_values,
        )

        refuse_beside_open_values(journal, services.address)
        refuse_beside_open_uploads(journal, services.address)

    def _mention(self, journal: "Journal", services: "Services") -> None:
        for run in journal.open_runs_beside(services.address):
            self.desk.say(f"{run.described} is still open: what it does isn't compared")

    def _compared(self, journal: "Journal", services: "Services", pass_: "Pass") -> "Compared":
        from aapimport.plan.own import set_administrator
        from aapimport.run.comparing import compare

        administrator = set_administrator(self.settings)
        with self.desk.busy("reading the portal's list") as tell:
            return compare(journal, services, pass_, administrator, tell)

    def _shown(self, compared: "Compared", services: "Services", pass_: "Pass") -> ExitCode:
        from aapimport.run.reconcile_report import reconcile_report
        from aapimport.screens.reconcile import show_compared
        from aapimport.text import as_typed

        report = reconcile_report(compared, services, pass_)
        if self.desk.as_json:
            self.desk.print_result(report.model_dump_json(by_alias=True, indent=2))
        else:
            self.desk.show(show_compared, report)
        if report.repairable:
            self.desk.say(f"next: aapimport reconcile --pass {as_typed(pass_.name)} --repair")
        return report.exit_code

    def _begun(
        self, journal: "Journal", services: "Services", pass_: "Pass", compared: "Compared"
    ) -> "Run":
        """The repair, once it is approved and written down.

        Raises:
            DeclinedError: The number wasn't typed.
            UsageError: Nothing can answer.
        """
        from aapimport.run.reconcile_report import reconcile_report
        from aapimport.run.repairing import repair_steps
        from aapimport.screens.reconcile import show_repair_plan
        from aapimport.screens.target import place

        report = reconcile_report(compared, services, pass_)
        self.desk.show(show_repair_plan, report, self.desk.profile)
        where = place(services.target, services.address, self.desk.profile, with_jhana=True)
        what = f"the differences that are put right on {where}"
        if not self.desk.type_number(what, report.repairable, "--yes"):
            raise DeclinedError("you did not say yes")
        run = _repair_of(services, pass_)
        steps, known = repair_steps(compared.repairable)
        journal.begin_back(run, known.keys(), steps, known)
        return run


def print_repair(
    journal: "Journal",
    run: "Run",
    desk: "Desk",
    compared: "Compared | None" = None,
    *,
    unfinished: bool = False,
) -> ExitCode:
    """Print the receipt of a repair, as the journal has it.

    Args:
        journal: The journal.
        run: The repair.
        desk: Where the administrator sits.
        compared: What it was begun with, where that is at hand.
        unfinished: Whether an error has ended it, which is told afterwards.

    Returns:
        The exit code that the receipt stands for.
    """
    from aapimport.app.setting_values import print_values_receipt
    from aapimport.run.reconcile_report import repair_report
    from aapimport.screens.reconcile import show_repair_receipt

    report = repair_report(journal, run, compared)

    def show() -> None:
        desk.show(show_repair_receipt, report)

    return print_values_receipt(run, report, desk, show, unfinished=unfinished)


def _begun_already(journal: "Journal", address: str, pass_: "Pass") -> "Run | None":
    """The repair of a pass that was begun and isn't finished; None without one."""
    from aapimport.run.records import RunKind

    found: Sequence[Run] = journal.open_runs(address, RunKind.REPAIR)
    return next((run for run in found if run.pass_id == pass_.id), None)


def _repair_of(services: "Services", pass_: "Pass") -> "Run":
    """A repair of a pass, from now on."""
    from aapimport import __version__
    from aapimport.plan.make import new_receipt
    from aapimport.run.planned import this_user
    from aapimport.run.records import Run, RunKind

    return Run(
        receipt=new_receipt(),
        address=services.address,
        target=services.target,
        file="",
        file_digest="",
        sheet="",
        pass_id=pass_.id,
        pass_name=pass_.name,
        emails=False,
        seats_free=None,
        started_at=time.time(),
        finished_at=None,
        started_by=this_user(),
        version=__version__,
        options=json.dumps({"pass_group": pass_.group_id}),
        kind=RunKind.REPAIR,
    )
