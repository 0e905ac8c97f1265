"""Letters to the vendor's support: as text, and as a file that a mail program opens."""

import email
import email.policy
from pathlib import Path
from typing import Any

import pytest

from aapimport.app.request import LetterChoices, request_seats
from aapimport.app.undo import Undo
from aapimport.config.settings import Endpoint, Settings
from aapimport.errors import ExitCode, RefusedError, ServiceError
from support.script_desk import ScriptDesk
from support.stub import TOKEN
from support.uploading import Uploading, people
from support.wire import error, instead

FILE = Path(__file__).parents[2] / "examples" / "users.xlsx"
UPLOAD = ("upload", FILE, "--pass", "Leadership 2026", "--yes", "--client-admins", 1, "--json")


def seats_of(letter: Any) -> dict[int, tuple[str, str, bool]]:
    """What a letter's JSON says of each row: how it is now, by which undo, whether asked for."""
    return {it["row"]: (it["now"], it["by"], it["asked_for"]) for it in letter["seats"]}


def test_seats_are_asked_for_with_rows_receipt_and_what_happened(aapimport) -> None:
    """After an undo the letter says that it was taken back; whoever had a seat isn't in it."""
    receipt = aapimport(*UPLOAD, "--no-emails").json["receipt"]
    asked = aapimport("request", "seats", receipt)
    assert asked.code == 1
    assert "still active" in asked.err
    asked = aapimport("request", "seats", receipt, "--only-rows", "5,6")
    assert asked.code == 0
    assert "give back 2 seats" in asked.out
    assert asked.out.count(": still active") == 2
    assert receipt in asked.out
    assert "taken back" not in asked.out
    undo = aapimport("undo", receipt, "--yes", "--json").json["receipt"]
    text = aapimport("request", "seats", receipt, "--json").json["text"]
    assert f"undo {undo}" in text
    lines = [line for line in text.split("\n") if line.startswith("  row ")]
    assert len(lines) == 24
    assert {line.rpartition(": ")[2] for line in lines} == {
        f"deactivated by undo {undo}",
        f"off the pass by undo {undo}",  # there before
    }


def test_each_seat_is_told_as_its_account_is_now(aapimport, served, portal) -> None:
    """Left by the undo, switched off or deleted by hand before it, and on again after it."""
    done = aapimport(*UPLOAD, "--no-emails", **served)
    receipt = done.json["receipt"]
    rows = {it["email"]: it["row"] for it in done.json["people"]}
    names = ("yuki.tanaka", "layla.haddad", "noa.levi", "ana.perez")
    used, off, gone, again = (f"{one}@acme.com" for one in names)
    portal.set(used, roles=[{"value": "facilitator", "primary": True}])
    portal.set(off, active=False)
    portal.ask("DELETE", f"/Users/{portal.named(gone)['id']}")
    undo = aapimport("undo", receipt, "--yes", "--json", **served).json["receipt"]
    portal.set(again, active=True)
    asked = aapimport("request", "seats", receipt, "--json", **served)
    assert asked.code == 0, asked.err
    seats = seats_of(asked.json)
    assert seats[rows[used]] == ("still active", "", False)
    assert seats[rows[off]] == ("deactivated", "", True)
    assert seats[rows[gone]] == ("gone", "", True)
    assert seats[rows[again]] == ("still active", "", False)
    assert ("deactivated", undo, True) in seats.values()
    lines = [line for line in asked.json["text"].split("\n") if line.startswith("  row ")]
    assert len(lines) == sum(it[2] for it in seats.values()) == len(seats) - 2
    left = sorted((rows[used], rows[again]))
    assert f"still active: rows {left[0]}, {left[1]}" in asked.err
    named = aapimport("request", "seats", receipt, "--only-rows", rows[used], **served)
    assert ": still active" in named.out


def test_an_undo_that_changed_nothing_takes_nothing_back(uploading: Uploading, tmp_path) -> None:
    """Rejected for everybody: they are still active; nor is anything said without the portal."""
    uploading.rows, uploading.emails = people(2), False
    receipt = uploading.run().receipt
    place = Settings(
        state_dir=uploading.journal_path.parent,
        portal=Endpoint.bearer(uploading.portal.url, TOKEN),
        jhana=Endpoint.bearer(uploading.jhana.url, TOKEN),
        settle_seconds=0.0,
    )
    uploading.portal.on("PATCH", "/Users/.*", instead(error(403, "no")), times=99)
    uploading.portal.on("PUT", "/Users/.*", instead(error(403, "no")), times=99)
    desk = ScriptDesk(yes=True, practice=False)
    assert Undo(receipt=receipt, settings=place, desk=desk).carry_out() is not ExitCode.OK
    with pytest.raises(RefusedError, match="still active"):
        request_seats(receipt, place, desk, LetterChoices())
    uploading.portal.on("GET", "/Users/.*", instead(error(503)), times=9_999)
    with pytest.raises(ServiceError, match="who is active"):
        request_seats(receipt, place, desk, LetterChoices())


