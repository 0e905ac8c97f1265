import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
USERS = EXAMPLES / "users.xlsx"
MISTAKES = EXAMPLES / "users-with-mistakes.xlsx"
PASS = ("--pass", "Leadership 2026")
KEYS = {"receipt", "target", "file", "pass", "emails", "services", "seats", "people"}


_OF_PLACES = {"receipt", "target", "address", "started_at", "ended_at"}


def without_place(report: dict[str, Any]) -> dict[str, Any]:
    """A receipt without what differs between two services that hold the same."""
    return {name: it for name, it in report.items() if name not in _OF_PLACES}


def csv(tmp_path: Path, *rows: str) -> Path:
    """A small file."""
    file = tmp_path / "people.csv"
    header = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def test_the_readmes_upload_arrives_and_is_done_once(aapimport_process, aapimport):
    """The example reaches the practice portal with no question open; again, nobody is created."""
    first = aapimport_process("upload", USERS, *PASS, "--no-emails")
    assert first.code == 0, first.err
    assert "PRACTICE portal: nothing real is touched" in first.out
    assert "Receipt " in first.out
    shown = aapimport("sandbox", "show", "--json").json
    people = {person["email"]: person for person in shown["people"]}
    assert people["ana.perez@acme.com"] == {
        "email": "ana.perez@acme.com",
        "active": True,
        "roles": ["manager"],
        "passes": ["Leadership 2026"],
        "teams": ["Sales EMEA"],
        "jhana": True,
    }
    assert people["zoe.ng@acme.com"]["roles"] == ["client admin"]
    assert people["lukasz.wisniewski@acme.com"]["teams"] == ["Engineering"]
    assert shown["outbox"] == []
    used = {one["name"]: one["seats_used"] for one in shown["passes"]}

    second = aapimport("upload", USERS, *PASS, "--no-emails")
    assert second.code == 0, second.err
    assert "nobody was created or changed" in second.out
    again = aapimport("sandbox", "show", "--json").json
    assert again["people"] == shown["people"]
    assert {one["name"]: one["seats_used"] for one in again["passes"]} == used


def test_json_is_one_object_with_the_contracts_keys(aapimport):
    """The receipt is all that stdout holds; every number in it adds up."""
    done = aapimport("upload", USERS, *PASS, "--emails", "--json")
    assert done.code == 0, done.err
    report = done.json
    assert set(report) >= KEYS
    assert report["target"] == "practice"
    assert report["emails"] == "sent"
    assert len(report["people"]) == 25
    for service in ("portal", "jhana"):
        counts = Counter(one[service] for one in report["people"] if one[service])
        assert {name: it for name, it in report["services"][service].items() if it} == counts
    results = {"portal", "jhana", "team_state", "email_state"}
    about = {"row", "place", "email", "but", "reason", "failures", "mailed_since", "taken_back"}
    assert set(report["people"][0]) == {*about, *results}
    assert report["seats"]["free_before"] - report["seats"]["used"] == report["seats"]["free_after"]
    sent = Counter(one["email"] for one in report["people"] if one["email_state"] == "sent")
    outbox = Counter(mail["to"] for mail in aapimport("sandbox", "show", "--json").json["outbox"])
    assert outbox == sent
    assert set(outbox.values()) == {1}


def test_a_file_with_mistakes_sends_nothing(aapimport):
    """One error is enough: exit 1, the cells, and the practice portal as it was."""
    before = aapimport("sandbox", "show", "--json").json
    done = aapimport("upload", MISTAKES, *PASS, "--yes")
    assert done.code == 1
    assert "Users!D4" in done.out
    assert done.err.rstrip().endswith("nothing was sent")
    assert aapimport("sandbox", "show", "--json").json == before


