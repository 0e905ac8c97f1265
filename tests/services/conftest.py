from collections.abc import Iterator

import pytest

from aapimport.plan.make import Services
from aapimport.services.portal import Portal
from support.stub import ScimStub
from support.uploading import services


@pytest.fixture
def both(portal_stub: ScimStub, jhana_stub: ScimStub) -> Iterator[Services]:
    """Connections to both scripted services."""
    with services(portal_stub, jhana_stub) as opened:
        yield opened


@pytest.fixture
def portal(both: Services) -> Portal:
    """The scripted portal as the tool sees it."""
    return both.portal
