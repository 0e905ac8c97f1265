"""One client's secret, address or facts never reach another's."""

import json
import os
from pathlib import Path

import pytest
from keyring.backends import fail

from aapimport.config.choice import Choice, settings_for, sources_of, stores_of
from aapimport.config.keeping import forget, keep
from aapimport.config.keys import OF_A_LOGIN, OF_A_PORTAL, OF_A_SERVICE, SERVICE_NAMES
from aapimport.config.logins import secret_of
from aapimport.config.settings import Settings, services
from aapimport.errors import SettingsError
from support.keyrings import LockedKeyring
from support.machine import SERVICES, Machine, profile

TOKENS = {"AAPIMPORT_PORTAL_TOKEN": "t1", "AAPIMPORT_JHANA_TOKEN": "t2"}
PORTAL, JHANA = "https://p.example.com", "https://j.example.com"
OTHER = "https://globex.example.com"
OF_A_PROFILE = {
    "proxy": ("http://proxy.acme.com:3128", "http://proxy.globex.com:3128"),
    "pace": (9, "3"),
    "buffer": (5, "50"),
    "administrator": ("zoe@acme.com", "zoe@globex.com"),
    "settle_seconds": (300, "1"),
    "keep_people": (7, "0"),
    "no_results": (False, "yes"),
    "pass_as": ("group", "entitlement"),
    "not_kept": (["roles"], "names"),
}
"""What a profile says of itself, and what a variable says otherwise."""
LOGINS = {
    "auth": {"auth": "basic", "user": "zoe"},
    "user": {"auth": "basic", "user": "bob"},
    "header": {"auth": "header", "header": "X-Other-Key"},
    "token_url": {"auth": "client-credentials", "token_url": OTHER, "client_id": "c1"},
    "client_id": {"auth": "client-credentials", "token_url": PORTAL, "client_id": "c2"},
}
"""By what has changed, log-ins that are others than those that are tried before each."""
FORMER = {
    "auth": {},
    "user": {"auth": "basic", "user": "zoe"},
    "header": {"auth": "header", "header": "X-Api-Key"},
    "token_url": {"auth": "client-credentials", "token_url": PORTAL, "client_id": "c1"},
    "client_id": {"auth": "client-credentials", "token_url": PORTAL, "client_id": "c1"},
}


def _settings(machine: Machine, *, of: str | None = "acme", **environment: str) -> Settings:
    more = {"AAPIMPORT_STATE_DIR": str(machine.state)} | environment
    return settings_for(Choice(profile=of), on_terminal=False, environment=more)


def _refused(machine: Machine, *said: str, of: str | None = "acme", **environment: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _settings(machine, of=of, **environment)
    assert all(one in caught.value.message for one in said), caught.value.message


def _lines(settings: dict[str, str]) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())


def _keep(machine: Machine, secret: str, of: str | None, *, in_file: bool = True) -> None:
    environment = {"AAPIMPORT_STATE_DIR": str(machine.state)}
    sources = sources_of(Choice(profile=of), environment)
    for one in services(sources):
        keep(one, f"{secret}-{one.name}", stores_of(sources), in_file=in_file)


