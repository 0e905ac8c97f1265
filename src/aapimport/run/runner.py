"""Carrying out what the journal says: `upload` and `resume` are this one code path.

Accounts on both services first, side by side; then the pass where it is a Group, and teams, one
writer for each; then welcome e-mails, to people whose accounts are done. Each write goes: intent
committed, call, result committed, outcome yielded. What is in doubt is looked up, twice, after the
service has had time to finish (docs/protocol.md), and sent once more only when nobody was found.
"""

from collections.abc import Iterator
from dataclasses import replace

from aapimport.errors import AapimportError, ExitCode, RefusedError
from aapimport.plan.make import Services
from aapimport.run.accounts import Accounts
from aapimport.run.conveyor import Batch, Call, Conveyor, Progress
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.records import FINAL, JOINS, Run, State, StepKind, Task
from aapimport.services.directory import Directory
from aapimport.services.outcomes import Outcome
from aapimport.services.portal import send_welcome
from aapimport.services.values import EmailKind

MEMBERS_AT_ONCE = 1000
"""People of one Group whose joining is intended, done and read back together."""
_INTO = {StepKind.PASS: "on the pass", StepKind.TEAM: "into the team"}


class Runner:
    """Carries out one run.

    Args:
        journal: The open journal; nobody else writes it.
        services: The services that the run belongs to.
        run: The run.
        options: How it is carried out.

    Raises:
        RefusedError: The run belongs to other services.
    """

    def __init__(self, journal: Journal, services: Services, run: Run, options: RunOptions) -> None:
        if run.address != services.address:
            raise RefusedError(
                f"upload {run.receipt} belongs to other services than the configured ones",
                hint="configure the addresses that it was started with, then resume it",
            )
        self._journal = journal
        self._receipt = run.receipt
        self._portal = services.portal
        self._services: dict[str, Directory] = {"portal": services.portal, "jhana": services.jhana}
        self._conveyor = Conveyor(
            journal, run.receipt, self._services, options.sleep, options.stop_after
        )
        self._accounts = Accounts(
            journal=journal,
            receipt=run.receipt,
            services=services,
            conveyor=self._conveyor,
            options=options,
        )

    def stop(self, code: ExitCode) -> None:
        """Ask the run to stop: what is in flight is finished and recorded first."""
        self._conveyor.stop(code)

    def steps(self, last_row: int | None = None) -> Iterator[Progress]:
        """Do everything that is left to do, yielding after each commit.

        Args:
            last_row: The last row to do anything for, without e-mails; None for all, with them.

        Raises:
            StoppedError: `stop` was called.
            SettingsError: A service refuses the token.
            ServiceError: A service is unreachable, or stays busy.
            RefusedError: Too much went wrong.
        """
        yield self._conveyor.progress()
        try:
            for service, directory in self._services.items():
                try:
                    _ = directory.capabilities  # asked once, before several threads need them
                except AapimportError as error:
                    self._conveyor.halt(service, error)
            yield from self._accounts.steps(last_row)
            for kind in JOINS:
                yield from self._joins(kind, last_row)
            if last_row is None:
                yield from self._emails()
            self._conveyor.finish()
        except AapimportError as error:
            error.state = self.standing()
            raise
        self._journal.finish(self._receipt)

    def standing(self) -> str:
        """The state of the world, with the command that continues."""
        done = f"{self._conveyor.done:,} of {self._conveyor.total:,} steps done, all recorded"
        if all(state in FINAL for state in self._journal.counts(self._receipt)):
            return done
        return f"{done}; continue with: aapimport resume {self._receipt}"

    def _joins(self, kind: StepKind, last_row: int | None) -> Iterator[Progress]:
        """Put people into their Groups: one writer for each, many people at once."""
        by_group: dict[str, list[Task]] = {}
        for task in self._open(kind, last_row):
            account = self._journal.step(self._receipt, task.row, "portal")
            if account is None or account.state is State.REJECTED:
                reason = f"not put {_INTO[kind]}: the account was rejected"
                self._conveyor.record([replace(task, state=State.SKIPPED, reason=reason)])
            elif account.state is State.DONE:
                ready = replace(task, account_id=account.account_id)
                by_group.setdefault(task.target, []).append(ready)
        batches = (
            tasks[start : start + MEMBERS_AT_ONCE]
            for tasks in by_group.values()
            for start in range(0, len(tasks), MEMBERS_AT_ONCE)
        )
        for batch in batches:
            yield from self._conveyor.drive({"portal": iter([batch])}, self._join_call)

    def _join_call(self, batch: Batch) -> Call:
        wanted = self._journal.wanted(self._receipt, batch)
        people = {task.account_id: one.email for task, one in zip(batch, wanted, strict=True)}

        def join() -> list[Outcome]:
            outcomes = self._portal.add_members(batch[0].target, people)
            return [outcomes[task.account_id] for task in batch]

        return join

    def _emails(self) -> Iterator[Progress]:
        """Send welcome e-mails to people whose accounts are done.

        A service that can be asked for one answers a request id with one e-mail at the most, so a
        request in doubt may be repeated with its own id.
        """
        lines = {service: self._mailable(service) for service in self._services}
        yield from self._conveyor.drive(lines, self._email_call)

    def _mailable(self, service: str) -> Iterator[Batch]:
        for task in self._open(StepKind.EMAIL, None, service):
            portal = self._journal.step(self._receipt, task.row, "portal")
            jhana = self._journal.step(self._receipt, task.row, "jhana")
            joins = self._journal.step(self._receipt, task.row, "portal", StepKind.PASS)
            steps = [step for step in (portal, jhana, joins) if step is not None]
            if not all(step.state in FINAL for step in steps):
                continue  # in doubt: mailed by a later resume, once that is settled
            own = portal if service == "portal" else jhana
            if why := _not_to_be_mailed(own, joins):
                reason = f"not mailed: {why}"
                self._conveyor.record([replace(task, state=State.SKIPPED, reason=reason)])
            elif own:
                yield [replace(task, account_id=own.account_id)]

    def _email_call(self, batch: Batch) -> Call:
        (task,) = batch
        kind = EmailKind(task.target)
        jhana = self._journal.step(self._receipt, task.row, "jhana")
        if kind is EmailKind.COMBINED and (jhana is None or jhana.state is State.REJECTED):
            kind = EmailKind.PORTAL  # Jhana rejected the person: its half would be a lie
        directory = self._services[task.service]
        return lambda: [send_welcome(directory, task.account_id, kind, task.key)]

    def _open(
        self, kind: StepKind, last_row: int | None, service: str = "portal"
    ) -> Iterator[Task]:
        states = (State.PLANNED, State.INTENT, State.DOUBT)
        return self._journal.tasks(self._receipt, kind, *states, service=service, last_row=last_row)


def _not_to_be_mailed(account: Task | None, on_the_pass: Task | None) -> str:
    """Why a welcome would be wrong; empty when it is right."""
    if account is None or account.state is State.REJECTED:
        return "no account"
    if account.adopted:
        return "the account was there already"
    if on_the_pass and on_the_pass.state is not State.DONE:
        return "not on the pass"
    return ""
