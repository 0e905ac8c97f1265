"""Errors on stderr: what, why, what next, and the state of the world."""

import platform
import sys
import traceback
from datetime import UTC, datetime

from aapimport import __version__
from aapimport.config.choice import Choice, settings_for
from aapimport.config.folders import private_file, private_folder
from aapimport.errors import NOTHING_SENT, AapimportError
from aapimport.screens.console import make_console, safe_lines


def show_error(error: AapimportError) -> None:
    """Print an error the way every error is printed."""
    console = make_console(sys.stderr)
    console.print(f"error: {safe_lines(error.message)}", style="bold")
    if error.hint:
        console.print(f"hint: {safe_lines(error.hint)}")
    console.print(safe_lines(error.state))


def show_bug(error: Exception) -> None:
    """Print that aapimport failed, and write down where; what it was working on stays out."""
    console = make_console(sys.stderr)
    console.print(f"error: aapimport has a bug ({type(error).__name__})", style="bold")
    try:
        folder = settings_for(Choice(practice=True), on_terminal=False).state_dir
        log = private_folder(folder) / f"bug-{datetime.now(UTC):%Y%m%d-%H%M%S}.log"
        private_file(log).write_text(_where(error), encoding="utf-8")
    except Exception:  # noqa: BLE001 -- the folder can't be used, or the bug is in the settings
        console.print(_where(error))
    else:
        console.print(f"hint: report it with the log {log}; no names or tokens are in it")
    console.print("whatever was sent is in the journal; the same command goes on from there")


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


def show_interrupted(state: str = NOTHING_SENT) -> None:
    """Print that the administrator stopped the command."""
    make_console(sys.stderr).print(f"\nstopped; {safe_lines(state)}")
