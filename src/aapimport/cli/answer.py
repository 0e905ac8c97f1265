"""The one JSON object that a command with `--json` prints, whatever becomes of it."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    from aapimport.config.overview import Whereabouts
    from aapimport.config.settings import Settings
    from aapimport.errors import AapimportError


class Answer:
    """What a command tells a script: exactly one object, in which an error has its place.

    Args:
        wanted: Whether JSON was asked for.

    Attributes:
        target: `practice` or `live`; None as long as the settings were not read.
        address: Where both services are; None likewise.
        flags: What was typed about where to work, as commands that are named have to repeat it.
    """

    def __init__(self, *, wanted: bool) -> None:
        self.wanted = wanted
        self.target: Literal["practice", "live"] | None = None
        self.address: str | None = None
        self.flags = ""
        self._held = ""
        self._is_printed = False

    def goes_to(self, settings: "Settings", flags: str = "") -> None:
        """Take down where the command goes, and what was typed about that."""
        self.target, self.address = settings.target, settings.address
        self.flags = flags

    def is_at(self, where: "Whereabouts") -> None:
        """Take down where the settings lead to, before they are all read."""
        self.target, self.address = where.target, where.address

    def print(self, text: str) -> None:
        """Print the object, after which nothing may go wrong.

        Raises:
            OSError: It can't be printed.
        """
        from aapimport.screens.console import safe_json

        self._is_printed = True
        click.echo(safe_json(text, sys.stdout.encoding or "utf-8"))

    def hold(self, text: str) -> None:
        """Keep the object until the command ends: an error that follows becomes a part of it."""
        self._held = text

    def end(self, error: "AapimportError | None" = None) -> None:
        """Print what was kept, and the error with which the command ends.

        Raises:
            OSError: It can't be printed.
        """
        if not self.wanted or self._is_printed:
            return
        if error is None:
            if self._held:
                self.print(self._held)
            return
        from aapimport.app.failure import error_report

        held: dict[str, Any] = {"target": self.target, "address": self.address}
        if self._held:
            held = json.loads(self._held)
        said = {"error": error_report(error).model_dump()} | held
        self.print(json.dumps(said, ensure_ascii=False, indent=2))


def is_json_wanted(words: Sequence[str]) -> bool:
    """Whether a command line asks for JSON, even where nobody can make sense of the rest."""
    options = words[: words.index("--")] if "--" in words else words
    return "--json" in options


def current_answer() -> Answer:
    """The answer of the command that runs; one that prints at once where none does."""
    context = click.get_current_context(silent=True)
    found = context.find_root().obj if context else None
    return found if isinstance(found, Answer) else Answer(wanted=True)
