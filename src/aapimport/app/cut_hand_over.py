"""Hand-overs that were cut off before their workbook was there: its people wait, and nobody knows.

They count as handed over from before the workbook can be seen, so that nobody is mailed twice; a
process that is killed in between leaves people without a workbook. It is written anew under the
same number, or its people are freed.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import ExitCode, RefusedError
from aapimport.text import as_typed, path_text

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.app.results import ResultsFiles
    from aapimport.copies.hand_over import Recipient
    from aapimport.plan.make import Services
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run
    from aapimport.run.send_plan import Addressee, SendChoice, SendPlan, Source


NO_WORKBOOK_OF = "without a workbook, as it was cut off: hand-over"
"""What is said of the people of such a hand-over, before its number."""


def cut_hand_overs(journal: "Journal", address: str | None = None) -> "Sequence[Run]":
    """The hand-overs at a pair of services, or at any, whose workbook isn't known to be there."""
    from aapimport.copies.hand_over import is_workbook_of

    return [
        run
        for run in journal.without_workbook(address)
        if not ((path := workbook_of(run)) and is_workbook_of(path, run.receipt))
    ]


def workbook_of(run: "Run") -> Path | None:
    """Where the workbook of a hand-over was to be; None where that isn't known any more."""
    path = json.loads(run.options or "{}").get("workbook")
    return Path(path) if path else None


def said_of(journal: "Journal", run: "Run", among: str = "") -> str:
    """What has become of a hand-over that was cut off, and what to do.

    Args:
        journal: The journal.
        run: The hand-over.
        among: Who of its people are meant, in words; empty for all of them.
    """
    from aapimport.screens.console import count

    path = workbook_of(run)
    where = "where it was to be is not known"
    if path:
        is_other = "is there, but is another file, or was saved since"
        where = f"{path_text(path)} {is_other if path.exists() else 'is not there'}"
    of = run.of or f"--pass {as_typed(run.pass_name)}"
    people = len(journal.handed_over(run.address).get(run.receipt, ()))
    who = f"its {count(people, 'person counts', 'people count')} as handed over{among}"
    return (
        f"hand-over {run.receipt} was cut off before its workbook was there ({where}), and {who};"
        f" write it:  aapimport send-emails {of} --hand-over OUT.xlsx;"
        f" or free them:  aapimport send-emails {run.receipt} --not-sent"
    )


@dataclass(frozen=True, kw_only=True)
class CutOff:
    """The hand-overs that were cut off before their workbook was there.

    Attributes:
        ours: Those of what was named.
        beside: Those of something else, which hold people of the upload that was named.
    """

    ours: "Sequence[Run]"
    beside: "Sequence[Run]"

    def code(self, code: ExitCode) -> ExitCode:
        """The exit code of a command that leaves them as they are."""
        return max(code, ExitCode.FINDINGS) if self.ours or self.beside else code


def cut_off(journal: "Journal", source: "Source", desk: "Desk") -> CutOff:
    """Say which hand-overs of an upload, or of a pass, or with its people, were cut off."""
    from aapimport.app.hand_over import is_of_source

    cut = cut_hand_overs(journal, source.address)
    ours = [it for it in cut if is_of_source(it, source)]
    for run in ours:
        desk.say(said_of(journal, run))
    is_upload = source.of and source.upload == source.of
    beside = _say_beside(journal, source.runs[0], cut, desk) if is_upload else []
    return CutOff(ours=ours, beside=beside)


def say_cut_off(journal: "Journal", run: "Run", desk: "Desk") -> None:
    """Say the same below the receipt of a hand-over, or of an upload whose people are in one."""
    cut = cut_hand_overs(journal, run.address)
    for one in cut:
        if run.receipt in {one.receipt, one.of}:
            desk.say(said_of(journal, one))
    if run.kind == "upload":
        _say_beside(journal, run, cut, desk)


def _say_beside(
    journal: "Journal", upload: "Run", cut: "Sequence[Run]", desk: "Desk"
) -> "Sequence[Run]":
    """Say which of those that aren't of an upload alone hold people of it; they are returned."""
    people = people_without_workbook(journal, upload, cut)
    beside = [run for run in cut if run.of != upload.receipt and run.receipt in people]
    for run in beside:
        here = len(people[run.receipt])
        desk.say(said_of(journal, run, f", {here:,} of {upload.name} among them"))
    return beside


def people_without_workbook(
    journal: "Journal", upload: "Run", cut: "Sequence[Run]"
) -> "Mapping[str, Collection[int]]":
    """The rows of an upload whose people are in hand-overs that were cut off, by their numbers."""
    from aapimport.run.handed_over import handed_over_of

    if not cut:
        return {}
    found = handed_over_of(journal, upload.address, [upload])
    return {
        run.receipt: {row for _, row in found[run.receipt].values()}
        for run in cut
        if run.receipt in found
    }


