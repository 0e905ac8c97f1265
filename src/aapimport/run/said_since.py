"""What newer uploads say of people about whom an older one had no answer.

Any row counts, to whichever pass and whatever became of it: refused, left to a person, left out,
never sent, closed, undone. Its file has said something, so the older word isn't carried out unless
the newer one is certainly the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from aapimport.config.addresses import place
from aapimport.run.digests import address_digest
from aapimport.run.journal import Journal
from aapimport.run.reconciled import Kind
from aapimport.run.records import Run, RunKind, StepKind, Task
from aapimport.run.words import LOST, Word, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a newer upload about the same person.

    Attributes:
        receipt: The upload.
        row: The row.
        role: The role that it gives; None where it gives none, or that isn't recorded.
        team: The Group that it puts the person into; likewise.
    """

    receipt: str
    row: int
    role: str | None
    team: str | None


@dataclass(frozen=True, slots=True)
class SaidSince:
    """The newer rows about people, by the older word's upload and row."""

    rows: Mapping[tuple[str, int], tuple[Row, ...]] = field(default_factory=dict)

    def against(self, word: Word, kind: Kind) -> Iterator[str]:
        """Why an older word about a role or a team isn't carried out; nothing where it may be."""
        for one in self.rows.get((word.receipt, word.row), ()):
            said = one.role if kind is Kind.ROLE else one.team
            mine = word.portal.role if kind is Kind.ROLE else word.team and word.team.target
            if said != mine:
                newer = f"upload {one.receipt} (row {one.row}) is newer"
                what = "role" if kind is Kind.ROLE else "team"
                if said is None or kind is Kind.TEAM:
                    yield f"{newer}, and isn't known to have said the same {what}"
                else:
                    yield f"{newer}, and has said {said}"


def said_since(journal: Journal, address: str, words: Words) -> SaidSince:
    """What newer uploads say of those about whom an answer was lost; the others aren't looked for.

    Args:
        journal: The journal.
        address: The pair of services; uploads to the same portal count.
        words: What uploads have said.
    """
    names: dict[str, list[Word]] = {}
    for word in words.all:
        if word.lost or (word.team and word.team.state in LOST):
            for name in word.names:
                names.setdefault(name, []).append(word)
    if not names:
        return SaidSince()
    portal = place(address, "portal")
    runs = [
        run
        for run in journal.runs()
        if run.kind == RunKind.UPLOAD and place(run.address, "portal") == portal
    ]
    age = {run.receipt: at for at, run in enumerate(runs)}
    found: dict[tuple[str, int], list[Row]] = {}
    for run in runs[: max(age[one.receipt] for theirs in names.values() for one in theirs)]:
        for row, called in _rows(journal, run):
            theirs = {id(one): one for name in called for one in names.get(name, ())}
            for word in theirs.values():
                if age[run.receipt] < age[word.receipt]:
                    found.setdefault((word.receipt, word.row), []).append(row)
    return SaidSince({of: tuple(rows) for of, rows in found.items()})


def _rows(journal: Journal, run: Run) -> Iterator[tuple[Row, list[str]]]:
    """The rows of an upload, each with what its person's account is known by."""
    for row, tasks in groupby(journal.tasks(run.receipt), lambda task: task.row):
        steps: dict[tuple[str, StepKind], Task] = {(one.service, one.kind): one for one in tasks}
        portal = steps.get(("portal", StepKind.ACCOUNT))
        team = steps.get(("portal", StepKind.TEAM))
        wanted, before = journal.person(run.receipt, row)
        email = wanted.get("portal", {}).get("email", "")
        known = {
            "id": portal.account_id if portal else "",
            "key": portal.key if portal else "",
            "person": before.get("person") or address_digest(email),
        }
        said = Row(
            receipt=run.receipt,
            row=row,
            role=before.get("role"),
            team=team.target if team else None,
        )
        yield said, [f"{kind}:{one}" for kind, one in known.items() if one]
