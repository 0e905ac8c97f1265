"""Where the people of a sending for a whole pass stand: in their uploads, as the journal knows."""

from collections.abc import Mapping

from aapimport.run.journal import Journal
from aapimport.run.own_words import nameless
from aapimport.run.records import Run, RunKind
from aapimport.template.cells import CellRef


def place_of(receipt: str, row: int, sheet: str) -> str:
    """Where somebody of an upload stands, as an administrator finds them."""
    return f"upload {receipt}, {CellRef(sheet, 0, row)}"


def places_of(journal: Journal, run: Run, *, named: bool) -> Mapping[int, str]:
    """The upload and the cell of everybody, by row; nothing where rows are those of one upload.

    Args:
        journal: The journal.
        run: The run.
        named: Whether sheets that are called by an address are told so.
    """
    if run.kind != RunKind.SEND or run.of:
        return {}
    sheets: dict[str, str] = {}
    places: dict[int, str] = {}
    for row in journal.rows(run.receipt):
        _, before = journal.person(run.receipt, row)
        if of := before.get("of"):
            receipt, own = of
            if receipt not in sheets:
                upload = journal.run(receipt)
                sheets[receipt] = (upload if named else nameless(upload)).sheet
            places[row] = place_of(receipt, own, sheets[receipt])
    return places
