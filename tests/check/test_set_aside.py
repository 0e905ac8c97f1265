"""Marks that stand in the first column, before an address, or in names and teams."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl.comments import Comment

from aapimport.check.header import Header
from aapimport.check.judge import CHUNK
from aapimport.check.set_aside import SetAside, without_sign
from aapimport.errors import AnswerNeededError
from aapimport.sheets.book import Sheet
from aapimport.sheets.facts import Facts, Looks

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


@pytest.mark.parametrize("mark", ["#", "//", "*", "x", "X", "LEFT", "nicht hochladen", "#note"])
@pytest.mark.parametrize("first", [True, False])
def test_a_mark_in_a_column_without_a_header_is_asked_about(
    mark: str, first: bool, make_xlsx, answer_of
) -> None:
    """People jot such things down beside a list."""
    marks = [mark if who is BOB else None for who in PEOPLE]
    rows = [
        (at, *who) if first else (*who, None, at) for at, who in zip(marks, PEOPLE, strict=True)
    ]
    headers = (None, *NAMES) if first else NAMES
    for name in ("people.xlsx", "people.csv") if first else ("people.xlsx",):
        path = make_xlsx(*rows, headers=headers, name=name)
        with pytest.raises(AnswerNeededError, match=rf"row 3 bob.*column [AE]: {mark}"):
            answer_of(path)
        assert [person[0] for person in answer_of(path, hidden="skip")["people"]] == [2, 4]


@pytest.mark.parametrize(
    "beside",
    [
        *((1, 2, 3), ("x", "x", None), ("*", "*", "*"), ("#1", "#2", "#3"), ("-", None, None)),
        *(("vegetarian", None, "left-handed"), (None, None, None)),
    ],
)
def test_what_stands_in_a_column_without_a_header_is_mostly_no_mark(
    beside: Any, make_xlsx, answer_of
) -> None:
    """It is a warning and no question."""
    answer = answer_of(make_xlsx(*numbered(*beside), headers=(None, *NAMES)))
    assert answer["ready"] == 3
    assert [problem.id for problem in answer["problems"]] == ["no-header"] * any(beside)


def test_a_mark_in_the_first_column_with_a_header_counts_beside_one_without(
    make_xlsx, answer_of
) -> None:
    """A blank column at the left doesn't hide it."""
    rows = [(None, who[1] if who is not BOB else "#Bob", who[2], who[0]) for who in PEOPLE]
    headers = (None, "First Name", "Last Name", "Email Address")
    with pytest.raises(AnswerNeededError, match=r"row 3 bob.*First Name: #Bob"):
        answer_of(make_xlsx(("Acme", None, None, None), *rows[1:], headers=headers))


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


LETTERS = ["xxx", "zzz", "OLD-", "old_", "X_", "zz_", "DISABLED_", "deleted_", "ex-", "Ex_"]


@pytest.mark.parametrize("mark", [*LETTERS, "%"])
def test_rarer_marks_before_an_address(mark: str, make_xlsx, answer_of) -> None:
    """What no address begins with; the question names the address that would be sent."""
    sent = BOB[0] if mark == "%" else mark + BOB[0]
    with pytest.raises(AnswerNeededError, match=rf"row 3 {sent} \(marked with {mark}\)"):
        answer_of(make_xlsx(ANA, (mark + BOB[0], *BOB[1:]), headers=NAMES))


@pytest.mark.parametrize("mark", ["x-", *LETTERS])
def test_letters_that_may_be_a_mark_are_told_where_they_are_sent(
    mark: str, make_xlsx, answer_of
) -> None:
    """An address can begin with them, so nobody takes them off, and the row has a warning."""
    path = make_xlsx(ANA, (mark + BOB[0], *BOB[1:]), headers=NAMES)
    answer = answer_of(path, hidden="include")
    assert [person[1] for person in answer["people"]] == [ANA[0], mark + BOB[0]]
    (told,) = [it for it in answer["problems"] if it.level == "warning"]
    assert (told.id, str(told.cell)) == ("odd-address", "Users!A3")
    assert f"begins with {mark!r}" in told.message
    skipped = answer_of(path, hidden="skip")
    assert [problem.id for problem in skipped["problems"]] == ["hidden-rows-skipped"]


