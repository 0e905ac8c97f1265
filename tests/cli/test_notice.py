"""The completion notice: one at every end of a run, in words that name nobody."""

import email
import hashlib
import os
import re
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from aapimport.sandbox.contents import contents
from aapimport.sandbox.practice import Practice
from support.habits import TOKEN
from support.machine import profile
from support.mail_server import CUT, MailServer, free_port
from support.wire import error

ME = "zoe@example.com"
PASS = ("--pass", "Leadership 2026", "--no-emails", "--maybe", "create", "--yes")
LIVE = ("--profile", "acme")
SECRETS = {"AAPIMPORT_PORTAL_TOKEN": TOKEN, "AAPIMPORT_JHANA_TOKEN": TOKEN}
PEOPLE = [
    *(("ana@acme.com", "Anneliese", "Perez"), ("bo@acme.com", "Bo", "Quist")),
    *(("cy@acme.com", "Cyprian", "Nguyen"), ("dee@acme.com", "Deirdre", "Okafor")),
]
AWAY = error(503, headers={"Retry-After": "9999"})
NAMES = re.compile("|".join(r"\b" + one for who in PEOPLE for one in who), re.IGNORECASE)


class Taking:
    """Hands what aiosmtpd takes to a test."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's
        """Take an e-mail."""
        made: Any = email.message_from_bytes(envelope.content, policy=default)
        self.taken.append((envelope.rcpt_tos, made))
        return "250 2.0.0 taken"

    def subjects(self) -> list[str]:
        """The subjects, in their order."""
        return [made["Subject"] for _, made in self.taken]

    def text(self) -> str:
        """The text of the last one."""
        return str(self.taken[-1][1].get_content()).replace("\r\n", "\n")


@contextmanager
def mail_server() -> Iterator[tuple[Taking, int]]:
    """A mail server on loopback (aiosmtpd), and its port."""
    taking, port = Taking(), free_port()
    controller = Controller(taking, hostname="127.0.0.1", port=port)
    controller.start()
    yield taking, port
    controller.stop(no_assert=True)


def settings(machine, portal, jhana, port: int | None, to: str = f'"{ME}"') -> None:
    """A client's profile with a mail server, and whom it tells."""
    mail = (
        f'[profile.acme.mail]\nhost = "127.0.0.1"\nport = {port}\nfrom = "learning@example.com"\n'
        'sign_in = "sso"\nsign_in_url = "https://portal.example.com/"\n'
    )
    notify = f"[profile.acme.notify]\nto = {to}\n"
    machine.own_file(profile("acme", portal.url, jhana.url) + (mail if port else "") + notify)


@pytest.fixture
def people(machine) -> Path:
    """Four people in a file whose name is somebody's, too."""
    lines = ["Email Address,First Name,Last Name", *map(",".join, PEOPLE)]
    file: Path = machine.work / "okafor.csv"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


@pytest.fixture
def live(aapimport, machine, portal_stub, jhana_stub) -> Callable[..., Any]:
    """Runs a command of the profile."""

    def run(*words: object, **more: str) -> Any:
        quick = {"AAPIMPORT_SETTLE_SECONDS": "0"}
        return aapimport(*words, *LIVE, **(SECRETS | quick | more))

    return run


def number_in(text: str) -> str:
    """The confirmation number that a notice tells."""
    found = re.search(r"^Receipt +(\w{6})$", text, re.MULTILINE)
    assert found
    return found[1]


def digests(text: str) -> dict[str, str]:
    """By the command, the SHA-256 that a notice tells."""
    return dict(re.findall(r"^  (aapimport .*)\n    ([0-9a-f]{64})$", text, re.MULTILINE))


def check_digests(aapimport, text: str, **environment: str) -> None:
    """Whoever types the commands of a notice gets what it says."""
    found = digests(text)
    assert len(found) >= 1
    for command, digest in found.items():
        done = aapimport(*command.split()[1:], **environment)
        assert hashlib.sha256(done.out.encode()).hexdigest() == digest, command


def told(folder: Path) -> list[Any]:
    """The notices of a practice portal."""
    return [*contents(folder).notices]


