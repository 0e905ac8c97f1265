import json
import os
from pathlib import Path

import pytest

from aapimport.config.choice import Choice, settings_for
from aapimport.errors import ServiceError
from aapimport.run.journal import Journal, journal_path
from aapimport.run.lock import only_writer
from support.machine import SERVICES, profile
from support.terminal import AAPIMPORT, Terminal

COMMANDS = (["passes"], ["teams"], ["doctor"])
PRACTICE = "PRACTICE portal: nothing real is touched"


@pytest.fixture
def live(portal_stub, jhana_stub, machine) -> dict[str, str]:
    """The user's own file has the profile `acme`, whose secrets are in the environment."""
    machine.own_file(profile("acme", portal_stub.url, jhana_stub.url))
    return {
        "AAPIMPORT_PORTAL_TOKEN": portal_stub.habits.token,
        "AAPIMPORT_JHANA_TOKEN": jhana_stub.habits.token,
    }


def _real_journal(folder: Path) -> None:
    with Journal(folder / "journal.sqlite3"):
        pass


@pytest.mark.parametrize("words", COMMANDS)
def test_where_nothing_was_ever_configured_everything_practises(words, aapimport, machine):
    """Also without a terminal, and again after it has practised."""
    for _ in range(2):
        done = aapimport(*words)
        assert done.code == 0
        assert PRACTICE in done.err
        assert "notice" not in done.err


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize(
    "real", ["own file", "folder's file", "journal", "journal of a profile", "secrets"]
)
def test_a_script_that_would_only_practise_is_refused(words, real, aapimport, machine):
    """As soon as anything real is there, a script says where it works; the flags are named."""
    if real == "own file":
        machine.own_file(profile("acme"))
    elif real == "folder's file":
        machine.folder_file("buffer = 5\n")
    elif real == "secrets":
        machine.state.mkdir(parents=True, mode=0o700)
        (machine.state / "secrets.json").write_text("{}", encoding="utf-8")
    else:
        _real_journal(machine.state / ("profiles/acme" if "profile" in real else ""))
    done = aapimport(*words)
    assert done.code == 3
    assert "--practice" in done.err
    assert "--profile" in done.err
    assert done.out == ""
    done = aapimport(*words, "--practice")
    assert done.code == 0
    assert PRACTICE in done.err


def test_what_names_the_services_is_enough(aapimport, live, portal_stub, jhana_stub, machine):
    """A flag, a variable, the addresses, or a file with services at its top."""
    assert aapimport("passes", **live).code == 3  # tokens alone are half of it
    assert aapimport("passes", "--profile", "acme", **live).code == 0
    assert aapimport("passes", "--profile", "acme", "--live", **live).code == 0
    assert aapimport("passes", AAPIMPORT_PROFILE="acme", **live).code == 0
    urls = {"AAPIMPORT_PORTAL_URL": portal_stub.url, "AAPIMPORT_JHANA_URL": jhana_stub.url}
    assert aapimport("passes", **live, **urls).code == 0
    machine.own_file(f'[portal]\nurl = "{portal_stub.url}"\n[jhana]\nurl = "{jhana_stub.url}"\n')
    done = aapimport("passes", **live)
    assert done.code == 0
    assert PRACTICE not in done.err


def test_the_flag_goes_before_the_variable(aapimport, live, machine):
    """`--profile` is what was just typed."""
    done = aapimport("passes", "--profile", "acme", AAPIMPORT_PROFILE="beta", **live)
    assert done.code == 0
    done = aapimport("passes", "--profile", "", AAPIMPORT_PROFILE="acme", **live)
    assert done.code == 2
    assert "--profile is empty" in done.err


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((f"AAPIMPORT_PORTAL_{key}", "x") for key in ("AUTH", "USER", "HEADER", "CLIENT_ID")),
        *((f"AAPIMPORT_JHANA_{key}", "/x.pem") for key in ("CA_FILE", "CERTIFICATE", "KEY")),
        ("AAPIMPORT_JHANA_TOKEN_URL", "https://login.example.com"),
        ("AAPIMPORT_JHANA_SCOPE", ""),
        ("AAPIMPORT_PORTAL_KEY_PASSWORD", "x"),
        ("AAPIMPORT_PORTAL_TOKEN_FILE", "/x"),
        ("AAPIMPORT_PROXY", "http://proxy.example.com:3128"),
        ("AAPIMPORT_PACE", "slack"),
        ("AAPIMPORT_SETTLE_SECONDS", "60"),
        ("AAPIMPORT_NOT_KEPT", "roles"),
        ("AAPIMPORT_ADMINISTRATOR", "zoe@acme.com"),
        ("AAPIMPORT_PASS_AS", "group"),
        ("AAPIMPORT_KEEPS_MEMBERS", "yes"),
    ],
)
def test_a_script_with_any_setting_of_a_real_service_is_refused(
    words, name, value, aapimport, machine
):
    """Whoever sets a certificate or a proxy means no practice; an address that is gone is told."""
    done = aapimport(*words, **{name: value})
    assert done.code == 3
    assert "--practice" in done.err
    assert "--profile" in done.err
    assert done.out == ""
    assert not machine.state.exists()
    assert aapimport(*words, "--practice", **{name: value}).code == 0


