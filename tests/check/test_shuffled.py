"""Addresses that were exchanged among the people of a list, and lists that only look like it."""

import random
from collections.abc import Callable, Sequence
from time import process_time

import pytest

from aapimport.check.across_rows import Across
from aapimport.check.shuffled import Shuffled

FIRSTS = ["ana", "bob", "cyril", "dora", "eva", "finn", "gia", "hal", "ian", "joy"] * 3
LASTS = [f"{start}{end}" for end in ("berg", "dahl", "ng") for start in "pk"] * 5
Names = Sequence[str]
FORMS = {
    "first.last": lambda first, last: f"{first}.{last}",
    "last.first": lambda first, last: f"{last}.{first}",
    "firstlast": lambda first, last: f"{first}{last}",
    "flast": lambda first, last: f"{first[0]}{last}",
}
OTHER_FORMS = {
    "lastf": lambda first, last: f"{last}{first[0]}",
    "firstl": lambda first, last: f"{first}{last[0]}",
    "first.m.last": lambda first, last: f"{first}.m.{last}",
    "first.last7": lambda first, last: f"{first}.{last}7",
    "firlas": lambda first, last: f"{first[:3]}{last[:3]}",
}


def found(addresses: Names, firsts: Names, lasts: Names) -> tuple[str, int] | None:
    """The column that is told, and for how many rows, in a list that begins in row 2."""
    look = Shuffled()
    straight = [
        address == f"{first}.{last}"
        for address, first, last in zip(addresses, firsts, lasts, strict=True)
    ]
    rows = range(2, len(addresses) + 2)
    look.add(rows, [f"{address}@acme.com" for address in addresses], firsts, lasts, straight)
    said = look.found(0, firsts, lasts)
    return said and (said[0], len(said[1]))


def people() -> tuple[list[str], list[str]]:
    """First and last names of thirty people, no two of them the same."""
    return [f"{first}{'xyz'[at // 10]}" for at, first in enumerate(FIRSTS)], [
        f"{last}{'abcde'[at // 6]}" for at, last in enumerate(LASTS)
    ]


def people_of(draw: random.Random, count: int) -> tuple[list[str], list[str]]:
    """First and last names of so many people, drawn from thirty of each."""
    firsts, lasts = people()
    return draw.choices(firsts, k=count), draw.choices(lasts, k=count)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_addresses_shuffled_against_names_are_told(form: Callable[[str, str], str]) -> None:
    """Each is somebody's in the list, and not the one's beside it."""
    firsts, lasts = people()
    addresses = [*map(form, firsts, lasts)]
    assert found(addresses, firsts, lasts) is None
    assert found([*addresses[7:], *addresses[:7]], firsts, lasts) == ("email", 30)
    addresses[3], addresses[20] = addresses[20], addresses[3]
    assert found(addresses, firsts, lasts) == ("email", 2)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_column_of_last_names_sorted_by_itself_is_told(form: Callable[[str, str], str]) -> None:
    """The first names still fit the addresses."""
    firsts, lasts = people()
    said = found([*map(form, firsts, lasts)], firsts, sorted(lasts))
    assert said is not None
    assert said[0] == "last_name"


