from pathlib import Path

import pytest

from faults.crash import kill_lane
from faults.failpoints import failpoint_lane
from support.extent import ALL, SEED

pytestmark = pytest.mark.campaign
LANES = 4
"""Tests that share a campaign, side by side."""
KILLS = 300 if ALL else 120
"""In all lanes; `bench/crash.py` kills 10,000 unless it is told otherwise."""


@pytest.mark.parametrize("lane", range(LANES))
def test_random_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str], lane: int):
    """Uploads killed at any instant, many times, end with all there once, mailed once."""
    totals = kill_lane(lane, LANES, SEED, KILLS // LANES, tmp_path)
    with capsys.disabled():
        print(f"\n{totals}")
    assert totals.clean, str(totals)
    assert totals.kills >= KILLS // LANES
    assert totals.after_a_write > KILLS // LANES // 3  # before the first write they prove little


@pytest.mark.parametrize("lane", range(LANES))
def test_every_failpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str], lane: int):
    """So do uploads that die or fail at every commit, request, answer and file.

    In CI each of these moments meets one way to fail, in turn; `bench/crash.py --failpoints` runs
    them all.
    """
    totals = failpoint_lane(lane, LANES, SEED, tmp_path, every_mode=ALL)
    with capsys.disabled():
        print(f"\n{totals}")
    assert totals.clean, str(totals)
    assert totals.uploads > (300 if ALL else 70) // LANES
