import os
from pathlib import Path

import pytest

from aapimport.config import stores
from aapimport.config.choice import Choice, settings_for
from aapimport.config.logins import (
    Basic,
    Bearer,
    ClientCertificate,
    ClientCredentials,
    NamedHeader,
    Secret,
    secret_of,
)
from aapimport.config.settings import Endpoint, Settings
from aapimport.errors import SettingsError
from support.machine import SERVICES, Machine, profile

posix = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
TOKENS = {"AAPIMPORT_PORTAL_TOKEN": "t1", "AAPIMPORT_JHANA_TOKEN": "t2"}
OAUTH = """auth = "client-credentials"
client_id = "c"
scope = "a b"
token_url = "https://login.example.com/token/"
"""
PORTAL_PLACE = "aapimport:https://portal.example.com/scim"


def _settings(machine: Machine, **environment: str) -> Settings:
    state = {"AAPIMPORT_STATE_DIR": str(machine.state)}
    return settings_for(Choice(), on_terminal=False, environment=state | environment)


def _portal(machine: Machine, **environment: str) -> Endpoint:
    found = _settings(machine, **(TOKENS | environment)).portal
    assert found is not None
    return found


def _secret_file(path: Path, text: str = "t1\n") -> str:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_secrets_are_taken_in_one_order(machine: Machine, tmp_path: Path) -> None:
    """The variable, the file that a variable names, the keyring, the file that `login` wrote."""
    machine.own_file(SERVICES)
    jhana = {"AAPIMPORT_JHANA_TOKEN": "t2"}
    with pytest.raises(SettingsError, match="no token or password for the portal"):
        _settings(machine, **jhana)
    machine.state.mkdir(mode=0o700)
    kept = machine.state / "secrets.json"
    _secret_file(kept, '{"portal https://portal.example.com/scim": "from-login"}')
    found = []
    for more in (
        {},
        {"keyring": "from-keyring"},
        {"AAPIMPORT_PORTAL_TOKEN_FILE": _secret_file(tmp_path / "s", "from-file")},
        {"AAPIMPORT_PORTAL_TOKEN": "from-variable", "AAPIMPORT_PORTAL_TOKEN_FILE": ""},
    ):
        if in_keyring := more.pop("keyring", ""):
            machine.keyring.kept[PORTAL_PLACE, "portal"] = in_keyring
        jhana |= more
        settings = _settings(machine, **{name: it for name, it in jhana.items() if it})
        assert settings.portal is not None
        found.append(secret_of(settings.portal.login))
        assert settings.origins["portal.token"] == found[-1].source
    assert [(one.value, one.source) for one in found] == [
        ("from-login", str(kept)),
        ("from-keyring", "keyring"),
        ("from-file", "AAPIMPORT_PORTAL_TOKEN_FILE"),
        ("from-variable", "AAPIMPORT_PORTAL_TOKEN"),
    ]


@pytest.mark.parametrize("name", ["PORTAL", "JHANA"])
def test_a_variable_and_a_file_that_differ_are_refused(
    machine: Machine, tmp_path: Path, name: str
) -> None:
    """One of them is left over, and nobody knows which; the same one twice is one."""
    machine.own_file(SERVICES)
    path = tmp_path / "secret"
    typed = TOKENS | {
        f"AAPIMPORT_{name}_TOKEN": "canary-stale",
        f"AAPIMPORT_{name}_TOKEN_FILE": _secret_file(path, "canary-right\n"),
    }
    said = f"AAPIMPORT_{name}_TOKEN and AAPIMPORT_{name}_TOKEN_FILE give two different secrets"
    with pytest.raises(SettingsError, match=said) as caught:
        _settings(machine, **typed)
    assert "canary" not in f"{caught.value.message} {caught.value.hint}"
    path.write_text("Bearer canary-stale\n", encoding="utf-8")
    origins = _settings(machine, **typed).origins
    assert origins[f"{name.lower()}.token"] == f"AAPIMPORT_{name}_TOKEN"
    path.chmod(0o600)
    path.write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="TOKEN_FILE is empty"):
        _settings(machine, **typed)


