"""What `send-emails` would do, as a value: who is mailed about what, and who isn't and why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aapimport.run.records import Task, Way
from aapimport.services.values import EmailKind

Standing = Literal[
    "to_mail", "mailed", "handed_over", "in_doubt", "refused", "unknown", "was_there", "not_chosen"
]
"""How somebody stands: `to_mail` by this plan; `mailed`, `handed_over` or `in_doubt` by an earlier
one or by the portal; `refused` because they left since; `unknown` where the service couldn't be
asked; `was_there` before every upload, and is no new person; `not_chosen` by the flags."""


@dataclass(frozen=True, kw_only=True)
class SendChoice:
    """Who of those that were never mailed is chosen; the names are those of the flags.

    Attributes:
        only: `never-mailed` leaves out whom a service refused, `rejected` all others.
        kinds: What the e-mails may be about; empty for anything.
        to: The addresses of those who are chosen; empty for everybody.
        again: Whether people who were mailed are mailed once more.
    """

    only: Literal["never-mailed", "rejected"] | None = None
    kinds: frozenset[EmailKind] = frozenset()
    to: frozenset[str] = frozenset()
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """One person of whom `send-emails` was asked.

    Attributes:
        row: The row of their file; a number of its own where several uploads are asked about.
        email: The address that the service has now; as far as known.
        first_name: Likewise.
        last_name: Likewise.
        standing: How they stand.
        kind: What the e-mail is about; None where none is sent.
        why: Why they aren't mailed; empty where that needs no words.
        portal: The step of the upload that made the account on the portal.
        jhana: The same on Jhana, where the e-mail speaks of it.
        group: The Group that is the pass, where there is one.
        on_pass: Whether the account shows the pass itself.
    """

    row: int
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
        way: How they are sent.
        not_before: When it may begin, in seconds since 1970; None for at once.
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
    way: Way
    not_before: float | None
    people: Sequence[Addressee]

    @property
    def to_mail(self) -> Sequence[Addressee]:
        """Everybody who is mailed."""
        return [one for one in self.people if one.standing == "to_mail"]

    @property
    def told(self) -> Sequence[Addressee]:
        """Everybody who should have been mailed and can't be: they are told by name."""
        return [one for one in self.people if one.standing in _TOLD]

    @property
    def kinds(self) -> Counter[EmailKind]:
        """How many e-mails are about what."""
        return Counter(one.kind for one in self.to_mail if one.kind)


_TOLD = {"in_doubt", "refused", "unknown"}
