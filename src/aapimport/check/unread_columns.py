"""Columns with a header that isn't known, whose values look like the template's own."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from aapimport.check.column_names import header_form, held_name, is_somebody_elses
from aapimport.check.header import EXPORTED_EXTRAS, Header, mostly_roles, role_in
from aapimport.check.header_words import word_set
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Value
from aapimport.template.columns import COLUMNS
from aapimport.template.roles import Role
from aapimport.text import fold

_NAMES_OF_PEOPLE = ("first_name", "last_name")
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

_NAMES_ADDRESSES = re.compile(
    "mail|adres|address|correo|courriel|epost|indirizzo|endereco|direccion|メール|アドレス"
)
"""What is in the `header_form` of a column of addresses."""
_OF_LOGINS = re.compile(
    "upn|principal|username|login|logon|account|skype|teams|slack|zoom|alias|proxy|recovery|forward"
    "|external|target|sso|microsoft|office365|m365|azure|entra|okta|google|gmail|alternat|secondary"
    "|personal|private"
)
"""What is in that of names to log in by, and of addresses that stand beside a person's own."""
_MOST_WEIGHED = 1000
"""Of so many addresses of a column it is looked whether the people beside them have them."""
_LONGEST = 254
"""Characters of an address (RFC 5321), or of a name, that are looked at."""
_OTHER_ADDRESSES = "other addresses of the same people"
_TAKE_THEM = "write those at which people read mail into the column 'Email Address'"

_MOST_KINDS = 50
"""A column with more different values than this holds no roles, and no ticks."""


class UnreadColumns:
    """Tells of columns that are not read although they hold roles, teams, 1, or other addresses.

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
        self._people_at = [header.columns.get(key, -1) for key in ("email", *_NAMES_OF_PEOPLE)]
        self._addresses: dict[int, list[bool]] = {
            column: [] for column in self._values if _may_be_read_at(header.texts[column])
        }
        """For each column of addresses, of which it holds others: whether they fit the names."""

    def look(self, rows: Sequence[Sequence[Value]]) -> None:
        """Take in some people's rows."""
        for column, fitting in self._addresses.items():
            if len(fitting) < _MOST_WEIGHED:
                fitting.extend(islice(self._weighed(rows, column), _MOST_WEIGHED))
        for column in self._values.keys() - self._of_many_kinds:
            at = column - self._first_column
            values = self._values[column]
            values.update([row[at] if at < len(row) else "" for row in rows])
            if len(values) > _MOST_KINDS:
                self._of_many_kinds.add(column)

    def _weighed(self, rows: Sequence[Sequence[Value]], column: int) -> Iterator[bool]:
        """For each address that is another one than the row's own, whether it fits the names."""
        at = column - self._first_column
        for row in rows:
            other = row[at] if at < len(row) else ""
            if not isinstance(other, str) or "@" not in other:
                continue
            places = (place - self._first_column for place in self._people_at)
            own, *names = (str(row[at])[:_LONGEST] if 0 <= at < len(row) else "" for at in places)
            if other != own and fold(own.strip()) not in fold(other[:_LONGEST]):
                local = header_form(other[:_LONGEST].partition("@")[0])
                words = (header_form(word) for name in names for word in name.split())
                yield any(len(word) > 1 and word in local for word in words)

    def finish(self) -> Iterator[Finding]:
        """The columns that may be missed."""
        for column, values in self._values.items():
            text = self._header.texts[column]
            counts = {value: n for value, n in values.items() if str(value).strip()}
            told = [*self._held(column, text, counts)] if counts else []
            cures = [(what, f"name it {_NAMES[key]!r} if that is what it is") for key, what in told]
            if counts and header_form(text) in _PARTS_OF_SURNAMES:
                cures.append(("parts of surnames", _JOIN))
            fitting = self._addresses.get(column, [])
            if 2 * sum(fitting) > len(fitting):
                cures.append((_OTHER_ADDRESSES, _TAKE_THEM))
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


def _may_be_read_at(text: str) -> bool:
    """Whether a header is one of addresses, and by its words of the people in the list."""
    form = header_form(text)
    is_one = _NAMES_ADDRESSES.search(form) and not _OF_LOGINS.search(form)
    return bool(is_one) and not is_somebody_elses("email", text)


def _is_tick(value: Value) -> bool:
    return not isinstance(value, bool) and (value == 1 or str(value).strip() == "1")
