from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal

import pytest
from openpyxl import load_workbook

from aapimport.app.choices import Approvals, PlanChoices, RunChoices
from aapimport.app.open_uploads import interrupted_upload, mention_open_uploads
from aapimport.app.upload import Upload
from aapimport.check.check_file import Checked
from aapimport.cli.desk import TerminalDesk
from aapimport.config.settings import Endpoint, Settings
from aapimport.copies.maybe_file import ELSE, LEAVE_OUT, SAME, Question, write_questions
from aapimport.errors import RefusedError
from aapimport.plan.decide import decide
from aapimport.run.glance import glance
from aapimport.run.journal import Journal, journal_path
from aapimport.template.roles import Role
from support.stub import ScimStub
from support.uploading import Uploading, checked, person, services
from support.version_1 import as_version_1
from support.wire import error, instead

ROWS = (
    person(2, email="bo.berg@acme.com", first_name="Bo", last_name="Berg", role=Role.CLIENT_ADMIN),
    person(3, email="li.wei@acme.com", first_name="Li", last_name="Wei"),
    person(4, email="ada.obi@acme.com", first_name="Ada", last_name="Obi"),
)


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """An upload with somebody who may be there already and somebody who returns."""
    portal_stub.add_user(
        "li@home.example",
        name={"givenName": "Li", "familyName": "Wei"},
        emails=[{"value": "li.wei@acme.com"}],
    )
    portal_stub.add_user(
        "ada.obi@acme.com", name={"givenName": "Ada", "familyName": "Obi"}, active=False
    )
    return Uploading(
        portal=portal_stub, jhana=jhana_stub, journal_path=tmp_path / "j.sqlite3", rows=ROWS
    )


def asked_for(
    uploading: Uploading,
    client_admins: int | None = None,
    settings: Mapping[str, Any] | None = None,
    **flags: Any,
) -> Upload:
    """An upload of the same file, with some flags."""
    return Upload(
        settings=Settings(state_dir=uploading.journal_path.parent, **(settings or {})),
        desk=TerminalDesk("live"),
        file=Path("people.xlsx"),
        plan_file=None,
        choices=PlanChoices(**flags),
        approvals=Approvals(client_admins=client_admins),
        running=RunChoices(),
    )


def goes_on(
    uploading: Uploading,
    client_admins: int | None = None,
    read: Checked | None = None,
    **flags: Any,
) -> str:
    """Whether the same file goes on with some flags, or as it is read now; else why not."""
    upload = asked_for(uploading, client_admins, **flags)
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        try:
            interrupted_upload(journal, both, read or checked(ROWS), upload)
        except RefusedError as error:
            return error.message.rpartition("; ")[2]
    return "goes on"


def test_flags_that_decide_otherwise_are_refused(uploading: Uploading) -> None:
    """What was decided when it began is what goes on; the same flags, or none, change nothing."""
    plan = uploading.plan()
    assert len(plan.maybes) == 1
    with Journal(uploading.journal_path) as journal:
        journal.begin(plan)
    assert goes_on(uploading) == "goes on"
    same: dict[str, Any] = {"maybe": "create", "returning": "leave-out", "max_seats": plan.seats}
    assert goes_on(uploading, 1, **same) == "goes on"
    assert goes_on(uploading, maybe="leave-out") == "it was begun with what --maybe create says"
    assert (
        goes_on(uploading, returning="include")
        == "it was begun with what --returning leave-out says"
    )
    for name in ("fit", "update_roles", "update_names"):
        flag = f"--{name.replace('_', '-')}"
        given: dict[str, Any] = {name: True}
        assert goes_on(uploading, **given) == f"it was begun without {flag}"
    assert goes_on(uploading, 0) == "it was begun with what --client-admins 1 says"
    assert "more than --max-seats 1 allows" in goes_on(uploading, max_seats=1)


TWICE = {"p27": "Leadership 2026"}
"""Passes by id, beside p26, which is Leadership 2026."""
ALIKE = {"p27": "leadership  2026"}
NAMED_LIKE_AN_ID = {"p27": "p26"}


