"""Welcome e-mails after the upload, against two scripted services."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aapimport.app.choices import RunChoices
from aapimport.app.history import list_history
from aapimport.app.resume import Resumption
from aapimport.app.stored_receipt import ReceiptChoices, StoredReceipt
from aapimport.errors import (
    DeclinedError,
    ExitCode,
    RefusedError,
    SettingsError,
    UsageError,
)
from aapimport.run.beside import Beside
from aapimport.run.journal import Journal
from aapimport.run.records import State, StepKind
from support.habits import EXTENSION
from support.script_desk import ScriptDesk
from support.sending import (
    ONCE,
    embargo_ends,
    id_of,
    last_send,
    leave,
    mails,
    resume,
    send,
    settings,
    text,
    three_people,
    tomorrow,
)
from support.stub import ScimStub
from support.uploading import Uploading, people, person
from support.wire import RESET, Act, Response, after_acting, error, instead

MAILS = "the e-mails that are sent, on"


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """Three people, of whom the first is enabled on Jhana; uploaded without e-mails."""
    return three_people(portal_stub, jhana_stub, tmp_path)


def test_everybody_is_mailed_once_whatever_is_given_again(uploading: Uploading) -> None:
    """Without e-mails, then twice this command, then an upload with e-mails: one each."""
    receipt = uploading.run().receipt
    assert not mails(uploading)
    assert send(uploading, receipt)[0] is ExitCode.OK
    assert mails(uploading) == ONCE
    code, desk = send(uploading, receipt)
    assert (code, mails(uploading)) == (ExitCode.OK, ONCE)
    assert "nothing was sent" in desk.said
    uploading.emails = True
    uploading.run()
    assert mails(uploading) == ONCE


def test_the_number_of_emails_is_typed(uploading: Uploading) -> None:
    """Enter stops, and nothing was begun; who is mailed about what was shown before."""
    receipt = uploading.run().receipt
    desk = ScriptDesk(0, practice=False)
    with pytest.raises(DeclinedError):
        send(uploading, receipt, desk)
    assert not mails(uploading)
    ((question, flags),) = desk.asked
    assert question.startswith(f"3 {MAILS} {uploading.portal.url} and Jhana")
    assert flags == "--yes"
    assert "3 welcome e-mails: 1 about the portal and Jhana, 2 about the portal" in text(desk)
    assert "row 3: p3@acme.com" in text(desk)
    with Journal(uploading.journal_path) as journal:
        assert journal.open_runs() == []
    assert send(uploading, receipt, ScriptDesk(3, practice=False))[0] is ExitCode.OK
    assert mails(uploading) == ONCE


def test_a_dry_run_sends_nothing(uploading: Uploading) -> None:
    """As JSON it lists everybody, and says who told that they were never mailed."""
    receipt = uploading.run().receipt
    desk = ScriptDesk(practice=False)
    desk.as_json = True
    assert send(uploading, receipt, desk, dry_run=True)[0] is ExitCode.OK
    report = json.loads(dict(desk.shown)["result"])
    assert report["to_mail"] == {"combined": 1, "portal": 2, "jhana": 0}
    assert (report["of"], report["told_by"], report["receipt"]) == (receipt, "portal", None)
    assert [one["email"] for one in report["people"]] == [one.email for one in uploading.rows]
    assert not mails(uploading)


def test_people_who_were_there_before_are_not_welcomed(uploading: Uploading) -> None:
    """Being put on a pass sends no e-mail; the plan counts them."""
    uploading.portal.add_user("p3@acme.com", "Ana", "Perez")
    receipt = uploading.run().receipt
    code, desk = send(uploading, receipt)
    assert code is ExitCode.OK
    assert ("p3@acme.com", "portal") not in mails(uploading)
    assert mails(uploading).total() == 2
    assert "1 there before the upload, and not welcomed" in text(desk)


@pytest.mark.parametrize("erased", [False, True])
def test_whose_account_a_colleague_made_meanwhile_gets_the_other_half(
    uploading: Uploading, *, erased: bool
) -> None:
    """The upload takes the account over, and makes the one on Jhana: the former has no key of ours.

    The portal has shown with the others' accounts that it keeps our keys.
    """

    def by_hand(act: Act) -> Response:
        uploading.portal.add_user("p2@acme.com", "Ana", "Perez", roles=[{"value": "manager"}])
        return act()

    uploading.portal.on("POST", "/Users", by_hand, body="p2@acme.com", times=1)
    receipt = uploading.run().receipt
    if erased:
        with Journal(uploading.journal_path) as journal:
            journal.purge(10.0**11)
    code, desk = send(uploading, receipt)
    assert code is ExitCode.OK, text(desk)
    assert ("p2@acme.com", "jhana") in mails(uploading)
    assert mails(uploading).total() == 3


@pytest.mark.parametrize("how", ["deactivated", "gone", "handed on", "off the pass"])
def test_who_has_left_since_is_refused_by_name(uploading: Uploading, how: str) -> None:
    """The others are mailed; the receipt says who isn't and why, and the exit code 1."""
    receipt = uploading.run().receipt
    who = id_of(uploading, "p3@acme.com")
    leave(uploading, who, how)
    code, desk = send(uploading, receipt)
    assert code is ExitCode.FINDINGS
    assert set(mails(uploading)) == {("p2@acme.com", "combined"), ("p4@acme.com", "portal")}
    words = {
        "deactivated": "the account on the portal is deactivated",
        "gone": "the account isn't there any more",
        "handed on": "the account is another person's by now",
        "off the pass": "not on the pass Leadership 2026 any more",
    }[how]
    assert text(desk).count(words) == 2  # on the plan and on the receipt
    assert "1 waiting for somebody's word" in text(desk)


