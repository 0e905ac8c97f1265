"""What an upload costs on servers that nobody here wrote: `python bench/servers.py`.

Needs `python3 tests/real_servers/install.py` first. Each server runs twice on loopback, as the
portal and as Jhana; `aapimport upload` sends generated people through a proxy that counts requests.
The first upload creates everybody, the second finds everybody there. Whole-process time.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from aapimport.template.columns import COLUMNS  # noqa: E402 -- after sys.path
from real_servers.proxy import Proxy  # noqa: E402 -- after sys.path
from real_servers.starting import SERVERS, TOKEN  # noqa: E402 -- after sys.path

PASS = "Leadership 2026"


def write_people(path: Path, people: int) -> None:
    """A file of people, half of them with Jhana."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([column.name for column in COLUMNS])
        for at in range(people):
            jhana = "1" if at % 2 else ""
            names = (f"First{at % 97}", f"Last{at % 89}")
            writer.writerow([f"bench.{at}@example.com", *names, "individualcontributor", "", jhana])


def upload(portal: Proxy, jhana: Proxy, file: Path, state: Path) -> float:
    """Seconds that one upload takes."""
    environment = os.environ | {
        "AAPIMPORT_PORTAL_URL": portal.url,
        "AAPIMPORT_PORTAL_TOKEN": TOKEN,
        "AAPIMPORT_JHANA_URL": jhana.url,
        "AAPIMPORT_JHANA_TOKEN": TOKEN,
        "AAPIMPORT_STATE_DIR": str(state),
    }
    words = ("upload", str(file), "--pass", PASS, "--no-emails", "--yes", "--maybe", "create")
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "aapimport", *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


def main() -> None:
    """Measure every server and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=300)
    people = parser.parse_args().people
    print(f"{people} people, half of them with Jhana")
    print(f"{'server':28} {'upload':>12} {'people/s':>9} {'requests/person':>16}")
    for start in SERVERS.values():
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            server = stack.enter_context(start(folder))
            server.add_keeper()
            server.add_groups(PASS)
            portal = stack.enter_context(Proxy(server.portal))
            jhana = stack.enter_context(Proxy(server.jhana))
            file = folder / "people.csv"
            write_people(file, people)
            before = 0
            for title in ("first", "again"):
                seconds = upload(portal, jhana, file, folder / "state")
                requests = portal.requests + jhana.requests - before
                before += requests
                print(
                    f"{server.title:28} {title:>12} {people / seconds:9,.0f}"
                    f" {requests / people:16.2f}"
                )


if __name__ == "__main__":
    main()
