"""Errors on stderr: what, why, what next, and the state of the world."""

import platform
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aapimport import __version__
from aapimport.config.folders import private_folder
from aapimport.config.settings import read_settings
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
        log = (
            private_folder(read_settings().state_dir) / f"bug-{datetime.now(UTC):%Y%m%d-%H%M%S}.log"
        )
        log.touch(mode=0o600)
        log.write_text(_where(error), encoding="utf-8")
    except (OSError, AapimportError):
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
