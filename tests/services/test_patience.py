import random
import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aapimport.errors import ExitCode
from aapimport.services.patience import (
    RETRY_AFTER_CAP,
    Budget,
    Patience,
    asks_to_wait,
    retry_after,
    too_long,
)
from aapimport.services.replies import Answer, Lost, NotSent, Reply

YEAR = 365 * 86400


def answer(status: int = 429, **headers: str) -> Answer:
    """An answer with headers, whose names are written with underscores."""
    return Answer(status, {name.replace("_", "-"): it for name, it in headers.items()}, b"")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 2.5 ", 2.5),
        ("-3", 0),
        ("86400", 86400),
        ("inf", YEAR),
        ("1e400", YEAR),
        ("9" * 400, YEAR),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", YEAR),
        ("99 Foo 99999 99:99:99", None),
    ],
)
def test_retry_after_is_read_as_it_is_meant(value: str, seconds: float | None):
    """Seconds, a date, or nonsense: never more than a year, never negative."""
    assert retry_after(answer(retry_after=value)) == seconds
    assert retry_after(answer(x_retry_after=value)) == seconds


def test_retry_after_a_date():
    """A date means the time until then."""
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 55 < (retry_after(answer(retry_after=soon)) or 0) <= 60


def test_what_may_be_repeated_is_tried_three_times():
    """A failed read is asked again twice, after a wait; then its failure is the answer."""
    waits: list[float] = []
    replies: list[Reply] = [Lost("a"), NotSent("b"), answer(503), answer(200)]
    patience = Patience(waits.append)
    assert patience.repeat(lambda: replies.pop(0)) == answer(503)
    assert len(waits) == 2
    assert all(0 <= wait <= 20 for wait in waits)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 501])
def test_what_is_final_is_not_repeated(status: int):
    """An answer that won't change is taken at once."""
    replies = [answer(status)]
    assert Patience(lambda _seconds: None).repeat(lambda: replies.pop(0)) == answer(status)


def test_the_service_says_how_long_to_wait():
    """Retry-After decides the wait where it is given, on 503 as well."""
    waits: list[float] = []
    replies = [answer(429, retry_after="3"), answer(503, x_retry_after="4"), answer(200)]
    Patience(waits.append).repeat(lambda: replies.pop(0))
    assert waits == [3, 4]


def test_the_budget_ends_retries_for_everybody():
    """When a service fails all the time, most requests are sent just once."""
    sent = 0

    def send() -> Reply:
        nonlocal sent
        sent += 1
        return Lost("gone")

    patience = Patience(lambda _seconds: None)
    for _ in range(100):
        patience.repeat(send)
    assert sent == 100 + 500 // 14


