import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PASS = ("--pass", "Leadership 2026")


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed as JSON, which must be all that it printed."""
        return json.loads(self.out)


def command(*arguments: object) -> list[str]:
    """The words that start `aapimport` in a process of its own."""
    return [sys.executable, "-m", "aapimport", *map(str, arguments)]


Aapimport = Callable[..., Done]


@pytest.fixture
def aapimport() -> Aapimport:
    """Runs a command in a process of its own; `stdin` is what can be read from a pipe."""

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
    """`aapimport sandbox serve` in another process: the four settings that it prints."""
    folder = tmp_path / "served"
    with subprocess.Popen(
        command("sandbox", "serve"),
        env=os.environ | {"AAPIMPORT_STATE_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as server:
        assert server.stdout is not None
        lines = [server.stdout.readline().strip() for _ in range(4)]
        yield dict(line.split("=", 1) for line in lines) | {"AAPIMPORT_SETTLE_SECONDS": "0.5"}
        server.send_signal(signal.SIGTERM)
        server.wait(10)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A file with 120 people of different names, all with Jhana, 10 of them in a team."""
    file = tmp_path / "many.csv"
    lines = ["Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"]
    for number in range(120):
        name = "".join(
            "bdfgklmnprstvz"[number // 14**at % 14] + "aeiou"[(number + at) % 5] for at in (1, 0)
        )
        team = "Engineering" if number < 10 else ""
        lines.append(f"{name}{number}@acme.com,{name.title()}x,{name[::-1].title()}son,,{team},1")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
