"""Which passes people are on, for portals that publish no list: a misspelt name is found out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from aapimport.errors import RefusedError, ServiceError
from aapimport.plan.doubt import Doubt
from aapimport.plan.names import plain, suggest
from aapimport.services.directory import Unknown
from aapimport.services.portal import Portal
from aapimport.services.scim import Account, equals
from aapimport.services.values import Pass
from aapimport.text import fold

_MOST_NAMED = 10
_QUESTION = "Is it a new pass, and spelt right?"
_FLAG = "--new-pass"


def as_seen(portal: Portal, pass_: Pass) -> tuple[Pass, str, Doubt | None]:
    """A pass as the portal's people have it, of a portal that publishes no passes.

    Args:
        portal: The portal.
        pass_: The pass as it was typed.

    Returns:
        The pass, spelt as people have it; a notice, or nothing; and what has to be asked where
        nobody has it, but people are on others.

    Raises:
        RefusedError: People are on several passes that differ in letter case only, and none of them
            is spelt as typed.
        SettingsError: The token is refused.
    """
    found = portal.search(equals("entitlements.value", pass_.id))
    seen = Counter[str]() if isinstance(found, Unknown) else _passes_of(found)
    try:
        if not (spelt := _spelt(pass_.id, seen)):
            seen = _passes_of(portal.everybody())
            spelt = _spelt(pass_.id, seen)
    except ServiceError as error:
        sentence = f"whether anybody is on pass {pass_.id!r} can't be found out: {error.message}"
        return pass_, sentence, Doubt(sentence, _QUESTION, _FLAG)
    if spelt:
        return replace(pass_, id=spelt, name=spelt), "", None
    if not seen:
        return pass_, f"nobody on the portal is on any pass so far, {pass_.id!r} is the first", None
    sentence = f"nobody on the portal is on pass {pass_.id!r}; people are on {_listed(seen)}"
    if meant := suggest(pass_.id, list(seen)):
        sentence = f"{sentence}; {meant}"
    return pass_, sentence, Doubt(sentence, _QUESTION, _FLAG)


def _passes_of(accounts: Iterable[Account]) -> Counter[str]:
    """How many people are on each pass."""
    return Counter(held for account in accounts for held in account.passes if plain(held))


def _spelt(name: str, seen: Iterable[str]) -> str:
    """How people have a pass: exactly, but for blanks, else in another letter case; or nothing."""
    exact = [one for one in seen if plain(one) == plain(name)]
    if found := exact or [one for one in seen if fold(plain(one)) == fold(plain(name))]:
        if len(found) == 1 or name in found:
            return name if name in found else found[0]
        raise RefusedError(
            f"people are on {' and on '.join(map(repr, found))}, and on none that is spelt"
            f" {name!r}",
            hint="give the name exactly as it is spelt there",
        )
    return ""


def _listed(seen: Counter[str]) -> str:
    named = [f"{name!r} ({number:,})" for name, number in seen.most_common(_MOST_NAMED)]
    left = len(seen) - _MOST_NAMED
    more = [f"and {left:,} other{'s' if left > 1 else ''}"] if left > 0 else []
    return ", ".join([*named, *more])
