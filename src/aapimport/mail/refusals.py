"""What a mail server's refusal means: for one address, or for all; for now, or for good.

Replies are those of RFC 5321 (4.2.1), with the enhanced codes of RFC 3463 where there are some.
"""

import re
from enum import StrEnum, auto

from aapimport.mail.outcomes import Later, NotSent, Outcome, Refused, TakesNothing

_SLOWER = {421, 432, 452, 454}
"""Too many connections, too fast, no room, or no log-in for now: of the server, not of a person
(RFC 5321, 4.2.3; RFC 4954, 6; Exchange Online's 432 4.3.2)."""
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_DAILY = re.compile(
    r"\bdaily\b.{0,40}\b(?:sending|message|recipient|smtp).{0,20}\b(?:limit|quota)"
    r"|\blimit\b.{0,40}\bper day\b|submission ?quota ?exceeded",
    re.IGNORECASE,
)
"""A limit of ours in words; the quota of a person's mailbox is no such."""
_DAILY_CODES = {"5.4.5", "4.5.4", "5.1.90"}
"""Gmail's and Exchange Online's own for a day's limit."""
_NOT_AS_US = {"5.7.60", "5.2.252"}
"""Exchange Online's own where a user may not send as somebody else: it says so after the text."""
_WITHOUT_LOG_IN = {"5.7.0", "5.7.57", "5.5.1"}
_AUTHENTICATE = 530
"""The server wants to know first who we are (RFC 4954, 6)."""
_PERMANENT, _TRANSIENT = 5, 4


class Stage(StrEnum):
    """How far an e-mail was when the server refused it."""

    CONNECTION = auto()
    LOG_IN = auto()
    SENDER = auto()
    RECIPIENT = auto()
    TEXT = auto()


_OF_A_PERSON = {Stage.RECIPIENT, Stage.TEXT}


def judged(code: int, words: str, stage: Stage) -> Outcome:
    """What a refusal means.

    Args:
        code: The reply's number.
        words: The server's words, without secrets and fit for a screen.
        stage: What it is the reply to.
    """
    said = f"{code} {words}".rstrip()
    kind = code // 100
    enhanced = found[1] if (found := _ENHANCED.match(words)) else ""
    if kind not in {_PERMANENT, _TRANSIENT}:
        return NotSent(f"the server's answer is none of SMTP: {said}")
    if kind == _TRANSIENT:
        of_a_mailbox = enhanced.startswith("4.2.")
        if stage in _OF_A_PERSON and (code not in _SLOWER or of_a_mailbox):
            return Later(said)
        return TakesNothing(f"the server takes no e-mail now: {said}")
    if enhanced in _NOT_AS_US:
        return TakesNothing(
            f"the server doesn't let us write as this sender: {said}",
            "set from in [mail] to an address that the user may send as",
        )
    asks = code == _AUTHENTICATE or (enhanced in _WITHOUT_LOG_IN and "auth" in words.lower())
    if asks and stage is not Stage.LOG_IN:
        return TakesNothing(
            f"the server asks who we are: {said}",
            "set user (and auth) in [mail], then run aapimport login mail",
        )
    if stage in _OF_A_PERSON:
        return Refused(said)
    return TakesNothing(f"the server takes no e-mail from us: {said}", _CURES[stage])


_CURES = {
    Stage.CONNECTION: "check host and port in [mail], or ask whoever runs the server",
    Stage.LOG_IN: "check user and password: aapimport login mail keeps a new one; where passwords"
    ' are switched off, set auth = "xoauth2"',
    Stage.SENDER: "check from in [mail]: the user must be allowed to send as that address",
}


def asks_for_less(code: int) -> bool:
    """Whether the server wants e-mails to come more slowly."""
    return code in _SLOWER


def is_a_days_limit(code: int, words: str) -> bool:
    """Whether the server has taken as many as it takes within 24 hours."""
    if code // 100 not in {_PERMANENT, _TRANSIENT}:
        return False
    enhanced = found[1] if (found := _ENHANCED.match(words)) else ""
    return enhanced in _DAILY_CODES or _DAILY.search(words) is not None
