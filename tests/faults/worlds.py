"""Two services, the people who are to be uploaded to them, and what is true of them afterwards."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from aapimport.config.folders import private_folder
from aapimport.run.journal import Journal
from aapimport.run.records import Fact
from aapimport.sandbox.contents import contents
from aapimport.sandbox.serving import PracticeServer
from faults.proxy import FaultyProxy, Weather
from faults.rows import TEAMS, Found, Someone, write_rows
from support.stub import TOKEN, Habits, ScimStub, fold

PASS = "Leadership 2026"


class OpenStub(ScimStub):
    """A service that takes the same address twice, and bulk requests: nothing hides a mistake."""

    def __init__(self, *, unique: bool = False, bulk: bool = True) -> None:
        super().__init__(Habits(unique=unique, bulk=4 if bulk else 0))


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
    def refuses_doubles(self) -> bool:
        """Whether both services refuse a taken userName."""
        raise NotImplementedError

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
        write_rows(self.file, self.people)

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
    portal_url: str
    jhana_url: str

    @property
    def refuses_doubles(self) -> bool:
        """Whether both services refuse a taken userName, and an upload knows that."""
        return True

    def found(self) -> dict[str, Found]:
        """What the practice portal holds; somebody who is not there is absent."""
        held = contents(self.folder / "served")
        mails = Counter(mail.to for mail in held.outbox)
        names, on_jhana = self._names(self.portal_url), self._names(self.jhana_url)
        return {
            one.email: Found(
                accounts=int(bool(one.roles)),
                name=names.get(one.email, ""),
                on_jhana=int(one.jhana),
                jhana_name=on_jhana.get(one.email, "") if one.jhana else "",
                role=one.roles[0] if len(one.roles) == 1 else str(one.roles),
                seat=one.passes == (PASS,),
                teams=one.teams,
                mails=mails[one.email],
            )
            for one in held.people
        }

    def _names(self, address: str) -> dict[str, str]:
        """The name of everybody on a service, by address."""
        token = self.environment["AAPIMPORT_PORTAL_TOKEN"]
        found: dict[str, str] = {}
        while True:
            page = httpx.get(
                f"{address}/Users",
                params={"startIndex": len(found) + 1, "count": 200},
                headers={"Authorization": f"Bearer {token}"},
            ).json()
            for one in page.get("Resources", ()):
                found[one["userName"]] = f"{one['name']['givenName']} {one['name']['familyName']}"
            if len(found) >= page["totalResults"]:
                return found

    def seats_used(self) -> int:
        """How many seats were used since the world began."""
        return _seats(self.folder / "served") - self.seats_before


@dataclass(kw_only=True)
class StubWorld(World):
    """Two scripted services."""

    portal: ScimStub
    jhana: ScimStub

    @property
    def refuses_doubles(self) -> bool:
        """Whether both services refuse a taken userName."""
        return self.portal.habits.unique and self.jhana.habits.unique

    def found(self) -> dict[str, Found]:
        """What the stubs hold; the account with most is shown of those who have several."""
        portal, jhana = _by_address(self.portal), _by_address(self.jhana)
        mails = Counter(fold(mail[0]) for mail in self.portal.store.mails + self.jhana.store.mails)
        return {
            email: Found(
                accounts=len(accounts := portal.get(email, [])),
                name=_only(map(_name, accounts)),
                on_jhana=len(jhana.get(email, [])),
                jhana_name=_only(map(_name, jhana.get(email, []))),
                role=_only(str(r["value"]) for user in accounts for r in user.get("roles", ())),
                seat=_only(str(e["value"]) for u in accounts for e in u.get("entitlements", ()))
                == "p26",
                teams=tuple(self._teams([str(user["id"]) for user in accounts])),
                mails=mails[email],
            )
            for email in {*portal, *jhana}
        }

    def _teams(self, ids: list[str]) -> Iterator[str]:
        for group in self.portal.store.groups.values():
            for member in group["members"]:
                if str(member["value"]) in ids:
                    yield group["displayName"]

    def seats_used(self) -> int:
        """How many accounts are on the pass."""
        return sum(bool(one.get("entitlements")) for one in self.portal.store.users.values())


def _by_address(stub: ScimStub) -> dict[str, list[dict[str, Any]]]:
    """A stub's accounts by their folded userName."""
    accounts: dict[str, list[dict[str, Any]]] = {}
    for one in stub.store.users.values():
        accounts.setdefault(fold(one["userName"]), []).append(one)
    return accounts


def _name(user: dict[str, Any]) -> str:
    return f"{user['name'].get('givenName', '')} {user['name'].get('familyName', '')}"


def _only(values: Iterable[str]) -> str:
    """The value that all have, or all values as one text."""
    return "+".join(sorted(set(values)))


@contextmanager
def practice_world(folder: Path, people: list[Someone], weather: Weather) -> Iterator[World]:
    """The practice portal, new, behind a proxy; that it refuses a taken userName is known."""
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
            portal_url=address.portal_url,
            jhana_url=address.jhana_url,
        )
        _configure(world, address.token)
        _prove_unique(world)
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
        portal.add_pass("p26", PASS, 200)
        for team in TEAMS[:2]:
            portal.add_team(team, 100, "p26")
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


def _prove_unique(world: World) -> None:
    """Have an earlier upload learn by a conflict that both services refuse a taken userName.

    A person's own address is never probed with, so that nothing else can tell (docs/protocol.md).
    """
    private_folder(world.journal.parent)
    portal, jhana = world.proxies
    with Journal(world.journal) as journal:
        for proxy in world.proxies:
            journal.learn(f"{portal.url} {jhana.url}", proxy.service, Fact.UNIQUE)


def _seats(state_dir: Path) -> int:
    (held,) = (one for one in contents(state_dir).passes if one.name == PASS)
    return held.seats_used
