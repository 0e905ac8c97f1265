"""What a plan says of single people: whose rights go, who was never mailed, and who perhaps."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aapimport.plan.plan import PersonPlan
from aapimport.services.roles import is_client_admin
from aapimport.template.roles import Role

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMail:
    """A welcome e-mail of which nobody has said so far what became of it.

    Attributes:
        by: The run that has the right to it, in words.
        receipt: That run's number.
        is_handed_over: Whether somebody is to send it by hand; else it may have been sent.
        is_open: Whether that run may still go on.
        is_elsewhere: Whether it is another profile's.
    """

    by: str
    receipt: str
    is_handed_over: bool
    is_open: bool
    is_elsewhere: bool


def by_name(
    people: Sequence[PersonPlan],
    unmailed: Mapping[str, str],
    unsettled: Mapping[tuple[str, str], OpenMail],
) -> Iterator[str]:
    """Everything that is said of single people.

    Args:
        people: The plan's.
        unmailed: The upload's confirmation number, by an account's id or our own key.
        unsettled: The e-mails that aren't settled, by the service and the account's id there.
    """
    yield from _lost_admins(people)
    yield from _never_mailed(people, unmailed)
    yield from _not_settled(people, unsettled)


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


def _not_settled(
    people: Iterable[PersonPlan], unsettled: Mapping[tuple[str, str], OpenMail]
) -> Iterator[str]:
    """Whom an earlier run may have mailed, or has handed over, and this one doesn't mail."""
    found: dict[OpenMail, list[PersonPlan]] = {}
    for one in people:
        steps = (("portal", one.portal), ("jhana", one.jhana))
        ids = ((name, it.account.id) for name, it in steps if it and it.account)
        mail = next((unsettled[key] for key in ids if key in unsettled), None)
        if mail and one.email is None:
            found.setdefault(mail, []).append(one)
    for mail, some in found.items():
        yield f"{_standing(mail, len(some))}: {_named(some)}; {_cure(mail)}"


def _standing(mail: OpenMail, people: int) -> str:
    who = "1 person" if people == 1 else f"{people:,} people"
    if mail.is_handed_over:
        return f"{who} handed over by {mail.by}, of whom nobody has said that they were mailed"
    return f"{who} in doubt, as it isn't known whether {mail.by} has mailed them"


def _cure(mail: OpenMail) -> str:
    """What settles an e-mail; an upload never sends it."""
    where = " in that profile" if mail.is_elsewhere else ""
    if mail.is_open:
        return f"finish that first: aapimport resume {mail.receipt}"
    if mail.is_handed_over:
        settle = f"aapimport send-emails {mail.receipt} --sent (or --not-sent)"
        return f"when you know, settle it{where}: {settle}"
    settle = f"aapimport send-emails {mail.receipt} --sent --to ADDRESS (or --not-sent)"
    return f"ask them, then settle it{where}: {settle}"


def _named(people: Sequence[PersonPlan]) -> str:
    shown = ", ".join(f"{one.person.email} (row {one.person.row})" for one in people[:_MOST_NAMED])
    more = len(people) - _MOST_NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown
