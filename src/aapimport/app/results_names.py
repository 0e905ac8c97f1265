"""The names that results workbooks get: nothing of somebody's is ever replaced."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import FileProblemError

if TYPE_CHECKING:
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run


_RESULTS = re.compile(r"(.+\.results)(-[0-9]+|-[0-9A-Z]{6})?", re.DOTALL)
"""The name of a results workbook without its ending: that of the next one has a number."""
_OTHERS = "it is the results workbook of another run"


@dataclass(frozen=True, kw_only=True)
class ResultsName:
    """Where the results workbook of an upload goes that is written at its end, or anew.

    Attributes:
        journal: Knows the files of uploads.
        receipt: The upload.
        file: Its file.
        asked: Where the workbook was asked for; None for beside the file.
    """

    journal: "Journal"
    receipt: str
    file: Path
    asked: Path | None

    def free(self) -> Path:
        """The first name that nothing has but an earlier one of the same run, still ours.

        It is asked before a workbook is written and once more right before it takes its place:
        somebody may have saved the earlier one in between.

        Raises:
            FileProblemError: All of them are somebody's.
        """
        for out in self._names():
            if not self._whose(out):
                return out
        raise FileProblemError("the files of that name are somebody's")

    def passed_over(self) -> str:
        """Which files stay as they are, and why; empty for none. Those of other runs go untold."""
        said = []
        for out in self._names():
            if not (why := self._whose(out)):
                break
            if why != _OTHERS:
                said.append(f"{out} stays as it is, and may be out of date: {why}")
        return "; ".join(said)

    def left_behind(self) -> str:
        """That a workbook of this run which is there is out of date, where none is written anew."""
        names = islice(self._names(), 9)
        try:
            there = [str(out) for out in names if out.exists() and self._whose(out) != _OTHERS]
        except OSError:  # the folder can't be looked into: nothing is known of it
            return "one that is there may be out of date; "
        if not there:
            return ""
        return f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} out of date; "

    def _names(self) -> Iterator[Path]:
        if not self.asked and (again := _RESULTS.fullmatch(self.file.stem)):
            return (self.file.with_name(f"{again[1]}-{number}.xlsx") for number in range(2, 1_000))
        named = self.asked or self.file.with_name(f"{self.file.stem}.results.xlsx")
        return iter((named, named.with_name(f"{named.stem}-{self.receipt}.xlsx")))

    def _whose(self, out: Path) -> str:
        """Why a name can't be had; empty where it can."""
        from aapimport.copies.results import is_of, is_of_any

        if not out.exists():
            return ""
        if is_of(out, self.receipt) and (upload := self._uploaded(out)):
            return f"it is the file of upload {upload}"
        if is_of(out, self.receipt):
            return ""
        return _OTHERS if is_of_any(out) else "it was saved since, or is another file"

    def _uploaded(self, out: Path) -> str:
        """The upload whose file it is; empty for none."""
        try:
            digest = hashlib.sha256(out.read_bytes()).hexdigest()
        except OSError:
            return ""  # then it can't be ours either
        return self.journal.uploaded_as(digest)


def workbooks_of(run: "Run") -> list[Path]:
    """The results workbooks of an upload that are there; where it was named, also if none is.

    Nothing where the journal has erased where its file is.
    """
    from aapimport.app.own_file import path_of
    from aapimport.copies.results import is_of

    kept, file = json.loads(run.options or "{}"), path_of(run)
    if file is None or kept.get("no_results"):
        return []
    again = _RESULTS.fullmatch(file.stem)
    beside = file.with_name(f"{again[1] if again else f'{file.stem}.results'}.xlsx")
    named = Path(kept.get("results") or beside)
    try:
        there = [one for one in named.parent.iterdir() if one.name.startswith(named.stem)]
        ours = [one for one in there if one.suffix == ".xlsx" and is_of(one, run.receipt)]
    except OSError:
        ours = []
    return sorted(ours) or ([named] if kept.get("results") else [])
