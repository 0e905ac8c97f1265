import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from aapimport.person import Person
from aapimport.plan.plan import Action, PersonPlan, Plan, PlanOptions, Step
from aapimport.screens.console import make_console
from aapimport.screens.maybe import show_maybes
from aapimport.screens.plan import show_client_admins, show_plan
from aapimport.screens.preview import show_preview
from aapimport.screens.steps import show_steps
from aapimport.services.values import Change, EmailKind, Pass, Team, Wanted
from aapimport.template.roles import Role
from aapimport.twins.same_human import Kind, Known, Twin

SALES = Team(id="s", name="Sales EMEA", pass_id="p", places=80, places_used=2)
FINANCE = Team(id="f", name="Finance", pass_id="p", places=12, places_used=11)
TWIN = Twin(0, Known("a.perez@acme.com", "Ana", "Pérez", "on the pass"), Kind.SHORT_FORM)


def one(row: int, address: str, first: str, last: str, **more: Any) -> PersonPlan:
    """A row; what isn't said is a newcomer without team."""
    fields = {name: more.pop(name) for name in ("role", "team_name", "jhana_cell") if name in more}
    person = Person(
        row=row,
        email=address,
        first_name=first,
        last_name=last,
        role=fields.get("role", Role.MANAGER),
        team=fields.get("team_name"),
        jhana=bool(fields.get("jhana_cell")),
    )
    wanted = Wanted(email=address, first_name=first, last_name=last, role=person.role.value)
    step = Step(action=Action.CREATE, wanted=wanted)
    values: dict[str, Any] = {"portal": step, "seat": True, "email": EmailKind.PORTAL} | more
    return PersonPlan(person=person, **values)


def there(*changes: Change, kept: Sequence[Change] = ()) -> Step:
    """The step of somebody who is there already."""
    action = Action.CHANGE if changes else Action.SAME
    wanted = Wanted(email="x@acme.com", first_name="X", last_name="Y")
    return Step(action=action, wanted=wanted, changes=changes, kept=tuple(kept))


PEOPLE = (
    one(2, "ana.perez@acme.com", "Ana", "Pérez", twin=TWIN).skip("may be there already"),
    one(
        3,
        "chidi.okafor@acme.com",
        "Chidi",
        "Okafor",
        role=Role.FACILITATOR,
        portal=there(Change("account", "deactivated", "active")),
        seat=False,
        email=None,
    ),
    one(
        4,
        "li.wei@acme.com",
        "伟",
        "李",
        role=Role.INDIVIDUAL_CONTRIBUTOR,
        team_name="sales emea",
        team=SALES,
        jhana_cell=True,
        jhana=Step(
            action=Action.CREATE,
            wanted=Wanted(email="li.wei@acme.com", first_name="伟", last_name="李"),
        ),
        email=EmailKind.COMBINED,
    ),
    one(5, "zoe.ng@acme.com", "Zoë", "Ng", role=Role.CLIENT_ADMIN),
    one(
        6,
        "maximiliane.von-hohenstein@subsidiary.acme-group.example",
        "Maximiliane-Charlotte",
        "von Hohenstein",
        team_name="Finance",
        team=FINANCE,
        portal=there(Change("pass", "not on it", "Leadership 2026")),
        email=None,
    ),
    one(
        7,
        "same@acme.com",
        "[red]",
        "\x1bSame",
        portal=there(kept=[Change("role", "facilitator", "manager")]),
        seat=False,
        email=None,
    ),
)


def plan_of(*people: PersonPlan, teams: Sequence[Team] = (SALES, FINANCE), **more: Any) -> Plan:
    """A plan for a pass with 12 free seats."""
    return Plan(
        receipt="7K3QX9",
        file="people.xlsx",
        file_digest="d",
        sheet="Users",
        target="live",
        address="a b",
        pass_=Pass(id="p", name="Leadership 2026", seats=100, seats_used=88),
        teams=tuple(teams),
        options=PlanOptions(pass_name="p"),
        people=people,
        **more,
    )


def console(stream: io.StringIO) -> Console:
    """The console of a pipe, which has 80 columns."""
    made = make_console(stream)
    assert made.width == 80
    return made


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch):
    """What a screen prints at 80 columns: its lines, without trailing blanks."""
    monkeypatch.setenv("COLUMNS", "80")

    def show(screen, *arguments: object, **named: object) -> list[str]:
        stream = io.StringIO()
        screen(console(stream), *arguments, **named)
        text = stream.getvalue()
        assert "\x1b" not in text
        lines = [line.rstrip() for line in text.splitlines()]
        assert max(len(line) for line in lines) <= 80
        return lines

    return show


