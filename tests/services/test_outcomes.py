from collections.abc import Callable

import pytest

from aapimport.config.settings import Endpoint
from aapimport.services.outcomes import Verdict, judge
from aapimport.services.replies import Answer
from aapimport.services.transport import Transport
from aapimport.services.wire import httpx

NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.ProxyError,
)
UNKNOWN = (
    httpx.WriteError,
    httpx.WriteTimeout,
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.RemoteProtocolError,
    httpx.CloseError,
    httpx.DecodingError,
    httpx.TooManyRedirects,
)


def failing(failure: Callable[[str], Exception]) -> Transport:
    """A transport whose every request ends in one of httpx's errors."""

    def handler(_request: httpx.Request) -> httpx.Response:
        raise failure("it broke")

    transport = Transport(Endpoint.bearer(url="http://127.0.0.1:9/v2", token="t"))
    transport._wire._way = httpx.MockTransport(handler)
    return transport


@pytest.mark.parametrize("failure", NOT_SENT)
def test_a_request_that_never_left_may_be_sent_again(failure):
    """What httpx says about connecting means: no byte reached the service."""
    transport = failing(failure)
    assert judge(transport.request("POST", "/Users")).verdict is Verdict.NOT_SENT
    transport.close()


@pytest.mark.parametrize("failure", UNKNOWN)
def test_a_lost_answer_leaves_the_outcome_unknown(failure):
    """Every other httpx error means: the service may have acted."""
    transport = failing(failure)
    outcome = judge(transport.request("POST", "/Users"))
    assert outcome.verdict is Verdict.UNKNOWN
    assert "it broke" in outcome.reason
    transport.close()


def test_every_error_of_httpx_is_classified():
    """No error class of the library is left out of the two lists, nor falls through them."""

    def concrete(kind: type[Exception]) -> set[type[Exception]]:
        below = kind.__subclasses__()
        return set().union(*(concrete(one) for one in below)) if below else {kind}

    streams = {
        getattr(httpx, "SSEError", None)
    }  # httpx2's, of event streams, which no one asks for
    found = concrete(httpx.TransportError) | concrete(httpx.RequestError)
    assert found - streams <= {*NOT_SENT, *UNKNOWN}


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DONE),
        (201, Verdict.DONE),
        (204, Verdict.DONE),
        (301, Verdict.PAUSE),
        (302, Verdict.PAUSE),
        (303, Verdict.UNKNOWN),
        (307, Verdict.PAUSE),
        (400, Verdict.REJECTED),
        (401, Verdict.PAUSE),
        (402, Verdict.REFUSED),
        (403, Verdict.REFUSED),
        (404, Verdict.REJECTED),
        (408, Verdict.UNKNOWN),
        (409, Verdict.REJECTED),
        (412, Verdict.REJECTED),
        (413, Verdict.REJECTED),
        (422, Verdict.REJECTED),
        (429, Verdict.PAUSE),
        (500, Verdict.UNKNOWN),
        (501, Verdict.UNKNOWN),
        (502, Verdict.UNKNOWN),
        (503, Verdict.UNKNOWN),
        (504, Verdict.UNKNOWN),
        (599, Verdict.UNKNOWN),
    ],
)
def test_each_status_has_its_verdict(status: int, verdict: Verdict):
    """Statuses are classified as the protocol says, whatever stands in the body."""
    for body in (b"", b"<html>", b"[]", b'{"status": "200"}'):
        assert judge(Answer(status, {}, body)).verdict is verdict


def test_only_429_counts_as_throttled():
    """A refused token is no reason to wait and try again."""
    assert judge(Answer(429, {"retry-after": "7"}, b"")).wait == 7
    assert judge(Answer(429, {}, b"")).throttled
    assert not judge(Answer(401, {"retry-after": "7"}, b"")).throttled
