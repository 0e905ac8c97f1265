"""Drafts hold people: they are private, and go with their process or with the next one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.template.output import replacing

DRAFTS = """
import sys, time
from aapimport.template.output import new_sheet, new_workbook, text_cell
workbook = new_workbook("people")
sheet = new_sheet(workbook, "Users")
for row in range(2000):
    sheet.append([text_cell(sheet, "ana.perez@acme.com")])
print("begun", flush=True)
sys.stdin.read()
"""


def begun(folder: Path) -> "subprocess.Popen[str]":
    """A process that is writing a workbook, its temporary files in a folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", DRAFTS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)},
    )
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    """Let it end by itself, without its workbook."""
    process.communicate("", timeout=60)


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """Its drafts are in a folder that nobody else can read; a living process keeps its own."""
    killed, living = begun(tmp_path), begun(tmp_path)
    try:
        (folder,) = tmp_path.glob(f"aapimport-drafts-{killed.pid}-*")
        assert any(one.stat().st_size for one in folder.iterdir())
        if os.name != "nt":
            assert folder.stat().st_mode & 0o777 == 0o700
        killed.kill()
        killed.communicate(timeout=60)
        assert folder.exists()
        end(begun(tmp_path))
        assert not folder.exists()
        assert [*tmp_path.glob(f"aapimport-drafts-{living.pid}-*")]
    finally:
        killed.kill()
        end(living)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_who_is_told_to_end_takes_the_drafts_along(tmp_path: Path, name: str) -> None:
    """A service manager's stop, or a closed terminal; it is still the signal that ends it."""
    process = begun(tmp_path)
    process.send_signal(signal.Signals[name])
    process.communicate(timeout=60)
    assert process.returncode == -signal.Signals[name]
    assert [*tmp_path.iterdir()] == []


def test_whoever_reads_a_file_removes_what_a_killed_process_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only the next one that writes a workbook: that may be weeks later."""
    killed = begun(tmp_path)
    killed.kill()
    killed.communicate(timeout=60)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    people = tmp_path / "people.csv"
    people.write_text("Email,First Name,Last Name\nana@acme.com,Ana,Perez\n", encoding="utf-8")
    check_file(people, ReadOptions())
    assert [*tmp_path.iterdir()] == [people]


@pytest.mark.parametrize("name", ["aapimport-drafts-x", "aapimport-drafts-", "people"])
def test_other_folders_stay(tmp_path: Path, name: str) -> None:
    """Only what is named after a process that is gone is removed."""
    (tmp_path / name).mkdir()
    end(begun(tmp_path))
    assert (tmp_path / name).exists()


def test_an_old_draft_beside_the_file_is_removed(tmp_path: Path) -> None:
    """A younger one may be another window's, and other files' are none of ours."""
    path = tmp_path / "people[1].xlsx"
    old, young, other = (
        tmp_path / f".{name}.abc{at}.tmp"
        for at, name in enumerate((path.name, path.name, "people1.xlsx"))
    )
    for one in (old, young, other):
        one.write_text("ana.perez@acme.com", encoding="utf-8")
    for one in (old, other):
        os.utime(one, (time.time() - 7200,) * 2)
    with replacing(path) as draft:
        draft.write_text("Ana", encoding="utf-8")
    assert sorted(tmp_path.iterdir()) == sorted((path, young, other))
