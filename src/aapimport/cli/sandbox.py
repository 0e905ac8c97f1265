"""`aapimport sandbox`: the practice portal and Jhana."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.answer import current_answer
from aapimport.cli.grouping import SuggestingGroup
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.settings import Settings

_PORTS = click.IntRange(0, 65535)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


@click.group(cls=SuggestingGroup)
def sandbox() -> None:
    """Look into the practice portal, serve it, or start it over.

    Nothing real is behind it: practise there as much as you like.
    """


@sandbox.command()
@_JSON
def show(*, as_json: bool) -> ExitCode:
    """Show its passes, seats, teams, people and e-mails."""
    from aapimport.app.practice import show_practice
    from aapimport.cli.desk import TerminalDesk

    return show_practice(_settings(), TerminalDesk("practice", as_json=as_json))


@sandbox.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
@_JSON
def reset(*, yes: bool, as_json: bool) -> ExitCode:
    """Go back to the start: its first people, an empty outbox.

    A terminal is asked first; elsewhere it is simply done, because nothing real is lost.
    """
    from aapimport.app.practice import reset_practice
    from aapimport.cli.desk import TerminalDesk

    return reset_practice(_settings(), TerminalDesk("practice", yes=yes, as_json=as_json))


@sandbox.command()
@click.option("--port", type=_PORTS, default=0, metavar="N", help="The port (default: a free one).")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON for scripts.")
def serve(*, port: int, as_json: bool) -> ExitCode:
    """Serve it over HTTP on this machine, until Ctrl+C.

    Prints the four settings with which another aapimport, or any SCIM client, reaches it.
    """
    from aapimport.app.practice import serve_practice
    from aapimport.cli.desk import TerminalDesk

    return serve_practice(_settings(), TerminalDesk("practice", as_json=as_json), port)


def _settings() -> "Settings":
    """The practice portal's; what is configured for the real services doesn't matter here."""
    from aapimport.config.choice import Choice, settings_for

    settings = settings_for(Choice(practice=True), on_terminal=False)
    current_answer().goes_to(settings)
    return settings
