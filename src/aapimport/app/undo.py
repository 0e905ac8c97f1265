"""The way back from a run: what still is as it left it is given back what it was."""

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aapimport.errors import DeclinedError, ExitCode, RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from aapimport.app.desk import Desk
    from aapimport.app.setting_values import ValuesCarrier
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Services
    from aapimport.run.effects import Effect
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run
    from aapimport.run.undo_plan import UndoPlan
    from aapimport.run.undo_report import UndoReport

_BY_PERSON = "an answer at a terminal: our key alone tells who they are, so --yes is not enough"

_BY_HAND = "deactivate them on the service, unless they are meant to be on"


@dataclass(frozen=True, kw_only=True)
class Undo:
    """One undo.

    Attributes:
        receipt: The run that is to be taken back.
        settings: The settings.
        desk: Where the administrator sits.
        rows: The only rows that are; None for all.
        client_admins: How many people may get administration rights back; None to be asked.
        pace: As for `connected`.
    """

    receipt: str
    settings: "Settings"
    desk: "Desk"
    rows: frozenset[int] | None = None
    client_admins: int | None = None
    pace: str | None = None

    def carry_out(self) -> ExitCode:
        """Plan, ask, take back, and print the receipt; one that was interrupted goes on.

        Raises:
            AapimportError: It can't be begun, or could not go on; what was done is recorded.
        """
        from aapimport.app.notice import teller_of
        from aapimport.app.session import opened
        from aapimport.app.setting_values import ValuesCarrier
        from aapimport.app.undo_rows import refuse_other_rows
        from aapimport.run.runs import refuse_other_services
        from aapimport.screens.target import show_target

        teller = teller_of(self.settings)
        self.desk.show_beside(show_target, self.settings)
        with opened(self.settings, self.desk, self.pace, begins=False) as (journal, services):
            run = journal.run(self.receipt)
            refuse_other_services(run, services.address)
            carrier = ValuesCarrier(
                journal=journal,
                services=services,
                desk=self.desk,
                settle_seconds=self.settings.settle_seconds,
                teller=teller,
            )
            if begun := _begun_already(journal, run):
                refuse_other_rows(journal, begun, self.rows)
                self.desk.say(f"going on with undo {begun.receipt}, which was interrupted")
                return carrier.carry_out(begun)
            _refuse(journal, run)
            plan = self._plan(journal, services, run)
            return self._carried_out(journal, carrier, plan)

    def _plan(self, journal: "Journal", services: "Services", run: "Run") -> "UndoPlan":
        from aapimport.run.effects import Sort
        from aapimport.run.kept_mails import embargoed
        from aapimport.run.left import left_by
        from aapimport.run.lost_members import looked_at_again
        from aapimport.run.since import read_back
        from aapimport.run.taken_back import taken_back
        from aapimport.run.undo_again import undo_first
        from aapimport.run.undo_plan import UndoPlan, effects_of, kept_rows

        rows = journal.rows(run.receipt)
        if self.rows is not None:
            if unknown := sorted(self.rows - rows):
                named = ", ".join(map(str, unknown))
                raise UsageError(
                    f"receipt {run.receipt} has nobody in row {named}",
                    hint="rows are those of the file that was uploaded",
                )
            rows &= self.rows
        with self.desk.busy("reading everybody back"):
            people = tuple(read_back(left_by(journal, run, rows), services))
        effects = tuple(effect for one in people for effect in effects_of(one))
        _settle(journal, run, rows, effects)
        left = {one.row for one in effects if one.sort is Sort.LATER}
        mails = (replace(mail, row=row) for row, _, mail in embargoed(journal, run, rows))
        return UndoPlan(
            run=run,
            people=people,
            effects=effects,
            embargoed=kept_rows(effects, mails),
            only=self.rows,
            earlier=looked_at_again(journal, services.portal, taken_back(journal, run, rows)),
            first=tuple(undo_first(journal, run, left, self.rows)),
        )

    def _carried_out(
        self, journal: "Journal", carrier: "ValuesCarrier", plan: "UndoPlan"
    ) -> ExitCode:
        from aapimport.run.undo_plan import back_steps
        from aapimport.screens.target import place
        from aapimport.screens.undo import show_undo_plan

        if not plan.rows:
            journal.ask_back(plan.run.receipt, plan.only)
            journal.tell_named(plan.run.receipt, plan.named_rows)
            return _print(plan, self.desk)
        run = plan.run
        self.desk.show(show_undo_plan, plan, self.desk.profile)
        self._approve_admins(plan)
        where = place(run.target, run.address, self.desk.profile, with_jhana=True)
        what = f"the people whose upload is taken back, on {where}"
        flags = _BY_PERSON if plan.by_key_alone else "--yes"
        answers = not plan.by_key_alone
        if not self.desk.type_number(what, len(plan.rows), flags, yes_answers=answers):
            raise DeclinedError("you did not say yes")
        undo = _undo_of(run, plan.only, plan.on_again, plan.first, plan.admins)
        named = {one.row for one in plan.effects}
        journal.begin_back(undo, plan.rows | named, back_steps(plan.effects))
        return carrier.carry_out(undo, plan.emails)

    def _approve_admins(self, plan: "UndoPlan") -> None:
        """Have the number of those typed who get administration rights back.

        Raises:
            RefusedError: `--client-admins` says another number.
            DeclinedError: The number wasn't typed.
            UsageError: Nothing can answer; `--yes` alone doesn't.
        """
        from aapimport.screens.console import count

        number = len(plan.admins)
        if self.client_admins is not None and self.client_admins != number:
            who = count(number, "person", "people")
            raise RefusedError(
                f"administration rights would be given back to {who};"
                f" --client-admins says {self.client_admins:,}",
                hint=f"they are named above; if all of it is right: --client-admins {number}",
            )
        if self.client_admins is not None or not number:
            return
        what = "the people who get administration rights back"
        flag = f"--client-admins {number}"
        if not self.desk.type_number(what, number, flag, yes_answers=False):
            raise DeclinedError("you did not say yes")


