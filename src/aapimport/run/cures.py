"""What is not as it should be about a person, place by place, and what to do about it.

The cure depends on what was tried, how it stands, and the kind of trouble that the service had.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from aapimport.plan.decide import (
    ANOTHERS,
    MAYBE,
    NO_PLACE,
    NO_SEAT,
    RETURNS,
    RETURNS_TO_JHANA,
    RETURNS_TO_PORTAL,
)
from aapimport.run.landing import BY_ANOTHER, NOT_MAILED, UNKNOWN_BY_SMTP
from aapimport.run.own_words import WITHHELD
from aapimport.run.records import State, StepKind, Task
from aapimport.run.standing import IN_DOUBT, is_join_owed, is_mail_owed
from aapimport.services.ownership import MAY_COME, OFF_BY_UNDO, ROLE_STAYS
from aapimport.services.troubles import Trouble
from aapimport.text import as_typed

Standing = Literal[
    "left_out", "not_sent", "rejected", "needs_person", "unknown", "waiting", "owed", "not_kept"
]
"""How it stands: `left_out` by the plan, `not_sent` before the upload ended, `unknown` what became
of it, `waiting` or, when the upload was closed, `owed` to somebody who is there, `not_kept` though
it was accepted."""

MAIL = "e-mail"
WHERE = {
    ("portal", StepKind.ACCOUNT): "All Access Pass",
    ("portal", StepKind.PASS): "pass",
    ("portal", StepKind.TEAM): "team",
    ("portal", StepKind.EMAIL): MAIL,
    ("jhana", StepKind.ACCOUNT): "Jhana",
    ("jhana", StepKind.EMAIL): MAIL,
}
"""What a step is about, in a word, by its service and kind."""
NEVER_SENT = "never sent: the upload was closed"
NOT_YET = "not sent so far"
_SERVICES = {"portal": "the All Access Pass", "jhana": "Jhana"}
_AGAIN = "upload the file again: whoever is done stays as they are"
_BY_HAND = (
    "send it on the portal, where the envelope is grey: ADMIN, USERS & PASSES & TEAMS, PASS, +,"
    " SEND EMAIL"
)
_LATER = "send it with: aapimport send-emails {receipt}"
_REJECTED: dict[Trouble | Literal[""], str] = {
    Trouble.TAKEN: "look on {service} who has this address; if it is the same person, have the"
    " accounts put right there, else correct the row; then " + _AGAIN,
    Trouble.INVALID: "correct what {service} names in this row, then " + _AGAIN,
    Trouble.NOT_ALLOWED: "ask whoever runs {service} why this is not allowed, or for the rights of"
    " the log-in; then " + _AGAIN,
    Trouble.FULL: "ask for more seats or licences, then " + _AGAIN,
    Trouble.TOO_LARGE: "{service} takes less at a time: shorten what the row says, or upload with"
    " --no-bulk; then " + _AGAIN,
    Trouble.GONE: "what {service} was asked for is not there any more: look there, then " + _AGAIN,
    Trouble.CHANGED: "somebody changed it at the same time: " + _AGAIN,
    Trouble.BUSY: "{service} had trouble of its own: later, " + _AGAIN,
    Trouble.NO_ANSWER: "{service} did not answer: later, " + _AGAIN,
    Trouble.REFUSED: "ask whoever runs {service} what its words mean, mend that, then " + _AGAIN,
    "": "mend what the words say, on {service} or in this row, then " + _AGAIN,
}
"""What to do about somebody, or something, that a service has rejected."""
_TOLD_BY_WORDS = {"", Trouble.INVALID, Trouble.REFUSED}
"""The kinds of trouble of which only the service's words tell what is to be mended."""
_TEAM_REJECTED: dict[Trouble | Literal[""], str] = {
    Trouble.FULL: "ask for more places in the team, or name another team in the row; then "
    + _AGAIN,
    Trouble.GONE: "look on {service} which teams there are, correct the row, then " + _AGAIN,
}
"""The same about a team, where it is something else."""
_NEEDS_PERSON = {
    StepKind.ACCOUNT: "look at {who} on {service} and put it right there, then " + _AGAIN,
    StepKind.PASS: "look on the portal whether {who} is on the pass; if not, ADD MEMBERS puts them"
    " there",
    StepKind.TEAM: "look on the portal whether {who} is in the team; if not, add them there",
    StepKind.EMAIL: "look on the portal whether {who} was mailed (black envelope: yes); if not, and"
    " they should be, " + _BY_HAND,
}
"""What a person does about what only a person may decide."""
_MAILED = (
    "nothing is sent twice: see what became of that one with aapimport receipt and its number;"
    " where that was to somebody who had the account's id before, mail {who} with: aapimport"
    " send-emails {receipt} --again --to {to}"
)
_PUT_RIGHT = "if they are to be welcomed, put that right; then " + _LATER
_SAY = (
    "ask {who} whether it came; then: aapimport send-emails {receipt} --sent --to {to}, or"
    " --not-sent, which lets it be sent"
)
_WHO = "; who it is: aapimport send-emails {receipt} --dry-run"
"""After what has to name somebody whose address is erased: the service still has it."""
_TELLS_AGAIN = "what is wrong is told again once it is tried again: "
"""Instead of mending what words say that are erased, or withheld from whoever reads it."""
_UNKNOWN = {
    StepKind.ACCOUNT: "look for {who} on {service}; then upload the file again, which looks them"
    " up first and makes nobody twice",
    StepKind.PASS: "look on the portal whether {who} is on the pass; if not, " + _AGAIN,
    StepKind.TEAM: "look on the portal whether {who} is in the team; if not, " + _AGAIN,
    StepKind.EMAIL: "look on the portal whether {who} was mailed (black envelope: yes); if not, "
    + _BY_HAND,
}
"""What to do about what isn't known of an upload that was closed."""
_NOT_KNOWN = {
    StepKind.ACCOUNT: "not known whether it was carried out",
    StepKind.PASS: "not known whether the person is on it",
    StepKind.TEAM: "not known whether the person is in it",
    StepKind.EMAIL: "not known whether it was sent",
}
_OWED = {
    StepKind.PASS: "to put {who} on the pass, " + _AGAIN,
    StepKind.TEAM: "to put {who} into the team, " + _AGAIN,
    StepKind.EMAIL: _LATER,
}
_LEFT_OUT = {
    MAYBE: "if it is somebody else, upload the file again with --maybe create, or answer in a"
    " workbook with --maybe-file",
    ANOTHERS: "look on {service} whose account {who} is; correct the name in the row, or that of"
    " the account, then " + _AGAIN,
    **dict.fromkeys(
        (RETURNS, RETURNS_TO_PORTAL, RETURNS_TO_JHANA),
        "to switch them on again, upload the file again with --returning include",
    ),
    NO_SEAT: "ask for more seats, then " + _AGAIN,
    NO_PLACE: "ask for more places in the team, or name another team in the row; then " + _AGAIN,
}
"""What to do about people whom the plan left out, by how its reason begins."""
_BUT = {
    "no welcome to it": "have it put right there, or upload them with Jhana = 1; then " + _LATER,
    OFF_BY_UNDO: "to switch them on again, upload the file again with --returning include",
    MAY_COME: "look tomorrow whether it has come: aapimport receipt verify {receipt}; if it has,"
    " upload the file again with --returning include",
    ROLE_STAYS: "if the row's role is meant, upload the file again with --update-roles",
}
"""What to do about somebody who is there, but; by our words for it."""
_AFTER: dict[str, dict[StepKind, str]] = {
    "unknown": _UNKNOWN,
    "owed": _OWED,
    "needs_person": _NEEDS_PERSON,
    "not_kept": dict.fromkeys(
        StepKind,
        "look at {who} on {service} and set it there, or ask whoever runs it why it isn't kept",
    ),
    "not_sent": {},
}
"""What to do, by how it stands and what was tried; else the file is uploaded again."""
_ADVICE = re.compile(r"; to send it once more: (aapimport resume \w+ --again)")


