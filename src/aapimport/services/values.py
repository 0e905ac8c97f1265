"""What the services are about, as plain values: passes, teams, accounts as they should be."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """A pass.

    Attributes:
        id: The value of the entitlement that puts a person on it.
        name: Its name.
        seats: How many people fit; None where the portal doesn't publish it.
        seats_used: How many seats are used, for good; None likewise.
        group_id: The Group that stands for it, where being on it is being a member; else empty.
        members: That Group's members, by id or by userName.
        valid_from: When it begins; None where the portal doesn't say.
        valid_until: When it ends; None likewise.
    """

    id: str
    name: str
    seats: int | None = None
    seats_used: int | None = None
    group_id: str = ""
    members: frozenset[str] = frozenset()
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def free(self) -> int | None:
        """Seats that nobody has used yet; None where the portal doesn't publish them."""
        if self.seats is None or self.seats_used is None:
            return None
        return max(0, self.seats - self.seats_used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team of a pass.

    Attributes:
        id: The Group's id.
        name: Its name.
        pass_id: The pass it belongs to; empty where the portal doesn't say.
        places: How many people fit; None where the portal doesn't publish it.
        places_used: How many are in it; None likewise.
    """

    id: str
    name: str
    pass_id: str = ""
    places: int | None = None
    places_used: int | None = None

    @property
    def is_full(self) -> bool:
        """Whether nobody else fits, as far as the portal tells."""
        if self.places is None or self.places_used is None:
            return False
        return self.places_used >= self.places

    @property
    def free(self) -> int | None:
        """Places that are free; None where the portal doesn't publish them."""
        if self.places is None or self.places_used is None:
            return None
        return max(0, self.places - self.places_used)


class EmailKind(StrEnum):
    """Which welcome e-mail a person gets."""

    COMBINED = "combined"
    PORTAL = "portal"
    JHANA = "jhana"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an account should be after the run.

    Attributes:
        email: The address.
        first_name: The given name.
        last_name: The family name.
        names: Whether the names of an account that exists are to be set.
        role: The role's wire value; None leaves it alone.
        pass_id: The pass; None where the service has no passes (Jhana).
        pass_name: The pass's name, for people.
        external_id: Our own key, sent on create only.
        activate: Whether a deactivated account may be switched on.
        was_admin: Whether the account was a client admin's, or might have been, when the plan was
            made: only then are such rights given back or taken away.
        known_as: The names of the account as the plan showed them; empty without one.
        earlier: Whether an earlier session has sent it, so that others may have been at it since.
        distinct: Whether a person has said that whoever has the address only as a second one is
            somebody else.
    """

    email: str
    first_name: str
    last_name: str
    names: bool = True
    role: str | None = None
    pass_id: str | None = None
    pass_name: str = ""
    external_id: str = ""
    activate: bool = True
    was_admin: bool = False
    known_as: str = ""
    earlier: bool = False
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One thing about an account that is to be different afterwards."""

    attribute: str
    before: str
    after: str
