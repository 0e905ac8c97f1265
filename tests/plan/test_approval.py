import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aapimport.config.settings import Settings
from aapimport.errors import ExitCode, FileProblemError, RefusedError
from aapimport.plan.approval import (
    MAX_AGE,
    approved_again,
    is_fingerprint,
    read_plan,
    write_plan,
)
from aapimport.plan.plan import Plan, PlanOptions
from aapimport.plan.report import plan_report
from support.stub import ScimStub
from support.uploading import Uploading, checked, person, services

ON_PASS: dict[str, Any] = {"entitlements": [{"value": "p26", "type": "pass"}]}
ANA = person(2, team="Sales", jhana=True)
BO = person(3, first_name="Bo", last_name="Quist")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the plan is written."""
    return tmp_path / "plan.json"


@pytest.fixture
def planned(uploading: Uploading, file: Path) -> Uploading:
    """Two people, a written plan for them, and everything as it was then."""
    uploading.rows = (ANA, BO)
    uploading.options = PlanOptions(pass_name="p26")
    write_plan(plan_report(uploading.plan()), file, force=False)
    return uploading


def again(uploading: Uploading, file: Path, digest: str = "d" * 64, **settings: Any) -> Plan:
    """The written plan, if it still is what would happen."""
    chosen = Settings(state_dir=file.parent, **settings)
    with services(uploading.portal, uploading.jhana) as both:
        return approved_again(read_plan(file), checked(uploading.rows, digest), both, chosen)


def refusal(uploading: Uploading, file: Path, **more: Any) -> str:
    """Why the written plan is refused."""
    with pytest.raises(RefusedError) as caught:
        again(uploading, file, **more)
    assert caught.value.exit_code is ExitCode.FINDINGS
    assert uploading.portal.writes == uploading.jhana.writes == []
    return caught.value.message


def test_a_plan_that_still_holds_is_the_same_plan(planned: Uploading, file: Path):
    """Nothing changed: the people's steps are those that were written, under the same receipt."""
    report, plan = read_plan(file), again(planned, file)
    assert plan.receipt == report.receipt
    assert plan_report(plan).people == report.people


def test_the_file_is_private(planned: Uploading, file: Path):
    """A plan holds names and addresses: nobody else on the machine reads it."""
    assert file.stat().st_mode & 0o077 == 0


def test_a_plan_is_not_overwritten_by_accident(planned: Uploading, file: Path):
    """An approved plan stays, unless --force says otherwise."""
    report = read_plan(file)
    with pytest.raises(FileProblemError):
        write_plan(report, file, force=False)
    write_plan(report, file, force=True)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((ANA, person(3, first_name="Bob", last_name="Quist")), "'Bo', is 'Bob'"),
        ((ANA, person(3, first_name="Bo", last_name="Quist", email="b@acme.com")), "email was"),
        ((person(2, jhana=True), BO), "row 2 (p2@acme.com): team was 'Sales', is None"),
        ((person(2, team="Sales"), BO), "jhana was True, is False"),
        ((ANA,), "row 3 (p3@acme.com) is no longer in the file"),
        ((ANA, BO, person(4, first_name="Cy")), "row 4 (p4@acme.com) is new in the file"),
        ((ANA, person(3, first_name="Bo", last_name="Quist", role="facilitator")), "role was ''"),
    ],
)
def test_a_changed_cell_is_refused_and_named(planned: Uploading, file: Path, rows, said: str):
    """What changed in the file is said with its row, what it was and what it is."""
    planned.rows = rows
    assert said in refusal(planned, file, digest="e" * 64)


def test_a_file_saved_again_is_refused(planned: Uploading, file: Path):
    """Other bytes are another file, even when the people in it are the same."""
    assert "saved again, with the same people" in refusal(planned, file, digest="e" * 64)


def joined(stub: ScimStub) -> None:
    """Somebody else creates one of the people meanwhile."""
    stub.add_user("p3@acme.com", "Bo", "Quist", **ON_PASS)


def twin(stub: ScimStub) -> None:
    """Somebody who may be one of them is put on the pass meanwhile."""
    stub.add_user("bo.quist@old.example", "Bo", "Quist", **ON_PASS)


def renamed(stub: ScimStub) -> None:
    """The pass gets another name."""
    stub.store.passes["p26"]["displayName"] = "Leadership 26/27"


