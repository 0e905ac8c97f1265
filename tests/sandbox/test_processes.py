import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from aapimport.sandbox.contents import contents
from aapimport.sandbox.database import database_path
from aapimport.sandbox.practice import Practice
from aapimport.sandbox.seed import Seed, SeedPass
from support.warm import Forked, Warm

CLIENT = """
import json, sys
from pathlib import Path
import httpx
from aapimport.sandbox.practice import Practice

practice = Practice(Path(sys.argv[1]))
client = httpx.Client(
    transport=httpx.WSGITransport(practice.portal),
    base_url="http://practice.test/v2",
    headers={"Authorization": f"Bearer {practice.token}"},
)

def person(name, pass_id, request_id):
    extension = "urn:ietf:params:scim:schemas:extension:allaccesspass:2.0:User"
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", extension],
        "userName": f"{name}@acme.com",
        "entitlements": [{"value": pass_id, "type": "pass"}],
        extension: {"welcomeEmail": {"requestId": request_id, "kind": "portal"}},
    }

def say(word):
    print(word, flush=True)
"""
RACER = f"""{CLIENT}
say("ready")
sys.stdin.readline()
won = [
    number
    for number in range(6)
    if client.post("/Users", json=person(f"{{sys.argv[2]}}-{{number}}", "leadership-2025",
        f"{{sys.argv[2]}}-{{number}}")).status_code == 201
]
say(json.dumps(won))
"""
BULK_WRITER = f"""{CLIENT}
batch = 0
while True:
    operations = [
        {{"method": "POST", "path": "/Users", "bulkId": str(n),
          "data": person(f"b{{batch}}-{{n}}", "leadership-2026", f"b{{batch}}-{{n}}")}}
        for n in range(10)
    ]
    bulk = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
    answer = client.post("/Bulk", json={{"schemas": [bulk], "Operations": operations}})
    assert {{each["status"] for each in answer.json()["Operations"]}} == {{"201"}}, answer.text
    say(str(batch))
    batch += 1
"""


Started = subprocess.Popen[bytes] | Forked


@pytest.fixture
def start(warm: Warm | None) -> Callable[..., Started]:
    """Starts a script in a process of its own."""

    def started(script: str, *arguments: str, stdin: int = subprocess.DEVNULL) -> Started:
        if warm and stdin >= 0:
            return warm.script([script, *arguments], stdin)
        return subprocess.Popen(
            [sys.executable, "-c", script, *arguments], stdin=stdin, stdout=subprocess.PIPE
        )

    return started


def test_processes_race_for_the_last_seats(start: Callable[..., Started], tmp_path: Path) -> None:
    """Two processes that want twelve of the last three seats get three, together."""
    Practice(tmp_path).close()
    gate, opens = os.pipe()
    racers = [start(RACER, str(tmp_path), name, stdin=gate) for name in ("left", "right")]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline().strip() == b"ready"
    os.close(opens)
    won = [json.loads(racer.communicate(timeout=300)[0]) for racer in racers]
    os.close(gate)
    assert len(won[0]) + len(won[1]) == 3
    last_year = contents(tmp_path).passes[1]
    assert last_year.seats_used == last_year.seats
    assert len(contents(tmp_path).people) == 12 + 3


def test_processes_open_a_new_one_together(start: Callable[..., Started], tmp_path: Path) -> None:
    """Several processes that open the same missing practice portal make one of it."""
    script = f"{CLIENT}\nsay(practice.token)".replace("practice =", "sys.stdin.read()\npractice =")
    gate, opens = os.pipe()
    openers = [start(script, str(tmp_path), stdin=gate) for _ in range(3)]
    os.close(opens)
    tokens = {opener.communicate(timeout=300)[0] for opener in openers}
    os.close(gate)
    assert len(tokens) == 1
    assert tokens != {b""}
    assert len(contents(tmp_path).people) == 12


def test_threads_race_for_the_last_seats(practice: Practice, wire) -> None:
    """The threads of one client can't overdraw a pass or a team either."""

    def enter(number: int) -> tuple[int, int]:
        with wire.client_of(practice.portal, practice.token) as client:
            body = wire.person(f"p{number}", entitlements=wire.on_pass("small"))
            first = client.post("/Users", json=body)
            if first.status_code != httpx.codes.CREATED:
                return first.status_code, 0
            joined = client.patch("/Groups/pair", json=wire.join(first.json()["id"]))
            return first.status_code, joined.status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(enter, range(24)))
    assert answers == [(201, 204), (201, 204), (201, 400)] + [(400, 0)] * 21


@pytest.mark.campaign
@pytest.mark.parametrize("delay", [0.05, 0.2, 0.4])
def test_killed_while_writing(start: Callable[..., Started], tmp_path: Path, delay: float) -> None:
    """After SIGKILL each bulk request is there whole or not at all, and all counts are right."""
    held = SeedPass(id="leadership-2026", name="Leadership 2026", seats=100_000, year=2026)
    Practice(tmp_path, Seed(passes=(held,))).close()
    writer = start(BULK_WRITER, str(tmp_path))
    assert writer.stdout is not None
    assert writer.stdout.readline().strip() == b"0"
    time.sleep(delay)
    writer.kill()
    answered = [0, *map(int, writer.communicate()[0].split())]

    found = contents(tmp_path)
    batches: dict[str, int] = {}
    for person in found.people:
        batch = person.email.partition("-")[0]
        batches[batch] = batches.get(batch, 0) + 1
    assert set(batches.values()) == {10}
    assert {f"b{number}" for number in answered} <= set(batches)
    assert len(batches) <= len(answered) + 1
    assert found.passes[0].seats_used == 10 * len(batches)
    assert len(found.outbox) == 10 * len(batches)
    assert len(list((tmp_path / "practice" / "outbox").glob("*.eml"))) == len(found.outbox)
    with sqlite3.connect(database_path(tmp_path / "practice")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_nobody_can_delete_a_seat(practice: Practice) -> None:
    """The database itself refuses to give a seat back."""
    with pytest.raises(sqlite3.IntegrityError, match="cannot be given back"):
        practice.database.execute("DELETE FROM seats")
