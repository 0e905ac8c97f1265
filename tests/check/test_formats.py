import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from aapimport.check.check_file import Checked, ReadOptions, check_file
from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.sheets.number_formats import unpacked

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


def csv_text(delimiter: str = ",", rows: Sequence[tuple[str, ...]] = PEOPLE) -> str:
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
    """A row with fewer cells than the header is whole, and so is one with more delimiters."""
    text = csv_text(rows=[]) + "a@acme.com,A,B\r\nb@acme.com,B,C,,,,,, \r\n"
    answer = answer_of(written(tmp_path / "people.csv", text.encode()))
    assert [row[1] for row in answer["people"]] == ["a@acme.com", "b@acme.com"]


def test_a_value_that_is_cut_in_two_is_not_sent(
    tmp_path: Path, answer_of: Callable[..., dict[str, Any]]
) -> None:
    """Without its quotes `van der Berg; PhD` is one value too many, and nobody is half a name."""
    text = "Email;First Name;Last Name\r\nh@acme.com;Hans;van der Berg; PhD\r\nl@acme.com;Li;Wei"
    answer = answer_of(written(tmp_path / "people.csv", text.encode()))
    assert [row[1] for row in answer["people"]] == ["l@acme.com"]
    (problem,) = (p for p in answer["problems"] if p.id == "too-many-values")
    assert (str(problem.cell), problem.value) == ("D2", " PhD")
    assert "semicolon" in problem.hint


SWALLOWED = {
    "the same column": (
        "Email,First,Last,Note",
        'a@x.de,A,B,"5 inch\nb@x.de,B,C,6"',
        "D2",
        "b@x.de",
    ),
    "several rows": (
        "Email,First,Last,Note",
        'a@x.de,A,B,"x\nb@x.de,B,C,\nc@x.de,C,D,y"',
        "D2",
        "b@",
    ),
    "the address comes later": (
        "Id,First,Last,Note,Email",
        '1,A,B,"x\n2,C,D,y",d@x.de',
        "D2",
        "2,C,D",
    ),
    "another column": ("Email,First,Last,Note", 'a@x.de,"A,B,\nb@x.de",C,D,E', "B2", "A,B"),
    "the first column": ("Note,Email,First,Last", '"x,a@x.de,A,B\ny",b@x.de,C,D', "A2", "a@x.de"),
    "behind another one": (
        "Email,First,Last,Note",
        'z@x.de,Y,Z,"a\nb"\na@x.de,A,B,"x\nb@x.de,,,y"',
        "D3",
        "",
    ),
}


@pytest.mark.parametrize("kind", SWALLOWED)
def test_unbalanced_quotes_swallow_nobody(kind: str, tmp_path: Path) -> None:
    """Two stray quotation marks that make one value of several rows are an error at that value."""
    header, rows, cell, shown = SWALLOWED[kind]
    path = written(tmp_path / "people.csv", f"{header}\n{rows}\nlast@x.de,L,M,\n".encode())
    with pytest.raises(FileProblemError, match=f"{cell} holds several lines.*{shown}"):
        check_file(path, ReadOptions())


def test_a_header_swallows_nobody(tmp_path: Path) -> None:
    """The name of a column that isn't read may have swallowed rows, too."""
    text = 'Email,First Name,Last Name,"Note\na@x.de,A,B,\nb@x.de,B,C,"\nlast@x.de,L,M,\n'
    with pytest.raises(FileProblemError, match=r"D1 holds several lines.*a@x\.de"):
        check_file(written(tmp_path / "people.csv", text.encode()), ReadOptions())


@pytest.mark.parametrize(
    "note",
    ["one\ntwo", "likes tea,\nmilk, bread, and wine", "ask ana@home.org\nor Bo", "\n\n", "a,b\nc"],
)
def test_a_value_of_several_lines_is_no_swallowed_row(
    note: str, tmp_path: Path, answer_of: Callable[..., dict[str, Any]]
) -> None:
    """A note may have lines, commas and addresses in it."""
    text = f'Email,First Name,Last Name,Note\na@x.de,A,B,"{note}"\nb@x.de,B,C,\n'
    answer = answer_of(written(tmp_path / "people.csv", text.encode()))
    assert [row[1] for row in answer["people"]] == ["a@x.de", "b@x.de"]


@pytest.mark.parametrize("sign", [";", "|", "\t"])
def test_a_line_with_other_delimiters_is_told_within_a_value(
    sign: str, problems_of: Callable[..., Any], tmp_path: Path
) -> None:
    """A lost line end puts the next person into the last value of the one above."""
    lost = sign.join(("Lyonbo@acme.com", "Bo", "Berg", "", "1"))
    text = (
        f"Email,First Name,Last Name,Office\nana@acme.com,Ana,Perez,{lost}\nli@acme.com,Li,Wei,\n"
    )
    checked = check_file(written(tmp_path / "people.csv", text.encode()), ReadOptions())
    told = [(p.id, str(p.cell)) for p in checked.problems if p.id == "row-in-a-value"]
    assert told == [("row-in-a-value", "D2")]


@pytest.mark.parametrize(
    "note", ["a@acme.com; b@acme.com; c@acme.com", "ask bo@acme.com; or Li", "tea | milk | bread"]
)
def test_other_delimiters_beside_an_address_are_no_row(note: str, tmp_path: Path) -> None:
    """Lists of addresses and sentences are values like others."""
    text = (
        f"Email,First Name,Last Name,Note\nana@acme.com,Ana,Perez,{note}\nli@acme.com,Li,Wei,x;;y\n"
    )
    checked = check_file(written(tmp_path / "people.csv", text.encode()), ReadOptions())
    assert "row-in-a-value" not in {p.id for p in checked.problems}


