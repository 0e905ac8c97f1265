from pathlib import Path

import pytest

from aapimport.problems.catalogue import MAX_VALUE, RULES, Rule, put_into_words
from aapimport.problems.page import catalogue_page
from aapimport.problems.problem import Finding, Level
from aapimport.problems.rule_id import RuleId

DOCS = Path(__file__).parents[2] / "docs" / "problems.md"


def test_the_page_is_current() -> None:
    """docs/problems.md says what the catalogue says."""
    assert DOCS.read_text(encoding="utf-8") == catalogue_page(), (
        "run: python -m aapimport.problems.page docs/problems.md"
    )


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_words_are_in_the_house_style(rule: Rule) -> None:
    """Ids are kebab-case; messages and hints start small and have no full stop; each has a why."""
    assert rule.id == rule.id.lower()
    assert set(rule.id) <= set("abcdefghijklmnopqrstuvwxyz-")
    for text in (rule.message, rule.hint):
        assert not text.endswith(".")
        assert text[:1] == text[:1].lower()
    assert rule.why.endswith((".", "?"))
    assert rule.hint or rule.level is Level.NOTICE


def test_problems_are_sorted_by_row_and_column() -> None:
    """The whole file comes first, then row by row, and an error before what is less."""
    findings = [
        Finding(RuleId.TRIMMED, 3, 0, "b"),
        Finding(RuleId.BAD_JHANA, 3, 0, "b"),
        Finding(RuleId.BAD_JHANA, 2, 5, "a"),
        Finding(RuleId.NO_ROWS, None, None, "", {"where": "here", "cure": "x"}),
    ]
    problems = put_into_words(findings, "Users")
    assert [(p.id, str(p.cell)) for p in problems] == [
        ("no-rows", "None"),
        ("bad-jhana", "Users!F2"),
        ("bad-jhana", "Users!A3"),
        ("trimmed", "Users!A3"),
    ]


def test_no_problem_repeats_a_long_text() -> None:
    """A cell holds 32,767 characters, of which nobody reads so many in a message."""
    long = "x" * 50_000
    (problem,) = put_into_words([Finding(RuleId.MAILTO, 2, 0, long, {"sent": long})], "")
    assert len(problem.value) == MAX_VALUE + 1
    assert len(problem.message) < MAX_VALUE + 100


def test_the_same_mistake_in_many_rows_has_its_own_cell_and_range() -> None:
    """Words that were found for one row are said of another only where all is the same."""
    merged = RuleId.MERGED_CELL
    findings = [
        Finding(merged, 2, 0, "x", {"range": "A2:B2"}, (2, 1)),
        Finding(merged, 3, 0, "x", {"range": "A2:B2"}, (3, 1)),
        Finding(merged, 4, 0, "y", {"range": "A2:B2"}, (4, 1)),
        Finding(merged, 5, 0, "y", {"range": "A5:B5"}, (5, 1)),
        Finding(merged, 5, 1, "y", {"range": "B5:C5"}, (5, 2)),
    ]
    words = "is in the merged cells {}, where only the first one holds a value".format
    assert [(str(p.cell), p.value, p.message, p.end) for p in put_into_words(findings, "")] == [
        ("A2", "x", words("A2:B2"), (2, 1)),
        ("A3", "x", words("A2:B2"), (3, 1)),
        ("A4", "y", words("A2:B2"), (4, 1)),
        ("A5", "y", words("A5:B5"), (5, 1)),
        ("B5", "y", words("B5:C5"), (5, 2)),
    ]


def test_braces_in_a_cell_are_only_text() -> None:
    """A cell can't fill in our messages."""
    found = Finding(RuleId.LINK_DIFFERS, 2, 0, "{value.__class__}", {"link": "{0}"})
    (problem,) = put_into_words([found], "")
    assert problem.message == "links to '{0}', another address"
    assert problem.value == "{value.__class__}"


def test_a_long_value_is_cut() -> None:
    """A pasted novel does not become part of the report."""
    (problem,) = put_into_words([Finding(RuleId.BAD_JHANA, 2, 0, "x" * 5000)], "")
    assert len(problem.value) == 1001
