"""The plan and the run agree, person by person, on thousands of generated people."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import pytest

from aapimport.config.settings import Endpoint
from aapimport.person import Person
from aapimport.plan.decide import impossible, leave_out
from aapimport.plan.make import Services, draft_plan
from aapimport.plan.plan import Plan, PlanOptions
from aapimport.plan.report import PersonReport, PlanReport, plan_report
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.person_result import PersonResult
from aapimport.run.report import UploadReport, make_report
from aapimport.run.runner import Runner
from aapimport.sandbox.contents import Contents, contents
from aapimport.sandbox.practice import Practice
from aapimport.sandbox.seed import Seed, SeedPass, SeedPerson, SeedTeam
from aapimport.services.directory import Directory
from aapimport.services.portal import Portal
from aapimport.services.transport import Transport
from aapimport.template.roles import Role
from support.extent import ALL
from support.stub import TOKEN, ScimStub
from support.uploading import checked
from support.wire import Request

PORTALS, FILES, PEOPLE = 8 if ALL else 6, 4, 20
CASES = 50
"""In one part; CI runs two parts, `bench/campaign.py` all five."""
RESULTS = {"create": "created", "change": "changed", "same": "same", "skip": "skipped"}
SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
TEAMS = ("Sales", "Finance", "Old")


def _name(random: Random) -> str:
    return "".join(random.choices(SYLLABLES, k=3)).title()


def _seed(random: Random) -> Seed:
    """A portal whose people are in every state that an account can be in."""
    people = []
    for number in range(PEOPLE):
        first, last = _name(random), _name(random)
        passes = random.choice(((), ("now",), ("old",), ("old", "now")))
        team = random.choice(("sales", "finance")) if "now" in passes else ""
        person = SeedPerson(
            id=f"u{number}",
            email=f"{first}.{last}@acme.com".lower(),
            first_name=first,
            last_name=last,
            role=random.choice(list(Role)),
            passes=passes,
            teams=(team,) if team and random.random() < 0.5 else (),
            active=random.random() < 0.8,
            portal=random.random() < 0.95,
            jhana=random.random() < 0.4,
        )
        people.append(person)
    used = sum(person.portal and "now" in person.passes for person in people)
    in_teams = Counter(team for person in people if person.portal for team in person.teams)
    return Seed(
        passes=(
            SeedPass(id="now", name="Now", seats=used + random.choice((3, 12, 200)), year=2026),
            SeedPass(id="old", name="Old", seats=200, year=2025),
        ),
        teams=(
            SeedTeam(id="sales", name="Sales", pass_id="now", places=200),
            SeedTeam(
                id="finance",
                name="Finance",
                pass_id="now",
                places=in_teams["finance"] + random.choice((1, 4, 50)),
            ),
            SeedTeam(id="old-team", name="Old", pass_id="old", places=9),
        ),
        people=tuple(person if person.portal else _only_jhana(person) for person in people),
    )


def _only_jhana(person: SeedPerson) -> SeedPerson:
    return SeedPerson(
        id=person.id,
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        portal=False,
        jhana=person.jhana,
    )


def _file(random: Random, seed: Seed) -> list[Person]:
    """Rows about people who are there, people who are new, and twins of both."""
    known = random.sample(seed.people, k=random.randint(0, PEOPLE // 2))
    addresses: dict[str, tuple[str, str]] = {
        (one.email.upper() if random.random() < 0.2 else one.email): (
            one.first_name if random.random() < 0.8 else _name(random),
            one.last_name,
        )
        for one in known
    }
    for _ in range(random.randint(0, 12)):
        first, last = _name(random), _name(random)
        addresses[f"{first}.{last}@acme.com".lower()] = (first, last)
    for one in random.sample(seed.people, k=2):
        addresses[f"{one.first_name[0]}{one.last_name}@acme.com".lower()] = (
            one.first_name,
            one.last_name,
        )
    rows = list(addresses.items())
    random.shuffle(rows)
    return [
        Person(
            row=row,
            email=email,
            first_name=first,
            last_name=last,
            role=random.choice(list(Role)),
            team=random.choice((None, None, "sales", "FINANCE")),
            jhana=random.random() < 0.4,
        )
        for row, (email, (first, last)) in enumerate(rows, 2)
    ]


def _options(random: Random) -> PlanOptions:
    return PlanOptions(
        pass_name="Now",
        update_roles=random.random() < 0.5,
        update_names=random.random() < 0.5,
        fit=random.random() < 0.7,
        maybe=random.choice(("create", "leave-out")),
    )


def _quick(journal: Journal) -> Journal:
    """A journal that doesn't wait for the disk: no power fails in these tests."""
    journal._database.execute("PRAGMA synchronous=OFF")
    return journal


