"""How a step that isn't an account stands, in one word: each of them is one part of a whole.

Of people who are to join a team, or to be mailed, whoever is not yet, or not any more, to be asked
for is counted as well, so that the parts add up to what was planned.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from aapimport.plan.plan import Action
from aapimport.run.records import State, Task
from aapimport.services.values import EmailKind

Standing = Literal[
    "none",
    "done",
    "handed_over",
    "rejected",
    "needs_person",
    "unknown",
    "waiting",
    "owed",
    "not_asked",
]
"""`none` where nothing was planned, `handed_over` what somebody is to send by hand, `unknown`
where it was asked for and not answered, `waiting`
where it is still to be asked for, or nobody knows whether the account is there, `owed` where the
upload was closed before it was asked for and the person is there, `not_asked` where it isn't asked
for because nobody is there who should have it."""

_BY_STATE: dict[State, Standing] = {
    State.DONE: "done",
    State.REJECTED: "rejected",
    State.NEEDS_PERSON: "needs_person",
    State.SKIPPED: "not_asked",
    State.HANDED_OVER: "handed_over",
}
IN_DOUBT = {State.INTENT, State.DOUBT, State.WRITTEN}
"""Sent, or about to be, and not known to have been carried out."""
_THERE = {State.DONE, State.WRITTEN}
_WELCOMED = {Action.CREATE, Action.SAME}
"""What is done with the accounts of whoever is mailed: created now, or by an earlier upload."""
_ABOUT = {
    EmailKind.PORTAL: {"portal"},
    EmailKind.JHANA: {"jhana"},
    EmailKind.COMBINED: {"portal", "jhana"},
}
"""The services of which each kind of welcome e-mail speaks."""


def mail_standing(email: Task | None, accounts: Mapping[str, Task], *, closed: bool) -> Standing:
    """How a welcome e-mail stands.

    Args:
        email: Its step; None without one.
        accounts: The person's accounts, by service.
        closed: Whether the upload was closed.
    """
    if email is not None and closed and is_mail_owed(email, accounts):
        return "owed"
    return _standing(email, accounts, closed=closed)


def join_standing(join: Task | None, accounts: Mapping[str, Task], *, closed: bool) -> Standing:
    """How the joining of a Group stands; as `mail_standing`."""
    standing = _standing(join, accounts, closed=closed)
    return "owed" if standing == "not_asked" and is_join_owed(join, accounts) else standing


def is_join_owed(join: Task | None, accounts: Mapping[str, Task]) -> bool:
    """Whether somebody who is there was to join a Group, and it was not begun."""
    if join is None or join.state is not State.PLANNED:
        return False
    return accounts[join.service].state in _THERE


def is_mail_owed(email: Task, accounts: Mapping[str, Task]) -> bool:
    """Whether somebody was created on a service of which a planned welcome e-mail speaks.

    Args:
        email: The e-mail's step, which was not begun.
        accounts: The person's accounts, by service.
    """
    about = _ABOUT[EmailKind(email.target)]
    return email.state is State.PLANNED and any(
        task.action in _WELCOMED and not task.adopted and task.state in _THERE
        for service, task in accounts.items()
        if service in about
    )


def _standing(step: Task | None, accounts: Mapping[str, Task], *, closed: bool) -> Standing:
    if step is None:
        return "none"
    if step.state is not State.PLANNED:
        return _BY_STATE.get(step.state, "unknown")
    if closed and accounts[step.service].state not in IN_DOUBT:
        return "not_asked"
    return "waiting"


def mails_standing(
    states: Iterable[str],
) -> Literal["sent", "none", "incomplete", "handed_over"]:
    """How all e-mails of a run stand, in one word.

    Args:
        states: How each person's stands; `none` where none was planned.
    """
    seen = set(states) - {"none"}
    if not seen:
        return "none"
    if seen == {"handed_over"}:
        return "handed_over"
    return "sent" if seen == {"sent"} else "incomplete"
