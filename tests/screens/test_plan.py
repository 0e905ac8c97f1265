import io
from pathlib import Path

import pytest
from rich.cells import cell_len

from aapimport.screens.console import make_console
from aapimport.screens.plan import show_plan, show_preview
from faults.stub import ScimStub
from faults.uploading import Uploading, people, person


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
    assert lines[0] == "First 10 of 28 rows"
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
    assert "seat cannot be given back (100 in all, 0 used)" in " ".join(text.split())
    assert "1 welcome e-mail" in text


def test_a_hostile_portal_can_not_steer_the_terminal(uploading: Uploading):
    """Names of passes and teams are outside text."""
    uploading.portal.store.passes["p26"]["displayName"] = "Leadership 2026\u202e\x1b[2J[red]"
    uploading.options = type(uploading.options)(pass_name="p26", maybe="create")
    uploading.rows = people(1, first_name="[/]", last_name="[bold]x")
    text = "\n".join(shown(uploading))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[/]" in text
