"""Both practice services are brought apart in twenty ways, compared, and put right."""

import importlib.util
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from aapimport.errors import ServiceError, SettingsError
from support.served import Service
from support.terminal import AAPIMPORT, Terminal
from support.warm import Warm

ROOT = Path(__file__).parents[2]
PASS = ("--pass", "Leadership 2026")
NAMES = (
    *("Ada Moss", "Bea Lund", "Cyr Roth", "Dov Katz", "Eli Sand", "Fay Holt", "Gus Vane"),
    *("Hal Berg", "Ida Falk", "Jon Wirth", "Kai Stern", "Lea Thorn", "Max Urban", "Nia Pohl"),
    *("Oda Quist", "Pia Rask", "Rex Silva", "Sia Tamm", "Tom Ude", "Uma Vogt"),
)


def address(name: str) -> str:
    """Somebody's address, by the first name."""
    return f"{name.lower()}@acme.com"


@pytest.fixture
def uploaded(aapimport, served: Mapping[str, str], tmp_path: Path) -> str:
    """Twenty people who are uploaded, all with Jhana and in a team; the receipt."""
    file = tmp_path / "twenty.csv"
    lines = ["Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"]
    for name in NAMES:
        first, last = name.split()
        lines.append(f"{address(first)},{first},{last},facilitator,Sales EMEA,1")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = aapimport("upload", file, *PASS, "--yes", "--no-emails", "--json", **served)
    assert done.code == 0, done.err
    return str(done.json["receipt"])


def bring_apart(portal: Service, jhana: Service) -> None:
    """Twenty differences, about some of the twenty and some who were there before."""
    portal.set(address("Ada"), **{"name.familyName": "Moss-Weiss"})
    portal.set(address("Bea"), **{"name.givenName": "Béa"})
    jhana.set(address("Cyr"), **{"name.familyName": "Rot"})
    jhana.set("lukasz.wojcik@acme.com", **{"name.givenName": "Lukasz"})
    for one in ("Dov", "Eli", "Fay"):
        portal.set(address(one), active=False)
    portal.set("aoi.sato@acme.com", active=False)
    portal.set(address("Gus"), active=False)
    jhana.set(address("Gus"), **{"name.familyName": "Wane"})  # two differences
    jhana.set(address("Hal"), active=False)
    jhana.set(address("Ida"), active=False)
    jhana.delete(address("Jon"))
    portal.set(address("Kai"), roles=[{"value": "manager", "primary": True}])
    portal.set(address("Lea"), roles=[{"value": "individualcontributor", "primary": True}])
    team = next(one for one in portal.all("Groups").values() if one["displayName"] == "Sales EMEA")
    out = f'members[value eq "{portal.named(address("Max"))["id"]}"]'
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "remove", "path": out}],
    }
    portal.ask("PATCH", f"/Groups/{team['id']}", body)
    portal.set(address("Nia"), entitlements=[])
    portal.delete(address("Oda"))
    jhana.set(address("Pia"), userName="p.rask@acme.com")  # known by the key of our upload
    portal.set(address("Pia"), **{"name.familyName": "Rasch"})
    portal.set(
        address("Rex"),
        userName="zoe.ng@acme.com",
        **{"name.givenName": "Zoe", "name.familyName": "Ng"},
    )
    jhana.set("helena.lindqvist@acme.com", **{"name.familyName": "Lind"})  # a client admin
    jhana.set(address("Sia"), active=False)


FOUND = {
    (address("Ada"), "name", True),
    (address("Bea"), "name", True),
    (address("Cyr"), "name", True),
    ("lukasz.wojcik@acme.com", "name", True),
    (address("Dov"), "off on the portal", True),
    (address("Eli"), "off on the portal", True),
    (address("Fay"), "off on the portal", True),
    ("aoi.sato@acme.com", "off on the portal", True),
    (address("Gus"), "off on the portal", True),
    (address("Gus"), "name", True),
    (address("Hal"), "off on Jhana", False),
    (address("Ida"), "off on Jhana", False),
    (address("Sia"), "off on Jhana", False),
    (address("Jon"), "not on Jhana", False),
    (address("Kai"), "role", False),
    (address("Lea"), "role", False),
    (address("Max"), "team", False),
    (address("Nia"), "not on the pass", False),
    (address("Oda"), "not on the portal", False),
    ("zoe.ng@acme.com", "another person's", False),
    ("helena.lindqvist@acme.com", "name", False),
    (address("Pia"), "address", False),
}
"""Who differs how, and whether a repair puts it right; Pia's name is counted apart."""


