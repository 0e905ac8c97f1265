"""The practice portal: looked into, served, and started over."""

import signal
from types import FrameType
from typing import TYPE_CHECKING

from aapimport.errors import DeclinedError, ExitCode

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings


def show_practice(settings: "Settings", desk: "Desk") -> ExitCode:
    """Show its passes, seats, teams, people and e-mails."""
    from aapimport.app.lists import PracticeReport
    from aapimport.sandbox.contents import contents
    from aapimport.screens.sandbox import show_contents

    found = contents(settings.state_dir)
    if desk.as_json:
        report = PracticeReport.model_validate(
            {"target": settings.target, "address": settings.address} | found.to_json()
        )
        desk.print_result(report.model_dump_json(by_alias=True, indent=2))
    else:
        desk.show(show_contents, found.to_json(), str(found.folder))
    return ExitCode.OK


def reset_practice(settings: "Settings", desk: "Desk") -> ExitCode:
    """Go back to the start; a terminal is asked first, because nothing real is lost elsewhere.

    Raises:
        DeclinedError: The administrator said no.
        ServiceError: An upload is going on there.
    """
    from aapimport.app.written import ResetReport
    from aapimport.run.journal import journal_path
    from aapimport.run.lock import only_writer
    from aapimport.sandbox.practice import reset
    from aapimport.screens.sandbox import show_reset
    from aapimport.screens.target import PRACTICE

    question = f"{PRACTICE}\nForget everybody who was uploaded there, and its e-mails?"
    if desk.on_terminal and not desk.confirm(question, default=True, flags="--yes"):
        raise DeclinedError("you did not say yes", state="nothing was changed")
    with only_writer(journal_path(settings.state_dir, "practice"), desk.say):
        reset(settings.state_dir)
    folder = settings.state_dir / "practice"
    if desk.as_json:
        report = ResetReport(target="practice", address=settings.address, folder=str(folder))
        desk.print_result(report.model_dump_json(indent=2))
    desk.show_beside(show_reset, str(folder))
    return ExitCode.OK


def serve_practice(settings: "Settings", desk: "Desk", port: int) -> ExitCode:
    """Serve it over HTTP on this machine until ^C or SIGTERM; what it is reached by is told first.

    Raises:
        SettingsError: The port is taken, or the practice portal can't be opened.
    """
    from aapimport.app.written import ServingReport
    from aapimport.config.settings import SERVICE_VARIABLES
    from aapimport.sandbox.serving import PracticeServer
    from aapimport.screens.sandbox import show_served, show_serving

    with PracticeServer(settings.state_dir, port) as server:

        def stop(_signal: int, _frame: FrameType | None) -> None:
            server.stop()

        for wish in (signal.SIGINT, signal.SIGTERM):
            signal.signal(wish, stop)
        at = server.address
        values = (at.portal_url, at.token, at.jhana_url, at.token)
        reached = dict(zip(SERVICE_VARIABLES, values, strict=True))
        if desk.as_json:
            report = ServingReport(
                target="practice", address=f"{at.portal_url} {at.jhana_url}", settings=reached
            )
            desk.print_result(report.model_dump_json(indent=2))
        else:
            desk.print_result("\n".join(f"{name}={value}" for name, value in reached.items()))
        desk.show_beside(show_serving)
        server.serve()
    desk.show_beside(show_served)
    return ExitCode.OK
