"""Writes the parts of the docs that the program and its code know: run it after a change.

    python docs/make_docs.py           writes them
    python docs/make_docs.py --check   exits with 1 when one is out of date

Help texts, screens and schemas are produced by the program. In pages that people write, the screens
below `$ aapimport ...` are made anew (`tests/support/pages.py`); receipts' numbers, times and
folders, which differ from run to run, are replaced by fixed ones. The street of `architecture.md`
is made of the first lines of the modules' docstrings, in the order of the import contract.
"""

import ast
import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Union

import click
from pydantic import BaseModel, Field, TypeAdapter, create_model

from aapimport.app.emails import EmailReport, TemplatesReport, TestMailReport
from aapimport.app.failure import ErrorReport, Failure
from aapimport.app.history import HistoryReport
from aapimport.app.lists import NothingOpen, PassesReport, PracticeReport, TeamsReport
from aapimport.app.purge import PurgeReport
from aapimport.app.request import LetterReport
from aapimport.app.send_report import SendPlanReport
from aapimport.app.settings_report import FilesReport, SecretsReport, SettingsReport
from aapimport.app.upload_answer import UploadAnswer
from aapimport.app.verify import VerifyReport
from aapimport.app.written import (
    LogoutReport,
    RenewalReport,
    ResetReport,
    ServingReport,
    SettingsFileReport,
    TemplateReport,
)
from aapimport.check.report import ValidationReport
from aapimport.cli import group
from aapimport.cli.grouping import GroupedCommand
from aapimport.plan.diagnosis import Diagnosis
from aapimport.plan.report import PlanReport
from aapimport.problems.page import catalogue_page
from aapimport.run.reconcile_report import ReconcileReport, RepairReport
from aapimport.run.report import UploadReport
from aapimport.run.undo_report import UndoReport

if TYPE_CHECKING:
    from support.warm import Warm

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PACKAGE = ROOT / "src" / "aapimport"
_STREET, _END = "<!-- street -->", "<!-- end of the street -->"
_ANSWERS: dict[str, tuple[type[BaseModel], ...]] = {
    "validate": (ValidationReport,),
    "plan": (PlanReport,),
    "upload": (UploadAnswer,),
    "send-emails": (UploadReport, SendPlanReport),
    "resume": (UploadAnswer, UndoReport, RepairReport, NothingOpen),
    "history purge": (PurgeReport,),
    "undo": (UndoReport,),
    "reconcile": (ReconcileReport, RepairReport),
    "receipt verify": (VerifyReport,),
    "request seats": (LetterReport,),
    "request address": (LetterReport,),
    "receipt show": (UploadReport, UndoReport, RepairReport),
    "history list": (HistoryReport,),
    "doctor": (Diagnosis,),
    "passes": (PassesReport,),
    "teams": (TeamsReport,),
    "renew": (RenewalReport,),
    "generate-template": (TemplateReport,),
    "logout": (LogoutReport,),
    "config init": (SettingsFileReport,),
    "emails show": (EmailReport,),
    "emails edit": (TemplatesReport,),
    "emails test": (TestMailReport,),
    "sandbox show": (PracticeReport,),
    "sandbox reset": (ResetReport,),
    "sandbox serve": (ServingReport,),
    "config show": (SettingsReport,),
    "config path": (FilesReport,),
    "login --status": (SecretsReport,),
}
"""What each command prints with `--json`."""
DOORS = ("first-upload.md", "automation.md", "many-clients.md")
"""The pages with screens."""


def pages(warm: "Warm | None" = None) -> Iterator[tuple[Path, str]]:
    """Every generated file and its text.

    Args:
        warm: What starts commands within milliseconds; without it each is a new interpreter.
    """
    sys.path.append(str(ROOT / "tests"))
    from support.pages import screen_of, with_screens

    yield DOCS / "commands.md", _commands(partial(screen_of, warm=warm))
    yield DOCS / "problems.md", catalogue_page()
    yield DOCS / "architecture.md", _architecture()
    for name in DOORS:
        page = (DOCS / name).read_text(encoding="utf-8")
        yield DOCS / name, with_screens(page, ROOT / "examples", warm)
    for name, models in _ANSWERS.items():
        schema = _schema(f"aapimport {name} --json", *models)
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        yield DOCS / "schemas" / f"{_schema_name(name)}.json", text
    schema = Failure.model_json_schema()
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    yield DOCS / "schemas" / "error.json", text


def _schema_name(command: str) -> str:
    return command.removesuffix(" --status").replace(" ", "-")


def _schema(title: str, *models: type[BaseModel]) -> dict[str, object]:
    """What a command prints: one of its results, with an error where it failed, or an error."""
    why = "why the command failed all the same; only there where it did"
    error = (ErrorReport, Field(default_factory=dict, description=why))
    results = [create_model(one.__name__, __base__=one, error=error) for one in models]
    return {"title": title} | TypeAdapter(Union[*results, Failure]).json_schema(by_alias=True)


def _commands(screen: Callable[[list[str]], str]) -> str:
    parts = [
        "# Every command",
        "What `--help` prints, and `--help-all` where there is one. Made by `docs/make_docs.py`.",
        "",
    ]
    for words in _command_lines(group, ()):
        parts += [f"## `{' '.join(('aapimport', *words))}`", ""]
        parts += ["```", screen([*words, _help_flag(words)]), "```", ""]
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


def _help_flag(words: tuple[str, ...]) -> str:
    """The flag with which a command tells of all its options."""
    command: click.Command = group
    for word in words:
        found = command.get_command(click.Context(command), word)  # type: ignore[attr-defined] # a group's
        command = found or command
    return "--help-all" if isinstance(command, GroupedCommand) else "--help"


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
