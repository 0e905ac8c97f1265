"""The e-mail that tells somebody of ours how a run ended."""

import secrets
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from aapimport.config.mail import Mail
from aapimport.mail.message import message_id


def notice_message(mail: Mail, subject: str, text: str, *, to: str, now: float) -> EmailMessage:
    """An e-mail of plain text to one address.

    Args:
        mail: Who writes.
        subject: Its subject, on one line.
        text: Its text.
        to: The address, in ASCII.
        now: The time, in seconds since 1970.
    """
    made = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    made["From"] = Address(display_name=mail.sender_name, addr_spec=mail.sender)
    made["To"] = Address(addr_spec=to)
    made["Subject"] = subject
    made["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    made["Message-ID"] = message_id(f"notice {secrets.token_hex(16)}", mail.sender)
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: no out-of-office answers it
    made.set_content(text)
    return made
