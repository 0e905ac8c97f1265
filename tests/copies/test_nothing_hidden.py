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

ERRORS = [rule for rule in RuleId if RULES[rule].level is Level.ERROR]
ABOUT_THE_FILE = {RuleId.CROSSED_OUT, RuleId.ROW_GIVEN_TWICE, RuleId.ROWS_IN_BLOCKS}
"""Errors about how the file is written, of which its values alone hold nothing."""


def checked(path: Path, options: dict[str, Any]) -> Checked:
    """The file with its people; whoever is hidden is left out."""
    return check_file(path, ReadOptions(hidden="skip", **options))


@pytest.mark.parametrize("copy", [fix, annotate])
@pytest.mark.parametrize("rule", [rule for rule in ERRORS if rule not in ABOUT_THE_FILE])
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
