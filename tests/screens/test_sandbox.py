import io
from typing import Any

import pytest
from rich.console import Console

from aapimport.screens.sandbox import show_contents

PERSON = {
    "email": "ana@acme.com",
    "active": True,
    "roles": ["individualcontributor"],
    "passes": ["Leadership 2025", "Leadership 2026"],
    "teams": ["Sales EMEA"],
    "jhana": True,
}
CONTENTS: dict[str, Any] = {
    "passes": [{"id": "p-1", "name": "Leadership 2026", "seats": 1200, "seats_used": 7}],
    "teams": [
        {"id": "t-1", "name": "Any", "pass": "", "places": None, "places_used": 3},
        {"id": "t-2", "name": "Full", "pass": "Leadership 2026", "places": 2, "places_used": 2},
    ],
    "people": [PERSON],
    "outbox": [
        {
            "to": "ana@acme.com",
            "kind": "portal",
            "sent_at": "2026-11-22T18:04:05.123Z",
            "request_id": "r-1",
        }
    ],
}
EXPECTED = """\
PRACTICE portal: nothing real is touched

Passes
Pass            Id  Seats Used  Free
Leadership 2026 p-1 1,200    7 1,193

Teams
Team Pass            Places Used Free
Any                     any    3  any
Full Leadership 2026      2    2    0

People
Email Address Role                   Passes          Teams      Jhana Active
ana@acme.com  individual contributor Leadership 2025 Sales EMEA yes   yes
                                     Leadership 2026

Outbox
To           Kind   Sent                    Request
ana@acme.com portal 2026-11-22 18:04:05 UTC r-1

1 person, 1 e-mail in the outbox
kept in /somewhere
next: aapimport sandbox reset goes back to the start
"""


def rendered(contents: dict[str, Any], *, in_pipe: bool = False) -> str:
    """The screen of a terminal of 80 columns, or of a pipe, without colour."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=80,
        markup=False,
        emoji=False,
        highlight=False,
        force_terminal=not in_pipe,
        color_system=None,
        no_color=True,
        legacy_windows=False,
        _environ={"TERM": "dumb"},
    )
    show_contents(console, contents, "/somewhere")
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def test_the_screen_at_80_columns() -> None:
    """The tables hold at 80 columns; capacities without a limit are said, not left blank."""
    assert rendered(CONTENTS) == EXPECTED


def test_a_completion_notice_is_none_of_the_e_mails() -> None:
    """It stands below them with its text, and is counted by itself."""
    notice = {
        "to": "zoe@example.com",
        "subject": "aapimport: PRACTICE, Leadership 2026: complete, 1 of 1",
        "sent_at": "2026-11-22T18:04:06.000Z",
        "text": "Result  complete\n\nNext: nothing\x1b\n",
    }
    shown = rendered(CONTENTS | {"notices": [notice]})
    before, _, after = EXPECTED.partition("\n1 person, 1 e-mail in the outbox")
    assert shown == (
        f"{before}\nCompletion notice\nTo       zoe@example.com\nSent     2026-11-22 18:04:06 UTC\n"
        f"Subject  {notice['subject']}\n  Result  complete\n\n  Next: nothing\\u001B\n"
        f"\n1 person, 1 e-mail in the outbox, 1 completion notice{after}"
    )


def test_a_pipe_gets_each_address_whole() -> None:
    """Whoever searches in the output finds addresses that no terminal would hold in a line."""
    address = f"{'a' * 60}@{'subsidiary.' * 5}acme.com"
    shown = rendered(CONTENTS | {"people": [PERSON | {"email": address}]}, in_pipe=True)
    (line,) = [line for line in shown.splitlines() if address in line]
    assert "Leadership 2025" in line


@pytest.mark.parametrize("key", ["passes", "teams", "people", "outbox"])
def test_nothing_there_is_said(key: str) -> None:
    """An empty table says that it is empty."""
    assert "(none)" in rendered({**CONTENTS, key: []})
    assert "(none)" not in rendered(CONTENTS)


def test_nothing_is_cut() -> None:
    """Where an address fits no table, it stands whole in a line of its own, the rest below it."""
    long = f"{'x' * 70}@{'y' * 60}.com"
    lines = rendered({**CONTENTS, "people": [{**PERSON, "email": long}]}).splitlines()
    assert lines[lines.index(long) : lines.index(long) + 6] == [
        long,
        "  Role    individual contributor",
        "  Passes  Leadership 2025, Leadership 2026",
        "  Teams   Sales EMEA",
        "  Jhana   yes",
        "  Active  yes",
    ]


def test_outside_text_is_harmless() -> None:
    """Names from a server can neither steer the terminal nor vanish as markup."""
    team = {**CONTENTS["teams"][0], "name": "[red]\x1b[2J"}
    screen = rendered({**CONTENTS, "teams": [team]})
    assert "[red]\\u001B[2J" in screen