class _Uploads:
    """Plans and runs on some services, with one journal.

    Args:
        services: The services.
        journal: The open journal.
    """

    def __init__(self, services: Services, journal: Journal) -> None:
        self.services, self.journal = services, _quick(journal)

    def plan(self, rows: list[Person], options: PlanOptions, *, emails: bool) -> Plan:
        """What an upload would do."""
        draft = draft_plan(checked(rows), self.services, options)
        return leave_out(draft if emails else draft.without_emails())

    def run(self, plan: Plan, rows: list[Person]) -> UploadReport:
        """What it does."""
        run = self.journal.begin(plan)
        for _ in Runner(self.journal, self.services, run, RunOptions(settle_seconds=0)).steps():
            pass
        addresses = {one.row: one.email for one in rows}
        return make_report(self.journal, self.journal.run(run.receipt), addresses)


class Company(_Uploads):
    """A practice portal: slow, and it enforces seats and places."""

    def __init__(self, folder: Path, seed: Seed, stack: ExitStack) -> None:
        self.folder, self.seed = folder, seed
        practice = stack.enter_context(closing(Practice(folder, seed)))
        services = _services(stack, practice.token, practice.portal, practice.jhana)
        super().__init__(services, stack.enter_context(Journal(folder / "journal.sqlite3")))

    def state(self) -> Contents:
        """What the portal and Jhana hold."""
        return contents(self.folder)


def _services(stack: ExitStack, token: str, *apps: Any) -> Services:
    endpoint = Endpoint.bearer(url="http://127.0.0.1/v2", token=token)
    portal, jhana = (stack.enter_context(closing(Transport(endpoint, app=app))) for app in apps)
    return Services(
        target="practice",
        portal=Portal("All Access Pass", portal),
        jhana=Directory("Jhana", jhana),
    )


@pytest.fixture
def companies(tmp_path: Path) -> Iterator[tuple[Random, Company]]:
    """Several portals, each with the source of chance that made it."""

    def opened() -> Iterator[tuple[Random, Company]]:
        for number in range(PORTALS):
            random = Random(number)
            with ExitStack() as stack:
                company = Company(tmp_path / str(number), _seed(random), stack)
                yield random, company

    return opened()


def _agrees(planned: PersonReport, done: PersonResult) -> bool:
    jhana = planned.on_jhana
    return (
        done.portal == RESULTS[planned.on_portal.action]
        and done.jhana == (RESULTS[jhana.action] if jhana else None)
        and done.email_state == ("sent" if planned.email_kind else "none")
        and (not done.reason or bool(planned.skipped))
    )


def _pass_used(state: Contents) -> int:
    return next(one.seats_used for one in state.passes if one.id == "now")


def _places_used(state: Contents) -> dict[str, int]:
    return {one.name: one.places_used for one in state.teams}


def _check_totals(plan: PlanReport, before: Contents, after: Contents) -> None:
    """Seats, places, accounts and e-mails on the portal are what the plan said."""
    budgets = {(one.kind, one.name): one for one in plan.budgets}
    seats = budgets["pass", "Now"]
    assert seats.used is not None
    assert seats.capacity is not None
    assert seats.free_after is not None
    assert seats.used == _pass_used(before)
    assert _pass_used(after) == seats.used + seats.takes == seats.capacity - seats.free_after
    taken = Counter(_places_used(after))
    taken.subtract(_places_used(before))
    assert {name: number for name, number in taken.items() if number} == {
        name: one.takes for (kind, name), one in budgets.items() if kind == "team"
    }
    enabled = budgets.get(("jhana", "Jhana"))
    jhana = [sum(one.jhana for one in state.people) for state in (before, after)]
    assert jhana[1] - jhana[0] == (enabled.takes if enabled else 0)
    sent = after.outbox[len(before.outbox) :]
    assert Counter((one.to.lower(), one.kind) for one in sent) == Counter(
        (one.email.lower(), one.email_kind) for one in plan.people if one.email_kind
    )
    assert len(sent) == plan.mails


def _check_people(plan: PlanReport, after: Contents) -> None:
    """Each account is what its step said: role, pass, team, active."""
    held = {one.email.lower(): one for one in after.people}
    for one in plan.people:
        if one.skipped:
            continue
        account = held[one.email.lower()]
        kept = {change.attribute: change.before for change in one.on_portal.kept}
        assert account.active
        assert "Now" in account.passes
        assert account.roles == (kept.get("role", one.role or "manager"),)
        assert not one.team or one.team.title() in account.teams
        assert account.jhana or not one.jhana


