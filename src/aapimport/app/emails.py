"""The welcome e-mails of our own: looked at, changed, and one tried on oneself."""

import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.config.mail import Mail
from aapimport.config.mail_values import SUBMISSION_PORT, Language, Preset
from aapimport.config.overview import Whereabouts
from aapimport.errors import (
    AapimportError,
    FileProblemError,
    RefusedError,
    ServiceError,
    SettingsError,
)
from aapimport.mail.message import (
    EXAMPLE,
    LANGUAGES,
    PAGE,
    TEMPLATES,
    Rendered,
    Texts,
    file_of,
    message_id,
)
from aapimport.mail.outcomes import (
    DayIsFull,
    InDoubt,
    Later,
    NotSent,
    Outcome,
    Refused,
    Sent,
    TakesNothing,
)
from aapimport.services.values import EmailKind
from aapimport.text import as_typed, looks_like_address, path_text

_AN_EXAMPLE = Mail(
    host="smtp.example.com",
    port=SUBMISSION_PORT,
    preset=Preset(host=""),
    sender="learning@example.com",
    sender_name="Learning at Example",
    sign_in="sso",
    sign_in_url="https://portal.example.com/",
)
"""What texts are shown with as long as there is no `[mail]`."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    target: Literal["practice", "live"] | None = Field(description="null where nothing says it")
    address: str | None = Field(description="where both services are; null likewise")


class EmailReport(_Answer):
    """What `emails show --json` prints."""

    kind: EmailKind
    language: str
    subject: str
    text: str
    html: str


class TemplatesReport(_Answer):
    """What `emails edit --json` prints."""

    folder: str
    written: list[str] = Field(description="the files")


class TestMailReport(_Answer):
    """What `emails test --json` prints."""

    to: str
    message_id: str
    reply: str = Field(description="the mail server's words")


def email_shown(
    mail: Mail | None, kind: str, language: Language | None
) -> tuple[Rendered, Language]:
    """A welcome e-mail to nobody, and its language.

    Args:
        mail: The settings; None to show it with those of an example.
        kind: Which it is: combined, portal or jhana.
        language: Its language; that of the settings by default.

    Raises:
        SettingsError: A template of one's own can't be used.
    """
    settings = mail or _AN_EXAMPLE
    texts = Texts(settings)
    texts.check()
    chosen = language or settings.language
    return texts.rendered(EmailKind(kind), EXAMPLE, chosen), chosen


def email_report(shown: Rendered, kind: str, language: Language, where: Whereabouts) -> EmailReport:
    """The same for scripts."""
    return EmailReport(
        target=where.target,
        address=where.address,
        kind=EmailKind(kind),
        language=language,
        subject=shown.subject,
        text=shown.text,
        html=shown.page,
    )


def write_templates(folder: Path) -> list[Path]:
    """Write all texts into a folder, to be changed; never over one that is there.

    Raises:
        FileProblemError: One is there, or can't be written.
    """
    names = [file_of(kind, language) for kind in EmailKind for language in LANGUAGES] + [PAGE]
    paths = [folder / name for name in names]
    if there := [path for path in paths if path.exists()]:
        raise FileProblemError(
            f"{path_text(there[0])} exists already, and is never written over",
            hint="change it with an editor, or name another folder",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write((TEMPLATES / path.name).read_text(encoding="utf-8"))
    except OSError as error:
        raise FileProblemError(f"{path_text(folder)} can't be written: {error.strerror}") from error
    return paths


def templates_report(folder: Path, paths: list[Path], where: Whereabouts) -> TemplatesReport:
    """What was written, for scripts."""
    return TemplatesReport(
        target=where.target,
        address=where.address,
        folder=path_text(folder),
        written=[path_text(path) for path in paths],
    )


def send_test(
    mail: Mail | None, to: str, kind: str, language: Language | None, where: Whereabouts
) -> TestMailReport:
    """Send one welcome e-mail to oneself; nothing of it is in any ledger.

    Raises:
        SettingsError: There is no mail server, its secret is missing, or it takes nothing from us.
        ServiceError: It can't be reached, or the reply was lost: it may have been sent.
        RefusedError: The address can't be one, or the server refuses it.
    """
    from aapimport.mail.smtp import Mailer

    if mail is None:
        raise SettingsError(
            "there is no mail server to try",
            hint="write its host into the table [mail] of a settings file (docs/settings.md)",
        )
    if not looks_like_address(to):
        raise RefusedError(f"{to!r} is not an e-mail address", hint="give your own: --to ME")
    texts = Texts(mail)
    texts.check()
    row = f"test {secrets.token_hex(16)}"
    example = replace(EXAMPLE, email=to)
    message = texts.message(EmailKind(kind), example, row=row, now=time.time(), language=language)
    mailer = Mailer(mail)
    try:
        outcome = mailer.send(message, to=to, intent=lambda: None)
    finally:
        mailer.close()
    if not isinstance(outcome, Sent):
        raise _failure(outcome)
    return TestMailReport(
        target=where.target,
        address=where.address,
        to=to,
        message_id=message_id(row, mail.sender),
        reply=outcome.reply,
    )


def _failure(outcome: Outcome) -> AapimportError:
    """Why one's own e-mail wasn't sent, or nobody knows."""
    match outcome:
        case TakesNothing(reason=reason, cure=cure) if cure:
            return SettingsError(reason, hint=cure)
        case Refused(reason=reason):
            return RefusedError(f"the server refuses the address: {reason}", hint="check --to")
        case InDoubt(reason=reason):
            return ServiceError(
                reason, hint="look into your mailbox", state="the e-mail may have been sent"
            )
        case TakesNothing(reason=reason) | DayIsFull(reason=reason):
            return ServiceError(reason, hint="try again later")
        case Later(reason=reason) | NotSent(reason=reason):
            return ServiceError(f"the server doesn't take it now: {reason}", hint="try again later")
        case Sent(reply=reply):  # no failure
            return ServiceError(reply)


def next_line(folder: Path, profile: str) -> str:
    """What to do with texts that were written."""
    table = f"profile.{profile}.mail" if profile else "mail"
    return f"next: change them, then set templates = {as_typed(folder)} in [{table}]"
