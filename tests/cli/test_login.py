import json
import os
import stat

import pytest

from aapimport.config.keyring_store import Keyring
from support.keyrings import HangingKeyring, LockedKeyring
from support.machine import SERVICES, profile
from support.terminal import AAPIMPORT, Terminal

PLACE = "aapimport:https://portal.example.com/scim"
STATUS = ("login", "--status", "--json")


def test_a_secret_is_kept_for_its_address(aapimport, machine):
    """It goes into the keyring, for the place of the address and the service, and is used."""
    machine.own_file(SERVICES)
    done = aapimport("login", "portal", stdin="tok-1\n")
    assert done.code == 0
    assert machine.keyring.kept == {(PLACE, "portal"): "tok-1"}
    assert "the token of the portal at https://portal.example.com/scim is kept: keyring" in done.err
    assert done.out == ""
    assert "tok-1" not in done.err
    assert not machine.state.exists()


def test_a_profile_keeps_its_own(aapimport, machine):
    """Two clients at one address don't get each other's secret."""
    machine.own_file(profile("acme") + profile("beta"))
    assert aapimport("login", "portal", "--profile", "acme", stdin="tok-1").code == 0
    found = {
        name: aapimport(*STATUS, "--profile", name).json["portal"]["secret"]
        for name in ("acme", "beta")
    }
    assert found == {"acme": "set (keyring)", "beta": "not set"}
    assert aapimport(*STATUS, AAPIMPORT_PROFILE="beta").code == 3


def test_status_says_where_and_never_what(aapimport, machine):
    """In words and as JSON; exit code 3 as long as one is missing."""
    machine.own_file(SERVICES)
    aapimport("login", "portal", stdin="canary-1")
    done = aapimport("login", "--status")
    assert done.code == 3
    assert done.out.splitlines() == [
        "portal  https://portal.example.com/scim  set (keyring)",
        "jhana   https://jhana.example.com/scim  not set",
    ]
    done = aapimport(*STATUS, AAPIMPORT_JHANA_TOKEN="canary-2")
    assert done.code == 0
    assert done.json["jhana"] == {
        "url": "https://jhana.example.com/scim",
        "secret": "set (AAPIMPORT_JHANA_TOKEN)",
        "source": "AAPIMPORT_JHANA_TOKEN",
    }
    assert "canary" not in done.out + done.err


