import json

import pytest

from aapimport.cli import main


def test_teams_as_json_are_the_contract(capsys):
    """Where, and a list of id, name, pass, places and used places; nothing else on stdout."""
    assert main(["teams", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["teams"]
    assert {tuple(one) for one in found} == {("id", "name", "pass", "places", "places_used")}
    assert len(found) == 4
    (finance,) = (one for one in found if one["name"] == "Finance")
    assert finance == {
        "id": "finance",
        "name": "Finance",
        "pass": "leadership-2026",
        "places": 12,
        "places_used": 1,
    }


@pytest.mark.parametrize("name", ["leadership 2025", "LEADERSHIP-2025"])
def test_the_teams_of_one_pass(name: str, capsys):
    """By name or id, in any letter case."""
    assert main(["teams", "--pass", name, "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["teams"]] == ["Alumni 2025"]


def test_an_unknown_pass_is_suggested(capsys):
    """Exit 1, with what may be meant."""
    assert main(["teams", "--pass", "Leadershp 2025"]) == 1
    assert "did you mean 'Leadership 2025'" in capsys.readouterr().err


def test_the_teams_of_a_pass_that_is_a_group(portal_stub, jhana_stub, monkeypatch, capsys):
    """The pass is looked for where AAPIMPORT_PASS_AS says that it is."""
    for name, stub in (("PORTAL", portal_stub), ("JHANA", jhana_stub)):
        monkeypatch.setenv(f"AAPIMPORT_{name}_URL", stub.url)
        monkeypatch.setenv(f"AAPIMPORT_{name}_TOKEN", stub.habits.token)
    monkeypatch.setenv("AAPIMPORT_PASS_AS", "group")
    assert main(["teams", "--pass", "Leadership 2026"]) == 1
    assert "the portal has no Groups for pass 'Leadership 2026'" in capsys.readouterr().err
    portal_stub.add_team("Leadership 2026", 100)
    assert main(["teams", "--pass", "Leadership 2026"]) == 0


def test_the_table_holds_at_80_columns(capsys):
    """Team, pass, places, used and free; which world is said on stderr."""
    assert main(["teams"]) == 0
    out, err = capsys.readouterr()
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines[0].split() == ["Team", "Pass", "Places", "Used", "Free"]
    assert "Finance      Leadership 2026      12     1    11" in lines
    assert max(map(len, lines)) <= 80
    assert err == "PRACTICE portal: nothing real is touched\n"


def test_places_that_are_not_published_are_said_to_be(portal_stub, jhana_stub, monkeypatch, capsys):
    """No numbers are made up; a hostile name is harmless; no teams is no error."""
    for name, stub in (("PORTAL", portal_stub), ("JHANA", jhana_stub)):
        monkeypatch.setenv(f"AAPIMPORT_{name}_URL", stub.url)
        monkeypatch.setenv(f"AAPIMPORT_{name}_TOKEN", stub.habits.token)
    portal_stub.store.groups = {"g": {"id": "g", "displayName": "[red]\x1bA", "members": []}}
    assert main(["teams"]) == 0
    out = capsys.readouterr().out
    assert "[red]\\u001BA" in out
    assert out.count("not") == out.count("published") == 3
    portal_stub.store.groups = {}
    assert main(["teams"]) == 0
    assert capsys.readouterr().out == "there are no teams\n"
