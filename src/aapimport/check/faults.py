"""What pydantic says of a row, as problems of the catalogue."""

from collections.abc import Mapping, Sequence
from typing import Any

from aapimport.check.hints import missing_value_hint, role_hint
from aapimport.check.noted import Noted
from aapimport.check.validate_rows import KEYS, Fault
from aapimport.problems.rule_id import RuleId
from aapimport.template.columns import COLUMNS

_COLUMN = {column.key: column for column in COLUMNS}


def explain(
    rows: Sequence[tuple[Any, ...]],
    faults: Sequence[Fault],
    noted: Noted,
    columns: Mapping[str, int],
) -> None:
    """Turn faults of rows into problems.

    Args:
        rows: The rows' values, in the order of `KEYS`.
        faults: What is wrong with them.
        noted: Where the problems go.
        columns: For each field, its column in the file.
    """
    for fault in faults:
        _explain_one(fault, dict(zip(KEYS, rows[fault.index], strict=True)), noted, columns)


def _explain_one(
    fault: Fault, row: dict[str, Any], noted: Noted, columns: Mapping[str, int]
) -> None:
    number, key = row["row"], fault.key
    column = columns.get(key)
    value = noted.originals.get((number, key), str(row[key] or ""))
    name = _COLUMN[key].name
    if fault.kind == "string_too_short":
        if column is not None:
            cure = missing_value_hint(row, key)
            noted.find(RuleId.MISSING_VALUE, number, column, "", name=name, cure=cure)
    elif fault.kind == "string_too_long":
        limit = _COLUMN[key].max_length
        noted.find(
            RuleId.TOO_LONG, number, column, value, length=len(row[key]), name=name, limit=limit
        )
    elif fault.kind == "not-an-email":
        noted.find(RuleId.NOT_AN_EMAIL, number, column, value, reason=fault.context["reason"])
    elif key == "role":
        noted.find(RuleId.UNKNOWN_ROLE, number, column, value, meant=role_hint(value))
    elif key == "jhana":
        noted.find(RuleId.BAD_JHANA, number, column, value)
    else:
        raise AssertionError(fault)