class Failing(NamedTuple):
    """What is not as it should be about one of a person's steps.

    Attributes:
        where: As `WHERE` has it.
        service: `portal` or `jhana`.
        standing: How it stands.
        kind: What kind of trouble the service had; empty where it had none.
        words: What is wrong, in the service's words where it gave any.
        cure: What to do next.
    """

    where: str
    service: str
    standing: Standing
    kind: str
    words: str
    cure: str


def failings(
    steps: Sequence[Task], *, closed: bool, who: str | None, receipt: str
) -> Iterator[Failing]:
    """What is not as it should be about a person.

    Args:
        steps: The person's steps.
        closed: Whether the upload was closed.
        who: The person's address; None where it is erased, or not to be named.
        receipt: The upload's confirmation number.
    """
    accounts = {task.service: task for task in steps if task.kind is StepKind.ACCOUNT}
    for task in steps:
        for standing, words in _wrong(task, accounts, closed=closed):
            advised = _ADVICE.search(task.reason)
            cure = _cure(task, standing, closed=closed)
            if standing == "unknown" and advised and not closed:
                cure = "look for {who} on {service}; if nobody is there, to send it once more: "
                cure += advised[1]
            yield Failing(
                where=WHERE[task.service, task.kind],
                service=task.service,
                standing=standing,
                kind=task.trouble,
                words=_ADVICE.sub("", words) if closed else words,
                cure=(cure if who or "{to}" not in cure else cure + _WHO).format(
                    who=who or "this person",
                    to=as_typed(who) if who else "ADDRESS",
                    service=_SERVICES[task.service],
                    receipt=receipt,
                ),
            )


