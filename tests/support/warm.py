"""Processes that start within milliseconds: forked from one that has imported everything already.

What runs in them is what runs in any other: the same code, with its own environment, limits and
streams. Only the imports are done before. Where there is no fork, nothing of this is used.

As a command it is that process: it forks a child for each job that comes through its socket.
"""

import array
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

CAN_FORK = hasattr(os, "fork") and sys.platform.startswith("linux")
_LONGEST = 1 << 20
_STREAMS = 3
_PATIENCE = 10.0


class Forked:
    """A child of a warm process, to be waited for and ended like a `subprocess.Popen`.

    Attributes:
        args: The words that would have started it.
        pid: Its process id.
        stdout: What it prints, where that was asked for.
        stderr: What it says beside that, likewise.
        returncode: How it ended; None as long as it runs.
    """

    def __init__(self, words: Sequence[str], report: int, printed: Sequence[IO[bytes]]) -> None:
        self.args = words
        self.stdout, self.stderr, *_ = (*printed, None, None)
        self.returncode: int | None = None
        self._report = os.fdopen(report, "rb", buffering=0)
        self._printed = dict.fromkeys(printed, b"")
        self.pid = int(self._line())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            read = self._report.read(1)
            if not read:
                raise ChildProcessError("the warm process has gone")
            line += read
        return line

    def poll(self) -> int | None:
        """How it ended; None as long as it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: It still runs.
        """
        if self.returncode is None:
            if not select.select([self._report], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._line())
            self._report.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Everything that it prints, once it has ended; to be called again after a timeout."""
        until = None if timeout is None else time.monotonic() + timeout
        while still := [one for one in self._printed if not one.closed]:
            left = None if until is None else max(0.0, until - time.monotonic())
            ready = select.select(still, [], [], left)[0]
            if not ready:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            for stream in ready:
                read = os.read(stream.fileno(), _LONGEST)
                self._printed[stream] += read
                if not read:
                    stream.close()
        self.wait(None if until is None else max(0.0, until - time.monotonic()))
        printed, said, *_ = (*self._printed.values(), b"", b"")
        return printed, said

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it may end just now
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Jobs:
    """What is sent to a process that waits, with everything imported: start this.

    Args:
        socket: What it listens to; several processes may send.

    Attributes:
        limits: Values of modules that are changed before a child begins, by module and name.
    """

    def __init__(self, socket: socket.socket) -> None:
        self.socket = socket
        self.limits: dict[str, object] = {}

    def command(self, words: Sequence[str], stream: int, environment: Mapping[str, str]) -> Forked:
        """Start the command line with one stream for everything."""
        job = {"run": "command", "words": list(words), "environment": dict(environment)}
        return self._start(words, job, [stream] * _STREAMS)

    def piped(self, words: Sequence[str], environment: Mapping[str, str]) -> Forked:
        """Start the command line without anything to read; both its streams are pipes."""
        job = {"run": "command", "words": list(words), "environment": dict(environment)}
        (out, its_out), (err, its_err) = os.pipe(), os.pipe()
        printed = [os.fdopen(one, "rb") for one in (out, err)]
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123 -- a device
            try:
                return self._start(words, job, [nothing.fileno(), its_out, its_err], printed)
            finally:
                os.close(its_out)
                os.close(its_err)

    def script(self, words: Sequence[str], stdin: int) -> Forked:
        """Start a script, the first of the words, as `python -c` does; what it prints is a pipe."""
        job = {"run": "script", "words": list(words), "environment": dict(os.environ)}
        ours, theirs = os.pipe()
        try:
            return self._start(words, job, [stdin, theirs, 2], [os.fdopen(ours, "rb")])
        finally:
            os.close(theirs)

    def screen(
        self, words: Sequence[str], environment: Mapping[str, str], stdin: Path | None = None
    ) -> tuple[str, int]:
        """What a command prints, on both streams, and its exit code.

        Args:
            words: Its words.
            environment: Its environment.
            stdin: The file that it reads; nothing is there to read without one.
        """
        with tempfile.TemporaryFile() as both, (stdin or Path(os.devnull)).open("rb") as source:
            streams = [source.fileno(), both.fileno(), both.fileno()]
            job = {"run": "command", "words": list(words), "environment": dict(environment)}
            code = self._start(words, job, streams).wait()
            both.seek(0)
            return both.read().decode(), code

    def reader(  # the part of `subprocess.Popen` that sheets/child.py uses
        self,
        words: Sequence[str],
        *,
        stdin: int | IO[bytes],
        env: Mapping[str, str],
        pass_fds: Sequence[int],
        **_: Any,
    ) -> Forked:
        """Start a child that reads a spreadsheet."""
        job = {"run": "reader", "words": [words[-1]], "environment": dict(env)}
        with open(os.devnull, "r+b", buffering=0) as nothing:  # noqa: PTH123 -- a device
            ours, theirs = os.pipe()
            source = nothing if isinstance(stdin, int) else stdin
            try:
                streams = [source.fileno(), theirs, nothing.fileno(), *pass_fds]
                return self._start(words, job, streams, [os.fdopen(ours, "rb")])
            finally:
                os.close(theirs)

    def _start(
        self,
        words: Sequence[str],
        job: dict[str, Any],
        streams: list[int],
        printed: Sequence[IO[bytes]] = (),
    ) -> Forked:
        report, theirs = os.pipe()
        job |= {"folder": str(Path.cwd()), "limits": self.limits}
        handed = array.array("i", [*streams, theirs])
        self.socket.sendmsg(
            [json.dumps(job).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handed)]
        )
        os.close(theirs)
        return Forked(words, report, printed)


class Warm(Jobs):
    """A process that waits, with everything imported.

    Args:
        flags: The flags of its interpreter.
        modules: What it imports.
        environment: Its environment; its children get their own.
        readers: Starts what its children read spreadsheets with, instead of a new interpreter.
    """

    def __init__(
        self,
        flags: Sequence[str],
        modules: Sequence[str],
        environment: Mapping[str, str],
        readers: "Jobs | None" = None,
    ) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(ours)
        beside = readers.socket.fileno() if readers else None
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, *flags, __file__, str(theirs.fileno())),
                    json.dumps([[one for one in sys.path if one], list(modules), beside]),
                ],
                pass_fds=[theirs.fileno(), *([] if beside is None else [beside])],
                stdin=subprocess.DEVNULL,
                env=dict(environment),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:  # a child that a test left behind can still send
            self._process.kill()
            self._process.wait()


def _wait_for_jobs(jobs: socket.socket) -> None:
    """Fork for each job, until nobody can send any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        text, handed, _, _ = socket.recv_fds(jobs, _LONGEST, _STREAMS + 2)
        if not text:
            return
        if not os.fork():
            jobs.close()
            _watch(json.loads(text), handed)
        for one in handed:
            os.close(one)