def found_in(answer: Mapping[str, Any], name: str = "differences") -> set[tuple[str, str, bool]]:
    """Who differs how, in an answer."""
    return {(one["email"], one["kind"], one["repairable"]) for one in answer[name]}


def valid(answer: Mapping[str, Any]) -> None:
    """An answer is as its schema says."""
    schema = ROOT / "docs" / "schemas" / "reconcile.json"
    jsonschema.validate(answer, json.loads(schema.read_text(encoding="utf-8")))


def test_twenty_differences_are_found_and_put_right(
    aapimport, served, portal, jhana, uploaded
) -> None:
    """By name; what is put right is as on the portal, and nobody else is touched."""
    same = aapimport("reconcile", *PASS, "--json", **served)
    assert (same.code, same.json["differences"]) == (0, []), same.json
    bring_apart(portal, jhana)
    before = {it: service.all("Users") for it, service in (("p", portal), ("j", jhana))}
    seats = portal.all("Passes")

    told = aapimport("reconcile", *PASS, "--json", **served)

    assert told.code == 1
    valid(told.json)
    pia = (address("Pia"), "name", True)  # with the key that our upload gave her
    assert found_in(told.json) == FOUND | {pia}
    assert (told.json["repairable"], told.json["not_repairable"]) == (11, 12)
    assert told.json["unproven"] == []
    assert "wei.chen@acme.com" in told.json["only_jhana"]
    assert {it: service.all("Users") for it, service in (("p", portal), ("j", jhana))} == before

    done = aapimport("reconcile", *PASS, "--repair", "--yes", "--json", **served)

    assert done.code == 1  # what is only named still differs
    valid(done.json)
    assert (done.json["repaired"], done.json["not_repaired"], done.json["unfinished"]) == (10, 0, 0)
    assert found_in(done.json, "named") == {one for one in FOUND if not one[2]}
    assert portal.all("Users") == before["p"]
    assert portal.all("Passes") == seats
    after = jhana.all("Users")
    assert after.keys() == before["j"].keys()
    changed = {one["userName"] for own, one in after.items() if one != before["j"][own]}
    assert changed == {one[0] for one in FOUND if one[2]} | {"p.rask@acme.com"}
    for own, one in after.items():
        if one["userName"] in changed:
            names = {"name", "displayName", "active"}
            rest = {name: it for name, it in one.items() if name not in names}
            assert rest == {it: x for it, x in before["j"][own].items() if it not in names}
            where = address("Pia") if one["userName"] == "p.rask@acme.com" else one["userName"]
            theirs = portal.named(where)
            for part in ("givenName", "familyName"):
                assert one["name"][part] == theirs["name"][part]
            assert one["active"] == theirs["active"]

    again = aapimport("reconcile", *PASS, "--repair", "--yes", "--json", **served)
    assert again.code == 1
    assert found_in(again.json) == {one for one in FOUND if not one[2]}
    assert jhana.all("Users") == after
    history = aapimport("history", "--json", **served)
    assert Counter(one["kind"] for one in history.json["runs"]) == {"upload": 1, "repair": 1}


def test_the_screen_names_everybody(aapimport, served, portal, jhana, uploaded) -> None:
    """What differs, why it isn't repaired, and the next command; the plan says before and after."""
    bring_apart(portal, jhana)
    told = aapimport("reconcile", *PASS, **served)
    assert told.code == 1
    assert "~ ada@acme.com  name: 'Ada Moss-Weiss' on the portal, 'Ada Moss' on Jhana" in told.out
    said = f"! kai@acme.com  role: manager on the portal; upload {uploaded} (row 12) said"
    assert said in told.out
    assert "not repaired: somebody has given another role since" in told.out
    assert "23 differences: 11 that --repair puts right, 12 that it only names" in told.out
    assert 'aapimport reconcile --pass "Leadership 2026" --repair' in told.err
    asked = aapimport("reconcile", *PASS, "--repair", **served)
    assert asked.code == 2
    assert "--yes" in asked.err
    assert "~ ada@acme.com  name: Ada Moss -> Ada Moss-Weiss" in asked.out + asked.err
    done = aapimport("reconcile", *PASS, "--repair", "--yes", **served)
    assert done.code == 1
    assert "10 put right, 0 not put right" in done.out


