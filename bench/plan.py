"""What a plan costs: time, requests and memory, for each way to ask a service who is there.

    python bench/plan.py                              5,000 rows against 5,000 people
    python bench/plan.py --people 50000 --rows 50000  the large case (some minutes)

Every way runs in a process of its own against `aapimport sandbox serve` over HTTP, at the full pace
of this machine. A real portal is asked 25 times a second: the last column says what the requests
take there at the least. Half of the rows are on the pass already, the others are new.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from pydantic import TypeAdapter

from aapimport.check.check_file import Checked
from aapimport.config.settings import Endpoint
from aapimport.person import Person
from aapimport.plan import make
from aapimport.plan.decide import decide
from aapimport.plan.make import Services, draft_plan
from aapimport.plan.plan import PlanOptions
from aapimport.plan.snapshot import Way, take_snapshot
from aapimport.sandbox.practice import Practice
from aapimport.sandbox.seed import Seed, SeedPass, SeedPerson
from aapimport.services.directory import Directory
from aapimport.services.pace import DEFAULT as REQUESTS_PER_SECOND
from aapimport.services.portal import Portal
from aapimport.services.transport import Transport
from aapimport.template.roles import Role
from company import Company

MILLION = 2**20
AUTO = "chosen"
_PERSON = TypeAdapter(Person)


def filled(folder: Path, people: int, rows: int, seed: int) -> list[Person]:
    """A practice portal with people on its pass, and a file of which half are among them."""
    everyone = Company(people + rows, seed).people
    there = tuple(
        SeedPerson(
            id=f"u{number}",
            email=known.email,
            first_name=known.first_name,
            last_name=known.last_name,
            passes=("p26",),
        )
        for number, known in enumerate(everyone[:people])
    )
    held = SeedPass(id="p26", name="Leadership 2026", seats=people + rows, year=2026)
    Practice(folder, Seed(passes=(held,), people=there)).close()
    old = min(people, rows // 2)
    chosen = [*everyone[:old], *everyone[people : people + rows - old]]
    return [
        Person(
            row=row,
            email=known.email,
            first_name=known.first_name,
            last_name=known.last_name,
            role=Role.MANAGER,
        )
        for row, known in enumerate(chosen, 2)
    ]


def peak_megabytes() -> float | None:
    """The most memory that this process has held; None where the system doesn't say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (MILLION if sys.platform == "darwin" else 1024)


def measure(way: str, url: str, token: str, rows: Path) -> dict[str, object]:
    """One plan, asked for in one way."""
    people = tuple(_PERSON.validate_json(line) for line in rows.read_text("utf-8").splitlines())
    checked = Checked(
        path=rows,
        digest="",
        sheet="",
        rows=len(people),
        people=people,
        problems=(),
        columns={"email": 0},
    )
    requests = 0
    snapshots = []

    class Counting(Transport):
        def request(self, *arguments: object, **named: object) -> object:
            nonlocal requests
            requests += 1
            return super().request(*arguments, **named)  # type: ignore[arg-type]

    def snapshot(directory: Directory, people: list[Person], *more: object) -> object:
        taken = take_snapshot(directory, people, *more, way=None if way == AUTO else Way(way))
        snapshots.append(taken.way.value)
        return taken

    make.take_snapshot = snapshot
    with (
        closing(Counting(Endpoint.bearer(url, token=token))) as portal,
        closing(Counting(Endpoint.bearer(url.replace("portal", "jhana"), token=token))) as jhana,
    ):
        services = Services(
            target="live",
            portal=Portal("All Access Pass", portal),
            jhana=Directory("Jhana", jhana),
        )
        before = peak_megabytes()
        start = time.perf_counter()
        plan = decide(draft_plan(checked, services, PlanOptions(pass_name="p26")))
        seconds = time.perf_counter() - start
    return {
        "way": f"{way} ({snapshots[0]})" if way == AUTO else way,
        "seconds": seconds,
        "requests": requests,
        "before": before,
        "peak": peak_megabytes(),
        "create": plan.portal["create"],
        "same": plan.portal["same"] + plan.portal["change"],
        "skip": plan.portal["skip"],
    }


def table(results: list[dict[str, object]]) -> None:
    """Print the figures."""
    print(f"{'way':16}{'time':>9}{'requests':>10}{'memory':>10}{'of it plan':>12}{'at 25/s':>10}")
    for it in results:
        peak, before = it["peak"], it["before"]
        memory = f"{peak:,.0f} MB" if peak else "unknown"
        own = f"{peak - before:,.0f} MB" if peak else "unknown"
        least = it["requests"] / REQUESTS_PER_SECOND
        print(
            f"{it['way']:16}{it['seconds']:7.1f} s{it['requests']:10,}{memory:>10}{own:>12}"
            f"{least:8,.0f} s"
        )
    told = {(it["create"], it["same"], it["skip"]) for it in results}
    assert len(told) == 1, f"the ways don't agree: {told}"
    create, same, skip = told.pop()
    print(f"all agree: {create:,} create, {same:,} there already, {skip:,} possible twins left out")


def main() -> None:
    """Run the benchmark, or, inside it, one measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5_000, help="on the pass already")
    parser.add_argument("--rows", type=int, default=5_000, help="in the file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ways", default=",".join((*(way.value for way in Way), AUTO)))
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        way, url, rows = options.measure
        print(json.dumps(measure(way, url, os.environ["BENCH_TOKEN"], Path(rows))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = folder / "rows.jsonl"
        people = filled(folder, options.people, options.rows, options.seed)
        rows.write_text(
            "\n".join(_PERSON.dump_json(one).decode() for one in people), encoding="utf-8"
        )
        print(f"{options.rows:,} rows against {options.people:,} people on the pass", flush=True)
        environment = {**os.environ, "AAPIMPORT_STATE_DIR": str(folder)}
        with subprocess.Popen(
            [sys.executable, "-m", "aapimport", "sandbox", "serve"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        ) as server:
            assert server.stdout is not None
            url, token = (server.stdout.readline().strip().partition("=")[2] for _ in range(2))
            results = []
            for way in options.ways.split(","):
                done = subprocess.run(
                    [sys.executable, __file__, "--measure", way, url, str(rows)],
                    env=environment | {"BENCH_TOKEN": token},
                    stdout=subprocess.PIPE,
                    check=True,
                    encoding="utf-8",
                )
                results.append(json.loads(done.stdout))
            server.terminate()
        table(results)


if __name__ == "__main__":
    main()
