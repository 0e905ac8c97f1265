"""A letter as a file that a mail program opens ready to send."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from aapimport.template.output import replacing


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A letter.

    Attributes:
        to: The address; empty where whoever sends it fills it in.
        subject: The subject.
        text: The words.
    """

    to: str
    subject: str
    text: str


def write_letter(letter: Letter, path: Path, *, force: bool = False) -> None:
    """Write a letter as `.eml`, with `X-Unsent: 1`: Outlook opens it to be sent, and not as read.

    Source: Microsoft, "[MS-OXCMAIL]", 2.1.3.2.9; others open it as a message to be forwarded.

    Raises:
        FileProblemError: The file is there already, or can't be written.
    """
    message = EmailMessage()
    message["X-Unsent"] = "1"
    if letter.to:
        message["To"] = letter.to
    message["Subject"] = letter.subject
    message.set_content(letter.text)
    with replacing(path, force=force) as draft:
        draft.write_bytes(message.as_bytes(policy=SMTP))
