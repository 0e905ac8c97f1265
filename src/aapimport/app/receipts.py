"""Printing a receipt, which must not get lost whatever stdout is."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from aapimport.errors import RefusedError
from aapimport.screens.printing import stop_printing


@contextmanager
def printed_receipt(receipt: str) -> Iterator[None]:
    """Print a receipt; where it can't be, the upload stands all the same.

    Raises:
        RefusedError: It can't be printed: the disk behind stdout is full, for example.
        BrokenPipeError: Whoever reads it has seen enough.
    """
    try:
        yield
        if sys.stdout is not None:  # a process may be started without one
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        if sys.stdout.isatty():  # the terminal is gone, and nobody reads what is said
            raise
        stop_printing()
        raise RefusedError(
            f"the receipt of upload {receipt} can't be printed: {error.strerror}",
            hint=f"see it again with: aapimport resume {receipt}",
            state="the upload is recorded as it is",
        ) from error
