"""What an undo would do, and what it did."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from rich.console import Console

from aapimport.run.back_reasons import CHANGED
from aapimport.run.effects import Sort
from aapimport.run.left_mails import MAYBE_SENT
from aapimport.run.records import StepKind
from aapimport.run.taken_back import TakenBackReport
from aapimport.run.undo_again import said_beside, spans_in_words
from aapimport.run.undo_plan import UndoPlan
from aapimport.run.undo_report import KEPT_BACK, MAIL, UndoReport
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_line
from aapimport.screens.taken_back import asked_rows, taken_back_lines
from aapimport.screens.target import where

_MOST_NAMED = 50
_MOST_OF_A_KIND = 10


def show_undo_plan(console: Console, plan: UndoPlan, profile: str = "") -> None:
    """Say what would be taken back, what only half, and what not.

    Args:
        console: Where.
        plan: What would be done.
        profile: The profile that the services are configured in.
    """
    run = plan.run
    print_line(console, f"Undo of receipt {run.receipt} ({safe(run.file)})")
    print_line(console, f"  {where(run.target, run.address, profile)}")
    _show_earlier(console, (one.report for one in plan.earlier))
    _show_taken_back(console, plan)
    if alone := plan.by_key_alone:
        print_line(console, "  These are known by our key alone: look whether they are meant")
        for person in alone:
            account = next(it.seen.account for it in person.accounts if it.seen)
            names = safe(f"{account.first_name} {account.last_name}")
            print_line(console, f"    row {person.person.row}: {safe(person.email)}  {names}")
    _show_on_again(console, plan.on_again.items())
    if plan.embargoed:
        kept_back = count(len(plan.embargoed), "e-mail")
        print_line(console, f"  {Sort.BACK.value}: {kept_back} that nobody was sent so far")
        _name_first(console, plan.embargoed, plan.emails)
    mails = ((it.sort.value, it.words, it.row) for it in plan.effects if it.kind is StepKind.EMAIL)
    _show_mails(console, mails, plan.emails)
    for remark in plan.remarks:
        print_line(console, f"  not known: {safe(remark)}")
    emails = plan.emails
    later = ((it.words, it.row) for it in plan.effects if it.sort is Sort.LATER)
    _show_later(console, later, emails, plan.first)
    not_back = [it for it in plan.effects if not it.is_step and it.kind is not StepKind.EMAIL]
    not_back = [it for it in not_back if it.sort is not Sort.LATER]
    for one in not_back[:_MOST_NAMED]:
        who = " ".join(filter(None, (f"row {one.row}", safe(emails.get(one.row, "")))))
        print_line(console, f"  {one.sort.value}: {who}, {one.service}: {_said(one.words)}")
    if len(not_back) > _MOST_NAMED:
        print_line(console, f"  and {len(not_back) - _MOST_NAMED:,} more; all are in --json")


def _show_taken_back(console: Console, plan: UndoPlan) -> None:
    """What is taken back, each with the first people; all of those who get rights back."""
    by_sort = Counter((one.sort, one.words) for one in plan.effects if one.is_step)
    for sort in (Sort.BACK, Sort.HALF):
        for (found, words), number in by_sort.items():
            if found is sort:
                print_line(console, f"  {sort.value}: {number:,} x {safe(words)}")
                of = [one for one in plan.effects if (one.sort, one.words) == (sort, words)]
                most = len(of) if any(one.gives_rights for one in of) else _MOST_OF_A_KIND
                _name_first(console, {one.row for one in of}, plan.emails, most)


def show_undo_receipt(
    console: Console, report: UndoReport, earlier: Iterable[TakenBackReport] = ()
) -> None:
    """An undo's receipt: its counts, and whoever isn't as before.

    Args:
        console: Where.
        report: The receipt.
        earlier: What undos have taken back already.
    """
    number = f"Receipt {report.receipt}: undo" if report.receipt else "Nothing to take back: undo"
    only = f", of {asked_rows(report.only_rows)} only" if report.only_rows is not None else ""
    print_line(console, f"{number} of receipt {report.of}{only}")
    rejected = f", {report.rejected:,} of them rejected" if report.rejected else ""
    print_line(
        console,
        f"  {report.taken_back:,} taken back, {report.half:,} half (the seat stays used),"
        f" {report.not_taken_back:,} not taken back{rejected}",
    )
    _show_earlier(console, earlier)
    _show_on_again(console, ((again.by, again.rows) for again in report.on_again))
    mails = ((it.result, it.reason, it.row) for it in report.effects if it.what == MAIL)
    _show_mails(console, mails, {it.row: it.email for it in report.effects})
    for one in (it for it in report.effects if it.what == KEPT_BACK):
        who = f"row {one.row} {safe(one.email)}".rstrip()
        print_line(console, f"  {one.result}: {who}: {one.what}")
    later = ((it.reason, it.row) for it in report.effects if it.code)
    _show_later(console, later, {it.row: it.email for it in report.effects}, report.next)
    said = [it for it in report.effects if it.what not in {MAIL, KEPT_BACK} and not it.code]
    said = [it for it in said if it.result not in {"taken back", "half"} or it.reason]
    for one in said[:_MOST_NAMED]:
        who = " ".join(filter(None, (f"row {one.row}", safe(one.email))))
        words = "; ".join(filter(None, (safe(one.what), _said(one.reason))))
        result = "not done so far" if one.result == "left" else one.result
        print_line(console, f"  {result}: {who}, {one.service}: {words}")
    if len(said) > _MOST_NAMED:
        print_line(console, f"  and {len(said) - _MOST_NAMED:,} more; all are in --json")
    if report.unfinished:
        print_line(console, f"  {report.unfinished:,} not finished")


def _show_earlier(console: Console, undos: Iterable[TakenBackReport]) -> None:
    """What earlier undos have taken back."""
    for line in taken_back_lines(undos):
        print_line(console, f"  taken back already {line}")


def _show_later(
    console: Console,
    later: Iterable[tuple[str, int]],
    emails: Mapping[int, str],
    commands: Sequence[str],
) -> None:
    """Whom later runs have, too, by what is said of them; then the commands that undo these."""
    by_words: dict[str, set[int]] = {}
    for words, row in later:
        by_words.setdefault(words, set()).add(row)
    for words, rows in by_words.items():
        whom = count(len(rows), "person", "people")
        print_line(console, f"  {Sort.LATER.value}: {safe(words)}: {whom}")
        _name_first(console, rows, emails)
    if commands:
        print_line(console, "    to take that back, too, in this order:")
    for command in commands:
        print_line(console, f"      {command}")
    if beside := said_beside(commands):
        print_line(console, f"    {beside}")


def _show_on_again(console: Console, again: Iterable[tuple[str, Collection[int]]]) -> None:
    """Whom an earlier undo had switched off, and who is on: nothing of theirs is taken back."""
    for by, rows in again:
        who = f"{count(len(rows), 'person', 'people')} ({spans_in_words(rows)})"
        by_whom = by or "somebody elsewhere"
        print_line(console, f"  switched on again since, by {by_whom}: {who}")


def _said(words: str) -> str:
    """Why something is left, behind a word that says that it was changed."""
    return safe(words.removeprefix(CHANGED))


def _name_first(
    console: Console,
    rows: Collection[int],
    emails: Mapping[int, str],
    most: int = _MOST_OF_A_KIND,
) -> None:
    """The first of some people, by row and address."""
    for row in sorted(rows)[:most]:
        print_line(console, f"    row {row} {safe(emails.get(row, ''))}".rstrip())
    if len(rows) > most:
        print_line(console, f"    and {len(rows) - most:,} more")


def _show_mails(
    console: Console, mails: Iterable[tuple[str, str, int]], emails: Mapping[int, str]
) -> None:
    """The e-mails that can't be taken back; with the people where they aren't sent so far."""
    by_words: dict[tuple[str, str], list[int]] = {}
    for result, words, row in mails:
        by_words.setdefault((result, words.partition(" was ")[2]), []).append(row)
    for (result, words), rows in by_words.items():
        were = f"{count(len(rows), 'welcome e-mail')} {'was' if len(rows) == 1 else 'were'}"
        print_line(console, f"  {result}: {were} {safe(words)}")
        if words != MAYBE_SENT:
            _name_first(console, {*rows}, emails)