@pytest.mark.parametrize(
    ("more", "begun", "typed", "said"),
    [
        ({}, "p26", "leadership  2026", ""),
        ({}, "Leadership 2026", "p26", ""),
        ({}, "Leadership 2026", "P26", ""),
        ({}, "Leadership 2026", "Leadership", "and there is no pass 'Leadership'"),
        (TWICE, "p27", "p27", ""),
        (TWICE, "p27", "Leadership 2026", "and there are 2 passes 'Leadership 2026'"),
        (TWICE, "p27", "p26", "and 'p26' is 'Leadership 2026' (p26)"),
        (ALIKE, "p27", "leadership 2026", ""),
        (ALIKE, "p27", "Leadership 2026", "is 'Leadership 2026' (p26)"),
        (ALIKE, "p26", "Leadership 2026", ""),
        (ALIKE, "p26", "leadership 2026", "is 'leadership  2026' (p27)"),
        (ALIKE, "p26", "LEADERSHIP 2026", "and there are 2 passes"),
        (NAMED_LIKE_AN_ID, "p27", "p26", "and there are 2 passes 'p26'"),
        (NAMED_LIKE_AN_ID, "p27", "p27", ""),
        (NAMED_LIKE_AN_ID, "p26", "p26", ""),
    ],
)
def test_an_open_upload_is_to_the_pass_that_a_new_plan_would_choose(
    uploading: Uploading, more: Mapping[str, str], begun: str, typed: str, said: str
) -> None:
    """However alike the names are; where a new plan would be refused, it doesn't go on either."""
    with Journal(uploading.journal_path) as journal:
        uploading.options = replace(uploading.options, pass_name=begun)
        if begun == "p26":  # which would be ambiguous beside a pass of that name
            journal.begin(uploading.plan())
        for own_id, name in more.items():
            uploading.portal.add_pass(own_id, name, 50)
        if begun != "p26":
            journal.begin(uploading.plan())
    answer = goes_on(uploading, pass_name=typed)
    assert said in answer if said else answer == "goes on"


def test_a_portal_that_cannot_be_asked_leaves_the_very_words(
    uploading: Uploading, capsys: pytest.CaptureFixture[str]
) -> None:
    """The id, or the name letter by letter, is this upload's; any other spelling may be another."""
    with Journal(uploading.journal_path) as journal:
        journal.begin(uploading.plan())
    uploading.portal.on("GET", "/Passes", instead(error(503)), times=999)
    assert goes_on(uploading, pass_name="p26") == "goes on"
    assert "can't be asked" not in capsys.readouterr().err
    assert goes_on(uploading, pass_name="Leadership 2026") == "goes on"
    said = " ".join(capsys.readouterr().err.split())
    assert "which pass 'Leadership 2026' is can't be asked now" in said
    assert "it is spelt as the one of upload" in said
    assert "can't be asked now" in goes_on(uploading, pass_name="leadership 2026")


def test_a_group_that_is_the_pass_is_compared_as_such(uploading: Uploading) -> None:
    """By its id, as on portals where being on the pass is membership."""
    uploading.portal.habits.passes = False
    uploading.portal.add_team("Alumni", 50)
    uploading.portal.add_team("ALUMNI", 50)
    uploading.portal.add_team("Leadership 2027", 50)
    uploading.options = replace(uploading.options, pass_name="leadership 2027", pass_as="group")
    with Journal(uploading.journal_path) as journal:
        journal.begin(uploading.plan())
    as_group = {"pass_as": "group"}
    for typed in ("leadership 2027", "Leadership  2027"):
        assert goes_on(uploading, settings=as_group, pass_name=typed) == "goes on"
    assert "is 'Alumni' (Alumni)" in goes_on(uploading, settings=as_group, pass_name="Alumni")
    assert "2 Groups for pass" in goes_on(uploading, settings=as_group, pass_name="alumni")


def test_decisions_of_version_1_cannot_be_told(uploading: Uploading) -> None:
    """It didn't write them down: flags that would decide are refused, the bare command goes on."""
    plan = uploading.plan()
    with Journal(uploading.journal_path) as journal:
        journal.begin(plan)
    as_version_1(uploading.journal_path)
    assert goes_on(uploading) == "goes on"
    assert "can't be told" in goes_on(uploading, maybe_file=Path("who.xlsx"))
    assert goes_on(uploading, maybe="create") == "whether it was begun with --maybe can't be told"


READ = {"sheet", "hidden", "encoding"}
"""Flags that say how the file is read: what they change are the people."""
HARMLESS: dict[str, Any] = {"preview": "random", "thorough": True, "other_pass": True}
"""Flags that decide nothing about anybody."""
OTHER: dict[str, Any] = {
    "pass_name": "Leadership 2025",
    "emails": False,
    "maybe": "leave-out",
    "returning": "include",
    "max_seats": 1,
    "fit": True,
    "update_roles": True,
    "update_names": True,
}


def test_every_flag_that_makes_a_plan_is_compared(uploading: Uploading, tmp_path: Path) -> None:
    """Whatever is given now, and was decided otherwise, is refused; what decides nothing isn't."""
    with Journal(uploading.journal_path) as journal:
        journal.begin(uploading.plan())
    for name, value in OTHER.items():
        assert goes_on(uploading, **{name: value}) != "goes on", name
    for name, value in HARMLESS.items():
        assert goes_on(uploading, **{name: value}) == "goes on", name
    first, *others = ROWS
    for people, sheet in (
        (ROWS[1:], "Users"),
        (ROWS, "Paris"),
        ((replace(first, last_name="Bérg"), *others), "Users"),
    ):
        read = replace(checked(people), sheet=sheet)
        assert goes_on(uploading, read=read) != "goes on", read
    assert goes_on(uploading, maybe_file=workbook(tmp_path, SAME)) != "goes on"
    assert {one.name for one in fields(PlanChoices)} == {*OTHER, *HARMLESS, *READ, "maybe_file"}