@pytest.mark.parametrize("words", COMMANDS)
def test_live_refuses_to_practise(words, aapimport, machine):
    """Whatever is or isn't configured."""
    for more in ((), ("--json",)):
        done = aapimport(*words, "--live", *more)
        assert done.code == 3
        assert done.err.startswith("error: --live asks for your own services")
        assert (done.json["error"]["id"] == "settings") if more else (done.out == "")
    machine.own_file(profile("acme"))
    done = aapimport(*words, "--live")
    assert done.code == 3
    assert "acme" in done.err
    assert not machine.state.exists()


def test_practice_practises_whatever_is_set(aapimport, live, portal_stub):
    """No real service hears of it, and no secret is looked for."""
    done = aapimport("passes", "--practice", "--profile", "acme", **live)
    assert done.code == 0
    assert PRACTICE in done.err
    assert "Leadership 2025" in done.out
    assert portal_stub.seen == []


def test_both_are_wrong_usage(aapimport, machine):
    """Exit code 2."""
    done = aapimport("passes", "--practice", "--live")
    assert done.code == 2
    assert "--live and --practice can't be both" in done.err


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_on_a_terminal_it_practises_and_says_what_else_there_is(machine):
    """Whoever looks at the screen may be trying things out."""
    machine.own_file(profile("acme"))
    terminal = Terminal()
    assert terminal.run([*AAPIMPORT, "passes"], []) == 0
    assert "notice: this only practises" in terminal.screen
    assert "acme" in terminal.screen
    assert PRACTICE in terminal.screen


def test_profiles_have_a_state_folder_each(aapimport, live, machine, portal_stub, jhana_stub):
    """Lock, journal, pace and secrets of one client are not another's; practice is one for all."""
    machine.own_file(
        profile("acme", portal_stub.url, jhana_stub.url)
        + profile("beta", portal_stub.url, jhana_stub.url)
    )
    folders = {
        name: json.loads(aapimport("config", "show", "--json", "--profile", name, **live).out)
        for name in ("acme", "beta")
    }
    assert {name: one["settings"]["state_dir"]["value"] for name, one in folders.items()} == {
        name: str(machine.state / "profiles" / name) for name in ("acme", "beta")
    }
    assert aapimport("passes", "--practice", "--profile", "acme").code == 0
    assert (machine.state / "practice").is_dir()
    assert not (machine.state / "profiles").exists()


def test_two_profiles_never_wait_for_each_other(live, machine):
    """Each has the lock of its own journal; the same profile twice has to wait."""
    machine.own_file(profile("acme") + profile("beta", "https://b.example.com"))
    environment = live | {"AAPIMPORT_STATE_DIR": str(machine.state)}
    acme, beta = (
        settings_for(Choice(profile=name, live=True), on_terminal=False, environment=environment)
        for name in ("acme", "beta")
    )
    journals = [journal_path(one.state_dir, one.target) for one in (acme, beta)]
    with only_writer(journals[0], pytest.fail), only_writer(journals[1], pytest.fail):
        told: list[str] = []
        with (
            pytest.raises(ServiceError, match="another upload is still running"),
            only_writer(journals[0], told.append, wait_seconds=0.1),
        ):
            pytest.fail("one at a time")
        assert len(told) == 1


