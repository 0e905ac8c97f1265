"""How two people's names are related: equal, swapped, misspelt, abbreviated, in part."""

from enum import StrEnum

from aapimport.twins.name_forms import SHORTEST_SLIP, Form, Shape, Slip, slip_between


class Names(StrEnum):
    """How the names of two people are related."""

    EQUAL = "equal"
    SWAPPED = "first and last name have changed places"
    TURNED = "two neighbouring letters changed places"
    EDITED = "one letter more, less or other"
    INITIAL = "one first name is but the initial of the other"
    PART = "one has all the words of the other, and more"
    SCRIPTS = "in two scripts, the address spells the Latin one"


def compare_names(one: Form, two: Form) -> Names | None:
    """How two people's names are related; None where they have nothing to do with each other.

    Args:
        one: Somebody with a name that can be compared (`Form.named`).
        two: Somebody else with one.
    """
    same_first = _meet(one.firsts, two.firsts)
    same_last = _meet(one.lasts, two.lasts)
    if same_first and same_last:
        return Names.EQUAL
    if _meet(one.firsts, two.lasts) and _meet(one.lasts, two.firsts):
        return Names.SWAPPED
    if same_last and one.first[0] == two.first[0] and one.one_letter != two.one_letter:
        return Names.INITIAL
    if same_first or same_last:
        pair = (one.last, two.last) if same_first else (one.first, two.first)
        slip = slip_between(*pair) if min(map(len, pair)) >= SHORTEST_SLIP else None
        if slip is Slip.TURNED:
            return Names.TURNED
        if slip is Slip.EDIT and not _are_variants(*pair):
            return Names.EDITED
    if _is_part(one, two):
        return Names.PART
    if one.core == two.core and _is_romanised(one, two):
        return Names.SCRIPTS
    return None


def may_be_one(one: Form, two: Form) -> bool:
    """Whether two records of one address may be of one human, by their names.

    Where one of them lacks a name, the words of the other have to hold all that it has.
    """
    if one.named and two.named:
        return compare_names(one, two) is not None
    left, right = ({*form.names[0], *form.names[1]} for form in (one, two))
    return left <= right or right <= left


def _are_variants(one: str, two: str) -> bool:
    """Whether two words one letter apart are likely two names.

    The last letter makes Mario Maria and Kowalski Kowalska; a vowel makes Müller Möller.
    """
    if one[-1] != two[-1] or one[:-1] == two or one == two[:-1]:
        return True
    changed = [pair for pair in zip(one, two, strict=False) if pair[0] != pair[1]]
    return len(one) == len(two) and all(letter in "aeiouy" for pair in changed for letter in pair)


def _meet(one: tuple[str, ...], two: tuple[str, ...]) -> bool:
    return one[0] == two[0] or (len(one) + len(two) > len("ab") and not set(one).isdisjoint(two))


def _is_part(one: Form, two: Form) -> bool:
    left, right = ({*form.names[0], *form.names[1]} for form in (one, two))
    return (left < right or right < left) and min(len(left), len(right)) > 1


def _is_romanised(one: Form, two: Form) -> bool:
    latin, other = (one, two) if (one.first + one.last).isascii() else (two, one)
    name = other.first + other.last
    return (
        latin.shape in {Shape.FULL, Shape.FULL_TURNED}
        and (latin.first + latin.last).isascii()
        and not any(letter.isascii() and letter.isalpha() for letter in name)
    )
