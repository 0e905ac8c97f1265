"""Which rows an undo that is open is of: it goes on with these, and with no others."""

import json
from typing import TYPE_CHECKING

from aapimport.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aapimport.run.journal import Journal
    from aapimport.run.records import Run


def refuse_other_rows(journal: "Journal", undo: "Run", asked: frozenset[int] | None) -> None:
    """Refuse to go on with an undo of other rows than are asked for now.

    Raises:
        RefusedError: It was begun with others.
    """
    begun = json.loads(undo.options).get("only_rows") if undo.options else None
    if (None if begun is None else frozenset(begun)) == asked:
        return
    raise RefusedError(
        f"{undo.name} of upload {undo.of}, of {_rows(begun)}, is still open,"
        f" {journal.progress(undo.receipt)}; asked for is {_rows(asked)}",
        hint=f"finish it:                aapimport resume {undo.receipt}\n"
        f"      or end it as it is:       aapimport resume {undo.receipt} --close\n"
        "      then run the same command again",
    )


def _rows(rows: "Iterable[int] | None") -> str:
    """Some rows in words, `rows 2-4, 6`."""
    from aapimport.run.undo_again import spans_in_words

    return "all rows" if rows is None else spans_in_words(rows)
