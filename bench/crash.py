"""Kills uploads thousands of times and counts who is lost, doubled or mailed twice.

Usage: python bench/crash.py [--kills 10000] [--seed N] [--failpoints]
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from faults.crash import in_lanes, kill_lane
from faults.failpoints import failpoint_lane


def main() -> int:
    """Run the campaign; 0 when nobody was lost, doubled or mailed twice."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=10_000, help="processes to kill")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--failpoints", action="store_true", help="every failpoint as well")
    chosen = parser.parse_args()
    started = time.monotonic()
    clean = True
    with tempfile.TemporaryDirectory() as folder:
        campaigns = [in_lanes(kill_lane, chosen.seed, (chosen.kills + 1) // 2, Path(folder))]
        if chosen.failpoints:
            campaigns.append(in_lanes(failpoint_lane, chosen.seed, Path(folder)))
    for totals in campaigns:
        print(totals)
        print(f"what happened to requests: {dict(totals.faults)}")
        clean = clean and totals.clean
    print(f"took {time.monotonic() - started:,.0f} s")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
