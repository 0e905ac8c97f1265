"""The command line: the only place that knows click.

`main()` turns every error into a message and an exit code. A command's module is loaded when the
command is named, and imports what it needs inside its functions, so that each starts at once.
"""

import errno
import io
import os
import sys
from importlib import import_module

import click

from aapimport import __version__
from aapimport.errors import AapimportError, ExitCode, RefusedError, UsageError
from aapimport.screens.printing import stop_printing

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 80}


_COMMANDS = (
    "generate-template",
    "validate",
    "plan",
    "upload",
    "resume",
    "doctor",
    "passes",
    "teams",
    "renew",
    "sandbox",
    "login",
    "logout",
    "config",
)
"""In the order in which an administrator meets them."""


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


class _Commands(click.Group):
    """The commands, each in the module and under the name that are its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return [*_COMMANDS]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 -- click's signature
        if name not in _COMMANDS:
            return None
        module = name.replace("-", "_")
        command: click.Command = getattr(import_module(f"aapimport.cli.{module}"), module)
        return command


@click.group(
    cls=_Commands,
    context_settings=_CONTEXT,
    epilog="Without any settings, everything goes to the practice portal: nothing real is touched.",
)
@click.version_option(__version__, prog_name="aapimport", message="%(prog)s %(version)s")
def group() -> None:
    """Load users in bulk into the All Access Pass portal and Jhana."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command line.

    Args:
        arguments: The words after `aapimport`; those of the process by default.

    Returns:
        The exit code.
    """
    _open_what_is_closed()
    _survive_code_pages()
    try:
        return _run(arguments)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        return _report(_usage_error(error))
    except AapimportError as error:
        return _report(error)
    except (click.Abort, KeyboardInterrupt):
        from aapimport.screens.errors import show_interrupted

        show_interrupted()
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not complain at its end.
        stop_printing()
        return ExitCode.OK
    except Exception as error:  # noqa: BLE001 -- the last resort: a bug must not show a person's data
        return _bug(error)


def _bug(error: Exception) -> int:
    """Say that aapimport failed, unless the terminal is gone; what was done is in the journal."""
    from aapimport.screens.errors import show_bug

    if isinstance(error, OSError) and error.errno == errno.EIO:
        return ExitCode.TERMINATED
    if isinstance(error, OSError) and (none_left := _NONE_LEFT.get(error.errno or 0)):
        what, cure = none_left
        if none_left is _ROOM:
            stop_printing()
            # A workbook that couldn't be written to its end would complain once more as it goes.
            sys.unraisablehook = lambda _: None
        return _report(
            RefusedError(
                f"there is {what}",
                hint=f"{cure}, then run the same command again",
                state="whatever was sent is in the journal; the same command goes on from there",
            )
        )

    show_bug(error)
    return ExitCode.BUG


def entry_point() -> None:
    """The `aapimport` command."""
    sys.exit(main())


def _open_what_is_closed() -> None:
    """Stand in for streams that the process was started without, as some services do it.

    Python gives None for them, and the next file that is opened would get a stream's number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 -- a device, for good


def _run(arguments: list[str] | None) -> int:
    return int(group.main(args=arguments, prog_name="aapimport", standalone_mode=False) or 0)


def _report(error: AapimportError) -> int:
    from aapimport.screens.errors import show_error

    show_error(error)
    return error.exit_code


def _usage_error(error: click.ClickException) -> UsageError:
    """Click's own complaint in the words and the shape of ours."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "aapimport"
    message = error.format_message().rstrip(".")
    return UsageError(message[:1].lower() + message[1:], hint=f"see {command} --help")


def _survive_code_pages() -> None:
    """Let no console's code page end a command; files and pipes on Windows get UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if os.name == "nt" and not stream.isatty():
                stream.reconfigure(encoding="utf-8")
            stream.reconfigure(errors="backslashreplace")
