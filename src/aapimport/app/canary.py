"""The word on the people after the first, once these are uploaded and were looked up.

Whoever begins an upload with `--canary` gives their word on the others only when they have seen
what became of the first. That this word is owed is in the journal before the first of them is
sent, so whoever goes on with the upload gives it, however the question ended: with the number that
is typed before any upload, or with `--yes`. In advance `--yes` answers a good canary only; one
that failed needs a person, who says so with `resume` and the upload's number.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from aapimport.app.signals import question_of, stoppable
from aapimport.errors import DeclinedError, RefusedError, UsageError

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.run.canaries import Canary
    from aapimport.run.journal import Journal
    from aapimport.run.person_result import PersonResult
    from aapimport.run.records import Run
    from aapimport.run.runner import Runner

_MOST_NAMED = 10
_NOT_FAILED = {"left_out", "waiting"}
"""How what was not to be done yet stands: people whom the plan leaves out, and e-mails."""


class _Ask(Protocol):
    """A question about the people after the first."""

    def __call__(self, flags: str, *, yes_answers: bool) -> None:
        """Ask it.

        Args:
            flags: What decides without a question.
            yes_answers: Whether `--yes` means yes.

        Raises:
            DeclinedError: The answer was no.
            UsageError: Nothing can answer.
        """


@dataclass(frozen=True, kw_only=True)
class CanaryWord:
    """Has the word given that an upload waits for.

    Attributes:
        journal: The open journal.
        desk: Asks.
        run: The upload.
        runner: Carries it out.
        where: Its portal, as a question names it.
        addresses: The people's addresses by row, where the file is at hand.
        is_named: Whether the upload was named by its number: whoever does that has looked at it.
    """

    journal: "Journal"
    desk: "Desk"
    run: "Run"
    runner: "Runner"
    where: str
    addresses: Mapping[int, str]
    is_named: bool

    def have_given(self, people: int | None) -> None:
        """Upload the first people without e-mails, look them up, and ask; if that is to be done.

        Args:
            people: How many `--canary` says; None without it.

        Raises:
            AapimportError: The run can't go on, or nobody gave their word.
        """
        from aapimport.run.canaries import Word

        if self._is_done() or self.run.is_embargoed:
            return
        canary = self.journal.canary(self.run.receipt)
        if canary and canary.word is Word.ASKED:
            self._ask_again(canary)
            canary = None
        if people and (canary is None or canary.word is Word.GIVEN):
            canary = self.journal.next_canary(self.run.receipt, people)
            if canary:
                self.journal.keep_canary(self.run.receipt, canary)
        if canary and canary.word is Word.TO_COME:
            with stoppable(self.runner, self.desk):
                self.desk.progress(self.runner.steps(canary.last_row))
            self._ask(canary)

    def _is_done(self) -> bool:
        from aapimport.run.records import FINAL

        return not set(self.journal.counts(self.run.receipt)) - FINAL

    @property
    def _only_mails(self) -> bool:
        from aapimport.run.records import RunKind

        return self.run.kind == RunKind.SEND

    def _ask(self, canary: "Canary") -> None:
        """Ask whether to go on, just after the canary; where nothing is left, say how it went."""
        failed = self._failed(canary)
        look = "" if failed else " Look whether it has arrived."
        said = (
            f"The first person's e-mail (row {canary.last_row}), for {self.where}:"
            f" {_verdict(failed)}.{look}"
            if self._only_mails
            else f"The first people, to row {canary.last_row}, are uploaded to {self.where}, and"
            f" were looked up: {_verdict(failed)}."
        )
        if self._is_done():
            self._tell(said, failed)
            return

        def ask(flags: str, *, yes_answers: bool) -> None:
            is_told = self.desk.yes and yes_answers
            self._tell(said if is_told else "", failed)
            question = "Go on?" if is_told else f"{said} Go on?"
            default = False if failed else None
            if not self.desk.confirm(
                question, default=default, flags=flags, yes_answers=yes_answers
            ):
                raise DeclinedError("you did not say yes after the canary")

        self._have_word(canary, failed, ask, is_known=False)

    def _ask_again(self, canary: "Canary") -> None:
        """Have the word given that was asked for before, and that nobody gave."""
        from aapimport.app.approving import approve_number, say_what_comes

        failed = self._failed(canary)

        def ask(flags: str, *, yes_answers: bool) -> None:
            seats, mails, letters = self.runner.left()
            did = "to be mailed for" if self._only_mails else "uploaded to"
            self._tell(
                f"{self.run.name} waits for a word since its first people, to row"
                f" {canary.last_row}, were {did} {self.where}: {_verdict(failed)}",
                failed,
            )
            mails = say_what_comes(self.desk, self.run, seats, mails, letters)
            number = {"seats": seats, "mails": mails}
            approve_number(self.desk, self.where, **number, flags=flags, yes_answers=yes_answers)

        self._have_word(canary, failed, ask, is_known=self.is_named)

    def _have_word(
        self,
        canary: "Canary",
        failed: "Sequence[PersonResult]",
        ask: "_Ask",
        *,
        is_known: bool,
    ) -> None:
        """Have a question answered, whose answer is in the journal when this returns.

        Args:
            canary: The first people.
            failed: Those of them who are not as they should be.
            ask: Asks, or raises.
            is_known: Whether whoever says `--yes` knows of them.
        """
        from aapimport.run.canaries import Word

        yes_answers = is_known or not failed
        self.journal.keep_canary(self.run.receipt, replace(canary, word=Word.ASKED))
        with question_of(self.journal, self.run):
            if self.desk.yes and not yes_answers and not self.desk.on_terminal:
                raise self._refused(canary, failed)
            try:
                ask(
                    "--yes" if yes_answers else f"resume {self.run.receipt} --yes",
                    yes_answers=yes_answers,
                )
            except UsageError as error:
                if not failed:
                    raise
                raise self._refused(canary, failed) from error
        self.journal.keep_canary(self.run.receipt, replace(canary, word=Word.GIVEN))

    def _failed(self, canary: "Canary") -> "Sequence[PersonResult]":
        """The first people of whom something is not as it should be by now."""
        from aapimport.run.report import make_report

        addresses = {**self.journal.addresses(self.run.receipt), **self.addresses}
        return [
            one
            for one in make_report(self.journal, self.run, addresses).people
            if canary.first_row <= one.row <= canary.last_row
            and {it.standing for it in one.failures} - _NOT_FAILED
        ]

    def _tell(self, said: str, failed: "Sequence[PersonResult]") -> None:
        for sentence in (said, *_named(failed)):
            if sentence:
                self.desk.say(sentence)

    def _refused(self, canary: "Canary", failed: "Sequence[PersonResult]") -> RefusedError:
        """What an upload whose canary failed ends with where nobody can be asked."""
        receipt = self.run.receipt
        return RefusedError(
            f"of the first people, to row {canary.last_row}, {_verdict(failed)}, so that nobody"
            f" else is {'mailed' if self._only_mails else 'uploaded'}:"
            + "".join(f"\n{line}" for line in _named(failed)),
            hint=f"look at them on {self.where}; to go on all the same: aapimport resume {receipt}"
            f" --yes; to end it: aapimport resume {receipt} --close",
        )


def _verdict(failed: "Sequence[PersonResult]") -> str:
    from aapimport.screens.console import count

    if not failed:
        return "all is as it should be"
    are = "is" if len(failed) == 1 else "are"
    return f"{count(len(failed), 'person', 'people')} {are} not as they should be"


def _named(failed: "Sequence[PersonResult]") -> "Iterator[str]":
    """Who is not as they should be, the first by row and address, and in what."""
    for one in failed[:_MOST_NAMED]:
        who = f"row {one.row} ({one.email})" if one.email else f"row {one.row}"
        wrong = (it for it in one.failures if it.standing not in _NOT_FAILED)
        yield f"  {who}: " + "; ".join(f"{it.where}: {it.words}" for it in wrong)
    if len(failed) > _MOST_NAMED:
        yield f"  and {len(failed) - _MOST_NAMED:,} more"
