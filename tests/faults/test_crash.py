import os
from pathlib import Path

import pytest

from faults.crash import in_lanes, kill_lane
from faults.failpoints import failpoint_lane

pytestmark = pytest.mark.campaign
SEED = int(os.environ.get("FAULTS_SEED", "20261122"))
KILLS = 300
"""In CI; `bench/crash.py` kills 10,000 unless it is told otherwise."""


def test_random_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Uploads killed at any instant, hundreds of times, end with all there once, mailed once."""
    totals = in_lanes(kill_lane, SEED, KILLS // 2, tmp_path)
    with capsys.disabled():
        print(f"\n{totals}")
    assert totals.clean, str(totals)
    assert totals.kills >= KILLS
    assert totals.after_a_write > KILLS // 3  # deaths before the first write prove little


def test_every_failpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """So do uploads that die or fail at every commit, request, answer and file."""
    totals = in_lanes(failpoint_lane, SEED, tmp_path)
    with capsys.disabled():
        print(f"\n{totals}")
    assert totals.clean, str(totals)
    assert totals.uploads > 300
