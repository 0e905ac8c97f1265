import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aapimport.cli import main
from aapimport.config.settings import (
    JHANA_TOKEN,
    JHANA_URL,
    PORTAL_TOKEN,
    PORTAL_URL,
    SETTLE_SECONDS,
)
from aapimport.sandbox.serving import PracticeServer
from support.served import Service
from support.stub import TOKEN, ScimStub
from support.traces import SECRETS, said, traces
from support.warm import Forked, Warm

EXAMPLES = Path(__file__).parents[2] / "examples"
PASS = ("--pass", "Leadership 2026")


@dataclass(frozen=True)
class Done:
    """A finished command, which has shown no token of a service that is open."""

    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        assert said(self.out + self.err, SECRETS) == []

    @property
    def json(self) -> Any:
        """What it printed as JSON, which must be all that it printed."""
        return json.loads(self.out)


def command(*arguments: object) -> list[str]:
    """The words that start `aapimport` in a process of its own."""
    return [sys.executable, "-m", "aapimport", *map(str, arguments)]


Process = subprocess.Popen[bytes] | Forked
Aapimport = Callable[..., Done]


@pytest.fixture
def live(portal_stub: ScimStub, jhana_stub: ScimStub) -> dict[str, str]:
    """The settings that reach both scripted services, in the environment."""
    return {
        PORTAL_URL: portal_stub.url,
        PORTAL_TOKEN: TOKEN,
        JHANA_URL: jhana_stub.url,
        JHANA_TOKEN: TOKEN,
        SETTLE_SECONDS: "0.1",
    }


@pytest.fixture
def aapimport() -> Aapimport:
    """Runs a command in this process, with pipes of its own; `stdin` is what can be read."""

    def run(*arguments: object, stdin: str | bytes = "", **environment: str) -> Done:
        written = stdin if isinstance(stdin, bytes) else stdin.encode()
        out, err = io.BytesIO(), io.BytesIO()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", _pipe(io.BytesIO(written), errors="surrogateescape"))
            patch.setattr(sys, "stdout", _pipe(out))
            patch.setattr(sys, "stderr", _pipe(err))
            code = main([*map(str, arguments)])
            sys.stdout.flush()
            return Done(int(code), out.getvalue().decode(), err.getvalue().decode())

    return run


def _pipe(buffer: io.BytesIO, errors: str = "strict") -> io.TextIOWrapper:
    return io.TextIOWrapper(buffer, encoding="utf-8", errors=errors, write_through=True)


@pytest.fixture
def aapimport_process() -> Aapimport:
    """Runs a command in a process of its own, as a shell does."""

    def run(*arguments: object, stdin: str | bytes = "", **environment: str) -> Done:
        done = subprocess.run(
            command(*arguments),
            input=stdin if isinstance(stdin, bytes) else stdin.encode(),
            capture_output=True,
            env=os.environ | {"PYTHONUTF8": "1"} | environment,
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def served(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What `aapimport sandbox serve` serves, from a thread: the four settings that it prints."""
    with PracticeServer(tmp_path / "served") as server:
        thread = threading.Thread(target=server.serve)
        thread.start()
        address = server.address
        with _secret(address.token, tmp_path):
            yield {
                PORTAL_URL: address.portal_url,
                PORTAL_TOKEN: address.token,
                JHANA_URL: address.jhana_url,
                JHANA_TOKEN: address.token,
                SETTLE_SECONDS: "0.5",
            }
        server.stop()
        thread.join()


@contextmanager
def _secret(token: str, folder: Path) -> Iterator[None]:
    """Let no command show a token, and none leave it in a file, but for the portal's own."""
    SECRETS.add(token)
    yield
    SECRETS.remove(token)
    kept = {"practice.sqlite3", "secrets.json", "secret"}
    left = [one for one in traces(folder, [token]) if Path(one).name not in kept]
    assert left == [], "the served portal's token is in files"


@pytest.fixture
def started(warm: Warm | None) -> Callable[..., Process]:
    """Starts a command in a process of its own, which nobody waits for yet.

    With `anew` it is a new interpreter, as users start it.
    """

    def start(*arguments: object, anew: bool = False, **environment: str) -> Process:
        surroundings = os.environ | {"PYTHONUTF8": "1"} | environment
        if warm and not anew:
            return warm.piped([*map(str, arguments)], surroundings)
        return subprocess.Popen(
            command(*arguments),
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


@pytest.fixture
def served_elsewhere(started: Callable[..., Process], tmp_path: Path) -> Iterator[dict[str, str]]:
    """The same from a process of its own, for uploads that are raced with."""
    server = started("sandbox", "serve", AAPIMPORT_STATE_DIR=str(tmp_path / "served"))
    assert server.stdout is not None
    lines = [server.stdout.readline().decode().strip() for _ in range(4)]
    settings = dict(line.split("=", 1) for line in lines)
    with _secret(settings[PORTAL_TOKEN], tmp_path):
        yield settings | {SETTLE_SECONDS: "0.5"}
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=10)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A file with 60 people of different names, all with Jhana, 10 of them in a team."""
    return _write_people(tmp_path / "many.csv", 60, 10)


@pytest.fixture
def some(tmp_path: Path) -> Path:
    """The same with 20 people, 4 of them in a team."""
    return _write_people(tmp_path / "some.csv", 20, 4)


def _write_people(file: Path, people: int, in_team: int) -> Path:
    lines = ["Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"]
    for number in range(people):
        name = "".join(
            "bdfgklmnprstvz"[number // 14**at % 14] + "aeiou"[(number + at) % 5] for at in (1, 0)
        )
        team = "Engineering" if number < in_team else ""
        lines.append(f"{name}{number}@acme.com,{name.title()}x,{name[::-1].title()}son,,{team},1")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def portal(served: Mapping[str, str]) -> Service:
    """The practice portal."""
    return Service(served[PORTAL_URL], served[PORTAL_TOKEN])


@pytest.fixture
def jhana(served: Mapping[str, str]) -> Service:
    """The practice Jhana."""
    return Service(served[JHANA_URL], served[JHANA_TOKEN])
