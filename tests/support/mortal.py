"""A journal whose process dies at a commit."""

from collections.abc import Iterable

from aapimport.run.journal import Journal
from aapimport.run.records import Task


class Killed(BaseException):
    """The process is gone."""


class Mortal(Journal):
    """A journal whose process dies at a commit of steps: before it, or right after it."""

    left: int = 10**9
    after: bool = False

    def record(self, receipt: str, tasks: Iterable[Task]) -> None:
        """Die when it is time."""
        changed = list(tasks)
        if changed:
            self.left -= 1
        if changed and self.left < 0 and not self.after:
            raise Killed
        super().record(receipt, changed)
        if changed and self.left < 0:
            raise Killed
