from dataclasses import replace

import pytest

from aapimport.run.journal import Journal
from aapimport.run.records import Fact, State, StepKind
from support.sending import made_now
from support.uploading import Uploading, person, services

HERE = "https://portal.example/v2 https://jhana.example/v2"
PORTAL, JHANA = HERE.split()
ROWS = (
    person(
        2, email="bo.berg@acme.com", first_name="Bo", last_name="Berg", jhana=True, team="Sales"
    ),
    person(7, email="li.wei@acme.com", first_name="Li", last_name="Wei", team="Sales"),
)


@pytest.fixture
def journal(uploading: Uploading):
    """A journal with two uploads of the same two people."""
    uploading.rows = ROWS
    plan = replace(uploading.plan(), address=HERE)
    with Journal(uploading.journal_path) as opened:
        opened.begin(replace(plan, receipt="FIRST2"))
        opened.begin(replace(plan, receipt="SECND2"))
        yield opened


def record_mail(journal: Journal, receipt: str, row: int, state: State) -> None:
    """Record what became of somebody's e-mail."""
    (task,) = (one for one in journal.tasks(receipt, StepKind.EMAIL) if one.row == row)
    journal.record(receipt, [replace(task, state=state)])


def test_uniqueness_is_remembered_for_each_service(journal: Journal, uploading: Uploading):
    """What one service has proven says nothing about the other, nor about one elsewhere."""
    assert not journal.has_shown(HERE, "portal", Fact.UNIQUE)
    journal.learn(HERE, "portal", Fact.UNIQUE)
    journal.learn(HERE, "portal", Fact.UNIQUE)
    with Journal(uploading.journal_path) as later:
        assert later.has_shown(HERE, "portal", Fact.UNIQUE)
        assert not later.has_shown(HERE, "jhana", Fact.UNIQUE)
        assert not later.has_shown("practice", "portal", Fact.UNIQUE)


def test_what_is_known_of_a_portal_holds_beside_any_jhana(journal: Journal):
    """Each fact is one service's, and not the pair's."""
    journal.learn("https://portal.example https://one.example", "portal", Fact.UNIQUE)
    journal.remember_adding(
        ("https://portal.example https://one.example", "portal", "teams"), False, ""
    )
    for other in ("https://two.example", "https://three.example"):
        assert journal.has_shown(f"https://portal.example {other}", "portal", Fact.UNIQUE)
        assert journal.adding(f"https://portal.example {other}", "portal", "teams") == (False, "")
        assert not journal.has_shown(f"https://portal.example {other}", "jhana", Fact.UNIQUE)


def test_what_a_service_keeps_is_remembered(uploading: Uploading):
    """That it keeps our keys tells later sessions whose an account without one is."""
    with services(uploading.portal, uploading.jhana) as both:
        address = both.address
    uploading.run()
    with Journal(uploading.journal_path) as later:
        assert later.has_shown(address, "portal", Fact.KEEPS_KEYS)
        assert not later.has_shown(address, "jhana", Fact.KEEPS_KEYS)


def test_what_a_service_drops_is_remembered(uploading: Uploading):
    """A create that is lost later is recognised without what is dropped."""
    uploading.portal.habits.dropped = frozenset({"roles", "externalId"})
    with services(uploading.portal, uploading.jhana) as both:
        address = both.address
    uploading.run()
    with Journal(uploading.journal_path) as later:
        assert later.has_shown(address, "portal", Fact.DROPS_KEYS)
        assert later.has_shown(address, "portal", Fact.DROPS_ROLES)
        assert not later.has_shown(address, "portal", Fact.DROPS_PASSES)


@pytest.mark.parametrize("closed", [True, False])
def test_members_that_no_service_shows_are_remembered(journal: Journal, *, closed: bool):
    """By Group and pair of services, whatever becomes of the upload; not those who are shown."""
    believed = {7: "accepted; this portal never shows who is in a team"}
    for task in journal.tasks("FIRST2", StepKind.TEAM):
        joined = replace(task, state=State.DONE, account_id=f"u{task.row}")
        journal.record("FIRST2", [replace(joined, reason=believed.get(task.row, ""))])
    for task in journal.tasks("SECND2", StepKind.TEAM):
        refused = replace(task, state=State.REJECTED, account_id="u9", reason="closed")
        journal.record("SECND2", [refused])
    if closed:
        journal.close("FIRST2")
    assert journal.groups(HERE) == {"team-1": {"u7"}}


