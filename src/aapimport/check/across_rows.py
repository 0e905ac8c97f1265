"""What only shows across rows: duplicates, twins, names twice, slips in domains, swapped names."""

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import compress, count, repeat
from operator import itemgetter, not_

from aapimport.check.look_alikes import look_alikes
from aapimport.problems.problem import Finding

_PUBLIC_DOMAINS = ("gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com")
_PROVIDERS = {
    *_PUBLIC_DOMAINS,
    *(
        "aol.com",
        "email.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.co.uk",
        "hotmail.fr",
    ),
    *("live.com", "mac.com", "mail.com", "me.com", "msn.com", "outlook.de", "outlook.fr", "pm.me"),
    *("proton.me", "protonmail.com", "rocketmail.com", "yahoo.co.jp", "yahoo.co.uk", "yahoo.fr"),
    *("ymail.com", "zoho.com"),
}
"""Mail services that exist; their names are no slips of each other's."""
_DOMAIN = re.compile(r"[\w.-]+")
_SLIPPED_ENDINGS = {"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com"}
_FREQUENT = 5
_TIMES_RARER = 5
_ENOUGH_STRAIGHT, _TIMES_STRAIGHT = 5, 3
_SEPARATORS = str.maketrans("_- ", "...", "'’")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa", "ø": "oe"})
_PLUS_PART = re.compile(r"\+[^@\n]*")
_MANY_BLANK_ROLES = 10


def fold(text: str) -> str:
    """The same as `aapimport.person.fold`, without pydantic, and quick for ASCII."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def fold_all(values: list[str]) -> list[str]:
    """Fold many texts in one go: neither step of folding reaches across a line break."""
    folded = fold("\n".join(values)).split("\n")
    return folded if len(folded) == len(values) else [fold(value) for value in values]


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
        self._blank_roles = 0
        self._total = 0

    def add(
        self, rows: Sequence[int], emails: list[str], firsts: list[str], lasts: list[str]
    ) -> Iterator[Finding]:
        """Take in some rows; duplicates are told at once."""
        keys = fold_all(emails)
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
        first = self._typed.get(owner, fold(email))
        written = "" if first == email else f", written {first!r}"
        cause = ""
        if written:
            same_letters = first.lower() == email.lower()
            cause = "capital letters do not count; " if same_letters else "they read the same; "
        return Finding(
            "duplicate-email",
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

    def count_roles(self, blank: int, total: int) -> None:
        """Take in how many of some more people have a blank role."""
        self._blank_roles += blank
        self._total += total

    def finish(self) -> Iterator[Finding]:
        """Everything that can be said once all rows are known."""
        yield from self._domains()
        yield from self._look_alikes()
        yield from self._twins()
        yield from self._same_names()
        clearly = self._straight >= _TIMES_STRAIGHT * len(self._swapped)
        if self._straight >= _ENOUGH_STRAIGHT and clearly:
            for row, first, last, email in self._swapped:
                yield Finding(
                    "swapped-names",
                    row,
                    self._columns["first_name"],
                    first,
                    {"last": last, "email": self._typed.get(row, email)},
                )
        if self._blank_roles >= max(_MANY_BLANK_ROLES, self._total / 2):
            yield Finding(
                "many-managers",
                None,
                None,
                "",
                {"count": self._blank_roles, "total": self._total},
            )

    def _domains(self) -> Iterator[Finding]:
        counts = Counter(map(itemgetter(2), map(str.rpartition, self._rows_of, repeat("@"))))
        frequent = [name for name, count in counts.items() if count >= _FREQUENT]
        odd = {
            domain: meant
            for domain, count in counts.items()
            if _DOMAIN.fullmatch(domain)  # else it is no address at all, which has been told
            and (meant := _meant_domain(domain, count, counts, frequent))
        }
        if not odd:
            return
        for key, row in self._rows_of.items():
            if (domain := key.rpartition("@")[2]) in odd:
                yield self._about_email("odd-domain", row, key, meant=odd[domain])

    def _look_alikes(self) -> Iterator[Finding]:
        joined = "\n".join(self._rows_of)
        if joined.isascii() and "xn--" not in joined:
            return
        for key, row in self._rows_of.items():
            if (not key.isascii() or "xn--" in key) and (what := look_alikes(key)):
                yield self._about_email("look-alike-letters", row, key, what=what)

    def _about_email(self, rule: str, row: int, key: str, **arguments: object) -> Finding:
        return Finding(rule, row, self._columns["email"], self._typed.get(row, key), arguments)

    def _twins(self) -> Iterator[Finding]:
        # Without dots, and without what follows a plus sign, most files have no two the same;
        # only the others are worth the exact look.
        rough = "\n".join(self._rows_of).replace(".", "")
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
                    "address-twin",
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
        column = self._columns.get("last_name", self._columns["email"])
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
                    "same-name",
                    rows[other],
                    column,
                    f"{firsts[other]} {lasts[other]}",
                    {
                        "first_cell": (rows[first], column),
                        "other": self._typed.get(rows[first], known),
                    },
                )


def _mailbox(key: str) -> str:
    """An address without what many mail services ignore: dots and the part after a plus sign."""
    local, at, domain = key.rpartition("@")
    if "." in local or "+" in local:
        return f"{local.partition('+')[0].replace('.', '')}{at}{domain}"
    return key


def _meant_domain(domain: str, count: int, counts: Counter[str], frequent: list[str]) -> str:
    """The domain that a rare one was probably meant to be, or nothing."""
    if not domain:
        return ""
    for known in (*frequent, *_PUBLIC_DOMAINS):
        often = counts.get(known, 0)
        public = known in _PUBLIC_DOMAINS and count < _FREQUENT
        rarer = public or often >= _TIMES_RARER * count
        if rarer and domain not in _PROVIDERS and one_slip(domain, known):
            return known
    name, _, ending = domain.rpartition(".")
    return f"{name}.{_SLIPPED_ENDINGS[ending]}" if ending in _SLIPPED_ENDINGS and name else ""


def one_slip(text: str, other: str) -> bool:
    """Whether one slip of the finger makes one text of the other.

    A letter too many, too few, another one, or two neighbours swapped.
    """
    if text == other or abs(len(text) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(text), len(other)) and text[start] == other[start]:
        start += 1
    rest, other_rest = text[start:], other[start:]
    return (
        rest[1:] == other_rest[1:]
        or rest[1:] == other_rest
        or rest == other_rest[1:]
        or (rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:])
    )
