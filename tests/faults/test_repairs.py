"""`reconcile --repair` dies at every commit, request and answer: all is right once, in the end."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from aapimport.errors import ExitCode
from faults.crash import upload_words
from faults.deaths import LANES, Stubs, deaths
from faults.nursery import Nursery
from faults.rows import Someone
from faults.worlds import World
from support.stub import ScimStub

pytestmark = pytest.mark.campaign
_PEOPLE = [
    Someone(email=f"{name.lower()}@acme.com", first=name, last="Son", role="", team="", jhana=True)
    for name in ("Abel", "Gudrun", "Ines")
]


def drifted(nursery: Nursery, world: World, stubs: Stubs) -> dict[str, Any]:
    """Upload everybody, rename one on the portal and close another; returns what is wanted."""
    ended = nursery.run(world, upload_words(world, ["--no-emails"]))
    assert ended.code == ExitCode.OK, ended.err
    _user(stubs[0], "abel@acme.com")["name"] = {"givenName": "Abel", "familyName": "Ng"}
    _user(stubs[0], "ines@acme.com")["active"] = False
    wanted = _state(stubs)
    for one in wanted["jhana"].values():
        if one["userName"] == "abel@acme.com":
            one["name"] |= {"givenName": "Abel", "familyName": "Ng"}
        if one["userName"] == "ines@acme.com":
            one["active"] = False
    return wanted


def _user(stub: ScimStub, email: str) -> dict[str, Any]:
    return next(one for one in stub.store.users.values() if one["userName"] == email)


def _state(stubs: Stubs) -> dict[str, Any]:
    """What both services hold, seats and e-mails among it."""
    portal, jhana = (stub.store for stub in stubs)
    return {
        "portal": copy.deepcopy(portal.users),
        "jhana": copy.deepcopy(jhana.users),
        "seats": copy.deepcopy(portal.seats),
        "mails": [*portal.mails, *jhana.mails],
    }


@pytest.mark.parametrize("lane", range(LANES))
def test_whenever_it_dies_all_is_right_once(tmp_path: Path, lane: int) -> None:
    """The same command, or `resume`, finishes it; another repair then writes nothing."""
    words = ["reconcile", "--pass", "Leadership 2026", "--repair", "--yes", "--json"]
    for death in deaths(tmp_path, _PEOPLE, lane, commit=12, request=20, response=20):
        wanted = drifted(death.nursery, death.world, death.stubs)
        death.survive(words)
        assert _state(death.stubs) == wanted, death.failpoint
        writes = [len(stub.writes) for stub in death.stubs]
        again = death.nursery.run(death.world, words)
        assert (again.code, json.loads(again.out)["differences"]) == (ExitCode.OK, [])
        assert [len(stub.writes) for stub in death.stubs] == writes