def print_undo(
    journal: "Journal",
    undo: "Run",
    desk: "Desk",
    emails: "Mapping[int, str] | None" = None,
    *,
    unfinished: bool = False,
) -> ExitCode:
    """Print the receipt of an undo, as the journal has it.

    Args:
        journal: The journal.
        undo: The undo.
        desk: Where the administrator sits.
        emails: The people's addresses by row, where they are at hand.
        unfinished: Whether an error has ended it, which is told afterwards.

    Returns:
        The exit code that the receipt stands for.
    """
    from aapimport.app.setting_values import print_values_receipt
    from aapimport.run.undo_again import undo_again, undo_left
    from aapimport.run.undo_report import undo_report
    from aapimport.screens.undo import show_undo_receipt

    report = undo_report(journal, undo, {**journal.addresses(undo.of), **(emails or {})})

    def show() -> None:
        left = {"next": undo_left(journal, undo)}  # as of now: on screens it isn't for a digest
        desk.show(show_undo_receipt, report.model_copy(update=left))

    code = print_values_receipt(undo, report, desk, show, unfinished=unfinished)
    _say_who_is_on(report, desk)
    if not unfinished and (again := undo_again(journal, undo)):
        desk.say(f"next: look why it was rejected, then: {again}")
    elif not unfinished and report.unfinished and undo.closed_at is not None:
        desk.say(f"{undo.name} is closed; what it has left: aapimport undo {undo.of}")
    return code


def _print(plan: "UndoPlan", desk: "Desk") -> ExitCode:
    """The receipt where nothing is left to take back."""
    from aapimport.run.undo_report import planned_report
    from aapimport.screens.undo import show_undo_receipt

    report = planned_report(plan)
    if desk.as_json:
        desk.print_result(report.model_dump_json(indent=2))
    else:
        desk.show(show_undo_receipt, report, [one.report for one in plan.earlier])
    _say_who_is_on(report, desk)
    return report.exit_code


