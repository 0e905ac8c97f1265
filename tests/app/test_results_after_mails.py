"""Whatever changes how e-mails stand writes the results workbooks of their uploads anew."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook

from aapimport.app.choices import RunChoices
from aapimport.app.purge import purge
from aapimport.app.results import ResultsFiles
from aapimport.app.resume import Resumption
from aapimport.config.mail import Mail
from aapimport.errors import ExitCode
from aapimport.run.journal import Journal
from support.lettering import HEADER, ROWS, last_upload, said, upload
from support.mail_server import CUT, MailServer
from support.mailing import mail_for
from support.script_desk import ScriptDesk
from support.sending import last_send, resume, send, settings
from support.uploading import Uploading

pytestmark = pytest.mark.usefixtures("no_emails")


def column(path: Path) -> list[str]:
    """What the results workbook says of each row's e-mail."""
    header, *rows = load_workbook(path).worksheets[0].iter_rows(values_only=True)
    at = header.index("Welcome e-mail")
    return [str(row[at] or "") for row in rows]


def summary(path: Path) -> str:
    """What its sheet Summary says."""
    rows = load_workbook(path)["Summary"].iter_rows(values_only=True)
    return "\n".join(" ".join(str(cell) for cell in row if cell) for row in rows)


@pytest.mark.parametrize("named", [True, False], ids=["named", "beside"])
def test_by_a_number_by_hand_and_for_a_pass(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path, *, named: bool
) -> None:
    """Handed over, not sent, then mailed for the whole pass: where it was asked for."""
    asked = tmp_path / "elsewhere.xlsx"
    out = asked if named else file.with_name("people.results.xlsx")
    upload(uploading, file, None, emails=False, results=asked)
    receipt = last_upload(uploading)
    if not named:
        asked.unlink()
        with Journal(uploading.journal_path) as journal:
            journal._database.execute(
                "UPDATE runs SET options = json_remove(options, '$.results', '$.results_named')"
            )
    send(uploading, receipt, hand_over=tmp_path / "hand.xlsx", to=("p3@acme.com",))
    assert column(out) == ["waiting", "handed over", "waiting"]
    hand_over = last_send(uploading)
    _, desk = send(uploading, hand_over, not_sent=True)
    assert f"results: {out}" in desk.said
    assert column(out) == ["waiting"] * 3
    send(uploading, None, mail=mail, pass_name="Leadership 2026", to=("p2@acme.com",))
    assert column(out) == ["sent", "waiting", "waiting"]
    send(uploading, None, mail=mail, pass_name="Leadership 2026")
    assert column(out) == ["sent"] * 3
    assert "E-mails since then 3 mailed" in summary(out)


def test_what_waited_for_the_mail_server(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path
) -> None:
    """Approved with the upload, refused then, mailed for the pass by another server."""
    out = tmp_path / "people.results.xlsx"
    refuse = lambda step, _: "550 5.1.1 no" if step == "RCPT" else None  # noqa: E731
    with MailServer(refuse) as server:
        upload(uploading, file, mail_for(server.port), results=out)
    assert column(out) == ["rejected"] * 3
    send(uploading, None, mail=mail, pass_name="Leadership 2026")
    assert column(out) == ["sent"] * 3


def test_what_somebody_knows_of_a_doubt(uploading: Uploading, file: Path, tmp_path: Path) -> None:
    """`--sent --to` and `--not-sent --to` are about people of an upload, too."""
    out = tmp_path / "people.results.xlsx"
    with MailServer(lambda step, _: CUT if step == "dot" else None) as server:
        lost = mail_for(server.port)
        upload(uploading, file, lost, results=out)
        receipt = last_upload(uploading)
        before = column(out)
        assert "sent" not in before
        send(uploading, receipt, mail=lost, sent=True, to=("p3@acme.com",))
        assert [now for now, was in zip(column(out), before, strict=True) if now != was] == ["sent"]


def test_one_that_somebody_has_changed_stays(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path
) -> None:
    """It is theirs: ours goes beside it. A file that is gone is said; none is written unasked."""
    out = tmp_path / "people.results.xlsx"
    upload(uploading, file, None, emails=False, results=out)
    receipt = last_upload(uploading)
    book = load_workbook(out)
    book.save(out)
    theirs = out.read_bytes()
    _, desk = send(uploading, receipt, mail=mail, to=("p2@acme.com",))
    beside = out.with_name(f"people.results-{receipt}.xlsx")
    assert f"results: {beside}" in desk.said
    assert f"{out} stays as it is, and may be out of date: it was saved since" in said(desk)
    assert (out.read_bytes(), column(beside)) == (theirs, ["sent", "waiting", "waiting"])
    file.unlink()
    code, desk = send(uploading, None, mail=mail, pass_name="Leadership 2026")
    assert code is ExitCode.OK
    assert "no results workbook: people.csv isn't at" in said(desk)
    assert f"{out} and {beside} are out of date" in said(desk)


