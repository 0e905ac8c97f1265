"""What CONTRIBUTING.md says of modules and functions, and SECURITY.md of what they never do."""

import ast
import tomllib
from pathlib import Path

SOURCES = sorted((Path(__file__).parents[1] / "src").rglob("*.py"))
RUNS_WHAT_IT_READS = {
    *("pickle", "marshal", "shelve", "runpy", "yaml"),
    *("eval", "exec", "compile", "__import__", "shell"),
}
"""Modules, functions and an argument of `subprocess` that make code of bytes."""
MOST_LINES, MOST_OF_A_FUNCTION = 350, 50


def test_modules_and_functions_are_short() -> None:
    """A module has at most 350 lines, and a function at most 50."""
    long = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > MOST_LINES:
            long.append(path.name)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                long += [f"{path.name}: {node.name}"] if lines > MOST_OF_A_FUNCTION else []
    assert not long


def test_a_command_is_its_options_and_one_call() -> None:
    """It takes its flags, imports and calls; only those about settings themselves do more."""
    longer = []
    for path in (one for one in SOURCES if one.parent.name == "cli"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or not any(
                map(_is_command, node.decorator_list)
            ):
                continue
            _, *body = node.body
            *before, last = [one for one in body if not isinstance(one, ast.ImportFrom)]
            is_one_call = isinstance(last, ast.Return) and isinstance(last.value, ast.Call)
            if not is_one_call or not all(isinstance(one, ast.Assign) for one in before):
                longer.append(f"{path.stem} {node.name}")
    assert set(longer) <= {
        "login login",
        "logout logout",
        "config show",
        "config path",
        "config init",
    }


def _is_command(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and called.attr == "command"


def test_nothing_that_is_read_is_executed() -> None:
    """No module of ours turns bytes into code or objects with methods: they are data for good."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: set[str] = set()
            if isinstance(node, ast.Import):
                names = {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {(node.module or "").partition(".")[0]}
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                names = {node.func.id}
            elif isinstance(node, ast.keyword):
                names = {node.arg or ""}
            found += [f"{path.name}: {name}" for name in names & RUNS_WHAT_IT_READS]
    assert found == []


def test_the_list_of_mutants_is_of_this_code() -> None:
    """Each text that `bench/mutants.py` replaces is there exactly once, and so are the tests."""
    root = Path(__file__).parents[1]
    with (root / "bench/mutants.toml").open("rb") as file:
        mutants = tomllib.load(file)["mutant"]
    stale = [
        one["breaks"]
        for one in mutants
        if (root / "src/aapimport" / one["file"]).read_text("utf-8").count(one["text"]) != 1
        or not all((root / test.split("::")[0]).exists() for test in one["tests"])
    ]
    assert not stale
