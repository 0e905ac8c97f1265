"""Every screen at 40, 60, 80 and 120 columns: nothing is cut, and no word is broken."""

import importlib
import inspect
import io
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from aapimport import screens
from aapimport.app.history import HistoryEntry, HistoryReport
from aapimport.check.check_file import Checked
from aapimport.config.settings import Endpoint, Settings
from aapimport.copies.renew import Renewal
from aapimport.errors import SettingsError
from aapimport.plan.diagnosis import diagnose
from aapimport.plan.plan import Action, Plan, PlanOptions
from aapimport.problems.problem import Level, Problem
from aapimport.problems.rule_id import RuleId
from aapimport.run.debts import Debts
from aapimport.run.how_far import HowFar
from aapimport.run.journal import Journal
from aapimport.run.left import left_by
from aapimport.run.reconcile_report import (
    DifferenceReport,
    NotKnownReport,
    ReconcileReport,
    RepairEffect,
    RepairReport,
)
from aapimport.run.records import State, StepKind, Task
from aapimport.run.report import make_report
from aapimport.run.seats_now import Now, SeatNow
from aapimport.run.send_plan import Addressee, Means, SendChoice, SendPlan
from aapimport.run.since import read_back
from aapimport.run.undo_plan import UndoPlan, effects_of
from aapimport.run.undo_report import planned_report
from aapimport.screens.console import make_console
from aapimport.screens.errors import show_error
from aapimport.screens.letters import seats_letter
from aapimport.screens.problems import show_checked
from aapimport.screens.settings import show_notices
from aapimport.services.values import EmailKind, Pass, Team
from aapimport.template.cells import CellRef
from aapimport.template.roles import Role
from support.stub import ScimStub
from support.uploading import Uploading, person, services

LONG = "maria-antonieta.fernandez-villanueva.de-la-torre@subsidiary.example-holding.acme.com"
OTHER = "maria.fernandez@acme.com"
FIRST, LAST = "María Antonieta Guadalupe", "Fernández Villanueva de la Torre y Mendoza"
TEAM = "Sales and Customer Success, Europe, the Middle East and Africa"
PASS = "Leadership Essentials for Experienced Managers 2026"
URL = "https://portal.subsidiary.example-holding.acme.com/tenants/4711/scim/v2"
WIDTHS = (40, 60, 80, 120)
_FOLDED = 80
FOLDED = ("4 rows", "+ 2 ", "+ 4000 ", "+ 4001 ")
"""The preview is a table from 80 columns on, in which long addresses go on below themselves."""


