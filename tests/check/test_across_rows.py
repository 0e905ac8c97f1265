"""What only shows across rows, on files as companies have them."""

from collections import Counter
from collections.abc import Sequence
from time import process_time
from typing import Any

import pytest

from aapimport.check.domains import odd_domains

NAMES = [(f"Given{letter}", f"Family{letter}") for letter in "abcdefghijklmnopqrstuvwxyz"]


def rules_of(found: Sequence[Any], rule: str) -> list[str]:
    """The values that a rule speaks of."""
    return [problem.value for problem in found if problem.id == rule]


@pytest.mark.parametrize("domain", ["cloud.com", "mail.com", "gmaill.com", "ymail.com"])
def test_a_company_whose_domain_is_like_a_public_one_is_not_odd(problems_of, domain: str):
    """Who has many people at a domain has not misspelt it so often."""
    rows = [(f"{first}.{last}@{domain}".lower(), first, last) for first, last in NAMES]
    assert rules_of(problems_of(*rows), "odd-domain") == []


def test_a_mail_service_that_exists_is_not_odd(problems_of):
    """One person at ymail.com among many at gmail.com is no slip; gmial.com is one."""
    rows = [(f"{first}.{last}@gmail.com".lower(), first, last) for first, last in NAMES]
    found = problems_of(*rows, ("ana@ymail.com", "Ana", "Perez"), ("bo@gmial.com", "Bo", "Berg"))
    assert rules_of(found, "odd-domain") == ["bo@gmial.com"]


def test_what_is_no_address_has_no_odd_domain(problems_of):
    """One mistake is told once."""
    rows = [(f"{first}.{last}@acme.com".lower(), first, last) for first, last in NAMES]
    found = problems_of(*rows, ("Ana <ana@acme.com>", "Ana", "Perez"))
    assert rules_of(found, "not-an-email") == ["Ana <ana@acme.com>"]
    assert rules_of(found, "odd-domain") == []


def test_half_a_name_is_nobody_in_particular(problems_of):
    """Two rows without a first name are two errors, and not one human."""
    found = problems_of(("a@acme.com", "", "Smith"), ("b@acme.com", "", "Smith"))
    assert rules_of(found, "same-name") == []


SWAPPED = [
    ("jose.perez@acme.com", "Pérez", "José"),
    ("juergen.mueller@acme.com", "Müller", "Jürgen"),
    ("jurgen.muller@acme.com", "Müller", "Jürgen"),
    ("ana_lopez@acme.com", "Lopez", "Ana"),
    ("anne-marie.dubois@acme.com", "Dubois", "Anne-Marie"),
    ("sean.oconnor@acme.com", "O'Connor", "Seán"),
]


@pytest.mark.parametrize("row", SWAPPED, ids=lambda row: row[0])
@pytest.mark.parametrize("straight", [7, 26])
def test_swapped_names_are_found_however_the_address_spells_them(problems_of, row, straight: int):
    """Accents, their other spellings and separators don't hide it, nor does a small file."""
    rows = [(f"{a}.{b}@acme.com".lower(), a, b) for a, b in NAMES[:straight]]
    found = problems_of(*rows, row, ("li.wong@acme.com", "Wong", "Li"))
    assert rules_of(found, "swapped-names") == [row[1], "Wong"]


@pytest.mark.parametrize(
    ("first", "last"), [("Martin", "King, Jr."), ("Pat", "Roe, III"), ("Anne Marie", "Dubois")]
)
def test_a_suffix_is_no_second_name(problems_of, first: str, last: str):
    """Jr. and III belong to the last name."""
    found = problems_of(("a@acme.com", first, last))
    assert rules_of(found, "both-names-in-one-cell") == []


@pytest.mark.parametrize(
    ("first", "last"),
    [("Jane Roe", "-"), ("Pat Hoe", "."), ("Lea Moe", "n/a"), ("Kim Poe", "Poe Kim")],
)
def test_a_filled_in_nothing_is_no_last_name(problems_of, first: str, last: str):
    """Who types a hyphen has put both names into the other cell."""
    found = problems_of(("a@acme.com", first, last))
    assert first in rules_of(found, "both-names-in-one-cell")


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("ana@асме.com", "in its domain that only look Latin: Cyrillic"),
        ("ana@xn--80ak6aa92e.com", "Cyrillic (it reads аррӏе.com)"),
        ("ana@αcme.com", "letters of several scripts in its domain: Greek and Latin"),
        ("аnа@acme.com", "letters of several scripts before the @: Cyrillic and Latin"),
        ("асе@acme.com", "letters before the @ that only look Latin: Cyrillic"),
    ],
)
def test_letters_that_look_alike_are_told(problems_of, address: str, what: str):
    """One letter of another alphabet is another address, and looks the same."""
    (problem,) = (p for p in problems_of((address, "A", "B")) if p.id == "look-alike-letters")
    assert what in problem.message


@pytest.mark.parametrize(
    "address",
    ["иван@почта.рф", "ana@müller.de", "ana@日本語.jp", "ana@xn--mller-kva.de", "josé@acme.com"],
)
def test_other_alphabets_are_nothing_odd(problems_of, address: str):
    """A name in its own alphabet deceives nobody."""
    assert rules_of(problems_of((address, "A", "B")), "look-alike-letters") == []


