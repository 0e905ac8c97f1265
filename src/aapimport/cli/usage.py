"""Click's complaints about a command line, in our words."""

from collections.abc import Sequence

import click

from aapimport.errors import UsageError
from aapimport.text import closest, did_you_mean

_REHEARSALS = {"--dry-run", "--dryrun"}
"""What other programs call what `aapimport plan` does."""


def usage_error(error: click.ClickException) -> UsageError:
    """Click's own complaint in the words and the shape of ours."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "aapimport"
    hint = f"see {command} --help"
    if isinstance(error, click.NoSuchOption):
        message = f"{command} has no option {error.option_name}"
        if error.option_name in _REHEARSALS:
            hint = "aapimport plan FILE says what an upload would do; nothing is sent"
        elif meant := closest(
            error.option_name.lstrip("-"), [one.lstrip("-") for one in error.possibilities or ()]
        ):
            hint = f"{did_you_mean(f'--{one}' for one in meant)} {hint}"
        return UsageError(message, hint=hint)
    message = error.format_message().rstrip(".").replace("\n", " ")
    return UsageError(message[:1].lower() + message[1:], hint=hint)


def no_such_command(name: str, commands: Sequence[str], path: str) -> UsageError:
    """There is no such command, and which was probably meant.

    Args:
        name: What was typed.
        commands: What there is.
        path: The words before it, for example `aapimport sandbox`.
    """
    meant = did_you_mean(closest(name.lower(), commands))
    return UsageError(f"{path} has no command {name!r}", hint=f"{meant} see {path} --help".lstrip())