def test_over_http_it_is_the_same(aapimport, served):
    """The four settings that `sandbox serve` prints lead to the same result as in process."""
    options = (*PASS, "--no-emails", "--yes", "--maybe", "create", "--client-admins", "1", "--json")
    inside = aapimport("upload", USERS, *options)
    outside = aapimport("upload", USERS, *options, **served)
    assert (inside.code, outside.code) == (0, 0), outside.err
    assert outside.json["target"] == "live"
    assert without_place(inside.json) == without_place(outside.json)
    assert "practice" not in outside.err
    token = served["AAPIMPORT_PORTAL_TOKEN"]
    assert token not in outside.out + outside.err


def test_nothing_that_can_answer_sends_nothing(aapimport, served, tmp_path: Path):
    """On a real portal each open question ends with exit 2 and the flag that decides it."""
    file = csv(tmp_path, "bo@acme.com,Bosse,Quist,individualcontributor,,")
    for options, flag in (((), "--pass"), (PASS, "--yes")):
        done = aapimport("upload", file, *options, "--no-emails", **served)
        assert done.code == 2, done.err
        assert flag in done.err
        assert done.err.rstrip().endswith("nothing was sent")
        assert "Receipt" not in done.out
    assert "bo@acme.com" not in _emails(aapimport, served)


def test_answers_can_be_piped(aapimport_process, aapimport, served, tmp_path: Path):
    """The pass, the e-mails and the seats are asked for, and read from a pipe."""
    file = csv(tmp_path, "bo@acme.com,Bosse,Quist,individualcontributor,,")
    declined = aapimport("upload", file, stdin="1\nn\n\n", **served)
    assert declined.code == 1
    assert "you did not say yes" in declined.err
    done = aapimport_process("upload", file, stdin="leadership-2026\nn\n1\n", **served)
    assert done.code == 0, done.err
    assert "E-mails          none sent" in done.out
    assert "bo@acme.com" in _emails(aapimport, served)


def _emails(aapimport, served) -> set[str]:
    folder = Path(os.environ["AAPIMPORT_STATE_DIR"]).parent / "served"
    shown = aapimport("sandbox", "show", "--json", AAPIMPORT_STATE_DIR=str(folder)).json
    return {person["email"] for person in shown["people"]}


def test_bytes_that_are_no_text_are_no_answer(aapimport_process, served, tmp_path: Path):
    """A pipe that holds anything but text ends like one that holds nothing, without a bug."""
    file = csv(tmp_path, "bo@acme.com,Bosse,Quist,individualcontributor,,")
    done = aapimport_process("upload", file, *PASS, stdin=b"\xff\xfe\n" * 3, **served)
    assert done.code in {1, 2}, done.err


@pytest.mark.parametrize("name", ["AAPIMPORT_PORTAL_TOKEN", "AAPIMPORT_JHANA_URL"])
def test_half_a_configuration_ends_before_anything(aapimport, name: str):
    """One variable set, or set but empty, is exit 3 and never the practice portal."""
    for value in ("https://jhana.example.com", ""):
        done = aapimport("upload", USERS, *PASS, "--yes", **{name: value})
        assert done.code == 3
        assert "half configured" in done.err
        assert done.err.rstrip().endswith("nothing was sent")
        assert done.out == ""


@pytest.mark.parametrize("answer", ["n\n", "\n", "no\n"])
def test_no_means_no(aapimport, answer: str, tmp_path: Path):
    """Enter and no stop the upload on the practice portal, too."""
    file = csv(tmp_path, "bo@acme.com,Bo,Quist,,,")
    done = aapimport("upload", file, *PASS, "--no-emails", stdin=answer)
    assert done.code == 1
    assert done.err.rstrip().endswith("nothing was sent")


def test_an_unknown_pass_is_suggested(aapimport):
    """A misspelt pass says which was meant; one close to nothing says how to list them."""
    done = aapimport("upload", USERS, "--pass", "Leadershp 2026")
    assert done.code == 1
    assert "did you mean 'Leadership 2026'" in done.err
    done = aapimport("upload", USERS, "--pass", "\x1b[31mzzz\u202e")
    assert "aapimport passes" in done.err
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err


