import pytest

from aapimport.person import address_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana@Acme.com", "ana@acme.COM"),
        ("li@münchen.de", "li@xn--mnchen-3ya.de"),
        ("li@MÜNCHEN.de", "LI@XN--MNCHEN-3YA.de"),
        ("li@mu\u0308nchen.de", "li@münchen.de"),
        ("li@acme。com", "li@acme.com"),
        ("li@acme\uff0ecom", "li@acme.com"),
        ("jos\u00e9@acme.com", "jose\u0301@acme.com"),
        (" li@acme.com\x00\n", "li@acme.com"),
        ("\u200bli@münchen.de\u00a0", "li@münchen.de"),
    ],
)
def test_one_mailbox(one: str, other: str) -> None:
    """Letter case, normal forms, a domain's spelling and blanks around it don't make another."""
    assert address_key(one) == address_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("li@straße.de", "li@strasse.de"),
        ("li@münchen.de", "li@muenchen.de"),
        ("li@acme.com", "li@acme.co"),
        ("li+a@acme.com", "li@acme.com"),
        ("jose@acme.com", "josé@acme.com"),
    ],
)
def test_two_mailboxes(one: str, other: str) -> None:
    """What is another mailbox by the standards is never taken for the same."""
    assert address_key(one) != address_key(other)


@pytest.mark.parametrize(
    "text", ["", "@", "li@", "@acme.com", "nobody", "\u200b", "li@ü..de", "47ü"]
)
def test_what_is_no_address_has_a_key_as_well(text: str) -> None:
    """Services keep anything as a userName; comparing it never fails."""
    assert address_key(text) == address_key(text.upper())
