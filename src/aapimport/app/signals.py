"""^C, SIGTERM and SIGHUP: at any time, while a run is under way, and at a question of it."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from aapimport.errors import AapimportError, ExitCode

if TYPE_CHECKING:
    from types import FrameType

    from aapimport.app.desk import Desk
    from aapimport.run.carrying import Carrying
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run
    from aapimport.run.runner import Runner
    from aapimport.run.session import Session

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""What asks a run to stop: ^C, the system, and a terminal that is closed."""


class Interrupted(KeyboardInterrupt):
    """A signal that ends a command as ^C does.

    Attributes:
        code: The exit code.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = _code_of(number)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP end a command where it is, as ^C does, so that it can say so.

    Raises:
        Interrupted: One came.
    """

    def on_signal(number: int, _frame: "FrameType | None") -> None:
        raise Interrupted(number)

    if threading.current_thread() is threading.main_thread():  # only there Python takes signals
        with _handled_by(on_signal):
            yield
    else:
        yield


@contextmanager
def stoppable(runner: "Runner | Carrying | Session", desk: "Desk") -> Iterator[None]:
    """^C, SIGTERM and SIGHUP finish what is in flight; a second one ends the process at once.

    It says then which run it was and what goes on, as JSON, too, with whatever receipt was kept so
    far: what is under way can't be waited for, so none is made. Nothing depends on its being said.

    Args:
        runner: Carries out the run.
        desk: Where its commands work.
    """
    asked = False
    last_words = _last_words(runner.receipt, desk).encode()

    def on_signal(number: int, _frame: "FrameType | None") -> None:
        nonlocal asked
        code = _code_of(number)
        if asked:
            with suppress(OSError):
                os.write(2, last_words)
            with suppress(Exception):  # whatever the process was at when it was interrupted
                desk.end_at_once(_at_once(runner.receipt, code))
            os._exit(code)  # the journal is durable; waiting threads would only delay the end
        asked = True
        runner.stop(code)
        with suppress(OSError):  # nobody may be reading any more
            os.write(2, b"\nstopping: finishing what is under way (again to stop at once)\n")

    with _handled_by(on_signal):
        yield


def _at_once(receipt: str, code: ExitCode) -> AapimportError:
    """What a script is told of a run that ends at once."""
    from aapimport.run.conveyor import StoppedError

    error = StoppedError(code)
    error.hint = (
        f"see what became of it:  aapimport receipt {receipt} --json; to do what is left:"
        f"  aapimport resume {receipt}"
    )
    error.state = f"stopped at once; what was done is recorded under receipt {receipt}"
    return error


def _last_words(receipt: str, desk: "Desk") -> str:
    """What is said of a run that ends at once, on stderr."""
    from aapimport.screens.commands import with_flags

    profile = f" --profile {desk.profile}" if desk.profile else ""
    return with_flags(
        f"\nstopped at once, mid-way; what was done is recorded under receipt {receipt}\n"
        f"  what became of it:  aapimport receipt {receipt}\n"
        f"  to do what is left: aapimport resume {receipt}\n",
        " --practice" if desk.practice else profile,
    )


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """^C, SIGTERM and SIGHUP end a question of a run at once: nothing is under way meanwhile.

    Raises:
        StoppedError: One came.
    """
    from aapimport.run.conveyor import StoppedError

    def on_signal(number: int, _frame: "FrameType | None") -> None:
        raise StoppedError(_code_of(number))

    with _handled_by(on_signal):
        yield


@contextmanager
def question_of(journal: "Journal", run: "Run", state: str = "") -> Iterator[None]:
    """Have whatever ends a command at a question of an upload say how far the upload is.

    Args:
        journal: The journal.
        run: The upload.
        state: What is said before that.
    """
    try:
        with ended_by_signals():
            yield
    except AapimportError as error:
        error.state = f"{state}{journal.standing(run.receipt)}"
        raise


def _code_of(number: int) -> ExitCode:
    return ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED


@contextmanager
def _handled_by(on_signal: Callable[[int, "FrameType | None"], None]) -> Iterator[None]:
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
