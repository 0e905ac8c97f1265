from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Font

from aapimport.problems.catalogue import RULES
from aapimport.problems.problem import Level, Problem
from aapimport.problems.rule_id import RuleId
from aapimport.screens.problems import Entry, problem_lines
from aapimport.sheets import facts
from aapimport.template.columns import SUMMARY_TITLE, TEMPLATE_PROPERTY
from sheets import attack_files as attack
from sheets.other_formats import write_ods, write_xls

GOLDEN = Path(__file__).with_name("rules.golden.txt")
ANA = ("ana.perez@acme.com", "Ana", "Perez")
LI = ("li.wei@acme.com", "Li", "Wei")
HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")
COLLEAGUES = [(f"{name}.doe@acme.com", name.capitalize(), "Doe") for name in "abcdefgh"]
_NAMES = ("Arnold", "Bertha", "Cecil", "Dorothy", "Edgar")
SLIPPED = [
    (f"{above.lower()}@acme.com", own, "Doe")
    for above, own in zip(("Zoe", *_NAMES), (*_NAMES, "Frieda"), strict=True)
]
"""Addresses a row too low."""

LONG_LIST = [HEADERS, *[()] * 65_533, LI]
"""People down to the last row but one of an xls."""

TWO_VALUES = attack.sheet(
    f'<row r="2">{attack.cell("A2", ANA[0])}<c r="B2" t="str"><v>Ana</v><v>Bob</v></c>'
    f"{attack.cell('C2', ANA[2])}</row>"
)
"""A sheet with a cell of which one reader takes the first value, and the other one the last."""


ZERO_TEAM = attack.sheet(
    f'<row r="2">{attack.cell("A2", ANA[0])}{attack.cell("B2", ANA[1])}'
    f'{attack.cell("C2", ANA[2])}<c r="E2"><f>Teams!A1</f><v>0</v></c></row>'
)
TWO_BLOCKS = attack.sheet(f"{attack.ANA}</sheetData><sheetData/><sheetData>")


def people_sheet(rows: int) -> str:
    """A sheet with a header and so many rows below it."""
    everybody = (attack.row(n, (f"u{n}@acme.com", "U", f"N{n}")) for n in range(2, rows + 2))
    return attack.sheet("".join(everybody))


def styled(path: Path, reference: str, style: str) -> Path:
    """A sheet too long for the slow reader, with one cell that has a style."""
    body = people_sheet(facts.MOST_ROWS)
    row = reference[1:]
    old = attack.cell(reference, f"u{row}@acme.com" if reference[0] == "A" else "U")
    if reference[0] == "G":
        body = body.replace(f'<row r="{row}">', f'<row r="{row}">{attack.cell(reference, "B 12")}')
        old = attack.cell(reference, "B 12")
    new = old.replace("<c ", '<c s="1" ')
    styles = (
        f'<styleSheet xmlns="{attack.MAIN}"><numFmts>'
        "<numFmt numFmtId='164' formatCode='\"EMEA \"@'/></numFmts>"
        "<fonts><font/><font><strike/></font></fonts><fills><fill/></fills>"
        f"<cellXfs><xf/>{style}</cellXfs></styleSheet>"
    )
    return attack.write(path, body.replace(old, new), **attack.with_styles(styles))


@dataclass(frozen=True)
class Case:
    """One way to trigger a rule, and one that is close but must not."""

    wrong: Sequence[Sequence[object]]
    right: Sequence[Sequence[object]]
    cell: str | None
    how: dict[str, Any] = field(default_factory=dict)
    how_right: dict[str, Any] = field(default_factory=dict)


def person(email: object = ANA[0], first: object = "Ana", last: object = "Perez", *rest: object):
    """A row for one person."""
    return (email, first, last, *rest)


def some_letters(names: str, end: str = "") -> Callable[[Path], Path]:
    """A csv of people with these last names, in cp1252."""
    rows = "".join(f"u{at}@acme.com,U,{name}\r\n" for at, name in enumerate(names.split(",")))

    def write(path: Path) -> Path:
        path = path.with_suffix(".csv")
        path.write_bytes(f"{','.join(HEADERS[:3])}\r\n{rows}{end}".encode("cp1252"))
        return path

    return write


