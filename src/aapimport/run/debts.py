"""What an upload that isn't finished owes: e-mails, doubts, and what it never sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from aapimport.run.cures import WHERE
from aapimport.run.journal import Journal
from aapimport.run.records import Run, State, StepKind, Task
from aapimport.run.standing import IN_DOUBT, is_join_owed, is_mail_owed
from aapimport.services.kept import names_of, read_saved


@dataclass(frozen=True, slots=True, kw_only=True)
class Debts:
    """What is owed, by row.

    Attributes:
        not_mailed: Who was created, and was to be mailed and never was.
        in_doubt: What isn't known: the services, the pass, the team, the e-mail.
        not_sent: What was never sent, likewise.
        at_risk: What may be gone by a write that was cut off, in words.
    """

    not_mailed: list[int] = field(default_factory=list)
    in_doubt: dict[int, list[str]] = field(default_factory=dict)
    not_sent: dict[int, list[str]] = field(default_factory=dict)
    at_risk: list[str] = field(default_factory=list)


def debts_of(journal: Journal, run: Run) -> Debts:
    """What a run owes as it stands."""
    receipt = run.receipt
    debts = Debts(at_risk=list(_at_risk(journal, run)))
    for _, tasks in groupby(journal.tasks(receipt), key=lambda task: task.row):
        steps = list(tasks)
        accounts = {task.service: task for task in steps if task.kind is StepKind.ACCOUNT}
        for task in steps:
            if task.state in IN_DOUBT:
                debts.in_doubt.setdefault(task.row, []).append(WHERE[task.service, task.kind])
            elif task.state is State.PLANNED:
                _never_sent(task, accounts, debts)
    return debts


def _at_risk(journal: Journal, run: Run) -> Iterator[str]:
    """What was there before a write whose effect nobody has seen: the next upload looks at it."""
    for service, kind, what in (
        ("portal", "people", "account"),
        ("portal", "teams", "team"),
        ("jhana", "people", "account"),
    ):
        where = WHERE[service, StepKind.ACCOUNT]
        saved = read_saved(journal.adding(run.address, service, kind)[1])
        for identifier, one in saved.kept.items():
            if there := names_of(one["before"]):  # else nothing was there that could be gone
                yield f"{where}: {what} {one['owner'] or identifier}: {there}"
        for identifier, words in saved.lost.items():
            yield f"{where}: {what} {identifier}: {', '.join(words)}"


def _never_sent(task: Task, accounts: Mapping[str, Task], debts: Debts) -> None:
    """A join of somebody who isn't there is owed by the account's own step."""
    if task.kind is StepKind.EMAIL:
        if is_mail_owed(task, accounts):
            debts.not_mailed.append(task.row)
    elif task.kind is StepKind.ACCOUNT or is_join_owed(task, accounts):
        debts.not_sent.setdefault(task.row, []).append(WHERE[task.service, task.kind])