def _watch(job: dict[str, Any], handed: list[int]) -> None:
    """Fork once more, tell the child's number, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, report = handed
    child = os.fork()
    if not child:
        os.close(report)
        _be(job, streams)
    os.write(report, f"{child}\n".encode())
    for one in streams:
        os.close(one)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.write(report, f"{code}\n".encode())
    os._exit(0)


def _be(job: dict[str, Any], streams: list[int]) -> None:
    """Become what was asked for."""
    streams, files = streams[:_STREAMS], streams[_STREAMS:]
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for stream in {*streams} - {0, 1, 2}:
        os.close(stream)
    os.chdir(job["folder"])
    os.environ.clear()
    os.environ.update(job["environment"])
    sys.stdin = os.fdopen(0, "r", encoding="utf-8")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", buffering=1)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    for name, value in job["limits"].items():
        module, _, attribute = name.rpartition(".")
        setattr(sys.modules[module], attribute, value)
    code = 99
    try:
        if job["run"] == "reader":
            _read(json.loads(job["words"][0]), files)
        if job["run"] == "script":
            text, *sys.argv[1:] = job["words"]
            exec(text, {"__name__": "__main__"})  # noqa: S102 -- the test's own
            os._exit(0)
        from aapimport.cli import main

        code = int(main(job["words"]))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _read(job: dict[str, Any], files: list[int]) -> None:
    from aapimport.sheets.child import work

    if files:  # it has another number here
        job["request"]["descriptor"] = files[0]
    sys.path[:] = job["path"]
    work(job)


def _be_warm(path: Sequence[str], modules: Sequence[str], readers: int | None) -> None:
    from importlib import import_module

    sys.path[:] = path
    if readers is not None:
        from aapimport.sheets import child
        from support.readers import Readers

        vars(child)["subprocess"] = Readers(Jobs(socket.socket(fileno=readers)))
    for name in modules:
        import_module(name)
    gc.collect()
    gc.freeze()  # no child looks through it


if __name__ == "__main__":
    _be_warm(*json.loads(sys.argv[2]))
    _wait_for_jobs(socket.socket(fileno=int(sys.argv[1])))
