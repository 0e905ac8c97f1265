from typing import Any

import pytest
from scim2_models import ScimFilter, User

from aapimport.sandbox.practice import Practice
from aapimport.sandbox.search import condition_of


@pytest.mark.parametrize(
    ("expression", "exact"),
    [
        ('userName eq "Ana@acme.com"', True),
        ('userName eq "a" or externalId eq "b" or emails.value eq "c@acme.com"', True),
        ('userName eq "a" and externalId eq "b"', True),
        ('emails[value eq "c@acme.com"]', True),
        ('emails[type eq "work" and value eq "c@acme.com"]', False),
        ('userName eq "a" and active eq true', False),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a"', True),
    ],
)
def test_indexes_are_used(practice: Practice, expression: str, exact: bool) -> None:
    """A filter on an indexed attribute never looks at everybody."""
    condition = condition_of(ScimFilter[User[Any]](expression))
    assert condition.exact is exact
    plan = practice.database.all(
        "EXPLAIN QUERY PLAN SELECT body FROM resources"  # noqa: S608 -- our own condition
        f" WHERE +service = ? AND +type IN (?) AND {condition.sql}",
        ("portal", "User", *condition.values),
    )
    details = [row[3] for row in plan]
    assert not [each for each in details if each.startswith("SCAN")]
    assert not [each for each in details if "resources_type" in each]


@pytest.mark.parametrize(
    "expression", ["active eq true", 'not (userName eq "a")', 'userName eq "a" or active eq true']
)
def test_everything_else_is_left_to_the_filter(expression: str) -> None:
    """A filter that no index answers keeps everybody, to be looked at one by one."""
    condition = condition_of(ScimFilter[User[Any]](expression))
    assert (condition.sql, condition.exact) == ("1", False)
