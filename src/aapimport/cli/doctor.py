"""`aapimport doctor`: what each service can do, and what that means for an upload."""

import sys
from typing import TYPE_CHECKING

import click

from aapimport.cli.answer import current_answer
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command(short_help="Say what both services can do, and what that means.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@target_options
def doctor(*, as_json: bool, choice: "Choice") -> ExitCode:
    """Try both services and say what they can do, and what that means for an upload.

    Nothing is written to any service. Exit code 0: an upload can run; 3: a setting, an address
    or a token is wrong; 4: a service can't be reached.
    """
    from aapimport.app.session import connected
    from aapimport.cli.desk import TerminalDesk
    from aapimport.plan.diagnosis import diagnose
    from aapimport.screens.console import make_console
    from aapimport.screens.doctor import show_diagnosis
    from aapimport.screens.target import show_target

    settings = chosen_settings(choice)
    desk = TerminalDesk(settings.target)
    with connected(settings) as services, desk.busy("asking the services"):
        found = diagnose(services, settings.pass_as)
    if as_json:
        current_answer().print(found.model_dump_json(indent=2))
    else:
        show_target(make_console(sys.stderr), settings)
        show_diagnosis(make_console(sys.stdout), found)
        for sentence in settings.where_set(*found.sentences):
            desk.say(sentence)
    return found.exit_code
