"""The desk at a terminal: questions where they are seen, answers from stdin, be it a pipe.

Where nothing can answer, the command ends before anything is sent and names the flag that decides;
only the practice portal goes on, because nothing real is spent there, and says what it took for
granted.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Concatenate

import click

from aapimport.app.desk import Values
from aapimport.cli.answer import current_answer
from aapimport.cli.choosing import meant
from aapimport.cli.seen import say, seen, throw_away_typed, wrapped
from aapimport.errors import AapimportError, DeclinedError, UsageError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.console import Console

    from aapimport.screens.progress import Step

_YES = {"y", "yes"}
_NO = {"n", "no"}
_MOST_WRONG = 10
"""Wrong answers that a program, such as `yes`, may give before the command ends."""
_CHOICES = {True: "[Y/n]", False: "[y/N]", None: "[y/n]"}


class TerminalDesk:
    """The administrator at a terminal, or a pipe that holds the answers.

    Args:
        target: `practice` or `live`.
        yes: Whether `--yes` has already answered.
        as_json: Whether stdout is kept for one JSON object.
        profile: The profile that the services are configured in; empty without one.
    """

    def __init__(
        self, target: str, *, yes: bool = False, as_json: bool = False, profile: str = ""
    ) -> None:
        self.practice = target == "practice"
        self.yes = yes
        self.as_json = as_json
        self.profile = profile
        self._wrong = 0
        self._answered = False
        self._unseen: list[Callable[[IO[str]], None]] = []

    @property
    def on_terminal(self) -> bool:
        """Whether a person can be asked."""
        return sys.stdin is not None and sys.stdin.isatty()

    def say(self, text: str) -> None:
        """Tell the administrator something beside screens and questions."""
        from aapimport.screens.commands import with_flags

        said = with_flags(text, current_answer().flags)
        say(said, sys.stderr)
        if self.on_terminal and not sys.stderr.isatty():
            self._unseen.append(lambda seen: say(said, seen))

    def show(
        self,
        screen: "Callable[Concatenate[Console, Values], None]",
        *values: Values.args,
        **more: Values.kwargs,
    ) -> None:
        """Show one of `aapimport.screens`: before the result, where that is JSON, beside it."""
        stream = sys.stderr if self.as_json else sys.stdout
        _show(stream, screen, *values, **more)
        if self.on_terminal and not stream.isatty():
            self._unseen.append(lambda seen: _show(seen, screen, *values, **more))

    def show_beside(
        self,
        screen: "Callable[Concatenate[Console, Values], None]",
        *values: Values.args,
        **more: Values.kwargs,
    ) -> None:
        """Show a screen beside the result, whatever that is."""
        _show(sys.stderr, screen, *values, **more)

    def write(
        self,
        screen: "Callable[Concatenate[IO[str], Values], None]",
        *values: Values.args,
        **more: Values.kwargs,
    ) -> None:
        """Show a screen that is long and mostly read by programs: it gets no console."""
        screen(sys.stdout, *values, **more)

    def print_result(self, text: str) -> None:
        """Print what the command was given for; a script reads it."""
        if self.as_json:
            current_answer().print(text)
        else:
            click.echo(text)

    def hold_result(self, text: str) -> None:
        """Keep a JSON object until the command ends: an error that follows becomes a part of it."""
        current_answer().hold(text)

    def end_at_once(self, error: AapimportError) -> None:
        """Print what was kept and the error, where JSON was asked for and the process ends now."""
        current_answer().end(error)
        sys.stdout.flush()

    def busy(self, what: str) -> "AbstractContextManager[Callable[[str], None]]":
        """Show what is going on until the context ends; its value tells what is going on next."""
        from aapimport.screens.progress import show_busy

        return show_busy(what)

    def progress(self, steps: "Iterator[Step]") -> None:
        """Go through steps, and show how far they are."""
        from aapimport.screens.progress import show_progress

        show_progress(steps)

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
        if self.yes and yes_answers:
            return True
        while True:
            answer = self._read(f"{question} ({flags}) {_CHOICES[default]} ", flags)
            if answer is None:
                self._grant(f"yes to {question.splitlines()[-1]!r}", flags)
                return True
            if not answer and default is not None:
                return default
            if answer.lower() in _YES | _NO:
                return answer.lower() in _YES
            self._ask_again("please answer y or n", flags)

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
        if self.yes and yes_answers:
            return True
        question = f"Type {number} ({what}) to go on, or press Enter to stop ({flags}): "
        while True:
            answer = self._read(question, flags)
            if answer is None:
                self._grant(f"{number:,} ({what})", flags)
                return True
            if answer.replace(",", "") == str(number):
                return True
            if not answer or answer.lower() in _NO:
                return False
            self._ask_again(f"that is not {number}", flags)

    def type_words(self, question: str, flags: str) -> str:
        """Have something typed that is compared with what the administrator got another way.

        Neither `--yes` nor the practice portal answers it.

        Returns:
            What was typed; empty for Enter.

        Raises:
            UsageError: Nothing can answer.
        """
        return self._read(f"{question} ({flags}): ", flags, goes_on=False) or ""

    def choose(
        self,
        question: str,
        choices: Sequence[tuple[str, str]],
        flags: str,
        *,
        guess: bool = False,
        names: Sequence[str] = (),
    ) -> str:
        """A choice from a numbered list, as `meant` understands the answer.

        Args:
            question: The question.
            choices: The (value, label) pairs.
            flags: What decides without a question.
            guess: Whether the first is taken on the practice portal where nothing can answer.
            names: What each is called, where its label says more than that.

        Returns:
            The chosen value.

        Raises:
            UsageError: Nothing can answer.
        """
        from aapimport.screens.console import safe

        self._tell(f"{question} ({flags})", flags)
        width = max(len(safe(value)) for value, _ in choices)
        for number, (value, label) in enumerate(choices, 1):
            self._tell(f"  {number}  {safe(value):{width}}  {safe(label)}".rstrip(), flags)
        while True:
            answer = self._read(f"Type a number (1 to {len(choices)}): ", flags, goes_on=guess)
            if answer is None:
                value, label = choices[0]
                self._grant(safe(label or value), flags)
                return value
            found = meant(answer, choices, names)
            if len(found) == 1:
                return choices[found[0]][0]
            called = names or [label for _, label in choices]
            several = ", ".join(f"{at + 1} {safe(called[at])}" for at in found)
            please = f"please type a number from 1 to {len(choices)}"
            self._ask_again(f"that could be {several}: {please}" if several else please, flags)

    def _grant(self, what: str, flags: str) -> None:
        """Say what was taken for granted where nothing can answer."""
        needs = f"on a real portal this needs {flags}"
        self._tell(f"taken for granted in practice: {what}; {needs}", flags)

    def _tell(self, text: str, flags: str) -> None:
        """Tell something that belongs to a question, where the question is seen."""
        with self._seen(flags) as stream:
            say(text, stream)

    @contextmanager
    def _seen(self, flags: str) -> "Iterator[IO[str]]":
        """Where questions are seen, after the screens that went into a file before them."""
        with seen(as_json=self.as_json, flags=flags) as stream:
            while self._unseen:
                self._unseen.pop(0)(stream)
            yield stream

    def _ask_again(self, why: str, flags: str) -> None:
        """Tell what was wrong with an answer; a program might give the same for ever.

        Raises:
            UsageError: Too many came from a program or a file.
        """
        self._wrong += 1
        if self._wrong > _MOST_WRONG and not self.on_terminal:
            raise UsageError(why, hint=f"decide with {flags}")
        self._tell(why, flags)

    def _read(self, prompt: str, flags: str, *, goes_on: bool = True) -> str | None:
        """The answer, or None where nothing can answer at all and the practice portal goes on.

        On a terminal only what is typed after the question was shown answers it.

        Raises:
            DeclinedError: The terminal's input has ended.
            UsageError: Nothing can answer.
        """
        from aapimport.screens.progress import undisturbed

        with undisturbed(), self._seen(flags) as stream, _in_lines():
            if self.on_terminal:
                throw_away_typed()
            say(wrapped(prompt, stream), stream, end="")
            line = sys.stdin.readline() if sys.stdin is not None else ""
        if line:
            self._answered = True
            if not self.on_terminal:
                self._tell(line.strip(), flags)
            return line.strip()
        self._tell("", flags)
        if self.on_terminal:
            raise DeclinedError("the input has ended")
        if not (self.practice and goes_on) or self._answered:
            raise UsageError("nothing can answer this question", hint=f"decide with {flags}")
        return None


@contextmanager
def _in_lines() -> "Iterator[None]":
    """A terminal hands over one line at a time, and shows it; a pipe and a file do always.

    One that a program has left otherwise, as a full-screen editor does that crashes, would hand
    over all that is pasted at once, and the next questions would be answered unseen.
    """
    try:
        import termios

        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        needed = termios.ICANON | termios.ECHO | termios.ISIG
        has_lines = before[3] & needed == needed and before[0] & termios.ICRNL
    except Exception:  # noqa: BLE001 -- Windows, whose console has lines, a pipe, or no stdin at all
        has_lines = True
    if has_lines:
        yield
        return
    lines = [before[0] | termios.ICRNL, *before[1:3], before[3] | needed, *before[4:]]
    termios.tcsetattr(terminal, termios.TCSAFLUSH, lines)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _show(
    stream: IO[str],
    screen: "Callable[Concatenate[Console, Values], None]",
    *values: Values.args,
    **more: Values.kwargs,
) -> None:
    from aapimport.screens.console import make_console

    screen(make_console(stream, current_answer().flags), *values, **more)