@pytest.mark.parametrize(
    ("address", "first", "last"),
    [
        ("x_young", "Xavier", "Young"),
        ("z-huber", "Zoë", "Huber"),
        ("x-xu", "Xi", "Xu"),
        ("x_anna", "Anna", "Xu"),
        ("old_tom", "Tom", "Old"),
        ("xxxavier", "Xavier", "Young"),
        ("zzzed.two", "Zed", "Two"),
        ("oldham", "Bob", "Oldham"),
        ("xavier", "Xavier", "Young"),
        ("zoe", "Zoe", "Huber"),
        ("delete", "Dee", "Lete"),
        ("ex", "Ed", "Xu"),
        ("former.li", "Former", "Li"),
    ],
)
def test_letters_of_a_name_are_no_mark(
    address: str, first: str, last: str, make_xlsx, answer_of
) -> None:
    """Addresses may begin with an initial, or with a name that is a word as well."""
    path = make_xlsx(ANA, (f"{address}@acme.com", first, last), headers=NAMES)
    assert answer_of(path)["ready"] == 2


@pytest.mark.parametrize("address", ["x-xavier.young", "x_young.xavier", "zzzzed.two"])
def test_a_mark_before_the_address_of_somebody_with_that_letter(
    address: str, make_xlsx, answer_of
) -> None:
    """A name that is in the address as a whole has no initial beside it."""
    first, last = ("Zed", "Two") if address[0] == "z" else ("Xavier", "Young")
    path = make_xlsx(ANA, (f"{address}@acme.com", first, last), headers=NAMES)
    with pytest.raises(AnswerNeededError, match=rf"row 3 {address}@"):
        answer_of(path)


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
        ("Bob", "Hope (Leaver)", "", True),
        ("❌ Bob", "Hope", "", True),
        ("x-Bob", "Hope", "", True),
        ("XXX Bob", "Hope", "", True),
        ("Bob", "Hope †", "", True),
        ("Bob", "Hope ✖️", "", True),
        ("Bob", "Hope (x)", "", True),
        ("Bob X", "Xu", "", False),
        ("X-Ray", "Xander-Xu", "", False),
        ("Bob", "Hope (Norway)", "", False),
        ("Xxenia", "Oxx", "✖ Team", False),
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
    columns = {"email": 0, "first_name": 1, "last_name": 2}
    sheet = Sheet(
        "", hidden=False, first_column=0, rows=lambda: iter(()), facts=lambda: Facts([], Looks())
    )
    marks = SetAside(Header(1, columns, {}, dict(enumerate(NAMES))), sheet, sheet.facts())
    start = time.process_time()
    marks.find([(value, value, value)], [2])
    without_sign(value)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("email", ["zzhang@acme.com", "xxu@acme.com", "x.li@acme.com"])
def test_initials_are_no_marks(email: str, make_xlsx, answer_of) -> None:
    """Zoe Zhang and Xi Xu have two of a letter, too."""
    headers = ("Email Address", "First Name", "Last Name")
    answer = answer_of(make_xlsx((email, "Zoe", "Zhang"), headers=headers))
    assert answer["ready"] == 1


def commented(cell: str, text: str) -> Callable[[Any], None]:
    """Put a comment on a cell."""

    def change(sheet: Any) -> None:
        sheet[cell].comment = Comment(text, "HR")

    return change


THREADED = (
    "[Threaded comment]\n\nYour version of Excel allows you to read this threaded comment; however,"
    " any edits to it will get removed if the file is opened in a newer version of Excel. Learn"
    " more: https://go.microsoft.com/fwlink/?linkid=870924\n\nComment:\n    "
)


@pytest.mark.parametrize("cell", ["A3", "C3", "D3"])
@pytest.mark.parametrize(
    "text",
    [
        "left the company, don't upload",
        "HR:\nleft in May",
        "HR: left in May",
        "please do\nnot upload",
        THREADED + "left in May",
    ],
)
def test_a_comment_that_says_that_somebody_has_left_is_asked_about(
    cell: str, text: str, make_xlsx, answer_of
) -> None:
    """On any cell of the row, and below the name that Excel begins it with."""
    path = make_xlsx(*PEOPLE, headers=NAMES, change=commented(cell, text))
    with pytest.raises(AnswerNeededError, match=r"\(3\): row 3 bob.*\(comment: "):
        answer_of(path)
    assert [person[0] for person in answer_of(path, hidden="skip")["people"]] == [2, 4]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("A3", "HR:\nleft-handed"),
        ("A3", "moved to Oslo; replaces Cy, who has left the company"),
        ("A3", "Left a message in May"),
        ("A1", "Delete whoever has left the company"),
        ("A3", THREADED + "new in the team"),
    ],
)
def test_other_comments_are_no_question(cell: str, text: str, make_xlsx, answer_of) -> None:
    """They are a notice, and on the header nothing."""
    answer = answer_of(make_xlsx(*PEOPLE, headers=NAMES, change=commented(cell, text)))
    assert answer["ready"] == 3