def test_who_leaves_between_the_question_and_the_email_is_not_mailed(uploading: Uploading) -> None:
    """Everybody is looked at again just before."""
    receipt = uploading.run().receipt

    class Leaving(ScriptDesk):
        def type_number(
            self, what: str, number: int, flags: str, *, yes_answers: bool = True
        ) -> bool:
            assert (number, flags, yes_answers) == (3, "--yes", True), what
            uploading.portal.store.users[id_of(uploading, "p4@acme.com")]["active"] = False
            return True

    code, _ = send(uploading, receipt, Leaving(practice=False))
    assert code is ExitCode.FINDINGS
    assert set(mails(uploading)) == set(ONCE) - {("p4@acme.com", "portal")}


def test_a_renamed_person_is_mailed_at_the_new_address(uploading: Uploading) -> None:
    """The address is the service's own at that moment, whatever the file said."""
    receipt = uploading.run().receipt
    who = id_of(uploading, "p3@acme.com")
    user = uploading.portal.store.users[who]
    user["userName"], user["emails"] = "ana.new@acme.com", [{"value": "ana.new@acme.com"}]
    assert send(uploading, receipt)[0] is ExitCode.OK
    assert ("ana.new@acme.com", "portal") in mails(uploading)
    assert mails(uploading).total() == 3


def test_whom_the_portal_has_mailed_itself_is_left_alone(uploading: Uploading) -> None:
    """Somebody ticked their name on the portal: its envelope is black."""
    receipt = uploading.run().receipt
    uploading.portal.store.users[id_of(uploading, "p3@acme.com")][f"{EXTENSION}:User"] = {
        "welcomeEmail": {"requestId": "x", "kind": "portal", "sentAt": "2026-11-22T18:00:00Z"}
    }
    code, desk = send(uploading, receipt)
    assert code is ExitCode.OK
    assert "1 mailed already" in text(desk)
    assert mails(uploading) == ONCE - Counter([("p3@acme.com", "portal")])


