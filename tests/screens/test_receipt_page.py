"""The receipt as a page: text stays text, nobody is named unasked, everybody can read it."""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aapimport.check.report import LeftOutReport
from aapimport.run.person_result import PersonFailure, PersonResult
from aapimport.run.report import (
    EmailCounts,
    SeatCounts,
    ServiceCounts,
    ServicesCounts,
    TeamCounts,
    UploadReport,
)
from aapimport.screens.receipt_page import digest_of, receipt_page
from aapimport.template.roles import Role
from support.uploading import person

ODD = '<script src="https://x.example/a.js"></script><img src=//x.example/b.png>'
PEOPLE = (
    person(2, team="Sales"),
    person(3, team=ODD, role=Role.FACILITATOR),
    person(4, team="Sales", first_name=ODD),
)
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def one(row: int, email: str | None, words: str = "") -> PersonResult:
    """Somebody, rejected where there are words."""
    cure = f"correct the row of {email or 'this person'}, then upload the file again"
    failure = PersonFailure(
        where="All Access Pass",
        service="portal",
        standing="rejected",
        kind="",
        words=words,
        cure=cure,
    )
    return PersonResult(
        row=row,
        email=email,
        portal="rejected" if words else "created",
        jhana=None,
        team_state="joined",
        email_state="sent",
        but="",
        reason=f"All Access Pass: {words}" if words else "",
        failures=[failure] if words else [],
    )


def report(*, named: bool, odd: str = "", failed: int = 1, rows: int = 40) -> UploadReport:
    """A receipt."""
    people = [
        one(
            row,
            f"p{row}@acme.com" if named else None,
            f"{odd}p{row}@acme.com is refused" if row < 2 + failed else "",
        )
        for row in range(2, 2 + rows)
    ]
    return UploadReport(
        receipt="7K3QX9",
        kind="upload",
        of="",
        target="practice",
        address="practice",
        file=f"people{odd}.xlsx",
        sheet="Users",
        started_at=datetime(2026, 11, 27, 18, 4, tzinfo=UTC),
        ended_at=datetime(2026, 11, 27, 18, 7, tzinfo=UTC),
        pass_=f"Leadership 2026{odd}",
        rows=rows + 1,
        emails="sent",
        email_counts=EmailCounts(planned=rows - failed, sent=rows - failed),
        letters=None,
        team_counts=TeamCounts(planned=3, joined=3),
        services=ServicesCounts(portal=ServiceCounts(created=rows), jhana=ServiceCounts()),
        seats=SeatCounts(free_before=240, used=rows - failed, free_by_plan=201, free_after=201),
        left_out=[LeftOutReport(row=99, reason="hidden")],
        other_sheets=[],
        skipped=0,
        never_sent=0,
        closed=False,
        people=people,
    )


def test_nobody_is_named_unasked() -> None:
    """Rows are, with what to do; a service's words lose their addresses."""
    page = receipt_page(report(named=False), report(named=False), ())
    assert "acme.com" not in page
    assert "this address is refused" in page
    assert "correct the row of this person" in page
    named = receipt_page(report(named=True), report(named=False), PEOPLE)
    assert "p2@acme.com" in named
    assert "Facilitator" in named


def test_what_comes_from_outside_stays_text() -> None:
    """A file's name, a pass, a team and a service's words are no part of the page's own."""
    page = receipt_page(report(named=True, odd=ODD), report(named=False, odd=ODD), PEOPLE)
    assert "<script" not in page
    assert "<img" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_the_digest_is_that_of_what_is_printed(aapimport_receipt) -> None:
    """`receipt N --json --without-people` can be compared with it by anybody."""
    printed, page = aapimport_receipt
    assert hashlib.sha256(printed).hexdigest() in page
    assert digest_of(report(named=False)) != digest_of(report(named=True))


@pytest.fixture
def aapimport_receipt(tmp_path, monkeypatch, capsysbinary) -> tuple[bytes, str]:
    """What a receipt of the practice portal prints as JSON, and its page."""
    import json

    from aapimport.cli import main

    monkeypatch.chdir(tmp_path)
    text = "Email Address,First Name,Last Name\nana@acme.com,Ana,Perez\n"
    Path("one.csv").write_text(text, encoding="utf-8")
    choices = ("--pass", "Leadership 2026", "--no-emails", "--yes", "--json")
    assert main(["upload", "one.csv", *choices]) == 0
    number = json.loads(capsysbinary.readouterr().out)["receipt"]
    assert main(["receipt", number, "--json", "--without-people", "--html", "one.html"]) == 0
    assert main(["receipt", number, "--html", "one.html"]) == 1  # nothing is written over
    page = Path("one.html")
    if os.name != "nt":
        assert page.stat().st_mode & 0o777 == 0o600
    return capsysbinary.readouterr().out, page.read_text(encoding="utf-8")


PAPER = {"A4": 680, "Letter": 702}
"""What a page's width leaves between the margins, in CSS pixels (96 an inch)."""


@pytest.fixture
def browser() -> Any:
    """Chromium, as the system has it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        chromium = started.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


def looked_at(browser: Any, path: Path, width: int, **media: str) -> Any:
    """The page in a window of a width; it has asked for nothing, and nothing is cut off."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.emulate_media(**media)
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1], (width, media)
    return page


@pytest.mark.browser
@pytest.mark.parametrize("with_people", [False, True])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(browser, tmp_path, scheme, with_people) -> None:
    """On a phone, a tablet, a desk and paper: no request, no sideways scrolling, axe is content."""
    from axe_playwright_python.sync_playwright import Axe

    path = tmp_path / "receipt.html"
    people = PEOPLE if with_people else ()
    odd = ODD if with_people else ""
    text = receipt_page(
        report(named=with_people, odd=odd, failed=3), report(named=False, failed=3), people
    )
    path.write_text(text, encoding="utf-8")
    for width in (360, 768, 1280):
        page = looked_at(browser, path, width, color_scheme=scheme)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        if not with_people and (width, scheme) in {(360, "dark"), (1280, "light")}:
            picture = PICTURES / f"receipt-{width}-{scheme}.png"
            page.screenshot(path=str(picture), full_page=False)
        page.close()
    for paper, width in PAPER.items():
        page = looked_at(browser, path, width, media="print", color_scheme=scheme)
        assert page.pdf(format=paper).startswith(b"%PDF-")
        page.close()


def test_what_no_page_may_hold_is_made_visible() -> None:
    """A NUL, an escape and a bidi mark in names of others, which XML and readers refuse."""
    bent = report(named=False).model_copy(
        update={"pass_": "Lead\0er\x1b[31m\u202e", "file": "a\x07.xlsx"}
    )
    page = receipt_page(bent, bent, ())
    assert not {one for one in page if not one.isprintable()} - {"\n"}
    assert r"Lead\u0000er\u001B[31m\u202E" in page
    assert r"a\u0007.xlsx" in page