@pytest.mark.campaign
def test_the_run_does_what_the_plan_says(companies):
    """Every person's result, and every total, is the predicted one; then nothing is left to do."""
    people = refused = 0
    for random, company in companies:
        for _ in range(FILES):
            rows, options = _file(random, company.seed), _options(random)
            plan = company.plan(rows, options, emails=random.random() < 0.7)
            before = company.state()
            if impossible(plan):
                refused += 1
                continue
            report = plan_report(plan)
            done = company.run(plan, rows)
            after = company.state()
            wrong = [
                (planned, result)
                for planned, result in zip(report.people, done.people, strict=True)
                if not _agrees(planned, result)
            ]
            assert wrong == []
            _check_totals(report, before, after)
            _check_people(report, after)
            again = company.plan(rows, options, emails=True)
            assert set(again.portal) <= {"same", "skip"}
            assert again.seats == again.mails == 0
            people += len(rows)
    assert people > 200
    assert refused > 1


def _app(stub: ScimStub) -> Any:
    """A stub without a socket."""

    def answer(environ: dict[str, Any], start: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        request = Request(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"].removeprefix("/v2"),
            query=dict(parse_qsl(environ["QUERY_STRING"])),
            headers={"authorization": environ.get("HTTP_AUTHORIZATION", "")},
            body=body,
        )
        response = stub._answer(request)
        start(f"{response.status} ", list(response.headers.items()))
        return [response.body]

    return answer


def _fill(portal: ScimStub, jhana: ScimStub, seed: Seed, random: Random) -> None:
    """Put a seed into two stubs with habits of their own, all of which keep what they are sent."""
    for stub in (portal, jhana):
        stub.habits.filters = random.choice(("folded", "exact", "ignored", "empty", "refused"))
        stub.habits.page = random.choice((5, 50, 1000))
        stub.habits.patch = random.choice(("kept", "ignored", "refused"))
        stub.habits.lower_cased = random.random() < 0.3
        stub.habits.brief = random.random() < 0.3
        stub.habits.search_by_post = random.random() < 0.7
    portal.habits.patch = "kept"  # members can only be added by PATCH
    jhana.habits.mails = jhana.habits.patch == "kept"  # and so can e-mails only be asked for
    jhana.habits.passes = False
    ids = {}
    for one in seed.people:
        if one.portal:
            ids[one.id] = portal.add_user(
                one.email,
                one.first_name,
                one.last_name,
                active=one.active,
                roles=[{"value": one.role.value}],
                entitlements=[{"value": held, "type": "pass"} for held in one.passes],
            )
        if one.jhana:
            active = random.random() < 0.8
            jhana.add_user(one.email, one.first_name, one.last_name, active=active)
    for held in seed.passes:
        portal.add_pass(held.id, held.name, held.seats)
    for team in seed.teams:
        members = [ids[one.id] for one in seed.people if team.id in one.teams and one.id in ids]
        identifier = portal.add_team(team.name, team.places, team.pass_id)
        portal.store.groups[identifier]["members"] = [{"value": each} for each in members]


def _active(stub: ScimStub) -> int:
    return sum(one["active"] for one in stub.store.users.values())


def _on_pass(stub: ScimStub) -> int:
    return sum(
        any(held["value"] == "now" for held in one.get("entitlements", ()))
        for one in stub.store.users.values()
    )


@pytest.mark.campaign
@pytest.mark.parametrize("part", range(5 if ALL else 2))
def test_the_run_does_what_the_plan_says_on_all_sorts_of_servers(tmp_path: Path, part: int):
    """Hundreds of small portals with habits of their own: thousands of people, none otherwise."""
    people = 0
    for number in range(part * CASES, (part + 1) * CASES):
        random = Random(1000 + number)
        seed = _seed(random)
        rows = _file(random, seed)
        with ExitStack() as stack:
            journal = stack.enter_context(Journal(tmp_path / f"{number}.sqlite3"))
            portal, jhana = (stack.enter_context(ScimStub()) for _ in range(2))
            _fill(portal, jhana, seed, random)
            services = _services(stack, TOKEN, _app(portal), _app(jhana))
            uploads = _Uploads(services, journal)
            plan = uploads.plan(rows, _options(random), emails=random.random() < 0.7)
            if impossible(plan) or not rows:
                continue
            before = (_on_pass(portal), _active(jhana))
            report, done = plan_report(plan), uploads.run(plan, rows)
        assert [
            (planned, result)
            for planned, result in zip(report.people, done.people, strict=True)
            if not _agrees(planned, result)
        ] == [], number
        enabled = sum(one.takes for one in report.budgets if one.kind == "jhana")
        assert _on_pass(portal) - before[0] == report.budgets[0].takes
        assert _active(jhana) - before[1] == enabled
        assert len(portal.store.mails) + len(jhana.store.mails) == report.mails
        people += len(rows)
    assert people > 400
