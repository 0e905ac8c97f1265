"""The use case of an upload, with a script where an administrator sits."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from aapimport.app.choices import Approvals, PlanChoices, RunChoices
from aapimport.app.upload import Upload
from aapimport.config.settings import Endpoint, Settings
from aapimport.errors import ExitCode, RefusedError, UsageError
from aapimport.sandbox.contents import contents
from aapimport.sandbox.practice import Practice
from aapimport.sandbox.serving import PracticeServer
from support.script_desk import ScriptDesk
from support.second_year import SEED, rows, write

SEATS = "the seats that this upload uses, for good, on"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Somebody who returns, a client admin, two newcomers, and two who may be there already."""
    admin = rows()[9].replace(",,,", ",client admin,,", 1)
    return write(tmp_path / "people.csv", [rows()[4], admin, rows()[8], rows()[10], *rows()[-2:]])


@pytest.fixture
def in_process(tmp_path: Path) -> Settings:
    """The practice portal of a company in its second year."""
    Practice(tmp_path / "inside", SEED).close()
    return Settings(state_dir=tmp_path / "inside")


@pytest.fixture
def over_http(tmp_path: Path) -> Iterator[Settings]:
    """The same company, as a real portal."""
    Practice(tmp_path / "served", SEED).close()
    with PracticeServer(tmp_path / "served") as server:
        thread = threading.Thread(target=server.serve)
        thread.start()
        token = server.address.token
        yield Settings(
            state_dir=tmp_path / "outside",
            portal=Endpoint.bearer(server.address.portal_url, token),
            jhana=Endpoint.bearer(server.address.jhana_url, token),
            settle_seconds=0.5,
        )
        server.stop()
        thread.join()


def upload(settings: Settings, desk: ScriptDesk, file: Path) -> ExitCode:
    """Upload a file as a terminal would, with no flag but `--pass`."""
    return Upload(
        settings=settings,
        desk=desk,
        file=file,
        plan_file=None,
        choices=PlanChoices(pass_name="Leadership 2026"),
        approvals=Approvals(),
        running=RunChoices(),
    ).carry_out()


ANSWERS: tuple[bool | int | str, ...] = (
    *("ask", "somebody-else", "leave-out"),
    *("include", True, 1, 4),
)


def test_practice_asks_what_a_real_portal_asks(
    in_process: Settings, over_http: Settings, file: Path, tmp_path: Path
) -> None:
    """The same script of answers: the same questions, and the same people in both places."""
    practice, real = ScriptDesk(*ANSWERS, practice=True), ScriptDesk(*ANSWERS, practice=False)
    assert upload(in_process, practice, file) is ExitCode.FINDINGS  # one was left out
    assert upload(over_http, real, file) is ExitCode.FINDINGS
    assert over_http.portal is not None
    assert over_http.jhana is not None
    here, there = "the PRACTICE portal", f"{over_http.portal.url} and Jhana {over_http.jhana.url}"
    assert [(q.replace(there, here), flags) for q, flags in real.asked] == practice.asked
    assert practice.asked[-1] == (f"4 {SEATS} {here}", "--yes")
    assert [name for name, _ in real.shown] == [name for name, _ in practice.shown]
    inside, outside = contents(tmp_path / "inside"), contents(tmp_path / "served")
    assert without_ids(inside.to_json()) == without_ids(outside.to_json())


def without_ids(shown: dict[str, object]) -> dict[str, object]:
    """What a practice portal holds, without what differs between two that hold the same."""
    return {name: shown[name] for name in ("passes", "teams")} | {
        "people": sorted(str(one) for one in _people(shown))
    }


def _people(shown: dict[str, object]) -> Iterator[object]:
    people = shown["people"]
    assert isinstance(people, list)
    for one in people:
        yield [(name, value) for name, value in one.items() if name not in {"id", "created"}]


def test_every_screen_before_the_number_says_where(over_http: Settings, file: Path) -> None:
    """The portal's address is on the preview, the plan and the question; Enter there stops."""
    desk = ScriptDesk("leave-out", "leave-out", False, 1, "", practice=False)
    with pytest.raises(RefusedError, match="you did not say yes"):
        upload(over_http, desk, file)
    assert over_http.portal is not None
    address = over_http.portal.url
    for screen in ("show_preview", "show_plan"):
        (text,) = (text for name, text in desk.shown if name == screen)
        assert address in "".join(text.split())
    assert address in desk.asked[-1][0]
    plan = next(text for name, text in desk.shown if name == "show_plan")
    for words in ("people.csv: 6 people", "Client admins", "E-mails           none"):
        assert words in plan


def test_without_seats_the_number_of_e_mails_is_typed(in_process: Settings, tmp_path: Path) -> None:
    """What can't be undone needs its number: the seats, or else the e-mails."""
    file = write(tmp_path / "people.csv", [f"{rows()[0]}1"])
    desk = ScriptDesk(True, "", practice=True)
    with pytest.raises(RefusedError):
        upload(in_process, desk, file)
    question, flags = desk.asked[-1]
    assert question.startswith("1 the e-mails that this upload sends, on the PRACTICE portal")
    assert flags == "--yes"


def test_people_who_may_be_there_are_answered_in_a_workbook(
    in_process: Settings, file: Path, tmp_path: Path
) -> None:
    """It is written, answered in Excel, and the same command does what was answered."""
    answers = tmp_path / "who.xlsx"
    choices = PlanChoices(
        pass_name="Leadership 2026", emails=False, returning="leave-out", maybe_file=answers
    )

    def once() -> ExitCode:
        return Upload(
            settings=in_process,
            desk=ScriptDesk(yes=True, practice=True),
            file=file,
            plan_file=None,
            choices=choices,
            approvals=Approvals(client_admins=1),
            running=RunChoices(),
        ).carry_out()

    with pytest.raises(RefusedError, match="whom 2 of the people may be is in"):
        once()
    book = load_workbook(answers)
    for row, answer in ((2, "somebody else"), (3, "same person")):
        book.worksheets[0].cell(row, 10, answer)
    book.save(answers)
    assert once() is ExitCode.FINDINGS
    there = {one.email for one in contents(tmp_path / "inside").people if one.passes}
    assert "a.lindqvist@acme.com" in there
    assert "juergen.vogel@acme-group.com" not in there


def test_people_are_answered_by_domain(in_process: Settings, tmp_path: Path) -> None:
    """Everybody of a company that has another name by now, at once."""
    more = "asa.lindqvist@acme-group.com,Åsa,Lindqvist,,,"
    file = write(tmp_path / "people.csv", [*rows()[-2:], more])
    domains = ("domains", "same-person", "somebody-else")
    desk = ScriptDesk(*domains, False, "", practice=True)
    with pytest.raises(RefusedError):
        upload(in_process, desk, file)
    asked = [question for question, _ in desk.asked]
    assert asked[1:3] == [
        "Who are 2 people with addresses at acme-group.com?",
        "Who is 1 person with addresses at acme.com?",
    ]
    assert asked[-1].startswith("1 the seats")


def test_two_flags_about_the_same_people_are_one_too_many(in_process: Settings, file: Path) -> None:
    """Neither is left unread in silence."""
    choices = PlanChoices(
        pass_name="Leadership 2026", maybe="create", maybe_file=file.with_name("who.xlsx")
    )
    command = Upload(
        settings=in_process,
        desk=ScriptDesk(practice=True),
        file=file,
        plan_file=None,
        choices=choices,
        approvals=Approvals(),
        running=RunChoices(),
    )
    with pytest.raises(UsageError, match="both decide"):
        command.carry_out()