def all_wrong(rows: int) -> Callable[[Path], Path]:
    """A csv in which nobody has an address or a last name."""

    def write(path: Path) -> Path:
        path = path.with_suffix(".csv")
        path.write_text(f"{','.join(HEADERS[:3])}\n" + "x,Ana,\n" * rows)
        return path

    return write


def crossed_out(cell: str) -> Callable[[Any], None]:
    """Strike a value through."""

    def change(sheet: Any) -> None:
        sheet[cell].font = Font(strike=True)

    return change


def hide_row(number: int) -> Callable[[Any], None]:
    """Hide a row."""

    def change(sheet: Any) -> None:
        sheet.row_dimensions[number].hidden = True

    return change


def hide_column(sheet: Any) -> None:
    """Hide the column of roles."""
    sheet.column_dimensions["D"].hidden = True


def add_sheet(*rows: Sequence[object]) -> Callable[[Any], None]:
    """Add a sheet with these rows."""

    def change(sheet: Any) -> None:
        other = sheet.parent.create_sheet("Notes")
        for row in rows:
            other.append(row)

    return change


def results_workbook(sheet: Any) -> None:
    """Make the sheet that of a results workbook that is to be corrected, without all others."""
    sheet.title = "To correct"
    sheet.parent.create_sheet("Summary").append([f"{SUMMARY_TITLE} 7K3QX9"])


def version(text: str) -> Callable[[Any], None]:
    """Say which version of the template the file was made from."""

    def change(sheet: Any) -> None:
        sheet.parent.custom_doc_props.append(StringProperty(TEMPLATE_PROPERTY, text))

    return change


def link(target: str) -> Callable[[Any], None]:
    """Put a link under the first address."""

    def change(sheet: Any) -> None:
        sheet["A2"].hyperlink = target

    return change


def shown_as(number_format: str) -> Callable[[Any], None]:
    """Give the first team a number format."""

    def change(sheet: Any) -> None:
        sheet["E2"].number_format = number_format

    return change


def comment(sheet: Any) -> None:
    """Comment on the first address."""
    sheet["A2"].comment = Comment("moved in May", "HR")


def conditional(font: Font) -> Callable[[Any], None]:
    """Give the people's rows a conditional format with a font."""

    def change(sheet: Any) -> None:
        sheet.conditional_formatting.add("A2:C3", FormulaRule(formula=["$B2=1"], font=font))

    return change


def merge(area: str) -> Callable[[Any], None]:
    """Merge cells."""
    return lambda sheet: sheet.merge_cells(area)


def title(beside: str = "") -> Callable[[Any], None]:
    """Put a title above the header, and something beside it."""

    def change(sheet: Any) -> None:
        sheet.insert_rows(1)
        sheet["A1"] = "Users of Acme: ask hr@acme.com"
        sheet["B1"] = beside or None

    return change


def colleagues(*more: Sequence[object]) -> list[Sequence[object]]:
    """Enough people to learn from, and more."""
    return [*COLLEAGUES, *more]


