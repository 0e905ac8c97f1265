"""Broken files of every kind; `bench/mutations.py` tries thousands."""

from dataclasses import replace
from pathlib import Path

import pytest

from aapimport.check.check_file import ReadOptions, check_file
from sheets.mutations import WAYS, broken
from sheets.originals import PEOPLE, write_originals
from sheets.other_readers import forgotten, outcome

_SEEDS = 12


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """The files to be broken."""
    return write_originals(tmp_path_factory.mktemp("originals"))


@pytest.mark.parametrize("kind", sorted(WAYS))
def test_a_broken_file_is_read_or_refused(
    kind: str, originals: dict[str, list[Path]], tmp_path: Path
) -> None:
    """A broken file is problems or one sentence; whoever another reader sees isn't forgotten."""
    for seed in range(_SEEDS):
        original = originals[kind][seed % 2]
        path = tmp_path / f"{seed}.{kind}"
        path.write_bytes(broken(original.read_bytes(), kind, seed))
        assert "wrong" not in outcome(path), f"seed {seed}"


@pytest.mark.parametrize("kind", sorted(WAYS))
def test_the_other_readers_see_everybody(kind: str, originals: dict[str, list[Path]]) -> None:
    """Of whole files one passes and one doesn't; of whom the answer says nothing is noticed."""
    passes, odd = originals[kind]
    assert (outcome(passes), outcome(odd)) == ("passed", "read with errors")
    checked = check_file(passes, ReadOptions())
    assert not forgotten(checked)
    shorter = replace(checked, people=checked.people[1:])
    assert {one.split()[-1] for one in forgotten(shorter)} == {repr(PEOPLE[0][0])}
    first, *rest = checked.people
    assert forgotten(replace(checked, people=(replace(first, email="x@acme.com"), *rest)))