def test_a_portal_that_tells_nothing_leaves_it_to_the_ledger(uploading: Uploading) -> None:
    """It says so; without a way to ask for e-mails nobody is mailed, and all are named."""
    receipt = uploading.run().receipt
    uploading.portal.habits.mails = False
    code, desk = send(uploading, receipt)
    assert code is ExitCode.FINDINGS
    assert not mails(uploading)
    assert "as the ledger here knows; the portal doesn't tell" in text(desk)
    assert "All Access Pass takes no word about welcome e-mails" in text(desk)


def test_what_was_interrupted_goes_on_with_the_same_command(uploading: Uploading) -> None:
    """The token runs out in between; another question isn't asked, and nobody is mailed twice."""
    receipt = uploading.run().receipt
    refused = instead(error(401))
    uploading.portal.on("PATCH", "/Users/.*", refused, body="welcomeEmail", times=99, skip=1)
    with pytest.raises(SettingsError):
        send(uploading, receipt)
    assert mails(uploading).total() < 3
    uploading.portal._rules.clear()
    with pytest.raises(RefusedError, match="is still open"):
        send(uploading, receipt, to=("p3@acme.com",))
    code, desk = send(uploading, receipt, ScriptDesk(practice=False))
    assert (code, mails(uploading), desk.asked) == (ExitCode.OK, ONCE, [])


def test_a_lost_answer_is_asked_again_with_its_own_id(uploading: Uploading) -> None:
    """The portal answers a request id once: everybody one e-mail."""
    receipt = uploading.run().receipt
    lost = after_acting(RESET)
    uploading.portal.on("PATCH", "/Users/.*", lost, body="welcomeEmail", times=3)
    for _ in range(3):
        send(uploading, receipt)
    assert mails(uploading) == ONCE


def test_an_upload_begins_while_emails_are_open(uploading: Uploading) -> None:
    """The ledger knows who was mailed, so neither waits for the other; both are listed."""
    receipt = uploading.run().receipt
    later = datetime.now() + timedelta(days=30)  # noqa: DTZ005 -- as it is typed
    assert send(uploading, receipt, not_before=later)[0] is ExitCode.SERVICE
    uploading.rows = people(4)
    with Journal(uploading.journal_path) as journal:
        assert journal.open_runs_beside(journal.open_runs()[0].address) == []
        assert len(journal.open_runs()) == 1


def test_nothing_is_sent_before_the_embargo_ends(uploading: Uploading) -> None:
    """It is kept with the run: a resume before it sends nothing, one after it everything."""
    receipt = uploading.run().receipt
    later = datetime.now() + timedelta(days=2)  # noqa: DTZ005 -- as it is typed
    code, desk = send(uploading, receipt, not_before=later)
    assert code is ExitCode.SERVICE
    assert any(one.startswith("no e-mail is sent before") for one in desk.said)
    sending = last_send(uploading)
    command = f"{later.astimezone():%d %b %Y %H:%M %Z}; then: aapimport resume {sending}"
    assert f"no e-mail is sent before {command}" in desk.said
    for code, desk in (resume(uploading, sending), send(uploading, receipt)):
        assert code is ExitCode.SERVICE
        assert f"no e-mail is sent before {command}" in desk.said
    assert not mails(uploading)
    shown = ScriptDesk(practice=False)
    StoredReceipt(
        settings=settings(uploading), desk=shown, number=sending, choices=ReceiptChoices()
    ).show()
    list_history(settings(uploading), shown, everywhere=False)
    assert f"no e-mail is sent before {command}" in shown.said
    assert f"{sending}: no e-mail is sent before {command}" in shown.said
    assert f"not before {later.astimezone(UTC):%d %b %Y}" in text(shown)
    with Journal(uploading.journal_path) as journal, journal._writing():
        journal._database.execute("UPDATE runs SET not_before = 1.0 WHERE kind = 'send'")
    assert resume(uploading, sending)[0] is ExitCode.OK
    assert mails(uploading) == ONCE


