"""`aapimport emails`: the welcome e-mails of our own."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aapimport.cli.answer import current_answer
from aapimport.cli.grouping import SuggestingGroup
from aapimport.cli.target import profile_option
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.cli.desk import TerminalDesk
    from aapimport.config.mail import Mail
    from aapimport.config.overview import Whereabouts

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
_KINDS = click.Choice(["combined", "portal", "jhana"])
_LANGUAGE = click.option(
    "--language",
    type=click.Choice(["en", "fr", "sv", "ja"]),
    help="The language; by default that of the settings.",
)


@click.group(cls=SuggestingGroup)
def emails() -> None:
    """Look at the welcome e-mails, change them, or send one to yourself.

    They are sent by the mail server of the table [mail], where the portal sends none.
    """


@emails.command()
@click.argument("kind", type=_KINDS)
@_LANGUAGE
@click.option("--html", "form", flag_value="html", help="Print its page, to be kept in a file.")
@click.option("--browser", "form", flag_value="browser", help="Open its page in the browser.")
@profile_option
@_JSON
def show(*, profile: str | None, as_json: bool, form: str | None, **choices: Any) -> ExitCode:
    """Show a welcome e-mail as somebody reads it.

    KIND is combined (portal and Jhana), portal or jhana.
    """
    from aapimport.app.emails import show_email

    mail, where, desk = _given(profile, as_json=as_json)
    return show_email(mail, where, desk, form=form or "text", **choices)


@emails.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@profile_option
@_JSON
def edit(*, folder: Path, profile: str | None, as_json: bool) -> ExitCode:
    """Write all texts into DIR, to be changed with an editor.

    Each is one e-mail in one language: its first line is the subject. What stands in
    {{ }} is filled in for each person. A file that is there is never written over.
    """
    from aapimport.app.emails import write_templates
    from aapimport.config.settings_file import Table

    _, where, desk = _given(profile, as_json=as_json)
    table = Table(profile or "", "mail")
    return write_templates(Path.cwd() / folder, where, desk, table=str(table))


@emails.command()
@click.option("--to", required=True, metavar="ME", help="Your own address.")
@click.option("--kind", type=_KINDS, default="combined", help="Which e-mail (default: combined).")
@_LANGUAGE
@profile_option
@_JSON
def test(*, profile: str | None, as_json: bool, **choices: Any) -> ExitCode:
    """Send one welcome e-mail to yourself, by the mail server of [mail].

    It is written to a person who doesn't exist, and counts for nobody but the server's day's limit.
    """
    from aapimport.app.emails import send_test
    from aapimport.config.choice import Choice, sources_of
    from aapimport.config.settings import base_state_dir

    mail, where, desk = _given(profile, as_json=as_json)
    folder, _ = base_state_dir(sources_of(Choice(profile=profile)))
    return send_test(mail, where, desk, folder=folder, **choices)


def _given(
    profile: str | None, *, as_json: bool
) -> "tuple[Mail | None, Whereabouts, TerminalDesk]":
    """The mail server's settings, where they lead to, and who asks."""
    from aapimport.cli.desk import TerminalDesk
    from aapimport.config.choice import Choice, sources_of, stores_of
    from aapimport.config.mail import mail_of
    from aapimport.config.overview import whereabouts

    sources = sources_of(Choice(profile=profile))
    where = whereabouts(sources)
    current_answer().is_at(where)
    desk = TerminalDesk(where.target or "live", as_json=as_json)
    return mail_of(sources, stores_of(sources)), where, desk
