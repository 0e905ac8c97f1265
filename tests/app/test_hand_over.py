"""Welcome e-mails that somebody sends by hand: a workbook, and what became of it."""

import stat
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from aapimport.app.history import list_history
from aapimport.app.stored_receipt import ReceiptChoices, StoredReceipt
from aapimport.errors import DeclinedError, ExitCode, FileProblemError, RefusedError, UsageError
from aapimport.run.journal import Journal
from aapimport.run.report import make_report
from support.habits import EXTENSION
from support.lettering import last_upload, said, upload
from support.mortal import Killed
from support.script_desk import ScriptDesk
from support.sending import ONCE, id_of, last_send, leave, mails, resume, send, settings, text
from support.stub import ScimStub
from support.uploading import Uploading, person


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """Three people, of whom one has a formula for a name; uploaded without e-mails."""
    rows = (person(2, jhana=True), person(3, first_name="=1+1"), person(4))
    return Uploading(
        portal=portal_stub,
        jhana=jhana_stub,
        journal_path=tmp_path / "state" / "journal.sqlite3",
        rows=rows,
        emails=False,
    )


def column(path: Path) -> list[str]:
    """What the results workbook says of each row's e-mail."""
    header, *rows = load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [str(row[header.index("Welcome e-mail")] or "") for row in rows]


def states(uploading: Uploading) -> list[tuple[str, str]]:
    """The ledger's ways and states."""
    with Journal(uploading.journal_path) as journal:
        found = journal._database.execute("SELECT way, state FROM mails ORDER BY row, kind")
        return found.fetchall()


def test_the_workbook_has_everybody_who_was_never_mailed(
    uploading: Uploading, tmp_path: Path
) -> None:
    """In columns that a mail merge takes; formulas stay text; only its owner reads it."""
    receipt = uploading.run().receipt
    send(uploading, receipt, to=("p4@acme.com",))
    out = tmp_path / "mails.xlsx"
    code, desk = send(uploading, receipt, hand_over=out)
    assert code is ExitCode.OK
    rows = [*load_workbook(out)["Recipients"].iter_rows()]
    assert [cell.value for cell in rows[0]] == [
        *("Email Address", "First Name", "Last Name", "Pass", "About", "Row"),
    ]
    assert [[cell.value for cell in row] for row in rows[1:]] == [
        *(
            ["p2@acme.com", "Ana", "Perez", "Leadership 2026", "All Access Pass and Jhana", "2"],
            ["p3@acme.com", "=1+1", "Perez", "Leadership 2026", "All Access Pass", "3"],
        ),
    ]
    assert {cell.data_type for row in rows for cell in row} == {"s"}
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert mails(uploading).total() == 1
    assert "2 planned = 0 sent + 2 handed over, to be sent by hand" in text(desk)
    assert states(uploading)[0] == ("hand-over", "handed over")


def test_who_is_handed_over_counts_as_mailed(uploading: Uploading, tmp_path: Path) -> None:
    """Neither this command nor another hand-over has them again."""
    receipt = uploading.run().receipt
    send(uploading, receipt, hand_over=tmp_path / "one.xlsx")
    for out in (None, tmp_path / "two.xlsx"):
        code, desk = send(uploading, receipt, hand_over=out)
        assert (code, "nothing was sent" in desk.said) == (ExitCode.OK, True)
        assert "3 handed over, to be sent by hand" in text(desk)
    assert not mails(uploading)
    assert not (tmp_path / "two.xlsx").exists()


def test_what_was_sent_by_hand_is_settled(uploading: Uploading, tmp_path: Path) -> None:
    """By the upload's number; then it is as if it had been sent from here."""
    receipt = uploading.run().receipt
    send(uploading, receipt, hand_over=tmp_path / "one.xlsx")
    with pytest.raises(DeclinedError):
        send(uploading, receipt, ScriptDesk(False, practice=False), sent=True)
    code, desk = send(uploading, receipt, sent=True)
    assert (code, "3 welcome e-mails sent" in text(desk)) == (ExitCode.OK, True)
    assert set(states(uploading)) == {("hand-over", "done")}
    with pytest.raises(RefusedError, match="nobody of them is handed over"):
        send(uploading, receipt, not_sent=True)
    send(uploading, receipt)
    assert not mails(uploading)


