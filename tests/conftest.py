"""What every test gets: an environment of its own, and no way to the network."""

import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from aapimport.sheets import child
from support.kept import keep
from support.machine import Machine
from support.readers import Readers
from support.stub import ScimStub
from support.traces import SECRETS, traces
from support.uploading import Uploading
from support.warm import CAN_FORK, Warm

# Hundreds of processes start here: Python keeps what it compiles, as it does unless told otherwise.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
keep()
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as of what a shell has begun with &
    signal.signal(signal.SIGINT, signal.default_int_handler)
gc.disable()  # until all tests are there: what is imported and collected stays

_FOLDERS = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")
_COMMANDS = (
    *("aapimport.cli.plan", "aapimport.app.upload", "aapimport.app.approving"),
    "aapimport.cli.resume",
    *("aapimport.cli.sandbox", "aapimport.sandbox.serving", "support.rehearsal"),
)
"""What nearly every command imports."""


_KEPT_IN = ("secrets.json", "secret")
"""Where tests put tokens on purpose: the file that `login --file` writes, and a user's own."""


class NetworkTouchedError(AssertionError):
    """A test tried to leave this machine."""


def _check(address: Any) -> None:
    if not isinstance(address, tuple):
        return  # a socket in the file system
    try:
        local = ip_address(address[0]).is_loopback
    except ValueError:
        local = address[0] == "localhost"
    if not local:
        raise NetworkTouchedError(f"no test may connect to {address[0]}")


