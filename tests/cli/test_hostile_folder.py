"""Whoever leaves an `aapimport.toml` in a folder gets nobody's secret: seen on the wire."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from support.machine import Machine, profile
from support.stub import ScimStub
from support.wire import Request, Response, Server

PORTAL, JHANA = "canary-portal-71", "canary-jhana-29"
TOKENS = {"AAPIMPORT_PORTAL_TOKEN": PORTAL, "AAPIMPORT_JHANA_TOKEN": JHANA}


@dataclass
class Thief:
    """A server that writes down all it gets."""

    url: str = ""
    got: list[str] = field(default_factory=list)


@pytest.fixture
def thief() -> Iterator[Thief]:
    """One on this machine."""
    found = Thief()

    def application(request: Request) -> Response:
        found.got.append(f"{request.method} {request.path} {request.headers} {request.body!r}")
        return Response(status=404)

    with Server(application) as server:
        found.url = server.url
        yield found


@pytest.fixture
def honest(portal_stub: ScimStub, jhana_stub: ScimStub, machine: Machine) -> Machine:
    """The user's own file names the real services, which open with the tokens."""
    portal_stub.habits.token, jhana_stub.habits.token = PORTAL, JHANA
    machine.own_file(_tables("", portal_stub.url, jhana_stub.url))
    return machine


def _tables(profile_name: str, portal: str, jhana: str, more: str = "") -> str:
    at = f"profile.{profile_name}." if profile_name else ""
    return f'[{at}portal]\nurl = "{portal}"\n{more}[{at}jhana]\nurl = "{jhana}"\n'


def _refused(done, thief: Thief, *said: str) -> None:
    words = "".join(done.err.split())  # long paths are broken anywhere
    assert done.code == 3, words
    assert all("".join(one.split()) in words for one in said), words
    assert thief.got == []
    assert "canary" not in done.out + done.err


def test_the_users_own_file_works(aapimport, honest, thief):
    """Without a file in the folder the tokens go where the user says."""
    assert aapimport("passes", **TOKENS).code == 0
    assert thief.got == []


def test_an_environment_token_does_not_go_where_the_folder_says(aapimport, honest, thief):
    """The variable, the address and the file are named."""
    path = honest.folder_file(_tables("", thief.url, f"{thief.url}/jhana"))
    done = aapimport("passes", **TOKENS)
    _refused(done, thief, "AAPIMPORT_PORTAL_TOKEN is not sent to", thief.url, f"{path} [portal]")


@pytest.mark.parametrize("where", ["home", "clients"])
def test_nor_where_a_folder_above_says(where, aapimport, honest, thief):
    """The nearest file counts, as far up as the home folder."""
    folder = honest.home if where == "home" else honest.home / "clients"
    honest.folder_file(_tables("", thief.url, f"{thief.url}/jhana"), folder)
    _refused(aapimport("passes", **TOKENS), thief, "is not sent to")


def test_nor_one_of_a_file_that_a_variable_names(aapimport, honest, thief, tmp_path):
    """A secret from AAPIMPORT_PORTAL_TOKEN_FILE is as good as one in the environment."""
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text(PORTAL, encoding="utf-8")
    honest.folder_file(_tables("", thief.url, f"{thief.url}/jhana"))
    tokens = {"AAPIMPORT_PORTAL_TOKEN_FILE": str(secret), "AAPIMPORT_JHANA_TOKEN": JHANA}
    _refused(aapimport("passes", **tokens), thief, "AAPIMPORT_PORTAL_TOKEN_FILE is not sent to")


@pytest.mark.parametrize("kept_in", ["keyring", "file"])
def test_nor_what_login_keeps(kept_in, aapimport, honest, thief, portal_stub):
    """It is bound to the address that it was kept for."""
    more = ["--file"] if kept_in == "file" else []
    for name, token in (("portal", PORTAL), ("jhana", JHANA)):
        assert aapimport("login", name, *more, stdin=token).code == 0
    assert aapimport("passes").code == 0
    path = honest.folder_file(_tables("", thief.url, f"{thief.url}/jhana"))
    _refused(aapimport("passes"), thief, "there is no token or password", thief.url)
    path.unlink()
    assert aapimport("passes").code == 0


def test_nor_to_the_other_service(aapimport, honest, thief, portal_stub, jhana_stub):
    """The addresses swapped are not the ones that the user knows."""
    honest.folder_file(_tables("", jhana_stub.url, portal_stub.url))
    asked = len(portal_stub.seen), len(jhana_stub.seen)
    _refused(aapimport("passes", **TOKENS), thief, "is not sent to")
    assert (len(portal_stub.seen), len(jhana_stub.seen)) == asked


