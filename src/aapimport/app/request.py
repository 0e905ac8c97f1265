"""Letters to the vendor's support about what no administrator can do. Nothing is sent."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.errors import ExitCode, RefusedError, ServiceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings
    from aapimport.copies.letter import Letter
    from aapimport.run.records import Run
    from aapimport.run.seats_now import SeatNow


class SeatReport(BaseModel):
    """One seat that the upload has used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int
    account_id: str = Field(description="the account on the portal")
    now: Literal[
        "deactivated",
        "off the pass",
        "gone",
        "still active",
        "another person's by now",
        "not known",
        "used perhaps, not known",
    ] = Field(description="what is true of the account now, as the portal tells")
    by: str = Field(description="the undo that has made it so; empty where none did")
    later: str = Field(description="a later upload or repair that has the account, too; or empty")
    asked_for: bool = Field(description="whether the letter asks for the seat")


class LetterReport(BaseModel):
    """What `request seats --json` and `request address --json` print."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: Literal["practice", "live"]
    address: str = Field(description="where both services are")
    to: str = Field(description="empty where whoever sends it fills it in")
    subject: str
    text: str
    written: str | None = Field(description="the .eml file; null without one")
    seats: list[SeatReport] = Field(description="of `request seats`: every seat; else empty")


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
    receipt: str,
    settings: "Settings",
    desk: "Desk",
    choices: LetterChoices,
    rows: "Collection[int] | None" = None,
) -> ExitCode:
    """Write the letter that asks for the seats of an upload back; looks at each account first.

    Asked for are the seats of whoever is deactivated, off the pass or gone now; of somebody who is
    still active, or stands in a later upload, only where the rows are named.

    Args:
        receipt: The upload's number.
        settings: Where the services are.
        desk: Shows the letter.
        choices: How it is given out.
        rows: The only rows that it is about, also of people who are active; None for everybody.

    Returns:
        4 where the portal didn't tell of somebody, whom the letter then leaves out.

    Raises:
        UsageError: There can't be such an address, or such a file; or a row used no seat.
        RefusedError: There is no such upload, or no seat to be asked for.
        ServiceError: The portal can't be asked.
        SettingsError: It refuses the token.
        FileProblemError: The file is there already, or can't be written.
    """
    from aapimport.app.session import opened
    from aapimport.run.seats_now import FREE_TO_ASK, Now, seats_now
    from aapimport.screens.letters import seats_letter

    choices = checked_choices(choices)
    with opened(settings, desk, None, begins=False) as (journal, services):
        run = journal.run(receipt)
        _refuse_other_runs(run, services.address)
        with desk.busy("asking the portal"):
            seats = [*seats_now(journal, run, services.portal, rows)]
    _refuse_rows_without(run, {*(rows or ())} - {one.row for one in seats})
    may_ask = {*FREE_TO_ASK, Now.ACTIVE}
    asked = [one for one in seats if one.is_free or (rows and one.now in may_ask)]
    unknown = [one for one in seats if one.now is Now.UNKNOWN]
    if not asked:
        _refuse_no_seat(run, seats)
    _tell_the_others(seats, asked, desk)
    give(seats_letter(run, asked, choices.to), run.address, desk, choices, _reports(seats, asked))
    return ExitCode.SERVICE if unknown else ExitCode.OK


def _refuse_rows_without(run: "Run", rows: "Collection[int]") -> None:
    """Refuse rows that have used no seat.

    Raises:
        UsageError: There are such.
    """
    if rows:
        raise UsageError(
            f"row {min(rows)} of {run.name} has used no seat that is known for sure",
            hint=f"look at it with: aapimport receipt {run.receipt}",
        )


def _refuse_other_runs(run: "Run", address: str) -> None:
    from aapimport.run.records import RunKind
    from aapimport.run.runs import refuse_other_services

    if run.kind != RunKind.UPLOAD:
        which = f": aapimport request seats {run.of}" if run.of else "; see: aapimport history"
        raise RefusedError(
            f"{run.name} is no upload, and has used no seat",
            hint=f"give the number of the upload{which}",
        )
    refuse_other_services(run, address)


def _refuse_no_seat(run: "Run", seats: "Sequence[SeatNow]") -> None:
    """Say why no seat can be asked for.

    Raises:
        ServiceError: The portal told of nobody.
        RefusedError: There is none.
    """
    from aapimport.run.seats_now import Now, way_to_seats, what_was_undone

    if why := next((one.why for one in seats if one.now is Now.UNKNOWN), ""):
        raise ServiceError(f"the portal can't be asked who is active: {why}")
    if held := [one for one in seats if one.now is Now.ACTIVE or one.later]:
        off = any(one.now is not Now.ACTIVE for one in held)
        why = "still active, or in a later upload" if off else "still active"
        raise RefusedError(
            f"everybody whom {run.name} gave a seat is {why}: no seat is asked for"
            f" while somebody may work with it{what_was_undone(seats)}",
            hint=f"{way_to_seats(run, seats)}; or name the rows:"
            f" aapimport request seats {run.receipt} --only-rows {held[0].row}",
        )
    raise RefusedError(
        f"receipt {run.receipt} has used no seat that is known for sure",
        hint=f"look at it with: aapimport receipt {run.receipt}",
    )


def _tell_the_others(seats: "Sequence[SeatNow]", asked: "Sequence[SeatNow]", desk: "Desk") -> None:
    """Say whose seats the letter doesn't ask for, and why."""
    from aapimport.run.seats_now import FREE_TO_ASK, Now
    from aapimport.run.undo_again import spans_in_words

    hints = {
        Now.ACTIVE: "name them with --only-rows to ask all the same",
        Now.ANOTHERS: "look on the portal whose the accounts are",
        Now.UNKNOWN: "the portal doesn't tell; run the same command again later",
        Now.PERHAPS: "what became of them in the upload isn't known: look on the portal",
    }
    left = [one for one in seats if one not in asked]
    for now, hint in hints.items():
        if rows := [one.row for one in left if one.now is now]:
            desk.say(f"not asked for, {now}: {spans_in_words(rows)} ({hint})")
    free = [one for one in left if one.now in FREE_TO_ASK]
    for later in dict.fromkeys(one.later for one in free):
        rows = [one.row for one in free if one.later == later]
        who = f"{later} has them, too: {spans_in_words(rows)}"
        desk.say(f"not asked for, {who} ({hints[Now.ACTIVE]})")


