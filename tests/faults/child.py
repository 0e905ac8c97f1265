"""Starts the real command line in child processes, with failpoints put in from outside.

As a command it is a nursery: it has imported everything already, and forks a child for each line
of JSON on its standard input, so that a child starts within milliseconds. Where there is no fork,
each child is a process of its own. A failpoint is a moment that is counted: the 7th commit of the
journal, the 3rd answer read. Nothing in the product knows about them.
"""

import dataclasses
import errno
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

_CHECKED: dict[str, Any] = {}
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_Done = TypeVar("_Done")


class Failpoints:
    """Counts the moments of one process, and fails at one of them.

    Args:
        plan: `{"kind", "number", "mode"}`; None only counts.
    """

    def __init__(self, plan: dict[str, Any] | None) -> None:
        self.counts: Counter[str] = Counter()
        self._plan = plan or {"kind": "", "number": 0, "mode": ""}
        self._lock = threading.Lock()

    def through(self, kind: str, act: Callable[[], _Done]) -> _Done:
        """Do one of the things that are counted, unless this is where it fails."""
        with self._lock:
            self.counts[kind] += 1
            past = self.counts[kind] - self._plan["number"]
        mode = self._plan["mode"]
        for_ever = mode == "error for ever" and past > 0
        if kind != self._plan["kind"] or (past and not for_ever):
            return act()
        if mode == "die before":
            die()
        if mode == "bug":
            raise RuntimeError("a failpoint")
        if mode.startswith("error"):
            error = _ERRORS[kind]()
            raise error
        done = act()
        if mode == "die after":
            die()
        return done


def die() -> NoReturn:
    """End this process as a power cut would end it."""
    os.kill(os.getpid(), _KILL)
    raise SystemExit  # not reached


def _network_error(name: str) -> Exception:
    from aapimport.services import wire

    error: Exception = getattr(wire.httpx, name)("a failpoint")
    return error


_ERRORS: dict[str, Callable[[], Exception]] = {
    "commit": lambda: sqlite3.OperationalError("database or disk is full"),
    "request": lambda: _network_error("ConnectError"),
    "response": lambda: _network_error("ReadError"),
    "file": lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
}


def install(points: Failpoints) -> None:
    """Put the failpoints around the product's functions."""
    _around_commits(points)
    _around_requests(points)
    _around_replies(points)
    _around_files(points)


def _around_commits(points: Failpoints) -> None:
    class Connection(sqlite3.Connection):
        def execute(self, statement: str, *more: Any) -> sqlite3.Cursor:
            do = super().execute
            if statement != "COMMIT":
                return do(statement, *more)
            return points.through("commit", lambda: do(statement, *more))

    connect = sqlite3.connect

    def counted(*arguments: Any, **named: Any) -> sqlite3.Connection:
        return connect(*arguments, **named, factory=Connection)

    sqlite3.connect = counted  # type: ignore[assignment] # the journal's only way to a database


def _around_requests(points: Failpoints) -> None:
    from aapimport.services import wire

    way, read = wire.httpx.HTTPTransport, wire.Wire._read
    handle_request = way.handle_request

    def counted_request(self: Any, request: Any) -> Any:
        return points.through("request", lambda: handle_request(self, request))

    def counted_read(self: Any, response: Any) -> Any:
        return points.through("response", lambda: read(self, response))

    way.handle_request = counted_request  # type: ignore[method-assign] # counted, and sent
    wire.Wire._read = counted_read  # type: ignore[method-assign] # counted, and done


def _around_replies(points: Failpoints) -> None:
    """Count each reply of a mail server: what was sent before it was sent, whoever dies here."""
    from aapimport.mail.connection import _Replies

    getreply = _Replies.getreply

    def counted(self: Any) -> Any:
        return points.through("reply", lambda: getreply(self))

    _Replies.getreply = counted  # type: ignore[method-assign] # counted, and read


