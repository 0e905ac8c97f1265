"""`docs/problems.md`, made from the catalogue.

`python -m aapimport.problems.page docs/problems.md` writes it.
"""

import sys
from pathlib import Path
from string import Formatter

from aapimport.problems.catalogue import (
    CELL_RULES,
    FILE_RULES,
    NOTICE_RULES,
    WARNING_RULES,
    Rule,
)

_INTRODUCTION = """\
# Problems

Everything that `aapimport validate` and `aapimport upload` look for in a file. The names are
stable: scripts may rely on them. An **error** stops an upload; a **warning** doesn't (with
`--strict` it makes `validate` exit with 1); a **notice** says what was repaired or left out.
`…` stands for what is filled in. This page is generated from `aapimport/problems/catalogue.py`.
"""
_SECTIONS = (
    ("The file and its columns", FILE_RULES),
    ("Cells that are wrong", CELL_RULES),
    ("Things that are probably wrong", WARNING_RULES),
    ("Repairs and remarks", NOTICE_RULES),
)


def catalogue_page() -> str:
    """The page, as Markdown."""
    parts = [_INTRODUCTION]
    for title, rules in _SECTIONS:
        parts.append(f"\n## {title}\n")
        parts += [_entry(rule) for rule in rules]
    return "".join(parts)


def _entry(rule: Rule) -> str:
    message = _with_gaps(rule.message)
    lines = [f"\n### {rule.id}\n", f"{rule.level.value}: {message}\n", f"\n{rule.why}\n"]
    if hint := _with_gaps(rule.hint).strip("… "):
        lines.append(f"\nhint: {hint}\n")
    return "".join(lines)


def _with_gaps(template: str) -> str:
    return "".join(
        text + ("…" if name is not None else "") for text, name, _, _ in Formatter().parse(template)
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(catalogue_page(), encoding="utf-8")
