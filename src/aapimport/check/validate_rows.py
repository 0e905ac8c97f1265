"""How pydantic validates the rows of a file: every row, all of them at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field, Strict, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from aapimport.check.addresses import address_fault
from aapimport.check.odd_addresses import nobodys_address
from aapimport.template.columns import COLUMNS
from aapimport.template.roles import Role

KEYS = ("row", "email", "first_name", "last_name", "role", "team", "jhana")
"""The fields of `Person`, in the order in which a row holds them."""

_BEYOND_DOUBT: dict[str, Any] = {
    "email": "somebody@example.com",
    "first_name": "Some",
    "last_name": "Body",
    "role": Role.MANAGER,
    "team": None,
    "jhana": False,
}
"""Values of nobody, of which pydantic has nothing to say."""

_LIMITS = {column.key: column.max_length for column in COLUMNS}


def _an_address(text: str) -> str:
    if fault := address_fault(text) or nobodys_address(text):
        raise PydanticCustomError("not-an-email", "{reason}", {"reason": fault})
    return text


_EVERYDAY = (
    r"^[A-Za-z0-9_+%'&=~-]{1,30}(?:\.[A-Za-z0-9_+%'&=~-]{1,30})?"
    r"@(?:[a-z0-9]{1,30}(?:-[a-z0-9]{1,30})?\.){1,3}(?:com|org|net|edu|gov|[a-z]{2})$"
)
"""Addresses about which email-validator has no objection; pydantic knows them without asking."""


def _text(key: str) -> StringConstraints:
    return StringConstraints(min_length=1, max_length=_LIMITS[key], strict=True)


Row = tuple[
    Annotated[int, Field(ge=1)],
    Annotated[
        Annotated[str, StringConstraints(pattern=_EVERYDAY, strict=True)]
        | Annotated[str, _text("email"), AfterValidator(_an_address)],
        Field(union_mode="left_to_right"),
    ],
    Annotated[str, _text("first_name")],
    Annotated[str, _text("last_name")],
    Role,
    Annotated[str, _text("team")] | None,
    Annotated[bool, Strict()],
]
"""A row before it is a `Person`: a tuple, which takes half the time of a model to validate."""

_ROWS = TypeAdapter(list[Row])


@dataclass(frozen=True, slots=True)
class Fault:
    """What pydantic holds against one field of one row.

    Attributes:
        index: Which of the rows.
        key: The field of `Person`.
        kind: pydantic's type of the error.
        context: What pydantic adds to it.
    """

    index: int
    key: str
    kind: str
    context: dict[str, Any]


def without_faulty(
    rows: list[tuple[Any, ...]], faulty: Iterable[tuple[int, str]]
) -> list[tuple[Any, ...]]:
    """Rows in which pydantic finds nothing wrong with values that are known to be.

    Args:
        rows: The values in the order of `KEYS`.
        faulty: The (row, field) of each value about which all has been said.
    """
    changed = {row[0]: list(row) for row in rows}
    for number, key in faulty:
        if number in changed and key in _BEYOND_DOUBT:
            changed[number][KEYS.index(key)] = _BEYOND_DOUBT[key]
    return [*map(tuple, changed.values())]


def validate_rows(rows: list[tuple[Any, ...]]) -> tuple[list[Row], list[Fault]]:
    """Validate all rows at once.

    Args:
        rows: The values in the order of `KEYS`.

    Returns:
        The good ones, in order, and everything that is wrong with the others.
    """
    try:
        return _ROWS.validate_python(rows), []
    except ValidationError as error:
        # Two ways lead to an address, and pydantic tells what is wrong on both: the second counts.
        found = {
            (int(item["loc"][0]), int(item["loc"][1])): item
            for item in error.errors(include_url=False, include_input=False)
        }
        faults = [
            Fault(index, KEYS[place], item["type"], item.get("ctx", {}))
            for (index, place), item in found.items()
        ]
    bad = {fault.index for fault in faults}
    good = [row for index, row in enumerate(rows) if index not in bad]
    return _ROWS.validate_python(good), faults
