"""The command line: the only place that knows click.

`main()` turns every error into a message and an exit code. A command's module is loaded when the
command is named, and imports what it needs inside its functions, so that each starts at once.
"""

import io
import os
import sys
from contextlib import suppress
from importlib import import_module

import click

from aapimport import __version__
from aapimport.cli.answer import Answer, is_json_wanted
from aapimport.cli.ending import ended, unread
from aapimport.cli.grouping import SuggestingGroup

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 80}
_CLICKS_NARROWEST = 52
"""Columns below which click lays help texts out for a wider terminal, unless it is told."""

_COMMANDS = {
    "generate-template": "Write the User Import Template to fill in.",
    "validate": "Check every row of FILE and list all problems.",
    "plan": "Say what an upload of FILE would do, person by person.",
    "upload": "Upload the people in FILE to a pass, and to Jhana.",
    "send-emails": "Send the welcome e-mail to people who never had one.",
    "resume": "Finish an interrupted upload, or end it as it is.",
    "receipt": "Show what became of everybody in an upload.",
    "history": "List what was uploaded from here, or erase people from it.",
    "undo": "Take an upload back, as far as that can be.",
    "reconcile": "Compare the portal and Jhana about everybody on a pass.",
    "request": "Write a letter to the vendor's support, which you send yourself.",
    "doctor": "Say what both services can do, and what that means.",
    "passes": "List the passes of the portal, with their seats.",
    "teams": "List the teams of the portal, with their places.",
    "renew": "Make a template for the new pass from last year's list.",
    "emails": "Look at the welcome e-mails, change them, or try one.",
    "sandbox": "Look into the practice portal, serve or reset it.",
    "login": "Keep a token or password, for example the portal's.",
    "logout": "Forget a kept token or password, or all of them.",
    "config": "Show the settings, or begin a settings file.",
}
"""In the order in which an administrator meets them, each with its line in the list of all.

They are listed from here, because loading each would take longer than all the rest of `--help`.
"""


class _Commands(SuggestingGroup):
    """The commands, each in the module and under the name that are its own."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; where its reader has gone, click alone would end without a word.

        Raises:
            AapimportError: It could not be carried out.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise unread() from error

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return [*_COMMANDS]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's signature
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([*_COMMANDS.items()])

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
    words = sys.argv[1:] if arguments is None else arguments
    answer = Answer(wanted=is_json_wanted(words))
    return ended(lambda: _run(arguments, answer), answer)


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


def _run(arguments: list[str] | None, answer: Answer) -> int:
    from aapimport.screens.console import width_of

    width = width_of(sys.stdout)
    done = group.main(
        args=arguments,
        prog_name="aapimport",
        standalone_mode=False,
        obj=answer,
        terminal_width=width if width < _CLICKS_NARROWEST else None,
    )
    return int(done or 0)


def _survive_code_pages() -> None:
    """Let no console's code page end a command; files and pipes on Windows get UTF-8.

    What is typed and can't be read is an answer like others: one that isn't understood.
    """
    for stream in (sys.stdout, sys.stderr, sys.stdin):
        if isinstance(stream, io.TextIOWrapper):
            if os.name == "nt" and stream is not sys.stdin and not stream.isatty():
                stream.reconfigure(encoding="utf-8")
            with suppress(io.UnsupportedOperation):  # stdin that was read already, as tests do
                stream.reconfigure(errors="backslashreplace")
