"""Whose account is whose within one upload: no two rows ever end with the same one."""

from aapimport.run.journal import Journal
from aapimport.run.records import StepKind, Task
from aapimport.services.outcomes import Outcome, Verdict


class Owners:
    """The rows whose account is known for good.

    Args:
        journal: The open journal.
        receipt: The upload.
    """

    def __init__(self, journal: Journal, receipt: str) -> None:
        self._journal = journal
        self._receipt = receipt
        self._rows: dict[tuple[str, str], int] | None = None

    def of_one_row(self, task: Task, outcome: Outcome, *, looked: bool) -> Outcome:
        """The outcome, unless the account that was seen to be this row's is another row's already.

        Args:
            task: The step.
            outcome: What is known of it.
            looked: Whether the account was read; an id in an answer is only a claim.
        """
        seen = outcome.verdict is Verdict.DONE or (looked and outcome.verdict is Verdict.WRITTEN)
        if task.kind is not StepKind.ACCOUNT or not (seen and outcome.account_id) or outcome.gone:
            return outcome
        if self._rows is None:
            self._rows = self._journal.owners(self._receipt)
        owner = self._rows.setdefault((task.service, outcome.account_id), task.row)
        if owner == task.row:
            return outcome
        reason = f"the service has given this row the account of row {owner}; look into it there"
        return Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason)
