"""Standard output and error when nobody can take them any more."""

import io
import os
import sys
from contextlib import suppress
from typing import IO


def stop_printing(stream: IO[str] | None = None) -> None:
    """Have what a stream can't take any more go nowhere, so that the process can end in peace.

    Args:
        stream: stdout or stderr; stdout when None.
    """
    with suppress(io.UnsupportedOperation):  # what isn't a file of the system can't complain later
        os.dup2(os.open(os.devnull, os.O_WRONLY), (stream or sys.stdout).fileno())


def was_closed() -> bool:
    """Whether the process was started without stdout: `>&-` in a shell, or by some services."""
    return sys.stdout is None or getattr(sys.stdout, "name", "") == os.devnull
