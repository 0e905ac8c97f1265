"""What an undo would do: every effect of a run, and whether it can be taken back.

Only what still is as the run left it is touched. Words here name nobody: they stay in the journal.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from aapimport.run.back_parts import ACTIVATION, PARTS, as_before_words
from aapimport.run.back_reasons import (
    BY_HAND,
    GONE_BUT_LISTED,
    IMPOSSIBLE,
    LEFT,
    MAY_BE_BACK,
    MAY_BE_PUT_IN,
    NOT_READ,
    NOT_RECORDED,
    NOT_THEIRS,
    OFF_ALREADY,
)
from aapimport.run.back_values import gives_rights, lasting_words, standing, to_take_back
from aapimport.run.back_words import SEAT_STAYS, back_words
from aapimport.run.effects import NAMED_HEAD, Effect, Sort
from aapimport.run.joined import Joined
from aapimport.run.later import left_to
from aapimport.run.left import Left
from aapimport.run.left_mails import LeftMail
from aapimport.run.records import LEAVES, Run, State, StepKind, Task
from aapimport.run.since import GONE, AccountSince, JoinedSince, PersonSince, Standing
from aapimport.run.taken_back import TakenBack
from aapimport.run.ways_back import BackStep
from aapimport.services.taking_back import Refusal


@dataclass(frozen=True, kw_only=True)
class UndoPlan:
    """What an undo would do.

    Attributes:
        run: The run that is taken back.
        people: Everybody of it whose rows were asked for, as they are now.
        effects: What can become of each effect.
        embargoed: The rows of those whose e-mail was never asked for, and won't be.
        only: The rows that were asked for; None for all of them.
        earlier: What undos have taken back of it already, the oldest first.
        first: The commands, in the order that works, that take back what is left to later uploads.
    """

    run: Run
    people: tuple[PersonSince, ...]
    effects: tuple[Effect, ...]
    embargoed: frozenset[int]
    only: frozenset[int] | None = None
    earlier: tuple[TakenBack, ...] = ()
    first: tuple[str, ...] = ()

    @property
    def rows(self) -> frozenset[int]:
        """The rows of those about whom something is taken back."""
        return self.embargoed | {one.row for one in self.effects if one.is_step}

    @property
    def named_rows(self) -> frozenset[int]:
        """The rows of those of whom something is named that isn't taken back, nor a later run's."""
        told = (Sort.LATER, Sort.NOTHING, Sort.AS_BEFORE)
        return frozenset(
            one.row for one in self.effects if one.sort not in told and not one.is_step
        )

    @property
    def on_again(self) -> dict[str, set[int]]:
        """The rows of those whom an undo has switched off and who are active now, by what did it.

        By `upload 7K3QX9`; by nothing where nobody here knows.
        """
        found: dict[str, set[int]] = {}
        for person in self.people:
            for one in person.accounts:
                left = one.left
                was_off = left.made or not (left.before or {}).get("active", True)
                if ACTIVATION in left.back and was_off and one.seen and one.seen.account.active:
                    found.setdefault(left.written_by, set()).add(person.person.row)
        return found

    @property
    def by_key_alone(self) -> tuple[PersonSince, ...]:
        """Those about whom something is taken back, and nothing but our key tells who they are."""
        rows = self.rows
        return tuple(
            one
            for one in self.people
            if one.person.row in rows
            and any(it.seen and it.left.by_key_alone for it in one.accounts)
        )

    @property
    def admins(self) -> tuple[int, ...]:
        """The rows of those who get a role that may have administration rights."""
        return tuple(sorted({one.row for one in self.effects if one.gives_rights}))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the services don't tell, so that nobody can tell whether it was changed."""
        return tuple(sorted({one for person in self.people for one in person.remarks}))

    @property
    def emails(self) -> dict[int, str]:
        """The address of each row, as far as anybody tells."""
        return {one.person.row: one.email for one in self.people}


def effects_of(person: PersonSince) -> Iterator[Effect]:
    """Every effect on a person that isn't as before already.

    What an undo has named already, and of which nothing stands, is said, and nothing more: only a
    person can settle it, and may have done so.
    """
    named = {*person.person.named, ("portal", StepKind.EMAIL), ("jhana", StepKind.EMAIL)}
    for one in _effects(person):
        is_named = (one.service, one.kind) in named and not (one.stands or one.is_step)
        yield replace(one, sort=Sort.NAMED) if is_named else one


