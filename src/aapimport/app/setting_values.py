"""What undos and repairs share: carried out, closed, shown again, and alone at their services."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from aapimport.errors import AapimportError, DeclinedError, ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aapimport.app.desk import Desk
    from aapimport.app.notice import Teller
    from aapimport.plan.make import Services
    from aapimport.run.carrying import Carrying
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run


@dataclass(frozen=True, kw_only=True)
class ValuesCarrier:
    """Carries undos and repairs out; their commands and `resume` share it.

    Attributes:
        journal: The open journal.
        services: The services.
        desk: Shows how far it is.
        settle_seconds: How long a service may still be finishing a lost request.
        teller: Tells whom `[notify]` names how it ended; None for nobody.
    """

    journal: "Journal"
    services: "Services"
    desk: "Desk"
    settle_seconds: float
    teller: "Teller | None" = None

    def carry_out(self, run: "Run", emails: "Mapping[int, str] | None" = None) -> ExitCode:
        """Do everything that is left of a run, then print its receipt.

        Args:
            run: The run; one that is finished or closed only shows its receipt.
            emails: The addresses by row, where they were read just now.

        Raises:
            AapimportError: It could not go on; what was done is recorded.
        """
        return self.go_on(run, lambda ended: print_again(self.journal, ended, self.desk, emails))

    def go_on(self, run: "Run", show: "Callable[[Run], ExitCode]") -> ExitCode:
        """Do everything that is left of a run that is open, then show its receipt.

        Args:
            run: The run.
            show: Shows the receipt of the run as it is then.

        Raises:
            AapimportError: It could not go on; what was done is recorded.
        """
        from aapimport.app.signals import stoppable

        if run.is_open:
            carrying = self._carrying(run)
            with stoppable(carrying):
                try:
                    self.desk.progress(carrying.steps())
                except AapimportError as error:
                    self._tell(run, error)
                    raise
        try:
            return show(self.journal.run(run.receipt))
        finally:  # also where the receipt can't be printed
            if run.is_open:
                self._tell(run)

    def _tell(self, run: "Run", error: AapimportError | None = None) -> None:
        if self.teller:
            self.teller.tell(self.journal, run.receipt, self.desk, error)

    def _carrying(self, run: "Run") -> "Carrying":
        from aapimport.run.options import RunOptions
        from aapimport.run.records import RunKind
        from aapimport.run.repairing import Repairing
        from aapimport.run.undoing import Undoing

        options = RunOptions(settle_seconds=self.settle_seconds)
        kind = Undoing if run.kind == RunKind.UNDO else Repairing
        return kind(self.journal, self.services, run, options)

    def close(self, run: "Run") -> ExitCode:
        """End a run as it is, after a yes.

        Raises:
            DeclinedError: The answer was no.
            UsageError: Nothing can answer.
        """
        from aapimport.run.kept_mails import keep_mails_back
        from aapimport.run.records import RunKind

        question = f"Close {run.name}? It can't be resumed any more."
        if run.is_open:
            if not self.desk.confirm(question, default=False, flags="--yes"):
                raise DeclinedError("you did not say yes")
            if run.kind == RunKind.UNDO:
                keep_mails_back(self.journal, run)
            run = self.journal.close(run.receipt)
            self._tell(run)
        return self.carry_out(run)


def print_again(
    journal: "Journal", run: "Run", desk: "Desk", emails: "Mapping[int, str] | None" = None
) -> ExitCode:
    """Print the receipt of an undo or a repair, as the journal has it.

    Returns:
        The exit code that the receipt stands for.
    """
    from aapimport.app.reconcile import print_repair
    from aapimport.app.undo import print_undo
    from aapimport.run.records import RunKind

    if run.kind == RunKind.UNDO:
        return print_undo(journal, run, desk, emails)
    return print_repair(journal, run, desk)


class _Receipt(Protocol):
    """What a receipt tells of itself."""

    @property
    def unfinished(self) -> int:
        """How much isn't done."""


def print_values_receipt(
    run: "Run", report: _Receipt, desk: "Desk", printing: "Callable[[], ExitCode]"
) -> ExitCode:
    """Print a receipt, and the command that goes on where it isn't finished."""
    from aapimport.app.receipts import printed_receipt

    with printed_receipt(run.receipt, desk):
        code = printing()
    if report.unfinished and run.closed_at is None:
        desk.say(f"next: aapimport resume {run.receipt}")
    return code


def refuse_beside_open_values(journal: "Journal", address: str) -> None:
    """Refuse to begin, or to go on with, anything beside an undo or a repair that isn't finished.

    Raises:
        RefusedError: One is open at these services.
    """
    from aapimport.config.addresses import share_a_place
    from aapimport.run.records import SETS_VALUES

    for run in journal.open_runs():
        if run.kind in SETS_VALUES and share_a_place(run.address, address):
            of = f" of upload {run.of}" if run.of else ""
            raise RefusedError(
                f"{run.name}{of} is still open, {journal.progress(run.receipt)}",
                hint=f"finish it, or end it with --close, first:  aapimport resume {run.receipt}",
            )


def refuse_beside_open_uploads(journal: "Journal", address: str, but: str = "") -> None:
    """Refuse to begin beside an upload that isn't finished.

    Args:
        journal: The journal.
        address: The pair of services.
        but: An upload that doesn't count.

    Raises:
        RefusedError: One is open at these services.
    """
    for other in journal.open_runs_beside(address):
        if other.receipt != but:
            raise RefusedError(
                f"upload {other.receipt} is still open at these services",
                hint=f"finish it, or end it, first:  aapimport resume {other.receipt}",
            )
