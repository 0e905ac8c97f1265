"""Standard output when nobody can take it any more."""

import io
import os
import sys
from contextlib import suppress


def stop_printing() -> None:
    """Have what stdout can't take any more go nowhere, so that the process can end in peace."""
    with suppress(io.UnsupportedOperation):  # what isn't a file of the system can't complain later
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def was_closed() -> bool:
    """Whether the process was started without stdout: `>&-` in a shell, or by some services."""
    return sys.stdout is None or getattr(sys.stdout, "name", "") == os.devnull