@pytest.mark.parametrize("form", [FORMS["first.last"], FORMS["firstlast"]])
def test_a_column_of_first_names_sorted_by_itself_is_told(form: Callable[[str, str], str]) -> None:
    """The last names still fit the addresses."""
    firsts, lasts = people()
    said = found([*map(form, firsts, lasts)], sorted(firsts, reverse=True), lasts)
    assert said is not None
    assert said[0] == "first_name"


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_names_that_the_addresses_do_not_follow_are_nothing_odd(
    form: Callable[[str, str], str],
) -> None:
    """New names after a wedding, nicknames, and addresses of other people than the list's."""
    firsts, lasts = people()
    addresses = [*map(form, firsts, lasts)]
    married = [f"new{last}" if at % 3 else last for at, last in enumerate(lasts)]
    assert found(addresses, firsts, married) is None
    married = [lasts[at // 2] if at % 5 == 4 else last for at, last in enumerate(lasts)]
    assert found(addresses, firsts, married) is None
    called = [f"li{first[::-1]}" if at % 2 else first for at, first in enumerate(firsts)]
    assert found(addresses, called, lasts) is None
    assert (
        found(addresses, [f"x{first}" for first in firsts], [f"y{last}" for last in lasts]) is None
    )


@pytest.mark.parametrize("form", [*FORMS.values(), *OTHER_FORMS.values()])
def test_irregular_addresses_hide_no_exchange(form: Callable[[str, str], str]) -> None:
    """Neither do those of maiden names, of which every list has some."""
    draw = random.Random(23)
    firsts, lasts = people_of(draw, 100)
    addresses = [*map(form, firsts, lasts)]
    for at in range(0, 100, 10):
        addresses[at] = form(firsts[at], f"maiden{chr(97 + at // 10)}")
    assert found(addresses, firsts, lasts) is None
    said = found(sorted(addresses), firsts, lasts)
    assert said is not None
    assert said[0] == "email"
    assert said[1] > 50


def test_spelt_out_umlauts_hide_no_exchange() -> None:
    """An address spells ü as u or as ue, and it is the same name."""
    names = ["Jäger", "Müller", "Groß", "Schröder", "Kühn", "Köhler", "Bär", "Wörner"]
    spelt = ["jaeger", "mueller", "gross", "schroeder", "kuehn", "koehler", "baer", "woerner"]
    firsts = FIRSTS[: len(names)]

    def told(spelt: Names) -> list[str]:
        addresses = [f"{first}.{last}@acme.com" for first, last in zip(firsts, spelt, strict=True)]
        look = Across({"email": 0, "first_name": 1, "last_name": 2})
        assert not [*look.add(range(2, len(names) + 2), addresses, firsts, names)]
        return [finding.rule.value for finding in look.finish()]

    assert told(spelt) == []
    assert told(sorted(spelt)) == ["shuffled-addresses"]


def test_two_names_exchanged_are_told_among_irregular_ones() -> None:
    """Two that are each other's are no accident, also where some fit nobody."""
    firsts, lasts = people()
    addresses = [*map(FORMS["first.last"], firsts, lasts)]
    for at in (2, 9, 12, 23):
        addresses[at] = f"old{lasts[at]}.{lasts[at]}"
    firsts[5], firsts[27] = firsts[27], firsts[5]
    assert found(addresses, firsts, lasts) == ("first_name", 2)
    assert found(["carl.green", "beth.green"], ["beth", "carl"], ["green"] * 2) == ("first_name", 2)


IRREGULAR = {
    "married": lambda own, other: (own[0], other[1]),
    "another of their first names": lambda own, other: (other[0], own[1]),
    "both": lambda _own, other: other,
    "either": lambda own, other: (own[0], other[1]) if other[0] < "f" else (other[0], own[1]),
}


@pytest.mark.parametrize("share", [0.05, 0.3])
@pytest.mark.parametrize("form", [*FORMS.values(), *OTHER_FORMS.values()])
@pytest.mark.parametrize("kind", IRREGULAR.values(), ids=IRREGULAR)
def test_honest_lists_of_few_names_are_not_told(
    kind: Callable[[tuple[str, str], tuple[str, str]], tuple[str, str]],
    form: Callable[[str, str], str],
    share: float,
) -> None:
    """That a name is also somebody else's is accident, as often as the names are few."""
    draw = random.Random(24)
    for count in (10, 100, 1000):
        firsts, lasts = people_of(draw, count)
        addresses = [*map(form, firsts, lasts)]
        for at, of_other in enumerate(zip(*people_of(draw, count), strict=True)):
            if draw.random() < share:
                firsts[at], lasts[at] = kind((firsts[at], lasts[at]), of_other)
        assert found(addresses, firsts, lasts) is None


def test_a_long_list_of_accidental_addresses_is_not_told() -> None:
    """Among many people most names are also somebody else's; and time grows with their number."""
    draw = random.Random(22)
    firsts, lasts, of_others, too = (
        draw.choices([f"{start}{end}" for start in syllables for end in "aeiou"], k=30_000)
        for syllables in (["an", "bo", "ced", "dor"], ["per", "kov", "mull", "sand"]) * 2
    )
    began = process_time()
    assert found([*map(FORMS["flast"], of_others, too)][:9], firsts[:9], lasts[:9]) is None
    married = [*lasts[:28_000], *too[28_000:]]
    assert found([*map(FORMS["first.last"], firsts, lasts)], firsts, married) is None
    assert process_time() - began < 3


def test_a_line_break_in_a_name_breaks_nothing() -> None:
    """It is told elsewhere; each name stays with its row."""
    shuffled = Shuffled()
    shuffled.add([2, 3], ["ana@a.se", "bo@a.se"], ["ana", "bo\nli"], ["é", "x"], [False, False])
    assert shuffled.found(0, ["ana\nbo li"], ["é\nx"]) is None
