"""Welcome e-mails that somebody sends by hand: the workbook, and what became of it."""

from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import DeclinedError, ExitCode, FileProblemError, RefusedError, UsageError
from aapimport.text import as_typed, path_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from aapimport.app.choices import MailChoices
    from aapimport.app.desk import Desk
    from aapimport.app.results import ResultsFiles
    from aapimport.copies.hand_over import Recipient
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run
    from aapimport.run.send_plan import Addressee, SendPlan, Source

_ABOUT = {"combined": "All Access Pass and Jhana", "portal": "All Access Pass", "jhana": "Jhana"}


def handed_over(
    journal: "Journal", plan: "SendPlan", path: Path, desk: "Desk", results: "ResultsFiles"
) -> ExitCode:
    """Write the workbook, and count whoever is in it as handed over.

    That they are is durable before the file can be seen: a file that nobody knows of would mail
    people twice, and people without a file are found again.

    Args:
        journal: The journal.
        plan: Who is handed over.
        path: The workbook.
        desk: Is told.
        results: Where the results workbooks of their uploads go, which say so.

    Raises:
        FileProblemError: It can't be written.
        RefusedError: Another run mails somebody of them already.
    """
    from aapimport.app.carry_out import next_step
    from aapimport.copies.hand_over import write_recipients
    from aapimport.run.report import make_report

    recipients = [recipient_of(one, one.kind or "", plan.pass_name) for one in plan.to_mail]
    try:
        write_recipients(path, plan.receipt, recipients, lambda: _committed(journal, plan, path))
    except FileProblemError as error:
        if journal.knows(plan.receipt):
            error.state = (
                "no workbook was written, and its people count as handed over; to free them:"
                f" aapimport send-emails {plan.receipt} --not-sent"
            )
        raise
    journal.workbook_is_there(plan.receipt)
    run = journal.run(plan.receipt)
    code = receipt_of(journal, run, desk, {one.row: one.email for one in plan.people if one.email})
    desk.say(f"wrote {path_text(path)}: it holds names and addresses; delete it when it is used")
    results.leave(journal, [run], desk)
    desk.say(next_step(run, make_report(journal, run, {})))
    return code


def recipient_of(one: "Addressee", kind: str, pass_name: str) -> "Recipient":
    """Somebody as the workbook has them."""
    from aapimport.copies.hand_over import Recipient

    return Recipient(
        email=one.email,
        first_name=one.first_name,
        last_name=one.last_name,
        pass_name=pass_name,
        about=_ABOUT.get(kind, ""),
        row=one.place if one.of else str(one.row),
    )


def _committed(journal: "Journal", plan: "SendPlan", path: Path) -> None:
    receipt = journal.begin_send(plan).receipt
    journal.remember_workbook(receipt, path.absolute())
    journal.finish(receipt)


def settled(
    journal: "Journal", source: "Source", desk: "Desk", results: "ResultsFiles", *, sent: bool
) -> ExitCode:
    """Record what became of those who were handed over.

    Args:
        journal: The journal.
        source: The hand-over, or the upload or the pass whose people are in one. Of an upload
            whose people were handed over with others, it is about these alone.
        desk: Asks, as that can't be found out.
        results: Where the results workbooks of their uploads go, which say so.
        sent: Whether they were mailed.

    Raises:
        RefusedError: Nobody of them is handed over; or the answer was no.
        UsageError: Several hand-overs are open, or nothing can answer.
    """
    from aapimport.screens.console import count

    run, rows, others = _open_hand_over(journal, source)
    of = f"upload {source.upload} in " if others else ""
    if others:
        desk.say(
            f"hand-over {run.receipt} holds {count(others, 'other person', 'other people')}, too:"
            f" how they stand stays open (aapimport send-emails {run.receipt} --sent, or"
            " --not-sent, is about everybody)"
        )
    if sent:
        people = count(len(rows), "person", "people")
        question = f"Was everybody of {of}hand-over {run.receipt} mailed ({people})?"
        said_so = desk.confirm(question, default=False, flags="--yes")
    else:
        whom = f"the people of upload {source.upload}" if others else "the people"
        what = f"{whom} who got no e-mail, and may be mailed from here again"
        said_so = desk.type_number(what, len(rows), "--yes")
    if not said_so:
        raise DeclinedError("you did not say yes")
    addresses = journal.addresses(run.receipt)
    journal.settle_by_hand([(run.receipt, row) for row in rows], sent=sent)
    receipt_of(journal, run, desk, addresses)
    results.leave(journal, [run], desk)
    if not sent:
        of = (source.upload if others else "") or run.of
        _say_how_to_mail(journal, [(run, row) for row in rows], of, desk)
    return ExitCode.OK  # what was asked for is recorded


