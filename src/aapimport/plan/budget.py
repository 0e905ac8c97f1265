"""What an upload takes of something that is limited: seats, places, Jhana."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What an upload takes of something that is limited.

    Attributes:
        name: What is limited: the pass's or the team's name, or Jhana.
        kind: `pass`, `team` or `jhana`.
        capacity: Seats or places in all; None where not published, which Jhana never does.
        used: How many were used before; None where not published.
        takes: How many this upload uses.
        buffer: How many should stay free.
        id: The pass's or the team's id; names of teams are not unique.
        leavers: Used seats that belong to people who left the portal: should some of them return
            by this upload, it uses fewer.
    """

    name: str
    kind: Literal["pass", "team", "jhana"]
    capacity: int | None
    used: int | None
    takes: int
    buffer: int = 0
    id: str = ""
    leavers: int = 0

    @property
    def free_before(self) -> int | None:
        """How many are free; None where not published."""
        if self.capacity is None or self.used is None:
            return None
        return max(0, self.capacity - self.used)

    @property
    def free_after(self) -> int | None:
        """How many are left afterwards; negative when there are too few."""
        return None if self.free_before is None else self.free_before - self.takes

    @property
    def eats_buffer(self) -> bool:
        """Whether this upload, not an earlier one, goes below what should stay free."""
        if self.free_after is None or not self.takes:
            return False
        return 0 <= self.free_after < self.buffer
