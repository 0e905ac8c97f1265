"""Both services compared about the people of a pass, and put right where that is safe."""

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aapimport.errors import AapimportError, DeclinedError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aapimport.app.desk import Desk
    from aapimport.app.setting_values import ValuesCarrier
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
        from aapimport.run.reconcile_report import repair_report
        from aapimport.screens.target import show_target
        from aapimport.services.swapped import check_addresses

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
            begun = _begun_already(journal, services.address, pass_)
            if begun and not self.repair:
                far = journal.progress(begun.receipt)
                self.desk.say(f"{begun.name} was interrupted, {far}; --repair finishes it first")
            if self.repair:
                if begun:
                    self.desk.say(f"going on with {begun.name}, which was interrupted")
                    return finish_repair(carrier, begun, self.settings)
                self._refuse(journal, services)
            compared = _compared(journal, services, pass_, self.settings, self.desk)
            if not (self.repair and compared.repairable):
                return self._shown(compared, services, pass_)
            run = self._begun(journal, services, pass_, compared)

            def show(ended: "Run", _: object, unfinished: bool) -> ExitCode:
                carrier.repairs.append(repair_report(journal, ended, compared))
                return print_repair(journal, ended, self.desk, compared, unfinished=unfinished)

            return carrier.go_on(run, show)

    def _refuse(self, journal: "Journal", services: "Services") -> None:
        from aapimport.app.setting_values import (
            refuse_beside_open_uploads,
            refuse_beside_open_values,
        )

        refuse_beside_open_values(journal, services.address)
        refuse_beside_open_uploads(journal, services.address)

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
        from aapimport.run.repair_steps import repair_steps
        from aapimport.screens.reconcile import show_repair_plan
        from aapimport.screens.target import place

        report = reconcile_report(compared, services, pass_)
        self.desk.show(show_repair_plan, report, self.desk.profile)
        where = place(services.target, services.address, self.desk.profile, with_jhana=True)
        what = f"the differences that are put right on {where}"
        if not self.desk.type_number(what, report.repairable, "--yes"):
            raise DeclinedError("you did not say yes")
        run = _repair_of(services, pass_, self.settings.administrator)
        steps, known = repair_steps(compared.repairable)
        journal.begin_back(run, known.keys(), steps, known)
        return run


def _compared(
    journal: "Journal", services: "Services", pass_: "Pass", settings: "Settings", desk: "Desk"
) -> "Compared":
    from aapimport.plan.own import set_administrator
    from aapimport.run.comparing import compare

    with desk.busy("reading the portal's list") as tell:
        return compare(journal, services, pass_, set_administrator(settings), tell)


def finish_repair(carrier: "ValuesCarrier", run: "Run", settings: "Settings") -> ExitCode:
    """Do what is left of a repair that was interrupted, and compare again: its receipt tells both.

    Something may differ that was never to be repaired, or came after the repair was approved.

    Args:
        carrier: Carries it out.
        run: The repair; one that is finished is compared again, one that was closed isn't.
        settings: The settings.

    Raises:
        AapimportError: It could not go on, or couldn't be compared again; its receipt is printed.
    """
    from aapimport.app.signals import ended_by_signals
    from aapimport.run.reconcile_report import repair_report
    from aapimport.text import as_typed

    journal, services, desk = carrier.journal, carrier.services, carrier.desk
    command = f"aapimport reconcile --pass {as_typed(run.pass_name)}"

    def show(ended: "Run", _: object, unfinished: bool) -> ExitCode:
        if unfinished or ended.closed_at is not None:
            return print_repair(journal, ended, desk, unfinished=unfinished)
        try:
            with ended_by_signals():
                pass_ = _same_pass(services, ended, settings)
                left = _compared(journal, services, pass_, settings, desk)
        except AapimportError as error:
            print_repair(journal, ended, desk, unfinished=True)
            error.state = (
                f"{ended.name} is carried out and recorded; whether anything still differs isn't"
                f" known: {command} tells it"
            )
            raise
        carrier.repairs.append(repair_report(journal, ended, left=left))
        code = print_repair(journal, ended, desk, left=left)
        if code is ExitCode.FINDINGS:
            desk.say(f"next: {command}{' --repair' if left.repairable else ''}")
        return code

    return carrier.go_on(run, show)


def _same_pass(services: "Services", run: "Run", settings: "Settings") -> "Pass":
    """The very pass of a repair: its id may be another pass's name."""
    from aapimport.plan.names import which_pass

    found = (one for one in services.portal.passes() if one.id == run.pass_id)
    if (pass_ := next(found, None)) is None:
        return which_pass(services.portal, run.pass_id, settings.pass_as)[0]
    group = json.loads(run.options or "{}").get("pass_group") or ""
    return replace(pass_, group_id=group)


def print_repair(
    journal: "Journal",
    run: "Run",
    desk: "Desk",
    compared: "Compared | None" = None,
    *,
    left: "Compared | None" = None,
    unfinished: bool = False,
) -> ExitCode:
    """Print the receipt of a repair, as the journal has it.

    Args:
        journal: The journal.
        run: The repair.
        desk: Where the administrator sits.
        compared: What it was begun with, where that is at hand.
        left: How both services still differ, where they were compared once it was carried out.
        unfinished: Whether an error has ended it, which is told afterwards.

    Returns:
        The exit code that the receipt stands for.
    """
    from aapimport.app.setting_values import print_values_receipt
    from aapimport.run.reconcile_report import repair_report
    from aapimport.screens.reconcile import show_repair_receipt

    report = repair_report(journal, run, compared, left)

    def show() -> None:
        desk.show(show_repair_receipt, report)

    return print_values_receipt(run, report, desk, show, unfinished=unfinished)


def _begun_already(journal: "Journal", address: str, pass_: "Pass") -> "Run | None":
    """The repair of a pass that was begun and isn't finished; None without one."""
    from aapimport.run.records import RunKind

    found: Sequence[Run] = journal.open_runs(address, RunKind.REPAIR)
    return next((run for run in found if run.pass_id == pass_.id), None)


def _repair_of(services: "Services", pass_: "Pass", administrator: str = "") -> "Run":
    """A repair of a pass, from now on; of who runs it only a digest is kept."""
    from aapimport import __version__
    from aapimport.plan.make import new_receipt
    from aapimport.run.digests import address_digest
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
        options=json.dumps(
            {"pass_group": pass_.group_id, "administrator": address_digest(administrator)}
        ),
        kind=RunKind.REPAIR,
    )
