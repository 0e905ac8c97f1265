import base64
import os
import socket
import urllib.request
from pathlib import Path

import pytest
from openpyxl import Workbook

from aapimport.config.settings import read_settings
from support.traces import traces


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
    assert left == {"AAPIMPORT_STATE_DIR", "AAPIMPORT_NO_RESULTS"}  # of the suite


def test_traces_of_a_token_are_found(tmp_path: Path) -> None:
    """In any letter case, in UTF-16, in base64, in a workbook and in a file's name."""
    word = "canary-5d1e-token"
    (tmp_path / "plain").write_bytes(b"\0\xff" + word.upper().encode())
    (tmp_path / "utf-16").write_bytes(word.encode("utf-16"))
    for before in ("", "u", "us"):
        coded = base64.b64encode(f"{before}:{word}:".encode())
        (tmp_path / f"base64-{len(before)}").write_bytes(b"Basic " + coded)
    (tmp_path / f"bug-{word}.log").touch()
    book = Workbook()
    book.worksheets[0]["A1"] = f"of {word}"
    book.save(tmp_path / "people.xlsx")
    named = {path.name for path in tmp_path.iterdir()}
    (tmp_path / "nothing").write_bytes(b"canary-5d1e-tok")
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04")
    assert {*traces(tmp_path, [word])} == named
