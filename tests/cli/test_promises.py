"""What SECURITY.md promises of a whole command, seen from outside of it."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sheets import attack_files as attack
from support.encrypted import AUTHORITY, showing
from support.machine import profile
from support.stub import TOKEN, ScimStub
from support.token_endpoint import CLIENT_ID, CLIENT_SECRET, TokenEndpoint
from support.traces import said
from support.tunnel import Tunnel
from support.watched import Record, read_record, watched
from support.wire import Act, Request, Response, Server, error, instead

OPTIONS = ("--pass", "Leadership 2026", "--maybe", "create", "--emails", "--yes")
PEOPLE = """Email Address,First Name,Last Name,User Role,Team,Jhana Enabled
ana@acme.com,Ana,Perez,,,1
bo@acme.com,Bo,Berg,,,
"""
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are in /proc")
posix = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


@pytest.fixture(autouse=True)
def file(machine) -> Path:
    """Two people, in the working folder."""
    path: Path = machine.work / "people.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    return path


@pytest.fixture
def watch(tmp_path: Path) -> Callable[..., Record]:
    """Runs a command in a new process under watch, to its end, with an exit code."""

    def run(*words: object, code: int = 0, **environment: str) -> Record:
        path = tmp_path / "record"
        path.unlink(missing_ok=True)
        done = subprocess.run(
            watched(path, *words),
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == code, done.stderr.decode()
        assert said((done.stdout + done.stderr).decode(), [TOKEN, CLIENT_SECRET]) == []
        return read_record(path)

    return run


def _processes() -> Iterator[bytes]:
    """The command lines of all processes on this machine."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes()
        except OSError:  # it has just ended
            continue


@linux
def test_tokens_are_in_no_command_line_and_in_no_child(watch, live, file, portal_stub):
    """Neither while people are sent, nor where the file is read, which knows no setting at all."""
    seen: list[bytes] = []

    def look(act: Act) -> Response:
        seen.extend(_processes())
        return act()

    portal_stub.on("POST", "/Users", look)
    record = watch("upload", file, *OPTIONS, **live)
    assert any(b"people.csv" in one for one in seen)
    assert not any(TOKEN.encode() in one for one in seen)
    assert record.children
    for words, environment in record.children:
        assert said(" ".join(words) + environment, [TOKEN]) == []
        assert "AAPIMPORT_" not in environment


@linux
def test_reading_a_file_calls_nobody_and_starts_nothing_but_readers(watch, tmp_path):
    """Whatever is in it: formulas that name programs and addresses are texts."""
    hostile = ("=cmd|' /C calc'!A0", '=WEBSERVICE("http://192.0.2.1/")', "Perez")
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(attack.row(2, hostile)))
    record = watch("validate", path, code=1)
    assert record.called == record.looked_up == set()
    assert record.started == ()
    assert record.children
    for (program, *flags), _ in record.children:
        assert program == sys.executable
        assert {"-S", "-E", "-P"} <= {*flags}


@linux
def test_only_the_configured_addresses_are_called(watch, live, machine, file, portal_stub):
    """The portal, Jhana, and the token endpoint of one of them: nobody else, by whatever name."""
    with TokenEndpoint() as endpoint:
        portal_stub.opens = endpoint.opens
        machine.own_file(
            f'[portal]\nurl = "{portal_stub.url}"\nauth = "client-credentials"\n'
            f'token_url = "{endpoint.url}"\nclient_id = "{CLIENT_ID}"\nscope = "scim write"\n'
        )
        secret = {"AAPIMPORT_PORTAL_TOKEN": CLIENT_SECRET}
        record = watch("upload", file, *OPTIONS, **live | secret)
        urls = (portal_stub.url, live["AAPIMPORT_JHANA_URL"], endpoint.url)
    assert record.called == {url.split("/")[2] for url in urls}
    assert record.looked_up <= {"127.0.0.1"}


