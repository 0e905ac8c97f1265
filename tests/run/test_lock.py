import errno
import os
from pathlib import Path

import filelock
import pytest

from aapimport.errors import ServiceError, SettingsError
from aapimport.run.lock import only_writer


def test_one_writer_at_a_time(tmp_path: Path):
    """The second is told who has the lock, waits, and then ends."""
    journal = tmp_path / "j" / "journal.sqlite3"
    told: list[str] = []
    with (
        only_writer(journal, told.append),
        pytest.raises(ServiceError, match=f"process {os.getpid()} on"),
        only_writer(journal, told.append, wait_seconds=0.1),
    ):
        pass
    assert len(told) == 1
    with only_writer(journal, told.append, wait_seconds=0.1):
        assert len(told) == 1


@pytest.mark.skipif(os.name != "posix", reason="flock is what POSIX systems have")
@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_a_file_system_without_locks_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
):
    """The folder and the setting that helps; never a lock that a dead process leaves behind."""
    journal = tmp_path / "j" / "journal.sqlite3"

    def flock(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", flock)
    for _ in range(2):
        with pytest.raises(SettingsError) as caught, only_writer(journal, print):
            pytest.fail("nothing may run without a lock")
        assert str(journal.parent) in caught.value.message
        assert "has no locks" in caught.value.message
        assert "AAPIMPORT_STATE_DIR" in caught.value.hint
    monkeypatch.undo()
    with only_writer(journal, print):
        assert journal.with_suffix(".owner").exists()


def test_what_older_filelocks_say_is_told_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """They raise NotImplementedError where there are no locks."""

    def acquire(*_: object, **__: object) -> None:
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr(filelock.FileLock, "acquire", acquire)
    journal = tmp_path / "j" / "journal.sqlite3"
    with pytest.raises(SettingsError, match="has no locks"), only_writer(journal, print):
        pytest.fail("nothing may run without a lock")


def test_another_trouble_with_the_lock_keeps_its_words(tmp_path: Path):
    """A folder where the lock belongs is not a file system without locks."""
    journal = tmp_path / "j" / "journal.sqlite3"
    journal.with_suffix(".lock").mkdir(parents=True)
    with pytest.raises(SettingsError) as caught, only_writer(journal, print):
        pytest.fail("nothing may run without a lock")
    assert "has no locks" not in caught.value.message
    assert os.strerror(errno.EISDIR) in caught.value.message
