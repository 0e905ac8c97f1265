"""What text is the same, which was meant, and which column its letters are."""

from difflib import get_close_matches

import pytest
from openpyxl.utils import column_index_from_string, get_column_letter

from aapimport.text import (
    address_in_formula,
    closest,
    column_index,
    column_letters,
    did_you_mean,
    linked_address,
    looks_like_address,
)


def test_columns_are_named_as_excel_names_them() -> None:
    """Every column that a sheet can have (16,384), both ways, as openpyxl names them."""
    for index in range(16_384):
        assert column_letters(index) == get_column_letter(index + 1)
        assert column_index(column_letters(index)) == index
    assert column_index("XFD") == column_index_from_string("XFD") - 1


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("mailto:li@acme.com", "li@acme.com"),
        ("MAILTO: li@acme.com?subject=Hello", "li@acme.com"),
        ("mailto:li%2Ba@acme.com", "li+a@acme.com"),
        ("https://acme.com/mailto:li@acme.com", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_address_of_a_link(target: str | None, address: str) -> None:
    """Only a `mailto:` link goes to an address, and its subject is no part of that."""
    assert linked_address(target) == address


@pytest.mark.parametrize(
    ("formula", "address"),
    [
        ('HYPERLINK("mailto:li@acme.com","Li")', "li@acme.com"),
        ('of:=IF([.B2]="";"";Hyperlink ( "MAILTO:li@acme.com?subject=Hi" ;[.B2]))', "li@acme.com"),
        ('HYPERLINK("mailto:" & "li@acme.com")', "li@acme.com"),
        ('HYPERLINK("mailto:"&B2,A2)', ""),
        ('HYPERLINK("mailto:li@"&B2,A2)', ""),
        ('HYPERLINK("https://acme.com/?to=mailto:li@acme.com")', ""),
        ('"mailto:li@acme.com"', ""),
        ("", ""),
    ],
)
def test_the_address_that_a_formula_links_to(formula: str, address: str) -> None:
    """It is known where it is written out; cells that make it up aren't looked at."""
    assert address_in_formula(formula) == address


@pytest.mark.parametrize("text", ["li@acme.com", "'li'@acme.co.uk", "李@例え.jp"])
def test_what_looks_like_an_address(text: str) -> None:
    """One word with an @ and a domain does, whatever its letters."""
    assert looks_like_address(text)


@pytest.mark.parametrize(
    "text", ["li@acme", "li at acme.com", "li@acme.com, ana@acme.com", "@acme.com", "a@b@c.de", ""]
)
def test_what_does_not_look_like_an_address(text: str) -> None:
    """Two of them, or a part of one, do not."""
    assert not looks_like_address(text)


def test_what_was_meant() -> None:
    """The closest come first, no more than asked for, none that is far away."""
    teams = ["sales", "sales emea", "finance"]
    assert closest("salse", teams) == ["sales"]
    assert closest("sales eme", teams, most=3) == ["sales emea", "sales"]
    assert closest("legal", teams, cutoff=0.8) == []
    assert did_you_mean(["Sales", "Sales EMEA"]) == "did you mean 'Sales' or 'Sales EMEA'?"
    assert did_you_mean([]) == ""


@pytest.mark.parametrize("cutoff", [0.6, 0.8])
def test_what_is_close_is_what_difflib_says(cutoff: float) -> None:
    """What is left out beforehand could not have been close."""
    names = ["emailaddress", "firstname", "lastname", "userrole", "team", "jhanaenabled", "名"]
    forms = [
        name[:at] + extra + name[at + 1 :]
        for name in names
        for at in range(len(name))
        for extra in ("", "e", "xy")
    ]
    for form in forms:
        assert closest(form, names, most=2, cutoff=cutoff) == get_close_matches(
            form, names, n=2, cutoff=cutoff
        )
