import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment

from aapimport.people.check import ReadOptions, check_file
from aapimport.workbook.facts import Facts
from aapimport.workbook.ods_facts import add_ods_facts
from aapimport.workbook.xls_facts import add_xls_facts

HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A workbook with everything that values don't tell, as LibreOffice writes it."""
    program = shutil.which("soffice")
    if not program:
        pytest.skip("LibreOffice is not installed, and nothing else here writes xls and ods")
    folder = tmp_path_factory.mktemp("office")
    book = Workbook()
    book.active.title = "Notes"
    sheet = book.create_sheet("Users")
    sheet.append(HEADERS)
    for number in range(2, 8):
        sheet.append((f"u{number}@acme.com", "U", f"N{number}", "", "Sales", 1))
    sheet["A2"] = "Ana Perez"
    sheet["A2"].hyperlink = "mailto:ana@acme.com"
    sheet["D3"] = "=NA()"
    sheet["D4"] = '=VLOOKUP("x",A1:B2,2,FALSE)'
    sheet.row_dimensions[5].hidden = True
    sheet.column_dimensions["E"].hidden = True
    sheet.merge_cells("B6:C6")
    sheet["A7"].comment = Comment("left in May", "HR")
    source = folder / "people.xlsx"
    book.save(source)

    def convert(extension: str) -> Path:
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        subprocess.run(
            [program, profile, "--headless", "--convert-to", extension, "--outdir", folder, source],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return folder / f"people.{extension}"

    return convert


@pytest.mark.parametrize(("extension", "add"), [("xls", add_xls_facts), ("ods", add_ods_facts)])
def test_what_values_do_not_tell(
    office: Callable[[str], Path], extension: str, add: Callable[[bytes, str, Facts], bool]
) -> None:
    """Hidden rows and columns, errors, merges and links of xls and ods are seen."""
    path = office(extension)
    facts = Facts()
    assert add(path.read_bytes(), "Users", facts)
    assert facts.hidden_rows == {5}
    assert facts.hidden_columns == {4}
    assert facts.errors == {(3, 3): "#N/A", (4, 3): "#N/A"}
    assert facts.links == {(2, 0): "ana@acme.com"}
    checked = check_file(path, ReadOptions(hidden="skip"))
    assert [person.row for person in checked.people] == [2, 7]
    assert checked.people[0].email == "ana@acme.com"
    found = {problem.id for problem in checked.problems}
    assert {"error-value", "merged-cell", "hidden-column", "hidden-rows-skipped"} <= found
    assert ("cell-comment" in found) == (extension == "ods")


@pytest.mark.parametrize(("extension", "add"), [("xls", add_xls_facts), ("ods", add_ods_facts)])
def test_broken_files_are_given_up(
    office: Callable[[str], Path], extension: str, add: Callable[[bytes, str, Facts], bool]
) -> None:
    """A file that is cut, flipped, or without the sheet, is given up without a traceback."""
    data = office(extension).read_bytes()
    assert add(data, "Nobody", Facts()) is False
    assert add(data[: len(data) // 3], "Users", Facts()) is False
    for at in range(0, len(data), max(len(data) // 300, 1)):
        broken = bytearray(data)
        broken[at] ^= 0xFF
        assert add(bytes(broken), "Users", Facts()) in {True, False}
