from aapimport.cli import main


def test_passes_as_json_is_the_contract(aapimport):
    """Where, and a list of id, name, seats and used seats; nothing else on stdout."""
    done = aapimport("passes", "--json")
    assert done.code == 0
    found = done.json["passes"]
    assert [set(one) for one in found] == [{"id", "name", "seats", "seats_used"}] * 2
    assert found[0]["name"] == "Leadership 2026"


def test_passes_as_a_table_say_which_world(capsys):
    """The table is on stdout, the word that nothing is real on stderr."""
    assert main(["passes"]) == 0
    printed = capsys.readouterr()
    assert "Leadership 2025" in printed.out
    assert "PRACTICE portal: nothing real is touched" in printed.err


def test_a_portal_without_passes_says_how_to_go_on(portal_stub, jhana_stub, monkeypatch, capsys):
    """No list of passes is no error."""
    portal_stub.habits.passes = False
    for name, stub in (("PORTAL", portal_stub), ("JHANA", jhana_stub)):
        monkeypatch.setenv(f"AAPIMPORT_{name}_URL", stub.url)
        monkeypatch.setenv(f"AAPIMPORT_{name}_TOKEN", stub.habits.token)
    assert main(["passes"]) == 0
    assert "--pass" in capsys.readouterr().out
