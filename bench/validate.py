"""How long `aapimport validate` takes, side by side with other ways to look at the same file.

    python bench/validate.py                      # 1,000, 100,000 and 1,000,000 rows
    python bench/validate.py --rows 1000 100000   # without the million, which takes minutes

Every figure is that of whole processes, from start to end: wall clock (the median of several runs)
and the peak of memory, with all children added up where `/proc` tells it. frictionless is installed
into a virtual environment of its own; where pip can't do that it is left out, and that is said.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from pathlib import Path

HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")
FIRST_NAMES = ("Ana", "José", "Li", "Chidi", "Anne-Marie", "Søren", "Mei", "Fatima", "Jean")
ROLES = ("", "individualcontributor", "facilitator", "individualcontributor")
TEAMS = ("", "Sales EMEA", "Finance")

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"

IMPORTS_PLAIN = "import pydantic, rich, python_calamine"
IMPORTS_USED = (
    "from pydantic import BaseModel; from rich.console import Console;"
    "from python_calamine import CalamineWorkbook"
)
CALAMINE = """
import sys
from python_calamine import CalamineWorkbook
CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()
"""
OPENPYXL = """
import sys
from typing import Literal
from openpyxl import load_workbook
from pydantic import BaseModel, EmailStr, Field, ValidationError

class Person(BaseModel):
    email: EmailStr
    first_name: str = Field(min_length=1, max_length=100)
    last_name: str = Field(min_length=1, max_length=100)
    role: Literal["individualcontributor", "facilitator", "client admin"] | None
    team: str | None = Field(max_length=100)
    jhana: Literal[1] | None

rows = load_workbook(sys.argv[1]).active.iter_rows(min_row=2, values_only=True)
seen, errors = set(), 0
for row in rows:
    try:
        person = Person(**dict(zip(Person.model_fields, row)))
    except ValidationError:
        errors += 1
        continue
    errors += person.email.lower() in seen
    seen.add(person.email.lower())
sys.exit(errors)
"""
FRICTIONLESS = """
import sys
from frictionless import Resource, Schema, system
text = {"type": "string", "constraints": {"required": True, "maxLength": 100}}
schema = Schema.from_descriptor({"fields": [
    {"name": "Email Address", "type": "string", "format": "email",
     "constraints": {"required": True, "unique": True, "maxLength": 254}},
    {"name": "First Name", **text},
    {"name": "Last Name", **text},
    {"name": "User Role", "type": "string",
     "constraints": {"enum": ["individualcontributor", "facilitator", "client admin"]}},
    {"name": "Team", "type": "string", "constraints": {"maxLength": 100}},
    {"name": "Jhana Enabled", "type": "integer", "constraints": {"enum": [1]}},
]})
with system.use_context(trusted=True):
    report = Resource(path=sys.argv[1], schema=schema).validate(limit_errors=10**9)
