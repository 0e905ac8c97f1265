"""Break the code in some seventy small ways and see that the tests notice each.

    python bench/mutants.py                     # all of them, one after the other
    python bench/mutants.py --only address      # those whose sentence or file has this word

`mutants.toml` lists them: what is broken, in which file of `src/aapimport`, which exact text is
replaced by which, and the tests that should then fail. Each is tried in a copy of the tree, after
those tests have passed there unbroken. Whatever no test notices is printed as a survivor, and the
command exits with 1. A text that is not there exactly once, or tests that can't be run, are
mistakes of this list: exit 2.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_suffix(".toml")
_COPIED = ("src", "tests", "pyproject.toml", "README.md", "docs", "examples")
_PASSED, _FAILED = 0, 1
_SECONDS = 300
"""How long the tests of one mutant may take; one that makes them hang is noticed, too."""


class ListError(Exception):
    """A mistake in the list of mutants, in one sentence."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One way to break the code.

    Attributes:
        breaks: What is broken, in a few words.
        file: The file, below `src/aapimport`.
        text: What is replaced; it must be there exactly once.
        instead: What stands there then.
        tests: The tests that should fail, as pytest takes them.
    """

    breaks: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]

    def broken(self, source: str) -> str:
        """The source with the mistake in it.

        Raises:
            ListError: The text is not there, or several times.
        """
        count = source.count(self.text) if self.text else 0
        if count != 1:
            raise ListError(f"{self.file}: the text of {self.breaks!r} is there {count} times")
        return source.replace(self.text, self.instead)


def read_list(path: Path = LIST) -> list[Mutant]:
    """The mutants, in the order of the list."""
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
    return [Mutant(**one | {"tests": tuple(one["tests"])}) for one in listed]


class Copy:
    """A copy of the tree, in which tests run on the copied code.

    Args:
        folder: An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=_no_byte_code)
            else:
                shutil.copy(source, folder / name)

    def source(self, mutant: Mutant) -> Path:
        """The file that a mutant breaks."""
        return self._folder / "src" / "aapimport" / mutant.file

    def fails(self, tests: Sequence[str]) -> bool:
        """Whether any of some tests fails.

        Raises:
            ListError: They can't be run: there are no such tests, or they can't be imported.
        """
        words = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-m",
            "",
            "-p",
            "no:cacheprovider",
            *tests,
        ]
        # byte code is told apart by size and second, and a mutant may change neither
        environment = {"PYTHONPATH": str(self._folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                words,
                cwd=self._folder,
                env=os.environ | environment,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return True
        if done.returncode not in {_PASSED, _FAILED}:
            raise ListError(f"{' '.join(tests)} can't be run:\n{done.stdout[-2000:]}{done.stderr}")
        return done.returncode == _FAILED


def _no_byte_code(_folder: str, names: list[str]) -> set[str]:
    return {"__pycache__"} & set(names)


def survives(copy: Copy, mutant: Mutant) -> bool:
    """Whether no test notices a mutant; the copy is whole again afterwards.

    Raises:
        ListError: It can't be tried.
    """
    path = copy.source(mutant)
    whole = path.read_bytes()
    path.write_bytes(mutant.broken(whole.decode("utf-8")).encode("utf-8"))
    try:
        return not copy.fails(mutant.tests)
    finally:
        path.write_bytes(whole)


def check(copy: Copy, mutants: Sequence[Mutant]) -> None:
    """See that every mutant can be made, and that the unbroken code passes all their tests.

    Raises:
        ListError: With everything that is wrong with the list.
    """
    wrong = []
    for mutant in mutants:
        try:
            mutant.broken(copy.source(mutant).read_text(encoding="utf-8"))
        except (OSError, ListError) as error:
            wrong.append(str(error))
    if wrong:
        raise ListError("\n".join(wrong))
    for tests in dict.fromkeys(mutant.tests for mutant in mutants):
        if copy.fails(tests):
            raise ListError(f"{' '.join(tests)} fails before anything is broken")


def main() -> int:
    """Try the mutants; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="a word of the sentence or the file")
    only = parser.parse_args().only
    mutants = [one for one in read_list() if only in f"{one.breaks} {one.file}"]
    began = time.monotonic()
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder))
        try:
            check(copy, mutants)
            for mutant in mutants:
                started = time.monotonic()
                if survives(copy, mutant):
                    survivors.append(mutant)
                word = "SURVIVES" if mutant in survivors[-1:] else "noticed"
                seconds = time.monotonic() - started
                print(f"{word:9}{seconds:5.1f} s  {mutant.file}: {mutant.breaks}", flush=True)
        except ListError as error:
            print(f"the list of mutants is wrong:\n{error}", file=sys.stderr)
            return 2
    for mutant in survivors:
        print(f"survivor: {mutant.file}: {mutant.breaks}; {' '.join(mutant.tests)} should fail")
    seconds = time.monotonic() - began
    print(f"{len(mutants)} mutants, {len(survivors)} survivors, took {seconds:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