def test_none_was_wanted(uploading: Uploading, file: Path, mail: Mail) -> None:
    """`--no-results` of the upload counts for all that follows; closing writes one elsewhere."""
    upload(uploading, file, None, emails=False)
    _, desk = send(uploading, last_upload(uploading), mail=mail)
    assert "results" not in said(desk)
    assert not [*file.parent.glob("*.results*.xlsx")]
    with Journal(uploading.journal_path) as journal:
        run = journal.run(last_upload(uploading))
        files = ResultsFiles(
            choices=RunChoices(results=file.with_name("now.xlsx")), settings=settings(uploading)
        )
        files.leave(journal, [run], desk)
    assert column(file.with_name("now.xlsx")) == ["sent"] * 3
    assert resume(uploading, run.receipt, mail)[0] is ExitCode.OK


class WhileWriting(ScriptDesk):
    """Somebody saves a workbook while it is written anew."""

    def __init__(self, path: Path) -> None:
        super().__init__(yes=True, practice=False)
        self.path = path

    @contextmanager
    def busy(self, what: str) -> Iterator[Callable[[str], None]]:
        """Save it with a remark."""
        if what == f"writing {self.path.name}":
            book = load_workbook(self.path)
            book.worksheets[0]["N7"] = "an hour of work"
            book.save(self.path)
        with super().busy(what) as tell:
            yield tell


def test_one_that_is_saved_while_it_is_written_stays(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path
) -> None:
    """It is looked at once more right before it would be replaced."""
    out = tmp_path / "people.results.xlsx"
    upload(uploading, file, None, emails=False, results=out)
    receipt = last_upload(uploading)
    desk = WhileWriting(out)
    send(uploading, receipt, desk, mail=mail)
    beside = out.with_name(f"people.results-{receipt}.xlsx")
    assert load_workbook(out).worksheets[0]["N7"].value == "an hour of work"
    assert column(beside) == ["sent"] * 3
    assert f"results: {beside}" in desk.said
    assert f"{out} stays as it is" in said(desk)
    assert not [*tmp_path.glob(".*.tmp")]


def test_the_file_of_an_upload_is_never_replaced(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path
) -> None:
    """Not a results workbook either that was uploaded as it was written."""
    out = tmp_path / "people.results.xlsx"
    uploading.portal.habits = replace(uploading.portal.habits, forbids=frozenset({"p4@acme.com"}))
    upload(uploading, file, None, emails=False, results=out)
    receipt, source = last_upload(uploading), out.read_bytes()
    upload(uploading, out, None, emails=False)
    second = last_upload(uploading)
    assert second != receipt
    _, desk = send(uploading, receipt, mail=mail)
    assert out.read_bytes() == source
    assert (
        f"{out} stays as it is, and may be out of date: it is the file of upload {second}"
        in said(desk)
    )
    assert column(out.with_name(f"people.results-{receipt}.xlsx"))[:2] == ["sent"] * 2


def purged(uploading: Uploading, keep_people: float = 30.0) -> str:
    """Erase everybody; what is said then."""
    desk = ScriptDesk(yes=True, practice=False)
    purge(replace(settings(uploading), keep_people=keep_people), desk, None)
    return said(desk)


@pytest.mark.parametrize("keep_people", [30.0, 0.0])
def test_where_it_was_asked_for_is_erased(
    uploading: Uploading,
    file: Path,
    mail: Mail,
    monkeypatch: pytest.MonkeyPatch,
    *,
    keep_people: float,
) -> None:
    """No place is guessed: none is written, and the command that writes it is named."""
    monkeypatch.chdir(file.parent)
    out = file.parent / "private" / "out.xlsx"
    out.parent.mkdir()
    upload(uploading, file, None, emails=False, results=out, keep_people=keep_people)
    receipt = last_upload(uploading)
    told = purged(uploading, keep_people)
    assert (str(out) in told) == bool(keep_people)
    assert ("can't be named" in told) == (not keep_people)
    _, desk = send(uploading, receipt, mail=mail)
    assert "no results workbook: where it was asked for is not known any more" in said(desk)
    assert f"aapimport receipt {receipt} --xlsx" in said(desk)
    assert not [*file.parent.glob("*.xlsx")]
    assert "sent" not in column(out)


