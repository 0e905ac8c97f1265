import pytest
from openpyxl import load_workbook

from aapimport.template.columns import (
    COLUMNS,
    KEY_SHEET,
    TEMPLATE_PROPERTY,
    TEMPLATE_VERSION,
    USERS_SHEET,
)
from aapimport.template.roles import Role
from aapimport.template.workbook import (
    Sheet,
    TemplateContent,
    write_template,
    write_template_csv,
)

PERSON = ("ana.perez@acme.com", "Ana", "Pérez", "", "Sales EMEA", "1")
MANY_TEAMS = tuple(f"Team number {number}, with a comma" for number in range(400))


@pytest.fixture
def template(tmp_path):
    """An empty template, read back."""
    path = tmp_path / "template.xlsx"
    write_template(path, TemplateContent())
    return load_workbook(path)


def choices(workbook) -> dict[str, str]:
    """The drop-down lists: first column letter → source."""
    rules = workbook[USERS_SHEET].data_validations.dataValidation
    return {str(rule.sqref)[0]: rule.formula1 for rule in rules}


def test_headers_and_comments_are_the_definition(template):
    """Each column of the definition is there, in order, with its comment."""
    header = template[USERS_SHEET][1]
    assert [cell.value for cell in header] == [column.name for column in COLUMNS]
    assert [cell.comment.text for cell in header] == [column.comment for column in COLUMNS]


def test_cells_to_be_filled_in_are_text(template):
    """Excel keeps 00123 as typed: the column is text, and so are the first rows."""
    sheet = template[USERS_SHEET]
    for letter in "ABCDEF":
        assert sheet.column_dimensions[letter].number_format == "@"
        assert sheet[f"{letter}2"].number_format == "@"
        assert sheet[f"{letter}2"].value is None


def test_roles_and_jhana_have_lists(template):
    """The lists come from the definition; a team is free text where no pass was named."""
    typed = ",".join(role.typed for role in Role if role.typed)
    assert choices(template) == {"D": f'"{typed}"', "F": '"1"'}


def test_header_is_frozen_and_printed_on_each_page(template):
    """A long list stays readable on the screen and on paper."""
    sheet = template[USERS_SHEET]
    assert sheet.freeze_panes == "A2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.auto_filter.ref is None


def test_version_is_in_the_custom_properties(template):
    """A later version of the tool can tell which template a file was made from."""
    assert template.custom_doc_props[TEMPLATE_PROPERTY].value == TEMPLATE_VERSION


def test_key_explains_every_column_and_role(template):
    """Nobody needs the help page to fill the sheet in."""
    words = {cell for row in template[KEY_SHEET].iter_rows(values_only=True) for cell in row}
    assert words >= {column.name for column in COLUMNS}
    assert words >= {column.example for column in COLUMNS}
    assert words >= {role.meaning for role in Role}
    assert words >= {role.example for role in Role}


def test_key_is_no_table_of_people(template):
    """No row of the key holds two of the headers, so no reader takes its examples for people."""
    names = {column.name for column in COLUMNS}
    for row in template[KEY_SHEET].iter_rows(values_only=True):
        assert len(names.intersection(row)) < 2


def test_team_list_has_no_limit(tmp_path):
    """Any number of teams, also with commas in them, can be chosen from."""
    path = tmp_path / "template.xlsx"
    write_template(path, TemplateContent(teams=MANY_TEAMS))
    workbook = load_workbook(path)
    sheet_name, cells = choices(workbook)["E"].split("!")
    listed = [row[0].value for row in workbook[sheet_name][cells.replace("$", "")]]
    assert tuple(listed) == MANY_TEAMS


def test_people_extra_columns_and_sheets_are_written_as_text(tmp_path):
    """A filled-in template holds what it was given, and nothing becomes a formula."""
    path = tmp_path / "template.xlsx"
    notes = Sheet(title="Notes", notes=("Why",), header=("What",), widths=(20,), rows=[("=1+1",)])
    content = TemplateContent(
        people=[(*PERSON, "=cmd|x")], extra_columns=("Region",), sheets=(notes,)
    )
    write_template(path, content)
    workbook = load_workbook(path)
    row = workbook[USERS_SHEET][2]
    assert [cell.value for cell in row] == [*PERSON[:3], None, *PERSON[4:], "=cmd|x"]
    assert row[6].data_type == "s"
    assert workbook.sheetnames == [USERS_SHEET, "Notes", KEY_SHEET]
    assert [[c.value for c in row] for row in workbook["Notes"].rows] == [
        ["Why"],
        [None],
        ["What"],
        ["=1+1"],
    ]
    assert workbook["Notes"]["A4"].data_type == "s"
    assert workbook["Notes"].freeze_panes == "A4"


def test_csv_template_is_the_header_alone(tmp_path):
    """Excel opens it as UTF-8 with six columns."""
    path = tmp_path / "template.csv"
    write_template_csv(path)
    names = ",".join(column.name for column in COLUMNS)
    assert path.read_text(encoding="utf-8") == f"\ufeff{names}\n"


def test_libreoffice_opens_it_without_loss(tmp_path, libreoffice):
    """A second spreadsheet program finds the same headers, comments, lists and formats."""
    path = tmp_path / "template.xlsx"
    write_template(path, TemplateContent(teams=("Finance", "Sales EMEA"), people=[PERSON]))
    converted = load_workbook(libreoffice(path, "xlsx"))
    sheet = converted[USERS_SHEET]
    assert [cell.value for cell in sheet[1]] == [column.name for column in COLUMNS]
    comments = [cell.comment.text if cell.comment else "" for cell in sheet[1]]
    assert comments == [column.comment for column in COLUMNS]
    assert [cell.value or "" for cell in sheet[2]] == list(PERSON)
    assert sheet["B2"].number_format == "@"
    assert sheet.column_dimensions["B"].number_format == "@"
    found = choices(converted)
    assert found["D"].replace(" ,", ",") == choices(load_workbook(path))["D"]
    assert found["E"].replace("$", "").startswith(f"{KEY_SHEET}!A")
    assert found["F"] == '"1"'


def test_rows_of_the_key_are_as_high_as_their_text(tmp_path):
    """Printed by any program, no text runs into the row below it."""
    path = tmp_path / "template.xlsx"
    write_template(path, TemplateContent())
    sheet = load_workbook(path)[KEY_SHEET]
    for row in sheet.iter_rows(min_row=4):
        for cell in row:
            if cell.value and cell.alignment.wrap_text and not cell.font.bold:
                width = sheet.column_dimensions[cell.column_letter].width
                lines = sum(1 + len(line) // int(width) for line in str(cell.value).split("\n"))
                assert sheet.row_dimensions[cell.row].height >= 15 * lines