def test_a_repeated_header_swallows_nobody(tmp_path: Path) -> None:
    """It is nobody; an address that has got into its row is told."""
    header = "Email,First Name,Last Name,Office"
    text = f"{header}\nana@acme.com,Ana,Perez,\n{header}bo@acme.com,Bo,Berg\nli@acme.com,Li,Wei,\n"
    checked = check_file(written(tmp_path / "people.csv", text.encode()), ReadOptions())
    told = {str(p.id): str(p.cell) for p in checked.problems if p.cell}
    assert told["address-not-read"] == "D3"


@pytest.mark.parametrize("error", ["#NV", "#wert!", "#VALEUR!", "#¿NOMBRE?", "#SAKNAS!", "Err:511"])
def test_errors_of_any_excel_are_errors(problems_of: Callable[..., Any], error: str) -> None:
    """What a formula of a German, French, Spanish or Swedish Excel left is no role and no name."""
    found = problems_of(("a@acme.com", error, "Berg", error), name="people.csv")
    assert [(p.id, str(p.cell)) for p in found] == [("error-value", "B2"), ("error-value", "D2")]


@pytest.mark.parametrize("team", ["#1 Sales", "#WIN!", "Err: none", '="a" & "b"'])
def test_other_signs_are_no_errors(
    team: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., dict[str, Any]]
) -> None:
    """A team may have any name."""
    path = make_xlsx(("a@acme.com", "A", "Berg", "", team), name="people.csv")
    assert [row[5] for row in answer_of(path)["people"]] == [team]


def test_excels_way_to_keep_text_is_read(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., dict[str, Any]]
) -> None:
    """`="00123"` keeps Excel from making a number of it, and is sent as 00123."""
    row = [f'="{value}"' for value in ("a@acme.com", "A", "Berg", "facilitator", "00123", "1")]
    answer = answer_of(make_xlsx(row, name="people.csv"))
    assert [tuple(row[1:]) for row in answer["people"]] == [
        ("a@acme.com", "A", "Berg", "facilitator", "00123", True)
    ]


def xlsx_of_people(path: Path) -> Path:
    """The people as a workbook."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Users"
    for row in [HEADERS, *PEOPLE]:
        sheet.append([value or None for value in row])
    workbook.save(path)
    return path


NUMBERS = [
    (123, "00000", "00123"),
    (7, '"T-"000', "T-007"),
    (1234, "#,##0", "1234"),
    (3.25, "0.0", "3.25"),
    (4711, "General", "4711"),
    (123456, "0", "123456"),
]
"""Teams that are numbers: the value, its format, and what is sent."""


@pytest.mark.parametrize("extension", ["xlsx", "xls", "ods"])
def test_numbers_are_sent_as_they_are_shown(
    extension: str, libreoffice: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    """Zeros and letters of a number format count; where they can't be told, that is a warning."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Users"
    sheet.append(HEADERS)
    for at, (value, number_format, _) in enumerate(NUMBERS):
        sheet.append((f"u{at}@acme.com", "U", f"N{at}", "facilitator", value))
        sheet.cell(at + 2, 5).number_format = number_format
    source = tmp_path / "people.xlsx"
    workbook.save(source)
    path = source if extension == "xlsx" else libreoffice(source, extension)
    checked = check_file(path, ReadOptions())
    assert [person.team for person in checked.people] == [sent for *_, sent in NUMBERS]
    found = {str(p.cell): p.id for p in checked.problems if p.cell}
    assert found == {
        "Users!E2": "shown-number",
        "Users!E3": "shown-number",
        "Users!E4": "unclear-number",
        "Users!E5": "unclear-number",
    }


def test_packed_numbers_of_an_old_workbook() -> None:
    """The ways of xls to write a number in 30 bits are read ([MS-XLS] 2.5.217)."""
    assert [unpacked(packed) for packed in (0x1EE, 0x1EF, 0xFFFFFFFE, 0x3FF00000, 0x405EC001)] == [
        123,
        1.23,
        -1,
        1.0,
        1.23,
    ]


def test_numbers_in_a_long_workbook_are_said_to_be_unseen(tmp_path: Path, most_rows: int) -> None:
    """Where nobody looked at formats, and there are some, each number in a text column is told."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Users")
    sheet.append(HEADERS)
    team = WriteOnlyCell(sheet, 123)
    team.number_format = "00000"
    sheet.append(("a@acme.com", "A", "Berg", "facilitator", team))
    for number in range(most_rows):
        sheet.append((f"u{number}@acme.com", "U", "N", "facilitator", "T"))
    path = tmp_path / "people.xlsx"
    workbook.save(path)
    checked = check_file(path, ReadOptions(), with_people=False)
    assert [str(p.cell) for p in checked.problems if p.id == "unclear-number"] == ["Users!E2"]


@pytest.mark.parametrize("extension", ["xls", "ods"])
def test_other_workbooks_read_the_same(
    libreoffice: Callable[[Path, str], Path], extension: str, tmp_path: Path
) -> None:
    """The same people come out of xls and ods as out of xlsx."""
    path = libreoffice(xlsx_of_people(tmp_path / "people.xlsx"), extension)
    checked = check_file(path, ReadOptions())
    assert as_rows(checked) == PEOPLE
    assert checked.kind == extension
    assert "values-only" not in {problem.id for problem in checked.problems}


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