def _say_who_is_on(report: "UndoReport", desk: "Desk") -> None:
    """Name the commands for those whom an undo had switched off, and who are on again."""
    from aapimport.run.undo_again import said_beside

    for command in dict.fromkeys(again.undo for again in report.on_again):
        beside = f"\n      {said}" if (said := said_beside([command])) else ""
        desk.say(f"next: {command or _BY_HAND}{beside}")


def _undo_of(
    run: "Run",
    only: frozenset[int] | None,
    on_again: "Mapping[str, Collection[int]]",
    first: "Collection[str]" = (),
    admins: "Collection[int]" = (),
) -> "Run":
    """The undo of a run, from now on; of some rows only, which the journal keeps.

    Args:
        run: The run that is taken back.
        only: The rows; None for all of them.
        on_again: Whom an earlier undo had switched off, and who is on again, by what did it.
        first: The commands that take back what is left to later uploads.
        admins: The rows of those who may get administration rights back, as was approved.
    """
    from aapimport import __version__
    from aapimport.plan.make import new_receipt
    from aapimport.run.planned import this_user
    from aapimport.run.records import Run, RunKind

    return Run(
        receipt=new_receipt(),
        address=run.address,
        target=run.target,
        file=run.file,
        file_digest="",  # it is no upload of the file
        sheet=run.sheet,
        pass_id=run.pass_id,
        pass_name=run.pass_name,
        emails=False,
        seats_free=None,
        started_at=time.time(),
        finished_at=None,
        started_by=this_user(),
        version=__version__,
        options=json.dumps(
            {
                "only_rows": None if only is None else sorted(only),
                "on_again": {by: sorted(rows) for by, rows in on_again.items()},
                "next": [*first],
                "admins": sorted(admins),
            }
        ),
        kind=RunKind.UNDO,
        of=run.receipt,
    )


def _settle(
    journal: "Journal", run: "Run", rows: "Collection[int]", effects: "Iterable[Effect]"
) -> None:
    """Remember of what earlier undos were refused nothing is left: their receipts name no more."""
    from aapimport.run.effects import NOTHING_LEFT
    from aapimport.run.records import State

    left = {(one.row, one.service, one.kind) for one in effects if one.sort not in NOTHING_LEFT}
    for later in journal.later_runs(run.receipt):
        refused = [
            task
            for task in journal.tasks(later, None, State.REJECTED)
            if task.row in rows and (task.row, task.service, task.kind) not in left
        ]
        if refused:
            journal.settle(later, refused)


def _begun_already(journal: "Journal", run: "Run") -> "Run | None":
    """The undo of a run that was begun and isn't finished; None without one."""
    from aapimport.run.records import RunKind

    later = (journal.run(one) for one in journal.later_runs(run.receipt))
    return next((one for one in later if one.kind == RunKind.UNDO and one.is_open), None)


def _refuse(journal: "Journal", run: "Run") -> None:
    """Refuse what can't be taken back as a whole, or not now.

    Raises:
        RefusedError: It is no upload, or it, or another run beside it, is still open.
    """
    from aapimport.app.setting_values import refuse_beside_open_uploads, refuse_beside_open_values
    from aapimport.run.records import FINAL, RunKind, State, StepKind

    if run.kind != RunKind.UPLOAD:
        raise RefusedError(
            f"{run.receipt} is no upload, and only uploads can be taken back",
            hint="give the confirmation number of an upload",
        )
    left = [
        task
        for task in journal.tasks(run.receipt, None, *(set(State) - FINAL))
        if not (task.kind is StepKind.EMAIL and task.state is State.PLANNED)
    ]
    if run.is_open and left:
        raise RefusedError(
            f"upload {run.receipt} is still open, {journal.progress(run.receipt)}",
            hint=f"finish it:                aapimport resume {run.receipt}\n"
            f"      or end it as it is:       aapimport resume {run.receipt} --close",
        )
    refuse_beside_open_values(journal, run.address)
    refuse_beside_open_uploads(journal, run.address, run.receipt)
