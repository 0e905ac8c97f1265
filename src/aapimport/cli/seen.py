"""Where whoever sits at the terminal sees a question, and how its lines are broken there."""

import os
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from aapimport.errors import UsageError


@contextmanager
def seen(*, as_json: bool, flags: str) -> Iterator[IO[str]]:
    """The stream on which whoever types sees what is asked.

    That is stderr. Where a terminal answers and stderr goes to a file, it is stdout, and where that
    does, too, or is kept for JSON, the terminal itself.

    Args:
        as_json: Whether stdout is kept for one JSON object.
        flags: What decides without a question.

    Raises:
        UsageError: A terminal would answer, and nothing can be shown on it.
    """
    if sys.stdin is None or not sys.stdin.isatty() or sys.stderr.isatty():
        yield sys.stderr
    elif sys.stdout.isatty() and not as_json:
        yield sys.stdout
    else:
        try:
            name = "CONOUT$" if os.name == "nt" else os.ttyname(sys.stdin.fileno())
            terminal = open(name, "w", encoding=sys.stdin.encoding, errors="backslashreplace")  # noqa: PTH123, SIM115 -- a device
        except OSError as error:
            raise UsageError(
                "a question can't be shown: stderr and stdout don't go to the terminal, which can't"
                f" be written to: {error.strerror}",
                hint=f"decide with {flags}",
            ) from error
        with terminal:
            yield terminal


def say(text: str, stream: IO[str], end: str = "\n") -> None:
    """Say something in lines as wide as the terminal; what reads a pipe gets them whole."""
    from aapimport.screens.console import broken_at_blanks, make_console, safe_lines

    console = make_console(stream)
    said = safe_lines(text)
    if console.is_terminal:
        said = broken_at_blanks(said, console.width)
    console.print(said, end=end, soft_wrap=True)


def wrapped(prompt: str, stream: IO[str]) -> str:
    """A prompt with its lines broken between words, where a terminal would break within them."""
    from aapimport.screens.console import make_console

    console = make_console(stream)
    if not console.is_terminal:
        return prompt
    lines = prompt.rstrip().split("\n")
    wrapper = textwrap.TextWrapper(
        console.width - 2, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(map(wrapper.fill, lines)) + " "


def throw_away_typed() -> None:
    """Throw away what was typed on the terminal before: it answers a question that nobody saw."""
    try:
        import termios
    except ImportError:  # Windows
        _throw_away_keys()
        return
    with suppress(termios.error, OSError):  # the terminal is gone: reading will say so
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def _throw_away_keys() -> None:
    with suppress(ImportError):  # neither: then nothing can be told of what was typed before
        import msvcrt

        keys: Any = msvcrt
        while keys.kbhit():
            keys.getwch()
