"""What only shows across rows: duplicates, twins, names twice, slips in domains, swapped names."""

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import compress, count, repeat
from operator import itemgetter, not_

from aapimport.check.domains import odd_domains
from aapimport.check.evidence import row_numbers
from aapimport.check.look_alikes import look_alikes, written_out
from aapimport.check.odd_addresses import may_be_odd, oddity
from aapimport.check.shifted import Shifted
from aapimport.check.shuffled import Shuffled
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.text import fold, fold_all

_ENOUGH_STRAIGHT, _TIMES_STRAIGHT = 5, 3
_SEPARATORS = str.maketrans("_- ", "...", "'’")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa", "ø": "oe"})
_PLUS_PART = re.compile(r"\+[^@\n]*")
_MANY_BLANK_ROLES = 10
_ALIASES = {
    "googlemail.com": "gmail.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "protonmail.com": "proton.me",
    "pm.me": "proton.me",
    "ya.ru": "yandex.ru",
    "yandex.com": "yandex.ru",
}
"""Domains of one mail service with one mailbox in all of them (the services' help pages)."""

_NAMING = ("last_name", "first_name", "email")
"""The columns at which a repeated name is told, the best first."""


def _spoken(values: list[str]) -> list[str]:
    """Folded texts as addresses spell them: one kind of separator, no accents."""
    joined = "\n".join(values)
    if joined.isascii():
        return joined.translate(_SEPARATORS).split("\n")
    return [*map(_speak, values)]


def _joined(names: list[str]) -> str:
    """Names on a line each; one with a line break in it has an error of its own."""
    joined = "\n".join(names)
    if joined.count("\n") == len(names) - 1:
        return joined
    return "\n".join(name.replace("\n", " ") for name in names)


@lru_cache(maxsize=1 << 15)
def _speak(text: str, *, spelt_out: bool = False) -> str:
    """One text as addresses spell it; with accents spelt out, `ü` is `ue`."""
    if not text.isascii():
        text = text.translate(_SPELT_OUT) if spelt_out else text
        text = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    return text.translate(_SEPARATORS)


