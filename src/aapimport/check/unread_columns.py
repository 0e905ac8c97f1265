"""Columns with a header that isn't known, whose values look like the template's own."""

from collections.abc import Iterator, Sequence

from aapimport.check.column_names import header_form, word_set
from aapimport.check.header import EXPORTED_EXTRAS, Header
from aapimport.check.repair import read_role
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Value
from aapimport.template.columns import COLUMNS

_NAMES = {column.key: column.name for column in COLUMNS}
_COUNTS = word_set(
    "fte headcount hc count total number no qty quantity seats licences licenses active isactive"
    " version level grade year week wave cohort group batch phase"
)
"""Headers, by their `header_form`, of columns in which a 1 is a number and no tick."""


class UnreadColumns:
    """Tells of columns that are not read although all their values are roles, or 1.

    Args:
        header: Where the columns are.
        first_column: The column that each row's first value stands in.
    """

    def __init__(self, header: Header, first_column: int) -> None:
        self._header = header
        self._first_column = first_column
        known = {header_form(name) for name in EXPORTED_EXTRAS}
        used = set(header.columns.values())
        unread = [
            (column, header_form(text))
            for column, text in header.texts.items()
            if column not in used and header_form(text) not in known
        ]
        self._roles = {column: 0 for column, _ in unread}
        ticks = [column for column, form in unread if form not in _COUNTS]
        self._ticks = dict.fromkeys(ticks if "jhana" not in header.columns else (), 0)

    def look(self, rows: Sequence[Sequence[Value]]) -> None:
        """Take in some people's rows; a column with any other value is left alone."""
        for watched, fits in ((self._roles, _is_role), (self._ticks, _is_tick)):
            for column in [*watched]:
                at = column - self._first_column
                for row in rows:
                    value = row[at] if at < len(row) else ""
                    if value == "" or (isinstance(value, str) and not value.strip()):
                        continue
                    if not fits(value):
                        del watched[column]
                        break
                    watched[column] += 1

    def finish(self) -> Iterator[Finding]:
        """The columns that are left, with something in them."""
        for key, watched, what in (
            ("role", self._roles, "roles"),
            ("jhana", self._ticks, "only 1 and blanks"),
        ):
            for column, count in watched.items():
                if count:
                    text = self._header.texts[column]
                    arguments = {"what": what, "meant": _NAMES[key]}
                    yield Finding(RuleId.COLUMN_LEFT_OUT, self._header.row, column, text, arguments)


def _is_role(value: Value) -> bool:
    return isinstance(value, str) and read_role(value.strip())[0] is not None


def _is_tick(value: Value) -> bool:
    return not isinstance(value, bool) and (value == 1 or str(value).strip() == "1")
