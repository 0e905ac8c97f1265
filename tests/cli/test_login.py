import json
import os
import signal
import stat
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from aapimport.config.keyring_store import Keyring
from aapimport.config.secret_file import SecretFile
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
    assert all("tok-1" not in path.read_text("utf-8") for path in machine.state.iterdir())


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
        ("token=abc", "abc", "the name before it was taken off"),
        ("access_token: abc", "abc", "the name before it was taken off"),
        ("export AAPIMPORT_PORTAL_TOKEN='abc='", "abc=", "quotation marks and the name before it"),
        ('"token": "abc"', "abc", "quotation marks and the name before it were taken off"),
        ("\ufeffabc\n", "abc", "invisible characters were taken off"),
        ("\u200babc\u200b\u2060", "abc", "invisible characters were taken off"),
        ("\n\nabc\r\n\r\n", "abc", ""),
        ('\ufeff"Bearer \u200babc"', "abc", "'Bearer' and invisible characters and quotation"),
        ('"token=abc"', "abc", "quotation marks and the name before it were taken off"),
        ("tokenabc=1", "tokenabc=1", ""),
        ("token:abc", "token:abc", ""),
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
        (["portal"], "tök\n", 3, "a token can't have: a letter or sign outside ASCII at place 2"),
        (["portal"], "abc def", 3, "a token can't have: a blank at place 4 of 7"),
        (["portal"], "Basic abc", 3, "a token can't have: a blank at place 6"),
        (["portal"], "ab\tc", 3, "a token can't have: a tab at place 3"),
        (["portal"], "ab\u00a0c", 3, "a token can't have: an unusual blank (U+00A0) at place 3"),
        (["portal"], "ab\u200bc", 3, "can't have: an invisible character (U+200B) at place 3"),
        (["portal"], "ab\x07c", 3, "can't have: a control character (U+0007) at place 3"),
        (["portal"], '{"token":"abc"}', 3, "can't have: the sign { at place 1"),
        (["portal"], "abc\ndef\n", 3, "has more than one line"),
        (["portal"], b"ab\xffc", 3, "is not UTF-8"),
        (["portal"], "x" * 70_000, 3, "is too long"),
        ([], "tok\n", 2, "it isn't said whose secret it is"),
        (["portal", "--json"], "tok\n", 2, "--json goes with --status only"),
        (["passport"], "tok\n", 2, "'passport'"),
    ],
)
def test_what_can_not_be_kept_is_refused(words, stdin, code, said, aapimport, machine):
    """In a sentence with the true reason and without the value; nothing is kept."""
    machine.own_file(SERVICES)
    done = aapimport("login", *words, stdin=stdin)
    assert done.code == code
    assert said in " ".join(done.err.split())
    assert "abc" not in done.err
    assert machine.keyring.kept == {}


@pytest.mark.parametrize(
    ("auth", "typed", "kept"),
    [
        ('"header"\nheader = "Authorization"', "Token token=abc", "Token token=abc"),
        ('"header"\nheader = "X-Api-Key"', "X-Api-Key: abc", None),
        (
            '"client-credentials"\nclient_id = "c"\ntoken_url = "https://l.example.com"',
            "client_secret=a b",
            "a b",
        ),
        ('"basic"\nuser = "zoe"', "\ufefftoken=a <b>\r\n", "token=a <b>"),
    ],
)
def test_each_kind_of_secret_keeps_what_may_be_part_of_it(auth, typed, kept, aapimport, machine):
    """A password may be anything, a header's value and a client's secret have blanks."""
    machine.own_file(SERVICES.replace("[jhana]", f"auth = {auth}\n[jhana]"))
    done = aapimport("login", "portal", stdin=typed)
    assert list(machine.keyring.kept.values()) == ([kept] if kept else [])
    assert ("begins with the name of a header" in done.err) is (kept is None)
    assert done.code == (0 if kept else 3)


