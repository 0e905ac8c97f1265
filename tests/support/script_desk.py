"""A desk where a script sits: it answers what it is asked, and notes what it is shown."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from aapimport.errors import AapimportError
from aapimport.screens.console import make_console


class ScriptDesk:
    """Answers questions in their order.

    Args:
        answers: What is answered: True, False, a number to be typed, or a choice.
        yes: Whether `--yes` was given.
        practice: Whether everything goes to the practice portal.

    Attributes:
        asked: The questions, with the flags that answer them.
        shown: The names of the screens, and their text.
    """

    def __init__(self, *answers: bool | int | str, yes: bool = False, practice: bool) -> None:
        self.practice, self.yes, self.as_json, self.on_terminal = practice, yes, False, True
        self.profile = ""
        self.asked: list[tuple[str, str]] = []
        self.shown: list[tuple[str, str]] = []
        self.said: list[str] = []
        self._answers = [*answers]

    def say(self, text: str) -> None:
        """Note it."""
        self.said.append(text)

    def show(self, screen: Callable[..., None], *values: Any, **more: Any) -> None:
        """Note a screen."""
        stream = io.StringIO()
        screen(make_console(stream), *values, **more)
        self.shown.append((screen.__name__, stream.getvalue()))

    show_beside = show

    def write(self, screen: Callable[..., None], *values: Any, **more: Any) -> None:
        """Note a screen that writes by itself."""
        stream = io.StringIO()
        screen(stream, *values, **more)
        self.shown.append((screen.__name__, stream.getvalue()))

    def print_result(self, text: str) -> None:
        """Note it."""
        self.shown.append(("result", text))

    hold_result = print_result

    def end_at_once(self, error: AapimportError) -> None:
        """Nothing ends at once here."""

    @contextmanager
    def busy(self, what: str) -> Iterator[Callable[[str], None]]:
        """Nobody waits."""
        assert what
        yield lambda _: None

    def progress(self, steps: Iterator[Any]) -> None:
        """Go through them."""
        for _ in steps:
            pass

    def _next(self, question: str, flags: str) -> Any:
        self.asked.append((question, flags))
        return self._answers.pop(0)

    def confirm(
        self, question: str, *, default: bool | None, flags: str, yes_answers: bool = True
    ) -> bool:
        """The next answer."""
        assert default in {True, False, None}
        return (self.yes and yes_answers) or bool(self._next(question, flags))

    def type_number(self, what: str, number: int, flags: str, *, yes_answers: bool = True) -> bool:
        """Whether the next answer is the number."""
        return (self.yes and yes_answers) or self._next(f"{number} {what}", flags) == number

    def type_words(self, question: str, flags: str) -> str:
        """The next answer."""
        return str(self._next(question, flags))

    def choose(
        self,
        question: str,
        choices: Sequence[tuple[str, str]],
        flags: str,
        *,
        guess: bool = False,
        names: Sequence[str] = (),
    ) -> str:
        """The next answer, which must be one of the choices."""
        assert guess in {True, False}
        assert len(names) in {0, len(choices)}
        answer = str(self._next(question, flags))
        assert answer in [value for value, _ in choices]
        return answer
