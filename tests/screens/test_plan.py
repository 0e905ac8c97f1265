import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from aapimport.screens.console import make_console
from aapimport.screens.plan import show_client_admins, show_plan, show_preview
from aapimport.screens.returning import show_returning, show_returning_person
from support.stub import ScimStub
from support.uploading import Uploading, people, person


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """One person to be uploaded to two scripted services."""
    return Uploading(portal=portal_stub, jhana=jhana_stub, journal_path=tmp_path / "j.sqlite3")


def shown(uploading: Uploading) -> list[str]:
    """Preview and plan, as a pipe gets them."""
    stream = io.StringIO()
    plan = uploading.plan()
    show_preview(make_console(stream), plan)
    show_plan(make_console(stream), plan)
    return stream.getvalue().splitlines()


def test_the_preview_holds_at_80_columns_and_cuts_nothing(uploading: Uploading):
    """Long and wide cells go on in the next line; every character of them is there."""
    address = "a" * 60 + "@" + "b" * 60 + ".example.com"
    uploading.rows = (
        person(2, email=address, first_name="王" * 40, last_name="Y" * 70),
        *(person(row) for row in range(3, 30)),
    )
    lines = shown(uploading)
    table = lines[1 : next(at for at, line in enumerate(lines) if line.startswith("All rows"))]
    assert max(cell_len(line) for line in table) <= 80
    text = "".join(table)
    assert text.count("王") == 40
    assert text.count("Y") == 70
    assert lines[0].startswith("First 10 of 28 rows, for http://127.0.0.1:")
    assert sum(line.startswith("+") for line in table) == 10


def test_marks_and_totals_say_what_will_happen(uploading: Uploading):
    """New, changed and same have their mark; totals, seats and e-mails are said."""
    on_pass = [{"value": "p26"}]
    uploading.portal.add_user("p2@acme.com", roles=[{"value": "manager"}], entitlements=on_pass)
    uploading.portal.add_user("p3@acme.com", roles=[{"value": "manager"}])
    uploading.rows = people(3)
    lines = shown(uploading)
    assert [line[0] for line in lines if line[:1] in "+~="][:3] == ["=", "~", "+"]
    text = "\n".join(lines)
    assert "+ 1 create" in text
    assert "seat cannot be given back (100 in all, 1 used)" in " ".join(text.split())
    assert "1 welcome e-mail" in text


def test_seats_of_people_who_left_are_said(uploading: Uploading):
    """Should some of them return, fewer seats are used: who left can't be seen before."""
    for number, more in enumerate(({}, {"active": False})):
        held: dict[str, Any] = {"entitlements": [{"value": "p26", "type": "pass"}]}
        uploading.portal.add_user(f"x{number}@acme.com", f"X{number}", "Ng", **held, **more)
    uploading.portal.store.passes["p26"]["seatsUsed"] = 1
    lines = shown(uploading)
    assert max(cell_len(line) for line in lines) <= 80
    said = " ".join("\n".join(lines).split())
    assert "96 left; may be fewer: 1 used seat belongs to people who left; a used seat" in said
    uploading.portal.store.passes["p26"]["seatsUsed"] = 0
    assert "may be fewer" not in " ".join("\n".join(shown(uploading)).split())


def test_teams_that_differ_in_letter_case_are_counted_apart(uploading: Uploading):
    """The totals over all rows say who goes where; another spelling of one team is that team."""
    uploading.portal.add_team("SALES", 50, "p26")
    uploading.portal.add_team("Finance", 50, "p26")
    names = ("SALES", "Sales", "Sales", "finance", "FINANCE", "Finance")
    uploading.rows = [person(row, team=team) for row, team in enumerate(names, 2)]
    assert "Team       Finance: 3, Sales: 2, SALES: 1" in "\n".join(shown(uploading))


def test_who_returns_is_named_with_the_role_they_will_have(uploading: Uploading):
    """A role that is kept, or the row's where it is set; nothing of theirs steers the terminal."""
    held: dict[str, Any] = {"entitlements": [{"value": "p26"}], "active": False}
    for number, role in ((2, "client admin"), (3, "facilitator"), (4, "manager")):
        uploading.portal.add_user(f"p{number}@acme.com", roles=[{"value": role}], **held)
    uploading.rows = [person(2), person(3, last_name="[red]\x1bx"), person(5)]
    uploading.options = replace(uploading.options, returning="include")
    stream = io.StringIO()
    show_returning(make_console(stream), uploading.plan())
    assert stream.getvalue() == (
        "2 people whose account is deactivated:\n"
        "  row 2: p2@acme.com  Ana Perez  (client admin)\n"
        "  row 3: p3@acme.com  Ana [red]\\u001Bx (the account is Ana Perez's)  (facilitator)\n"
    )
    uploading.options = replace(uploading.options, update_roles=True)
    (first, _) = uploading.plan().returning
    assert show_returning_person(first).endswith("(manager)")


def test_a_hostile_portal_can_not_steer_the_terminal(uploading: Uploading):
    """Names of passes and teams are outside text."""
    uploading.portal.store.passes["p26"]["displayName"] = "Leadership 2026\u202e\x1b[2J[red]"
    uploading.options = type(uploading.options)(pass_name="p26", maybe="create")
    uploading.rows = people(1, first_name="[/]", last_name="[bold]x")
    text = "\n".join(shown(uploading))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[/]" in text


def test_accounts_that_are_switched_on_again_on_jhana_are_counted(uploading: Uploading):
    """Who is deactivated there only returns as well: named with where, and left out by default."""
    uploading.jhana.add_user("p2@acme.com", active=False)
    uploading.rows = [person(2, jhana=True), person(3, jhana=True)]
    assert "switches them on again: 1 person (row 2)" in " ".join(
        " ".join(shown(uploading)).split()
    )
    uploading.options = replace(uploading.options, returning="include")
    (one,) = uploading.plan().returning
    assert show_returning_person(one) == "  row 2: p2@acme.com  Ana Perez  (on Jhana)"
    assert any("1 switched on again on Jhana" in line for line in shown(uploading))


def test_the_screens_say_whose_an_account_is(uploading: Uploading):
    """Beside the row's name, wherever rights, seats or accounts of somebody are at stake."""
    manager = [{"value": "manager"}]
    uploading.portal.add_user("p2@acme.com", "A.", "Perez", roles=manager)
    uploading.portal.add_user("p3@acme.com", "Zed", "Nobody", roles=manager)
    uploading.portal.add_user("p4@acme.com", "Zoe", "Nobody", roles=manager)
    uploading.portal.add_user("p5@acme.com", roles=manager)
    uploading.rows = [
        person(2, role="client admin"),
        person(3, role="client admin"),
        person(4),
        person(5),
    ]
    uploading.options = replace(uploading.options, update_roles=True)
    said = " ".join("\n".join(shown(uploading)).split())
    assert "Client admins p2@acme.com (row 2) (the account is A. Perez's)" in said
    assert (
        "Another name p3@acme.com (row 3) is Zed Nobody there, Ana Perez in the file;"
        " p4@acme.com (row 4) is Zoe Nobody there, Ana Perez in the file;"
        " p2@acme.com (row 2) is A. Perez there, Ana Perez in the file E-mails"
    ) in said
    assert "would get administration rights: 1 person (row 3)" in said
    stream = io.StringIO()
    show_client_admins(make_console(stream), uploading.plan())
    assert "row 2: p2@acme.com  Ana Perez (the account is A. Perez's)\n" in stream.getvalue()
    assert "row 3" not in stream.getvalue()
