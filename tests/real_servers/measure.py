"""Measures what each real server does with what aapimport sends, and writes docs/servers.md.

    python tests/real_servers/measure.py

Run it with the Python of the tests, after install.py. Nothing is taken from the servers' own
documentation: each answer was looked at, and what was written was read back.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from real_servers.starting import GROUP, PATCH, SERVERS, TOKEN, USER, RealServer, client_of  # noqa: E402 -- after sys.path

PAGE = HERE.parents[1] / "docs" / "servers.md"
_LOOK_UPS = {
    "true": "true, in any letter case",
    "exact-case": "true, in the same letter case",
    "ignored": "not true: everybody comes back",
}
_HEAD = """# Servers that were tried

aapimport's tests upload 300 people into each of these servers, as portal and as Jhana, kill the
upload half way, lose answers, and compare what the server then holds (`tests/real_servers`).
This page is written by `python tests/real_servers/measure.py`, which sends single requests and
reads back what became of them; `aapimport doctor` finds the same for the services that you use.
SCIMMY is a library: what is unique, and in which letter case, is decided by the tests' own store.
"""
_TAIL = """
What follows from it in aapimport:

- *No roles, no entitlements*: the plan says so before anything is sent; being on the pass is then
  being in the Group that has the pass's name, if there is one ([settings](settings.md)).
- *Look-ups that are not true*: the whole list is read, and addresses are compared here.
- *A taken address answered with 500*: what became of the request is unknown, so it is looked up.
- *Letter case*: a server that keeps two accounts apart by letter case never gets the second one
  from aapimport, which compares addresses without it.
- *`count` refused*: the server's own pages are walked.
- *Members by userName*: membership is compared by id and by userName, and read back from the
  person's own `groups`.
- *No externalId*: a person whose create was interrupted is recognised by address and names, and
  then counts as there already.
"""


def measure(server: RealServer) -> Iterator[tuple[str, str]]:
    """What a server does, as pairs of a question and its answer."""
    found = _diagnosis(server)["services"][0]
    can = found["announced"]
    yield "bulk requests", f"{can['bulk']} at once used" if can["bulk"] else "no"
    yield "look-ups by filter", _LOOK_UPS.get(found["look_ups"], found["look_ups"])
    with client_of(server.portal) as client:
        yield "`count` in lists", _kept(client.get("/Users?startIndex=1&count=200"))
        person = _create(client, "ana@example.com", can)
        held = client.get(f"/Users/{person['id']}").json()
        for name in ("roles", "entitlements", "externalId"):
            yield f"`{name}`", "kept" if held.get(name) else "not kept"
        taken = client.post("/Users", json=_body("ana@example.com", can))
        yield "a taken userName", f"HTTP {taken.status_code}"
        other_case = client.post("/Users", json=_body("ANA@example.com", can))
        same = other_case.status_code != httpx.codes.CREATED
        yield "userName in other letters", "the same person" if same else "another person"
        yield from _membership(server, client, person)
        yield "deactivating by PATCH", _patched(client, person)
        gone = client.delete(f"/Users/{person['id']}").status_code
        back = client.get(f"/Users/{person['id']}").status_code
        yield "DELETE", f"HTTP {gone}, then {back}"


def _membership(
    server: RealServer, client: httpx.Client, person: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    empty = client.post("/Groups", json={"schemas": [GROUP], "displayName": "Empty"})
    yield "an empty Group", "taken" if empty.is_success else f"refused: HTTP {empty.status_code}"
    server.add_groups("Team")
    groups = client.get("/Groups").json()["Resources"]
    path = next(f"/Groups/{one['id']}" for one in groups if one["displayName"] == "Team")
    operation = {"op": "add", "path": "members", "value": [{"value": person["id"]}]}
    added = client.patch(path, json={"schemas": [PATCH], "Operations": [operation]})
    members = {one["value"] for one in client.get(path).json().get("members", [])}
    if person["id"] in members:
        answer = "kept, listed by id"
    elif person["userName"] in members:
        answer = "kept, listed by userName"
    else:
        answer = f"not kept: HTTP {added.status_code}"
    yield "a member by PATCH", answer


def _patched(client: httpx.Client, person: dict[str, Any]) -> str:
    operation = {"op": "replace", "path": "active", "value": False}
    path = f"/Users/{person['id']}"
    answer = client.patch(path, json={"schemas": [PATCH], "Operations": [operation]})
    kept = client.get(path).json().get("active") is False
    return f"{'kept' if kept else 'not kept'}: HTTP {answer.status_code}"


def _kept(answer: httpx.Response) -> str:
    return "taken" if answer.is_success else f"HTTP {answer.status_code}"


def _body(address: str, can: dict[str, Any]) -> dict[str, Any]:
    """A person with everything; roles and entitlements only where they are declared."""
    body: dict[str, Any] = {
        "schemas": [USER],
        "userName": address,
        "externalId": "key-1",
        "name": {"formatted": "Ana Perez", "givenName": "Ana", "familyName": "Perez"},
        "active": True,
    }
    if can["roles"]:
        body["roles"] = [{"value": "manager", "primary": True}]
    if can["entitlements"]:
        body["entitlements"] = [{"value": "p26", "display": "Leadership 2026", "type": "pass"}]
    return body


def _create(client: httpx.Client, address: str, can: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/Users", json=_body(address, can))
    answer.raise_for_status()
    created: dict[str, Any] = answer.json()
    return created


def _diagnosis(server: RealServer) -> dict[str, Any]:
    """What `aapimport doctor --json` says about the server."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "AAPIMPORT_PORTAL_URL": server.portal,
            "AAPIMPORT_PORTAL_TOKEN": TOKEN,
            "AAPIMPORT_JHANA_URL": server.jhana,
            "AAPIMPORT_JHANA_TOKEN": TOKEN,
            "AAPIMPORT_STATE_DIR": folder,
        }
        done = subprocess.run(
            [sys.executable, "-m", "aapimport", "doctor", "--json"],
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
    diagnosis: dict[str, Any] = json.loads(done.stdout)
    return diagnosis


def main() -> None:
    """Measure each server and write the page."""
    columns: dict[str, dict[str, str]] = {}
    for start in SERVERS.values():
        with tempfile.TemporaryDirectory() as folder, start(Path(folder)) as server:
            server.add_keeper()
            columns[server.title] = dict(measure(server))
    rows = next(iter(columns.values()))
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for question in rows:
        cells = " | ".join(answers[question] for answers in columns.values())
        lines.append(f"| {question} | {cells} |")
    text = f"{_HEAD}\n" + "\n".join(lines) + f"\n{_TAIL}"
    PAGE.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
