"""`aapimport sandbox`: the practice portal and Jhana."""

import signal
import sys
from pathlib import Path
from types import FrameType

import click

from aapimport.cli.answer import current_answer
from aapimport.cli.grouping import SuggestingGroup
from aapimport.errors import ExitCode

_PORTS = click.IntRange(0, 65535)


@click.group(cls=SuggestingGroup, short_help="Look into the practice portal, serve or reset it.")
def sandbox() -> None:
    """Look into the practice portal, serve it, or start it over.

    Nothing real is behind it: practise there as much as you like.
    """


@sandbox.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def show(*, as_json: bool) -> ExitCode:
    """Show its passes, seats, teams, people and e-mails."""
    from aapimport.app.lists import PracticeReport
    from aapimport.config.settings import Settings
    from aapimport.sandbox.contents import contents
    from aapimport.screens.console import make_console
    from aapimport.screens.sandbox import show_contents

    settings = Settings(state_dir=_state_dir())
    current_answer().goes_to(settings)
    found = contents(settings.state_dir)
    if as_json:
        report = PracticeReport.model_validate(
            {"target": settings.target, "address": settings.target} | found.to_json()
        )
        current_answer().print(report.model_dump_json(by_alias=True, indent=2))
    else:
        show_contents(make_console(sys.stdout), found.to_json(), str(found.folder))
    return ExitCode.OK


@sandbox.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
def reset(*, yes: bool) -> ExitCode:
    """Go back to the start: its first people, an empty outbox.

    A terminal is asked first; elsewhere it is simply done, because nothing real is lost.
    """
    from aapimport.cli.desk import TerminalDesk
    from aapimport.errors import DeclinedError
    from aapimport.run.journal import journal_path
    from aapimport.run.lock import only_writer
    from aapimport.sandbox.practice import reset as start_over
    from aapimport.screens.console import make_console
    from aapimport.screens.sandbox import show_reset
    from aapimport.screens.target import PRACTICE

    state_dir = _state_dir()
    desk = TerminalDesk("practice", yes=yes)
    question = f"{PRACTICE}\nForget everybody who was uploaded there, and its e-mails?"
    if desk.on_terminal and not desk.confirm(question, default=True, flags="--yes"):
        raise DeclinedError("you did not say yes", state="nothing was changed")
    with only_writer(journal_path(state_dir, "practice"), lambda text: click.echo(text, err=True)):
        start_over(state_dir)
    show_reset(make_console(sys.stderr), str(state_dir / "practice"))
    return ExitCode.OK


@sandbox.command()
@click.option("--port", type=_PORTS, default=0, metavar="N", help="The port (default: a free one).")
def serve(*, port: int) -> ExitCode:
    """Serve it over HTTP on this machine, until Ctrl+C.

    Prints the four settings with which another aapimport, or any SCIM client, reaches it.
    """
    from aapimport.config.settings import JHANA_TOKEN, JHANA_URL, PORTAL_TOKEN, PORTAL_URL
    from aapimport.sandbox.serving import PracticeServer
    from aapimport.screens.console import make_console
    from aapimport.screens.sandbox import show_served, show_serving

    with PracticeServer(_state_dir(), port) as server:

        def stop(_signal: int, _frame: FrameType | None) -> None:
            server.stop()

        for wish in (signal.SIGINT, signal.SIGTERM):
            signal.signal(wish, stop)
        address = server.address
        click.echo(f"{PORTAL_URL}={address.portal_url}")
        click.echo(f"{PORTAL_TOKEN}={address.token}")
        click.echo(f"{JHANA_URL}={address.jhana_url}")
        click.echo(f"{JHANA_TOKEN}={address.token}")
        sys.stdout.flush()
        show_serving(make_console(sys.stderr))
        server.serve()
    show_served(make_console(sys.stderr))
    return ExitCode.OK


def _state_dir() -> Path:
    """The state folder; what is configured for the real services doesn't matter here."""
    from aapimport.config.choice import Choice, settings_for

    return settings_for(Choice(practice=True), on_terminal=False).state_dir
