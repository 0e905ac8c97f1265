"""`send-emails` as a user types it, counted in the practice portal's outbox."""

import io
import sys
from collections import Counter
from pathlib import Path

import pytest

from aapimport.sandbox.contents import contents

PASS = ("--pass", "Leadership 2026")
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can answer a question."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def outbox(folder: Path) -> Counter[str]:
    """How many e-mails went to whom."""
    return Counter(mail.to for mail in contents(folder).outbox)


def uploaded(aapimport, some: Path, *flags: str, **served: str) -> str:
    """Upload without e-mails; returns the confirmation number."""
    done = aapimport("upload", some, *PASS, "--no-emails", "--yes", "--json", *flags, **served)
    assert done.code == 0, done.err
    return str(done.json["receipt"])


def test_everybody_is_mailed_once(aapimport, some, served, tmp_path):
    """Without e-mails, twice this command, by the pass, then an upload with e-mails: one each."""
    receipt = uploaded(aapimport, some, **served)
    assert not outbox(tmp_path / "served")
    for words in ((receipt,), (receipt,), PASS):
        done = aapimport("send-emails", *words, "--yes", "--json", **served)
        assert done.code == 0, done.err
    again = aapimport("upload", some, *PASS, "--emails", "--yes", **served)
    assert again.code == 0, again.err
    found = outbox(tmp_path / "served")
    assert (len(found), set(found.values())) == (20, {1})


def test_the_receipt_of_the_upload_tells_who_was_mailed_since(aapimport, some, served, tmp_path):
    """None by the upload itself: by two sendings, and who waits in between."""
    receipt = uploaded(aapimport, some, **served)
    page = tmp_path / "receipt.html"

    def told() -> str:
        shown = aapimport("receipt", receipt, "--html", page, "--force", **served)
        return " ".join(shown.out.split())

    assert "E-mails none sent" in told()
    whom = sorted(
        one["email"]
        for one in aapimport("send-emails", receipt, "--dry-run", "--json", **served).json["people"]
        if one["standing"] == "to_mail"
    )
    to = [word for email in whom[:3] for word in ("--to", email)]
    first = aapimport("send-emails", receipt, *to, "--yes", "--json", **served).json["receipt"]
    since = f"since then 3 mailed, {len(whom) - 3} waiting (sending {first})"
    assert since in told()
    second = aapimport("send-emails", receipt, "--yes", "--json", **served).json["receipt"]
    since = f"ince then: {len(whom)} mailed (sending {first}, {second})."
    assert since.replace(":", "").removesuffix(".") in told()
    assert since in " ".join(page.read_text("utf-8").split())
    later = aapimport("receipt", receipt, "--json", **served).json["later_emails"]
    assert (later["mailed"], later["waiting"], later["sendings"]) == (len(whom), 0, [first, second])


def test_another_uploads_sending_counts_for_whom_it_has_mailed(aapimport, some, served):
    """The same file once more, mailed by its number; a later sending of the pass mails nobody."""
    first = uploaded(aapimport, some, **served)
    second = uploaded(aapimport, some, **served)
    sending = aapimport("send-emails", second, "--yes", "--json", **served).json["receipt"]
    told = aapimport("receipt", first, "--json", **served).json["later_emails"]
    assert (told["sendings"], told["waiting"]) == ([sending], 0)
    assert told["mailed"] == 20
    aapimport("send-emails", *PASS, "--yes", "--json", **served)
    again = aapimport("receipt", first, "--json", **served).json["later_emails"]
    assert again == told


def test_the_receipt_and_the_next_plan_name_the_command(aapimport, some, served):
    """Whoever was created and not mailed isn't forgotten."""
    done = aapimport("upload", some, *PASS, "--no-emails", "--yes", **served)
    receipt = done.out.split("Receipt ")[1].split()[0]
    assert f"next: aapimport send-emails {receipt}" in done.err
    plan = aapimport("plan", some, *PASS, "--no-emails", **served)
    assert f"to send it: aapimport send-emails {receipt}" in " ".join(plan.out.split())


