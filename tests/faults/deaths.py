"""A command dies at every commit, request and answer, and is given again until it is through."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aapimport.errors import ExitCode
from faults.nursery import Nursery
from faults.proxy import FAULTS, Weather
from faults.rows import Someone
from faults.worlds import OpenStub, World, stub_world
from support.extent import ALL
from support.stub import ScimStub

LANES = 4
"""Tests that share the moments of a command."""
_STEP = 1 if ALL else 3
_RESUMES = 6

Stubs = tuple[ScimStub, ScimStub]


@dataclass(kw_only=True)
class Death:
    """One moment to die at, in a world of its own.

    Attributes:
        nursery: Starts the processes.
        world: Where they run.
        stubs: The portal and Jhana in it.
        failpoint: The moment.
        killed: Whether the command got so far.
    """

    nursery: Nursery
    world: World
    stubs: Stubs
    failpoint: dict[str, Any]
    killed: bool = False

    def survive(self, words: Sequence[str]) -> None:
        """Have a command die, and give it again until it ends well."""
        ended = self.nursery.run(self.world, words, failpoint=self.failpoint)
        self.killed = ended.killed
        for _ in range(_RESUMES):
            if ended.code == ExitCode.OK:
                break
            self.world.settle()
            ended = self.nursery.run(self.world, words)
        assert ended.code == ExitCode.OK, (self.failpoint, ended.err)


def deaths(folder: Path, people: list[Someone], lane: int, **most: int) -> Iterator[Death]:
    """The moments of a lane, more than half of which a command has to reach.

    Args:
        folder: Where each gets a folder of its own.
        people: Who is in the file.
        lane: One of `LANES`.
        most: How many commits, requests and responses there are to die at.
    """
    moments = [
        {"kind": kind, "number": number, "mode": mode}
        for kind, last in most.items()
        for number in range(1, last + 1)
        for mode in ("die before", "die after")
    ][::_STEP]
    died = 0
    with Nursery() as nursery:
        for at in range(lane, len(moments), LANES):
            stubs = (OpenStub(unique=True), OpenStub(unique=True))
            with stub_world(folder / str(at), people, Weather(0, 0.0, FAULTS), stubs) as world:
                death = Death(nursery=nursery, world=world, stubs=stubs, failpoint=moments[at])
                yield death
                died += death.killed
    assert died > len(moments) // LANES // 2
