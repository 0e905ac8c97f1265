import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from aapimport.check.check_file import ReadOptions, begin_check
from aapimport.sheets import cell
from aapimport.sheets.cell import Cell, shut_cell
from aapimport.sheets.child import start_child
from aapimport.sheets.letters import LookRequest
from aapimport.sheets.limits import Limits

REFUSED = {"refused": "PermissionError"}
EXAMPLE = Path(__file__).parents[2] / "examples" / "users.xlsx"
needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows hands no open file over")


def inside(expression: str, descriptor: int | None = None) -> dict[str, str]:
    """What comes of an expression in a child."""
    request = LookRequest(path=expression, descriptor=descriptor)
    return start_child("support.in_cell:tries", request, Limits(1 << 30, 30.0)).answer("x")


def inside_each(expressions: Iterable[str]) -> dict[str, dict[str, str]]:
    """What comes of each of several expressions, in one child."""
    request = LookRequest(path="\n".join(expressions))
    return start_child("support.in_cell:tries_each", request, Limits(1 << 30, 30.0)).answer("x")


@cache
def version() -> int:
    """The version of landlock that confines a child here."""
    return int(inside("cell.shut_cell(()).landlock")["done"])


@cache
def has_sockets() -> bool:
    """Whether nothing keeps a child here from making sockets."""
    return inside("cell.shut_cell(()).no_sockets") == {"done": "False"}


@pytest.fixture(autouse=True)
def reading_children() -> None:
    """Nothing stands in for them here: they are started as users start them."""


@pytest.fixture
def landlock() -> None:
    """Leaves the test out where the kernel has no landlock."""
    if not version():
        pytest.skip("this kernel has no landlock")


@pytest.fixture
def scopes() -> None:
    """Leaves the test out where landlock doesn't know of signals and abstract sockets yet."""
    if version() < cell._SCOPES_SINCE:
        pytest.skip(f"this kernel's landlock has version {version()}, and no scopes")


WRITING = (
    "open({path!r} + '/new', 'w')",
    "open({path!r} + '/people.txt', 'w')",
    "os.mkdir({path!r} + '/new')",
    "os.unlink({path!r} + '/people.txt')",
    "os.rename({path!r} + '/people.txt', {path!r} + '/new')",
    "os.symlink('people.txt', {path!r} + '/new')",
    "os.mkfifo({path!r} + '/new')",
    "socket.socket(socket.AF_UNIX).bind({path!r} + '/new')",
)


