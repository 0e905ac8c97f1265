import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from aapimport.errors import ExitCode
from faults.crash import receipt_of, upload_words
from faults.nursery import KILL, Ended, Nursery
from faults.proxy import LATE, LATE_COMMITS, Weather
from faults.rows import someone
from faults.totals import Totals
from faults.worlds import OpenStub, StubWorld, World, stub_world
from support.uploading import Uploading, people
from support.wire import Act, Response, after_acting, page

pytestmark = pytest.mark.campaign
PEOPLE = 6
SINGLY = ["--no-bulk", "--emails"]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """Starts processes."""
    with Nursery() as started:
        yield started


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two services that take an address twice, and six people."""
    rows = [someone(number, Random(3)) for number in range(PEOPLE)]
    stubs = OpenStub(bulk=False), OpenStub(bulk=False)
    with stub_world(tmp_path / "world", rows, Weather(0, 0.0), stubs) as made:
        yield made


def resumed(world: World, nursery: Nursery, before: Ended) -> Ended:
    """What a resume says, after which all must be as the file says."""
    world.settle()
    receipt = receipt_of(before)
    words = ["resume", receipt, "--json"] if receipt else upload_words(world, SINGLY)
    ended = nursery.run(world, words)
    if receipt and not receipt_of(ended, receipt):  # it was not even begun
        ended = nursery.run(world, upload_words(world, SINGLY))
    totals = Totals(seed=0)
    totals.count(world, "after the resume", ended, mailed=True)
    assert totals.clean, str(totals)
    return ended


def on_create(world: World, do: Callable[[], None], *, skip: int = 1) -> None:
    """Do something when a create is under way, before it is carried out."""
    assert isinstance(world, StubWorld)

    def fault(act: Act) -> Response:
        do()
        return act()

    world.portal.on("POST", "/Users", fault, skip=skip)


def until_somebody_waits(world: World) -> None:
    """Come back when a process has said that it waits for another."""
    for _ in range(3000):
        said = [one.read_text(encoding="utf-8") for one in world.folder.glob("child-*.err")]
        if any("waiting up to" in one for one in said):
            return
        time.sleep(0.01)


@pytest.mark.skipif(os.name == "nt", reason="Windows can't send ^C to one process")
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, ExitCode.INTERRUPTED),
        (signal.SIGTERM, ExitCode.TERMINATED),
        (getattr(signal, "SIGHUP", 0), ExitCode.TERMINATED),
    ],
)
def test_a_signal_finishes_what_is_under_way(
    world: World, nursery: Nursery, number: int, code: ExitCode
):
    """^C, SIGTERM and SIGHUP record what is in flight, print the resume line, and lose nobody."""
    on_create(world, lambda: os.kill(nursery.child, number))
    ended = nursery.run(world, upload_words(world, SINGLY))
    assert ended.code == code
    assert f"aapimport resume {receipt_of(ended)}" in ended.err
    created = sum(len(list(proxy.ledger.creates())) for proxy in world.proxies)
    again = resumed(world, nursery, ended)
    assert again.code == ExitCode.OK
    assert created < sum(len(list(proxy.ledger.creates())) for proxy in world.proxies)


@pytest.mark.skipif(os.name == "nt", reason="Windows can't send ^C to one process")
def test_a_second_interrupt_stops_at_once(world: World, nursery: Nursery):
    """^C twice ends the process while a request is under way; a resume finds what became of it."""

    def twice() -> None:
        for _ in range(2):
            os.kill(nursery.child, signal.SIGINT)
            time.sleep(0.3)

    on_create(world, twice)
    ended = nursery.run(world, upload_words(world, SINGLY))
    assert ended.code == ExitCode.INTERRUPTED
    assert resumed(world, nursery, ended).code == ExitCode.OK


def test_two_processes_with_the_same_file(world: World, nursery: Nursery):
    """Both are started at once: everybody is there once, and one of the two was told to wait."""
    on_create(world, lambda: until_somebody_waits(world), skip=0)
    with Nursery() as other, ThreadPoolExecutor(2) as pool:
        both = [
            pool.submit(one.run, world, upload_words(world, SINGLY)) for one in (nursery, other)
        ]
        ended = [one.result() for one in both]
    assert [one.code for one in ended] == [ExitCode.OK, ExitCode.OK]
    assert sum("another upload is running (process" in one.err for one in ended) == 1
    totals = Totals(seed=0)
    totals.count(world, "two processes", ended[0], mailed=True)
    assert totals.clean, str(totals)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit for the size of a file")
@pytest.mark.parametrize("pages", range(1, 14))
def test_a_full_disk(world: World, nursery: Nursery, pages: int):
    """However early no byte more fits into the journal, the run stops and nothing is forgotten."""
    ended = nursery.run(world, upload_words(world, SINGLY), file_size=pages * 4096)
    assert ended.code in {ExitCode.OK, ExitCode.SETTINGS, ExitCode.SERVICE}, ended.err
    if ended.code != ExitCode.OK:
        assert "journal" in ended.err
    assert resumed(world, nursery, ended).code == ExitCode.OK


def test_a_finished_upload_again(world: World, nursery: Nursery):
    """A finished upload that is run again, or resumed, sends nothing that changes anything."""
    assert isinstance(world, StubWorld)
    ended = nursery.run(world, upload_words(world, SINGLY))
    writes = len(world.portal.writes), len(world.jhana.writes)
    for words in (upload_words(world, SINGLY), ["resume", receipt_of(ended)]):
        assert nursery.run(world, words).code == ExitCode.OK
    assert (len(world.portal.writes), len(world.jhana.writes)) == writes


def test_a_process_that_dies_while_another_waits(world: World, nursery: Nursery):
    """The system frees the lock of a dead process, and the one that waited finishes its work."""
    first_create = threading.Event()

    def hold() -> None:
        first_create.set()
        until_somebody_waits(world)
        os.kill(nursery.child, KILL)

    on_create(world, hold, skip=0)
    with Nursery() as other, ThreadPoolExecutor(1) as pool:
        dying = pool.submit(nursery.run, world, upload_words(world, SINGLY))
        assert first_create.wait(30)
        ended = other.run(world, upload_words(world, SINGLY))
        assert dying.result().killed
    assert "waiting up to" in ended.err
    assert resumed(world, nursery, ended).code == ExitCode.OK


def test_late_commits(tmp_path: Path, nursery: Nursery):
    """Requests that are carried out after the connection broke, within the settle time."""
    rows = [someone(number, Random(5)) for number in range(PEOPLE)]
    weather = Weather(5, 0.25, LATE_COMMITS)
    with stub_world(tmp_path / "world", rows, weather) as world:
        world.environment["AAPIMPORT_SETTLE_SECONDS"] = "1.5"
        ended = nursery.run(world, upload_words(world))
        for _ in range(8):
            if ended.code == ExitCode.OK:
                break
            ended = nursery.run(world, upload_words(world))
        weather.probability = 0.0
        time.sleep(5 * LATE)
        totals = Totals(seed=5)
        totals.count(world, "late commits", ended, mailed=True)
    assert totals.faults["late commit"]
    assert totals.clean, str(totals)


def test_an_account_that_is_not_kept(uploading: Uploading):
    """A 201 that shows the account as wanted, and no account afterwards: never counted as done."""
    uploading.rows = people(3)

    def promise(act: Act) -> Response:
        done = act()
        del uploading.portal.store.users[json.loads(done.body)["id"]]
        return done

    uploading.portal.on("POST", "/Users", promise)
    report = uploading.run()
    assert report.services.portal.created == 2
    assert report.exit_code is not ExitCode.OK
    assert len(uploading.portal.store.mails) == 2


def test_an_e_mail_whose_request_was_lost(uploading: Uploading):
    """A request for an e-mail that was carried out and not answered is not carried out again."""
    uploading.rows = people(4)
    lost = after_acting(page(500))
    uploading.portal.on("PATCH", "/Users/.*", lost, times=8, body="welcomeEmail")
    for _ in range(4):
        report = uploading.run()
    assert report.exit_code is ExitCode.OK
    assert sorted(mail[0] for mail in uploading.portal.store.mails) == sorted(
        one.email for one in uploading.rows
    )
