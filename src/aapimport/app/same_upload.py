"""Whether an open upload is the very one that is asked for: what of it was decided otherwise."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aapimport.errors import RefusedError, ServiceError, SettingsError
from aapimport.text import path_text

if TYPE_CHECKING:
    from aapimport.app.choices import PlanChoices
    from aapimport.app.upload import Upload
    from aapimport.check.check_file import Checked
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Services
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run
    from aapimport.services.portal import Portal


def not_this_upload(
    journal: "Journal", run: "Run", services: "Services", checked: "Checked", upload: "Upload"
) -> str:
    """In what an open upload is another one than is asked for; empty when it may go on.

    Args:
        journal: The journal.
        run: The open upload.
        services: The pair of services; the portal says which pass a name means.
        checked: The file.
        upload: What is asked for.

    Raises:
        FileProblemError: The written plan, or the workbook of answers, can't be read.
        RefusedError: The written plan was changed, or is too old.
    """
    choices = upload.choices
    return (
        _other_services(run, services.address)
        or _another_file(run, checked)
        or _other_rows(journal, run, checked)
        or _other_choices(run, choices, upload.plan_file)
        or _another_pass(journal, run, services.portal, upload)
        or next(_other_decisions(run, upload), "")
        or next(_other_settings(run, upload.settings), "")
        or _other_answers(journal, run, checked, choices.maybe_file)
        or _more_seats(journal, run, choices.max_seats)
    )


def _other_services(run: "Run", address: str) -> str:
    """Where an upload is that has only one of the configured services; empty for this pair."""
    if run.address == address:
        return ""
    portal, _, jhana = run.address.partition(" ")
    return f"it is at {portal} and {jhana}, of which one is configured now: configure both"


def _another_file(run: "Run", checked: "Checked") -> str:
    """In what way a file isn't that of a run; empty when it is, byte by byte."""
    from aapimport.run.planned import people_digest

    if checked.digest == run.file_digest:
        return ""
    if people_digest(checked.people) == run.people_digest:
        return "this file has the same people, but was saved again since"
    if checked.name == run.file:
        return "the file was changed since"
    return f"{checked.name!r} is another file"


def _other_rows(journal: "Journal", run: "Run", checked: "Checked") -> str:
    from aapimport import __version__
    from aapimport.run.planned import people_digest

    rows = {person.row for person in checked.people}
    if checked.sheet != run.sheet or journal.rows(run.receipt) != rows:
        sheet = f" of sheet {run.sheet!r}" if run.sheet else ""
        return f"it is of other rows{sheet} than were read now"
    if run.version == __version__ and people_digest(checked.people) != run.people_digest:
        return "its people were read otherwise than now, for example with another --encoding"
    return ""


def _other_choices(run: "Run", choices: "PlanChoices", plan_file: Path | None) -> str:
    from aapimport.plan.approval import read_plan

    if plan_file and read_plan(plan_file).receipt != run.receipt:
        return "it is not this plan's"
    return "" if choices.emails in {None, run.emails} else _its_pass(run)


def _its_pass(run: "Run") -> str:
    emails = "on" if run.emails else "off"
    return f"it is to pass {run.pass_name!r} ({run.pass_id}), with e-mails {emails}"


def _another_pass(journal: "Journal", run: "Run", portal: "Portal", upload: "Upload") -> str:
    """Why an open upload isn't to the pass that `--pass` means, by a new plan's rule.

    Where the portal can't be asked, only the very name, or id, that it was begun with is the same.
    """
    from aapimport.plan.names import which_pass
    from aapimport.run.records import StepKind

    name = upload.choices.pass_name
    if name is None or name == run.pass_id:
        return ""
    try:
        meant, group = which_pass(portal, name, upload.settings.pass_as)
    except RefusedError as error:
        hint = f": {error.hint}" if error.hint else ""
        return f"{_its_pass(run)}, and {error.message}{hint}"
    except (ServiceError, SettingsError) as error:
        unasked = f"which pass {name!r} is can't be asked now ({error.message})"
        if name != run.pass_name:
            return f"{_its_pass(run)}, and {unasked}"
        upload.desk.say(f"{unasked}; it is spelt as the one of upload {run.receipt}")
        return ""
    step = next(journal.tasks(run.receipt, StepKind.PASS), None)
    is_its = group.id == step.target if group and step else meant.id == run.pass_id
    return "" if is_its else f"{_its_pass(run)}, and {name!r} is {meant.name!r} ({meant.id})"


