"""`aapimport send-emails`: welcome e-mails after the upload, to whoever was never mailed."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aapimport.cli.flags import mailing_options, option, taken
from aapimport.cli.grouping import EVERYDAY, EXPERT, UNATTENDED, GroupedCommand
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command(cls=GroupedCommand)
@click.argument("receipt", required=False)
@option(
    EVERYDAY,
    "--pass",
    "pass_name",
    metavar="NAME",
    common=True,
    help="Everybody whom uploads from here have put on this pass, instead of one upload.",
)
@option(
    EVERYDAY,
    "--dry-run",
    is_flag=True,
    common=True,
    help="Say who would be mailed, and send nothing.",
)
@option(
    EVERYDAY,
    "--canary",
    metavar="ADDRESS",
    common=True,
    help="Mail this person first, then ask whether to go on.",
)
@option(
    EVERYDAY,
    "--not-before",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
    metavar="DATE",
    common=True,
    help="Send nothing before this day, or day and time: 2026-12-01, 2026-12-01T08:00. Resume it"
    " then.",
)
@option(
    EVERYDAY,
    "--hand-over",
    type=click.Path(path_type=Path),
    metavar="OUT.xlsx",
    help="Send nothing: write a workbook for a mail merge in Outlook or Word. Whoever is in it"
    " counts as handed over.",
)
@option(
    EVERYDAY,
    "--smtp",
    is_flag=True,
    help="Send them by the mail server of [mail], also where the portal could: its own e-mails"
    " hold each person's log-in, ours say how to sign in.",
)
@option(
    EVERYDAY,
    "--sent",
    is_flag=True,
    help="Those who were handed over were mailed. RECEIPT is the hand-over's or its upload's.",
)
@option(
    EVERYDAY,
    "--not-sent",
    is_flag=True,
    help="They were not, and may be mailed from here again.",
)
@option(
    UNATTENDED,
    "--yes",
    is_flag=True,
    common=True,
    help="Send without asking; not with --again.",
)
@option(
    EXPERT,
    "--only",
    type=click.Choice(["never-mailed", "rejected"]),
    help="Only people for whom nothing was tried so far, or only those whom a service refused.",
)
@option(
    EXPERT,
    "--kind",
    "kinds",
    type=click.Choice(["combined", "portal", "jhana"]),
    multiple=True,
    help="Only e-mails about this; may be given more than once.",
)
@option(
    EXPERT,
    "--to",
    multiple=True,
    metavar="ADDRESS",
    help="Only this person; may be given more than once.",
)
@option(
    EXPERT,
    "--again",
    is_flag=True,
    help="Also mail people once more who were mailed; their number is typed on a terminal.",
)
@option(
    EXPERT,
    "--checked",
    is_flag=True,
    help="With --to: you have looked on the portal, and the account is that person's, although it"
    " has another address and another name by now; typed on a terminal.",
)
@mailing_options
@target_options
def send_emails(
    receipt: str | None, *, choice: "Choice", yes: bool, as_json: bool, **flags: Any
) -> ExitCode:
    """Send the welcome e-mail to people who never had one.

    RECEIPT is the confirmation number of an upload, also of one that was closed. Nobody is mailed
    twice: neither by this command, given once more, nor by another upload. What was interrupted is
    finished by the same command.
    """
    from aapimport.app.choices import MailChoices, RunChoices
    from aapimport.app.send_emails import Sending
    from aapimport.cli.desk import TerminalDesk

    settings = chosen_settings(choice)
    return Sending(
        settings=settings,
        desk=TerminalDesk(settings.target, yes=yes, as_json=as_json, profile=settings.profile),
        receipt=receipt,
        choices=taken(MailChoices, flags),
        running=RunChoices(**flags),
    ).carry_out()