PREVIEW = """\
First 6 of 6 rows, for a
                                   First   Last
  Row Email Address                Name    Name    User Role    Team       Jhana
-   2 ana.perez@acme.com           Ana     Pérez   (manager)
~   3 chidi.okafor@acme.com        Chidi   Okafor  facilitator
+   4 li.wei@acme.com              伟      李      individual   sales emea 1
                                                   contributor
+   5 zoe.ng@acme.com              Zoë     Ng      client admin
~   6 maximiliane.von-hohenstein@s Maximil von     (manager)    Finance
      ubsidiary.acme-group.example iane-Ch Hohenst
                                   arlotte ein
=   7 same@acme.com                [red]   \\u001BS (manager)
                                           ame
All rows   User Role  individualcontributor: 1, blank → manager: 3, facilitator:
                      1, client admin: 1
           Team       Finance: 1, Sales EMEA: 1
           Jhana      1
           warnings   1 (row 5)
"""


def test_the_preview_is_what_it_was(shown):
    """Golden: marks, folded cells, nothing cut, totals over all rows, at 80 columns."""
    assert shown(show_preview, plan_of(*PEOPLE), "first", {5}) == PREVIEW.splitlines()


PLAN = """\
Plan 7K3QX9 for pass 'Leadership 2026'
  Where             portal a, Jhana b
  File              people.xlsx, sheet 'Users': 6 people, rows 2 to 7
  All Access Pass   + 2 create  ~ 2 change  = 1 same  - 1 left out
  Jhana             + 1 create  ~ 0 change  = 0 same
  Changes           1 put on the pass, 1 switched on again, 1 put in a team
  Seats             uses 3 of 12 free, 9 left; a used seat cannot be given back
                    (100 in all, 88 used)
                    warning: that leaves 9 free, less than the buffer of 10
  Jhana             enabled for 1; how many are free is not published
  Places            uses 1 of 1 free in Finance, 0 left
                    uses 1 of 78 free in Sales EMEA, 77 left
  Client admins     zoe.ng@acme.com (row 5)
  Returning         chidi.okafor@acme.com (row 3)
  E-mails           2 welcome e-mails: 1 about the portal and Jhana, 1 about the
                    portal
  1 person already there with another role or name: differs, kept (row 7)
  2 people already on the pass (1 of them deactivated): no seat needed
  left out, may be there already: 1 person (row 2)
  notice: the portal keeps no teams: nobody is put into one, and the column Team
  is not sent
"""


def test_the_plan_is_what_it_was(shown):
    """Golden: counts, changes, seats, places, Jhana, e-mails and who is left out or kept."""
    notice = "the portal keeps no teams: nobody is put into one, and the column Team is not sent"
    assert shown(show_plan, plan_of(*PEOPLE, notices=(notice,))) == PLAN.splitlines()


STEPS = """\
Person by person
- Users!A2  ana.perez@acme.com  left out: may be there already
~ Users!A3  chidi.okafor@acme.com  account deactivated → active; no seat needed
+ Users!A4  li.wei@acme.com  create; uses a seat; join team Sales EMEA; Jhana:
            create; combined welcome e-mail
+ Users!A5  zoe.ng@acme.com  create; uses a seat; portal welcome e-mail
~ Users!A6  maximiliane.von-hohenstein@subsidiary.acme-group.example  put on the
            pass; uses a seat; join team Finance
= Users!A7  same@acme.com  keeps role facilitator (differs: manager in the file)
"""


def test_each_step_is_what_it_was(shown):
    """Golden: a person a line, what happens from what to what, folded below itself."""
    assert shown(show_steps, plan_of(*PEOPLE), everybody=False) == STEPS.splitlines()


MAYBES = """\
1 person may be there already:
  row 2: ana.perez@acme.com  Ana Pérez
    on the pass: a.perez@acme.com  Ana Pérez
    the same name, and two addresses made from it at one domain
hint: is only the address new? A new account uses a second seat; ask
      the support instead, with this letter:
      aapimport request address a.perez@acme.com ana.perez@acme.com
"""


def test_possible_twins_are_what_they_were(shown):
    """Golden: the row and whom it may be side by side, with the reason."""
    assert shown(show_maybes, plan_of(*PEOPLE)) == MAYBES.splitlines()


def test_client_admins_are_named(shown):
    """Each with row, address and name."""
    assert shown(show_client_admins, plan_of(*PEOPLE))[1:] == ["  row 5: zoe.ng@acme.com  Zoë Ng"]