def test_a_variable_that_failed_to_load_is_no_reason_to_look_elsewhere(machine: Machine) -> None:
    """The keyring may have another token, which isn't meant."""
    machine.own_file(SERVICES)
    machine.keyring.kept[PORTAL_PLACE, "portal"] = "other"
    with pytest.raises(SettingsError, match="AAPIMPORT_PORTAL_TOKEN is empty"):
        _settings(machine, **(TOKENS | {"AAPIMPORT_PORTAL_TOKEN": " "}))


def test_nobody_asks_the_keyring_without_need(machine: Machine) -> None:
    """Where the environment has both secrets, or everything practises, it stays closed."""
    _settings(machine)
    machine.own_file(SERVICES)
    _settings(machine, **TOKENS)
    assert machine.keyring.asked == 0


@pytest.mark.parametrize(
    "spelled", ["https://PORTAL.example.com:443/scim/", "https://portal.example.com./scim"]
)
def test_an_address_is_the_same_however_it_is_spelled(machine: Machine, spelled: str) -> None:
    """What was kept for it is found."""
    machine.own_file(SERVICES)
    machine.keyring.kept[PORTAL_PLACE, "portal"] = "tok"
    jhana = {"AAPIMPORT_JHANA_TOKEN": "t2", "AAPIMPORT_PORTAL_URL": spelled}
    assert _settings(machine, **jhana).origins["portal.token"] == "keyring"


@posix
@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_file_for_its_owner_alone_is_read(machine: Machine, tmp_path: Path, mode: int) -> None:
    """With or without a line end, and a mark at its beginning."""
    machine.own_file(SERVICES)
    for text in ("t9", "t9\n", "\ufefft9\r\n"):
        path = tmp_path / f"secret-{len(text)}"
        file = {"AAPIMPORT_PORTAL_TOKEN_FILE": _secret_file(path, text)}
        path.chmod(mode)
        settings = _settings(machine, AAPIMPORT_JHANA_TOKEN="t2", **file)
        assert settings.portal is not None
        assert secret_of(settings.portal.login).value == "t9"


@posix
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o444])
def test_a_file_that_others_can_read_is_refused(
    machine: Machine, tmp_path: Path, mode: int
) -> None:
    """With its path, and the command that mends it."""
    machine.own_file(SERVICES)
    path = tmp_path / "secret"
    file = {"AAPIMPORT_PORTAL_TOKEN_FILE": _secret_file(path)}
    path.chmod(mode)
    with pytest.raises(SettingsError, match="others can read it") as caught:
        _settings(machine, AAPIMPORT_JHANA_TOKEN="t2", **file)
    assert caught.value.hint == f"chmod 600 {path}"


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is empty"), ("a\nb", "more than one line"), ("x" * 70_000, "too long")],
)
def test_a_file_with_something_else_is_refused(
    machine: Machine, tmp_path: Path, text: str, said: str
) -> None:
    """Only a secret may be in it, and it isn't shown."""
    machine.own_file(SERVICES)
    file = {"AAPIMPORT_PORTAL_TOKEN_FILE": _secret_file(tmp_path / "secret", text)}
    with pytest.raises(SettingsError, match=said):
        _settings(machine, AAPIMPORT_JHANA_TOKEN="t2", **file)


@posix
def test_our_file_of_secrets_is_tightened(machine: Machine) -> None:
    """It is ours, so it is closed instead of being refused."""
    machine.own_file(SERVICES)
    machine.state.mkdir(mode=0o700)
    path = machine.state / "secrets.json"
    _secret_file(path, '{"portal https://portal.example.com/scim": "tok"}')
    path.chmod(0o644)
    settings = _settings(machine, AAPIMPORT_JHANA_TOKEN="t2")
    assert path.stat().st_mode & 0o777 == 0o600
    assert any("could be read by others until now" in one for one in settings.notices)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}'])
def test_a_damaged_file_of_secrets_is_told(machine: Machine, text: str) -> None:
    """It isn't taken for an empty one, and is not written over."""
    machine.own_file(SERVICES)
    machine.state.mkdir(mode=0o700)
    path = machine.state / "secrets.json"
    _secret_file(path, text)
    with pytest.raises(SettingsError, match="is damaged"):
        _settings(machine, AAPIMPORT_JHANA_TOKEN="t2")
    assert path.read_text(encoding="utf-8") == text


