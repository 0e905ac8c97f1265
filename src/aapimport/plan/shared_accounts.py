"""Two rows that are one account: such a file is refused, because both can't be right."""

from collections.abc import Mapping, Sequence

from aapimport.check.check_file import Checked
from aapimport.errors import RefusedError
from aapimport.person import Person
from aapimport.services.scim import Account

_MOST_NAMED = 10


def refuse_shared_addresses(checked: Checked) -> None:
    """Refuse a file in which two rows have one mailbox, however it is spelt.

    Raises:
        RefusedError: Some have; names the cells.
    """
    rows: dict[str, list[Person]] = {}
    for person in checked.people:
        rows.setdefault(person.key, []).append(person)
    _refuse(
        [
            f"{_cells(checked, people)} hold one address, {people[0].email!r}"
            for people in rows.values()
            if len(people) > 1
        ]
    )


def refuse_shared_accounts(checked: Checked, service: str, accounts: Mapping[str, Account]) -> None:
    """Refuse a file in which two rows are one account on a service.

    Args:
        checked: The file.
        service: What the service is called in messages.
        accounts: The account of each folded address that has one.

    Raises:
        RefusedError: Some are; names the cells and the account.
    """
    rows: dict[str, list[Person]] = {}
    for person in checked.people:
        if account := accounts.get(person.key):
            rows.setdefault(account.id, []).append(person)
    _refuse(
        [
            f"{_cells(checked, people)} are one account on {service},"
            f" {accounts[people[0].key].user_name!r} (id {identifier})"
            for identifier, people in rows.items()
            if len(people) > 1
        ]
    )


def _refuse(sentences: Sequence[str]) -> None:
    if not sentences:
        return
    more = len(sentences) - _MOST_NAMED
    shown = [*sentences[:_MOST_NAMED], *([f"and {more:,} more"] if more > 0 else [])]
    raise RefusedError("\n".join(shown), hint="keep one row for each person")


def _cells(checked: Checked, people: Sequence[Person]) -> str:
    return " and ".join(str(checked.cell(person, "email")) for person in people)