class Across:
    """Everything that is remembered of the rows seen so far.

    Args:
        columns: For each field, its column in the file.
    """

    def __init__(self, columns: dict[str, int]) -> None:
        self._columns = columns
        self._rows_of: dict[str, int] = {}
        self._typed: dict[int, str] = {}
        self._names = array("q")
        self._name_rows = array("L")
        self._typed_firsts: list[str] = []
        self._typed_lasts: list[str] = []
        self._straight = 0
        self._swapped: list[tuple[int, str, str, str]] = []
        self._shifted = Shifted()
        self._shuffled = Shuffled()
        self._blank_roles = 0
        self._total = 0

    def add(
        self, rows: Sequence[int], emails: list[str], firsts: list[str], lasts: list[str]
    ) -> Iterator[Finding]:
        """Take in some rows; duplicates are told at once."""
        keys = _mailboxes(emails)
        owners = list(map(self._rows_of.setdefault, keys, rows))
        if keys != emails:
            self._typed.update(
                (row, email)
                for row, email, key in zip(rows, emails, keys, strict=True)
                if email != key
            )
        for row, owner, email in zip(rows, owners, emails, strict=True):
            if owner != row and email:
                yield self._duplicate(row, owner, email)
        self._add_names(rows, keys, firsts, lasts)

    def _duplicate(self, row: int, owner: int, email: str) -> Finding:
        column = self._columns["email"]
        first = self._typed.get(owner, _mailboxes([email])[0])
        written = "" if first == email else f", written {first!r}"
        cause = ""
        if written:
            same_letters = first.lower() == email.lower()
            cause = "capital letters do not count; " if same_letters else "they read the same; "
        return Finding(
            RuleId.DUPLICATE_EMAIL,
            row,
            column,
            email,
            {"first_cell": (owner, column), "written": written, "cause": cause},
        )

    def _add_names(
        self, rows: Sequence[int], keys: list[str], firsts: list[str], lasts: list[str]
    ) -> None:
        if not rows:
            return
        first_keys, last_keys = fold_all(firsts), fold_all(lasts)
        self._names.extend(map(hash, zip(first_keys, last_keys, strict=True)))
        self._name_rows.extend(rows)
        self._typed_firsts.append(_joined(firsts))
        self._typed_lasts.append(_joined(lasts))
        addresses, spoken = _spoken(keys), (_spoken(first_keys), _spoken(last_keys))
        if not len(keys) == len(addresses) == len(spoken[0]) == len(spoken[1]):
            return  # a line break in a value, which is an error of its own
        straight = [*map(str.startswith, addresses, map("{}.{}@".format, *spoken))]
        for at in compress(count(), map(not_, straight)):
            address, first, last = addresses[at], spoken[0][at], spoken[1][at]
            swapped = address.startswith(f"{last}.{first}@")
            if not (swapped or (first_keys[at].isascii() and last_keys[at].isascii())):
                first, last = (
                    _speak(names[at], spelt_out=True) for names in (first_keys, last_keys)
                )
                straight[at] = address.startswith(f"{first}.{last}@")
                swapped = address.startswith(f"{last}.{first}@")
            if swapped and first_keys[at] != last_keys[at]:
                self._swapped.append((rows[at], firsts[at], lasts[at], keys[at]))
        self._straight += sum(straight)
        self._shifted.add(len(self._name_rows) - len(rows), addresses, *spoken, straight)
        self._shuffled.add(rows, addresses, *spoken, straight)

    def count_roles(self, blank: int, total: int) -> None:
        """Take in how many of some more people have a blank role."""
        self._blank_roles += blank
        self._total += total

    def finish(self) -> Iterator[Finding]:
        """Everything that can be said once all rows are known."""
        yield from self._odd_addresses()
        yield from self._twins()
        yield from self._same_names()
        clearly = self._straight >= _TIMES_STRAIGHT * len(self._swapped)
        if self._straight >= _ENOUGH_STRAIGHT and clearly:
            for row, first, last, email in self._swapped:
                yield Finding(
                    RuleId.SWAPPED_NAMES,
                    row,
                    self._columns["first_name"],
                    first,
                    {"last": last, "email": self._typed.get(row, email)},
                )
        shifted = self._shifted.found()
        for start, length, other in shifted:
            row, place = (
                self._name_rows[start],
                (self._name_rows[other], self._columns["first_name"]),
            )
            key = self._address_in(row)
            yield self._about_email(
                RuleId.SHIFTED_ADDRESSES, row, key, other_cell=place, count=length
            )
        yield from self._exchanged(sum(length for _, length, _ in shifted))
        if self._blank_roles >= max(_MANY_BLANK_ROLES, self._total / 2):
            yield Finding(
                RuleId.MANY_MANAGERS,
                None,
                None,
                "",
                {"count": self._blank_roles, "total": self._total},
            )

    def _address_in(self, row: int) -> str:
        return next((email for email, at in self._rows_of.items() if at == row), "")

    def _exchanged(self, told: int) -> Iterator[Finding]:
        """Addresses that are beside the wrong names, told once for all but those told already."""
        found = self._shuffled.found(told, self._typed_firsts, self._typed_lasts)
        if not found:
            return
        key, rows, other = found
        column = self._columns["last_name" if key == "last_name" else "first_name"]
        yield self._about_email(
            RuleId.SHUFFLED_ADDRESSES,
            rows[0],
            self._address_in(rows[0]),
            other_cell=(other, column),
            count=len(rows),
            rows=row_numbers(rows),
        )

    def _odd_addresses(self) -> Iterator[Finding]:
        """What is odd about single addresses: of several oddities of one, the first is told."""
        joined = "\n".join(self._rows_of)
        counts = Counter(map(itemgetter(2), map(str.rpartition, self._rows_of, repeat("@"))))
        shown = {domain: written_out(domain) for domain in counts if "xn--" in domain}
        as_read: Counter[str] = Counter()
        for domain, often in counts.items():
            as_read[shown.get(domain, domain)] += often
        slips = odd_domains(as_read)
        deceptive = not joined.isascii() or bool(shown)
        odd = may_be_odd(joined, counts)
        if not (slips or deceptive or odd):
            return
        for key, row in self._rows_of.items():
            domain = key.rpartition("@")[2]
            typed = self._typed.get(row, key)
            foreign = deceptive and (not key.isascii() or domain in shown)
            if foreign and (what := look_alikes(fold(typed))):
                yield self._about_email(RuleId.LOOK_ALIKE_LETTERS, row, key, what=what)
            elif meant := slips.get(shown.get(domain, domain)):
                yield self._about_email(RuleId.ODD_DOMAIN, row, key, meant=meant)
            elif odd and (found := oddity(key)):
                yield self._about_email(RuleId.ODD_ADDRESS, row, key, what=found[0], cure=found[1])

    def _about_email(self, rule: RuleId, row: int, key: str, **arguments: object) -> Finding:
        return Finding(rule, row, self._columns["email"], self._typed.get(row, key), arguments)

    def _twins(self) -> Iterator[Finding]:
        # Without dots, and without what follows a plus sign, most files have no two the same;
        # only the others are worth the exact look.
        rough = "\n".join(self._rows_of).replace(".", "")
        for alias, domain in _ALIASES.items():
            rough = rough.replace(f"@{alias}".replace(".", ""), f"@{domain}".replace(".", ""))
        if "+" in rough:
            rough = _PLUS_PART.sub("", rough)
        mailboxes = rough.split("\n")
        if len(set(mailboxes)) == len(mailboxes):
            return
        repeated = {mailbox for mailbox, count in Counter(mailboxes).items() if count > 1}
        first: dict[str, tuple[int, str]] = {}
        column = self._columns["email"]
        for (key, row), rough_key in zip(self._rows_of.items(), mailboxes, strict=True):
            if not key or rough_key not in repeated:
                continue
            mailbox = _mailbox(key)
            typed = self._typed.get(row, key)
            if mailbox in first:
                other_row, other = first[mailbox]
                yield Finding(
                    RuleId.ADDRESS_TWIN,
                    row,
                    column,
                    typed,
                    {"other": other, "first_cell": (other_row, column)},
                )
            else:
                first[mailbox] = (row, typed)

    def _same_names(self) -> Iterator[Finding]:
        nobody = hash(("", ""))
        repeated = {
            name for name, count in Counter(self._names).items() if count > 1 and name != nobody
        }
        if not repeated:
            return
        groups: dict[int, list[int]] = {}
        for at, name in enumerate(self._names):
            if name in repeated:
                groups.setdefault(name, []).append(at)
        firsts, lasts = (
            [name for chunk in typed for name in chunk.split("\n")]
            for typed in (self._typed_firsts, self._typed_lasts)
        )
        rows = self._name_rows
        wanted = {rows[at] for group in groups.values() for at in group}
        email_of = {row: key for key, row in self._rows_of.items() if row in wanted}
        column = next(self._columns[key] for key in _NAMING if key in self._columns)
        for first, *others in groups.values():
            if not firsts[first] or not lasts[first]:
                continue  # half a name is nobody's in particular
            known = email_of.get(rows[first], "")
            for other in others:
                key = email_of.get(rows[other], "")
                # A row that owns no address has a duplicate one or none, and that has been told.
                if not key or not known or _mailbox(key) == _mailbox(known):
                    continue
                yield Finding(
                    RuleId.SAME_NAME,
                    rows[other],
                    column,
                    f"{firsts[other]} {lasts[other]}",
                    {
                        "first_cell": (rows[first], column),
                        "other": self._typed.get(rows[first], known),
                    },
                )


def _mailboxes(addresses: list[str]) -> list[str]:
    """For each address, the form in which two are the same mailbox, on one line."""
    joined = "\n".join(addresses)
    if joined.isascii() and joined.count("\n") == max(len(addresses) - 1, 0):
        return joined.lower().split("\n") if addresses else []
    from aapimport.person import address_key  # with pydantic, which is still being loaded

    return [
        # A letter in a circle is the letter: services differ in that, and nobody types it.
        address_key(unicodedata.normalize("NFKC", address)).replace("\n", " ")
        for address in addresses
    ]


def _mailbox(key: str) -> str:
    """An address without what many mail services ignore: dots and the part after a plus sign."""
    local, at, domain = key.rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}{at}{_ALIASES.get(domain, domain)}"