def settled_people(
    journal: "Journal",
    plan: "SendPlan",
    source: "Source",
    choices: "MailChoices",
    desk: "Desk",
    results: "ResultsFiles",
) -> None:
    """Record what somebody knows of people who were handed over, or whose e-mail is in doubt.

    Args:
        journal: The journal.
        plan: How everybody stands.
        source: What was named: of a sending, its own e-mails are meant.
        choices: The addresses of those who are meant, and whether they were mailed; else they may
            be mailed from here again.
        desk: Asks, as that can't be found out.
        results: Where the results workbooks of their uploads go, which say so.

    Raises:
        RefusedError: Nothing is to be settled about one of them, or its run is still open.
        DeclinedError: The answer was no.
        UsageError: Nothing can answer.
    """
    from aapimport.screens.console import count

    sent, runs = choices.sent, dict[str, "Run"]()
    meant = _meant(plan, choices.to)
    people = [_of_one_run(journal, one, source.of, sent=sent) for one in meant]
    for one in people:
        for receipt in {receipt for receipt, _ in one.held_by}:
            run = runs[receipt] = journal.run(receipt)
            if run.is_open:
                raise RefusedError(
                    f"{run.name} is still open, and may mail {one.email!r} itself",
                    hint=f"finish it:  aapimport resume {receipt}",
                )
    for one in people:
        desk.say(f"{one.place}: {one.email}  {one.first_name} {one.last_name}".rstrip())
    what = "people who were mailed" if sent else "people who got no e-mail, and may be mailed again"
    if not desk.type_number(what, len(people), "--yes"):
        raise DeclinedError("you did not say yes")
    journal.settle_by_hand({mail for one in people for mail in one.held_by}, sent=sent)
    who = count(len(people), "person", "people")
    desk.say(f"{who}: {'mailed' if sent else 'not mailed'}, as you say")
    results.leave(journal, [*runs.values()], desk)
    if not sent:
        mails = {(runs[receipt], row) for one in people for receipt, row in one.held_by}
        _say_how_to_mail(journal, mails, plan.of, desk)


def _of_one_run(journal: "Journal", one: "Addressee", of: str, *, sent: bool) -> "Addressee":
    """Somebody with the e-mails of one run that are to be settled: two may stand otherwise.

    Raises:
        RefusedError: Several runs hold an e-mail to them, and none of them was named.
    """
    from dataclasses import replace

    receipts = sorted({receipt for receipt, _ in one.held_by})
    if not receipts[1:]:  # there is nothing to choose from
        return one
    if of in receipts:
        return replace(one, held_by=frozenset(it for it in one.held_by if it[0] == of))
    flag = "--sent" if sent else "--not-sent"
    commands = (f"aapimport send-emails {it} {flag} --to {as_typed(one.email)}" for it in receipts)
    names = " and ".join(journal.run(it).name for it in receipts)
    raise RefusedError(
        f"{names} hold an e-mail each to {one.email!r}, and one may have come without the other",
        hint="say of which you know it:  " + "\n      ".join(commands),
    )


def _say_how_to_mail(
    journal: "Journal", mails: "Collection[tuple[Run, int]]", of: str, desk: "Desk"
) -> None:
    """Say the command that mails people who got no e-mail; who was mailed before needs `--again`.

    Args:
        journal: The journal.
        mails: The e-mails that were not sent: their runs, with the rows there.
        of: The upload that they are of; empty for those of a pass.
        desk: Is told.
    """
    from aapimport.run.on_record import OnRecord

    runs = {run for run, _ in mails}
    run = next(iter(runs))
    command = f"aapimport send-emails {of or f'--pass {as_typed(run.pass_name)}'}"
    again = f"{command} --again --to ADDRESS"
    if not any(one.mails_again for one in runs):
        desk.say(f"next: {command}")
        return
    record = OnRecord(journal, run.address)
    waits = {
        (one.receipt, one.row)
        for sending in runs
        for one in record.candidates([sending])
        if record.standing(one) == "waits"
    }
    if waits & {(one.receipt, row) for one, row in mails}:
        desk.say(f"next: {command}; whoever was mailed before:  {again}")
    else:
        desk.say(f"next: {again}, for each of them who is to be mailed once more")


