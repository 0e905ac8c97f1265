"""Whom to compare with whom: people who share a key, so that work grows with people, not pairs."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypeVar

from aapimport.twins.name_forms import Form, slip_between

BLOCK = 16
"""How many people are compared with at most for one shared key. A person with more namesakes than
that is compared with the first ones; an address made alike is still found by its own key."""


class Index:
    """Who can be found under which key; each key holds the first `BLOCK` people.

    Args:
        newcomers: Everyone who will be looked for.
    """

    def __init__(self, newcomers: Sequence[Form]) -> None:
        self._initials = {f"{form.first} {form.last}" for form in newcomers if form.one_letter}
        self._by_name: dict[str, Form | list[Form]] = {}
        self._by_local: dict[str, Form | list[Form]] = {}
        self._by_half: dict[int, str | list[str]] = {}
        self._by_initial: dict[str, Form | list[Form]] = {}

    def add(self, form: Form) -> None:
        """Make a person findable."""
        if form.core:
            _put(self._by_local, form.core, form)
        if not form.named:
            return
        for key in form.name_keys:
            if key not in self._by_name:
                for half in form.half_keys(probing=False):
                    _put(self._by_half, half, key)
            _put(self._by_name, key, form)
        initial = f"{form.first[0]} {form.last}"
        if form.one_letter or initial in self._initials:
            _put(self._by_initial, f"{initial} {form.one_letter}", form)

    def candidates(self, form: Form) -> Iterator[Form]:
        """Everyone who shares a key with a person, each once, in a fixed order."""
        seen: set[int] = set()
        for block in self._blocks(form):
            for other in block:
                if id(other) not in seen:
                    seen.add(id(other))
                    yield other

    def _blocks(self, form: Form) -> Iterator[list[Form]]:
        if form.core:
            yield _get(self._by_local, form.core)
        if not form.named:
            return
        for key in form.name_keys:
            yield _get(self._by_name, key)
        names = {
            name: None
            for half in form.half_keys(probing=True)
            for name in _get(self._by_half, half)
        }
        near = (
            other for name in names if _is_near(form, name) for other in _get(self._by_name, name)
        )
        yield list(islice(near, BLOCK // 2))
        initial = f"{form.first[0]} {form.last}"
        yield _get(self._by_initial, f"{initial} {not form.one_letter}")


def _is_near(form: Form, name_key: str) -> bool:
    left, _, right = name_key.partition("|")
    for first, last in ((left, right), (right, left)):
        if first == form.first and slip_between(last, form.last):
            return True
        if last == form.last and slip_between(first, form.first):
            return True
    return False


_Key = TypeVar("_Key", str, int)
_Value = TypeVar("_Value")


def _put(blocks: dict[_Key, _Value | list[_Value]], key: _Key, value: _Value) -> None:
    """Add to a block; most blocks hold one value all their life, and are kept without a list."""
    block = blocks.get(key)
    if block is None:
        blocks[key] = value
    elif not isinstance(block, list):
        blocks[key] = [block, value]
    elif len(block) < BLOCK:
        block.append(value)


def _get(blocks: dict[_Key, _Value | list[_Value]], key: _Key) -> list[_Value]:
    block = blocks.get(key, [])
    return block if isinstance(block, list) else [block]
