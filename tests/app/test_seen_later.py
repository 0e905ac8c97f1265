"""Welcomes to accounts that a service has said it made, and no read has shown at the time."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from aapimport.errors import ExitCode
from aapimport.run.journal import Journal
from support.lettering import HEADER, ROWS, last_upload, said, upload
from support.script_desk import ScriptDesk
from support.sending import mails, rename, send, some_people, text
from support.stub import ScimStub
from support.uploading import Uploading, person
from support.wire import Act, Response

ONE = Counter({("p2@acme.com", "portal"): 1})


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """One person, uploaded without e-mails."""
    return some_people(portal_stub, jhana_stub, tmp_path, person(2))


def unseen(uploading: Uploading, stub: ScimStub) -> tuple[str, dict[str, Any]]:
    """An upload of somebody whom a service makes and doesn't show until the upload gives up."""
    made: dict[str, Any] = {}

    def hide(act: Act) -> Response:
        answer = act()
        made.update(stub.store.users.popitem()[1])
        return answer

    stub.on("POST", "/Users", hide)
    uploading.run()
    report = uploading.run()
    (one,) = report.people
    assert "needs_person" in {one.portal, one.jhana}
    return report.receipt, made


def test_who_shows_later_is_welcomed_once_by_whichever_upload(uploading: Uploading) -> None:
    """The file was uploaded again, as the hint says, and everything was found right."""
    first, made = unseen(uploading, uploading.portal)
    code, desk = send(uploading, first)
    assert (code, mails(uploading)) == (ExitCode.FINDINGS, Counter())
    assert "the account isn't there any more" in text(desk)
    uploading.portal.store.users[made["id"]] = made
    second = uploading.run()
    assert [one.portal for one in second.people] == ["same"]
    assert send(uploading, second.receipt)[0] is ExitCode.OK
    assert mails(uploading) == ONE
    assert send(uploading, first)[0] is ExitCode.OK
    assert send(uploading, None, pass_name="Leadership 2026")[0] is ExitCode.OK
    assert mails(uploading) == ONE


@pytest.mark.parametrize("keeps_keys", [False, True])
def test_without_our_key_somebody_has_to_look(uploading: Uploading, *, keeps_keys: bool) -> None:
    """The id may be used again: nobody is mailed who may have been there before, nor forgotten."""
    if keeps_keys:  # as it has shown of somebody else
        rows, uploading.rows = uploading.rows, (person(9),)
        uploading.run()
        uploading.rows = rows
    _, made = unseen(uploading, uploading.portal)
    uploading.portal.store.users[made["id"]] = made
    del made["externalId"]
    second = uploading.run()
    code, desk = send(uploading, second.receipt)
    assert (code, mails(uploading)) == (ExitCode.FINDINGS, Counter())
    assert "shows no key of ours" in text(desk)
    desk = ScriptDesk(1, practice=False)
    code, _ = send(uploading, second.receipt, desk, to=("p2@acme.com",), checked=True)
    assert code is ExitCode.OK
    assert mails(uploading) == ONE
    assert send(uploading, second.receipt)[0] is ExitCode.OK
    assert mails(uploading) == ONE


def test_an_account_under_anothers_key_is_for_a_person(uploading: Uploading) -> None:
    """It has the id that the upload was answered with, and may have got another key since."""
    _, made = unseen(uploading, uploading.portal)
    uploading.portal.store.users[made["id"]] = made | {"externalId": "theirs"}
    second = uploading.run()
    code, desk = send(uploading, second.receipt)
    assert (code, mails(uploading)) == (ExitCode.FINDINGS, Counter())
    assert "shows no key of ours" in text(desk)


def test_who_is_made_anew_is_welcomed_once(uploading: Uploading) -> None:
    """What was answered before them never shows: the newer account is the person's."""
    uploading.portal.add_user("p9@acme.com")
    first, _ = unseen(uploading, uploading.portal)
    second = uploading.run()
    assert [one.portal for one in second.people] == ["created"]
    assert send(uploading, None, pass_name="Leadership 2026")[0] is ExitCode.OK
    assert send(uploading, first)[0] is ExitCode.OK
    assert mails(uploading) == ONE


