import io

import pytest

from aapimport.run.debts import Debts
from aapimport.run.how_far import HowFar
from aapimport.run.records import Run
from aapimport.screens.console import make_console
from aapimport.screens.open_uploads import show_debts, show_open_uploads, whose


@pytest.fixture
def run() -> Run:
    """An upload that was interrupted."""
    return Run(
        receipt="7K3QX9",
        address="practice",
        target="practice",
        file="new\u202epeople.xlsx",
        file_digest="d",
        sheet="Users",
        pass_id="p26",
        pass_name="Leadership 2026",
        emails=True,
        seats_free=9,
        started_at=1795370640.0,
        finished_at=None,
        started_by="ana@desk",
    )


def test_open_uploads_are_listed_with_their_commands(run: Run):
    """Which, of what, who, when, how far, and what to type; at 80 columns, and harmless."""
    stream = io.StringIO()
    show_open_uploads(make_console(stream), [(run, HowFar(126, 206))])
    assert stream.getvalue().splitlines() == [
        "7K3QX9  new\\u202Epeople.xlsx to pass 'Leadership 2026'",
        "        ana@desk started it on 22 Nov 2026 18:04 UTC; 126 of 206 done",
        "        aapimport resume 7K3QX9",
    ]


def test_whoever_is_not_known_is_not_made_up(run: Run):
    """Journals of version 1 don't say who began an upload."""
    object.__setattr__(run, "started_by", "")
    assert whose(run) == "started on 22 Nov 2026 18:04 UTC"
    assert str(HowFar(0, 1)) == "0 of 1 done"
    assert str(HowFar(1, 2, 1)) == "1 of 2 done, 1 of them not confirmed yet"


def test_debts_are_told_by_row_and_address(run: Run):
    """Who was created and not mailed, what is in doubt where, and what was never sent."""
    debts = Debts(
        not_mailed=[2, 3, 4, 9],
        in_doubt={9: ["Jhana", "team"], 12: ["All Access Pass"]},
        not_sent={7: ["All Access Pass"], 8: ["All Access Pass"], 20: ["Jhana"]},
    )
    addresses = {2: "bo@acme.com", 3: "li\x1b@acme.com", 12: "ada@acme.com"}
    stream = io.StringIO()
    show_debts(make_console(stream), run, debts, addresses)
    assert stream.getvalue().splitlines() == [
        "created and not mailed: 4 people (rows 2 to 4 and 9)",
        "  Users!A2  bo@acme.com",
        "  Users!A3  li\\u001B@acme.com",
        "  Users!A4",
        "  Users!A9",
        "in doubt, look on the services: 2 people (rows 9 and 12)",
        "  Users!A9  Jhana, team",
        "  Users!A12  ada@acme.com  All Access Pass",
        "  hint: what to look at and what next is in the receipt, at each row",
        "never sent to All Access Pass: 2 people (rows 7 to 8)",
        "never sent to Jhana: 1 person (row 20)",
    ]


def test_many_debts_are_cut_short_but_counted(run: Run):
    """Fifty by name, the others by number; the rows are all there."""
    stream = io.StringIO()
    show_debts(make_console(stream), run, Debts(not_mailed=list(range(2, 1002))), {})
    lines = stream.getvalue().splitlines()
    assert lines[0] == "created and not mailed: 1,000 people (rows 2 to 1001)"
    assert lines[-1] == "  and 950 more"
    assert len(lines) == 52


def test_no_debts_are_said(run: Run):
    """An upload that owes nothing says so."""
    stream = io.StringIO()
    show_debts(make_console(stream), run, Debts(), {})
    assert stream.getvalue() == "nothing is owed\n"
