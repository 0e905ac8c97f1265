"""Break thousands of files of people and see that each is read, or refused in one sentence.

    python bench/mutations.py 50000                     # how many, of all five formats in turn
    python bench/mutations.py 1 --seed 4711             # one of them again
    python bench/mutations.py 500 --format xls          # of one format only

Each is checked as `aapimport validate` does it, in child processes with limits, which are forked
from one that has imported everything. What is printed, with its seed, and makes the command exit
with 1: a mistake of ours (a traceback), an answer of several lines or after 5 s of computing, and
a file that passes although another reader sees somebody in it of whom nothing is said.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from multiprocessing import Pool
from pathlib import Path

from aapimport.sheets import child, limits

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from sheets.mutations import WAYS, broken
from sheets.originals import write_originals
from sheets.other_readers import outcome
from support.readers import Readers
from support.warm import CAN_FORK

_FORMATS = sorted(WAYS)
_STEP = 1_000
_AT_ONCE = 20
_SECONDS = 5.0
"""Of computing: no file under 1 MB takes longer."""
_PROCESSES = 4
"""On two processors, as many wait as compute."""


def begin() -> None:
    """Make a process ready: what it starts is forked from one of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that gave the work ends this one
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    vars(limits)["_BASE_SECONDS"] = _SECONDS
    if CAN_FORK:
        vars(child)["subprocess"] = Readers()


def attempt(job: tuple[Path, str, int]) -> tuple[str, int, str]:
    """Break a file and check it: its format, its seed, and what became of it."""
    original, kind, seed = job
    path = original.with_name(f"{seed}.{kind}")
    path.write_bytes(broken(original.read_bytes(), kind, seed))
    try:
        return kind, seed, outcome(path)
    finally:
        path.unlink()


def jobs(folder: Path, seeds: Iterable[int], only: str | None) -> Iterable[tuple[Path, str, int]]:
    """What to break, and how: of three files of a kind, two would pass if they were whole."""
    originals = write_originals(folder)
    for seed in seeds:
        kind = only or _FORMATS[seed % len(_FORMATS)]
        passes, odd = originals[kind]
        yield (odd if seed % 3 == 0 else passes), kind, seed


def main() -> int:
    """Try them all; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("number", type=int, nargs="?", default=2000)
    parser.add_argument("--seed", type=int, default=0, help="the first of them")
    parser.add_argument("--format", choices=_FORMATS)
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and ends the others
    began = time.monotonic()
    found: Counter[str] = Counter()
    seeds = range(chosen.seed, chosen.seed + chosen.number)
    with tempfile.TemporaryDirectory() as name, Pool(_PROCESSES, begin) as pool:
        tried = pool.imap(attempt, jobs(Path(name), seeds, chosen.format), _AT_ONCE)
        for done, (kind, seed, said) in enumerate(tried, start=1):
            sort, _, what = said.partition(": ")
            found[f"{kind} {sort}"] += 1
            if what:
                print(f"--seed {seed} --format {kind}: {what}", flush=True)
            if done % _STEP == 0 or done == chosen.number:
                seconds = time.monotonic() - began
                print(
                    f"{done:,} files in {seconds:.0f} s: {dict(sorted(found.items()))}", flush=True
                )
    return 1 if any(sort.endswith(" wrong") for sort in found) else 0


if __name__ == "__main__":
    sys.exit(main())
