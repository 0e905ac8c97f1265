"""`send-emails` in this process, against two scripted services."""

import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aapimport.app.choices import MailChoices, RunChoices
from aapimport.app.resume import Resumption
from aapimport.app.send_emails import Sending
from aapimport.config.mail import Mail
from aapimport.config.settings import Endpoint, Settings
from aapimport.errors import ExitCode
from aapimport.person import Person
from aapimport.run.journal import Journal
from aapimport.run.records import RunKind, State, StepKind
from support.script_desk import ScriptDesk
from support.stub import TOKEN, ScimStub
from support.uploading import Uploading, person


def settings(uploading: Uploading, mail: Mail | None = None) -> Settings:
    """Where the two services, the journal and the mail server are."""
    return Settings(
        mail=mail,
        state_dir=uploading.journal_path.parent,
        portal=Endpoint.bearer(uploading.portal.url, TOKEN),
        jhana=Endpoint.bearer(uploading.jhana.url, TOKEN),
        settle_seconds=0.0,
    )


def tomorrow() -> datetime:
    """A day for an embargo, as it is typed."""
    return datetime.now() + timedelta(days=1)  # noqa: DTZ005 -- as it is typed


def embargo_ends(uploading: Uploading) -> None:
    """What waits for its day may be sent by now: the day is moved, as nobody waits for it here."""
    with closing(sqlite3.connect(uploading.journal_path)) as database, database:
        database.execute("UPDATE runs SET not_before = ? WHERE not_before > 0", (time.time(),))


def send(
    uploading: Uploading,
    receipt: str | None,
    desk: ScriptDesk | None = None,
    *,
    mail: Mail | None = None,
    **choices: Any,
) -> tuple[ExitCode, ScriptDesk]:
    """Give the command once; nobody is asked unless a desk says so."""
    desk = desk or ScriptDesk(yes=True, practice=False)
    sending = Sending(
        settings=settings(uploading, mail),
        desk=desk,
        receipt=receipt,
        choices=MailChoices(**choices),
        running=RunChoices(),
    )
    return sending.carry_out(), desk


def resume(
    uploading: Uploading,
    receipt: str | None,
    mail: Mail | None = None,
    desk: ScriptDesk | None = None,
    *,
    close: bool = False,
    places: tuple[str, str] = ("", ""),
) -> tuple[ExitCode, ScriptDesk]:
    """Resume a run, or close it; nobody is asked unless a desk says so.

    Args:
        uploading: The services and the journal.
        receipt: The run.
        mail: The mail server.
        desk: Answers.
        close: Whether it is ended as it is.
        places: The profile that the settings are of, and where the portal's address stands.
    """
    desk = desk or ScriptDesk(yes=True, practice=False)
    found = settings(uploading, mail)
    if found.portal:
        profile, named = places
        found = replace(found, profile=profile, portal=replace(found.portal, named=named))
    resumption = Resumption(
        receipt=receipt, settings=found, desk=desk, choices=RunChoices(), close=close
    )
    return resumption.carry_out(), desk


def mails(uploading: Uploading) -> Counter[tuple[str, str]]:
    """Who was mailed about what, how often."""
    stubs = (uploading.portal, uploading.jhana)
    return Counter((who, kind) for stub in stubs for who, _, kind in stub.store.mails)


ONCE = Counter(
    {("p2@acme.com", "combined"): 1, ("p3@acme.com", "portal"): 1, ("p4@acme.com", "portal"): 1}
)


def id_of(uploading: Uploading, email: str) -> str:
    """The account on the portal that somebody has."""
    users = uploading.portal.store.users.items()
    return next(own for own, user in users if user["userName"] == email)


def text(desk: ScriptDesk) -> str:
    """All that was shown."""
    return " ".join(" ".join(shown for _, shown in desk.shown).split())


def last_send(uploading: Uploading, of: str | None = None) -> str:
    """The number of the newest sending; of an upload, or of any."""
    with Journal(uploading.journal_path) as journal:
        (run, *_) = journal._runs("kind = ? AND (?2 IS NULL OR of = ?2)", (RunKind.SEND, of))
        return run.receipt


def made_now(journal: Journal, receipt: str, account_id: str, row: int = 2) -> None:
    """An upload makes an account on the portal, with an id that may have been used before."""
    (task,) = (
        it for it in journal.tasks(receipt, StepKind.ACCOUNT, service="portal") if it.row == row
    )
    made = replace(task, state=State.DONE, account_id=account_id, sent_at=time.time() + 1.0)
    journal.record(receipt, [made])


def some_people(
    portal_stub: ScimStub, jhana_stub: ScimStub, folder: Path, *rows: Person
) -> Uploading:
    """Some people, uploaded without e-mails."""
    return Uploading(
        portal=portal_stub,
        jhana=jhana_stub,
        journal_path=folder / "state" / "journal.sqlite3",
        rows=rows,
        emails=False,
    )


def three_people(portal_stub: ScimStub, jhana_stub: ScimStub, folder: Path) -> Uploading:
    """Three people, of whom the first is enabled on Jhana; uploaded without e-mails."""
    rows = person(2, jhana=True), person(3), person(4)
    return some_people(portal_stub, jhana_stub, folder, *rows)


def rename(user: dict[str, Any], address: str) -> None:
    """Give an account another address."""
    user["userName"], user["emails"] = address, [{"value": address}]


def leave(uploading: Uploading, who: str, how: str) -> None:
    """An account of the portal is deactivated, gone, handed on or renamed."""
    users = uploading.portal.store.users
    if how == "gone":
        users.pop(who, None)
    elif how == "deactivated":
        users[who]["active"] = False
    elif how == "off the pass":
        users[who]["entitlements"] = []
    else:
        rename(users[who], "new@acme.com")
        if how == "handed on":
            users[who]["name"] = {"givenName": "E", "familyName": "Lse"}
            users[who]["externalId"] = "theirs"