def test_a_file_from_windows_is_read(aapimport, machine):
    """As PowerShell writes one: UTF-16 with a mark."""
    machine.own_file(SERVICES)
    assert aapimport("login", "portal", stdin="tok-1\r\n".encode("utf-16")).code == 0
    assert list(machine.keyring.kept.values()) == ["tok-1"]


def test_a_pipe_that_is_not_closed_is_told(machine):
    """What comes is read to its end, which may never come."""
    machine.own_file(SERVICES)
    words = [*AAPIMPORT, "login", "portal", "--file"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stderr=pipe) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"canary-1\n")
        process.stdin.flush()
        assert b"waiting for the end of standard input" in process.stderr.readline()
        process.stdin.close()
        assert b"is kept" in process.stderr.read()
    assert process.returncode == 0


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


@pytest.mark.parametrize("backend", [LockedKeyring, HangingKeyring])
def test_no_file_stands_behind_a_keyring_that_is_locked(backend, aapimport, machine, monkeypatch):
    """An older secret in it would go first as soon as it is open; the ways out are named."""
    machine.own_file(SERVICES)
    aapimport("login", "portal", stdin="old")
    monkeypatch.setattr("keyring.core._keyring_backend", backend())
    monkeypatch.setattr("aapimport.config.stores.Keyring", lambda: Keyring(seconds=0.2))
    done = aapimport("login", "portal", "--file", stdin="new")
    assert done.code == 3
    assert "an older one that may be in it would go first" in " ".join(done.err.split())
    assert "AAPIMPORT_NO_KEYRING=1" in done.err
    assert not (machine.state / "secrets.json").exists()
    monkeypatch.undo()


def test_a_keyring_that_is_switched_off_is_told(aapimport, machine):
    """What it has goes first where it isn't switched off; until it is forgotten there."""
    machine.own_file(SERVICES)
    off = {"AAPIMPORT_NO_KEYRING": "1"}
    aapimport("login", "portal", stdin="old")
    done = aapimport("login", "portal", "--file", stdin="new", **off)
    assert done.code == 0
    assert "notice: the keyring has an older one, which goes first" in " ".join(done.err.split())
    done = aapimport("logout", "portal", **off)
    assert done.code == 3
    assert "it isn't known whether the keyring has a secret" in " ".join(done.err.split())
    assert aapimport("logout", "portal").code == 0
    assert machine.keyring.kept == {}
    assert aapimport("logout", "portal", **off).code == 0


@pytest.mark.parametrize("more", [(), ("--file",)])
@pytest.mark.parametrize("at", ["", "acme"])
def test_logout_forgets_what_was_kept_for_another_address(at, more, aapimport, machine):
    """The address has changed since, or is gone: what was kept for it is named and forgotten."""
    named = ("--profile", at) if at else ()

    def write(portal: str) -> None:
        text = SERVICES.replace("https://portal.example.com/scim", portal)
        machine.own_file(text.replace("[", f"[profile.{at}.") if at else text)

    for portal in ("https://old.example.com", "https://new.example.com"):
        write(portal)
        assert aapimport("login", "portal", *named, *more, stdin="tok").code == 0
    write("https://newest.example.com")
    done = aapimport("logout", "portal", *named)
    assert done.code == 0
    for place in ("https://old.example.com", "https://new.example.com"):
        assert f"the secret of the portal at {place} is forgotten" in done.err
    assert "no secret of the portal at https://newest.example.com was kept" in done.err
    assert machine.keyring.kept == {}
    folder = machine.state / "profiles" / at if at else machine.state
    assert not list(folder.glob("*.json"))


