"""`aapimport login`: keep a token or password where only its owner can get at it."""

import sys
from typing import TYPE_CHECKING

import click

from aapimport.cli.answer import current_answer
from aapimport.cli.grouping import StrictCommand
from aapimport.cli.target import profile_option
from aapimport.errors import ExitCode, RefusedError, SettingsError, UsageError

if TYPE_CHECKING:
    from aapimport.config.keys import TableName
    from aapimport.config.sources import Service, Sources
    from aapimport.config.stores import Stores


class _Service(click.Choice[str]):
    """The name of a service; what else was typed may be a secret."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """One of the names.

        Raises:
            BadParameter: It is none.
        """
        from aapimport.config.masking import masked

        if value not in self.choices:
            self.fail(f"{masked(value)!r} is none of portal, jhana and mail", param, ctx)
        return value


SERVICE = click.argument(
    "service",
    metavar="[portal|jhana|mail]",
    required=False,
    type=_Service(["portal", "jhana", "mail"]),
)


class SecretsCommand(StrictCommand):
    """A command beside whose words somebody may have typed a secret, which no error repeats."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The words, as click reads them.

        Raises:
            UsageError: There are more than a service.
        """
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if type(error) is not click.UsageError:
                raise
            raise UsageError(
                f"{ctx.command_path} takes the name of one service, and no more words",
                hint="a secret is asked for, or read from stdin: as a word of the command, others"
                f" on this computer could read it; see {ctx.command_path} --help",
            ) from None


@click.command(cls=SecretsCommand)
@SERVICE
@profile_option
@click.option(
    "--file", "in_file", is_flag=True, help="Keep it in a file that only you can read (0600)."
)
@click.option("--status", is_flag=True, help="Say what is kept, and where; never its value.")
@click.option("--json", "as_json", is_flag=True, help="With --status: print JSON for scripts.")
def login(
    *,
    service: "TableName | None",
    profile: str | None,
    in_file: bool,
    status: bool,
    as_json: bool,
) -> ExitCode:
    """Keep the token or password of the portal, Jhana or the mail server, or of all.

    It is asked for on a terminal, and not shown; elsewhere stdin is read, which
    has it on its only line. It goes into the keyring of your system, bound to the address
    that it is for. With --status, exit code 3 says that one is missing.
    """
    from aapimport.config.choice import Choice, sources_of, stores_of
    from aapimport.config.overview import whereabouts

    sources = sources_of(Choice(profile=profile))
    current_answer().is_at(whereabouts(sources))
    stores = stores_of(sources)
    found = chosen_services(sources, service)
    if status:
        return _show_status(found, sources, stores, as_json=as_json)
    if as_json:
        raise UsageError("--json goes with --status only", hint="leave it out")
    on_terminal = sys.stdin is not None and sys.stdin.isatty()
    if len(found) > 1 and not on_terminal:
        raise UsageError(
            "one line is read from stdin, and it isn't said whose secret it is",
            hint="aapimport login portal, or aapimport login jhana",
        )
    for one in found:
        _keep_one(one, sources, stores, in_file=in_file, on_terminal=on_terminal)
    return ExitCode.OK


def chosen_services(sources: "Sources", name: "TableName | None") -> tuple["Service", ...]:
    """What was named, or all that has a secret; the addresses must be known.

    Raises:
        SettingsError: An address is missing or can't be right.
    """
    from aapimport.config.mail import is_secret_needed, mail_service
    from aapimport.config.settings import is_configured, services

    mail = mail_service(sources)
    if name == "mail" and mail is None:
        raise SettingsError(
            "there is no mail server yet that a password could be for",
            hint="write its host into the table [mail] of a settings file (docs/settings.md)",
        )
    if name == "mail" and mail and not is_secret_needed(mail):
        raise SettingsError(
            f"{mail.url} is used without a log-in", hint="set user in [mail] if it asks for one"
        )
    if name == "mail" and mail:
        return (mail,)
    if not is_configured(sources):
        known = ", ".join(sources.profiles)
        raise SettingsError(
            "there is no address yet that a secret could be for; the practice portal needs none",
            hint=f"name a profile with --profile: {known}"
            if known
            else "write your services' addresses into a settings file: aapimport config init",
        )
    found = services(sources)
    with_mail = (*found, mail) if mail and is_secret_needed(mail) else found
    return tuple(one for one in with_mail if name is None or one.name == name)


def _show_status(
    found: tuple["Service", ...], sources: "Sources", stores: "Stores", *, as_json: bool
) -> ExitCode:
    from aapimport.config.given import DEFAULT
    from aapimport.config.overview import secret_status, whereabouts
    from aapimport.screens.console import make_console
    from aapimport.screens.settings import show_status

    rows = [(secret_status(one, sources, stores), one.url) for one in found]
    if as_json:
        from aapimport.app.settings_report import secrets_report

        report = secrets_report(rows, whereabouts(sources))
        current_answer().print(report.model_dump_json(indent=2))
    else:
        show_status(make_console(sys.stdout), rows)
    missing = any(row.source == DEFAULT for row, _ in rows)
    return ExitCode.SETTINGS if missing else ExitCode.OK


def _keep_one(
    one: "Service", sources: "Sources", stores: "Stores", *, in_file: bool, on_terminal: bool
) -> None:
    from aapimport.cli.secret_input import piped_secret, typed_secret
    from aapimport.config.access import auth_of
    from aapimport.config.cleaning import cleaned
    from aapimport.config.keeping import check_known, check_writable, keep
    from aapimport.config.keyring_store import user_of
    from aapimport.config.keys import NO_KEYRING, TITLES, token_file_variable, token_variable
    from aapimport.screens.settings import show_notices

    kind = auth_of(one)
    check_writable(one, stores, in_file=in_file)
    what = {"basic": "password", "client-credentials": "client secret"}.get(kind, "token")
    source = f"the {what} that was typed"
    if on_terminal:
        _ask_about_address(one, sources)
        asked = f"{TITLES[one.name]} at {one.url} ({one.address.origin})"
        typed = typed_secret(f"{what} of {asked}, not shown as you type: ", source)
    else:
        check_known(one, sources)
        typed = piped_secret(source)
    cure = (
        f"nothing is kept: run it again, and {'paste' if on_terminal else 'write'} the {what}"
        + (", then Enter" if on_terminal else " to its standard input")
    )
    value, notice = cleaned(typed, kind, source, cure=cure)
    notices = [notice] if notice else []
    where = keep(one, value, stores, in_file=in_file)
    first = (token_variable(one.name), token_file_variable(one.name))
    notices += [f"{name} is set, and goes first" for name in first if name in sources.environment]
    if in_file and stores.index.read(one.kept_for, user_of(stores.profile, one.name)) is not None:
        notices.append(f"the keyring has an older one, which goes first without {NO_KEYRING}=1")
    show_notices(notices)
    click.echo(f"the {what} of {TITLES[one.name]} at {one.url} is kept: {where}", err=True)


def _ask_about_address(one: "Service", sources: "Sources") -> None:
    """Ask about an address that somebody else may have chosen; Enter is no.

    Raises:
        RefusedError: It is not the right one.
    """
    from aapimport.cli.desk import TerminalDesk
    from aapimport.config.keys import TITLES, address_variable

    if not sources.only_the_folder_names(one):
        return
    question = (
        f"Only {one.address.origin}, a file in the working folder, names this address."
        f"\nIs {one.url} really {TITLES[one.name]}?"
    )
    flags = f"or set {address_variable(one.name)}"
    if not TerminalDesk("live").confirm(question, default=False, flags=flags):
        raise RefusedError(
            f"no secret was kept for {one.url}", hint="correct the address, or work elsewhere"
        )
