"""`[mail]`: one place says all of it, and its secret goes to no other server."""

import json
from typing import Any

import pytest

from aapimport.config.choice import Choice, settings_for
from aapimport.config.logins import Basic, ClientCredentials
from aapimport.config.mail import Mail
from aapimport.config.settings import Settings
from aapimport.errors import SettingsError
from support.machine import SERVICES, Machine, profile

TOKENS = {"AAPIMPORT_PORTAL_TOKEN": "t1", "AAPIMPORT_JHANA_TOKEN": "t2"}
PASSWORD = {"AAPIMPORT_MAIL_PASSWORD": "p1"}
MAIL = {
    "host": "smtp.example.com",
    "from": "learning@example.com",
    "user": "learning",
    "sign_in": "sso",
    "sign_in_url": "https://portal.example.com/?from=mail",
}


def _table(of: str = "", without: str = "", **more: Any) -> str:
    at = f"profile.{of}.mail" if of else "mail"
    said = {key.rstrip("_"): one for key, one in {**MAIL, **more}.items()}
    said.pop(without, None)
    return f"[{at}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items())


def _settings(machine: Machine, *, of: str | None = None, **environment: str) -> Settings:
    more = {"AAPIMPORT_STATE_DIR": str(machine.state)} | TOKENS | environment
    return settings_for(Choice(profile=of), on_terminal=False, environment=more)


def _mail(machine: Machine, *, of: str | None = None, **environment: str) -> Mail:
    found = _settings(machine, of=of, **environment).mail
    assert found is not None
    return found


def _refused(machine: Machine, *said: str, of: str | None = None, **environment: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _settings(machine, of=of, **environment)
    words = f"{caught.value.message} {caught.value.hint}"
    assert all(one in words for one in said), words


def test_a_table_says_all_of_it(machine: Machine) -> None:
    """Host, sender, log-in and how to sign in; 587 is the port that nobody has to say."""
    machine.own_file(SERVICES + _table(language="sv", reply_to="help@example.com"))
    found = _mail(machine, **PASSWORD)
    assert (found.host, found.port, found.sender) == (
        "smtp.example.com",
        587,
        "learning@example.com",
    )
    assert isinstance(found.login, Basic)
    assert (found.login.user, found.login.password.value) == ("learning", "p1")
    assert (found.sign_in, found.sign_in_url) == ("sso", MAIL["sign_in_url"])
    assert (found.language, found.reply_to, found.trouble) == ("sv", "help@example.com", None)


def test_the_environment_alone_is_a_place(machine: Machine) -> None:
    """As for services, nothing needs a file."""
    machine.own_file(SERVICES)
    given = {f"AAPIMPORT_MAIL_{key.upper()}": value for key, value in MAIL.items()}
    assert _mail(machine, **given, **PASSWORD).host == "smtp.example.com"


def test_a_preset_knows_the_host_and_its_limits(machine: Machine) -> None:
    """30 a minute and 10,000 within 24 hours on Microsoft 365."""
    machine.own_file(SERVICES + _table(without="host", preset="microsoft365"))
    found = _mail(machine, **PASSWORD)
    assert found.host == "smtp.office365.com"
    assert (found.preset.per_minute, found.preset.per_day) == (30, 10_000)


def test_a_token_endpoint_is_a_log_in(machine: Machine) -> None:
    """XOAUTH2 needs a user, an endpoint and a client."""
    more = {"auth": "xoauth2", "token_url": "https://l.example.com/t", "client_id": "c1"}
    machine.own_file(SERVICES + _table(**more))
    found = _mail(machine, **PASSWORD)
    assert isinstance(found.login, ClientCredentials)
    assert found.user == "learning"
    machine.own_file(SERVICES + _table(auth="xoauth2"))
    _refused(machine, "token_url is missing", **PASSWORD)


def test_without_its_secret_everything_else_goes_on(machine: Machine) -> None:
    """Only sending needs it: the trouble says which command keeps it."""
    machine.own_file(SERVICES + _table())
    found = _mail(machine)
    assert found.login is None
    assert found.trouble is not None
    assert "aapimport login mail" in found.trouble.hint
    assert "AAPIMPORT_MAIL_PASSWORD" in found.trouble.hint


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"host": "https://smtp.example.com"}, "is no host"),
        ({"port": 0}, "is no port"),
        ({"preset": "microsoft356"}, "did you mean 'microsoft365'"),
        ({"from_": "Learning <l@example.com>"}, "is not an e-mail address"),
        ({"from_": "l@example.com\r\nBcc: x@example.com"}, "is not an e-mail address"),
        ({"reply_to": "help"}, "is not an e-mail address"),
        ({"sign_in": "password"}, "sso: as everywhere"),
        ({"sign_in_url": "http://portal.example.com/"}, "is not encrypted"),
        ({"sign_in_url": "https://u:p@portal.example.com/"}, "is not a web page"),
        ({"language": "de"}, "en, fr, sv and ja"),
        ({"templates": "nowhere"}, "a folder that isn't there"),
        ({"auth": "cram-md5"}, "password, xoauth2 and none"),
        ({"idempotency_header": "Idempotency-Key"}, "idempotency_hours"),
        ({"idempotency_hours": 24.0}, "idempotency_header"),
        ({"idempotency_header": "To", "idempotency_hours": 24.0}, "can't be such a header"),
        ({"idempotency_header": "K", "idempotency_hours": 0.0}, "a number of hours"),
        ({"hots": "smtp.example.com"}, "did you mean 'host'"),
        ({"password": "p1"}, "aapimport login mail"),
        ({"pace": "3"}, "above the first line"),
    ],
)
def test_what_cannot_be_right_is_refused(
    machine: Machine, wrong: dict[str, Any], said: str
) -> None:
    """With where it stands, before anything is sent."""
    machine.own_file(SERVICES + _table(**wrong))
    _refused(machine, said, **PASSWORD)


