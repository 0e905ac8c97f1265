"""Marks that stand in the first column, before an address, or in names and teams."""

import time
from typing import Any

import pytest

from aapimport.check.judge import CHUNK
from aapimport.check.set_aside import bare_address, without_sign
from aapimport.errors import AnswerNeededError

NAMES = ("Email Address", "First Name", "Last Name")
ANA = ("ana.perez@acme.com", "Ana", "Perez")
BOB = ("bob.hope@acme.com", "Bob", "Hope")
CY = ("cy.dent@acme.com", "Cy", "Dent")
PEOPLE = (ANA, BOB, CY)


def numbered(*first: Any) -> list[tuple[Any, ...]]:
    """People with something before each of them."""
    return [(value, *who) for value, who in zip(first, PEOPLE, strict=False)]


@pytest.mark.parametrize("mark", ["*", "-", "x", "X", "#", "//", "--", "#2", "x-2", "**"])
def test_a_mark_among_row_numbers_is_asked_about(mark: str, make_xlsx, answer_of) -> None:
    """It stands where the row's number should."""
    with pytest.raises(AnswerNeededError, match=r"\(3\): row 3 bob"):
        answer_of(make_xlsx(*numbered(1, mark, 3), headers=("Nr", *NAMES)))


@pytest.mark.parametrize("first", [("", "*", ""), ("#1", "2", "#3"), ("#1", "2"), ("*", "*", 3)])
def test_many_marks_are_asked_about_like_few(first: Any, make_xlsx, answer_of) -> None:
    """Half of the people or more, or a column that holds nothing else."""
    with pytest.raises(AnswerNeededError):
        answer_of(make_xlsx(*numbered(*first), headers=("Nr", *NAMES)))


@pytest.mark.parametrize(
    ("header", "first"),
    [
        ("No", ("#1", "#2", "#3")),
        ("No", ("*", "*", "*")),
        ("Title", ("Dr", "-", "-")),
        ("Cohort", (1, "-", 1)),
        ("Attended", ("x", "", "x")),
        ("Employee ID", (104233, "-", 104101)),
        ("Title", ("", "/", "Prof")),
    ],
)
def test_numbers_ticks_and_dashes_for_nothing_are_no_marks(
    header: str, first: Any, make_xlsx, answer_of
) -> None:
    """Whoever has no title, and a column in which all have the same sign."""
    assert answer_of(make_xlsx(*numbered(*first), headers=(header, *NAMES)))["ready"] == 3


def long_list(marked: dict[int, str], usual: str, count: int) -> list[tuple[str, ...]]:
    """More people than are looked at together."""
    return [(f"u{n}@acme.com", f"U{n}", "Ng", marked.get(n, usual or str(n))) for n in range(count)]


@pytest.mark.parametrize("sort", [False, True])
@pytest.mark.parametrize(
    ("header", "usual", "mark"),
    [("Nr", "", "#9"), ("Status", "A", "T"), ("Upload", "x", " "), ("Active", "yes", "0")],
)
def test_values_are_weighed_against_the_whole_list(
    header: str, usual: str, mark: str, sort: bool, make_xlsx, answer_of
) -> None:
    """Alone below thousands of rows, or sorted together, a mark means what it means among them."""
    count = 2 * CHUNK if sort else CHUNK + 1
    marks = range(CHUNK, count)
    rows = [(row[3], *row[:3]) for row in long_list(dict.fromkeys(marks, mark), usual, count)]
    with pytest.raises(AnswerNeededError, match=f"row {CHUNK + 2} u{CHUNK}@"):
        answer_of(make_xlsx(*rows, headers=(header, *NAMES), name="people.csv"))


def test_texts_of_many_kinds_are_looked_at(make_xlsx, answer_of) -> None:
    """However many different values a column of texts has."""
    rows = long_list({70: "left the company"}, "", 100)
    with pytest.raises(AnswerNeededError, match=r"\(72\): row 72 u70@"):
        answer_of(make_xlsx(*rows, headers=(*NAMES, "Details"), name="people.csv"))


