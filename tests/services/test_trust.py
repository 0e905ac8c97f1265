import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from aapimport.config.logins import Bearer, ClientCertificate, Secret
from aapimport.config.settings import Endpoint
from aapimport.errors import SettingsError
from aapimport.services.health import State, examine
from aapimport.services.outcomes import Verdict, judge
from aapimport.services.proxies import Proxy
from aapimport.services.replies import Answer, NotSent, Reply
from aapimport.services.transport import Transport
from aapimport.services.trust import signer_of, trusting
from support.encrypted import (
    AUTHORITY,
    CLIENT,
    CLIENT_ALONE,
    LOCKED_KEY,
    LOCKED_WITH,
    OTHER_KEY,
    showing,
)
from support.stub import TOKEN, ScimStub
from support.tunnel import Tunnel
from support.uploading import Uploading, people, services

LOGIN = Bearer(token=Secret(value=TOKEN, source="AAPIMPORT_PORTAL_TOKEN"))


@contextmanager
def encrypted(name: str = "service", *, asks: bool = False) -> Iterator[ScimStub]:
    """A portal that shows a certificate."""
    with ScimStub(context=showing(name, asks=asks)) as stub:
        stub.add_pass("p26", "Leadership 2026", 100)
        yield stub


def ask(url: str, **more: Any) -> Reply:
    """What becomes of a request with these certificates."""
    with closing(Transport(Endpoint(url=url, login=LOGIN, **more))) as transport:
        return transport.request("GET", "/Users")


def password(value: str) -> Secret:
    """What opens a key."""
    return Secret(value=value, source="AAPIMPORT_CLIENT_KEY_PASSWORD")


def test_a_companys_certificates_are_trusted_beside_the_systems():
    """`ca_file` adds: with it the service is reached, without it nothing is sent."""
    with encrypted() as stub:
        assert isinstance(ask(stub.url, ca_file=AUTHORITY), Answer)
        assert len(stub.seen) == 1
        assert isinstance(ask(stub.url), NotSent)
        assert len(stub.seen) == 1
    assert trusting(None, AUTHORITY).verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("through_a_proxy", [False, True])
def test_an_unknown_certificate_says_who_signed_it(through_a_proxy: bool):
    """And that `ca_file` helps; nothing but the connection is made to find that out."""
    with encrypted() as stub, Tunnel(stub._server.port) as tunnel:
        reply = ask(stub.url, proxy=tunnel.url if through_a_proxy else "")
        assert stub.seen == []
        assert bool(tunnel.asked) is through_a_proxy
    assert isinstance(reply, NotSent)
    place = stub.url.split("/")[2]
    assert reply.reason == (
        f"the certificate of {place} was signed by 'Acme Test Authority', which this computer"
        " doesn't trust"
    )
    assert "ca_file" in reply.cure


@pytest.mark.parametrize("name", ["service", "expired", "elsewhere"])
@pytest.mark.parametrize("source", ["the setting proxy", "HTTPS_PROXY"])
def test_a_proxys_certificate_is_not_blamed_on_the_service(name: str, source: str, monkeypatch):
    """The connection to a proxy may be encrypted as well; the service's owner can't help there."""
    trusted = None if name == "service" else AUTHORITY
    with encrypted() as stub, Tunnel(stub._server.port, showing(name)) as tunnel:
        monkeypatch.setenv("HTTPS_PROXY", tunnel.url.replace("://", "://ana:pass-w0rd@"))
        url = stub.url.replace("127.0.0.1", "portal.example.com")
        setting = tunnel.url if source == "the setting proxy" else ""
        reply = ask(url, proxy=setting, ca_file=trusted)
        assert stub.seen == []
        assert tunnel.asked == []
    assert isinstance(reply, NotSent)
    place = tunnel.url.partition("://")[2]
    words = {
        "service": "was signed by 'Acme Test Authority', which this computer doesn't trust",
        "expired": "has expired",
        "elsewhere": "is not for 127.0.0.1",
    }
    assert reply.reason == f"the certificate of the proxy {place} ({source}) {words[name]}"
    assert "service's owner" not in reply.cure
    cure = {
        "service": "ca_file",
        "expired": "whoever runs the proxy",
        "elsewhere": f"check {source}",
    }
    assert cure[name] in reply.cure


def test_a_services_certificate_behind_an_encrypted_proxy_is_the_services():
    """The proxy's own is trusted, and connects us."""
    with encrypted("expired") as stub, Tunnel(stub._server.port, showing()) as tunnel:
        reply = ask(stub.url, proxy=tunnel.url, ca_file=AUTHORITY)
        assert stub.seen == []
        assert len(tunnel.asked) == 1
    assert isinstance(reply, NotSent)
    assert reply.reason == f"the certificate of {stub.url.split('/')[2]} has expired"
    assert "service's owner" in reply.cure


def test_a_proxys_password_is_not_sent_in_the_clear_to_find_a_signer():
    """A proxy whose address begins with https is spoken to encrypted, or not at all."""
    with encrypted() as stub, Tunnel(stub._server.port) as tunnel:
        url = tunnel.url.replace("http://", "https://ana:pass-w0rd@")
        assert signer_of("portal.example.com", 443, Proxy(url=url, source="HTTPS_PROXY")) == ""
        assert tunnel.asked == []


def test_a_proxy_that_speaks_no_tls_is_said_to(portal_stub: ScimStub):
    """An address of a proxy that begins with https is one that has to be spoken to encrypted."""
    proxy = f"https://{portal_stub.url.split('/')[2]}"
    reply = ask("https://portal.example.com/v2", proxy=proxy, ca_file=AUTHORITY)
    assert isinstance(reply, NotSent)
    assert "at the proxy 127.0.0.1:" in reply.reason
    assert "write http:// before the proxy in the setting proxy" in reply.cure
    assert not reply.astray


