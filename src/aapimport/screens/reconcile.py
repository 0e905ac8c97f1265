"""How both services differ about the people of a pass, and what a repair would do, and did."""

from collections.abc import Iterable, Sequence

from rich.console import Console

from aapimport.run.reconcile_report import (
    DifferenceReport,
    NotKnownReport,
    ReconcileReport,
    RepairReport,
    still_named,
)
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_line
from aapimport.screens.target import where

_MOST_NAMED = 5
_ERASED = "(address erased)"
_PEOPLE = ("person", "people")


def show_compared(console: Console, report: ReconcileReport) -> None:
    """Say who differs and how, what is no difference, and what proves nothing.

    Args:
        console: Where.
        report: What was compared.
    """
    _show_differences(console, report.differences)
    _show_normal(console, report)
    _show_unproven(console, report.unproven, report.not_known)
    if report.on_pass or not report.unproven:
        print_line(console, _in_total(report))
    else:
        console.print("nothing could be compared")
    if report.not_known:
        print_line(
            console, f"{count(len(report.not_known), *_PEOPLE)} of whom something isn't known"
        )
    number = len(report.differences)
    if number:
        print_line(
            console,
            f"{count(number, 'difference')}: {report.repairable:,} that --repair puts right,"
            f" {report.not_repairable:,} that it only names",
        )
    elif not report.unproven and not report.not_known:
        console.print("nothing differs")
    console.print("nothing was sent")


def show_repair_plan(console: Console, report: ReconcileReport, profile: str = "") -> None:
    """Say person by person what a repair would change, and what it leaves and why.

    Args:
        console: Where.
        report: What was compared.
        profile: The profile that the services are configured in.
    """
    print_line(console, f"Repair of pass {safe(report.pass_)!r}")
    print_line(console, f"  {where(report.target, report.address, profile)}")
    for one in report.differences:
        if one.repairable:
            change = f"{safe(one.before)} -> {safe(one.after)}"
            print_line(console, f"~ {safe(one.email)}  {one.kind}: {change}")
    named = [one for one in report.differences if not one.repairable]
    if named:
        print_line(console, f"{count(len(named), 'difference')} not repaired")
        _show_differences(console, named)
    _show_unproven(console, report.unproven, report.not_known)
    print_line(console, f"  {report.repairable:,} put right; no seat is used, nobody is mailed")


def show_repair_receipt(console: Console, report: RepairReport) -> None:
    """A repair's receipt: its counts, and whatever isn't put right.

    Args:
        console: Where.
        report: The receipt.
    """
    print_line(console, f"Receipt {report.receipt}: repair of pass {safe(report.pass_)!r}")
    print_line(console, f"  {report.repaired:,} put right, {report.not_repaired:,} not put right")
    for one in still_named(report.effects):
        who = safe(one.email) or f"person {one.row}"
        words = "; ".join(filter(None, (one.what, one.reason)))
        print_line(console, f"  {one.result}: {who}, {one.service}: {safe(words)}")
    if report.unfinished:
        print_line(console, f"  {report.unfinished:,} not finished")
    number = count(len(report.named), "difference")
    if report.compared_again:
        _show_differences(console, report.named)
        _show_unproven(console, report.unproven, report.not_known)
        print_line(console, f"  compared again: {number if report.named else 'nothing differs'}")
    elif report.named:
        print_line(console, f"  {number} more, named above, not repaired")


def _in_total(report: ReconcileReport) -> str:
    people = count(report.on_pass, *_PEOPLE)
    return f"pass {safe(report.pass_)!r}: {people} on the portal, {report.on_jhana:,} on Jhana"


def _show_differences(console: Console, differences: Iterable[DifferenceReport]) -> None:
    for one in differences:
        mark = "~" if one.repairable else "!"
        who = safe(one.email) or _ERASED
        print_line(console, f"{mark} {who}  {one.kind}: {safe(one.words)}")
        if one.why_not:
            print_line(console, f"    not repaired: {safe(one.why_not)}")


def _show_normal(console: Console, report: ReconcileReport) -> None:
    """What is no difference: Jhana is each person's own choice."""
    for people, says in (
        (report.without_jhana, "on the pass without Jhana; no upload from here asked for it"),
        (report.jhana_off, "on the pass, Jhana switched off; no upload from here asked for it"),
        (report.only_jhana, "on Jhana, not known to be off; nobody on the portal has the address"),
    ):
        if people:
            print_line(console, f"  {count(len(people), *_PEOPLE)} {says}: {_some(people)}")
    for remark in report.remarks:
        print_line(console, f"  {safe(remark)}")


def _show_unproven(
    console: Console, unproven: Iterable[str], not_known: Iterable[NotKnownReport]
) -> None:
    for one in not_known:
        who = safe(one.email) or _ERASED
        print_line(console, f"? {who}  not known: {safe(one.words)}")
    for words in unproven:
        print_line(console, f"? unproven: {safe(words)}")


def _some(people: Sequence[str]) -> str:
    more = f" and {len(people) - _MOST_NAMED:,} more" if len(people) > _MOST_NAMED else ""
    return ", ".join(map(safe, people[:_MOST_NAMED])) + more
