"""What is in the practice portal, as values for screens and scripts."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aapimport.sandbox.database import Database
from aapimport.sandbox.models import GROUP_EXTENSION
from aapimport.sandbox.outbox import Notice
from aapimport.sandbox.people import kept_notices, sent_mails
from aapimport.sandbox.portal import is_pass
from aapimport.sandbox.practice import Practice


@dataclass(frozen=True, kw_only=True)
class PassContents:
    """A pass: its id, its name, its seats (None: any number), and how many are used for good."""

    id: str
    name: str
    seats: int | None
    seats_used: int


@dataclass(frozen=True, kw_only=True)
class TeamContents:
    """A team: its id, its name, its pass's name, its places (None: any number), those used."""

    id: str
    name: str
    pass_name: str
    places: int | None
    places_used: int


@dataclass(frozen=True, kw_only=True)
class PersonContents:
    """A person.

    Attributes:
        email: The user name.
        active: Whether the account on the portal is switched on; on Jhana for people who are only
            there.
        roles: Their roles.
        passes: The names of their passes.
        teams: The names of their teams.
        jhana: Whether Jhana is switched on for them.
    """

    email: str
    active: bool
    roles: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    jhana: bool = False


@dataclass(frozen=True, kw_only=True)
class MailContents:
    """A welcome e-mail: its address, its kind, when it was sent, the id of the request."""

    to: str
    kind: str
    sent_at: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class Contents:
    """All of it, passes, teams and people in the order in which they were created.

    Attributes:
        folder: Where the practice portal is kept.
        passes: The passes.
        teams: The teams.
        people: Everybody on the portal, then those who are only on Jhana.
        outbox: The welcome e-mails, oldest first.
        notices: What people were told of the ends of runs, likewise.
    """

    folder: Path
    passes: tuple[PassContents, ...]
    teams: tuple[TeamContents, ...]
    people: tuple[PersonContents, ...]
    outbox: tuple[MailContents, ...]
    notices: tuple[Notice, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The contents in the shape of `sandbox show --json`."""
        return {
            "passes": [
                {"id": p.id, "name": p.name, "seats": p.seats, "seats_used": p.seats_used}
                for p in self.passes
            ],
            "teams": [
                {
                    "id": t.id,
                    "name": t.name,
                    "pass": t.pass_name,
                    "places": t.places,
                    "places_used": t.places_used,
                }
                for t in self.teams
            ],
            "people": [
                {
                    "email": p.email,
                    "active": p.active,
                    "roles": list(p.roles),
                    "passes": list(p.passes),
                    "teams": list(p.teams),
                    "jhana": p.jhana,
                }
                for p in self.people
            ],
            "outbox": [
                {"to": m.to, "kind": m.kind, "sent_at": m.sent_at, "request_id": m.request_id}
                for m in self.outbox
            ],
            "notices": [
                {"to": n.address, "subject": n.subject, "sent_at": n.sent_at, "text": n.text}
                for n in self.notices
            ],
        }


def contents(state_dir: Path) -> Contents:
    """What is in the practice portal of a state folder, at one moment.

    Raises:
        SettingsError: The folder can't be used, or the file in it is damaged.
    """
    practice = Practice(state_dir)
    try:
        with practice.database.reading():
            return _read(practice.database)
    finally:
        practice.close()


def _read(database: Database) -> Contents:
    passes = {
        row_id: PassContents(
            id=row_id, name=body["displayName"], seats=body.get("seats"), seats_used=used
        )
        for row_id, _, used, body in _rows(database, "portal", "Pass")
    }
    teams = {
        row_id: TeamContents(
            id=row_id,
            name=body["displayName"],
            pass_name=_name_of(passes, body),
            places=body.get(GROUP_EXTENSION, {}).get("places"),
            places_used=used,
        )
        for row_id, _, used, body in _rows(database, "portal", "Group")
    }
    return Contents(
        folder=database.path.parent,
        passes=tuple(passes.values()),
        teams=tuple(teams.values()),
        people=_people(database, teams),
        outbox=tuple(
            MailContents(
                to=mail.address, kind=mail.kind, sent_at=mail.sent_at, request_id=mail.request_id
            )
            for mail in sent_mails(database)
        ),
        notices=tuple(kept_notices(database)),
    )


def _people(database: Database, teams: dict[str, TeamContents]) -> tuple[PersonContents, ...]:
    memberships: dict[str, list[str]] = {}
    for person, team in database.all("SELECT person, team FROM members"):
        memberships.setdefault(person, []).append(teams[team].name)
    on_jhana = {key: body for _, key, _, body in _rows(database, "jhana", "User")}
    people = []
    for row_id, key, _, body in _rows(database, "portal", "User"):
        jhana = on_jhana.pop(key, {})
        rights = [right for right in body.get("entitlements") or () if is_pass(right)]
        people.append(
            PersonContents(
                email=body["userName"],
                active=body.get("active", True),
                roles=tuple(role["value"] for role in body.get("roles") or ()),
                passes=tuple(right["display"] for right in rights),
                teams=tuple(sorted(memberships.get(row_id, ()))),
                jhana=bool(jhana) and jhana.get("active", True),
            )
        )
    people.extend(
        PersonContents(
            email=body["userName"],
            active=body.get("active", True),
            jhana=body.get("active", True),
        )
        for body in on_jhana.values()
    )
    return tuple(people)


def _rows(
    database: Database, service: str, type_name: str
) -> list[tuple[str, str, int, dict[str, Any]]]:
    rows = database.all(
        "SELECT id, name_key, used, body FROM resources WHERE service = ? AND type = ?"
        " ORDER BY seq",
        (service, type_name),
    )
    return [(row_id, key, used, json.loads(body)) for row_id, key, used, body in rows]


def _name_of(passes: dict[str, PassContents], team: dict[str, Any]) -> str:
    value = (team.get(GROUP_EXTENSION, {}).get("pass") or {}).get("value", "")
    return passes[value].name if value in passes else ""
