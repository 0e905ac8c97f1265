"""How welcome e-mails are sent: by the portal, by hand, or by a mail server."""

from typing import TYPE_CHECKING

from aapimport.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from aapimport.app.choices import MailChoices
    from aapimport.config.mail import Mail
    from aapimport.config.settings import Settings
    from aapimport.mail.counted import Counter
    from aapimport.plan.make import Services
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run, Way
    from aapimport.run.send_plan import Means


def means_of(choices: "MailChoices", settings: "Settings", services: "Services") -> "Means":
    """How e-mails are sent, and when; what it needs is there.

    Args:
        choices: What was decided by flags.
        settings: The settings.
        services: The services.

    Raises:
        UsageError: A mail server is asked for in practice.
        SettingsError: It is asked for, and there is none; or its secret is missing, or a text of
            one's own can't be used.
        ServiceError: What was sent within 24 hours can't be read.
    """
    from aapimport.run.records import Way
    from aapimport.run.send_plan import Means

    way, day = _way(choices, settings, services), choices.not_before
    server = settings.mail if way is Way.SMTP else None
    if server:
        check_ready(server)
    counter = counter_of(settings) if server else None
    return Means(
        way=way,
        server=server,
        sent=tuple(counter.times()) if counter else (),
        not_before=day.timestamp() if day else None,
        gap=services.portal.transport.pace.gap,
    )


def _way(choices: "MailChoices", settings: "Settings", services: "Services") -> "Way":
    """By the portal where it can, as its e-mails hold the log-in."""
    from aapimport.run.records import Way

    if choices.hand_over:
        return Way.HAND_OVER
    if choices.smtp and services.target == "practice":
        raise UsageError(
            "--smtp would mail real people about practice accounts",
            hint="leave it out: the practice portal sends, into its outbox",
        )
    if choices.smtp and settings.mail is None:
        raise SettingsError(
            "--smtp needs a mail server, and none is configured",
            hint="write its host into the table [mail] of a settings file (docs/settings.md)",
        )
    can = services.portal.capabilities.mails or services.target == "practice"
    return Way.SMTP if choices.smtp or (settings.mail and not can) else Way.PORTAL


def check_ready(server: "Mail") -> None:
    """Refuse a mail server that can't be used, and texts that can't, before anything is asked.

    Raises:
        SettingsError: Its secret is missing, or a text of one's own can't be used.
    """
    from aapimport.mail.message import Texts

    if server.trouble is not None:
        raise server.trouble
    Texts(server).check()


def counter_of(settings: "Settings") -> "Counter | None":
    """What counts e-mails for the mail server's day's limit; None without a server."""
    from aapimport.app.session import common_folder
    from aapimport.mail.counted import Counter

    if settings.mail is None:
        return None
    return Counter(folder=common_folder(settings), mail=settings.mail)


def check_server_there(journal: "Journal", run: "Run", settings: "Settings") -> None:
    """Refuse to go on with e-mails by a mail server where none is configured any more.

    Raises:
        SettingsError: It is so; says what is missing where, and both ways on.
    """
    from aapimport.run.records import Way

    if run.way is not Way.SMTP or not run.is_open or settings.mail is not None:
        return
    resume = f"aapimport resume {run.receipt}"
    ways = f"{resume}\n      or end it, and send anew what was never sent:  {resume} --close"
    error = missing_server(settings, run.server, f"{run.name} goes", ways)
    error.state = journal.standing(run.receipt)
    raise error


def missing_server(settings: "Settings", server: str, what: str, ways: str) -> SettingsError:
    """What is to be told where e-mails were approved by a mail server, and none is configured.

    Args:
        settings: The settings, which have none.
        server: Sender and server, as they were approved.
        what: What goes by it.
        ways: What to do beside putting it back.
    """
    from aapimport.config.settings_file import Table

    table = Table(settings.profile, "mail")
    named = settings.portal.named if settings.portal else ""
    beside = f" (the portal's address is from {named})" if named else ""
    profile = f" of profile {settings.profile}" if settings.profile else ""
    return SettingsError(
        f"{what} by a mail server, from {server}, and the settings{profile} have no table"
        f" [{table}] any more{beside}",
        hint=f"write [{table}] with that server and sender into the settings file again"
        f" (docs/settings.md), then {ways}",
    )