def test_nor_by_a_profile_of_the_same_name(aapimport, honest, thief, portal_stub, jhana_stub):
    """The folder's `acme` is not the user's; nor may it borrow another profile's address."""
    honest.own_file(_tables("acme", portal_stub.url, jhana_stub.url))
    assert aapimport("passes", "--profile", "acme", **TOKENS).code == 0
    honest.folder_file(_tables("acme", thief.url, f"{thief.url}/jhana"))
    _refused(aapimport("passes", "--profile", "acme", **TOKENS), thief, "is not sent to")
    honest.folder_file(_tables("other", portal_stub.url, jhana_stub.url))
    _refused(aapimport("passes", "--profile", "other", **TOKENS), thief, "is not sent to")


@pytest.mark.parametrize("key", ["token_url", "ca_file", "certificate"])
def test_nor_over_what_could_read_it_on_its_way(key, aapimport, honest, thief):
    """A token endpoint, a company's certificates and a client's are the user's to name."""
    (honest.work / "x.pem").write_text("x", encoding="utf-8")
    value = thief.url if key == "token_url" else "x.pem"
    kind = 'auth = "client-credentials"\nclient_id = "x"\n' if key == "token_url" else ""
    path = honest.folder_file(f'[portal]\n{kind}{key} = "{value}"\n')
    _refused(aapimport("passes", **TOKENS), thief, f"{key} of the portal is given only by {path}")


@pytest.mark.parametrize("at", ["", "acme"])
@pytest.mark.parametrize(
    "lines",
    ['auth = "header"\nheader = "X-Debug"\n', 'auth = "basic"\nuser = "x"\n'],
)
def test_nor_as_something_else(lines, at, aapimport, honest, thief, portal_stub):
    """A token in a header that a service doesn't know as one is written into its logs."""
    urls = re.findall('url = "(.+)"', honest.own_path.read_text(encoding="utf-8"))
    named = ("--profile", at) if at else ()
    own = _tables(at, *urls)
    honest.own_file(own)
    table = f"[profile.{at}.portal]" if at else "[portal]"
    path = honest.folder_file(f"{table}\n{lines}")
    done = aapimport("passes", *named, **TOKENS)
    _refused(done, thief, f"auth of the portal is given only by {path}", "as what")
    honest.own_path.unlink()
    typed = dict(zip(("AAPIMPORT_PORTAL_URL", "AAPIMPORT_JHANA_URL"), urls, strict=True))
    if not at:
        done = aapimport("passes", **TOKENS, **typed)
        _refused(done, thief, f"auth of the portal is given only by {path}")
    assert portal_stub.seen == []
    honest.own_file(own)
    honest.folder_file(f'{table}\nauth = "bearer"\n')  # what holds anyway
    assert aapimport("passes", *named, **TOKENS).code == 0


@pytest.mark.parametrize(
    ("key", "own", "foreign"),
    [
        ("auth", 'auth = "basic"\nuser = "zoe"\n', 'auth = "bearer"\n'),
        ("user", 'auth = "basic"\nuser = "zoe"\n', 'user = "eve"\n'),
        ("header", 'auth = "header"\nheader = "X-Api-Key"\n', 'header = "X-Debug"\n'),
        ("client_id", "{oauth}", 'client_id = "eve"\n'),
        ("scope", "{oauth}", 'scope = "all"\n'),
    ],
)
def test_nor_as_whose_the_folder_says(key, own, foreign, aapimport, honest, thief):
    """What the user's own file says of a log-in, no other file changes."""
    oauth = f'auth = "client-credentials"\ntoken_url = "{thief.url}"\nclient_id = "c"\n'
    urls = re.findall('url = "(.+)"', honest.own_path.read_text(encoding="utf-8"))
    honest.own_file(_tables("", urls[0], urls[1], own.format(oauth=oauth)))
    path = honest.folder_file(f"[portal]\n{foreign}")
    _refused(aapimport("passes", **TOKENS), thief, f"{key} of the portal is given only by {path}")


def test_nor_through_a_proxy(aapimport, honest, thief):
    """A proxy sees where a request goes, and of plain http all of it."""
    path = honest.folder_file(f'proxy = "{thief.url}"\n')
    _refused(aapimport("passes", **TOKENS), thief, f"proxy is given only by {path}")


def test_nor_by_the_folder_of_secrets(aapimport, honest, thief):
    """A state folder that was left ready would bring a journal and secrets of its own."""
    honest.folder_file('state_dir = "state"\n')
    _refused(aapimport("passes", **TOKENS), thief, "state_dir can't be set by a file in the")


