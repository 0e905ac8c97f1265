"""Checking the rows of one sheet: chunk by chunk, column by column, every row by pydantic."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from aapimport.check.across_rows import Across
from aapimport.check.column_reader import NAME_KEYS, ColumnReader
from aapimport.check.evidence import Evidence
from aapimport.check.header import Header
from aapimport.check.hints import missing_value_hint, role_hint
from aapimport.check.odd_names import odd_names, odd_text
from aapimport.check.unread_cells import Beside
from aapimport.check.validate_rows import KEYS, Fault, Row, validate_rows
from aapimport.problems.problem import Finding
from aapimport.sheets.facts import Facts
from aapimport.sheets.table import Table, Value
from aapimport.template.columns import COLUMNS
from aapimport.template.roles import Role

CHUNK = 8192
"""Rows that are looked at together: enough to be quick, few enough to stay small."""

_COLUMN = {column.key: column for column in COLUMNS}
_BLANK = ("", False)
_TEXT_KEYS = ("email", *NAME_KEYS, "team")


class SheetCheck:
    """The check of one sheet.

    Args:
        header: Where the columns are.
        table: The sheet that the rows are of.
        facts: What else is known of the sheet's cells.
        hidden: Whether people in rows that nobody sees count; None if that isn't decided.
        keep_people: Whether the people are wanted, or only what is wrong.
    """

    def __init__(
        self,
        header: Header,
        table: Table,
        facts: Facts,
        *,
        hidden: str | None = None,
        keep_people: bool,
    ) -> None:
        self.hidden_people: list[int] = []
        self._hidden_rows = facts.hidden_rows
        self._skip_hidden = hidden == "skip"
        self.findings: list[Finding] = []
        self._reader = ColumnReader(header.columns, self.findings)
        self._evidence = Evidence(
            facts, header, self.findings, self._reader.faulty, self._reader.repairs
        )
        self.people: list[Row] = []
        self.rows = 0
        self.ready = 0
        self._columns = header.columns
        self._offsets = {key: at - table.first_column for key, at in header.columns.items()}
        self._beside = Beside(header, table.first_column, table.delimiter)
        self._keep_people = keep_people
        self._across = Across(header.columns)

    @property
    def repairs(self) -> list[tuple[int, str, str]]:
        """(row, field, text that is sent) of each repair."""
        return self._reader.repairs

    def _broken(self) -> set[int]:
        """The rows that hold a value that can't be used."""
        return {row for row, _ in self._reader.faulty}

    def run(self, rows: Iterator[Sequence[Value]], first_row: int) -> None:
        """Check all rows that the iterator gives; the first of them is row `first_row`."""
        while chunk := list(islice(rows, CHUNK)):
            self._check_chunk(chunk, first_row)
            first_row += len(chunk)
        self.findings.extend(self._across.finish())
        self.findings.extend(self._beside.finish())

    def _check_chunk(self, chunk: list[Sequence[Value]], first_row: int) -> None:
        numbers = [*range(first_row, first_row + len(chunk))]
        values = {key: _column_of(chunk, at) for key, at in self._offsets.items()}
        reader = self._reader
        reader.faulty.clear()
        begun = len(self.findings), len(reader.repairs)
        self._evidence.apply(values, first_row)
        blank: list[Value] = [""] * len(chunk)
        texts = {key: reader.read_texts(key, numbers, values.get(key, blank)) for key in _TEXT_KEYS}
        roles: list[Any] = reader.read_roles(numbers, values.get("role", blank))
        flags = reader.read_flags(numbers, values.get("jhana", blank))
        kept = self._filled(chunk, numbers, texts, (roles, flags))
        if self._skip_hidden:
            self._forget_hidden(*begun)
        if len(kept) != len(chunk):
            texts = {key: [column[i] for i in kept] for key, column in texts.items()}
            roles, flags, numbers, chunk = (
                [c[i] for i in kept] for c in (roles, flags, numbers, chunk)
            )
        slipped = [*self._beside.look(chunk, numbers)]
        reader.faulty.update((finding.row or 0, finding.rule) for finding in slipped)
        self.rows += len(numbers)
        self._validate(numbers, texts, roles, flags)
        if slipped:  # whatever else is wrong in such a row has the same cause
            rows = {finding.row for finding in slipped}
            self.findings[begun[0] :] = [f for f in self.findings[begun[0] :] if f.row not in rows]
            self.findings += slipped

    def _forget_hidden(self, findings: int, repairs: int) -> None:
        """Leave out what was noted about hidden rows since there were so many findings and repairs.

        Merged cells may reach from a hidden row into one that is seen.
        """
        self.findings[findings:] = [
            finding
            for finding in self.findings[findings:]
            if finding.row not in self._hidden_rows or finding.rule == "merged-cell"
        ]
        self.repairs[repairs:] = [
            repair for repair in self.repairs[repairs:] if repair[0] not in self._hidden_rows
        ]

    def _filled(
        self,
        chunk: list[Sequence[Value]],
        numbers: list[int],
        texts: dict[str, list[str]],
        marks: tuple[list[Any], list[Any]],
    ) -> Sequence[int]:
        """The indexes of the rows that hold something in the template's columns, and count."""
        if "" not in texts["email"] and not self._hidden_rows:
            return range(len(chunk))
        columns = [*texts.values(), *marks]
        broken = self._broken()
        kept = []
        for index, row in enumerate(numbers):
            if row not in broken and all(column[index] in _BLANK for column in columns):
                self.findings.extend(self._beside.nobody(chunk[index], row))
                continue
            if row in self._hidden_rows:
                self.hidden_people.append(row)
                if self._skip_hidden:
                    continue
            kept.append(index)
        return kept

    def _validate(
        self,
        numbers: list[int],
        texts: dict[str, list[str]],
        roles: list[Any],
        flags: list[Any],
    ) -> None:
        emails, firsts, lasts, teams = (texts[key] for key in _TEXT_KEYS)
        before = len(self.findings)
        self.findings.extend(self._across.add(numbers, emails, firsts, lasts))
        self._across.count_roles(roles.count("") + roles.count(Role.MANAGER), len(roles))
        broken = self._broken() | {
            f.row for f in self.findings[before:] if f.rule == "duplicate-email"
        }
        # Where everybody has a role and a team, or the columns aren't there, nothing is copied.
        if "" in roles:
            roles = [role or Role.MANAGER for role in roles]
        groups: list[str | None] = [team or None for team in teams] if "" in teams else [*teams]
        rows = list(zip(numbers, emails, firsts, lasts, roles, groups, flags, strict=True))
        people, faults = validate_rows(rows)
        for fault in faults:
            self._explain(fault, dict(zip(KEYS, rows[fault.index], strict=True)))
        good = [person for person in people if person[0] not in broken] if broken else people
        self.ready += len(good)
        if self._keep_people:
            self.people += good
        self._warn(numbers, texts, roles)

    def _explain(self, fault: Fault, row: dict[str, Any]) -> None:
        """Turn what pydantic says into a problem of the catalogue."""
        number, key = row["row"], fault.key
        if (number, key) in self._reader.faulty:
            return
        column = self._columns.get(key)
        value = self._reader.originals.get((number, key), str(row[key] or ""))
        name = _COLUMN[key].name
        if fault.kind == "string_too_short":
            if column is not None:
                cure = missing_value_hint(row, key)
                self.add("missing-value", number, column, "", name=name, cure=cure)
        elif fault.kind == "string_too_long":
            limit = _COLUMN[key].max_length
            self.add(
                "too-long", number, column, value, length=len(row[key]), name=name, limit=limit
            )
        elif fault.kind == "not-an-email":
            self.add("not-an-email", number, column, value, reason=fault.context["reason"])
        elif key == "role":
            self.add("unknown-role", number, column, value, meant=role_hint(value))
        elif key == "jhana":
            self.add("bad-jhana", number, column, value)
        else:
            raise AssertionError(fault)

    def _warn(self, numbers: list[int], texts: dict[str, list[str]], roles: list[Any]) -> None:
        if Role.CLIENT_ADMIN in roles:
            for row, role, email in zip(numbers, roles, texts["email"], strict=True):
                if role is Role.CLIENT_ADMIN:
                    self.add(
                        "client-admin", row, self._columns["role"], role.value, who=email or "a row"
                    )
        for key in NAME_KEYS:
            if key in self._columns:
                others = texts["last_name" if key == "first_name" else "first_name"]
                name = _COLUMN[key].name
                self.findings += [
                    finding
                    for finding in odd_names(numbers, texts[key], others, self._columns[key], name)
                    if (finding.row, key) not in self._reader.faulty  # which has been told
                ]

        if "team" in self._columns:
            at, name = self._columns["team"], _COLUMN["team"].name
            self.findings += odd_text(numbers, texts["team"], at, name, is_team=True)

    def add(self, rule: str, row: int, column: int | None, value: str, **arguments: object) -> None:
        """Note a finding."""
        self.findings.append(Finding(rule, row, column, value, arguments))


def _column_of(chunk: list[Sequence[Value]], at: int) -> list[Value]:
    try:
        return [row[at] for row in chunk]
    except IndexError:  # the rows of a text file may be of different length
        return [row[at] if at < len(row) else "" for row in chunk]
