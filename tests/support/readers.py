"""Children that read spreadsheets, forked from a process that has imported what they need."""

import os
import subprocess
from typing import Any

from aapimport.sheets import child
from support.warm import Forked, Jobs, Warm

_READ_WITH = (
    *("aapimport.check.child_side", "aapimport.check.judge", "openpyxl.reader.excel"),
    *("aapimport.sheets.formats.xlsx_second", "python_calamine", "xlrd", "ctypes"),
    *(f"aapimport.sheets.formats.{kind}" for kind in ("csv", "xlsx", "xls", "xlsb", "ods")),
)
"""What they import."""


def warm_readers() -> Warm:
    """Start the process that they are forked from."""
    names = [name for name in child._ENVIRONMENT if name in os.environ]
    return Warm(child._FLAGS, _READ_WITH, {name: os.environ[name] for name in names})


class Readers:
    """Stands in for `subprocess` where these children are started.

    Args:
        jobs: What forks them; started with the first child, where it isn't given.

    Attributes:
        limits: Values of modules that they change before they begin, by module and name.
    """

    PIPE, DEVNULL = subprocess.PIPE, subprocess.DEVNULL
    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self, jobs: Jobs | None = None) -> None:
        self._jobs = jobs
        self.limits: dict[str, object] = {}

    @property
    def jobs(self) -> Jobs:
        """What forks them."""
        self._jobs = self._jobs or warm_readers()
        return self._jobs

    def Popen(self, words: list[str], **named: Any) -> Forked:  # noqa: N802 -- stands in for it
        """Start one."""
        self.jobs.limits = self.limits
        return self.jobs.reader(words, **named)

    def end(self) -> None:
        """End what forks them, if it was started here."""
        if isinstance(self._jobs, Warm):
            self._jobs.__exit__()
