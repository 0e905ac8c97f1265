from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scim2_models import ScimProvider
from scim2_server.testing import SEARCH_USERS, ScimStorageContract
from scim2_server.utils import load_default_provider

from aapimport.sandbox.database import Database
from aapimport.sandbox.models import portal_provider
from aapimport.sandbox.outbox import PORTAL_KINDS, Outbox
from aapimport.sandbox.portal import PortalStorage
from aapimport.sandbox.storage import SqliteStorage


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with tables and nothing in them."""
    opened = Database(tmp_path / "practice", fill=lambda _database: None)
    yield opened
    opened.close()


class TestBareStorage(ScimStorageContract):
    """The storage keeps scim2-server's contract for the resource types of RFC 7643."""

    @pytest.fixture(scope="class")
    @classmethod
    def provider(cls) -> ScimProvider:
        """The resource types of RFC 7643, made once: making their classes takes a while."""
        return load_default_provider()

    @pytest.fixture
    def storage(self, database: Database, provider: ScimProvider) -> Any:
        """The storage without any rules."""
        return SqliteStorage(database, "bare", provider)


class TestPortalStorage(ScimStorageContract):
    """The storage with the portal's rules keeps the contract, too."""

    @pytest.fixture
    def provider(self) -> ScimProvider:
        """The portal's resource types."""
        return portal_provider()

    @pytest.fixture
    def storage(self, database: Database, provider: ScimProvider, tmp_path: Path) -> Any:
        """The portal's storage."""
        outbox = Outbox(tmp_path / "outbox")
        return PortalStorage(database, "portal", provider, outbox=outbox, kinds=PORTAL_KINDS)

    def search_users(self) -> list[dict[str, Any]]:
        """The contract's people, without the enterprise extension that the portal has not."""
        return [
            {name: value for name, value in user.items() if "enterprise" not in name}
            for user in SEARCH_USERS
        ]
