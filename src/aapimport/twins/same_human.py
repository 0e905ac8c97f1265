"""Same human? Who is about to be created, but may be on the pass, or in the file, already.

Nobody's key matches here (that is `same`, decided before); what is left is `maybe` or `new`. Two
questions are asked of each pair that shares a key of some kind:

1. *Which* reason is there to take the two for one human? That is the `Kind`.
2. *By chance?* How many other people of this company would be expected to look just like that?
   John Smith has namesakes in any company of 20,000, Åsa Lindqvist-Okafor has none. The chance is
   estimated from how often each name occurs, and from how usual each shape of address is at its
   domain. It is weighed against how often that kind of twin really occurs in this file, which the
   rare names tell: when most of them turn up again at another domain, the company has moved, and
   John Smith has moved with it. (This is record linkage after Fellegi and Sunter, 1969, with
   frequency-based weights and the match rate learned from the data.)

docs/same-human.md explains it for administrators; bench/same_human.py measures it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp

from aapimport.twins.candidates import Index
from aapimport.twins.name_forms import Form, slip_between
from aapimport.twins.name_relations import Names, compare_names
from aapimport.twins.namesakes import Namesakes


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody already on the pass, or a row of the file.

    Attributes:
        email: The address, as typed.
        first_name: As typed.
        last_name: As typed.
        where: Where people find the record: "on the pass", `Users!A12`.
        active: Whether the account is active; deactivated people keep their seat.
    """

    email: str
    first_name: str
    last_name: str
    where: str
    active: bool = True


class Kind(StrEnum):
    """Why two records may be one human, strongest reason first; the value is stable."""

    SECOND_ADDRESS = "second-address"
    TAG_OR_DOTS = "tag-or-dots"
    OTHER_DOMAIN = "other-domain"
    SHORT_FORM = "short-form"
    SLIP_IN_ADDRESS = "slip-in-address"
    NAMES_SWAPPED = "names-swapped"
    SLIP_IN_NAME = "slip-in-name"
    INITIAL_ONLY = "initial-only"
    SAME_NAME = "same-name"

    @property
    def sentence(self) -> str:
        """The reason in words, to be read after the two addresses."""
        return _SENTENCES[self]


_SENTENCES = {
    Kind.SECOND_ADDRESS: "the row's address is one of that account's, but not its user name",
    Kind.TAG_OR_DOTS: "the same address but for dots, hyphens or a +tag",
    Kind.OTHER_DOMAIN: "the same name, and the same or a like address at another domain",
    Kind.SHORT_FORM: "the same name, and two addresses made from it at one domain",
    Kind.SLIP_IN_ADDRESS: "the same name, and addresses that differ by one slip of the hand",
    Kind.NAMES_SWAPPED: "first and last name have changed places",
    Kind.SLIP_IN_NAME: "names that differ by one slip of the hand, and addresses alike",
    Kind.INITIAL_ONLY: "the same last name, and a first name of which one has only the initial",
    Kind.SAME_NAME: "the same name, and a rare one",
}
_RANKS = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Twin:
    """A newcomer who may be somebody already known: a `maybe`.

    Attributes:
        index: Which of the newcomers, from 0.
        other: The best match.
        kind: The strongest reason.
    """

    index: int
    other: Known
    kind: Kind


def find_twins(newcomers: Sequence[Known], existing: Sequence[Known]) -> list[Twin]:
    """Who of the newcomers may be somebody already known.

    Args:
        newcomers: The people who would be created, in the file's order. Their folded addresses
            are on no account of `existing`, and differ from each other.
        existing: Everyone already on the pass, active or not.

    Returns:
        At most one twin, the best match, for each newcomer, in the newcomers' order. A pair inside
        the file is reported once, at its later row. Time and memory grow with the number of
        people, never with the number of pairs.
    """
    everyone = (*existing, *newcomers)
    forms = [Form(known.email, known.first_name, known.last_name) for known in everyone]
    namesakes = Namesakes(forms, len(existing))
    index = Index(forms[len(existing) :])
    for form in forms[: len(existing)]:
        index.add(form)
    found: dict[int, list[_Match]] = {}
    for position, form in enumerate(forms[len(existing) :], start=len(existing)):
        if matches := _matches(form, index.candidates(form), namesakes):
            found[position] = matches
        index.add(form)
    rates = _Rates(namesakes, ((forms[position], matches) for position, matches in found.items()))
    place = {id(form): position for position, form in enumerate(forms)}
    return [
        Twin(position - len(existing), everyone[place[id(best.other)]], best.kind)
        for position, matches in found.items()
        if (best := rates.best(forms[position], matches))
    ]


