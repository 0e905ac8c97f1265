from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aapimport.services.patience import RETRY_AFTER_CAP, Patience, retry_after
from aapimport.services.transport import Answer, Lost, NotSent, Reply


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
        ("86400", RETRY_AFTER_CAP),
        ("inf", RETRY_AFTER_CAP),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", RETRY_AFTER_CAP),
        ("99 Foo 99999 99:99:99", None),
    ],
)
def test_retry_after_is_read_with_a_cap(value: str, seconds: float | None):
    """Seconds, a date, or nonsense: the wait is never longer than the cap, never negative."""
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
    assert Patience([].append).repeat(lambda: replies.pop(0)).status == status


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

    patience = Patience([].append)
    for _ in range(100):
        patience.repeat(send)
    assert sent == 100 + 500 // 14