def with_cut_off(journal: "Journal", plan: "SendPlan") -> "SendPlan":
    """A plan that says of whoever is in a hand-over that was cut off that they have no workbook."""
    cut = {run.receipt for run in cut_hand_overs(journal, plan.address)}

    def told(one: "Addressee") -> "Addressee":
        held = cut & {receipt for receipt, _ in one.held_by}
        if one.standing != "handed_over" or not held:
            return one
        return replace(one, why=f"{NO_WORKBOOK_OF} {min(held)}")

    return replace(plan, people=[told(one) for one in plan.people]) if cut else plan


def refuse_choice(cut: "Run", who: "SendChoice") -> None:
    """Refuse to choose people of a hand-over that was cut off: it is written as it was.

    Raises:
        RefusedError: Some were chosen.
    """
    from aapimport.run.send_plan import SendChoice

    if who != SendChoice():
        raise RefusedError(
            f"hand-over {cut.receipt} was cut off before its workbook was there, and is written"
            " with everybody whom it was of",
            hint="leave out what chooses people; or free them:"
            f"  aapimport send-emails {cut.receipt} --not-sent",
        )


def written_anew(
    journal: "Journal",
    services: "Services",
    run: "Run",
    path: Path,
    desk: "Desk",
    results: "ResultsFiles",
) -> ExitCode:
    """Write the workbook of a hand-over that was cut off: with the same people, as they are now.

    Args:
        journal: The journal.
        services: Tell the people's addresses and names.
        run: The hand-over.
        path: The workbook.
        desk: Is told.
        results: Where the results workbooks of their uploads go, which say so.

    Raises:
        FileProblemError: It can't be written.
        RefusedError: One of them may not be mailed any more, or has no address.
    """
    from aapimport.app.hand_over import receipt_of
    from aapimport.copies.hand_over import write_recipients

    desk.say(
        f"going on with hand-over {run.receipt}, which was cut off before its workbook was there"
    )
    recipients = _recipients(journal, services, run, desk)
    remembered = partial(journal.remember_workbook, run.receipt, path.absolute())
    write_recipients(path, run.receipt, recipients, remembered)
    journal.workbook_is_there(run.receipt)
    journal.finish(run.receipt)
    desk.say(f"wrote {path_text(path)}: it holds names and addresses; delete it when it is used")
    desk.say(
        "an earlier workbook of this hand-over, should you find one, has the same people: use one"
    )
    results.leave(journal, [run], desk)
    code = receipt_of(journal, run, desk, dict(journal.addresses(run.receipt)))
    desk.say(
        f"next: send the e-mails, then: aapimport send-emails {run.receipt} --sent (or --not-sent)"
    )
    return code


def _recipients(
    journal: "Journal", services: "Services", run: "Run", desk: "Desk"
) -> "Sequence[Recipient]":
    """The people of a hand-over, with the addresses and names that the services have now."""
    from aapimport.app.hand_over import recipient_of
    from aapimport.run.addressees import make_send_plan
    from aapimport.run.records import State, StepKind, Way
    from aapimport.run.send_plan import Means, SendChoice, Source

    kinds = {
        task.row: task.target
        for task in journal.tasks(run.receipt, StepKind.EMAIL)
        if task.state is State.HANDED_OVER
    }
    source = Source(
        address=run.address,
        runs=[run],
        of=run.receipt,
        pass_id=run.pass_id,
        pass_name=run.pass_name,
    )
    way = Means(way=Way.HAND_OVER)
    with desk.busy("asking the services"):
        plan = make_send_plan(journal, services, source, SendChoice(), way)
        anew = make_send_plan(journal, services, source, SendChoice(again=True), way)
    people = [one for one in plan.people if one.row in kinds]
    may = {one.row: one for one in anew.people}  # as if nobody had handed them over
    if other := [one for one in people if not (_waits(one) and may[one.row].standing == "to_mail")]:
        said = "; ".join(f"{one.place}: {_why(one, may[one.row])}" for one in other)
        raise RefusedError(
            f"the workbook of hand-over {run.receipt} is not written anew, as not everybody may"
            f" be mailed any more: {said}",
            hint=f"free the people of this hand-over, then hand them over anew:"
            f" aapimport send-emails {run.receipt} --not-sent",
        )
    return [recipient_of(one, kinds[one.row], run.pass_name) for one in people]


def _waits(one: "Addressee") -> bool:
    return one.standing == "handed_over" and bool(one.email)


def _why(one: "Addressee", anew: "Addressee") -> str:
    """Why somebody of a hand-over isn't handed over any more."""
    if one.standing == "mailed":
        return "mailed since"
    return one.why if one.standing != "handed_over" else anew.why or "their address is not known"