def test_logout_forgets_what_was_kept_for_another_log_in(aapimport, machine):
    """Whatever the user was then; where a secret was put there by mistake, no file has it."""
    token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    for more in (f'auth = "basic"\nuser = "{token}"\n', 'auth = "basic"\nuser = "zoe"\n', ""):
        machine.own_file(SERVICES.replace("[jhana]", f"{more}[jhana]"))
        assert aapimport("login", "portal", stdin="tok").code == 0
    assert len(machine.keyring.kept) == 3
    assert token not in (machine.state / "keyring.json").read_text(encoding="utf-8")
    done = aapimport("logout", "portal", "--json")
    assert done.json["secrets"] == [
        {"service": "portal", "url": "https://portal.example.com/scim", "was_in": ["keyring"]}
    ]
    assert "#" not in done.err
    assert machine.keyring.kept == {}


def test_logout_works_where_no_address_is_left(aapimport, machine):
    """The settings are gone, and the secrets aren't; with nothing kept that is said."""
    path = machine.own_file(SERVICES)
    for name in ("portal", "jhana"):
        aapimport("login", name, stdin="tok")
    path.unlink()
    done = aapimport("logout")
    assert done.code == 0
    assert done.err.count("is forgotten: keyring") == 2
    assert machine.keyring.kept == {}
    assert aapimport("logout").code == 3


@pytest.mark.parametrize("name", ["portal", "jhana"])
def test_logout_of_what_there_is_succeeds_where_no_address_is_left(name, aapimport, machine):
    """The other service never had one."""
    path = machine.own_file(SERVICES)
    aapimport("login", name, stdin="tok")
    path.unlink()
    done = aapimport("logout")
    assert done.code == 0, done.err
    assert "is forgotten: keyring" in done.err
    assert machine.keyring.kept == {}


@pytest.mark.parametrize("more", [(), ("--file",)])
@pytest.mark.parametrize("others", ["", profile("acme-2026")])
def test_logout_forgets_a_profile_that_no_file_has_any_more(others, more, aapimport, machine):
    """It was renamed, or the client left: its state folder still has what was kept."""
    machine.own_file(profile("acme"))
    for name in ("portal", "jhana"):
        aapimport("login", name, "--profile", "acme", *more, stdin=f"tok-{name}")
    machine.own_file(others)
    folder = machine.state / "profiles" / "acme"
    done = aapimport("logout", "--profile", "acme")
    assert done.code == 0, done.err
    words = "".join(done.err.split())
    assert "".join(f"profile acme any more; its state folder is {folder}".split()) in words
    assert done.err.count("is forgotten") == 2
    assert machine.keyring.kept == {}
    assert not list(folder.glob("*.json"))
    again = aapimport("logout", "--json", AAPIMPORT_PROFILE="acme")
    assert (again.code, again.json["secrets"]) == (0, [])
    assert "no secret of profile acme was kept" in again.err
    assert aapimport("logout", "--profile", "acne").code == 3
    assert aapimport("login", "--status", "--profile", "acme").code == 3


@pytest.mark.parametrize("typed", ["", " ", "Bearer "])
def test_nothing_typed_says_what_to_do(typed, aapimport, machine):
    """No variable is meant: there is none."""
    machine.own_file(SERVICES)
    done = aapimport("login", "portal", stdin=typed)
    assert done.code == 3
    assert "run it again, and write the token to its standard input" in " ".join(done.err.split())
    assert "unset" not in done.err


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_enter_alone_says_what_to_do(machine):
    """On a terminal likewise."""
    machine.own_file(SERVICES)
    terminal = Terminal()
    words = [*AAPIMPORT, "login", "portal", "--file"]
    assert terminal.run(words, [("not shown as you type", "")], COLUMNS="300") == 3
    assert "run it again, and paste the token, then Enter" in terminal.screen
    assert "unset" not in terminal.screen


def test_logout_leaves_other_profiles_alone(aapimport, machine):
    """At the same address, in the same keyring."""
    machine.own_file(profile("acme") + profile("beta"))
    for name in ("acme", "beta"):
        aapimport("login", "portal", "--profile", name, stdin=f"tok-{name}")
    assert aapimport("logout", "--profile", "acme").code == 0
    assert list(machine.keyring.kept.values()) == ["tok-beta"]


