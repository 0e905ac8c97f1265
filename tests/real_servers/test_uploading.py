import csv
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aapimport.template.columns import COLUMNS
from real_servers.proxy import Proxy
from real_servers.starting import TOKEN, RealServer

pytestmark = pytest.mark.servers

PASS = "Leadership 2026"
TEAMS = ("Sales EMEA", "Équipe Lyon", "営業部")
PEOPLE = 300
CLIENT_ADMINS = 3
_FIRST = (
    "Ana", "Zoë", "Nguyễn", "Łukasz", "Дарья", "Γεωργία", "美咲", "伟", "지민", "أمينة",
    "נועה", "Anne-Marie", "D'Arcy", "प्रिया", "Ő",
)  # fmt: skip
_LAST = (
    "Perez", "O’Brien", "Åström", "van den Berg", "Иванова", "Παππάς", "佐藤", "王", "김", "حسن",
    "לוי", "Smith-Jones", "Şahin", "शर्मा", "D", "Müller", "Ñúñez", "Ó Súilleabháin", "Li", "Nowak",
)  # fmt: skip
_ROLES = ("", "individualcontributor", "facilitator", "")


@dataclass(frozen=True)
class Row:
    """One person of the file."""

    email: str
    first_name: str
    last_name: str
    role: str
    team: str
    jhana: str

    @property
    def role_value(self) -> str:
        """What a service holds for the role."""
        return self.role or "manager"


