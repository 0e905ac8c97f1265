"""One e-mail about both services, also where two uploads have made somebody's two accounts."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from aapimport.errors import ExitCode
from aapimport.person import Person
from support.mail_server import CUT, MailServer
from support.mailing import mail_for
from support.sending import id_of, mails, rename, send, text
from support.stub import ScimStub
from support.uploading import Uploading, person
from support.wire import error, instead

PASS: dict[str, Any] = {"pass_name": "Leadership 2026"}
BOTH = Counter({("p2@acme.com", "combined"): 1, ("p3@acme.com", "portal"): 1})


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """Uploads without e-mails."""
    return Uploading(
        portal=portal_stub,
        jhana=jhana_stub,
        journal_path=tmp_path / "state" / "journal.sqlite3",
        emails=False,
    )


def upload(uploading: Uploading, *rows: Person) -> str:
    """Upload some people; gives the number."""
    uploading.rows = rows
    return uploading.run().receipt


@pytest.mark.parametrize("named", ["pass", "first", "second"])
def test_a_later_file_that_does_not_speak_of_jhana_takes_no_half_away(
    uploading: Uploading, named: str
) -> None:
    """By whichever upload they are named, and by the pass: one e-mail, and nobody is left."""
    first = upload(uploading, person(2, jhana=True))
    second = upload(uploading, person(2), person(3))
    numbers: Sequence[str | None] = {
        "pass": (None,),
        "first": (first, second),
        "second": (second, first),
    }[named]
    for one in (*numbers, None):
        assert send(uploading, one, **PASS if one is None else {})[0] is ExitCode.OK
    assert mails(uploading) == BOTH


def test_whom_jhana_has_taken_first(uploading: Uploading) -> None:
    """The portal refused them in the first upload: name and address tell who they are."""
    uploading.portal.on("POST", "/Users", instead(error(400, "no")), times=1)
    upload(uploading, person(2, jhana=True))
    second = upload(uploading, person(2), person(3))
    assert send(uploading, second)[0] is ExitCode.OK
    assert mails(uploading) == BOTH


def test_the_earlier_upload_speaks_of_jhana_that_a_later_one_has_made(
    uploading: Uploading,
) -> None:
    """As long as neither half was sent; then the other half is the later upload's."""
    first = upload(uploading, person(2), person(3))
    upload(uploading, person(2, jhana=True))
    assert send(uploading, first)[0] is ExitCode.OK
    assert mails(uploading) == BOTH


def test_who_was_mailed_before_jhana_was_made_stays_so(uploading: Uploading) -> None:
    """An upload whose people were all mailed doesn't owe what a later one has made."""
    first = upload(uploading, person(2), person(3))
    send(uploading, first)
    second = upload(uploading, person(2, jhana=True))
    assert "Left alone 2 mailed already" in text(send(uploading, first)[1])
    assert send(uploading, second)[0] is ExitCode.OK
    assert mails(uploading)["p2@acme.com", "jhana"] == 1


def test_a_half_that_was_left_is_sent_by_the_pass(uploading: Uploading) -> None:
    """Whoever got the portal's half alone gets Jhana's, though the newest file is silent on it."""
    upload(uploading, person(2, jhana=True))
    (jhana,) = uploading.jhana.store.users.values()
    jhana["active"] = False
    upload(uploading, person(2), person(3))
    assert send(uploading, None, **PASS)[0] is ExitCode.FINDINGS  # told that it is the half
    jhana["active"] = True
    assert send(uploading, None, **PASS)[0] is ExitCode.OK
    assert mails(uploading)["p2@acme.com", "jhana"] == 1


def test_an_id_that_was_anothers_brings_no_jhana_with_it(uploading: Uploading) -> None:
    """The account on Jhana is of whoever had the id on the portal before."""
    first = upload(uploading, person(2, jhana=True), person(4))
    send(uploading, first, to=("p4@acme.com",))
    own = id_of(uploading, "p2@acme.com")
    del uploading.portal.store.users[own]
    uploading.portal._next = int(own.removeprefix("user-")) - 1
    second = upload(uploading, person(3, first_name="Bo", last_name="Lind"))
    assert id_of(uploading, "p3@acme.com") == own
    assert send(uploading, second)[0] is ExitCode.OK
    assert mails(uploading)["p3@acme.com", "portal"] == 1
    assert send(uploading, second)[0] is ExitCode.OK


