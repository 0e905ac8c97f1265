import io

import pytest

from aapimport.run.journal import Journal
from aapimport.run.report import make_report
from aapimport.screens.console import make_console
from aapimport.screens.receipt import show_receipt
from support.stub import ScimStub
from support.uploading import Uploading, people, person
from support.wire import RESET, error, instead


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path) -> Uploading:
    """One person to be uploaded to two scripted services."""
    return Uploading(portal=portal_stub, jhana=jhana_stub, journal_path=tmp_path / "j.sqlite3")


def shown(uploading: Uploading) -> str:
    """The receipt of an upload, as a pipe gets it."""
    receipt = uploading.run().receipt
    stream = io.StringIO()
    with Journal(uploading.journal_path) as journal:
        run = journal.run(receipt)
        addresses = {one.row: one.email for one in uploading.rows}
        show_receipt(make_console(stream), make_report(journal, run, addresses), run)
    return stream.getvalue()


def test_a_receipt_at_80_columns(uploading: Uploading):
    """Counts of both services, seats and e-mails; nothing about people of whom all is well."""
    uploading.rows = people(3, jhana=True)
    lines = shown(uploading).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("Receipt ")
    assert lines[1] == "people.xlsx, sheet 'Users', to pass 'Leadership 2026'"
    where = " ".join(" ".join(lines[2:4]).split())
    assert where == f"Where portal {uploading.portal.url}, Jhana {uploading.jhana.url}"
    assert lines[5].split() == ["All", "Access", "Pass", "3", "0", "0", "0", "0", "0"]
    assert lines[6].split() == ["Jhana", "3", "0", "0", "0", "0", "0"]
    assert lines[7] == "Rows             3 = 3 created"
    assert "Seats            3 used; 97 left free, as the portal told at the end" in lines
    assert "E-mails          3 welcome e-mails sent" in lines
    assert "acme.com" not in "".join(lines)


def test_who_needs_attention_is_named_by_row_and_address(uploading: Uploading):
    """A rejected and an unknown person stand there with cell, address and reason."""
    uploading.rows = (*people(2), person(4, email="ana\u202e@acme.com"))
    hostile = "\x1b[2J[red]no[/red] [/]\nsecond line \u202ereversed"
    uploading.portal.on("POST", "/Users", instead(error(422, hostile)), body="p2@")
    uploading.portal.on("POST", "/Users", instead(RESET), times=9, body="p3@")
    text = shown(uploading)
    assert "\x1b" not in text
    assert "\u202e" not in text
    rejected = next(line for line in text.splitlines() if line.startswith("Users!A2"))
    assert "p2@acme.com" in rejected
    assert "[red]no[/red] [/] second line" in rejected
    unknown = next(line for line in text.splitlines() if line.startswith("Users!A3"))
    assert "not found since" in unknown


def test_a_second_run_says_that_nobody_was_created(uploading: Uploading):
    """Nothing to do is said in words."""
    uploading.run()
    assert "nobody was created or changed" in shown(uploading)
