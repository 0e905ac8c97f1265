"""A secret that is typed on a terminal and shown nowhere, or written to stdin by a program."""

import os
import select
import sys
import threading
from contextlib import suppress

from aapimport.errors import SettingsError

_MOST_BYTES = 65_536
_QUIET_SECONDS = 3.0
"""How long standard input may take before it is said that it is waited for."""
_REST_SECONDS = 0.1
"""How long the next line of a paste may take."""


def piped_secret(what: str) -> str:
    """What stdin has, to its end: a secret on its only line.

    Raises:
        SettingsError: It is too long, no text, or more than a line.
    """
    stream = getattr(sys.stdin, "buffer", None)
    waiting = threading.Timer(_QUIET_SECONDS, _say_what_is_waited_for)
    waiting.daemon = True
    waiting.start()
    try:
        found: bytes = stream.read(_MOST_BYTES + 1) if stream is not None else b""
    finally:
        waiting.cancel()
    if len(found) > _MOST_BYTES:
        raise _refused(what, "is too long")
    return _one_line(found, what)


def _say_what_is_waited_for() -> None:
    with suppress(OSError, ValueError):  # nobody may be reading any more
        sys.stderr.write("waiting for the end of standard input, which has the secret\n")
        sys.stderr.flush()


def typed_secret(prompt: str, what: str) -> str:
    """What is typed on the terminal, and shown nowhere; what was typed before doesn't count.

    It is read key by key: a terminal's own line would be cut behind 4,095 bytes (termios(3)), and
    on macOS behind 1,023.

    Raises:
        SettingsError: The terminal would show it, or it is too long, no text, or more than a line.
    """
    from aapimport.cli.seen import throw_away_typed
    from aapimport.screens.console import safe

    throw_away_typed()
    try:
        import termios
    except ImportError:  # Windows, whose console has no such limit
        return _of_windows(safe(prompt))
    terminal = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(terminal)
        silent = [*before[:3], before[3] & ~(termios.ECHO | termios.ICANON), *before[4:6]]
        keys = [*before[6]]
        keys[termios.VMIN], keys[termios.VTIME] = 1, 0
    except termios.error as error:
        raise _shown() from error
    try:  # from here on a signal leaves nobody without an echo
        try:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, [*silent, keys])
        except termios.error as error:
            raise _shown() from error
        sys.stderr.write(safe(prompt))
        sys.stderr.flush()
        erase, kill, end = (before[6][one] for one in (termios.VERASE, termios.VKILL, termios.VEOF))
        found = _keys(terminal, {bytes(erase), b"\x7f", b"\x08"}, bytes(kill), bytes(end))
        if len(found) > _MOST_BYTES:
            raise _refused(what, "is too long")
        return _one_line(found, what)
    finally:
        # What is left of a paste must not become the next command of the shell.
        with suppress(termios.error):  # it may be gone
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
        sys.stderr.write("\n")
        sys.stderr.flush()


def _keys(terminal: int, erase: set[bytes], kill: bytes, end: bytes) -> bytes:
    """A line, and what was pasted behind it."""
    line = bytearray()
    rest = False
    while not rest or select.select([terminal], [], [], _REST_SECONDS)[0]:
        read = os.read(terminal, 4096)
        if not read:  # the terminal is gone, perhaps in the middle
            return b""
        for key in (bytes([one]) for one in read):
            if key in erase:
                while line and line.pop() & 0xC0 == 0x80:  # noqa: PLR2004 -- RFC 3629, 3: no character's first
                    pass
            elif key == kill:
                line.clear()
            elif key == end:
                return bytes(line)
            else:
                line += key
        rest = rest or b"\n" in line or b"\r" in line
        if len(line) > _MOST_BYTES:
            break
    return bytes(line)


def _one_line(found: bytes, what: str) -> str:
    try:
        text = found.decode("utf-16" if found[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8")
    except UnicodeDecodeError:
        raise _refused(what, "is not UTF-8") from None
    text = text.strip("\r\n")
    if "\n" in text or "\r" in text:
        raise _refused(what, "has more than one line")
    return text


def _of_windows(prompt: str) -> str:
    import getpass
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt, stream=sys.stderr)
        except EOFError:
            return ""
        except getpass.GetPassWarning as error:
            raise _shown() from error


def _shown() -> SettingsError:
    return SettingsError(
        "this terminal would show what you type",
        hint="have a program write the secret to stdin instead of typing it",
    )


def _refused(what: str, why: str) -> SettingsError:
    return SettingsError(
        f"{what} {why}: nothing is kept, since a part of it would open nothing",
        hint="copy it again, in one line and nothing else",
    )