CASES = {
    "no-rows": Case([], [ANA], None),
    "missing-column": Case(
        [ANA[:2]], [ANA], None, {"headers": HEADERS[:2]}, {"headers": HEADERS[:3]}
    ),
    "misspelt-header": Case(
        [ANA], [ANA], "Users!A1", {"headers": ("Emial Adress", *HEADERS[1:])}, {"headers": HEADERS}
    ),
    "duplicate-header": Case(
        [(*ANA, "b@acme.com")],
        [(*ANA, "b@acme.com")],
        "Users!D1",
        {"headers": (*HEADERS[:3], "E-mail")},
        {"headers": (*HEADERS[:3], "Private")},
    ),
    "no-header": Case(
        [(*ANA, "facilitator")],
        [(*ANA, None), (None, None, None, "1 person")],
        "Users!D2",
        {"headers": HEADERS[:3]},
        {"headers": HEADERS[:3]},
    ),
    "too-many-values": Case(
        [(*ANA, " PhD"), LI],
        [(*ANA[:2], "Perez, PhD", ""), LI],
        "D2",
        {"headers": HEADERS[:3], "name": "people.csv"},
        {"headers": HEADERS[:3], "name": "people.csv"},
    ),
    "extra-column": Case(
        [ANA], [ANA], "Users!D1", {"headers": (*HEADERS[:3], "Cost centre")}, {"headers": HEADERS}
    ),
    "longer-header": Case(
        [(*ANA, "facilitator")],
        [(*ANA, "facilitator")],
        "Users!D1",
        {"headers": (*HEADERS[:3], "User Role (optional)")},
        {"headers": HEADERS[:4]},
    ),
    "column-left-out": Case(
        [(*ANA, "facilitator"), (*LI, None)],
        [(*ANA, "facilitator"), (*LI, "nurse")],
        "Users!D1",
        {"headers": (*HEADERS[:3], "Level")},
        {"headers": (*HEADERS[:3], "Level")},
    ),
    "repeated-header": Case([ANA, HEADERS, LI], [ANA, LI], "Users!A3"),
    "second-header": Case(
        [ANA, ("Last Name", "First Name", "Email Address"), ("Wei", "Li", LI[0])],
        [ANA, HEADERS, LI],
        "Users!A3",
    ),
    "rows-above-header": Case([ANA], [ANA], "Users!A2", {"change": title()}),
    "other-sheets": Case(
        [ANA], [ANA], None, {"change": add_sheet(["call Ana"])}, {"change": add_sheet()}
    ),
    "people-on-other-sheets": Case(
        [ANA], [ANA], None, {"change": add_sheet(LI)}, {"change": add_sheet(["call Ana"])}
    ),
    "own-sheet-gone": Case([ANA], [ANA], None, {"change": results_workbook}),
    "hidden-rows-skipped": Case(
        [ANA, LI], [ANA, LI], None, {"change": hide_row(3), "hidden": "skip"}, {"hidden": "skip"}
    ),
    "hidden-rows-included": Case(
        [ANA, LI],
        [ANA, LI],
        None,
        {"change": hide_row(3), "hidden": "include"},
        {"change": hide_row(9), "hidden": "include"},
    ),
    "hidden-column": Case([ANA], [ANA], "Users!D1", {"change": hide_column}),
    "many-managers": Case(
        [person(f"u{n}@acme.com", f"U{n}") for n in range(12)],
        [person(f"u{n}@acme.com", f"U{n}", "P", "facilitator") for n in range(12)],
        None,
    ),
    "other-template": Case([ANA], [ANA], None, {"change": version("0")}, {"change": version("1")}),
    "missing-value": Case([person(first=None)], [person(first="A")], "Users!B2"),
    "not-an-email": Case([person("ana.perez@acme")], [person("o'neil+x@acme.co.uk")], "Users!A2"),
    "duplicate-email": Case([ANA, person("Ana.Perez@ACME.com ", "Ann")], [ANA, LI], "Users!A3"),
    "unknown-role": Case(
        [person(ANA[0], "Ana", "Perez", "Facilitater")],
        [person(ANA[0], "Ana", "Perez", "facilitator")],
        "Users!D2",
    ),
    "bad-jhana": Case([(*ANA, "", "", "yes")], [(*ANA, "", "", 1)], "Users!F2"),
    "invisible-character": Case(
        [person(first="A\u200bna")], [person(first="می\u200cخواهم")], "Users!B2"
    ),
    "not-text": Case([person(last=True)], [person(last="May")], "Users!C2"),
    "too-long": Case([person(last="x" * 101)], [person(last="x" * 100)], "Users!C2"),
    "formula-without-value": Case([person(last='="Per"&"ez"')], [ANA], "Users!C2"),
    "formula-zero": Case(
        [ANA], [ANA], "Users!E2", {"write": lambda path: attack.write(path, ZERO_TEAM)}
    ),
    "row-given-twice": Case(
        [ANA], [ANA], None, {"write": lambda p: attack.write(p, attack.sheet(attack.ANA * 2))}
    ),
    "rows-in-blocks": Case(
        [ANA], [ANA], None, {"write": lambda path: attack.write(path, TWO_BLOCKS)}
    ),
    "too-many-errors": Case([], [], None, {"write": all_wrong(17_000)}, {"write": all_wrong(9)}),
    "conditional-format": Case(
        [ANA, LI],
        [ANA, LI],
        "Users!A2",
        {"change": conditional(Font(strike=True))},
        {"change": conditional(Font(bold=True))},
    ),
    "value-crossed-out": Case(
        [(*ANA, "client admin")],
        [(*ANA, "client admin")],
        "Users!D2",
        {"change": crossed_out("D2")},
        {"change": crossed_out("G2")},
    ),
    "shown-otherwise": Case(
        [(*ANA, "", "West")],
        [(*ANA, "", "West")],
        "Users!E2",
        {"change": shown_as('"EMEA "@')},
        {"change": shown_as('"EMEA "0')},
    ),
    "error-value": Case([(*ANA, "#N/A")], [(*ANA, "facilitator")], "Users!D2"),
    "merged-cell": Case(
        [(*ANA, "", "Sales"), LI],
        [(*ANA, "", "Sales"), LI],
        "Users!E2",
        {"change": merge("E2:E3")},
        {"change": merge("G2:G3")},
    ),
    "link-differs": Case(
        [ANA],
        [ANA],
        "Users!A2",
        {"change": link("mailto:bob@acme.com")},
        {"change": link("mailto:Ana.Perez@acme.com?subject=Hi")},
    ),
    "odd-domain": Case(
        colleagues(person("ana.perez@acme.con")), colleagues(person("ana@other.com")), "Users!A10"
    ),
    "look-alike-letters": Case([person("ana@аcme.com")], [person("ana@müller.de")], "Users!A2"),
    "address-twin": Case(
        [person("ana.perez@acme.com"), person("anaperez@acme.com", "Annie")],
        [person("ana.perez@acme.com"), person("anaperez@acme.de", "Annie")],
        "Users!A3",
    ),
    "same-name": Case(
        [ANA, person("aperez@acme.com")], [ANA, person("aperez@acme.com", "Anna")], "Users!C3"
    ),
    "swapped-names": Case(
        colleagues(person("zoe.king@acme.com", "King", "Zoe")),
        colleagues(person("zoe.king@acme.com", "Zoe", "King")),
        "Users!B10",
    ),
    "both-names-in-one-cell": Case(
        [person(first="Ana Perez")], [person(first="Ana María", last="van der Berg")], "Users!B2"
    ),
    "email-as-name": Case([person(first="ana@acme.com")], [ANA], "Users!B2"),
    "all-capitals": Case([person(last="PEREZ")], [person("li@acme.com", "LI", "Wei")], "Users!C2"),
    "number-as-name": Case([person(last=4711)], [person(last="X Æ 12")], "Users!C2"),
    "no-name": Case([person(last="-")], [person(last="Na")], "Users!C2"),
    "no-team": Case(
        [person("ana@acme.com", "Ana", "Perez", None, "N/A")],
        [person("ana@acme.com", "Ana", "Perez", None, "#1 Sales")],
        "Users!E2",
    ),
    "odd-sign": Case([person(first="'Ana")], [person(last="'t Hooft")], "Users!B2"),
    "html-entity": Case([person(first="Andr&eacute;")], [person(last="R&D; Lab")], "Users!B2"),
    "odd-address": Case(
        [person("ana@acme.onmicrosoft.com")], [person("test.ana@acme.com")], "Users!A2"
    ),
    "shifted-addresses": Case(SLIPPED, COLLEAGUES, "Users!A3"),
    "shuffled-addresses": Case(
        [
            *COLLEAGUES,
            person("zoe.king@acme.com", "Ian", "Moss"),
            person("ian.moss@acme.com", "Zoe", "King"),
        ],
        [
            *COLLEAGUES,
            person("zoe.king@acme.com", "Zoe", "King"),
            person("ian.moss@acme.com", "Ian", "Moss"),
        ],
        "Users!A10",
    ),
    "text-mark": Case([person("'ana@acme.com")], [person("o'neil@acme.com")], "Users!A2"),
    "odd-encoding": Case(
        [],
        [],
        None,
        {"write": some_letters("Nìmec,Dvorák,Müller,Novák"), "encoding": "cp1252"},
        {"write": some_letters("Søren,Muñoz,Müller,Zoë"), "encoding": "cp1252"},
    ),
    "file-padding": Case(
        [],
        [],
        None,
        {"write": some_letters("Zoë", end="\0\0\0"), "encoding": "cp1252"},
        {"write": some_letters("Zoë", end="\x1a"), "encoding": "cp1252"},
    ),
    "row-in-a-value": Case(
        [(*ANA, "call her\nask Bo,bo@acme.com")],
        [(*ANA, "call her\nor ask Bo, bo@acme.com is away")],
        "D2",
        {"headers": (*HEADERS[:3], "Note"), "name": "people.csv"},
        {"headers": (*HEADERS[:3], "Note"), "name": "people.csv"},
    ),
    "unclear-number": Case(
        [(*ANA, "", 1234)], [(*ANA, "", 1234)], "Users!E2", {"change": shown_as("#,##0")}
    ),
    "garbled-text": Case([person(last="MÃ¼ller")], [person(last="Müller-Ãlvarez")], "Users!C2"),
    "client-admin": Case([(*ANA, "client admin")], [(*ANA, "individualcontributor")], "Users!D2"),
    "trimmed": Case([person(first=" Ana ")], [person(first="Ana María")], "Users!B2"),
    "no-break-space": Case(
        [person(first="Ana\u00a0María")], [person(first="Ana María")], "Users!B2"
    ),
    "mailto": Case([person("mailto:ana@acme.com")], [person("mailto@acme.com")], "Users!A2"),
    "row-mark": Case(
        [person("# ana@acme.com")],
        [person("x-ana@acme.com")],
        "Users!A2",
        {"hidden": "include"},
        {"hidden": "include"},
    ),
    "text-formula": Case(
        [(*ANA, "", '="00123"')],
        [(*ANA, "", "=")],
        "E2",
        {"name": "people.csv"},
        {"name": "people.csv"},
    ),
    "full-width": Case([person("ａｎａ@acme.com")], [person("ana²@acme.com")], "Users!A2"),
    "role-spelling": Case([(*ANA, "Client  Admin")], [(*ANA, "client admin")], "Users!D2"),
    "exported-role": Case([(*ANA, "Learner")], [(*ANA, "")], "Users!D2"),
    "jhana-spelling": Case([(*ANA, "", "", "１")], [(*ANA, "", "", 1.0)], "Users!F2"),
    "address-from-link": Case(
        [person("Ana Perez")],
        [ANA],
        "Users!A2",
        {"change": link("mailto:ana.perez@acme.com")},
        {"change": link("https://acme.com")},
    ),
    "shown-number": Case(
        [(*ANA, "", 123)],
        [(*ANA, "", 12345)],
        "Users!E2",
        {"change": shown_as("00000")},
        {"change": shown_as("00000")},
    ),
    "cell-comment": Case([ANA], [ANA], "Users!A2", {"change": comment}),
    "address-not-read": Case(
        [ANA], [ANA], "Users!B1", {"change": title("bob.hope@acme.com")}, {"change": title()}
    ),
    "note-or-person": Case(
        [ANA, ("Nguyen Thi Minh Khai",)], [ANA, ("Please note: Nguyen Thi Minh Khai",)], "Users!A3"
    ),
    "extra-cells": Case(
        [ANA, (None, None, None, None, None, None, "1 person")],
        [ANA, (None, None, None, None, None, None, " ")],
        "Users!G3",
    ),
    "filled-down": Case(
        [ANA, ("", "", "", "facilitator"), ("", "", "", "facilitator")],
        [ANA, ("", "", "", "facilitator"), LI],
        "Users!D3",
    ),
    "readers-disagree": Case(
        [ANA], [ANA], "Users!B2", {"write": lambda path: attack.write(path, TWO_VALUES)}
    ),
    "one-reader-only": Case(
        [ANA],
        [ANA],
        None,
        {"write": lambda path: attack.write(path, people_sheet(facts.MOST_ROWS))},
        {"write": lambda path: attack.write(path, people_sheet(facts.MOST_ROWS - 1))},
    ),
    "crossed-out": Case(
        [ANA],
        [ANA],
        "Users!A5",
        {"write": lambda path: styled(path, "A5", '<xf fontId="1"/>')},
        {"write": lambda path: styled(path, "G5", '<xf fontId="1"/>')},
    ),
    "not-looked-at": Case(
        [ANA],
        [ANA],
        "Users!B5",
        {"write": lambda path: styled(path, "B5", '<xf numFmtId="164"/>')},
        {"write": lambda path: styled(path, "G5", '<xf numFmtId="164"/>')},
    ),
    "second-reader-failed": Case(
        [ANA], [ANA], None, {"write": lambda path: attack.write(path, **attack.ODD_STYLES)}
    ),
    "values-only": Case(
        [ANA],
        [ANA],
        None,
        {"write": lambda path: write_ods(path, [HEADERS, ANA], " "), "name": "people.ods"},
        {"write": lambda path: write_ods(path, [HEADERS, ANA]), "name": "people.ods"},
    ),
    "full-sheet": Case(
        [ANA],
        [ANA],
        None,
        {"write": lambda path: write_xls(path, [*LONG_LIST, ANA]), "name": "people.xls"},
        {"write": lambda path: write_xls(path, LONG_LIST), "name": "people.xls"},
    ),
}


Asked = Callable[[str], dict[str, Any]]


@pytest.fixture
def answer(
    tmp_path: Path,
    make_xlsx: Callable[..., Path],
    answer_of: Callable[..., dict[str, Any]],
    most_rows: int,
) -> Callable[..., dict[str, Any]]:
    """What a check says of some rows, or of the file that a case writes itself."""

    def check(rows: Sequence[Sequence[object]], how: dict[str, Any]) -> dict[str, Any]:
        options = {key: how[key] for key in how if key in {"hidden", "encoding"}}
        making = {key: how[key] for key in how if key not in {"hidden", "encoding", "write"}}
        write = how.get("write")
        path = write(tmp_path / making.get("name", "people.xlsx")) if write else None
        return answer_of(path or make_xlsx(*rows, **making), **options)

    return check


@pytest.fixture(scope="module")
def checked() -> dict[str, dict[str, Any]]:
    """What was said of the cases that strike, which several tests look at."""
    return {}


@pytest.fixture
def struck(answer: Callable[..., dict[str, Any]], checked: dict[str, dict[str, Any]]) -> Asked:
    """What a check says where a rule strikes."""

    def look(rule: str) -> dict[str, Any]:
        if rule not in checked:
            checked[rule] = answer(CASES[rule].wrong, CASES[rule].how)
        return checked[rule]

    return look


def of_rule(rule: str, answer: dict[str, Any]) -> list[Problem]:
    """What one rule found."""
    return [problem for problem in answer["problems"] if problem.id == rule]


@pytest.mark.parametrize("rule", CASES)
def test_rule_is_found_where_it_strikes(rule: str, struck: Asked) -> None:
    """What a rule is about is found, at its cell."""
    problems = of_rule(rule, struck(rule))
    assert problems
    assert (str(problems[0].cell) if problems[0].cell else None) == CASES[rule].cell


@pytest.mark.parametrize("rule", CASES)
def test_rule_is_quiet_otherwise(rule: str, answer: Callable[..., dict[str, Any]]) -> None:
    """What only looks like it is left alone."""
    assert of_rule(rule, answer(CASES[rule].right, CASES[rule].how_right)) == []


def test_every_rule_has_its_cases() -> None:
    """No rule is without a test that triggers it and one that must not."""
    needs_the_portal = {RuleId.UNKNOWN_TEAM}  # tests/cli/test_validate.py
    assert set(CASES) | needs_the_portal == set(RULES) == set(RuleId)


@pytest.mark.parametrize(
    "rule", [rule for rule in CASES if RULES[RuleId(rule)].level is Level.ERROR]
)
def test_an_error_keeps_the_row_from_being_ready(rule: str, struck: Asked) -> None:
    """A row with an error is never among the people."""
    answer = struck(rule)
    assert answer["ready"] == len(answer["people"])
    assert answer["ready"] < max(answer["rows"], 1)


def test_messages_and_hints_at_80_columns(
    struck: Asked, golden: Callable[[Path, str], None]
) -> None:
    """Every message and hint reads as it was agreed, and holds at 80 columns."""
    lines: list[str] = []
    for rule in CASES:
        problem = of_rule(rule, struck(rule))[0]
        lines += [line.plain.rstrip() for line in problem_lines([Entry(problem)])]
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines) + "\n"
    golden(GOLDEN, text)
