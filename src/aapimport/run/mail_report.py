"""How a receipt tells of welcome e-mails that the upload itself didn't send."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.run.letters_now import LettersNow
from aapimport.run.mailed_since import MailedSince


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class LettersPart(_Model):
    """Welcome e-mails that one run has sent, may have sent, or has handed over."""

    sending: str = Field(description="the run's number")
    run: str = Field(description="the same in words, with the profile where it is another one's")
    way: Literal["portal", "hand-over", "smtp"]
    server: str = Field(
        description="from whom and by which mail server, as it was approved for that run; empty"
        " for another way, and for a run of another profile"
    )
    people: int = Field(description="0 for a sending of the upload that has mailed nobody so far")


class LettersReport(_Model):
    """The welcome e-mails that a mail server was to send after the upload, in runs of their own.

    How they stand is in `email_counts` and with the people, as the mail ledger has it when the
    receipt is made: it is another one once more of them are sent.
    """

    server: str = Field(
        description="the sender and the mail server that were approved with the upload, which"
        " needn't be those that have sent them (`parts`); the sender's address is erased with the"
        " people"
    )
    is_over: bool = Field(
        description="whether the upload owes none of them any more: they were withdrawn, settled"
        " otherwise, or can't be sent"
    )
    sendings: list[str] = Field(
        description="the numbers of the sendings of this upload, the newest first"
    )
    parts: list[LettersPart] = Field(
        description="who has sent them really, by the mail ledger and the sendings' own records;"
        " whoever had two e-mails counts in both"
    )


class LaterEmailsReport(_Model):
    """What became since of the welcome e-mails that a run hasn't sent itself.

    Of an upload without e-mails those of everybody whom it created; of a run with e-mails those
    that it hasn't sent: they were rejected, for example.
    """

    sendings: list[str] = Field(description="the numbers of the sendings since, the oldest first")
    mailed: int
    handed_over: int = Field(description="in a workbook, to be sent by hand")
    in_doubt: int
    waiting: int


def letters_report(now: LettersNow) -> LettersReport:
    """What a receipt tells of e-mails that a mail server was to send."""
    return LettersReport(
        server=now.wanted.server,
        is_over=now.is_over,
        sendings=[one.receipt for one in now.sendings],
        parts=[
            LettersPart(
                sending=it.receipt, run=it.run, way=it.way.value, server=it.server, people=n
            )
            for it, n in now.parts.items()
        ],
    )


def later_emails(since: MailedSince | None) -> LaterEmailsReport | None:
    """What it tells of those that were sent since, by other runs."""
    if since is None:
        return None
    return LaterEmailsReport(
        sendings=[*since.sendings],
        mailed=since.people["mailed"],
        handed_over=since.people["handed_over"],
        in_doubt=since.people["in_doubt"],
        waiting=since.people["waits"],
    )
