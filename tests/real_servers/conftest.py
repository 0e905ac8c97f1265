import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from real_servers.starting import SERVERS, NotInstalledError, RealServer

REQUIRED = os.environ.get("REAL_SERVERS") == "required"
"""Where a server that is not installed fails its tests instead of skipping them, as in CI."""


@pytest.fixture(params=list(SERVERS))
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealServer]:
    """Each server in turn, with nobody in it but the keeper."""
    folder = tmp_path / "server"
    folder.mkdir()
    with ExitStack() as stack:
        try:
            running = stack.enter_context(SERVERS[request.param](folder))
        except NotInstalledError as error:
            if REQUIRED:
                raise
            pytest.skip(str(error))
        running.add_keeper()
        yield running
