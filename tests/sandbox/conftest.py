"""A small practice portal of its own for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aapimport.sandbox.practice import Practice
from aapimport.sandbox.seed import Seed, SeedPass, SeedPerson, SeedTeam
from aapimport.template.roles import Role

SEED = Seed(
    passes=(
        SeedPass(id="big", name="Big Pass", seats=1000, year=2026),
        SeedPass(id="small", name="Small Pass", seats=4, leavers=1, year=2025),
    ),
    teams=(
        SeedTeam(id="pair", name="Pair", pass_id="small", places=2),
        SeedTeam(id="crowd", name="Crowd", pass_id="big", places=500),
    ),
    people=(
        SeedPerson(id="ana", email="ana@acme.com", first_name="Ana", last_name="Pérez"),
        SeedPerson(
            id="bo",
            email="bo@acme.com",
            first_name="Bo",
            last_name="Berg",
            role=Role.CLIENT_ADMIN,
            passes=("big",),
            teams=("crowd",),
            jhana=True,
        ),
    ),
)


class Wire:
    """What the tests send, and what they start with."""

    SEED = SEED

    @staticmethod
    def person(name: str, **more: Any) -> dict[str, Any]:
        """A new person as a client sends one."""
        return {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": f"{name}@acme.com",
            "name": {"givenName": name.title(), "familyName": "Test"},
            "displayName": f"{name.title()} Test",
            "active": True,
            "emails": [{"value": f"{name}@acme.com", "type": "work", "primary": True}],
            **more,
        }

    @staticmethod
    def on_pass(pass_id: str) -> list[dict[str, Any]]:
        """The entitlements that put somebody on a pass."""
        return [{"value": pass_id, "type": "pass"}]

    @staticmethod
    def patch(*operations: dict[str, Any]) -> dict[str, Any]:
        """The body of a PATCH."""
        return {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": list(operations),
        }

    @staticmethod
    def join(*people: str) -> dict[str, Any]:
        """The body of a PATCH that puts people into a team."""
        return Wire.patch(
            {"op": "add", "path": "members", "value": [{"value": each} for each in people]}
        )

    @staticmethod
    def client_of(app: Any, token: str) -> httpx.Client:
        """A client of one of the applications."""
        return httpx.Client(
            transport=httpx.WSGITransport(app),
            base_url="http://practice.test/v2",
            headers={"Authorization": f"Bearer {token}"},
        )


@pytest.fixture
def wire() -> type[Wire]:
    """What the tests send."""
    return Wire


@pytest.fixture
def seed() -> Seed:
    """What the practice portal of a test starts with."""
    return SEED


@pytest.fixture
def practice(tmp_path: Path, seed: Seed) -> Iterator[Practice]:
    """A new practice portal."""
    opened = Practice(tmp_path, seed)
    yield opened
    opened.close()


@pytest.fixture
def portal(practice: Practice) -> Iterator[httpx.Client]:
    """A client of its portal."""
    with Wire.client_of(practice.portal, practice.token) as client:
        yield client


@pytest.fixture
def jhana(practice: Practice) -> Iterator[httpx.Client]:
    """A client of its Jhana."""
    with Wire.client_of(practice.jhana, practice.token) as client:
        yield client


@pytest.fixture
def used(portal: httpx.Client) -> Callable[[str], int]:
    """How many seats of a pass are used."""
    return lambda pass_id: portal.get(f"/Passes/{pass_id}").json()["seatsUsed"]
