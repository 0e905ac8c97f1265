"""How long a command takes to begin: `python bench/start.py [--runs N]`.

`aapimport` and a bare click program print their help, each as a process of its own, in turn, so
that whatever else the machine does strikes both. The bare one is a group with one command. Prints
the median of the seconds on the clock and on the processor, in milliseconds, and the ratio of both,
which should be at most 1.3; on a busy machine the processor's is the one to go by.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = '''"""A bare click program."""
import click


@click.group()
def group() -> None:
    """Do things."""


@group.command()
@click.argument("file")
def upload(file: str) -> None:
    """Upload FILE."""


group()
'''
MOST = 1.3


def milliseconds(module: str, folder: Path) -> tuple[float, float]:
    """How long `python -m module --help` takes, on the clock and on the processor."""
    paths = os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", "")))
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", module, "--help"],
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    taken, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    computed = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return 1000 * taken, 1000 * computed


def _medians(taken: list[tuple[float, float]]) -> tuple[float, float]:
    clock, processor = zip(*taken, strict=True)
    return statistics.median(clock), statistics.median(processor)


def main() -> None:
    """Start both in turn, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30, help="how often each is started")
    runs = parser.parse_args().runs
    programs = {"bare click program": "bare", "aapimport --help": "aapimport"}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bare.py").write_text(BARE, encoding="utf-8")
        for run in range(runs + 1):
            for name, module in programs.items():
                taken = milliseconds(module, Path(folder))
                if run:  # the first one compiles
                    times[name].append(taken)
    print(f"{'':20} {'clock':>9} {'bare=1':>7} {'processor':>11} {'bare=1':>7}")
    bare = _medians(times["bare click program"])
    for name, taken in times.items():
        clock, processor = _medians(taken)
        print(
            f"{name:20} {clock:6.0f} ms {clock / bare[0]:7.2f}"
            f" {processor:8.0f} ms {processor / bare[1]:7.2f}"
        )
    print(f"the ratios should be at most {MOST}")


if __name__ == "__main__":
    main()
