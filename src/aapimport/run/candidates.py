"""Who an upload has put on the pass, as its journal tells: whoever may be owed a welcome e-mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aapimport.run.digests import address_digest, names_digest
from aapimport.run.records import State, StepKind, Task
from aapimport.services.ownership import is_anothers
from aapimport.services.scim import Account
from aapimport.services.values import Wanted

NOT_KNOWN_THERE = "whether the account was created isn't known; upload the file again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody whom an upload has put on the pass.

    Attributes:
        row: The person's row.
        steps: The person's accounts that exist, by service.
        group: The Group that is the pass; empty where it is none.
        wanted: Who the upload says that it is; None where that is erased.
        receipt: The upload.
        before: What the journal keeps of the person for good (`planned.before_json`).
        former: The account on the portal with which another upload has the one on Jhana, where it
            is another one than this person's; they may be the same person only if it is gone.
        by_address: Whether nothing but the address tells that the account on Jhana is this
            person's: the address may have been given to somebody else since.
    """

    row: int
    steps: Mapping[str, Task]
    group: str
    wanted: Wanted | None
    receipt: str
    before: Mapping[str, Any]
    former: str = ""
    by_address: bool = False

    @property
    def unknown(self) -> str:
        """That nobody knows whether the account on Jhana was created; empty where one does."""
        jhana = self.steps.get("jhana")
        return NOT_KNOWN_THERE if jhana and not jhana.account_id else ""

    def is_still(self, account: Account) -> bool:
        """Whether an account has the address or the names that the upload gave it, by digests.

        True where an earlier version has kept none.
        """
        kept, called = self.before.get("person"), self.before.get("called")
        if not kept:
            return True
        named = "@" in account.user_name  # then no other address tells whose it is
        addresses = [account.user_name] if named else account.emails
        if kept in map(address_digest, addresses):
            return True
        return names_digest(self.receipt, account.first_name, account.last_name) == called


def may_be_there(task: Task) -> bool:
    """Whether a step is about an account that is there, or was sent and may be."""
    is_sent = task.attempts > 0 and task.state in {State.WRITTEN, State.INTENT, State.DOUBT}
    there = (task.state is State.DONE and task.account_id) or is_sent
    return task.kind is StepKind.ACCOUNT and bool(there or (task.is_new and may_show_later(task)))


def may_show_later(task: Task) -> bool:
    """Whether a step was sent and given up, so that what nobody has seen of it may show later.

    Not where it was refused because of an account that isn't ours.
    """
    is_sent = task.attempts > 0 or task.sent_at is not None
    return task.state is State.NEEDS_PERSON and is_sent and not is_anothers(task.reason)
