"""Servers that nobody here wrote: started on loopback, read with plain httpx, ended by process."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from real_servers.install import CANAILLE, HERE, SCIMMY, is_installed, python_of

TOKEN = "a-token-of-the-tests"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
KEEPER = "keeper@example.org"
"""Somebody who is there before anybody is uploaded, because Canaille takes no empty Group."""
OTHERS = {"FORMER.MEMBER@EXAMPLE.ORG": True, "left.us@example.org": False}
"""People who are in every Group before anybody is uploaded, and whether they are active."""
_HOST = "127.0.0.1"
_INSTALL = "run: python tests/real_servers/install.py"


class NotInstalledError(Exception):
    """A server that isn't on this machine; says what installs it."""


@dataclass(frozen=True, kw_only=True)
class RealServer:
    """A server that runs, twice: as the portal and as Jhana.

    Attributes:
        name: Its name.
        title: Its name and version.
        portal: The portal's SCIM address.
        jhana: Jhana's.
        roles: Whether it can hold `roles`.
        entitlements: Whether it can hold `entitlements`.
        external_ids: Whether it can hold `externalId`.
        filters: Whether it can be asked who is there otherwise than by its list.
    """

    name: str
    title: str
    portal: str
    jhana: str
    roles: bool
    entitlements: bool
    external_ids: bool
    filters: bool

    def people(self, address: str) -> list[dict[str, Any]]:
        """Everybody a service holds, read with plain httpx, without the keeper and the others."""
        people = _everything(address, "Users")
        return [one for one in people if one["userName"] not in {KEEPER, *OTHERS}]

    def others(self) -> list[dict[str, Any]]:
        """The others, as the portal holds them: all but when they were written."""
        people = sorted(_everything(self.portal, "Users"), key=lambda one: str(one["userName"]))
        return [
            {name: value for name, value in one.items() if name != "meta"}
            for one in people
            if one["userName"] in OTHERS
        ]

    def members(self, name: str) -> set[str]:
        """The addresses of a Group's members on the portal, without the keeper and the others.

        Raises:
            AssertionError: Somebody is in it twice, or one of the others isn't any more.
        """
        (group,) = [one for one in _everything(self.portal, "Groups") if one["displayName"] == name]
        addresses = {one["id"]: one["userName"] for one in _everything(self.portal, "Users")}
        with client_of(self.portal) as client:
            members = client.get(f"/Groups/{group['id']}").json().get("members") or []
        # Canaille lists userNames where ids belong
        listed = [addresses.get(one["value"], one["value"]) for one in members]
        assert len(listed) == len(set(listed))
        there = {one["userName"] for one in self.others()}
        assert there | {KEEPER} <= set(listed), "a former member is gone"
        return set(listed) - {KEEPER, *there}

    def add_groups(self, *names: str) -> None:
        """Create Groups on the portal, as its administrator would have, with members."""
        members = [
            {"value": one["id"], "$ref": f"{self.portal}/Users/{one['id']}"}
            for one in _everything(self.portal, "Users")
            if one["userName"] in {KEEPER, *OTHERS}
        ]
        with client_of(self.portal) as client:
            for name in names:
                client.post(
                    "/Groups", json={"schemas": [GROUP], "displayName": name, "members": members}
                ).raise_for_status()

    def add_keeper(self) -> None:
        """Create somebody on both services."""
        for address in (self.portal, self.jhana):
            self.add_person(address, KEEPER, "Kim", "Keeper")

    def add_others(self) -> None:
        """Create the others on the portal."""
        for address, active in OTHERS.items():
            self.add_person(self.portal, address, "Fay", "Former", active=active)

    def add_person(
        self, service: str, user_name: str, first: str, last: str, *, active: bool = True
    ) -> None:
        """Create a person on a service, deactivated where that is wanted.

        Raises:
            AssertionError: The service doesn't keep that the person is deactivated.
        """
        body = {
            "schemas": [USER],
            "userName": user_name,
            "name": {"formatted": f"{first} {last}", "givenName": first, "familyName": last},
            "active": True,
        }
        with client_of(service) as client:
            created = client.post("/Users", json=body).raise_for_status().json()
            if active:
                return
            path = f"/Users/{created['id']}"
            operation = {"op": "replace", "path": "active", "value": False}
            patch = {"schemas": [PATCH], "Operations": [operation]}
            client.patch(path, json=patch).raise_for_status()
            assert client.get(path).json()["active"] is False

    def put_on_pass(self, user_name: str, pass_name: str) -> None:
        """Put somebody on a pass, as its administrator would have: an entitlement, or a Group."""
        (person,) = [
            one for one in _everything(self.portal, "Users") if one["userName"] == user_name
        ]
        path, value = f"/Users/{person['id']}", {"value": pass_name, "type": "pass"}
        attribute = "entitlements"
        if not self.entitlements:
            groups = _everything(self.portal, "Groups")
            (group,) = [one for one in groups if one["displayName"] == pass_name]
            path, value = f"/Groups/{group['id']}", {"value": person["id"]}
            attribute = "members"
        operation = {"op": "add", "path": attribute, "value": [value]}
        with client_of(self.portal) as client:
            patch = {"schemas": [PATCH], "Operations": [operation]}
            client.patch(path, json=patch).raise_for_status()