def test_settings_that_decide_are_compared(uploading: Uploading) -> None:
    """Whose own role stays, and how people are put on the pass."""
    with Journal(uploading.journal_path) as journal:
        journal.begin(uploading.plan())
    for name, value in (("administrator", "bo.berg@acme.com"), ("pass_as", "group")):
        refused = goes_on(uploading, settings={name: value})
        assert refused == f"the setting `{name}` was another one when it was begun"


def workbook(folder: Path, *answers: str, asked: int = 3) -> Path:
    """A workbook that asks about rows from `asked` on, answered."""
    path = folder / "who.xlsx"
    path.unlink(missing_ok=True)
    questions = [
        Question(
            row=one.row,
            email=one.email,
            names=(one.first_name, one.last_name),
            other=("li@home.example", "Li", "Wei", "portal", "the same name"),
        )
        for one in ROWS
        if one.row >= asked
    ]
    write_questions(path, questions[: len(answers)])
    book = load_workbook(path)
    for row, answer in enumerate(answers, 2):
        book.worksheets[0].cell(row, 10, answer)
    book.save(path)
    return path


@pytest.mark.parametrize("decided", ["create", "leave-out"])
@pytest.mark.parametrize("older", [False, True])
def test_answers_in_a_workbook_are_compared(
    uploading: Uploading, tmp_path: Path, decided: Literal["create", "leave-out"], *, older: bool
) -> None:
    """Corrected since, gone, or of others: refused; the same ones go on, whatever wrote them."""
    uploading.options = replace(uploading.options, maybe=decided)
    with Journal(uploading.journal_path) as journal:
        run = journal.begin(decide(uploading.plan()))
        if older:
            journal._database.execute(
                "UPDATE runs SET options = json_remove(options, '$.maybe_created')"
            )
    assert run.options is not None
    same, other = (ELSE, SAME) if decided == "create" else (SAME, ELSE)
    done = "created" if decided == "create" else "left out"
    assert goes_on(uploading, maybe_file=workbook(tmp_path, same)) == "goes on"
    if decided == "leave-out":
        assert goes_on(uploading, maybe_file=workbook(tmp_path, LEAVE_OUT)) == "goes on"
    refused = goes_on(uploading, maybe_file=workbook(tmp_path, other))
    assert refused.startswith(f"as it was begun, li.wei@acme.com (row 3) is {done}, but ")
    if not older:  # more answers than were asked for don't matter
        more = workbook(tmp_path, *([SAME] if decided == "leave-out" else [ELSE]), SAME)
        assert goes_on(uploading, maybe_file=more) == "goes on"
        of_others = workbook(tmp_path, SAME, asked=4)
        assert "says nothing of li.wei@acme.com" in goes_on(uploading, maybe_file=of_others)
    gone = tmp_path / "gone.xlsx"
    assert "can't be compared" in goes_on(uploading, maybe_file=gone)
    assert not gone.exists()


@pytest.mark.parametrize("shared", ["portal", "jhana"])
def test_one_service_in_common_is_enough(
    uploading: Uploading, shared: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An open upload can't be walked around with another portal, or with another Jhana.

    With both others it is in nobody's way, and is told.
    """
    with Journal(uploading.journal_path) as journal:
        run = journal.begin(uploading.plan())
        here = dict(zip(("portal", "jhana"), run.address.split(" "), strict=True))

        def one_and_other(portal: ScimStub, jhana: ScimStub) -> tuple[ScimStub, ScimStub]:
            is_portal = shared == "portal"
            return (uploading.portal, jhana) if is_portal else (portal, uploading.jhana)

        with (
            ScimStub() as portal,
            ScimStub() as jhana,
            services(portal, jhana) as others,
            services(*one_and_other(portal, jhana)) as one_of_each,
        ):
            beside, elsewhere = one_of_each.address, others.address
            with pytest.raises(RefusedError, match="of which one is configured now: configure"):
                interrupted_upload(journal, one_of_each, checked(ROWS), asked_for(uploading))
            assert interrupted_upload(journal, others, checked(ROWS), asked_for(uploading)) is None
    here_and_there = f"{here['portal']} and {here['jhana']}"
    still_open = f"upload {run.receipt} of 'people.xlsx' is still open at {here_and_there}"
    assert still_open in " ".join(capsys.readouterr().err.split())
    endpoint = Endpoint.bearer(elsewhere.split(" ")[0], "token")
    settings, desk = replace(asked_for(uploading).settings, portal=endpoint), TerminalDesk("live")
    path = uploading.journal_path.rename(journal_path(settings.state_dir, settings.target))
    mention_open_uploads(settings, elsewhere, desk)
    told = " ".join(capsys.readouterr().err.split())
    assert still_open in told
    assert f"aapimport resume {run.receipt} needs these addresses again" in told
    mention_open_uploads(settings, beside, desk)
    assert " at " not in capsys.readouterr().err
    assert [one.receipt for one, *_ in glance(path, beside)] == [run.receipt]
    assert glance(path, elsewhere) == []
