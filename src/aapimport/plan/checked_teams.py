"""The teams that a checked file names, held against those of a pass: `validate --pass`."""

from collections.abc import Sequence
from dataclasses import replace

from aapimport.check.check_file import Checked
from aapimport.copies.fix import require_columns, template_rows
from aapimport.copies.read_again import read_again
from aapimport.plan.names import plain, team_faults
from aapimport.problems.catalogue import put_into_words
from aapimport.problems.problem import Finding, Problem
from aapimport.problems.rule_id import RuleId
from aapimport.services.values import Team
from aapimport.template.columns import COLUMNS


def with_team_problems(
    checked: Checked, here: Sequence[Team], elsewhere: Sequence[Team]
) -> Checked:
    """The file with an error at each cell whose team can't be used; rows with errors count, too.

    Args:
        checked: The file, with its people.
        here: The teams that can be used with the pass.
        elsewhere: The teams of other passes.

    Raises:
        FileProblemError: An error of the file leaves open what stands in its column of teams.
    """
    faults = team_faults(_typed(checked), here, elsewhere)
    column = checked.columns["team"]
    found = [
        Finding(
            RuleId.UNKNOWN_TEAM, row, column, fault.name, {"what": fault.what, "cure": fault.cure}
        )
        for fault in faults
        for row in fault.rows
    ]
    rows = {finding.row for finding in found}
    people = tuple(person for person in checked.people if person.row not in rows)
    problems = [*checked.problems, *put_into_words(found, checked.sheet)]
    return replace(
        checked, people=people, ready=len(people), problems=tuple(sorted(problems, key=_place))
    )


def _typed(checked: Checked) -> dict[int, str]:
    """The team in each row that has one, where it can be read."""
    typed = {person.row: person.team for person in checked.people if person.team}
    if checked.ready == checked.rows:
        return typed
    original = read_again(checked)
    require_columns(checked, original)
    at = next(index for index, column in enumerate(COLUMNS) if column.key == "team")
    for row in template_rows(checked, original):
        team = row.cells[at]
        if row.person is None and isinstance(team, str) and plain(team):
            typed[row.number] = plain(team)
    return dict(sorted(typed.items()))


def _place(problem: Problem) -> tuple[int, int]:
    return (problem.cell.row, problem.cell.column) if problem.cell else (0, 0)