_CAMPAIGN, _SERVERS, _BROWSER = "campaign", "servers", "browser"
_LEFT_OUT = pytest.StashKey[Counter[str]]()
_WORKERS = 4
"""As in the README's command: on two processors, as many tests wait as compute."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Spread the whole suite over processes; what is named by its path runs in this one."""
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return 0
    config.option.dist = "worksteal"
    return _WORKERS


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the campaigns begin first, each at another worker: they take longest."""
    workers = int(getattr(config, "workerinput", {}).get("workercount", _WORKERS))
    long = [item for item in items if item.get_closest_marker(_CAMPAIGN)]
    rest = [item for item in items if not item.get_closest_marker(_CAMPAIGN)]
    share = -(-len(rest) // workers)
    items[:] = [
        item
        for worker in range(workers)
        for item in (*long[worker::workers], *rest[worker * share : (worker + 1) * share])
    ]


def pytest_collection_finish() -> None:
    """Have garbage looked for again, and not among the tests and their modules."""
    gc.freeze()
    gc.enable()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count what `-m` leaves out."""
    for item in items:
        for name in (_CAMPAIGN, _SERVERS, _BROWSER):
            if item.get_closest_marker(name):
                item.config.stash.setdefault(_LEFT_OUT, Counter())[name] += 1


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a worker tell what it left out; each of them has seen every test."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(session.config.stash.get(_LEFT_OUT, {}))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear it."""
    node.config.stash[_LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was left out, and how to run it."""
    left = config.stash.get(_LEFT_OUT, Counter())
    if left:
        terminalreporter.write_line(
            f"left out: {left[_CAMPAIGN]} campaign tests, {left[_SERVERS]} tests with real servers,"
            f" {left[_BROWSER]} tests with a browser;"
            ' `pytest -m "campaign or servers or browser"` runs them, `pytest -m ""` everything'
        )


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one way in which a golden is written."""
    parser.addoption(
        "--write-goldens",
        action="store_true",
        help="write the goldens of the tests that run, instead of comparing with them",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with the one that was agreed on."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--write-goldens"):
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        agreed = path.read_text(encoding="utf-8") if path.exists() else ""
        file = request.path.relative_to(request.config.rootpath)
        assert text == agreed, f"if it is meant: pytest {file} --write-goldens, and read the diff"

    return compare


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection that isn't to this machine fails, and no name is looked up."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    look_up = socket.getaddrinfo

    def checked_connect(self: socket.socket, address: Any) -> None:
        _check(address)
        connect(self, address)

    def checked_connect_ex(self: socket.socket, address: Any) -> int:
        _check(address)
        return connect_ex(self, address)

    def checked_look_up(host: Any, *more: Any, **named: Any) -> Any:
        if host is not None:
            _check((host.decode() if isinstance(host, bytes) else host,))
        return look_up(host, *more, **named)

    monkeypatch.setattr(socket.socket, "connect", checked_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", checked_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", checked_look_up)


@pytest.fixture(scope="session", autouse=True)
def no_trace_of_a_token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test may leave a file that holds a token of the scripted services, whatever it ran."""
    yield
    folder = tmp_path_factory.getbasetemp()
    left = [one for one in traces(folder, SECRETS) if Path(one).name not in _KEPT_IN]
    assert left == [], f"a token of the services is in files below {folder}"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of all tests, which is nobody's."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def state_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path) -> Path:
    """A state folder of the test's own; nothing of the caller's settings or home is left."""
    for name in list(os.environ):
        if name.startswith(("AAPIMPORT_", "XDG_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    for name in _FOLDERS:
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    folder = tmp_path / "state"
    monkeypatch.setenv("AAPIMPORT_STATE_DIR", str(folder))
    monkeypatch.setenv("AAPIMPORT_NO_RESULTS", "yes")  # most files stand among the examples
    return folder


@pytest.fixture(scope="session")
def _readers() -> Iterator[Readers]:
    readers = Readers()
    yield readers
    readers.end()


@pytest.fixture(autouse=True)
def reading_children(monkeypatch: pytest.MonkeyPatch, _readers: Readers) -> None:
    """Children that read spreadsheets are forked, not started anew: it is their work that counts.

    How they are started for users is what tests/sheets/test_child.py looks at, and every test that
    starts the command in a new interpreter.
    """
    if CAN_FORK:
        monkeypatch.setattr(child, "subprocess", _readers)


@pytest.fixture
def lowered(monkeypatch: pytest.MonkeyPatch, _readers: Readers) -> Callable[[str, int], int]:
    """Lowers a limit of a module, here and in the children that read; returns what it is then.

    What a file of 20,000 rows shows, one of 200 shows as well. Where there is no fork, the limit
    stays what it is.
    """

    def lower(name: str, value: int) -> int:
        if not CAN_FORK:
            module, _, attribute = name.rpartition(".")
            return int(getattr(import_module(module), attribute))
        monkeypatch.setattr(name, value)
        monkeypatch.setitem(_readers.limits, name, value)
        return value

    return lower


@pytest.fixture
def most_rows(lowered: Callable[[str, int], int]) -> int:
    """The number of rows from which on the second reader is left out, lowered."""
    return lowered("aapimport.sheets.facts.MOST_ROWS", 200)


@pytest.fixture(scope="session")
def warm(_readers: Readers) -> Iterator[Warm | None]:
    """Starts commands within milliseconds; None where there is no fork."""
    if not CAN_FORK:
        yield None
        return
    environment = os.environ | {"PYTHONUTF8": "1"}
    with Warm((), _COMMANDS, environment, _readers.jobs) as started:
        yield started


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state_dir: Path) -> Machine:
    """A machine with a home, a working folder and a keyring of the test's own."""
    made = Machine(tmp_path, state_dir)
    for name in _FOLDERS:
        monkeypatch.setenv(name, str(made.home))
    monkeypatch.chdir(made.work)
    monkeypatch.setattr("keyring.core._keyring_backend", made.keyring)
    return made


@pytest.fixture
def portal_stub() -> Iterator[ScimStub]:
    """A portal that a test scripts: a pass with 100 seats, a team with 50 places."""
    with ScimStub() as stub:
        stub.add_pass("p26", "Leadership 2026", 100)
        stub.add_team("Sales", 50, "p26")
        yield stub


@pytest.fixture
def jhana_stub() -> Iterator[ScimStub]:
    """A Jhana that a test scripts."""
    with ScimStub() as stub:
        stub.habits.passes = False
        yield stub


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """One person to be planned for, and uploaded, on two scripted services."""
    return Uploading(
        portal=portal_stub, jhana=jhana_stub, journal_path=tmp_path / "j" / "journal.sqlite3"
    )


@pytest.fixture(scope="session")
def libreoffice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], Path]:
    """LibreOffice, which writes a workbook again in another format, into a folder of its own."""
    program = shutil.which("soffice")
    if not program:
        pytest.skip("LibreOffice is not installed, and there is no other program to compare with")
    profile = tmp_path_factory.mktemp("libreoffice").as_uri()

    def convert(source: Path, extension: str) -> Path:
        folder = tmp_path_factory.mktemp("converted")
        command = [program, f"-env:UserInstallation={profile}", "--headless", "--convert-to"]
        done = subprocess.run(
            [*command, extension, "--outdir", folder, source],
            check=True,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert "rror" not in done.stderr
        return folder / f"{source.stem}.{extension}"

    return convert