def filled(stub: ScimStub) -> None:
    """Somebody else uses the seats."""
    stub.add_user("boss@acme.com", "Li", "Wei")
    stub.store.passes["p26"]["seatsUsed"] = 99


def without_mail(stub: ScimStub) -> None:
    """The portal no longer takes word about e-mails."""
    stub.habits.mails = False


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (joined, "row 3 (p3@acme.com): was 'create' on the portal, is 'same'"),
        (twin, "row 3 (p3@acme.com): was 'create' on the portal, is 'skip'"),
        (renamed, "the pass is 'Leadership 26/27', not 'Leadership 2026'"),
        (filled, "has 1 free seat, this file needs 2"),
        (without_mail, "what the services can't do is different"),
    ],
)
def test_a_changed_portal_is_refused_and_said(
    planned: Uploading, file: Path, happens: Callable[[ScimStub], None], said: str
):
    """Whatever somebody else did on the portal meanwhile: nothing is sent."""
    happens(planned.portal)
    assert said in refusal(planned, file)


def test_a_changed_jhana_is_refused(planned: Uploading, file: Path):
    """Somebody who got Jhana meanwhile has another step."""
    planned.jhana.add_user("p2@acme.com")
    assert "row 2 (p2@acme.com): what happens on Jhana is different" in refusal(planned, file)


def test_many_changes_are_named_ten_at_a_time(uploading: Uploading, file: Path):
    """A refusal stays a screen."""
    uploading.rows = tuple(person(row, first_name=f"A{row}") for row in range(2, 40))
    write_plan(plan_report(uploading.plan()), file, force=False)
    for row in range(2, 40):
        uploading.portal.add_user(f"p{row}@acme.com", f"A{row}", "Perez", **ON_PASS)
    message = refusal(uploading, file)
    assert message.count("\n") == 11
    assert message.endswith("and 28 more")


def test_seats_that_others_use_do_not_matter_while_they_suffice(planned: Uploading, file: Path):
    """The budget is told anew; nobody's step is different."""
    planned.portal.add_user("boss@acme.com", "Li", "Wei")
    planned.portal.store.passes["p26"]["seatsUsed"] = 98
    assert again(planned, file).budgets[0].free_after == 0


def test_changed_settings_are_refused_and_said(planned: Uploading, file: Path):
    """The buffer is part of what was approved."""
    assert "buffer of seats was 10%, is 20% (the setting buffer)" in refusal(
        planned, file, buffer=0.2
    )


def test_another_administrator_may_carry_it_out(planned: Uploading, file: Path):
    """One plans, another approves: who they are changes nothing by itself."""
    assert again(planned, file, administrator="zoe@acme.com").options.administrator == (
        "zoe@acme.com"
    )


def test_nobody_carries_out_a_change_of_their_own_role(uploading: Uploading, file: Path):
    """A plan that would change its executor's role is refused: the step is not the same."""
    uploading.portal.add_user("p2@acme.com", **ON_PASS, roles=[{"value": "manager"}])
    uploading.rows = (person(2, role="client admin"),)
    uploading.options = PlanOptions(pass_name="p26", update_roles=True)
    write_plan(plan_report(uploading.plan()), file, force=False)
    assert again(uploading, file).client_admins
    said = refusal(uploading, file, administrator="P2@acme.com")
    assert "was 'change' on the portal, is 'same'" in said


def test_other_services_are_refused(planned: Uploading, file: Path):
    """A plan for one portal is never carried out on another."""
    with ScimStub() as other:
        planned.jhana, real = other, planned.jhana
        assert "for other services" in refusal(planned, file)
        planned.jhana = real


def changed(file: Path, **fields: object) -> None:
    """Edit the written plan, without or with a digest of its own."""
    values = json.loads(file.read_text(encoding="utf-8")) | fields
    file.write_text(json.dumps(values), encoding="utf-8")


