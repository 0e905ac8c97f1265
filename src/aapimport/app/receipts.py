"""Printing a receipt, which must not get lost whatever stdout is."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aapimport.errors import RefusedError
from aapimport.screens.printing import stop_printing, was_closed

if TYPE_CHECKING:
    from aapimport.app.desk import Desk


@contextmanager
def printed_receipt(receipt: str, desk: "Desk") -> Iterator[None]:
    """Print a receipt; where it can't be, the upload stands all the same, and its number is told.

    Args:
        receipt: The number.
        desk: Is told it, where nobody reads what is printed.

    Raises:
        RefusedError: It can't be printed: the disk behind stdout is full, for example.
        OSError: The terminal is gone.
    """
    again = f"see it again with: aapimport resume {receipt}"
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
        if was_closed():
            desk.say(f"the receipt of upload {receipt} is not printed: stdout is closed; {again}")
    except BrokenPipeError:
        stop_printing()
        desk.say(f"nobody reads the receipt of upload {receipt}; {again}")
    except OSError as error:
        if sys.stdout.isatty():  # the terminal is gone, and nobody reads what is said
            raise
        stop_printing()
        raise RefusedError(
            f"the receipt of upload {receipt} can't be printed: {error.strerror}",
            hint=again,
            state="the upload is recorded as it is",
        ) from error
