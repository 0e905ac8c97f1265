"""Write the two example files; the same bytes every time.

Usage: python examples/make_examples.py [FOLDER]   (by default the folder of this script)
"""

import re
import sys
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import load_workbook

from aapimport.template.columns import COLUMNS, USERS_SHEET
from aapimport.template.output import readable_comment
from aapimport.template.workbook import TemplateContent, build_template

Row = tuple[str, str, str, str, str, str]

TEAMS = ("Engineering", "Finance", "Sales EMEA")

PEOPLE: tuple[Row, ...] = (
    ("ana.perez@acme.com", "Ana", "Pérez", "", "Sales EMEA", "1"),
    ("chidi.okafor@acme.com", "Chidi", "Okafor", "facilitator", "", "1"),
    ("li.wei@acme.com", "伟", "李", "individualcontributor", "Engineering", ""),
    ("zoe.ng@acme.com", "Zoë", "Ng", "client admin", "", ""),
    ("yuki.tanaka@acme.com", "由紀", "田中", "individualcontributor", "Engineering", "1"),
    ("dmitri.sokolov@acme.com", "Дмитрий", "Соколов", "", "Engineering", ""),
    ("eleni.papadaki@acme.com", "Ελένη", "Παπαδάκη", "individualcontributor", "Finance", ""),
    ("layla.haddad@acme.com", "ليلى", "حداد", "individualcontributor", "Sales EMEA", "1"),
    ("sean.oconnor@acme.com", "Seán", "O'Connor", "", "Finance", ""),
    ("anne-marie.dubois@acme.com", "Anne-Marie", "Dubois", "individualcontributor", "Finance", ""),
    ("jun.o@acme.com", "Jun", "O", "individualcontributor", "Engineering", ""),
    ("bjorn.astrom@acme.com", "Björn", "Åström", "", "Engineering", "1"),
    ("ines.goncalves@acme.com", "Inês", "Gonçalves", "individualcontributor", "Sales EMEA", ""),
    ("lukasz.wisniewski@acme.com", "Łukasz", "Wiśniewski", "individualcontributor", TEAMS[0], ""),
    ("hanna.mueller@acme.com", "Hanna", "Müller", "facilitator", "", ""),
    ("priya.raman@acme.com", "Priya", "Raman", "", "Sales EMEA", "1"),
    ("minh.nguyen@acme.com", "Minh", "Nguyễn", "individualcontributor", "Finance", ""),
    ("sofia.smith-jones@acme.com", "Sofia", "Smith-Jones", "individualcontributor", TEAMS[2], ""),
    ("jiri.dvorak@acme.com", "Jiří", "Dvořák", "individualcontributor", "Finance", "1"),
    ("noa.levi@acme.com", "נועה", "לוי", "individualcontributor", "", ""),
    ("minjun.kim@acme.com", "민준", "김", "individualcontributor", "Engineering", ""),
    ("aroha.ngata@acme.com", "Āroha", "Ngata", "", "Finance", ""),
    ("tom.de.vries@acme.com", "Tom", "de Vries", "individualcontributor", "", "1"),
    ("ibrahim.yilmaz@acme.com", "İbrahim", "Yılmaz", "individualcontributor", "Sales EMEA", ""),
    ("zoe.oneill@acme.com", "Zoë", "O'Neill", "", "Sales EMEA", ""),
)
"""The practice portal knows two of them already: Priya in another role, Zoë O'Neill just so."""

