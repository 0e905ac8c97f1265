import csv
import io
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from aapimport.check.addresses import address_fault
from aapimport.check.domains import one_slip
from aapimport.check.formula_errors import FORMULA_ERRORS
from aapimport.check.repair import invisible_in
from aapimport.check.validate_rows import _EVERYDAY
from aapimport.errors import AapimportError
from aapimport.text import fold, fold_all
from sheets.other_formats import write_ods, write_xls, write_xlsb

HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")
WRITERS: dict[str, Callable[..., Path]] = {"xls": write_xls, "xlsb": write_xlsb, "ods": write_ods}
ROLES = ("", "individualcontributor", "facilitator", "client admin")
IN_ONE_FOLDER = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

letters = st.characters(categories=["Lu", "Ll", "Lo", "Lt", "Mn", "Nd"], max_codepoint=0x2FFFF)
name = (
    st.text(st.one_of(letters, st.sampled_from(" -'’.=+@|&<>\"_")), min_size=1, max_size=40)
    # Excel's way to write a control character; openpyxl leaves such a text as it is
    .filter(lambda text: not re.search("_x[0-9A-Fa-f]{4}_", text))
    .map(str.strip)
    .filter(lambda text: text and text.isprintable() and not invisible_in(text))
    .filter(lambda text: text.upper() not in FORMULA_ERRORS)
)
local = st.from_regex(r"[a-z0-9]{1,12}(\.[a-z0-9]{1,8})?", fullmatch=True)
email = st.builds("{}@{}".format, local, st.sampled_from(["acme.com", "acme.co.uk", "x-y.se"]))
person = st.tuples(
    email,
    name,
    name,
    st.sampled_from(ROLES),
    st.one_of(st.just(""), name),
    st.sampled_from(["", "1"]),
)
people = st.lists(person, min_size=1, max_size=12, unique_by=lambda row: row[0])


def sent(answer: dict[str, Any]) -> list[tuple[str, ...]]:
    """The people of an answer, as they were written."""
    return [
        (mail, first, last, "" if role == "manager" else role, team or "", "1" if jhana else "")
        for _, mail, first, last, role, team, jhana in answer["people"]
    ]


def outcome(check: Callable[[], Any]) -> tuple[str, Any]:
    """The sentence with which a file was refused, or what came of checking it."""
    try:
        return "", check()
    except AapimportError as error:
        return error.message, None


@IN_ONE_FOLDER
@given(people)
def test_xlsx_is_read_back_the_same(
    tmp_path: Path, answer_of: Callable[..., dict[str, Any]], rows: list[tuple[str, ...]]
) -> None:
    """Whoever is written to a workbook comes out of it, with both readers agreeing."""
    workbook = Workbook()
    for values in (HEADERS, *rows):
        workbook.worksheets[0].append(list(values))
        for cell in workbook.worksheets[0][workbook.worksheets[0].max_row]:
            cell.data_type = "s" if cell.value else "n"
    path = tmp_path / "people.xlsx"
    workbook.save(path)
    answer = answer_of(path, hidden="include")  # of any word, some say that somebody has left
    assert sent(answer) == rows
    assert answer["rows"] == answer["ready"] == len(rows)


@IN_ONE_FOLDER
@given(people, st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_text_is_read_back_the_same(
    tmp_path: Path,
    answer_of: Callable[..., dict[str, Any]],
    rows: list[tuple[str, ...]],
    delimiter: str,
    encoding: str,
) -> None:
    """Whoever is written to a csv or tsv comes out of it, whatever its delimiter and encoding."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([HEADERS, *rows])
    path = tmp_path / "people.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    assert sent(answer_of(path, hidden="include")) == rows


@pytest.mark.parametrize("extension", sorted(WRITERS))
@IN_ONE_FOLDER
@given(people)
@example([("a@acme.com", "Encrypted", "EncryptedPackage", "", "WordDocument", "1")])
def test_other_workbooks_are_read_back_the_same(
    tmp_path: Path,
    answer_of: Callable[..., dict[str, Any]],
    extension: str,
    rows: list[tuple[str, ...]],
) -> None:
    """Whoever is written to an xls, xlsb or ods comes out of it."""
    path = WRITERS[extension](tmp_path / f"people.{extension}", [HEADERS, *rows])
    answer = answer_of(path, hidden="include")  # of any word, some say that somebody has left
    assert sent(answer) == rows
    assert answer["rows"] == answer["ready"] == len(rows)


@IN_ONE_FOLDER
@given(st.binary(max_size=2000), st.sampled_from(["csv", "tsv", "xlsx", "xls", "ods", "xlsb", ""]))
@example(b"PK\x05\x06" + bytes(18), "xlsx")
@example(b"\xff\xfe\x00", "csv")
@example(b"sep=", "csv")
def test_arbitrary_bytes_give_problems_or_a_sentence(
    tmp_path: Path, answer_of: Callable[..., dict[str, Any]], data: bytes, extension: str
) -> None:
    """Whatever a file holds, the answer is a list of problems or one sentence."""
    path = tmp_path / f"people.{extension}"
    path.write_bytes(data)
    message, answer = outcome(lambda: answer_of(path))
    assert "\n" not in message
    assert message or answer["problems"]


@given(st.text(st.characters(max_codepoint=0x24F), max_size=30))
@example("a..b@acme.com")
@example("a@acme.c")
@example("a@-acme.com")
@example("a@ab--c.com")
@example("a@acme.test")
@example("x" * 65 + "@acme.com")
@example("a@" + "x" * 64 + ".com")
@example("a@" + "x." * 130 + "com")
@example("a@example.com")
def test_addresses_are_judged_as_email_validator_does(text: str) -> None:
    """The quick way agrees with the library whose rules are promised."""
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        assert address_fault(text)
    else:
        assert address_fault(text) == ""


@given(
    st.builds(
        "{}@{}".format,
        st.text("ab.+'-_!#$%&*/=?^`{|}~\" ", max_size=8),
        st.text("ab0.-_xn", max_size=12).map(lambda text: text + ".com"),
    )
)
def test_likely_addresses_are_judged_as_email_validator_does(text: str) -> None:
    """The same for texts that are nearly addresses."""
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        assert address_fault(text)
    else:
        assert address_fault(text) == ""


@given(st.from_regex(_EVERYDAY, fullmatch=True).filter(lambda text: not text.endswith("\n")))
def test_everyday_addresses_are_no_exception(text: str) -> None:
    """What pydantic takes for an address without asking, email-validator takes for one."""
    validate_email(text, check_deliverability=False)


@given(st.lists(st.text()))
@example(["\n", "a"])
@example(["A\u0301", "\u0301b", "ﬁ", "İ"])
def test_folding_many_is_folding_each(texts: list[str]) -> None:
    """The quick ways to fold give the same as the one that defines a person's key."""
    assert fold_all(texts) == [fold(text) for text in texts]
    assert [fold(text) for text in texts] == [
        unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        for text in texts
    ]


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_a_slip_goes_both_ways(text: str, other: str) -> None:
    """If one slip leads there, one slip leads back; none leads nowhere."""
    assert one_slip(text, other) == one_slip(other, text)
    assert not one_slip(text, text)
