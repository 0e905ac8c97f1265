import pytest

from aapimport.services.identity import belongs, has_address, is_named, keys
from aapimport.services.scim import Account, read_account
from aapimport.services.values import Wanted

ANA = Wanted(email="Ana.Perez@münchen.de", first_name="Ana", last_name="Perez", external_id="k-ana")


def account(**more: object) -> Account:
    """Somebody else's account, but for what a test says."""
    name = {"givenName": "Ruth", "familyName": "Other"}
    found = read_account({"id": "7", "userName": "ruth@acme.com", "name": name, **more})
    assert found
    return found


ANAS_NAME = {"givenName": "ANA", "familyName": "perez"}
ANAS_MAIL = [{"value": "ana.perez@xn--mnchen-3ya.de"}]


@pytest.mark.parametrize(
    "more",
    [
        {"externalId": "k-ana"},
        {"userName": "ana.perez@xn--mnchen-3ya.de"},
        {"userName": "ANA.PEREZ@MÜNCHEN。DE", "externalId": "somebody's own"},
        {"userName": "e-4711", "emails": ANAS_MAIL, "name": ANAS_NAME},
    ],
    ids=["our key", "the address", "the address in capitals", "a number with names and address"],
)
def test_it_is_the_persons(more: dict[str, object]):
    """Our key, the userName, or where userNames are numbers the address and the names together."""
    assert belongs(account(**more), ANA)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"externalId": "k-ben"},
        {"externalId": ""},
        {"emails": ANAS_MAIL, "name": ANAS_NAME},
        {"userName": "e-4711", "emails": ANAS_MAIL},
        {"userName": "e-4711", "name": ANAS_NAME},
        {"userName": "ana.perez@muenchen.de", "name": ANAS_NAME},
        {"userName": "ana.perez", "name": ANAS_NAME},
    ],
    ids=[
        "another's",
        "another's key",
        "no key",
        "a second address",
        "a number with another's names",
        "a number without the address",
        "a domain spelt otherwise",
        "the part before the @",
    ],
)
def test_it_is_somebody_elses(more: dict[str, object]):
    """A second address, equal names or a name alike don't make an account a person's."""
    assert not belongs(account(**more), ANA)


def test_without_a_key_of_ours_no_account_has_it():
    """An account without externalId isn't everybody's for whom we have no key."""
    nobody = Wanted(email="ben@acme.com", first_name="Ben", last_name="Boe")
    assert not belongs(account(), nobody)


def test_a_second_address_is_evidence():
    """It is known, after the userName, and is not the userName."""
    ruth = account(emails=[*ANAS_MAIL, {"value": ""}])
    assert has_address(ruth, ANA.email)
    assert not is_named(ruth, ANA.email)
    assert keys(ruth) == ["ruth@acme.com", "ana.perez@xn--mnchen-3ya.de"]


def test_of_the_part_before_the_at_only_capitals_do_not_count():
    """`weiß` and `weiss`, `ana²` and `ana2` are mailboxes of different people."""
    anna = Wanted(email="Weiß@acme.com", first_name="Anna", last_name="Berg")
    assert belongs(account(userName="weiß@acme.com"), anna)
    assert not belongs(account(userName="weiss@acme.com"), anna)
    assert not is_named(account(userName="ana2@acme.com"), "ana²@acme.com")
