"""What `generate-template` says."""

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.screens.console import count, safe

if TYPE_CHECKING:
    from rich.console import Console

_PLAIN = re.compile(r"[\w@%+=:,./-]+" if os.name != "nt" else r"[\w@+=:,./\\-]+")
_NOT_IN_DOUBLE_QUOTES = re.compile(r'["$`\\!]')
"""What means something to a POSIX shell even between double quotes."""


def show_new_template(console: "Console", path: Path, teams: int | None) -> None:
    """Print where the template is and what to do next."""
    from aapimport.screens.labelled import print_line

    print_line(console, template_written(path, teams))


def template_written(path: Path, teams: int | None) -> str:
    """Where the template is and what to do next, as lines for stdout.

    Args:
        path: The file.
        teams: How many teams the drop-down list offers; None where no pass was named.
    """
    lines = [f"wrote {safe(str(path))}"]
    if teams == 0:
        lines.append("this pass has no teams: the Team column takes any text, leave it blank")
    elif teams:
        lines.append(f"the Team column offers the pass's {count(teams, 'team')}")
    lines.append(f"next: fill it in, then: aapimport validate {command_word(path)}")
    return "\n".join(lines)


def command_word(path: Path) -> str:
    """A path as one word of a command line that can be copied."""
    text = safe(str(path))
    if _PLAIN.fullmatch(text):
        return text
    if os.name == "nt" or not _NOT_IN_DOUBLE_QUOTES.search(text):
        return f'"{text}"'
    return shlex.quote(text)
