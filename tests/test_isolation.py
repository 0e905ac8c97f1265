import os
import socket
import urllib.request
from pathlib import Path

import pytest

from aapimport.config.settings import read_settings


def test_no_connection_leaves_this_machine() -> None:
    """A test that connects to another machine, or looks its name up, fails."""
    with socket.socket() as connection, pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        connection.connect(("192.0.2.1", 80))
    with socket.socket() as connection, pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        connection.connect_ex(("192.0.2.1", 80))
    with pytest.raises(AssertionError, match=r"portal\.example"):
        urllib.request.urlopen("http://portal.example/")


def test_the_home_folder_is_not_touched(home: Path, tmp_path: Path) -> None:
    """Home and state are the test's own, and no setting of the caller is left."""
    assert Path.home() == home
    assert read_settings().state_dir == tmp_path / "state"
    left = {name for name in os.environ if name.startswith("AAPIMPORT_")}
    assert left == {"AAPIMPORT_STATE_DIR"}
