"""`upload --emails` by a mail server as users type it: killed anywhere, nobody gets two."""

import json
import os
import re
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.habits import TOKEN
from support.machine import profile
from support.mail_server import CUT, MailServer

LIVE = ("--profile", "acme")
SECRETS = {
    "AAPIMPORT_PORTAL_TOKEN": TOKEN,
    "AAPIMPORT_JHANA_TOKEN": TOKEN,
    "AAPIMPORT_SETTLE_SECONDS": "0",
}
UPLOAD = ("--pass", "Leadership 2026", "--emails", "--maybe", "create", "--unproven", "--yes")
MAILBOXES = ("ana@acme.com", "bo@acme.com", "cy@acme.com")


@pytest.fixture
def people(machine: Any, portal_stub: Any, jhana_stub: Any) -> Path:
    """Three people, for a portal that takes no word about e-mails."""
    portal_stub.habits.mails = jhana_stub.habits.mails = False
    lines = ["Email Address,First Name,Last Name"]
    lines += [f"{one},Ana{number},Perez{number}" for number, one in enumerate(MAILBOXES)]
    file: Path = machine.work / "people.csv"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def mailing(machine: Any, portal: Any, jhana: Any, port: int) -> None:
    """A client's profile with a mail server."""
    machine.own_file(
        profile("acme", portal.url, jhana.url)
        + f'[profile.acme.mail]\nhost = "127.0.0.1"\nport = {port}\nfrom = "learning@example.com"\n'
        'sign_in = "sso"\nsign_in_url = "https://portal.example.com/"\n'
    )


def test_one_object_and_one_email_each(
    aapimport: Any, machine: Any, people: Path, portal_stub: Any, jhana_stub: Any
) -> None:
    """With `--json` stdout holds the upload, in which the sending has its place."""
    with MailServer() as server:
        mailing(machine, portal_stub, jhana_stub, server.port)
        plan = aapimport("plan", people, *UPLOAD[:-2], "--json", *LIVE, **SECRETS)
        assert plan.json["letters"]["people"] == 3
        done = aapimport("upload", people, *UPLOAD, "--json", *LIVE, **SECRETS)
        assert done.code == 0, done.err
        assert done.json["kind"] == "upload"
        assert done.json["sending"]["email_counts"]["sent"] == 3
        assert Counter(server.recipients) == Counter(MAILBOXES)
        receipt = aapimport("receipt", done.json["receipt"], "--json", *LIVE, **SECRETS).json
        assert receipt == {name: one for name, one in done.json.items() if name != "sending"}


def test_an_error_after_the_upload_stands_beside_it(
    aapimport: Any, machine: Any, people: Path, portal_stub: Any, jhana_stub: Any
) -> None:
    """One object: the upload, what was sent so far, and the error."""
    refuses = lambda step, _: "530 5.7.0 no" if step == "MAIL" else None  # noqa: E731
    with MailServer(refuses) as server:
        mailing(machine, portal_stub, jhana_stub, server.port)
        done = aapimport("upload", people, *UPLOAD, "--json", *LIVE, **SECRETS)
    assert (done.code, done.json["error"]["id"]) == (3, "settings")
    assert done.json["services"]["portal"]["created"] == 3
    assert done.json["sending"]["email_counts"]["waiting"] == 3


@pytest.mark.skipif(os.name == "nt", reason="nothing there kills a process as SIGKILL does")
@pytest.mark.parametrize(
    ("step", "number", "doubts"),
    [("EHLO", 2, 0), ("MAIL", 1, 0), ("DATA", 2, 0), ("dot", 2, 1)],
)
def test_killed_anywhere_it_is_resumed(  # noqa: PLR0913, PLR0917 -- fixtures
    aapimport: Any,
    started: Callable[..., "subprocess.Popen[bytes]"],
    machine: Any,
    people: Path,
    portal_stub: Any,
    jhana_stub: Any,
    step: str,
    number: int,
    doubts: int,
) -> None:
    """As the server sees the process: everybody sent once, or in doubt by name."""
    running: list[Any] = []
    begun = threading.Event()
    seen: Counter[str] = Counter()

    def script(at: str, _: str) -> str | None:
        seen[at] += 1
        if (at, seen[at]) == (step, number):
            begun.wait(30)
            os.kill(running[0].pid, signal.SIGKILL)
        return None

    with MailServer(script) as server:
        mailing(machine, portal_stub, jhana_stub, server.port)
        running.append(started("upload", people, *UPLOAD, *LIVE, **SECRETS))
        begun.set()
        running[0].communicate()
        assert running[0].returncode == -signal.SIGKILL
        for _ in range(3):
            listed = aapimport("history", "--json", *LIVE, **SECRETS).json["runs"]
            upload = next(one for one in listed if one["kind"] == "upload")
            if all(one["state"] == "finished" for one in listed) and not upload["unmailed"]:
                break
            if any(one["state"] == "open" for one in listed):
                aapimport("resume", *LIVE, **SECRETS)
            else:
                aapimport("resume", upload["receipt"], *LIVE, **SECRETS)
        taken = Counter(server.recipients)
        assert set(taken.values()) <= {1}
        sends = [one["receipt"] for one in listed if one["kind"] == "send"]
        people_of = [
            json.loads(aapimport("receipt", one, "--json", *LIVE, **SECRETS).out)["people"]
            for one in sends
        ]
        states = Counter(one["email_state"] for some in people_of for one in some)
        assert states == Counter({"sent": 3 - doubts, "needs_person": doubts}) - Counter()
        assert aapimport("send-emails", upload["receipt"], "--yes", *LIVE, **SECRETS).code == (
            1 if doubts else 0
        )
        assert set(Counter(server.recipients).values()) <= {1}


def test_what_a_receipt_names_after_a_purge_can_be_typed(
    aapimport: Any, machine: Any, people: Path, portal_stub: Any, jhana_stub: Any
) -> None:
    """Nobody by an erased address, and no words that are erased: each command does what it says."""
    says = {"RCPT": (MAILBOXES[0], "550 5.1.1 Ana Petrova unknown"), "dot": (MAILBOXES[1], CUT)}

    def script(step: str, line: str) -> str | None:
        who, reply = says.get(step, ("", ""))
        return reply if who and who in line else None

    with MailServer(script) as server:
        mailing(machine, portal_stub, jhana_stub, server.port)
        done = aapimport("upload", people, *UPLOAD, "--json", *LIVE, **SECRETS)
        sending = done.json["sending"]["receipt"]
        before = aapimport("receipt", sending, *LIVE, **SECRETS).out
        assert f"--sent --to {MAILBOXES[1]}" in " ".join(before.split())
        assert aapimport("history", "purge", "--yes", *LIVE, **SECRETS).code == 0
        shown = " ".join(aapimport("receipt", sending, *LIVE, **SECRETS).out.split())
        assert not [one for one in (*MAILBOXES, "Petrova", "the words say") if one in shown]
        send, sent, who = re.findall(
            r"aapimport (send-emails --profile acme \w+(?: --sent --to ADDRESS| --dry-run)?)", shown
        )
        named = aapimport(*who.split(), **SECRETS)
        assert f"{MAILBOXES[1]} is not mailed" in " ".join(named.out.split())
        says.clear()
        settle = sent.replace("ADDRESS", MAILBOXES[1]).split()
        assert aapimport(*settle, "--yes", **SECRETS).code == 0
        assert aapimport(*send.split(), "--yes", **SECRETS).code == 0
    assert Counter(server.recipients) == Counter(MAILBOXES)