def test_the_kinds_of_log_in(machine: Machine) -> None:
    """Each with what it needs, from a file or the environment; the secret from the environment."""
    base = SERVICES.replace("[jhana]", "{}[jhana]")
    one = Secret(value="t1", source="AAPIMPORT_PORTAL_TOKEN")
    for more, login in (
        ("", Bearer(token=one)),
        ('auth = "bearer"\n', Bearer(token=one)),
        ('auth = "basic"\nuser = "zoe"\n', Basic(user="zoe", password=one)),
        ('auth = "header"\nheader = "X-Api-Key"\n', NamedHeader(name="X-Api-Key", value=one)),
        (
            OAUTH,
            ClientCredentials(
                token_url="https://login.example.com/token",
                client_id="c",
                client_secret=one,
                scope="a b",
            ),
        ),
    ):
        machine.own_file(base.format(more))
        assert _portal(machine).login == login
    machine.own_file(SERVICES)
    variables = {"AAPIMPORT_PORTAL_AUTH": "basic", "AAPIMPORT_PORTAL_USER": "zoe"}
    assert _portal(machine, **variables).login == Basic(user="zoe", password=one)
    assert "t1" not in repr(_settings(machine, **TOKENS))


def test_certificates_and_the_proxy_reach_the_endpoint(machine: Machine) -> None:
    """Paths count from the file that names them; what opens a key comes from the environment."""
    folder = machine.own_path.parent
    more = 'certificate = "c.pem"\nkey = "c.key"\nca_file = "ca.pem"\n'
    machine.own_file(
        'proxy = "http://proxy.example.com:3128"\n' + SERVICES.replace("[jhana]", f"{more}[jhana]")
    )
    for name in ("c.pem", "c.key", "ca.pem"):
        (folder / name).touch()
    portal = _portal(machine, AAPIMPORT_PORTAL_KEY_PASSWORD="canary")
    assert portal.certificate == ClientCertificate(
        certificate=folder / "c.pem",
        key=folder / "c.key",
        password=Secret(value="canary", source="AAPIMPORT_PORTAL_KEY_PASSWORD"),
    )
    assert portal.ca_file == folder / "ca.pem"
    assert portal.proxy == "http://proxy.example.com:3128"
    assert "canary" not in repr(portal)


def test_what_a_file_says_of_another_address_does_not_count(machine: Machine) -> None:
    """Where a variable names another portal, the file's log-in and certificates stay out of it."""
    machine.own_file(SERVICES.replace("[jhana]", 'auth = "basic"\nuser = "zoe"\n[jhana]'))
    urls = {"AAPIMPORT_PORTAL_URL": "https://other.example.com"}
    elsewhere = _portal(machine, AAPIMPORT_JHANA_URL="https://jhana.example.com/scim", **urls)
    assert isinstance(elsewhere.login, Bearer)
    same = _portal(machine, AAPIMPORT_PORTAL_URL="https://PORTAL.example.com/scim")
    assert isinstance(same.login, Basic)


def test_what_is_known_of_one_portal_is_not_said_of_another(machine: Machine) -> None:
    """A profile takes over the common settings, and never those of a portal."""
    machine.own_file(
        'buffer = 5\npace = 3\nadministrator = "zoe@acme.com"\nsettle_seconds = 60\n'
        'pass_as = "group"\nnot_kept = ["roles"]\nkeeps_members = true\n' + profile("acme")
    )
    choice = Choice(profile="acme")
    environment = TOKENS | {"AAPIMPORT_STATE_DIR": str(machine.state)}
    settings = settings_for(choice, on_terminal=False, environment=environment)
    assert (settings.buffer, settings.pace, settings.settle_seconds) == (0.05, "3", 60)
    assert settings.administrator == "zoe@acme.com"
    assert (settings.pass_as, settings.not_kept, settings.keeps_members) == (
        "auto",
        frozenset(),
        False,
    )
    assert settings.profile == "acme"
    assert settings.state_dir == machine.state / "profiles" / "acme"


def test_a_secret_in_the_place_of_its_file_is_not_shown() -> None:
    """`AAPIMPORT_PORTAL_TOKEN_FILE` with the token itself is told without repeating it."""
    with pytest.raises(SettingsError) as refused:
        stores._of_file("c2VjcmV0/dG9rZW4", "AAPIMPORT_PORTAL_TOKEN_FILE")
    assert "c2VjcmV0" not in f"{refused.value.message} {refused.value.hint}"