def delete(uploading: Uploading) -> None:
    """Delete p2's account on the portal."""
    del uploading.portal.store.users[id_of(uploading, "p2@acme.com")]


@pytest.mark.parametrize("name", ["Ana", "Anna"])
@pytest.mark.parametrize("how", ["refused", "made anew"])
def test_who_has_another_account_on_the_portal_by_now_is_welcomed_to_both(
    uploading: Uploading, how: str, name: str
) -> None:
    """The portal had refused them, or made them anew; the address tells who they are."""
    if how == "refused":
        no = instead(error(400, "no"))
        uploading.portal.on("POST", "/Users", no, body="p2@acme.com", times=1)
    first = upload(uploading, person(2, jhana=True), person(3))
    if how == "made anew":
        delete(uploading)
    second = upload(uploading, person(2, first_name=name), person(3))
    assert send(uploading, second)[0] is ExitCode.OK
    assert mails(uploading) == BOTH
    for one in (first, second, None):
        send(uploading, one, **PASS if one is None else {})
    assert mails(uploading) == BOTH


def test_who_was_mailed_before_the_account_was_made_anew(uploading: Uploading) -> None:
    """The half about Jhana isn't sent again."""
    send(uploading, upload(uploading, person(2, jhana=True), person(3)))
    delete(uploading)
    assert send(uploading, upload(uploading, person(2)))[0] is ExitCode.OK
    assert mails(uploading) == BOTH + Counter([("p2@acme.com", "portal")])


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("name", ["Ana", "Bo"])
def test_whose_address_was_anothers_is_not_welcomed_to_their_jhana(
    uploading: Uploading, tmp_path: Path, name: str, *, whole: bool
) -> None:
    """Whoever had it has another one on the portal by now, and is there: Jhana's is theirs."""
    upload(uploading, person(2, jhana=True))
    rename(uploading.portal.store.users[id_of(uploading, "p2@acme.com")], "ana.lind@acme.com")
    second = upload(uploading, person(2, first_name=name))
    if not whole:
        send(uploading, second)
        assert mails(uploading) == Counter([("p2@acme.com", "portal")])
        code, desk = send(uploading, second)
        assert (code, "made with another one" in text(desk)) == (ExitCode.FINDINGS, True)
    send(uploading, None, hand_over=tmp_path / "one.xlsx", **PASS)
    (sheet,) = load_workbook(tmp_path / "one.xlsx").worksheets
    found = {row[0]: row[4] for row in sheet.iter_rows(min_row=2, values_only=True)}
    both = {"ana.lind@acme.com": "All Access Pass and Jhana"}
    assert found == (both | {"p2@acme.com": "All Access Pass"} if whole else both)


def test_a_doubt_from_before_the_account_was_made_anew_is_settled_first(
    uploading: Uploading,
) -> None:
    """The e-mail about both may have been sent: by the later upload's number it is said, too."""
    uploading.portal.habits.mails = uploading.jhana.habits.mails = False
    first = upload(uploading, person(2, jhana=True), person(3))
    with MailServer(lambda step, who: CUT if (step, who) == ("dot", "p2@acme.com") else None) as it:
        send(uploading, first, mail=mail_for(it.port))
    delete(uploading)
    second = upload(uploading, person(2))
    with MailServer() as server:
        mail = mail_for(server.port)
        code, desk = send(uploading, second, mail=mail)
        assert (code, "isn't known" in text(desk)) == (ExitCode.FINDINGS, True)
        send(uploading, second, mail=mail, sent=True, to=("p2@acme.com",))
        assert send(uploading, second, mail=mail)[0] is ExitCode.OK
        assert [b"Jhana" in said for _, _, said in server.taken] == [False]
