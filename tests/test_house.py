"""What CONTRIBUTING.md says of the size of modules and functions."""

import ast
from pathlib import Path

SOURCES = sorted((Path(__file__).parents[1] / "src").rglob("*.py"))
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
