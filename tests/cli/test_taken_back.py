"""That an upload was taken back stands wherever it is shown again."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

PASS = ("--pass", "Leadership 2026", "--yes", "--json", "--no-emails")
HEAD = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"
PEOPLE = (
    "abel.quist@new.com,Abel,Quist,,,1",
    "bruna.rossi@new.com,Bruna,Rossi,,,",
    "carlos.sato@new.com,Carlos,Sato,,,",
)


@pytest.fixture
def receipt(aapimport: Any, served: Any, tmp_path: Path) -> str:
    """Three people are uploaded."""
    file = tmp_path / "people.csv"
    file.write_text("\n".join([HEAD, *PEOPLE]), "utf-8")
    return str(aapimport("upload", file, *PASS, **served).json["receipt"])


def shown(aapimport: Any, served: Any, receipt: str, tmp_path: Path) -> dict[str, str]:
    """All that shows an upload again, by the command."""
    page, workbook = tmp_path / "page.html", tmp_path / "out.xlsx"
    more = ("--html", page, "--xlsx", workbook, "--force")
    found = {
        "receipt": aapimport("receipt", receipt, *more, **served).out,
        "resume": aapimport("resume", receipt, **served).out,
        "verify": aapimport("receipt", "verify", receipt, **served).out,
        "page": page.read_text("utf-8"),
    }
    summary = openpyxl.load_workbook(workbook)["Summary"].values
    found["workbook"] = "\n".join(f"{what}: {how}" for what, how, *_ in summary)
    return {where: plain(text) for where, text in found.items()}


def plain(text: str) -> str:
    """A text, however its lines are broken."""
    return " ".join(text.split())


def test_nothing_is_said_of_an_upload_that_stands(aapimport, served, receipt, tmp_path) -> None:
    """It names no undo."""
    texts = shown(aapimport, served, receipt, tmp_path).values()
    assert not [one for one in texts if "undo" in one]
    assert aapimport("receipt", receipt, "--json", **served).json["taken_back"] == []


def test_it_is_said_everywhere(aapimport, served, portal, receipt, tmp_path) -> None:
    """With the day, the undo, how many people, and how many not; nobody is to be welcomed."""
    portal.set("carlos.sato@new.com", title="CEO")
    undo = aapimport("undo", receipt, "--yes", "--json", **served).json["receipt"]
    said = f" by undo {undo}: 2 people; 1 not; see aapimport receipt {undo}"
    for where, text in shown(aapimport, served, receipt, tmp_path).items():
        assert said in text, where
    assert f"taken back by {undo} (1 not)" in aapimport("history", **served).out
    report = aapimport("receipt", receipt, "--json", **served).json
    (back,) = report["taken_back"]
    told = ("undo", "state", "only_rows", "people", "in_part", "not_taken_back")
    assert [back[name] for name in told] == [undo, "finished", None, 2, 0, 1]
    assert [one["taken_back"] for one in report["people"]] == [undo, undo, ""]
    runs = aapimport("history", "--json", **served).json["runs"]
    assert [one["taken_back"] for one in runs] == [[], [back]]
    assert aapimport("receipt", "verify", receipt, "--json", **served).json["taken_back"] == [back]
    assert f"send-emails {receipt}" in aapimport("resume", receipt, **served).err  # for Carlos
    rows = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0].values
    assert sum(f"created; taken back by undo {undo}" in row for row in rows) == 2


def test_after_all_was_taken_back_nobody_is_to_be_welcomed(aapimport, served, receipt) -> None:
    """The next step is none."""
    aapimport("undo", receipt, "--yes", **served)
    assert (
        "next: nothing; what was taken back of it is said above; "
        in aapimport("resume", receipt, **served).err
    )


def test_a_part_is_called_a_part(aapimport, served, receipt, tmp_path) -> None:
    """Rows that were asked for are named, and those of a second undo; a third names both."""
    undos = [
        aapimport("undo", receipt, "--yes", "--json", *rows, **served).json["receipt"]
        for rows in (("--only-rows", "2,4"), ())
    ]
    parts = [f" by undo {undos[0]}, of rows 2, 4 only: 2 people", f" by undo {undos[1]}: 1 person"]
    for where, text in shown(aapimport, served, receipt, tmp_path).items():
        assert all(part in text for part in parts), where
    own = aapimport("receipt", undos[0], **served).out
    assert f"Receipt {undos[0]}: undo of receipt {receipt}, of rows 2, 4 only\n" in own
    history = aapimport("history", **served).out
    assert f"taken back by {undos[0]} (rows 2, 4)" in history
    third = aapimport("undo", receipt, "--yes", **served)
    assert third.code == 0
    assert third.out.count("taken back already on ") == len(parts)
    assert all(part in third.out for part in parts)
    assert aapimport("history", "purge", "--yes", **served).code == 0
    purged = plain(aapimport("receipt", receipt, **served).out)
    assert all(part in purged for part in parts)


def test_the_plan_of_a_second_undo_says_what_the_first_has_done(aapimport, served, receipt) -> None:
    """Before the number is typed."""
    first = aapimport("undo", receipt, "--yes", "--json", "--only-rows", "2", **served).json
    plan = aapimport("undo", receipt, **served)
    assert plan.code == 2
    assert f" by undo {first['receipt']}, of row 2 only: 1 person" in plan.out