sys.exit(f"{report.flatten()[:3]} {report.errors}" if not report.valid else None)
"""


def make_workbook(path: Path, rows: int) -> None:
    """Write an xlsx file as Excel does (shared strings), quickly and always the same."""
    strings: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, content in _small_parts().items():
            archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            part.write(_row(1, HEADERS, strings))
            for number in range(rows):
                part.write(_row(number + 2, _person(number), strings))
            part.write(b"</sheetData></worksheet>")
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            part.write(f'<?xml version="1.0"?><sst xmlns="{_MAIN}">'.encode())
            for text in strings:
                part.write(f"<si><t>{text}</t></si>".encode())
            part.write(b"</sst>")


def _person(number: int) -> tuple[str | int, ...]:
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = "Last" + "".join(chr(97 + number // 26**place % 26) for place in range(5))
    email = f"{first.lower() if first.isascii() else 'x'}.{last.lower()}@acme.com"
    return email, first, last, ROLES[number % 4], TEAMS[number % 3], 1 if number % 2 else ""


def _row(number: int, values: tuple[str | int, ...], strings: dict[str, int]) -> bytes:
    cells = []
    for letter, value in zip("ABCDEF", values, strict=True):
        if isinstance(value, int):
            cells.append(f'<c r="{letter}{number}"><v>{value}</v></c>')
        elif value:
            place = strings.setdefault(value, len(strings))
            cells.append(f'<c r="{letter}{number}" t="s"><v>{place}</v></c>')
        else:  # the template's cells are formatted as text, so blank ones are in the file as well
            cells.append(f'<c r="{letter}{number}"/>')
    return f'<row r="{number}" spans="1:6">{"".join(cells)}</row>'.encode()


def _small_parts() -> dict[str, str]:
    start = '<?xml version="1.0"?>'
    links = f'{start}<Relationships xmlns="{_PACKAGE}/relationships">'
    return {
        "[Content_Types].xml": (
            f'{start}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEETS}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml"'
            f' ContentType="{_SHEETS}.worksheet+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml"'
            f' ContentType="{_SHEETS}.sharedStrings+xml"/>'
            "</Types>"
        ),
        "_rels/.rels": (
            f'{links}<Relationship Id="r1" Type="{_OFFICE}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'{start}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="Users" sheetId="1" r:id="r1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'{links}<Relationship Id="r1" Type="{_OFFICE}/worksheet"'
            f' Target="worksheets/sheet1.xml"/><Relationship Id="r2"'
            f' Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
        ),
    }


def measure(command: list[str], runs: int) -> tuple[float, float]:
    """Seconds (the median) and megabytes (the largest) of some runs of a command."""
    seconds, megabytes = [], 0.0
    # As after an installation, which compiles everything: nobody compiles at each start.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(runs):
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
        peak = _watch(process)
        seconds.append(time.perf_counter() - began)
        megabytes = max(megabytes, peak / 1e6)
        if process.returncode:
            _, said = process.communicate()
            raise SystemExit(f"{command[0]} failed: {said.decode(errors='replace')[-2000:]}")
    return statistics.median(seconds), megabytes


def _watch(process: "subprocess.Popen[bytes]") -> int:
    """Wait for a process; the peak of its memory, with that of its children, in bytes."""
    peak = 0
    while True:
        try:
            process.wait(0.01)
        except subprocess.TimeoutExpired:
            peak = max(peak, _memory_of_tree(process.pid))
        else:
            return peak


def _memory_of_tree(pid: int) -> int:
    try:
        resident = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except (OSError, ValueError, IndexError):
        return 0
    return resident * os.sysconf("SC_PAGE_SIZE") + sum(map(_memory_of_tree, map(int, children)))


def frictionless_python() -> str | None:
    """The Python of a virtual environment that has frictionless; None where that can't be made."""
    folder = Path(tempfile.gettempdir()) / "aapimport-bench-frictionless"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    check = [str(python), "-c", "import frictionless, openpyxl"]
    if python.exists() and subprocess.run(check, capture_output=True, check=False).returncode == 0:
        return str(python)
    print("installing frictionless into a virtual environment of its own …", flush=True)
    try:
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "frictionless[excel]>=5,<6"]
        subprocess.run(install, check=True, capture_output=True, timeout=600)
        subprocess.run(check, check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"frictionless is left out: it could not be installed ({error})")
        return None
    return str(python)


def commands(file: Path, frictionless: str | None) -> dict[str, list[str]]:
    """What is measured: a name and a command line each."""
    python = sys.executable
    found = {
        "import pydantic, rich, calamine": [python, "-c", IMPORTS_PLAIN],
        "the same, with the names used": [python, "-c", IMPORTS_USED],
        "bare calamine": [python, "-c", CALAMINE, str(file)],
        "aapimport validate": [python, "-m", "aapimport", "validate", str(file)],
        "openpyxl + pydantic": [python, "-c", OPENPYXL, str(file)],
    }
    if frictionless:
        found["frictionless validate"] = [frictionless, "-c", FRICTIONLESS, str(file)]
    return found


def compare(rows: int, folder: Path, frictionless: str | None) -> float:
    """Measure one size and print it; seconds that `aapimport validate` took."""
    file = folder / f"people-{rows}.xlsx"
    make_workbook(file, rows)
    runs = 9 if rows <= 10_000 else 3 if rows <= 200_000 else 1  # noqa: PLR2004 -- minutes else
    figures: dict[str, tuple[float, float]] = {}
    print(f"\n{rows:,} rows ({file.stat().st_size / 1e6:.1f} MB)")
    for name, command in commands(file, frictionless).items():
        figures[name] = measure(command, runs if "openpyxl" not in name else min(runs, 3))
        print(f"  {name:34} {figures[name][0]:9.3f} s {figures[name][1]:8.0f} MB", flush=True)
    ours = figures["aapimport validate"][0]
    for name, (seconds, _) in figures.items():
        if name == "aapimport validate":
            continue
        ratio = f"{seconds / ours:.1f} x as long as" if seconds > ours else "takes less than"
        if seconds <= ours:
            print(f"  aapimport validate takes {ours / seconds:.2f} x as long as {name}")
        else:
            print(f"  {name} takes {ratio} aapimport validate")
    return ours


def main() -> None:
    """Measure all sizes and print how time grows."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--no-frictionless", action="store_true")
    chosen = parser.parse_args()
    frictionless = None if chosen.no_frictionless else frictionless_python()
    per_row: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in chosen.rows:
            per_row[rows] = compare(rows, Path(folder), frictionless) / rows
    print("\nmicroseconds per row, aapimport validate")
    for rows, seconds in per_row.items():
        print(f"  {rows:>9,} rows {seconds * 1e6:8.2f}")


if __name__ == "__main__":
    main()
