import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aapimport.cli import main
from aapimport.cli.sandbox import sandbox
from aapimport.config.keys import STATE_DIR
from aapimport.config.settings import SERVICE_VARIABLES
from aapimport.errors import ExitCode
from aapimport.sandbox.practice import Practice
from support.terminal import AAPIMPORT, Terminal
from support.warm import Warm

PRACTICE = "PRACTICE portal: nothing real is touched"


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a practice portal of its own."""
    for name in SERVICE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(STATE_DIR, str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def add_ana(state_dir: Path) -> None:
    """One person more than in the seed."""
    practice = Practice(state_dir)
    with httpx.Client(
        transport=httpx.WSGITransport(practice.portal),
        base_url="http://practice.test/v2",
        headers={"Authorization": f"Bearer {practice.token}"},
    ) as client:
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ana@acme.com",
            "entitlements": [{"value": "leadership-2026", "type": "pass"}],
        }
        assert client.post("/Users", json=body).status_code == 201
    practice.close()


def run(*words: str) -> ExitCode:
    """Run the command as `main()` does."""
    code: ExitCode = sandbox.main(args=list(words), standalone_mode=False)
    return code


def shown(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `sandbox show --json` prints."""
    capsys.readouterr()
    assert run("show", "--json") is ExitCode.OK
    captured = capsys.readouterr()
    assert captured.err == ""
    found: dict[str, Any] = json.loads(captured.out)
    return found


def test_show_json_has_the_documented_shape(capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts get passes, teams, people and the outbox, with exactly the documented names."""
    found = shown(capsys)
    names = ["target", "address", "passes", "teams", "people", "outbox", "notices"]
    assert list(found) == names
    assert found["passes"][1] == {
        "id": "leadership-2025",
        "name": "Leadership 2025",
        "seats": 120,
        "seats_used": 117,
    }
    assert found["teams"][1] == {
        "id": "finance",
        "name": "Finance",
        "pass": "Leadership 2026",
        "places": 12,
        "places_used": 1,
    }
    assert found["people"][5] == {
        "email": "kwame.mensah@acme.com",
        "active": False,
        "roles": ["manager"],
        "passes": ["Leadership 2026"],
        "teams": ["Engineering"],
        "jhana": False,
    }
    assert found["people"][-1]["jhana"] is True
    assert found["outbox"] == found["notices"] == []


def test_the_seed_has_what_practice_needs(capsys: pytest.CaptureFixture[str]) -> None:
    """Two passes, one nearly full; four teams; people off and on, on last year's pass, an admin."""
    found = shown(capsys)
    assert [each["seats"] - each["seats_used"] for each in found["passes"]] == [233, 3]
    assert len(found["teams"]) == 4
    assert len(found["people"]) == 12
    assert sum(not each["active"] for each in found["people"]) == 1
    assert sum(each["passes"] == ["Leadership 2025"] for each in found["people"]) == 4
    assert sum("client admin" in each["roles"] for each in found["people"]) == 1


def test_show_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """The tables say first that nothing real is touched, and last what can be done next."""
    assert run("show") is ExitCode.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == PRACTICE
    assert lines[-1].startswith("next: aapimport sandbox reset")


@pytest.mark.usefixtures("add_ana")
def test_reset_without_a_terminal_does_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing real is lost, so a script need not be asked; what was done is said."""
    assert len(shown(capsys)["people"]) == 13
    assert run("reset") is ExitCode.OK
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(PRACTICE)
    assert "is as new" in captured.err
    assert len(shown(capsys)["people"]) == 12


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
@pytest.mark.usefixtures("add_ana")
@pytest.mark.parametrize(
    ("answers", "words", "people"), [(["n"], [], 13), (["y"], [], 12), ([], ["--yes"], 12)]
)
def test_reset_on_a_terminal_asks(
    answers: list[str],
    words: list[str],
    people: int,
    warm: Warm | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A no keeps everything; --yes isn't asked."""
    terminal = Terminal(warm)
    asked = [("Forget everybody who was uploaded there", answer) for answer in answers]
    code = terminal.run((*AAPIMPORT, "sandbox", "reset", *words), asked)
    assert code == (ExitCode.FINDINGS if answers == ["n"] else ExitCode.OK)
    assert terminal.screen.startswith(PRACTICE)
    assert ("nothing was changed" in terminal.screen) is (answers == ["n"])
    assert len(shown(capsys)["people"]) == people


@pytest.fixture
def server(state_dir: Path) -> Iterator["subprocess.Popen[str]"]:
    """`aapimport sandbox serve` as a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "aapimport", "sandbox", "serve"],
        env={**os.environ, STATE_DIR: str(state_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        yield process
        process.kill()


def settings_of(server: "subprocess.Popen[str]") -> dict[str, str]:
    """The four settings that it prints."""
    assert server.stdout is not None
    lines = [server.stdout.readline().strip() for _ in range(4)]
    return dict(line.split("=", 1) for line in lines)


def test_serve_prints_the_four_settings(server: "subprocess.Popen[str]") -> None:
    """The four lines on stdout are settings with which the services answer."""
    settings = settings_of(server)
    assert tuple(settings) == SERVICE_VARIABLES
    for url, token in (SERVICE_VARIABLES[:2], SERVICE_VARIABLES[2:]):
        answer = httpx.get(
            f"{settings[url]}/Users",
            headers={"Authorization": f"Bearer {settings[token]}"},
            trust_env=False,
        )
        assert answer.status_code == 200


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("wish", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_cleanly(server: "subprocess.Popen[str]", wish: signal.Signals) -> None:
    """Ctrl+C and SIGTERM end it without a traceback, and it says that everything is kept."""
    settings_of(server)
    assert server.stderr is not None
    assert server.stderr.readline().strip() == PRACTICE
    server.send_signal(wish)
    _, errors = server.communicate(timeout=300)
    assert server.returncode == ExitCode.OK
    assert errors.splitlines()[-1] == "stopped; everything is kept"


def test_the_token_outlives_the_server(server: "subprocess.Popen[str]", state_dir: Path) -> None:
    """Whoever noted the settings once can use them again."""
    printed = settings_of(server)["AAPIMPORT_PORTAL_TOKEN"]
    practice = Practice(state_dir)
    assert practice.token == printed
    practice.close()


def test_reset_forgets_an_interrupted_practice_upload(state_dir: Path) -> None:
    """After a reset, a half uploaded file starts anew: the journal goes with its people."""
    from aapimport.run.journal import journal_path

    journal = journal_path(state_dir, "practice")
    journal.parent.mkdir(parents=True, mode=0o700)
    journal.write_bytes(b"what an interrupted upload left")
    assert main(["sandbox", "reset", "--yes"]) == ExitCode.OK
    assert not journal.exists()