def test_two_log_ins_at_once_keep_both(machine):
    """Each reads what the other has written, and none of twelve is lost."""
    machine.own_file("".join(profile(f"c{n}") for n in range(6)))
    file = SecretFile(machine.state)
    users = [f"c{n}/{service}" for n in range(6) for service in ("portal", "jhana")]
    gate = threading.Barrier(len(users))

    def keep(user: str) -> None:
        gate.wait(30)
        SecretFile(machine.state).write("https://p.example.com", user, f"tok-{user}")

    threads = [threading.Thread(target=keep, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {user: file.read("https://p.example.com", user) for user in users} == {
        user: f"tok-{user}" for user in users
    }


def test_two_processes_that_log_in_at_once_keep_both(aapimport_process, machine):
    """As two terminals do it."""
    machine.own_file(SERVICES)
    with ThreadPoolExecutor(2) as pool:
        asked = [
            pool.submit(aapimport_process, "login", name, "--file", stdin="tok\n")
            for name in ("portal", "jhana")
        ]
    assert [one.result().code for one in asked] == [0, 0]
    kept = json.loads((machine.state / "secrets.json").read_text(encoding="utf-8"))
    assert len(kept) == 2


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("length", [4_094, 4_095, 4_096, 20_000])
def test_a_long_token_is_read_whole_on_a_terminal(length, machine):
    """A terminal's own line would be cut behind 4,095 bytes, and the rest of the token lost."""
    machine.own_file(SERVICES)
    token = "".join(f"{n:08x}" for n in range(length // 8 + 1))[:length]
    terminal = Terminal()
    words = [*AAPIMPORT, "login", "portal", "--file"]
    assert terminal.run(words, [("not shown as you type", token)], COLUMNS="300") == 0
    kept = json.loads((machine.state / "secrets.json").read_text(encoding="utf-8"))
    assert list(kept.values()) == [token]
    assert token[:16] not in terminal.screen


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [("abx\x7fc", "abc"), ("zé\x7f\x7f\x7fabc", "abc"), ("zzz\x15abc", "abc")],
)
def test_what_was_mistyped_is_taken_back(typed, kept, machine):
    """A character with Backspace, all of it with ^U."""
    machine.own_file(SERVICES)
    words = [*AAPIMPORT, "login", "portal", "--file"]
    assert Terminal().run(words, [("not shown as you type", typed)], COLUMNS="300") == 0
    found = json.loads((machine.state / "secrets.json").read_text(encoding="utf-8"))
    assert list(found.values()) == [kept]


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("abc\ndef", 3, "has more than one line"),
        ("\x04", 3, "is empty"),
    ],
)
def test_nothing_is_kept_of_what_was_no_secret(typed, code, said, machine):
    """A paste of two lines, and the end of input."""
    machine.own_file(SERVICES)
    terminal = Terminal()
    words = [*AAPIMPORT, "login", "portal", "--file"]
    assert terminal.run(words, [("not shown as you type", typed)], COLUMNS="300") == code
    assert said in terminal.screen
    assert not (machine.state / "secrets.json").exists()


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


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 143), ("SIGINT", 130)])
def test_a_signal_leaves_the_terminal_as_it_was(name, code, machine):
    """Whoever is asked for a secret and stops sees again what they type."""
    import termios

    machine.own_file(SERVICES)
    ours, theirs = os.openpty()
    before = termios.tcgetattr(theirs)
    words = [*AAPIMPORT, "login", "portal", "--file"]
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        screen = b""
        while b"as you type" not in b" ".join(screen.split()):
            screen += os.read(ours, 4096)
        assert not termios.tcgetattr(theirs)[3] & termios.ECHO
        process.send_signal(getattr(signal, name))
        assert process.wait(30) == code
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)


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