@pytest.mark.parametrize("mark", ["xxx", "zzz", "OLD-", "old_", "X_", "%", "zz_"])
def test_rarer_marks_before_an_address(mark: str, make_xlsx, answer_of) -> None:
    """What no address begins with."""
    with pytest.raises(AnswerNeededError, match=r"row 3 bob\.hope@acme\.com \(marked with"):
        answer_of(make_xlsx(ANA, (mark + BOB[0], *BOB[1:]), headers=NAMES))


@pytest.mark.parametrize("address", ["oldham@acme.com", "xavier@acme.com", "zoe@acme.com"])
def test_an_address_that_begins_alike_has_no_mark(address: str) -> None:
    """Names begin with those letters."""
    assert bare_address(address) == without_sign(address) == address


@pytest.mark.parametrize(
    ("first", "last", "team", "asked"),
    [
        ("Bob", "Hope", "LEFT", True),
        ("Bob", "Hope", "Terminated", True),
        ("Bob", "Hope", "Inactivo", True),
        ("Bob", "Hope", "left the company", True),
        ("Bob", "Hope - TERMINATED", "", True),
        ("Bob", "Hope (left)", "", True),
        ("Bob (ausgeschieden)", "Hope", "", True),
        ("DO NOT UPLOAD Bob", "Hope", "", True),
        ("太郎（退職）", "山田", "", True),
        ("Bob", "Leaver", "Left Bank", False),
        ("Do", "No", "Archive", False),
        ("Bob", "Hope (Ex Miller)", "Skip-level", False),
        ("Bob (Robert)", "Hope - Left Bank", "Leaver care", False),
        ("Ex", "Left", "Baja California", False),
    ],
)
def test_names_and_teams_may_say_that_somebody_has_left(
    first: str, last: str, team: str, asked: bool, make_xlsx, answer_of
) -> None:
    """A team as a whole, a name beside itself; names and teams that only sound alike do not."""
    path = make_xlsx((*ANA, ""), (BOB[0], first, last, team), headers=(*NAMES, "Team"))
    if asked:
        with pytest.raises(AnswerNeededError, match=r"\(3\): row 3 bob"):
            answer_of(path)
    else:
        assert answer_of(path)["ready"] == 2


@pytest.mark.parametrize("header", ["Status", "Termination Date", "Upload?"])
@pytest.mark.parametrize("value", ['=IF(TRUE,"Terminated","")', "#N/A"])
def test_values_that_nobody_knows_are_told(header: str, value: str, make_xlsx, answer_of) -> None:
    """A formula without a result, or an error, may say that somebody has left."""
    answer = answer_of(make_xlsx((*ANA, None), (*BOB, value), headers=(*NAMES, header)))
    (told,) = answer["problems"]
    assert (told.id, told.level, str(told.cell)) == ("column-left-out", "warning", "Users!D1")
    below = make_xlsx(ANA, BOB, (None, None, None, value), headers=(*NAMES, header))
    assert "column-left-out" not in [problem.id for problem in answer_of(below)["problems"]]


@pytest.mark.parametrize("text", ["#", "-", "/", "x-", "z", "# ", "#@a.", "xx_"])
def test_a_long_value_costs_no_more_than_its_length(text: str) -> None:
    """Signs may be part of the mark or of the address, and are not tried as both."""
    value = text * (200_000 // len(text)) + "a@b.c"
    start = time.process_time()
    bare_address(value)
    without_sign(value)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("email", ["zzhang@acme.com", "xxu@acme.com", "x.li@acme.com"])
def test_initials_are_no_marks(email: str, make_xlsx, answer_of) -> None:
    """Zoe Zhang and Xi Xu have two of a letter, too."""
    headers = ("Email Address", "First Name", "Last Name")
    answer = answer_of(make_xlsx((email, "Zoe", "Zhang"), headers=headers))
    assert answer["ready"] == 1
