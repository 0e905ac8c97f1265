"""One effect of a run on one person, and what can become of it."""

from dataclasses import dataclass
from enum import StrEnum

from aapimport.run.back_reasons import NAMED
from aapimport.run.records import StepKind

NAMED_HEAD = f"{NAMED}: "
"""Begins the journal's words of what an earlier undo has named."""


class Sort(StrEnum):
    """What can become of an effect."""

    BACK = "taken back"
    HALF = "half"
    IMPOSSIBLE = "impossible"
    CHANGED = "changed since"
    LATER = "left"
    NOTHING = "nothing left"
    AS_BEFORE = "as before"
    NAMED = NAMED


NOTHING_LEFT = frozenset({Sort.NOTHING, Sort.AS_BEFORE, Sort.NAMED})
"""What becomes of effects of which nothing is left that could be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One effect of a run on one person.

    Attributes:
        row: The person's row.
        service: `portal` or `jhana`.
        kind: The undo's step; `email` for an e-mail.
        account_id: The account.
        target: The Group; empty for others.
        sort: What can become of it.
        words: What is taken back, or why it isn't.
        gives_rights: Whether a role that may have administration rights is given back.
        beside: Whether something else of the same account is taken back.
        nameless: The words as the journal keeps them; empty where they are the same.
        stands: Whether anything of it may still be as the run left it, or is to be done about it.
    """

    row: int
    service: str
    kind: StepKind
    account_id: str
    target: str
    sort: Sort
    words: str
    gives_rights: bool = False
    beside: bool = False
    nameless: str = ""
    stands: bool = True

    @property
    def is_step(self) -> bool:
        """Whether something is written for it."""
        return self.sort in {Sort.BACK, Sort.HALF}