class Screen(io.StringIO):
    """What stands on a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def check(text: str, width: int, values: tuple[str, ...]) -> None:
    """Every value is there in full, and lines are short but where a word is too long for any.

    Args:
        text: The screen.
        width: Its columns.
        values: What must be found, word by word where a cell goes on below itself.
    """
    assert "…" not in text
    said = " ".join(text.split())
    for value in values:
        assert re.search(" (?:.* )?".join(map(re.escape, value.split())), said), value
    for line in text.splitlines():
        longest = max(map(cell_len, line.split()), default=0)
        assert cell_len(line) <= width or longest > width - 24, line


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """People with long names: a newcomer, a possible twin, one who returns, a client admin."""
    portal_stub.store.passes["p26"]["displayName"] = PASS
    portal_stub.add_team(TEAM, 50, "p26")
    held: dict[str, Any] = {"entitlements": [{"value": "p26", "type": "pass"}]}
    portal_stub.add_user(OTHER, FIRST, LAST, **held)
    portal_stub.add_user("returning@acme.com", FIRST, "Guadalajara", active=False, **held)
    made = Uploading(portal=portal_stub, jhana=jhana_stub, journal_path=tmp_path / "j.sqlite3")
    made.options = PlanOptions(pass_name=PASS, returning="include", maybe="create")
    made.rows = (
        person(2, email=LONG, first_name=FIRST, last_name=LAST, team=TEAM, jhana=True),
        person(3, email="returning@acme.com", first_name=FIRST, last_name="Guadalajara"),
        person(4000, email=f"x{LONG}", first_name="Ada", last_name="Okafor", team=TEAM, jhana=True),
        person(4001, email=f"y{LONG}", first_name="Bo", last_name="Li", role=Role.CLIENT_ADMIN),
    )
    return made


NAME = f"{FIRST} {LAST}"
FOLDER = Path("/home/maria-antonieta/clients of 2026/acme subsidiary/state of this machine")
SETTINGS = Settings(
    state_dir=FOLDER,
    portal=Endpoint.bearer(URL, "t"),
    jhana=Endpoint.bearer(f"{URL}/jhana", "t"),
    profile="acme-subsidiary",
)
PEOPLE = {
    "passes": [{"id": "leadership-2026", "name": PASS, "seats": 1_200, "seats_used": 1_100}],
    "teams": [{"id": "t", "name": TEAM, "pass": PASS, "places": 1_200, "places_used": 1_100}],
    "people": [
        {
            "email": LONG,
            "active": True,
            "roles": ["individualcontributor", "client admin"],
            "passes": [PASS],
            "teams": [TEAM],
            "jhana": True,
        }
    ],
    "outbox": [
        {
            "to": LONG,
            "kind": "combined",
            "sent_at": "2026-11-22T18:04:05Z",
            "request_id": "6ec65d5f-9f0e-4a25-a7f5-5e8f3f4f5a0b",
        }
    ],
}
RENEWAL = Renewal(
    kept=1_200,
    with_errors=1,
    idle=2,
    undated=3,
    left_out=4,
    notes=("Users!A7 Headcount: 12",),
    skipped=(f"Users!A9 {OTHER}",),
    blank_columns=("Jhana Enabled",),
    unread_dates=5,
    since=date(2026, 5, 26),
    roles={("Individual Contributor", "individualcontributor"): 7},
    extra_columns=("Region of the person's manager",),
    told=(),
)
PROBLEM = Problem(
    RuleId("not-an-email"),
    Level.ERROR,
    CellRef("People of all subsidiaries", 0, 40_000),
    "maria-antonieta.fernandez-villanueva.de@subsidiary.acme",
    "needs a domain",
    "the part after @ needs a domain, for example acme.com",
)
Shown = tuple[tuple[Any, ...], dict[str, Any], tuple[str, ...]]


def written(stream: io.StringIO, screen: Callable[..., None], shown: Shown) -> None:
    """Put a screen onto a terminal."""
    values, more, _ = shown
    screen(make_console(stream), *values, **more)


@pytest.fixture
def plan(uploading: Uploading) -> Plan:
    """What an upload would do."""
    return uploading.plan()


@pytest.fixture
def screens_of_a_plan(plan: Plan) -> dict[str, Shown]:
    """Screens about a plan, and what must be read on them."""
    by_row = ("row 2:", "row 3:")
    everybody = (LONG, f"x{LONG}", f"y{LONG}")
    marks = ("+ 2 ", "+ 4000 ", "+ 4001 ")
    return {
        "show_plan": (
            (plan, "acme-subsidiary"),
            {},
            (PASS, TEAM, "+ 3 create", "~ 1 change", "= 0 same", "(row 4001)", f"y{LONG}"),
        ),
        "show_preview": ((plan, "first"), {}, (*everybody, *marks, NAME, TEAM, "4 rows")),
        "show_steps": ((plan,), {"everybody": True}, (*everybody, "+ Users!A4000", TEAM)),
        "show_client_admins": ((plan,), {}, (f"row 4001: y{LONG} Bo Li",)),
        "show_maybes": ((plan,), {}, (by_row[0], LONG, OTHER, NAME)),
        "show_returning": ((plan,), {}, (by_row[1], "returning@acme.com", "Guadalajara")),
    }


@pytest.fixture
def other_screens(uploading: Uploading, tmp_path: Path) -> dict[str, Shown]:
    """Screens about what was done, about services and files, and what must be read on them."""
    with services(uploading.portal, uploading.jhana) as both:
        found = diagnose(both)
    receipt = uploading.run().receipt
    with Journal(uploading.journal_path) as journal:
        run = journal.run(receipt)
        report = make_report(journal, run, {one.row: one.email for one in uploading.rows})
    debts = Debts(not_mailed=[2], in_doubt={4000: ["All Access Pass", "team"]}, at_risk=[NAME])
    numbers = ("1,200", "1,100", "100")
    passes = [Pass(id="leadership-2026", name=PASS, seats=1_200, seats_used=1_100)]
    teams = [Team(id="t", name=TEAM, pass_id="p", places=1_200, places_used=1_100)]
    address = f"portal {URL}, Jhana {URL}/jhana"
    file = FOLDER / "plan.json"
    checked = Checked(
        path=Path("people.xlsx"), digest="0", sheet="Users", rows=1, people=(), problems=(PROBLEM,)
    )
    problem = ("error:", "A40000", PROBLEM.value, PROBLEM.hint, str(PROBLEM.id))
    when = datetime(2026, 11, 27, tzinfo=UTC)
    entry = HistoryEntry(
        receipt=receipt,
        kind="upload",
        of="",
        target="live",
        address=f"{URL} {URL}/jhana",
        profile="acme-subsidiary",
        file="people of all subsidiaries.xlsx",
        sheet="",
        pass_=PASS,
        started_at=when,
        started_by="",
        ended_at=None,
        state="open",
        done=1_200,
        not_before=None,
        unmailed=0,
        steps=2_400,
    )
    history = HistoryReport(target="live", address=URL, runs=[entry])
    all_of_it = (receipt, PASS, "1,200 of 2,400 done", URL, "27 Nov 2026")
    return {
        "show_receipt": ((report, run, ""), {}, (PASS, "created", "rejected", "4 = 3 created")),
        "show_history": ((history,), {"everywhere": True}, all_of_it),
        "show_open_uploads": (([(run, HowFar(1, 2))], "acme"), {}, (PASS, "--profile acme")),
        "show_debts": ((run, debts, {2: LONG, 4000: f"x{LONG}"}), {}, (LONG, f"x{LONG}", NAME)),
        "show_send_plan": ((send_plan(), "acme"), {}, (LONG, PASS, "deactivated", "2026")),
        "show_passes": ((passes,), {}, (PASS, "leadership-2026", *numbers)),
        "show_teams": ((teams, {"p": PASS}), {}, (TEAM, PASS, *numbers)),
        "show_contents": ((PEOPLE, str(FOLDER)), {}, (LONG, PASS, TEAM, *numbers, str(FOLDER))),
        "show_serving": ((), {}, ("press Ctrl+C to stop",)),
        "show_served": ((), {}, ("everything is kept",)),
        "show_reset": ((str(FOLDER),), {}, (str(FOLDER),)),
        "show_target": ((SETTINGS,), {}, (address, "(profile acme-subsidiary)")),
        "show_diagnosis": ((found,), {}, (*found.meaning, uploading.portal.url)),
        "show_written": ((file, "7K3Q"), {}, (str(file), "7K3Q")),
        "show_files": (([("yours", file, True)],), {}, (str(file), "(read)")),
        "show_new_template": ((file, 2), {}, (str(file), "2 teams", "aapimport validate")),
        "show_renewed": ((file, RENEWAL), {}, (str(file), "1,210 rows", OTHER, "Region of the")),
        "show_problems": ((checked,), {}, problem),
    }


def send_plan() -> SendPlan:
    """Somebody who is mailed, and somebody who has left."""
    account = Task(
        row=2,
        service="portal",
        kind=StepKind.ACCOUNT,
        action=Action.CREATE,
        target="",
        state=State.DONE,
        key="k",
        account_id="1",
        attempts=1,
        adopted=False,
        reason="",
        sent_at=None,
    )
    mailed = Addressee(
        row=2,
        place="row 2",
        email=LONG,
        first_name="Ana",
        last_name=NAME,
        standing="to_mail",
        kind=EmailKind.COMBINED,
        portal=account,
    )
    left = replace(
        mailed, row=4000, standing="refused", kind=None, why="the account is deactivated"
    )
    return SendPlan(
        receipt="7K3QX9",
        target="live",
        address=f"{URL} {URL}/jhana",
        of="4M2RT8",
        file="people.xlsx",
        sheet="Users",
        pass_id="p",
        pass_name=PASS,
        told_by="ledger",
        choice=SendChoice(),
        means=Means(not_before=1_800_000_000.0 - 86_400 * 30),
        people=[mailed, left],
    )


@pytest.fixture
def screens_of_the_way_back(
    uploading: Uploading, other_screens: dict[str, Shown]
) -> dict[str, Shown]:
    """Screens about what became of an upload since, and what must be read on them."""
    receipt = other_screens["show_receipt"][0][1].receipt
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.run(receipt)
        for user in uploading.portal.store.users.values():
            user["roles"] = [{"value": "facilitator", "primary": True}]
        found = tuple(read_back(left_by(journal, run), both))
    effects = tuple(effect for one in found for effect in effects_of(one))
    plan = UndoPlan(run=run, people=found, effects=effects, embargoed=frozenset({2}))
    seat = SeatNow(row=4000, account_id="4711", email=LONG, now=Now.OFF, by=run)
    letter = seats_letter(run, [seat], "support@example.com")
    since = ("row 4000", LONG, "role is facilitator")
    return {
        "show_verified": ((run, found), {}, (*since, "changed since", receipt)),
        "show_undo_plan": ((plan, "acme"), {}, (*since, "(profile acme)", "1 e-mail")),
        "show_undo_receipt": ((planned_report(plan),), {}, (*since, receipt)),
        "show_letter": ((letter, "letter.eml"), {}, (PASS, receipt, LONG, "letter.eml")),
    }


def screens_of_a_comparison() -> dict[str, Shown]:
    """Somebody renamed, somebody with another role, and a team that hides its people."""
    renamed = DifferenceReport(
        email=LONG,
        kind="name",
        words=f"{NAME!r} on the portal, 'Ana' on Jhana",
        repairable=True,
        before="Ana",
        after=NAME,
        why_not="",
    )
    given = renamed.model_copy(
        update={
            "email": f"x{LONG}",
            "kind": "role",
            "repairable": False,
            "words": "role facilitator on the portal",
            "why_not": "somebody has given another role since",
        }
    )
    report = ReconcileReport(
        target="live",
        address=f"{URL} {URL}/jhana",
        pass_=PASS,
        on_pass=1_234,
        on_jhana=1_100,
        repairable=1,
        not_repairable=1,
        differences=[renamed, given],
        without_jhana=[f"{one}{LONG}" for one in range(7)],
        jhana_off=[OTHER],
        only_jhana=[],
        unproven=[f"team {TEAM!r} doesn't show who is in it"],
        remarks=["Jhana lists nobody"],
        not_known=[NotKnownReport(email=OTHER, words="whether they are active on Jhana: busy")],
    )
    effect = RepairEffect(
        row=1,
        email=LONG,
        service="jhana",
        what="name on Jhana as on the portal",
        result="changed since",
        reason="changed since the repair was approved: the name on the portal",
    )
    receipt = RepairReport(
        target="live",
        address=report.address,
        receipt="7K3QX9",
        pass_=PASS,
        repaired=1_200,
        not_repaired=1,
        unfinished=1,
        effects=[effect],
        named=[given],
        unproven=report.unproven,
        not_known=report.not_known,
        compared_again=True,
    )
    both = (LONG, f"x{LONG}", NAME, given.words, given.why_not, TEAM)
    normal = ("7 people on the pass without Jhana", f"4{LONG} and 2 more", OTHER)
    return {
        "show_compared": ((report,), {}, (*both, *normal, PASS, "1,234 people", "1,100")),
        "show_repair_plan": ((report, "acme"), {}, (*both, f"Ana -> {NAME}", "(profile acme)")),
        "show_repair_receipt": (
            (receipt,),
            {},
            (LONG, effect.reason, given.words, given.why_not, OTHER, TEAM, "7K3QX9", "1,200"),
        ),
    }


UNTRIED = {"show_settings", "show_status", "show_page", "show_text", "show_sent"}
"""Screens of settings, which are short but for addresses, and e-mails, which stay as they are."""


def with_a_console() -> Iterator[str]:
    """The names of all screens that get a console."""
    for module in pkgutil.iter_modules(screens.__path__):
        found = importlib.import_module(f"aapimport.screens.{module.name}")
        for name, function in inspect.getmembers(found, inspect.isfunction):
            if name.startswith("show_") and "console" in inspect.signature(function).parameters:
                yield name


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_and_no_word_is_broken(
    screens_of_a_plan, other_screens, screens_of_the_way_back, width: int, monkeypatch
) -> None:
    """Values, marks and rows are all there, each address in one line; so are new screens."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "dumb")
    tried = screens_of_a_plan | other_screens | screens_of_the_way_back | screens_of_a_comparison()
    assert set(tried) == set(with_a_console()) - UNTRIED
    for module in pkgutil.iter_modules(screens.__path__):
        found = importlib.import_module(f"aapimport.screens.{module.name}")
        for name, shown in tried.items():
            if hasattr(found, name):
                stream = Screen()
                written(stream, getattr(found, name), shown)
                is_table = name == "show_preview" and width >= _FOLDED
                check(stream.getvalue(), width, FOLDED if is_table else shown[2])


@pytest.mark.parametrize("width", WIDTHS)
def test_errors_notices_and_checked_files_likewise(width: int, monkeypatch) -> None:
    """What writes to a stream of its own."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "dumb")
    error = SettingsError(f"the token of {URL} is refused", hint=f"log in again at {URL}")
    for write, values in (
        (lambda: show_error(error), (error.message, error.hint)),
        (lambda: show_notices([error.message]), (error.message,)),
    ):
        stream = Screen()
        monkeypatch.setattr("sys.stderr", stream)
        write()
        check(stream.getvalue(), width, values)
    stream = Screen()
    checked = Checked(
        path=Path("people of all subsidiaries, as of November, for upload.xlsx"),
        digest="0",
        sheet="Users",
        rows=1_234,
        people=(),
        problems=(PROBLEM, Problem(PROBLEM.id, Level.NOTICE, None, "", PROBLEM.message, "")),
    )
    show_checked(stream, checked)
    check(stream.getvalue(), width, (f"{checked.path}: 1,234 rows checked", PROBLEM.value))
