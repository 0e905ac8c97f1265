"""Peak memory of whole uploads of different sizes: `python bench/memory.py [--people N ...]`.

Each upload is the real command, in a process of its own, from a csv into two services that answer
at once (bench/stub_server.py), everybody with Jhana. Prints the peak of its resident memory (its
reading child counts, too), its time, and people per second.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from run import stub

SIZES = (1_000, 10_000, 100_000)
FLAGS = ("--pass", "Leadership 2026", "--no-emails", "--yes", "--maybe", "create", "--json")


def name(number: int) -> str:
    """A name that hardly anybody else has."""
    letters = []
    for _ in range(4):
        number, rest = divmod(number, 60)
        letters.append("bdfgklmnprst"[rest % 12] + "aeiou"[rest // 12])
    return "".join(letters).title()


def write(path: Path, people: int) -> None:
    """A file of so many people."""
    with path.open("w", encoding="utf-8") as file:
        file.write("Email Address,First Name,Last Name,User Role,Team,Jhana Enabled\n")
        for number in range(people):
            first, last = name(number * 7919 % 12_960_000), name(number)
            file.write(f"{first}.{last}@acme.com,{first},{last},individualcontributor,,1\n".lower())


def upload(file: Path, folder: Path) -> tuple[float, float, dict[str, object]]:
    """Seconds, MiB at the peak, and the receipt of one upload."""
    with ExitStack() as stack:
        portal, jhana = (stack.enter_context(stub()) for _ in range(2))
        environment = {
            "AAPIMPORT_PORTAL_URL": portal,
            "AAPIMPORT_JHANA_URL": jhana,
            "AAPIMPORT_PORTAL_TOKEN": "t",
            "AAPIMPORT_JHANA_TOKEN": "t",
            "AAPIMPORT_STATE_DIR": str(folder),
        }
        began = time.perf_counter()
        with (folder / "receipt.json").open("wb") as receipt:
            process = subprocess.Popen(
                [sys.executable, "-m", "aapimport", "upload", str(file), *FLAGS],
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=receipt,
                stderr=subprocess.DEVNULL,
            )
            _, _, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    return seconds, usage.ru_maxrss / 1024, json.loads((folder / "receipt.json").read_bytes())


def main() -> None:
    """Measure every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=SIZES)
    print(f"{'people':>9} {'MiB':>6} {'s':>7} {'people/s':>9}")
    for people in parser.parse_args().people:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "people.csv"
            write(file, people)
            seconds, peak, receipt = upload(file, Path(folder))
        created = receipt["services"]["portal"]["created"]  # type: ignore[index]
        assert created == people, f"{created} of {people} were created"
        print(f"{people:9,} {peak:6,.0f} {seconds:7.1f} {people / seconds:9,.0f}")


if __name__ == "__main__":
    main()
