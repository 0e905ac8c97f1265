"""Letters to the vendor's support about what no administrator can do. Nothing is sent."""

from collections import Counter
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
    from aapimport.plan.make import Services
    from aapimport.run.records import Run
    from aapimport.run.seats_now import SeatNow
    from aapimport.screens.letters import Renamed


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
    ] = Field(description="what is true of the account now, as the portal tells")
    by: str = Field(description="the undo that has made it so; empty where none did")
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
    still active only where the rows are named.

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

    choices = _checked(choices)
    with opened(settings, desk, None, begins=False) as (journal, services):
        run = journal.run(receipt)
        _refuse_other_runs(run, services.address)
        with desk.busy("asking the portal"):
            seats = [*seats_now(journal, run, services.portal, rows)]
    _refuse_rows_without(run, {*(rows or ())} - {one.row for one in seats})
    asked = [one for one in seats if one.now in FREE_TO_ASK or (rows and one.now is Now.ACTIVE)]
    unknown = [one for one in seats if one.now is Now.UNKNOWN]
    if not asked:
        _refuse_no_seat(run, seats)
    _tell_the_others(seats, asked, desk)
    _give(seats_letter(run, asked, choices.to), run.address, desk, choices, _reports(seats, asked))
    return ExitCode.SERVICE if unknown else ExitCode.OK


def _refuse_rows_without(run: "Run", rows: "Collection[int]") -> None:
    """Refuse rows that have used no seat.

    Raises:
        UsageError: There are such.
    """
    if rows:
        raise UsageError(
            f"row {min(rows)} of upload {run.receipt} has used no seat that is known for sure",
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
    if active := [one.row for one in seats if one.now is Now.ACTIVE]:
        raise RefusedError(
            f"everybody whom upload {run.receipt} gave a seat is still active: no seat is asked for"
            f" while somebody may work with it{what_was_undone(seats)}",
            hint=f"{way_to_seats(run, seats)}; or name the rows:"
            f" aapimport request seats {run.receipt} --only-rows {active[0]}",
        )
    raise RefusedError(
        f"receipt {run.receipt} has used no seat that is known for sure",
        hint=f"look at it with: aapimport receipt {run.receipt}",
    )


def _tell_the_others(seats: "Sequence[SeatNow]", asked: "Sequence[SeatNow]", desk: "Desk") -> None:
    """Say whose seats the letter doesn't ask for, and why."""
    from aapimport.run.seats_now import Now

    hints = {
        Now.ACTIVE: "name them with --only-rows to ask all the same",
        Now.ANOTHERS: "look on the portal whose the accounts are",
        Now.UNKNOWN: "the portal doesn't tell; run the same command again later",
    }
    for now, hint in hints.items():
        rows = [f"{one.row:,}" for one in seats if one.now is now and one not in asked]
        if rows:
            which = "row" if len(rows) == 1 else "rows"
            desk.say(f"not asked for, {now}: {which} {', '.join(rows)} ({hint})")


def _reports(seats: "Sequence[SeatNow]", asked: "Sequence[SeatNow]") -> list[SeatReport]:
    return [
        SeatReport(
            row=one.row,
            account_id=one.account_id,
            now=one.now.value,
            by=one.by.receipt if one.by else "",
            asked_for=one in asked,
        )
        for one in seats
    ]


def request_addresses(
    pairs: "Sequence[tuple[str, str]]", settings: "Settings", desk: "Desk", choices: LetterChoices
) -> ExitCode:
    """Write the letter that asks for other user names; looks at the portal, and writes nothing.

    Raises:
        UsageError: What was given can't be addresses, or names one of them twice; or there can't be
            such a file.
        RefusedError: Nobody has an old address, or somebody has a new one already.
        SettingsError: The portal refuses the token.
        ServiceError: The portal can't be asked.
        FileProblemError: The file is there already, or can't be written.
    """
    from aapimport.app.session import listing
    from aapimport.screens.letters import addresses_letter
    from aapimport.screens.target import show_target

    choices = _checked(choices)
    pairs = _checked_pairs(pairs)
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


def _checked(choices: LetterChoices) -> LetterChoices:
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


def _checked_pairs(pairs: "Sequence[tuple[str, str]]") -> list[tuple[str, str]]:
    """Old and new addresses, without the blanks around them.

    Raises:
        UsageError: One can't be an address, or stands there twice.
    """
    from aapimport.check.addresses import address_fault
    from aapimport.person import address_key, without_edges

    checked = [(without_edges(old), without_edges(new)) for old, new in pairs]
    for old, new in checked:
        if not old or not old.isprintable():
            raise UsageError(
                f"{old!r} can't be a user name", hint="give the address that the account has now"
            )
        if fault := address_fault(new):
            raise UsageError(f"{new!r} can't be anybody's new address", hint=fault)
        if address_key(old) == address_key(new):
            raise UsageError(f"{old} and {new} are one address", hint="give the new one second")
    for which, addresses in zip(("an old", "a new"), zip(*checked, strict=True), strict=True):
        twice = Counter(map(address_key, addresses)).most_common(1)
        if twice and twice[0][1] > 1:
            raise UsageError(
                f"{twice[0][0]} stands there twice as {which} address",
                hint="each person has one address of their own",
            )
    return checked


def _give(
    letter: "Letter",
    address: str,
    desk: "Desk",
    choices: LetterChoices,
    seats: "Sequence[SeatReport]" = (),
) -> None:
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
