"""Break thousands of workbooks and see that each is read, or refused in one sentence.

    python bench/mutations.py 2000        # how many; about four a second on two cores

Each is checked as `aapimport validate` does it, in child processes with limits. A mistake of ours
in the child (a traceback), or anything else that isn't a list of problems or one sentence, is
printed with its seed, and the command exits with 1.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from openpyxl import Workbook

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.errors import AapimportError

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from sheets.attack_files import mutate

HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")


def make_workbook(path: Path) -> None:
    """A workbook with a bit of everything."""
    book = Workbook()
    book.active.title = "Users"
    book.active.append(HEADERS)
    for number in range(20):
        book.active.append((f"u{number}@acme.com", "Ana", f"N{number}", "", "Sales", 1))
    book.active.append(("x", "=1+1", 5, "#N/A", None, True))
    book.active["A3"].hyperlink = "mailto:bob@acme.com"
    book.active.row_dimensions[4].hidden = True
    book.active.merge_cells("B6:C7")
    book.save(path)


def outcome(original: Path, seed: int) -> str:
    """What became of one broken workbook: `read`, `refused`, or what went wrong."""
    path = original.with_name(f"{seed}.xlsx")
    shutil.copyfile(original, path)
    mutate(path, seed)
    try:
        checked = check_file(path, ReadOptions(hidden="include"))
    except AapimportError as error:
        return "refused" if "\n" not in error.message else f"several lines: {error.message!r}"
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is what is looked for
        return f"{type(error).__name__}: {error}"
    finally:
        path.unlink()
    return "read" if checked.problems else "read without a word"


def main() -> int:
    """Try them all; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("number", type=int, nargs="?", default=2000)
    number = parser.parse_args().number
    began = time.monotonic()
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        original = Path(folder) / "original.xlsx"
        make_workbook(original)
        for seed, said in enumerate(pool.map(lambda s: outcome(original, s), range(number))):
            known = said in {"read", "refused"}
            found[said if known else "wrong"] += 1
            if not known:
                print(f"seed {seed}: {said}", flush=True)
    print(f"{number:,} workbooks in {time.monotonic() - began:.0f} s: {dict(found)}")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
