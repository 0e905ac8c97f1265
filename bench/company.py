"""A company that never was: people of ten cultures, their addresses, and twins planted among them.

First and last names follow Zipf's law inside each culture, with a tail of rare names made of
syllables, so that namesakes are as common as in real companies (the command prints how common).
"""

import tomllib
from bisect import bisect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from random import Random

from aapimport.text import fold
from aapimport.twins.name_forms import plain, wide, words
from aapimport.twins.same_human import Known

_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_SYLLABLES = {name: parts.split() for name, parts in _DATA.pop("syllables").items()}
_RARE_FIRST = 0.35
_RARE_LAST = 0.65
_TWO_LAST_NAMES = 0.3  # of the Spanish speakers
_INITIAL_ONLY = 0.02  # of the Indians
_AWAY = 0.2  # work where another culture's domain is used
_ACQUIRED = 0.1  # have the domain of a company that was bought, with short addresses
_NUMBER_LOCAL = 0.01  # have a personnel number for an address
_ODD_LOCAL = 0.02  # have an address of another shape than the domain's
_MIDDLE_LOCAL = 0.01  # have a middle initial without need
_MIDDLE_COLLISION = 0.25  # of addresses already given get a middle initial,
_SHORT_COLLISION = 0.05  # another shape, and the rest a number
_SHORTEST_TO_MISSPELL = 5
_DOMAINS = (
    "acme.example",
    "acme-de.example",
    "acme-fr.example",
    "acme-in.example",
    "northwind.example",
)
_HOME = {"de": _DOMAINS[1], "fr": _DOMAINS[2], "in": _DOMAINS[3]}
NEW_DOMAIN = "acme-group.example"


@dataclass(frozen=True)
class Planted:
    """A second record of somebody who is in the company already."""

    kind: str
    record: Known
    original: Known


class _Names:
    """Names of one culture, by Zipf's law, with a tail of rare ones."""

    def __init__(self, names: str, rare: float, endings: list[str]) -> None:
        self._names = names.split()
        self._limits = list(accumulate(1 / (rank + 10) for rank in range(len(self._names))))
        self._rare = rare
        self._endings = endings

    def draw(self, random: Random) -> str:
        if random.random() < self._rare:
            stem = "".join(
                "".join(random.choice(_SYLLABLES[part]) for part in ("onsets", "nuclei", "codas"))
                for _ in range(random.choice((1, 1, 2)))
            )
            return (stem + random.choice(self._endings)).capitalize()
        position = bisect(self._limits, random.random() * self._limits[-1])
        return self._names[min(position, len(self._names) - 1)]


