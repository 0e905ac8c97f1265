"""Columns with a header that isn't known, whose values look like the template's own."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from aapimport.check.column_names import header_form, held_name
from aapimport.check.header import EXPORTED_EXTRAS, Header, mostly_roles, role_in
from aapimport.check.header_words import word_set
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Value
from aapimport.template.columns import COLUMNS
from aapimport.template.roles import Role

_NAMES = {column.key: column.name for column in COLUMNS}
_COUNTS = word_set(
    "fte headcount hc count total number no qty quantity seats licences licenses active isactive"
    " version level grade year week wave cohort group batch phase"
)
"""Headers, by their `header_form`, of columns in which a 1 is a number and no tick."""

_PARTS_OF_SURNAMES = word_set(
    "tussenvoegsel tussenvoegsels tussenv voorvoegsel voorvoegsels voorvoegselachternaam infix"
    " namenszusatz namensvorsatz vorsatzwort vorsatzworter adelspradikat adelstitel surnameprefix"
    " lastnameprefix familynameprefix nameparticle surnameparticle nobiliaryparticle particule"
    " nameinfix secondlastname secondsurname secondfamilyname segundoapellido 2oapellido 2apellido"
    " apellido2 apellidomaterno segundosobrenome ultimosobrenome"
)
"""Headers, by their `header_form`, of what belongs to the surname: `van den`, a second one."""
_JOIN = "write what it holds into the column 'Last Name', before or behind the name there"

_MOST_KINDS = 50
"""A column with more different values than this holds no roles, and no ticks."""


class UnreadColumns:
    """Tells of columns that are not read although their values are roles, teams, or 1.

    Args:
        header: Where the columns are.
        first_column: The column that each row's first value stands in.
    """

    def __init__(self, header: Header, first_column: int) -> None:
        self._header = header
        self._first_column = first_column
        known = {header_form(name) for name in EXPORTED_EXTRAS}
        told = {f.column for f in header.findings if f.rule is not RuleId.EXTRA_COLUMN}
        used = {*header.columns.values(), *told}
        self._values: dict[int, Counter[Value]] = {
            column: Counter()
            for column, text in header.texts.items()
            if column not in used and header_form(text) not in known
        }
        self._of_many_kinds: set[int] = set()

    def look(self, rows: Sequence[Sequence[Value]]) -> None:
        """Take in some people's rows."""
        for column in self._values.keys() - self._of_many_kinds:
            at = column - self._first_column
            values = self._values[column]
            values.update([row[at] if at < len(row) else "" for row in rows])
            if len(values) > _MOST_KINDS:
                self._of_many_kinds.add(column)

    def finish(self) -> Iterator[Finding]:
        """The columns that may be missed."""
        for column, values in self._values.items():
            text = self._header.texts[column]
            counts = {value: n for value, n in values.items() if str(value).strip()}
            told = [*self._held(column, text, counts)] if counts else []
            cures = [(what, f"name it {_NAMES[key]!r} if that is what it is") for key, what in told]
            if counts and header_form(text) in _PARTS_OF_SURNAMES:
                cures.append(("parts of surnames", _JOIN))
            for what, cure in cures:
                arguments = {"what": what, "cure": cure}
                yield Finding(RuleId.COLUMN_LEFT_OUT, self._header.row, column, text, arguments)

    def _held(
        self, column: int, text: str, counts: Mapping[Value, int]
    ) -> Iterator[tuple[str, str]]:
        """The field that a column may be, and what it holds, in words; nothing for most columns."""
        missing = _NAMES.keys() - self._header.columns.keys()
        held = held_name(text)
        if column not in self._of_many_kinds:
            roles = {*map(role_in, counts)}
            if None not in roles:
                yield "role", "roles"
            elif "role" in missing and mostly_roles(counts):
                yield "role", "mostly roles"
            elif "role" in missing and held and held.key == "role" and roles - {Role.MANAGER, None}:
                yield "role", "some roles"
            elif held and held.key == "role" and "role" in missing and not held.another:
                yield "role", "what may be roles"
            is_count = header_form(text) in _COUNTS
            if "jhana" in missing and not is_count and all(map(_is_tick, counts)):
                yield "jhana", "only 1 and blanks"
        if "team" in missing and held and held.key == "team" and not held.another:
            yield "team", "what may be teams"


def _is_tick(value: Value) -> bool:
    return not isinstance(value, bool) and (value == 1 or str(value).strip() == "1")
