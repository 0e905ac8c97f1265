"""Whom an e-mail about both services is for: the plan asks whose the account on Jhana is."""

import pytest

from aapimport.run.recipients import other_on_jhana
from aapimport.services.directory import Unknown
from aapimport.services.ownership import HANDED_ON
from aapimport.services.portal import Welcome
from aapimport.services.scim import read_account

KEY = "ours"


def look(email: str, first: str, last: str, key: str = "") -> Welcome:
    """An account as a service shows it."""
    name = {"givenName": first, "familyName": last}
    emails = [{"value": email}]
    shown = {"id": "1", "userName": email, "name": name, "emails": emails, "active": True}
    account = read_account({**shown, "externalId": key})
    assert account is not None
    return Welcome(account)


@pytest.mark.parametrize(
    ("jhana", "why"),
    [
        (look("ida@acme.com", "Ida", "New"), ""),
        (look("bo@acme.com", "Ida", "New", KEY), ""),
        (look("ida@acme.com", "Bo", "Old"), ""),
        (look("bo@acme.com", "Bo", "Old"), HANDED_ON),
        (look("bo@acme.com", "Bo", "Old", KEY), HANDED_ON),
        (None, HANDED_ON),
    ],
)
def test_the_account_on_jhana_is_the_portals_person(jhana: Welcome | None, why: str) -> None:
    """By the address, or by our key with the names, as the sending looks once more."""
    portal = look("ida@acme.com", "Ida", "New")
    assert other_on_jhana({"portal": portal, "jhana": jhana}, KEY) == why


def test_what_can_not_be_read_is_nobodys() -> None:
    """A failure to look proves nothing."""
    looks: dict[str, Welcome | Unknown | None] = {"portal": look("ida@acme.com", "Ida", "New")}
    looks["jhana"] = Unknown(reason="no answer")
    assert other_on_jhana(looks, KEY) == HANDED_ON
