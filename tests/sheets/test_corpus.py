import os
from pathlib import Path

import pytest

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.errors import AapimportError

CORPUS = Path(os.environ.get("AAPIMPORT_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
FILES = sorted(CORPUS.glob("*.[xXo]*")) if CORPUS.is_dir() else []

if not FILES:
    pytest.skip(
        "the collection of odd spreadsheets is not here (AAPIMPORT_CORPUS names its folder)",
        allow_module_level=True,
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[-40:])
def test_odd_spreadsheets_give_problems_or_a_sentence(path: Path) -> None:
    """Files that broke other readers break nothing here: a list of problems or one sentence."""
    try:
        said = [problem.message for problem in check_file(path, ReadOptions()).problems]
    except AapimportError as error:
        said = [error.message]
    assert said
    assert all("\n" not in message for message in said)


@pytest.mark.parametrize(
    "path", [file for file in FILES if "pass" in file.name or "xor" in file.name], ids=str
)
def test_passwords_are_told(path: Path) -> None:
    """A file that needs a password says so, whatever its age and cipher."""
    with pytest.raises(AapimportError, match="protected by a password"):
        check_file(path, ReadOptions())