def test_what_add_does_is_remembered_for_each_kind(journal: Journal, uploading: Uploading):
    """And what is kept because of one; in the next process, too."""
    assert journal.adding(HERE, "portal", "people") == (None, "")
    journal.remember_adding((HERE, "portal", "people"), None, "{}")
    journal.remember_adding((HERE, "portal", "teams"), False, "")
    journal.remember_adding((HERE, "portal", "people"), True, "kept")
    with Journal(uploading.journal_path) as later:
        assert later.adding(HERE, "portal", "people") == (True, "kept")
        assert later.adding(HERE, "portal", "teams") == (False, "")
        assert later.adding(HERE, "jhana", "people") == (None, "")

    assert journal.groups("practice") == {}


def test_what_was_not_kept_is_remembered_by_account(journal: Journal):
    """The newest word about an account counts, on its service, at these services only."""
    for receipt, but in (("FIRST2", "role not kept"), ("SECND2", "name not kept")):
        for task in journal.tasks(receipt, StepKind.ACCOUNT):
            said = but if (task.row, receipt) != (7, "SECND2") else ""
            done = replace(task, state=State.DONE, account_id=f"u{task.row}", but=said)
            journal.record(receipt, [done])
    assert journal.not_kept(HERE) == {
        ("portal", "u2"): "name not kept",
        ("jhana", "u2"): "name not kept",
        ("portal", "u7"): "role not kept",
    }
    assert journal.not_kept("practice") == {}


def test_something_is_told_once(journal: Journal, uploading: Uploading):
    """For each upload, also after its process has died."""
    assert journal.told_once("FIRST2", "roles")
    with Journal(uploading.journal_path) as later:
        assert not later.told_once("FIRST2", "roles")
        assert later.told_once("FIRST2", "names")
        assert later.told_once("SECND2", "roles")


def test_an_email_is_claimed_by_one_upload_for_good(journal: Journal):
    """Whoever claimed it may go on; nobody else may, in doubt or done."""
    claims = [(PORTAL, "u2", "portal"), (JHANA, "j2", "jhana")]
    assert journal.claim_mails("FIRST2", {2: claims}).get(2, "") == ""
    for state in (State.INTENT, State.DOUBT, State.WRITTEN, State.DONE):
        record_mail(journal, "FIRST2", 2, state)
        assert journal.claim_mails("FIRST2", {2: claims}).get(2, "") == ""
        assert journal.claim_mails("SECND2", {2: claims}).get(2, "") == "upload FIRST2"
        assert journal.claim_mails("SECND2", {2: claims[1:]}).get(2, "") == "upload FIRST2"
        assert journal.claim_mails("FIRST2", {7: claims[:1]}).get(7, "") == "upload FIRST2"


def test_an_email_is_claimed_for_one_person(journal: Journal):
    """Whoever is renamed is the same one; an account that is newer than the e-mail is another."""
    claims = {2: [(PORTAL, "u2", "portal")]}
    assert not journal.claim_mails("FIRST2", claims, {2: "Bo@acme.com"})
    assert journal.claim_mails("SECND2", claims, {2: "bo@ACME.com"}) == {2: "upload FIRST2"}
    assert journal.claim_mails("SECND2", claims) == {2: "upload FIRST2"}
    assert journal.claim_mails("SECND2", claims, {2: "ada@acme.com"}) == {2: "upload FIRST2"}
    made_now(journal, "SECND2", "u2")
    assert not journal.claim_mails("SECND2", claims, {2: "ada@acme.com"})
    people = journal._database.execute("SELECT person FROM mails").fetchall()
    assert not any("@" in person for (person,) in people)


def test_an_account_that_is_made_anew_is_welcomed_anew(journal: Journal):
    """Somebody left, was deleted, and is back under the same id and address: once, again."""
    claims, who = {2: [(PORTAL, "u2", "portal")]}, {2: "bo@acme.com"}
    journal.claim_mails("FIRST2", claims, who)
    journal.settle_mails("FIRST2", 2, State.DONE)
    assert journal.claim_mails("SECND2", claims, who) == {2: "upload FIRST2"}
    made_now(journal, "SECND2", "u2")
    for _ in range(2):
        assert not journal.claim_mails("SECND2", claims, who)
    assert journal.claim_mails("FIRST2", {7: claims[2]}, {7: "bo@acme.com"}) == {7: "upload SECND2"}
    rows = journal._database.execute("SELECT receipt, again FROM mails ORDER BY again").fetchall()
    assert rows == [("FIRST2", 0), ("SECND2", 1)]