@pytest.mark.parametrize(
    ("name", "words", "cure"),
    [
        ("expired", "has expired", "this computer's date"),
        ("elsewhere", "is not for 127.0.0.1", "check the address"),
    ],
)
def test_a_wrong_certificate_is_said_in_words(name: str, words: str, cure: str):
    """Expired, or another host's: no repeat mends it, and nothing is sent."""
    with encrypted(name) as stub:
        reply = ask(stub.url, ca_file=AUTHORITY)
        assert stub.seen == []
    assert isinstance(reply, NotSent)
    assert words in reply.reason
    assert cure in reply.cure
    assert judge(reply).verdict is Verdict.PAUSE


@pytest.mark.parametrize("name", ["service", "expired", "elsewhere"])
def test_a_certificate_that_is_not_trusted_is_a_setting(name: str, jhana_stub: ScimStub):
    """Exit 3 at once, not after minutes of trying; doctor says that nothing could be asked."""
    trusted = None if name == "service" else AUTHORITY
    with encrypted(name) as stub, services(stub, jhana_stub, ca_file=trusted) as both:
        with pytest.raises(SettingsError, match="can't be used: the certificate of"):
            _ = both.portal.capabilities
        assert examine(both.portal).state is State.UNUSABLE


def test_a_server_that_speaks_no_tls_is_said_to(portal_stub: ScimStub):
    """Https at a port where http is spoken."""
    reply = ask(portal_stub.url.replace("http:", "https:"))
    assert isinstance(reply, NotSent)
    assert "doesn't speak TLS" in reply.reason
    assert reply.cure == "check the address and its port"


@pytest.mark.parametrize(
    "certificate",
    [
        ClientCertificate(certificate=CLIENT),
        ClientCertificate(certificate=CLIENT_ALONE, key=CLIENT),
        ClientCertificate(certificate=CLIENT_ALONE, key=LOCKED_KEY, password=password(LOCKED_WITH)),
    ],
    ids=["one file", "two files", "a locked key"],
)
def test_a_client_certificate_opens_a_service_that_asks_for_it(certificate: ClientCertificate):
    """Shown while the connection is made, beside the token."""
    with encrypted(asks=True) as stub:
        reply = ask(stub.url, ca_file=AUTHORITY, certificate=certificate)
    assert isinstance(reply, Answer)
    assert reply.ok


def test_a_service_that_misses_a_client_certificate_is_no_riddle():
    """Whoever shows none has sent nothing that the service looked at, and is told what to set."""
    with encrypted(asks=True) as stub:
        for _ in range(20):
            reply = ask(stub.url, ca_file=AUTHORITY)
            assert stub.seen == []
            if isinstance(reply, NotSent):  # else the server's reset was quicker than its word
                break
    assert isinstance(reply, NotSent)
    assert "doesn't accept our client certificate (certificate required)" in reply.reason
    assert "client certificate" in reply.cure


def test_an_older_encryption_has_fewer_words_for_a_missing_client_certificate():
    """TLS 1.2 knows only that the handshake failed: the cure names what may be missing."""
    context = showing(asks=True)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with ScimStub(context=context) as stub:
        reply = ask(stub.url, ca_file=AUTHORITY)
        assert stub.seen == []
    assert isinstance(reply, NotSent)
    assert "refuses an encrypted connection (handshake failure)" in reply.reason
    assert "client certificate" in reply.cure


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (ClientCertificate(certificate=Path("gone.pem")), "gone.pem, which should hold the client"),
        (ClientCertificate(certificate=CLIENT, key=Path("gone.key")), "gone.key, which should"),
        (ClientCertificate(certificate=CLIENT_ALONE, key=OTHER_KEY), "doesn't belong to the"),
        (ClientCertificate(certificate=CLIENT_ALONE, key=LOCKED_KEY), "needs a password"),
        (
            ClientCertificate(
                certificate=CLIENT_ALONE, key=LOCKED_KEY, password=password("not-this-one")
            ),
            "the password from AAPIMPORT_CLIENT_KEY_PASSWORD doesn't open the key",
        ),
        (ClientCertificate(certificate=CLIENT_ALONE), "no client certificate with its key"),
        (ClientCertificate(certificate=Path(__file__)), "no client certificate with its key"),
    ],
    ids=["missing", "no key", "another's key", "locked", "wrong password", "half", "no PEM"],
)
def test_an_unusable_client_certificate_is_a_setting(certificate: ClientCertificate, words: str):
    """In a sentence, before anything is sent; nothing is asked on the terminal."""
    endpoint = Endpoint(url="https://127.0.0.1:9/v2", login=LOGIN, certificate=certificate)
    with pytest.raises(SettingsError) as caught:
        Transport(endpoint)
    assert words in caught.value.message
    assert "not-this-one" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_an_unusable_ca_file_is_a_setting(tmp_path: Path, content: bytes | None):
    """Missing, empty, or something else."""
    file = tmp_path / "company.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match="ca_file"):
        Transport(Endpoint(url="https://127.0.0.1:9/v2", login=LOGIN, ca_file=file))


def test_people_are_uploaded_with_a_client_certificate(uploading: Uploading):
    """A whole run over mTLS: everybody is there, once."""
    uploading.rows = people(20)
    with encrypted(asks=True) as stub:
        uploading.portal = stub
        uploading.reached_by = {
            "ca_file": AUTHORITY,
            "certificate": ClientCertificate(certificate=CLIENT),
        }
        uploading.run()
        assert len(stub.people) == 20
        assert set(stub.people.values()) == {1}