def test_a_notice_about_a_token_is_on_stderr(aapimport, live):
    """What was taken off it is said, and the rest is used."""
    pasted = live | {"AAPIMPORT_PORTAL_TOKEN": f'"Bearer {live["AAPIMPORT_PORTAL_TOKEN"]}"'}
    done = aapimport("passes", "--profile", "acme", "--json", **pasted)
    assert done.code == 0
    assert "notice: 'Bearer' and quotation marks were taken off AAPIMPORT_PORTAL_TOKEN" in done.err
    assert live["AAPIMPORT_PORTAL_TOKEN"] not in done.err
    assert isinstance(done.json["passes"], list)


def test_services_in_the_folder_are_a_choice(aapimport, machine):
    """They count as named; what is missing is said instead of practising."""
    machine.folder_file(SERVICES)
    done = aapimport("passes")
    assert done.code == 3
    assert "there is no token or password for the portal" in done.err


@pytest.mark.parametrize("jhana", ["", "1"])
def test_the_last_question_names_jhana_where_it_is_written_to(
    jhana, aapimport, live, portal_stub, jhana_stub, tmp_path
):
    """With people who get it."""
    file = tmp_path / "people.csv"
    header = "Email,First Name,Last Name,Jhana Enabled"
    file.write_text(f"{header}\nbo@acme.com,Bo,Quist,{jhana}\n", encoding="utf-8")
    words = ("upload", file, "--pass", "Leadership 2026", "--emails", "--profile", "acme")
    asked = " ".join(aapimport(*words, stdin="\n", **live).err.split())
    both = f" and Jhana {jhana_stub.url}" if jhana else ""
    assert f"for good, on {portal_stub.url}{both} (profile acme)) to go on" in asked


def test_every_screen_of_an_upload_names_the_profile(aapimport, live, portal_stub, tmp_path):
    """Plan, last question and receipt say where; the commands that are named work there."""
    file = tmp_path / "people.csv"
    file.write_text("Email,First Name,Last Name\nbo@acme.com,Bo,Quist\n", encoding="utf-8")
    words = ("upload", file, "--pass", "Leadership 2026", "--no-emails", "--profile", "acme")
    stopped = aapimport(*words, "--live", stdin="\n", **live)
    assert stopped.code == 1, stopped.err
    asked = " ".join(stopped.err.split())
    assert f"for good, on {portal_stub.url} (profile acme)) to go on" in asked
    done = aapimport(*words, "--live", stdin="1\n", **live)
    assert done.code == 0, done.err
    assert " ".join(done.out.split()).count("(profile acme)") >= 3
    assert "again with: aapimport receipt --profile acme " in " ".join(done.err.split())


def test_another_clients_token_goes_nowhere(aapimport, live, portal_stub, machine):
    """Where the profile has a token of its own, one left in the environment may be another's."""
    place = portal_stub.url
    machine.keyring.kept[f"aapimport:{place}", "acme/portal"] = "acme-s-own-token"
    done = aapimport("passes", "--profile", "acme", "--live", **live)
    assert done.code == 3
    said = " ".join(done.err.split())
    assert "AAPIMPORT_PORTAL_TOKEN is set, and profile acme has another secret" in said
    assert portal_stub.seen == []
    machine.keyring.kept[f"aapimport:{place}", "acme/portal"] = portal_stub.habits.token
    assert aapimport("passes", "--profile", "acme", "--live", **live).code == 0


def test_what_a_file_in_the_folder_decides_about_its_own_services_is_told(
    aapimport, live, machine, portal_stub, jhana_stub
):
    """Where it alone names them, and `login` has asked whether they are right."""
    services = profile("acme", portal_stub.url, jhana_stub.url)
    file = machine.folder_file('administrator = "zoe@acme.com"\nsettle_seconds = 0\n' + services)
    machine.own_file("buffer = 5\n")
    for name, stub in (("portal", portal_stub), ("jhana", jhana_stub)):
        machine.keyring.kept[f"aapimport:{stub.url}", f"acme/{name}"] = stub.habits.token
    done = aapimport("passes", "--profile", "acme", **live)
    assert done.code == 0, done.err
    said = " ".join(done.err.split())
    assert "a file in the working folder decides about what is safe" in said
    assert f"administrator ({file})" in said