def test_one_person_is_mailed_first(uploading: Uploading) -> None:
    """After the word the others are; without it they wait, and a resume asks again."""
    receipt = uploading.run().receipt
    with pytest.raises(DeclinedError):
        send(uploading, receipt, ScriptDesk(3, False, practice=False), canary="p3@acme.com")
    assert set(mails(uploading)) == {("p3@acme.com", "portal")}
    code, _ = resume(uploading, last_send(uploading))
    assert (code, mails(uploading)) == (ExitCode.OK, ONCE)


def test_somebody_mailed_is_mailed_again_by_a_typed_number_only(uploading: Uploading) -> None:
    """`--yes` is not enough; the ledger has a row of its own; resumed, it is one e-mail more."""
    receipt = uploading.run().receipt
    send(uploading, receipt)
    again: dict[str, Any] = {"again": True, "to": ("p3@acme.com",)}
    with pytest.raises(DeclinedError):
        send(uploading, receipt, ScriptDesk(0, yes=True, practice=False), **again)
    assert mails(uploading) == ONCE
    assert send(uploading, receipt, ScriptDesk(1, practice=False), **again)[0] is ExitCode.OK
    assert resume(uploading, last_send(uploading))[0] is ExitCode.OK
    assert mails(uploading) == ONCE + Counter({("p3@acme.com", "portal"): 1})
    with Journal(uploading.journal_path) as journal:
        found = journal._database.execute(
            "SELECT again, state FROM mails WHERE account_id = ? ORDER BY again",
            (id_of(uploading, "p3@acme.com"),),
        ).fetchall()
    assert found == [(0, "done"), (1, "done")]


def test_whoever_was_refused_can_be_chosen(uploading: Uploading) -> None:
    """`--only rejected` mails those, and `--only never-mailed` the others."""
    receipt = uploading.run().receipt
    refused = instead(error(422, "no"))
    path = f"/Users/{id_of(uploading, 'p3@acme.com')}"
    uploading.portal.on("PATCH", path, refused, body="welcomeEmail")
    assert send(uploading, receipt, to=("p3@acme.com",))[0] is ExitCode.FINDINGS
    uploading.portal._rules.clear()
    send(uploading, receipt, only="never-mailed")
    assert mails(uploading) == ONCE - Counter([("p3@acme.com", "portal")])
    send(uploading, receipt, only="rejected")
    assert mails(uploading) == ONCE


def test_whoever_was_refused_is_still_named_by_plans(uploading: Uploading) -> None:
    """By the upload that has created them: a sending that failed changes nothing about that."""
    receipt = uploading.run().receipt
    refused = instead(error(422, "no"))
    uploading.portal.on("PATCH", "/Users/.*", refused, body="welcomeEmail", times=99)
    send(uploading, receipt)
    with Journal(uploading.journal_path) as journal:
        address = journal.run(receipt).address
        assert set(journal.unmailed(address).values()) == {receipt}
    uploading.portal._rules.clear()
    send(uploading, receipt)
    assert mails(uploading) == ONCE
    with Journal(uploading.journal_path) as journal:
        assert journal.unmailed(address) == {}


@pytest.mark.parametrize("service", ["portal", "jhana"])
def test_a_service_that_cannot_be_asked_leaves_people_for_later(
    uploading: Uploading, service: str
) -> None:
    """Nobody gets half a welcome because of that, and they are named."""
    receipt = uploading.run().receipt
    stub = uploading.portal if service == "portal" else uploading.jhana
    who = id_of(uploading, "p2@acme.com") if service == "portal" else ".*"
    stub.on("GET", f"/Users/{who}", instead(error(500)), times=999)
    code, desk = send(uploading, receipt)
    assert code is ExitCode.FINDINGS
    assert mails(uploading) == ONCE - Counter([("p2@acme.com", "combined")])
    assert "p2@acme.com" in text(desk) or "row 2" in text(desk)
    stub._rules.clear()
    send(uploading, receipt)
    assert mails(uploading) == ONCE


