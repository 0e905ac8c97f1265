"""An upload is taken back on the practice portal, which is compared field by field."""

import re
from pathlib import Path

import pytest

from aapimport.run.back_reasons import MAY_BE_BACK
from support.served import Service

FILE = Path(__file__).parents[2] / "examples" / "users.xlsx"
PLACES = "urn:ietf:params:scim:schemas:extension:allaccesspass:2.0:Group"
UPLOAD = ("upload", FILE, "--pass", "Leadership 2026", "--yes", "--client-admins", 1, "--json")


def there_before(portal: Service, email: str, first: str, last: str, role: str) -> None:
    """Put somebody on the portal who isn't on the pass."""
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": email,
        "name": {"givenName": first, "familyName": last},
        "displayName": f"{first} {last}",
        "emails": [{"value": email, "type": "work", "primary": True}],
        "roles": [{"value": role, "primary": True}],
        "active": True,
    }
    portal.ask("POST", "/Users", body)


def test_an_undo_gives_back_what_was_there_field_by_field(aapimport, served, portal, jhana) -> None:
    """25 people, of whom two were there with other roles and three were changed since."""
    there_before(portal, "ana.perez@acme.com", "Ana", "Pérez", "facilitator")
    there_before(portal, "chidi.okafor@acme.com", "Chidi", "Okafor", "facilitator")
    before = {kind: portal.all(kind) for kind in ("Users", "Groups")}
    jhana_before = jhana.all("Users")
    done = aapimport(*UPLOAD, "--no-emails", "--update-roles", **served)
    assert done.code == 0, done.err
    receipt = done.json["receipt"]
    assert portal.named("ana.perez@acme.com")["roles"][0]["value"] != "facilitator"
    portal.set("yuki.tanaka@acme.com", roles=[{"value": "facilitator", "primary": True}])
    portal.set("layla.haddad@acme.com", **{"name.familyName": "Haddad-Weiss"})
    there = portal.named("noa.levi@acme.com")["entitlements"]
    other = next(it for it in portal.all("Passes") if it != there[0]["value"])
    portal.set("noa.levi@acme.com", entitlements=[*there, {"value": other, "type": "pass"}])
    changed = {
        email: portal.named(email)
        for email in ("yuki.tanaka@acme.com", "layla.haddad@acme.com", "noa.levi@acme.com")
    }

    undone = aapimport("undo", receipt, "--yes", "--json", **served)

    assert undone.code == 1, undone.err
    left = {it["row"]: it for it in undone.json["effects"] if it["result"] == "changed since"}
    assert {it["email"] for it in left.values()} == changed.keys()
    assert {it["reason"] for it in left.values()} == {
        "changed since: role is facilitator",
        "changed since: name",
        f"changed since: on another pass: {other}",
    }
    assert undone.json["unfinished"] == 0
    after = {kind: portal.all(kind) for kind in ("Users", "Groups")}
    # whoever has another name by now may be somebody else: stays in the team, and on Jhana
    layla = changed["layla.haddad@acme.com"]["id"]
    for group in after["Groups"].values():
        group["members"] = [one for one in group["members"] if one["value"] != layla]
        group.pop(PLACES, None)
    for group in before["Groups"].values():
        group.pop(PLACES, None)
    for kind, resources in before.items():
        assert {own: after[kind][own] for own in resources} == resources
    new = {own: one for own, one in after["Users"].items() if own not in before["Users"]}
    active = {one["userName"] for one in new.values() if one["active"]}
    assert active == changed.keys()
    for email, resource in changed.items():
        assert {**portal.named(email), "groups": None} == {**resource, "groups": None}
    jhana_after = jhana.all("Users")
    for own_id, resource in jhana_before.items():
        assert jhana_after[own_id] == resource
    made = [one for own, one in jhana_after.items() if own not in jhana_before]
    assert {one["userName"] for one in made if one["active"]} <= {"layla.haddad@acme.com"}

    again = aapimport("undo", receipt, "--yes", "--json", **served)
    assert (again.code, again.json["receipt"]) == (1, None)
    assert {it["email"] for it in again.json["effects"]} == changed.keys()
    assert portal.all("Users") == after["Users"]


