"""One upload at a time for each pair of services: going on, refusing, choosing, closing."""

from typing import TYPE_CHECKING

from aapimport.app.signals import question_of
from aapimport.errors import DeclinedError, ExitCode, RefusedError, UsageError

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.app.upload import Upload
    from aapimport.check.check_file import Checked
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Services
    from aapimport.run.how_far import HowFar
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run


def interrupted_upload(
    journal: "Journal", services: "Services", checked: "Checked", upload: "Upload"
) -> "Run | None":
    """The open upload of this very file, which goes on as it was approved; None without any.

    Args:
        journal: The journal.
        services: The pair of services.
        checked: The file.
        upload: What was asked for now.

    Raises:
        RefusedError: An upload is open that isn't this one.
    """
    from aapimport.app.same_upload import not_this_upload
    from aapimport.screens.open_uploads import whose

    address = services.address
    found = journal.open_runs_beside(address)
    if not found and (done := _with_letters_due(journal, address, checked, upload)):
        return done
    if not found:
        for run in journal.open_runs():
            upload.desk.say(_still_open(run, journal.progress(run.receipt), address))
        return None
    here = [one for one in found if one.address == address] or found
    run = next((one for one in here if one.file_digest == checked.digest), here[0])
    if why := not_this_upload(journal, run, services, checked, upload):
        raise RefusedError(
            f"upload {run.receipt} of {run.file!r} is still open: {whose(run)},"
            f" {journal.progress(run.receipt)}; {why}",
            hint=f"finish it, as it was approved:  aapimport resume {run.receipt}\n"
            f"      end it, and keep its debts:     aapimport resume {run.receipt} --close",
        )
    with question_of(journal, run):
        _approve_plan_again(run, upload)
    upload.desk.say(f"going on with upload {run.receipt}, which was interrupted")
    return run


def _with_letters_due(
    journal: "Journal", address: str, checked: "Checked", upload: "Upload"
) -> "Run | None":
    """The upload of this very file that is done but for its e-mails, which follow; None for none.

    Raises:
        RefusedError: They were begun, and not all of them are sent.
    """
    from aapimport.run.wanted_letters import letters_begun, letters_due, wanted_letters

    if upload.choices.emails is False or upload.plan_file:
        return None
    same = (one for one in journal.uploads_to(address) if one.file_digest == checked.digest)
    for run in same:
        if letters_due(journal, run):
            upload.desk.say(f"going on with upload {run.receipt}, whose e-mails weren't begun")
            return run
        if left := letters_begun(journal, run):
            upload.desk.say(
                f"going on with upload {run.receipt}, whose e-mails aren't all sent: {left.name}"
            )
            return run
        sends = (one for one in journal.sends_of(run.receipt) if one.is_open)
        if wanted_letters(run) and (left := next(sends, None)):
            raise RefusedError(
                f"upload {run.receipt} of this file is done, and its e-mails are not:"
                f" {left.name} is still open, {journal.progress(left.receipt)}",
                hint=f"finish it:  aapimport resume {left.receipt}",
                state="nothing was sent now; what was sent before is in the journal",
            )
    return None


def _approve_plan_again(run: "Run", upload: "Upload") -> None:
    """Have approved what goes on by a written plan, as it had to be when it was begun by one.

    Raises:
        RefusedError: The fingerprint is another plan's, or the administrator said no.
        UsageError: Nothing can answer.
    """
    from aapimport.app.approving import approve_fingerprint
    from aapimport.app.same_upload import begun_with
    from aapimport.plan.approval import read_plan

    if upload.plan_file is None:
        return
    approve_fingerprint(read_plan(upload.plan_file), upload.desk, upload.approvals.fingerprint)
    begun = begun_with(run)
    admins = begun.get("new_client_admins", begun.get("client_admins"))
    if admins and upload.approvals.client_admins is None:
        what = "the client admins that this upload makes"
        flag = f"--client-admins {begun['client_admins']}"
        if not upload.desk.type_number(what, admins, flag, yes_answers=False):
            raise DeclinedError("you did not say yes")


