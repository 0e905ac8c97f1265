"""`send-emails` dies at every commit, request and answer: everybody is mailed once in the end."""

import json
from pathlib import Path

import pytest

from aapimport.errors import ExitCode
from faults.crash import upload_words
from faults.nursery import Nursery
from faults.proxy import FAULTS, Weather
from faults.rows import Someone
from faults.worlds import OpenStub, World, stub_world
from support.extent import ALL

pytestmark = pytest.mark.campaign
LANES = 4
_STEP = 1 if ALL else 3
_RESUMES = 6
_PEOPLE = [
    Someone(
        email=f"{name.lower()}@acme.com",
        first=name,
        last=f"{name}son",
        role="",
        team="",
        jhana=jhana,
    )
    for name, jhana in (("Abel", True), ("Gudrun", False), ("Ines", True))
]


def created(nursery: Nursery, world: World) -> str:
    """Upload everybody without an e-mail; returns the confirmation number."""
    ended = nursery.run(world, upload_words(world, ["--no-emails"]))
    assert ended.code == ExitCode.OK, ended.err
    assert {one.mails for one in world.found().values()} == {0}
    return str(json.loads(ended.out)["receipt"])


@pytest.mark.parametrize("lane", range(LANES))
def test_whenever_it_dies_everybody_is_mailed_once(tmp_path: Path, lane: int) -> None:
    """The same command finishes it, however often it dies; given once more it sends nothing."""
    moments = [
        (kind, number, mode)
        for kind, most in (("commit", 16), ("request", 24), ("response", 24))
        for number in range(1, most + 1)
        for mode in ("die before", "die after")
    ][::_STEP]
    died = 0
    with Nursery() as nursery:
        for at, (kind, number, mode) in enumerate(moments):
            if at % LANES != lane:
                continue
            stubs = (OpenStub(unique=True), OpenStub(unique=True))
            calm = Weather(0, 0.0, FAULTS)
            with stub_world(tmp_path / str(at), _PEOPLE, calm, stubs) as world:
                words = ["send-emails", created(nursery, world), "--yes", "--json"]
                failpoint = {"kind": kind, "number": number, "mode": mode}
                ended = nursery.run(world, words, failpoint=failpoint)
                died += ended.killed
                for _ in range(_RESUMES):
                    if ended.code == ExitCode.OK:
                        break
                    world.settle()
                    ended = nursery.run(world, words)
                assert ended.code == ExitCode.OK, (kind, number, mode, ended.err)
                again = nursery.run(world, words)
                assert again.code == ExitCode.OK
                found = world.found()
                assert {one.email: found[one.email].mails for one in _PEOPLE} == dict.fromkeys(
                    (one.email for one in _PEOPLE), 1
                ), (kind, number, mode)
    assert died > len(moments) // LANES // 2
