from contextlib import closing

import pytest

from aapimport.config.logins import Bearer, Secret
from aapimport.config.settings import Endpoint
from aapimport.errors import SettingsError
from aapimport.services import proxies as module
from aapimport.services.proxies import proxy_for
from aapimport.services.replies import Answer, NotSent, Reply
from aapimport.services.transport import Transport
from support.encrypted import AUTHORITY, showing
from support.stub import TOKEN, ScimStub
from support.tunnel import Tunnel

PORTAL = "https://portal.example.com/scim/v2"
LOGIN = Bearer(token=Secret(value=TOKEN, source=""))


@pytest.fixture
def tunnel():
    """A proxy behind which the portal is, whose name nobody here could look up."""
    with ScimStub(context=showing()) as stub, Tunnel(stub._server.port) as opened:
        yield opened


def ask(proxy: str = "") -> Reply:
    """What becomes of a request to the portal."""
    endpoint = Endpoint(url=PORTAL, login=LOGIN, ca_file=AUTHORITY, proxy=proxy)
    with closing(Transport(endpoint)) as transport:
        return transport.request("GET", "/Users")


def url_for(url: str, setting: str = "") -> str | None:
    """The proxy's address."""
    proxy = proxy_for(url, setting)
    return proxy.url if proxy else None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_the_environments_proxy_connects_us(tunnel: Tunnel, monkeypatch, name: str):
    """It sees where we go, and nothing of what is said there."""
    monkeypatch.setenv(name, tunnel.url)
    reply = ask()
    assert isinstance(reply, Answer)
    assert reply.ok
    assert tunnel.asked == ["portal.example.com:443"]


def test_the_setting_goes_before_the_environment(tunnel: Tunnel, monkeypatch):
    """Also before its exceptions; only what isn't encrypted on this machine is reached directly."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "*")
    assert isinstance(ask(tunnel.url), Answer)
    assert url_for("http://127.0.0.1:8080/v2", "proxy.acme.com:3128") is None


def test_a_proxy_that_asks_for_a_password_is_named(tunnel: Tunnel, monkeypatch):
    """The words are about the proxy, no repeat mends it, and its variable is where to write it."""
    tunnel.log_in = "ana:open-sesame"
    monkeypatch.setenv("HTTPS_PROXY", tunnel.url)
    place = tunnel.url.removeprefix("http://")
    reply = ask()
    assert isinstance(reply, NotSent)
    asks = f"the proxy {place} (HTTPS_PROXY) asks for a user and a password (HTTP 407)"
    assert reply.reason == asks
    assert "HTTPS_PROXY" in reply.cure
    wrong = ask(tunnel.url.replace("//", "//ana:opensesame@"))
    assert isinstance(wrong, NotSent)
    assert wrong.reason == (
        f"the proxy {place} (the setting proxy) refuses the user or the password (HTTP 407)"
    )
    assert "opensesame" not in wrong.reason + wrong.cure
    assert isinstance(ask(tunnel.url.replace("//", "//ana:open%2Dsesame@")), Answer)


@pytest.mark.parametrize(
    ("status", "words", "lasts"),
    [(403, "refuses to connect us to", True), (502, "doesn't get through to", False)],
)
def test_a_proxy_that_does_not_connect_us_is_named(tunnel: Tunnel, status: int, words, lasts):
    """A refusal stays; a proxy that can't reach the service now may do so later."""
    tunnel.status = status
    reply = ask(tunnel.url)
    assert isinstance(reply, NotSent)
    assert "the proxy 127.0.0.1:" in reply.reason
    assert f"{words} portal.example.com:443 (HTTP {status})" in reply.reason
    assert bool(reply.cure) is lasts


def test_a_proxy_that_is_not_there_is_named(monkeypatch):
    """Nothing answers there: that isn't the portal's fault."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    words = "nothing answers at the proxy 127.0.0.1:9 (HTTPS_PROXY) (connection refused)"
    assert ask() == NotSent(words)


@pytest.mark.parametrize(
    ("exceptions", "direct"),
    [
        ("*", True),
        ("localhost, *", True),
        ("portal.example.com", True),
        ("PORTAL.example.com", True),
        ("example.com", True),
        (".example.com", True),
        ("*.example.com", True),
        ("portal.example.com:443", True),
        ("https://portal.example.com", True),
        ("::1,127.0.0.1, example.com", True),
        ("", False),
        ("portal.example.com:8443", False),
        ("ample.com", False),
        ("portal.example.com.evil.org,10.0.0.0/8,::1", False),
    ],
)
def test_exceptions_are_read_as_curl_reads_them(monkeypatch, exceptions: str, direct: bool):
    """NO_PROXY: names and their endings, ports, and everything."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.acme.com:3128")
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert (url_for(PORTAL) is None) is direct


