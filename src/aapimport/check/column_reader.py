"""Reading the template's columns: every value repaired once, every repair noted."""

from collections.abc import Sequence
from typing import Any

from aapimport.check import repair
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Value
from aapimport.template.columns import COLUMNS
from aapimport.template.roles import Role

NAME_KEYS = ("first_name", "last_name")
_NAME_OF = {column.key: column.name for column in COLUMNS}


class ColumnReader:
    """Reads the values of one sheet, column by column.

    Args:
        columns: For each field of `Person`, its column in the file.
        findings: Where repairs, and what can't be repaired, are noted.
    """

    def __init__(self, columns: dict[str, int], findings: list[Finding]) -> None:
        self.faulty: set[tuple[int, str]] = set()
        """The (row, field) of each value that can't be used and has been reported."""
        self.originals: dict[tuple[int, str], str] = {}
        """What stood in the file where it is another text than the one that was checked."""
        self.repairs: list[tuple[int, str, str]] = []
        """(row, field, text that is sent) of each repair."""
        self._columns = columns
        self._findings = findings
        self._roles: dict[str, tuple[Role | None, RuleId | None]] = {}
        self._jhana: dict[tuple[type, Value], tuple[bool | None, RuleId | None]] = {}

    def read_texts(self, key: str, rows: Sequence[int], values: list[Value]) -> list[str]:
        """The texts of a column, repaired where they need it."""
        if repair.all_clean(values, key):
            return values  # type: ignore[return-value]  # all are str, as all_clean found out
        return [
            value  # type: ignore[misc]  # a clean value is a str
            if repair.is_clean(value, key)
            else self._repair(key, row, value)
            for row, value in zip(rows, values, strict=True)
        ]

    def _repair(self, key: str, row: int, value: Value) -> str:
        repaired = repair.clean(value, key)
        original = repair.shown(value)
        for rule, arguments in repaired.notes:
            self._note(rule, row, key, original, **arguments)
        if repaired.broken:
            self.faulty.add((row, key))
        elif repaired.text != original and repaired.text:
            self.repairs.append((row, key, repaired.text))
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if key in NAME_KEYS and number and not repaired.text.isdigit():  # those are told as texts
            self._note(RuleId.NUMBER_AS_NAME, row, key, original, name=_NAME_OF[key])
        if repaired.text != original:
            self.originals[row, key] = original
        return repaired.text

    def read_roles(self, rows: Sequence[int], values: list[Value]) -> list[Role | str]:
        """The role of each row; what isn't one stays as it is, for pydantic to find."""
        texts = self.read_texts("role", rows, values)
        distinct = set(texts)
        for text in distinct.difference(self._roles):
            self._roles[text] = repair.read_role(text)
        if any(self._roles[text][1] for text in distinct):
            for row, text in zip(rows, texts, strict=True):
                role, rule = self._roles[text]
                if role and rule:
                    self._note(rule, row, "role", text, sent=role.typed or "blank (manager)")
                    self.repairs.append((row, "role", role.typed))
        roles = {text: self._roles[text][0] or text if text else "" for text in distinct}
        return [roles[text] for text in texts]

    def read_flags(self, rows: Sequence[int], values: list[Value]) -> list[Any]:
        """Whether each row has Jhana; what is neither 1 nor blank is None, for pydantic to find."""
        # 1, 1.0 and True are equal keys of a dict; their types keep them apart.
        typed = list(zip(map(type, values), values, strict=True))
        distinct = set(typed)
        for kind in distinct.difference(self._jhana):
            self._jhana[kind] = repair.read_jhana(kind[1])
        if any(self._jhana[kind][1] or self._jhana[kind][0] is None for kind in distinct):
            for row, kind in zip(rows, typed, strict=True):
                flag, rule = self._jhana[kind]
                if flag is None:
                    self.originals[row, "jhana"] = repair.shown(kind[1])
                elif rule:
                    if flag:
                        self._note(rule, row, "jhana", repair.shown(kind[1]))
                    self.repairs.append((row, "jhana", "1" if flag else ""))
        return [self._jhana[kind][0] for kind in typed]

    def _note(self, rule: RuleId, row: int, key: str, value: str, **arguments: object) -> None:
        self._findings.append(Finding(rule, row, self._columns[key], value, arguments))
