import os
from pathlib import Path

import pytest

from aapimport.config.files import places, read_files
from aapimport.config.toml_file import read_file
from aapimport.errors import SettingsError
from support.machine import Machine


def test_the_nearest_file_counts(machine: Machine) -> None:
    """The working folder's before that of a folder above it."""
    above = machine.folder_file("buffer = 1\n", machine.home / "clients")
    assert places().folder == above
    nearest = machine.folder_file("buffer = 2\n")
    assert places().folder == nearest


def test_above_the_home_folder_nothing_is_looked_for(machine: Machine) -> None:
    """It is where other people can leave files; the home folder itself is looked into."""
    machine.folder_file("buffer = 1\n", machine.home.parent)
    assert places().folder == machine.work / "aapimport.toml"
    in_home = machine.folder_file("buffer = 1\n", machine.home)
    assert places().folder == in_home


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_home_folder_may_be_a_link(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working folder is told as it is, the home folder as it is called."""
    link = machine.home.parent / "link"
    link.symlink_to(machine.home)
    monkeypatch.setenv("HOME", str(link))
    machine.folder_file("buffer = 1\n", machine.home.parent)
    assert places().folder == machine.work / "aapimport.toml"


def test_outside_the_home_folder_it_is_looked_for_up_to_the_top(
    machine: Machine, tmp_path: Path
) -> None:
    """As on a server, whose work is elsewhere."""
    elsewhere = tmp_path / "srv" / "a" / "b"
    elsewhere.mkdir(parents=True)
    path = machine.folder_file("buffer = 1\n", tmp_path / "srv")
    assert places(elsewhere).folder == path


def test_the_users_own_file_is_never_the_folders(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever works in the folder of settings trusts their own file as anywhere else."""
    own = machine.own_file("buffer = 1\n")
    monkeypatch.chdir(own.parent)
    folder, user = read_files(places())
    assert folder is None
    assert user is not None
    assert not user.foreign


@pytest.mark.skipif(os.name == "nt", reason="a folder in use can't be deleted there")
def test_a_working_folder_that_is_gone_has_no_file(machine: Machine) -> None:
    """Nothing but the user's own file is read."""
    machine.work.rmdir()
    assert read_files(places()) == (None, None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("buffer = 5\n".encode("utf-16"), "is not UTF-8"),
        (b"buffer = 5 # \xff\n", "is not UTF-8"),
        (b"#" * 1_000_001, "too long"),
        (b"a = " + b"[" * 100_000, "can't be read as TOML"),
        (b"\x00", "can't be read as TOML"),
        (b"buffer = " + b"1" * 5_000, "can't be read as TOML"),
    ],
)
def test_what_is_no_settings_file_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    """With its path, in one sentence."""
    path = tmp_path / "aapimport.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=said) as caught:
        read_file(path, foreign=False)
    assert str(path) in caught.value.message


def test_a_folder_of_that_name_is_told(tmp_path: Path) -> None:
    """It isn't taken for no settings."""
    (tmp_path / "aapimport.toml").mkdir()
    with pytest.raises(SettingsError, match="is no file"):
        read_file(tmp_path / "aapimport.toml", foreign=False)


def test_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    """Also where its folder is a file."""
    (tmp_path / "file").touch()
    assert read_file(tmp_path / "aapimport.toml", foreign=False) is None
    assert read_file(tmp_path / "file" / "aapimport.toml", foreign=False) is None
