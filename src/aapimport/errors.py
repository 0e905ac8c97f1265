"""Every error class, each with its exit code, what to do next, and the state of the world."""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What a finished `aapimport` tells the script that called it."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    SETTINGS = 3
    SERVICE = 4
    BUG = 5
    INTERRUPTED = 130
    TERMINATED = 143


NOTHING_SENT = "nothing was sent"


class AapimportError(Exception):
    """An error that a person can act on.

    Args:
        message: What is wrong and where, in one plain sentence, lower case, no full stop.
        hint: What to do next; empty where there is nothing to add.
        state: The state of the world after the error, printed last.

    Attributes:
        id: The kind of error, by which scripts know it; a name never changes.
        label: The word before the message.
    """

    id: ClassVar[str] = "error"
    label: ClassVar[str] = "error"
    exit_code: ExitCode = ExitCode.FINDINGS

    def __init__(self, message: str, *, hint: str = "", state: str = NOTHING_SENT) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.state = state


class FileProblemError(AapimportError):
    """The file as a whole can't be read or written (missing, encrypted, not a spreadsheet)."""

    id = "file-problem"


class RefusedError(AapimportError):
    """The plan was refused or declined: a limit, a guard, or the administrator's own no."""

    id = "refused"


class DeclinedError(RefusedError):
    """The administrator's own no, or Enter where that stops: no mistake, and not told as one."""

    id = "declined"
    label = "stopped"


class UsageError(AapimportError):
    """The command line can't be carried out as written."""

    id = "usage"
    exit_code = ExitCode.USAGE


class AnswerNeededError(UsageError):
    """A decision that only a person, or a flag, can take.

    A command on a terminal catches this, asks `message` with `choices`, and tries again with the
    answer set; elsewhere it ends the command and `hint` names the flag.

    Args:
        message: The question.
        option: The name of the field of the options object that the answer fills.
        flag: The flag that gives the answer, for example `--sheet`.
        choices: The (value, label) pairs to choose from.
    """

    id = "answer-needed"

    def __init__(
        self, message: str, *, option: str, flag: str, choices: tuple[tuple[str, str], ...]
    ) -> None:
        values = ", ".join(value for value, _ in choices)
        super().__init__(message, hint=f"decide with {flag}, one of: {values}")
        self.option = option
        self.flag = flag
        self.choices = choices


class SettingsError(AapimportError):
    """Settings or credentials are missing, contradictory, or refused by a service."""

    id = "settings"
    exit_code = ExitCode.SETTINGS


class WrongAddressError(SettingsError):
    """At an address is something else than the service that is meant, or nothing that ever was.

    Args:
        message: As for every error.
        hint: As for every error.
        service: What the service is called; empty where more than one address is in question.
    """

    def __init__(self, message: str, *, hint: str = "", service: str = "") -> None:
        super().__init__(message, hint=hint)
        self.service = service


class ServiceError(AapimportError):
    """A service is unreachable or busy, or what became of a request is unknown.

    Args:
        message: As for every error.
        hint: As for every error.
        state: As for every error.
        status: The HTTP status of the answer that isn't what it should be; None without an answer.
    """

    id = "service"
    exit_code = ExitCode.SERVICE

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        state: str = NOTHING_SENT,
        status: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint, state=state)
        self.status = status


class CancelledError(AapimportError):
    """^C, SIGTERM or a closed terminal, while nothing was under way."""

    id = "interrupted"
    label = "stopped"
    exit_code = ExitCode.INTERRUPTED


class BugError(AapimportError):
    """A mistake of aapimport itself."""

    id = "bug"
    exit_code = ExitCode.BUG
