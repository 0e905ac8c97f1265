"""`aapimport emails`: the welcome e-mails that aapimport sends itself."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aapimport.cli.answer import current_answer
from aapimport.cli.grouping import SuggestingGroup
from aapimport.cli.target import profile_option
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.mail import Mail
    from aapimport.config.mail_values import Language
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
@click.option("--html", "as_page", is_flag=True, help="The page: opened, or printed to a file.")
@profile_option
@_JSON
def show(
    *, kind: str, language: "Language | None", as_page: bool, profile: str | None, as_json: bool
) -> ExitCode:
    """Show a welcome e-mail as somebody reads it.

    KIND is combined (portal and Jhana), portal or jhana. With --html its page opens in the
    browser; with > page.html behind it, it goes into a file.
    """
    from aapimport.app.emails import email_report, email_shown
    from aapimport.screens.console import make_console
    from aapimport.screens.emails import show_email, show_page

    mail, where = _mail(profile)
    shown, chosen = email_shown(mail, kind, language)
    if mail is None:
        click.echo("notice: there is no [mail] yet; sender and page are examples", err=True)
    if as_json:
        report = email_report(shown, kind, chosen, where)
        current_answer().print(report.model_dump_json(indent=2))
    elif not as_page:
        show_email(make_console(sys.stdout), shown.subject, shown.text)
    elif sys.stdout.isatty():
        _open(shown.page)
    else:
        show_page(make_console(sys.stdout), shown.page)
    return ExitCode.OK


@emails.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@profile_option
@_JSON
def edit(*, folder: Path, profile: str | None, as_json: bool) -> ExitCode:
    """Write all texts into DIR, to be changed with an editor.

    Each is one e-mail in one language: its first line is the subject. What stands in
    {{ }} is filled in for each person. A file that is there is never written over.
    """
    from aapimport.app.emails import next_line, templates_report, write_templates

    _, where = _mail(profile)
    folder = Path.cwd() / folder
    paths = write_templates(folder)
    if as_json:
        report = templates_report(folder, paths, where)
        current_answer().print(report.model_dump_json(indent=2))
    click.echo(f"wrote {len(paths)} files into {folder}", err=True)
    click.echo(next_line(folder, profile or ""), err=True)
    return ExitCode.OK


@emails.command()
@click.option("--to", required=True, metavar="ME", help="Your own address.")
@click.option("--kind", type=_KINDS, default="combined", help="Which e-mail (default: combined).")
@_LANGUAGE
@profile_option
@_JSON
def test(
    *, to: str, kind: str, language: "Language | None", profile: str | None, as_json: bool
) -> ExitCode:
    """Send one welcome e-mail to yourself, by the mail server of [mail].

    It is written to a person who doesn't exist, and counts for nobody.
    """
    from aapimport.app.emails import send_test

    mail, where = _mail(profile)
    report = send_test(mail, to.strip(), kind, language, where)
    if as_json:
        current_answer().print(report.model_dump_json(indent=2))
    else:
        click.echo(f"sent to {report.to}: the server says {report.reply}")
    return ExitCode.OK


def _mail(profile: str | None) -> "tuple[Mail | None, Whereabouts]":
    from aapimport.config.choice import Choice, sources_of, stores_of
    from aapimport.config.mail import mail_of
    from aapimport.config.overview import whereabouts

    sources = sources_of(Choice(profile=profile))
    where = whereabouts(sources)
    current_answer().is_at(where)
    return mail_of(sources, stores_of(sources)), where


def _open(page: str) -> None:
    """Open a page in the browser; it is of nobody, and stays in the folder for temporary files."""
    import tempfile

    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="aapimport-", suffix=".html", delete=False
    ) as file:
        file.write(page)
    click.echo(f"the page is {file.name}", err=True)
    click.launch(Path(file.name).as_uri())