def test_only_emails_of_a_kind_are_sent(uploading: Uploading) -> None:
    """The others stay owed."""
    receipt = uploading.run().receipt
    send(uploading, receipt, kinds=("combined",))
    assert mails(uploading) == Counter([("p2@acme.com", "combined")])
    send(uploading, receipt)
    assert mails(uploading) == ONCE


def test_people_of_a_closed_upload_are_mailed_by_the_corrected_one(uploading: Uploading) -> None:
    """They were created by the first, and are the same in the second."""
    refused = instead(error(401))
    uploading.portal.on("POST", "/Users", refused, body="p4@", times=99)
    with pytest.raises(SettingsError):
        uploading.run()
    with Journal(uploading.journal_path) as journal:
        journal.close(journal.open_runs()[0].receipt)
    uploading.portal._rules.clear()
    receipt = uploading.run().receipt
    assert send(uploading, receipt)[0] is ExitCode.OK
    assert mails(uploading) == ONCE


def test_people_of_a_closed_upload_are_mailed_by_its_own_number(uploading: Uploading) -> None:
    """Also those who were never read back; whoever may not be there is named."""
    refused = instead(error(401))
    uploading.portal.on("POST", "/Users", refused, body="p4@", times=99)
    with pytest.raises(SettingsError):
        uploading.run()
    with Journal(uploading.journal_path) as journal:
        receipt = journal.open_runs()[0].receipt
        steps = {one.row: one for one in journal.tasks(receipt, StepKind.ACCOUNT, service="portal")}
        journal.record(receipt, [replace(steps[3], state=State.WRITTEN, attempts=1)])
        lost = replace(steps[4], state=State.DOUBT, attempts=1, account_id="")
        journal.record(receipt, [lost])
        journal.close(receipt)
    uploading.portal._rules.clear()
    code, desk = send(uploading, receipt)
    assert code is ExitCode.FINDINGS
    assert ("p3@acme.com", "portal") in mails(uploading)
    assert ("p4@acme.com", "portal") not in mails(uploading)
    assert "whether the account was created isn't known" in text(desk)


def test_who_was_mailed_and_has_left_is_nobodys_matter(uploading: Uploading) -> None:
    """Nothing is owed to them, so nothing is refused."""
    receipt = uploading.run().receipt
    user = uploading.portal.store.users[id_of(uploading, "p3@acme.com")]
    user["active"] = False
    user[f"{EXTENSION}:User"] = {
        "welcomeEmail": {"requestId": "x", "kind": "portal", "sentAt": "2026-11-22T18:00:00Z"}
    }
    assert send(uploading, receipt)[0] is ExitCode.OK


def test_an_email_more_that_was_refused_changes_nothing(uploading: Uploading) -> None:
    """Whoever was mailed before stays mailed."""
    receipt = uploading.run().receipt
    send(uploading, receipt)
    refused = instead(error(422, "no"))
    uploading.portal.on("PATCH", "/Users/.*", refused, body="welcomeEmail", times=99)
    desk = ScriptDesk(1, practice=False)
    send(uploading, receipt, desk, again=True, to=("p3@acme.com",))
    uploading.portal._rules.clear()
    code, desk = send(uploading, receipt)
    assert (code, mails(uploading)) == (ExitCode.OK, ONCE)
    assert "3 mailed already" in text(desk)


def test_a_pass_has_everybody_of_all_its_uploads(uploading: Uploading) -> None:
    """Each once, also when two uploads had them."""
    uploading.run()
    uploading.rows = (*uploading.rows, person(5))
    uploading.run()
    code, _ = send(uploading, None, pass_name="Leadership 2026")
    assert code is ExitCode.OK
    assert mails(uploading) == ONCE + Counter([("p5@acme.com", "portal")])


