import pytest

from aapimport.errors import RefusedError
from aapimport.plan.plan import Plan, PlanOptions
from support.stub import Habits
from support.uploading import Uploading
from support.wire import error, instead


@pytest.fixture
def unlisted(uploading: Uploading) -> Uploading:
    """A portal that lists no passes."""
    uploading.portal.habits = Habits(passes=False)
    return uploading


def planned(uploading: Uploading, name: str) -> Plan:
    """The plan for a pass of that name."""
    uploading.options = PlanOptions(pass_name=name)
    return uploading.plan()


def held(uploading: Uploading, *passes: str) -> None:
    """Put somebody on each pass."""
    for number, one in enumerate(passes):
        entitlement = {"value": one, "type": "pass"}
        uploading.portal.add_user(f"x{number}@acme.com", f"X{number}", entitlements=[entitlement])


@pytest.mark.parametrize("seen", ["Leadership 2026", "LEADERSHIP 2026", "Leadership\xa02026 "])
def test_the_pass_is_spelt_as_people_have_it(unlisted: Uploading, seen: str):
    """Blanks and letter case don't make a second pass beside the right one; nothing is asked."""
    held(unlisted, "Onboarding", seen)
    plan = planned(unlisted, " Leadership 2026 ")
    assert plan.pass_.id == plan.people[0].portal.wanted.pass_id == seen
    assert plan.doubts == ()


def test_a_pass_that_nobody_has_is_asked_about(unlisted: Uploading):
    """With what people have, the most usual first, and what may be meant."""
    held(unlisted, "Onboarding", "Leadership 2026", "Leadership 2026")
    plan = planned(unlisted, "Leadershp 2026")
    (doubt,) = plan.doubts
    assert doubt.flag == "--new-pass"
    assert doubt.sentence == (
        "nobody on the portal is on pass 'Leadershp 2026'; people are on 'Leadership 2026' (2),"
        " 'Onboarding' (1); did you mean 'Leadership 2026'?"
    )
    assert doubt.sentence in plan.notices


def test_the_first_pass_of_all_is_no_question(unlisted: Uploading):
    """Where nobody is on any pass there is nothing to misspell; it is said."""
    plan = planned(unlisted, "Leadership 2026")
    assert plan.doubts == ()
    said = "nobody on the portal is on any pass so far, 'Leadership 2026' is the first"
    assert said in plan.notices


def test_two_spellings_are_not_guessed_between(unlisted: Uploading):
    """Unless one of them is the one that was typed."""
    held(unlisted, "LEADERSHIP", "leadership")
    assert planned(unlisted, "leadership").pass_.id == "leadership"
    with pytest.raises(RefusedError, match="on 'LEADERSHIP' and on 'leadership', and on none"):
        planned(unlisted, "Leadership")


def test_people_who_can_not_be_listed_are_a_question(unlisted: Uploading):
    """What can't be found out isn't taken for right."""
    held(unlisted, "Onboarding")
    unlisted.portal.on("GET", "/Users", instead(error(501, "no lists")), times=2)
    (doubt,) = planned(unlisted, "Leadership 2026").doubts
    assert doubt.sentence.startswith("whether anybody is on pass 'Leadership 2026' can't be found")


def test_where_passes_are_listed_nobody_is_asked(uploading: Uploading):
    """The list says what there is."""
    held(uploading, "Onboarding")
    assert planned(uploading, "Leadership 2026").doubts == ()
