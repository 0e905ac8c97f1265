"""What people are sent: a text and the same as a page, from templates that anybody can change.

A template is a text: its first line is `Subject: ...`, and empty lines part its paragraphs. The
page is made of the same paragraphs, so that both say the same; it loads nothing from elsewhere.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path
from typing import get_args

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import SandboxedEnvironment

from aapimport.config.mail import Mail
from aapimport.config.mail_values import Language
from aapimport.errors import SettingsError
from aapimport.mail.envelope import needs_smtputf8, written
from aapimport.services.values import EmailKind
from aapimport.text import closest, did_you_mean

TEMPLATES = Path(__file__).with_name("templates")
"""Those that come with aapimport."""
PAGE = "page.html"
LANGUAGES: tuple[Language, ...] = get_args(Language)
NAMES = (
    *("first_name", "last_name", "email", "pass_name"),
    *("sign_in", "sign_in_url", "sender_name"),
)
"""What a text may speak of."""
_OF_A_PAGE = (*NAMES, "language", "subject", "paragraphs")
_FAILURES = (TemplateError, UnicodeDecodeError, OSError)
_JOINERS = "\u200c\u200d"
"""Zero-width (non-)joiner: ordinary spelling in Persian and Indic names."""
_SUBJECT = "Subject:"
_LONGEST_SUBJECT = 300
_POLICY = SMTP.clone(cte_type="7bit")  # every server takes it, with 8BITMIME or without


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Whom an e-mail is for.

    Attributes:
        email: The address, which is the user name, too.
        first_name: The first name.
        last_name: The last name.
        pass_name: The pass that the person has a seat on; empty where the e-mail is about none.
    """

    email: str
    first_name: str
    last_name: str
    pass_name: str = ""