def test_no_other_run_has_used_a_seat(aapimport) -> None:
    """The number of an undo: the upload is named."""
    receipt = aapimport(*UPLOAD, "--no-emails").json["receipt"]
    undo = aapimport("undo", receipt, "--yes", "--json").json["receipt"]
    asked = aapimport("request", "seats", undo)
    assert asked.code == 1
    assert f"request seats {receipt}" in asked.err
    assert aapimport("request", "seats", receipt, "--only-rows", "999").code == 2


def test_an_upload_without_a_seat_asks_for_none(aapimport) -> None:
    """The second upload of the same people."""
    aapimport(*UPLOAD, "--no-emails")
    second = aapimport(*UPLOAD, "--no-emails").json["receipt"]
    asked = aapimport("request", "seats", second)
    assert asked.code == 1
    assert "used no seat" in asked.err


def test_the_file_opens_ready_to_send(aapimport, tmp_path: Path) -> None:
    """`X-Unsent: 1`, the words in UTF-8, and no sender: the mail program fills that in."""
    out = tmp_path / "letter.eml"
    words = ("request", "address", "kwame.mensah@acme.com", "kwamé@acme.com")
    asked = aapimport(*words, "--to", "support@example.com", "-o", out)
    assert asked.code == 0, asked.err
    letter = email.message_from_bytes(out.read_bytes(), policy=email.policy.default)
    assert (letter["X-Unsent"], letter["To"], letter["From"]) == ("1", "support@example.com", None)
    assert "kwame.mensah@acme.com  ->  kwamé@acme.com" in letter.get_content()
    again = aapimport(*words, "-o", out)
    assert again.code == 1
    assert aapimport(*words, "-o", out, "--force").code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nobody@acme.com", "new@acme.com"), 1, "nobody on the portal"),
        (
            ("kwame.mensah@acme.com", "zoe.oneill@acme.com"),
            1,
            "has an account of its own already",
        ),
        (("kwame.mensah@acme.com",), 2, "no new address"),
    ],
)
def test_what_no_letter_can_ask_for(aapimport, words, code, said) -> None:
    """An address that nobody has, one that somebody has already, and half a pair."""
    asked = aapimport("request", "address", *words)
    assert asked.code == code
    assert said in asked.err


OLD = "kwame.mensah@acme.com"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((OLD, "new@acme.com", "--to", "a@b.com\nBcc: evil@x.com"), "no address"),
        ((OLD, "new@acme.com", "--to", "not an address <<"), "no address"),
        ((OLD, "new@acme.com", "--to", "héllo@acme.com"), "mail programs"),
        ((OLD, "new\nBcc: evil@x.com"), "new address"),
        ((OLD, ""), "is empty"),
        (("", "new@acme.com"), "is empty"),
        ((OLD, "garbage"), "new address"),
        ((OLD, OLD), "the same address"),
        ((OLD, OLD.upper()), "the same address"),
        ((OLD, "new@acme.com", "ana.perez@acme.com", "New@acme.com"), "twice as a new"),
        ((OLD, "new@acme.com", OLD, "other@acme.com"), "twice as an old"),
        ((OLD, "new@acme.com", "-o", "people.xlsx", "--force"), "no letter"),
        ((OLD, "new@acme.com", "-o", "people.csv", "--force"), "no letter"),
    ],
)
def test_what_can_be_no_letter_is_refused(aapimport, monkeypatch, tmp_path, words, said) -> None:
    """Before the portal is asked; nothing is written, and nothing of anybody's is replaced."""
    monkeypatch.chdir(tmp_path)
    for name in ("people.xlsx", "people.csv"):
        (tmp_path / name).write_bytes(b"mine")
    asked = aapimport("request", "address", *words)
    assert (asked.code, asked.out) == (2, "")
    assert said in " ".join(asked.err.split())
    assert {one.read_bytes() for one in tmp_path.glob("people.*")} == {b"mine"}
    assert not [*tmp_path.glob("*.eml")]


def test_a_domain_that_is_not_ascii_is_written_in_ascii(aapimport, tmp_path: Path) -> None:
    """As every mail program takes it."""
    out = tmp_path / "letter"
    words = ("request", "address", OLD, "n@acme.com", "--to", "help@exämple.com", "-o", out)
    asked = aapimport(*words)
    assert asked.code == 0, asked.err
    assert b"To: help@xn--exmple-cua.com\r\n" in out.read_bytes()


def test_addresses_that_were_exchanged_are_one_letter(aapimport) -> None:
    """A new address that another pair frees is free, and the letter says in which order."""
    other = "zoe.oneill@acme.com"
    swapped = aapimport("request", "address", OLD, other, other, OLD)
    assert swapped.code == 0, swapped.err
    assert "belong to another account of this list" in swapped.out
    taken = aapimport("request", "address", OLD, other)
    assert (taken.code, "account of its own already" in " ".join(taken.err.split())) == (1, True)
