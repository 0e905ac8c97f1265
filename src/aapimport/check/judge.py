"""Checking the rows of one sheet: chunk by chunk, column by column, every row by pydantic."""

from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from aapimport.check.across_rows import Across
from aapimport.check.column_reader import NAME_KEYS, TEXT_KEYS, ColumnReader, ReadRows
from aapimport.check.evidence import Evidence, row_numbers
from aapimport.check.faults import explain
from aapimport.check.filled_down import FilledDown
from aapimport.check.header import Header
from aapimport.check.noted import Correction, Kind, Noted
from aapimport.check.notes import note_in
from aapimport.check.odd_names import odd_names, odd_text
from aapimport.check.repair import shown
from aapimport.check.second_header import find_second_header, what_it_is
from aapimport.check.set_aside import MARKED, SetAside, without_sign
from aapimport.check.unread_cells import Beside, address_in, is_unticked
from aapimport.check.unread_columns import UnreadColumns
from aapimport.check.unseen import ErrorCount
from aapimport.check.validate_rows import Row, validate_rows, without_faulty
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Sheet, Value
from aapimport.sheets.facts import Facts, Looks, seen
from aapimport.template.columns import COLUMNS
from aapimport.template.roles import Role

CHUNK = 8192
"""Rows that are looked at together: enough to be quick, few enough to stay small."""

_COLUMN = {column.key: column for column in COLUMNS}
_BLANK = ("", False)
_Rows = list[Sequence[Value]]
_Columns = dict[str, list[Value]]


