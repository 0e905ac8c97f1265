"""Somebody with a name that nobody else has, from the first look to the last receipt."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aapimport.plan.approval import read_plan
from support.stub import TOKEN, ScimStub
from support.traces import said, traces
from support.wire import Act, Response, error, instead

NAMES = ("quetzalina", "oxymandias")
OPTIONS = ("--pass", "Leadership 2026", "--maybe", "create")
BUG = """
import os, sys
from aapimport.cli import main
from aapimport.services.transport import Transport

request = Transport.request

def broken(self, method, path, **more):
    if method != "GET":
        raise ValueError(f"quetzalina.oxymandias@acme.com {os.environ['AAPIMPORT_PORTAL_TOKEN']}")
    return request(self, method, path, **more)

Transport.request = broken
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def file(machine) -> Path:
    """Her, and somebody else, in a folder of their own."""
    path: Path = machine.work / "people.csv"
    path.write_text(
        "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled\n"
        "quetzalina.oxymandias@acme.com,Quetzalina,Oxymandias,,Sales,1\n"
        "bo@acme.com,Bo,Berg,,,1\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def live(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> dict[str, str]:
    """Two services, whose tokens are in the environment, and a folder for temporary files."""
    (tmp_path / "temporary").mkdir()
    return {
        "AAPIMPORT_PORTAL_URL": portal_stub.url,
        "AAPIMPORT_PORTAL_TOKEN": TOKEN,
        "AAPIMPORT_JHANA_URL": jhana_stub.url,
        "AAPIMPORT_JHANA_TOKEN": TOKEN,
        "AAPIMPORT_SETTLE_SECONDS": "0.1",
        "TMPDIR": str(tmp_path / "temporary"),
    }


@pytest.mark.skipif(os.name == "nt", reason="nothing there kills a process as SIGKILL does")
def test_nobody_is_left_behind_by_name(started, live, file, machine, portal_stub, jhana_stub):
    """A plan, a crash, a bug, a refusal that names her: when all is final, no file of ours does.

    Neither does what the commands say on stderr; the token is nowhere at all.
    """
    folder = machine.home.parent
    errors: list[str] = []
    screens: list[str] = []

    def run(*words: object, code: int, anew: bool = False) -> str:
        process = started(*words, anew=anew, **live)
        out, err = map(bytes.decode, process.communicate(timeout=60))
        assert process.returncode == code, err
        errors.append(err)
        screens.append(out)
        return out

    plan = folder / "outside" / "plan.json"
    plan.parent.mkdir()
    run("plan", file, *OPTIONS, "--emails", "-o", plan, code=0, anew=True)
    approved = read_plan(plan)
    words = ("upload", file, "--plan", plan, "--fingerprint", approved.fingerprint)

    crashed = started(*words, anew=True, **live)

    def crash(act: Act) -> Response:
        done = act()
        crashed.kill()
        crashed.wait()
        return done

    portal_stub.on("POST", "/Users", crash, body=NAMES[0])
    screens += [stream.decode() for stream in crashed.communicate(timeout=60)]
    assert crashed.returncode == -signal.SIGKILL
    assert traces(machine.state, NAMES)  # so that the looks below prove something

    broken = subprocess.run(
        [sys.executable, "-c", BUG, "resume"],
        env=os.environ | live,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert broken.returncode == 5
    errors.append(broken.stderr.decode())
    assert len(list(machine.state.glob("bug-*.log"))) == 1

    words_of_hers = f"quetzalina.oxymandias@acme.com (Quetzalina Oxymandias) is not for {TOKEN}"
    jhana_stub.on("POST", "/Users", instead(error(400, words_of_hers)), body=NAMES[0], times=9)
    assert "rejected" in run("resume", "--json", code=1)
    run("resume", approved.receipt, code=1)
    run("doctor", code=0)
    run("doctor", "--json", code=0)

    assert portal_stub.people == {"quetzalina.oxymandias@acme.com": 1, "bo@acme.com": 1}
    run("history", "purge", "--yes", code=0)  # else they are kept for some days
    for place in (machine.state, folder / "temporary"):
        assert traces(place, NAMES) == []
    assert traces(folder, [TOKEN]) == []
    assert said("".join(errors), NAMES) == []
    assert said("".join(errors + screens), [TOKEN]) == []