def test_practice_keeps_it_in_the_outbox(aapimport, people, state_dir, monkeypatch):
    """Without a mail server; `sandbox show` shows it, and it is no welcome e-mail."""
    monkeypatch.setenv("AAPIMPORT_NOTIFY_TO", f"{ME}, it@example.com")
    done = aapimport("upload", people, *PASS, "--practice")
    assert done.code == 0, done.err
    assert f"completion notice to {ME}, it@example.com: aapimport sandbox show" in done.err
    first, second = told(state_dir)
    assert (first.address, second.address) == (ME, "it@example.com")
    assert first.subject == "aapimport: PRACTICE, Leadership 2026: complete, 4 of 4"
    assert not NAMES.search(first.subject + first.text)
    assert "Seats            4 used; " in first.text
    check_digests(aapimport, first.text)
    shown = aapimport("sandbox", "show")
    assert f"Completion notice\nTo       {ME}\n" in shown.out
    assert f"Subject  {first.subject}\n" in shown.out
    assert "0 e-mails in the outbox, 2 completion notices" in shown.out
    found = aapimport("sandbox", "show", "--json").json
    assert found["outbox"] == []
    assert [one["to"] for one in found["notices"]] == [ME, "it@example.com"]
    assert found["notices"][0]["text"] == first.text
    assert len([*(state_dir / "practice" / "outbox").glob("notice-*.eml")]) == 2
    number = number_in(first.text)
    again = aapimport("resume", number, "--practice")
    assert (again.code, len(told(state_dir))) == (0, 2)
    back = aapimport("undo", number, "--practice", "--yes", "--json")
    assert back.json["receipt"]
    assert told(state_dir)[2].subject.startswith("aapimport: PRACTICE, Leadership 2026: undo ")
    assert not NAMES.search(told(state_dir)[2].text)
    check_digests(aapimport, told(state_dir)[2].text)
    assert aapimport("sandbox", "reset", "--yes").code == 0
    assert told(state_dir) == []
    assert not [*(state_dir / "practice" / "outbox").iterdir()]


def test_a_sending_tells_its_own(aapimport, people, state_dir, monkeypatch):
    """And the welcome e-mails are counted as before."""
    assert aapimport("upload", people, *PASS, "--practice").code == 0
    number = aapimport("history", "--practice", "--json").json["runs"][0]["receipt"]
    monkeypatch.setenv("AAPIMPORT_NOTIFY_TO", ME)
    done = aapimport("send-emails", number, "--practice", "--yes", "--json")
    assert (done.code, done.json["kind"]) == (0, "send")
    (one,) = told(state_dir)
    assert one.subject == "aapimport: PRACTICE, Leadership 2026: e-mails complete, 4 of 4"
    assert f"Run              welcome e-mails of upload {number}" in one.text
    assert len(contents(state_dir).outbox) == 4
    check_digests(aapimport, one.text)


def test_what_is_not_well_is_listed(aapimport, people, state_dir, monkeypatch):
    """An undo keeps back an e-mail that waits for its day; the others can't be taken back later."""
    assert aapimport("upload", people, *PASS, "--practice").code == 0
    number = aapimport("history", "--practice", "--json").json["runs"][0]["receipt"]
    later = ("--not-before", "2030-01-01", "--practice", "--yes")
    assert aapimport("send-emails", number, *later).code == 4
    sending = aapimport("history", "--practice", "--json").json["runs"][0]["receipt"]
    assert aapimport("undo", number, "--only-rows", "2", "--practice", "--yes").code == 0
    journal = state_dir / "practice" / "journal.sqlite3"
    with closing(sqlite3.connect(journal)) as database, database:
        database.execute("UPDATE runs SET not_before = 1 WHERE not_before > 0")
    monkeypatch.setenv("AAPIMPORT_NOTIFY_TO", ME)
    assert aapimport("resume", sending, "--practice").code == 1
    first = told(state_dir)[0]
    assert first.subject.endswith("e-mails finished, but not all is well, 3 of 4")
    assert "\nTo look at:\n  row 2: e-mail: not asked for\n\n" in first.text
    assert aapimport("undo", number, "--practice", "--yes").code == 1
    _, last = told(state_dir)
    result = "finished, but not all is well, 3 of 6 effects are taken back, 3 of them half"
    assert f"Result           {result}\n" in last.text
    assert "\nTo look at:\n  row 3: portal, e-mail: impossible\n" in last.text
    assert not NAMES.search(first.text + last.text)


