"""How well "same human?" finds planted twins, whom it bothers in vain, and how long it takes.

python bench/same_human.py [--people 20000] [--seed N]
"""

import argparse
import string
import time
import tracemalloc
from collections import Counter
from dataclasses import dataclass, field
from itertools import product

from aapimport.twins.same_human import Known, find_twins
from company import KINDS, Company, namesakes_in_1000


@dataclass(kw_only=True)
class Score:
    """What one run found.

    Attributes:
        namesakes: People in 1,000 who share their whole name with somebody.
        planted: Twins, by the way in which they were made.
        asked: Those of them about whom a question is asked.
        right: Those shown beside the very person they are, and not beside a namesake.
        others: How many newcomers have no twin.
        bothered: Those of them about whom a question is asked, with its kind.
        missed: The twins that are not in `right`.
    """

    namesakes: float
    planted: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    others: int = 0
    bothered: list[tuple[str, Known, Known]] = field(default_factory=list)
    missed: list[tuple[str, Known, Known]] = field(default_factory=list)


def score(people: int, seed: int, each: int) -> Score:
    """One company's figures: three in four are on the pass, the rest and the twins are new."""
    company = Company(people, seed)
    planted = company.plant(each)
    on_pass = company.people[: people * 3 // 4]
    newcomers = company.people[people * 3 // 4 :] + [twin.record for twin in planted]
    company.random.shuffle(newcomers)
    twins = find_twins(newcomers, on_pass)
    pairs = {frozenset((newcomers[twin.index].email, twin.other.email)) for twin in twins}
    asked_about = {newcomers[twin.index].email for twin in twins}
    result = Score(namesakes=namesakes_in_1000(company.people))
    related = set()
    for twin in planted:
        related |= {twin.record.email, twin.original.email}
        result.planted[twin.kind] += 1
        right = frozenset((twin.record.email, twin.original.email)) in pairs
        result.right[twin.kind] += right
        result.asked[twin.kind] += right or twin.record.email in asked_about
        if not right:
            result.missed.append((twin.kind, twin.record, twin.original))
    result.others = sum(known.email not in related for known in newcomers)
    result.bothered = [
        (twin.kind.value, newcomers[twin.index], twin.other)
        for twin in twins
        if newcomers[twin.index].email not in related
    ]
    return result


def report(scores: list[Score], *, details: bool) -> None:
    """Print the figures of some companies together."""
    planted, asked, right = (
        sum((getattr(score, name) for score in scores), Counter())
        for name in ("planted", "asked", "right")
    )
    if planted:
        print(f"  {'':30} planted  asked  right other  recall")
    for kind in KINDS if planted else ():
        percent = 100 * asked[kind] / max(planted[kind], 1)
        print(f"  {kind:30} {planted[kind]:7} {asked[kind]:6} {right[kind]:12} {percent:6.1f} %")
    bothered = [pair for score in scores for pair in score.bothered]
    others = sum(score.others for score in scores)
    rate = 1000 * len(bothered) / others
    print(f"  others bothered: {len(bothered)} of {others:,}, {rate:.2f} in 1,000")
    for kind, count in Counter(kind for kind, _, _ in bothered).most_common():
        print(f"    {kind:28} {count:7}")
    missed = [pair for score in scores for pair in score.missed]
    if details:
        for title, found in (("bothered", bothered), ("missed", missed)):
            for kind, one, two in found:
                print(f"  {title:8} {kind} | {_show(one)} | {_show(two)}")


def _show(known: Known) -> str:
    return f"{known.first_name} {known.last_name} <{known.email}>"


def clock(name: str, newcomers: list[Known], existing: list[Known]) -> None:
    """Print time and memory of one comparison."""
    start, cpu_start = time.perf_counter(), time.process_time()
    twins = find_twins(newcomers, existing)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    tracemalloc.start()
    find_twins(newcomers, existing)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    print(f"  {name:40} {seconds:6.2f} s ({cpu:5.2f} s CPU) {peak:5.0f} MB  {len(twins):6,} maybe")


def clocks(seed: int, size: int = 50_000) -> None:
    """Print times for 50,000 newcomers against 50,000 people, kind and hostile."""
    people = Company(2 * size, seed).people
    rows = range(2 * size)
    hostile = {
        "a company": people,
        "everybody has the same name": [
            Known(f"john.smith{row}@a.example", "John", "Smith", "") for row in rows
        ],
        "one local part, as many domains": [
            Known(f"info@a{row}.example", f"{people[row].first_name}", people[row].last_name, "")
            for row in rows
        ],
        "one name and local part, as many domains": [
            Known(f"john.smith@a{row}.example", "John", "Smith", "") for row in rows
        ],
        "names one letter apart": [
            Known(f"p{row}@a.example", f"Abc{a}{b}def", f"Smi{c}{d}th", "")
            for row, (a, b, c, d) in zip(
                rows, product(string.ascii_lowercase, repeat=4), strict=False
            )
        ],
    }
    print(f"\n{size:,} newcomers against {size:,} people: time, peak memory, twins")
    for name, everyone in hostile.items():
        clock(name, everyone[size:], everyone[:size])


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first company")
    parser.add_argument("--companies", type=int, default=5)
    parser.add_argument("--each", type=int, default=10, help="twins planted of each kind")
    parser.add_argument("--details", action="store_true", help="list who was missed or bothered")
    parser.add_argument("--no-clock", action="store_true", help="leave the timing out")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.companies)
    for each in (options.each, 0):
        scores = [score(options.people, seed, each) for seed in seeds]
        shared = sum(one.namesakes for one in scores) / len(scores)
        print(f"\n{len(scores)} companies of {options.people:,} people from seed {options.seed},")
        print(f"{each} twins of each kind planted; {shared:.0f} people in 1,000 have a namesake")
        report(scores, details=options.details)
    if not options.no_clock:
        clocks(options.seed)


if __name__ == "__main__":
    main()
