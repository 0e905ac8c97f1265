"""Letters to the vendor's support: as text, and as a file that a mail program opens."""

import email
import email.policy
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "examples" / "users.xlsx"
UPLOAD = ("upload", FILE, "--pass", "Leadership 2026", "--yes", "--client-admins", 1, "--json")


def test_seats_are_asked_for_with_rows_receipt_and_what_happened(aapimport) -> None:
    """After an undo the letter says that it was taken back; whoever had a seat isn't in it."""
    receipt = aapimport(*UPLOAD, "--no-emails").json["receipt"]
    asked = aapimport("request", "seats", receipt)
    assert asked.code == 0
    assert "give back 24 seats" in asked.out
    assert receipt in asked.out
    assert "taken back" not in asked.out
    undo = aapimport("undo", receipt, "--yes", "--json").json["receipt"]
    text = aapimport("request", "seats", receipt, "--json").json["text"]
    assert f"undo {undo}" in text
    assert len([line for line in text.split("\n") if line.startswith("  row ")]) == 24


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
            ("kwame.mensah@acme.com", "kwame.mensah@acme.com"),
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
