"""Who of the newcomers may be there already: by an address of somebody's account, or by name."""

from collections.abc import Iterable, Mapping, Sequence

from aapimport.check.check_file import Checked
from aapimport.person import Person
from aapimport.plan.names import is_member
from aapimport.plan.plan import Action, PersonPlan
from aapimport.plan.snapshot import Snapshot
from aapimport.services.scim import Account
from aapimport.services.values import Pass
from aapimport.twins.same_human import Kind, Known, Twin, find_twins


def find_maybes(
    checked: Checked,
    people: Sequence[PersonPlan],
    pass_: Pass,
    on_portal: Snapshot,
    on_jhana: Snapshot,
) -> Mapping[int, Twin]:
    """Whom of the newcomers may be somebody who is there already: by row.

    An account that has the row's address, but not as its userName, is evidence that outweighs every
    likeness of names.
    """
    found: dict[int, Twin] = {}
    for at, one in enumerate(people):
        portal = on_portal.evidence.get(one.person.key, ())
        jhana = on_jhana.evidence.get(one.person.key, ())
        if portal and one.portal.action is Action.CREATE:
            found[one.person.row] = _by_address(at, portal[0], _where(portal[0], pass_))
        elif jhana and one.jhana is not None and one.jhana.action is Action.CREATE:
            found[one.person.row] = _by_address(at, jhana[0], "on Jhana")
    existing = [_known(account, _where(account, pass_)) for account in on_portal.on_pass]
    return dict(_by_name(checked, people, existing)) | found


def _by_address(index: int, account: Account, where: str) -> Twin:
    return Twin(index, _known(account, where), Kind.SECOND_ADDRESS)


def _where(account: Account, pass_: Pass) -> str:
    """Where people find an account of the portal."""
    inside = pass_.id in account.passes or is_member(account, pass_.members)
    return "on the pass" if inside else "on the portal"


def _known(account: Account, where: str) -> Known:
    """An account, to be compared with."""
    return Known(
        email=account.user_name or next(iter(account.emails), ""),
        first_name=account.first_name,
        last_name=account.last_name,
        where=where if account.active else f"{where}, deactivated",
        active=account.active,
    )


def _by_name(
    checked: Checked, people: Iterable[PersonPlan], existing: Sequence[Known]
) -> Iterable[tuple[int, Twin]]:
    """Likeness of names and addresses.

    Rows whose account is on the pass are compared with as accounts; those with an account that is
    not on it (last year's people) and those who are new, as rows.
    """
    newcomers, joining = [], []
    for one in people:
        if one.portal.action is Action.CREATE:
            newcomers.append(one.person)
        elif one.seat:
            joining.append(_row(checked, one.person))
    if not newcomers:
        return ()
    rows = [_row(checked, person) for person in newcomers]
    twins = find_twins(rows, [*existing, *joining])
    return ((newcomers[twin.index].row, twin) for twin in twins)


def _row(checked: Checked, person: Person) -> Known:
    """A row of the file, to be compared with."""
    return Known(
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        where=str(checked.cell(person, "email")),
    )