def test_the_next_purge_names_what_was_written_since(
    uploading: Uploading, file: Path, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that somebody has saved, and one of an upload whose people were erased before."""
    monkeypatch.chdir(file.parent)
    out = file.with_name("people.results.xlsx")
    upload(uploading, file, None, emails=False, results=out)
    with Journal(uploading.journal_path) as journal:
        journal._database.execute(
            "UPDATE runs SET options = json_remove(options, '$.results', '$.results_named')"
        )
    load_workbook(out).save(out)
    assert str(out) in purged(uploading)
    assert str(out) not in purged(uploading)
    send(uploading, last_upload(uploading), mail=mail)
    beside = out.with_name(f"people.results-{last_upload(uploading)}.xlsx")
    assert column(beside) == ["sent"] * 3
    assert str(beside) in purged(uploading)


def test_where_resume_wants_it_is_remembered(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path
) -> None:
    """For every later command."""
    upload(uploading, file, None, emails=False)
    receipt, other = last_upload(uploading), tmp_path / "other.xlsx"
    Resumption(
        receipt=receipt,
        settings=settings(uploading),
        desk=ScriptDesk(practice=False),
        choices=RunChoices(results=other),
    ).carry_out()
    _, desk = send(uploading, receipt, mail=mail)
    assert f"results: {other}" in desk.said
    assert column(other) == ["sent"] * 3


def test_the_file_was_changed_since(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path
) -> None:
    """The workbook that is there is named as out of date, and a command that helps."""
    out = tmp_path / "people.results.xlsx"
    upload(uploading, file, None, emails=False, results=out)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("Lind", "Lund"), encoding="utf-8")
    receipt = last_upload(uploading)
    _, desk = send(uploading, receipt, mail=mail)
    told = next(line for line in desk.said if line.startswith("no results workbook"))
    assert "was changed since" in told
    assert f"{out} is out of date; aapimport receipt {receipt} --xlsx" in told
    out.unlink()
    _, desk = send(uploading, receipt, mail=mail, dry_run=True)
    assert "out of date" not in said(desk)


@pytest.mark.parametrize("by_hand", [False, True], ids=["mailed", "handed over"])
@pytest.mark.parametrize("named", ["its number", "the pass"])
def test_those_of_whoever_is_in_several_uploads(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path, *, named: str, by_hand: bool
) -> None:
    """The later upload has found them: its workbook had said that they wait."""
    out, later = tmp_path / "first.xlsx", tmp_path / "later.xlsx"
    upload(uploading, file, None, emails=False, results=out)
    first = last_upload(uploading)
    upload(uploading, file, None, emails=False, results=later)
    second = last_upload(uploading)
    send(uploading, second, hand_over=tmp_path / "none.xlsx")
    send(uploading, last_send(uploading), not_sent=True)
    assert column(later) == ["waiting"] * 3
    whom, pass_name = (None, "Leadership 2026") if named == "the pass" else (first, None)
    hand_over = tmp_path / "hand.xlsx" if by_hand else None
    send(uploading, whom, mail=mail, pass_name=pass_name, hand_over=hand_over)
    assert column(out) == column(later) == ["handed over" if by_hand else "sent"] * 3


@pytest.mark.parametrize("results", [True, False], ids=["--results", "--no-results"])
def test_what_is_asked_for_with_an_upload_is_about_that_upload(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path, *, results: bool
) -> None:
    """One of its e-mails is to somebody whom an earlier upload has created."""
    out = tmp_path / "first.xlsx"
    first = file.with_name("first.csv")
    first.write_text("\n".join([HEADER, *(row.rstrip("1") for row in ROWS)]), encoding="utf-8")
    upload(uploading, first, None, emails=False, results=out)
    send(uploading, last_upload(uploading), hand_over=tmp_path / "none.xlsx")
    send(uploading, last_send(uploading), not_sent=True)
    assert column(out) == ["waiting"] * 3
    there = {*tmp_path.glob("*.xlsx")}
    own = tmp_path / "own.xlsx" if results else None
    code, _ = upload(uploading, file, mail, results=own)
    assert code is ExitCode.OK
    assert column(out) == ["sent", "waiting", "waiting"]
    assert {*tmp_path.glob("*.xlsx")} - there == ({own} if own else set())
    send(uploading, None, mail=mail, pass_name="Leadership 2026")
    assert column(out) == ["sent"] * 3
    assert {*tmp_path.glob("*.xlsx")} - there == ({own} if own else set())
