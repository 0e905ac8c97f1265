import io

from aapimport.screens.console import make_console
from aapimport.screens.passes import pass_label, show_passes
from aapimport.services.values import Pass

FULL = Pass(id="p26", name="Leadership 2026", seats=1240, seats_used=1000)
BARE = Pass(id="\x1bx", name="[red]\u202eP[/red]")


def test_the_table_shows_numbers_or_that_there_are_none():
    """Seats, used and free; what isn't published is said, hostile names are harmless."""
    stream = io.StringIO()
    show_passes(make_console(stream), (FULL, BARE))
    text = stream.getvalue()
    assert text.splitlines()[1].split() == ["Leadership", "2026", "p26", "1,240", "1,000", "240"]
    assert text.count("not published") == 3
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]" in text


def test_a_label_says_how_many_seats_are_free():
    """Only where it is known."""
    assert pass_label(FULL) == "Leadership 2026 (240 seats free)"
    assert "seats" not in pass_label(BARE)