def _close(how: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Close the keyring; what the environment says of it then."""
    if how == "off":
        return {"AAPIMPORT_NO_KEYRING": "1"}
    keyring = LockedKeyring() if how == "locked" else fail.Keyring()  # type: ignore[no-untyped-call]
    monkeypatch.setattr("keyring.core._keyring_backend", keyring)
    return {}


def test_what_is_tried_is_all_there_is() -> None:
    """A setting that is new needs a rule here."""
    assert LOGINS.keys() == FORMER.keys() == set(OF_A_LOGIN)
    assert {*OF_A_LOGIN, "url", "scope", "certificate", "key", "ca_file"} == set(OF_A_SERVICE)


@pytest.mark.parametrize("service", ["portal", "jhana"])
@pytest.mark.parametrize("key", OF_A_SERVICE[1:])
@pytest.mark.parametrize("stated", [True, False])
def test_no_variable_says_otherwise_than_a_profile(
    machine: Machine, key: str, service: str, stated: bool
) -> None:
    """Whether its table has the setting or not: both, or the table, are named; nothing is shown."""
    table = profile("acme")
    if stated:
        at = f"[profile.acme.{service}]\n"
        table = table.replace(at, f'{at}{key} = "of-acme"\n')
    machine.own_file(table)
    name = f"AAPIMPORT_{service}_{key}".upper()
    where = f"[profile.acme.{service}]"
    said = f"{where} {key}" if stated else f"has no {key} in {where}"
    _refused(machine, name, said, **(TOKENS | {name: "of-globex"}))
    if stated:  # the user's own file counts, whatever the folder's agrees to
        machine.folder_file(f'{where}\n{key} = "of-globex"\n')
        _refused(machine, name, said, **(TOKENS | {name: "of-globex"}))


def test_a_variable_may_say_the_same_as_the_profile(machine: Machine) -> None:
    """Nobody has to unset what is right."""
    more = '[profile.acme]\nnot_kept = ["roles"]\nbuffer = 5\n'
    at = "[profile.acme.portal]\n"
    basic = 'auth = "basic"\nuser = "zoe"\n'
    machine.own_file(profile("acme").replace(at, at + basic) + more)
    same = {"AUTH": "basic", "USER": "zoe", "URL": "https://P.example.com:443/"}
    typed = {f"AAPIMPORT_PORTAL_{key}": value for key, value in same.items()}
    facts = {"AAPIMPORT_NOT_KEPT": "roles", "AAPIMPORT_BUFFER": "5"}
    settings = _settings(machine, **(TOKENS | typed | facts))
    assert settings.not_kept == {"roles"}
    assert settings.portal is not None
    assert settings.portal.url == PORTAL


@pytest.mark.parametrize("key", OF_A_PROFILE)
def test_nor_about_anything_that_the_profile_says(machine: Machine, key: str) -> None:
    """Both are named; what practises isn't kept from it."""
    own, typed = OF_A_PROFILE[key]
    machine.own_file(f"[profile.acme]\n{key} = {json.dumps(own)}\n" + profile("acme"))
    name = f"AAPIMPORT_{key.upper()}"
    _refused(
        machine, f"{name} says otherwise than", f"[profile.acme] {key}", **TOKENS, **{name: typed}
    )
    practice = Choice(profile="acme", practice=True)
    environment = {"AAPIMPORT_STATE_DIR": str(machine.state), name: typed}
    assert settings_for(practice, on_terminal=False, environment=environment).target == "practice"


@pytest.mark.parametrize(
    ("key", "typed"), [("not_kept", "roles,names"), ("pass_as", "group"), ("keeps_members", "yes")]
)
def test_what_is_known_of_another_portal_is_refused(machine: Machine, key: str, typed: str) -> None:
    """As a variable beside a profile, and above the [portal] of another address."""
    assert key in OF_A_PORTAL
    machine.own_file(profile("acme"))
    name = f"AAPIMPORT_{key.upper()}"
    _refused(machine, name, f"has no {key} in [profile.acme]", **TOKENS, **{name: typed})
    in_file = {"not_kept": '["roles"]', "pass_as": '"group"', "keeps_members": "true"}[key]
    machine.own_file(f"{key} = {in_file}\n{SERVICES}")
    _settings(machine, of=None, **TOKENS)
    urls = {"AAPIMPORT_PORTAL_URL": OTHER, "AAPIMPORT_JHANA_URL": JHANA}
    _refused(machine, key, "is known of the portal at", OTHER, of=None, **TOKENS, **urls)


def test_what_holds_for_every_client_may_be_a_variable(machine: Machine) -> None:
    """Where the profile says nothing else."""
    machine.own_file(profile("acme"))
    everybodys = {"AAPIMPORT_BUFFER": "5", "AAPIMPORT_PROXY": "http://proxy.example.com:3128"}
    assert _settings(machine, **TOKENS, **everybodys).buffer == 0.05


def test_a_variable_contradicts_no_table_without_a_profile(machine: Machine) -> None:
    """What the table of the same address says counts; what it leaves open, a variable may say."""
    basic = 'auth = "basic"\nuser = "zoe"\n'
    machine.own_file(SERVICES.replace("[jhana]", f"{basic}[jhana]"))
    _refused(
        machine,
        "AAPIMPORT_PORTAL_USER says otherwise than",
        "[portal] user",
        of=None,
        **TOKENS,
        AAPIMPORT_PORTAL_USER="bob",
    )


@pytest.mark.parametrize("at", ["", "acme"])
@pytest.mark.parametrize("service", ["portal", "jhana"])
def test_one_place_names_both_services(machine: Machine, service: str, at: str) -> None:
    """One of a file and the other of a variable, or of two files, may be two clients'."""
    tables = profile("acme") if at else profile("x").replace("profile.x.", "")
    where = f"profile.{at}.{service}" if at else service
    elsewhere = f'[{where}]\nurl = "{OTHER}"\n'
    of = at or None
    machine.own_file(tables)
    _settings(machine, of=of, **TOKENS)
    machine.folder_file(elsewhere)
    _refused(machine, "they may belong to two clients", of=of, **TOKENS)
    machine.folder_file(elsewhere.replace(OTHER, PORTAL if service == "portal" else JHANA))
    _settings(machine, of=of, **TOKENS)  # it says the same
    machine.folder_file("")
    name = f"AAPIMPORT_{service.upper()}_URL"
    said = "is bound to" if at else "they may belong to two clients"
    _refused(machine, name, said, of=of, **TOKENS, **{name: OTHER})
    machine.own_file(tables.partition("[profile.acme.jhana]" if at else "[jhana]")[0])
    missing = "has no url in [profile.acme.jhana]" if at else "they may belong to two clients"
    _refused(machine, missing, of=of, **TOKENS, AAPIMPORT_JHANA_URL=OTHER)


@pytest.mark.parametrize("changed", LOGINS)
@pytest.mark.parametrize("in_file", [True, False])
def test_a_kept_secret_is_bound_to_its_log_in(
    machine: Machine, changed: str, in_file: bool
) -> None:
    """To its kind, the user, the header, the token endpoint and the client, wherever set."""
    tables = SERVICES.replace("[jhana]", "{}[jhana]")
    machine.own_file(tables.format(_lines(FORMER[changed])))
    _keep(machine, "kept", None, in_file=in_file)
    assert _settings(machine, of=None).target == "live"
    machine.own_file(tables.format(_lines(LOGINS[changed])))
    _refused(machine, "no token or password for the portal", "is for another log-in", of=None)
    machine.own_file(SERVICES)
    typed = {f"AAPIMPORT_PORTAL_{key.upper()}": it for key, it in LOGINS[changed].items()}
    _refused(machine, "no token or password for the portal", of=None, **typed)


@pytest.mark.parametrize("in_file", [True, False])
def test_a_secret_of_another_profile_goes_nowhere(machine: Machine, in_file: bool) -> None:
    """A variable that holds what is kept for another client is refused before anything is sent."""
    machine.own_file(
        profile("acme") + profile("globex", OTHER, f"{OTHER}/j") + SERVICES.replace("/scim", "/s")
    )
    _keep(machine, "globex", "globex", in_file=in_file)
    typed = {"AAPIMPORT_PORTAL_TOKEN": "globex-portal", "AAPIMPORT_JHANA_TOKEN": "t2"}
    said = "is the secret that is kept for https://globex.example.com of profile globex"
    _refused(machine, f"AAPIMPORT_PORTAL_TOKEN {said}", PORTAL, **typed)
    _settings(machine, of="globex", **(typed | {"AAPIMPORT_JHANA_TOKEN": "globex-jhana"}))
    _refused(machine, said, of=None, **typed)
    _keep(machine, "globex", "acme", in_file=in_file)
    settings = _settings(machine, **(typed | {"AAPIMPORT_JHANA_TOKEN": "globex-jhana"}))
    assert settings.portal is not None
    assert secret_of(settings.portal.login).value == "globex-portal"


@pytest.mark.parametrize("closed", ["locked", "off", "absent"])
def test_a_keyring_that_is_closed_hides_no_secret(
    machine: Machine, closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another client's secret, and another one of this client, are known by their digests."""
    machine.own_file(profile("acme") + profile("globex", OTHER, f"{OTHER}/j"))
    _keep(machine, "globex", "globex", in_file=False)
    more = _close(closed, monkeypatch)
    typed = {"AAPIMPORT_PORTAL_TOKEN": "globex-portal", "AAPIMPORT_JHANA_TOKEN": "t2"} | more
    said = "is the secret that is kept for https://globex.example.com of profile globex"
    _refused(machine, said, **typed)
    assert _settings(machine, **(TOKENS | more)).profile == "acme"
    _refused(
        machine, "profile globex has another secret", "(keyring)", of="globex", **TOKENS, **more
    )
    own = typed | {"AAPIMPORT_JHANA_TOKEN": "globex-jhana"}
    assert _settings(machine, of="globex", **own).profile == "globex"
    index = (machine.state / "profiles" / "globex" / "keyring.json").read_text(encoding="utf-8")
    assert "globex-" not in index


def test_what_was_kept_before_there_were_digests_is_compared_while_the_keyring_is_open(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far as that can be: an entry that says no more than that there is one."""
    monkeypatch.setattr("sys.platform", "linux")
    machine.own_file(profile("acme") + profile("globex", OTHER, f"{OTHER}/j"))
    _keep(machine, "globex", "globex", in_file=False)
    index = machine.state / "profiles" / "globex" / "keyring.json"
    older = dict.fromkeys(json.loads(index.read_text(encoding="utf-8")), "keyring")
    index.write_text(json.dumps(older), encoding="utf-8")
    typed = {"AAPIMPORT_PORTAL_TOKEN": "globex-portal", "AAPIMPORT_JHANA_TOKEN": "t2"}
    _refused(machine, "of profile globex", **typed)
    monkeypatch.setattr("keyring.core._keyring_backend", LockedKeyring())
    assert _settings(machine, **typed).profile == "acme"


@pytest.mark.parametrize("of", ["acme", None])
@pytest.mark.parametrize("in_file", [True, False])
def test_a_secret_of_the_other_service_goes_nowhere(
    machine: Machine, of: str | None, in_file: bool
) -> None:
    """Jhana's in the portal's variable is refused, and so is one of an address of before."""
    tables = profile("acme") if of else SERVICES
    machine.own_file(tables)
    _keep(machine, "kept", of, in_file=in_file)
    sources = sources_of(Choice(profile=of), {"AAPIMPORT_STATE_DIR": str(machine.state)})
    for name in SERVICE_NAMES:
        one = sources.service(name)
        assert one is not None
        assert forget(name, one.kept_for, stores_of(sources))
        other = next(it for it in SERVICE_NAMES if it != name)
        typed = {f"AAPIMPORT_{it.upper()}_TOKEN": f"kept-{other}" for it in SERVICE_NAMES}
        _refused(machine, f"AAPIMPORT_{name.upper()}_TOKEN is the secret", of=of, **typed)
        _keep(machine, "kept", of, in_file=in_file)
    portal = sources.service("portal")
    assert portal is not None
    machine.own_file(tables.replace(portal.url, OTHER))
    moved = {"AAPIMPORT_PORTAL_TOKEN": "kept-portal", "AAPIMPORT_JHANA_TOKEN": "kept-jhana"}
    _refused(machine, f"is kept for {portal.url}", of=of, **moved)
    _keep(machine, "kept", of, in_file=in_file)  # whoever keeps it for both has said so
    assert _settings(machine, of=of, **moved).target == "live"


@pytest.mark.parametrize("in_file", [True, False])
def test_a_secret_of_the_same_address_is_sent_there(machine: Machine, in_file: bool) -> None:
    """A profile with another name now, two of one portal, and two clients that share a Jhana."""
    machine.own_file(profile("acme"))
    _keep(machine, "kept", "acme", in_file=in_file)
    machine.own_file(profile("renamed") + profile("shares", OTHER) + profile("acme"))
    typed = {"AAPIMPORT_PORTAL_TOKEN": "kept-portal", "AAPIMPORT_JHANA_TOKEN": "kept-jhana"}
    assert _settings(machine, of="renamed", **typed).profile == "renamed"
    own = typed | {"AAPIMPORT_PORTAL_TOKEN": "t1"}
    assert _settings(machine, of="shares", **own).profile == "shares"
    _refused(machine, "of profile acme", of="shares", **typed)


@pytest.mark.parametrize("closed", ["locked", "off", "absent"])
def test_a_keyring_that_is_closed_is_said_to_be(
    machine: Machine, closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing has changed about the log-in; what has is told once the log-in is another."""
    machine.own_file(profile("acme"))
    _keep(machine, "kept", "acme", in_file=False)
    more = _close(closed, monkeypatch)
    said = {
        "locked": "the keyring is locked",
        "off": "switched off by AAPIMPORT_NO_KEYRING",
        "absent": "no keyring that keeps secrets safe",
    }[closed]
    with pytest.raises(SettingsError) as caught:
        _settings(machine, **more)
    assert "is kept in the keyring, which can't be read now" in caught.value.message
    assert said in caught.value.message
    assert "has changed" not in caught.value.message
    assert "unlock it" in caught.value.hint
    basic = 'auth = "basic"\nuser = "zoe"\n'
    machine.own_file(profile("acme").replace("[profile.acme.j", f"{basic}[profile.acme.j"))
    _refused(machine, "is for another log-in", **more)


def test_nor_does_what_is_kept_without_a_profile(machine: Machine) -> None:
    """Unless the profile names the same address."""
    machine.own_file(profile("acme") + SERVICES)
    _keep(machine, "kept", None)
    typed = {"AAPIMPORT_PORTAL_TOKEN": "kept-portal", "AAPIMPORT_JHANA_TOKEN": "t2"}
    _refused(machine, "is the secret that is kept for https://portal.example.com/scim", **typed)
    same = profile("acme", "https://portal.example.com/scim", "https://jhana.example.com/scim")
    machine.own_file(same + SERVICES)
    assert _settings(machine, **typed).profile == "acme"


def test_another_profiles_damaged_file_stops_nobody(machine: Machine, tmp_path: Path) -> None:
    """It is that profile's to mend."""
    machine.own_file(profile("acme") + profile("globex"))
    _keep(machine, "globex", "globex")
    (machine.state / "profiles" / "globex" / "secrets.json").write_text("{", encoding="utf-8")
    assert _settings(machine, **TOKENS).profile == "acme"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_another_profiles_open_file_is_closed_and_told(machine: Machine) -> None:
    """Whoever looks into it first says so: nobody could tell afterwards."""
    machine.own_file(profile("acme") + profile("globex", OTHER, f"{OTHER}/j"))
    _keep(machine, "globex", "globex")
    path = machine.state / "profiles" / "globex" / "secrets.json"
    path.chmod(0o644)
    notices = _settings(machine, **TOKENS).notices
    (told,) = (one for one in notices if "could be read by others until now" in one)
    assert told.startswith(str(path))
    assert path.stat().st_mode & 0o777 == 0o600
