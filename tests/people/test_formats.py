import csv
import hashlib
import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.people.check import Checked, ReadOptions, check_file

PEOPLE = [
    ("ana.perez@acme.com", "Ana María", "Pérez", "", "Sales EMEA", "1"),
    ("li.wei@acme.com", "伟", "李", "individualcontributor", "", ""),
    ("m@acme.com", "Müller; Jr.", 'O"Neil, the 2nd', "facilitator", "Finance", "1"),
    ("x@acme.com", "X", "Ö", "client admin", "", ""),
]
HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")


def as_rows(checked: Checked) -> list[tuple[str, ...]]:
    """The people as they were written."""
    return [
        (p.email, p.first_name, p.last_name, p.role.typed, p.team or "", "1" if p.jhana else "")
        for p in checked.people
    ]


def csv_text(delimiter: str = ",", rows: list[tuple[str, ...]] = PEOPLE) -> str:
    """The people as text with delimiters."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([HEADERS, *rows])
    return text.getvalue()


def written(path: Path, data: bytes) -> Path:
    """The path, after its bytes have been written."""
    path.write_bytes(data)
    return path


TEXTS = {
    "comma, UTF-8": csv_text().encode(),
    "byte-order mark": csv_text().encode("utf-8-sig"),
    "semicolon": csv_text(";").encode(),
    "tab": csv_text("\t").encode(),
    "bar": csv_text("|").encode(),
    "UTF-16 with a mark": csv_text("\t").encode("utf-16"),
    "UTF-16 big end first, with a mark": b"\xfe\xff" + csv_text().encode("utf-16-be"),
    "UTF-16 without a mark": csv_text().encode("utf-16-le"),
    "sep= line": b"sep=;\r\n" + csv_text(";").encode(),
    "old Mac line ends": csv_text().replace("\r\n", "\r").encode(),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_text_files_of_all_kinds_read_the_same(
    kind: str, tmp_path: Path, answer_of: Callable[..., dict[str, Any]]
) -> None:
    """Delimiter, byte-order mark, UTF-16, `sep=` and line ends make no difference."""
    answer = answer_of(written(tmp_path / "people.csv", TEXTS[kind]))
    assert [tuple(row[1:4]) for row in answer["people"]] == [row[:3] for row in PEOPLE]
    assert [row[0] for row in answer["people"]] == [2, 3, 4, 5]
    assert answer["sheet"] == ""


def test_windows_1252_is_asked_about(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are shown as they could read, and never guessed."""
    path = written(tmp_path / "people.csv", csv_text(";", [PEOPLE[3], PEOPLE[0]]).encode("cp1252"))
    with pytest.raises(AnswerNeededError, match="not UTF-8") as asked:
        check_file(path, ReadOptions())
    assert asked.value.flag == "--encoding"
    assert asked.value.exit_code == 2
    assert asked.value.choices[0] == ("cp1252", "Ö, María, Pérez")
    assert len(asked.value.choices) > 1
    checked = check_file(path, ReadOptions(encoding="cp1252"))
    assert as_rows(checked) == [PEOPLE[3], PEOPLE[0]]


@pytest.mark.parametrize(
    ("encoding", "said"), [("nonsense", "no encoding"), ("ascii", "not ascii")]
)
def test_a_wrong_encoding_is_told(tmp_path: Path, encoding: str, said: str) -> None:
    """An encoding that doesn't exist, or doesn't fit, is one sentence."""
    path = written(tmp_path / "people.csv", csv_text().encode())
    with pytest.raises(FileProblemError, match=said):
        check_file(path, ReadOptions(encoding=encoding))


@pytest.mark.parametrize("end", ['x@acme.com,"Ana,Perez\r\ny@acme.com,Li,Wei\r\n', '"a"b,c,d\r\n'])
def test_an_unterminated_quote_is_an_error(tmp_path: Path, end: str) -> None:
    """A quotation mark that is not closed does not swallow the rest of the file."""
    path = written(tmp_path / "people.csv", (csv_text() + end).encode())
    with pytest.raises(FileProblemError, match="quotation mark in row 6"):
        check_file(path, ReadOptions())


def test_row_numbers_are_excels(tmp_path: Path, answer_of: Callable[..., dict[str, Any]]) -> None:
    """Blank lines count, and a line break within quotes does not, as in Excel."""
    text = csv_text(rows=[]) + '\r\n"a@acme.com","A","B\r\n"\r\nb@acme.com,B,C\r\n'
    answer = answer_of(written(tmp_path / "people.csv", text.encode()))
    assert [row[0] for row in answer["people"]] == [3, 4]


