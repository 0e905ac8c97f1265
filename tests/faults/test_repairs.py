"""`reconcile --repair` dies at every commit, request and answer: all is right once, in the end."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from aapimport.errors import ExitCode
from faults.crash import upload_words
from faults.nursery import Nursery
from faults.proxy import FAULTS, Weather
from faults.rows import Someone
from faults.worlds import OpenStub, World, stub_world
from support.extent import ALL
from support.stub import ScimStub

pytestmark = pytest.mark.campaign
LANES = 4
_STEP = 1 if ALL else 3
_RESUMES = 6
_PEOPLE = [
    Someone(email=f"{name.lower()}@acme.com", first=name, last="Son", role="", team="", jhana=True)
    for name in ("Abel", "Gudrun", "Ines")
]


Stubs = tuple[ScimStub, ScimStub]


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
            one["displayName"] = "Abel Ng"
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
    moments = [
        (kind, number, mode)
        for kind, most in (("commit", 12), ("request", 20), ("response", 20))
        for number in range(1, most + 1)
        for mode in ("die before", "die after")
    ][::_STEP]
    died = 0
    words = ["reconcile", "--pass", "Leadership 2026", "--repair", "--yes", "--json"]
    with Nursery() as nursery:
        for at, (kind, number, mode) in enumerate(moments):
            if at % LANES != lane:
                continue
            stubs = (OpenStub(unique=True), OpenStub(unique=True))
            calm = Weather(0, 0.0, FAULTS)
            with stub_world(tmp_path / str(at), _PEOPLE, calm, stubs) as world:
                wanted = drifted(nursery, world, stubs)
                failpoint = {"kind": kind, "number": number, "mode": mode}
                ended = nursery.run(world, words, failpoint=failpoint)
                died += ended.killed
                for _ in range(_RESUMES):
                    if ended.code == ExitCode.OK:
                        break
                    world.settle()
                    ended = nursery.run(world, words)
                assert ended.code == ExitCode.OK, (kind, number, mode, ended.err)
                assert _state(stubs) == wanted, (kind, number, mode)
                writes = [len(stub.writes) for stub in stubs]
                again = nursery.run(world, words)
                assert (again.code, json.loads(again.out)["differences"]) == (ExitCode.OK, [])
                assert [len(stub.writes) for stub in stubs] == writes
    assert died > len(moments) // LANES // 2
