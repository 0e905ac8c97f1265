"""^C twice: the process ends at once, and has said which run it was and what goes on."""

import json
import os
import re
import select
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from support.mail_server import MailServer
from support.wire import Act, Fault, Response

HEAD = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled\n"
MOST = 60.0  # seconds


@pytest.fixture
def words(tmp_path: Path) -> tuple[object, ...]:
    """The upload of three people."""
    people = (f"{name.lower()}@acme.com,{name},Berg,,,\n" for name in ("Ana", "Bo", "Omar"))
    file = tmp_path / "people.csv"
    file.write_text(HEAD + "".join(people), "utf-8")
    end = ("--live", "--yes", "--no-emails", "--no-bulk")
    return ("upload", file, "--pass", "Leadership 2026", *end)


def twice(
    process: Any,
    under_way: threading.Event,
    held: threading.Event,
    out: list[bytes] | None = None,
) -> tuple[int, str]:
    """Interrupts a command twice while a request is under way; its exit code and its stderr.

    What it has printed is put into `out`.
    """
    try:
        assert under_way.wait(MOST)
        process.send_signal(signal.SIGINT)
        said = b""
        while b"again to stop at once" not in said:
            assert select.select([process.stderr], [], [], MOST)[0]
            said += os.read(process.stderr.fileno(), 65536)
        process.send_signal(signal.SIGINT)
        printed, rest = process.communicate(timeout=MOST)
        if out is not None:
            out.append(printed)
        return process.returncode, (said + rest).decode()
    finally:
        held.set()


def holding(under_way: threading.Event, held: threading.Event) -> Fault:
    """An answer that doesn't come before the test lets it."""

    def fault(act: Act) -> Response:
        under_way.set()
        held.wait(MOST)
        return act()

    return fault


@pytest.mark.skipif(os.name != "posix", reason="sends itself signals")
def test_an_upload_says_how_to_go_on(aapimport, started, portal_stub, live, words) -> None:
    """The receipt can be shown, and `resume` does what is left: everybody once."""
    under_way, held = threading.Event(), threading.Event()
    portal_stub.on("POST", "/Users", holding(under_way, held), times=3)
    process = started(*words, anew=True, **live)
    assert isinstance(process, subprocess.Popen)
    code, said = twice(process, under_way, held)
    assert code == 130
    (receipt,) = re.findall(r"stopped at once, mid-way; .* under receipt (\w{6})\n", said)
    assert f"  what became of it:  aapimport receipt {receipt}\n" in said
    assert said.endswith(f"  to do what is left: aapimport resume {receipt}\n")
    assert "Traceback" not in said
    assert "not finished" in aapimport("receipt", receipt, **live).out
    resumed = aapimport("resume", receipt, "--json", **live)
    assert resumed.code == 0, resumed.err
    assert set(portal_stub.people.values()) == {1}
    assert len(portal_stub.people) == 3


@pytest.mark.skipif(os.name != "posix", reason="sends itself signals")
def test_an_undo_does_too(aapimport, started, portal_stub, live, words) -> None:
    """Its own receipt is named, not the upload's."""
    upload = aapimport(*words, "--json", **live).json["receipt"]
    under_way, held = threading.Event(), threading.Event()
    portal_stub.on("PATCH", "/Users/.*", holding(under_way, held), times=3)
    process = started("undo", upload, "--yes", anew=True, **live)
    code, said = twice(process, under_way, held)
    assert code == 130
    (receipt,) = re.findall(r"aapimport resume (\w{6})\n", said)
    assert receipt != upload
    resumed = aapimport("resume", receipt, "--json", **live)
    assert (resumed.code, resumed.json["half"]) == (0, 3), resumed.err


@pytest.mark.skipif(os.name != "posix", reason="sends itself signals")
@pytest.mark.parametrize("where", ["RCPT", "dot"])
def test_a_script_is_told_as_well(aapimport, started, portal_stub, live, words, where: str) -> None:
    """Also within the e-mails that follow an upload: its receipt is in the object."""
    portal_stub.habits.mails = False
    under_way, held = threading.Event(), threading.Event()

    def script(step: str, _: str) -> None:
        if step == where:
            under_way.set()
            held.wait(MOST)

    with MailServer(script) as server:
        mailing = {
            "AAPIMPORT_MAIL_HOST": "127.0.0.1",
            "AAPIMPORT_MAIL_PORT": str(server.port),
            "AAPIMPORT_MAIL_FROM": "learning@example.com",
            "AAPIMPORT_MAIL_SIGN_IN": "sso",
            "AAPIMPORT_MAIL_SIGN_IN_URL": "https://portal.example.com/",
            "AAPIMPORT_MAIL_AUTH": "none",
        }
        some = [one for one in words if one != "--no-emails"]
        process = started(*some, "--emails", "--json", anew=True, **live, **mailing)
        out: list[bytes] = []
        code, said = twice(process, under_way, held, out)
        assert code == 130
        found = json.loads(out[0])
        (sending,) = re.findall(r"aapimport resume (\w{6})\n", said)
        assert found["error"]["id"] == "interrupted"
        assert f"aapimport resume {sending}" in found["error"]["hint"]
        assert found["services"]["portal"]["created"] == 3
        assert found["email_counts"]["waiting"] == 3
        server.script = lambda _step, _line: None
        resumed = aapimport("resume", sending, "--json", **live, **mailing)
        assert resumed.code == (0 if where == "RCPT" else 1), resumed.err
        assert len({*server.recipients}) == len(server.recipients)
