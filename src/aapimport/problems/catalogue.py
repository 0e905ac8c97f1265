"""Every rule: what can be wrong, or worth knowing, and what to do about it.

Problems are put into words nowhere else; `docs/problems.md` is generated from here.
"""

from collections.abc import Iterable

from aapimport.problems.cell_rules import CELL_RULES
from aapimport.problems.file_rules import FILE_RULES
from aapimport.problems.problem import Finding, Level, Problem
from aapimport.problems.remark_rules import NOTICE_RULES, WARNING_RULES
from aapimport.problems.rule import Rule
from aapimport.problems.rule_id import RuleId
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
"""How much of a text a problem repeats, in characters."""

_WEIGHTS = (Level.ERROR, Level.WARNING, Level.NOTICE)

RULES = {rule.id: rule for rule in (*FILE_RULES, *CELL_RULES, *WARNING_RULES, *NOTICE_RULES)}
ERRORS = frozenset(name for name, rule in RULES.items() if rule.level is Level.ERROR)
"""The rules that stop an upload."""
_WEIGHT_OF = {name: _WEIGHTS.index(rule.level) for name, rule in RULES.items()}


def put_into_words(findings: Iterable[Finding], sheet: str) -> tuple[Problem, ...]:
    """The problems of a sheet: by row, then column, those of the whole file first."""
    problems = []
    latest: dict[tuple[RuleId, int | None], tuple[Finding, Problem]] = {}
    for finding in sorted(findings, key=_position):
        rule, row, column, value, arguments, end = finding
        before, problem = latest.get((rule, column), (None, None))
        if problem and before and (before.value, before.arguments) == (value, arguments):
            # One mistake tends to stand in every row, and nobody has to find the words again.
            cell = CellRef(sheet, column, row) if row is not None and column is not None else None
            problem = Problem(
                rule, problem.level, cell, problem.value, problem.message, problem.hint, end
            )
        else:
            problem = _problem(finding, sheet)
            latest[rule, column] = finding, problem
        problems.append(problem)
    return tuple(problems)


def _position(finding: Finding) -> tuple[int, int, int]:
    return finding.row or 0, finding.column or 0, _WEIGHT_OF[finding.rule]


def _problem(finding: Finding, sheet: str) -> Problem:
    rule = RULES[finding.rule]
    words: dict[str, object] = {"value": _cut(finding.value)}
    for name, argument in finding.arguments.items():
        if name.endswith("_cell") and isinstance(argument, (list, tuple)):
            words[name] = str(CellRef(sheet, argument[1], argument[0]))
        else:
            words[name] = _cut(argument) if isinstance(argument, str) else argument
    cell = None
    if finding.row is not None and finding.column is not None:
        cell = CellRef(sheet, finding.column, finding.row)
    return Problem(
        id=rule.id,
        level=rule.level,
        cell=cell,
        value=_cut(finding.value),
        message=rule.message.format_map(words),
        hint=rule.hint.format_map(words),
        end=finding.end,
    )


def _cut(text: str) -> str:
    return text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + "…"
