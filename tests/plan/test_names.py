import pytest

from aapimport.errors import RefusedError, ServiceError
from aapimport.plan.names import choose_pass, find_teams, suggest
from aapimport.plan.plan import PlanOptions
from support.uploading import Uploading, checked, person, services
from support.wire import error, instead


@pytest.mark.parametrize("name", ["Leadership 2026", "LEADERSHIP 2026", " p26 ", "P26"])
def test_a_pass_is_meant_by_name_or_id_in_any_letter_case(uploading: Uploading, name: str):
    """What people type, and what scripts pass on."""
    with services(uploading.portal, uploading.jhana) as both:
        assert choose_pass(both.portal, name).id == "p26"


def test_an_unknown_pass_is_refused_with_what_was_meant(uploading: Uploading):
    """Close names are suggested; without one, the command that lists them is."""
    with services(uploading.portal, uploading.jhana) as both:
        with pytest.raises(RefusedError) as caught:
            choose_pass(both.portal, "Leadershp 2026")
        assert caught.value.hint == "did you mean 'Leadership 2026'?"
        with pytest.raises(RefusedError) as caught:
            choose_pass(both.portal, "Onboarding")
        assert caught.value.hint == "list them with: aapimport passes"


def test_two_passes_of_one_name_are_told_apart_by_id(uploading: Uploading):
    """Nothing is picked by chance: the ids are named, and each works."""
    uploading.portal.add_pass("p26b", " Leadership\xa02026", 10)
    with services(uploading.portal, uploading.jhana) as both:
        with pytest.raises(RefusedError) as caught:
            choose_pass(both.portal, "Leadership 2026")
        assert caught.value.message == "there are 2 passes 'Leadership 2026'"
        assert "--pass p26 or --pass p26b" in caught.value.hint
        assert choose_pass(both.portal, "p26b").id == "p26b"


def test_without_published_passes_the_name_is_the_entitlement(uploading: Uploading):
    """A portal that has no /Passes takes the name at its word, with unknown seats."""
    uploading.portal.habits.passes = False
    with services(uploading.portal, uploading.jhana) as both:
        found = choose_pass(both.portal, "Anything")
    assert (found.id, found.name, found.free) == ("Anything", "Anything", None)


def refused_teams(uploading: Uploading, *teams: str) -> str:
    """What is said about a file with these teams, from row 2 on."""
    rows = [person(row, team=team) for row, team in enumerate(teams, 2)]
    with services(uploading.portal, uploading.jhana) as both:
        pass_ = choose_pass(both.portal, "p26")
        with pytest.raises(RefusedError) as caught:
            find_teams(checked(rows), both.portal, pass_)
    return caught.value.message


def test_each_unknown_team_is_one_block_with_all_its_cells(uploading: Uploading):
    """One block a name, whatever its letter case, with every cell and what may be meant."""
    names = ["Salse", "Knitting", "Sales", "salse", "Salse", "Salse", "Knitting"]
    message = refused_teams(uploading, *names)
    assert message == (
        "2 team names in the file can't be used with pass 'Leadership 2026'\n"
        "team 'Salse' is not on the pass: Users!E2, Users!E5:E7\n"
        "  did you mean 'Sales'?\n"
        "team 'Knitting' is not on the pass: Users!E3, Users!E8\n"
        "  the pass's teams are 'Sales'"
    )


def test_a_team_of_another_pass_is_said_to_be_one(uploading: Uploading):
    """Last year's team is not on this year's pass; a look-alike would mislead."""
    uploading.portal.add_team("Sales 2025", 50, "p25")
    assert refused_teams(uploading, "sales 2025").endswith("\n  it is a team of another pass")


def test_two_teams_of_one_name_on_one_pass_are_refused(uploading: Uploading):
    """Which of them is meant can't be known, so nobody is put into either."""
    uploading.portal.add_team("Sales", 50, "p26")
    assert "team 'Sales' is the name of several teams on the pass: Users!E2" in refused_teams(
        uploading, "Sales"
    )


def test_unknown_teams_stop_the_plan_before_anybody_is_looked_up(uploading: Uploading):
    """Nothing is written, and no person's address has left."""
    uploading.rows = (person(2, team="Salse"),)
    with pytest.raises(RefusedError):
        uploading.plan()
    assert uploading.portal.writes == []
    assert not any(one.path.startswith("/Users") for one in uploading.portal.seen)


