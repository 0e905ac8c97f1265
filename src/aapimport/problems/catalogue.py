"""Every rule: what can be wrong, or worth knowing, and what to do about it.

Problems are put into words nowhere else; `docs/problems.md` is generated from here.
"""

from collections.abc import Iterable

from aapimport.problems.cell_rules import CELL_RULES
from aapimport.problems.file_rules import FILE_RULES
from aapimport.problems.problem import Finding, Level, Problem
from aapimport.problems.remark_rules import NOTICE_RULES, WARNING_RULES
from aapimport.problems.rule import Rule
from aapimport.template.cells import CellRef

__all__ = [
    "CELL_RULES",
    "FILE_RULES",
    "NOTICE_RULES",
    "RULES",
    "WARNING_RULES",
    "Rule",
    "put_into_words",
]

MAX_VALUE = 1000
"""How much of a cell's text a problem repeats, in characters."""

_WEIGHTS = (Level.ERROR, Level.WARNING, Level.NOTICE)

RULES = {rule.id: rule for rule in (*FILE_RULES, *CELL_RULES, *WARNING_RULES, *NOTICE_RULES)}


def put_into_words(findings: Iterable[Finding], sheet: str) -> tuple[Problem, ...]:
    """The problems of a sheet: by row, then column, those of the whole file first."""
    return tuple(_problem(finding, sheet) for finding in sorted(findings, key=_position))


def _position(finding: Finding) -> tuple[int, int, int]:
    level = _WEIGHTS.index(RULES[finding.rule].level)
    return finding.row or 0, finding.column or 0, level


def _problem(finding: Finding, sheet: str) -> Problem:
    rule = RULES[finding.rule]
    words: dict[str, object] = {"value": finding.value, "row": finding.row}
    for name, argument in finding.arguments.items():
        if name.endswith("_cell") and isinstance(argument, (list, tuple)):
            words[name] = str(CellRef(sheet, argument[1], argument[0]))
        else:
            words[name] = argument
    cell = None
    if finding.row is not None and finding.column is not None:
        cell = CellRef(sheet, finding.column, finding.row)
    value = finding.value
    if len(value) > MAX_VALUE:
        value = value[:MAX_VALUE] + "…"
    return Problem(
        id=rule.id,
        level=rule.level,
        cell=cell,
        value=value,
        message=rule.message.format_map(words),
        hint=rule.hint.format_map(words),
        end=finding.end,
    )
