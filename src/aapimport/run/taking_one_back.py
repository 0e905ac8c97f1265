"""One account of an undo: what is decided about it at each look, and what became of its parts."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from aapimport.run.back_parts import (
    ROLE,
    all_taken,
    as_before_words,
    parts_in,
    parts_of,
    parts_taken,
    taken_words,
)
from aapimport.run.back_reasons import ROLE_GONE
from aapimport.run.back_values import Back, lasting_words, standing, to_take_back
from aapimport.run.differing import hidden_parts
from aapimport.run.later import Later
from aapimport.run.left import Left
from aapimport.run.records import Task
from aapimport.services.changes import Seen
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.taking_back import Refusal, Values

NOT_ASKED = "the journal of another profile can't be read"


class TakingOneBack:
    """Decides about one account.

    Args:
        task: The step.
        left: How the run left the account.
        may_give_rights: Whether a role may be given back that may have administration rights.
        later: What later runs have of the person at this moment; None where that can't be read.
        teams: The teams that the account is in, and the run didn't put it into.
        shows: Whether the service shows an attribute of anybody.

    Attributes:
        asked: Whether it is known what later runs have.
        may_have_written: Whether anything was sent, now or by an earlier session.
    """

    def __init__(
        self,
        task: Task,
        left: Left,
        *,
        may_give_rights: bool,
        later: Callable[[], Later | None],
        teams: Callable[[Seen], Sequence[str]],
        shows: Callable[[str], bool],
    ) -> None:
        self._left, self._said_before = left, task.but
        self._may_give_rights, self._later, self._teams = may_give_rights, later, teams
        self._shows = shows
        was_sent = task.attempts > 0  # its own intent is on record by now, and not counted
        # an earlier session may have taken back what else there was of an account that was there
        self._earlier = was_sent and not left.made
        self._wrote, self.may_have_written, self.asked = False, was_sent, True
        self._sent = parts_in(task.target) if self._earlier else frozenset()
        self._taken: frozenset[str] = frozenset()
        self._late: frozenset[str] = frozenset()
        self._role_gone = False
        self._said: dict[str, None] = {}

    def decide(self, seen: Seen) -> Values | Refusal:
        """What is to be set on the account as it is now; nothing when all is as it should be."""
        later = self._later()
        if later is None:
            self.asked = False
            return Refusal(NOT_ASKED)
        left, teams = self._left, self._teams(seen)
        now = replace(
            left,
            later=later.of_account(left.row, left.service, made=left.made),
            role_gone=left.role_gone or ROLE in self._sent,
        )
        found = self._to_take_back(now, seen, teams)
        self._look_at_parts(now, seen, found)
        if isinstance(found, Refusal):
            return found
        if self._wrote and found.later:
            own = self._to_take_back(left, seen, teams)
            if isinstance(own, Back) and not own.values:
                return {}  # that run came after our write, which shows
        known = self._earlier or (self._wrote and self._said.keys() >= {*found.left})
        self._said.update(dict.fromkeys(found.left))
        decision = found.values if known else found.decision
        if isinstance(decision, Refusal):
            return decision
        self._sent |= parts_of(decision)
        self._wrote = self._wrote or bool(decision)
        self.may_have_written = self.may_have_written or self._wrote
        return decision

    def _to_take_back(self, left: Left, seen: Seen, teams: Sequence[str]) -> Back | Refusal:
        hidden = hidden_parts(left, seen, self._shows) - self._sent  # what it took back is empty
        return to_take_back(left, seen, teams, hidden=hidden, may_give_rights=self._may_give_rights)

    def _look_at_parts(self, left: Left, seen: Seen, found: Back | Refusal) -> None:
        shows = standing(left, seen)
        due = parts_of(found.values) if isinstance(found, Back) else frozenset()
        self._taken = all_taken(self._sent, shows | due)
        self._role_gone = left.role_gone and ROLE in due - shows
        self._late = found.as_before - self._sent if isinstance(found, Back) else frozenset()
        if left.taken_back and shows & left.back:  # it still is as an earlier undo has left it
            self._said.update(dict.fromkeys(lasting_words(left.stays)))

    def told(self, outcome: Outcome) -> Outcome:
        """An outcome that says what it is to say of the account's parts."""
        words = [*self._said, *as_before_words(self._late)]
        if outcome.verdict is not Verdict.DONE:
            words = taken_words(self._taken | parts_taken(self._said_before))
            words += [ROLE_GONE] if self._role_gone else []
        return replace(outcome, but="; ".join(words))
