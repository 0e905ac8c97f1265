"""E-mails of the practice services, and about them: `.eml` files that any mail program opens."""

import hashlib
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from pathlib import Path

from aapimport.config.folders import private_folder

PORTAL_KINDS = ("combined", "portal")
JHANA_KINDS = ("jhana",)

_SUBJECTS = {
    "combined": "Welcome to your All Access Pass and Jhana",
    "portal": "Welcome to your All Access Pass",
    "jhana": "Welcome to Jhana",
}
_PASS_TEXT = """\
You have a seat on the pass "{pass_name}". It gives you every course, live session and tool on it.

Sign in with your work address: https://portal.acme.example
"""
_JHANA_TEXT = """\
Jhana is switched on for you: short articles and videos for the questions that come up in the
working day, and a newsletter once a week.

Sign in with your work address: https://jhana.acme.example
"""
_TEXTS = {
    "combined": f"{_PASS_TEXT}\n{_JHANA_TEXT}",
    "portal": _PASS_TEXT,
    "jhana": _JHANA_TEXT,
}
_FRAME = """\
Hello {name},

{text}
Kind regards
Learning at Acme

--
This is practice: the e-mail was written to a file and sent to nobody.
"""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One welcome e-mail, as the database keeps it.

    Attributes:
        request_id: What the client named its request.
        service: `portal` or `jhana`.
        recipient: The person's name.
        address: Where it goes.
        kind: `combined`, `portal` or `jhana`.
        pass_name: The person's pass; empty where there is none.
        sent_at: When, as SCIM writes a dateTime.
    """

    request_id: str
    service: str
    recipient: str
    address: str
    kind: str
    pass_name: str
    sent_at: str


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What somebody was told of the end of a run; no welcome e-mail, and counted with none.

    Attributes:
        number: Which it is, from 1.
        address: Who was told.
        subject: The subject.
        text: The text.
        sent_at: When, as SCIM writes a dateTime.
    """

    number: int
    address: str
    subject: str
    text: str
    sent_at: str


class Outbox:
    """The folder of the `.eml` files, created with mode 0700, the files in it with 0600.

    The database is the truth; `complete` writes what a killed process left out.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = private_folder(folder)

    def write(self, mail: Mail | Notice) -> None:
        """Write an e-mail's file; the same e-mail always goes into the same file.

        Raises:
            OSError: The folder can't be written to.
        """
        path = self.folder / _file_of(mail)
        unfinished = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:  # noqa: PTH123 -- the mode is set at creation
            message = _told(mail) if isinstance(mail, Notice) else _message(mail)
            out.write(message.as_bytes())
        unfinished.replace(path)

    def complete(self, mails: Iterable[Mail | Notice]) -> None:
        """Write the files that are missing."""
        there = {entry.name for entry in os.scandir(self.folder)}
        for mail in mails:
            if _file_of(mail) not in there:
                self.write(mail)

    def clear(self) -> None:
        """Delete every e-mail."""
        for path in self.folder.iterdir():
            if path.suffix in {".eml", ".tmp"}:
                path.unlink(missing_ok=True)


def file_name(request_id: str) -> str:
    """The name of the file that answers a request; a request id may hold any characters."""
    return f"{_digest(request_id)}.eml"


def _file_of(mail: Mail | Notice) -> str:
    return f"notice-{mail.number}.eml" if isinstance(mail, Notice) else file_name(mail.request_id)


def _digest(request_id: str) -> str:
    return hashlib.sha256(request_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _message(mail: Mail) -> EmailMessage:
    # Encoded headers are read by every mail program; an address in another script can't be encoded
    message = EmailMessage(policy=SMTP if mail.address.isascii() else SMTPUTF8)
    service = "Jhana" if mail.kind in JHANA_KINDS else "All Access Pass"
    message["From"] = Address(f"{service} (practice)", "welcome", "acme.example")
    message["To"] = _recipient(mail)
    message["Subject"] = _SUBJECTS[mail.kind]
    message["Date"] = format_datetime(datetime.fromisoformat(mail.sent_at))
    message["Message-ID"] = f"<{_digest(mail.request_id)}@acme.example>"
    text = _TEXTS[mail.kind].format(pass_name=mail.pass_name or "(none)")
    message.set_content(_FRAME.format(name=_plain(mail.recipient), text=text))
    return message


def _told(notice: Notice) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("aapimport (practice)", "notices", "acme.example")
    message["To"] = Address(addr_spec=notice.address)
    message["Subject"] = notice.subject
    message["Date"] = format_datetime(datetime.fromisoformat(notice.sent_at))
    message["Message-ID"] = f"<notice-{notice.number}@acme.example>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notice.text)
    return message


def _recipient(mail: Mail) -> Address:
    user, at, domain = _plain(mail.address).rpartition("@")
    if not at:  # a user name that is no address; the practice portal takes those, too
        user, domain = domain, "invalid"
    return Address(_plain(mail.recipient), user, domain)


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
