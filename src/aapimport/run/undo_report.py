"""An undo's receipt: what was taken back, what only half, and what not, and why."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, TypedDict

from pydantic import BaseModel, ConfigDict, Field

from aapimport.errors import ExitCode
from aapimport.run.back_parts import parts_taken, said_as_before, split_words
from aapimport.run.back_reasons import IMPOSSIBLE, LEFT, NOT_RECORDED, ROLE_GONE
from aapimport.run.back_values import left_words
from aapimport.run.back_words import SEAT_STAYS
from aapimport.run.effects import NAMED_HEAD, Sort
from aapimport.run.journal import Journal
from aapimport.run.kept_mails import kept_back_by
from aapimport.run.later import LaterCode, which_later
from aapimport.run.left_mails import left_mails
from aapimport.run.records import Run, State, StepKind, Task
from aapimport.run.taken_back import TakenBack, lost_words
from aapimport.run.undo_again import undo_command
from aapimport.run.undo_plan import UndoPlan, as_kept

Result = Literal[
    "taken back",
    "half",
    "impossible",
    "changed since",
    "left to a later run",
    "rejected",
    "unknown",
    "left",
    "nothing left",
    "named before",
]
_RESULTS: Mapping[State, Result] = {
    State.REJECTED: "rejected",
    State.INTENT: "unknown",
    State.DOUBT: "unknown",
    State.PLANNED: "left",
    State.NEEDS_PERSON: "changed since",
    State.SKIPPED: "nothing left",
}
_WORDS = {
    StepKind.LEAVE_TEAM: "out of the team",
    StepKind.LEAVE_PASS: f"out of the pass; {SEAT_STAYS}",
    StepKind.TAKE_BACK: "account",
}
_LATER: Result = "left to a later run"
_SORTS: Mapping[Sort, Result] = {
    Sort.IMPOSSIBLE: "impossible",
    Sort.NOTHING: "nothing left",
    Sort.AS_BEFORE: "nothing left",
    Sort.NAMED: "named before",
    Sort.LATER: _LATER,
}
NOT_BACK: frozenset[Result] = frozenset({"impossible", "changed since", _LATER, "rejected"})
"""The results of what isn't taken back, and could have been."""
MAIL = "e-mail"
OTHERS = "others in the team"
"""What a row says on whose removal the team has lost others; they have to be put in by hand."""
_PUT_IN = "put them into it on the portal"
KEPT_BACK = "the e-mail that was not sent so far is kept back"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _LaterRun(TypedDict):
    code: LaterCode
    later: str


class UndoneEffect(_Model):
    """One effect of the run on one person."""

    row: int
    email: str = Field(description="empty where neither the journal nor the portal tells it")
    service: str
    what: str = Field(description="what was to be taken back")
    result: Result = Field(
        description="half: the account is off, the seat stays used; impossible: a mail was sent, or"
        " what was isn't known any more; nothing left: the account is gone, off, or as before"
        " already; named before: an earlier undo has named it, and nothing of it is as the upload"
        " left it; left: not done so far"
    )
    reason: str
    code: LaterCode = Field(
        default="",
        description="what has the person, too, where it is left to a later run; else empty",
    )
    later: str = Field(default="", description="the number of that run")


class OnAgain(_Model):
    """People whom an undo had switched off, and who are active now."""

    by: str = Field(description="the upload or repair that did it; empty where that isn't known")
    rows: list[int]
    undo: str = Field(description="the command that takes it back; empty where none does")


