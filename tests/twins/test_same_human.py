import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aapimport.text import fold
from aapimport.twins.candidates import BLOCK
from aapimport.twins.same_human import Kind, Known, Twin, find_twins

BENCH = Path(__file__).parents[2] / "bench"


def known(name: str, email: str, where: str = "on the pass", *, active: bool = True) -> Known:
    """A record, from the whole name."""
    first, _, last = name.partition(" ")
    return Known(email, first, last, where, active=active)


def kinds(newcomers: list[Known], existing: list[Known]) -> list[tuple[int, str, Kind]]:
    """What was found, in short."""
    return [(twin.index, twin.other.email, twin.kind) for twin in find_twins(newcomers, existing)]


STAFF = [
    known("John Smith", "john.smith@acme.com"),
    known("Jürgen Müller", "juergen.mueller@acme.com"),
    known("Søren Østergaard", "soren.ostergaard@acme.com"),
    known("Kristina Lindqvist", "kristina.lindqvist@acme.com"),
    known("Taro Yamada", "taro.yamada@acme.com"),
    known("Ana Pérez López", "ana.perez@acme.com"),
    known("कमर शर्मा", "kamar.sharma@acme.com"),
    known("Chidi Okafor", "e48213@acme.com"),
]

TWINS = {
    "John Smith <john.smith+aap@acme.com>": Kind.TAG_OR_DOTS,
    "John Smith <johnsmith@acme.com>": Kind.TAG_OR_DOTS,
    "Jonh Smith <john-smith@acme.com>": Kind.TAG_OR_DOTS,
    "John Smith <john.smith@acme.con>": Kind.OTHER_DOMAIN,
    "John Smith <john.smith@smithandsons.com>": Kind.OTHER_DOMAIN,
    "John Smith <jsmith@acme.co.uk>": Kind.OTHER_DOMAIN,
    "Ana Perez <ana.perez@acme.es>": Kind.OTHER_DOMAIN,
    "太郎 山田 <taro.yamada@acme.co.jp>": Kind.OTHER_DOMAIN,
    "Chidi Okafor <e48213@acme-group.com>": Kind.OTHER_DOMAIN,
    "JOHN SMITH <j.smith@acme.com>": Kind.SHORT_FORM,
    "John Smith <johns@acme.com>": Kind.SHORT_FORM,
    "John Smith <smith.john@acme.com>": Kind.SHORT_FORM,
    "Jurgen Muller <j.muller@acme.com>": Kind.SHORT_FORM,
    "Juergen Mueller <jmueller@acme.com>": Kind.SHORT_FORM,
    "Soeren Oestergaard <soestergaard@acme.com>": Kind.SHORT_FORM,
    "John Smith <jonh.smith@acme.com>": Kind.SLIP_IN_ADDRESS,
    "John Smith <john.smitg@acme.com>": Kind.SLIP_IN_ADDRESS,
    "Smith John <smith.john@acme.com>": Kind.NAMES_SWAPPED,
    "Smith John <sjohn@acme.com>": Kind.NAMES_SWAPPED,
    "Jonh Smith <jonh.smith@acme.com>": Kind.SLIP_IN_NAME,
    "Kristina Lindqist <kristina.lindqist@acme.com>": Kind.SLIP_IN_NAME,
    "J. Smith <j.smith@acme.com>": Kind.INITIAL_ONLY,
    "Kristina Lindqvist <x771@acme.com>": Kind.SAME_NAME,
}


def parse(text: str) -> Known:
    """A row of the file, from `First Last <address>`."""
    name, _, rest = text.partition(" <")
    return known(name, rest.rstrip(">"), "Users!A2")


@pytest.mark.parametrize(("newcomer", "kind"), TWINS.items())
def test_each_kind_of_twin_is_found(newcomer, kind):
    """A second record of a colleague is reported, with the strongest reason."""
    assert [twin.kind for twin in find_twins([parse(newcomer)], STAFF)] == [kind]


@pytest.mark.parametrize("newcomer", TWINS)
def test_a_twin_inside_the_file_is_reported_at_the_later_row(newcomer):
    """The same pairs are found when both records are rows of the file, once each."""
    rows = [*STAFF, parse(newcomer)]
    assert [twin.index for twin in find_twins(rows, [])] == [len(STAFF)]


