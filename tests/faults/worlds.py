"""Two services, the people who are to be uploaded to them, and what is true of them afterwards."""

import csv
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aapimport.sandbox.contents import contents
from aapimport.sandbox.serving import PracticeServer
from faults.proxy import FaultyProxy, Weather
from faults.stub import TOKEN, Habits, ScimStub
from faults.wire import Request, Response, as_json

PASS = "Leadership 2026"
TEAMS = ("Sales EMEA", "Engineering", "")
ROLES = ("", "individualcontributor", "facilitator")
_NAMES = [
    "Abel Brook",
    "Chloé Dumas",
    "Eskil Falk",
    "Gudrun Haas",
    "Ines Jota",
    "Kofi Larbi",
    "Mio Nara",
    "Olga Pavlova",
    "Quinn Reyes",
    "Søren Thal",
    "Umar Vahid",
    "Wanda Xu",
]
MOST_PEOPLE = len(_NAMES)


@dataclass(frozen=True, kw_only=True)
class Someone:
    """A row of the file."""

    email: str
    first: str
    last: str
    role: str
    team: str
    jhana: bool

    def should_be(self, *, mailed: bool) -> "Found":
        """What the services should hold about them when all is done."""
        return Found(
            accounts=1,
            on_jhana=int(self.jhana),
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
        on_jhana: Accounts on Jhana.
        role: The role.
        seat: Whether they are on the pass.
        teams: Their teams, each as often as they are in it.
        mails: Welcome e-mails, of both services.
    """

    accounts: int = 0
    on_jhana: int = 0
    role: str = ""
    seat: bool = False
    teams: tuple[str, ...] = ()
    mails: int = 0


class OpenStub(ScimStub):
    """A service that takes the same address twice, and bulk requests: nothing hides a mistake."""

    def __init__(self, *, unique: bool = False, bulk: bool = True) -> None:
        super().__init__(Habits(unique=unique))
        self._bulk = bulk

    def _discovery(self, kind: str) -> Response:
        if kind == "ServiceProviderConfig" and self._bulk:
            bulk = {"supported": True, "maxOperations": 4, "maxPayloadSize": 1_000_000}
            return as_json(200, {"filter": {"supported": True}, "bulk": bulk})
        return super()._discovery(kind)

    def _act(self, request: Request) -> Response:
        if (request.method, request.path) == ("POST", "/Bulk") and self._bulk:
            return as_json(200, {"Operations": [*map(self._operate, request.json["Operations"])]})
        return super()._act(request)

    def _operate(self, operation: dict[str, Any]) -> dict[str, Any]:
        done = self._create(operation["data"])
        return {
            "bulkId": operation["bulkId"],
            "status": str(done.status),
            "response": json.loads(done.body),
        }


@dataclass(kw_only=True)
class World:
    """Both services behind proxies, and a file of people.

    Attributes:
        folder: A folder of its own.
        people: The rows of the file.
        proxies: The ways to the services.
        weather: What happens on those ways.
        environment: The settings of an upload into it.
    """

    folder: Path
    people: list[Someone]
    proxies: list[FaultyProxy]
    weather: Weather
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The people, as a file."""
        return self.folder / "people.csv"

    @property
    def journal(self) -> Path:
        """The journal of the uploads."""
        return self.folder / "state" / "journal.sqlite3"

    def write_file(self) -> None:
        """Write the file of people."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.file.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(
                ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")
            )
            for one in self.people:
                jhana = "1" if one.jhana else ""
                rows.writerow((one.email, one.first, one.last, one.role, one.team, jhana))

    def writes(self) -> int:
        """How many writes the services have answered."""
        return sum(proxy.ledger.writes() for proxy in self.proxies)

    def settle(self) -> None:
        """Wait until the services have done all that dead clients have sent."""
        for proxy in self.proxies:
            proxy.settle()

    def created_twice(self) -> list[str]:
        """Whom the services were made to create more than once: 2xx answers to creates."""
        return [
            f"{email} on {proxy.service}"
            for proxy in self.proxies
            for email, count in Counter(
                email for email, status in proxy.ledger.creates() if 200 <= status < 300
            ).items()
            if count > 1
        ]

    def found(self) -> dict[str, Found]:
        """What the services hold, by address."""
        raise NotImplementedError

    def seats_used(self) -> int:
        """How many seats of the pass are used by the people of the file."""
        raise NotImplementedError


@dataclass(kw_only=True)
class PracticeWorld(World):
    """The practice portal and Jhana, served over HTTP."""

    seats_before: int

    def found(self) -> dict[str, Found]:
        """What the practice portal holds; somebody who is not there is absent."""
        held = contents(self.folder / "served")
        mails = Counter(mail.to for mail in held.outbox)
        return {
            one.email: Found(
                accounts=int(bool(one.roles)),
                on_jhana=int(one.jhana),
                role=one.roles[0] if len(one.roles) == 1 else str(one.roles),
                seat=one.passes == (PASS,),
                teams=one.teams,
                mails=mails[one.email],
            )
            for one in held.people
        }

    def seats_used(self) -> int:
        """How many seats were used since the world began."""
        return _seats(self.folder / "served") - self.seats_before


@dataclass(kw_only=True)
class StubWorld(World):
    """Two scripted services."""

    portal: ScimStub
    jhana: ScimStub

    def found(self) -> dict[str, Found]:
        """What the stubs hold; the account with most is shown of those who have several."""
        on_jhana = Counter(one["userName"] for one in self.jhana.store.users.values())
        mails = Counter(mail[0] for mail in self.portal.store.mails + self.jhana.store.mails)
        accounts: dict[str, list[dict[str, Any]]] = {}
        for one in self.portal.store.users.values():
            accounts.setdefault(one["userName"], []).append(one)
        return {
            email: Found(
                accounts=len(accounts.get(email, ())),
                on_jhana=on_jhana[email],
                role=_only(one for user in accounts.get(email, ()) for one in user["roles"]),
                seat=_only(e for user in accounts.get(email, ()) for e in user["entitlements"])
                == "p26",
                teams=tuple(self._teams([user["id"] for user in accounts.get(email, ())])),
                mails=mails[email],
            )
            for email in {*accounts, *on_jhana}
        }

    def _teams(self, ids: list[str]) -> Iterator[str]:
        for group in self.portal.store.groups.values():
            for member in group["members"]:
                if member["value"] in ids:
                    yield group["displayName"]

    def seats_used(self) -> int:
        """How many accounts are on the pass."""
        return sum(bool(one.get("entitlements")) for one in self.portal.store.users.values())


def _only(values: Iterator[dict[str, Any]]) -> str:
    """The value that all have, or all values as one text."""
    return "+".join(sorted({str(one["value"]) for one in values}))


def someone(number: int, choice: random.Random) -> Someone:
    """A person whose name nobody else in the file has."""
    first, last = _NAMES[number].split()
    return Someone(
        email=f"{first[0].lower()}{number}@acme.com",
        first=first,
        last=last,
        role=choice.choice(ROLES),
        team=choice.choice(TEAMS),
        jhana=choice.random() < 0.5,
    )


@contextmanager
def practice_world(folder: Path, people: list[Someone], weather: Weather) -> Iterator[World]:
    """The practice portal, new, behind a proxy."""
    with ExitStack() as stack:
        server = stack.enter_context(PracticeServer(folder / "served"))
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.stop)
        address = server.address
        proxies = [
            stack.enter_context(FaultyProxy(url, weather, name))
            for name, url in (("portal", address.portal_url), ("jhana", address.jhana_url))
        ]
        world = PracticeWorld(
            folder=folder,
            people=people,
            proxies=proxies,
            weather=weather,
            seats_before=_seats(folder / "served"),
        )
        _configure(world, address.token)
        yield world


@contextmanager
def stub_world(
    folder: Path,
    people: list[Someone],
    weather: Weather,
    stubs: tuple[ScimStub, ScimStub] | None = None,
) -> Iterator[World]:
    """Two scripted services behind proxies; by default they allow the same address twice."""
    with ExitStack() as stack:
        portal, jhana = stubs or (OpenStub(), OpenStub())
        stack.enter_context(portal)
        stack.enter_context(jhana)
        jhana.habits.passes = False
        portal.add_pass("p26", PASS, 100)
        for team in TEAMS[:2]:
            portal.add_team(team, 50, "p26")
        proxies = [
            stack.enter_context(FaultyProxy(stub.url, weather, name))
            for name, stub in (("portal", portal), ("jhana", jhana))
        ]
        world = StubWorld(
            folder=folder,
            people=people,
            proxies=proxies,
            weather=weather,
            portal=portal,
            jhana=jhana,
        )
        _configure(world, TOKEN)
        yield world


def _configure(world: World, token: str) -> None:
    portal, jhana = world.proxies
    world.environment |= {
        "AAPIMPORT_STATE_DIR": str(world.folder / "state"),
        "AAPIMPORT_PORTAL_URL": portal.url,
        "AAPIMPORT_PORTAL_TOKEN": token,
        "AAPIMPORT_JHANA_URL": jhana.url,
        "AAPIMPORT_JHANA_TOKEN": token,
        "AAPIMPORT_SETTLE_SECONDS": "0.01",
        "COLUMNS": "80",
    }
    world.write_file()


def _seats(state_dir: Path) -> int:
    (held,) = (one for one in contents(state_dir).passes if one.name == PASS)
    return held.seats_used


__all__ = [
    "MOST_PEOPLE",
    "PASS",
    "Found",
    "OpenStub",
    "Someone",
    "World",
    "practice_world",
    "someone",
    "stub_world",
]