def test_only_some_rows(aapimport, served, portal) -> None:
    """The others stay; a row that isn't there, and what is none, is refused."""
    receipt = aapimport(*UPLOAD, "--no-emails", **served).json["receipt"]
    undone = aapimport("undo", receipt, "--only-rows", "2,5-6", "--yes", "--json", **served)
    assert undone.code == 0
    assert {one["row"] for one in undone.json["effects"]} == {2, 5, 6}
    assert not portal.named("ana.perez@acme.com")["active"]
    assert portal.named("chidi.okafor@acme.com")["active"]
    for rows, code in (("99", 2), ("0", 2), ("a-b", 2), ("9-5", 2), ("2-", 2)):
        assert aapimport("undo", receipt, "--only-rows", rows, "--yes", **served).code == code


def test_mails_that_were_sent_stay_sent(aapimport, served) -> None:
    """They are counted, and are why the exit code is 1."""
    receipt = aapimport(*UPLOAD, "--emails", **served).json["receipt"]
    undone = aapimport("undo", receipt, "--yes", **served)
    assert undone.code == 1
    assert "impossible: 23 welcome e-mails were sent, or may have been" in undone.out


def test_mails_that_are_handed_over_are_not_called_sent(aapimport, served, tmp_path) -> None:
    """They are named with their workbook and the command that settles them, until that is done."""
    receipt = aapimport(*UPLOAD, "--no-emails", **served).json["receipt"]
    out = tmp_path / "merge.xlsx"
    words = ("send-emails", receipt, "--hand-over", out, "--yes", "--json")
    sending = aapimport(*words, **served).json["receipt"]
    first = aapimport("undo", receipt, "--only-rows", "2", "--yes", "--json", **served)
    (mail,) = (one for one in first.json["effects"] if one["what"] == "e-mail")
    settling = f"aapimport send-emails {sending} --not-sent"
    assert mail["reason"] == (
        f"a welcome e-mail was handed over in merge.xlsx (sending {sending}), to be sent by hand:"
        f" don't send it to these people, and settle it with: {settling} --to ADDRESS, for each of"
        " them"
    )
    undone = aapimport("undo", receipt, "--yes", **served)
    assert undone.code == 1
    shown = " ".join(undone.out.split())
    assert shown.count("handed over in merge.xlsx") == 2
    assert f"settle it with: {settling} row 2" in shown
    assert "sent, or may have been" not in shown
    alone = ("send-emails", sending, "--not-sent", "--to", mail["email"], "--yes")
    settled = aapimport(*alone, **served)
    assert (settled.code, "not mailed, as you say" in settled.err) == (0, True)
    assert aapimport("send-emails", sending, "--not-sent", "--yes", **served).code == 0
    again = aapimport("receipt", first.json["receipt"], "--json", **served)
    assert not [one for one in again.json["effects"] if one["what"] == "e-mail"]


def test_a_person_types_how_many_it_is_about(aapimport, served, portal) -> None:
    """Without a terminal the flag is named, and nothing is sent."""
    receipt = aapimport(*UPLOAD, "--no-emails", **served).json["receipt"]
    undone = aapimport("undo", receipt, **served)
    assert undone.code == 2
    assert "--yes" in undone.err
    assert portal.named("ana.perez@acme.com")["active"]


def test_an_undo_can_not_be_undone(aapimport, served) -> None:
    """Nor anything else that is no upload; `resume` and `receipt` show its receipt again."""
    receipt = aapimport(*UPLOAD, "--no-emails", **served).json["receipt"]
    undone = aapimport("undo", receipt, "--yes", "--json", **served)
    again = aapimport("undo", undone.json["receipt"], "--yes", **served)
    assert again.code == 1
    assert "is no upload" in again.err
    for words in (("resume",), ("receipt",)):
        shown = aapimport(*words, undone.json["receipt"], "--json", **served)
        assert {**shown.json, "effects": 0} == {**undone.json, "effects": 0}
    page = aapimport("receipt", undone.json["receipt"], "--html", "undo.html", **served)
    assert (page.code, "is an undo" in page.err) == (2, True)


