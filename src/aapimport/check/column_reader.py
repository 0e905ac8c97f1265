"""Reading the template's columns: every value repaired once, every repair noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aapimport.check import repair
from aapimport.check.noted import Kind, Noted
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Value
from aapimport.template.columns import COLUMNS
from aapimport.template.roles import Role

NAME_KEYS = ("first_name", "last_name")
TEXT_KEYS = ("email", *NAME_KEYS, "team")
_NAME_OF = {column.key: column.name for column in COLUMNS}


@dataclass(slots=True)
class ReadRows:
    """The values of some rows, read.

    Attributes:
        texts: The texts of the columns in `TEXT_KEYS`.
        roles: The role of each row; what isn't one stays as it is, for pydantic to find.
        flags: Whether each row has Jhana; None where it says neither yes nor no.
        noted: The repairs, and what can't be repaired.
    """

    texts: dict[str, list[str]]
    roles: list[Any] = field(default_factory=list)
    flags: list[Any] = field(default_factory=list)
    noted: Noted = field(default_factory=Noted)


class ColumnReader:
    """Reads the values of one sheet, column by column.

    Args:
        columns: For each field of `Person`, its column in the file.
    """

    def __init__(self, columns: dict[str, int]) -> None:
        self._columns = columns
        self._noted = Noted()
        self._roles: dict[str, tuple[Role | None, RuleId | None]] = {}
        self._jhana: dict[tuple[type, Value], tuple[bool | None, RuleId | None]] = {}

    def read(self, rows: Sequence[int], values: Mapping[str, list[Value]]) -> ReadRows:
        """Read some rows.

        Args:
            rows: Their numbers.
            values: The values of each column that the file has.
        """
        self._noted = noted = Noted()
        blank: list[Value] = [""] * len(rows)
        texts = {key: self._read_texts(key, rows, values.get(key, blank)) for key in TEXT_KEYS}
        roles = self._read_roles(rows, values.get("role", blank))
        return ReadRows(texts, roles, self._read_flags(rows, values.get("jhana", blank)), noted)

    def _read_texts(self, key: str, rows: Sequence[int], values: list[Value]) -> list[str]:
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
            self._noted.faulty.add((row, key))
            if repaired.hides:
                self._noted.correct(row, self._columns[key], repaired.hides)
        elif repaired.text != original and repaired.text:
            self._send(row, key, repaired.text)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if key in NAME_KEYS and number and not repaired.text.isdigit():  # those are told as texts
            self._note(RuleId.NUMBER_AS_NAME, row, key, original, name=_NAME_OF[key])
            self._noted.correct(row, self._columns[key], Kind.NUMBER)
        if repaired.text != original:
            self._noted.originals[row, key] = original
        return repaired.text

    def _read_roles(self, rows: Sequence[int], values: list[Value]) -> list[Role | str]:
        """The role of each row; what isn't one stays as it is, for pydantic to find."""
        texts = self._read_texts("role", rows, values)
        distinct = set(texts)
        for text in distinct.difference(self._roles):
            self._roles[text] = repair.read_role(text)
        if any(self._roles[text][1] for text in distinct):
            for row, text in zip(rows, texts, strict=True):
                role, rule = self._roles[text]
                if role and rule:
                    self._note(rule, row, "role", text, sent=role.typed or "blank (manager)")
                    self._send(row, "role", role.typed)
        roles = {text: self._roles[text][0] or text if text else "" for text in distinct}
        return [roles[text] for text in texts]

    def _read_flags(self, rows: Sequence[int], values: list[Value]) -> list[Any]:
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
                    self._noted.originals[row, "jhana"] = repair.shown(kind[1])
                elif rule:
                    if flag:
                        self._note(rule, row, "jhana", repair.shown(kind[1]))
                    self._send(row, "jhana", "1" if flag else "")
        return [self._jhana[kind][0] for kind in typed]

    def _send(self, row: int, key: str, text: str) -> None:
        self._noted.correct(row, self._columns[key], Kind.SENT, text)

    def _note(self, rule: RuleId, row: int, key: str, value: str, **arguments: object) -> None:
        self._noted.find(rule, row, self._columns[key], value, **arguments)
