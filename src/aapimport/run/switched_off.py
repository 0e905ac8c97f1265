"""Which account is off, or about to be, and by which undo, as far as the journals know."""

from collections.abc import Mapping

from aapimport.config.addresses import place
from aapimport.run.journal import Journal
from aapimport.run.later_steps import whose
from aapimport.run.records import RunKind, State
from aapimport.run.undo_again import command
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


def being_undone_at(journal: Journal, address: str) -> Mapping[tuple[str, str], str]:
    """The accounts to which an undo that isn't finished is still to write, or may have written.

    Nobody is mailed about them before it is over: what it takes back is kept back then.

    Args:
        journal: The journal.
        address: The pair of services; undos of runs at the same service count.

    Returns:
        By service and account, what is said of them; it names nobody.

    Raises:
        AapimportError: The journal of another profile can't be read.
    """
    found = {
        (one.service, one.account_id): _undoes(one.run, one.receipt, one.profile)
        for one in journal.touches_beside(address)
        if one.is_undo and (one.is_due or one.may_write)
    }
    for run in journal.open_runs():
        if run.kind != RunKind.UNDO:
            continue
        for task in journal.tasks(run.receipt, None, *_LEFT, service=None):
            if task.account_id and place(run.address, task.service) == place(address, task.service):
                found[task.service, task.account_id] = _undoes(run.name, run.receipt, None)
    return found


_LEFT = (State.PLANNED, State.INTENT, State.DOUBT)


def _undoes(run: str, receipt: str, profile: str | None) -> str:
    finish = command("resume", receipt, profile)
    return f"{run}{whose(profile)} is still open and takes the account back: {finish}"


def who_is_off(undos: Undos, service: str, account_id: str) -> str:
    """That an account is off, in words: which one, and by which undo, where one did it."""
    if found := undos.get((service, account_id)):
        undo, of = found
        return f"{_WHERE[service]}{OFF_BY_UNDO}{undo} of upload {of}"
    return f"{_WHERE[service]} is deactivated"
