"""The lines of docs/automation.md, run as cron runs them, and held to each other."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import aapimport
from aapimport.config.settings import JHANA_TOKEN, JHANA_URL, PORTAL_TOKEN, PORTAL_URL

PAGE = (Path(__file__).parents[2] / "docs" / "automation.md").read_text(encoding="utf-8")
DIRECT, BY_SCRIPT = 0, 1
"""Which of the page's two lines for cron."""
_HEADER = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled\n"
_PEOPLE = "ann@acme.com,Ann,Lee,,,1\nbo@acme.com,Bo,Berg,individualcontributor,Finance,\n"
_PROGRAM = """#!{python}
import sys
sys.path.insert(0, {source!r})
from aapimport.cli import entry_point
entry_point()
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="cron is not there")


def _blocks(mark: str, language: str) -> list[str]:
    return re.findall(rf"<!-- {mark} -->\n```{language}\n(.*?)```\n", PAGE, re.DOTALL)


def _words(text: str) -> list[list[str]]:
    """What each line of a script gives to the program."""
    found = re.findall(r"^\s*(?:[\w/]+/)?aapimport (.*?) \S*>", text, re.MULTILINE)
    return [shlex.split(words) for words in found]


@dataclass(frozen=True)
class Printed:
    """What cron would mail, and the exit code."""

    text: str
    code: int


class Cron:
    """A machine with the folders of the page, and cron's environment.

    Args:
        root: What the machine is put into.
        services: The four settings of a served practice portal.
    """

    def __init__(self, root: Path, services: Mapping[str, str]) -> None:
        self.home, self.people = root / "home", root / "srv" / "people"
        self._bin = root / "opt" / "bin"
        for folder in (self.home, self.people, self._bin):
            folder.mkdir(parents=True)
        source = str(Path(aapimport.__file__).parents[1])
        program = self._bin / "aapimport"
        program.write_text(_PROGRAM.format(python=sys.executable, source=source), encoding="utf-8")
        (script,) = _blocks("script", "sh")
        (self.people / "load-people.sh").write_text(self._here(script), encoding="utf-8")
        for file in (program, self.people / "load-people.sh"):
            file.chmod(0o755)
        self.write(_PEOPLE)
        self._services = services

    def write(self, people: str) -> None:
        """Put these people into the file that is uploaded."""
        (self.people / "people.csv").write_text(_HEADER + people, encoding="utf-8")

    def set_up(self) -> None:
        """Do what the page says is done once."""
        portal, jhana = self._services[PORTAL_URL], self._services[JHANA_URL]
        addresses = f"--portal-url {portal} --jhana-url {jhana}"
        for line, token in (
            (f"config init --profile acme {addresses}", ""),
            ("login portal --profile acme --file", self._services[PORTAL_TOKEN]),
            ("login jhana --profile acme --file", self._services[JHANA_TOKEN]),
        ):
            done = self.shell(f"{self._bin}/aapimport {line}", stdin=token)
            assert done.code == 0, done.text

    def run(self, which: int) -> Printed:
        """Run one of the page's lines."""
        line = _blocks("cron", "cron")[which]
        *when, command = line.strip().split(" ", 5)
        assert all(re.fullmatch(r"[\d*,/-]+", part) for part in when)
        assert "\n" not in command
        assert "%" not in command
        return self.shell(self._here(command))

    def shell(self, command: str, stdin: str = "") -> Printed:
        """Run a command in cron's environment."""
        kept = {
            "HOME": str(self.home),
            "LOGNAME": "svc",
            "SHELL": "/bin/sh",
            "PATH": "/usr/bin:/bin",
        }
        done = subprocess.run(
            [
                "/usr/bin/env",
                "-i",
                *(f"{name}={value}" for name, value in kept.items()),
                "/bin/sh",
                "-c",
                command,
            ],
            cwd=self.home,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return Printed(done.stdout, done.returncode)

    def log(self) -> str:
        """What upload.log holds."""
        return (self.people / "upload.log").read_text(encoding="utf-8")

    def receipt(self) -> dict[str, object]:
        """What receipt.json holds."""
        read: dict[str, object] = json.loads((self.people / "receipt.json").read_text("utf-8"))
        return read

    def _here(self, text: str) -> str:
        text = text.replace("/opt/aapimport/bin", str(self._bin))
        return text.replace("/srv/people", str(self.people)).replace("60 600 3600", "0 0 0")


@pytest.fixture
def cron(tmp_path: Path, served: dict[str, str]) -> Cron:
    """A machine on which nothing is set up so far."""
    return Cron(tmp_path / "machine", served)


@pytest.mark.parametrize("which", [DIRECT, BY_SCRIPT])
def test_a_line_uploads_once_and_prints_nothing(cron: Cron, which: int) -> None:
    """Everybody is there after the first run, the second finds them, cron has nothing to mail."""
    cron.set_up()
    assert cron.run(which) == Printed("", 0)
    assert cron.run(which) == Printed("", 0)
    log = cron.log()
    assert "PRACTICE" not in log
    if which == DIRECT:
        assert "Rows             2 = 2 created" in log
        assert "Rows             2 = 2 the same" in log
        return
    receipt = cron.receipt()
    assert receipt["target"] == "live"
    services = receipt["services"]
    assert isinstance(services, dict)
    assert (services["portal"]["same"], services["portal"]["created"]) == (2, 0)
    resumed = json.loads((cron.people / "resumed.json").read_text("utf-8"))
    assert (resumed["target"], resumed["receipt"]) == ("live", None)


@pytest.mark.parametrize("which", [DIRECT, BY_SCRIPT])
def test_where_nothing_is_set_up_nothing_is_practised(cron: Cron, which: int) -> None:
    """Another user's cron, or a lost settings file: exit code 3 is mailed, and nothing was done."""
    printed = cron.run(which)
    assert "upload of people.csv: exit code 3" in printed.text
    assert "nothing was sent" in cron.log()
    assert not [*cron.home.rglob("practice")]
    assert printed.code == (3 if which == BY_SCRIPT else 0)


def test_a_file_that_makes_a_client_admin_is_for_a_person(cron: Cron) -> None:
    """Exit code 2 is mailed with the flag that decides; nobody is created."""
    cron.set_up()
    cron.write(_PEOPLE + "cy@acme.com,Cy,Cole,client admin,,\n")
    printed = cron.run(BY_SCRIPT)
    assert printed.code == 2
    assert "--client-admins 1" in printed.text


def test_more_seats_than_allowed_are_for_a_person(cron: Cron) -> None:
    """An export with 51 newcomers is refused by --max-seats: exit code 1, and nothing was sent."""
    cron.set_up()
    cron.write("".join(f"p{n}.{n * 7919}@acme.com,P{n}x,Q{n * 7919}y,,,\n" for n in range(51)))
    printed = cron.run(BY_SCRIPT)
    assert printed.code == 1
    assert "nothing was sent" in printed.text


@pytest.mark.campaign
def test_a_service_that_is_away_is_tried_again(tmp_path: Path, served: dict[str, str]) -> None:
    """Exit code 4: the script types the same command three times more, and then tells."""
    away = {name: re.sub(r"(127.0.0.1):\d+", r"\1:9", text) for name, text in served.items()}
    cron = Cron(tmp_path / "machine", away)
    cron.set_up()
    printed = cron.run(BY_SCRIPT)
    assert printed.code == 4
    assert "upload of people.csv: exit code 4" in printed.text
    log = cron.log()
    assert log.count("connection refused") >= 4
    assert log.count("nothing was sent") >= 4


def test_windows_does_the_same() -> None:
    """The batch file gives the program the same words as the script, and ends with its code."""
    (script,), (batch,) = _blocks("script", "sh"), _blocks("batch", "bat")
    resume, upload, again = _words(script)
    assert upload == again
    assert _words(batch) == [resume, upload]
    assert batch.rstrip().endswith("exit /b %ERRORLEVEL%")
    (direct, _) = _blocks("cron", "cron")
    assert [word for (words,) in [_words(direct.replace("&& ", "\n"))] for word in words] == [
        word for word in upload if word != "--json"
    ]


def test_the_task_scheduler_starts_that_file() -> None:
    """Both ways of planning it name the batch file of the page; schtasks takes 261 characters."""
    file = re.findall(r"^`(C:\\\S+\.cmd)`:$", PAGE, re.MULTILINE)
    (line,), (powershell,) = _blocks("task", "bat"), _blocks("task", "powershell")
    words = dict(re.findall(r'(/[A-Z]+) ("[^"]*"|\S+)', line.replace("/Create ", "")))
    assert [words["/TR"].strip('"')] == file
    assert len(words["/TR"]) <= 261
    assert set(words) == {"/TN", "/TR", "/SC", "/D", "/ST", "/RU", "/RP"}
    assert re.findall(r'-Execute "(.*?)"', powershell) == file
    assert words["/ST"].lstrip("0") == re.findall(r"-At (\S+)", powershell)[0].lstrip("0")
    days = [day[:3].upper() for day in re.findall(r"-DaysOfWeek (\S+)", powershell)[0].split(",")]
    assert words["/D"].split(",") == days
