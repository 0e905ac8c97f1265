"""What `upload` and `resume` share: carrying a run out and printing its receipt."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aapimport.cli.grouping import EXPERT, UNATTENDED
from aapimport.cli.planning import option
from aapimport.errors import ExitCode, RefusedError, UsageError

if TYPE_CHECKING:
    from types import FrameType

    from aapimport.cli.asking import Asker
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Services
    from aapimport.run.journal import Journal
    from aapimport.run.options import Drift
    from aapimport.run.records import Run
    from aapimport.run.runner import Runner

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""What asks a run to stop: ^C, the system, and a terminal that is closed."""
_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class RunFlags:
    """The flags that `upload` and `resume` share, as click names them."""

    as_json: bool
    stop_after: int | None
    canary: int | None
    bulk: bool
    pace: str | None


_OPTIONS = (
    option(
        UNATTENDED,
        "--json",
        "as_json",
        is_flag=True,
        help="Print the receipt as JSON, for scripts.",
    ),
    option(
        EXPERT,
        "--canary",
        type=click.IntRange(min=1),
        metavar="N",
        help="Upload N people, read them back on both services, then ask whether to go on.",
    ),
    option(
        EXPERT,
        "--stop-after",
        type=click.IntRange(min=1),
        metavar="N",
        help="Pause after N failures; by default after 20 that are 5 % or more.",
    ),
    option(
        EXPERT,
        "--bulk/--no-bulk",
        default=True,
        help="Whether many people may go into one request, where that is offered.",
    ),
    option(
        EXPERT,
        "--pace",
        envvar="AAPIMPORT_PACE",
        metavar="N",
        help="Requests a second for each service, or a service's name, for example slack.",
    ),
)


def run_options(command: _Command) -> _Command:
    """Give a command the flags of `RunFlags`."""
    for one in reversed(_OPTIONS):
        command = one(command)
    return command


@contextmanager
def opened_journal(settings: "Settings") -> Iterator["Journal"]:
    """The journal of the configured services, which nobody else writes meanwhile.

    Raises:
        SettingsError: It can't be read.
        ServiceError: Another process has it.
    """
    from aapimport.run.journal import Journal, journal_path
    from aapimport.run.lock import only_writer

    path = journal_path(settings.state_dir, settings.target)
    with only_writer(path, lambda text: click.echo(text, err=True)), Journal(path) as journal:
        yield journal


