"""Starts the real command line in child processes, kills it, and says how it ended."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from faults import child as child_module
from faults.worlds import World

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
ENDED_BY_KILL = -int(KILL) if hasattr(os, "fork") else int(KILL)
_PATIENCE = 60.0


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How one process ended; `wrote` tells whether a service answered a write of it before."""

    code: int
    out: str
    err: str
    points: Counter[str]
    seconds: float
    wrote: bool

    @property
    def killed(self) -> bool:
        """Whether it was killed, and did not end by itself."""
        return self.code == ENDED_BY_KILL


class Nursery:
    """Starts the real command line in child processes, each within milliseconds.

    Attributes:
        child: The process id of the last child.
    """

    def __init__(self) -> None:
        self.child = 0
        self._process = subprocess.Popen(
            [sys.executable, child_module.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def run(
        self,
        world: World,
        arguments: Sequence[str],
        *,
        kill_after: float | None = None,
        from_write: bool = False,
        **job: Any,
    ) -> Ended:
        """Run one command to its end, or to its death.

        Args:
            world: The services and the state folder.
            arguments: The command.
            kill_after: Seconds until it is killed; None lets it end.
            from_write: Whether they count from the first write that a service answers.
            job: What else `child.run` takes.
        """
        output = world.folder / f"child-{self._process.pid}"
        for name in ("out", "err", "points"):
            output.with_suffix(f".{name}").unlink(missing_ok=True)
        whole = {
            "arguments": list(arguments),
            "environment": world.environment,
            "output": str(output),
            "file": str(world.file),
        }
        started = time.monotonic()
        before = world.writes()
        self.child = int(self._say(json.dumps(whole | job)))
        over = threading.Event()
        life = _PATIENCE if kill_after is None else kill_after
        is_due = (lambda: world.writes() > before) if from_write else (lambda: True)
        sender = threading.Thread(target=_kill, args=(self.child, life, over, is_due))
        sender.start()
        code = int(self._hear())
        over.set()
        seconds = time.monotonic() - started
        sender.join()
        points = _text(output.with_suffix(".points"))
        return Ended(
            code=code,
            out=_text(output.with_suffix(".out")),
            err=_text(output.with_suffix(".err")),
            points=Counter(json.loads(points or "{}")),
            seconds=seconds,
            wrote=world.writes() > before,
        )

    def _say(self, line: str) -> str:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


def _kill(pid: int, seconds: float, over: threading.Event, is_due: Callable[[], bool]) -> None:
    """Kill a process after its time, unless it has ended."""
    while not is_due() and not over.wait(0.001):
        pass
    if not over.wait(seconds):
        with suppress(OSError):
            os.kill(pid, KILL)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
