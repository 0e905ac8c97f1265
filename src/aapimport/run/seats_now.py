"""The seats that an upload has used, each with what is true of its account now.

The portal is asked by the account's id: somebody may have been deactivated or deleted by hand, and
an undo may have left somebody alone, been rejected, or be unfinished.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from aapimport.run.journal import Journal
from aapimport.run.left import Left, LeftPerson, left_by
from aapimport.run.records import Run, RunKind, State, StepKind
from aapimport.run.switched_off import switched_off_at
from aapimport.run.undo_again import undo_command, without_day
from aapimport.services.directory import Unknown
from aapimport.services.membership import read_team
from aapimport.services.portal import Portal


class Now(StrEnum):
    """What is true of an account now."""

    OFF = "deactivated"
    OFF_THE_PASS = "off the pass"
    GONE = "gone"
    ACTIVE = "still active"
    ANOTHERS = "another person's by now"
    UNKNOWN = "not known"
    PERHAPS = "used perhaps, not known"


FREE_TO_ASK = frozenset({Now.OFF, Now.OFF_THE_PASS, Now.GONE})
"""Nobody works with such an account on the pass any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatNow:
    """One used seat.

    Attributes:
        row: The row in the upload's file.
        account_id: The account on the portal.
        email: The address, as the portal tells it, else as the journal does; may be empty.
        now: What is true of the account now.
        by: The undo that has made it so; None where no undo did, or nothing is different.
        why: Why it isn't known; else empty.
        undone: The undo that has taken the upload back for somebody who is active by now.
        later: The upload or repair that has the account since, too, `upload 7K3QX9`; empty for
            none, and where an undo has taken the upload back for somebody who isn't active.
    """

    row: int
    account_id: str
    email: str
    now: Now
    by: Run | None = None
    why: str = ""
    undone: Run | None = None
    later: str = ""

    @property
    def is_free(self) -> bool:
        """Whether it can be asked for: nobody works with the account, and no later run has it."""
        return self.now in FREE_TO_ASK and not self.later


def seats_now(
    journal: Journal, run: Run, portal: Portal, rows: Collection[int] | None = None
) -> Iterator[SeatNow]:
    """Whoever was new to the run's pass and has got on it by the run, or may have, by row.

    Args:
        journal: The journal.
        run: The upload.
        portal: Is asked for each account.
        rows: Which rows; all of them by default.

    Raises:
        SettingsError: The portal refuses the token.
    """
    by = _taken_back_by(journal, run)
    off = switched_off_at(journal, run.address)
    used = journal.seat_rows(run.receipt)
    for person in left_by(journal, run, used if rows is None else used & {*rows}):
        if "portal" in person.unknown:
            yield SeatNow(row=person.row, account_id="", email=person.email, now=Now.PERHAPS)
        for left in person.accounts:
            in_group = any(one.kind is StepKind.PASS and not one.in_doubt for one in person.joined)
            if left.service != "portal" or "pass" in left.lacks or not (left.touched or in_group):
                continue
            seat = _seat(portal, person, left, by.get(person.row))
            if seat.by and (newest := off.get(("portal", seat.account_id))):
                seat = replace(seat, by=journal.run(newest[0]))
            yield seat


def what_was_undone(seats: Iterable[SeatNow]) -> str:
    """What has switched those on again whom an undo had switched off, after a word; or nothing."""
    undone = [one for one in seats if one.undone]
    if not undone:
        return ""
    undos = ", ".join(sorted({one.undone.receipt for one in undone if one.undone}))
    later = ", ".join(sorted({one.later for one in undone if one.later})) or "somebody"
    return f"; undo {undos} had taken it back already, and {later} has switched them on since"


def way_to_seats(run: Run, seats: Iterable[SeatNow]) -> str:
    """What leads to seats that can be asked for, where somebody is still active.

    A later upload's doing is that one's; what an undo has taken back it never takes back again.
    """
    active = [one for one in seats if one.now is Now.ACTIVE or one.later]
    steps = dict.fromkeys(command for one in active if (command := undo_command(one.later)))
    if any(one.undone is None for one in active):
        steps[f"aapimport undo {run.receipt}"] = None
    if not steps:
        return "look on the portal who works with it, and deactivate whoever doesn't"
    return f"take it back first: {', then: '.join(steps)}"


def _taken_back_by(journal: Journal, run: Run) -> dict[int, Run]:
    """The undo that has taken back what the run did to somebody on the portal, by row."""
    undos = (journal.run(one) for one in reversed(journal.later_runs(run.receipt)))
    return {
        task.row: undo
        for undo in undos
        if undo.kind == RunKind.UNDO
        for task in journal.tasks(undo.receipt, None, State.DONE, service="portal")
        if task.kind in {StepKind.TAKE_BACK, StepKind.LEAVE_PASS}
    }


def _seat(portal: Portal, person: LeftPerson, left: Left, by: Run | None) -> SeatNow:
    now, why, email = Now.ACTIVE, "", person.email
    shown = portal.fetch(left.account_id)
    if isinstance(shown, Unknown):
        now, why = Now.UNKNOWN, shown.reason
    elif shown is None:
        now = Now.GONE
    else:
        account, _ = shown
        if not left.is_theirs(account):
            now = Now.ANOTHERS
        else:
            email = account.user_name or email
            if not account.active:
                now = Now.OFF
            elif _is_off_the_pass(portal, person, left, account.passes):
                now = Now.OFF_THE_PASS
    if left.unsure and now in {Now.GONE, Now.ANOTHERS}:
        now = Now.PERHAPS
    since = left.written_by if now is Now.ACTIVE else ""
    return SeatNow(
        row=person.row,
        account_id=left.account_id,
        email=email,
        now=now,
        by=by if now in FREE_TO_ASK else None,
        why=why,
        undone=by if now is Now.ACTIVE else None,
        later=since if by else without_day(left.later),
    )


def _is_off_the_pass(
    portal: Portal, person: LeftPerson, left: Left, passes: Collection[str]
) -> bool:
    """Whether it is certain that an active account isn't on the pass any more."""
    if left.pass_id:
        return left.pass_id not in passes
    for joined in person.joined:
        if joined.kind is StepKind.PASS:
            members = read_team(portal, joined.group_id)
            if isinstance(members, Unknown) or portal.may_hide(members):
                return False
            return left.account_id not in members.items
    return False
