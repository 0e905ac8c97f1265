"""Against mail servers that nobody here wrote: killed at any step, nobody is mailed twice."""

import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from support.others_mail import EXIM, NO_EXIM, Taking, aiosmtpd, exim

CHILD = Path(__file__).with_name("mailing_child.py")
PEOPLE = 40


def _mail_everybody(ledger: Path, port: int, seed: int, *, chance: float, header: str = "") -> int:
    """Run the child until it isn't killed any more; how often it was."""
    kills, code = 0, -1
    while True:
        words = (ledger, port, PEOPLE, seed + kills, chance, *([header] if header else []))
        code = subprocess.run(
            [sys.executable, str(CHILD), *map(str, words)],
            check=False,
            timeout=120,
        ).returncode
        if code >= 0:
            assert code == 0
            break
        kills += 1
    return kills


def _check(ledger: Path, taken: Counter[str], *, all_sent: bool = False) -> int:
    """Check that the ledger and the server agree; how many are in doubt."""
    book = sqlite3.connect(ledger)
    states = dict(book.execute("SELECT mailbox, state FROM mails"))
    book.close()
    people = {f"p{number}@example.com" for number in range(PEOPLE)}
    assert states.keys() == people
    assert set(taken) <= people
    assert max(taken.values()) == 1
    assert all(taken[to] == 1 for to, state in states.items() if state == "sent")
    doubts = [*states.values()].count("dot")
    assert not (all_sent and doubts)
    return doubts


@pytest.mark.parametrize("header", ["", "Idempotency-Key"])
def test_killed_at_any_step_nobody_is_mailed_twice(tmp_path: Path, header: str) -> None:
    """aiosmtpd: sent or in doubt by name; with an idempotency header no doubt is left."""
    taking = Taking(header)
    with aiosmtpd(taking) as port:
        kills = _mail_everybody(tmp_path / "l", port, 7, chance=0.05, header=header)
    assert kills >= 3
    doubts = _check(tmp_path / "l", taking.taken, all_sent=bool(header))
    assert sum(taking.taken.values()) >= PEOPLE - doubts


@pytest.mark.servers
@pytest.mark.skipif(EXIM is None, reason=NO_EXIM)
def test_exim_has_nobody_twice_in_its_spool(
    tmp_path: Path,
) -> None:
    """Killed at any step: what the ledger says is sent is in the spool, once."""
    with exim() as (port, spooled):
        kills = _mail_everybody(tmp_path / "l", port, 7, chance=0.05)
        assert kills >= 3
        time.sleep(1.0)
        taken = spooled()
    doubts = _check(tmp_path / "l", taken)
    assert sum(taken.values()) >= PEOPLE - doubts
