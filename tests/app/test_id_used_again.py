"""E-mails to an account whose id the portal has given to another person's since."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from aapimport.errors import ExitCode, RefusedError
from aapimport.run.journal import Journal
from support.mail_server import CUT, MailServer
from support.mailing import mail_for
from support.script_desk import ScriptDesk
from support.sending import mails, send, text
from support.stub import ScimStub
from support.uploading import Uploading, person


@pytest.fixture
def ours(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """Bo, who is still to be uploaded, beside somebody who stays on the portal."""
    portal_stub.add_user("ana@acme.com")
    return Uploading(
        portal=portal_stub,
        jhana=jhana_stub,
        journal_path=tmp_path / "state" / "journal.sqlite3",
        rows=(person(2, email="bo@acme.com", first_name="Bo", last_name="Lind"),),
        emails=False,
    )


@pytest.fixture
def acme(ours: Uploading) -> Uploading:
    """Zoe, of another profile."""
    path = ours.journal_path.parent / "profiles" / "acme" / "journal.sqlite3"
    rows = (person(3, email="zoe@acme.com", first_name="Zoe", last_name="Arden"),)
    return replace(ours, journal_path=path, rows=rows)


def gives_id_to_the_next(stub: ScimStub, email: str) -> None:
    """The service deletes somebody, and the next account that is made gets the id."""
    own = next(key for key, user in stub.store.users.items() if user["userName"] == email)
    del stub.store.users[own]
    stub._next = int(own.removeprefix("user-")) - 1


def test_settled_after_the_id_was_used_again(
    ours: Uploading, acme: Uploading, tmp_path: Path
) -> None:
    """What is said later of an older e-mail makes it no newer than the account: named, exit 1."""
    receipt = acme.run().receipt
    send(acme, receipt, hand_over=tmp_path / "mails.xlsx")
    gives_id_to_the_next(ours.portal, "zoe@acme.com")
    number = ours.run().receipt
    assert send(ours, number)[0] is ExitCode.FINDINGS
    send(acme, receipt, sent=True)
    for code, desk in (send(ours, number), send(ours, None, pass_name="Leadership 2026")):
        assert code is ExitCode.FINDINGS
        assert "bo@acme.com is not mailed" in text(desk)
        assert "--again --to ADDRESS" in text(desk)
        assert "mailed already" not in text(desk)
    assert not mails(ours)
    again = send(ours, number, ScriptDesk(1, practice=False), again=True, to=("bo@acme.com",))
    assert again[0] is ExitCode.OK
    assert list(mails(ours)) == [("bo@acme.com", "portal")]
    assert send(ours, number)[0] is ExitCode.OK
    assert mails(ours).total() == 1


@pytest.mark.parametrize("how", ["in doubt", "handed over", "erased"])
def test_told_and_settled_under_whom_it_went_to(
    ours: Uploading, acme: Uploading, how: str, tmp_path: Path
) -> None:
    """Not under whoever has the id by now, who is named nowhere and settles nothing."""
    receipt = acme.run().receipt
    wanted = {"email": "zoe@acme.com", "first_name": "Zoe", "last_name": "Arden"}
    kept = json.dumps({"portal": wanted}), receipt
    if how == "handed over":
        send(acme, receipt, hand_over=tmp_path / "mails.xlsx")
    else:
        with MailServer(lambda step, _: CUT if step == "dot" else None) as server:
            send(acme, receipt, mail=mail_for(server.port), smtp=True)
    gives_id_to_the_next(ours.portal, "zoe@acme.com")
    number = ours.run().receipt
    if how == "in doubt":  # the names are kept
        with Journal(acme.journal_path) as journal, journal._writing():
            journal._database.execute("UPDATE people SET wanted = ? WHERE receipt = ?", kept)
    code, desk = send(acme, receipt, dry_run=True)
    assert "bo@acme.com" not in text(desk)
    assert "the account is another person's by now" in text(desk)
    if how == "in doubt":
        assert code is ExitCode.FINDINGS
        assert "row 3: zoe@acme.com is not mailed: whether sending" in text(desk)
    elif how == "erased":
        assert code is ExitCode.FINDINGS
        assert "row 3: not known by address is not mailed: whether sending" in text(desk)
    with pytest.raises(RefusedError):
        send(acme, receipt, sent=True, to=("bo@acme.com",))
    assert send(acme, receipt, sent=True, to=("zoe@acme.com",))[0] is ExitCode.OK
    code, desk = send(ours, number)
    assert code is ExitCode.FINDINGS
    assert "bo@acme.com is not mailed" in text(desk)
    assert not mails(ours)
