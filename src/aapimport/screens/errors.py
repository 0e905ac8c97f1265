"""Errors on stderr: what, why, what next, and the state of the world."""

import platform
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aapimport import __version__
from aapimport.config.choice import Choice, settings_for
from aapimport.config.folders import private_file, private_folder
from aapimport.errors import AapimportError, BugError
from aapimport.screens.console import broken_at_blanks, make_console, safe_lines

if TYPE_CHECKING:
    from rich.console import Console


def show_error(error: AapimportError) -> None:
    """Print an error the way every error is printed."""
    console = make_console(sys.stderr)
    _print(console, f"{error.label}: {safe_lines(error.message)}", style="bold")
    if error.hint:
        _print(console, f"hint: {safe_lines(error.hint)}")
    _print(console, safe_lines(error.state))


def _print(console: "Console", text: str, style: str = "") -> None:
    console.print(broken_at_blanks(text, console.width), style=style, soft_wrap=True)


def bug_of(error: Exception, state: str) -> BugError:
    """What is said of a mistake of ours, after writing down where; what it was about stays out.

    Args:
        error: What nobody expected.
        state: The state of the world.
    """
    hint = ""
    try:
        folder = settings_for(Choice(practice=True), on_terminal=False).state_dir
        log = private_folder(folder) / f"bug-{datetime.now(UTC):%Y%m%d-%H%M%S}.log"
        private_file(log).write_text(_where(error), encoding="utf-8")
    except Exception:  # noqa: BLE001 -- the folder can't be used, or the bug is in the settings
        make_console(sys.stderr).print(_where(error))
    else:
        hint = f"report it with the log {log}; no names or tokens are in it"
    return BugError(f"aapimport has a bug ({type(error).__name__})", hint=hint, state=state)


def _where(error: BaseException) -> str:
    """The places that an error went through, and the kinds of errors; no messages, no values."""
    lines = [f"aapimport {__version__}, Python {platform.python_version()}, {sys.platform}"]
    cause: BaseException | None = error
    while cause is not None:
        lines.append(type(cause).__name__)
        frames = traceback.extract_tb(cause.__traceback__)
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        cause = cause.__cause__ or cause.__context__
    return "\n".join(lines) + "\n"