def _reports(seats: "Sequence[SeatNow]", asked: "Sequence[SeatNow]") -> list[SeatReport]:
    return [
        SeatReport(
            row=one.row,
            account_id=one.account_id,
            now=one.now.value,
            by=one.by.receipt if one.by else "",
            later=one.later,
            asked_for=one in asked,
        )
        for one in seats
    ]


def checked_choices(choices: LetterChoices) -> LetterChoices:
    """How a letter is given out, before anything is asked.

    Raises:
        UsageError: The address can't stand in a letter, or the file would be no letter.
        FileProblemError: The file is there already, or can't be written.
    """
    from aapimport.template.output import check_free

    if choices.out is not None:
        if choices.out.suffix.lower() not in {"", ".eml"}:
            raise UsageError(
                f"{choices.out} would be no letter by its name",
                hint=f"for example: -o {choices.out.stem}.eml",
            )
        check_free(choices.out, force=choices.force)
    return replace(choices, to=_in_a_header(choices.to)) if choices.to else choices


def _in_a_header(to: str) -> str:
    """The support's address, as a mail program takes it: the domain as IDNA A-labels (RFC 5890).

    Raises:
        UsageError: It is no address, or one that mail programs write in ways of their own
            (RFC 6532).
    """
    from aapimport.check.addresses import address_fault
    from aapimport.person import address_key

    to = to.strip()
    if fault := address_fault(to):
        raise UsageError(f"--to {to!r} is no address", hint=fault)
    local, _, _ = to.rpartition("@")
    if not local.isascii():
        raise UsageError(
            f"--to {to!r} can't be written into the file in a way that all mail programs read",
            hint="leave out --to, and type it in your mail program",
        )
    return f"{local}@{address_key(to).rpartition('@')[2]}"


def give(
    letter: "Letter",
    address: str,
    desk: "Desk",
    choices: LetterChoices,
    seats: "Sequence[SeatReport]" = (),
) -> None:
    """Write a letter where it is to be written, and show it.

    Raises:
        FileProblemError: It can't be written.
    """
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
            seats=[*seats],
        )
        desk.print_result(report.model_dump_json(indent=2))
    else:
        desk.show(show_letter, letter, written)
