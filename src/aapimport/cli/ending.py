"""How a command line ends: every error becomes a message, an exit code, and a place in the JSON."""

import errno
import sys
from collections.abc import Callable
from contextlib import suppress

import click

from aapimport.app.signals import Interrupted, interruptible
from aapimport.cli.answer import Answer
from aapimport.errors import (
    AapimportError,
    CancelledError,
    ExitCode,
    RefusedError,
)
from aapimport.screens.printing import stop_printing

_ROOM = ("no room left for what this command prints or writes", "make room")
_PROCESS = (
    "no room for one more process or open file on this system",
    "close other programs, or have the limit raised (ulimit)",
)
_NONE_LEFT = {
    errno.ENOSPC: _ROOM,
    errno.EFBIG: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EAGAIN: _PROCESS,
    errno.ENOMEM: _PROCESS,
    errno.EMFILE: _PROCESS,
    errno.ENFILE: _PROCESS,
}
"""What a system may have none left of, which is no bug: what it is, and what to do."""
_RECORDED = "whatever was sent is in the journal; the same command goes on from there"


class UnreadError(AapimportError):
    """Whoever read what a command prints has gone before its end."""

    id = "not-printed"
    label = "stopped"


def unread() -> UnreadError:
    """What is said where stdout has nobody at its other end; it isn't written to any more."""
    stop_printing()
    return UnreadError("nobody reads what this command prints any more", state=_RECORDED)


def ended(run: Callable[[], int], answer: Answer) -> int:
    """Run a command, say how it ended, and print the object that a script waits for.

    Args:
        run: Runs it, and returns its exit code.
        answer: What a script is told.

    Returns:
        The exit code.
    """
    code = _told_to_the_end(run, answer)
    try:
        sys.stderr.flush()
    except OSError:
        stop_printing(sys.stderr)  # else the interpreter would end with a code of its own
    return code


def _told_to_the_end(run: Callable[[], int], answer: Answer) -> int:
    code, error = _outcome(run)
    if error is not None:
        from aapimport.screens.commands import with_flags

        error.message, error.hint, error.state = (
            with_flags(text, answer.flags) for text in (error.message, error.hint, error.state)
        )
        with suppress(OSError):  # nobody can be told any more
            _show(error)
    try:
        answer.end(error)
        sys.stdout.flush()
    except BrokenPipeError:
        stop_printing()  # whoever read has seen enough, and the interpreter must not complain
    except OSError as full:
        stop_printing()
        told = _told(full)
        with suppress(OSError):
            if error is None:
                _show(told)
        return code or told.exit_code
    return code


def _outcome(run: Callable[[], int]) -> tuple[int, AapimportError | None]:
    """The exit code of a command, and the error with which it ended."""
    try:
        with interruptible():
            return run(), None
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE, None
    except click.ClickException as error:
        from aapimport.cli.usage import usage_error

        return ExitCode.USAGE, usage_error(error)
    except AapimportError as error:
        return error.exit_code, error
    except (click.Abort, KeyboardInterrupt) as error:
        cancelled = CancelledError("interrupted")
        for one in (error, error.__cause__):  # click hides an interrupt behind its own
            if isinstance(one, Interrupted):
                cancelled.exit_code = one.code
        return cancelled.exit_code, cancelled
    except Exception as error:  # noqa: BLE001 -- the last resort: a bug must not show a person's data
        if isinstance(error, OSError) and error.errno == errno.EIO:  # the terminal is gone
            return ExitCode.TERMINATED, None
        told = _told(error)
        return told.exit_code, told


def _told(error: Exception) -> AapimportError:
    """What is said of an error that no command expects; what was done is in the journal."""
    if isinstance(error, OSError) and (none_left := _NONE_LEFT.get(error.errno or 0)):
        what, cure = none_left
        if none_left is _ROOM:
            # A workbook that couldn't be written to its end would complain once more as it goes.
            sys.unraisablehook = lambda _: None
        return RefusedError(
            f"there is {what}", hint=f"{cure}, then run the same command again", state=_RECORDED
        )
    from aapimport.screens.errors import bug_of

    return bug_of(error, _RECORDED)


def _show(error: AapimportError) -> None:
    from aapimport.screens.errors import show_error

    if isinstance(error, CancelledError):
        click.echo(err=True)  # the terminal has written ^C
    show_error(error)