def test_a_team_whose_members_cannot_be_read_stops_the_plan(uploading: Uploading):
    """Who is in it already isn't guessed."""
    uploading.rows = (person(2, team="Sales"),)
    uploading.portal.on("GET", "/Groups/team-1", instead(error(500)), times=99)
    with pytest.raises(ServiceError, match="who is in team 'Sales' can't be read"):
        uploading.plan()


def test_names_are_cleaned_alike_on_both_sides(uploading: Uploading):
    """Blanks at an end, odd ones and double ones are nobody's intention, here and there."""
    uploading.portal.store.passes["p26"]["displayName"] = " Leadership\xa0 2026 "
    uploading.portal.store.groups["team-1"]["displayName"] = "Sales  EMEA "
    with services(uploading.portal, uploading.jhana) as both:
        pass_ = choose_pass(both.portal, "leadership  2026")
        found = find_teams(checked([person(2, team="Sales EMEA")]), both.portal, pass_)
    assert pass_.id == "p26"
    assert found["Sales EMEA"].id == "team-1"


def test_of_names_that_differ_in_letter_case_the_exact_one_counts(uploading: Uploading):
    """For passes and teams; where none is exact, nothing is guessed."""
    uploading.portal.add_pass("p27", "leadership 2026", 10)
    uploading.portal.add_team("SALES", 50, "p26")
    with services(uploading.portal, uploading.jhana) as both:
        assert choose_pass(both.portal, "leadership 2026").id == "p27"
        pass_ = choose_pass(both.portal, "Leadership 2026")
        rows = [person(2, team="SALES"), person(3, team="Sales")]
        found = find_teams(checked(rows), both.portal, pass_)
        with pytest.raises(RefusedError, match="there are 2 passes 'LEADERSHIP 2026'"):
            choose_pass(both.portal, "LEADERSHIP 2026")
    assert pass_.id == "p26"
    assert [found[name].id for name in ("SALES", "Sales")] == ["team-2", "team-1"]
    assert "team 'sales' is the name of several teams on the pass: Users!E2" in refused_teams(
        uploading, "sales"
    )


@pytest.mark.parametrize("between", ["; ", ", ", " / ", " | ", "\n", " and ", " & "])
def test_two_teams_in_one_cell_are_recognised(uploading: Uploading, between: str):
    """Whatever stands between them; a name that has such a sign itself is one team."""
    uploading.portal.add_team("Finance", 50, "p26")
    cell = f"sales{between}Finance"
    said = refused_teams(uploading, cell)
    assert "2 teams in one cell, 'sales' and 'Finance': Users!E2\n" in said
    assert "a row puts a person into one team" in said
    assert "in one cell" not in refused_teams(uploading, f"sales{between}Finanse")
    uploading.portal.add_team(cell.replace("\n", " "), 50, "p26")
    uploading.rows = (person(2, team=cell.replace("\n", " ")),)
    team = uploading.plan().people[0].team
    assert team is not None
    assert team.id == "team-3"


def test_suggestions_ignore_letter_case_and_are_few():
    """At most three, closest first; nothing for what is close to nothing."""
    assert suggest("FINANSE", ["Finance", "Sales"]) == "did you mean 'Finance'?"
    assert suggest("Team 9", [f"Team {n}" for n in range(9)]).count(" or ") == 2
    assert suggest("zzz", ["Finance"]) == ""


def test_a_pass_by_its_id_is_planned_under_its_name(uploading: Uploading):
    """The plan shows the name, and the entitlement holds the id."""
    uploading.options = PlanOptions(pass_name="P26")
    plan = uploading.plan()
    assert plan.pass_.name == "Leadership 2026"
    assert plan.people[0].portal.wanted.pass_id == "p26"


def test_of_teams_that_look_alike_the_one_spelt_so_is_meant(uploading: Uploading):
    """A blank at the end of another team's name makes nothing ambiguous."""
    uploading.portal.add_team("Ops ", 10, "p26")
    exact = uploading.portal.add_team("Ops", 10, "p26")
    rows = [person(2, team="Ops")]
    with services(uploading.portal, uploading.jhana) as both:
        pass_ = choose_pass(both.portal, "Leadership 2026")
        assert find_teams(checked(rows), both.portal, pass_)["Ops"].id == exact