class Company:
    """People with addresses, drawn from a seed.

    Args:
        people: How many.
        seed: What everything is drawn from.
    """

    def __init__(self, people: int, seed: int) -> None:
        self.random = Random(seed)
        self._taken: set[str] = set()
        self._firsts = {
            name: _Names(culture["first"], _RARE_FIRST, _SYLLABLES["first_endings"])
            for name, culture in _DATA.items()
        }
        self._lasts = {
            name: _Names(culture["last"], _RARE_LAST, _SYLLABLES["endings"])
            for name, culture in _DATA.items()
        }
        weights = [culture["share"] for culture in _DATA.values()]
        cultures = self.random.choices(list(_DATA), weights, k=people)
        self.people = [self._person(culture) for culture in cultures]

    def _person(self, culture: str) -> Known:
        first = self._firsts[culture].draw(self.random)
        last = self._lasts[culture].draw(self.random)
        if culture == "in" and self.random.random() < _INITIAL_ONLY:
            first = first[0]
        if culture == "es" and self.random.random() < _TWO_LAST_NAMES:
            last = f"{last} {self._lasts[culture].draw(self.random)}"
        if self.random.random() < _ACQUIRED:
            domain = _DOMAINS[4]
        else:
            domain = _HOME.get(culture, _DOMAINS[0])
            if self.random.random() < _AWAY:
                domain = self.random.choice(_DOMAINS[:4])
        local = self._local(first, last, domain)
        return Known(f"{local}@{domain}", first, last, "on the pass")

    def _local(self, first: str, last: str, domain: str) -> str:
        """The office's convention, with its exceptions and its ways to keep namesakes apart."""
        first, last = _ascii(first, domain), _ascii(last, domain)
        short = domain == _DOMAINS[4]
        wanted = f"{first[0]}{last}" if short else f"{first}.{last}"
        odd = self.random.random()
        if odd < _NUMBER_LOCAL:
            wanted = f"u{self.random.randrange(10_000, 99_999)}"
        elif odd < _NUMBER_LOCAL + _ODD_LOCAL:
            wanted = self.random.choice(_short_forms(first, last))
        elif odd < _NUMBER_LOCAL + _ODD_LOCAL + _MIDDLE_LOCAL:
            wanted = self._with_middle(first, last, short=short)
        if self.take(f"{wanted}@{domain}"):
            return wanted
        way = self.random.random()
        tries = [self._with_middle(first, last, short=short)] if way < _MIDDLE_COLLISION else []
        if way > 1 - _SHORT_COLLISION:
            tries = [f"{first[:2]}{last}" if short else f"{first[0]}.{last}"]
        tries += [f"{wanted}{number}" for number in range(2, 500)]
        return next(local for local in tries if self.take(f"{local}@{domain}"))

    def _with_middle(self, first: str, last: str, *, short: bool) -> str:
        middle = self.random.choice("abcdefghjklmnprstvw")
        return f"{first[0]}{middle}{last}" if short else f"{first}.{middle}.{last}"

    def take(self, address: str) -> bool:
        """Give an address out, once."""
        if fold(address) in self._taken:
            return False
        self._taken.add(fold(address))
        return True

    def plant(self, each: int) -> list[Planted]:
        """Second records of people: so many of each kind, of people with one twin at most."""
        people = self.random.sample(self.people, len(self.people))
        planted = []
        for kind, make in KINDS.items():
            count = 0
            while count < each and people:
                original = people.pop()
                record = make(original, self.random)
                if record and self.take(record.email):
                    planted.append(Planted(kind, record, original))
                    count += 1
        return planted


def _ascii(name: str, domain: str) -> str:
    spell = wide if domain == _DOMAINS[1] else plain
    return spell(words(name)[0] if " " in name else name) or "x"


def _short_forms(first: str, last: str) -> list[str]:
    return [
        f"{first[0]}.{last}", f"{first[0]}{last}", f"{first}{last[0]}", f"{first}.{last[0]}",
        f"{last}.{first}", f"{last}{first[0]}", f"{first}.{last}", last,
    ]  # fmt: skip


def _at(known: Known, local: str, domain: str = "") -> Known:
    return replace(known, email=f"{local}@{domain or known.email.rpartition('@')[2]}")


def _own_local(known: Known) -> str:
    return known.email.rpartition("@")[0]


def _parts(known: Known) -> tuple[str, str]:
    domain = known.email.rpartition("@")[2]
    return _ascii(known.first_name, domain), _ascii(known.last_name, domain)


def _turn(word: str, random: Random) -> str | None:
    places = [at for at in range(len(word) - 1) if word[at] != word[at + 1]]
    places = [at for at in places if (word[at] + word[at + 1]).isalpha()]
    if not places:
        return None
    at = random.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _edit(word: str, random: Random) -> str:
    at = random.choice([at for at in range(1, len(word)) if word[at].isalpha()])
    letter = random.choice("abcdefghijklmnopqrstuvwxyz")
    return word[:at] + random.choice((letter, letter + word[at], "")) + word[at + 1 :]


def _is_plainly_named(known: Known) -> bool:
    first, last = _parts(known)
    return _own_local(known) in {f"{first}.{last}", f"{first[0]}{last}"}


def _accents(known: Known, random: Random) -> Known | None:
    if (known.first_name + known.last_name).isascii():
        return None
    spell = random.choice((plain, wide))
    first, last = (
        " ".join(map(spell, name.split())) for name in (known.first_name, known.last_name)
    )
    renamed = replace(known, first_name=first.title(), last_name=last.title())
    return _at(renamed, random.choice((f"{first}.{last}", f"{first[0]}.{last}")).replace(" ", ""))