EXAMPLE = Recipient(
    email="ana.perez@example.com",
    first_name="Ana",
    last_name="Pérez",
    pass_name="Leadership 2026",
)
"""Nobody, for looking at a text."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """What somebody reads.

    Attributes:
        subject: The subject.
        text: As plain text.
        page: As an HTML page.
    """

    subject: str
    text: str
    page: str


class Texts:
    """The texts of all e-mails.

    Args:
        mail: How people sign in, who writes, and where texts of one's own are.
    """

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    def check(self) -> None:
        """Refuse templates of one's own that are none, or speak of what there isn't.

        Raises:
            SettingsError: One is; with its line, and the name that was meant.
        """
        own = self._mail.templates
        files = {file_of(kind, language) for kind in EmailKind for language in LANGUAGES} | {PAGE}
        for path in sorted(own.iterdir()) if own else ():
            if path.name not in files and not path.name.startswith("."):
                raise SettingsError(
                    f"{path} is no template that is used",
                    hint=did_you_mean(closest(path.name, sorted(files))) or "move it away",
                )
        for name in sorted(files):
            self._check_names(name)
        for kind in EmailKind:
            for language in LANGUAGES:
                self.rendered(kind, EXAMPLE, language)

    def rendered(
        self, kind: EmailKind, to: Recipient, language: Language | None = None
    ) -> Rendered:
        """What a person reads.

        Args:
            kind: Which welcome it is.
            to: The person.
            language: Its language; that of the settings by default.

        Raises:
            SettingsError: A template of one's own can't be used.
        """
        language = language or self._mail.language
        name = file_of(kind, language)
        values = {
            "first_name": _one_line(to.first_name),
            "last_name": _one_line(to.last_name),
            "email": to.email,
            "pass_name": _one_line(to.pass_name),
            "sign_in": self._mail.sign_in,
            "sign_in_url": self._mail.sign_in_url,
            "sender_name": self._mail.sender_name or self._mail.sender,
        }
        first, _, rest = self._filled(self._plain, name, values).partition("\n")
        subject = _one_line(first.removeprefix(_SUBJECT))
        if not first.startswith(_SUBJECT) or not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise SettingsError(
                f"{self._path(name)}: the first line is no subject",
                hint=f"it looks like {_SUBJECT} Welcome to the All Access Pass",
            )
        paragraphs = [
            [line.rstrip() for line in one.strip().split("\n")]
            for one in re.split(r"\n\s*\n", rest)
            if one.strip()
        ]
        if not paragraphs:
            raise SettingsError(f"{self._path(name)} has no text", hint="write one")
        more = {"language": language, "subject": subject, "paragraphs": paragraphs}
        return Rendered(
            subject=subject,
            text="\n\n".join("\n".join(lines) for lines in paragraphs) + "\n",
            page=self._filled(self._pages, PAGE, {**values, **more}),
        )

    def message(
        self,
        kind: EmailKind,
        to: Recipient,
        *,
        row: str,
        now: float,
        language: Language | None = None,
    ) -> EmailMessage:
        """An e-mail to one person.

        Args:
            kind: Which welcome it is.
            to: The person.
            row: What the ledger knows it by: the same row is always the same e-mail.
            now: The time, in seconds since 1970.
            language: Its language; that of the settings by default.

        Raises:
            SettingsError: A template of one's own can't be used.
        """
        mail, said = self._mail, self.rendered(kind, to, language)
        made = EmailMessage(policy=_POLICY.clone(utf8=needs_smtputf8(to.email)))
        made["From"] = Address(display_name=mail.sender_name, addr_spec=mail.sender)
        local, _, domain = written(to.email).rpartition("@")
        made["To"] = Address(username=local, domain=domain)
        if mail.reply_to:
            made["Reply-To"] = Address(addr_spec=mail.reply_to)
        made["Subject"] = said.subject
        made["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
        made["Message-ID"] = message_id(row, mail.sender)
        made["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: no out-of-office answers it
        if mail.idempotency_header:
            made[mail.idempotency_header] = _digest(row)
        made.set_content(said.text)
        made.add_alternative(said.page, subtype="html")
        return made

    @cached_property
    def _plain(self) -> SandboxedEnvironment:
        return self._environment(escaped=False)

    @cached_property
    def _pages(self) -> SandboxedEnvironment:
        return self._environment(escaped=True)

    def _environment(self, *, escaped: bool) -> SandboxedEnvironment:
        folders = [self._mail.templates, TEMPLATES] if self._mail.templates else [TEMPLATES]
        return SandboxedEnvironment(
            loader=FileSystemLoader(folders, encoding="utf-8-sig"),
            autoescape=escaped,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def _filled(self, among: SandboxedEnvironment, name: str, values: Mapping[str, object]) -> str:
        try:
            return among.get_template(name).render(values)
        except (*_FAILURES, TypeError, ValueError, ArithmeticError, RecursionError) as error:
            raise self._unusable(name, error) from None

    def _check_names(self, name: str) -> None:
        """Refuse a name that there isn't, also where no e-mail comes by: in the other branch."""
        known = _OF_A_PAGE if name == PAGE else NAMES
        try:
            source = self._path(name).read_text(encoding="utf-8-sig")
            used = meta.find_undeclared_variables(self._plain.parse(source))
        except (*_FAILURES, RecursionError) as error:
            raise self._unusable(name, error) from None
        for one in sorted(used - set(known)):
            raise SettingsError(
                f"{self._path(name)} speaks of {one!r}, which there isn't",
                hint=did_you_mean(closest(one, known)) or f"there are: {', '.join(known)}",
            )

    def _path(self, name: str) -> Path:
        own = self._mail.templates
        return own / name if own and (own / name).exists() else TEMPLATES / name

    def _unusable(self, name: str, error: Exception) -> SettingsError:
        line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        if isinstance(error, RecursionError):
            why = "it includes itself, or goes on without an end"
        elif isinstance(error, OSError):
            why = str(error.strerror)
        return SettingsError(
            f"{self._path(name)}{line} can't be used: {why}",
            hint="correct it, or take it away: then the text that comes with aapimport is used",
        )


def file_of(kind: EmailKind, language: Language) -> str:
    """The name of a text's file: `portal.en.txt`."""
    return f"{kind.value}.{language}.txt"


def message_id(row: str, sender: str) -> str:
    """The id of a ledger row's e-mail (RFC 5322, 3.6.4), the same each time it is made."""
    return f"<{_digest(row)}@{sender.rpartition('@')[2]}>"


def _digest(row: str) -> str:
    return hashlib.sha256(row.encode()).hexdigest()[:32]


def _one_line(text: str) -> str:
    """A text on one line, without what can't be seen: it stands in a header, or within one."""
    kept = (one if one.isprintable() or one in _JOINERS else " " for one in text)
    return " ".join("".join(kept).split())
