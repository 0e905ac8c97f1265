import re

import pytest

from aapimport.cli import main


def options(text: str) -> list[str]:
    """The options that a help text lists, but those that show help."""
    found = re.findall(r"^  (?:-\w, )?(--[\w-]+)", text, re.MULTILINE)
    return [name for name in found if not name.startswith("--help")]


@pytest.mark.parametrize("command", ["upload", "plan", "resume"])
def test_help_shows_what_matters_and_help_all_the_rest(command: str, capsys) -> None:
    """Ten options at the most, in the same groups; the other help is named."""
    assert main([command, "--help"]) == 0
    short = capsys.readouterr().out
    assert main([command, "--help-all"]) == 0
    full = capsys.readouterr().out
    assert len(options(short)) <= 10
    assert set(options(short)) < set(options(full))
    assert "--help-all" in short
    assert "Expert:" in full
    assert "Expert:" not in short
    assert max(map(len, full.splitlines())) <= 80


def test_help_all_needs_nothing_else(capsys) -> None:
    """It stands before what would be missing; an option that isn't shown is one all the same."""
    assert main(["upload", "--help-all", "--fit"]) == 0
    assert "--update-roles" in capsys.readouterr().out
    assert main(["upload", "nobody.xlsx", "--fit"]) == 1
    assert "there is no file nobody.xlsx" in capsys.readouterr().err