class UndoReport(_Model):
    """What `undo --json` prints: the receipt of an undo."""

    target: Literal["practice", "live"]
    address: str = Field(description="where both services are")
    receipt: str | None = Field(description="null where nothing was left to take back")
    of: str = Field(description="the receipt that was taken back")
    only_rows: list[int] | None = Field(
        default=None, description="the only rows that were asked for; null for all"
    )
    taken_back: int
    half: int
    not_taken_back: int
    rejected: int = Field(description="those of them that a service has rejected")
    unfinished: int
    effects: list[UndoneEffect]
    earlier: list[str] = Field(
        description="where nothing was left: the undos that have taken it back already"
    )
    on_again: list[OnAgain] = Field(
        description="likewise: whom they had switched off, and who is active now"
    )
    next: list[str] = Field(
        default=[],
        description="the commands, in the order that works, that take back what was left to later"
        " uploads, as they were when it was begun, where any do",
    )
    closed: bool = Field(default=False, description="whether it was ended as it was (`--close`)")

    @property
    def exit_code(self) -> ExitCode:
        """4 while something is left or in doubt, 1 where something couldn't be taken back.

        Of one that was closed, `resume` finds nothing out any more: what it has left is 1.
        """
        if self.unfinished and not self.closed:
            return ExitCode.SERVICE
        is_left = self.unfinished or self.not_taken_back
        return ExitCode.FINDINGS if is_left else ExitCode.OK


def planned_report(plan: UndoPlan) -> UndoReport:
    """The receipt where nothing is left to take back."""
    emails = plan.emails
    effects = [
        UndoneEffect(
            row=one.row,
            email=emails.get(one.row, ""),
            service=one.service,
            what=_WORDS.get(one.kind, MAIL),
            result=_SORTS.get(one.sort, "changed since"),
            reason=one.words,
            **_later(as_kept(one)),
        )
        for one in plan.effects
        if not one.is_step
    ]
    effects += [
        UndoneEffect(
            row=row,
            email=emails.get(row, ""),
            service="portal",
            what=OTHERS,
            result=result,
            reason=reason,
        )
        for row, result, reason in _of_others(plan.earlier)
    ]
    report = _report(plan.run, None, effects, plan.on_again)
    earlier = [one.undo.receipt for one in plan.earlier]
    only = None if plan.only is None else sorted(plan.only)
    told = {"earlier": earlier, "next": [*plan.first], "only_rows": only}
    return report.model_copy(update=told)


def undo_report(journal: Journal, undo: Run, emails: Mapping[int, str]) -> UndoReport:
    """The receipt of an undo, as the journal knows it.

    Args:
        journal: The journal.
        undo: The undo.
        emails: The addresses by row, as far as they are known.
    """
    of = journal.run(undo.of)
    rows = journal.rows(undo.receipt)
    effects = [it for task in journal.tasks(undo.receipt) for it in _effects(task, emails)]
    effects += _mails(journal, undo, of, rows, emails)
    effects.sort(key=lambda one: (one.row, one.service))
    told = json.loads(undo.options or "{}")
    report = _report(of, undo.receipt, effects, told.get("on_again", {}))
    more = {"next": told.get("next", []), "only_rows": told.get("only_rows")}
    more["closed"] = undo.closed_at is not None
    return report.model_copy(update=more)


def _effects(task: Task, emails: Mapping[int, str]) -> Iterator[UndoneEffect]:
    """A step, and what of it was left."""
    in_words = task.kind is StepKind.TAKE_BACK and task.target
    what = task.target if in_words else _WORDS[task.kind]
    done: Result = "half" if SEAT_STAYS in what else "taken back"
    result, reason, later = _RESULTS.get(task.state, done), task.reason, _later(task.reason)
    if task.state is State.NEEDS_PERSON:
        result, reason = _sorted(reason)
    elif reason.startswith(NAMED_HEAD):
        result, reason = "named before", reason.removeprefix(NAMED_HEAD)
    left, late, back = left_words(task.but), said_as_before(task.but), parts_taken(task.but)
    others = lost_words(task)
    but = "" if left or others or late or back else task.but
    if back and task.kind is StepKind.TAKE_BACK and task.state is not State.DONE:
        taken, what = split_words(what, back)
        but = ROLE_GONE if ROLE_GONE in task.but else ""
    else:
        taken = ""
    effect = UndoneEffect(
        row=task.row,
        email=emails.get(task.row, ""),
        service=task.service,
        what=what,
        result=result,
        reason="; ".join(filter(None, (reason, but))),
        **later,
    )
    yield effect
    if taken:
        half: Result = "half" if SEAT_STAYS in taken else "taken back"
        yield effect.model_copy(update={"what": taken, "result": half, "reason": ""})
    for said in late:
        told = {"what": _WORDS[StepKind.TAKE_BACK], "result": "nothing left", "reason": said}
        yield effect.model_copy(update=told)
    if others:
        reason = f"{others}; {_PUT_IN}"
        yield effect.model_copy(update={"what": OTHERS, "result": "impossible", "reason": reason})
    for said in left:
        result, reason = _sorted(said)
        account = _WORDS[StepKind.TAKE_BACK]
        more = {"what": account, "result": result, "reason": reason, **_later(said)}
        yield effect.model_copy(update=more)


