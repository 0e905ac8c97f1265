"""The file that was uploaded, read once more after its run, as it was read then."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import RefusedError

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.check.check_file import Checked
    from aapimport.run.records import Run


def own_file(run: "Run", path: Path, desk: "Desk", encoding: str = "") -> "Checked":
    """The file of a run: that very file, or one with the same people in the same rows.

    Args:
        run: The run.
        path: The file.
        desk: Shows that it is read.
        encoding: The text encoding of a csv; empty for that in which it was read then.

    Raises:
        RefusedError: It is another file, or was changed since.
        FileProblemError: It can't be read.
        AnswerNeededError: Nobody knows how it is to be read.
    """
    from aapimport.check.check_file import ReadOptions, check_file
    from aapimport.run.planned import people_digest

    decided = json.loads(run.options) if run.options else {}
    kept = decided.get("encoding")
    options = ReadOptions(
        sheet=run.sheet or None,
        encoding=encoding or kept or None,
        hidden="skip" if decided.get("left_out") else "include",
    )
    with desk.busy(f"reading {path.name}"):
        checked = check_file(path, options)
    same = checked.digest == run.file_digest or people_digest(checked.people) == run.people_digest
    if not same:
        raise RefusedError(
            f"{checked.name} is not the file of receipt {run.receipt}, which was {run.file!r}, or"
            " it was changed since",
            hint="give the file as it was uploaded; a copy under another name is as good",
            state="nothing was sent or written",
        )
    return checked


def addresses_in(checked: "Checked") -> Mapping[int, str]:
    """The people's addresses by row."""
    return {person.row: person.email for person in checked.people}


def path_of(run: "Run") -> Path | None:
    """Where the file of a run was; None where that is erased, or was never recorded."""
    path = json.loads(run.options or "{}").get("path")
    return Path(path) if path else None