def _effects(person: PersonSince) -> Iterator[Effect]:
    for joined in person.joined:
        yield from _of_joined(joined, person.portal)
    for account in person.accounts:
        yield from _of_account(account, person.portal)
    for service in person.person.unknown:
        yield Effect(
            row=person.person.row,
            service=service,
            kind=StepKind.TAKE_BACK,
            account_id="",
            target="",
            sort=Sort.IMPOSSIBLE,
            words="what became of it isn't known: look on the service",
        )
    for mail in person.person.mails:
        yield _of_mail(mail, person.person.told_until)


def back_steps(effects: Iterable[Effect]) -> Iterator[BackStep]:
    """The steps of an undo; also for what is only named, so that its receipt has it."""
    for one in effects:
        if one.kind is StepKind.EMAIL or one.beside:
            continue
        in_words = one.kind is StepKind.TAKE_BACK and one.is_step
        yield BackStep(
            row=one.row,
            service=one.service,
            kind=one.kind,
            target=(one.nameless or one.words) if in_words else one.target,
            account_id=one.account_id,
            state=_STATES.get(one.sort, State.NEEDS_PERSON),
            reason="" if one.is_step else as_kept(one),
        )


def as_kept(effect: Effect) -> str:
    """Why something isn't taken back, as the journal keeps it: the words begin with the sort."""
    return f"{_HEADS.get(effect.sort, '')}{effect.words}"


def kept_rows(effects: Iterable[Effect], mails: Iterable[Task]) -> frozenset[int]:
    """The rows of those e-mails, never asked for so far, that are about what is taken back.

    Args:
        effects: What can become of each effect.
        mails: The e-mails, each with the row of its person in the run.
    """
    off = {
        (one.row, one.service)
        for one in effects
        if one.kind is StepKind.TAKE_BACK and (one.is_step or one.sort is Sort.NOTHING)
    }
    return frozenset(one.row for one in mails if (one.row, one.service) in off)


_STATES = {
    Sort.BACK: State.PLANNED,
    Sort.HALF: State.PLANNED,
    Sort.NOTHING: State.SKIPPED,
    Sort.AS_BEFORE: State.SKIPPED,
    Sort.NAMED: State.SKIPPED,
}
_HEADS = {Sort.IMPOSSIBLE: IMPOSSIBLE, Sort.LATER: LEFT, Sort.NAMED: NAMED_HEAD}
_GROUPS = {StepKind.PASS: f"the pass; {SEAT_STAYS}", StepKind.TEAM: "the team"}


def _of_group(joined: Joined, sort: Sort, words: str) -> Effect:
    half = sort is Sort.BACK and joined.kind is StepKind.PASS
    return Effect(
        row=joined.row,
        service="portal",
        kind=LEAVES[joined.kind],
        account_id=joined.account_id,
        target=joined.group_id,
        sort=Sort.HALF if half else sort,
        words=words,
    )


def _of_mail(left: LeftMail, told_until: float) -> Effect:
    mail = left.task
    return Effect(
        row=mail.row,
        service=mail.service,
        kind=StepKind.EMAIL,
        account_id=mail.account_id,
        target=mail.target,
        sort=Sort.IMPOSSIBLE,
        words=f"a welcome e-mail was {left.words}",
        stands=not left.is_told(told_until),
    )


def _of_joined(since: JoinedSince, portal: AccountSince | None) -> Iterator[Effect]:
    joined = since.joined
    if joined.taken_back or portal is None:
        return
    if portal.standing is Standing.UNKNOWN:
        why = NOT_READ if portal.refused else f"who was put in is {NOT_RECORDED}"
        yield _of_group(joined, Sort.IMPOSSIBLE, why)
    elif since.standing is Standing.UNKNOWN:
        yield _of_group(joined, Sort.IMPOSSIBLE, since.words)
    elif since.standing is Standing.SAME:
        if joined.later:
            yield _of_group(joined, Sort.LATER, left_to(joined.later).removeprefix(LEFT))
        elif portal.standing is Standing.GONE:
            yield _of_group(joined, Sort.CHANGED, f"{GONE_BUT_LISTED}; {BY_HAND}")
        elif portal.seen is None:
            yield _of_group(joined, Sort.CHANGED, f"{NOT_THEIRS}; {BY_HAND}")
        elif why := portal.name_refusal:
            yield _of_group(joined, *_in_words(why))
        elif joined.back_in_doubt or joined.in_doubt:
            words = f"{MAY_BE_BACK}; {BY_HAND}" if joined.back_in_doubt else MAY_BE_PUT_IN
            effect = _of_group(joined, Sort.IMPOSSIBLE, words)
            yield replace(effect, stands=joined.back_in_doubt)
        else:
            yield _of_group(joined, Sort.BACK, f"out of {_GROUPS[joined.kind]}")


