"""The one way from a use case to whoever runs it: questions, screens and progress."""

from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Concatenate, ParamSpec, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.console import Console

    from aapimport.errors import AapimportError
    from aapimport.screens.progress import Step

Values = ParamSpec("Values")


class Desk(Protocol):
    """Where the administrator sits; the command line has one, and so have tests.

    Attributes:
        practice: Whether everything goes to the practice portal.
        yes: Whether `--yes` has already answered.
        as_json: Whether what is printed in the end is JSON, for a script.
        profile: The profile that the services are configured in; empty without one.
    """

    practice: bool
    yes: bool
    as_json: bool
    profile: str

    @property
    def on_terminal(self) -> bool:
        """Whether a person can be asked."""

    def say(self, text: str) -> None:
        """Tell the administrator something beside screens and questions."""

    def show(
        self,
        screen: "Callable[Concatenate[Console, Values], None]",
        *values: Values.args,
        **more: Values.kwargs,
    ) -> None:
        """Show one of `aapimport.screens`: before the result, where that is JSON, beside it."""

    def show_beside(
        self,
        screen: "Callable[Concatenate[Console, Values], None]",
        *values: Values.args,
        **more: Values.kwargs,
    ) -> None:
        """Show a screen beside the result, whatever that is."""

    def write(
        self,
        screen: "Callable[Concatenate[IO[str], Values], None]",
        *values: Values.args,
        **more: Values.kwargs,
    ) -> None:
        """Show a screen that is long and mostly read by programs: it gets no console."""

    def print_result(self, text: str) -> None:
        """Print what the command was given for; a script reads it.

        Raises:
            OSError: It can't be printed.
        """

    def hold_result(self, text: str) -> None:
        """Keep a JSON object until the command ends: an error that follows becomes a part of it."""

    def end_at_once(self, error: "AapimportError") -> None:
        """Print what was kept and the error, where JSON was asked for and the process ends now."""

    def busy(self, what: str) -> "AbstractContextManager[Callable[[str], None]]":
        """Show what is going on until the context ends; its value tells what is going on next."""

    def progress(self, steps: "Iterator[Step]") -> None:
        """Go through steps, and show how far they are."""

    def confirm(
        self, question: str, *, default: bool | None, flags: str, yes_answers: bool = True
    ) -> bool:
        """A question with the answers yes and no.

        Args:
            question: The question.
            default: What Enter means; None where it must not answer, and is asked again.
            flags: What decides without a question, for the message where nothing can answer.
            yes_answers: Whether `--yes` means yes.

        Raises:
            UsageError: Nothing can answer.
        """

    def type_number(self, what: str, number: int, flags: str, *, yes_answers: bool = True) -> bool:
        """Have a number typed back before something that can't be undone; Enter stops.

        Args:
            what: What the number counts, to be read after it.
            number: The number.
            flags: What decides without a question.
            yes_answers: Whether `--yes` is enough.

        Returns:
            Whether exactly the number was typed.

        Raises:
            UsageError: Nothing can answer.
        """

    def type_words(self, question: str, flags: str) -> str:
        """Have something typed that is compared with what was got another way; empty for Enter.

        Raises:
            UsageError: Nothing can answer.
        """

    def choose(
        self,
        question: str,
        choices: Sequence[tuple[str, str]],
        flags: str,
        *,
        guess: bool = False,
        names: Sequence[str] = (),
    ) -> str:
        """A choice from a numbered list.

        Args:
            question: The question.
            choices: The (value, label) pairs.
            flags: What decides without a question.
            guess: Whether the first is taken on the practice portal where nothing can answer.
            names: What each is called, where its label says more than that.

        Raises:
            UsageError: Nothing can answer.
        """
