from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aapimport.config.settings import Settings
from aapimport.errors import SettingsError
from aapimport.plan.own import set_administrator
from aapimport.plan.plan import Plan
from support.uploading import Uploading, person
from support.wire import as_json, error, instead

ADMIN = [{"value": "client admin", "primary": True}]
SECOND = [{"value": "zoe.ng@acme.com"}, {"value": "z.ng@acme.com"}]
ZOE = {"first_name": "Zoe", "last_name": "Ng"}


def roles(plan: Plan) -> list[str | None]:
    """The role that each row's account is given; None where it is left alone."""
    return [one.portal.wanted.role for one in plan.people]


@pytest.fixture
def admins(uploading: Uploading) -> Uploading:
    """Zoe, who runs the upload and has a second address, and Bo; both are client admins."""
    uploading.portal.add_user("Zoe.Ng@acme.com", "Zoe", "Ng", roles=ADMIN, emails=SECOND)
    uploading.portal.add_user("bo@acme.com", "Bo", "Quist", roles=ADMIN)
    uploading.rows = (
        person(2, email="zoe.ng@acme.com", **ZOE),
        person(3, email="bo@acme.com", first_name="Bo", last_name="Quist"),
    )
    uploading.options = replace(uploading.options, update_roles=True)
    return uploading


@pytest.mark.parametrize("address", ["ZOE.NG@acme.com", "z.ng@acme.com"])
def test_ones_own_role_is_kept_through_every_address(admins: Uploading, address: str):
    """The setting may hold any of the account's addresses; others' roles are set."""
    admins.options = replace(admins.options, administrator=address)
    assert roles(admins.plan()) == [None, "manager"]


@pytest.mark.parametrize(
    "me",
    [
        {"id": "user-1", "userName": "somebody.else@acme.com"},
        {"id": "other", "userName": "zn", "emails": [{"value": "Z.Ng@acme.com"}]},
    ],
)
def test_ones_own_role_is_kept_by_what_the_portal_says(admins: Uploading, me: dict[str, Any]):
    """The account of /Me by its id, and by any of its addresses; the plan says who it is."""
    admins.portal.on("GET", "/Me", instead(as_json(200, me)))
    plan = admins.plan()
    assert roles(plan) == [None, "manager"]
    assert plan.options.administrator == me["userName"]
    assert not [one for one in plan.notices if "who you are" in one]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (error(404), "the portal doesn't say who you are"),
        (error(501), "the portal doesn't say who you are"),
        (as_json(200, {"userName": "zoe.ng@acme.com"}), "the portal doesn't say who you are"),
        (error(500, "out of order"), "the portal could not say who you are (out of order)"),
    ],
)
def test_that_nobody_knows_who_you_are_is_said(admins: Uploading, answer, said: str):
    """Where roles change, and only there."""
    admins.portal.on("GET", "/Me", instead(answer), times=99)
    what = ": your own role could be changed; give your address in the setting administrator"
    assert f"{said}{what}" in admins.plan().notices
    admins.options = replace(admins.options, update_roles=False)
    assert not [one for one in admins.plan().notices if "who you are" in one]


def test_an_address_of_nobody_protects_nobody(admins: Uploading):
    """Where the portal doesn't say who one is, the setting is looked up, and believed if found."""
    admins.options = replace(admins.options, administrator="nobody@acme.com")
    plan = admins.plan()
    (said,) = [one for one in plan.notices if "your own role could be changed" in one]
    assert "the address in the setting administrator has no account there" in said
    asked = instead(error(500, "out of order"))
    admins.portal.on("GET", "/Me", asked, times=99)
    for address in ("zoe.ng@acme.com", "z.ng@acme.com"):
        admins.options = replace(admins.options, administrator=address)
        assert not [one for one in admins.plan().notices if "who you are" in one]


@pytest.mark.parametrize("typed", ["Big Boss", "boss@acme", "@acme.com"])
def test_a_setting_that_is_no_address_is_refused(tmp_path: Path, typed: str):
    """It can protect nobody's role: the setting is named."""
    settings = Settings(state_dir=tmp_path, administrator=typed)
    with pytest.raises(SettingsError, match="the setting administrator is not an e-mail address"):
        set_administrator(settings)
    for fine in ("", "BOSS@Acme.com", "boss@m\u00fcnchen.de"):
        assert set_administrator(replace(settings, administrator=fine)) == fine


def test_a_refused_token_is_a_matter_of_settings(admins: Uploading):
    """401 is no answer about who one is."""
    admins.portal.on("GET", "/Me", instead(error(401)), times=9)
    with pytest.raises(SettingsError):
        admins.plan()