def test_a_plan_changed_by_hand_is_refused(planned: Uploading, file: Path):
    """Anything in it: the options, a person, the seats."""
    written = file.read_text(encoding="utf-8")
    people = json.loads(written)["people"]
    people[0]["email"] = "eve@acme.com"
    for fields in ({"emails": False}, {"mails": 7}, {"people": people}, {"sheet": "Other"}):
        file.write_text(written, encoding="utf-8")
        changed(file, **fields)
        assert "was changed after it was made" in refusal(planned, file)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 2}', '{"version": 1}', "\xff", "{}" * 3]
)
def test_what_is_no_plan_is_one_sentence(planned: Uploading, file: Path, content: str):
    """Any other file, also that of a later version, says how to write a plan."""
    file.write_text(content, encoding="latin-1")
    with pytest.raises(FileProblemError, match="is not a plan of this version"):
        again(planned, file)


def test_a_plan_that_is_not_there_is_one_sentence(planned: Uploading, file: Path):
    """A missing file and a folder are named."""
    for path in (file.with_name("other.json"), file.parent):
        with pytest.raises(FileProblemError, match="can't be read"):
            read_plan(path)


def test_an_old_plan_is_refused(planned: Uploading, file: Path):
    """An approval holds seven days."""
    report = read_plan(file)
    for age, holds in ((MAX_AGE - timedelta(minutes=1), True), (MAX_AGE + timedelta(1), False)):
        old = report.model_copy(update={"made_at": datetime.now(UTC) - age})
        old = old.model_copy(update={"digest": old.own_digest()})
        write_plan(old, file, force=True)
        if holds:
            assert again(planned, file).receipt == report.receipt
        else:
            assert "older than 7 days" in refusal(planned, file)


def test_a_plan_from_the_future_is_refused(planned: Uploading, file: Path):
    """A few minutes are two clocks; more would stretch the seven days."""
    report = read_plan(file)
    for ahead, holds in ((4, True), (6, False), (600_000, False)):
        made_at = datetime.now(UTC) + timedelta(minutes=ahead)
        early = report.model_copy(update={"made_at": made_at})
        early = early.model_copy(update={"digest": early.own_digest()})
        write_plan(early, file, force=True)
        if holds:
            assert again(planned, file).receipt == report.receipt
        else:
            assert "which is still to come" in refusal(planned, file)


@pytest.mark.parametrize(
    "receipt", ["", "7K3QX", "7K3QX99", "7k3qx9", "7K3QX0", "../etc", "IIIIII"]
)
def test_a_receipt_has_six_letters_of_the_alphabet(planned: Uploading, file: Path, receipt: str):
    """Whatever else stands there goes neither into a file's name nor into the journal."""
    changed(file, receipt=receipt)
    with pytest.raises(FileProblemError, match="is not a plan of this version"):
        read_plan(file)


def test_a_time_without_a_zone_is_no_plan(planned: Uploading, file: Path):
    """It can't be compared with the clock."""
    changed(file, made_at="2026-11-26T12:00:00")
    with pytest.raises(FileProblemError, match="is not a plan of this version"):
        read_plan(file)


def test_the_fingerprint_is_the_digests(planned: Uploading, file: Path):
    """Its first 80 bits in letters that don't look alike; case, blanks and hyphens don't matter."""
    report = read_plan(file).model_copy(update={"digest": "00443214c7" * 2 + "e" * 44})
    assert report.fingerprint == "2345-6789-2345-6789"
    for typed in ("2345-6789-2345-6789", "2345678923456789", " 2345 6789 2345 6789 "):
        assert is_fingerprint(typed, report)
    for typed in ("", "2345-6789", "2345-6789-2345-678A", "2345-6789-2345-67899"):
        assert not is_fingerprint(typed, report)


def test_who_was_left_out_stays_left_out(uploading: Uploading, file: Path):
    """The decision about possible twins is part of the plan, person by person."""
    uploading.portal.add_user("bo.quist@old.example", "Bo", "Quist", **ON_PASS)
    uploading.rows = (ANA, BO)
    for maybe in ("create", "leave-out"):
        uploading.options = PlanOptions(pass_name="p26", maybe=maybe)
        write_plan(plan_report(uploading.plan()), file, force=True)
        plan = again(uploading, file)
        assert [bool(one.skipped) for one in plan.people] == [False, maybe == "leave-out"]


def test_a_plan_without_emails_sends_none(uploading: Uploading, file: Path):
    """No e-mails is part of what was approved."""
    write_plan(plan_report(uploading.plan().without_emails()), file, force=False)
    plan = again(uploading, file)
    assert (plan.emails, plan.mails) == (False, 0)
