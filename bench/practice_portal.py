"""How many people a second the practice portal takes, empty and with 50,000 people in it.

Run `python bench/practice_portal.py`; `--people N` for another size, `--http` to go through
`aapimport sandbox serve` instead of the process itself.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from aapimport.sandbox.practice import Practice
from aapimport.sandbox.seed import Seed, SeedPass, SeedTeam

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
PASS = "bench"
SAMPLE = 1000
BATCH = 200
MEMBERS = 100
SEED = Seed(
    passes=(SeedPass(id=PASS, name="Bench", seats=10_000_000, year=2026),),
    teams=(SeedTeam(id="team", name="Team", pass_id=PASS, places=10_000_000),),
)


def person(number: int) -> dict[str, Any]:
    """A person as `aapimport upload` sends one."""
    address = f"person{number}@acme.com"
    return {
        "schemas": [USER],
        "userName": address,
        "externalId": f"key-{number}",
        "name": {"givenName": "Ana", "familyName": f"Pérez {number}"},
        "displayName": f"Ana Pérez {number}",
        "active": True,
        "emails": [{"value": address, "type": "work", "primary": True}],
        "roles": [{"value": "manager", "primary": True}],
        "entitlements": [{"value": PASS, "type": "pass"}],
    }


@contextmanager
def in_process(folder: Path) -> Iterator[httpx.Client]:
    """A client in the practice portal's own process."""
    practice = Practice(folder, SEED)
    with httpx.Client(
        transport=httpx.WSGITransport(practice.portal),
        base_url="http://practice.test/v2",
        headers={"Authorization": f"Bearer {practice.token}"},
    ) as client:
        yield client
    practice.close()


@contextmanager
def over_http(folder: Path) -> Iterator[httpx.Client]:
    """A client of `aapimport sandbox serve`."""
    Practice(folder, SEED).close()
    command = [sys.executable, "-m", "aapimport", "sandbox", "serve"]
    environment = {**os.environ, "AAPIMPORT_STATE_DIR": str(folder)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        url, token = (server.stdout.readline().strip().partition("=")[2] for _ in range(2))
        with httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        ) as client:
            yield client
        server.terminate()


def create_one_by_one(client: httpx.Client, numbers: range) -> list[str]:
    """Create people with a request each; gives their ids."""
    answers = [client.post("/Users", json=person(number)) for number in numbers]
    assert all(answer.status_code == httpx.codes.CREATED for answer in answers)
    return [answer.json()["id"] for answer in answers]


def create_in_bulk(client: httpx.Client, numbers: range) -> list[str]:
    """Create people with bulk requests; gives their ids."""
    ids = []
    for start in range(numbers.start, numbers.stop, BATCH):
        operations = [
            {"method": "POST", "path": "/Users", "bulkId": str(number), "data": person(number)}
            for number in range(start, min(start + BATCH, numbers.stop))
        ]
        answer = client.post(
            "/Bulk", json={"schemas": [BULK], "Operations": operations}, timeout=60
        )
        done = answer.json()["Operations"]
        assert all(each["status"] == "201" for each in done)
        ids += [each["location"].rpartition("/")[2] for each in done]
    return ids


def look_up(client: httpx.Client, numbers: range) -> None:
    """Find people by user name, one request each."""
    for number in numbers:
        query = {"filter": f'userName eq "Person{number}@ACME.com"'}
        assert client.get("/Users", params=query).json()["totalResults"] == 1


def join_team(client: httpx.Client, ids: list[str]) -> None:
    """Put people into the team, 100 a request."""
    for start in range(0, len(ids), MEMBERS):
        value = [{"value": each} for each in ids[start : start + MEMBERS]]
        operation = {"op": "add", "path": "members", "value": value}
        body = {"schemas": [PATCH], "Operations": [operation]}
        assert (
            client.patch("/Groups/team", json=body, timeout=60).status_code
            < httpx.codes.MULTIPLE_CHOICES
        )


def walk(client: httpx.Client) -> int:
    """Read everybody, a page at a time; gives how many there are."""
    seen = 0
    while True:
        page = client.get("/Users", params={"startIndex": seen + 1, "count": 1000}, timeout=60)
        found = len(page.json().get("Resources", []))
        if not found:
            return seen
        seen += found


def rate(label: str, number: int, work: Callable[[], object]) -> None:
    """Time some work and print people a second."""
    started = time.perf_counter()
    work()
    print(f"  {label:<34} {number / (time.perf_counter() - started):>8,.0f} people/s", flush=True)


def measure(client: httpx.Client, first: int) -> int:
    """Measure with what is there now; gives the next free number."""
    one, two = range(first, first + SAMPLE), range(first + SAMPLE, first + 2 * SAMPLE)
    ids: list[str] = []
    rate("create, a request each", SAMPLE, lambda: ids.extend(create_one_by_one(client, one)))
    rate(f"create, bulk of {BATCH}", SAMPLE, lambda: ids.extend(create_in_bulk(client, two)))
    rate("look up by user name", SAMPLE, lambda: look_up(client, one))
    rate(f"join a team, {MEMBERS} a request", len(ids), lambda: join_team(client, ids))
    return two.stop


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--http", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        way = over_http if chosen.http else in_process
        with way(Path(folder)) as client:
            print(f"practice portal, {'HTTP' if chosen.http else 'in process'}, one client")
            print("empty:")
            following = measure(client, 0)
            filler = range(following, max(following, chosen.people))
            added: list[str] = []
            if filler:
                print(f"filling up to {chosen.people:,}:")
                rate(
                    "create in bulk",
                    len(filler),
                    lambda: added.extend(create_in_bulk(client, filler)),
                )
                rate("join one team", len(added), lambda: join_team(client, added))
            print(f"with {chosen.people:,} people, all in one team:")
            following = measure(client, filler.stop)
            rate("read everybody, 1000 a page", following, lambda: walk(client))


if __name__ == "__main__":
    main()
