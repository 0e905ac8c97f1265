import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aapimport.errors import SettingsError
from aapimport.sandbox.models import MAX_BODY_BYTES
from aapimport.sandbox.serving import HOST, PracticeServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PracticeServer]:
    """A practice portal on a free port."""
    with PracticeServer(tmp_path) as opened:
        thread = threading.Thread(target=opened.serve)
        thread.start()
        yield opened
        opened.stop()
        thread.join()


@pytest.fixture
def client(server: PracticeServer) -> Iterator[httpx.Client]:
    """A client with the token."""
    headers = {"Authorization": f"Bearer {server.address.token}"}
    with httpx.Client(headers=headers, trust_env=False) as opened:
        yield opened


def exchange(server: PracticeServer, raw: bytes) -> bytes:
    """What the server answers to raw bytes, until it closes the connection."""
    port = int(server.address.portal_url.split(":")[2].partition("/")[0])
    with socket.create_connection((HOST, port), timeout=10) as connection:
        connection.sendall(raw)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def test_both_services_over_http(server: PracticeServer, client: httpx.Client, wire) -> None:
    """People are created, changed, found and deleted over HTTP; addresses point back to it."""
    for base in (server.address.portal_url, server.address.jhana_url):
        created = client.post(f"{base}/Users", json=wire.person("ana"))
        assert created.status_code == 201
        location = created.headers["Location"]
        assert location.startswith(f"{base}/Users/")
        off = wire.patch({"op": "replace", "path": "active", "value": False})
        assert client.patch(location, json=off).status_code == 204
        assert client.get(location).json()["active"] is False
        assert client.delete(location).status_code == 204
        assert client.get(location).status_code == 404


def test_one_connection_serves_many_requests(server: PracticeServer, client: httpx.Client) -> None:
    """Connections are kept alive, also after an error."""
    ports = set()
    for path in ("Users", "Users/nobody", "nowhere", "Passes"):
        with client.stream("GET", f"{server.address.portal_url}/{path}") as answer:
            answer.read()
            ports.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
    assert len(ports) == 1


def test_no_entry_without_the_token(server: PracticeServer) -> None:
    """A request without the token, or with a strange one, is answered 401."""
    headers: list[Any] = [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer é".encode()},
    ]
    for header in headers:
        answer = httpx.get(f"{server.address.portal_url}/Users", headers=header, trust_env=False)
        assert answer.status_code == 401


def test_elsewhere_there_is_nothing(server: PracticeServer, client: httpx.Client) -> None:
    """Only the two base paths exist."""
    root = server.address.portal_url.removesuffix("/portal/v2")
    for path in ("/", "/portal", "/portal/v1/Users", "/other/v2/Users", "/portal/v22/Users"):
        assert client.get(f"{root}{path}").status_code == 404


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"Content-Length: {MAX_BODY_BYTES + 1}", b"413"),
        ("Content-Length: -1", b"400"),
        ("Content-Length: ten", b"400"),
        ("Transfer-Encoding: chunked", b"411"),
    ],
)
def test_bodies_without_an_honest_length(server: PracticeServer, head: str, status: bytes) -> None:
    """A body that is too large or of unknown length is refused unread, and the connection ends."""
    raw = f"POST /portal/v2/Users HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode()
    assert exchange(server, raw).startswith(b"HTTP/1.1 " + status)


def test_only_this_machine(server: PracticeServer) -> None:
    """The server listens on the loopback address."""
    assert server.address.portal_url.startswith("http://127.0.0.1:")


def test_a_taken_port(server: PracticeServer, tmp_path: Path) -> None:
    """A port that is taken is said in one sentence."""
    port = int(server.address.portal_url.split(":")[2].partition("/")[0])
    with pytest.raises(SettingsError, match=f"port {port} can't be used"):
        PracticeServer(tmp_path / "other", port)
