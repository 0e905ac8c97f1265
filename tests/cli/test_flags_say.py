"""Every flag of the commands after an upload changes what is said, done or written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aapimport.errors import ExitCode
from cli.test_every_command import TREE

PASS = ("--pass", "Leadership 2026")
PEOPLE = """Email Address,First Name,Last Name,User Role,Team,Jhana Enabled
abel.quist@new.com,Abel,Quist,,,1
bruna.rossi@new.com,Bruna,Rossi,,,
"""
ABEL, LAYLA = "abel.quist@new.com", "layla.alhassan@acme.com"
OK, FINDINGS, USAGE, SETTINGS = map(int, list(ExitCode)[:4])
DRY = ("RECEIPT", "--dry-run")
ROW = ("RECEIPT", "--only-rows", "2")
NEW = (ABEL, "abel.neu@new.com")

_Case = tuple[tuple[str, ...], tuple[str, ...], int, int]
"""The words without the flag, those that it adds, and the exit codes without and with it."""
CASES: Mapping[str, Mapping[str, _Case]] = {
    "undo": {
        "--only-rows": (("RECEIPT",), ("--only-rows", "2"), USAGE, USAGE),
        "--yes": (("RECEIPT",), ("--yes",), USAGE, OK),
        "--client-admins": (("RECEIPT",), ("--client-admins", "3"), USAGE, FINDINGS),
        "--json": (("RECEIPT", "--only-rows", "2", "--yes"), ("--json",), OK, OK),
        "--pace": (("RECEIPT",), ("--pace", "never"), USAGE, SETTINGS),
    },
    "receipt show": {
        "--file": (("PURGED", "--json"), ("--file", "people.csv"), OK, OK),
        "--encoding": (
            ("RECEIPT", "--file", "people.csv"),
            ("--encoding", "utf-16"),
            OK,
            FINDINGS,
        ),
        "--xlsx": (("RECEIPT",), ("--xlsx", "out.xlsx"), OK, OK),
        "--html": (("RECEIPT",), ("--html", "out.html"), OK, OK),
        "--with-people": (
            ("RECEIPT", "--html", "out.html", "--force"),
            ("--with-people",),
            OK,
            OK,
        ),
        "--without-people": (("RECEIPT", "--json"), ("--without-people",), OK, OK),
        "--force": (("RECEIPT", "--html", "there.html"), ("--force",), FINDINGS, OK),
        "--json": (("RECEIPT",), ("--json",), OK, OK),
    },
    "receipt verify": {"--json": (("RECEIPT",), ("--json",), OK, OK)},
    "history list": {
        "--all": ((), ("--all",), OK, OK),
        "--json": ((), ("--json",), OK, OK),
    },
    "history purge": {
        "--older-than": (("--yes",), ("--older-than", "30d"), OK, OK),
        "--yes": ((), ("--yes",), USAGE, OK),
        "--json": (("--yes",), ("--json",), OK, OK),
    },
    "reconcile": {
        "--pass": (PASS, ("--pass", "Unknown"), FINDINGS, FINDINGS),
        "--repair": (PASS, ("--repair",), FINDINGS, USAGE),
        "--yes": ((*PASS, "--repair"), ("--yes",), USAGE, OK),
        "--json": (PASS, ("--json",), FINDINGS, FINDINGS),
        "--pace": (PASS, ("--pace", "never"), FINDINGS, SETTINGS),
    },
    "request seats": {
        "--only-rows": (("RECEIPT",), ("--only-rows", "2"), FINDINGS, OK),
        "--to": (ROW, ("--to", "support@example.com"), OK, OK),
        "--out": (ROW, ("--out", "letter.eml"), OK, OK),
        "--force": ((*ROW, "--out", "there.eml"), ("--force",), FINDINGS, OK),
        "--json": (ROW, ("--json",), OK, OK),
    },
    "request address": {
        "--to": (NEW, ("--to", "support@example.com"), OK, OK),
        "--out": (NEW, ("--out", "letter.eml"), OK, OK),
        "--force": ((*NEW, "--out", "there.eml"), ("--force",), FINDINGS, OK),
        "--json": (NEW, ("--json",), OK, OK),
    },
    "send-emails": {
        "--pass": (("--dry-run",), PASS, USAGE, OK),
        "--dry-run": (("RECEIPT",), ("--dry-run",), USAGE, OK),
        "--canary": (DRY, ("--canary", "nobody@new.com"), OK, FINDINGS),
        "--not-before": (DRY, ("--not-before", "2099-01-01"), OK, OK),
        "--hand-over": (("RECEIPT",), ("--hand-over", "out.xlsx", "--yes"), USAGE, OK),
        "--smtp": (DRY, ("--smtp",), OK, SETTINGS),
        "--sent": (("RECEIPT",), ("--sent",), USAGE, FINDINGS),
        "--not-sent": (("RECEIPT",), ("--not-sent",), USAGE, FINDINGS),
        "--yes": (("RECEIPT",), ("--yes",), USAGE, OK),
        "--only": (DRY, ("--only", "rejected"), OK, OK),
        "--kind": (DRY, ("--kind", "jhana"), OK, OK),
        "--to": (DRY, ("--to", ABEL), OK, OK),
        "--again": (("MAILED", "--dry-run"), ("--again",), OK, OK),
        "--checked": (DRY, ("--checked",), OK, USAGE),
        "--json": (DRY, ("--json",), OK, OK),
        "--pace": (DRY, ("--pace", "never"), OK, SETTINGS),
        "--stop-after": (DRY, ("--stop-after", "0"), OK, USAGE),
    },
}
ELSEWHERE = {"--profile", "--practice", "--live", "--help"}
"""The flags of where a command works, which have tests of their own (`test_target`)."""


@pytest.mark.parametrize("name", CASES)
def test_every_flag_is_tried(name: str) -> None:
    """None that a help names is left out below."""
    flags = {
        max(names, key=len)
        for one in TREE[name].params
        for names in (one.opts, one.secondary_opts)
        if names and max(names, key=len).startswith("--")
    }
    assert flags - ELSEWHERE == CASES[name].keys()


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is worked in: people, and two files that are in the way."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for one, text in (("people.csv", PEOPLE), ("there.html", ""), ("there.eml", "")):
        (folder / one).write_text(text, "utf-8")
    return folder


@pytest.fixture
def uploaded(aapimport: Any, served: Any, portal: Any, jhana: Any, work: Path) -> Any:
    """The people are uploaded, and something is true of them that a case is about; the number."""

    def upload(name: str, words: tuple[str, ...]) -> str:
        if "--with-people" in words:  # a page tells of whoever needs attention
            portal.set(LAYLA, active=False)
            more = f"{PEOPLE}{LAYLA},Layla,Al-Hassan,,,\n"
            (work / "people.csv").write_text(more, "utf-8")
        flags = ("--no-emails", "--yes", "--no-results", "--json")
        receipt = str(aapimport("upload", "people.csv", *PASS, *flags, **served).json["receipt"])
        if name == "reconcile":
            jhana.set(ABEL, **{"name.familyName": "Other"})
        if "PURGED" in words:
            aapimport("history", "purge", "--yes", **served)
        if "MAILED" in words:
            aapimport("send-emails", receipt, "--yes", **served)
        return receipt

    return upload


@pytest.mark.parametrize(("name", "flag"), [(name, one) for name in CASES for one in CASES[name]])
def test_a_flag_changes_what_is_said(
    name: str, flag: str, aapimport: Any, served: Any, uploaded: Any, work: Path
) -> None:
    """Or done, or written; and the exit code is the one that is documented for it."""
    without, more, code, code_with = CASES[name][flag]
    receipt = uploaded(name, (*without, *more))

    def tried(*words: str) -> tuple[int, str, dict[str, bytes]]:
        typed = [receipt if one in {"RECEIPT", "PURGED", "MAILED"} else one for one in words]
        done = aapimport(*name.split(), *typed, **served)
        said = (done.out + done.err).replace(receipt, "RECEIPT")
        return done.code, said, {it.name: it.read_bytes() for it in work.iterdir()}

    tries = [(code, without), (code_with, (*without, *more))]
    if flag in {"--older-than", "--json"}:  # what both do can be done only once
        tries.reverse()
    found = []
    for expected, words in tries:
        found.append(tried(*words))
        assert found[-1][0] == expected, found[-1][1]
    assert found[0] != found[1]