def mention_open_uploads(settings: "Settings", address: str, desk: "Desk") -> None:
    """Say that uploads are open, without touching the journal.

    Args:
        settings: The settings.
        address: The pair of services.
        desk: Is told.
    """
    from aapimport.run.glance import glance
    from aapimport.run.journal import journal_path

    for run, how_far in glance(journal_path(settings.state_dir, settings.target)):
        desk.say(_still_open(run, how_far, address))


def _still_open(run: "Run", how_far: "HowFar", address: str) -> str:
    """A sentence about an open upload, which may be at addresses that were configured before."""
    from aapimport.config.addresses import places_of, share_a_place
    from aapimport.run.runs import named

    command = f"aapimport resume {run.receipt}"
    if share_a_place(places_of(run.address), address):
        return f"{run.described} is still open, {how_far}: {command}"
    return (
        f"{run.described} is still open at {named(run.address)}, {how_far}:"
        f" {command} needs these addresses again"
    )


def chosen_upload(journal: "Journal", address: str, desk: "Desk") -> "Run | None":
    """The only open upload, where none was named; None when none is open, which is said.

    Raises:
        UsageError: Several are open; they are listed.
        RefusedError: One is open at other services than those that are configured now.
    """
    from aapimport.app.lists import NothingOpen, Target
    from aapimport.run.runs import refuse_other_services
    from aapimport.run.wanted_letters import letters_due
    from aapimport.screens.open_uploads import show_open_uploads

    found = journal.open_runs(address)
    if not found:
        found = [one for one in journal.uploads_to(address) if letters_due(journal, one)][:1]
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
            desk.say(f"{run.described} is open, too, at {at}")
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
    from aapimport.app.receipts import print_receipt
    from aapimport.run.wanted_letters import letters_due
    from aapimport.screens.target import place

    if run.finished_at is not None:
        if letters := letters_due(journal, run):
            question = f"Withdraw the {letters.people:,} welcome e-mails that {run.name} owes?"
            if not desk.confirm(question, default=False, flags="--yes"):
                raise DeclinedError("you did not say yes")
            journal.end_letters(run.receipt)
            desk.say(f"withdrawn: {run.name} mails nobody any more")
            desk.say(f"to send them after all: aapimport send-emails {run.receipt}")
        else:
            desk.say(f"{run.name} is finished: there is nothing to close")
        desk.say(f"its receipt: aapimport receipt {run.receipt}")
        return _receipt_as_json(journal, run, desk)
    _show_debts(journal, run, desk)
    if run.closed_at is None:
        where = place(run.target, run.address, desk.profile)
        question = f"Close {run.name}, on {where}? It can't be resumed any more."
        with question_of(journal, run, f"{run.name} stays open: "):
            if not desk.confirm(question, default=False, flags="--yes"):
                raise DeclinedError("you did not say yes")
        run = journal.close(run.receipt)
    code = print_receipt(journal, run.receipt, {}, desk).exit_code
    owes = " and owes what is listed" if code is not ExitCode.OK else ""
    desk.say(f"{run.name} is closed{owes}")
    desk.say(f"its receipt: aapimport receipt {run.receipt}")
    return code


def _receipt_as_json(journal: "Journal", run: "Run", desk: "Desk") -> ExitCode:
    """The exit code of a receipt, which only a script is given here."""
    from aapimport.app.receipts import print_receipt
    from aapimport.run.report import make_report

    if desk.as_json:
        return print_receipt(journal, run.receipt, {}, desk).exit_code
    return make_report(journal, run, journal.addresses(run.receipt)).exit_code


def show_closed_upload(journal: "Journal", run: "Run", desk: "Desk") -> ExitCode:
    """Print the receipt of an upload that was closed, and what it owes.

    Returns:
        The exit code of the receipt.
    """
    from aapimport.app.receipts import print_receipt, printed_receipt

    report = print_receipt(journal, run.receipt, {}, desk)
    if not desk.as_json:
        with printed_receipt(run, desk):
            desk.print_result("closed before everything was done: nothing more is sent")
            _show_debts(journal, run, desk)
    return report.exit_code


def _show_debts(journal: "Journal", run: "Run", desk: "Desk") -> None:
    from aapimport.run.debts import debts_of
    from aapimport.screens.open_uploads import show_debts

    desk.show(show_debts, run, debts_of(journal, run), journal.addresses(run.receipt))
