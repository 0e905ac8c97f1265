import json
from pathlib import Path

import jsonschema
import pytest

from aapimport.cli import main
from faults.stub import TOKEN, ScimStub
from faults.wire import as_json, error, instead


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
    assert "error: All Access Pass refuses the token (HTTP 401)" in printed
    assert "Jhana" in printed
    assert "no upload can run; nothing was written" in printed


def test_an_unreachable_service_is_exit_4(configured, jhana_stub, capsys):
    """Try again later."""
    jhana_stub.on("GET", "/.*", instead(error(503)), times=99)
    assert main(["doctor", "--json"]) == 4
    found = json.loads(capsys.readouterr().out)
    assert not found["can_upload"]
    assert [one["state"] for one in found["services"]] == ["ok", "unreachable"]


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
    assert main(["plan", str(file), "--pass", "Leadership 2026", "--json"]) == 0
    notices = json.loads(capsys.readouterr().out)["notices"]
    assert "the portal keeps no roles: User Role is not sent" in notices
    assert set(notices) <= set(meaning)


def test_the_setting_decides_what_the_pass_is(configured, monkeypatch, capsys):
    """A portal that keeps entitlements has its pass as a Group when the setting says so."""
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pass_is"] == "entitlement"
    monkeypatch.setenv("AAPIMPORT_PASS_AS", "group")
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pass_is"] == "group"
    assert (
        "the portal keeps entitlements, but AAPIMPORT_PASS_AS says group:"
        " the pass is the Group of that name"
    ) in found["meaning"]


def test_the_schema_in_the_docs_is_what_doctor_prints(aapimport):
    """`docs/schemas/doctor.json` is the contract for scripts."""
    path = Path(__file__).parents[2] / "docs" / "schemas" / "doctor.json"
    jsonschema.validate(
        aapimport("doctor", "--json").json, json.loads(path.read_text(encoding="utf-8"))
    )