def _sorted(reason: str) -> tuple[Result, str]:
    """What became of something that isn't taken back, and why: the journal's words tell."""
    if reason.startswith(IMPOSSIBLE) or NOT_RECORDED in reason:
        return "impossible", reason.removeprefix(IMPOSSIBLE)
    if which_later(reason)[0]:
        return _LATER, reason.removeprefix(LEFT)
    return "changed since", reason


def _later(said: str) -> _LaterRun:
    """Which later run something is left to, as the journal's words tell."""
    code, later = which_later(said)
    return _LaterRun(code=code, later=later)


def _mails(
    journal: Journal, undo: Run, of: Run, rows: Collection[int], emails: Mapping[int, str]
) -> Iterator[UndoneEffect]:
    until, ended = journal.told_until(of.receipt, undo.started_at), _ended(undo)
    for row, mails in left_mails(journal, of, rows).items():
        for mail in mails:
            if (mail.task.sent_at or 0.0) > ended:
                continue  # a further undo tells of it
            yield UndoneEffect(
                row=row,
                email=emails.get(row, ""),
                service=mail.task.service,
                what=MAIL,
                result="named before" if mail.is_told(until.get(row, -1.0)) else "impossible",
                reason=f"a welcome e-mail was {mail.words}",
            )
    for row, kept in kept_back_by(journal, undo):
        if row in rows:
            yield UndoneEffect(
                row=row,
                email=emails.get(row, ""),
                service=kept.service,
                what=KEPT_BACK,
                result="taken back",
                reason="",
            )


def _ended(undo: Run) -> float:
    ended = undo.closed_at if undo.finished_at is None else undo.finished_at
    return float("inf") if ended is None else ended


def _report(
    of: Run,
    receipt: str | None,
    effects: list[UndoneEffect],
    on_again: Mapping[str, Collection[int]],
) -> UndoReport:
    results = [one.result for one in effects]
    return UndoReport(
        target="practice" if of.target == "practice" else "live",
        address=of.address,
        receipt=receipt,
        of=of.receipt,
        taken_back=results.count("taken back"),
        half=results.count("half"),
        not_taken_back=sum(it in NOT_BACK for it in results),
        rejected=results.count("rejected"),
        unfinished=sum(it in {"unknown", "left"} for it in results),
        effects=effects,
        earlier=[],
        on_again=[
            OnAgain(by=by, rows=sorted(rows), undo=undo_command(by))
            for by, rows in on_again.items()
        ],
    )


def _of_others(earlier: Iterable[TakenBack]) -> Iterator[tuple[int, Result, str]]:
    """Whom teams have lost by earlier undos, and of whom that is settled: the row, how, and why."""
    for one in earlier:
        for row, words in one.lost:
            yield row, "impossible", f"{words} since undo {one.undo.receipt}; {_PUT_IN}"
    for one in earlier:
        for row in one.back:
            why = f"whom undo {one.undo.receipt} had lost is in it again, or gone from the portal"
            yield row, "nothing left", why
