"""Undos and repairs in this process: carried out as far as they come, and killed on the way."""

from collections.abc import Callable
from typing import TypeVar

from aapimport.plan.make import Services
from aapimport.run.carrying import Carrying
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.records import Run
from support.mortal import Killed, Mortal
from support.uploading import Uploading, services

_How = Callable[[Journal, Services, Run, RunOptions], Carrying]
_Report = TypeVar("_Report")


def carried_out(
    uploading: Uploading,
    run: Run,
    how: _How,
    report: Callable[[Journal, Run], _Report],
    kill: tuple[int, bool],
) -> _Report:
    """Carry a run out, or as far as it comes, and read its receipt.

    Args:
        uploading: The services, and the journal.
        run: The run, begun already.
        how: What carries it out.
        report: Reads its receipt.
        kill: After how many commits the process dies, and whether the next one is still durable.
    """
    with (
        services(uploading.portal, uploading.jhana) as both,
        Mortal(uploading.journal_path) as journal,
    ):
        journal.left, journal.after = kill
        options = RunOptions(settle_seconds=uploading.settle_seconds, sleep=uploading._sleep)
        for _ in how(journal, both, journal.run(run.receipt), options).steps():
            pass
        return report(journal, run)


def through_kills(go_on: Callable[..., _Report], *, after: bool) -> _Report:
    """Kill something at the first commit, resume and kill it at the second, until it is through.

    Args:
        go_on: Goes on, to the receipt; takes `dies_after` and `after`.
        after: Whether it is killed right after a commit; else before.
    """
    for number in range(99):
        try:
            return go_on(dies_after=number % 4, after=after)
        except Killed:
            continue
    raise AssertionError("it never ends")
