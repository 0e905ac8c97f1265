"""The welcome e-mails of our own: looked at, changed, and one tried on oneself."""

import secrets
import time
from dataclasses import replace
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.config.mail import Mail
from aapimport.config.mail_values import SUBMISSION_PORT, Language, Preset
from aapimport.config.overview import Whereabouts
from aapimport.errors import (
    AapimportError,
    ExitCode,
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
    Withdrawn,
)
from aapimport.services.values import EmailKind
from aapimport.text import looks_like_address, path_text

if TYPE_CHECKING:
    from aapimport.app.desk import Desk

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


def show_email(
    mail: Mail | None,
    where: Whereabouts,
    desk: "Desk",
    *,
    kind: str,
    language: Language | None,
    form: str,
) -> ExitCode:
    """Show a welcome e-mail to nobody.

    Args:
        mail: The settings; None to show it with those of an example.
        where: Where the settings lead to.
        desk: Who looks at it.
        kind: Which it is: combined, portal or jhana.
        language: Its language; that of the settings by default.
        form: `text`, `html` to have its page printed, `browser` to have it opened there.

    Raises:
        SettingsError: A template of one's own can't be used.
    """
    from aapimport.screens.emails import show_page, show_text

    settings = mail or _AN_EXAMPLE
    texts = Texts(settings)
    texts.check()
    chosen = language or settings.language
    shown = texts.rendered(EmailKind(kind), EXAMPLE, chosen)
    if mail is None:
        desk.say("notice: there is no [mail] yet; sender and page are examples")
    if desk.as_json:
        report = EmailReport(
            target=where.target,
            address=where.address,
            kind=EmailKind(kind),
            language=chosen,
            subject=shown.subject,
            text=shown.text,
            html=shown.page,
        )
        desk.print_result(report.model_dump_json(indent=2))
    elif form == "text":
        desk.show(show_text, shown.subject, shown.text)
    elif form == "html":
        desk.show(show_page, shown.page)
    else:
        desk.say(f"the page is {_opened(shown.page)}")
    return ExitCode.OK


def write_templates(folder: Path, where: Whereabouts, desk: "Desk", *, table: str) -> ExitCode:
    """Write all texts into a folder, to be changed; never over one that is there.

    Args:
        folder: The folder; it is made where it isn't there.
        where: Where the settings lead to.
        desk: Who changes them.
        table: The table in which the folder is to be named.

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
    desk.say(f"wrote {len(paths)} files into {path_text(folder)}")
    # As TOML has a path without escapes: backslashes are Windows'.
    desk.say(f"next: change them, then write templates = '{path_text(folder)}' into [{table}]")
    if desk.as_json:
        report = TemplatesReport(
            target=where.target,
            address=where.address,
            folder=path_text(folder),
            written=[path_text(path) for path in paths],
        )
        desk.print_result(report.model_dump_json(indent=2))
    return ExitCode.OK


def send_test(  # noqa: PLR0913 -- as the command has them
    mail: Mail | None,
    where: Whereabouts,
    desk: "Desk",
    *,
    to: str,
    kind: str,
    language: Language | None,
    folder: Path,
) -> ExitCode:
    """Send one welcome e-mail to oneself; it is in no ledger, and counts for the day's limit.

    All as for `show_email`; `folder` is the state folder that all profiles share.

    Raises:
        SettingsError: There is no mail server, its secret is missing, or it takes nothing from us.
        ServiceError: It can't be reached, or the reply was lost: it may have been sent.
        RefusedError: The address can't be one, or the server refuses it.
    """
    from aapimport.screens.emails import show_sent

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
    outcome = _sent(mail, message, to, folder)
    if not isinstance(outcome, Sent):
        raise _failure(outcome)
    report = TestMailReport(
        target=where.target,
        address=where.address,
        to=to,
        message_id=message_id(row, mail.sender),
        reply=outcome.reply,
    )
    if desk.as_json:
        desk.print_result(report.model_dump_json(indent=2))
    else:
        desk.show(show_sent, to, outcome.reply)
    return ExitCode.OK


def _sent(mail: Mail, message: EmailMessage, to: str, folder: Path) -> Outcome:
    """Send a message to oneself, which the server's day's limit counts."""
    from aapimport.mail.counted import count, counted
    from aapimport.mail.smtp import Mailer

    mailer = Mailer(mail, sent=counted(folder, mail))
    try:
        return mailer.send(message, to=to, intent=partial(count, folder, mail))
    finally:
        mailer.close()


def _opened(page: str) -> Path:
    """Open a page in the browser; it is of nobody, and stays in the folder for temporary files."""
    import webbrowser
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(
        "w", encoding="utf-8", prefix="aapimport-", suffix=".html", delete=False
    ) as file:
        file.write(page)
    webbrowser.open(Path(file.name).as_uri())
    return Path(file.name)


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
        case Later(reason=reason) | NotSent(reason=reason) | Withdrawn(reason=reason):
            return ServiceError(f"the server doesn't take it now: {reason}", hint="try again later")
        case Sent(reply=reply):  # no failure
            return ServiceError(reply)