def test_short_and_long_rows_are_read(
    tmp_path: Path, answer_of: Callable[..., dict[str, Any]]
) -> None:
    """A row with fewer or more cells than the header is no reason to stop."""
    text = csv_text(rows=[]) + "a@acme.com,A,B\r\nb@acme.com,B,C,,,,,,extra\r\n"
    answer = answer_of(written(tmp_path / "people.csv", text.encode()))
    assert [row[1] for row in answer["people"]] == ["a@acme.com", "b@acme.com"]


def xlsx_of_people(path: Path) -> Path:
    """The people as a workbook."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "Users"
    for row in [HEADERS, *PEOPLE]:
        sheet.append([value or None for value in row])
    workbook.save(path)
    return path


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The people as LibreOffice writes them in another format."""
    program = shutil.which("soffice")
    if not program:
        pytest.skip("LibreOffice is not installed, and nothing else here writes xls and ods")
    folder = tmp_path_factory.mktemp("office")
    source = xlsx_of_people(folder / "people.xlsx")

    def convert(extension: str) -> Path:
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        subprocess.run(
            [
                program,
                profile,
                "--headless",
                "--convert-to",
                extension,
                "--outdir",
                folder,
                source,
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return folder / f"people.{extension}"

    return convert


@pytest.mark.parametrize("extension", ["xls", "ods"])
def test_other_workbooks_read_the_same(office: Callable[[str], Path], extension: str) -> None:
    """The same people come out of xls and ods as out of xlsx."""
    checked = check_file(office(extension), ReadOptions())
    assert as_rows(checked) == PEOPLE
    assert checked.kind == extension
    assert "values-only" in {problem.id for problem in checked.problems}


def test_xlsx_under_other_names_reads_the_same(tmp_path: Path) -> None:
    """Values and digest of an xlsx; an xlsm is the same family, an unknown name no obstacle."""
    path = xlsx_of_people(tmp_path / "people.xlsx")
    checked = check_file(path, ReadOptions())
    assert as_rows(checked) == PEOPLE
    assert checked.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    unnamed = written(tmp_path / "people.dat", path.read_bytes())
    assert as_rows(check_file(unnamed, ReadOptions())) == PEOPLE
    macro = written(tmp_path / "people.xlsm", path.read_bytes())
    assert as_rows(check_file(macro, ReadOptions())) == PEOPLE


HTML = b"<html><body><table><tr><td>Email</td></tr></table></body></html>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
NOT_READ: dict[str, tuple[str, bytes, str]] = {
    "csv called xlsx": ("people.xlsx", csv_text().encode(), "text file .csv., not the xlsx"),
    "html called xls": ("people.xls", HTML, "web page"),
    "html called csv": ("people.csv", HTML, "web page"),
    "xml spreadsheet": ("people.xls", b'<?xml version="1.0"?><Workbook/>', "an xml file"),
    "empty": ("people.xlsx", b"", "is empty"),
    "only a byte-order mark": ("people.csv", b"\xef\xbb\xbf\r\n", "is empty"),
    "pdf": ("people.pdf", b"%PDF-1.7 ...", "a pdf"),
    "lock file": ("~$people.xlsx", b"\x03Ana" + b" " * 161, "lock file"),
    "password": ("people.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
    "corrupt": ("people.xlsx", b"PK\3\4" + b"x" * 300, "damaged"),
    "binary": ("people.csv", bytes(range(256)) * 4, "not a spreadsheet"),
}


@pytest.mark.parametrize("kind", NOT_READ)
def test_what_is_not_a_spreadsheet_is_one_sentence(kind: str, tmp_path: Path) -> None:
    """Each file that can't be read is refused by name, with what to do."""
    name, data, said = NOT_READ[kind]
    with pytest.raises(FileProblemError, match=said) as refused:
        check_file(written(tmp_path / name, data), ReadOptions())
    assert "\n" not in refused.value.message
    assert refused.value.hint
    assert refused.value.exit_code == 1


def test_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    """A folder is not a file, and a misspelt name is guessed at."""
    with pytest.raises(FileProblemError, match="is a folder"):
        check_file(tmp_path, ReadOptions())
    xlsx_of_people(tmp_path / "people.xlsx")
    with pytest.raises(FileProblemError, match="no file") as missing:
        check_file(tmp_path / "poeple.xlsx", ReadOptions())
    assert "people.xlsx" in missing.value.hint
