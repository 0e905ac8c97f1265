"""Which account is off, and by which undo, as far as the journal knows."""

from collections.abc import Mapping

from aapimport.run.journal import Journal
from aapimport.run.memory import place
from aapimport.services.ownership import OFF_BY_UNDO

_WHERE = {"portal": "the account on the portal", "jhana": "the account on Jhana"}
Undos = Mapping[tuple[str, str], tuple[str, str]]
"""By service and account: the undo that has switched it off, and the upload that it undid."""


def switched_off_at(journal: Journal, address: str) -> Undos:
    """The accounts that undos have switched off, and nothing here has written to since.

    Args:
        journal: The journal.
        address: The pair of services; undos of runs at the same service count.
    """
    return {
        (service, account_id): (undo, of)
        for service, account_id, undo, of, at in journal.switched_off()
        if place(at, service) == place(address, service)
    }


def who_is_off(undos: Undos, service: str, account_id: str) -> str:
    """That an account is off, in words: which one, and by which undo, where one did it."""
    if found := undos.get((service, account_id)):
        undo, of = found
        return f"{_WHERE[service]}{OFF_BY_UNDO}{undo} of upload {of}"
    return f"{_WHERE[service]} is deactivated"