def test_what_was_not_sent_by_hand_is_sent_from_here(uploading: Uploading, tmp_path: Path) -> None:
    """Their number is typed; by the hand-over's own number, too."""
    receipt = uploading.run().receipt
    send(uploading, receipt, hand_over=tmp_path / "one.xlsx")
    with pytest.raises(DeclinedError):
        send(uploading, last_send(uploading), ScriptDesk(0, practice=False), not_sent=True)
    send(uploading, last_send(uploading), ScriptDesk(3, practice=False), not_sent=True)
    assert send(uploading, receipt)[0] is ExitCode.OK
    assert mails(uploading) == ONCE


@pytest.mark.parametrize("to", [(), ("p3@acme.com",)])
def test_what_was_not_sent_once_more_needs_the_flag(
    uploading: Uploading, tmp_path: Path, to: tuple[str, ...]
) -> None:
    """The command that is named mails whoever was mailed before; the plain one would not."""
    receipt, p3 = uploading.run().receipt, ("p3@acme.com",)
    plain = f"next: aapimport send-emails {receipt}"

    def handed_over(name: str) -> str:
        desk = ScriptDesk(1, practice=False)
        send(uploading, receipt, desk, hand_over=tmp_path / name, again=True, to=p3)
        return said(
            send(uploading, receipt, ScriptDesk(1, practice=False), not_sent=True, to=to)[1]
        )

    assert f"{plain}; whoever was mailed before:" in handed_over("never.xlsx")
    send(uploading, receipt, to=p3)
    assert f"{plain} --again --to ADDRESS, for each" in handed_over("mailed.xlsx")
    send(uploading, receipt, ScriptDesk(1, practice=False), again=True, to=p3)
    assert mails(uploading) == {("p3@acme.com", "portal"): 2}


def test_a_portal_that_takes_no_word_can_be_helped_by_hand(
    uploading: Uploading, tmp_path: Path
) -> None:
    """The way needs nothing of it."""
    uploading.portal.habits.mails = uploading.jhana.habits.mails = False
    receipt = uploading.run().receipt
    assert send(uploading, receipt)[0] is ExitCode.FINDINGS
    assert send(uploading, receipt, hand_over=tmp_path / "one.xlsx")[0] is ExitCode.OK
    assert (tmp_path / "one.xlsx").exists()


