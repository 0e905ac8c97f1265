"""Fails an upload at every failpoint, in every way, and lets it be resumed."""

import random
from pathlib import Path
from typing import Any

from aapimport.errors import ExitCode
from faults.crash import Campaign, receipt_of, upload_words
from faults.nursery import Ended, Nursery
from faults.proxy import Weather
from faults.rows import Someone
from faults.totals import Totals
from faults.worlds import OpenStub, stub_world

MODES = ("die before", "die after", "error once", "error for ever")
_BUG = "bug"
_ENDINGS = {ExitCode.OK, ExitCode.FINDINGS, ExitCode.SETTINGS, ExitCode.SERVICE}
_RESUMES = 6
_TWO_PEOPLE = [
    Someone(
        email=f"{name.lower()}@acme.com",
        first=name,
        last=f"{name}son",
        role=role,
        team=team,
        jhana=True,
    )
    for name, role, team in (("Abel", "facilitator", "Engineering"), ("Gudrun", "", "Sales EMEA"))
]


def failpoint_lane(
    lane: int, lanes: int, seed: int, folder: Path, *, every_mode: bool = True
) -> Totals:
    """Every so many-th failpoint and way to fail, from `lane` on.

    Args:
        lane: Which part.
        lanes: How many parts there are.
        seed: What the resumes' deaths are drawn from.
        folder: Where every upload gets a folder of its own.
        every_mode: Whether each failpoint fails in every way, or every second one in one, all ways
            taking turns.

    The portal takes bulk requests, Jhana one person at a time; both take an address twice, so
    that no mistake is hidden.
    """
    with Nursery() as nursery:
        campaign = Campaign(nursery=nursery, folder=folder / f"lane{lane}", seed=seed)
        failpoints = _failpoints(campaign)
        chosen = failpoints if every_mode else _in_turn(failpoints)[::2]
        for number, failpoint in enumerate(chosen):
            if number % lanes == lane:
                _run(campaign, str(number), failpoint)
        return campaign.totals


def _failpoints(campaign: Campaign) -> list[dict[str, Any]]:
    """Every failpoint that an upload without faults passes, with every way to fail there."""
    counts = _run(campaign, "trial", {})
    return [
        {"kind": kind, "number": number, "mode": mode}
        for kind in sorted(counts.points)
        for number in range(1, counts.points[kind] + 1)
        for mode in (*MODES, _BUG)
        if (kind, mode) != ("response", "die before")  # the same moment as after a request
        if (kind == "request") >= (mode == _BUG)
    ]


def _in_turn(failpoints: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each failpoint once: the first fails in its first way, the next one in its second way."""
    ways: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for one in failpoints:
        ways.setdefault((one["kind"], one["number"]), []).append(one)
    return [modes[turn % len(modes)] for turn, modes in enumerate(ways.values())]


def _run(campaign: Campaign, name: str, failpoint: dict[str, Any]) -> Ended:
    """One upload that fails, a resume that dies somewhere, and resumes until it is done."""
    choice = random.Random(f"{campaign.seed}/{name}")
    label = f"seed {campaign.seed}, failpoint {failpoint}"
    folder = campaign.folder / name
    folder.mkdir(parents=True)
    stubs = OpenStub(), OpenStub(bulk=False)
    totals = campaign.totals
    with stub_world(folder, _TWO_PEOPLE, Weather(0, 0.0), stubs) as world:
        words = upload_words(world)
        first = ended = campaign.nursery.run(world, words, failpoint=failpoint or None)
        if complaint := _complaint(ended, str(failpoint.get("mode", ""))):
            totals.wrong.append(f"{label}: {complaint}")
        receipt = receipt_of(ended)
        second = _death(choice) if failpoint else None
        for attempt in range(_RESUMES):
            totals.kills += ended.killed
            totals.after_a_write += ended.killed and ended.wrote
            world.settle()
            again = ["resume", receipt, "--json"] if receipt else words
            ended = campaign.nursery.run(world, again, failpoint=None if attempt else second)
            receipt = receipt_of(ended, receipt)
            if ended.code == 0:
                break
        totals.count(world, label, ended, mailed=True)
    return first


def _death(choice: random.Random) -> dict[str, Any]:
    """Where a resume dies: where most of them pass."""
    kind, most = choice.choice((("commit", 4), ("request", 12), ("response", 12), ("file", 10)))
    return {"kind": kind, "number": choice.randint(1, most), "mode": choice.choice(MODES[:2])}


def _complaint(ended: Ended, mode: str) -> str:
    """What is wrong with how the process ended; a death may have missed its point."""
    if mode == _BUG:
        return "" if ended.code in {*_ENDINGS, ExitCode.BUG} else f"it ended with {ended.code}"
    if ended.killed or ended.code in _ENDINGS:
        return ""
    return f"it ended with {ended.code}: {ended.err[-400:]}"