@dataclass(frozen=True, slots=True)
class _Match:
    """One reason to take a newcomer for somebody else; `chance`: of being wrong, as a count."""

    kind: Kind
    chance: float
    alike: bool
    other: Form


def _matches(form: Form, others: Iterator[Form], namesakes: Namesakes) -> list[_Match]:
    """The best match of each kind."""
    best: dict[Kind, _Match] = {}
    for other in others:
        match = _match(form, other, namesakes)
        if match is None:
            continue
        rival = best.get(match.kind)
        if rival is None or (rival.alike, -rival.chance) < (match.alike, -match.chance):
            best[match.kind] = match
    return list(best.values())


def _match(one: Form, two: Form, namesakes: Namesakes) -> _Match | None:
    names = compare_names(one, two) if one.named and two.named else None
    if names is None:
        return None
    alike = bool(one.core) and one.core == two.core
    if one.domain == two.domain:
        if alike:
            return _Match(Kind.TAG_OR_DOTS, 0.0, alike, two)
        if one.base is two.base and (one.shape.keeps_apart or two.shape.keeps_apart):
            return None
    verdict = _VERDICTS[names](one, two, namesakes)
    return _Match(*verdict, alike, two) if verdict else None


_Verdict = tuple[Kind, float]


def _judge_equal(one: Form, two: Form, namesakes: Namesakes) -> _Verdict:
    chance = namesakes.expected(one, known=2) * namesakes.spelling(one, two)
    formed = one.base.is_form and two.base.is_form
    slipped = bool(slip_between(one.core, two.core)) and len(one.core) > _SHORT_LOCAL
    if one.domain != two.domain:
        alike = one.core == two.core
        if alike and not formed:
            return Kind.OTHER_DOMAIN, chance * _COINCIDENCE
        formed = one.shape.is_form and two.shape.is_form
        return Kind.OTHER_DOMAIN if formed or slipped or alike else Kind.SAME_NAME, chance
    if formed:
        return Kind.SHORT_FORM, chance * _oddity(one, two, namesakes)
    if slipped:
        return Kind.SLIP_IN_ADDRESS, chance * _COINCIDENCE
    return Kind.SAME_NAME, chance * _oddity(one, two, namesakes) / _SHAPES


def _judge_swapped(one: Form, two: Form, namesakes: Namesakes) -> _Verdict:
    return Kind.NAMES_SWAPPED, _misspelt(one, two, namesakes) * _oddity(one, two, namesakes)


def _judge_turned(one: Form, two: Form, namesakes: Namesakes) -> _Verdict | None:
    chance = _misspelt(one, two, namesakes) * _oddity(one, two, namesakes)
    if one.core == two.core and not (one.shape.is_form and two.shape.is_form):
        # One of the two has the other's address: john.smith@… for a Jonh Smith.
        return Kind.SLIP_IN_NAME, chance * _COINCIDENCE
    like = one.shape is two.shape or bool(slip_between(one.core, two.core))
    return (Kind.SLIP_IN_NAME, chance) if like or one.core == two.core else None


def _judge_edited(one: Form, two: Form, namesakes: Namesakes) -> _Verdict | None:
    if not namesakes.is_alone(one, two) and not namesakes.is_alone(two, one):
        return None
    verdict = _judge_turned(one, two, namesakes)
    return (verdict[0], verdict[1] / _REAL_NEIGHBOURS) if verdict else None


def _judge_initial(one: Form, two: Form, namesakes: Namesakes) -> _Verdict | None:
    if one.core == two.core or (one.shape.is_form and two.shape.is_form):
        return Kind.INITIAL_ONLY, namesakes.expected_initial(one)
    return None


def _judge_alike(one: Form, two: Form, namesakes: Namesakes) -> _Verdict | None:
    if one.core != two.core:
        return None
    return Kind.OTHER_DOMAIN, max(namesakes.expected(form, known=1) for form in (one, two))