def test_who_was_not_read_is_counted(aapimport, people, state_dir, monkeypatch):
    """Which rows they are is on the receipt."""
    text = people.read_text("utf-8").replace("ana@acme.com", "# ana@acme.com")
    people.write_text(text, "utf-8")
    monkeypatch.setenv("AAPIMPORT_NOTIFY_TO", ME)
    assert aapimport("upload", people, *PASS, "--practice", "--hidden", "skip").code == 1
    (one,) = told(state_dir)
    assert one.subject.endswith("finished, but not all is well, 3 of 4")
    assert "\nNot read         1 row, by decision\n" in one.text


def test_an_older_practice_portal_learns_it(aapimport, people, state_dir, monkeypatch):
    """A portal from before there were notices keeps its people."""
    Practice(state_dir).close()
    with closing(sqlite3.connect(state_dir / "practice" / "practice.sqlite3")) as database:
        database.execute("DROP TABLE notices")
    monkeypatch.setenv("AAPIMPORT_NOTIFY_TO", ME)
    assert aapimport("upload", people, *PASS, "--practice").code == 0
    assert len(told(state_dir)) == 1


def test_a_complete_run_is_told_by_the_mail_server(
    live, aapimport, machine, people, portal_stub, jhana_stub
):
    """With host, pass, counts, next command and the receipt's digest; stdout stays one object."""
    with mail_server() as (taking, port):
        settings(machine, portal_stub, jhana_stub, port, f'["{ME}", "it@example.com"]')
        done = live("upload", people.name, *PASS, "--json")
        assert done.code == 0, done.err
        assert done.json["rows"] == 4
        assert f"completion notice sent to {ME}, it@example.com" in done.err
        assert [to for to, _ in taking.taken] == [[ME], ["it@example.com"]]
        made = taking.taken[0][1]
        host = portal_stub.url.split("/")[2]
        assert made["Subject"] == f"aapimport: {host}, Leadership 2026: complete, 4 of 4"
        assert (made["To"], made["From"]) == (ME, "learning@example.com")
        assert (made["Auto-Submitted"], bool(made["Date"])) == ("auto-generated", True)
        assert "4 created" in taking.text()
        assert "(profile acme)" in taking.text()
        assert not NAMES.search(str(made) + taking.text())
        check_digests(aapimport, taking.text(), **SECRETS)
        again = live("resume", number_in(taking.text()))
        assert (again.code, len(taking.taken)) == (0, 2)


def test_a_paused_run_tells_twice(live, aapimport, machine, people, portal_stub, jhana_stub):
    """Paused with the command that goes on, then complete; reasons name nobody."""
    portal_stub.on("POST", "/Users", lambda _: AWAY, times=1, skip=2)
    says = "bo@acme.com: Bo Quist's domain is Anneliese Perez's"
    portal_stub.on("POST", "/Users", lambda _: error(400, says), times=9, body="bo@acme.com")
    with mail_server() as (taking, port):
        settings(machine, portal_stub, jhana_stub, port)
        done = live("upload", people.name, *PASS, "--no-bulk", "--json")
        assert done.code == 4, done.err
        assert done.json["error"]["id"]
        assert re.search("Leadership 2026: paused, [0-3] of 4$", taking.subjects()[0])
        number = number_in(taking.text())
        assert f"Next: aapimport resume --profile acme {number}\n" in taking.text()
        assert "a service can't be reached, is busy" in taking.text()
        assert not NAMES.search(str(taking.taken[0][1]) + taking.text())
        check_digests(aapimport, taking.text(), **SECRETS)
        again = live("resume", number)
        assert again.code == 1, again.err
        assert len(taking.taken) == 2
        assert taking.subjects()[1].endswith("finished, but not all is well, 3 of 4")
        (row,) = re.findall(r"^  row .*", taking.text(), re.MULTILINE)
        assert row == "  row 3: All Access Pass: rejected (invalid)"
        assert not NAMES.search(str(taking.taken[1][1]) + taking.text())
        check_digests(aapimport, taking.text(), **SECRETS)