def test_who_shows_later_counts_whoever_has_the_address_by_then(uploading: Uploading) -> None:
    """They are renamed, and a colleague got their address: each is welcomed."""
    uploading.portal.add_user("p9@acme.com")
    first, made = unseen(uploading, uploading.portal)
    rename(made, "ana.lind@acme.com")
    uploading.portal.store.users[made["id"]] = made
    uploading.rows = (person(2, first_name="Bo", last_name="Lindqvist"),)
    second = uploading.run()
    assert [one.portal for one in second.people] == ["created"]
    for receipt in (first, second.receipt):
        assert send(uploading, receipt)[0] is ExitCode.OK
    sent = {("ana.lind@acme.com", "portal"): 1, ("p2@acme.com", "portal"): 1}
    assert mails(uploading) == Counter(sent)


@pytest.mark.parametrize("key", ["ours", "", "theirs"])
def test_who_was_never_answered_is_a_matter_of_the_upload_that_finds_them(
    uploading: Uploading, key: str
) -> None:
    """By our key; where none is shown, somebody has to look. The other names nobody any more."""
    first, made = unseen(uploading, uploading.portal)
    with Journal(uploading.journal_path) as journal, journal._writing():
        journal._database.execute("UPDATE steps SET account_id = '' WHERE service = 'portal'")
    uploading.portal.store.users[made["id"]] = made
    keeps_keys = key == "ours"
    if not keeps_keys:
        made["externalId"] = key
    second = uploading.run()
    assert [one.portal for one in second.people] == ["same"]
    assert send(uploading, first)[0] is ExitCode.OK
    code, _ = send(uploading, second.receipt)
    assert code is (ExitCode.OK if keeps_keys else ExitCode.FINDINGS)
    if not keeps_keys:
        desk = ScriptDesk(1, practice=False)
        send(uploading, second.receipt, desk, to=("p2@acme.com",), checked=True)
    for receipt in (first, second.receipt):
        assert send(uploading, receipt)[0] is ExitCode.OK
    assert mails(uploading) == ONE


@pytest.mark.parametrize("made_by", ["hand", "upload"])
def test_who_was_never_answered_and_is_renamed(uploading: Uploading, made_by: str) -> None:
    """Our key tells who they are; whoever has their address by now is somebody else."""
    uploading.portal.add_user("p9@acme.com")
    first, made = unseen(uploading, uploading.portal)
    with Journal(uploading.journal_path) as journal, journal._writing():
        journal._database.execute("UPDATE steps SET account_id = '' WHERE service = 'portal'")
    rename(made, "ana.lind@acme.com")
    uploading.portal.store.users[made["id"]] = made
    if made_by == "hand":
        on_pass = [{"value": "p26", "type": "pass"}]
        uploading.portal.add_user("p2@acme.com", "Bo", "Lindqvist", entitlements=on_pass)
    uploading.rows = (person(2, first_name="Bo", last_name="Lindqvist"),)
    second = uploading.run()
    for receipt in (second.receipt, first):
        assert send(uploading, receipt)[0] is ExitCode.OK
    sent = [("ana.lind@acme.com", "portal"), ("p2@acme.com", "portal")]
    assert mails(uploading) == Counter(sent if made_by == "upload" else sent[:1])


def test_the_half_on_jhana_that_shows_later_is_in_the_one_welcome(uploading: Uploading) -> None:
    """It was made by the first upload, and found by the second."""
    uploading.rows = (person(2, jhana=True),)
    _, made = unseen(uploading, uploading.jhana)
    uploading.jhana.store.users[made["id"]] = made
    second = uploading.run()
    assert send(uploading, second.receipt)[0] is ExitCode.OK
    assert mails(uploading) == Counter({("p2@acme.com", "combined"): 1})


def test_the_next_step_after_an_upload_of_who_was_never_mailed(
    uploading: Uploading, tmp_path: Path
) -> None:
    """Another upload has made them: it isn't complete before they are welcomed."""
    file = tmp_path / "people.csv"
    file.write_text("\n".join([HEADER, ROWS[1]]), encoding="utf-8")
    upload(uploading, file, None, emails=False)
    file.write_text("\n".join([HEADER, ROWS[1], ""]), encoding="utf-8")
    _, desk = upload(uploading, file, None, emails=False)
    receipt = last_upload(uploading)
    assert f"next: aapimport send-emails {receipt}" in said(desk)
    send(uploading, receipt)
    _, desk = upload(uploading, file, None, emails=False)
    assert "next: nothing, it is complete" in said(desk)
