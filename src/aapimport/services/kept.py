"""What was there before a write, and what is shown after it: as values, and as text."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Generic, TypeVar

from aapimport.services.roles import is_own_role
from aapimport.services.scim import plain_words, text
from aapimport.text import fold

_Shown = TypeVar("_Shown")
Item = dict[str, Any]
"""A value of a multi-valued attribute, as it was shown."""
ERASED = "something whose name is erased from the journal"
"""What is gone, where nobody may be told any more what it was called."""
_DIGEST = "sha256:"
_NAMELESS = ("value", "type", "primary", "$ref")
"""The parts of an item that name nobody, unless a service puts addresses into them."""


@dataclass(kw_only=True)
class Kept:
    """What was there before one `add`.

    Attributes:
        before: The values that have to stay, by attribute.
        added: The values that are added, by attribute; each with the address of an account.
        owner: The userName of an account, or its digest; empty for a team.
        used: How many members a team counts; None where it doesn't.
        at: When it was written down, in seconds since 1970.
        since: When the `add` was last under way, on the monotonic clock.
        earlier: Whether an earlier session has kept it.
        taken: Whether it was seen that the `add` took something away, which isn't back yet.
        out: The ids of those whom the write takes out of a team; empty for an `add`.
    """

    before: Mapping[str, list[Item]]
    added: Mapping[str, Mapping[str, str]]
    owner: str = ""
    used: int | None = None
    at: float = field(default_factory=time.time)
    since: float = field(default_factory=time.monotonic)
    earlier: bool = False
    taken: bool = False
    out: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What was there, as the service called it."""
        return names_of(self.before)

    def is_of(self, user_name: str) -> bool:
        """Whether an account that is called so is the one that it was kept for."""
        of = _digest(user_name) if self.owner.startswith(_DIGEST) else fold(user_name)
        return of == (self.owner if self.owner.startswith(_DIGEST) else fold(self.owner))


@dataclass(frozen=True, slots=True)
class Look(Generic[_Shown]):
    """What is shown after an `add`.

    Attributes:
        shown: The resource; None where it isn't shown.
        theirs: Whether it is still called as before; an account may have been handed on.
        fresh: Whether what was added is in it.
        gone: What was there before and isn't in it, in words.
        all_gone: Whether nothing is left of that.
        back: What was gone and has been put back, in words.
    """

    shown: _Shown | None = None
    theirs: bool = True
    fresh: bool = False
    gone: tuple[str, ...] = ()
    all_gone: bool = False
    back: tuple[str, ...] = ()


def names_of(before: Mapping[str, list[Item]]) -> str:
    """What was there, as the service called it."""
    items = (item for values in before.values() for item in values)
    return ", ".join(plain_words(str(one.get("display") or one.get("value", ""))) for one in items)


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What outlives a process, as `Save` is given it.

    Attributes:
        kept: What is kept, by id.
        lost: What is gone and hasn't been told, by id.
        once: Whether an `add` has once been followed by a loss of all that was there.
        losing: The ids of teams that have lost somebody for good.
        takes: Whether that may well happen in other teams, too.
    """

    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost: dict[str, list[str]] = field(default_factory=dict)
    once: bool = False
    losing: list[str] = field(default_factory=list)
    takes: bool = False


def read_saved(saved: str) -> Saved:
    """What was saved as text; earlier versions saved only what is kept."""
    found = json.loads(saved or "{}")
    if "kept" not in found or "lost" not in found:
        return Saved(kept=found)
    return Saved(**{one.name: found[one.name] for one in fields(Saved) if one.name in found})


def without_people(saved: str) -> str:
    """What was saved, without names and addresses: things are put back by ids alone.

    Of what a service calls by an address nothing is left, as nothing but the address tells it: it
    is put back no more; nor is a role in words of the service's own, which may hold a name. Of what
    is gone it is only told how much.
    """
    if not saved:
        return ""
    what = read_saved(saved)
    kept = {one: _nameless(it) for one, it in what.kept.items() if "@" not in one}
    lost = {one: [ERASED] for one, gone in what.lost.items() if gone and "@" not in one}
    losing = [one for one in what.losing if "@" not in one]
    return json.dumps(
        asdict(replace(what, kept=kept, lost=lost, losing=losing)), ensure_ascii=False
    )


def _nameless(kept: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of `Saved.kept` without names and addresses."""
    owner = kept.get("owner", "")
    before = {
        path: [
            {part: item[part] for part in _NAMELESS if part in item and "@" not in str(item[part])}
            for item in items
            if "@" not in str(item.get("value", ""))
            and not (path == "roles" and is_own_role(text(item.get("value"))))
        ]
        for path, items in kept["before"].items()
    }
    added = {
        path: {value: "" for value in values if "@" not in value}
        for path, values in kept["added"].items()
    }
    is_named = owner and not owner.startswith(_DIGEST)
    hidden = _digest(owner) if is_named else owner
    out = [one for one in kept.get("out", ()) if "@" not in one]
    return {**kept, "owner": hidden, "before": before, "added": added, "out": out}


def _digest(user_name: str) -> str:
    return _DIGEST + hashlib.sha256(fold(user_name).encode()).hexdigest()
