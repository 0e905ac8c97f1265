"""Every line of the docs that is typed is one that the program understands."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from aapimport.cli import group
from aapimport.cli.grouping import DefaultingGroup

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(aapimport [^`]+)`")
_COMMAND = re.compile(r"(?:^|[\s/\\])aapimport(?:\.exe)? ([a-z-].*)")
_ENDS = re.compile(r"\s(?:[|<]|&&|\|\||\d?>>?|#)|[;…]|\d?>>?\S")
"""Where the command ends and the shell, a comment or an ellipsis begins."""
_WINDOWS = ("bat", "powershell")
_COMMANDS = ROOT / "docs" / "commands.md"


@dataclass(frozen=True)
class Line:
    """A line that readers type.

    Attributes:
        page: The page that it stands on.
        words: What stands after `aapimport`.
        whole: Whether it stands in a block of its own; in a sentence it may be a part of one.
    """

    page: str
    words: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        return f"{self.page}: {shlex.join(self.words)}"


def _lines(path: Path) -> list[Line]:
    text = path.read_text(encoding="utf-8")
    found: list[Line] = []
    for language, block in _FENCE.findall(text):
        for line in block.splitlines():
            typed = line if language != "console" else line[2:] if line.startswith("$ ") else ""
            found += [
                Line(path.name, _split(words, language), whole=True)
                for words in _COMMAND.findall(typed)
            ]
    sentences = _FENCE.sub("", text)
    found += [
        Line(path.name, _split(words, ""), whole=False)
        for span in _INLINE.findall(sentences)
        for words in _COMMAND.findall(span)
    ]
    return found


def _split(text: str, language: str) -> tuple[str, ...]:
    text = _ENDS.split(text, maxsplit=1)[0]
    words = shlex.split(text, posix=language not in _WINDOWS)
    return tuple(word.strip('"') for word in words)


LINES = [line for path in PAGES if path != _COMMANDS for line in _lines(path)]


@pytest.mark.parametrize("line", LINES, ids=str)
def test_the_program_understands_it(line: Line) -> None:
    """The command exists and has these flags, with values where they need some."""
    command: click.Command = group
    words = list(line.words)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        found = command.get_command(click.Context(command), name)
        if found is None and isinstance(command, DefaultingGroup):
            words.insert(0, name)
            found = command.commands[command.default]
        assert found is not None, f"{name} is no command"
        command = found
    context = click.Context(command)
    values, rest, _ = command.make_parser(context).parse_args(words)
    assert rest == []
    for parameter in command.params:
        value = values.get(parameter.name or "")
        if isinstance(parameter.type, click.Choice) and isinstance(value, str):
            parameter.type.convert(value, parameter, context)


def test_lines_are_found() -> None:
    """In every door and in the README, also with a path, behind a pipe and on Windows."""
    assert {"README.md", "first-upload.md", "automation.md", "many-clients.md"} <= {
        line.page for line in LINES
    }
    text = 'cd x && /opt/bin/aapimport upload a.csv --pass "L 26" --live >>log 2>&1 || echo "$?"'
    (words,) = _COMMAND.findall(text)
    assert _split(words, "sh") == ("upload", "a.csv", "--pass", "L 26", "--live")


@pytest.mark.parametrize(
    "line", [line for line in LINES if line.whole and {"--yes", "--json"} & {*line.words}], ids=str
)
def test_what_runs_unattended_never_merely_practises(line: Line) -> None:
    """Every line for scripts that sends carries --live, but for the README's first one."""
    first = ("upload", "examples/users.xlsx", "--pass", "Leadership 2026", "--no-emails", "--yes")
    assert "--live" in line.words or line.words == first or line.words[0] in {"sandbox", "config"}


def test_what_runs_unattended_names_its_profile() -> None:
    """On the page for IT all lines that reach services do, but where variables name those.

    The other one shows what becomes of a line that doesn't.
    """
    without = [
        line.words
        for line in LINES
        if line.page == "automation.md" and line.whole and "--profile" not in line.words
    ]
    assert {words[:2] for words in without} == {("upload", "people.csv"), ("upload", "people.xlsx")}
    assert len(without) == 2