@contextmanager
def printed_receipt(receipt: str) -> Iterator[None]:
    """Print a receipt; where it can't be, the upload stands all the same.

    Raises:
        RefusedError: It can't be printed: the disk behind stdout is full, for example.
        BrokenPipeError: Whoever reads it has seen enough.
    """
    try:
        yield
        if sys.stdout is not None:  # a process may be started without one
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        from aapimport.cli import stop_printing

        if sys.stdout.isatty():  # the terminal is gone, and nobody reads what is said
            raise
        stop_printing()
        raise RefusedError(
            f"the receipt of upload {receipt} can't be printed: {error.strerror}",
            hint=f"see it again with: aapimport resume {receipt}",
            state="the upload is recorded as it is",
        ) from error


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """Carries runs out.

    Attributes:
        journal: The open journal.
        services: The services.
        flags: How.
        asker: Asks whether to go on after a canary.
        settle_seconds: How long a service may still be finishing a lost request.
        again: Whether those who were sent twice and are not found are sent once more.
        begun_now: Whether the run was planned by this very command.
    """

    journal: "Journal"
    services: "Services"
    flags: RunFlags
    asker: "Asker"
    settle_seconds: float
    again: bool = False
    begun_now: bool = False

    def carry_out(self, run: "Run", addresses: Mapping[int, str]) -> ExitCode:
        """Do everything that is left of a run, then print its receipt.

        Args:
            run: The run.
            addresses: The people's addresses by row, where the file is at hand.

        Raises:
            AapimportError: The run could not go on; what was done is recorded.
        """
        from aapimport.run.options import RunOptions
        from aapimport.run.report import make_report
        from aapimport.run.runner import Runner
        from aapimport.screens.console import make_console
        from aapimport.screens.progress import show_progress
        from aapimport.screens.receipt import show_receipt

        options = RunOptions(
            settle_seconds=self.settle_seconds,
            stop_after=self.flags.stop_after,
            bulk=self.flags.bulk,
            again=self.again,
            begun_now=self.begun_now,
            approve=self._approve,
        )
        runner = Runner(self.journal, self.services, run, options)
        if self.flags.canary:
            self._try_canary(runner, run, self.flags.canary)
        with _stoppable(runner):  # until the receipt is out: ^C must not lose it
            show_progress(runner.steps())
            run = self.journal.run(run.receipt)
            left = self.journal.addresses(run.receipt)  # who isn't settled is told by name
            report = make_report(self.journal, run, {**left, **addresses})
            with printed_receipt(run.receipt):
                if self.flags.as_json:
                    click.echo(report.model_dump_json(by_alias=True, indent=2))
                else:
                    show_receipt(make_console(sys.stdout), report, run)
        if report.exit_code is ExitCode.SERVICE:
            click.echo(f"next: aapimport resume {run.receipt}", err=True)
        return report.exit_code

    def _approve(self, drift: "Drift") -> None:
        """Have what differs from what was approved approved again.

        `--yes` is no word on who is left out where seats or places don't suffice any more.

        Raises:
            RefusedError: It isn't, or the command that asked before has to be given again.
            UsageError: Nothing can answer.
        """
        from aapimport.run.options import refuse_drift

        if drift.is_short if self.asker.yes else not drift.begun:
            refuse_drift(drift)
        for sentence in drift.changes:
            self.asker.say(sentence)
        what = "the seats that this upload uses now, for good"
        with _ended_by_signals():
            approved = self.asker.type_number(what, drift.seats, "--yes")
        if not approved:
            refuse_drift(drift)

    def _try_canary(self, runner: "Runner", run: "Run", people: int) -> None:
        """Upload the first people, without e-mails, read them back, and ask.

        Raises:
            RefusedError: The administrator said no.
            UsageError: Nothing can answer.
        """
        from aapimport.run.conveyor import StoppedError
        from aapimport.screens.progress import show_progress

        last_row = self.journal.open_row(run.receipt, people)
        if last_row is None:
            return
        with _stoppable(runner):
            show_progress(runner.steps(last_row))
        failed = self.journal.failures(run.receipt, last_row)
        verdict = f"{failed:,} steps failed" if failed else "all is as it should be"
        question = f"The first people, to row {last_row}, are uploaded and read back: {verdict}."
        try:
            with _ended_by_signals():
                goes_on = self.asker.confirm(
                    f"{question} Go on?", default=False if failed else None, flags="--yes"
                )
        except (UsageError, StoppedError) as error:
            error.state = runner.standing()
            raise
        if not goes_on:
            raise RefusedError("stopped after the canary", state=runner.standing())


@contextmanager
def _stoppable(runner: "Runner") -> Iterator[None]:
    """^C, SIGTERM and SIGHUP finish what is in flight; a second one ends the process at once."""
    asked = False

    def on_signal(number: int, _frame: "FrameType | None") -> None:
        nonlocal asked
        code = _code_of(number)
        if asked:
            os._exit(code)  # the journal is durable; waiting threads would only delay the end
        asked = True
        runner.stop(code)
        with suppress(OSError):  # nobody may be reading any more
            os.write(2, b"\nstopping: finishing what is under way (again to stop at once)\n")

    with _handled_by(on_signal):
        yield


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """^C, SIGTERM and SIGHUP end a question of a run at once: nothing is under way meanwhile.

    Raises:
        StoppedError: One came.
    """
    from aapimport.run.conveyor import StoppedError

    def on_signal(number: int, _frame: "FrameType | None") -> None:
        raise StoppedError(_code_of(number))

    with _handled_by(on_signal):
        yield


def _code_of(number: int) -> ExitCode:
    return ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED


@contextmanager
def _handled_by(on_signal: "Callable[[int, FrameType | None], None]") -> Iterator[None]:
    """A signal that whoever started the command has it ignore (`nohup`) stays ignored."""
    previous = {
        number: signal.signal(number, on_signal)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