def test_what_is_not_known_to_have_been_sent_is_named(uploading: Uploading) -> None:
    """Nobody mails it by itself."""
    receipt = uploading.run().receipt
    send(uploading, receipt, to=("p3@acme.com",))
    with Journal(uploading.journal_path) as journal, journal._writing():
        journal._database.execute("UPDATE mails SET state = 'doubt'")
    del uploading.portal.store.users[id_of(uploading, "p3@acme.com")][f"{EXTENSION}:User"]
    code, desk = send(uploading, receipt)
    assert code is ExitCode.FINDINGS
    assert mails(uploading) == ONCE
    assert "has mailed them isn't known" in text(desk)


def test_an_open_upload_is_finished_first(uploading: Uploading) -> None:
    """It may still mail people itself."""
    uploading.portal.on("POST", "/Users", instead(error(401)), times=99)
    with pytest.raises(SettingsError):
        uploading.run()
    with Journal(uploading.journal_path) as journal:
        receipt = journal.open_runs()[0].receipt
    with pytest.raises(RefusedError, match="is not finished"):
        send(uploading, receipt)


def test_a_receipt_or_a_pass_is_named(uploading: Uploading) -> None:
    """Not both, and not neither; and nobody who isn't there can be chosen."""
    receipt = uploading.run().receipt
    for whose in ({"receipt": None}, {"receipt": receipt, "pass_name": "Leadership 2026"}):
        with pytest.raises(UsageError):
            send(uploading, **whose)
    with pytest.raises(RefusedError, match="nobody of these people"):
        send(uploading, receipt, to=("nobody@acme.com",))
    with pytest.raises(RefusedError, match="nobody of these people"):
        send(uploading, receipt, canary="nobody@acme.com")


def test_a_closed_sending_owes_what_it_has_not_sent(uploading: Uploading) -> None:
    """It says so, and the next one sends it."""
    receipt = uploading.run().receipt
    refused = instead(error(401))
    for who in ("p3@acme.com", "p4@acme.com"):
        path = f"/Users/{id_of(uploading, who)}"
        uploading.portal.on("PATCH", path, refused, body="welcomeEmail", times=99)
    with pytest.raises(SettingsError):
        send(uploading, receipt)
    uploading.portal._rules.clear()
    sending = last_send(uploading)
    desk = ScriptDesk(yes=True, practice=False)
    closing_it = Resumption(
        receipt=sending,
        settings=settings(uploading),
        desk=desk,
        choices=RunChoices(),
        close=True,
    )
    assert closing_it.carry_out() is ExitCode.FINDINGS
    assert "created and not mailed: 2 people (rows 3 to 4)" in text(desk)
    assert send(uploading, receipt)[0] is ExitCode.OK
    assert mails(uploading) == ONCE


def test_the_database_refuses_a_second_welcome(uploading: Uploading) -> None:
    """Whatever asks for it: the first one's row is in the way."""
    receipt = uploading.run().receipt
    send(uploading, receipt)
    first = last_send(uploading)
    with Journal(uploading.journal_path) as journal:
        (other,) = journal._runs("kind = 'upload'", ())
        claim = (uploading.portal.url, id_of(uploading, "p3@acme.com"), "portal")
        assert journal.claim_mails(other.receipt, {3: [claim]}) == {3: f"sending {first}"}
        steps = [*journal.tasks(first, StepKind.EMAIL)]
        assert {one.state for one in steps} == {State.DONE}


@contextmanager
def beside(uploading: Uploading, profile: str) -> Iterator[tuple[Journal, str]]:
    """The journal of another profile with the same people, and its upload's number."""
    path = uploading.journal_path.parent / "profiles" / profile / "journal.sqlite3"
    with Journal(path) as journal:
        yield journal, journal.begin(uploading.plan()).receipt


def test_jhana_half_that_another_profile_has_mailed(uploading: Uploading) -> None:
    """As within one journal: the e-mail speaks of the portal alone where Jhana's half is mailed."""
    receipt = uploading.run().receipt
    (jhana_id,) = uploading.jhana.store.users
    with beside(uploading, "acme") as (other, number):
        claims = {2: [(uploading.jhana.url, jhana_id, "jhana")]}
        assert not other.claim_mails(number, claims)
        other.settle_mails(number, 2, State.DONE)
    assert send(uploading, receipt)[0] is ExitCode.OK
    assert mails(uploading) == Counter({(f"p{row}@acme.com", "portal"): 1 for row in (2, 3, 4)})