def test_the_preview_of_problems_shows_rows_with_problems_only(shown):
    """Left out, possible twins, or with a warning; without any, it says so and shows none."""
    lines = shown(show_preview, plan_of(*PEOPLE), "problems", {5})
    assert lines[0] == "2 with problems of 6 rows, for a"
    assert [line.split()[1] for line in lines if line[:1] in {"+", "-", "~", "="}] == ["2", "5"]
    lines = shown(show_preview, plan_of(*PEOPLE[1:]), "problems")
    assert lines[0] == "None with problems of 5 rows, for a"
    assert lines[1].startswith("All rows")
    many = [one(row, f"p{row}@acme.com", "A", "B") for row in range(2, 40)]
    lines = shown(show_preview, plan_of(*many), "problems", set(range(2, 20)))
    assert lines[0] == "First 10 of 18 with problems of 38 rows, for a"


def test_the_random_preview_shows_ten_different_rows_in_order(shown):
    """Anywhere from the file, row eleven as well as row one; other ones the next time."""
    many = plan_of(*(one(row, f"p{row}@acme.com", "A", "B") for row in range(2, 400)))
    drawn = set()
    for _ in range(3):
        lines = shown(show_preview, many, "random")
        assert lines[0] == "10 random of 398 rows, for a"
        rows = [int(line.split()[1]) for line in lines if line.startswith("+")]
        assert rows == sorted(set(rows))
        assert len(rows) == 10
        drawn.add(tuple(rows))
    assert len(drawn) > 1


def test_totals_count_all_rows_and_not_the_ten(shown):
    """A preview of ten proves nothing about row eleven; the totals do."""
    people = [
        one(row, f"p{row}@acme.com", "A", "B", role=Role.MANAGER if row > 11 else Role.FACILITATOR)
        for row in range(2, 2002)
    ]
    text = " ".join(shown(show_preview, plan_of(*people)))
    assert "blank → manager: 1,990, facilitator: 10" in text


def test_many_teams_are_summed_up(shown):
    """The ten fullest have a line each; the others one together, in plan and preview."""
    teams = [
        Team(id=f"t{n}", name=f"Team {n}", pass_id="p", places=50, places_used=n) for n in range(30)
    ]
    people = [
        one(n + 2, f"p{n}@acme.com", "A", "B", team_name=team.name, team=team)
        for n, team in enumerate(teams)
    ]
    plan = plan_of(*people, teams=teams)
    lines = shown(show_plan, plan)
    places = [line for line in lines if " in Team " in line]
    assert len(places) == 10
    assert places[0].endswith("uses 1 of 21 free in Team 29, 20 left")
    assert "uses 20 in 20 other teams, which have more room" in " ".join(lines)
    assert "and 20 other teams: 20" in " ".join(shown(show_preview, plan))


def test_many_steps_are_summed_up_unless_all_are_asked_for(shown):
    """Fifty lines and how many more; --all lists everybody, also the same."""
    many = [one(row, f"p{row}@acme.com", "A", "B") for row in range(2, 102)]
    same = [
        one(row, f"p{row}@acme.com", "A", "B", portal=there(), seat=False, email=None)
        for row in range(102, 110)
    ]
    plan = plan_of(*many, *same)
    lines = shown(show_steps, plan, everybody=False)
    assert len([line for line in lines if line.startswith("+")]) == 50
    assert lines[-1] == "not listed: 50 more people, 8 the same (--all lists everybody)"
    assert len(shown(show_steps, plan, everybody=True)) == 1 + 108


def test_unpublished_seats_are_said_to_be(shown):
    """No number is made up, on the pass and in the team."""
    team = Team(id="t", name="T", pass_id="p")
    plan = plan_of(one(2, "a@acme.com", "A", "B", team_name="T", team=team), teams=(team,))
    text = " ".join(" ".join(shown(show_plan, replace(plan, pass_=Pass(id="p", name="L")))).split())
    assert "uses 1; how many are free is not published; a used seat cannot be given back" in text
    assert "uses 1 of T; how many are free is not published" in text


def test_a_narrow_terminal_breaks_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 60 columns the mark and the row stay, and names stay whole: the address has its line."""
    stream = io.StringIO()
    narrow = Console(file=stream, width=60, markup=False, emoji=False, highlight=False)
    show_preview(narrow, plan_of(*PEOPLE))
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= 60
    at = next(number for number, line in enumerate(lines) if line.startswith("~ 3 "))
    assert lines[at] == "~ 3 chidi.okafor@acme.com"
    assert lines[at + 1].split() == ["Chidi", "Okafor", "facilitator"]
