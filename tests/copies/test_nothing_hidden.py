"""No copy of a file makes an error look as if it were none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aapimport.check.check_file import Checked, ReadOptions, check_file
from aapimport.copies.annotate import annotate
from aapimport.copies.fix import fix
from aapimport.errors import FileProblemError
from aapimport.problems.catalogue import RULES
from aapimport.problems.problem import Level
from aapimport.problems.rule_id import RuleId
from check.conftest import write_rows
from check.test_rules import CASES

ERRORS = [rule for rule in map(RuleId, CASES) if RULES[rule].level is Level.ERROR]


def checked(path: Path, options: dict[str, Any]) -> Checked:
    """The file with its people; whoever is hidden is left out."""
    return check_file(path, ReadOptions(hidden="skip", **options))


@pytest.mark.parametrize("copy", [fix, annotate])
@pytest.mark.parametrize("rule", ERRORS)
def test_a_copy_is_no_more_ready_than_its_source(
    rule: RuleId, copy: Callable[..., object], tmp_path: Path
) -> None:
    """Whatever is wrong in a file is wrong in a copy, or the copy isn't made."""
    case = CASES[rule]
    how = dict(case.how)
    write, options = how.pop("write", None), how.pop("options", {})
    source = tmp_path / "people.xlsx"
    source = write(source) if write else write_rows(tmp_path, *case.wrong, **how)
    found = checked(source, options)
    assert any(problem.id is rule for problem in found.problems)
    out = tmp_path / "copy.xlsx"
    try:
        copy(found, out)
    except FileProblemError:
        return
    again = checked(out, {})
    assert again.ready <= found.ready
    assert again.count(Level.ERROR) or not found.count(Level.ERROR)


@pytest.mark.parametrize("copy", [fix, annotate])
def test_whoever_is_left_out_stays_out_of_a_copy(
    copy: Callable[..., object], tmp_path: Path
) -> None:
    """Also where merged cells reach from somebody who counts into a hidden row."""

    def change(sheet: Any) -> None:
        sheet["E2"] = "Sales"
        sheet.merge_cells("E2:E3")
        sheet.row_dimensions[3].hidden = True

    rows = (("ana@acme.com", "Ana", "Perez"), ("cy@acme.com", "Cy", "Wu"))
    source, out = write_rows(tmp_path, *rows, change=change), tmp_path / "copy.xlsx"
    copy(checked(source, {}), out)
    again = checked(out, {})
    assert (again.ready, again.count(Level.ERROR)) == (0, 1)
