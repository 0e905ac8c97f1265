"""Welcome e-mails by a mail server that follow an upload, where no service takes a word about them.

They are told in the plan and approved with it, and the command that uploads goes on with them: a
sending of the upload, with its own journal entry and its own receipt (docs/emails.md).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from aapimport.errors import (
    NOTHING_SENT,
    AapimportError,
    BugError,
    ExitCode,
    ServiceError,
    SettingsError,
)

if TYPE_CHECKING:
    from aapimport.app.carry_out import Carrier
    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings
    from aapimport.plan.plan import Plan
    from aapimport.plan.report import PlanReport
    from aapimport.run.records import Run
    from aapimport.run.wanted_letters import WantedLetters

_CONNECT, _COMMAND = 30.0, 60.0
"""Seconds that a step of the look at the server may take."""
_ELSE = "or upload with --no-emails, and send them later:  aapimport send-emails RECEIPT"


def with_letters(plan: "Plan", settings: "Settings") -> "Plan":
    """The plan with the e-mails that the configured mail server sends after the upload.

    Those whom a service can be asked to mail are mailed by it: only its e-mail holds the log-in.
    """
    from aapimport.plan.decide import unmailable

    rows = unmailable(plan) if plan.emails and plan.target == "live" else ()
    return _with_letters_to(plan, rows, settings) if rows else plan


def _with_letters_to(
    plan: "Plan", rows: tuple[int, ...], settings: "Settings", *, takes_any: bool | None = None
) -> "Plan":
    """The plan with e-mails to some rows; `takes_any` as `letter_troubles.troubles` has it."""
    from aapimport.app.letter_troubles import troubles
    from aapimport.app.send_way import counter_of
    from aapimport.plan.letters import Letters
    from aapimport.run.records import Way
    from aapimport.run.send_plan import Means

    server = settings.mail
    if server is None:
        return plan
    counter = counter_of(settings)
    means = Means(way=Way.SMTP, server=server, sent=counter.times() if counter else ())
    named = tuple(troubles(plan, server, rows, takes_any=takes_any))
    people = len(rows) - sum(one.is_sure for one in named)
    today, rest_at = means.now(people)
    letters = Letters(
        server=server.server,
        sender=server.sender,
        place=server.place,
        rows=rows,
        seconds=means.seconds(people),
        days=means.days(people),
        today=today,
        rest_at=rest_at,
        per_day=server.preset.per_day,
        troubles=named,
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


def checked_server(plan: "Plan", settings: "Settings", desk: "Desk") -> "Plan":
    """Refuse a mail server that can't be reached or takes no log-in, before anything is sent.

    Returns:
        The plan, which names whom that server can't send to.

    Raises:
        SettingsError: Its secret is missing, a text can't be used, or it takes nothing from us.
        ServiceError: It can't be reached, or not now.
    """
    from aapimport.app.send_way import check_ready
    from aapimport.mail.connection import Patience
    from aapimport.mail.outcomes import Sent, TakesNothing
    from aapimport.mail.smtp import Mailer
    from aapimport.plan.decide import impossible

    if plan.letters is None or settings.mail is None or impossible(plan):
        return plan
    check_ready(settings.mail)
    mailer = Mailer(settings.mail, patience=Patience(connect=_CONNECT, command=_COMMAND))
    try:
        with desk.busy("asking the mail server"):
            why = mailer.reach()
            takes_any = mailer.takes_any_letters
    finally:
        mailer.close()
    if why is None or isinstance(why, Sent):
        return _with_letters_to(plan, plan.letters.rows, settings, takes_any=takes_any)
    said = f"the mail server {plan.letters.place} can't send the welcome e-mails: {why.reason}"
    if isinstance(why, TakesNothing) and why.cure:
        raise SettingsError(said, hint=f"{why.cure}; {_ELSE}")
    raise ServiceError(said, hint=f"try again later; {_ELSE}")


def with_place_for_letters(desk: "Desk", run: "Run") -> "Desk":
    """The desk of an upload that e-mails may follow: as JSON, both are one object."""
    from aapimport.run.wanted_letters import wanted_letters

    return cast("Desk", _Joint(desk)) if desk.as_json and wanted_letters(run) else desk


@dataclass(frozen=True, kw_only=True)
class Following:
    """Goes on with the e-mails that were approved with an upload.

    Attributes:
        carrier: What has carried out the upload; its desk is as `with_place_for_letters` has it.
        settings: The settings.
        addresses: The people's addresses by row, where the file is at hand.
    """

    carrier: "Carrier"
    settings: "Settings"
    addresses: Mapping[int, str] = field(default_factory=dict)

    def go_on(self, receipt: str, code: ExitCode) -> ExitCode:
        """Send the e-mails of an upload that is finished, or go on with them where they were begun.

        Whom `[notify]` names is told once, at the end of both.

        Args:
            receipt: The upload.
            code: The exit code that it has ended with.

        Returns:
            The worse of both exit codes.

        Raises:
            AapimportError: The e-mails couldn't be begun, or not all be sent; the upload stands.
        """
        from aapimport.run.conveyor import StoppedError
        from aapimport.run.wanted_letters import letters_begun, letters_due

        run = self.carrier.journal.run(receipt)
        what = letters_due(self.carrier.journal, run) or letters_begun(self.carrier.journal, run)
        if what is None:
            return code
        if isinstance(self.carrier.desk, _Joint):
            self.carrier.desk.begin_part()
        try:
            sent = self._sent(receipt, what)
        except AapimportError as error:
            if error.state == NOTHING_SENT:
                error.state = (
                    f"upload {receipt} is done and recorded; nobody of it was mailed. Mail them"
                    f" with: aapimport send-emails {receipt}"
                )
            self._end(receipt, error)
            raise
        except KeyboardInterrupt:
            self._end(receipt, StoppedError(ExitCode.INTERRUPTED))
            raise
        except Exception:
            self._end(receipt, BugError(""))
            raise
        self._end(receipt)
        return max(code, sent)

    def _sent(self, receipt: str, what: "WantedLetters | Run") -> ExitCode:
        """Carry out what was approved, or a sending of it that was begun."""
        from aapimport.app.choices import MailChoices
        from aapimport.app.send_emails import Sending
        from aapimport.run.wanted_letters import WantedLetters

        it = self.carrier
        sending = Sending(
            settings=self.settings,
            desk=self.carrier.desk,
            receipt=receipt,
            choices=MailChoices(smtp=isinstance(what, WantedLetters)),
            running=self.carrier.choices,
        )
        if not isinstance(what, WantedLetters):
            return sending.go_on(it.journal, it.services, what, it.results)
        wanted, mail = what, self.settings.mail
        server = mail.server if mail and wanted.are_from(mail.server) else wanted.server
        self.carrier.desk.say(
            f"the upload is done; its welcome e-mails follow now, from {server}; if that is cut"
            f" off: aapimport send-emails {receipt}"
        )
        return sending.after_upload(it.journal, it.services, wanted, it.results)

    def _end(self, receipt: str, error: AapimportError | None = None) -> None:
        """Have the upload's part of the JSON say who was mailed; tell it, unless a sending has."""
        from aapimport.run.report import make_report

        journal, desk = self.carrier.journal, self.carrier.desk
        if isinstance(desk, _Joint):
            addresses = {**journal.addresses(receipt), **self.addresses}
            report = make_report(journal, journal.run(receipt), addresses)
            desk.renew(report.model_dump_json(by_alias=True))
        begun = journal.sends_of(receipt)
        if self.carrier.teller and not begun:
            self.carrier.teller.tell(journal, receipt, desk, error)


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

    def renew(self, text: str) -> None:
        """The upload's own part is another one by now."""
        held = json.loads(self._text or "{}")
        self._whole = json.loads(text)
        self._whole |= {name: held[name] for name in ("sending",) if name in held}
        self._text = json.dumps(self._whole, ensure_ascii=False, indent=2)
        self._desk.hold_result(self._text)