def _wrong(
    task: Task, accounts: Mapping[str, Task], *, closed: bool
) -> Iterator[tuple[Standing, str]]:
    """How a step stands that isn't as it should be, and what is wrong about it."""
    if task.but:
        yield "not_kept", task.but
    is_account = task.kind is StepKind.ACCOUNT
    if task.state is State.REJECTED:
        yield "rejected", task.reason or "rejected without a word"
    elif task.state is State.NEEDS_PERSON:
        yield "needs_person", task.reason or "it needs somebody's decision"
    elif task.state in IN_DOUBT:
        yield "unknown", task.reason or _NOT_KNOWN[task.kind]
    elif task.state is State.SKIPPED and is_account:
        yield "left_out", task.reason
    elif task.state is State.PLANNED:
        yield from _not_begun(task, accounts, closed=closed)


def _not_begun(
    task: Task, accounts: Mapping[str, Task], *, closed: bool
) -> Iterator[tuple[Standing, str]]:
    """What was planned and is not begun; what depends on somebody who isn't there is no matter."""
    words = task.reason or (NEVER_SENT if closed else NOT_YET)
    if task.kind is StepKind.ACCOUNT:
        yield "not_sent", words
    elif _is_left(task, accounts, closed=closed):
        yield "owed" if closed else "waiting", words


def _is_left(task: Task, accounts: Mapping[str, Task], *, closed: bool) -> bool:
    """Whether what is not begun is left to do: for somebody who is there.

    As long as an upload can go on, what waits for an account in doubt is told with the account.
    """
    if not closed and any(account.state in IN_DOUBT for account in accounts.values()):
        return False
    if task.kind is StepKind.EMAIL and is_mail_owed(task, accounts):
        return True
    ends = closed and task.kind is StepKind.EMAIL  # nobody but who was created is owed one
    return not ends and is_join_owed(task, accounts)


def _cure(task: Task, standing: Standing, *, closed: bool) -> str:
    """What to do next, with gaps for who and where; there is always something."""
    if standing in {"unknown", "waiting", "not_sent"} and not closed:
        return "resume this upload: it finds out, and does what is left"
    if standing == "rejected":
        return _after_rejection(task)
    if standing == "left_out":
        known = (cure for reason, cure in _LEFT_OUT.items() if task.reason.startswith(reason))
        return next(known, "settle that, then " + _AGAIN)
    if standing == "not_kept" and (cures := [_BUT[it] for it in _BUT if it in task.but]):
        return cures[0]
    if task.kind is StepKind.EMAIL and standing == "needs_person":
        if task.reason.startswith(UNKNOWN_BY_SMTP):
            return _SAY
        if task.reason.startswith(NOT_MAILED):
            return _MAILED if task.reason.endswith(BY_ANOTHER) else _PUT_RIGHT
    return _AFTER[standing].get(task.kind, _AGAIN)


def _after_rejection(task: Task) -> str:
    withheld = WITHHELD in task.reason
    if task.kind is StepKind.EMAIL:
        return (_TELLS_AGAIN if withheld else "mend what the words say, then ") + _LATER
    if withheld and task.trouble in _TOLD_BY_WORDS:
        return _TELLS_AGAIN + _AGAIN
    kind: Trouble | Literal[""] = Trouble(task.trouble) if task.trouble else ""
    if task.kind is StepKind.TEAM and kind in _TEAM_REJECTED:
        return _TEAM_REJECTED[kind]
    return _REJECTED[kind]
