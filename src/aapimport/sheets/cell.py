"""The cell that a child process shuts itself into, where it runs on a Linux that can do that.

In it the process can write, create, remove or start nothing, read nothing but Python's own files,
open no socket, and send no signal out of it. What is open already stays open: the spreadsheet, and
the pipes. Elsewhere there is no such thing, and the limits of `sheets.limits` have to do.

Sources: "Landlock: unprivileged access control" and "Seccomp BPF" in the kernel's documentation
(https://docs.kernel.org/userspace-api/), landlock(7), seccomp(2) and PR_SET_NO_NEW_PRIVS(2const).
"""

import os
import stat
import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""Where the calls have the numbers below: what seccomp calls each, and its number of socket(2)."""
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_SET_NO_NEW_PRIVILEGES = 38
_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _NOT_PERMITTED = 0x7FFF0000, 0x00050001
_IO_URING_SETUP = 425
_OTHER_NUMBERS = 0x40000000
"""From here on the numbers are those of x86's 32-bit pointers: for calls that exist twice."""
_ASK_FOR_THE_VERSION = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_EVERYTHING = ((1, 13), (2, 14), (3, 15), (5, 16))
"""From which version on the kernel can forbid how many things that one can do with files."""
_TCP_SINCE, _BIND_AND_CONNECT = 4, 0b11
_SCOPES_SINCE, _SOCKETS_AND_SIGNALS = 6, 0b11
_LIBRARIES = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"),
    *("/nix/store", "/gnu/store", "/etc/ld.so.cache", "/etc/ld-musl-x86_64.path"),
    *("/etc/ld-musl-aarch64.path", "/etc/localtime", "/usr/share/zoneinfo"),
)
"""Where systems keep what the interpreter loads, and the time zone: wrong in silence without."""

_Call = Callable[..., int]
"""A system call: its number, then whole numbers, bytes to point at, or None."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What was achieved.

    Attributes:
        no_new_privileges: Whether no program can give this process more rights than it has.
        landlock: The version of landlock by which it is confined; 0 where the kernel has none.
        reading: Whether what it can read is limited as well.
        no_sockets: Whether it can make no socket of any kind.
    """

    no_new_privileges: bool = False
    landlock: int = 0
    reading: bool = False
    no_sockets: bool = False


def shut_cell(modules: Iterable[str]) -> Cell:
    """Confine this thread, and those that it starts, for good.

    Args:
        modules: Packages that are to be loaded later on.
    """
    if not sys.platform.startswith("linux") or os.uname().machine not in _MACHINES:
        return Cell()
    try:
        import ctypes

        library = ctypes.CDLL(None)
        prctl, syscall = library.prctl, library.syscall
    except (ImportError, OSError, AttributeError):
        return Cell()
    syscall.restype = ctypes.c_long

    def call(*arguments: int | bytes | None) -> int:
        words = (ctypes.c_long(one) if isinstance(one, int) else one for one in arguments)
        return int(syscall(*words))

    switched_on, unused = ctypes.c_ulong(1), ctypes.c_ulong(0)
    no_new_privileges = prctl(_SET_NO_NEW_PRIVILEGES, switched_on, unused, unused, unused) == 0
    no_sockets = _forbid_sockets(prctl)
    version = call(_CREATE_RULESET, None, 0, _ASK_FOR_THE_VERSION)
    readable = _readable(modules)
    if version < 1 or not _lock(call, version, readable):
        return Cell(no_new_privileges, no_sockets=no_sockets)
    return Cell(no_new_privileges, version, reading=bool(readable), no_sockets=no_sockets)


def _forbid_sockets(prctl: Callable[..., int]) -> bool:
    """Have the kernel refuse socket(2), and io_uring(7), which can make sockets as well."""
    import ctypes

    machine, socket = _MACHINES[os.uname().machine]
    number, architecture = 0, 4  # where they are in struct seccomp_data
    program = (
        (_LOAD, 0, 0, architecture),
        (_IF_EQUAL, 0, 5, machine),  # jumps are counted from the next line
        (_LOAD, 0, 0, number),
        (_IF_AT_LEAST, 3, 0, _OTHER_NUMBERS),
        (_IF_EQUAL, 2, 0, socket),
        (_IF_EQUAL, 1, 0, _IO_URING_SETUP),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _NOT_PERMITTED),
    )
    lines = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    header = struct.pack("@HP", len(program), ctypes.addressof(lines))
    unused = ctypes.c_ulong(0)
    return prctl(_SET_SECCOMP, ctypes.c_ulong(_FILTER), header, unused, unused) == 0


def _readable(modules: Iterable[str]) -> list[str]:
    """The folders and files that Python loads from; none where that can't be told.

    An installation may consist of links into a store of packages. What isn't below these folders
    then couldn't be loaded any more, so that such a child can read what it could before.
    """
    base = sys.base_prefix
    readable = [*sys.path, f"{base}/lib", f"{base}/lib64", *_LIBRARIES]
    readable += os.environ.get("LD_LIBRARY_PATH", "").split(":")
    readable = [one for one in readable if one]
    folders = tuple(f"{one}/" for one in readable)
    for name in modules:
        found = find_spec(name)
        origin = Path((found and found.origin) or "")
        linked = origin.is_symlink() or origin.parent.is_symlink()
        if linked and not str(origin.resolve()).startswith(folders):
            return []
    return readable


def _lock(call: _Call, version: int, readable: Iterable[str]) -> bool:
    """Let landlock forbid everything that it knows of but reading what is readable."""
    files = (1 << max(bits for since, bits in _EVERYTHING if since <= version)) - 1
    if not readable:
        files &= ~(_READ_FILE | _READ_FOLDER)
    network = _BIND_AND_CONNECT if version >= _TCP_SINCE else 0
    scopes = _SOCKETS_AND_SIGNALS if version >= _SCOPES_SINCE else 0
    wanted = struct.pack("=QQQ", files, network, scopes)  # zeros at the end bother no kernel
    rules = call(_CREATE_RULESET, wanted, len(wanted), 0)
    if rules < 0:
        return False
    try:
        for path in readable:
            _let_read(call, rules, path)
        return call(_RESTRICT_SELF, rules, 0) == 0
    finally:
        os.close(rules)


def _let_read(call: _Call, rules: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (OSError, ValueError):
        return  # not every system has every folder
    try:
        is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
        rights = _READ_FILE | _READ_FOLDER if is_folder else _READ_FILE
        call(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)