class SheetCheck:
    """The check of one sheet.

    Args:
        header: Where the columns are.
        sheet: The sheet that the rows are of.
        facts: What else is known of the sheet's cells.
        hidden: Whether people in rows that nobody sees, or that are marked as not meant, count;
            None if that isn't decided.
        keep_people: Whether the people are wanted, or only what is wrong.
    """

    def __init__(
        self,
        header: Header,
        sheet: Sheet,
        facts: Facts,
        *,
        hidden: str | None = None,
        keep_people: bool,
    ) -> None:
        self.set_aside: list[tuple[int, str, str]] = []
        """(row, address, why) of each person in a row that is hidden, or marked as not meant."""
        self.findings: list[Finding] = []
        """Everything found so far."""
        self.corrections: list[Correction] = []
        """What a copy of the rows has to know, if people are wanted."""
        self.people: list[Row] = []
        """The rows without an error, if they are wanted."""
        self.rows = 0
        """How many rows hold something."""
        self.ready = 0
        """How many of them have no error."""
        self.header = header
        self._set_aside = dict.fromkeys(facts.hidden_rows, "hidden")
        self._set_aside |= seen(facts.looks, Looks()).people_crossed_out(header.columns)
        self._marks = SetAside(header, sheet, facts)
        self._filled_down = FilledDown(header, sheet)
        self._skip_set_aside = hidden == "skip"
        self._reader = ColumnReader(header.columns)
        self._evidence = Evidence(facts, header)
        self._first_column = sheet.first_column
        self._unread = UnreadColumns(header, sheet.first_column)
        self._second: tuple[int, int, str, dict[str, object]] | None = None
        self._not_read: list[int] = []
        self._again: set[int] = set()
        self._columns = header.columns
        self._offsets = {key: at - sheet.first_column for key, at in header.columns.items()}
        delimiter = sheet.text.delimiter if sheet.text else ""
        self._beside = Beside(header, sheet.first_column, delimiter)
        self._keep_people = keep_people
        self._across = Across(header.columns)

    @property
    def unnamed_columns(self) -> list[int]:
        """The columns without a header that hold something beside people."""
        return self._beside.unnamed

    def run(self, rows: Iterator[Sequence[Value]], first_row: int) -> None:
        """Check all rows that the iterator gives; the first of them is row `first_row`."""
        errors = ErrorCount()
        while chunk := list(islice(rows, CHUNK)):
            if stopped := errors.too_many(self.findings, first_row - 1):
                self.findings.append(stopped)
                break
            if any(map(any, chunk)) or not self._is_blank(chunk, first_row):
                self._check_chunk(self._down_to_the_next_header(chunk, first_row), first_row)
            first_row += len(chunk)
        self.findings.extend(self._across.finish())
        self.findings.extend(self._beside.finish())
        self.findings.extend(self._unread.finish())
        self.findings.extend(self._marks.finish())
        self.findings.extend(self._filled_down.finish())
        if self._second:
            people = f", {len(self._not_read):,} with an address" if self._not_read else ""
            if self._not_read:
                people += f": {row_numbers(self._not_read)}"
            row, column, text, said = self._second
            self.add(RuleId.SECOND_HEADER, row, column, text, people=people, **said)
            self.rows += 1 + len(self._not_read)  # none of which is ready

    def _down_to_the_next_header(self, chunk: _Rows, first_row: int) -> _Rows:
        """The rows above a second header with other columns; the same header again is no row."""
        end = 0 if self._second else len(chunk)
        if not self._second:
            for index, column, named in find_second_header(chunk, self.header, self._first_column):
                row, text = first_row + index, shown(chunk[index][column - self._first_column])
                if named != self._columns:
                    self._second = row, column, text, what_it_is(row, named, self.header)
                    end = index
                    break
                self.add(RuleId.REPEATED_HEADER, row, column, text)
                if found := address_in(chunk[index], row, self._first_column):
                    self.findings.append(found)
                self.corrections.append(Correction(row, column, Kind.NOBODY, text))
                self._again.add(row)
        for row, cells in enumerate(chunk[end:], start=first_row + end):
            if address_in(cells, row, self._first_column):
                self._not_read.append(row)
        return chunk[:end]

    def _is_blank(self, chunk: _Rows, first_row: int) -> bool:
        """Whether nothing at all is known of some rows: one far cell brings a million of them."""
        if self._evidence.knows_of(first_row, first_row + len(chunk)):
            return False
        return all(row.count("") == len(row) for row in chunk)

    def _check_chunk(self, chunk: _Rows, first_row: int) -> None:
        numbers = [*range(first_row, first_row + len(chunk))]
        values = {key: _column_of(chunk, at) for key, at in self._offsets.items()}
        self._set_aside.update(self._marks.find(chunk, numbers))
        noted = self._evidence.apply(values, first_row)
        self._clear(values, chunk, first_row, noted)
        read = self._reader.read(numbers, values)
        noted.add(read.noted)
        kept = self._filled(chunk, numbers, read, noted)
        if self._skip_set_aside:
            noted.keep(lambda row: row not in self._set_aside)
        texts, roles, flags = read.texts, read.roles, read.flags
        if len(kept) != len(chunk):
            texts = {key: [column[i] for i in kept] for key, column in texts.items()}
            roles, flags, numbers, chunk = (
                [c[i] for i in kept] for c in (roles, flags, numbers, chunk)
            )
        slipped = [*self._beside.look(chunk, numbers)]
        noted.faulty.update((finding.row or 0, finding.rule) for finding in slipped)
        self._unread.look(chunk)
        self.rows += len(numbers)
        self._validate(numbers, texts, roles, flags, noted)
        if slipped:  # whatever else is wrong in such a row has the same cause
            rows = {finding.row for finding in slipped}
            noted.findings = [it for it in noted.findings if it.row not in rows] + slipped
            for finding in slipped:
                noted.correct(finding.row or 0, min(self._columns.values()), Kind.UNREADABLE)
        self.findings += noted.findings
        if self._keep_people:  # without people no copy is made
            self.corrections += noted.corrections

    def _clear(self, values: _Columns, chunk: _Rows, first_row: int, noted: Noted) -> None:
        """Make blank what is no value: the header again, boxes beside nobody, notes, row marks."""
        for row in self._again:
            if 0 <= row - first_row < len(chunk):
                chunk[row - first_row] = ()
                for column in values.values():
                    column[row - first_row] = ""
        self._clear_nobody(values, chunk, first_row, noted)
        emails = values.get("email", [])
        for row, why in self._set_aside.items() if emails else ():
            index = row - first_row
            if why != "hidden" and 0 <= index < len(emails):
                typed, sent = emails[index], without_sign(emails[index])
                at = self._columns["email"]
                if sent == typed and why.startswith(MARKED):
                    what = f"begins with {why.removeprefix(MARKED)!r}, which may be a mark"
                    cure = "delete the row, or the mark, if it isn't part of the address"
                    noted.find(RuleId.ODD_ADDRESS, row, at, shown(typed), what=what, cure=cure)
                elif sent != typed:
                    emails[index] = sent
                    noted.find(RuleId.ROW_MARK, row, at, shown(typed), sent=sent)
                    noted.correct(row, at, Kind.SENT, shown(sent))

    def _clear_nobody(self, values: _Columns, chunk: _Rows, first_row: int, noted: Noted) -> None:
        """Make blank the rows that hold only empty boxes, a note, a total, or a role and such."""
        keys = sorted(values, key=self._columns.__getitem__)
        columns = [values[key] for key in keys]
        emails = values.get("email", columns[0])
        broken = noted.broken_rows()
        suspects = [i for i, v in enumerate(emails) if type(v) is not str or "@" not in v]
        for index in suspects:
            cells = [column[index] for column in columns]
            if not any(cells) and False not in cells:
                continue
            row = first_row + index
            if not all(cell == "" or is_unticked(cell) for cell in cells):
                filled_down = row not in broken and self._filled_down.is_one(chunk, index, row)
                rule = None if filled_down or row in broken else note_in(keys, cells)
                if rule is None and not filled_down:
                    continue
                at = next(at for at, cell in enumerate(cells) if shown(cell).strip())
                column_at, text = self._columns[keys[at]], shown(cells[at])
                if rule:
                    noted.find(rule, row, column_at, text)
                noted.correct(row, column_at, Kind.NOBODY, text)
            for column in columns:
                column[index] = ""

    def _filled(
        self, chunk: _Rows, numbers: list[int], read: ReadRows, noted: Noted
    ) -> Sequence[int]:
        """The indexes of the rows that hold something in the template's columns, and count."""
        emails = read.texts["email"]
        if "" not in emails and not self._set_aside:
            return range(len(chunk))
        columns = [*read.texts.values(), read.roles, read.flags]
        broken = noted.broken_rows()
        kept = []
        for index, row in enumerate(numbers):
            if row not in broken and all(column[index] in _BLANK for column in columns):
                for found in self._beside.nobody(chunk[index], row):
                    noted.findings.append(found)
                    if found.rule is RuleId.EXTRA_CELLS and found.column is not None:
                        noted.correct(row, found.column, Kind.NOBODY, found.value)
                continue
            if row in self._set_aside:
                self.set_aside.append((row, emails[index], self._set_aside[row]))
                if self._skip_set_aside:
                    continue
            kept.append(index)
        return kept

    def _validate(
        self,
        numbers: list[int],
        texts: dict[str, list[str]],
        roles: list[Any],
        flags: list[Any],
        noted: Noted,
    ) -> None:
        emails, firsts, lasts, teams = (texts[key] for key in TEXT_KEYS)
        across = [*self._across.add(numbers, emails, firsts, lasts)]
        noted.findings += across
        self._across.count_roles(roles.count("") + roles.count(Role.MANAGER), len(roles))
        broken = noted.broken_rows() | {
            found.row for found in across if found.rule is RuleId.DUPLICATE_EMAIL
        }
        # Where everybody has a role and a team, or the columns aren't there, nothing is copied.
        if "" in roles:
            roles = [role or Role.MANAGER for role in roles]
        groups: list[str | None] = [team or None for team in teams] if "" in teams else [*teams]
        rows = list(zip(numbers, emails, firsts, lasts, roles, groups, flags, strict=True))
        whole = [row for row in rows if row[0] not in broken] if broken else rows
        people, faults = validate_rows(whole)
        explain(whole, faults, noted, self._columns)
        self.ready += len(people)
        if self._keep_people:
            self.people += people
        if broken:  # of whom nobody is ready; what else is wrong with them is told
            rest = [row for row in rows if row[0] in broken]
            _, faults = validate_rows(without_faulty(rest, noted.faulty))
            explain(rest, faults, noted, self._columns)
        self._warn(numbers, texts, roles, noted)

    def _warn(
        self, numbers: list[int], texts: dict[str, list[str]], roles: list[Any], noted: Noted
    ) -> None:
        if Role.CLIENT_ADMIN in roles:
            for row, role, email in zip(numbers, roles, texts["email"], strict=True):
                if role is Role.CLIENT_ADMIN:
                    noted.find(
                        RuleId.CLIENT_ADMIN,
                        row,
                        self._columns["role"],
                        role.value,
                        who=email or "a row",
                    )
        for key in NAME_KEYS:
            if key in self._columns:
                others = texts["last_name" if key == "first_name" else "first_name"]
                name = _COLUMN[key].name
                noted.findings += [
                    finding
                    for finding in odd_names(numbers, texts[key], others, self._columns[key], name)
                    if (finding.row, key) not in noted.faulty  # which has been told
                ]

        if "team" in self._columns:
            at, name = self._columns["team"], _COLUMN["team"].name
            found = odd_text(numbers, texts["team"], at, name, is_team=True)
            noted.findings += [it for it in found if (it.row, "team") not in noted.faulty]

    def add(
        self, rule: RuleId, row: int, column: int | None, value: str, **arguments: object
    ) -> None:
        """Note a finding."""
        self.findings.append(Finding(rule, row, column, value, arguments))


def _column_of(chunk: _Rows, at: int) -> list[Value]:
    try:
        return [*map(itemgetter(at), chunk)]
    except IndexError:  # the rows of a text file may be of different length
        return [row[at] if at < len(row) else "" for row in chunk]