SAFETY = {
    "administrator": '"eve@example.com"',
    "settle_seconds": "0",
    "pace": "999",
    "not_kept": '["roles"]',
    "pass_as": '"group"',
    "keeps_members": "true",
}


@pytest.mark.parametrize("key", SAFETY)
@pytest.mark.parametrize("case", [(at, told) for at in ("", "acme") for told in (False, True)])
def test_a_folder_weakens_no_guard(key, case, aapimport, honest, thief, portal_stub):
    """Whose role is kept, what isn't sent and when something is sent again is the user's to say.

    Also where the file names the same services: their addresses are no secret.
    """
    at, with_addresses = case
    urls = re.findall('url = "(.+)"', honest.own_path.read_text(encoding="utf-8"))
    services = _tables(at, *urls)
    named = ("--profile", at) if at else ()
    table = f"[profile.{at}]\n" if at else ""
    line = f"{table}{key} = {SAFETY[key]}\n"
    honest.own_file(services)
    path = honest.folder_file(line + (services if with_addresses else ""))
    done = aapimport("passes", *named, **TOKENS)
    _refused(done, thief, f"{key} is given only by {path}", "decides about what is safe")
    assert portal_stub.seen == []
    honest.own_file(line + services)
    assert aapimport("passes", *named, **TOKENS).code == 0
    honest.own_path.unlink()
    if not at:
        typed = dict(zip(("AAPIMPORT_PORTAL_URL", "AAPIMPORT_JHANA_URL"), urls, strict=True))
        _refused(aapimport("passes", **TOKENS, **typed), thief, f"{key} is given only by {path}")


def test_a_folder_may_name_what_the_user_names_too(aapimport, honest, portal_stub, jhana_stub):
    """By their own file, by the environment, or by an earlier log-in."""
    tables = _tables("", portal_stub.url, jhana_stub.url)
    honest.folder_file(tables)
    assert aapimport("passes", **TOKENS).code == 0
    honest.own_path.unlink()
    assert aapimport("passes", **TOKENS).code == 3
    urls = {"AAPIMPORT_PORTAL_URL": portal_stub.url, "AAPIMPORT_JHANA_URL": jhana_stub.url}
    assert aapimport("passes", **TOKENS, **urls).code == 0
    for name, token in (("portal", PORTAL), ("jhana", JHANA)):
        url = {f"AAPIMPORT_{name.upper()}_URL": urls[f"AAPIMPORT_{name.upper()}_URL"]}
        assert aapimport("login", name, stdin=token, **url).code == 0
    assert aapimport("passes", **TOKENS).code == 0
    assert aapimport("passes").code == 0


def test_a_profile_sends_nothing_to_another_address(aapimport, honest, thief, portal_stub):
    """A variable that names another than the profile's is refused with both."""
    honest.own_file(_tables("acme", portal_stub.url, f"{portal_stub.url}/j"))
    done = aapimport("passes", "--profile", "acme", AAPIMPORT_PORTAL_URL=thief.url, **TOKENS)
    _refused(done, thief, f"AAPIMPORT_PORTAL_URL is {thief.url}", portal_stub.url, "'acme'")


def test_nor_where_the_folder_agrees_with_the_variable(aapimport, honest, thief, portal_stub):
    """The user's own binding of the profile counts, whatever the folder says of it."""
    honest.own_file(_tables("acme", portal_stub.url, f"{portal_stub.url}/j"))
    honest.folder_file(_tables("acme", thief.url, f"{portal_stub.url}/j"))
    done = aapimport("passes", "--profile", "acme", AAPIMPORT_PORTAL_URL=thief.url, **TOKENS)
    _refused(done, thief, "is bound to", portal_stub.url)


def test_a_profile_never_takes_the_services_of_no_profile(aapimport, honest, thief):
    """One that lacks an address is half configured, whatever stands at the top."""
    text = honest.own_path.read_text(encoding="utf-8")
    honest.own_file(text + f'[profile.acme.portal]\nurl = "{thief.url}"\n')
    done = aapimport("passes", "--profile", "acme", **TOKENS)
    _refused(done, thief, "half configured: url in [profile.acme.jhana]")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_not_read(aapimport, honest, thief):
    """Settings that somebody else chose are refused, whatever they say."""
    path = honest.folder_file("buffer = 5\n")
    os.chown(path, 12345, 12345)
    _refused(aapimport("passes", **TOKENS), thief, f"{path} belongs to another user")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_file_that_everybody_may_write_to_is_not_read(aapimport, honest, thief):
    """It could have been anybody."""
    path = honest.own_file(profile("acme"))
    path.chmod(0o666)
    _refused(aapimport("passes", **TOKENS), thief, f"everybody may write to {path}")
