"""Hand-overs that were cut off before their workbook was there: its people wait, and nobody knows.

They count as handed over from before the workbook can be seen, so that nobody is mailed twice; a
process that is killed in between leaves people without a workbook. It is written anew under the
same number, or its people are freed.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import ExitCode, RefusedError
from aapimport.text import as_typed, path_text

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.app.results import ResultsFiles
    from aapimport.copies.hand_over import Recipient
    from aapimport.plan.make import Services
    from aapimport.run.addressees import Source
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run


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


def said_of(run: "Run") -> str:
    """What has become of a hand-over that was cut off, and what to do."""
    path = workbook_of(run)
    where = "where it was to be is not known"
    if path:
        is_other = "is there, but is another file, or was saved since"
        where = f"{path_text(path)} {is_other if path.exists() else 'is not there'}"
    of = run.of or f"--pass {as_typed(run.pass_name)}"
    return (
        f"hand-over {run.receipt} was cut off before its workbook was there ({where}), and its"
        f" people count as handed over; write it:  aapimport send-emails {of} --hand-over OUT.xlsx;"
        f" or free them:  aapimport send-emails {run.receipt} --not-sent"
    )


def cut_off(journal: "Journal", source: "Source", desk: "Desk") -> "Sequence[Run]":
    """Say which hand-overs of an upload, or of a pass, were cut off; they are returned."""
    from aapimport.app.hand_over import is_of_source

    cut = [it for it in cut_hand_overs(journal, source.address) if is_of_source(it, source)]
    for run in cut:
        desk.say(said_of(run))
    return cut


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
        RefusedError: The address of one of them isn't known.
    """
    from aapimport.copies.hand_over import write_recipients

    desk.say(
        f"going on with hand-over {run.receipt}, which was cut off before its workbook was there"
    )
    recipients = _recipients(journal, services, run, desk)
    remembered = lambda: journal.remember_workbook(run.receipt, path.absolute())  # noqa: E731
    write_recipients(path, run.receipt, recipients, remembered)
    journal.workbook_is_there(run.receipt)
    journal.finish(run.receipt)
    desk.say(f"wrote {path_text(path)}: it holds names and addresses; delete it when it is used")
    desk.say(
        "an earlier workbook of this hand-over, should you find one, has the same people: use one"
    )
    results.leave(journal, [run], desk)
    desk.say(
        f"next: send the e-mails, then: aapimport send-emails {run.receipt} --sent (or --not-sent)"
    )
    return ExitCode.OK


def _recipients(
    journal: "Journal", services: "Services", run: "Run", desk: "Desk"
) -> "Sequence[Recipient]":
    """The people of a hand-over, with the addresses and names that the services have now."""
    from aapimport.app.hand_over import recipient_of
    from aapimport.run.addressees import Source, make_send_plan
    from aapimport.run.records import State, StepKind, Way
    from aapimport.run.send_plan import Means, SendChoice

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
    with desk.busy("asking the services"):
        plan = make_send_plan(journal, services, source, SendChoice(), Means(way=Way.HAND_OVER))
    people = [one for one in plan.people if one.row in kinds]
    if unknown := [one.place for one in people if not one.email]:
        raise RefusedError(
            f"the address of {'; '.join(unknown)} is not known",
            hint=f"free the people of this hand-over, then hand them over anew:"
            f" aapimport send-emails {run.receipt} --not-sent",
        )
    return [recipient_of(one, kinds[one.row], run.pass_name) for one in people]