def test_two_accounts_that_may_be_theirs_are_named(
    aapimport, served, portal, jhana, uploaded
) -> None:
    """Nothing is done to either; nor where only a second address is the same."""
    jhana.delete(address("Tom"))
    for name in ("tom.ude@mail.example", "t.ude@mail.example"):
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name,
            "name": {"givenName": "Tom", "familyName": "Ude"},
            "emails": [{"value": address("Tom"), "type": "work"}],
            "active": True,
        }
        jhana.ask("POST", "/Users", body)
    told = aapimport("reconcile", *PASS, "--repair", "--yes", "--json", **served)
    (one,) = told.json["differences"]
    assert (one["email"], one["kind"]) == (address("Tom"), "not decidable")
    assert "t.ude@mail.example" in one["words"]
    assert "tom.ude@mail.example" in one["words"]


def test_a_repair_that_was_killed_is_resumed(aapimport, served, portal, jhana, uploaded) -> None:
    """Nothing begins beside it, by whatever command it is finished, and its receipt is kept."""
    bring_apart(portal, jhana)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aapimport.run.repairing.take_back", _die)
        assert aapimport("reconcile", *PASS, "--repair", "--yes", **served).code == 5
    assert jhana.named(address("Ada"))["name"]["familyName"] == "Moss"
    beside = aapimport("undo", uploaded, "--yes", **served)
    assert beside.code == 1
    assert "repair" in beside.err
    assert "is still open" in beside.err
    looked = aapimport("reconcile", *PASS, **served)
    assert "was interrupted, 0 of 10 done; --repair finishes it first" in looked.err
    resumed = aapimport("resume", "--json", **served)
    assert (resumed.json["repaired"], resumed.json["unfinished"]) == (10, 0)
    assert (resumed.code, resumed.json["compared_again"]) == (1, True)
    assert found_in(resumed.json, "named") == {one for one in FOUND if not one[2]}
    valid(resumed.json)
    assert jhana.named(address("Ada"))["name"]["familyName"] == "Moss-Weiss"
    receipt = resumed.json["receipt"]
    shown = aapimport("receipt", receipt, "--json", **served)
    never_again = {"effects": 0, "named": [], "compared_again": False}
    assert {**shown.json, **never_again} == {**resumed.json, **never_again}
    again = aapimport("resume", receipt, **served)  # it is finished, and compared all the same
    assert again.code == 1
    assert "! kai@acme.com  role: manager on the portal" in again.out
    assert "compared again: 12 differences" in again.out
    assert 'next: aapimport reconcile --pass "Leadership 2026"' in again.err
    page = aapimport("receipt", receipt, "--html", "repair.html", **served)
    assert (page.code, "is a repair" in page.err) == (2, True)
    assert aapimport("undo", receipt, "--yes", **served).code == 1


def test_a_repair_that_cannot_be_compared_again_says_so(
    aapimport, served, portal, jhana, uploaded
) -> None:
    """What was to be repaired is; its receipt and the error are one object, and never a 0."""
    bring_apart(portal, jhana)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aapimport.run.repairing.take_back", _die)
        assert aapimport("reconcile", *PASS, "--repair", "--yes", **served).code == 5
        patch.undo()
        patch.setattr("aapimport.run.comparing.read_jhana", _cut)
        resumed = aapimport("resume", "--json", **served)
        assert resumed.code == 4
        assert (resumed.json["repaired"], resumed.json["compared_again"]) == (10, False)
        assert "ends before its total" in resumed.json["error"]["message"]
        shown = aapimport("resume", resumed.json["receipt"], **served)
    assert shown.code == 4
    assert "10 put right" in shown.out
    assert "whether anything still differs isn't known" in " ".join(shown.err.split())
    assert 'aapimport reconcile --pass "Leadership 2026"' in " ".join(shown.err.split())


def test_what_differs_after_a_resumed_repair_is_told(
    aapimport, served, portal, jhana, uploaded
) -> None:
    """Also what nobody knew of when it was approved, by both commands that finish it."""
    for finishing in (("resume",), ("reconcile", *PASS, "--repair", "--yes")):
        jhana.set(address("Ada"), **{"name.familyName": "Mos"})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("aapimport.run.repairing.take_back", _die)
            assert aapimport("reconcile", *PASS, "--repair", "--yes", **served).code == 5
        jhana.set(address("Bea"), **{"name.familyName": "Lun"})
        resumed = aapimport(*finishing, "--json", **served)
        assert (resumed.code, resumed.json["repaired"]) == (1, 1)
        assert found_in(resumed.json, "named") == {(address("Bea"), "name", True)}
        assert 'reconcile --pass "Leadership 2026" --repair' in resumed.err
        assert aapimport("reconcile", *PASS, "--repair", "--yes", **served).code == 0