def _rows() -> list[Row]:
    return [
        Row(
            email=f"{'Person' if at % 7 == 0 else 'person'}.{at}@example.com",
            first_name=_FIRST[at % len(_FIRST)],
            last_name=_LAST[at // len(_FIRST) % len(_LAST)],
            role="client admin" if at < CLIENT_ADMINS else _ROLES[at % len(_ROLES)],
            team=("", *TEAMS)[at % 4],
            jhana="1" if at % 3 else "",
        )
        for at in range(PEOPLE)
    ]


ROWS = _rows()
THERE = (10, 11, 29)
"""The positions of people who are on the portal already, their userNames in capitals."""
GONE = 30
"""The position of somebody who was deactivated."""
_SENT_AGAIN = re.compile(
    r"(All Access Pass|Jhana): sent 2 times; there was one account when it was read"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """300 people, names in a dozen scripts, all roles, three teams, most with Jhana."""
    path = tmp_path / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([column.name for column in COLUMNS])
        for row in ROWS:
            writer.writerow(
                [row.email, row.first_name, row.last_name, row.role, row.team, row.jhana]
            )
    return path


def _fill(server: RealServer) -> None:
    """Put there what a portal in use has: people in capitals, deactivated ones, teams with both."""
    server.add_others()
    server.add_groups(*TEAMS, PASS)
    for at in THERE:
        row = ROWS[at]
        server.add_person(server.portal, row.email.upper(), row.first_name, row.last_name)


def _assert_receipt(
    server: RealServer, said: dict[str, Any], *, again: bool = False, killed: bool = False
) -> None:
    """What the receipt says about each person is what the servers hold, and how it came to be.

    Args:
        server: The server.
        said: The receipt.
        again: It is of a second upload, which finds everybody there.
        killed: It goes on from a kill: a create that was under way, and never reached the server,
            was sent a second time, and that is said.
    """
    assert [one["email"] for one in said["people"]] == [row.email for row in ROWS]
    portal = {one["userName"].lower() for one in server.people(server.portal)}
    jhana = {one["userName"].lower() for one in server.people(server.jhana)}
    for at, (one, row) in enumerate(zip(said["people"], ROWS, strict=True)):
        results = {"same"} if again else {"changed"} if at in THERE else {"created"}
        if not again and at not in THERE and not server.external_ids:
            results |= {"changed", "same"}  # a create whose answer was lost can't be recognised
        assert one["portal"] in results, one
        assert one["portal"] != "created" or row.email.lower() in portal
        assert (one["jhana"] is not None) is bool(row.jhana), one
        assert (row.email.lower() in jhana) is bool(row.jhana)
        assert one["jhana"] in ({None, "same"} if again else {None, "created", "changed", "same"})
        assert one["email_state"] == "none"
        assert one["reason"] == "" or (killed and _SENT_AGAIN.fullmatch(one["reason"])), one


@contextmanager
def _proxies(server: RealServer, lose_every: int = 0) -> Iterator[tuple[Proxy, Proxy]]:
    with (
        Proxy(server.portal, lose_every=lose_every) as portal,
        Proxy(server.jhana, lose_every=lose_every) as jhana,
    ):
        yield portal, jhana


def _command(portal: str, jhana: str, *words: str) -> dict[str, Any]:
    """What a command is started with."""
    environment = os.environ | {
        "AAPIMPORT_PORTAL_URL": portal,
        "AAPIMPORT_PORTAL_TOKEN": TOKEN,
        "AAPIMPORT_JHANA_URL": jhana,
        "AAPIMPORT_JHANA_TOKEN": TOKEN,
        "AAPIMPORT_SETTLE_SECONDS": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    return {
        "args": [sys.executable, "-m", "aapimport", *words],
        "env": environment,
        "stdin": subprocess.DEVNULL,
    }


def _run(portal: str, jhana: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        **_command(portal, jhana, *words),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )


def _upload(server: RealServer, file: Path) -> tuple[str, ...]:
    """The command, the same each time; on a portal without roles it makes no client admins."""
    words = ("upload", str(file), "--pass", PASS, "--no-emails", "--yes", "--json")
    return (
        *words,
        "--client-admins",
        str(CLIENT_ADMINS if server.roles else 0),
        "--maybe",
        "create",
        *(() if server.filters else ("--unproven",)),  # its list alone says who is new
    )


def _plan(server: RealServer, file: Path) -> dict[str, Any]:
    done = _run(
        server.portal,
        server.jhana,
        "plan",
        str(file),
        "--pass",
        PASS,
        "--maybe",
        "create",
        "--json",
    )
    assert done.returncode == (not server.roles), done.stderr
    planned: dict[str, Any] = json.loads(done.stdout)
    return planned


def _assert_everybody_is_there_once(server: RealServer, *there: int) -> None:
    """The servers' own view: each person once, with all that the server can hold.

    Whoever was there, at these positions of the file, has no role of ours: it is kept as it was.
    """
    kept = {ROWS[at].email.lower() for at in there}
    wanted = {row.email.lower(): row for row in ROWS}
    portal = server.people(server.portal)
    assert Counter(one["userName"].lower() for one in portal) == Counter(list(wanted))
    for one in portal:
        row = wanted[one["userName"].lower()]
        assert _plain(one["name"]["givenName"]) == _plain(row.first_name)
        assert _plain(one["name"]["familyName"]) == _plain(row.last_name)
        assert one["active"] is True
        if server.roles:
            roles = [] if row.email.lower() in kept else [row.role_value]
            assert [role["value"] for role in one.get("roles", ())] == roles
        if server.entitlements:
            assert [held["value"] for held in one["entitlements"]] == [PASS]
    if not server.entitlements:
        assert {address.lower() for address in server.members(PASS)} == set(wanted)
    for team in TEAMS:
        expected = {row.email.lower() for row in ROWS if row.team == team}
        assert {address.lower() for address in server.members(team)} == expected
    jhana = Counter(one["userName"].lower() for one in server.people(server.jhana))
    assert jhana == Counter(row.email.lower() for row in ROWS if row.jhana)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name)


def test_killed_half_way_and_uploaded_again(server: RealServer, file: Path) -> None:
    """SIGKILL half way, then the same command: everybody is there once; a third writes nothing."""
    _fill(server)
    others = server.others()
    with _proxies(server) as (portal, jhana):
        with subprocess.Popen(
            **_command(portal.url, jhana.url, *_upload(server, file)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            portal.on_create = lambda count: process.kill() if count >= PEOPLE // 3 else None
        assert process.returncode != 0
        portal.on_create = lambda _count: None
        there = len(server.people(server.portal))
        assert there >= PEOPLE // 3
        done = _run(portal.url, jhana.url, *_upload(server, file))
        assert done.returncode == (not server.roles), done.stderr
        # what was under way at the kill is recognised as ours by its externalId only
        _assert_receipt(server, json.loads(done.stdout), killed=True)
        _assert_everybody_is_there_once(server, *THERE)
        before = (portal.writes, jhana.writes)
        again = _run(portal.url, jhana.url, *_upload(server, file))
        assert again.returncode == 0, again.stderr
        assert (portal.writes, jhana.writes) == before
        _assert_receipt(server, json.loads(again.stdout), again=True)
    assert server.others() == others


def test_answers_that_never_arrive(server: RealServer, file: Path) -> None:
    """The server acts and its answer is lost, the first and every 40th: one upload settles all."""
    _fill(server)
    others = server.others()
    with _proxies(server, lose_every=40) as (portal, jhana):
        done = _run(portal.url, jhana.url, *_upload(server, file))
        assert done.returncode == (not server.roles), done.stderr
        assert portal.lost > 0
    _assert_receipt(server, json.loads(done.stdout))
    _assert_everybody_is_there_once(server, *THERE)
    with _proxies(server) as (portal, jhana):
        again = _run(portal.url, jhana.url, *_upload(server, file))
        assert again.returncode == 0, again.stderr
        assert (portal.writes, jhana.writes) == (0, 0)
    _assert_receipt(server, json.loads(again.stdout), again=True)
    assert server.others() == others


@pytest.mark.parametrize("choice", ["include", "leave-out"])
def test_somebody_who_was_deactivated(server: RealServer, file: Path, choice: str) -> None:
    """They return by a person's word only; left out, they stay as they were, however often."""
    server.add_groups(*TEAMS, PASS)
    row = ROWS[GONE]
    server.add_person(server.portal, row.email, row.first_name, row.last_name, active=False)
    server.put_on_pass(row.email, PASS)
    (before,) = server.people(server.portal)
    said = []
    for is_first in (True, False):
        with _proxies(server) as (portal, jhana):
            words = _upload(server, file)
            done = _run(portal.url, jhana.url, *words, "--returning", choice)
            without_role = is_first and not server.roles  # whoever is created the first time
            assert done.returncode == (choice == "leave-out" or without_role), done.stderr
            said.append(json.loads(done.stdout)["people"][GONE]["portal"])
            written = (portal.writes, jhana.writes)
    assert written == (0, 0)
    if choice == "include":
        assert said == ["changed", "same"]
        _assert_everybody_is_there_once(server, GONE)
        return
    assert said == ["skipped", "skipped"]
    (after,) = [one for one in server.people(server.portal) if one["id"] == before["id"]]
    assert after == before


def test_what_it_can_not_hold_is_said_before(server: RealServer, file: Path) -> None:
    """Roles and entitlements that a server can't hold are notices of the plan and of doctor."""
    server.add_groups(*TEAMS, PASS)
    plan = _plan(server, file)
    no_roles = "the portal declares no roles: User Role is not sent"
    assert (no_roles in plan["notices"]) is not server.roles
    no_pass = "the portal declares no entitlements: the pass is the Group of that name"
    assert (no_pass in plan["notices"]) is not server.entitlements
    done = _run(server.portal, server.jhana, "doctor", "--json")
    assert done.returncode == 0, done.stderr
    diagnosis = json.loads(done.stdout)
    assert diagnosis["can_upload"]
    assert {no_roles, no_pass} & {*plan["notices"]} <= {*diagnosis["meaning"]}
    assert diagnosis["pass_is"] == ("entitlement" if server.entitlements else "group")
    announced = diagnosis["services"][0]["announced"]
    assert announced["roles"] is server.roles
    assert announced["entitlements"] is server.entitlements
    assert TOKEN not in done.stdout + done.stderr
    assert len(server.people(server.portal)) == 0
