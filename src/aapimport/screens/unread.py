"""Who of a file isn't read: rows that were left out by a decision, and other sheets."""

from collections.abc import Iterable, Iterator

from aapimport.check.check_file import LeftOut, OtherSheet
from aapimport.check.report import LeftOutReport, OtherSheetReport
from aapimport.screens.console import count, safe
from aapimport.text import rows_in_words


def left_out_lines(left_out: Iterable[LeftOut | LeftOutReport]) -> Iterator[str]:
    """A line for each reason: how many people, and their rows."""
    by_reason: dict[str, list[int]] = {}
    for one in left_out:
        by_reason.setdefault(one.reason, []).append(one.row)
    for reason, rows in by_reason.items():
        people = count(len(rows), "person", "people")
        yield f"left out, {safe(reason)}: {people} ({rows_in_words(rows)})"


def other_sheet_lines(sheets: Iterable[OtherSheet | OtherSheetReport]) -> Iterator[str]:
    """A line for each sheet that holds more people."""
    for one in sheets:
        more = f"{count(one.people, 'more person', 'more people')}"
        yield f"sheet {safe(one.name)!r} holds {more}, not read"
