"""What uploads from here have said of the people of a pass: the newest word about each.

An upload's word about somebody counts once it is over: where it is done, or where an answer was
lost. What a service has rejected, and what was taken back by an undo, is no word.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from aapimport.run.digests import address_digest
from aapimport.run.journal import Journal
from aapimport.run.left import Left, left_of
from aapimport.run.records import Run, RunKind, State, StepKind, Task
from aapimport.services.scim import Account

LOST = frozenset({State.INTENT, State.DOUBT, State.WRITTEN})
"""The states in which the run that is over doesn't know what became of what it sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What an upload has said of one person.

    Attributes:
        receipt: The upload.
        row: The person's row in it.
        email: The address; empty where it is erased.
        portal: How it left the account on the portal.
        lost: Whether it doesn't know what became of what it sent there.
        asked_back: Whether somebody wanted it undone, and that wasn't possible.
        key: Our own key, where it made the account, or may have.
        jhana: The account's step on Jhana; None where the row doesn't ask for Jhana.
        on_jhana: How it left that account; None where it isn't known to be there.
        team: The step that puts the person into a team; None without one.
        team_named: A digest of what the team was called; empty where that isn't recorded.
    """

    receipt: str
    row: int
    email: str
    portal: Left
    lost: bool
    asked_back: bool
    key: str
    jhana: Task | None
    on_jhana: Left | None
    team: Task | None
    team_named: str = ""

    @property
    def names(self) -> list[str]:
        """What the person's account on the portal is known by, the surest first."""
        known = (self.portal.account_id, self.key, self.portal.person)
        return [f"{kind}:{one}" for kind, one in zip(_KINDS, known, strict=True) if one]

    def is_of(self, account: Account) -> bool:
        """Whether an account is the very one that the upload was about, and still theirs.

        By its id, or our key where no answer has told the id.
        """
        by_id = self.portal.account_id == account.id != ""
        by_key = self.key != "" and account.external_id == self.key
        return (by_id or by_key) and self.is_about(account)

    def is_certain(self, account: Account) -> bool:
        """The same, under the names of the upload's row, whoever was there before it."""
        return self.is_of(account) and self.portal.is_called(account)

    def is_about(self, account: Account) -> bool:
        """Whether an account on the portal is certainly still the person's."""
        left = replace(self.portal, account_id=account.id, key=self.key)
        return left.is_theirs(account)


_KINDS = ("id", "key", "person")


class Words:
    """The newest word about each person.

    Args:
        words: The words, the newest first.
    """

    def __init__(self, words: Iterable[Word] = ()) -> None:
        self._by_name: dict[str, Word] = {}
        self.all: list[Word] = []
        for word in words:
            names = word.names
            if self._by_name.keys().isdisjoint(names):
                self.all.append(word)
                self._by_name.update(dict.fromkeys(names, word))

    def about(self, account: Account) -> Word | None:
        """The word about whom an account of the portal belonged to; None without one.

        Whether it still is theirs is for `Word.is_about` to say.
        """
        known = (account.id, account.external_id, address_digest(account.user_name))
        names = (f"{kind}:{one}" for kind, one in zip(_KINDS, known, strict=True) if one)
        return next((found for name in names if (found := self._by_name.get(name))), None)


def words_of(journal: Journal, runs: Sequence[Run]) -> Words:
    """What some uploads have said.

    Args:
        journal: The journal.
        runs: The uploads that are over, the newest first.
    """
    return Words(word for run in runs for word in _words(journal, run))


def _words(journal: Journal, run: Run) -> Iterator[Word]:
    undone = {
        task.row
        for later in journal.later_runs(run.receipt)
        if journal.run(later).kind == RunKind.UNDO
        for task in journal.tasks(later, None, State.DONE)
    }
    asked = journal.asked_back(run.receipt)
    for row, tasks in groupby(journal.tasks(run.receipt), lambda task: task.row):
        steps = {(one.service, one.kind): one for one in tasks}
        portal = steps.get(("portal", StepKind.ACCOUNT))
        if row in undone or portal is None or not _counts(portal):
            continue
        wanted, before = journal.person(run.receipt, row)
        jhana = steps.get(("jhana", StepKind.ACCOUNT))
        is_there = jhana is not None and jhana.state is State.DONE and jhana.account_id
        yield Word(
            receipt=run.receipt,
            row=row,
            email=wanted.get("portal", {}).get("email", ""),
            portal=left_of(run, portal, wanted, before),
            lost=portal.state in LOST,
            asked_back=row in asked,
            key=portal.key if portal.is_new else "",
            jhana=jhana,
            on_jhana=left_of(run, jhana, wanted, before) if jhana and is_there else None,
            team=steps.get(("portal", StepKind.TEAM)),
            team_named=before.get("team_named", ""),
        )


def _counts(portal: Task) -> bool:
    return bool(portal.state is State.DONE and portal.account_id) or portal.state in LOST
