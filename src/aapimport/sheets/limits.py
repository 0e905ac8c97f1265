"""How much a child process may take, on every platform."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_BASE_MEMORY = 2 << 30
"""A small file with a cell in its farthest corner needs half of it."""
_MEMORY_PER_BYTE = 48
_MOST_MEMORY = 16 << 30
_BASE_SECONDS = 30.0
_SECONDS_PER_MEGABYTE = 10.0
_PATIENCE = 2 if sys.platform == "win32" else 8
"""How much longer than computing all of it may take; on Windows nothing else is limited."""
_LEAST_MEMORY = 512 << 20
_OPEN_FILES = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may take.

    Attributes:
        memory: Bytes of address space, or of memory in use where only that can be measured.
        seconds: Seconds of computing, where the system can measure that.
    """

    memory: int
    seconds: float

    @property
    def patience(self) -> float:
        """Seconds of wall clock after which nobody waits any longer."""
        return self.seconds * _PATIENCE


def limits_for(size: int) -> Limits:
    """Generous limits for a file of so many bytes (a million rows, 29 MB, take 0.8 GB and 9 s)."""
    return Limits(
        memory=min(_BASE_MEMORY + _MEMORY_PER_BYTE * size, _most_memory()),
        seconds=_BASE_SECONDS + _SECONDS_PER_MEGABYTE * size / 1_000_000,
    )


def limits_of(path: Path) -> Limits:
    """The same for a file; one whose size can't be found out counts as empty."""
    try:
        size = path.stat().st_size
    except (OSError, ValueError):
        size = 0
    return limits_for(size)


def apply_limits(limits: Limits) -> None:
    """Bind this process to the limits, where the system can do that.

    It can write no file, open few, and gain no rights. What it writes to a pipe is not limited.
    """
    try:
        import resource
    except ImportError:
        return  # Windows: the parent watches instead
    seconds = int(limits.seconds) + 1
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        _, ceiling = resource.getrlimit(kind)
        allowed = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
        # With both at the same second, the system wouldn't say that it was the time.
        highest = allowed + 5 if kind == resource.RLIMIT_CPU else allowed
        if ceiling != resource.RLIM_INFINITY:
            highest = min(highest, ceiling)
        try:
            resource.setrlimit(kind, (allowed, highest))
        except (OSError, ValueError):
            continue  # macOS refuses some; the parent watches there as well


def forbid_processes() -> None:
    """Let this process start no other, nor a further thread, where the system can do that."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    except (ImportError, AttributeError, OSError, ValueError):
        return  # it could do no harm with one anyway


def ended_by_time(status: int) -> bool:
    """Whether a process ended in this way because it used up its computing time."""
    import signal

    return status == -getattr(signal, "SIGXCPU", 0) != 0


def _most_memory() -> int:
    """Half of what the machine has, and never more than any list needs."""
    import os

    try:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows, whose parent watches
        return _MOST_MEMORY
    return max(_LEAST_MEMORY, min(whole // 2, _MOST_MEMORY))


def needs_watching() -> bool:
    """Whether the parent has to look at a child's memory itself: everywhere but on Linux."""
    try:
        import resource  # noqa: F401 -- only whether it is there
    except ImportError:
        return True
    return not sys.platform.startswith("linux")


def memory_of(pid: int) -> int:
    """How many bytes of memory a process uses; 0 where that can't be found out."""
    if sys.platform == "win32":
        return _windows_memory(pid)
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return _ps_memory(pid)
    import os

    return pages * os.sysconf("SC_PAGE_SIZE")


def _ps_memory(pid: int) -> int:
    """By `ps`, which POSIX requires; it counts in units of 1,024 bytes, and gets no secret."""
    import os

    try:
        done = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(pid)],  # noqa: S607 -- wherever the system keeps it
            capture_output=True,
            env={"PATH": os.environ.get("PATH", os.defpath)},
            check=False,
            timeout=5,
        )
        return int(done.stdout) * 1024
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0


def _windows_memory(pid: int) -> int:
    """By `K32GetProcessMemoryInfo`, whose structure has the working set as its fourth field."""
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]  # Windows only
    query_information = 0x1000
    handle = kernel.OpenProcess(query_information, False, pid)
    if not handle:
        return 0
    try:
        # PROCESS_MEMORY_COUNTERS: two 32-bit numbers, then eight of the size of a pointer.
        counters = (ctypes.c_size_t * 9)()
        known = kernel.K32GetProcessMemoryInfo(handle, ctypes.byref(counters), len(bytes(counters)))
        return int(counters[2]) if known else 0
    finally:
        kernel.CloseHandle(handle)
