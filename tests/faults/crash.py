"""Kills uploads at any instant, lets them be resumed, and compares what the services then hold.

The rule is one sentence: whatever happens, in the end everybody is there exactly once, with the
right role, pass, team and Jhana, and was mailed exactly once.
"""

import json
import multiprocessing
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from aapimport.errors import ExitCode
from faults.nursery import Ended, Nursery
from faults.proxy import FAULTS, Weather
from faults.worlds import PASS, Found, World, practice_world, someone, stub_world

_PLAN = re.compile(r"^Plan (\w{6}) for pass", re.MULTILINE)
_UNKNOWN_RECEIPT = "no upload has the confirmation number"
LANES = 2
"""Processes that a campaign runs in, side by side."""
_GIVEN_UP = "sent 2 times without an answer, and not found since"
_ATTEMPTS = 60
_FROM_WRITE = 0.8
"""The part of the timed deaths that come in the middle of writing."""
_LONGEST_LIFE = 0.2
"""Seconds after which a process is killed at the latest; short lives, many deaths."""


@dataclass(kw_only=True)
class Totals:
    """What a campaign found.

    Attributes:
        seed: What it was drawn from.
        uploads: Files that were uploaded, each to its end.
        people: People in them.
        kills: Processes that died, at their first upload or while they resumed one.
        after_a_write: Those of them of which a service had answered a write already.
        faults: What happened to requests.
        lost: People who are not there although their upload is done.
        doubled: People who were created twice.
        mailed_twice: People with more than one welcome e-mail.
        given_up: People whom the receipt lists as sent twice without an answer and not found: two
            deaths hit the two creates that are allowed. They are not there, and are not lost.
        wrong: People who are not as the file says, or uploads that did not end.
    """

    seed: int
    uploads: int = 0
    people: int = 0
    kills: int = 0
    after_a_write: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    mailed_twice: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether all is as it should be."""
        return not (self.lost or self.doubled or self.mailed_twice or self.wrong)

    def __str__(self) -> str:
        """One line, and one for each finding."""
        injected = sum(count for name, count in self.faults.items() if name != "none")
        line = (
            f"seed {self.seed}: kills {self.kills:,} ({self.after_a_write:,} in the middle of"
            f" writing), faults {injected:,}, uploads"
            f" {self.uploads:,}, people {self.people:,}: lost {len(self.lost)}, doubled"
            f" {len(self.doubled)}, mailed twice {len(self.mailed_twice)}, wrong {len(self.wrong)},"
            f" listed as never confirmed {len(self.given_up)}"
        )
        return "\n".join([line, *self.lost, *self.doubled, *self.mailed_twice, *self.wrong])

    def __add__(self, other: "Totals") -> "Totals":
        """Both lanes of a campaign."""
        names = [one.name for one in fields(self) if one.name != "seed"]
        return Totals(
            seed=self.seed, **{name: getattr(self, name) + getattr(other, name) for name in names}
        )

    def count(self, world: World, label: str, ended: Ended, *, mailed: bool) -> None:
        """Compare what the services hold with what the file says.

        Args:
            world: The services.
            label: What to call this upload in findings.
            ended: The last command of the upload: its receipt says what is not known.
            mailed: Whether everybody should have been mailed, once.
        """
        self.uploads += 1
        self.people += len(world.people)
        for proxy in world.proxies:
            self.faults += proxy.ledger.faults
        self.doubled += [f"{label}: {who} was created twice" for who in world.created_twice()]
        found, listed = world.found(), _never_confirmed(ended)
        if ended.code and not listed:
            self.wrong.append(f"{label}: it did not end: {ended.code} {ended.err[-400:]}")
        for row, one in enumerate(world.people, start=2):
            wanted, is_ = one.should_be(mailed=mailed), found.get(one.email, Found())
            who = f"{label}: {one.email}"
            if is_.accounts > 1 or is_.on_jhana > 1:
                self.doubled.append(f"{who} is there several times: {is_}")
            elif is_.mails > 1:
                self.mailed_twice.append(f"{who} has {is_.mails} e-mails")
            elif row in listed:
                self.given_up.append(f"{who}, row {row}: {is_}")
            elif is_.accounts < 1 or is_.on_jhana < wanted.on_jhana:
                self.lost.append(f"{who} is missing: {is_}")
            elif is_ != wanted:
                self.wrong.append(f"{who} is {is_} instead of {wanted}")
        if world.seats_used() != sum(found.get(one.email, Found()).seat for one in world.people):
            self.wrong.append(f"{label}: {world.seats_used()} seats for {len(world.people)} people")


def _never_confirmed(ended: Ended) -> set[int]:
    """The rows that a receipt lists as sent twice without an answer, and not found since."""
    if ended.code != ExitCode.SERVICE:
        return set()
    try:
        people = json.loads(ended.out)["people"]
    except ValueError:
        return set()
    return {one["row"] for one in people if _GIVEN_UP in one["reason"]}


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
        with self.world(choice, number, stub=stub, people=choice.randint(6, 12)) as world:
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
            if ended.code == 0 or (not job and _never_confirmed(ended)):
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


def kill_lane(lane: int, seed: int, kills: int, folder: Path) -> Totals:
    """Every second upload of a campaign, from `lane` on, until so many processes were killed."""
    with Nursery() as nursery:
        campaign = Campaign(nursery=nursery, folder=folder, seed=seed)
        number = lane
        while campaign.totals.kills < kills:
            campaign.upload(number)
            number += LANES
        return campaign.totals


def in_lanes(work: Callable[..., Totals], *arguments: Any) -> Totals:
    """Do a campaign in two processes, and add up what they found."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(LANES, mp_context=context) as pool:
        lanes = [pool.submit(work, lane, *arguments) for lane in range(LANES)]
        return sum((lane.result() for lane in lanes[1:]), lanes[0].result())
