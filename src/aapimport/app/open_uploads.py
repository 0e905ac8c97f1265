"""One upload at a time for each pair of services: going on, refusing, choosing, closing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.app.signals import question_of
from aapimport.errors import DeclinedError, ExitCode, RefusedError, UsageError

if TYPE_CHECKING:
    from aapimport.app.choices import PlanChoices
    from aapimport.app.desk import Desk
    from aapimport.app.upload import Upload
    from aapimport.check.check_file import Checked
    from aapimport.config.settings import Settings
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run


def interrupted_upload(
    journal: "Journal", address: str, checked: "Checked", upload: "Upload"
) -> "Run | None":
    """The open upload of this very file, which goes on as it was approved; None without any.

    Args:
        journal: The journal.
        address: The pair of services.
        checked: The file.
        upload: What was asked for now.

    Raises:
        RefusedError: An upload is open that isn't this one.
    """
    from aapimport.screens.open_uploads import whose

    found = journal.open_runs_beside(address)
    if not found:
        return None
    here = [one for one in found if one.address == address] or found
    run = next((one for one in here if one.file_digest == checked.digest), here[0])
    choices = upload.choices
    why = (
        _other_services(run, address)
        or _another_file(run, checked)
        or _other_rows(journal, run, checked)
        or _other_choices(run, choices, upload.plan_file)
        or next(_other_decisions(run, choices, upload.approvals.client_admins), "")
        or _more_seats(journal, run, choices.max_seats)
    )
    if why:
        raise RefusedError(
            f"upload {run.receipt} of {run.file!r} is still open: {whose(run)},"
            f" {journal.progress(run.receipt)}; {why}",
            hint=f"finish it, as it was approved:  aapimport resume {run.receipt}\n"
            f"      end it, and keep its debts:     aapimport resume {run.receipt} --close",
        )
    upload.desk.say(f"going on with upload {run.receipt}, which was interrupted")
    return run


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
    rows = {person.row for person in checked.people}
    if checked.sheet == run.sheet and journal.rows(run.receipt) == rows:
        return ""
    sheet = f" of sheet {run.sheet!r}" if run.sheet else ""
    return f"it is of other rows{sheet} than were read now"


def _other_choices(run: "Run", choices: "PlanChoices", plan_file: Path | None) -> str:
    from aapimport.plan.approval import read_plan
    from aapimport.plan.names import plain
    from aapimport.text import fold

    if plan_file and read_plan(plan_file).receipt != run.receipt:
        return "it is not this plan's"
    named = fold(plain(choices.pass_name or run.pass_name))
    other_emails = choices.emails not in {None, run.emails}
    if named in {fold(plain(run.pass_name)), fold(run.pass_id)} and not other_emails:
        return ""
    return f"it is to pass {run.pass_name!r}, with e-mails {'on' if run.emails else 'off'}"


def _other_decisions(
    run: "Run", choices: "PlanChoices", client_admins: int | None
) -> Iterator[str]:
    """In what a run was decided otherwise than flags say now; those that weren't given say nothing.

    A run that was begun by version 1 doesn't know.
    """
    given = {
        "maybe": choices.maybe,
        "returning": choices.returning,
        "fit": choices.fit or None,
        "update_roles": choices.update_roles or None,
        "update_names": choices.update_names or None,
        "client_admins": client_admins,
    }
    begun_with = json.loads(run.options) if run.options else {}
    for name, now in given.items():
        flag = f"--{name.replace('_', '-')}"
        if now is None:
            continue
        if name not in begun_with:
            yield f"whether it was begun with {flag} can't be told"
        elif begun_with[name] is False:
            yield f"it was begun without {flag}"
        elif begun_with[name] == "asked":
            yield f"it was decided one by one what {flag} decides"
        elif begun_with[name] not in {None, now}:
            yield f"it was begun with what {flag} {begun_with[name]} says"


def _more_seats(journal: "Journal", run: "Run", max_seats: int | None) -> str:
    left = journal.seats_left(run.receipt)
    if max_seats is None or left <= max_seats:
        return ""
    seats = f"{left:,} seat{'s' if left > 1 else ''}"
    return f"it may still use {seats}, more than --max-seats {max_seats:,} allows"


def mention_open_uploads(settings: "Settings", address: str, desk: "Desk") -> None:
    """Say that uploads are open, without touching the journal.

    Args:
        settings: The settings.
        address: The pair of services.
        desk: Is told.
    """
    from aapimport.run.glance import glance
    from aapimport.run.journal import journal_path

    for run, how_far in glance(journal_path(settings.state_dir, settings.target), address):
        desk.say(
            f"upload {run.receipt} of {run.file!r} is still open, {how_far}:"
            f" aapimport resume {run.receipt}"
        )


def chosen_upload(journal: "Journal", address: str, desk: "Desk") -> "Run | None":
    """The only open upload, where none was named; None when none is open, which is said.

    Raises:
        UsageError: Several are open; they are listed.
        RefusedError: One is open at other services than those that are configured now.
    """
    from aapimport.app.lists import NothingOpen, Target
    from aapimport.run.runs import refuse_other_services
    from aapimport.screens.open_uploads import show_open_uploads

    found = journal.open_runs(address)
    listed = [(run, journal.progress(run.receipt)) for run in found]
    if len(found) == 1:
        desk.show_beside(show_open_uploads, listed, desk.profile)
    else:
        desk.show(show_open_uploads, listed, desk.profile)
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} uploads are open", hint="say which, with one of the commands above"
        )
    if not found:
        elsewhere = journal.open_runs()
        for run in elsewhere[1:]:
            at = run.address.replace(" ", " and ")
            desk.say(f"upload {run.receipt} of {run.file!r} is open, too, at {at}")
        if elsewhere:
            refuse_other_services(elsewhere[0], address)
        desk.say("no upload is open at these services")
        if desk.as_json:
            target: Target = "practice" if desk.practice else "live"
            nothing = NothingOpen(target=target, address=address)
            desk.print_result(nothing.model_dump_json(indent=2))
        return None
    return found[0]


def close_upload(journal: "Journal", run: "Run", desk: "Desk") -> ExitCode:
    """End an open upload after a yes, and say what it owes.

    Returns:
        The exit code of its receipt: 1 where something is owed, in doubt, or was never sent, and
        where somebody was left out.

    Raises:
        RefusedError: The answer was no.
        UsageError: Nothing can answer.
    """
    from aapimport.run.report import make_report

    if run.finished_at is not None:
        desk.say(f"upload {run.receipt} is finished: there is nothing to close")
        desk.say(f"its receipt: aapimport resume {run.receipt}")
        if desk.as_json:
            return _print_json(journal, run, desk)
        return make_report(journal, run, journal.addresses(run.receipt)).exit_code
    _show_debts(journal, run, desk)
    if run.closed_at is None:
        question = f"Close upload {run.receipt}? It can't be resumed any more."
        with question_of(journal, run, f"upload {run.receipt} stays open: "):
            if not desk.confirm(question, default=False, flags="--yes"):
                raise DeclinedError("you did not say yes")
        run = journal.close(run.receipt)
    report = make_report(journal, run, journal.addresses(run.receipt))
    if desk.as_json:
        _print_json(journal, run, desk)
    owes = " and owes what is listed" if report.exit_code is not ExitCode.OK else ""
    desk.say(f"upload {run.receipt} is closed{owes}")
    desk.say(f"its receipt: aapimport resume {run.receipt}")
    return report.exit_code


def show_closed_upload(journal: "Journal", run: "Run", desk: "Desk") -> ExitCode:
    """Print the receipt of an upload that was closed, and what it owes.

    Returns:
        The exit code of the receipt.
    """
    from aapimport.app.receipts import printed_receipt
    from aapimport.run.report import make_report
    from aapimport.screens.receipt import show_receipt

    if desk.as_json:
        return _print_json(journal, run, desk)
    report = make_report(journal, run, journal.addresses(run.receipt))
    with printed_receipt(run.receipt, desk):
        desk.show(show_receipt, report, run, desk.profile)
        desk.print_result("closed before everything was done: nothing more is sent")
        _show_debts(journal, run, desk)
    return report.exit_code


def _print_json(journal: "Journal", run: "Run", desk: "Desk") -> ExitCode:
    from aapimport.app.receipts import printed_receipt
    from aapimport.run.report import make_report

    report = make_report(journal, run, journal.addresses(run.receipt))
    with printed_receipt(run.receipt, desk):
        desk.print_result(report.model_dump_json(by_alias=True, indent=2))
    return report.exit_code


def _show_debts(journal: "Journal", run: "Run", desk: "Desk") -> None:
    from aapimport.run.debts import debts_of
    from aapimport.screens.open_uploads import show_debts

    desk.show(show_debts, run, debts_of(journal, run), journal.addresses(run.receipt))
