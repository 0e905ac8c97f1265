"""How far a run is, in words: what the services rejected, and what needs a person, isn't done."""

from collections.abc import Mapping
from dataclasses import dataclass

from aapimport.run.records import REACHED, State


@dataclass(frozen=True, slots=True)
class HowFar:
    """How far a run is: `126 of 206 done, 2 rejected`.

    Attributes:
        reached: Steps with which nothing more is done, those that are only written among them.
        steps: Steps of the run.
        unread: Steps that are written, and not read back yet.
        rejected: Steps that a service has rejected.
        undecided: Steps that were left as they are, because only a person may decide.
    """

    reached: int
    steps: int
    unread: int = 0
    rejected: int = 0
    undecided: int = 0

    @property
    def done(self) -> int:
        """Steps that are done, or written: neither rejected nor left to a person."""
        return self.reached - self.rejected - self.undecided

    def __str__(self) -> str:
        said = [f"{self.done:,} of {self.steps:,} done"]
        if self.unread:
            said.append(f"{self.unread:,} of them not confirmed yet")
        if self.rejected:
            said.append(f"{self.rejected:,} rejected")
        if self.undecided:
            said.append(f"{self.undecided:,} left to a person")
        return ", ".join(said)


def how_far(counts: Mapping[State, int]) -> HowFar:
    """How far a run is, from how many of its steps are in which state."""
    return HowFar(
        reached=sum(number for state, number in counts.items() if state in REACHED),
        steps=sum(counts.values()),
        unread=counts.get(State.WRITTEN, 0),
        rejected=counts.get(State.REJECTED, 0),
        undecided=counts.get(State.NEEDS_PERSON, 0),
    )
