"""What both services can do, and what that means for an upload."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings
    from aapimport.errors import ExitCode


def try_services(settings: "Settings", desk: "Desk") -> "ExitCode":
    """Ask both services what they can do, and show it; nothing is written to any.

    Returns:
        Whether an upload can run, and if not, whether the settings or a service is to blame.
    """
    from aapimport.app.session import connected
    from aapimport.plan.diagnosis import diagnose
    from aapimport.screens.doctor import show_diagnosis
    from aapimport.screens.target import show_target

    with connected(settings) as services, desk.busy("asking the services"):
        found = diagnose(services, settings.pass_as)
    if desk.as_json:
        desk.print_result(found.model_dump_json(indent=2))
    else:
        desk.show_beside(show_target, settings)
        desk.show(show_diagnosis, found)
        for sentence in settings.where_set(*found.sentences):
            desk.say(sentence)
    return found.exit_code
