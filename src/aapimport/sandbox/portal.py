"""The portal's rules: seats that never come back, teams with places, four roles.

Source of the rules: the vendor's help pages, as far as they say how seats, teams and roles behave.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from scim2_models import ConflictException, InvalidValueException, NotFoundException, Resource

from aapimport.sandbox.models import GROUP_EXTENSION
from aapimport.sandbox.people import PeopleStorage
from aapimport.sandbox.rows import Body, Row, Wanted
from aapimport.sandbox.storage import placeholders
from aapimport.template.roles import Role
from aapimport.text import fold

_ROLES = frozenset(Role)
_MANY = 500


class PortalStorage(PeopleStorage):
    """Users, teams and passes, by the rules of the real portal."""

    def settle(self, row: Row, before: Body | None) -> None:
        """Apply the rules of the resource's type."""
        super().settle(row, before)
        if row.type == "Group":
            self._settle_team(row, before)
        elif row.type == "Pass":
            _settle_pass(row)

    def settle_user(self, row: Row) -> None:
        """Check the roles and take the seats, then what any service does."""
        _check_roles(row.body)
        for entitlement in row.body.get("entitlements") or ():
            if is_pass(entitlement):
                held = self._pass(str(entitlement.get("value")))
                entitlement.update(type="pass", display=held.body["displayName"])
                self._take_seat(held, row.id, row.body)
        super().settle_user(row)

    def pass_name(self, body: Body) -> str:
        """The name of the pass that the person was put on last."""
        names = [e.get("display", "") for e in body.get("entitlements") or () if is_pass(e)]
        return names[-1] if names else ""

    def attach(self, rows: list[Row], wanted: Wanted) -> None:
        """Add teams to people, members and counts to teams, counts to passes."""
        for row in rows:
            if row.type == "Pass":
                row.body["seatsUsed"] = row.used
            elif row.type == "Group":
                self._attach_team(row, members="members" in wanted)
        people = {row.id: row for row in rows if row.type == "User"}
        if people and "groups" in wanted:
            self._attach_groups(people)

    def farewell(self, row: Row) -> None:
        """Free the places in teams; the seats stay used."""
        if row.type == "User":
            self.database.execute(
                "UPDATE resources SET used = used - 1 WHERE service = ? AND type = 'Group'"
                " AND id IN (SELECT team FROM members WHERE person = ?)",
                (self.service, row.id),
            )
            self.database.execute("DELETE FROM members WHERE person = ?", (row.id,))
            self.database.execute(
                "UPDATE seats SET left_as = ? WHERE person = ?",
                (fold(row.body["userName"]), row.id),
            )
        elif row.type == "Group":
            self.database.execute("DELETE FROM members WHERE team = ?", (row.id,))
        elif row.used:
            raise ConflictException(detail=f"the pass {_title(row)} has used seats")

    def brief(self, row: Row) -> Resource[Any]:
        """A team without its members."""
        self._attach_team(row, members=False)
        return self._resource(row)

    def fill_seats(self, pass_id: str, people: Sequence[str]) -> None:
        """Fill seats by people who are gone."""
        for person in people:
            self.database.execute(
                "INSERT INTO seats (pass, person) VALUES (?, ?)", (pass_id, person)
            )
        self._count(self._pass(pass_id), len(people))

    def change_members(self, team_id: str, add: Sequence[str], remove: Sequence[str]) -> Row:
        """Add people to a team and take people off it, whatever the team's size.

        Raises:
            NotFoundException: There is no such team.
            InvalidValueException: No such person, no places or no seats left; nothing is changed.
        """
        row = self.row("Group", team_id)
        added = self._not_yet_in(row, add)
        gone = [person for person in dict.fromkeys(remove) if person not in set(add)]
        removed = [person for person in gone if self._is_member(row, person)]
        if added or removed:
            self._leave(row, removed)
            self._enter(row, added)
            self.write(row)
        return row

    # Passes --------------------------------------------------------------------------------

    def _pass(self, pass_id: str) -> Row:
        try:
            return self.row("Pass", pass_id)
        except NotFoundException:
            raise InvalidValueException(
                detail=f"there is no pass with the id {pass_id!r}"
            ) from None

    def _take_seat(self, held: Row, person_id: str, person: Body) -> None:
        """Fill a seat for good, unless the person already has one on that pass."""
        execute, key = self.database.execute, fold(person["userName"])
        mine = "SELECT 1 FROM seats WHERE pass = ? AND person = ?"
        if self.database.one(mine, (held.id, person_id)):
            return
        returning = execute(
            "UPDATE seats SET left_as = NULL WHERE left_as = ? AND pass = ?", (key, held.id)
        ).rowcount
        if not returning:
            seats = held.body.get("seats")
            if seats is not None and held.used >= seats:
                raise InvalidValueException(
                    detail=f"the pass {_title(held)} has no seats left"
                    f" ({held.used} of {seats} used)"
                )
            held.used += 1
            execute("UPDATE resources SET used = used + 1 WHERE seq = ?", (held.seq,))
        execute("INSERT INTO seats (pass, person) VALUES (?, ?)", (held.id, person_id))

    def _put_on_pass(self, pass_id: str, people: Iterable[str]) -> None:
        held = self._pass(pass_id)
        for person_id in people:
            row = self.row("User", person_id)
            rights = row.body.setdefault("entitlements", [])
            if any(is_pass(right) and right.get("value") == pass_id for right in rights):
                continue
            rights.append({"value": pass_id, "display": held.body["displayName"], "type": "pass"})
            self._take_seat(held, person_id, row.body)
            self.write(row)

    # Teams ---------------------------------------------------------------------------------

    def _settle_team(self, row: Row, before: Body | None) -> None:
        listed = row.body.pop("members", None) or []
        people = list(dict.fromkeys(str(member.get("value")) for member in listed))
        team = row.body.get(GROUP_EXTENSION, {})
        team.pop("placesUsed", None)
        team.get("pass", {}).pop("$ref", None)
        current = [
            person
            for (person,) in self.database.all(
                "SELECT person FROM members WHERE team = ?", (row.id,)
            )
        ]
        wanted = set(people)
        self._leave(row, [person for person in current if person not in wanted])
        present = set(current)
        self._enter(row, [person for person in people if person not in present])
        if row.used > team.get("places", row.used):
            raise InvalidValueException(
                detail=f"places: {row.used} people are in the team {_title(row)}"
            )
        pass_id = _pass_of(row.body)
        if pass_id is not None and pass_id != _pass_of(before or {}):
            self._put_on_pass(pass_id, people)

    def _enter(self, row: Row, people: Sequence[str]) -> None:
        places = row.body.get(GROUP_EXTENSION, {}).get("places")
        if places is not None and people and row.used + len(people) > places:
            raise InvalidValueException(
                detail=f"the team {_title(row)} is full ({row.used} of {places} places used,"
                f" {len(people)} more asked for)"
            )
        self._check_people(people)
        if people and (pass_id := _pass_of(row.body)) is not None:
            self._put_on_pass(pass_id, people)
        for person in people:
            self.database.execute("INSERT INTO members VALUES (?, ?)", (row.id, person))
        self._count(row, len(people))

    def _leave(self, row: Row, people: Sequence[str]) -> None:
        for person in people:
            self.database.execute(
                "DELETE FROM members WHERE team = ? AND person = ?", (row.id, person)
            )
        self._count(row, -len(people))

    def _count(self, row: Row, change: int) -> None:
        if change:
            row.used += change
            self.database.execute(
                "UPDATE resources SET used = ? WHERE seq = ?", (row.used, row.seq)
            )

    def _not_yet_in(self, row: Row, people: Sequence[str]) -> list[str]:
        return [person for person in dict.fromkeys(people) if not self._is_member(row, person)]

    def _is_member(self, row: Row, person: str) -> bool:
        query = "SELECT 1 FROM members WHERE team = ? AND person = ?"
        return self.database.one(query, (row.id, person)) is not None

    def _check_people(self, people: Sequence[str]) -> None:
        for start in range(0, len(people), _MANY):
            some = people[start : start + _MANY]
            found = self.database.all(
                "SELECT id FROM resources WHERE service = ? AND type = 'User' AND id IN "  # noqa: S608 -- placeholders
                + placeholders(len(some)),
                (self.service, *some),
            )
            if missing := set(some) - {person for (person,) in found}:
                raise InvalidValueException(
                    detail=f"members: there is no person with the id {min(missing)!r}"
                )

    # CROSS JOIN: SQLite starts at the members, however few of all people they are

    def _attach_team(self, row: Row, *, members: bool) -> None:
        team = row.body.get(GROUP_EXTENSION)
        if team:
            team["placesUsed"] = row.used
            if (pass_id := _pass_of(row.body)) is not None:
                team["pass"]["$ref"] = f"Passes/{pass_id}"
        if members and row.used:
            row.body["members"] = [
                {"value": person, "$ref": f"Users/{person}", "type": "User", "display": name}
                for person, name in self.database.all(
                    "SELECT person, json_extract(body, '$.displayName') FROM members"
                    " CROSS JOIN resources ON service = ? AND type = 'User' AND id = person"
                    " WHERE team = ? ORDER BY seq",
                    (self.service, row.id),
                )
            ]

    def _attach_groups(self, people: dict[str, Row]) -> None:
        found = self.database.all(
            "SELECT person, id, json_extract(body, '$.displayName') FROM members"  # noqa: S608 -- placeholders
            " CROSS JOIN resources ON service = ? AND type = 'Group' AND id = team"
            " WHERE person IN " + placeholders(len(people)) + " ORDER BY seq",
            (self.service, *people),
        )
        for person, team, name in found:
            people[person].body.setdefault("groups", []).append(
                {"value": team, "$ref": f"Groups/{team}", "display": name, "type": "direct"}
            )


def is_pass(entitlement: dict[str, Any]) -> bool:
    """Whether an entitlement is a pass; entitlements of another type are kept as they are."""
    return fold(str(entitlement.get("type") or "pass")) == "pass"


def _settle_pass(row: Row) -> None:
    row.body.pop("seatsUsed", None)
    seats = row.body.get("seats")
    if seats is not None and seats < row.used:
        raise InvalidValueException(
            detail=f"seats: {row.used} seats of the pass {_title(row)} are used for good"
        )


def _check_roles(body: Body) -> None:
    for role in body.get("roles") or ():
        if role.get("value") not in _ROLES:
            raise InvalidValueException(
                detail=f"roles: {role.get('value')!r} is not one of: {', '.join(Role)}"
            )


def _pass_of(team: Body) -> str | None:
    value = (team.get(GROUP_EXTENSION, {}).get("pass") or {}).get("value")
    return str(value) if value else None


def _title(row: Row) -> str:
    return f'"{row.body.get("displayName", row.id)}"'
