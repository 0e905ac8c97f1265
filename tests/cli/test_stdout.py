"""Stdout that is full, closed, or that nobody reads to its end."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
UPLOAD = f"upload {EXAMPLES / 'users.xlsx'} --pass 'Leadership 2026' --no-emails --yes"
COMMANDS = [
    "--help",
    "upload --help",
    f"validate {EXAMPLES / 'users-with-mistakes.xlsx'}",
    f"plan {EXAMPLES / 'users.xlsx'} --pass 'Leadership 2026'",
    "passes",
    "teams",
    "doctor",
    "sandbox show",
    "resume",
    f"renew {EXAMPLES / 'users.xlsx'} -o renewed.xlsx",
    "generate-template new.xlsx",
]
WAYS = {"full": "> /dev/full", "closed": ">&-", "unread": "| true", "some": "| sed /E-mails/q"}

pytestmark = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="needs a shell, and a disk that is full at once"
)


def run(command: str, way: str, folder: Path) -> tuple[int, str]:
    """The exit code, and what was said on stderr."""
    words = f"{shlex.quote(sys.executable)} -m aapimport {command}"
    script = f"{{ {words}; echo $? > code; }} {WAYS[way]}"
    if way == "unread":  # whoever reads has gone before anything is printed
        script = f"{{ sleep 0.3; {words}; echo $? > code; }} {WAYS[way]}"
    environment = os.environ | {"AAPIMPORT_STATE_DIR": str(folder / "state")}
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        timeout=120,
    )
    code = int((folder / "code").read_text(encoding="ascii"))
    return code, " ".join(done.stderr.decode().split())


@pytest.mark.parametrize(
    ("way", "options"),
    [
        ("full", " --json"),
        ("closed", " --json"),
        ("closed", ""),
        ("unread", " --json"),
        ("some", ""),
    ],
)
def test_a_receipts_number_is_never_lost(way: str, options: str, tmp_path: Path) -> None:
    """The upload is done, and where its receipt can't be printed, its number is on stderr."""
    header = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"
    person = "bo.quist@acme.com,Bosse,Quist,manager,,"
    (tmp_path / "one.csv").write_text(f"{header}\n{person}\n", encoding="utf-8")
    command = UPLOAD.replace(str(EXAMPLES / "users.xlsx"), "one.csv")
    code, said = run(command + options, way, tmp_path)
    assert code == (1 if way == "full" else 0), said
    number = said.partition("aapimport receipt ")[2][:6]
    assert len(number) == 6, said
    assert "bug" not in said
    assert "Exception" not in said
    again, _ = run(f"resume {number} --json", "closed", tmp_path)
    assert again == 0


@pytest.mark.parametrize("way", ["full", "unread"])
def test_an_upload_whose_preview_nobody_can_see_does_not_begin(way: str, tmp_path: Path) -> None:
    """Exit 1 and a word on stderr: it is no success, and nothing was sent."""
    code, said = run(UPLOAD, way, tmp_path)
    assert code == 1
    assert ("nobody reads what this command prints" if way == "unread" else "no room left") in said
    assert not (tmp_path / "state" / "practice.sqlite3").exists()


def test_a_full_stderr_costs_no_json(tmp_path: Path) -> None:
    """Nobody can be told in words, but the script that waits for an object gets one."""
    words = [sys.executable, "-m", "aapimport", *shlex.split(UPLOAD), "--json"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            words,
            env=os.environ | {"AAPIMPORT_STATE_DIR": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=full,
            check=False,
        )
    assert done.returncode == 1
    assert "no room left" in json.loads(done.stdout)["error"]["message"]


@pytest.mark.parametrize("way", ["full", "closed", "unread"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_takes_it_for_a_bug(way: str, command: str, tmp_path: Path) -> None:
    """Never exit 5 or Python's 120, and nothing of Python's own on stderr."""
    code, said = run(command, way, tmp_path)
    assert code in {0, 1}, said
    assert "bug" not in said
    assert "Exception" not in said
    assert "Traceback" not in said
    if way == "full" and command != "resume":  # which says on stderr that nothing is open
        assert code == 1
        assert "no room left for what this command prints" in said
