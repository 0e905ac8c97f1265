"""Runs every campaign of the tests in full, with one seed or several; CI runs a part of each.

Usage: python bench/campaign.py [--seeds 1] [--first N] [pytest's own words]
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SEED = 20261122


def main() -> int:
    """Run them; 0 when all passed with every seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, one after another")
    parser.add_argument("--first", type=int, default=SEED, help="the first of them")
    chosen, words = parser.parse_known_args()
    failed = []
    for seed in range(chosen.first, chosen.first + chosen.seeds):
        started = time.monotonic()
        done = subprocess.run(
            [*(sys.executable, "-m", "pytest", "-q", "-n", "4", "-m", "campaign"), *words],
            cwd=ROOT,
            env=os.environ | {"FAULTS_ALL": "1", "FAULTS_SEED": str(seed)},
            check=False,
        )
        ended = "passed" if done.returncode == 0 else "FAILED"
        print(f"seed {seed}: {ended}, {time.monotonic() - started:,.0f} s", flush=True)
        if done.returncode:
            failed.append(seed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