def test_nothing_is_uploaded_beside_an_undo_that_was_killed(aapimport, served, portal) -> None:
    """Both commands say which it is; `resume` finishes it, and `undo` does, too."""
    receipt = aapimport(*UPLOAD, "--no-emails", **served).json["receipt"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aapimport.run.undoing.take_back", _die)
        assert aapimport("undo", receipt, "--yes", **served).code == 5
    for words in ((*UPLOAD, "--no-emails"), ("upload", FILE, "--pass", "Leadership 2025")):
        beside = aapimport(*words, **served)
        assert beside.code == 1
        assert f"of upload {receipt} is still open" in beside.out + beside.err
    assert portal.named("ana.perez@acme.com")["active"]
    resumed = aapimport("resume", "--json", **served)
    assert (resumed.code, resumed.json["of"], resumed.json["unfinished"]) == (0, receipt, 0)
    assert not portal.named("ana.perez@acme.com")["active"]


def _die(*_: object) -> None:
    raise RuntimeError("the power is gone")


def test_an_undo_can_be_ended_as_it_is(aapimport, served) -> None:
    """Its receipt says what is left; another undo does that, but for what may have been sent."""
    receipt = aapimport(*UPLOAD, "--no-emails", **served).json["receipt"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aapimport.run.undoing.take_back", _die)
        aapimport("undo", receipt, "--yes", **served)
    ended = aapimport("resume", "--close", "--yes", "--json", **served)
    assert ended.code == 1
    assert ended.json["unfinished"] > 0
    again = aapimport("undo", receipt, "--yes", "--json", **served)
    assert (again.code, again.json["unfinished"]) == (1, 0)
    named = [one for one in again.json["effects"] if MAY_BE_BACK in one["reason"]]
    assert len(named) == again.json["not_taken_back"]
    assert 0 < len(named) < again.json["half"]


@pytest.mark.parametrize("of_the_pass", [False, True])
def test_what_was_mailed_later_is_named_and_only_what_is_undone_is_asked_back(
    aapimport, served, *, of_the_pass: bool
) -> None:
    """An e-mail of `send-emails` stays sent, too; a letter asks for no seat that stands."""
    receipt = aapimport(*UPLOAD, "--no-emails", **served).json["receipt"]
    of = ("--pass", "Leadership 2026") if of_the_pass else (receipt,)
    assert aapimport("send-emails", *of, "--yes", **served).code == 0
    undone = aapimport("undo", receipt, "--only-rows", "2", "--yes", "--json", **served)
    assert undone.code == 1
    mails = [it for it in undone.json["effects"] if it["result"] == "impossible"]
    assert [(it["row"], it["what"]) for it in mails] == [(2, "e-mail")]
    letter = aapimport("request", "seats", receipt, "--json", **served)
    assert "ana.perez@acme.com" in letter.json["text"]
    assert letter.json["text"].count("@acme.com") == 1


def test_a_second_undo_does_nothing_and_is_no_finding(aapimport, served, portal) -> None:
    """E-mails that were sent, and what somebody has changed, were named by the first."""
    there_before(portal, "ana.perez@acme.com", "Ana", "Perez", "facilitator")
    words = (*UPLOAD, "--emails", "--update-roles")
    receipt = aapimport(*words, **served).json["receipt"]
    portal.set("ana.perez@acme.com", roles=[{"value": "client admin", "primary": True}])
    first = aapimport("undo", receipt, "--yes", "--json", **served)
    results = {one["result"] for one in first.json["effects"]}
    assert (first.code, "impossible" in results, "changed since" in results) == (1, True, True)
    before = portal.all("Users")
    second = aapimport("undo", receipt, "--yes", "--json", **served)
    assert (second.code, second.json["receipt"], second.json["not_taken_back"]) == (0, None, 0)
    assert {one["result"] for one in second.json["effects"]} == {"named before"}
    shown = " ".join(aapimport("undo", receipt, "--yes", **served).out.split())
    assert re.search(r"named before: \d+ welcome e-mails were sent, or may have been", shown)
    assert portal.all("Users") == before