@pytest.mark.parametrize(
    "newcomer",
    [
        "John Smith <john.smith2@acme.com>",
        "John Smith <john.q.smith@acme.com>",
        "John Smith <johnqsmith@acme.com>",
        "Jane Smith <jane.smith@acme.com>",
        "Jane Smith <j.smith@acme.com>",
        "Jon Smith <jon.smith@acme.com>",
        "James Smith <jsmith@acme.com>",
        "Mary Jones <john.smith+mary@acme.com>",
        "John Smythe <john.smythe@acme.com>",
        "Kristine Lindqvist <kristine.lindqvist@acme.com>",
        "Christina Lindqvist <christina.lindqvist@acme.com>",
        "Kristina Svensson <kristina@acme.com>",
        "Jürgen Möller <juergen.moeller@acme.com>",
        "花子 山田 <hanako.yamada@acme.com>",
        "कुमार शर्मा <k.sharma@acme.com>",
        "Smith Smith <smith@acme.com>",
    ],
)
def test_other_people_are_left_alone(newcomer):
    """A number, a middle initial, or a real other name makes another person."""
    assert find_twins([parse(newcomer)], STAFF) == []


def test_the_other_is_handed_back_as_it_was_given():
    """The screen can show where the other record is, and that it is deactivated."""
    other = known("Ana Pérez", "ana.perez@acme.com", "on the pass", active=False)
    newcomer = known("Ana Perez", "ana.perez@acme.es", "Users!A9")
    assert find_twins([newcomer], [other]) == [Twin(0, other, Kind.OTHER_DOMAIN)]


def test_of_two_namesakes_the_one_with_the_same_address_is_shown():
    """The best match is reported, not the first."""
    staff = [
        known("Wei Chen", "wei.chen2@acme.com"),
        known("Wei Chen", "wei.chen@acme.com"),
        known("Wei Chen", "wchen@acme.com"),
    ]
    newcomer = known("Wei Chen", "wei.chen@acme.cn")
    assert kinds([newcomer], staff) == [(0, "wei.chen@acme.com", Kind.OTHER_DOMAIN)]


def company_of_smiths() -> list[Known]:
    """Two domains of 1,500 people each, with 40 John Smiths and plenty of rare names."""
    people = [
        known("John Smith", f"john.smith{number or ''}@{domain}")
        for number in range(20)
        for domain in ("acme.com", "acme.de")
    ]
    letters = "abcdefghijkl"
    names = [(a + b + c) for a in letters for b in letters for c in letters]
    for name in names[:1460]:
        people.append(known(f"Fa{name} La{name}", f"fa{name}.la{name}@acme.com"))
        people.append(known(f"Fe{name} Le{name}", f"fe{name}.le{name}@acme.de"))
    return people


def test_a_common_name_at_a_sister_domain_is_chance():
    """One of 41 John Smiths is nobody's twin where both domains have people of their own."""
    newcomer = known("John Smith", "john.smith77@acme.de")
    assert find_twins([newcomer], company_of_smiths()) == []


def test_a_rare_name_at_a_sister_domain_is_a_twin():
    """The same move is noticed for a name that nobody else has."""
    newcomer = known("Faabc Laabc", "faabc.laabc@acme.de")
    assert len(find_twins([newcomer], company_of_smiths())) == 1


def test_when_the_company_moved_common_names_moved_too():
    """Rare names that turn up again at a new domain tell that John Smith has moved as well."""
    staff = company_of_smiths()
    moved = [
        known(f"{one.first_name} {one.last_name}", one.email.replace("acme.com", "acme-group.com"))
        for one in staff
        if one.email.endswith("@acme.com")
    ]
    twins = find_twins(moved, staff)
    assert len(twins) == len(moved)


def test_an_acquired_company_is_not_a_moved_one():
    """Where the rare names of a new domain are new, a namesake at it is chance."""
    staff = company_of_smiths()
    acquired = [
        known(f"Newa{chr(97 + one % 26)}{chr(97 + one // 26)} Niu{one}x", f"n{one}@northwind.com")
        for one in range(300)
    ]
    namesake = known("John Smith", "john.smith@northwind.com")
    assert find_twins([*acquired, namesake], staff) == []


