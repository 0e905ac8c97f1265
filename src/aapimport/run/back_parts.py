"""The parts of an account, each of which an undo takes back by itself.

What of it an undo has taken back, and what may yet show, stays in the journal's words.
"""

from collections.abc import Collection, Iterable

from aapimport.run.back_reasons import AS_BEFORE, IMPOSSIBLE, NOT_SHOWN
from aapimport.run.records import State

ACTIVATION, ROLE, PASS, NAMES = "activation", "role", "pass", "names"
SHOWN_NAMES = {"display name": "displayName", "formatted name": "name.formatted"}
"""The names that are displayed in one piece, by what they are called here, with their paths."""
NAMES_IN_ALL = frozenset({NAMES, *SHOWN_NAMES})
PARTS = frozenset({ACTIVATION, ROLE, PASS}) | NAMES_IN_ALL
_PATHS = {
    "active": ACTIVATION,
    "roles": ROLE,
    "entitlements": PASS,
    "name.givenName": NAMES,
    "name.familyName": NAMES,
    **{path: part for part, path in SHOWN_NAMES.items()},
}
_WORDS = {
    "deactivated": {ACTIVATION},
    "disabled": {ACTIVATION},
    "role": {ROLE},
    "off the pass": {PASS},
    "former name": NAMES_IN_ALL,
}
_TAKEN = "taken back: "


def parts_of(values: Iterable[str]) -> frozenset[str]:
    """The parts of which values are set, given by attribute path."""
    return frozenset(_PATHS[path] for path in values)


def parts_in(what: str) -> frozenset[str]:
    """The parts that a step of an undo was to take back, by its words (`back_words`)."""
    return frozenset(part for word, parts in _WORDS.items() if word in what for part in parts)


def all_taken(sent: Collection[str], due: Collection[str]) -> frozenset[str]:
    """What was taken back of what was sent: with the names all that is displayed, unless due.

    Args:
        sent: The parts that were sent.
        due: Those that are as the run left them, or not as they should be.
    """
    more = SHOWN_NAMES.keys() if NAMES in sent else frozenset()
    return frozenset({*sent, *more} - {*due})


def taken_words(parts: Collection[str]) -> list[str]:
    """That some parts were taken back, though their step isn't done; nothing for none."""
    return [f"{_TAKEN}{', '.join(sorted(parts))}"] if parts else []


def as_before_words(parts: Collection[str]) -> list[str]:
    """That some parts were accepted by the service and may yet show; nothing for none."""
    return [f"{', '.join(sorted(parts))} {AS_BEFORE}"] if parts else []


def said_as_before(but: str) -> list[str]:
    """What `as_before_words` has said of a step."""
    return [one for one in but.split("; ") if one.endswith(AS_BEFORE)]


def parts_taken(but: str) -> frozenset[str]:
    """What `taken_words` has said of a step."""
    said = (one for one in but.split("; ") if one.startswith(_TAKEN))
    return frozenset(part for one in said for part in one.removeprefix(_TAKEN).split(", "))


def parts_back(state: str, but: str) -> frozenset[str]:
    """The parts that a step of an undo has taken back: one that is done, all but what may yet show.

    What wasn't shown is none of them either.

    Args:
        state: How far the step is.
        but: What it says beside.
    """
    taken = parts_taken(but)
    if state != State.DONE:
        return taken
    said = said_as_before(but)
    late = {part for one in said for part in one.removesuffix(f" {AS_BEFORE}").split(", ")}
    if NAMES in late:
        late |= SHOWN_NAMES.keys()
    return taken | (PARTS - late - _hidden(but))


def hidden_words(parts: Collection[str]) -> list[str]:
    """That some parts aren't shown, so that nothing is taken back of them; nothing for none."""
    return [f"{', '.join(sorted(parts))} {NOT_SHOWN}"] if parts else []


def _hidden(but: str) -> set[str]:
    """What `hidden_words` has said of a step."""
    said = (one.removeprefix(IMPOSSIBLE) for one in but.split("; ") if one.endswith(NOT_SHOWN))
    return {part for one in said for part in one.removesuffix(f" {NOT_SHOWN}").split(", ")}


def split_words(what: str, back: Collection[str]) -> tuple[str, str]:
    """The words of a step: what of it was taken back as a whole, and the rest.

    Args:
        what: The words.
        back: The parts that were taken back.
    """
    said = what.split(", ")
    done = [one for one in said if parts_in(one) and parts_in(one) <= {*back}]
    return ", ".join(done), ", ".join(one for one in said if one not in done)