def _meant(plan: "SendPlan", to: "Sequence[str]") -> "list[Addressee]":
    """The people of some addresses of whom something is to be settled.

    Raises:
        RefusedError: There is nothing to be settled about one, or several people have the address.
    """
    from dataclasses import replace

    from aapimport.person import address_key
    from aapimport.run.digests import address_digest

    erased = {one.person: one for one in plan.people if one.held_by and one.person}
    held = {address_key(one.email): one for one in plan.people if one.held_by}
    for one in to:
        if (person := erased.get(address_digest(one))) and address_key(one) not in held:
            held[address_key(one)] = replace(person, email=one)
    if missing := [one for one in to if address_key(one) not in held]:
        raise RefusedError(
            f"{missing[0]!r} is neither handed over nor in doubt",
            hint="see how everybody stands with --dry-run",
        )
    for key in map(address_key, to):
        same = [one.place for one in plan.people if one.held_by and address_key(one.email) == key]
        if len(same) > 1:
            rows = "; ".join(same)
            raise RefusedError(
                f"{len(same)} people have the address {held[key].email!r} ({rows}), so that"
                " nobody can tell who is meant",
                hint="leave out --to to settle everybody of a hand-over; or give them addresses of"
                " their own on the portal",
            )
    return [held[key] for key in dict.fromkeys(map(address_key, to))]


def is_of_source(run: "Run", source: "Source") -> bool:
    """Whether a hand-over is what was named, or was made of it."""
    if source.of:
        return source.of in (run.receipt, run.of)
    return run.pass_id == source.pass_id


def _open_hand_over(journal: "Journal", source: "Source") -> "tuple[Run, set[int], int]":
    """The one hand-over that isn't settled, of what was named, or with people of that upload.

    Returns:
        The hand-over, the rows in it that are meant, and how many other people it holds.

    Raises:
        RefusedError: Nobody is handed over.
        UsageError: There are several.
    """
    from aapimport.run.handed_over import handed_over_of

    everybody = journal.handed_over(source.address)
    uploads = source.runs if source.upload == source.of else ()  # of a sending only its own
    theirs = handed_over_of(journal, source.address, uploads) if source.of else {}
    found: list[tuple[Run, set[int], int]] = []
    for receipt, rows in everybody.items():
        run = journal.run(receipt)
        meant = rows if is_of_source(run, source) else rows & theirs.get(receipt, {}).keys()
        if meant:
            found.append((run, meant, len(rows - meant)))
    if not found:
        raise RefusedError(
            "nobody of them is handed over",
            hint="it is settled already, or they never were: see how everybody stands with"
            " --dry-run",
        )
    if len(found) > 1:
        ways = "\n      ".join(_way(run, others) for run, _, others in found)
        names = ", ".join(run.receipt for run, _, _ in found)
        raise UsageError(
            f"{len(found)} hand-overs are not settled: {names}", hint=f"say which:  {ways}"
        )
    return found[0]


def _way(run: "Run", others: int) -> str:
    """How one of several hand-overs is settled."""
    command = f"aapimport send-emails {run.receipt} --sent (or --not-sent)"
    whom = f"; it holds {others:,} of other uploads: --to ADDRESS, for each of yours"
    whom = whom if others else ""
    return f"{command}{whom}"


def receipt_of(
    journal: "Journal", run: "Run", desk: "Desk", addresses: "dict[int, str]"
) -> ExitCode:
    """Print the receipt of a hand-over as it stands."""
    from aapimport.app.receipts import printed_receipt
    from aapimport.run.report import make_report
    from aapimport.screens.receipt import show_receipt

    report = make_report(journal, run, addresses)
    with printed_receipt(run, desk):
        if desk.as_json:
            desk.print_result(report.model_dump_json(by_alias=True, indent=2))
        else:
            desk.show(show_receipt, report, run, desk.profile)
    return report.exit_code