@pytest.mark.parametrize("size", [200, pytest.param(2000, marks=pytest.mark.campaign)])
def test_the_work_grows_with_the_people_not_the_pairs(monkeypatch, size):
    """However many people share a key, each newcomer is compared with a bounded number."""
    import aapimport.twins.same_human as module

    compared = []
    real = module._match

    def counted(*pair: Any) -> Any:
        compared.append(pair)
        return real(*pair)

    monkeypatch.setattr(module, "_match", counted)
    hostile = [
        *(known("John Smith", f"john.smith@a{row}.com") for row in range(size)),
        *(known("John Smith", f"john.smith{row}@b.com") for row in range(size)),
        *(known(f"Abcd{chr(97 + row % 26)}efg Smith", f"p{row}@c.com") for row in range(size)),
        *(known("J Smith", f"q{row}@d.com") for row in range(size)),
    ]
    find_twins(hostile, hostile[::2])
    assert 0 < len(compared) <= len(hostile) * 7 * BLOCK


TEXT = st.text(alphabet="ab1 .+-_@éüß'ÀЖ山\u0301\u200d", max_size=8)
PEOPLE = st.lists(
    st.builds(Known, TEXT, TEXT, TEXT, st.just("somewhere"), st.booleans()), max_size=9
)


@given(PEOPLE, PEOPLE)
def test_anything_gives_a_tidy_answer(newcomers, existing):
    """Whatever the names are: one twin a newcomer at most, in order, and never oneself."""
    twins = find_twins(newcomers, existing)
    assert [twin.index for twin in twins] == sorted({twin.index for twin in twins})
    for twin in twins:
        assert any(twin.other is one for one in [*existing, *newcomers[: twin.index]])
    assert twins == find_twins(newcomers, existing)


WORD = st.text(alphabet="bcdfgklmnrst", min_size=6, max_size=10)


@given(WORD, WORD, st.integers(0, 4), st.sampled_from(["email", "first", "last"]))
def test_letters_that_changed_places_are_always_found(first, last, place, part):
    """Wherever two neighbouring letters of a name or an address are turned, the twin is found."""
    word = {"email": f"{first}{last}", "first": first, "last": last}[part]
    turned = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if turned == word:
        return
    names = {"first": first, "last": last} | ({part: turned} if part != "email" else {})
    local = turned if part == "email" else f"{names['first']}.{names['last']}"
    newcomer = Known(f"{local}@acme.com", names["first"], names["last"], "Users!A2")
    original = Known(f"{first}.{last}@acme.com", first, last, "on the pass")
    if first != last:
        assert len(find_twins([newcomer], [original])) == 1


def test_every_kind_has_a_sentence():
    """A kind without words can't be shown."""
    assert all(kind.sentence[0].islower() and not kind.sentence.endswith(".") for kind in Kind)


@pytest.fixture(scope="module")
def scores():
    """The benchmark's own count, on three companies of 6,000."""
    sys.path.insert(0, str(BENCH))
    try:
        spec = importlib.util.spec_from_file_location("bench_same_human", BENCH / "same_human.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        yield [module.score(6_000, seed, 10) for seed in (1, 2, 3)]
    finally:
        sys.path.remove(str(BENCH))
        sys.modules.pop("bench_same_human", None)
        sys.modules.pop("company", None)


@pytest.mark.campaign
@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("tag", 1.0),
        ("dots", 1.0),
        ("new domain", 0.96),
        ("new domain, other form", 0.96),
        ("misspelt domain", 0.96),
        ("names swapped", 0.96),
        ("letters turned in address", 0.96),
        ("one slip in address", 0.96),
        ("letters turned in name", 0.96),
        ("accents, short form", 0.9),
        ("short form", 0.85),
    ],
)
def test_planted_twins_are_found(scores, kind, least):
    """In a generated company nearly every planted twin of the named kinds is asked about."""
    asked = sum(score.asked[kind] for score in scores)
    assert asked >= least * sum(score.planted[kind] for score in scores)


@pytest.mark.campaign
def test_hardly_anybody_else_is_bothered(scores):
    """Of newcomers without a twin, at most two in 1,000 are asked about (small companies)."""
    bothered = sum(len(score.bothered) for score in scores)
    assert bothered <= 0.002 * sum(score.others for score in scores)


def test_a_generated_company_gives_no_address_twice():
    """Nobody in the benchmark is the same by key, or it would measure nothing."""
    sys.path.insert(0, str(BENCH))
    try:
        from company import Company  # type: ignore[import-not-found] # in bench/
    finally:
        sys.path.remove(str(BENCH))
    company = Company(2_000, 1)
    people = [*company.people, *(twin.record for twin in company.plant(5))]
    assert len({fold(one.email) for one in people}) == len(people)