_VERDICTS = {
    Names.EQUAL: _judge_equal,
    Names.SWAPPED: _judge_swapped,
    Names.TURNED: _judge_turned,
    Names.EDITED: _judge_edited,
    Names.INITIAL: _judge_initial,
    Names.PART: _judge_alike,
    Names.SCRIPTS: _judge_alike,
}
_SHORT_LOCAL = 4
"""Local parts of so few letters differ by one letter too easily."""
_SHAPES = 8
"""Shapes that a second address may have: of one twin in eight it is the one that is seen."""
_COINCIDENCE = 0.001
"""How many namesakes in a thousand would also be one slip apart in, or agree on, an address that is
not simply made from the name."""
_REAL_NEIGHBOURS = 0.05
"""How much less one letter more, less or other says than two that changed places: Jon and John,
Hansen and Hanson are all real names, Jonh and Hnasen are not."""


def _misspelt(one: Form, two: Form, namesakes: Namesakes) -> float:
    """Of two spellings at least one is odd, or both are people's real names."""
    return min(namesakes.expected(form, known=1) for form in (one, two))


def _oddity(one: Form, two: Form, namesakes: Namesakes) -> float:
    """Where both addresses are given out by one office, the less usual shape is the evidence."""
    if one.domain != two.domain or one.base is two.base:
        return 1.0
    return min(1.0, _SHAPES * min(namesakes.share(one), namesakes.share(two)))


class _Rates:
    """How often each kind of twin really occurs, told by the newcomers with rare names.

    Args:
        namesakes: The company.
        found: The newcomers with their matches.
    """

    def __init__(self, namesakes: Namesakes, found: Iterator[tuple[Form, list[_Match]]]) -> None:
        self._namesakes = namesakes
        self._twins = Counter(
            (match.kind, self._told_by(form, match))
            for form, matches in found
            if namesakes.is_rare(form)
            for match in matches
        )

    def best(self, form: Form, matches: list[_Match]) -> _Match | None:
        """The strongest of the matches that are more than chance, or None."""
        sure = [match for match in matches if self._is_more_than_chance(form, match)]
        return min(sure, key=lambda match: _RANKS[match.kind], default=None)

    def _is_more_than_chance(self, form: Form, match: _Match) -> bool:
        rate = self._rate(match.kind, self._told_by(form, match))
        by_chance = (1 - rate) * (1 - exp(-match.chance))
        return rate >= _ENOUGH[match.kind] * (rate + by_chance)

    def _told_by(self, form: Form, match: _Match) -> str:
        """The domain that a match says something about: of two, the new one."""
        mine, other = form.domain, match.other.domain
        is_known = self._namesakes.is_established
        return other if is_known(mine) and not is_known(other) else mine

    def _rate(self, kind: Kind, domain: str) -> float:
        """How many of a domain's newcomers have a twin of a kind, from 0 to 1."""
        if kind is Kind.INITIAL_ONLY:
            return _INITIAL_RATE
        new = kind is Kind.OTHER_DOMAIN and not self._namesakes.is_established(domain)
        twins, people = _NEW_DOMAIN if new else _USUAL
        twins += self._twins[kind, domain]
        return min(1.0, twins / (people + self._namesakes.rare_newcomers(domain)))


_INITIAL_RATE = 0.2
"""A row with an initial for a first name is odd in itself, and rare."""
_ENOUGH = {
    Kind.TAG_OR_DOTS: 0.0,
    Kind.OTHER_DOMAIN: 0.4,
    Kind.SHORT_FORM: 0.65,
    Kind.SLIP_IN_ADDRESS: 0.1,
    Kind.NAMES_SWAPPED: 0.2,
    Kind.SLIP_IN_NAME: 0.15,
    Kind.INITIAL_ONLY: 0.22,
    Kind.SAME_NAME: 0.7,
}
"""The probability from which a person is asked. Measured: the kinds that chance, or an office with
two namesakes, makes as well (short forms, other domains) need more for one in 1,000 bothered."""
_USUAL = (1, 500)
"""Before anything is counted: one newcomer in 500 is a twin of any one kind."""
_NEW_DOMAIN = (1, 2)
"""And one in two, where the domain is new to the pass and the name is not."""
