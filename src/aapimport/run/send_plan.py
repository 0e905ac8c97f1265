"""What `send-emails` would do, as a value: who is mailed about what, and who isn't and why."""

import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from aapimport.config.mail import Mail
from aapimport.mail.pace import room_now
from aapimport.run.records import Run, RunKind, Task, Way
from aapimport.services.values import EmailKind

_REQUESTS = 3
"""Requests to the portal for each e-mail: a look, the asking, the reading back."""
_BY_SMTP = 1.0
"""Seconds for each e-mail where nothing is known of the server."""
Standing = Literal[
    "to_mail", "mailed", "handed_over", "in_doubt", "refused", "unknown", "was_there", "not_chosen"
]
"""How somebody stands: `to_mail` by this plan; `mailed`, `handed_over` or `in_doubt` by an earlier
one or by the portal; `refused` because they left since; `unknown` where the service couldn't be
asked; `was_there` before every upload, and is no new person; `not_chosen` by the flags."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """What e-mails are sent of.

    Attributes:
        address: The pair of services.
        runs: The uploads, the newest first; or the sending whose people it is about.
        of: The confirmation number of the upload, or of the sending; empty for all of a pass.
        pass_id: The pass.
        pass_name: Its name.
    """

    address: str
    runs: Sequence[Run]
    of: str
    pass_id: str
    pass_name: str

    @property
    def upload(self) -> str:
        """The upload that a new sending is of; empty for all of a pass, or part of them."""
        (run, *_) = self.runs or (None,)
        return run.of if run and self.of and run.kind == RunKind.SEND else self.of


@dataclass(frozen=True, kw_only=True)
class SendChoice:
    """Who of those that were never mailed is chosen; the names are those of the flags.

    Attributes:
        only: `never-mailed` leaves out whom a service refused, `rejected` all others.
        kinds: What the e-mails may be about; empty for anything.
        to: The addresses of those who are chosen; empty for everybody.
        again: Whether people who were mailed are mailed once more.
        checked: Whether somebody has looked whose the accounts of `to` are, of whom nobody here
            can tell any more.
    """

    only: Literal["never-mailed", "rejected"] | None = None
    kinds: frozenset[EmailKind] = frozenset()
    to: frozenset[str] = frozenset()
    again: bool = False
    checked: bool = False


@dataclass(frozen=True, kw_only=True)
class Means:
    """How e-mails are sent, and when.

    Attributes:
        way: How.
        server: The mail server, where they are sent by it; else None.
        sent: When the server was given e-mails within 24 hours, in seconds since 1970.
        not_before: When it may begin, in seconds since 1970; None for at once.
        gap: Seconds between two requests to the portal; 0 without a limit.
    """

    way: Way = Way.PORTAL
    server: Mail | None = None
    sent: Sequence[float] = ()
    not_before: float | None = None
    gap: float = 0.0

    def seconds(self, number: int) -> float:
        """How long it takes to send so many, as far as that is known, within one day's limit."""
        if self.server is None:
            return number * _REQUESTS * self.gap
        per_minute = self.server.preset.per_minute
        return number * (60.0 / per_minute if per_minute else _BY_SMTP)

    def now(self, number: int) -> tuple[int, float | None]:
        """How many of so many the server's day's limit lets go at once, and when the next may."""
        per_day = self.server.preset.per_day if self.server else 0
        return room_now(per_day, self.sent, self.not_before or time.time(), number)

    def days(self, number: int) -> int:
        """On how many days the server takes so many."""
        per_day = self.server.preset.per_day if self.server else 0
        return 1 + -(-(number - self.now(number)[0]) // per_day) if per_day else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """One person of whom `send-emails` was asked.

    Attributes:
        row: The row of their file; a number of its own where several uploads are asked about.
        place: Where an administrator finds them: `row 5`, or `upload 7K3QX9, Users!A5`.
        of: There, the upload and the row; else None.
        email: The address that the service has now; as far as known.
        first_name: Likewise.
        last_name: Likewise.
        standing: How they stand.
        kind: What the e-mail is about; None where none is sent.
        why: Why they aren't mailed, or, of whom is, not about Jhana, too, as they should be; empty
            where that needs no words.
        portal: The step of the upload that made the account on the portal.
        jhana: The same on Jhana, where the e-mail speaks of it, or should and can't.
        group: The Group that is the pass, where there is one.
        on_pass: Whether the account shows the pass itself.
        person: A digest of the address that the file had, where that is erased here and the
            account is, or may be, another person's by now; else empty.
        held_by: The runs that have the right to mail them, each with the row there.
    """

    row: int
    place: str
    of: tuple[str, int] | None = None
    email: str
    first_name: str
    last_name: str
    standing: Standing
    kind: EmailKind | None = None
    why: str = ""
    portal: Task
    jhana: Task | None = None
    group: str = ""
    on_pass: bool = False
    person: str = ""
    held_by: frozenset[tuple[str, int]] = frozenset()

    def unchosen(self) -> "Addressee":
        """The same person, of whom nothing is wanted now."""
        return replace(self, standing="not_chosen", kind=None, why="", jhana=None)


@dataclass(frozen=True, kw_only=True)
class SendPlan:
    """What `send-emails` would do.

    Attributes:
        receipt: The confirmation number that it has when it is begun.
        target: `practice` or `live`.
        address: The pair of services.
        of: The upload's confirmation number; empty for all of a pass.
        file: The upload's file; empty likewise.
        sheet: Its sheet; likewise.
        pass_id: The pass.
        pass_name: Its name.
        told_by: Who tells whether somebody was mailed: the portal itself, or only our ledger.
        choice: Who was chosen.
        means: How they are sent, and when.
        people: Everybody who was asked about, by row.
    """

    receipt: str
    target: Literal["practice", "live"]
    address: str
    of: str
    file: str
    sheet: str
    pass_id: str
    pass_name: str
    told_by: Literal["portal", "ledger"]
    choice: SendChoice
    means: Means
    people: Sequence[Addressee]

    def of_rows(self, rows: Collection[int]) -> "SendPlan":
        """The same for some rows: of the others nobody is mailed, nor told why not."""
        people = [it if it.row in rows else it.unchosen() for it in self.people]
        return replace(self, people=people)

    @property
    def to_mail(self) -> Sequence[Addressee]:
        """Everybody who is mailed."""
        return [one for one in self.people if one.standing == "to_mail"]

    @property
    def told(self) -> Sequence[Addressee]:
        """Everybody who should have been mailed and can't be: they are told by name."""
        return [one for one in self.people if one.standing in _TOLD]

    @property
    def in_part(self) -> Sequence[Addressee]:
        """Everybody who is mailed, and not about all that they should be: told by name, too."""
        return [one for one in self.to_mail if one.why]

    @property
    def seconds(self) -> float:
        """How long it takes, as far as that is known; 0 where nothing is sent."""
        sends = self.means.way is not Way.HAND_OVER
        return self.means.seconds(len(self.to_mail)) if sends else 0.0

    @property
    def kinds(self) -> Counter[EmailKind]:
        """How many e-mails are about what."""
        return Counter(one.kind for one in self.to_mail if one.kind)


_TOLD = {"in_doubt", "refused", "unknown"}