def test_without_a_terminal_the_number_needs_a_flag(aapimport, some, served, tmp_path):
    """Exit 2, with the flag that decides; nothing is sent and nothing is open."""
    receipt = uploaded(aapimport, some, **served)
    done = aapimport("send-emails", receipt, **served)
    assert done.code == 2
    assert "--yes" in done.err
    assert not outbox(tmp_path / "served")
    again = aapimport("send-emails", receipt, "--again", "--yes", **served)
    assert again.code == 2
    assert not outbox(tmp_path / "served")
    assert "no upload is open" in aapimport("resume", **served).err


def test_a_number_that_nobody_knows_is_refused(aapimport):
    """Exit 1."""
    done = aapimport("send-emails", "ZZZZZZ", "--json")
    assert (done.code, done.json["error"]["id"]) == (1, "refused")


def test_a_hand_over_is_settled(aapimport, some, served, tmp_path):
    """A workbook, and nothing in the outbox; then the people count as mailed."""
    receipt = uploaded(aapimport, some, **served)
    out = tmp_path / "mails.xlsx"
    done = aapimport("send-emails", receipt, "--hand-over", out, "--yes", "--json", **served)
    assert done.code == 0, done.err
    assert done.json["email_counts"]["handed_over"] == 20
    assert (done.json["kind"], done.json["of"]) == ("send", receipt)
    assert aapimport("send-emails", receipt, "--sent", "--yes", **served).code == 0
    assert aapimport("send-emails", receipt, "--yes", **served).code == 0
    assert not outbox(tmp_path / "served")


def test_no_name_is_left_after_a_purge(aapimport, some, served, state_dir):
    """And the e-mails still go to everybody."""
    receipt = uploaded(aapimport, some, **served)
    held = state_dir / "journal.sqlite3"
    assert b"@acme.com" in held.read_bytes()
    done = aapimport("history", "purge", "--yes", "--json", **served)
    assert (done.code, done.json["people"], done.json["files"]) == (0, 20, [some.name])
    assert b"@acme.com" not in held.read_bytes()
    sent = aapimport("send-emails", receipt, "--yes", "--json", **served)
    assert sent.json["email_counts"]["sent"] == 20


def test_a_purge_names_what_was_written(aapimport, some, served, tmp_path, state_dir):
    """The results workbook and the workbook of a hand-over by their paths, which it then erases."""
    (tmp_path / "elsewhere").mkdir()
    results, over = tmp_path / "elsewhere" / "outcome.xlsx", tmp_path / "merge.xlsx"
    words = ("upload", some, "--pass", "Leadership 2026", "--no-emails", "--yes", "--json")
    receipt = aapimport(*words, "--results", results, **served).json["receipt"]
    assert results.exists()
    done = aapimport("send-emails", receipt, "--hand-over", over, "--yes", **served)
    assert done.code == 0, done.err
    page, gone, again = (tmp_path / name for name in ("page.html", "gone.html", "again.xlsx"))
    for flags in (
        ("--html", page, "--with-people", "--xlsx", again),
        ("--html", page, "--with-people", "--force"),
        ("--html", gone, "--with-people"),
        ("--html", tmp_path / "nobody.html"),
    ):
        assert aapimport("receipt", receipt, *flags, **served).code == 0
    gone.unlink()
    purged = aapimport("history", "purge", "--yes", "--json", **served)
    there = [str(results), str(over), str(page), str(again)]
    assert purged.json["files"] == sorted([some.name, *there])
    held = (state_dir / "journal.sqlite3").read_bytes()
    for one in (*there, gone):
        assert Path(one).name.encode() not in held


def test_a_purge_names_no_page_that_names_nobody_any_more(
    aapimport, some, served, tmp_path, monkeypatch
):
    """Written once more without people, by whichever receipt and however its path is spelled."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    words = ("upload", some, "--pass", "Leadership 2026", "--no-emails", "--no-results", "--yes")
    first = aapimport(*words, "--json", **served).json["receipt"]
    second = aapimport(*words, "--json", **served).json["receipt"]
    for receipt, *flags in (
        (first, "page.html", "--with-people"),
        (first, "other.html", "--with-people"),
        (second, "sub/../page.html", "--force"),
    ):
        assert aapimport("receipt", receipt, "--html", *flags, **served).code == 0
    purged = aapimport("history", "purge", "--yes", "--json", **served)
    assert purged.json["files"] == sorted([some.name, str(tmp_path / "other.html")])
