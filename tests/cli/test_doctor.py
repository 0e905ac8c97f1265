import json
from pathlib import Path

import jsonschema
import pytest

from aapimport.cli import main
from support.stub import TOKEN, ScimStub
from support.wire import as_json, error, instead


@pytest.fixture
def configured(portal_stub: ScimStub, jhana_stub: ScimStub, monkeypatch) -> None:
    """Both scripted services in the settings."""
    for name, stub in (("PORTAL", portal_stub), ("JHANA", jhana_stub)):
        monkeypatch.setenv(f"AAPIMPORT_{name}_URL", stub.url)
        monkeypatch.setenv(f"AAPIMPORT_{name}_TOKEN", TOKEN)


def test_the_practice_portal_is_well(aapimport):
    """Everything an upload wants is there, nothing is to be said."""
    done = aapimport("doctor", "--json")
    assert done.code == 0
    assert done.json["target"] == "practice"
    assert done.json["can_upload"]
    assert done.json["meaning"] == []
    assert done.json["pass_is"] == "entitlement"
    assert [one["look_ups"] for one in done.json["services"]] == ["true", "true"]


def test_every_line_holds_at_80_columns_and_the_token_stays_secret(
    configured, portal_stub, jhana_stub, capsys
):
    """The address is shown, the token is not, and no service is written to."""
    portal_stub.add_user("ana@acme.com")
    portal_stub.habits.filters = "ignored"
    assert main(["doctor"]) == 0
    printed = capsys.readouterr()
    assert portal_stub.url in printed.out
    assert "everybody comes back" in printed.out
    assert "its whole list is read instead" in " ".join(printed.out.split())
    assert all(len(line) <= 80 for line in printed.out.splitlines())
    assert TOKEN not in printed.out + printed.err
    assert portal_stub.writes == jhana_stub.writes == []
    assert printed.out.splitlines()[-1] == "an upload can run; nothing was written"


def test_a_refused_token_is_exit_3_and_the_other_service_is_still_told(
    configured, portal_stub, capsys
):
    """One service's trouble doesn't hide the other's state."""
    portal_stub.habits.token = "another"
    assert main(["doctor"]) == 3
    printed = capsys.readouterr().out
    said = "error: All Access Pass refuses the token from AAPIMPORT_PORTAL_TOKEN (HTTP 401)"
    assert said in " ".join(printed.split())
    assert "Jhana" in printed
    assert "no upload can run; nothing was written" in printed


def test_an_unreachable_service_is_exit_4(configured, jhana_stub, capsys):
    """Try again later."""
    jhana_stub.on("GET", "/.*", instead(error(503)), times=99)
    assert main(["doctor", "--json"]) == 4
    found = json.loads(capsys.readouterr().out)
    assert not found["can_upload"]
    assert [one["state"] for one in found["services"]] == ["ok", "out-of-order"]


def test_a_service_that_answers_500_is_said_to(configured, portal_stub, capsys):
    """It answers, and what: that is something else than a service that is away."""
    portal_stub.on("GET", "/Users", instead(error(500)), times=99)
    assert main(["doctor"]) == 4
    printed = capsys.readouterr().out
    assert "answers answered 500" in " ".join(printed.split())


def test_swapped_addresses_are_exit_3(configured, portal_stub, jhana_stub, capsys):
    """Both answer, and each is well; together they are wrong."""
    portal_stub.habits.passes, jhana_stub.habits.passes = False, True
    assert main(["doctor", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert [one["state"] for one in found["services"]] == ["ok", "ok"]
    assert not found["can_upload"]
    assert "swapped" in found["problem"]
    assert main(["doctor"]) == 3
    printed = capsys.readouterr().out
    assert "swapped" in printed
    assert printed.splitlines()[-1] == "no upload can run; nothing was written"


def test_what_a_setting_says_is_not_kept_is_shown_beside_what_is_declared(
    configured, monkeypatch, capsys
):
    """The service's word and the administrator's stay apart, and the notices say whose it is."""
    monkeypatch.setenv("AAPIMPORT_NOT_KEPT", "roles,externalId")
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    portal, jhana = found["services"]
    assert (portal["not_kept"], jhana["not_kept"]) == (["externalid", "roles"], [])
    assert portal["announced"]["roles"]
    said = "the setting not_kept says that the portal keeps no roles: User Role is not sent"
    assert said in found["meaning"]
    assert main(["doctor"]) == 0
    assert "not kept, as set  externalid, roles" in capsys.readouterr().out


def test_what_a_schema_says_is_declared_and_not_kept(configured, portal_stub, capsys):
    """Only reading somebody back shows what is kept."""
    names = ("userName", "name", "entitlements")
    user = {
        "id": "urn:ietf:params:scim:schemas:core:2.0:User",
        "attributes": [{"name": name} for name in names],
    }
    portal_stub.on("GET", "/Schemas", instead(as_json(200, {"Resources": [user]})), times=9)
    assert main(["doctor"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "declares names, entitlements, externalId" in lines
    assert "not declared roles" in lines


def test_half_a_configuration_is_exit_3(monkeypatch, capsys):
    """Never the practice portal when something is configured."""
    monkeypatch.setenv("AAPIMPORT_PORTAL_URL", "https://portal.example.com")
    assert main(["doctor"]) == 3
    assert "half configured" in capsys.readouterr().err


def test_doctor_and_plan_say_the_same_sentences(configured, portal_stub, tmp_path, capsys):
    """What a portal can't hold has one wording."""
    schema = {
        "id": "urn:ietf:params:scim:schemas:core:2.0:User",
        "attributes": [{"name": "userName"}, {"name": "name"}, {"name": "active"}],
    }
    portal_stub.on("GET", "/Schemas", instead(as_json(200, {"Resources": [schema]})), times=9)
    portal_stub.add_team("Leadership 2026", 50)
    file = tmp_path / "people.csv"
    file.write_text("Email Address,First Name,Last Name\nbo@acme.com,Bo,Li\n", encoding="utf-8")
    assert main(["doctor", "--json"]) == 0
    meaning = json.loads(capsys.readouterr().out)["meaning"]
    assert main(["plan", str(file), "--pass", "Leadership 2026", "--json"]) == 1
    notices = json.loads(capsys.readouterr().out)["notices"]
    assert "the portal declares no roles: User Role is not sent" in notices
    assert set(notices) <= set(meaning)


def test_the_setting_decides_what_the_pass_is(configured, monkeypatch, capsys):
    """A portal that takes entitlements has its pass as a Group when the setting says so."""
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pass_is"] == "entitlement"
    monkeypatch.setenv("AAPIMPORT_PASS_AS", "group")
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pass_is"] == "group"
    assert "the setting pass_as says group: the pass is the Group of that name" in found["meaning"]


def test_the_schema_in_the_docs_is_what_doctor_prints(aapimport):
    """`docs/schemas/doctor.json` is the contract for scripts."""
    path = Path(__file__).parents[2] / "docs" / "schemas" / "doctor.json"
    jsonschema.validate(
        aapimport("doctor", "--json").json, json.loads(path.read_text(encoding="utf-8"))
    )
