import io
import re
from pathlib import Path

from rich.console import Console

from aapimport.check.check_file import Checked
from aapimport.problems.problem import Level, Problem
from aapimport.problems.rule_id import RuleId
from aapimport.screens.problems import show_checked, show_problems, wrap
from aapimport.template.cells import CellRef


def problem(
    rule: str,
    cell: CellRef | None,
    value: str = "",
    *,
    message: str = "is wrong",
    hint: str = "correct it",
    level: Level = Level.ERROR,
) -> Problem:
    """A problem."""
    return Problem(RuleId(rule), level, cell, value, message, hint)


def checked(*problems: Problem, rows: int = 214, ready: int = 211) -> Checked:
    """A checked file with these problems."""
    return Checked(
        path=Path("people.xlsx"),
        digest="0",
        sheet="Users",
        rows=rows,
        ready=ready,
        people=(),
        problems=problems,
    )


def shown(value: Checked, *, show_all: bool = False) -> str:
    """What is printed where there is no terminal."""
    stream = io.StringIO()
    show_checked(stream, value, show_all=show_all)
    return stream.getvalue()


def at(row: int, column: int = 0) -> CellRef:
    """A cell."""
    return CellRef("Users", column, row)


def test_the_screen_that_was_agreed() -> None:
    """Level, address, id, value, message, hint; then the counts and the state of the world."""
    text = shown(
        checked(
            problem("not-an-email", at(17), "ana.perez@acme", message="is not an e-mail address"),
            problem(
                "duplicate-email",
                at(88),
                "Li.Wei@acme.com",
                message="is also in Users!A12",
                hint="capital letters do not count; delete one of the two rows",
            ),
        )
    )
    assert text == (
        "error:   Users!A17  not-an-email     'ana.perez@acme' is not an e-mail address\n"
        "                    hint: correct it\n"
        "error:   Users!A88  duplicate-email  'Li.Wei@acme.com' is also in Users!A12\n"
        "                    hint: capital letters do not count; delete one of the two\n"
        "                          rows\n"
        "\n"
        "people.xlsx: 214 rows checked, 211 ready, 3 with errors, 0 warnings\n"
        "nothing was sent\n"
    )


def test_without_problems_only_the_counts_are_shown() -> None:
    """Nothing wrong, nothing listed; plurals are right."""
    assert shown(checked(rows=1, ready=1)) == (
        "people.xlsx: 1 row checked, 1 ready, 0 with errors, 0 warnings\nnothing was sent\n"
    )


def test_one_cause_in_many_rows_is_one_entry() -> None:
    """The same value wrong for the same reason is told once, with its cells."""
    same = [problem("unknown-role", at(row, 3), "Facilitater") for row in range(2, 12)]
    text = shown(checked(*same))
    assert text.count("unknown-role") == 1
    assert "the same in D3, D4, D5, D6, D7 and 4 more" in text.replace(
        "\n                    ", " "
    )


def test_many_causes_of_one_rule_are_cut_after_ten() -> None:
    """A rule that strikes a thousand times does not bury the others; `--all` lists each."""
    many = [problem("not-an-email", at(row), f"wrong{row}") for row in range(2, 1002)]
    text = shown(checked(problem("bad-jhana", at(1500, 5), "x"), *many))
    assert text.count("hint:") == 11
    assert "990 more: A12, A13, A14, A15, A16 and 985 more" in " ".join(text.split())
    assert "Users!F1500" in text
    every = shown(checked(*many), show_all=True)
    assert every.count("not-an-email") == 1000


def test_notices_are_one_line_a_kind() -> None:
    """What was repaired is told once, with the number of cells."""
    repaired = [
        problem("trimmed", at(row), f" v{row}", message="left out", hint="", level=Level.NOTICE)
        for row in range(2, 5)
    ]
    text = shown(checked(*repaired))
    assert "notice:  Users!A2   trimmed          ' v2' left out" in text
    assert "notice:  Users!A3   trimmed          2 more: A3, A4" in text


def test_errors_come_first_then_warnings_then_notices() -> None:
    """Each begins with its weight, which needs no colour; within one it goes by the file."""
    rules = ("trimmed", "same-name", "bad-jhana", "same-name", "bad-jhana")
    weights = {"trimmed": Level.NOTICE, "same-name": Level.WARNING, "bad-jhana": Level.ERROR}
    found = [
        problem(rule, at(row), level=weights[rule], message=f"in row {row}", hint="")
        for row, rule in enumerate(rules, 2)
    ]
    for show_all in (False, True):
        lines = shown(checked(*found), show_all=show_all).splitlines()[:5]
        assert [line.split()[:2] for line in lines] == [
            ["error:", "Users!A4"],
            ["error:", "Users!A6"],
            ["warning:", "Users!A3"],
            ["warning:", "Users!A5"],
            ["notice:", "Users!A2"],
        ]


def test_the_width_of_the_terminal_is_used() -> None:
    """At 60 columns nothing is dropped and no word broken; at 120 fewer lines are needed."""
    value = checked(
        problem(
            "not-an-email",
            at(17),
            "ana.perez@acme",
            message="is not an e-mail address that anybody could write to",
            hint="the part after @ needs a domain, for example acme.com",
        )
    )
    texts = {}
    for width in (60, 120):
        stream = io.StringIO()
        show_problems(Console(file=stream, force_terminal=True, no_color=True, width=width), value)
        texts[width] = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).strip("\n").split("\n")
        assert max(map(len, texts[width])) <= width
        words = " ".join(texts[width]).split()
        assert words[:3] == ["error:", "Users!A17", "not-an-email"]
        assert "for example acme.com" in " ".join(words)
    assert len(texts[120]) == 2 < len(texts[60])


def test_what_is_outside_can_not_act_on_the_terminal() -> None:
    """Escape characters, markup and bidi marks in cells are shown, not obeyed."""
    nasty = "\x1b[31m[bold]a[/b]\u202e\n\r"
    sheet = CellRef("Us\x1b[0mers", 0, 2)
    text = shown(checked(problem("bad-jhana", sheet, nasty, message=nasty, hint=nasty)))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"\u001B[31m[bold]a[/b]\u202E\u000A\u000D" in text.replace("\n                    ", "")


def test_every_line_holds_at_80_columns() -> None:
    """Long addresses, values and wide letters are wrapped, never cut."""
    long_sheet = CellRef("A sheet with quite a long name", 700, 100_000)
    problems = [
        problem("both-names-in-one-cell", long_sheet, "x" * 300, message="word " * 40),
        problem("trimmed", None, "山田太郎" * 40, message="名名名名 " * 40, level=Level.WARNING),
    ]
    for line in shown(checked(*problems)).splitlines():
        assert Console().render_str(line, markup=False, emoji=False).cell_len <= 80


def test_a_terminal_gets_the_same_text_in_colour() -> None:
    """Colour adds nothing that the plain text does not say."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="standard", width=80)
    value = checked(problem("bad-jhana", at(2), "[red]x"))
    show_problems(console, value)
    assert "\x1b[" in stream.getvalue()
    plain = io.StringIO()
    show_problems(Console(file=plain, force_terminal=True, no_color=True, width=80), value)
    assert "[red]x" in plain.getvalue()


def test_wrapping_keeps_every_letter() -> None:
    """Words move to the next line; one that is too long stays whole, so that it can be copied."""
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("a " + "x" * 10 + " b", 4, indent=1) == ["a", " " + "x" * 10, " b"]
    assert wrap("名名 名名", 6) == ["名名", "名名"]
