"""How welcome e-mails are sent: by the portal, by hand, or by a mail server."""

from typing import TYPE_CHECKING

from aapimport.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from aapimport.app.choices import MailChoices
    from aapimport.config.mail import Mail
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Services
    from aapimport.run.records import Way
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
    """
    from aapimport.run.records import Way
    from aapimport.run.send_plan import Means

    way, day = _way(choices, settings, services), choices.not_before
    server = settings.mail if way is Way.SMTP else None
    if server:
        _check_ready(server)
    return Means(
        way=way,
        server=server,
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


def _check_ready(server: "Mail") -> None:
    """Refuse a mail server that can't be used, and texts that can't, before anything is asked."""
    from aapimport.mail.message import Texts

    if server.trouble is not None:
        raise server.trouble
    Texts(server).check()
