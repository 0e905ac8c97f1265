"""The practice portal as one object: open it, use it, look into it, start over."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aapimport.config.folders import private_folder
from aapimport.errors import SettingsError
from aapimport.run.journal import journal_path
from aapimport.sandbox.database import Database, database_path
from aapimport.sandbox.models import GROUP_EXTENSION, PASS_SCHEMA, jhana_provider, portal_provider
from aapimport.sandbox.outbox import JHANA_KINDS, PORTAL_KINDS, Notice, Outbox
from aapimport.sandbox.people import PeopleStorage, kept_notices, sent_mails
from aapimport.sandbox.portal import PortalStorage
from aapimport.sandbox.seed import DEFAULT, Seed, SeedPerson
from aapimport.sandbox.service import PracticeApplication
from aapimport.sandbox.storage import now

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
_GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"


class Practice:
    """The practice portal and Jhana of a state folder, opened; created and seeded when missing.

    Several threads may use the applications at once, and several processes may have the same
    practice portal open.

    Args:
        state_dir: The state folder; the practice portal lives in `practice` below it.
        seed: What a new one holds.

    Attributes:
        portal: The portal as a WSGI application; its SCIM base path is `/v2`.
        jhana: Jhana, likewise.
        token: The bearer token that both require; it stays the same, also after a reset.

    Raises:
        SettingsError: The folder can't be used, or the file in it is damaged.
    """

    portal: "WSGIApplication"
    jhana: "WSGIApplication"

    def __init__(self, state_dir: Path, seed: Seed = DEFAULT) -> None:
        folder = private_folder(private_folder(state_dir) / "practice")
        self.outbox = Outbox(folder / "outbox")
        self._seed = seed
        self.database = Database(folder, fill=self._plant)
        self._portal, self._jhana = self._storages(self.database)
        self.token = self.database.token
        self.portal = PracticeApplication(self._portal, self.token)
        self.jhana = PracticeApplication(self._jhana, self.token)
        self.outbox.complete(sent_mails(self.database))
        self.outbox.complete(kept_notices(self.database))

    def tell(self, address: str, subject: str, text: str) -> None:
        """Put what somebody is told of the end of a run into the outbox, where it stays.

        Raises:
            OSError: The outbox can't be written to; the next opening does it.
        """
        sent_at = now()
        with self.database.transaction():
            row = self.database.execute(
                "INSERT INTO notices (address, subject, text, sent_at) VALUES (?, ?, ?, ?)",
                (address, subject, text, sent_at),
            ).lastrowid
        self.outbox.write(
            Notice(number=row or 0, address=address, subject=subject, text=text, sent_at=sent_at)
        )

    def start_over(self) -> None:
        """Go back to the seed: everybody who was added is gone, the outbox is empty."""
        self.database.start_over()
        self.outbox.clear()
        self.outbox.complete(sent_mails(self.database))

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def _storages(self, database: Database) -> tuple[PortalStorage, PeopleStorage]:
        portal, jhana = portal_provider(), jhana_provider()
        return (
            PortalStorage(database, "portal", portal, outbox=self.outbox, kinds=PORTAL_KINDS),
            PeopleStorage(database, "jhana", jhana, outbox=self.outbox, kinds=JHANA_KINDS),
        )

    def _plant(self, database: Database) -> None:
        portal, jhana = self._storages(database)
        seed, created = self._seed, self._seed.created
        for held in seed.passes:
            body = {
                "schemas": [PASS_SCHEMA],
                "displayName": held.name,
                "seats": held.seats,
                "validFrom": f"{held.year}-01-01T00:00:00Z",
                "validUntil": f"{held.year}-12-31T23:59:59Z",
            }
            portal.insert("Pass", body, resource_id=held.id, created=created)
            portal.fill_seats(held.id, [f"{held.id}-leaver-{n}" for n in range(held.leavers)])
        for person in seed.people:
            if person.portal:
                body = _user(person) | {
                    "active": person.active,
                    "roles": [{"value": person.role.value, "primary": True}],
                    "entitlements": [{"value": each, "type": "pass"} for each in person.passes],
                }
                portal.insert("User", body, resource_id=person.id, created=created)
            if person.jhana:
                jhana_id = f"jhana-{person.id}"
                jhana.insert("User", _user(person), resource_id=jhana_id, created=created)
        for team in seed.teams:
            body = {
                "schemas": [_GROUP_SCHEMA, GROUP_EXTENSION],
                "displayName": team.name,
                "members": [{"value": each.id} for each in seed.people if team.id in each.teams],
                GROUP_EXTENSION: {"pass": {"value": team.pass_id}, "places": team.places},
            }
            portal.insert("Group", body, resource_id=team.id, created=created)


def reset(state_dir: Path) -> None:
    """Put the practice portal of a state folder back to its seed, and empty its outbox.

    A damaged file is replaced. The token stays the same where it can still be read. The journal of
    practice uploads goes with the people it speaks of; nobody may be writing it.

    Raises:
        SettingsError: The folder can't be written to.
    """
    try:
        practice = Practice(state_dir)
    except SettingsError:
        _remove(database_path(private_folder(state_dir) / "practice"))
        practice = Practice(state_dir)
    practice.start_over()
    practice.close()
    _remove(journal_path(state_dir, "practice"))


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{path} can't be replaced: {error.strerror}",
            hint="end whatever uses the practice portal, then try again",
        ) from error


def _user(person: SeedPerson) -> dict[str, Any]:
    return {
        "schemas": [_USER_SCHEMA],
        "userName": person.email,
        "name": {"givenName": person.first_name, "familyName": person.last_name},
        "displayName": f"{person.first_name} {person.last_name}",
        "active": True,
        "emails": [{"value": person.email, "type": "work", "primary": True}],
    }