def _case(known: Known, random: Random) -> Known | None:
    loud = replace(known, first_name=known.first_name.upper(), last_name=known.last_name.upper())
    return _short(loud, random)


def _short(known: Known, random: Random) -> Known | None:
    return _at(known, random.choice(_short_forms(*_parts(known))[:6]))


def _swapped(known: Known, random: Random) -> Known | None:
    first, last = _parts(known)
    turned = replace(known, first_name=known.last_name, last_name=known.first_name)
    return _at(turned, random.choice((f"{last}.{first}", f"{last[0]}{first}", f"{first}{last}")))


def _new_domain(known: Known, _: Random) -> Known | None:
    return _at(known, _own_local(known), NEW_DOMAIN)


def _new_domain_and_form(known: Known, random: Random) -> Known | None:
    return _at(known, random.choice(_short_forms(*_parts(known))), NEW_DOMAIN)


def _sister_domain(known: Known, random: Random) -> Known | None:
    return _at(known, _own_local(known), random.choice(_DOMAINS))


def _misspelt_domain(known: Known, _: Random) -> Known | None:
    return _at(known, _own_local(known), known.email.rpartition("@")[2].replace("ample", "mple"))


def _tag(known: Known, random: Random) -> Known | None:
    return _at(known, _own_local(known) + random.choice(("+aap", "+1", "+training")))


def _dots(known: Known, random: Random) -> Known | None:
    local = _own_local(known)
    if "." in local:
        return _at(known, local.replace(".", random.choice(("", "-", "_"))))
    return _at(known, f"{local[0]}.{local[1:]}")


def _local_turned(known: Known, random: Random) -> Known | None:
    local = _turn(_own_local(known), random)
    return (
        _at(known, local)
        if local and _is_plainly_named(known) and len(local) > _SHORTEST_TO_MISSPELL
        else None
    )


def _local_edited(known: Known, random: Random) -> Known | None:
    if not _is_plainly_named(known) or len(_own_local(known)) <= _SHORTEST_TO_MISSPELL:
        return None
    return _at(known, _edit(_own_local(known), random))


def _misspelt(
    change: Callable[[str, Random], str | None],
) -> Callable[[Known, Random], Known | None]:
    def make(known: Known, random: Random) -> Known | None:
        field = random.choice(("first_name", "last_name"))
        name = getattr(known, field)
        if (
            len(plain(name)) < _SHORTEST_TO_MISSPELL
            or not _is_plainly_named(known)
            or not name.isalpha()
        ):
            return None
        changed = change(name.lower(), random)
        if not changed:
            return None
        misspelt = replace(known, **{field: changed.capitalize()})
        first, last = _parts(misspelt)
        return _at(misspelt, f"{first}.{last}" if "." in _own_local(known) else f"{first[0]}{last}")

    return make


def _initial(known: Known, _: Random) -> Known | None:
    first, last = _parts(known)
    if len(first) == 1:
        return None
    return _at(replace(known, first_name=f"{known.first_name[0]}."), f"{first[0]}.{last}")


def _unrelated(known: Known, random: Random) -> Known | None:
    return _at(known, f"x{random.randrange(100_000)}")


KINDS: dict[str, Callable[[Known, Random], Known | None]] = {
    "tag": _tag,
    "dots": _dots,
    "short form": _short,
    "letter case, short form": _case,
    "accents, short form": _accents,
    "names swapped": _swapped,
    "new domain": _new_domain,
    "new domain, other form": _new_domain_and_form,
    "misspelt domain": _misspelt_domain,
    "sister domain": _sister_domain,
    "letters turned in address": _local_turned,
    "one slip in address": _local_edited,
    "letters turned in name": _misspelt(_turn),
    "one slip in name": _misspelt(_edit),
    "initial for first name": _initial,
    "same name, unrelated address": _unrelated,
}
"""How each kind of twin is made. None: this person can't have such a twin (no accents)."""


def namesakes_in_1000(people: Iterable[Known]) -> float:
    """How many of 1,000 people share their whole folded name with somebody else."""
    names = [(plain(known.first_name), plain(known.last_name)) for known in people]
    counts: dict[tuple[str, str], int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return 1000 * sum(counts[name] > 1 for name in names) / len(names)
