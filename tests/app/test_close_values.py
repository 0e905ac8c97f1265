"""An undo that was killed with a request on its way, and is closed: not before that has settled."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

import pytest

from aapimport.app.choices import RunChoices
from aapimport.app.resume import Resumption
from aapimport.errors import ExitCode
from aapimport.run.conveyor import StoppedError
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.records import Run
from aapimport.run.undoing import Undoing
from support.mortal import Killed, Mortal
from support.script_desk import ScriptDesk
from support.sending import settings
from support.undoing import begun
from support.uploading import Uploading, people, services
from support.wire import RESET, Act, Response

SETTLE = 2.0


class Waiting(ScriptDesk):
    """A desk where something happens while a command waits."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__(yes=True, practice=False)
        self.notes: set[str] = set()
        self._then: Callable[[], None] | None = then

    def progress(self, steps: Iterator[Any]) -> None:
        """Go through them, and let it happen at the first."""
        for one in steps:
            self.notes.add(one.note)
            if self._then:
                self._then()
            self._then = None


def killed(uploading: Uploading, undo: Run) -> Act:
    """Carry an undo out until its first request is on its way, which is what is returned."""
    on_its_way: list[Act] = []
    with (
        services(uploading.portal, uploading.jhana) as both,
        Mortal(uploading.journal_path) as journal,
    ):

        def leave(act: Act) -> Response:
            on_its_way.append(act)
            journal.left = 0
            return RESET

        uploading.portal.on("PATCH", "/Users/.*", leave, times=9)
        with suppress(Killed):
            list(Undoing(journal, both, undo, RunOptions(settle_seconds=SETTLE)).steps())
    uploading.portal._rules.clear()
    return on_its_way[0]


def close(uploading: Uploading, undo: Run, desk: ScriptDesk) -> ExitCode:
    """Close it."""
    found = replace(settings(uploading), settle_seconds=SETTLE)
    return Resumption(
        receipt=undo.receipt, settings=found, desk=desk, choices=RunChoices(), close=True
    ).carry_out()


@pytest.fixture
def undo(uploading: Uploading) -> Run:
    """That of an upload of one person."""
    uploading.rows, uploading.emails = people(1), False
    return begun(uploading, uploading.run().receipt)


def test_an_undo_is_closed_once_nothing_of_it_is_on_its_way(
    uploading: Uploading, undo: Run
) -> None:
    """So an upload that comes right after it sees what its last request has done."""
    arrives = killed(uploading, undo)
    (user,) = uploading.portal.store.users.values()
    assert user["active"]

    def then() -> None:
        with closing(sqlite3.connect(uploading.journal_path)) as database:
            query = "SELECT closed_at FROM runs WHERE receipt = ?"
            assert database.execute(query, (undo.receipt,)).fetchone() == (None,)
        arrives()

    desk = Waiting(then)
    assert close(uploading, undo, desk) is ExitCode.FINDINGS
    assert desk.notes == {"waiting for what was sent to settle"}
    assert not user["active"]
    with Journal(uploading.journal_path) as journal:
        assert not journal.run(undo.receipt).is_open
    assert uploading.plan().people[0].portal.action != "same"


def test_one_that_is_stopped_meanwhile_stays_open(uploading: Uploading, undo: Run) -> None:
    """No upload begins before somebody has waited."""
    killed(uploading, undo)

    class Stopped(ScriptDesk):
        def progress(self, steps: Iterator[Any]) -> None:
            next(steps)
            raise StoppedError(ExitCode.INTERRUPTED)

    with pytest.raises(StoppedError):
        close(uploading, undo, Stopped(yes=True, practice=False))
    with Journal(uploading.journal_path) as journal:
        assert journal.run(undo.receipt).is_open
