"""`aapimport config`: what is set, where it comes from, and a first settings file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from aapimport.cli.answer import current_answer
from aapimport.cli.grouping import SuggestingGroup
from aapimport.cli.target import profile_option
from aapimport.errors import ExitCode, UsageError
from aapimport.text import path_text

if TYPE_CHECKING:
    from aapimport.config.overview import Whereabouts
    from aapimport.config.starting import Beginning

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


@click.group(cls=SuggestingGroup)
def config() -> None:
    """Show the settings and where they come from, or begin a settings file."""


@config.command()
@profile_option
@_JSON
def show(*, profile: str | None, as_json: bool) -> ExitCode:
    """Show every setting, its value and its source.

    Secrets are shown as set or not set. Exit code 3 says that an upload with
    these settings would be refused, and why.
    """
    from aapimport.config.choice import Choice, settings_for, sources_of, stores_of
    from aapimport.config.notify import check_can_tell
    from aapimport.config.overview import overview, whereabouts
    from aapimport.screens.console import make_console
    from aapimport.screens.settings import show_notices, show_settings

    choice = Choice(profile=profile)
    sources = sources_of(choice)
    where = whereabouts(sources)
    current_answer().is_at(where)
    rows = overview(sources, stores_of(sources))
    if as_json:
        from aapimport.app.settings_report import settings_report

        current_answer().hold(settings_report(rows, where).model_dump_json(indent=2))
    else:
        show_settings(make_console(sys.stdout), rows)
        sys.stdout.flush()
    settings = settings_for(choice, on_terminal=True)
    show_notices(settings.notices)
    check_can_tell(settings)
    return ExitCode.OK


@config.command()
@_JSON
def path(*, as_json: bool) -> ExitCode:
    """Show which settings files are read, whether they are there or not."""
    from aapimport.config.files import places
    from aapimport.screens.console import make_console
    from aapimport.screens.settings import show_files

    where = places()
    files: list[tuple[Literal["folder", "yours"], Path, bool]] = [
        ("folder", where.folder, where.folder.exists()),
        ("yours", where.user, where.user.exists()),
    ]
    if as_json:
        from aapimport.app.settings_report import files_report

        report = files_report(files, _whereabouts())
        current_answer().print(report.model_dump_json(indent=2))
    else:
        show_files(make_console(sys.stdout), files)
    return ExitCode.OK


def _whereabouts() -> "Whereabouts":
    """Where the settings lead to; nothing where they can't be read: the paths help to mend them."""
    from aapimport.config.choice import Choice, sources_of
    from aapimport.config.overview import Whereabouts, whereabouts
    from aapimport.errors import SettingsError

    try:
        return whereabouts(sources_of(Choice()))
    except SettingsError:
        return Whereabouts()


@config.command()
@click.option("--portal-url", metavar="URL", help="The portal's SCIM address.")
@click.option("--jhana-url", metavar="URL", help="Jhana's SCIM address.")
@click.option("--administrator", metavar="ADDRESS", help="Your own address on the portal.")
@click.option("--profile", metavar="NAME", help="Make it the profile of a client.")
@click.option("--here", is_flag=True, help="Write it into this folder, not into your own.")
@_JSON
def init(*, here: bool, as_json: bool, **typed: str | None) -> ExitCode:
    """Write an aapimport.toml with a comment for every setting.

    On a terminal you are asked for what no option says. A file that is there
    is never written over.
    """
    from aapimport.app.written import SettingsFileReport
    from aapimport.config.addresses import place_of
    from aapimport.config.files import NAME, places
    from aapimport.config.starting import exists_already, settings_text, write_settings

    file = Path.cwd() / NAME if here else places().user
    if file.exists():
        raise exists_already(file)
    beginning = _beginning(typed, as_json=as_json)
    write_settings(file, settings_text(beginning))
    if as_json:
        report = SettingsFileReport(
            target="live",
            address=f"{place_of(beginning.portal_url)} {place_of(beginning.jhana_url)}",
            written=path_text(file),
            profile=beginning.profile,
        )
        current_answer().print(report.model_dump_json(indent=2))
    profile = f" --profile {beginning.profile}" if beginning.profile else ""
    click.echo(f"wrote {file}", err=True)
    click.echo(f"next: aapimport login{profile}", err=True)
    return ExitCode.OK


def _beginning(typed: dict[str, str | None], *, as_json: bool) -> "Beginning":
    """What the new file says, from the options and from what is asked.

    Raises:
        UsageError: Something is missing, and nobody can be asked.
        SettingsError: Something can't be right.
    """
    from aapimport.cli.desk import TerminalDesk
    from aapimport.config.addresses import place_of
    from aapimport.config.given import Given
    from aapimport.config.settings_file import check_profile_names
    from aapimport.config.starting import Beginning
    from aapimport.config.values import administrator, web_address
    from aapimport.errors import SettingsError

    desk = TerminalDesk("live", as_json=as_json)

    def value(option: str, question: str) -> Given:
        flag = f"--{option.replace('_', '-')}"
        text = typed[option]
        if text is None and not desk.on_terminal:
            if option == "administrator":
                text = ""
            else:
                raise UsageError(f"{flag} is missing, and nobody can be asked", hint=f"add {flag}")
        text = desk.type_words(question, flag) if text is None else text
        return Given(text=text, origin=flag, where=flag)

    if (profile := typed["profile"]) is not None:
        check_profile_names([profile], "--profile")
    portal = web_address(value("portal_url", "The portal's SCIM address"))
    jhana = web_address(value("jhana_url", "Jhana's SCIM address"))
    if place_of(portal) == place_of(jhana):
        raise SettingsError(
            "the portal and Jhana have the same address", hint="they are two services"
        )
    who = value("administrator", "Your own address on the portal, or Enter")
    return Beginning(
        portal_url=portal, jhana_url=jhana, administrator=administrator(who), profile=profile or ""
    )
