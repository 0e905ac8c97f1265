"""SCIM filters as SQL, as far as the indexes of the practice portal go."""

from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from scim2_models import ScimFilter
from scim2_models.path import (
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    ValuePath,
)

from aapimport.text import fold


@dataclass(frozen=True)
class Condition:
    """Where to look.

    Attributes:
        sql: An SQL expression over the table `resources`.
        values: Its values.
        exact: Whether it keeps exactly what the filter keeps; otherwise it keeps more, and the
            filter has to look at each resource.
    """

    sql: str
    values: tuple[Any, ...]
    exact: bool


EVERYTHING = Condition("1", (), exact=True)
_UNKNOWN = Condition("1", (), exact=False)
_BY_EMAIL = "seq IN (SELECT seq FROM emails WHERE value_key = ?)"
_BY_PASS = "seq IN (SELECT seq FROM entitlements WHERE value_key = ?)"
_BY_COLUMN = {
    "username": ("name_key = ?", fold),
    "externalid": ("external_id = ?", lambda text: normalize("NFC", text)),
    "id": ("id = ?", lambda text: normalize("NFC", text)),
    "emails": (_BY_EMAIL, fold),
    "emails.value": (_BY_EMAIL, fold),
    "entitlements": (_BY_PASS, fold),
    "entitlements.value": (_BY_PASS, fold),
}


def condition_of(scim_filter: ScimFilter[Any] | None) -> Condition:
    """The condition that a filter on one resource type comes down to.

    `eq` on userName, externalId, id and emails, and `and` and `or` of those, are found by index;
    everything else is left to the filter itself.
    """
    if scim_filter is None:
        return EVERYTHING
    return _translate(scim_filter.ast)


def _translate(node: FilterNode) -> Condition:
    match node:
        case LogicalExpr(op=LogicalOperator.and_):
            return _and([_translate(term) for term in node.terms])
        case LogicalExpr():
            return _or([_translate(term) for term in node.terms])
        case Comparison():
            return _compare(node, prefix="")
        case ValuePath() if node.attr_path.attr.casefold() == "emails":
            # `emails[type eq "work" and value eq …]`: who has the address, then the filter itself
            terms = _terms(node.val_filter)
            found = [_compare(t, prefix="emails.") for t in terms if isinstance(t, Comparison)]
            joined = _and(found) if found else _UNKNOWN
            return Condition(joined.sql, joined.values, exact=joined.exact and len(terms) == 1)
        case _:
            return _UNKNOWN


def _terms(node: FilterNode) -> tuple[FilterNode, ...]:
    if isinstance(node, LogicalExpr) and node.op is LogicalOperator.and_:
        return node.terms
    return (node,)


def _compare(node: Comparison, *, prefix: str) -> Condition:
    if node.op is not CompareOperator.eq or not isinstance(node.value, str):
        return _UNKNOWN
    path = node.attr_path
    if path.uri is not None and not path.uri.casefold().endswith(":core:2.0:user"):
        return _UNKNOWN
    name = f"{path.attr}.{path.sub_attr}" if path.sub_attr else path.attr
    column = _BY_COLUMN.get(f"{prefix}{name}".casefold())
    if column is None:
        return _UNKNOWN
    sql, prepare = column
    return Condition(sql, (prepare(node.value),), exact=True)


def _and(parts: list[Condition]) -> Condition:
    return _join(parts, " AND ", exact=all(part.exact for part in parts))


def _or(parts: list[Condition]) -> Condition:
    if any(part is _UNKNOWN for part in parts):
        return _UNKNOWN
    return _join(parts, " OR ", exact=all(part.exact for part in parts))


def _join(parts: list[Condition], operator: str, *, exact: bool) -> Condition:
    return Condition(
        _balanced([part.sql for part in parts], operator),
        tuple(value for part in parts for value in part.values),
        exact=exact,
    )


def _balanced(terms: list[str], operator: str) -> str:
    """The terms joined in halves: a long chain would exceed the depth that SQLite accepts."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return f"({_balanced(terms[:half], operator)}{operator}{_balanced(terms[half:], operator)})"