@linux
def test_behind_a_proxy_only_the_proxy_is_called(watch, live):
    """No name is looked up here, and what is asked of the proxy are the services."""
    names = {"AAPIMPORT_PORTAL_URL": "https://portal.example.com/scim/v2"}
    names["AAPIMPORT_JHANA_URL"] = "https://portal.example.com:8443/scim/v2"
    ours = {f"AAPIMPORT_{name}_CA_FILE": str(AUTHORITY) for name in ("PORTAL", "JHANA")}
    with ScimStub(context=showing()) as stub, Tunnel(stub._server.port) as tunnel:
        proxy = {"HTTPS_PROXY": tunnel.url}
        record = watch("passes", **live | names | ours | proxy)
        assert record.called == {tunnel.url.removeprefix("http://")}
        assert record.looked_up <= {"127.0.0.1"}
        assert {*tunnel.asked} == {"portal.example.com:443", "portal.example.com:8443"}
        assert all(one.headers["authorization"] == f"Bearer {TOKEN}" for one in stub.seen)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_the_token_nowhere(status, aapimport, live, portal_stub):
    """Not even to another port of the same host; the command ends instead."""
    seen: list[Request] = []

    def elsewhere(request: Request) -> Response:
        seen.append(request)
        return Response(body=b"{}")

    with Server(elsewhere) as other:
        there = Response(status=status, headers={"Location": f"{other.url}/Passes"})
        portal_stub.on("GET", ".*", instead(there), times=100)
        done = aapimport("passes", **live)
    assert done.code in {3, 4}, done.err
    assert seen == []


@pytest.mark.parametrize("words", [("validate", "--annotate"), ("validate", "--fix"), ("renew",)])
def test_nothing_that_is_written_is_a_formula(words, aapimport, file):
    """Whichever command copies a stranger's cells, the program that opens the copy runs none."""
    attacks = "=cmd|' /C calc'!A0,+1+1,@SUM(A1)"
    header, *people = PEOPLE.splitlines()
    file.write_text("\n".join([header, *people, f"eve@acme.com,{attacks},,"]), encoding="utf-8")
    command, *option = words
    out = file.with_name("out.xlsx")
    aapimport(command, file, *(option or ["-o"]), out)
    cells = [cell for sheet in load_workbook(out) for row in sheet.iter_rows() for cell in row]
    assert "=cmd|' /C calc'!A0" in [cell.value for cell in cells]
    assert "f" not in {cell.data_type for cell in cells}


def _too_open(folder: Path) -> list[tuple[str, str]]:
    """What somebody else than the owner could open below a folder of ours."""
    found = [(path, stat.S_IMODE(path.lstat().st_mode)) for path in [folder, *folder.rglob("*")]]
    return [
        (str(path.relative_to(folder)), oct(mode))
        for path, mode in found
        if mode != (0o700 if path.is_dir() else 0o600)
    ]


@posix
def test_all_that_is_kept_is_for_its_owner_only(
    aapimport, live, machine, file, portal_stub, monkeypatch
):
    """After uploads, failed ones, a bug, practice and log-ins, whatever the umask."""

    def bug(_request: object) -> None:
        raise ValueError("a bug")

    others = os.umask(0)
    try:
        portal_stub.on("POST", "/Users", instead(error(400, "no")))
        assert aapimport("upload", file, *OPTIONS, **live).code == 1
        portal_stub.on("GET", ".*", instead(error(401)), times=100)
        assert aapimport("upload", file, *OPTIONS, **live).code == 3
        assert aapimport("upload", file, *OPTIONS, "--practice").code == 0
        assert aapimport("login", "portal", "--file", stdin="tok", **live).code == 0
        machine.own_file(profile("acme")).chmod(0o600)
        named = ("--profile", "acme", "--file")
        assert aapimport("login", "portal", *named, stdin="tok").code == 0
        with monkeypatch.context() as patch:
            patch.setattr("aapimport.app.session.connected", bug)
            assert aapimport("passes", **live).code == 5
        kept = ("plan.json", "copy.xlsx", "template.xlsx")
        plan, copy, template = (machine.work / one for one in kept)
        assert aapimport("plan", file, *OPTIONS[:-1], "--practice", "-o", plan).code == 0
        assert aapimport("validate", file, "--annotate", copy).code == 0
        assert aapimport("generate-template", template).code == 0
    finally:
        os.umask(others)
    names = {path.name for path in machine.state.rglob("*")}
    assert {"journal.sqlite3", "practice.sqlite3", "secrets.json", "acme", "outbox"} <= names
    assert any(name.startswith("bug-") for name in names)
    assert _too_open(machine.state) == []
    for written in (plan, copy, template):
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