def _of_account(account: AccountSince, portal: AccountSince | None) -> Iterator[Effect]:
    left = account.left
    now = [*_now_of_account(account, portal)]
    if left.taken_back:
        stands = account.seen is None or bool(standing(left, account.seen) & left.back)
        for at, said in enumerate(lasting_words(left.stays)):  # which that undo has named
            it = replace(_left(left, said), stands=stands, beside=bool(at or now))
            yield it if stands else replace(it, sort=Sort.NAMED)
    yield from now


def _now_of_account(account: AccountSince, portal: AccountSince | None) -> Iterator[Effect]:
    """What no undo has taken back so far."""
    left = account.left
    if not left.touched or (left.taken_back and left.back >= PARTS):
        return
    if account.standing is Standing.GONE:
        gone = _effect(left, Sort.NOTHING if left.made else Sort.CHANGED, GONE)
        yield replace(gone, stands=left.made)
    elif account.seen is None:
        unknown = account.standing is Standing.UNKNOWN
        sort = Sort.IMPOSSIBLE if unknown else Sort.CHANGED
        advice = (BY_HAND,) if NOT_THEIRS in account.changes else ()
        yield _effect(left, sort, "; ".join((*account.changes, *advice)))
    elif not (left.made or left.adopted) and left.before is None:
        yield _effect(left, Sort.IMPOSSIBLE, f"what it was before is {NOT_RECORDED}")
    elif left.made and not account.seen.account.active:
        yield _effect(left, Sort.NOTHING, OFF_ALREADY)
    elif portal is not account and portal and portal.refused:
        yield _effect(left, Sort.IMPOSSIBLE, NOT_READ)
    elif portal is not account and portal and (why := portal.name_refusal):
        yield _left(left, why)
    else:
        yield from _of_values(account)


def _of_values(account: AccountSince) -> Iterator[Effect]:
    left, seen = account.left, account.seen
    if seen is None:
        return
    found = to_take_back(left, seen, account.teams, hidden=account.not_told)
    if isinstance(found, Refusal):
        yield replace(_left(left, found.why), stands=left.back_in_doubt)
        return
    if found.values:
        words = back_words(left, seen, found.values)
        kept = back_words(left, seen, found.values, nameless=True)
        sort = Sort.HALF if SEAT_STAYS in words else Sort.BACK
        rights = gives_rights(seen, found.values)
        yield replace(_effect(left, sort, words), gives_rights=rights, nameless=kept)
    if found.later:
        if not left.taken_back or standing(left, seen) - left.back:
            yield _effect(left, Sort.LATER, left_to(found.later).removeprefix(LEFT))
        return
    if found.left and not found.values:
        sort = Sort.CHANGED if found.changed else Sort.IMPOSSIBLE
        words = "; ".join(found.left).removeprefix(IMPOSSIBLE)
        yield replace(_effect(left, sort, words), stands=left.made or bool(found.lost))
    for words in as_before_words(found.as_before):
        beside = bool(found.values or found.left)
        yield replace(_effect(left, Sort.AS_BEFORE, words), beside=beside)
    if found.values:
        yield from (replace(_left(left, said), beside=True) for said in found.left)


def _left(left: Left, said: str) -> Effect:
    """What isn't taken back of an account, by the journal's words for it."""
    return _effect(left, *_in_words(said))


def _in_words(said: str) -> tuple[Sort, str]:
    """What can become of an effect that isn't taken back, and why, by the journal's words."""
    sort = Sort.IMPOSSIBLE if said.startswith(IMPOSSIBLE) else Sort.CHANGED
    return sort, said.removeprefix(IMPOSSIBLE)


def _effect(left: Left, sort: Sort, words: str) -> Effect:
    return Effect(
        row=left.row,
        service=left.service,
        kind=StepKind.TAKE_BACK,
        account_id=left.account_id,
        target="",
        sort=sort,
        words=words,
    )
