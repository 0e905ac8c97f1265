"""Writes the parts of the docs that the program and its code know: run it after a change.

    python docs/make_docs.py           writes them
    python docs/make_docs.py --check   exits with 1 when one is out of date

Help texts, screens and schemas are produced by the program; receipts' numbers, times and folders,
which differ from run to run, are replaced by fixed ones. The street of `architecture.md` is made of
the first lines of the modules' docstrings, in the order of the import contract.
"""

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Union

import click
from pydantic import BaseModel, Field, TypeAdapter, create_model

from aapimport.app.failure import ErrorReport, Failure
from aapimport.app.lists import NothingOpen, PassesReport, PracticeReport, TeamsReport
from aapimport.check.report import ValidationReport
from aapimport.cli import group
from aapimport.cli.grouping import GroupedCommand
from aapimport.plan.diagnosis import Diagnosis
from aapimport.plan.report import PlanReport
from aapimport.problems.page import catalogue_page
from aapimport.run.report import UploadReport

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PACKAGE = ROOT / "src" / "aapimport"
_STREET, _END = "<!-- street -->", "<!-- end of the street -->"
_RECEIPT = re.compile(r"\b(Plan|Receipt|resume) [2-9A-Z]{6}\b")
_TIME = re.compile(r"\d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2} UTC   took \S+ s")
_ANSWERS: dict[str, tuple[type[BaseModel], ...]] = {
    "validate": (ValidationReport,),
    "plan": (PlanReport,),
    "upload": (UploadReport,),
    "resume": (UploadReport, NothingOpen),
    "doctor": (Diagnosis,),
    "passes": (PassesReport,),
    "teams": (TeamsReport,),
    "sandbox show": (PracticeReport,),
}
"""What each command prints with `--json`."""
_WALK = (
    ("Write the template, and fill it in with Excel.", "generate-template people.xlsx"),
    ("Check what you have. Nothing is sent.", "validate examples/users-with-mistakes.xlsx"),
    (
        "See what an upload would do. Both services are read; nothing is written.",
        'plan examples/users.xlsx --pass "Leadership 2026" --no-emails',
    ),
    (
        "Upload a file without mistakes; `--yes` answers what a terminal would be asked.",
        'upload examples/users.xlsx --pass "Leadership 2026" --no-emails --yes',
    ),
    (
        "Upload it again: everybody is there already, so nobody is created and no seat is used.",
        'upload examples/users.xlsx --pass "Leadership 2026" --no-emails --yes',
    ),
    ("See what the portal holds now.", "passes"),
)


def pages() -> Iterator[tuple[Path, str]]:
    """Every generated file and its text."""
    yield DOCS / "commands.md", _commands()
    yield DOCS / "problems.md", catalogue_page()
    yield DOCS / "walkthrough.md", _walkthrough()
    yield DOCS / "architecture.md", _architecture()
    for name, models in _ANSWERS.items():
        schema = _schema(f"aapimport {name} --json", *models)
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        yield DOCS / "schemas" / f"{name.split()[0]}.json", text
    schema = Failure.model_json_schema()
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    yield DOCS / "schemas" / "error.json", text


def _schema(title: str, *models: type[BaseModel]) -> dict[str, object]:
    """What a command prints: one of its results, with an error where it failed, or an error."""
    why = "why the command failed all the same; only there where it did"
    error = (ErrorReport, Field(default_factory=dict, description=why))
    results = [create_model(one.__name__, __base__=one, error=error) for one in models]
    return {"title": title} | TypeAdapter(Union[*results, Failure]).json_schema(by_alias=True)


def _commands() -> str:
    parts = [
        "# Every command",
        "What `--help` prints, and `--help-all` where there is one. Made by `docs/make_docs.py`.",
        "",
    ]
    for words in _command_lines(group, ()):
        parts += [f"## `{' '.join(('aapimport', *words))}`", ""]
        parts += ["```", _help(words), "```", ""]
    return "\n".join(parts)


def _command_lines(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if child := command.get_command(context, name):
                yield from _command_lines(child, (*words, name))


def _architecture() -> str:
    """The page as it is, with the street between its two marks drawn anew."""
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    before, _, rest = page.partition(_STREET)
    _, _, after = rest.partition(_END)
    return f"{before}{_STREET}\n```\n{chr(10).join(_street())}\n```\n{_END}{after}"


def _street() -> Iterator[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = contracts["tool"]["importlinter"]["contracts"][0]["layers"]
    for name in (name for layer in layers for name in layer.split(" : ")):
        room = PACKAGE / name
        for module in sorted(room.rglob("*.py")) if room.is_dir() else [room.with_suffix(".py")]:
            indent = "  " * (len(module.relative_to(PACKAGE).parts) - 1)
            yield _line(module, indent)


def _line(module: Path, indent: str) -> str:
    first = (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").split("\n")[0]
    if module.name == "__init__.py":
        return f"{indent[2:]}{module.parent.name}/".ljust(24) + first
    return f"{indent}{module.name}".ljust(24) + first


def _help(words: tuple[str, ...]) -> str:
    command: click.Command = group
    for word in words:
        found = command.get_command(click.Context(command), word)  # type: ignore[attr-defined] # a group's
        command = found or command
    return _run([*words, "--help-all" if isinstance(command, GroupedCommand) else "--help"], Path())


def _walkthrough() -> str:
    parts = [
        "# A first upload, screen by screen",
        "",
        "Without settings, everything here goes to the practice portal. The program itself made",
        "these screens (`docs/make_docs.py`).",
        "",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for text, line in _WALK:
            words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)]
            places = [str(Path(folder) / word) if word == "people.xlsx" else word for word in words]
            screen = _run(places, Path(folder) / "state").replace(f"{folder}{os.sep}", "")
            parts += [text, "", "```", f"$ aapimport {line}", _fixed(screen), "```", ""]
    return "\n".join(parts)


def _run(words: list[str], state: Path) -> str:
    """What a command prints at 80 columns: stdout and stderr, without trailing blanks."""
    mine = ("AAPIMPORT_", "XDG_")  # settings of whoever makes the pages
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(mine)
    } | {"AAPIMPORT_STATE_DIR": str(state), "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}
    environment |= dict.fromkeys(("HOME", "USERPROFILE", "LOCALAPPDATA"), str(state))
    screen = screen_of(words, environment)
    return "\n".join(text.rstrip() for text in screen.rstrip().splitlines())


def screen_of(words: list[str], environment: dict[str, str]) -> str:
    """What a command prints, on both streams."""
    return subprocess.run(
        [sys.executable, "-m", "aapimport", *words],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    ).stdout


def _fixed(screen: str) -> str:
    screen = _RECEIPT.sub(r"\1 7K3QX9", screen)
    return _TIME.sub("22 Nov 2026 18:04 UTC   took 1 s", screen)


def main() -> int:
    """Write the pages, or compare them."""
    stale = []
    for path, text in pages():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
    if stale:
        print(("out of date: " if "--check" in sys.argv else "wrote ") + ", ".join(stale))
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
