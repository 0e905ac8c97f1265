import unicodedata

from aapimport.person import Person
from aapimport.template.columns import COLUMNS
from aapimport.template.roles import Role


def test_every_column_fills_a_field_of_a_person():
    """Definition and person can't drift apart: each field but the row number has its column."""
    assert {column.key for column in COLUMNS} == set(Person.__dataclass_fields__) - {"row"}


def test_no_header_means_two_columns():
    """Names and aliases are unique in any letter case."""
    names = [
        unicodedata.normalize("NFKC", name).casefold()
        for column in COLUMNS
        for name in (column.name, *column.aliases)
    ]
    assert len(names) == len(set(names))


def test_examples_obey_the_columns():
    """What the key shows as an example could be typed."""
    for column in COLUMNS:
        assert 0 < len(column.example) <= column.max_length
        assert not column.choices or column.example in column.choices


def test_lists_fit_into_excel():
    """A list inside a rule holds 255 characters at most, and a comma would split a choice."""
    for column in COLUMNS:
        assert len(",".join(column.choices)) <= 255
        assert not any("," in choice for choice in column.choices)


def test_comments_say_whether_the_column_is_required():
    """The red triangle's text begins with what matters most."""
    for column in COLUMNS:
        assert column.comment.startswith("Required." if column.required else "Optional.")


def test_roles_are_typed_as_the_portal_wants_them():
    """The vendor's key: a blank is a manager, client admin has a space."""
    assert {role.typed: role.meaning for role in Role} == {
        "individualcontributor": "Learner / Individual Contributor",
        "": "Learner / Manager",
        "facilitator": "Facilitator / HR",
        "client admin": "Admin / HR",
    }
