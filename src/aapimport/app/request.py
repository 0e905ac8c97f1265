"""Letters to the vendor's support about what no administrator can do. Nothing is sent."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.errors import ExitCode, RefusedError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings
    from aapimport.copies.letter import Letter
    from aapimport.plan.make import Services
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run
    from aapimport.screens.letters import Renamed, SeatRow


class LetterReport(BaseModel):
    """What `request seats --json` and `request address --json` print."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: Literal["practice", "live"]
    address: str = Field(description="where both services are")
    to: str = Field(description="empty where whoever sends it fills it in")
    subject: str
    text: str
    written: str | None = Field(description="the .eml file; null without one")


@dataclass(frozen=True, kw_only=True)
class LetterChoices:
    """How a letter is given out.

    Attributes:
        to: The support's address; empty to be filled in.
        out: The `.eml` file; None for the text alone.
        force: Whether a file that is there is replaced.
    """

    to: str = ""
    out: "Path | None" = None
    force: bool = False


def request_seats(
    receipt: str, settings: "Settings", desk: "Desk", choices: LetterChoices
) -> ExitCode:
    """Write the letter that asks for the seats of an upload back; asks no service.

    Raises:
        RefusedError: There is no such upload, or it has used no seat.
        FileProblemError: The file is there already, or can't be written.
    """
    from aapimport.app.session import opened
    from aapimport.run.records import RunKind
    from aapimport.screens.letters import seats_letter

    with opened(settings, desk, None, begins=False) as (journal, _):
        run = journal.run(receipt)
        rows = _seats(journal, run)
        later = [journal.run(one) for one in journal.later_runs(run.receipt)]
        undos = [one for one in later if one.kind == RunKind.UNDO]
        undone = {task.row for undo in undos for task in journal.tasks(undo.receipt)}
    if undos:  # what still stands is no mistake
        rows = [one for one in rows if one[0] in undone]
    if not rows:
        raise RefusedError(
            f"receipt {run.receipt} has used no seat that is known for sure",
            hint=f"look at it with: aapimport resume {run.receipt}",
        )
    _give(seats_letter(run, rows, undos, choices.to), run.address, desk, choices)
    return ExitCode.OK


def _seats(journal: "Journal", run: "Run") -> "Sequence[SeatRow]":
    """Who used a seat of the run's pass: whoever was new to it, and is on it by the run."""
    from aapimport.run.left import left_by

    used = journal.seat_rows(run.receipt)
    return [
        (person.row, person.email, account.account_id)
        for person in left_by(journal, run, used)
        for account in person.accounts
        if account.service == "portal" and account.touched and "pass" not in account.lacks
    ]


def request_addresses(
    pairs: "Sequence[tuple[str, str]]", settings: "Settings", desk: "Desk", choices: LetterChoices
) -> ExitCode:
    """Write the letter that asks for other user names; looks at the portal, and writes nothing.

    Raises:
        RefusedError: Nobody has an old address, or somebody has a new one already.
        SettingsError: The portal refuses the token.
        ServiceError: The portal can't be asked.
        FileProblemError: The file is there already, or can't be written.
    """
    from aapimport.app.session import listing
    from aapimport.screens.letters import addresses_letter
    from aapimport.screens.target import show_target

    desk.show_beside(show_target, settings)
    with desk.busy("asking the portal"), listing(settings) as services:
        renamed = [_renamed(services, old, new) for old, new in pairs]
    _give(addresses_letter(settings.address, renamed, choices.to), settings.address, desk, choices)
    return ExitCode.OK


def _renamed(services: "Services", old: str, new: str) -> "Renamed":
    from aapimport.services.directory import Found, Unknown
    from aapimport.services.values import Wanted

    found, taken = (
        services.portal.look_everywhere(Wanted(email=email, first_name="", last_name=""))
        for email in (old, new)
    )
    for one in (found, taken):
        if isinstance(one, Unknown):
            raise ServiceError(f"{services.portal.name} can't tell who is there: {one.reason}")
    if not isinstance(found, Found):
        raise RefusedError(
            f"nobody on the portal has the user name {old}",
            hint="give the address that the person's account has now, then the new one",
        )
    if isinstance(taken, Found):
        raise RefusedError(
            f"{new} has an account of its own already: {taken.account.id}",
            hint="if both are the same person, a second seat is used already; tell the support of"
            " both accounts",
        )
    return found.account, new


def _give(letter: "Letter", address: str, desk: "Desk", choices: LetterChoices) -> None:
    from aapimport.copies.letter import write_letter
    from aapimport.screens.letters import show_letter
    from aapimport.text import path_text

    if choices.out:
        write_letter(letter, choices.out, force=choices.force)
    written = path_text(choices.out) if choices.out else ""
    if desk.as_json:
        report = LetterReport(
            target="practice" if desk.practice else "live",
            address=address,
            to=letter.to,
            subject=letter.subject,
            text=letter.text,
            written=written or None,
        )
        desk.print_result(report.model_dump_json(indent=2))
    else:
        desk.show(show_letter, letter, written)