def test_a_log_in_that_is_refused_is_a_failure(live, machine, people, portal_stub, jhana_stub):
    """It has to be mended first, and says so; `--close` ends it, and is told as well."""
    portal_stub.on("POST", "/Users", lambda _: error(401), times=99, skip=1)
    with mail_server() as (taking, port):
        settings(machine, portal_stub, jhana_stub, port)
        assert live("upload", people.name, *PASS, "--no-bulk").code == 3
        assert ": failed, " in taking.subjects()[0]
        assert "Next: mend what the settings or the log-in lack" in taking.text()
        number = number_in(taking.text())
        live("resume", number, "--close", "--yes")
        assert ": closed, " in taking.subjects()[1]
        live("resume", number)
        live("resume", number, "--close", "--yes")
        assert len(taking.taken) == 2


@pytest.mark.parametrize(
    "how",
    [
        ("connect", "421 4.3.2 down", "421"),
        ("RCPT", "550 5.1.1 nobody", "the server refuses the address"),
        ("dot", CUT, "it may have been sent all the same"),
        (None, "", "could not be sent"),
    ],
)
def test_a_run_ends_as_it_does(live, machine, people, portal_stub, jhana_stub, how):
    """Whatever becomes of the notice: one line on stderr, one attempt, the same exit code."""
    step, says, words = how
    with MailServer(lambda at, _: says if at == step else None) as server:
        port = server.port if step else free_port()
        settings(machine, portal_stub, jhana_stub, port)
        done = live("upload", people.name, *PASS, "--json")
        assert (done.code, done.json["rows"]) == (0, 4)
        (line,) = [one for one in done.err.splitlines() if "could not be sent" in one]
        assert words in line
        assert line.endswith("the run stands as told")
        assert server.connections == (1 if step else 0)


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_a_signal_ends_the_attempt(live, machine, people, portal_stub, jhana_stub):
    """^C while the mail server is silent: the run is complete all the same."""

    def silent(at: str, _line: str) -> str | None:
        if at == "EHLO":
            os.kill(os.getpid(), signal.SIGINT)
            server.held.wait(20)
        return None

    class Holding(MailServer):
        import threading

        held = threading.Event()

    with Holding(silent) as server:
        settings(machine, portal_stub, jhana_stub, server.port)
        done = live("upload", people.name, *PASS)
        server.held.set()
    assert done.code == 0, done.err
    assert "the completion notice could not be sent: it was stopped" in done.err
    assert "next: aapimport send-emails" in done.err


