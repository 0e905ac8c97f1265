import errno
import os
import stat
from pathlib import Path

import pytest

from aapimport.config.folders import private_file, private_folder
from aapimport.errors import SettingsError
from aapimport.run.journal import Journal
from aapimport.sandbox.practice import Practice

posix = pytest.mark.skipif(os.name != "posix", reason="modes and owners are POSIX's")
root = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can give files away"
)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_a_private_folder_is_private(tmp_path: Path) -> None:
    """It is made with what is missing above it, all for their owner only, whatever the umask."""
    before = os.umask(0o777)
    try:
        private_folder(tmp_path / "one")
        os.umask(0)
        private_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert {_mode(tmp_path / name) for name in ("one", "a", "a/b")} == {0o700}


def test_a_folder_that_can_not_be_made_is_a_setting(tmp_path: Path) -> None:
    """A file in the way is said with its path."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SettingsError, match="can't be used") as caught:
            private_folder(path)
        assert "AAPIMPORT_STATE_DIR" in caught.value.hint


@posix
@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755])
def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    """Only what we made is chmodded: who else may look in is somebody's choice."""
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(mode)
    assert private_folder(folder) == folder
    assert _mode(folder) == mode


@posix
@pytest.mark.parametrize("mode", [0o770, 0o777, 0o702, 0o1777])
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    """They could put another journal there; the command that mends it is named."""
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(SettingsError, match="others may write to the folder") as caught:
        private_folder(folder)
    assert f"chmod go-w {folder}" in caught.value.hint
    assert _mode(folder) == mode
    assert list(folder.iterdir()) == []


@posix
def test_the_folder_around_a_profiles_is_looked_at_too(tmp_path: Path) -> None:
    """Whoever may write there could put another folder in its place."""
    private_folder(tmp_path / "state" / "profiles" / "acme")
    assert _mode(tmp_path / "state") == 0o700
    (tmp_path / "state").chmod(0o777)
    with pytest.raises(SettingsError, match="others may write to the folder"):
        private_folder(tmp_path / "state" / "profiles" / "acme")


@posix
@pytest.mark.parametrize("mode", [0o777, 0o757, 0o707])
@pytest.mark.parametrize("below", ["state", "a/state"])
@pytest.mark.parametrize("made", [True, False])
def test_a_folder_that_others_could_exchange_is_refused(
    tmp_path: Path, mode: int, below: str, made: bool
) -> None:
    """However private it is itself: whoever may write above it can rename it, and make another."""
    shared = tmp_path / "shared"
    if made:
        private_folder(shared / below)
    else:
        shared.mkdir()
    shared.chmod(mode)
    with pytest.raises(SettingsError, match="could be exchanged for another") as caught:
        private_folder(shared / below)
    assert f"others may write to the folder {shared}" in caught.value.message
    assert "AAPIMPORT_STATE_DIR" in caught.value.hint
    assert (shared / below).exists() is made
    shared.chmod(mode | stat.S_ISVTX)
    assert private_folder(shared / below) == shared / below


@posix
def test_a_link_in_a_folder_of_everybody_is_refused(tmp_path: Path) -> None:
    """Where it leads to is as good as where it is."""
    shared = tmp_path / "shared"
    shared.mkdir()
    (tmp_path / "state").mkdir(mode=0o700)
    (shared / "state").symlink_to(tmp_path / "state")
    assert private_folder(shared / "state")
    shared.chmod(0o777)
    with pytest.raises(SettingsError, match="could be exchanged"):
        private_folder(shared / "state")
    assert private_folder(tmp_path / "state")
    (tmp_path / "link").symlink_to(shared)
    with pytest.raises(SettingsError, match="could be exchanged"):
        private_folder(tmp_path / "link" / "below")


@root
@pytest.mark.parametrize("sticky", [0, stat.S_ISVTX])
def test_a_folder_below_somebody_elses_is_refused(tmp_path: Path, sticky: int) -> None:
    """The owner of a folder can rename what is in it, sticky or not; so can that of a link."""
    theirs = tmp_path / "theirs"
    private_folder(theirs / "state")
    theirs.chmod(0o755 | sticky)
    os.chown(theirs, 12345, 12345)
    with pytest.raises(SettingsError, match=f"{theirs} belongs to another user"):
        private_folder(theirs / "state")
    private_folder(tmp_path / "state")
    (tmp_path / "link").symlink_to(tmp_path / "state")
    os.lchown(tmp_path / "link", 12345, 12345)
    with pytest.raises(SettingsError, match=r"the link .* belongs to another user"):
        private_folder(tmp_path / "link")


@root
def test_a_group_that_may_write_above_is_others_but_for_roots(tmp_path: Path) -> None:
    """One with other members, or of another name, isn't the user's own."""
    private_folder(tmp_path / "a" / "state")
    (tmp_path / "a").chmod(0o775)
    assert private_folder(tmp_path / "a" / "state")
    os.chown(tmp_path / "a", 0, 12345)
    with pytest.raises(SettingsError, match="others may write to the folder"):
        private_folder(tmp_path / "a" / "state")


@root
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """They can read what is in it, also when they say otherwise now."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    with pytest.raises(SettingsError, match="belongs to another user"):
        private_folder(folder)


@posix
@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_a_drive_that_can_not_lock_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A lock is really tried, before anything is written there."""

    def flock(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", flock)
    with pytest.raises(SettingsError, match="has no locks") as caught:
        private_folder(tmp_path / "state")
    assert "a disk of this machine" in caught.value.hint
    monkeypatch.undo()
    private_folder(tmp_path / "state")
    assert list((tmp_path / "state").iterdir()) == []


@posix
def test_files_of_ours_that_are_too_open_are_tightened(tmp_path: Path) -> None:
    """The journal and the practice portal, as an old backup may have brought them back."""
    with Journal(tmp_path / "journal.sqlite3"):
        pass
    Practice(tmp_path).close()
    paths = [tmp_path / "journal.sqlite3", tmp_path / "practice" / "practice.sqlite3"]
    for path in paths:
        assert _mode(path) == 0o600
        path.chmod(0o664)
    with Journal(tmp_path / "journal.sqlite3"):
        Practice(tmp_path).close()
    assert [_mode(path) for path in paths] == [0o600, 0o600]


@posix
def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A folder in its place is said with its path."""
    (tmp_path / "journal").mkdir()
    with pytest.raises(SettingsError, match="is no file"):
        private_file(tmp_path / "journal")


@root
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """Whoever owns it can change it."""
    path = tmp_path / "journal"
    path.touch()
    os.chown(path, 12345, 12345)
    with pytest.raises(SettingsError, match="belongs to another user"):
        private_file(path)
