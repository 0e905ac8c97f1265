"""What a campaign found: the file, the services and the receipt, compared person by person."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from aapimport.errors import ExitCode
from faults.nursery import Ended
from faults.rows import Found, Someone
from faults.worlds import World

_GIVEN_UP = re.compile(
    r"sent \d+ times without an answer, and not found since|sent \d+ times and not there"
)
_THERE = {"created", "changed", "same"}
_MAILS = {"sent": {1}} | {key: {0} for key in ("waiting", "owed", "not_asked", "rejected")}
"""How many welcome e-mails a person can have, by what the receipt says."""


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
        given_up: People whom the receipt lists as sent several times and not found: deaths hit the
            creates that are allowed. They are not there, and are not lost.
        wrong: People who are not as the file says, receipts that don't say what is there, people
            who were given up where a third create could have doubled nobody, or uploads that did
            not end.
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

    def count(
        self,
        world: World,
        label: str,
        ended: Ended,
        *,
        mailed: bool,
        refused: frozenset[str] = frozenset(),
    ) -> None:
        """Compare what the services hold with what the file says, and the receipt with both.

        Args:
            world: The services.
            label: What to call this upload in findings.
            ended: The last command of the upload: its receipt says what is not known.
            mailed: Whether everybody should have been mailed, once.
            refused: The addresses of people whom the portal refuses: they may not be there.
        """
        self.uploads += 1
        self.people += len(world.people)
        for proxy in world.proxies:
            self.faults += proxy.ledger.faults
        self.doubled += [f"{label}: {who} was created twice" for who in world.created_twice()]
        found, listed = world.found(), never_confirmed(ended)
        expected = ExitCode.FINDINGS if refused else ExitCode.OK
        if ended.code != expected and not listed:
            self.wrong.append(f"{label}: it did not end: {ended.code} {ended.err[-400:]}")
        for row, one in enumerate(world.people, start=2):
            is_, who = found.get(one.email, Found()), f"{label}: {one.email}"
            if row in listed:
                self._give_up(world, f"{who}, row {row}: {is_}")
            elif one.email in refused:
                if is_ != Found():
                    self.wrong.append(f"{who} was refused and is {is_}")
            else:
                self._compare(who, one.should_be(mailed=mailed), is_)
        if world.seats_used() != sum(found.get(one.email, Found()).seat for one in world.people):
            self.wrong.append(f"{label}: {world.seats_used()} seats for {len(world.people)} people")
        self.wrong += [f"{label}: {one}" for one in _contradictions(world.people, found, ended)]

    def _give_up(self, world: World, words: str) -> None:
        self.given_up.append(words)
        if world.refuses_doubles:
            self.wrong.append(f"{words}, given up though the services refuse doubles")

    def _compare(self, who: str, wanted: Found, is_: Found) -> None:
        if is_.accounts > 1 or is_.on_jhana > 1:
            self.doubled.append(f"{who} is there several times: {is_}")
        elif is_.mails > 1:
            self.mailed_twice.append(f"{who} has {is_.mails} e-mails")
        elif is_.accounts < 1 or is_.on_jhana < wanted.on_jhana:
            self.lost.append(f"{who} is missing: {is_}")
        elif is_ != wanted:
            self.wrong.append(f"{who} is {is_} instead of {wanted}")


def receipt_json(ended: Ended) -> dict[str, Any] | None:
    """What a command printed as its receipt; None when it printed none."""
    try:
        said: dict[str, Any] = json.loads(ended.out)
    except ValueError:
        return None
    return said


def never_confirmed(ended: Ended) -> set[int]:
    """The rows that a receipt lists as sent several times, and not found since."""
    said = receipt_json(ended)
    if ended.code not in {ExitCode.SERVICE, ExitCode.FINDINGS} or said is None:
        return set()
    return {one["row"] for one in said["people"] if _GIVEN_UP.search(one["reason"])}


def _contradictions(people: list[Someone], found: dict[str, Found], ended: Ended) -> Iterator[str]:
    """Where a receipt says something else than the services hold."""
    said = receipt_json(ended)
    if said is None:
        if ended.code in {ExitCode.OK, ExitCode.FINDINGS}:
            yield f"there is no receipt: {ended.out[-400:]}{ended.err[-400:]}"
        return
    if [one["row"] for one in said["people"]] != [*range(2, len(people) + 2)]:
        yield f"the receipt has other rows than the file: {len(said['people'])}"
    for one in said["people"]:
        person = people[one["row"] - 2]
        is_ = found.get(person.email, Found())
        yield from (f"{person.email}, {one}: {words}, {is_}" for words in _untrue(one, is_))
    created = sum(one["portal"] == "created" for one in said["people"])
    if said["seats"] is not None and said["seats"]["used"] != created:
        yield f"the receipt says {said['seats']['used']} seats for {created} who were created"


def _untrue(said: dict[str, Any], is_: Found) -> Iterator[str]:
    """What a receipt says about one person that is not so."""
    if said["portal"] in _THERE and not (is_.accounts == 1 and is_.seat):
        yield "not there, or not on the pass"
    if said["portal"] == "rejected" and is_.accounts:
        yield "rejected, and there"
    if said["jhana"] in _THERE and is_.on_jhana != 1:
        yield "not on Jhana"
    mails = _MAILS.get(said["email_state"], {0, 1})
    if said["portal"] == "created" and said["email_state"] == "none":
        mails = {0}
    if is_.mails not in mails:
        yield "another number of e-mails"
