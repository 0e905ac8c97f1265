"""`send-emails` dies at every commit, request and answer: everybody is mailed once in the end."""

import json
from pathlib import Path

import pytest

from aapimport.errors import ExitCode
from faults.crash import upload_words
from faults.deaths import LANES, deaths
from faults.nursery import Nursery
from faults.rows import Someone
from faults.worlds import World

pytestmark = pytest.mark.campaign
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
    for death in deaths(tmp_path, _PEOPLE, lane, commit=16, request=24, response=24):
        nursery, world = death.nursery, death.world
        words = ["send-emails", created(nursery, world), "--yes", "--json"]
        death.survive(words)
        again = nursery.run(world, words)
        assert again.code == ExitCode.OK
        found = world.found()
        mails = {one.email: found[one.email].mails for one in _PEOPLE}
        assert mails == dict.fromkeys(mails, 1), death.failpoint