MISTAKES: tuple[Row, ...] = (
    ("ana.perez@acme", "Ana", "Pérez", "", "Sales EMEA", "1"),  # no domain ending
    ("li.wei@acme.com", "伟", "李", "individualcontributor", "Engineering", ""),
    ("chidi.okafor@acme.com", "Chidi", "Okafor", "Facilitater", "", "1"),  # unknown role
    ("Li.Wei@Acme.com", "Wei", "Li", "individualcontributor", "Engineering", ""),  # duplicate
    ("yuki.tanaka@acme.com", "由紀", "田中", "individualcontributor", "Engineering", "yes"),
    ("dmitri.sokolov@acme.com", "", "Соколов", "", "Engineering", ""),  # no first name
    ("eleni.papadaki@acme.com", "Ελένη", "", "individualcontributor", "Finance", ""),
    ("", "Layla", "Haddad", "individualcontributor", "Sales EMEA", "1"),  # no address
    ("sean.oconnor\u200b@acme.com", "Seán", "O'Connor", "", "Finance", ""),  # zero-width space
    ("jun.o@acme.com; minjun.kim@acme.com", "Jun", "O", "individualcontributor", "", ""),
    ("bjorn.astrom@acme.com", "Björn", "Å" * 120, "", "Engineering", "1"),  # too long
    ("ines.goncalves@acme.com", "In\u202eês", "Gonçalves", "individualcontributor", "", ""),
    ("lukasz.wisniewski@acme.com", "Łukasz", "Wiśniewski", "individualcontributor", "", ""),
    ("hanna.mueller@acme.com", "Hanna", "Müller", "facilitator", "", ""),
    ("\u00a0priya.raman@acme.com\u00a0", "Priya ", " Raman", "", "Sales EMEA", "1"),  # repairable
    ("mailto:minh.nguyen@acme.com", "Minh", "Nguyễn", "individualcontributor", "Finance", "１"),
    ("sofia.smith-jones@acme.com", "SOFIA", "SMITH-JONES", "individualcontributor", "", ""),
    ("jiri.dvorak@acme.com", "jiri.dvorak@acme.com", "Dvořák", "individualcontributor", "", ""),
    ("zoe.ng@acme.com", "Zoë", "Ng", "client admin", "", ""),
    ("grace.mbeki@acme.com", "Grace", "Mbeki", "individualcontributor", "Sales EMEA", ""),
    ("g.mbeki@acme.com", "Grace", "Mbeki", "individualcontributor", "Sales EMEA", ""),
)

MISTAKE_CELLS = {
    "B14": "=VLOOKUP(A14,Staff!A:C,2,FALSE)",  # a formula that was never calculated
    "C15": "#N/A",
}

_MOMENT = "2026-01-05T09:00:00Z"
_TIME_OF_SAVING = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def main() -> None:
    """Write both files and say where."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name, data in (
        ("users.xlsx", _template(PEOPLE)),
        ("users-with-mistakes.xlsx", _with_cells(_template(MISTAKES), MISTAKE_CELLS)),
    ):
        (folder / name).write_bytes(_timeless(data))
        print(f"wrote {folder / name}")


def _template(people: tuple[Row, ...]) -> bytes:
    stream = BytesIO()
    build_template(TemplateContent(people=people, teams=TEAMS)).save(stream)
    return stream.getvalue()


def _with_cells(data: bytes, cells: dict[str, str]) -> bytes:
    """The same workbook with what the template writer never writes: formulas and error values."""
    workbook = load_workbook(BytesIO(data))
    for address, value in cells.items():
        workbook[USERS_SHEET][address].value = value
    for cell, column in zip(workbook[USERS_SHEET][1], COLUMNS, strict=True):
        cell.comment = readable_comment(column.comment)  # openpyxl reads no comment sizes
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _timeless(data: bytes) -> bytes:
    """The same workbook without the moment and the machine it was written on."""
    stream = BytesIO()
    with ZipFile(BytesIO(data)) as source, ZipFile(stream, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = ZipInfo(name)  # dated 1980-01-01
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = 3  # the same on every machine
            text = source.read(name)
            if name == "docProps/core.xml":
                text = _TIME_OF_SAVING.sub(rb"\g<1>" + _MOMENT.encode(), text)
            target.writestr(entry, text)
    return stream.getvalue()


if __name__ == "__main__":
    main()