def client_of(address: str) -> httpx.Client:
    """A plain client of a service, with its token."""
    return httpx.Client(
        base_url=address,
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"},
        timeout=300,
    )


def _everything(address: str, kind: str) -> list[dict[str, Any]]:
    """Every resource of a kind, by pages of the server's own size."""
    found: dict[str, dict[str, Any]] = {}
    with client_of(address) as client:
        while True:
            before = len(found)
            page = client.get(f"/{kind}", params={"startIndex": before + 1}).json()
            found |= {one["id"]: one for one in page.get("Resources") or []}
            if len(found) == before:
                return list(found.values())


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((_HOST, 0))
        return int(free.getsockname()[1])


@contextmanager
def _running(words: list[str], log: Path, cwd: Path, *addresses: str) -> Iterator[None]:
    """A server's process, from its first answer to its end.

    Raises:
        AssertionError: It ended by itself, or didn't answer within five minutes.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT, cwd=cwd)
    try:
        deadline = time.monotonic() + 300
        for address in addresses:
            while not _answers(address):
                said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                assert process.poll() is None, said
                assert time.monotonic() < deadline, said
                time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


def _answers(address: str) -> bool:
    try:
        with client_of(address) as client:
            return client.get("/ServiceProviderConfig").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _scimmy_version() -> str:
    pins = json.loads((HERE / "scimmy" / "package.json").read_text(encoding="utf-8"))
    return str(pins["dependencies"]["scimmy-routers"])


def _canaille_version() -> str:
    pins = (HERE / "canaille" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pin = next(line for line in pins if line.startswith("canaille["))
    return pin.partition("==")[2].split()[0]


@contextmanager
def _scim2_server(folder: Path) -> Iterator[RealServer]:
    port = _free_port()
    portal, jhana = (f"http://{_HOST}:{port}/{tenant}/v2" for tenant in ("portal", "jhana"))
    words = [sys.executable, "-m", "scim2_server.testserver.cli", "--port", str(port)]
    words += ["--bearer-token", TOKEN, "--tenant", "portal", "--tenant", "jhana"]
    with _running(words, folder / "server.log", folder, portal, jhana):
        yield RealServer(
            name="scim2-server",
            title=f"scim2-server {version('scim2-server')}",
            portal=portal,
            jhana=jhana,
            roles=True,
            entitlements=True,
            external_ids=True,
            filters=True,
        )


@contextmanager
def _scimmy(folder: Path) -> Iterator[RealServer]:
    node = shutil.which("node")
    if node is None or not is_installed(SCIMMY, HERE / "scimmy" / "package-lock.json"):
        raise NotInstalledError(f"SCIMMY is not installed; {_INSTALL} (it needs node with npm)")
    script = shutil.copy(HERE / "scimmy" / "server.mjs", SCIMMY / "server.mjs")
    with ExitStack() as stack:
        addresses = []
        for name in ("portal", "jhana"):
            port = _free_port()
            addresses.append(f"http://{_HOST}:{port}/scim/v2")
            words = [node, str(script), str(port), TOKEN]
            log = folder / f"{name}.log"
            stack.enter_context(_running(words, log, folder, addresses[-1]))
        portal, jhana = addresses
        yield RealServer(
            name="scimmy",
            title=f"scimmy-routers {_scimmy_version()}",
            portal=portal,
            jhana=jhana,
            roles=True,
            entitlements=True,
            external_ids=True,
            filters=True,
        )


@contextmanager
def _canaille(folder: Path) -> Iterator[RealServer]:
    if not is_installed(CANAILLE, HERE / "canaille" / "requirements.txt"):
        raise NotInstalledError(f"Canaille is not installed; {_INSTALL}")
    with ExitStack() as stack:
        addresses = []
        for name in ("portal", "jhana"):
            port = _free_port()
            addresses.append(f"http://{_HOST}:{port}/scim/v2")
            words = [str(python_of(CANAILLE)), str(HERE / "canaille" / "serve.py"), str(port)]
            words += [TOKEN, str(folder / f"{name}.sqlite3")]
            log = folder / f"{name}.log"
            stack.enter_context(_running(words, log, folder, addresses[-1]))
        portal, jhana = addresses
        yield RealServer(
            name="canaille",
            title=f"canaille {_canaille_version()}",
            portal=portal,
            jhana=jhana,
            roles=False,
            entitlements=False,
            external_ids=False,
            filters=False,
        )


SERVERS: dict[str, Callable[[Path], AbstractContextManager[RealServer]]] = {
    "scim2-server": _scim2_server,
    "scimmy": _scimmy,
    "canaille": _canaille,
}
