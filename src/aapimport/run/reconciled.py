"""How both services differ about the people of a pass, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aapimport.services.scim import Account


class Kind(StrEnum):
    """What differs."""

    NOT_ON_JHANA = "not on Jhana"
    JHANA_OFF = "off on Jhana"
    PORTAL_OFF = "off on the portal"
    NAME = "name"
    ADDRESS = "address"
    ROLE = "role"
    TEAM = "team"
    NOT_ON_PASS = "not on the pass"
    NOT_ON_PORTAL = "not on the portal"
    HANDED_ON = "another person's"
    UNDECIDED = "not decidable"


REPAIRS = {
    Kind.PORTAL_OFF: "switched off on Jhana",
    Kind.NAME: "name on Jhana as on the portal",
    Kind.ROLE: "role as the upload said",
    Kind.TEAM: "into the team that the upload said",
}
"""What a repair does, in words that name nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference.

    Attributes:
        kind: What differs.
        email: Whose: the userName on the portal, or the address that an upload has kept.
        portal: The account on the portal; None where there is none.
        jhana: The account on Jhana; None where there is none, or it doesn't matter.
        words: What is where, or what an upload from here has said.
        before: What a repair would change.
        after: What it would be then.
        target: The Group, or the role, that a repair sets; else empty.
        values: What a repair of names sets, by attribute path.
        why_not: Why it isn't repaired; empty where it may be.
    """

    kind: Kind
    email: str
    portal: Account | None = None
    jhana: Account | None = None
    words: str
    before: str = ""
    after: str = ""
    target: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotKnown:
    """What couldn't be learnt of somebody, so that it isn't compared.

    Attributes:
        email: Whose, as for `Difference`.
        words: What isn't known, and why.
    """

    email: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What was compared, and how it differs.

    Attributes:
        on_pass: How many people are on the pass.
        on_jhana: How many of them have an account on Jhana.
        differences: How the services differ, by address.
        without_jhana: The addresses of those without Jhana for whom no upload asked for it.
        jhana_off: Those whose Jhana is off, likewise.
        only_jhana: The addresses of accounts on Jhana that nobody on the portal has; not of those
            that are off.
        unproven: What proves nothing, in words.
        remarks: What is to be known and is no difference, in words.
        not_known: Of whom something isn't known, by address.
    """

    on_pass: int = 0
    on_jhana: int = 0
    differences: tuple[Difference, ...] = ()
    without_jhana: tuple[str, ...] = ()
    jhana_off: tuple[str, ...] = ()
    only_jhana: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    not_known: tuple[NotKnown, ...] = ()

    @property
    def repairable(self) -> tuple[Difference, ...]:
        """What a repair would put right."""
        return tuple(one for one in self.differences if not one.why_not)