def test_a_workbook_that_cannot_be_seen_frees_its_people(
    uploading: Uploading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are handed over before it is there, so the error says how to take that back."""
    receipt = uploading.run().receipt
    out = tmp_path / "one.xlsx"
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:
        if target == out:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FileProblemError) as caught:
        send(uploading, receipt, hand_over=out)
    assert not out.exists()
    assert f"send-emails {last_send(uploading)} --not-sent" in caught.value.state
    monkeypatch.undo()
    send(uploading, receipt, not_sent=True)
    assert send(uploading, receipt)[0] is ExitCode.OK
    assert mails(uploading) == ONCE


def test_nothing_is_handed_over_into_a_file_that_is_there(
    uploading: Uploading, tmp_path: Path
) -> None:
    """Nor into one that is no workbook; and two words at once are none."""
    receipt = uploading.run().receipt
    out = tmp_path / "there.xlsx"
    out.write_bytes(b"somebody's work")
    with pytest.raises(FileProblemError) as error:
        send(uploading, receipt, hand_over=out)
    assert error.value.hint == "choose another name"  # there is no --force
    with pytest.raises(UsageError):
        send(uploading, receipt, hand_over=tmp_path / "there.csv")
    others: list[dict[str, Any]] = [
        {"canary": "p3@acme.com"},
        {"not_before": datetime(2030, 1, 1, tzinfo=UTC)},
    ]
    for more in others:
        with pytest.raises(UsageError):
            send(uploading, receipt, None, hand_over=tmp_path / "new.xlsx", **more)
    with pytest.raises(UsageError):
        send(uploading, receipt, sent=True, not_sent=True)
    assert out.read_bytes() == b"somebody's work"
    assert states(uploading) == []


def test_a_hand_over_shows_its_receipt_again(uploading: Uploading, tmp_path: Path) -> None:
    """Like every run."""
    receipt = uploading.run().receipt
    send(uploading, receipt, hand_over=tmp_path / "one.xlsx")
    code, desk = resume(uploading, last_send(uploading))
    assert code is ExitCode.OK
    assert "handed over, to be sent by hand" in text(desk)


def test_the_number_of_a_sending_is_no_uploads(uploading: Uploading, tmp_path: Path) -> None:
    """What is begun by it is of its upload; of a sending for a pass, of that pass."""
    receipt = uploading.run().receipt
    send(uploading, receipt, hand_over=tmp_path / "one.xlsx", to=("p2@acme.com",))
    first = last_send(uploading)
    _, desk = send(uploading, first, not_sent=True, to=("p2@acme.com",))
    assert f"next: aapimport send-emails {receipt}" in desk.said
    _, desk = send(uploading, first, hand_over=tmp_path / "two.xlsx")
    assert f"Welcome e-mails of upload {receipt}, pass" in text(desk)
    assert f"welcome e-mails of upload {receipt}, pass" in text(desk)
    second = last_send(uploading, receipt)
    assert second != first
    send(uploading, second, not_sent=True)
    send(uploading, None, pass_name="Leadership 2026", hand_over=tmp_path / "all.xlsx")
    over = last_send(uploading)
    _, desk = send(uploading, over, not_sent=True)
    assert 'next: aapimport send-emails --pass "Leadership 2026"' in desk.said
    _, desk = send(uploading, over, dry_run=True)
    assert "Welcome e-mails of pass 'Leadership 2026'" in text(desk)


def test_people_of_a_pass_are_found_in_their_uploads(uploading: Uploading, tmp_path: Path) -> None:
    """On the plan, in the workbook and on the receipt; what is kept names nobody."""
    receipt = uploading.run().receipt
    places = [f"upload {receipt}, Users!A{row}" for row in (3, 4)]
    send(uploading, receipt, to=("p2@acme.com",))
    uploading.portal.habits.mails = False
    out = tmp_path / "one.xlsx"
    _, desk = send(uploading, None, pass_name="Leadership 2026", hand_over=out)
    assert f"{places[0]}: p3@acme.com" in text(desk)
    assert "row 1" not in text(desk)
    rows = [*load_workbook(out)["Recipients"].iter_rows(min_row=2, values_only=True)]
    assert [row[-1] for row in rows] == places
    with Journal(uploading.journal_path) as journal:
        run = journal.run(last_send(uploading))
        assert [one.place for one in make_report(journal, run, None).people] == places
    _, desk = send(uploading, run.receipt, not_sent=True, to=("p3@acme.com",))
    assert any(said.startswith(f"{places[0]}: p3@acme.com") for said in desk.said)


def of_two_uploads(uploading: Uploading, out: Path) -> tuple[str, str, str]:
    """Two uploads, and a hand-over of their pass: the numbers of all three."""
    first = uploading.run().receipt
    uploading.rows = [person(5)]
    second = uploading.run().receipt
    send(uploading, None, pass_name="Leadership 2026", hand_over=out)
    return first, second, last_send(uploading)


def test_people_of_an_upload_who_were_handed_over_with_their_pass(
    uploading: Uploading, tmp_path: Path
) -> None:
    """By the upload's number they are settled, and nobody else; the others are told in a number."""
    first, second, both = of_two_uploads(uploading, tmp_path / "one.xlsx")
    desk = ScriptDesk(2, practice=False)
    with pytest.raises(DeclinedError):
        send(uploading, first, desk, not_sent=True)
    assert desk.asked[-1][0].startswith(f"3 the people of upload {first} who got no e-mail")
    assert f"hand-over {both} holds 1 other person, too" in said(desk)
    _, desk = send(uploading, second, sent=True)
    assert f"hand-over {both} holds 3 other people, too" in said(desk)
    _, desk = send(uploading, first, dry_run=True)
    assert "3 handed over, to be sent by hand" in text(desk)
    with pytest.raises(RefusedError, match="nobody of them is handed over"):
        send(uploading, second, sent=True)
    _, desk = send(uploading, first, not_sent=True)
    assert "other" not in said(desk)
    send(uploading, None, pass_name="Leadership 2026")
    assert mails(uploading) == ONCE


def test_settled_in_part_before(uploading: Uploading, tmp_path: Path) -> None:
    """Whoever is settled of the pass is nobody's reason for a refusal about the others."""
    first, second, both = of_two_uploads(uploading, tmp_path / "one.xlsx")
    send(uploading, both, sent=True, to=("p5@acme.com", "p2@acme.com"))
    with pytest.raises(RefusedError, match="nobody of them is handed over"):
        send(uploading, second, not_sent=True)
    _, desk = send(uploading, first, not_sent=True)
    assert 'next: aapimport send-emails --pass "Leadership 2026"' in said(desk)
    send(uploading, first)
    assert mails(uploading) == {("p3@acme.com", "portal"): 1, ("p4@acme.com", "portal"): 1}


def test_people_of_an_upload_in_several_hand_overs(uploading: Uploading, tmp_path: Path) -> None:
    """Each is named with its command, and whether it holds people of other uploads."""
    first = uploading.run().receipt
    send(uploading, first, hand_over=tmp_path / "one.xlsx", to=("p2@acme.com",))
    own = last_send(uploading)
    uploading.rows = [person(5)]
    uploading.run()
    send(uploading, None, pass_name="Leadership 2026", hand_over=tmp_path / "two.xlsx")
    of_pass = last_send(uploading, "")
    with pytest.raises(UsageError) as caught:
        send(uploading, first, sent=True)
    assert caught.value.hint is not None
    ways = [line.strip() for line in caught.value.hint.removeprefix("say which:").splitlines()]
    assert ways == [
        f"aapimport send-emails {own} --sent (or --not-sent)",
        (
            f"aapimport send-emails {of_pass} --sent (or --not-sent); it holds 1 of other uploads:"
            " --to ADDRESS, for each of yours"
        ),
    ]


def test_a_hand_over_of_a_pass_that_was_cut_off_is_told_of_each_upload(
    uploading: Uploading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    """By `send-emails` and the receipt of an upload, the plan, its workbook, and `history`."""
    out = tmp_path / "people.results.xlsx"
    upload(uploading, file, None, emails=False, results=out)
    first = last_upload(uploading)
    uploading.rows = [person(5)]
    second = uploading.run().receipt
    with monkeypatch.context() as patched:
        done = Journal.remember_workbook

        def die(self: Journal, *values: Any) -> None:
            done(self, *values)
            raise Killed

        patched.setattr(Journal, "remember_workbook", die)
        with pytest.raises(Killed):
            send(uploading, None, pass_name="Leadership 2026", hand_over=tmp_path / "one.xlsx")
    cut = last_send(uploading)
    for number, people in ((first, 3), (second, 1)):
        words = f"its 4 people count as handed over, {people} of upload {number} among them"
        command = 'aapimport send-emails --pass "Leadership 2026" --hand-over OUT.xlsx'
        for more in ({"dry_run": True}, {}, {"hand_over": tmp_path / "other.xlsx"}):
            code, desk = send(uploading, number, None, **more)
            assert code is ExitCode.FINDINGS
            assert words in said(desk)
            assert command in said(desk)
            assert f"{people} without a workbook, as it was cut off: hand-over {cut}" in text(desk)
        desk = ScriptDesk(practice=False)
        StoredReceipt(
            settings=settings(uploading), desk=desk, number=number, choices=ReceiptChoices()
        ).show()
        assert words in said(desk)
    assert not (tmp_path / "other.xlsx").exists()
    assert column(out) == ["handed over, but the workbook isn't there"] * 3
    desk = ScriptDesk(practice=False)
    list_history(settings(uploading), desk, everywhere=False)
    assert "cut off: no workbook" in text(desk)
    assert text(desk).count("finished") == 2
    send(uploading, second, not_sent=True)
    send(uploading, second)
    assert mails(uploading) == {("p5@acme.com", "portal"): 1}
    _, desk = send(uploading, None, pass_name="Leadership 2026", hand_over=tmp_path / "two.xlsx")
    assert len([*load_workbook(tmp_path / "two.xlsx")["Recipients"].iter_rows()]) == 4
    assert column(out) == ["handed over"] * 3
    code, desk = send(uploading, first)
    assert (code, "cut off" in said(desk) + text(desk)) == (ExitCode.OK, False)


def test_a_dry_run_leaves_the_results_workbook(
    uploading: Uploading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    """Also one that an earlier command was killed before it could write."""
    out = tmp_path / "people.results.xlsx"
    upload(uploading, file, None, emails=False, results=out)
    receipt = last_upload(uploading)
    with monkeypatch.context() as patched:
        done = Journal.workbook_is_there

        def die(self: Journal, *values: Any) -> None:
            done(self, *values)
            raise Killed

        patched.setattr(Journal, "workbook_is_there", die)
        with pytest.raises(Killed):
            send(uploading, receipt, hand_over=tmp_path / "one.xlsx")
    before = out.read_bytes()
    _, desk = send(uploading, receipt, dry_run=True)
    assert (out.read_bytes(), "results" in said(desk)) == (before, False)
    send(uploading, receipt)
    assert column(out) == ["handed over"] * 3


@pytest.mark.parametrize("to", [(), ("p2@acme.com",)], ids=["all", "one"])
@pytest.mark.parametrize("how", ["same", "resume", "receipt"])
def test_settled_and_killed_before_the_results_workbook(
    uploading: Uploading,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: Path,
    *,
    to: tuple[str, ...],
    how: str,
) -> None:
    """It is written anew by the same command and by `resume`; a receipt says that it is due."""
    out = tmp_path / "people.results.xlsx"
    upload(uploading, file, None, emails=False, results=out)
    receipt = last_upload(uploading)
    send(uploading, receipt, hand_over=tmp_path / "one.xlsx")
    with monkeypatch.context() as patched:
        done = Journal.settle_by_hand

        def die(self: Journal, *values: Any, **more: Any) -> None:
            done(self, *values, **more)
            raise Killed

        patched.setattr(Journal, "settle_by_hand", die)
        with pytest.raises(Killed):
            send(uploading, receipt, sent=True, to=to)
    assert column(out) == ["handed over"] * 3
    if how == "same":
        with pytest.raises(RefusedError):
            send(uploading, receipt, sent=True, to=to)
    elif how == "resume":
        resume(uploading, receipt)
    else:
        desk = ScriptDesk(practice=False)
        shown = StoredReceipt(
            settings=settings(uploading), desk=desk, number=receipt, choices=ReceiptChoices()
        )
        shown.show()
        assert f"aapimport resume {receipt} writes it anew" in said(desk)
        return
    assert column(out) == (["sent", *["handed over"] * 2] if to else ["sent"] * 3)
    _, desk = resume(uploading, receipt)
    assert "results" not in said(desk)


@pytest.mark.parametrize("keep_people", [30.0, 0.0])
@pytest.mark.parametrize("at", ["begin_send", "remember_workbook", "finish"])
@pytest.mark.parametrize("how", ["same", "resume", "free"])
def test_a_hand_over_that_is_cut_off_before_its_workbook_is_there(
    uploading: Uploading,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    keep_people: float,
    at: str,
    how: str,
) -> None:
    """Every command says so; the same one writes it under its number, or its people are freed."""
    receipt, out = uploading.run().receipt, tmp_path / "one.xlsx"
    with monkeypatch.context() as patched:
        done = getattr(Journal, at)

        def die(self: Journal, *values: Any) -> None:
            done(self, *values)
            raise Killed

        patched.setattr(Journal, at, die)
        with pytest.raises(Killed):
            send(uploading, receipt, hand_over=out, to=("p2@acme.com", "p3@acme.com"))
    cut = last_send(uploading)
    assert not out.exists()
    if not keep_people:
        with Journal(uploading.journal_path, keep_people) as journal:
            journal.purge(time.time())
    knows = at == "remember_workbook" or (at == "finish" and keep_people)
    code, desk = send(uploading, receipt, dry_run=True)
    assert code is ExitCode.FINDINGS
    assert f"hand-over {cut} was cut off before its workbook was there" in said(desk)
    assert (str(out) in said(desk)) == bool(knows)
    nothing, desk = resume(uploading, None)
    assert (nothing, f"hand-over {cut} was cut off" in said(desk)) == (ExitCode.FINDINGS, True)
    desk = ScriptDesk(practice=False)
    list_history(settings(uploading), desk, everywhere=False)
    assert f"{cut}: cut off before its workbook was there" in said(desk)
    if how == "free":
        send(uploading, cut, not_sent=True)
    else:
        if how == "same" or not knows:
            out = tmp_path / "other.xlsx"
            code, desk = send(uploading, receipt, hand_over=out)
        else:
            code, desk = resume(uploading, cut)
        assert code is ExitCode.OK
        rows = [*load_workbook(out)["Recipients"].iter_rows(min_row=2, values_only=True)]
        assert [(row[0], row[4], row[5]) for row in rows] == [
            ("p2@acme.com", "All Access Pass and Jhana", "2"),
            ("p3@acme.com", "All Access Pass", "3"),
        ]
        assert last_send(uploading) == cut
        send(uploading, cut, sent=True)
    code, desk = send(uploading, receipt)
    assert (code, "cut off" in said(desk)) == (ExitCode.OK, False)
    assert mails(uploading) == (ONCE if how == "free" else {("p4@acme.com", "portal"): 1})


@pytest.mark.parametrize("how", ["deactivated", "handed on", "mailed"])
def test_a_hand_over_that_was_cut_off_is_written_only_with_who_may_be_mailed(
    uploading: Uploading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Who has left since, or was mailed by the portal, is named: all are to be freed first."""
    receipt, out = uploading.run().receipt, tmp_path / "one.xlsx"
    with monkeypatch.context() as patched:
        done = Journal.remember_workbook

        def die(self: Journal, *values: Any) -> None:
            done(self, *values)
            raise Killed

        patched.setattr(Journal, "remember_workbook", die)
        with pytest.raises(Killed):
            send(uploading, receipt, hand_over=out)
    who = id_of(uploading, "p3@acme.com")
    if how == "mailed":
        told = {"requestId": "by-hand", "kind": "portal", "sentAt": "2026-11-28T08:00:00Z"}
        uploading.portal.store.users[who][f"{EXTENSION}:User"] = {"welcomeEmail": told}
    else:
        leave(uploading, who, how)
    with pytest.raises(RefusedError, match="row 3: "):
        send(uploading, receipt, hand_over=out)
    assert not out.exists()
    send(uploading, last_send(uploading), not_sent=True)
    send(uploading, receipt, hand_over=out)
    rows = load_workbook(out)["Recipients"].iter_rows(min_row=2, values_only=True)
    assert {row[0] for row in rows} == {"p2@acme.com", "p4@acme.com"}
