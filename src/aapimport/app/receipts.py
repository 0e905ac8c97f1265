"""Printing a receipt, which must not get lost whatever stdout is, and however the run ends."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from aapimport.errors import RefusedError
from aapimport.screens.printing import stop_printing, was_closed

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run
    from aapimport.run.report import UploadReport


@contextmanager
def printed_receipt(run: "Run", desk: "Desk") -> Iterator[None]:
    """Print a receipt; where it can't be, the run stands all the same, and its number is told.

    Args:
        run: The run.
        desk: Is told it, where nobody reads what is printed.

    Raises:
        RefusedError: It can't be printed: the disk behind stdout is full, for example.
        OSError: The terminal is gone.
    """
    again = f"see it again with: aapimport receipt {run.receipt}"
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
        if was_closed():
            desk.say(f"the receipt of {run.name} is not printed: stdout is closed; {again}")
    except BrokenPipeError:
        stop_printing()
        desk.say(f"nobody reads the receipt of {run.name}; {again}")
    except OSError as error:
        if sys.stdout.isatty():  # the terminal is gone, and nobody reads what is said
            raise
        stop_printing()
        raise RefusedError(
            f"the receipt of {run.name} can't be printed: {error.strerror}",
            hint=again,
            state="what it did is recorded",
        ) from error


def print_receipt(
    journal: "Journal", receipt: str, addresses: Mapping[int, str] | None, desk: "Desk"
) -> "UploadReport":
    """Print the receipt of a run as it stands.

    Args:
        journal: The journal.
        receipt: The run's number.
        addresses: The people's addresses by row, where the file is at hand; None names nobody, and
            leaves out what services say in words of their own.
        desk: Prints it.

    Raises:
        RefusedError: As `printed_receipt`.
        OSError: Likewise.
    """
    from aapimport.run.report import make_report
    from aapimport.screens.receipt import show_receipt

    run = journal.run(receipt)
    left = journal.addresses(receipt)  # who isn't settled is told by name
    report = make_report(journal, run, None if addresses is None else {**left, **addresses})
    with printed_receipt(run, desk):
        if desk.as_json:
            desk.print_result(report.model_dump_json(by_alias=True, indent=2))
        else:
            desk.show(show_receipt, report, run, desk.profile)
    return report


def print_unfinished(
    journal: "Journal", receipt: str, addresses: Mapping[int, str], desk: "Desk"
) -> None:
    """Print the receipt of a run that an error has ended, which is told afterwards.

    Nothing that hinders printing takes the place of that error; as JSON, both are one object.

    Args:
        journal: The journal.
        receipt: The run's number.
        addresses: As for `print_receipt`.
        desk: Prints it.
    """
    from aapimport.run.report import make_report

    if desk.as_json:
        left = journal.addresses(receipt)
        report = make_report(journal, journal.run(receipt), {**left, **addresses})
        desk.hold_result(report.model_dump_json(by_alias=True, indent=2))
        return
    with suppress(OSError):  # the terminal is gone
        try:
            print_receipt(journal, receipt, addresses, desk)
        except RefusedError as error:
            desk.say(f"{error.message}; {error.hint}")