def test_a_pass_is_known_by_any_letter_case_and_id(aapimport, tmp_path: Path):
    """Name and id mean the same pass."""
    file = csv(tmp_path, "bo@acme.com,Bosse,Quist,individualcontributor,,")
    for name in ("LEADERSHIP 2026", " leadership-2026 "):
        done = aapimport("upload", file, "--pass", name, "--no-emails", "--json")
        assert done.json["pass"] == "Leadership 2026"


def test_unknown_teams_are_listed_with_all_their_cells(aapimport, tmp_path: Path):
    """Each unknown team once, with every cell that names it and what may be meant."""
    file = csv(
        tmp_path,
        "bo@acme.com,Bosse,Quist,,Sales EMA,",
        "cy@acme.com,Cyrus,Naderi,,Basket Weaving,",
        "di@acme.com,Dilnoza,Karim,,sales ema,",
    )
    done = aapimport("upload", file, *PASS)
    assert done.code == 1
    assert "team 'Sales EMA' is not on the pass: E2, E4" in done.err
    assert "did you mean 'Sales EMEA'?" in done.err
    assert "team 'Basket Weaving' is not on the pass: E3" in done.err
    assert done.err.rstrip().endswith("nothing was sent")


def test_too_few_places_and_seats_are_refused_as_a_whole(aapimport, tmp_path: Path):
    """A team or pass that is too small refuses everybody, and says who doesn't fit."""
    words = ["alpha", "bravo", "delta", "foxtrot", "golf", "hotel", "india", "juliett", "kilo"]
    words += ["lima", "mike", "november", "oscar", "papa"]
    rows = [f"{word}@acme.com,{word.title()},Q{word[::-1]},,Finance," for word in words]
    file = csv(tmp_path, *rows)
    options = ("--maybe", "create", "--yes", "--no-emails")
    before = aapimport("sandbox", "show", "--json").json
    done = aapimport("upload", file, *PASS, *options)
    assert done.code == 1
    said = " ".join(done.err.split())
    assert "team 'Finance' has 11 free places, this file needs 14" in said
    assert "no place for rows 13, 14, 15" in said
    assert aapimport("sandbox", "show", "--json").json == before
    file = csv(tmp_path, *(row.replace("Finance", "") for row in rows))
    done = aapimport("upload", file, "--pass", "Leadership 2025", *options)
    assert done.code == 1
    assert "free seats, this file needs 14" in " ".join(done.err.split())
    assert aapimport("sandbox", "show", "--json").json == before


def test_hostile_cells_never_reach_the_terminal(aapimport, tmp_path: Path):
    """Markup in a name is printed as it is, and crashes nothing."""
    file = csv(tmp_path, "bo@acme.com,[red]Bo[/red],[/] {x} :smile:,,,")
    done = aapimport("upload", file, *PASS, "--no-emails", "--json")
    assert done.code == 0, done.err
    assert "[red]Bo" in done.err
    assert ":smile:" in done.err
    assert json.loads(done.out)["services"]["portal"]["created"] == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full at once")
def test_a_receipt_that_cannot_be_printed_is_shown_again_later(tmp_path: Path):
    """The upload is done: exit 1, and the command that shows the receipt; never "a bug"."""
    file = tmp_path / "one.csv"
    file.write_text(
        "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled\n"
        "bo.quist@acme.com,Bosse,Quist,manager,,\n",
        encoding="utf-8",
    )
    words = ("upload", file, "--pass", "Leadership 2026", "--no-emails", "--yes", "--json")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "aapimport", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    said = " ".join(done.stderr.decode().split())
    assert done.returncode == 1, said
    assert "the receipt of upload " in said
    assert "see it again with: aapimport receipt " in said
    assert "bug" not in said