@pytest.mark.usefixtures("landlock")
@pytest.mark.parametrize("modules", [False, True])
def test_nothing_is_written_anywhere(
    modules: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file is made, emptied, renamed or removed, not even where modules are loaded from."""
    (tmp_path / "people.txt").write_text("Ana", encoding="utf-8")
    if modules:
        monkeypatch.syspath_prepend(str(tmp_path))
    attempts = [one.format(path=str(tmp_path)) for one in WRITING]
    assert inside_each(attempts) == dict.fromkeys(attempts, REFUSED)
    assert [one.name for one in tmp_path.iterdir()] == ["people.txt"]
    assert (tmp_path / "people.txt").read_text("utf-8") == "Ana"


@pytest.mark.usefixtures("landlock")
@pytest.mark.parametrize("folder", ["/tmp", "/var/tmp", "/dev/shm"])  # noqa: S108 -- nothing may be there
def test_nothing_is_written_where_everybody_may(folder: str) -> None:
    """The folders that are open to all are shut to it."""
    assert inside(f"open('{folder}/aapimport-{os.getpid()}', 'w')") in (
        REFUSED,
        {"refused": "FileNotFoundError"},
    )


@pytest.mark.usefixtures("landlock")
def test_nobody_elses_files_are_read(tmp_path: Path, home: Path) -> None:
    """Neither the home folder, nor what lies beside the spreadsheet, nor the system's accounts."""
    attempts = ["open('/etc/passwd').read()", f"open('/proc/{os.getpid()}/environ', 'rb').read()"]
    for folder in (tmp_path, home):
        (folder / "secret.txt").write_text("secret", encoding="utf-8")
        attempts += [
            f"open({str(folder / 'secret.txt')!r}).read()",
            f"os.listdir({str(folder)!r})",
        ]
    assert inside_each(attempts) == dict.fromkeys(attempts, REFUSED)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is no cell")
def test_no_socket_is_made() -> None:
    """So it calls nobody, be it on this machine, by name or by file, and asks no name server."""
    if has_sockets():
        pytest.skip("this kernel has no seccomp filters")
    kinds = ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK")
    ways = ("SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW")
    pairs = [f"socket.socket(socket.{kind}, socket.{way})" for kind in kinds for way in ways]
    assert inside_each(pairs) == dict.fromkeys(pairs, REFUSED)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is no cell")
def test_what_calls_have_two_numbers_is_refused_as_well() -> None:
    """The kernel may take a call by its other number, or sockets made by io_uring."""
    if has_sockets():
        pytest.skip("this kernel has no seccomp filters")
    for number in (cell._OTHER_NUMBERS + 41, cell._IO_URING_SETUP):
        call = f"import_module('ctypes').CDLL(None, use_errno=True).syscall({number}, 2, 1, 0)"
        assert inside(f"({call}, import_module('ctypes').get_errno())") == {"done": "(-1, 1)"}


@pytest.mark.usefixtures("scopes")
def test_no_process_outside_is_reached() -> None:
    """It ends no other process."""
    assert inside(f"os.kill({os.getpid()}, 0)") == REFUSED


@pytest.mark.usefixtures("landlock")
@pytest.mark.parametrize("program", ["/bin/sh", sys.executable])
def test_no_program_is_started(program: str) -> None:
    """Whoever may start processes still can't make one of them another program."""
    assert inside(f"subprocess.run([{program!r}, '-c', ''])") == REFUSED


@needs_posix
@pytest.mark.parametrize(
    ("attempt", "error"),
    [("os.fork()", "BlockingIOError"), ("threading.Thread(target=int).start()", "RuntimeError")],
)
def test_no_process_is_started(attempt: str, error: str) -> None:
    """A limit forbids processes and threads to everybody but root, whom it doesn't bind."""
    if "refused" in inside("be_unprivileged()"):
        pytest.skip("root can't become anybody else here, and is bound by no limit")
    # Without the limit, the same person may.
    assert "done" in inside("be_unprivileged() or threading.Thread(target=int).start()")
    assert inside(f"forbid_processes() or be_unprivileged() or {attempt}") == {"refused": error}


@needs_posix
@pytest.mark.parametrize("reader", ["sheets.formats.xlsx_second:look", "check.child_side:check"])
def test_both_readers_bind_themselves(reader: str) -> None:
    """Whichever reads the file may start nothing by the time that it has."""
    module, _, entry = reader.partition(":")
    read = f"import_module('aapimport.{module}').{entry}({{'path': '', 'descriptor': descriptor}})"
    limit = "(resource := import_module('resource')).getrlimit(resource.RLIMIT_NPROC)"
    with EXAMPLE.open("rb") as file:
        assert inside(f"({read}, {limit})[1]", file.fileno()) == {"done": "(0, 0)"}


@needs_posix
def test_the_file_is_handed_over(tmp_path: Path) -> None:
    """It reads the spreadsheet that is open, from its start, and can't open it by its path."""
    path = tmp_path / "people.csv"
    path.write_text("Ana", encoding="utf-8")
    with path.open("rb") as file:
        read = f"read_bytes(Path({str(path)!r}), descriptor)"
        assert inside(f"{read} + {read}", file.fileno()) == {"done": "b'AnaAna'"}
    if version():
        assert inside(f"read_bytes(Path({str(path)!r}))") == {"refused": "FileProblemError"}


@needs_posix
def test_what_was_opened_is_what_is_read(tmp_path: Path) -> None:
    """A file that is gone a moment later was there when it mattered, for both readers."""
    path = tmp_path / "people.xlsx"
    shutil.copy(EXAMPLE, path)
    finish = begin_check(path, ReadOptions())
    path.unlink()
    checked = finish()
    assert checked.ready == checked.rows == len(checked.people) == 25
    assert "second-reader-failed" not in {problem.id for problem in checked.problems}


@pytest.mark.parametrize(
    "module",
    ["python_calamine", "openpyxl.reader.excel", "xlrd", "aapimport.check.judge", "tomllib", "ssl"],
)
def test_modules_are_still_loaded(module: str) -> None:
    """Whatever Python loads later on is within reach, be it a library of the system."""
    forget = "import_module('mimetypes').knownfiles.clear()"
    assert "done" in inside(f"{forget} or import_module({module!r})")


def test_modules_are_loaded_from_an_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zip on Python's path is a file, not a folder."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("zipped.py", "answer = 42")
    monkeypatch.syspath_prepend(str(tmp_path / "all.zip"))
    monkeypatch.syspath_prepend(str(tmp_path / "missing"))
    assert inside("import_module('zipped').answer") == {"done": "42"}


@pytest.mark.usefixtures("landlock")
def test_an_installation_made_of_links_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where packages are links to elsewhere, reading is not limited; all the rest is."""
    store, site = tmp_path / "store", tmp_path / "site"
    (store / "linked").mkdir(parents=True)
    (store / "linked" / "__init__.py").write_text("answer = 42", encoding="utf-8")
    shutil.copy(store / "linked" / "__init__.py", store / "alone.py")
    site.mkdir()
    (site / "linked").symlink_to(store / "linked")
    (site / "alone.py").symlink_to(store / "alone.py")
    monkeypatch.syspath_prepend(str(site))
    for name in ("linked", "alone"):
        assert not cell._readable([name])
        shut = f"cell.shut_cell([{name!r}])"
        # The child is in a cell already, in which these packages can't be read.
        assert inside(f"({shut}.reading, {shut}.landlock > 0)") == {"done": "(False, True)"}
    monkeypatch.syspath_prepend(str(store))
    assert cell._readable(["linked", "alone", "openpyxl"])


@pytest.mark.usefixtures("landlock")
def test_the_cell_says_what_it_is() -> None:
    """What was achieved is told, and it is everything that this kernel has."""
    told = Cell(no_new_privileges=True, landlock=version(), reading=True, no_sockets=True)
    assert inside("cell.shut_cell(['openpyxl'])") == {"done": str(told)}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is no cell")
def test_a_kernel_without_landlock_is_no_obstacle() -> None:
    """An old kernel knows no such call; what it does know holds."""
    unknown = "setattr(cell, '_CREATE_RULESET', 99_999)"
    told = Cell(no_new_privileges=True, no_sockets=True)
    assert inside(f"{unknown} or cell.shut_cell(())") == {"done": str(told)}


def test_elsewhere_there_is_no_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """On another system nothing is achieved, and nothing fails."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert shut_cell(()) == Cell()


@pytest.mark.parametrize(
    ("kernel", "kinds"), [(1, (13, 0, 0)), (3, (15, 0, 0)), (4, (15, 2, 0)), (7, (16, 2, 2))]
)
def test_older_versions_are_asked_for_what_they_know(
    kernel: int, kinds: tuple[int, int, int]
) -> None:
    """One kind of access more than a kernel knows, and it would refuse all of them."""
    asked: list[bytes] = []

    def call(_: int, *arguments: int | bytes | None) -> int:
        asked.extend(one for one in arguments if isinstance(one, bytes))
        return -1

    assert not cell._lock(call, kernel, ["/lib"])
    words = [int.from_bytes(asked[0][at : at + 8], sys.byteorder) for at in (0, 8, 16)]
    assert tuple(word.bit_count() for word in words) == kinds


@needs_posix
@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-"])
def test_a_file_is_read_where_streams_are_closed(closed: str) -> None:
    """As cron and services may start it: the file must not take the place of a stream."""
    command = f"{shlex.quote(sys.executable)} -m aapimport validate {shlex.quote(str(EXAMPLE))}"
    environment = {**os.environ, "PYTHONPATH": str(Path(cell.__file__).parents[2])}
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} {closed}"], capture_output=True, check=False, env=environment
    )
    assert b"can't be read" not in done.stderr
    assert b"is empty" not in done.stderr
    assert done.returncode == 0
