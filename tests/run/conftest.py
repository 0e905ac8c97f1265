from pathlib import Path

import pytest

from faults.stub import ScimStub
from faults.uploading import Uploading


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """One person to be uploaded to two scripted services."""
    return Uploading(
        portal=portal_stub, jhana=jhana_stub, journal_path=tmp_path / "j" / "journal.sqlite3"
    )
