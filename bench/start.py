"""How long a command takes to begin: `python bench/start.py [--runs N]`.

`aapimport` and a bare click program print their help, each as a process of its own, in turn, so
that whatever else the machine does strikes both. The bare one is a group with one command. Prints
the quickest and the median time of each in milliseconds, and the ratio of the medians, which should
be at most 1.3.
"""

import argparse
import os
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


def milliseconds(module: str, folder: Path) -> float:
    """How long `python -m module --help` takes."""
    paths = os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", "")))
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", module, "--help"],
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    """Start both in turn, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30, help="how often each is started")
    runs = parser.parse_args().runs
    programs = {"bare click program": "bare", "aapimport --help": "aapimport"}
    times: dict[str, list[float]] = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bare.py").write_text(BARE, encoding="utf-8")
        for run in range(runs + 1):
            for name, module in programs.items():
                taken = milliseconds(module, Path(folder))
                if run:  # the first one compiles
                    times[name].append(taken)
    print(f"{'':20} {'quickest':>9} {'median':>9} {'bare=1':>7}")
    bare = statistics.median(times["bare click program"])
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:20} {min(taken):6.0f} ms {median:6.0f} ms {median / bare:7.2f}")
    print(f"the ratio should be at most {MOST}")


if __name__ == "__main__":
    main()