def test_a_file_is_used_only_when_it_is_asked_for(aapimport, machine):
    """Without a keyring nothing is written; with --file it is, for its owner only."""
    machine.own_file(SERVICES)
    off = {"AAPIMPORT_NO_KEYRING": "1"}
    done = aapimport("login", "portal", stdin="tok-1", **off)
    assert done.code == 3
    assert "--file" in done.err
    assert not machine.state.exists()
    assert aapimport("login", "portal", "--file", stdin="tok-1", **off).code == 0
    path = machine.state / "secrets.json"
    assert list(json.loads(path.read_text(encoding="utf-8")).values()) == ["tok-1"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(machine.state.stat().st_mode) == 0o700
    assert aapimport(*STATUS, **off).json["portal"]["source"] == str(path)


def test_a_secret_is_in_one_place_only(aapimport, machine):
    """Whichever was written last; an older one elsewhere would go first."""
    machine.own_file(SERVICES)
    aapimport("login", "portal", stdin="old")
    aapimport("login", "portal", "--file", stdin="new")
    assert machine.keyring.kept == {}
    aapimport("login", "portal", stdin="newest")
    assert not (machine.state / "secrets.json").exists()
    assert aapimport(*STATUS).json["portal"]["source"] == "keyring"


def test_logout_forgets(aapimport, machine):
    """From the keyring and the file, of one service or both; nothing there is no error."""
    machine.own_file(SERVICES)
    aapimport("login", "portal", stdin="a")
    aapimport("login", "jhana", "--file", stdin="b")
    done = aapimport("logout")
    assert done.code == 0
    assert done.err.count("is forgotten") == 2
    assert machine.keyring.kept == {}
    assert not (machine.state / "secrets.json").exists()
    again = aapimport("logout", "portal")
    assert again.code == 0
    assert "no secret of the portal at https://portal.example.com/scim was kept" in again.err


@pytest.mark.parametrize(
    ("typed", "kept", "taken"),
    [
        ("Bearer abc", "abc", "'Bearer' was taken off"),
        ('"bearer abc"', "abc", "'Bearer' and quotation marks were taken off"),
        ("Authorization: Bearer abc\r\n", "abc", "'Bearer' was taken off"),
        (" “abc” ", "abc", "quotation marks were taken off"),
        ("abc=='", "abc=='", ""),
    ],
)
def test_what_was_pasted_with_a_token_is_taken_off(typed, kept, taken, aapimport, machine):
    """And told, because it isn't what was typed."""
    machine.own_file(SERVICES)
    done = aapimport("login", "portal", stdin=typed)
    assert done.code == 0
    assert list(machine.keyring.kept.values()) == [kept]
    assert ("notice: " in done.err) is bool(taken)
    assert taken in done.err


def test_a_password_is_kept_as_it_is(aapimport, machine):
    """Quotation marks, blanks and umlauts may be part of it."""
    machine.own_file(SERVICES.replace("[jhana]", 'auth = "basic"\nuser = "zoe"\n[jhana]'))
    done = aapimport("login", "portal", stdin=' "gehéim" \n')
    assert list(machine.keyring.kept.values()) == [' "gehéim" ']
    assert "the password of the portal" in done.err


@pytest.mark.parametrize(
    ("words", "stdin", "code", "said"),
    [
        (["portal"], "", 3, "the token that was typed is empty"),
        (["portal"], "  \n", 3, "the token that was typed is empty"),
        (["portal"], "tök\n", 3, "characters that a token can't have"),
        ([], "tok\n", 2, "it isn't said whose secret it is"),
        (["portal", "--json"], "tok\n", 2, "--json goes with --status only"),
        (["passport"], "tok\n", 2, "'passport'"),
    ],
)
def test_what_can_not_be_kept_is_refused(words, stdin, code, said, aapimport, machine):
    """In a sentence, and nothing is kept."""
    machine.own_file(SERVICES)
    done = aapimport("login", *words, stdin=stdin)
    assert done.code == code
    assert said in " ".join(done.err.split())
    assert machine.keyring.kept == {}


def test_without_an_address_there_is_nothing_to_log_in_to(aapimport, machine):
    """What to do next is said, with the profiles where there are some."""
    done = aapimport("login", "portal", stdin="tok")
    assert done.code == 3
    assert "aapimport config init" in done.err
    machine.own_file(profile("acme"))
    done = aapimport("login", "portal", stdin="tok")
    assert done.code == 3
    assert "--profile: acme" in " ".join(done.err.split())


def test_a_variable_that_goes_first_is_told(aapimport, machine):
    """What was just kept would not be used."""
    machine.own_file(SERVICES)
    done = aapimport("login", "portal", stdin="tok", AAPIMPORT_PORTAL_TOKEN="other")
    assert "notice: AAPIMPORT_PORTAL_TOKEN is set, and goes first" in done.err


@pytest.mark.parametrize("backend", [LockedKeyring, HangingKeyring])
def test_a_keyring_that_is_locked_is_given_up(backend, aapimport, machine, monkeypatch):
    """Reading, keeping and forgetting end in a sentence; what the library says is not shown."""
    machine.own_file(SERVICES)
    monkeypatch.setattr("keyring.core._keyring_backend", backend())
    monkeypatch.setattr("aapimport.config.stores.Keyring", lambda: Keyring(seconds=0.2))
    for words in (["login", "portal"], ["logout", "portal"], ["passes"]):
        done = aapimport(*words, stdin="canary-1")
        assert done.code == 3, words
        assert "the keyring is locked" in " ".join(done.err.split())
        assert "canary" not in done.err + done.out


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_a_terminal_is_asked_and_shows_nothing(machine):
    """Both services are asked for, each with its address; what is typed isn't on the screen."""
    machine.own_file(SERVICES)
    terminal = Terminal()
    answers = [
        ("token of the portal at https://portal.example.com/scim", "canary-1"),
        ("token of Jhana at https://jhana.example.com/scim", "canary-2"),
    ]
    assert terminal.run([*AAPIMPORT, "login", "--file"], answers, COLUMNS="300") == 0
    assert "canary" not in terminal.screen
    assert str(machine.own_path) in terminal.screen
    kept = json.loads((machine.state / "secrets.json").read_text(encoding="utf-8"))
    assert list(kept.values()) == ["canary-1", "canary-2"]


def test_a_script_keeps_nothing_for_an_address_that_only_the_folder_names(aapimport, machine):
    """Nobody sees it there; the environment or the user's own file must have it, too."""
    path = machine.folder_file(SERVICES)
    done = aapimport("login", "portal", stdin="tok")
    assert done.code == 3
    words = "".join(done.err.split())  # long paths are broken anywhere
    assert f"namesthataddress,{path}[portal]" in words
    assert machine.keyring.kept == {}
    url = {"AAPIMPORT_PORTAL_URL": "https://portal.example.com/scim"}
    assert aapimport("login", "portal", stdin="tok", **url).code == 0
    assert list(machine.keyring.kept.values()) == ["tok"]


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_a_terminal_asks_about_an_address_that_only_the_folder_names(machine):
    """Enter is no, and then no secret is asked for; yes keeps it for that address."""
    machine.folder_file(SERVICES)
    terminal = Terminal()
    words = [*AAPIMPORT, "login", "portal", "--file"]
    question = "Is https://portal.example.com/scim really the portal?"
    assert terminal.run(words, [(question, "")], COLUMNS="300") == 1
    assert "no secret was kept for https://portal.example.com/scim" in terminal.screen
    assert not machine.state.exists()
    answers = [(question, "y"), ("not shown as you type", "canary-1")]
    assert terminal.run(words, answers, COLUMNS="300") == 0
    kept = json.loads((machine.state / "secrets.json").read_text(encoding="utf-8"))
    assert list(kept.values()) == ["canary-1"]
