"""A command that is watched from inside: what it calls, starts and hands to its children.

As a script it is that command: `watched.py RECORD words…`. Each event is a line of JSON.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STARTING = {"os.system", "os.exec", "os.posix_spawn", "os.startfile", "pty.spawn"}
_SOCKETS = {"socket.connect", "socket.sendto", "socket.sendmsg"}


@dataclass(frozen=True)
class Record:
    """What a command did.

    Attributes:
        called: The addresses that it connected or sent to.
        looked_up: The hosts that it had looked up.
        started: Ways in which it started programs, other than as a child with words.
        children: Its children, each with its words, and its environment as it was given and as the
            system shows it.
    """

    called: frozenset[str]
    looked_up: frozenset[str]
    started: tuple[str, ...]
    children: tuple[tuple[list[str], str], ...]


def watched(record: Path, *words: object) -> list[str]:
    """The words that start `aapimport` under watch."""
    return [sys.executable, __file__, str(record), *map(str, words)]


def read_record(path: Path) -> Record:
    """What was written down."""
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def of(kind: str) -> list[Any]:
        return [what for one, what in events if one == kind]

    return Record(
        called=frozenset(of("called")),
        looked_up=frozenset(of("looked up")),
        started=tuple(of("started")),
        children=tuple((words, environment) for words, environment in of("child")),
    )


def _watch(path: str) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(kind: str, what: object) -> None:
        os.write(number, json.dumps([kind, what]).encode() + b"\n")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _SOCKETS:
            address = arguments[-1]
            note("called", f"{address[0]}:{address[1]}" if isinstance(address, tuple) else "?")
        elif event == "socket.getaddrinfo":
            host = arguments[0]
            note("looked up", host.decode() if isinstance(host, bytes) else str(host))
        elif event in _STARTING:
            note("started", event)

    class Watched(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            given = named.get("env")
            super().__init__(*arguments, **named)
            shown = Path(f"/proc/{self.pid}/environ").read_bytes()  # empty once it has ended
            told = f"{dict(os.environ if given is None else given)} {shown!r}"
            note("child", [list(map(str, arguments[0])), told])

    sys.addaudithook(hook)
    vars(subprocess)["Popen"] = Watched


if __name__ == "__main__":
    _watch(sys.argv[1])
    from aapimport.cli import main

    sys.exit(main(sys.argv[2:]))
