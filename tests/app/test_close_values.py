"""An undo that was killed with a request on its way, and is closed: not before that has settled."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

import pytest

from aapimport.app.choices import RunChoices
from aapimport.app.resume import Resumption
from aapimport.errors import AapimportError, ExitCode
from aapimport.run.back_reasons import MAY_BE_BACK
from aapimport.run.conveyor import StoppedError
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.records import Run
from aapimport.run.undoing import Undoing
from support.mortal import Killed, Mortal
from support.script_desk import ScriptDesk
from support.sending import settings
from support.undoing import begun, go_on
from support.uploading import Uploading, people, services
from support.wire import RESET, Act, Response, after_acting, error, instead

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
    assert close(uploading, undo, desk) is ExitCode.OK  # it is seen that it has come
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


def test_what_has_come_by_then_is_taken_back_once(uploading: Uploading, undo: Run) -> None:
    """Whoever is switched on after that stays on: a further undo leaves them."""
    killed(uploading, undo)()
    close(uploading, undo, ScriptDesk(yes=True, practice=False))
    (user,) = uploading.portal.store.users.values()
    assert not user["active"]
    user["active"] = True
    again = go_on(uploading, begun(uploading, undo.of))
    assert (user["active"], again.effects, again.exit_code) == (True, [], ExitCode.OK)


def test_what_has_not_come_by_then_is_left_by_the_next(uploading: Uploading, undo: Run) -> None:
    """It may have come, and somebody may have switched them on before it was closed."""
    killed(uploading, undo)
    close(uploading, undo, ScriptDesk(yes=True, practice=False))
    again = go_on(uploading, begun(uploading, undo.of))
    (named,) = again.effects
    assert (named.result, MAY_BE_BACK in named.reason) == ("impossible", True)
    (user,) = uploading.portal.store.users.values()
    assert user["active"]


def test_what_could_not_be_looked_at_is_left_by_the_next(uploading: Uploading, undo: Run) -> None:
    """It may have come, and somebody may have switched them on again since: named, each time."""
    killed(uploading, undo)()
    uploading.portal.on("GET", "/Users/.*", instead(error(503)), times=99)
    close(uploading, undo, ScriptDesk(yes=True, practice=False))
    uploading.portal._rules.clear()
    (user,) = uploading.portal.store.users.values()
    user["active"] = True
    for _ in range(2):
        again = go_on(uploading, begun(uploading, undo.of))
        (named,) = again.effects
        assert (named.result, again.exit_code) == ("impossible", ExitCode.FINDINGS)
        assert MAY_BE_BACK in named.reason
        assert user["active"]
    user["active"] = False
    assert go_on(uploading, begun(uploading, undo.of)).exit_code is ExitCode.OK


def test_a_team_likewise(uploading: Uploading) -> None:
    """Nobody is taken out of it twice whom somebody may have put in again."""
    uploading.rows, uploading.emails = people(1, team="Sales"), False
    uploading.portal.add_user("p2@acme.com", entitlements=[{"value": "p26", "type": "pass"}])
    undo = begun(uploading, uploading.run().receipt)
    (team,) = uploading.portal.store.groups.values()
    there = [*team["members"]]
    uploading.portal.on("PATCH", "/Groups/.*", after_acting(RESET), times=9)
    uploading.portal.on("GET", "/Groups/.*", instead(error(503)), times=99, skip=1)
    with suppress(AapimportError):
        go_on(uploading, undo)
    assert not team["members"]
    close(uploading, undo, ScriptDesk(yes=True, practice=False))
    uploading.portal._rules.clear()
    team["members"] = there
    again = go_on(uploading, begun(uploading, undo.of))
    (named,) = (one for one in again.effects if one.what == "out of the team")
    assert (named.result, MAY_BE_BACK in named.reason) == ("impossible", True)
    assert team["members"] == there
