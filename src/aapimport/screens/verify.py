"""Everybody of a receipt, as they are now."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from aapimport.run.records import Run
from aapimport.run.since import PersonSince, Standing
from aapimport.run.taken_back import TakenBackReport
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_line
from aapimport.screens.taken_back import taken_back_lines

_WORDS = {
    Standing.SAME: "as the run left them",
    Standing.CHANGED: "changed since",
    Standing.GONE: "gone",
    Standing.UNKNOWN: "not known",
}

_NOBODY = "nobody of it is on a service, as its receipt says: there is nothing to read back"


def show_verified(
    console: Console,
    run: Run,
    people: Sequence[PersonSince],
    undos: Sequence[TakenBackReport] = (),
) -> None:
    """Say who differs, then how many are as the run left them.

    Args:
        console: Where.
        run: The run.
        people: Everybody of it.
        undos: What was taken back of it since.
    """
    for one in people:
        if one.standing is not Standing.SAME:
            name_person(console, one, (*one.words, *one.not_shown))
    counts = Counter(one.standing for one in people)
    said = ", ".join(f"{counts[one]:,} {words}" for one, words in _WORDS.items() if counts[one])
    whom = f"{count(len(people), 'person', 'people')}: {said}" if people else _NOBODY
    print_line(console, f"receipt {run.receipt}: {whom}")
    for line in taken_back_lines(undos):
        print_line(console, f"taken back {line}")
    hidden = sorted({word for one in people for word in one.not_shown})
    for word in hidden:
        several = sum(word in one.not_shown for one in people)
        print_line(console, f"unproven for {count(several, 'person', 'people')}: {safe(word)}")
    console.print("nothing was sent")


def name_person(console: Console, one: PersonSince, words: Sequence[str]) -> None:
    """One person by row and address, with what is said of them."""
    who = f"  {safe(one.email)}" if one.email else ""
    print_line(console, f"row {one.person.row}{who}  {safe('; '.join(words))}")