def test_what_another_profile_has_in_doubt_is_told(uploading: Uploading) -> None:
    """It may have been sent: not mailed, and the words name the upload and its profile."""
    receipt = uploading.run().receipt
    with beside(uploading, "acme") as (other, number):
        other.claim_mails(
            number, {3: [(uploading.portal.url, id_of(uploading, "p3@acme.com"), "portal")]}
        )
    code, desk = send(uploading, receipt)
    assert code is ExitCode.FINDINGS
    assert f"whether upload {number} of profile acme has mailed them isn't known" in text(desk)
    assert ("p3@acme.com", "portal") not in mails(uploading)


@pytest.mark.parametrize("who", ["p3@acme.com", "former@acme.com"])
def test_an_id_that_another_profile_has_mailed_is_mailed_by_a_typed_number_only(
    uploading: Uploading, who: str
) -> None:
    """Before the account was made, says the clock, which may have been wrong: named, not mailed."""
    receipt = uploading.run().receipt
    with beside(uploading, "acme") as (other, number):
        claims = {3: [(uploading.portal.url, id_of(uploading, "p3@acme.com"), "portal")]}
        other.claim_mails(number, claims, {3: who})
        other.settle_mails(number, 3, State.DONE)
        with other._writing():
            other._database.execute("UPDATE mails SET at = at - 3600")
    for _ in range(2):
        code, desk = send(uploading, receipt)
        assert code is ExitCode.FINDINGS
        assert f"upload {number} of profile acme has mailed an account with this id" in text(desk)
        assert f"aapimport send-emails {receipt} --again --to ADDRESS" in text(desk)
        assert ("p3@acme.com", "portal") not in mails(uploading)
    asked = ScriptDesk(1, practice=False)
    assert send(uploading, receipt, asked, again=True, to=("p3@acme.com",))[0] is ExitCode.OK
    assert mails(uploading) == ONCE
    assert send(uploading, receipt)[0] is ExitCode.OK
    assert mails(uploading) == ONCE


def test_a_plan_owes_nothing_to_whom_another_profile_has_mailed(uploading: Uploading) -> None:
    """Its remark is about people whom nobody has mailed; an unreadable journal hides nobody."""
    receipt = uploading.run().receipt
    path = uploading.journal_path
    address = settings(uploading).address
    with beside(uploading, "acme") as (other, number):
        other.claim_mails(
            number, {3: [(uploading.portal.url, id_of(uploading, "p3@acme.com"), "portal")]}
        )
        there = path.parent / "profiles" / "acme" / path.name
    with Journal(path, beside=Beside(path.parent, path)) as journal:
        assert len(journal.unmailed(address)) == 2
        there.write_bytes(b"damaged" * 999)
        assert set(journal.unmailed(address).values()) == {receipt}
        assert len(journal.unmailed(address)) == 3


def test_whom_the_portal_mails_while_a_sending_waits_is_left_alone(uploading: Uploading) -> None:
    """Somebody has used its own SEND EMAIL: it is asked just before each e-mail."""
    receipt = uploading.run().receipt
    send(uploading, receipt, not_before=tomorrow())
    uploading.portal.store.users[id_of(uploading, "p3@acme.com")][f"{EXTENSION}:User"] = {
        "welcomeEmail": {"requestId": "x", "kind": "portal", "sentAt": "2026-11-01T08:00:00Z"}
    }
    embargo_ends(uploading)
    code, desk = resume(uploading, last_send(uploading))
    assert code is ExitCode.FINDINGS
    assert "the service has mailed them itself" in text(desk)
    assert mails(uploading) == ONCE - Counter([("p3@acme.com", "portal")])
