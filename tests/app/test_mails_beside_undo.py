"""Welcome e-mails while an undo of the same people isn't finished: they wait until it is over."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from aapimport.config.mail import Mail
from aapimport.errors import ExitCode, ServiceError, SettingsError
from aapimport.mail import delivery
from aapimport.run.journal import Journal
from aapimport.run.records import Run, State, StepKind
from aapimport.template.roles import Role
from support.mail_server import MailServer
from support.mailing import mail_for
from support.sending import (
    embargo_ends,
    id_of,
    last_send,
    mails,
    resume,
    send,
    text,
    three_people,
    tomorrow,
)
from support.stub import ScimStub
from support.undoing import begun, go_on
from support.uploading import Uploading, person
from support.wire import error, instead


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """Three people, the first with Jhana, whom nobody has mailed."""
    return three_people(portal_stub, jhana_stub, tmp_path)


def waits(undo: Run) -> str:
    """What is said of whoever waits."""
    return (
        f"undo {undo.receipt} is still open and takes the account back:"
        f" aapimport resume {undo.receipt}"
    )


def test_a_sending_that_waited_mails_nobody_whom_an_open_undo_takes_back(
    uploading: Uploading, mail_by_either: Mail | None
) -> None:
    """What the plan of the undo called taken back is: the day comes, and nobody is mailed."""
    receipt = uploading.run().receipt
    send(uploading, receipt, mail=mail_by_either, not_before=tomorrow())
    undo = begun(uploading, receipt)
    embargo_ends(uploading)
    sending = last_send(uploading)
    code, desk = resume(uploading, sending, mail_by_either)
    assert code is ExitCode.SERVICE
    assert waits(undo) in text(desk)
    assert f"next: aapimport resume {sending}" in desk.said
    assert go_on(uploading, undo).exit_code == 0
    with Journal(uploading.journal_path) as journal:
        assert not journal.run(sending).is_open
    resume(uploading, sending, mail_by_either)
    assert not mails(uploading)


def test_a_new_sending_names_whom_an_open_undo_takes_back(
    uploading: Uploading, mail_by_either: Mail | None
) -> None:
    """Of the upload, and by hand."""
    receipt = uploading.run().receipt
    undo = begun(uploading, receipt)
    for out in (None, uploading.journal_path.parent / "out.xlsx"):
        code, desk = send(uploading, receipt, mail=mail_by_either, hand_over=out)
        assert code is ExitCode.FINDINGS
        assert text(desk).count(waits(undo)) == 3
    assert not mails(uploading)
    assert not (uploading.journal_path.parent / "out.xlsx").exists()


def test_an_upload_that_goes_on_mails_nobody_whom_an_open_undo_takes_back(
    uploading: Uploading,
) -> None:
    """Its accounts are done, and its e-mails were not sent so far."""
    uploading.emails = True
    refused = instead(error(401))
    uploading.portal.on("PATCH", "/Users/.*", refused, body="welcomeEmail", times=99)
    with pytest.raises(SettingsError):
        uploading.run()
    uploading.portal._rules.clear()
    with Journal(uploading.journal_path) as journal:
        (upload,) = journal.runs()
        asked = [*journal.tasks(upload.receipt, StepKind.EMAIL)]
        sure = [replace(one, state=State.PLANNED, sent_at=None, attempts=0) for one in asked]
        journal.record(upload.receipt, sure)  # whoever may have been asked for can't be kept back
    undo = begun(uploading, upload.receipt)
    code, desk = resume(uploading, upload.receipt)
    assert (code, waits(undo) in text(desk)) == (ExitCode.SERVICE, True)
    go_on(uploading, undo)
    resume(uploading, upload.receipt)
    assert not mails(uploading)


def test_whoever_an_open_undo_leaves_is_mailed(uploading: Uploading) -> None:
    """It is about accounts: somebody whom a colleague works with is welcomed meanwhile."""
    receipt = uploading.run().receipt
    uploading.portal.store.users[id_of(uploading, "p3@acme.com")]["title"] = "Head"
    send(uploading, receipt, not_before=tomorrow())
    undo = begun(uploading, receipt)
    embargo_ends(uploading)
    resume(uploading, last_send(uploading))
    once = Counter([("p3@acme.com", "portal")])
    assert mails(uploading) == once
    go_on(uploading, undo)
    resume(uploading, last_send(uploading))
    assert mails(uploading) == once


def test_an_undo_of_another_profile_is_seen_just_before_each_email(
    uploading: Uploading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins when the first of some who were looked at together is sent: the second waits."""
    monkeypatch.setattr(delivery, "WAITS", (0.01,) * 4)
    uploading.portal.habits.mails = uploading.jhana.habits.mails = False
    uploading.rows = (person(2), person(3))
    receipt = uploading.run().receipt
    path = uploading.journal_path.parent / "profiles" / "beta" / "journal.sqlite3"
    options = replace(uploading.options, update_roles=True)
    rows = (person(3, role=Role.FACILITATOR),)
    beta = replace(uploading, journal_path=path, rows=rows, options=options)
    changed = beta.run().receipt
    undos: list[Run] = []

    def begins(step: str, who: str) -> None:
        if (step, who) == ("dot", "p2@acme.com"):
            undos.append(begun(beta, changed))

    with MailServer(begins) as server:
        mail = mail_for(server.port)
        with pytest.raises(ServiceError, match="is still open and takes the account back"):
            send(uploading, receipt, mail=mail)
        assert server.recipients == ["p2@acme.com"]
        go_on(beta, undos[0])
        assert resume(uploading, last_send(uploading), mail)[0] is ExitCode.OK
        assert server.recipients == ["p2@acme.com", "p3@acme.com"]
