"""What the reading processes say to each other is what its types say, there and back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.comments import Comment
from pydantic import TypeAdapter

from aapimport.check.child_side import check_with
from aapimport.check.letters import CheckedFile, CheckRequest
from aapimport.sheets import facts
from aapimport.sheets.formats import xlsx
from aapimport.sheets.formats.xlsx_second import look_into
from aapimport.sheets.letters import Letter, LookRequest, SecondView, Suspects, sealed


@pytest.fixture
def path(make_xlsx: Callable[..., Path]) -> Path:
    """A file with everything that a letter can hold."""

    def change(sheet: Any) -> None:
        sheet["B2"].comment = Comment("moved", "HR")
        sheet["C3"].number_format = '"EMEA "@'
        sheet["G1"] = "Number"
        sheet["G2"] = 123
        sheet["H2"] = "below no header"
        sheet["G2"].number_format = "00000"
        sheet["A4"].hyperlink = "mailto:bo@acme.com"
        sheet.merge_cells("B5:C5")
        sheet.row_dimensions[6].hidden = True

    return make_xlsx(
        ("ana@acme.com", "Ana ", "Perez", "facilitator", "Sales", 1),
        ("li@acme", "Li", "Wei"),
        ("bo@acme.com", "Bo", "Ng"),
        ("merged@acme.com", "Merged"),
        ("hidden@acme.com", "Hid", "Den"),
        change=change,
    )


def test_what_was_checked_arrives_as_it_was(path: Path) -> None:
    """Every field of the answer and of the second reader's view, and of its type."""
    view = look_into(LookRequest(path=str(path)))
    found = check_with(CheckRequest(path=str(path), hidden="skip"), lambda: view)
    assert any(not one.arguments for one in found.findings)
    assert all((found.findings, found.people, found.corrections, found.unnamed_columns))
    letters: tuple[tuple[Letter, type[Letter]], ...] = ((view, SecondView), (found, CheckedFile))
    for letter, kind in letters:
        arrived = kind.read(json.loads(sealed(letter)))
        assert json.loads(sealed(arrived)) == json.loads(sealed(letter))
        TypeAdapter(kind).validate_json(sealed(arrived), strict=True)


def test_what_the_second_reader_suspects_arrives_and_is_used(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a sheet that is too long it tells what a cheap look finds, and nobody looks again."""
    monkeypatch.setattr(facts, "MOST_ROWS", 1)
    view = look_into(LookRequest(path=str(path)))
    assert view.state == "too many rows"
    assert view.suspects["Users"] == Suspects(formatted={2: [3]}, numbers=True, links=True)
    arrived = SecondView.read(json.loads(sealed(view)))
    assert arrived.suspects == view.suspects
    monkeypatch.setattr(xlsx, "suspects", None)
    found = check_with(CheckRequest(path=str(path), hidden="skip"), lambda: arrived)
    told = {one.rule.value for one in found.findings}
    assert {"not-looked-at", "one-reader-only"} & told


@pytest.mark.parametrize("change", [{"rows": 3}, {"more": 1}])
def test_a_letter_of_another_version_is_refused(change: dict[str, Any]) -> None:
    """A field too few or too many is a mistake, and no default hides it."""
    with pytest.raises(TypeError):
        CheckedFile.read({"findings": [], "corrections": []} | change)
    with pytest.raises(TypeError):
        CheckRequest.read({"path": "people.xlsx"} | change)
