"""The rules that the portal and Jhana share: accounts, and welcome e-mails that are sent once."""

from collections.abc import Iterator
from typing import Any

from scim2_models import InvalidValueException, ScimProvider

from aapimport.sandbox.database import Database
from aapimport.sandbox.models import USER_EXTENSION
from aapimport.sandbox.outbox import Mail, Notice, Outbox
from aapimport.sandbox.rows import Body, Row
from aapimport.sandbox.storage import SqliteStorage, now

_MAIL_COLUMNS = "request_id, service, recipient, address, kind, pass_name, sent_at"

_OF_NOTICES = ("number", "address", "subject", "text", "sent_at")


class PeopleStorage(SqliteStorage):
    """Users who can be sent a welcome e-mail; all that Jhana is.

    Args:
        database: The practice portal's file.
        service: The service's name in it.
        provider: What the service serves.
        outbox: Where its e-mails go.
        kinds: The kinds of e-mail that the service sends.
    """

    def __init__(
        self,
        database: Database,
        service: str,
        provider: ScimProvider,
        *,
        outbox: Outbox,
        kinds: tuple[str, ...],
    ) -> None:
        super().__init__(database, service, provider)
        self.outbox = outbox
        self.kinds = kinds

    def settle(self, row: Row, before: Body | None) -> None:
        """Apply the rules of the resource's type."""
        super().settle(row, before)
        if row.type == "User":
            self.settle_user(row)

    def settle_user(self, row: Row) -> None:
        """Drop what isn't kept, and send the welcome e-mail that is asked for.

        Raises:
            InvalidValueException: The kind of e-mail is not one of this service's.
        """
        for name in ("groups", "password"):
            row.body.pop(name, None)
        welcome = row.body.get(USER_EXTENSION, {}).get("welcomeEmail")
        if welcome is not None:
            self._welcome(row, welcome)

    def pass_name(self, _body: Body) -> str:
        """The name of the pass that a welcome e-mail speaks of; empty where there is none."""
        return ""

    def _welcome(self, row: Row, welcome: dict[str, Any]) -> None:
        kind, request_id = welcome.get("kind"), welcome.get("requestId")
        if kind not in self.kinds:
            raise InvalidValueException(
                detail=f"welcomeEmail.kind is one of: {', '.join(self.kinds)}"
            )
        if not request_id:
            raise InvalidValueException(detail="welcomeEmail.requestId is missing")
        known = self.database.one("SELECT sent_at FROM mails WHERE request_id = ?", (request_id,))
        if known is not None:
            welcome["sentAt"] = known[0]
            return
        mail = Mail(
            request_id=request_id,
            service=self.service,
            recipient=_full_name(row.body),
            address=_address(row.body),
            kind=kind,
            pass_name=self.pass_name(row.body),
            sent_at=now(),
        )
        record(self.database, mail, person=row.id)
        self.database.after_commit(lambda: self.outbox.write(mail))
        welcome["sentAt"] = mail.sent_at


def record(database: Database, mail: Mail, *, person: str) -> None:
    """Keep an e-mail in the database, inside an open transaction."""
    database.execute(
        f"INSERT INTO mails ({_MAIL_COLUMNS}, person) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- constants
        (
            *(mail.request_id, mail.service, mail.recipient, mail.address, mail.kind),
            *(mail.pass_name, mail.sent_at, person),
        ),
    )


def sent_mails(database: Database) -> Iterator[Mail]:
    """Every e-mail that was ever sent, oldest first."""
    names = _MAIL_COLUMNS.split(", ")
    rows = database.all(f"SELECT {_MAIL_COLUMNS} FROM mails ORDER BY sent_at, rowid")  # noqa: S608 -- constants
    for row in rows:
        yield Mail(**dict(zip(names, row, strict=True)))


def kept_notices(database: Database) -> Iterator[Notice]:
    """What people were told of the ends of runs, oldest first."""
    for row in database.all(f"SELECT {', '.join(_OF_NOTICES)} FROM notices ORDER BY number"):  # noqa: S608 -- constants
        yield Notice(**dict(zip(_OF_NOTICES, row, strict=True)))


def _full_name(body: Body) -> str:
    name = body.get("name") or {}
    full = " ".join(part for part in (name.get("givenName"), name.get("familyName")) if part)
    return full or body.get("displayName") or str(body.get("userName", ""))


def _address(body: Body) -> str:
    emails = body.get("emails") or []
    primary = [email for email in emails if email.get("primary")] or emails
    return str((primary[0].get("value") if primary else None) or body.get("userName", ""))
