"""What a plan says of single people: whose rights go, and who was never mailed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from aapimport.plan.plan import PersonPlan
from aapimport.services.roles import is_client_admin
from aapimport.template.roles import Role

_MOST_NAMED = 10


def by_name(people: Sequence[PersonPlan], unmailed: Mapping[str, str]) -> Iterator[str]:
    """Everything that is said of single people.

    Args:
        people: The plan's.
        unmailed: The upload's confirmation number, by an account's id or our own key.
    """
    yield from _lost_admins(people)
    yield from _never_mailed(people, unmailed)


def _lost_admins(people: Iterable[PersonPlan]) -> Iterator[str]:
    """Who is a client admin now and wouldn't be afterwards; a blank cell is enough for that."""
    losing = [
        one
        for one in people
        if one.portal.account is not None
        and is_client_admin(one.portal.account)
        and one.role_afterwards != Role.CLIENT_ADMIN
        and any(change.attribute == "role" for change in one.portal.changes)
    ]
    if losing:
        yield f"no longer client admin{'s' if len(losing) > 1 else ''} after this: {_named(losing)}"


def _never_mailed(people: Iterable[PersonPlan], unmailed: Mapping[str, str]) -> Iterator[str]:
    """Whom an earlier upload has created, and neither it nor this one mails."""
    owed: dict[str, list[PersonPlan]] = {}
    for one in people:
        account = one.portal.account
        if account is None or one.email is not None:
            continue
        if upload := unmailed.get(account.id) or unmailed.get(account.external_id):
            owed.setdefault(upload, []).append(one)
    for upload, some in owed.items():
        yield (
            f"created by upload {upload} without a welcome e-mail, which an upload sends to new"
            f" people only: {_named(some)}; to send it: aapimport send-emails {upload}"
        )


def _named(people: Sequence[PersonPlan]) -> str:
    shown = ", ".join(f"{one.person.email} (row {one.person.row})" for one in people[:_MOST_NAMED])
    more = len(people) - _MOST_NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown
