from collections.abc import Callable
from pathlib import Path

import pytest

from aapimport.check.check_file import Checked, ReadOptions, check_file
from aapimport.errors import FileProblemError
from sheets import attack_files as attack

ADDRESS = "ana@acme.com"


def check(path: Path) -> Checked:
    """Check a file as the commands do."""
    return check_file(path, ReadOptions())


def ids(checked: Checked) -> set[str]:
    """The rules that were broken."""
    return {problem.id for problem in checked.problems}


def outcome(path: Path) -> tuple[str, int, int]:
    """The sentence with which a file was refused, or how many rows were read and are ready."""
    try:
        checked = check(path)
    except FileProblemError as error:
        return error.message, 0, 0
    return "", checked.rows, checked.ready


BILLION_LAUGHS = (
    "<!DOCTYPE lolz [<!ENTITY a 'haha'>"
    + "".join(
        f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
XXE = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'


def cut_off(path: Path) -> Path:
    """A workbook that lost its end."""
    path.write_bytes(attack.write(path).read_bytes()[:900])
    return path


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "zip bomb": (lambda path: attack.zip_bomb(path, 100), "absurd size"),
    "bomb that lies about its size": (
        lambda path: attack.zip_bomb(path, 50, claimed=100),
        "absurd size|another size",
    ),
    "overlapping entries": (attack.overlapping, "overlap|damaged"),
    "the same entry twice, by letter case": (attack.twice_by_case, "two parts with the same name"),
    "billion laughs": (
        lambda path: attack.write(path, attack.sheet(attack.ANA, prolog=BILLION_LAUGHS)),
        "document type",
    ),
    "billion laughs in UTF-16": (
        lambda path: attack.write(
            path,
            **{
                "xl/sharedStrings.xml": (
                    f'<?xml version="1.0" encoding="UTF-16"?>{BILLION_LAUGHS}<sst/>'
                ).encode("utf-16")
            },
        ),
        "document type",
    ),
    "external entity behind a comment": (
        lambda path: attack.write(path, attack.sheet(attack.ANA, prolog="<!-- x -->\n" + XXE)),
        "document type",
    ),
    "cut off": (
        cut_off,
        "damaged",
    ),
}


@pytest.mark.parametrize("attack_name", REFUSED)
def test_attack_is_refused_in_one_sentence(tmp_path: Path, attack_name: str) -> None:
    """A file that could do harm is not opened, and the reason is one line."""
    make, reason = REFUSED[attack_name]
    with pytest.raises(FileProblemError, match=reason) as refused:
        check(make(tmp_path / "people.xlsx"))
    assert "\n" not in refused.value.message
    assert "people.xlsx" in refused.value.message


def test_a_lying_dimension_hides_nobody(tmp_path: Path) -> None:
    """All rows are read, whatever the sheet says about its size."""
    body = "".join(attack.row(n, (f"u{n}@acme.com", "U", f"N{n}")) for n in range(2, 12))
    path = attack.write(
        tmp_path / "people.xlsx", attack.sheet(body, before='<dimension ref="A1:F2"/>')
    )
    assert check(path).rows == 10


def test_rows_out_of_order_keep_their_numbers(tmp_path: Path) -> None:
    """A row is where its number says, not where it stands in the file."""
    body = attack.row(5, ("five@acme.com", "F", "Five")) + attack.row(3, ("bad", "T", "Three"))
    checked = check(attack.write(tmp_path / "people.xlsx", attack.sheet(body)))
    assert [person.row for person in checked.people] == [5]
    assert [str(p.cell) for p in checked.problems if p.id == "not-an-email"] == ["Users!A3"]


@pytest.mark.parametrize("number", [1_048_576, 1_048_577, 4_294_967_295, 99_999_999_999])
def test_a_huge_row_number_is_survived(tmp_path: Path, number: int) -> None:
    """A row far below, or beyond what Excel can hold, costs neither a hang nor the process."""
    body = attack.ANA + attack.row(number, ("far@acme.com", "Far", "Away"))
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(body))
    message, rows, _ = outcome(path)
    assert rows >= 1 or "people.xlsx" in message


@pytest.mark.parametrize("reference", ["XFD2", "ZZZZZZ2", "A", "2", "", "Ä2", "A-1"])
def test_a_strange_cell_reference_is_survived(tmp_path: Path, reference: str) -> None:
    """A cell that says it is nowhere, or far to the right, costs neither a hang nor the process."""
    body = f'<row r="2">{attack.cell("A2", ADDRESS)}{attack.cell(reference, "x")}</row>'
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(body))
    message, _, ready = outcome(path)
    assert ready == 0
    assert not message or "people.xlsx" in message


def test_a_very_long_text_is_an_error_of_its_cell(tmp_path: Path) -> None:
    """A cell with millions of characters is reported, not repeated."""
    body = attack.row(2, (ADDRESS, "x" * 5_000_000, "Perez"))
    checked = check(attack.write(tmp_path / "people.xlsx", attack.sheet(body)))
    problem = next(p for p in checked.problems if p.id == "too-long")
    assert str(problem.cell) == "Users!B2"
    assert len(problem.value) < 2000


def test_a_string_of_two_gibibytes_is_refused(tmp_path: Path) -> None:
    """Text that would fill the memory is refused before a parser sees it."""
    with pytest.raises(FileProblemError, match="absurd size"):
        check(attack.zip_bomb(tmp_path / "people.xlsx", 2049))


def test_an_escaped_control_character_is_seen(tmp_path: Path) -> None:
    """`_x001B_` is Excel's way to write an escape character, which must not come through."""
    body = attack.row(2, (ADDRESS, "A_x001B_[31mna", "Perez"))
    checked = check(attack.write(tmp_path / "people.xlsx", attack.sheet(body)))
    assert checked.ready == 0
    assert ids(checked) & {"invisible-character", "readers-disagree"}


def test_a_formula_in_a_name_is_only_text(tmp_path: Path) -> None:
    """What looks like a command to Excel is a text like any other when it is read."""
    body = attack.row(2, (ADDRESS, "=cmd|' /C calc'!A0", "Perez"))
    checked = check(attack.write(tmp_path / "people.xlsx", attack.sheet(body)))
    assert checked.people[0].first_name == "=cmd|' /C calc'!A0"
