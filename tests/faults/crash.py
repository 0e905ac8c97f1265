"""Kills uploads at any instant, lets them be resumed, and compares what the services then hold.

The rule is one sentence: whatever happens, in the end everybody is there exactly once, with the
right role, pass, team and Jhana, and was mailed exactly once.
"""

import multiprocessing
import random
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults.nursery import Ended, Nursery
from faults.proxy import FAULTS, Weather
from faults.rows import someone
from faults.totals import Totals, never_confirmed
from faults.worlds import PASS, World, practice_world, stub_world

_PLAN = re.compile(r"^Plan (\w{6}) for pass", re.MULTILINE)
_UNKNOWN_RECEIPT = "no upload has the confirmation number"
LANES = 2
"""Processes that a campaign at length runs in, side by side."""
MANY, MANY_EVERY = 60, 41
"""People in one upload of so many: more than fit into one window, one page or one look-up."""
_ATTEMPTS = 60
_FROM_WRITE = 0.8
"""The part of the timed deaths that come in the middle of writing."""
_LONGEST_LIFE = 0.2
"""Seconds after which a process is killed at the latest; short lives, many deaths."""


@dataclass(kw_only=True)
class Campaign:
    """Uploads that are killed, again and again, until they are done.

    Attributes:
        nursery: Starts the processes.
        folder: Where every upload gets a folder of its own.
        seed: What everything is drawn from.
        fault_share: The part of the uploads whose requests meet faults, too.
    """

    nursery: Nursery
    folder: Path
    seed: int
    fault_share: float = 0.25
    totals: Totals = field(init=False)

    def __post_init__(self) -> None:
        self.totals = Totals(seed=self.seed)

    def upload(self, number: int) -> None:
        """One file, killed at random until it is done; its draws depend on seed and number only."""
        choice = random.Random(f"{self.seed}/{number}")
        emails, bulk, stub = (choice.random() < part for part in (0.7, 0.5, 0.5))
        faulty = choice.random() < self.fault_share
        label = f"seed {self.seed}, upload {number}"
        people = choice.randint(6, 12) if number % MANY_EVERY else MANY
        with self.world(choice, number, stub=stub, people=people) as world:
            world.weather.probability = 0.15 if faulty else 0.0
            flags = ["--bulk" if bulk else "--no-bulk"]
            for name, part in (("--canary", 0.25), ("--stop-after", 0.2)):
                if choice.random() < part:
                    flags += [name, str(choice.randint(1, 4))]
            self.totals.count(
                world, label, self._live(world, flags, choice, emails=emails), mailed=emails
            )

    @contextmanager
    def world(
        self, choice: random.Random, number: int, *, stub: bool, people: int
    ) -> Iterator[World]:
        """New services and a new file."""
        folder = self.folder / str(number)
        folder.mkdir(parents=True)
        rows = [someone(row, choice) for row in range(people)]
        weather = Weather(choice.randrange(2**32), 0.0, FAULTS)
        with (stub_world if stub else practice_world)(folder, rows, weather) as world:
            yield world

    def _live(
        self, world: World, flags: list[str], choice: random.Random, *, emails: bool
    ) -> Ended:
        """Upload, and resume, killed at random; returns how the last process ended."""
        receipt = ""
        for attempt in range(_ATTEMPTS):
            again = not receipt or choice.random() < 0.2
            arguments = ["resume", receipt, "--yes", "--json", *flags]
            if again:
                arguments = upload_words(world, [*flags, "--emails" if emails else "--no-emails"])
            job: dict[str, Any] = {}
            if attempt > _ATTEMPTS // 2:
                world.weather.probability = 0.0
            elif choice.random() < 0.4:
                job["failpoint"] = _random_failpoint(choice)
            else:
                job["kill_after"] = choice.uniform(0.0, _LONGEST_LIFE)
                job["from_write"] = choice.random() < _FROM_WRITE
                if job["from_write"]:
                    job["kill_after"] /= 4
            ended = self.nursery.run(world, arguments, **job)
            self.totals.kills += ended.killed
            self.totals.after_a_write += ended.killed and ended.wrote
            world.settle()
            receipt = receipt_of(ended, receipt)
            if ended.code == 0 or (not job and never_confirmed(ended)):
                return ended
        return ended


def receipt_of(ended: Ended, before: str = "") -> str:
    """The confirmation number of an upload; empty when there is none, or it was never begun."""
    if _UNKNOWN_RECEIPT in ended.err:
        return ""
    found = _PLAN.search(ended.err)
    return found[1] if found else before


def upload_words(world: World, flags: Sequence[str] = ("--emails",)) -> list[str]:
    """The words of an upload of a world's file."""
    return ["upload", str(world.file), "--pass", PASS, "--yes", "--json", *flags]


def _random_failpoint(choice: random.Random) -> dict[str, Any]:
    kind = choice.choice(("commit", "request", "response", "file"))
    number = choice.randint(1, 8 if kind == "file" else 20)
    return {"kind": kind, "number": number, "mode": choice.choice(("die before", "die after"))}


def kill_lane(lane: int, lanes: int, seed: int, kills: int, folder: Path) -> Totals:
    """Every so many-th upload of a campaign, from `lane` on, until enough processes were killed."""
    with Nursery() as nursery:
        campaign = Campaign(nursery=nursery, folder=folder, seed=seed)
        number = lane
        while campaign.totals.kills < kills:
            campaign.upload(number)
            number += lanes
        return campaign.totals


def in_lanes(work: Callable[..., Totals], *arguments: Any) -> Totals:
    """Do a campaign in two processes, and add up what they found."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(LANES, mp_context=context) as pool:
        lanes = [pool.submit(work, lane, LANES, *arguments) for lane in range(LANES)]
        return sum((lane.result() for lane in lanes[1:]), lanes[0].result())
