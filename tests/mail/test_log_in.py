"""XOAUTH2: tokens that expire, that are refused, and that can't be had."""

from collections.abc import Iterator

import pytest

from aapimport.mail.connection import Patience
from aapimport.mail.outcomes import Outcome, Sent, TakesNothing
from aapimport.mail.smtp import Mailer
from support.mail_server import MailServer, Script, token_of
from support.mailing import VirtualClock, a_message, mail_for
from support.token_endpoint import CLIENT_SECRET, FETCHED, TokenEndpoint, refusal

TO = "ana@example.com"
REFUSED = "eyJzdGF0dXMiOiI0MDEifQ=="
"""What Google and Microsoft say in base64, and then wait for an empty line."""


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    """A token endpoint on loopback."""
    with TokenEndpoint() as made:
        yield made


def _opened_by(endpoint: TokenEndpoint) -> Script:
    """What a server says that looks at each token."""

    def script(step: str, line: str) -> str | None:
        if step == "AUTH":
            good = endpoint.opens(f"Bearer {token_of(line)}")
            return None if good else f"334 {REFUSED}"
        return "535 5.7.3 Authentication unsuccessful" if step == "" else None

    return script


def _mailer(server: MailServer, endpoint: TokenEndpoint) -> Mailer:
    mail = mail_for(server.port, login=endpoint.login, user="learning@example.com")
    return Mailer(mail, VirtualClock(), patience=Patience(connect=5.0, command=5.0, dot=5.0))


def _send(mailer: Mailer) -> Outcome:
    return mailer.send(a_message(), to=TO, intent=lambda: None)


def test_a_token_opens_it_and_one_that_has_expired_is_renewed(endpoint: TokenEndpoint) -> None:
    """On each new connection the token is good, or another one is fetched, once."""
    with MailServer(_opened_by(endpoint)) as server:
        mailer = _mailer(server, endpoint)
        assert isinstance(_send(mailer), Sent)
        endpoint.revoke()
        assert isinstance(_send(mailer), Sent)  # the connection is open still
        mailer._drop()
        assert isinstance(_send(mailer), Sent)
        mailer.close()
    assert endpoint.given == 2
    assert len(server.taken) == 3
    first = next(one for one in server.commands if one.startswith("AUTH"))
    assert token_of(first).startswith(FETCHED)


def test_a_token_that_is_always_refused_is_told(endpoint: TokenEndpoint) -> None:
    """After one more; neither it nor the secret is shown."""

    def script(step: str, line: str) -> str | None:
        return f"535 5.7.3 no: {line}" if step == "AUTH" else None

    with MailServer(script) as server:
        mailer = _mailer(server, endpoint)
        outcome = _send(mailer)
        mailer.close()
    assert isinstance(outcome, TakesNothing)
    assert not outcome.passes
    assert endpoint.given == 2
    assert FETCHED not in outcome.reason
    assert server.taken == []


def test_no_token_is_to_be_had(endpoint: TokenEndpoint) -> None:
    """A secret that is wrong is to be mended; an endpoint in trouble may pass."""
    with MailServer(_opened_by(endpoint)) as server:
        mailer = _mailer(server, endpoint)
        endpoint.instead.append(refusal(400, "unauthorized_client", f"bad {CLIENT_SECRET}"))
        outcome = _send(mailer)
        assert isinstance(outcome, TakesNothing)
        assert "client secret" in outcome.cure
        assert CLIENT_SECRET not in outcome.reason
        endpoint.instead.append(refusal(503, "busy"))
        outcome = _send(mailer)
        assert isinstance(outcome, TakesNothing)
        assert outcome.passes
        assert isinstance(_send(mailer), Sent)
        mailer.close()
