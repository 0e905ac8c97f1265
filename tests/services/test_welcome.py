"""Asking for welcome e-mails, and what is known of them afterwards."""

from typing import Any

import pytest

from aapimport.plan.make import Services
from aapimport.services.outcomes import Verdict
from aapimport.services.portal import read_welcome, send_welcome
from aapimport.services.values import EmailKind
from support.stub import EXTENSION, ScimStub
from support.wire import RESET, Response, after_acting, as_json, error, instead


@pytest.fixture
def zoe(portal_stub: ScimStub) -> str:
    """Zoe on the portal, beside Bo; returns her id."""
    portal_stub.add_user("bo.quist@acme.com", "Bo", "Quist")
    return portal_stub.add_user("zoe.ng@acme.com", "Zoe", "Ng")


def shown(stub: ScimStub, identifier: str, **welcome: Any) -> None:
    """What the service shows of a welcome e-mail."""
    stub.store.users[identifier][f"{EXTENSION}:User"] = {"welcomeEmail": welcome}


def test_an_e_mail_that_was_sent_is_done(portal_stub, both: Services, zoe):
    """Its own request id comes back, with the time."""
    outcome = send_welcome(both.portal, zoe, EmailKind.COMBINED, "r1")
    assert (outcome.verdict, outcome.account_id) == (Verdict.DONE, zoe)
    assert portal_stub.store.mails == [("zoe.ng@acme.com", "r1", "combined")]


@pytest.mark.parametrize("status", [200, 202, 204])
def test_an_accepted_request_without_effect_is_not_rejected(portal_stub, both, zoe, status):
    """It may be carried out later: it is read again, or asked for again with the same id."""
    portal_stub.on("PATCH", "/Users/.*", instead(Response(status=status)))
    outcome = send_welcome(both.portal, zoe, EmailKind.PORTAL, "r1")
    assert (outcome.verdict, outcome.reason) == (Verdict.WRITTEN, "accepted, and not shown so far")
    assert outcome.short == ("welcome",)
    assert len(portal_stub.writes) == 1


@pytest.mark.parametrize(
    ("welcome", "verdict"),
    [
        ({"requestId": "r1"}, Verdict.WRITTEN),
        ({"requestId": "r1", "sentAt": "2026-11-22T18:00:00Z"}, Verdict.DONE),
        ({"requestId": "r0", "sentAt": "2025-11-22T18:00:00Z"}, Verdict.WRITTEN),
        ({}, Verdict.WRITTEN),
    ],
    ids=["not sent", "sent", "last year's", "nothing"],
)
def test_what_is_read_of_an_e_mail(portal_stub, both: Services, zoe, welcome, verdict):
    """Only our own request id counts; last year's may be what was there before."""
    shown(portal_stub, zoe, **welcome)
    assert read_welcome(both.portal, zoe, "r1").verdict is verdict
    assert portal_stub.writes == []


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(400, Verdict.REJECTED), (403, Verdict.REFUSED), (401, Verdict.PAUSE), (500, Verdict.UNKNOWN)],
)
def test_a_refused_request_keeps_its_words(portal_stub, both: Services, zoe, status, verdict):
    """Only an error answer is a rejection."""
    portal_stub.on("PATCH", "/Users/.*", instead(error(status, "mail is switched off")), times=9)
    outcome = send_welcome(both.portal, zoe, EmailKind.JHANA, "r1")
    assert (outcome.verdict, outcome.reason) == (verdict, "mail is switched off")


def test_a_lost_answer_is_asked_again_with_the_same_id(portal_stub, both: Services, zoe):
    """A request id is answered by one e-mail at the most."""
    portal_stub.on("PATCH", "/Users/.*", after_acting(RESET))
    assert send_welcome(both.portal, zoe, EmailKind.PORTAL, "r1").verdict is Verdict.DONE
    assert len(portal_stub.store.mails) == 1


@pytest.mark.parametrize(
    "answer", [error(404), error(500), as_json(200, {"id": "user-1", "userName": "bo@acme.com"})]
)
def test_what_cant_be_read_back_is_unknown(portal_stub, both: Services, zoe, answer):
    """Nothing is concluded from another account, or from none."""
    portal_stub.on("GET", f"/Users/{zoe}", instead(answer), times=9)
    assert read_welcome(both.portal, zoe, "r1").verdict is Verdict.UNKNOWN