@pytest.mark.parametrize("missing", ["host", "from", "sign_in", "sign_in_url"])
def test_half_of_it_is_none(machine: Machine, missing: str) -> None:
    """What an e-mail needs is not guessed."""
    machine.own_file(SERVICES + _table(without=missing))
    _refused(machine, "half configured", missing, "[mail]")


def test_variables_contradict_nothing(machine: Machine) -> None:
    """One may add to a table, not say otherwise; one that is empty has failed to load."""
    machine.own_file(SERVICES + _table())
    assert _mail(machine, AAPIMPORT_MAIL_LANGUAGE="fr").language == "fr"
    _refused(machine, "says otherwise", AAPIMPORT_MAIL_HOST="smtp.globex.com")
    _refused(machine, "AAPIMPORT_MAIL_HOST is empty", AAPIMPORT_MAIL_HOST=" ")
    _refused(machine, "did you mean 'AAPIMPORT_MAIL_HOST'", AAPIMPORT_MAIL_HOTS="x")
    _refused(machine, "AAPIMPORT_MAIL_PASSWORD", AAPIMPORT_MAIL_TOKEN="x")


def test_a_variable_of_it_is_of_something_real(machine: Machine) -> None:
    """A script that has one and names no services doesn't practise unawares."""
    given = {"AAPIMPORT_STATE_DIR": str(machine.state), "AAPIMPORT_MAIL_HOST": "smtp.example.com"}
    with pytest.raises(SettingsError, match="AAPIMPORT_MAIL_HOST is set"):
        settings_for(Choice(), on_terminal=False, environment=given)
    found = settings_for(Choice(practice=True), on_terminal=False, environment=given)
    assert (found.target, found.mail) == ("practice", None)


def test_a_profile_never_mails_as_another(machine: Machine) -> None:
    """What stands at the top is of whoever has no profile, and a variable adds nothing."""
    machine.own_file(_table() + profile("acme") + profile("globex") + _table("globex"))
    assert _settings(machine, of="acme").mail is None
    assert _mail(machine, of="globex", **PASSWORD).host == "smtp.example.com"
    _refused(machine, "may be left over", of="globex", AAPIMPORT_MAIL_LANGUAGE="fr")


def test_a_file_in_the_folder_does_not_write_in_our_name(machine: Machine) -> None:
    """It could send people to a page of its own; for services of its own it says what it likes."""
    machine.own_file(SERVICES)
    machine.folder_file(_table())
    _refused(machine, "decides whom people think they hear from", **PASSWORD)
    machine.own_file(SERVICES + _table())
    assert _mail(machine, **PASSWORD).host == "smtp.example.com"