def test_letters_that_fold_alike_are_said_to_read_the_same(problems_of):
    """A letter in a circle is the letter; that has nothing to do with capital letters."""
    found = problems_of(("ⓓan@acme.com", "A", "B"), ("dan@acme.com", "C", "D"))
    (problem,) = (p for p in found if p.id == "duplicate-email")
    assert "they read the same" in problem.hint


@pytest.mark.parametrize("between", [("c@acme.com", "A\nB", "C"), ()])
def test_one_name_twice_is_told_by_its_own_name(problems_of, between: Sequence[str]):
    """A line break in another name, or thousands of blank rows, put no name beside a wrong row."""
    gap = [between] if between else [()] * 20_000
    found = problems_of(
        ("a@acme.com", "Ana", "Perez"),
        *gap,
        ("b@acme.com", "Ana", "Perez"),
        ("d@acme.com", "D", "E"),
    )
    assert rules_of(found, "same-name") == ["Ana Perez"]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("ana@münchen.de", "ana@xn--mnchen-3ya.de"),
        ("ana@MÜNCHEN.de", "ana@mu\u0308nchen.de"),
        ("gil@acme.com", "gil@acme\u3002com"),
        ("gil@acme.com", "gil@acme\uff61com"),
    ],
)
def test_two_spellings_of_one_mailbox_are_a_duplicate(problems_of, one: str, two: str):
    """Domains are compared as they go over the wire (IDNA A-labels)."""
    found = problems_of((one, "A", "B"), (two, "C", "D"))
    assert [str(p.cell) for p in found if p.id == "duplicate-email"] == ["Users!A3"]


@pytest.mark.parametrize(
    ("one", "two"), [("bo@straße.de", "bo@strasse.de"), ("weiß@acme.com", "weiss@acme.com")]
)
def test_two_mailboxes_that_fold_alike_are_two(problems_of, one: str, two: str):
    """ß and ss are two letters in a domain since IDNA 2008, and before the @ anyway."""
    assert rules_of(problems_of((one, "A", "B"), (two, "C", "D")), "duplicate-email") == []


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("ann.bell@gmail.com", "annbell@googlemail.com"),
        ("ann.bell+hr@googlemail.com", "annbell@gmail.com"),
        ("ann@me.com", "ann@icloud.com"),
        ("ann@pm.me", "ann@protonmail.com"),
    ],
)
def test_one_mailbox_under_two_domains_is_told(problems_of, one: str, two: str):
    """One service's domains lead to one mailbox."""
    assert rules_of(problems_of((one, "A", "B"), (two, "C", "D")), "address-twin") == [two]


def test_two_countries_of_one_company_are_no_slip(problems_of):
    """acme.be beside acme.de is another country; acme.dr is none."""
    people = [(f"u{n}@acme.de", f"U{n}", "P") for n in range(9)]
    found = problems_of(*people, ("x@acme.be", "X", "Y"), ("y@acme.dr", "Y", "Z"))
    assert rules_of(found, "odd-domain") == ["y@acme.dr"]


def test_a_deceptive_address_is_told_once(problems_of):
    """Letters that look alike are one finding, not also a slip in the domain."""
    people = [(f"u{n}@acme.com", f"U{n}", "P") for n in range(9)]
    found = problems_of(*people, ("eve@\u0430cme.com", "Eve", "Moo"))
    assert [p.id for p in found if p.cell and p.cell.row == 11] == ["look-alike-letters"]


@pytest.mark.parametrize("other", ["cy@acme.com", "ana@acme.com"])
def test_two_addresses_on_two_lines_are_an_error_there(problems_of, other: str):
    """Two people in one cell are nobody, also where one of them has a row of their own."""
    found = problems_of(("ana@acme.com\ncy@acme.com", "Ana", "One"), (other, "Cy", "Three"))
    assert [(p.id, str(p.cell)) for p in found if p.level == "error"] == [
        ("not-an-email", "Users!A2")
    ]


def test_a_slip_is_found_among_thousands_of_domains():
    """Each domain is held against the few that are near it, not against all."""
    counts = Counter({f"{n:05}firm.de": 5 for n in range(8000)})
    counts |= Counter({f"{n:05}firms.de": 1 for n in range(8000)})
    began = process_time()
    assert len(odd_domains(counts)) == 8000
    assert process_time() - began < 5


def test_own_addresses_among_slipped_ones_are_none(problems_of):
    """Names that are in no address say nothing, and neither do two odd rows."""
    people = [("u1@acme.com", "Ana", "Berg"), ("u2@acme.com", "Bob", "Dahl")] * 1
    people += [("ana@acme.com", "Cy", "Ek"), ("bob@acme.com", "Di", "Falk")]
    assert rules_of(problems_of(*people), "shifted-addresses") == []


@pytest.mark.parametrize("chunk", [5, 7, 100])
def test_one_shift_is_told_once(problems_of, monkeypatch: pytest.MonkeyPatch, chunk: int):
    """However many rows are looked at together, and however long it goes on."""
    monkeypatch.setattr("aapimport.check.judge.CHUNK", chunk)
    names = [(f"Giv{at:03}n", f"Fam{at:03}ly") for at in range(40)]
    addresses = [f"{first}.{last}@acme.com".lower() for first, last in names]
    beside = [*addresses[:10], *addresses[11:], "zoe.berg@acme.com"]
    rows = [(one, *name) for one, name in zip(beside, names, strict=True)]
    found = [p for p in problems_of(*rows) if p.id == "shifted-addresses"]
    assert [str(p.cell) for p in found] == ["Users!A12"]
    assert " 29 rows" in found[0].message or chunk < len(rows)