def begun_with(run: "Run") -> dict[str, Any]:
    """What a run was decided with (`run.planned.options_json`); empty where it isn't known."""
    found: dict[str, Any] = json.loads(run.options) if run.options else {}
    return found


def _other_decisions(run: "Run", upload: "Upload") -> Iterator[str]:
    """In what a run was decided otherwise than is said now; what wasn't given says nothing.

    A run that was begun by version 1 doesn't know.
    """
    choices = upload.choices
    given = {
        "maybe": choices.maybe,
        "returning": choices.returning,
        "fit": choices.fit or None,
        "update_roles": choices.update_roles or None,
        "update_names": choices.update_names or None,
        "client_admins": upload.approvals.client_admins,
    }
    begun = begun_with(run)
    for name, now in given.items():
        flag = f"--{name.replace('_', '-')}"
        if now is None:
            continue
        if name not in begun:
            yield f"whether it was begun with {flag} can't be told"
        elif begun[name] is False:
            yield f"it was begun without {flag}"
        elif begun[name] == "asked":
            yield f"it was decided one by one what {flag} decides"
        elif begun[name] not in {None, now}:
            yield f"it was begun with what {flag} {begun[name]} says"


def _other_settings(run: "Run", settings: "Settings") -> Iterator[str]:
    """The settings that decide about people and were others when a run was begun."""
    from aapimport.plan.own import set_administrator
    from aapimport.run.digests import address_digest

    begun = begun_with(run)
    now = {
        "administrator": address_digest(set_administrator(settings)),
        "pass_as": settings.pass_as,
    }
    for name, value in now.items():
        if begun.get(name, value) != value:
            yield f"the setting `{name}` was another one when it was begun"


def _other_answers(journal: "Journal", run: "Run", checked: "Checked", file: Path | None) -> str:
    """In what the workbook of `--maybe-file` says otherwise than was decided about the people.

    Raises:
        FileProblemError: It can't be read, or an answer is none.
    """
    from aapimport.copies.maybe_file import ELSE, answers_about
    from aapimport.plan.decide import MAYBE

    if file is None:
        return ""
    begun = begun_with(run)
    if "maybe" not in begun:
        return "whether it was begun with --maybe-file can't be told"
    left_out = journal.left_out(run.receipt, MAYBE)
    if begun["maybe"] is None:  # nobody was asked about
        return ""
    if not file.exists():
        return f"what was answered in {path_text(file)} can't be compared, as it isn't there"
    emails = {person.row: person.email for person in checked.people}
    answers = answers_about(file, emails)
    # Runs before `maybe_created` was kept know only whom they left out.
    created = set(begun.get("maybe_created", answers.keys() - left_out))
    for row in sorted(left_out | created):
        who = f"{emails[row]} (row {row})"
        if row not in answers:
            return f"{path_text(file)} says nothing of {who}, about whom it was decided"
        if (answers[row] == ELSE) != (row in created):
            done = "created" if row in created else "left out"
            return f"as it was begun, {who} is {done}, but {path_text(file)} says {answers[row]!r}"
    return ""


def _more_seats(journal: "Journal", run: "Run", max_seats: int | None) -> str:
    left = journal.seats_left(run.receipt)
    if max_seats is None or left <= max_seats:
        return ""
    seats = f"{left:,} seat{'s' if left > 1 else ''}"
    return f"it may still use {seats}, more than --max-seats {max_seats:,} allows"