def test_a_resumed_repair_after_which_nothing_differs_ends_well(
    aapimport, served, portal, jhana, uploaded
) -> None:
    """With 0, and it is said that both were compared."""
    jhana.set(address("Ada"), **{"name.familyName": "Mos"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aapimport.run.repairing.take_back", _die)
        assert aapimport("reconcile", *PASS, "--repair", "--yes", **served).code == 5
    resumed = aapimport("resume", **served)
    assert resumed.code == 0
    assert "compared again: nothing differs" in resumed.out


def _cut(*_: object, **_more: object) -> None:
    raise ServiceError("the list ends before its total")


def test_a_receipt_is_printed_when_a_repair_is_stopped(
    aapimport, served, portal, jhana, uploaded
) -> None:
    """It and the error are one object."""
    bring_apart(portal, jhana)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aapimport.run.repairing.take_back", _refused)
        stopped = aapimport("reconcile", *PASS, "--repair", "--yes", "--json", **served)
    assert stopped.code == 3
    assert stopped.json["error"]["id"] == "settings"
    assert stopped.json["receipt"]
    assert stopped.json["unfinished"] > 0


def _refused(*_: object) -> None:
    raise SettingsError("the token is refused")


def test_a_repair_can_be_ended_as_it_is(aapimport, served, portal, jhana, uploaded) -> None:
    """Its receipt says what is left; the next repair does that."""
    bring_apart(portal, jhana)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aapimport.run.repairing.take_back", _die)
        aapimport("reconcile", *PASS, "--repair", "--yes", **served)
    ended = aapimport("resume", "--close", "--yes", "--json", **served)
    assert (ended.code, ended.json["unfinished"]) == (1, 10)
    again = aapimport("reconcile", *PASS, "--repair", "--yes", "--json", **served)
    assert again.json["repaired"] == 10


def _die(*_: object) -> None:
    raise RuntimeError("the power is gone")


def test_what_an_undo_took_back_is_no_word_any_more(aapimport, served, uploaded) -> None:
    """Whoever it switched off on both differs in nothing."""
    assert aapimport("undo", uploaded, "--yes", **served).code == 0
    told = aapimport("reconcile", *PASS, "--json", **served)
    assert (told.code, told.json["differences"]) == (0, [])


def test_what_was_there_before_any_upload_is_put_right(
    aapimport, served, jhana, state_dir: Path
) -> None:
    """A journal is made for the repair alone: a comparison leaves none, and one of nothing."""
    journal = state_dir / "journal.sqlite3"
    assert aapimport("reconcile", *PASS, "--repair", "--yes", **served).code == 0
    assert not journal.exists()
    jhana.set("aoi.sato@acme.com", **{"name.familyName": "Sato"})
    assert aapimport("reconcile", *PASS, **served).code == 1
    assert not journal.exists()
    done = aapimport("reconcile", *PASS, "--repair", "--yes", "--json", **served)
    assert (done.code, done.json["repaired"], done.json["named"]) == (0, 1, [])
    assert journal.exists()
    history = aapimport("history", **served)
    assert f"{done.json['receipt']}" in history.out
    assert "repair" in history.out


@pytest.mark.skipif(
    importlib.util.find_spec("pty") is None, reason="this system has no pseudo-terminals"
)
def test_the_number_of_repairs_is_typed(warm: Warm | None, served, jhana) -> None:
    """Another number is asked for again, and Enter stops; nothing is changed then."""
    jhana.set("aoi.sato@acme.com", **{"name.familyName": "Sato"})
    words = (*AAPIMPORT, "reconcile", *PASS, "--repair")
    terminal = Terminal(warm)
    asked = "Type 1 (the differences"
    assert terminal.run(words, [(asked, "2"), (asked, "")], **served) == 1
    assert "nothing was sent" in terminal.screen
    assert jhana.named("aoi.sato@acme.com")["name"]["familyName"] == "Sato"
    assert terminal.run(words, [(asked, "1")], **served) == 0
    assert "aoi.sato@acme.com  name: 葵 Sato -> 葵 佐藤" in terminal.screen
    assert jhana.named("aoi.sato@acme.com")["name"]["familyName"] == "佐藤"


def test_a_pass_that_is_not_there_is_refused(aapimport, served) -> None:
    """As everywhere; and without a name it is no command."""
    assert aapimport("reconcile", "--pass", "Leadership 1999", **served).code == 1
    assert aapimport("reconcile", **served).code == 2
