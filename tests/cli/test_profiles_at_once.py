"""Two uploads at the same time: of two clients, and of one client twice."""

import threading
from pathlib import Path

import pytest

from support.habits import TOKEN
from support.machine import profile
from support.stub import ScimStub
from support.wire import Act, Response

UPLOAD = ("upload", "people.csv", "--pass", "Leadership 2026", "--maybe", "create", "--no-emails")
SECRETS = {"AAPIMPORT_PORTAL_TOKEN": TOKEN, "AAPIMPORT_JHANA_TOKEN": TOKEN}
PATIENCE = 30.0


@pytest.fixture
def beta():
    """Another client's portal."""
    with ScimStub() as stub:
        stub.add_pass("p26", "Leadership 2026", 100)
        yield stub


@pytest.fixture
def betas_jhana():
    """Their Jhana."""
    with ScimStub() as stub:
        yield stub


@pytest.fixture(autouse=True)
def clients(machine, portal_stub, jhana_stub, beta, betas_jhana) -> Path:
    """The profiles `acme` and `beta` in the user's own file, and a file with one person."""
    machine.own_file(
        profile("acme", portal_stub.url, jhana_stub.url)
        + profile("beta", beta.url, betas_jhana.url)
    )
    path: Path = machine.work / "people.csv"
    path.write_text("Email Address,First Name,Last Name\nana@acme.com,Ana,Perez\n", "utf-8")
    return path


def test_two_profiles_do_not_wait_for_each_other(started, portal_stub, beta):
    """Each portal answers its first create only when the other's has come: both are under way."""
    both = threading.Barrier(2, timeout=PATIENCE)

    def meet(act: Act) -> Response:
        both.wait()
        return act()

    for portal in (portal_stub, beta):
        portal.on("POST", "/Users", meet)
    processes = [
        started(*UPLOAD, "--yes", "--profile", name, **SECRETS) for name in ("acme", "beta")
    ]
    ended = [process.communicate(timeout=2 * PATIENCE) for process in processes]
    assert not both.broken
    assert [process.returncode for process in processes] == [0, 0], ended
    assert not any(b"another upload is running" in err for _, err in ended)
    assert portal_stub.creates == beta.creates == {"ana@acme.com": 1}


def test_the_same_profile_twice_waits(started, portal_stub):
    """The second is told for whom it waits, and then finds everybody there."""
    arrived, told = threading.Event(), threading.Event()

    def hold(act: Act) -> Response:
        arrived.set()
        told.wait(PATIENCE)
        return act()

    portal_stub.on("POST", "/Users", hold)
    words = (*UPLOAD, "--yes", "--profile", "acme")
    first = started(*words, **SECRETS)
    assert arrived.wait(PATIENCE)
    second = started(*words, **SECRETS)
    assert second.stderr is not None
    said = next((line for line in second.stderr if b"another upload" in line), b"").decode()
    assert portal_stub.people == {}
    told.set()
    ended = [process.communicate(timeout=2 * PATIENCE) for process in (first, second)]
    assert f"another upload is running (process {first.pid} on" in said
    assert (first.returncode, second.returncode) == (0, 0), ended
    assert portal_stub.creates == {"ana@acme.com": 1}