def weather(probability: float, seed: int, count: int) -> list[Reply]:
    """Replies of which some are faults, each of another kind; the others are successes."""
    chance = random.Random(seed)
    faults = (Lost("reset"), answer(503), answer(500), answer(429), answer(502))
    return [
        chance.choice(faults) if chance.random() < probability else answer(200)
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_reads_get_through_thirty_percent_of_faults(seed: int):
    """A plan asks hundreds of times: neither one of them nor the budget may come to an end."""
    patience = Patience(lambda _seconds: None)
    replies = weather(0.3, seed, 3000)
    for _ in range(300):
        assert patience.repeat(replies.pop, reads=True) == answer(200)


def test_a_read_is_tried_eight_times_and_a_write_three():
    """A read changes nothing; a write that fails is looked up instead."""
    for reads, times in ((True, 8), (False, 3)):
        replies: list[Reply] = [answer(503)] * 20
        assert Patience(lambda _seconds: None).repeat(replies.pop, reads=reads) == answer(503)
        assert len(replies) == 20 - times


def test_a_service_that_nobody_listens_for_is_not_asked_eight_times():
    """Nobody there is no fault that passes in seconds."""
    replies: list[Reply] = [NotSent("refused")] * 20
    assert Patience(lambda _seconds: None).repeat(replies.pop, reads=True) == NotSent("refused")
    assert len(replies) == 17


def test_a_service_that_is_silent_each_time_is_not_asked_eight_times(monkeypatch):
    """Eight times a minute of silence would hold a command for as long as it takes to give up."""
    now = [0.0]
    monkeypatch.setattr("aapimport.services.patience.time.monotonic", lambda: now[0])
    sent = []

    def send() -> Reply:
        sent.append(1)
        now[0] += 60.0
        return Lost("silent")

    Patience(lambda _seconds: None).repeat(send, reads=True)
    assert len(sent) == 3


def test_what_lasts_is_not_repeated():
    """An answer that was compressed by a proxy is compressed the next time as well."""
    replies: list[Reply] = [answer(200), Lost("compressed", lasting=True)]
    assert Patience(lambda _seconds: None).repeat(replies.pop, reads=True) == Lost(
        "compressed", lasting=True
    )


def test_a_damaged_answer_is_asked_for_three_times():
    """What isn't whole is repeated as a fault is, and no longer."""
    replies = [answer(200)] * 9
    assert Patience(lambda _seconds: None).repeat(
        replies.pop, reads=True, whole=lambda _answer: False
    ) == answer(200)
    assert len(replies) == 6


@pytest.mark.parametrize("seconds", [RETRY_AFTER_CAP + 1, 86400])
def test_a_wait_beyond_the_cap_is_not_made(seconds: float):
    """The reply comes back at once, and whoever asked ends with the time to go on."""
    waits: list[float] = []
    busy = answer(429, retry_after=str(seconds))
    replies = [answer(200), busy]
    assert Patience(waits.append).repeat(replies.pop, reads=True) == busy
    assert waits == []
    assert too_long(retry_after(busy))
    assert not too_long(RETRY_AFTER_CAP)
    assert not too_long(None)


def test_a_wait_is_never_longer_than_the_cap():
    """Whoever waits without looking waits a bearable time."""
    waits: list[float] = []
    Patience(waits.append).wait(86400)
    assert waits == [RETRY_AFTER_CAP]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2820, r"Jhana asks to wait until \d\d:\d\d UTC \(47 min\)"),
        (9000, r"Jhana asks to wait until \d\d \w{3} \d\d:\d\d UTC \(2\.5 h\)"),
        (YEAR, r"Jhana asks to wait until \d\d \w{3} \d{4} \d\d:\d\d UTC \(365\.0 days\)"),
    ],
)
def test_a_long_wait_is_said_with_its_end(seconds: float, words: str):
    """When, and in how long, so that nobody tries too early."""
    error = asks_to_wait("Jhana", seconds, "resume then")
    assert re.fullmatch(words, error.message)
    assert (error.exit_code, error.hint) == (ExitCode.SERVICE, "resume then")


def test_nothing_is_repeated_once_the_run_is_stopping():
    """^C ends the waits between attempts, and the attempts with them."""
    replies: list[Reply] = [Lost("a")] * 9
    assert Patience(lambda _seconds: True).repeat(replies.pop, reads=True) == Lost("a")
    assert len(replies) == 8


def test_services_at_one_host_share_the_budget_and_not_the_stop():
    """One service's end doesn't hurry the other; together they don't storm the host."""
    waits: list[float] = []
    budget = Budget()
    portal, jhana = Patience(lambda _seconds: True, budget), Patience(waits.append, budget)
    sent = 0

    def send() -> Reply:
        nonlocal sent
        sent += 1
        return Lost("gone")

    portal.repeat(send)
    assert sent == 1
    for _ in range(100):
        jhana.repeat(send)
    assert sent == 1 + 100 + 500 // 14 - 1
    assert len(waits) == 500 // 14 - 1


def test_looks_go_on_until_it_has_settled():
    """The first at once, the last when the settle time is over; growing gaps between them."""
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        time.sleep(seconds)

    patience = Patience(sleep)
    patience.settle_seconds = 0.4
    began = time.monotonic()
    assert len([*patience.looks(began)]) == 3
    assert waits[0] == 0.25
    assert patience.has_settled(began)


def test_looks_end_once_the_run_is_stopping():
    """One look was made; that the settle time hasn't passed is known all the same."""
    patience = Patience(lambda _seconds: True)
    patience.settle_seconds = 60
    began = time.monotonic()
    assert len([*patience.looks(began)]) == 1
    assert not patience.has_settled(began)
