"""The first people of a run, who are uploaded before somebody gives their word on the others."""

from dataclasses import dataclass
from enum import StrEnum

from aapimport.run.journal_file import JournalFile
from aapimport.run.records import NOT_FINAL


class Word(StrEnum):
    """How far the word on a canary is."""

    TO_COME = "to come"
    ASKED = "asked"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Canary:
    """The first people of a run.

    Attributes:
        first_row: The row of the first of them.
        last_row: The row of the last.
        word: Whether somebody was asked about the others, and has said yes.
    """

    first_row: int
    last_row: int
    word: Word = Word.TO_COME

    def __str__(self) -> str:
        return f"{_CANARY}{self.first_row} {self.last_row} {self.word}"


_CANARY = "canary "
"""How what is told of a canary begins, among all that a run has told."""


class Canaries(JournalFile):
    """The canaries that a journal knows: of each run the last one."""

    def canary(self, receipt: str) -> Canary | None:
        """The last canary of a run; None where there never was one."""
        found = self._database.execute(
            "SELECT what FROM told WHERE receipt = ? AND what GLOB ?", (receipt, f"{_CANARY}*")
        ).fetchone()
        if found is None:
            return None
        first, last, word = found[0].removeprefix(_CANARY).split(" ", 2)
        return Canary(int(first), int(last), Word(word))

    def keep_canary(self, receipt: str, canary: Canary) -> None:
        """Write down the canary of a run, and how far the word on it is; durable on return."""
        with self._writing():
            self._database.execute(
                "DELETE FROM told WHERE receipt = ? AND what GLOB ?", (receipt, f"{_CANARY}*")
            )
            self._database.execute("INSERT INTO told VALUES (?, ?)", (receipt, str(canary)))

    def next_canary(self, receipt: str, people: int) -> Canary | None:
        """The next so many people with something left to do but e-mails; None without any."""
        rows = self._database.execute(
            "SELECT DISTINCT row FROM steps WHERE receipt = ? AND kind != 'email'"
            f" AND {NOT_FINAL} ORDER BY row LIMIT ?",
            (receipt, people),
        ).fetchall()
        return Canary(rows[0][0], rows[-1][0]) if rows else None
