"""Welcome e-mails by a mail server that follow an upload, where no service takes a word about them.

They are told in the plan and approved with it, and the command that uploads goes on with them: a
sending of the upload, with its own journal entry and its own receipt (docs/emails.md).
"""

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from aapimport.errors import NOTHING_SENT, AapimportError, ExitCode, ServiceError, SettingsError

if TYPE_CHECKING:
    from aapimport.app.choices import RunChoices
    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Services
    from aapimport.plan.plan import Plan
    from aapimport.plan.report import PlanReport
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run

_CONNECT, _COMMAND = 30.0, 60.0
"""Seconds that a step of the look at the server may take."""
_ELSE = "or upload with --no-emails, and send them later:  aapimport send-emails RECEIPT"


def with_letters(plan: "Plan", settings: "Settings") -> "Plan":
    """The plan with the e-mails that the configured mail server sends after the upload.

    Those whom a service can be asked to mail are mailed by it: only its e-mail holds the log-in.
    """
    from aapimport.plan.decide import unmailable
    from aapimport.plan.letters import Letters
    from aapimport.run.records import Way
    from aapimport.run.send_plan import Means

    server = settings.mail
    rows = unmailable(plan) if plan.emails and plan.target == "live" else ()
    people = len(rows)
    if server is None or not people:
        return plan
    means = Means(way=Way.SMTP, server=server)
    letters = Letters(
        server=server.server,
        sender=server.sender,
        place=server.place,
        rows=rows,
        seconds=means.seconds(people),
        days=means.days(people),
    )
    return replace(plan, letters=letters)


def with_approved_letters(plan: "Plan", report: "PlanReport", settings: "Settings") -> "Plan":
    """The same for a written plan, whose mail server and number of people have to be the same.

    Raises:
        RefusedError: They aren't.
    """
    from aapimport.plan.approval import refuse_changes

    if report.letters is None:
        return plan
    now = with_letters(plan, settings)
    found = (now.letters.server, now.letters.people) if now.letters else ("nobody", 0)
    approved = (report.letters.server, report.letters.people)
    changed = f"{found[1]:,} welcome e-mails would come from {found[0]}, not {approved[1]:,} from"
    refuse_changes([] if found == approved else [f"{changed} {approved[0]} as approved"])
    return now


def check_server(plan: "Plan", settings: "Settings", desk: "Desk") -> None:
    """Refuse a mail server that can't be reached or takes no log-in, before anything is sent.

    Raises:
        SettingsError: Its secret is missing, a text can't be used, or it takes nothing from us.
        ServiceError: It can't be reached, or not now.
    """
    from aapimport.app.send_way import check_ready
    from aapimport.mail.connection import Patience
    from aapimport.mail.outcomes import Sent, TakesNothing
    from aapimport.mail.smtp import Mailer

    if plan.letters is None or settings.mail is None:
        return
    check_ready(settings.mail)
    mailer = Mailer(settings.mail, patience=Patience(connect=_CONNECT, command=_COMMAND))
    try:
        with desk.busy("asking the mail server"):
            why = mailer.reach()
    finally:
        mailer.close()
    if why is None or isinstance(why, Sent):
        return
    said = f"the mail server {plan.letters.place} can't send the welcome e-mails: {why.reason}"
    if isinstance(why, TakesNothing) and why.cure:
        raise SettingsError(said, hint=f"{why.cure}; {_ELSE}")
    raise ServiceError(said, hint=f"try again later; {_ELSE}")


def with_place_for_letters(desk: "Desk", run: "Run") -> "Desk":
    """The desk of an upload that e-mails may follow: as JSON, both are one object."""
    from aapimport.run.wanted_letters import wanted_letters

    return cast("Desk", _Joint(desk)) if desk.as_json and wanted_letters(run) else desk


@dataclass(frozen=True)
class Following:
    """Goes on with the e-mails that were approved with an upload.

    Attributes:
        journal: The open journal.
        services: The services.
        settings: The settings.
        desk: Where the administrator sits, as `with_place_for_letters` has it.
        running: How it is carried out.
    """

    journal: "Journal"
    services: "Services"
    settings: "Settings"
    desk: "Desk"
    running: "RunChoices"

    def go_on(self, receipt: str, code: ExitCode) -> ExitCode:
        """Send the e-mails of an upload that is finished, unless a sending of it was ever begun.

        Args:
            receipt: The upload.
            code: The exit code that it has ended with.

        Returns:
            The worse of both exit codes.

        Raises:
            AapimportError: The e-mails couldn't be begun, or not all be sent; the upload stands.
        """
        from aapimport.app.choices import MailChoices
        from aapimport.app.send_emails import Sending
        from aapimport.run.wanted_letters import letters_due

        wanted = letters_due(self.journal, self.journal.run(receipt))
        if wanted is None:
            return code
        command = f"aapimport send-emails {receipt}"
        if isinstance(self.desk, _Joint):
            self.desk.begin_part()
        sending = Sending(
            settings=self.settings,
            desk=self.desk,
            receipt=receipt,
            choices=MailChoices(smtp=True),
            running=self.running,
        )
        mail = self.settings.mail
        server = mail.server if mail and wanted.are_from(mail.server) else wanted.server
        self.desk.say(f"the upload is done; its welcome e-mails follow, from {server}")
        try:
            return max(code, sending.after_upload(self.journal, self.services, wanted))
        except AapimportError as error:
            if error.state == NOTHING_SENT:
                error.state = (
                    f"upload {receipt} is done and recorded; nobody of it was mailed. Mail them"
                    f" with: {command}"
                )
            raise


class _Joint:
    """A desk whose result is kept until the command ends, and holds that of what follows.

    Args:
        desk: The desk.
    """

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._text = ""
        self._whole: dict[str, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)

    def begin_part(self) -> None:
        """What is printed from now on is the e-mails', and becomes a part of the upload's."""
        self._whole = json.loads(self._text or "{}")

    def print_result(self, text: str) -> None:
        """Keep it: the command isn't over."""
        self._text = text
        if self._whole is not None:
            whole = self._whole | {"sending": json.loads(text)}
            self._text = json.dumps(whole, ensure_ascii=False, indent=2)
        self._desk.hold_result(self._text)

    hold_result = print_result