@pytest.mark.parametrize("exceptions", ["10.1.2.3", "10.0.0.0/8", "10.1.2.3:443"])
def test_exceptions_may_be_ranges_of_addresses(monkeypatch, exceptions: str):
    """A service that is configured by its number."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.acme.com:3128")
    monkeypatch.setenv("no_proxy", exceptions)
    assert url_for("https://10.1.2.3/scim/v2") is None
    assert url_for("https://11.1.2.3/scim/v2") is not None


def test_this_machine_is_never_reached_by_the_environments_proxy(monkeypatch):
    """Not even where a variable can't be used: it isn't followed."""
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "nonsense://")
    assert url_for("http://127.0.0.1:8080/v2") is None
    assert url_for("http://localhost:8080/v2") is None


def test_small_letters_win_and_a_scheme_may_be_missing(monkeypatch):
    """As in curl and in every other program that reads these variables."""
    monkeypatch.setenv("HTTPS_PROXY", "http://capital.acme.com")
    monkeypatch.setenv("https_proxy", "small.acme.com:3128")
    found = proxy_for(PORTAL)
    assert found is not None
    assert (found.url, found.source) == ("http://small.acme.com:3128", "https_proxy")
    assert (found.host, found.port) == ("small.acme.com", 3128)


def test_a_variable_for_everything_else_is_not_looked_at_without_need(monkeypatch):
    """A desktop that sets ALL_PROXY to a SOCKS proxy beside HTTPS_PROXY is no mistake."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.acme.com:3128")
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.acme.com:1080")
    assert url_for(PORTAL) == "http://proxy.acme.com:3128"


def test_a_system_without_variables_is_asked_for_its_proxy(monkeypatch):
    """Windows and macOS keep it, with its exceptions, in their own settings."""
    settings = {"https": "http://proxy.acme.com:3128"}
    monkeypatch.setattr("urllib.request.getproxies", lambda: settings)
    monkeypatch.setattr("urllib.request.proxy_bypass", lambda host: host == "in.example.com")
    found = proxy_for(PORTAL)
    assert found is not None
    assert found.source == "this computer's proxy setting"
    assert proxy_for("https://in.example.com/v2") is None


UNUSABLE = [
    ("HTTPS_PROXY", "http://proxy.acme.com:99999"),
    ("https_proxy", "http://proxy.acme.com:port"),
    ("HTTPS_PROXY", "http://user:pass-w0rd@proxy.acme.com:0"),
    ("HTTP_PROXY", "htp://proxy.acme.com:3128"),
    ("HTTPS_PROXY", "://user:pass-w0rd@proxy.acme.com"),
    ("HTTPS_PROXY", "//proxy.acme.com:3128"),
    ("HTTPS_PROXY", "http://[::1"),
    ("HTTPS_PROXY", "http://"),
    ("ALL_PROXY", "socks5://user:pass-w0rd@proxy.acme.com:1080"),
    ("all_proxy", "socks://proxy.acme.com:1080"),
    ("NO_PROXY", "localhost,[::1]"),
    ("no_proxy", "fe80::/10"),
    ("NO_PROXY", "[fe80::1]:443"),
    ("NO_PROXY", "::1,12::zz"),
]
"""Variables that no proxy can be had from."""


@pytest.mark.parametrize(("name", "value"), UNUSABLE)
def test_a_variable_that_can_not_be_used_is_named(monkeypatch, name: str, value: str):
    """In a sentence with its name, and without the password that may be in it."""
    monkeypatch.setattr(module, "find_spec", lambda _name: None)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        Transport(Endpoint(url=PORTAL, login=LOGIN))
    assert caught.value.message.startswith(f"{name} ")
    assert "pass-w0rd" not in caught.value.message + caught.value.hint


def test_a_socks_proxy_is_used_where_its_package_is(monkeypatch):
    """What is missing is one package, and the words say so."""
    monkeypatch.setattr(module, "find_spec", lambda _name: None)
    with pytest.raises(
        SettingsError, match="the setting proxy names a SOCKS proxy, for which the Python"
    ):
        proxy_for(PORTAL, "socks5://proxy.acme.com")
    monkeypatch.setattr(module, "find_spec", lambda name: name == "socksio")
    found = proxy_for(PORTAL, "socks5://proxy.acme.com")
    assert found is not None
    assert found.port == 1080
    with pytest.raises(
        SettingsError, match="the setting proxy names a proxy whose address can't be used"
    ):
        Transport(Endpoint(url=PORTAL, login=LOGIN, proxy="socks5://proxy.acme.com"))


def test_a_proxys_password_is_in_nothing_that_is_printed():
    """Neither of the settings' text nor of the proxy's."""
    url = "http://ana:pass-w0rd@proxy.acme.com"
    endpoint = Endpoint(url=PORTAL, login=LOGIN, proxy=url)
    assert "pass-w0rd" not in repr(endpoint) + repr(proxy_for(PORTAL, url))