def _around_files(points: Failpoints) -> None:
    """Count what is done to the state folder: folders, lock, owner, journal."""
    import filelock

    folder = os.environ["AAPIMPORT_STATE_DIR"]

    def around(owner: Any, name: str, where: Callable[[Any], object] = str) -> None:
        original = getattr(owner, name)

        def counted(self: Any, *arguments: Any, **named: Any) -> Any:
            if not str(where(self)).startswith(folder):
                return original(self, *arguments, **named)
            return points.through("file", lambda: original(self, *arguments, **named))

        setattr(owner, name, counted)

    for name in ("mkdir", "chmod", "touch", "write_text", "replace", "unlink"):
        around(Path, name)
    around(filelock.FileLock, "acquire", lambda lock: lock.lock_file)


def run(job: dict[str, Any]) -> NoReturn:
    """Be the command line: run it with its failpoints, and end.

    Args:
        job: `arguments`, `environment`, `output` (the start of the names of the files that take
            what is printed, and `.points`, how often which failpoint was passed), and, where
            wanted, `failpoint`, `file` (to be read only once by all children), and `file_size`
            (bytes that no file may exceed: a full disk).
    """
    os.environ.update(job["environment"])
    for number, name in ((0, os.devnull), (1, f"{job['output']}.out"), (2, f"{job['output']}.err")):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, encoding="utf-8")  # the nursery has read from its own
    points = Failpoints(job.get("failpoint"))
    install(points)
    _hurry()
    if job.get("file_size"):
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_size"], job["file_size"]))
    from aapimport.check import check_file as check
    from aapimport.cli import main

    file = job.get("file", "")
    if file and _digest(file) in _CHECKED:
        already = dataclasses.replace(_CHECKED[_digest(file)], path=Path(file))
        check.check_file = lambda *_arguments, **_named: already
    try:
        code = main(job["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
        if not job.get("file_size"):
            text = json.dumps(points.counts)
            Path(f"{job['output']}.points").write_text(text, encoding="utf-8")
    finally:
        os._exit(int(code) if "code" in locals() else 99)


def _hurry() -> None:
    """Wait a tenth as long before what failed is sent again, and as often as ever."""
    from aapimport.services import patience

    for name in ("_BASE", "_BASE_THROTTLED", "_CAP", "_CAP_READ"):
        setattr(patience, name, getattr(patience, name) / 10)


def _digest(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _read_before(file: str) -> None:
    """Read a file, unless the same was read: reading takes longer than what is tested here."""
    from aapimport.check import check_file as check

    if file and _digest(file) not in _CHECKED:
        _CHECKED[_digest(file)] = check.check_file(Path(file), check.ReadOptions())


def _import_everything() -> None:
    import importlib

    for name in (
        "aapimport.app.carry_out",
        "aapimport.app.session",
        "aapimport.app.upload",
        "aapimport.app.approving",
        "aapimport.check.check_file",
        "aapimport.plan.decide",
        "aapimport.run.report",
        "aapimport.run.runner",
        "aapimport.run.lock",
        "aapimport.screens.plan",
        "aapimport.screens.receipt",
        "aapimport.screens.problems",
        "aapimport.screens.progress",
        "aapimport.screens.target",
        "aapimport.screens.errors",
        "aapimport.services.portal",
        "httpx._transports.default",
    ):
        importlib.import_module(name)


def _nursery() -> None:
    """Start a child for each line, say its process id, wait for it, say how it ended."""
    _import_everything()
    for line in sys.stdin:
        if hasattr(os, "fork"):
            _read_before(json.loads(line).get("file", ""))
            pid = os.fork()
            if not pid:
                run(json.loads(line))
            print(pid, flush=True)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        else:
            child = subprocess.Popen([sys.executable, __file__, line], stdin=subprocess.DEVNULL)
            print(child.pid, flush=True)
            code = child.wait()
        print(code, flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(json.loads(sys.argv[1]))
    _nursery()
