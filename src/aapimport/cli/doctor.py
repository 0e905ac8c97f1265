"""`aapimport doctor`: what each service can do, and what that means for an upload."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.grouping import StrictCommand
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command(cls=StrictCommand)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@target_options
def doctor(*, as_json: bool, choice: "Choice") -> ExitCode:
    """Try both services and say what they can do, and what that means for an upload.

    Nothing is written to any service. Exit code 0: an upload can run; 3: a setting, an address
    or a token is wrong; 4: a service can't be reached.
    """
    from aapimport.app.doctor import try_services
    from aapimport.cli.desk import TerminalDesk

    settings = chosen_settings(choice)
    return try_services(settings, TerminalDesk(settings.target, as_json=as_json))
