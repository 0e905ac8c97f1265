"""`send-emails` by a mail server is killed again and again: nobody is mailed twice.

Everybody is sent, or in doubt by name; a server that knows an e-mail again leaves no doubt.
"""

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aapimport.errors import ExitCode
from faults.crash import upload_words
from faults.nursery import Ended, Nursery
from faults.proxy import FAULTS, Weather
from faults.rows import someone
from faults.worlds import OpenStub, World, stub_world
from support.extent import ALL, SEED
from support.others_mail import EXIM, NO_EXIM, Taking, aiosmtpd, exim

pytestmark = pytest.mark.campaign
HEADER = "Idempotency-Key"
PEOPLE = 6
_KILLS = 700 if ALL else 25
_MOMENTS = (("commit", 14), ("reply", 24), ("request", 8), ("response", 8))
_MOST = 60
"""Processes that may be killed in one sending; the one after them is left alone."""


@dataclass(kw_only=True)
class _Totals:
    kills: int = 0
    sent: int = 0
    doubts: int = 0
    wrong: list[str] = field(default_factory=list)


@contextmanager
def _world(folder: Path, port: int, seed: int, *, header: str = "") -> Iterator[World]:
    """Two services that take no word about e-mails, and a mail server."""
    choice = random.Random(f"{SEED}/{seed}")
    people = [someone(row, choice) for row in range(PEOPLE)]
    stubs = (OpenStub(unique=True), OpenStub(unique=True))
    for stub in stubs:
        stub.habits.mails = False
    folder.mkdir(parents=True)
    with stub_world(folder, people, Weather(0, 0.0, FAULTS), stubs) as world:
        world.environment |= {
            "AAPIMPORT_MAIL_HOST": "127.0.0.1",
            "AAPIMPORT_MAIL_PORT": str(port),
            "AAPIMPORT_MAIL_FROM": "learning@example.com",
            "AAPIMPORT_MAIL_SIGN_IN": "sso",
            "AAPIMPORT_MAIL_SIGN_IN_URL": "https://portal.example.com/",
        }
        if header:
            world.environment |= {
                "AAPIMPORT_MAIL_IDEMPOTENCY_HEADER": header,
                "AAPIMPORT_MAIL_IDEMPOTENCY_HOURS": "24",
            }
        yield world


def _killed_until_done(nursery: Nursery, world: World, seed: int, totals: _Totals) -> Ended:
    """Upload without e-mails, then give the one command until it isn't killed any more."""
    ended = nursery.run(world, upload_words(world, ["--no-emails"]))
    assert ended.code == ExitCode.OK, ended.err
    choice = random.Random(f"{SEED}/{seed}/deaths")
    words = ["send-emails", str(json.loads(ended.out)["receipt"]), "--yes", "--json"]
    for attempt in range(_MOST + 1):
        kind, most = choice.choice(_MOMENTS)
        mode = choice.choice(("die before", "die after"))
        failpoint = {"kind": kind, "number": choice.randint(1, most), "mode": mode}
        ended = nursery.run(world, words, failpoint=None if attempt == _MOST else failpoint)
        totals.kills += ended.killed
        if not ended.killed:
            break
        world.settle()
    return nursery.run(world, words)  # once more: it sends nothing


def _check(world: World, ended: Ended, taken: Counter[str], totals: _Totals) -> None:
    """Compare the ledger with what the server has, person by person."""
    people = {one.email for one in world.people}
    with closing(sqlite3.connect(world.journal)) as book:
        found = book.execute(
            "SELECT account_id, state FROM mails WHERE kind = 'portal' AND way = 'smtp'"
        )
        states = dict(found.fetchall())
    accounts = {own: str(one["userName"]) for own, one in world.portal.store.users.items()}  # type: ignore[attr-defined]
    by_person = {accounts[own]: state for own, state in states.items()}
    label = f"{world.folder.name}: {by_person}, taken {dict(taken)}, {ended.code}"
    doubts = {one for one, state in by_person.items() if state == "needs a person"}
    if by_person.keys() != people or set(by_person.values()) - {"done", "needs a person"}:
        totals.wrong.append(f"somebody is lost: {label}")
    if set(taken) - people or max(taken.values(), default=0) > 1:
        totals.wrong.append(f"somebody is mailed twice: {label}")
    if any(taken[one] != 1 for one in people - doubts):
        totals.wrong.append(f"somebody is said to be sent, and isn't: {label}")
    listed = {one["email"] for one in json.loads(ended.out)["people"] if one["why"]}
    if listed != doubts or ended.code != (ExitCode.FINDINGS if doubts else ExitCode.OK):
        totals.wrong.append(f"doubts aren't named: {label}")
    totals.sent += len(people - doubts)
    totals.doubts += len(doubts)


def _campaign(
    folder: Path, port: int, taken: Callable[[], Counter[str]], *, header: str, kills: int = _KILLS
) -> _Totals:
    """Sendings until so many processes were killed."""
    totals = _Totals()
    seen: Counter[str] = Counter()
    with Nursery() as nursery:
        for seed in range(1000):
            with _world(folder / str(seed), port, seed, header=header) as world:
                ended = _killed_until_done(nursery, world, seed, totals)
                now = taken()
                _check(world, ended, now - seen, totals)
                seen = now
            if totals.kills >= kills:
                break
    print(f"{totals.kills} kills, {totals.sent} sent, {totals.doubts} in doubt")
    assert not totals.wrong
    return totals


@pytest.mark.parametrize("header", ["", HEADER])
def test_killed_at_any_step_nobody_is_mailed_twice(tmp_path: Path, header: str) -> None:
    """Against aiosmtpd; with a header by which it knows an e-mail again no doubt is left."""
    taking = Taking(header)
    with aiosmtpd(taking) as port:
        totals = _campaign(tmp_path, port, lambda: Counter(taking.taken), header=header)
    assert not (header and totals.doubts)


@pytest.mark.servers
@pytest.mark.skipif(EXIM is None, reason=NO_EXIM)
def test_exim_has_nobody_twice_in_its_spool(tmp_path: Path) -> None:
    """Debian's exim, whose spool is counted."""
    with exim() as (port, spooled):
        _campaign(tmp_path, port, spooled, header="")
