"""Work on a stranger's file happens in a child process that can't take more than it is given.

One spreadsheet reader aborts the whole process on some files of 2 KB, another loops for ever on
some of 50 KB. In a child, that is one plain sentence. The answer comes back as JSON: unlike a
pickle it can't make the parent run anything, whatever has happened to the child.
"""

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.sheets.cell import shut_cell
from aapimport.sheets.letters import Letter, sealed
from aapimport.sheets.limits import (
    Limits,
    apply_limits,
    ended_by_time,
    memory_of,
    needs_watching,
)
from aapimport.sheets.refusals import broke_down, too_much

_POLL_SECONDS = 0.05
_FLAGS = ("-S", "-E", "-P", "-X", "utf8")
"""No site, no environment variables, and above all nothing from the folder it is started in."""
_OURS = Path(__file__).parents[1]
_ENVIRONMENT = (
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    *("SYSTEMROOT", "WINDIR", "TEMP", "TMP", "PATHEXT"),
)
"""What an interpreter may need to start; the rest, with the services' tokens in it, stays here."""
_LARGE = ("pydantic", "python_calamine", "openpyxl", "aapimport.check.judge")
"""Modules that are loaded later on, when nothing can be written any more."""
_BOOT = (
    "import json,sys;"
    "job=json.loads(sys.argv[1]);"
    "sys.path[:]=job['path'];"
    "from aapimport.sheets.child import work;"
    "work(job)"
)


class ChildBugError(RuntimeError):
    """The child failed in a way that is no fault of the file: a mistake in aapimport."""


@dataclass(slots=True)
class Child:
    """A running child.

    Attributes:
        process: The process.
        limits: What it may take.
        started: When it began, on the monotonic clock.
    """

    process: "subprocess.Popen[bytes]"
    limits: Limits
    started: float

    @property
    def output(self) -> IO[bytes]:
        """The stream that its answer comes from, to be another child's input."""
        if self.process.stdout is None:
            raise ValueError("the child was started without a pipe")
        return self.process.stdout

    def answer(self, name: str, beside: "Child | None" = None) -> dict[str, Any]:
        """Wait for the answer.

        Args:
            name: The file's name, for messages.
            beside: Another child that this one listens to, to be ended when its own time is up.

        Raises:
            FileProblemError: The file can't be read, or reading it takes more than is allowed.
            AnswerNeededError: A decision is missing.
            ChildBugError: A mistake in aapimport.
        """
        output = self._wait(name, beside)
        try:
            answer: dict[str, Any] = json.loads(output)
        except ValueError:
            answer = {}
        if "result" in answer:
            return dict(answer["result"])
        if "error" in answer:
            raise FileProblemError(**answer["error"])
        if "ask" in answer:
            ask = answer["ask"]
            raise AnswerNeededError(
                ask["message"],
                option=ask["option"],
                flag=ask["flag"],
                choices=tuple((value, label) for value, label in ask["choices"]),
            )
        if "bug" in answer:
            raise ChildBugError(answer["bug"])
        if ended_by_time(self.process.returncode):
            raise too_much(name, f"takes more than {self.limits.seconds:.0f} seconds of computing")
        if "memory" in answer:
            raise too_much(name, "takes too much memory")
        raise broke_down(name)

    def stop(self) -> None:
        """End the child if it still runs, and let go of its streams."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def _wait(self, name: str, beside: "Child | None") -> bytes:
        watched = needs_watching()
        try:
            while True:
                left = self.left()
                if beside:
                    left = min(left, beside.left() if beside.left() > 0 else left)
                step = min(left, _POLL_SECONDS) if watched else left
                try:
                    return self.process.communicate(timeout=max(step, 0.001))[0]
                except subprocess.TimeoutExpired:
                    pass
                if self.left() <= 0:
                    raise too_much(name, f"took longer than {self.limits.patience:.0f} seconds")
                if watched and self.is_too_large():
                    raise too_much(name, "takes too much memory")
                if beside and (beside.left() <= 0 or (watched and beside.is_too_large())):
                    beside.process.kill()
        finally:
            self.stop()

    def left(self) -> float:
        """How many seconds it may still run."""
        return self.started + self.limits.patience - time.monotonic()

    def is_too_large(self) -> bool:
        """Whether it uses more memory than it may."""
        return memory_of(self.process.pid) > self.limits.memory


def start_child(
    entry: str, request: Letter, limits: Limits, stdin: IO[bytes] | None = None
) -> Child:
    """Start a function in a child process.

    Args:
        entry: `module:function`; it takes the request's fields and returns another letter.
        request: What it is asked; a file that it calls its `descriptor` is handed over.
        limits: What the child may take.
        stdin: What the child reads as its standard input; nothing by default.
    """
    job = {
        "entry": entry,
        "request": request.plain(),
        "limits": [limits.memory, limits.seconds],
        "path": _modules(),
    }
    descriptor = getattr(request, "descriptor", None)
    process = subprocess.Popen(
        [sys.executable, *_FLAGS, "-c", _BOOT, json.dumps(job)],
        stdin=stdin or subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        pass_fds=() if descriptor is None else (descriptor,),
    )
    return Child(process, limits, time.monotonic())


def _modules() -> list[str]:
    """The child finds modules where the parent did, without the cost of looking for them again.

    It doesn't in the current folder, where `python -m` does, and where people keep their files.
    """
    try:
        here = str(Path.cwd())
    except OSError:
        here = ""  # somebody has removed it
    return [str(_OURS.parent), *(one for one in sys.path if one not in {"", here})]


def work(job: dict[str, Any]) -> None:
    """The child's side: run the function and write what came of it to standard output."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # looking for them takes 10 ms
    gc.disable()  # a short life in bounded memory: looking for garbage costs a tenth of the time
    output = sys.stdout.buffer
    module, _, function = job["entry"].partition(":")
    entry = getattr(import_module(module), function)
    _load_what_is_not_compiled()
    apply_limits(Limits(*job["limits"]))
    shut_cell(_LARGE)
    sys.dont_write_bytecode = True
    answer = _attempt(entry, job["request"])
    output.write(answer)
    output.flush()
    os._exit(0)  # tidying up the memory of a long file takes a tenth of a second, for nobody


def _load_what_is_not_compiled() -> None:
    """Load large modules of which Python keeps no compiled form yet, so that it can keep it.

    Once the limits hold, no file can be written, and each child would compile them anew.
    """
    for name in _LARGE:
        found = find_spec(name)
        if found and found.cached and not Path(found.cached).exists():
            import_module(name)


def _attempt(function: Callable[[Any], object], request: Mapping[str, Any]) -> bytes:
    """The answer, or what came in its place."""
    try:
        return sealed({"result": function(request)})
    except AnswerNeededError as ask:
        return sealed(
            {
                "ask": {
                    "message": ask.message,
                    "option": ask.option,
                    "flag": ask.flag,
                    "choices": ask.choices,
                }
            }
        )
    except FileProblemError as error:
        return sealed({"error": {"message": error.message, "hint": error.hint}})
    except MemoryError:
        return sealed({"memory": True})
    except Exception as error:  # noqa: BLE001 -- whatever it is, the parent reports it
        return sealed({"bug": where_it_failed(error)})


def where_it_failed(error: BaseException) -> str:
    """The kind of an exception and the lines of ours that it came through.

    Its message is left out: it may hold a value of the file.
    """
    import traceback

    lines = [
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if _OURS in Path(frame.filename).parents
    ]
    return f"{type(error).__name__} in {' > '.join(lines)}"
