"""The people whom campaigns upload, and what should be true of each of them afterwards."""

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TEAMS = ("Sales EMEA", "Engineering", "")
ROLES = ("", "individualcontributor", "facilitator")
HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")
_FIRST = (
    "Abel", "Chloé", "Eskil", "Gudrun", "Ines", "Kofi", "Mio", "Olga", "Quinn", "Søren", "Umar",
    "Wanda",
)  # fmt: skip
_LAST = (
    "Brook", "Dumas", "Falk", "Haas", "Jota", "Larbi", "Nara", "Pavlova", "Reyes", "Thal", "Vahid",
    "Xu",
)  # fmt: skip
MOST_PEOPLE = len(_FIRST) * len(_LAST)


@dataclass(frozen=True, kw_only=True)
class Someone:
    """A row of the file."""

    email: str
    first: str
    last: str
    role: str
    team: str
    jhana: bool

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.first} {self.last}"

    def should_be(self, *, mailed: bool) -> "Found":
        """What the services should hold about them when all is done."""
        return Found(
            accounts=1,
            name=self.name,
            on_jhana=int(self.jhana),
            jhana_name=self.name if self.jhana else "",
            role=self.role or "manager",
            seat=True,
            teams=(self.team,) if self.team else (),
            mails=int(mailed),
        )


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the services hold about one address.

    Attributes:
        accounts: Accounts on the portal.
        name: The name there.
        on_jhana: Accounts on Jhana.
        jhana_name: The name there.
        role: The role.
        seat: Whether they are on the pass.
        teams: Their teams, each as often as they are in it.
        mails: Welcome e-mails, of both services.
    """

    accounts: int = 0
    name: str = ""
    on_jhana: int = 0
    jhana_name: str = ""
    role: str = ""
    seat: bool = False
    teams: tuple[str, ...] = ()
    mails: int = 0


def someone(number: int, choice: random.Random) -> Someone:
    """A person whose name nobody else in the file has; up to `MOST_PEOPLE` of them."""
    lap, at = divmod(number, len(_FIRST))
    first, last = _FIRST[at], _LAST[(at + lap) % len(_LAST)]
    return Someone(
        email=f"{first[0].lower()}{number}@acme.com",
        first=first,
        last=last,
        role=choice.choice(ROLES),
        team=choice.choice(TEAMS),
        jhana=choice.random() < 0.5,
    )


def write_rows(path: Path, people: Sequence[Someone]) -> None:
    """Write a file of people."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADERS)
        for one in people:
            jhana = "1" if one.jhana else ""
            rows.writerow((one.email, one.first, one.last, one.role, one.team, jhana))
