import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.sheets import child, limits
from aapimport.sheets.child import ChildBugError, start_child
from aapimport.sheets.letters import LookRequest
from aapimport.sheets.limits import Limits, limits_for, memory_of

PLENTY = Limits(1 << 30, 30.0)


def run(entry: str, path: str = "", allowed: Limits = PLENTY) -> dict[str, Any]:
    """Run one of the functions below in a child."""
    request = LookRequest(path=path)
    return start_child(f"{__name__}:{entry}", request, allowed).answer("people.xlsx")


@pytest.fixture(autouse=True)
def reading_children() -> None:
    """Nothing stands in for them here: they are started as users start them."""


@pytest.fixture(autouse=True)
def entries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the children run, importable there."""
    (tmp_path / f"{__name__.rpartition('.')[2]}.py").write_text(ENTRIES, encoding="utf-8")
    (tmp_path / "entries.py").write_text(ENTRIES, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys.modules[__name__], "__name__", "entries")


ENTRIES = """
import os, signal, time
from aapimport.errors import AnswerNeededError, FileProblemError

def echo(arguments): return {"got": arguments}
def fails(arguments): raise FileProblemError("people.xlsx is odd", hint="look")
def asks(arguments): raise AnswerNeededError(
    "which?", option="sheet", flag="--sheet", choices=(("a", "A"),))
def breaks(arguments): raise KeyError("oops")
def sleeps(arguments): time.sleep(600)
def aborts(arguments): os.abort()
def exits(arguments): os._exit(3)
def spins(arguments):
    while True: pass
def eats(arguments):
    held = []
    while True: held.append(bytearray(16 << 20))
def environment(arguments): return dict(os.environ)
def writes(arguments):
    try:
        with open(arguments["path"], "wb", buffering=0) as file:
            return {"written": file.write(b"Ana")}
    except OSError: return {"written": 0}
def babbles(arguments):
    os.write(1, b"not json")
    return {}
"""


def test_the_answer_comes_back() -> None:
    """What the function returns is what the parent gets, whatever letters it holds."""
    asked = {"path": "Øre\ud800", "thorough": False, "descriptor": None}
    assert run("echo", "Øre\ud800") == {"got": asked}


def test_errors_of_the_file_come_back() -> None:
    """A problem of the file keeps its message and hint; a question keeps its choices."""
    with pytest.raises(FileProblemError, match="odd") as failed:
        run("fails")
    assert failed.value.hint == "look"
    with pytest.raises(AnswerNeededError, match="which") as asked:
        run("asks")
    assert asked.value.choices == (("a", "A"),)
    assert asked.value.option == "sheet"


def test_a_bug_is_a_bug() -> None:
    """A mistake of ours is not blamed on the file, and is told by its kind and place alone."""
    with pytest.raises(ChildBugError, match=r"^KeyError in child\.py:\d+$"):
        run("breaks")


@pytest.mark.parametrize("entry", ["aborts", "exits", "babbles"])
def test_a_child_that_dies_is_one_sentence(entry: str) -> None:
    """A reader that takes its process down takes nothing else with it."""
    with pytest.raises(FileProblemError, match=r"people\.xlsx is damaged, or made to do harm"):
        run(entry)


def test_a_child_that_hangs_is_ended() -> None:
    """Wall clock is limited, generously."""
    allowed = Limits(1 << 30, 0.2)
    with pytest.raises(FileProblemError, match=f"took longer than {allowed.patience:.0f} seconds"):
        run("sleeps", allowed=allowed)


def test_a_child_that_computes_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Computing time is what is limited; a busy machine costs a file nothing."""
    monkeypatch.setattr("aapimport.sheets.limits._PATIENCE", 60)  # this one may be very busy
    with pytest.raises(FileProblemError, match="takes more than 1 seconds of computing"):
        run("spins", allowed=Limits(1 << 30, 1.0))


def test_a_child_that_eats_memory_is_ended() -> None:
    """Memory is limited."""
    with pytest.raises(FileProblemError, match="takes too much memory"):
        run("eats", allowed=Limits(256 << 20, 60.0))


def test_memory_is_watched_where_it_cannot_be_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system sets no limit, the parent looks and ends the child."""
    monkeypatch.setattr(child, "needs_watching", lambda: True)
    blinded = child._BOOT.replace(
        "import json,sys;", "import json,sys;sys.modules['resource']=None;"
    )
    monkeypatch.setattr(child, "_BOOT", blinded)
    with pytest.raises(FileProblemError, match="takes too much memory"):
        run("eats", allowed=Limits(256 << 20, 60.0))


def test_the_child_inherits_no_secrets_as_arguments() -> None:
    """Only what the job needs is on the child's command line."""
    running = start_child("entries:sleeps", LookRequest(path="x"), PLENTY)
    try:
        job = json.loads(running.process.args[-1])  # type: ignore[index,arg-type] # a list of texts
        assert set(job) == {"entry", "request", "limits", "path"}
    finally:
        running.stop()
    assert os.name == "nt" or running.process.returncode == -signal.SIGKILL


def test_the_child_knows_no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment is what an interpreter needs to start, and nothing of ours."""
    monkeypatch.setenv("AAPIMPORT_PORTAL_TOKEN", "secret")
    monkeypatch.setenv("SOME_KEY", "secret")
    assert "secret" not in run("environment").values()
    assert "PATH" in run("environment")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_the_child_writes_nothing(tmp_path: Path) -> None:
    """Whatever a file makes a reader do, no byte of it ends up on the disk."""
    assert run("writes", str(tmp_path / "people.txt")) == {"written": 0}


def test_nothing_is_imported_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file called json.py beside the spreadsheet is none of our modules."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / "json.py").write_text("raise SystemExit('taken over')", encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))  # as `python -m aapimport` does
    assert run("echo", "1")["got"]["path"] == "1"


@pytest.mark.skipif(os.name == "nt", reason="Windows removes no folder that somebody is in")
def test_the_current_folder_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that a colleague has removed meanwhile is not needed."""
    folder = tmp_path / "removed"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert run("echo", "1")["got"]["path"] == "1"


def test_memory_is_measured() -> None:
    """A process uses some megabytes, and one that isn't there uses none."""
    assert 1 << 20 < memory_of(os.getpid()) < 1 << 36
    assert limits._ps_memory(os.getpid()) > 1 << 20 or os.name == "nt"
    assert limits._ps_memory(999_999_999) == 0


@pytest.mark.skipif(os.name == "nt", reason="there is no ps")
def test_what_measures_memory_knows_no_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ps` is a child like any other: it is told where programs are, and nothing of ours."""
    program = tmp_path / "ps"
    program.write_text(f"#!/bin/sh\nenv >'{tmp_path}/seen'\necho 7\n", encoding="utf-8")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("AAPIMPORT_PORTAL_TOKEN", "canary")
    assert limits._ps_memory(os.getpid()) == 7 * 1024
    assert "canary" not in (tmp_path / "seen").read_text(encoding="utf-8")


def test_larger_files_get_more() -> None:
    """Limits grow with the file, and memory has an end."""
    small, large = limits_for(1000), limits_for(30_000_000)
    assert small.memory < large.memory <= limits_for(1 << 40).memory <= 16 << 30
    assert small.seconds < large.seconds
