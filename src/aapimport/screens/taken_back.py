"""That an upload was taken back: when, by which undo, whom, and whom not."""

from collections.abc import Iterable, Iterator

from aapimport.run.taken_back import TakenBackReport
from aapimport.run.undo_again import spans_in_words
from aapimport.screens.console import count

_MOST = 40
"""Characters of rows that are named one by one."""


def taken_back_lines(undos: Iterable[TakenBackReport]) -> Iterator[str]:
    """One line for each undo of an upload, `on 28 Nov 2026 06:43 UTC by undo 8LMSVC: 22 people`."""
    for one in undos:
        parts = [count(one.people, "person", "people")]
        if one.in_part:
            parts.append(f"{one.in_part:,} of them in part")
        if one.not_taken_back:
            parts.append(f"{one.not_taken_back:,} not")
        if one.in_part or one.not_taken_back:
            parts.append(f"see aapimport receipt {one.undo}")
        if one.state == "open":
            parts.append(f"not finished: aapimport resume {one.undo}")
        elif one.state == "closed":
            parts.append("closed before it was finished")
        who, *more = parts
        only = f", of {asked_rows(one.only_rows)} only" if one.only_rows is not None else ""
        said = "; ".join([who, *more])
        yield f"on {one.at:%d %b %Y %H:%M UTC} by undo {one.undo}{only}: {said}"


def asked_rows(rows: Iterable[int]) -> str:
    """The rows that an undo was asked for, `rows 2-4, 6`; their number where they are many."""
    rows = [*rows]
    said = spans_in_words(rows)
    return said if len(said) <= _MOST else count(len(rows), "row")