def test_a_sending_may_have_gone_on_beside_a_later_upload(journal: Journal):
    """Its e-mail may be to the account that was made since: to the same person, nobody sends it.

    Whatever the clock says, as it may have been wrong; to somebody else it certainly wasn't.
    """
    claims = {2: [(PORTAL, "u2", "portal")]}
    with journal._writing():
        journal._database.execute("UPDATE runs SET kind = 'send' WHERE receipt = 'FIRST2'")
    journal.claim_mails("FIRST2", claims, {2: "bo@acme.com"})
    journal.settle_mails("FIRST2", 2, State.DONE)
    made_now(journal, "SECND2", "u2")
    for wrong in (-3600.0, 3600.0):
        with journal._writing():
            journal._database.execute("UPDATE mails SET at = at + ?", (wrong,))
        claimed = journal.claim_mails("SECND2", claims, {2: "bo@acme.com"})
        assert claimed == {2: "sending FIRST2"}
    assert not journal.claim_mails("SECND2", claims, {2: "ana@acme.com"})


def test_half_of_a_combined_email_is_not_claimed(journal: Journal):
    """Where one half is another's, the whole claim fails and leaves nothing behind."""
    assert journal.claim_mails("FIRST2", {2: [(JHANA, "x", "jhana")]}).get(2, "") == ""
    both = [(PORTAL, "x", "portal"), (JHANA, "x", "jhana")]
    assert journal.claim_mails("SECND2", {2: both}).get(2, "") == "upload FIRST2"
    assert journal.claim_mails("SECND2", {7: both[:1]}).get(7, "") == ""


@pytest.mark.parametrize("state", [State.PLANNED, State.REJECTED, State.SKIPPED])
def test_an_email_that_went_to_nobody_is_free_again(journal: Journal, state: State):
    """Refused, left out or not sent: another upload may mail, with its own request id."""
    claims = [(PORTAL, "u7", "portal")]
    journal.claim_mails("FIRST2", {7: claims})
    record_mail(journal, "FIRST2", 7, State.INTENT)
    record_mail(journal, "FIRST2", 7, state)
    assert journal.claim_mails("SECND2", {7: claims}).get(7, "") == ""
    assert journal.claim_mails("FIRST2", {7: claims}).get(7, "") == "upload SECND2"
    (mail,) = (one for one in journal.tasks("SECND2", StepKind.EMAIL) if one.row == 7)
    found = journal._database.execute("SELECT request_id, receipt, state FROM mails").fetchall()
    assert found == [(mail.key, "SECND2", "intent")]


def test_what_became_of_an_email_can_be_told_without_a_step(journal: Journal):
    """Every claim of a row has its state."""
    claims = [(PORTAL, "u2", "portal"), (JHANA, "j2", "jhana")]
    journal.claim_mails("FIRST2", {2: claims})
    journal.claim_mails("FIRST2", {7: [(PORTAL, "u7", "portal")]})
    journal.settle_mails("FIRST2", 2, State.DONE)
    found = journal._database.execute("SELECT row, state FROM mails ORDER BY row, kind").fetchall()
    assert found == [(2, "done"), (2, "done"), (7, "intent")]


def test_closing_frees_what_was_claimed_and_never_sent(journal: Journal):
    """A process died between the claim and the intent: others may mail; what left stays."""
    claims = {2: [(PORTAL, "u2", "portal")], 7: [(PORTAL, "u7", "portal")]}
    for row, claim in claims.items():
        journal.claim_mails("FIRST2", {row: claim})
    record_mail(journal, "FIRST2", 7, State.DOUBT)
    journal.close("FIRST2")
    assert journal.claim_mails("SECND2", {2: claims[2]}).get(2, "") == ""
    assert journal.claim_mails("SECND2", {7: claims[7]}).get(7, "") == "upload FIRST2"
