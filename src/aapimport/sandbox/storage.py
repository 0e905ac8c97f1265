"""Where both practice services keep their resources: scim2-server's storage contract on SQLite.

The common part of the portal and Jhana; the rules of seats, teams and e-mails are in
`people.py` and `portal.py`.
"""

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

from scim2_models import (
    Meta,
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimProvider,
    SearchRequest,
    UniquenessException,
)
from scim2_server.storage import ScimStorage, SearchPage

from aapimport.sandbox.database import LISTED, Database
from aapimport.sandbox.rows import Body, Row, Wanted
from aapimport.sandbox.search import EVERYTHING, condition_of
from aapimport.text import fold

_COLUMNS = "seq, type, id, used, version, created, modified, body"
_CHUNK = 500
_READ_ONLY = ("id", "meta")


def now() -> str:
    """The time, as SCIM writes a dateTime."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SqliteStorage(ScimStorage):
    """The resources of one service.

    Args:
        database: The practice portal's file.
        service: The service's name in it.
        provider: What the service serves.
    """

    def __init__(self, database: Database, service: str, provider: ScimProvider) -> None:
        self.database = database
        self.service = service
        self.provider = provider

    # What the rules of a service add -------------------------------------------------------

    def settle(self, row: Row, before: Body | None) -> None:
        """Apply the service's rules to a resource that is about to be stored, in `row.body`.

        Raises:
            InvalidValueException: A rule refuses it; nothing is stored.
        """

    def attach(self, rows: list[Row], wanted: Wanted) -> None:
        """Add what other tables know about resources that are about to be returned."""

    def farewell(self, row: Row) -> None:
        """Tidy up other tables before a resource is deleted.

        Raises:
            ConflictException: It can't be deleted.
        """

    # The contract of scim2-server ----------------------------------------------------------

    def operation(self) -> AbstractContextManager[None]:
        """One SCIM operation: stored as a whole or not at all."""
        return self.database.transaction()

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """A resource, without the expensive attributes that the response doesn't keep."""
        with self.database.reading():
            row = self.row(_name(resource_type), resource_id)
            self.attach([row], Wanted(self._model(row.type), response_parameters))
        return self._resource(row)

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,  # noqa: ARG002 -- the contract's; only cursors use it
    ) -> SearchPage:
        """One page of what matches; sorted as asked, otherwise in the order of creation."""
        names = [_name(resource_type) for resource_type in resource_types]
        condition = EVERYTHING
        if search_request.filter is not None:
            condition = condition_of(search_request.filter)
        # The + keeps SQLite from walking through all of a type where the filter has an index
        plus = "" if condition.sql == EVERYTHING.sql else "+"
        types = f"{plus}service = ? AND {plus}type IN {placeholders(len(names))}"
        where = f"{types} AND {condition.sql}"
        values = (self.service, *names, *condition.values)
        start = search_request.start_index_0 or 0
        count = search_request.count
        with self.database.reading():
            if condition.exact and search_request.sort_by is None:
                counted = self.database.one(
                    f"SELECT count(*) FROM resources WHERE {where}",  # noqa: S608 -- placeholders
                    values,
                )
                limited = f"{where} ORDER BY seq LIMIT ? OFFSET ?"
                window = (*values, -1 if count is None else count, start)
                found = list(self._load(limited, window, search_request))
                return SearchPage(counted[0] if counted else 0, found)
            matches = self._load(f"{where} ORDER BY seq", values, search_request)
            if not condition.exact and search_request.filter is not None:
                matches = (r for r in matches if search_request.filter.match(r))
            found = list(matches)
        if search_request.sort_by is not None:
            found = search_request.sort(found)
        stop = None if count is None else start + count
        return SearchPage(len(found), found[start:stop])

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Store a new resource under a new id."""
        with self.database.joining():
            return self._resource(self.insert(_name(resource_type), _body(resource)))

    def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        """Replace a resource by its new state."""
        with self.database.joining():
            row = self.row(_name(resource_type), str(resource.id))
            self._expect(row, expected_version)
            before, row.body = row.body, _body(resource)
            self.settle(row, before)
            self.write(row)
            self.attach([row], Wanted(self._model(row.type), None))
            return self._resource(row)

    def delete(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        """Delete a resource."""
        with self.database.joining():
            row = self.row(_name(resource_type), resource_id)
            self._expect(row, expected_version)
            self.farewell(row)
            self._unlist(row)
            self.database.execute("DELETE FROM resources WHERE seq = ?", (row.seq,))

    # Rows ----------------------------------------------------------------------------------

    def row(self, type_name: str, resource_id: str) -> Row:
        """The stored resource of that id.

        Raises:
            NotFoundException: There is none.
        """
        columns = self.database.one(
            f"SELECT {_COLUMNS} FROM resources WHERE service = ? AND type = ? AND id = ?",  # noqa: S608 -- constants
            (self.service, type_name, resource_id),
        )
        if columns is None:
            raise NotFoundException(detail=f"{type_name} {resource_id!r} not found")
        return Row(columns)

    def insert(
        self, type_name: str, body: Body, *, resource_id: str = "", created: str = ""
    ) -> Row:
        """Store a new resource, by the rules, inside an open transaction.

        Args:
            type_name: User, Group or Pass.
            body: The resource as JSON.
            resource_id: Its id; a new one by default.
            created: When it was created; now by default.

        Raises:
            UniquenessException: The user name is taken.
            InvalidValueException: A rule refuses it.
        """
        created = created or now()
        new_id = resource_id or uuid.uuid4().hex
        key, external_id = _keys(type_name, body)
        with _unique():
            cursor = self.database.execute(
                "INSERT INTO resources (service, type, id, name_key, external_id, version,"
                " created, modified, body) VALUES (?, ?, ?, ?, ?, 1, ?, ?, '{}')",
                (self.service, type_name, new_id, key, external_id, created, created),
            )
        row = Row((cursor.lastrowid, type_name, new_id, 0, 0, created, created, "{}"))
        row.body = body
        self.settle(row, None)
        self.write(row, modified=created)
        self.attach([row], Wanted(self._model(type_name), None))
        return row

    def write(self, row: Row, *, modified: str = "") -> None:
        """Store a row's body as a new version, with what it is found by.

        Raises:
            UniquenessException: The user name is taken.
        """
        row.version += 1
        row.modified = modified or now()
        key, external_id = _keys(row.type, row.body)
        with _unique():
            self.database.execute(
                "UPDATE resources SET name_key = ?, external_id = ?, version = ?, modified = ?,"
                " body = ? WHERE seq = ?",
                (key, external_id, row.version, row.modified, _json(row.body), row.seq),
            )
        if row.version > 1:
            self._unlist(row)
        for attribute in LISTED:
            for one in row.body.get(attribute) or ():
                if value := one.get("value"):
                    self.database.execute(
                        f"INSERT OR IGNORE INTO {attribute} VALUES (?, ?)",  # noqa: S608 -- from LISTED
                        (fold(value), row.seq),
                    )

    def _unlist(self, row: Row) -> None:
        for attribute in LISTED:
            self.database.execute(f"DELETE FROM {attribute} WHERE seq = ?", (row.seq,))  # noqa: S608 -- from LISTED

    def _load(
        self, where: str, values: tuple[Any, ...], request: SearchRequest[Any]
    ) -> Iterator[Resource[Any]]:
        sql = f"SELECT {_COLUMNS} FROM resources WHERE {where}"  # noqa: S608 -- placeholders
        cursor = self.database.execute(sql, values)
        while columns := cursor.fetchmany(_CHUNK):
            rows = [Row(each) for each in columns]
            for type_name in {row.type for row in rows}:
                same = [row for row in rows if row.type == type_name]
                self.attach(same, Wanted(self._model(type_name), request))
            yield from (self._resource(row) for row in rows)

    def _model(self, type_name: str) -> type[Resource[Any]]:
        return self.provider.model_for(type_name)  # type: ignore[return-value]  # a resource type's

    def _resource(self, row: Row) -> Resource[Any]:
        resource = self._model(row.type).model_validate(row.body)
        resource.id = row.id
        resource.meta = Meta(
            resource_type=row.type,
            created=datetime.fromisoformat(row.created),
            last_modified=datetime.fromisoformat(row.modified),
            version=_etag(row),
        )
        return resource

    @staticmethod
    def _expect(row: Row, expected_version: str | None) -> None:
        if expected_version is not None and expected_version != _etag(row):
            raise PreconditionFailedException


class _unique:  # noqa: N801 -- used like a function
    """Turns SQLite's unique index into SCIM's 409."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, sqlite3.IntegrityError):
            raise UniquenessException(detail="this userName is taken") from error


def placeholders(number: int) -> str:
    """`(?, ?, …)`, for SQL's IN."""
    return f"({', '.join('?' * number)})"


def _name(resource_type: ResourceType) -> str:
    return str(resource_type.name)


def _etag(row: Row) -> str:
    return f'W/"{row.seq}-{row.version}"'


def _body(resource: Resource[Any]) -> Body:
    body: Body = resource.model_dump()
    for name in _READ_ONLY:
        body.pop(name, None)
    return body


def _keys(type_name: str, body: Body) -> tuple[str | None, str | None]:
    name = body.get("userName") if type_name == "User" else None
    external_id = body.get("externalId")
    return fold(name) if name else None, normalize("NFC", external_id) if external_id else None


def _json(body: Body) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