def test_a_journal_that_fails_is_told(live, machine, people, portal_stub, jhana_stub):
    """As any end is: failed, with exit code 5 as without a notice."""
    journal = machine.state / "profiles" / "acme" / "journal.sqlite3"

    def breaks(_: object) -> Any:
        with closing(sqlite3.connect(journal)) as database:
            database.execute(
                "CREATE TRIGGER broken BEFORE UPDATE ON steps BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        return error(400)

    portal_stub.on("POST", "/Users", breaks, times=1)
    with mail_server() as (taking, port):
        settings(machine, portal_stub, jhana_stub, port)
        assert live("upload", people.name, *PASS, "--no-bulk").code == 5
        assert len(taking.taken) == 1
        assert ": failed, " in taking.subjects()[0]


def test_an_undo_tells_its_ends(live, aapimport, machine, people, portal_stub, jhana_stub):
    """Paused, resumed and complete; whoever somebody has changed since is a row without a name."""
    with mail_server() as (taking, port):
        settings(machine, portal_stub, jhana_stub, port)
        assert live("upload", people.name, *PASS).code == 0
        number = number_in(taking.text())
        bo = next(it for it in portal_stub.store.users.values() if it["userName"] == "bo@acme.com")
        bo["name"] = {"givenName": "Greta", "familyName": "Okafor"}
        portal_stub.on("PATCH", "/Users/.*", lambda _: AWAY, times=1, skip=1)
        assert live("undo", number, "--yes").code == 4
        assert "undo paused, " in taking.subjects()[1]
        undo = number_in(taking.text())
        assert f"Next: aapimport resume --profile acme {undo}\n" in taking.text()
        assert live("resume", undo).code == 1
        assert "undo finished, but not all is well" in taking.subjects()[2]
        assert "  row 3: portal, account: changed since\n" in taking.text()
        assert not NAMES.search(taking.text())
        assert "Greta" not in taking.text()
        check_digests(aapimport, taking.text(), **SECRETS)
        live("resume", undo)
        assert len(taking.taken) == 3


def test_a_repair_tells_its_ends(live, aapimport, machine, people, portal_stub, jhana_stub):
    """What is put right is counted; whom it concerns isn't told."""
    with mail_server() as (taking, port):
        settings(machine, portal_stub, jhana_stub, port)
        head = "Email Address,First Name,Last Name,Jhana User\nbo@acme.com,Bo,Okafor,1\n"
        people.write_text(head, "utf-8")
        assert live("upload", people.name, *PASS).code == 0
        (one,) = jhana_stub.store.users.values()
        one["name"] = {"givenName": "Greta", "familyName": "Okafor"}
        assert live("reconcile", "--pass", "Leadership 2026", "--repair", "--yes").code == 0
        assert "repair complete, 1 of 1" in taking.subjects()[1]
        assert not NAMES.search(taking.text())
        assert "Greta" not in taking.text()
        check_digests(aapimport, taking.text(), **SECRETS)
        assert live("reconcile", "--pass", "Leadership 2026", "--repair", "--yes").code == 0
        assert len(taking.taken) == 2


def test_a_resumed_repair_tells_what_still_differs(
    live, aapimport, machine, people, portal_stub, jhana_stub
):
    """All steps of the repair are counted, and so is what differs beside them, as its exit code."""
    with mail_server() as (taking, port):
        settings(machine, portal_stub, jhana_stub, port)
        people.write_text(
            "Email Address,First Name,Last Name,Jhana User\n"
            "bo@acme.com,Bo,Okafor,1\ncy@acme.com,Cy,Ng,1\neva@acme.com,Eva,Lund,1\n",
            "utf-8",
        )
        assert live("upload", people.name, *PASS).code == 0
        bo, cy, eva = jhana_stub.store.users.values()
        for one in (bo, cy):
            one["name"] = {**one["name"], "givenName": "Greta"}
        repair = ("reconcile", "--pass", "Leadership 2026", "--repair", "--yes")
        busy = lambda _: error(503, "busy")  # noqa: E731
        jhana_stub.on("PATCH", f"/Users/{cy['id']}", busy, times=99)
        assert live(*repair).code == 4
        assert "repair paused, 1 of 2" in taking.subjects()[1]
        jhana_stub._rules.clear()
        eva["name"] = {**eva["name"], "givenName": "Greta"}
        assert live(*repair).code == 1
        assert "repair finished, but not all is well, 2 of 2" in taking.subjects()[2]
        assert re.search(r"^Still differs +1 difference$", taking.text(), re.MULTILINE)
        assert "Next: aapimport reconcile " in taking.text(), taking.text()
        check_digests(aapimport, taking.text(), **SECRETS)


def test_without_a_mail_server_nothing_begins(live, machine, people, portal_stub, jhana_stub):
    """Nor without its password: exit 3 with the cure, and `config show` says the same."""
    settings(machine, portal_stub, jhana_stub, None)
    for words in (("upload", people.name, *PASS), ("resume", "7K3QX9"), ("undo", "7K3QX9")):
        done = live(*words)
        assert done.code == 3, done.err
        assert "[profile.acme.mail]" in done.err
        assert "nothing was sent" in done.err
    assert not portal_stub.seen
    shown = live("config", "show")
    assert shown.code == 3
    assert f"notify.to       {ME}" in shown.out
    settings(machine, portal_stub, jhana_stub, 25)
    text = machine.own_path.read_text("utf-8").replace("from =", 'user = "learning"\nfrom =')
    machine.own_path.write_text(text, "utf-8")
    done = live("upload", people.name, *PASS)
    assert done.code == 3
    assert "aapimport login mail" in done.err
    assert live("passes").code == 0
