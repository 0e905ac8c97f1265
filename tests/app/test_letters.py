"""An upload with e-mails where the portal sends none: the mail server does, in the same command."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aapimport.app.choices import PlanChoices, RunChoices
from aapimport.app.plan import Planning
from aapimport.app.resume import Resumption
from aapimport.app.stored_receipt import ReceiptChoices, StoredReceipt
from aapimport.config.mail import Mail
from aapimport.config.mail_values import Preset
from aapimport.config.notify import Notify
from aapimport.errors import (
    AapimportError,
    DeclinedError,
    ExitCode,
    RefusedError,
    ServiceError,
    SettingsError,
)
from aapimport.run.journal import Journal
from support.lettering import (
    EVERYBODY,
    HEADER,
    ROWS,
    JsonDesk,
    history,
    last_upload,
    resume,
    said,
    upload,
)
from support.mail_server import MailServer, free_port
from support.mailing import mail_for
from support.mortal import Killed
from support.others_mail import Taking
from support.script_desk import ScriptDesk
from support.sending import last_send, mails, send, settings, text
from support.uploading import Uploading

pytestmark = pytest.mark.usefixtures("no_emails")


@pytest.mark.parametrize("emails", [True, None])
def test_one_command_uploads_and_mails(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking, *, emails: bool | None
) -> None:
    """The plan says who sends, to how many and how long; one answer is for both."""
    desk = ScriptDesk(*([True] if emails is None else []), 3, practice=False)
    code, _ = upload(uploading, file, mail, desk, emails=emails)
    assert code is ExitCode.OK
    assert taking.taken == EVERYBODY
    assert not mails(uploading)
    plan = " ".join(next(it for name, it in desk.shown if name == "show_plan").split())
    assert (
        "3 welcome e-mails after the upload, less than a minute: the service sends none, so they"
        f" come from learning@example.com by 127.0.0.1:{mail.port}" in plan
    )
    assert [question.split(" ")[0] for question, _ in desk.asked][-1] == "3"
    assert [name for name, _ in desk.shown].count("show_receipt") == 2
    found, words = history(uploading)
    assert found["unmailed"] == 0
    assert "wait" not in words
    assert upload(uploading, file, mail)[0] is ExitCode.OK
    assert taking.taken == EVERYBODY


def test_whoever_wants_no_emails_gets_none(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking
) -> None:
    """By the flag, or by the answer."""
    desk = ScriptDesk(False, 3, practice=False)
    assert upload(uploading, file, mail, desk)[0] is ExitCode.OK
    assert desk.asked[0][0] == "Send welcome e-mails (3, from learning@example.com)?"
    assert not taking.taken
    assert f"aapimport send-emails {last_upload(uploading)}" in said(desk)


def test_without_a_mail_server_it_is_refused(uploading: Uploading, file: Path) -> None:
    """Before anything is sent, and all ways are named."""
    with pytest.raises(RefusedError, match="no mail server is configured") as raised:
        upload(uploading, file, None, emails=True)
    assert "[mail]" in raised.value.hint
    assert "--hand-over" in raised.value.hint
    assert not uploading.portal.store.users


def test_the_portal_comes_first(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking
) -> None:
    """Where it can be asked, the mail server hears of nobody."""
    uploading.portal.habits.mails = uploading.jhana.habits.mails = True
    assert upload(uploading, file, mail)[0] is ExitCode.OK
    assert not taking.taken
    assert sum(mails(uploading).values()) == 3


@pytest.mark.parametrize("how", ["down", "log-in", "secret", "text"])
def test_a_server_that_does_not_work_is_told_before(
    uploading: Uploading, file: Path, tmp_path: Path, how: str
) -> None:
    """Nothing is created, nobody is asked for the seats."""
    script = (
        (lambda step, _: "535 5.7.8 no" if step == "AUTH" else None) if how == "log-in" else None
    )
    with MailServer(script) as server:
        port = free_port() if how == "down" else server.port
        more: dict[str, Any] = {}
        if how == "log-in":
            from aapimport.config.logins import Basic, Secret

            more["login"] = Basic(user="u", password=Secret(value="p", source=""))
        if how == "secret":
            more["trouble"] = SettingsError("the password is missing")
        if how == "text":
            (tmp_path / "portal.en.txt").write_text("Subject: Hi\n\n{{ frist_name }}\n")
            more["templates"] = tmp_path
        desk = ScriptDesk(practice=False)
        with pytest.raises(AapimportError) as raised:
            upload(uploading, file, mail_for(port, **more), desk, emails=True)
    expected = ServiceError if how == "down" else SettingsError
    assert isinstance(raised.value, expected)
    assert raised.value.state == "nothing was sent"
    if how in {"down", "log-in"}:
        assert f"127.0.0.1:{port} can't send the welcome e-mails" in raised.value.message
        assert "--no-emails" in raised.value.hint
    assert not uploading.portal.store.users
    assert not desk.asked


def test_a_kill_between_the_two_is_resumed(
    uploading: Uploading, mail: Mail, taking: Taking, cut: Callable[..., str]
) -> None:
    """Receipt and history name the command; `resume` sends, one to each, and asks nothing."""
    receipt = cut()
    assert not taking.taken
    found, words = history(uploading)
    assert (found["state"], found["unmailed"]) == ("finished", 3)
    assert f"3 people wait for the welcome e-mail: aapimport send-emails {receipt}" in words
    shown = ScriptDesk(practice=False)
    stored = StoredReceipt(
        settings=settings(uploading), desk=shown, number=receipt, choices=ReceiptChoices()
    )
    stored.show()
    assert f"aapimport send-emails {receipt}" in said(shown)
    assert "3 planned = 0 sent + 3 still to be asked for; from learning@example.com" in text(shown)
    code, desk = resume(uploading, receipt, mail)
    assert code is ExitCode.OK
    assert not desk.asked
    assert taking.taken == EVERYBODY
    for _ in range(2):
        assert resume(uploading, receipt, mail)[0] is ExitCode.OK
    assert send(uploading, receipt, mail=mail)[0] is ExitCode.OK
    assert taking.taken == EVERYBODY
    assert history(uploading)[0]["unmailed"] == 0


def test_a_kill_between_the_two_is_resumed_where_nobody_is_kept(
    uploading: Uploading, mail: Mail, taking: Taking, cut: Callable[..., str]
) -> None:
    """The sender's address is erased with the people; the server is known again all the same."""
    receipt = cut(keep_people=0)
    desk = ScriptDesk(practice=False)
    for _ in range(2):
        assert resume(uploading, receipt, mail, desk, keep_people=0)[0] is ExitCode.OK
        assert taking.taken == EVERYBODY
    assert not desk.asked
    assert b"learning@example.com" not in uploading.journal_path.read_bytes()


def test_the_same_command_sends_what_a_cut_has_left(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking, cut: Callable[..., str]
) -> None:
    """Once to each; it never says that nothing is left while they wait."""
    cut()
    for _ in range(2):
        code, _ = upload(uploading, file, mail)
        assert code is ExitCode.OK
        assert taking.taken == EVERYBODY


def test_what_another_sending_has_settled_is_owed_no_more(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking, cut: Callable[..., str]
) -> None:
    """The same command then looks at everybody again, as that of any file: who is gone is made."""
    first = cut()
    send(uploading, None, pass_name="Leadership 2026", mail=mail)
    assert taking.taken == EVERYBODY
    users = uploading.portal.store.users
    (gone,) = (own for own, one in users.items() if one["userName"] == "p3@acme.com")
    del users[gone]
    upload(uploading, file, mail)
    assert last_upload(uploading) != first
    assert "p3@acme.com" in {one["userName"] for one in users.values()}
    assert taking.taken - EVERYBODY == Counter(["p3@acme.com"])  # whose account is a new one


def test_whom_nobody_can_mail_is_owed_no_email_for_ever(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking, cut: Callable[..., str]
) -> None:
    """All have left the portal: that is said once, and the same command uploads anew."""
    first = cut()
    for one in uploading.portal.store.users.values():
        one["active"] = False
    code, _ = upload(uploading, file, mail)
    assert (code, last_upload(uploading)) == (ExitCode.FINDINGS, first)
    upload(uploading, file, mail, returning="include")
    assert last_upload(uploading) != first
    assert all(one["active"] for one in uploading.portal.store.users.values())


def test_what_is_owed_can_be_withdrawn(
    uploading: Uploading, mail: Mail, taking: Taking, cut: Callable[..., str]
) -> None:
    """`resume --close` asks, says so, and tells; nobody is mailed by a later `resume`."""
    receipt = cut()
    Resumption(
        receipt=receipt,
        settings=replace(settings(uploading, mail), notify=Notify(to=("boss@example.com",))),
        desk=(desk := ScriptDesk(True, practice=False)),
        choices=RunChoices(no_results=True),
        close=True,
    ).carry_out()
    assert "withdrawn: upload" in said(desk)
    assert taking.taken == Counter(["boss@example.com"])
    taking.taken.clear()
    shown = ScriptDesk(practice=False)
    again = ReceiptChoices()
    StoredReceipt(settings=settings(uploading), desk=shown, number=receipt, choices=again).show()
    assert "3 still to be asked for; withdrawn" in text(shown)
    resume(uploading, receipt, mail)
    assert not taking.taken


def test_nobody_is_mailed_whom_the_plan_has_not_named(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking, tmp_path: Path
) -> None:
    """Who was created earlier without e-mails waits for a word of their own."""
    earlier = tmp_path / "earlier.csv"
    earlier.write_text("\n".join([HEADER, *ROWS[:2]]) + "\n", encoding="utf-8")
    assert upload(uploading, earlier, None, emails=False)[0] is ExitCode.OK
    code, _ = upload(uploading, file, mail)
    assert code is ExitCode.OK
    assert taking.taken == Counter(["p4@acme.com"])


def test_who_waits_for_a_day_is_mailed_by_no_other_command(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking
) -> None:
    """The sending that waits is named, and people who were created since are mailed."""
    assert upload(uploading, file, None, emails=False)[0] is ExitCode.OK
    day = datetime.now(UTC) + timedelta(days=30)
    receipt = last_upload(uploading)
    assert send(uploading, receipt, mail=mail, not_before=day)[0] is ExitCode.SERVICE
    code, desk = send(uploading, None, mail=mail, pass_name="Leadership 2026")
    assert code is ExitCode.FINDINGS
    assert "which is open: aapimport resume" in said(desk) + text(desk)
    assert not taking.taken


def test_who_had_an_account_and_is_new_on_jhana_is_mailed(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking
) -> None:
    """An account that no upload has made carries no key of ours, and is theirs all the same."""
    uploading.portal.add_user("p2@acme.com")
    code, _ = upload(uploading, file, mail)
    assert code is ExitCode.OK
    assert taking.taken == EVERYBODY


def test_a_kill_within_the_upload_is_resumed(
    uploading: Uploading,
    file: Path,
    mail: Mail,
    taking: Taking,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was approved is in its journal: e-mails follow, under the same word."""
    kept, left = Journal.record, [4]

    def record(self: Journal, receipt: str, tasks: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        kept(self, receipt, tasks)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "record", record)
        with pytest.raises(Killed):
            upload(uploading, file, mail)
    assert not taking.taken
    code, desk = resume(uploading, None, mail)
    assert code is ExitCode.OK
    assert not desk.asked
    assert taking.taken == EVERYBODY


@pytest.mark.parametrize("how", ["resume NUMBER", "resume", "same command"])
def test_a_kill_within_the_emails_is_resumed(
    uploading: Uploading,
    file: Path,
    mail: Mail,
    taking: Taking,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    """The sending is a run of its own; whoever resumes it, or the upload, or types it again."""
    from aapimport.mail.delivery import Delivery

    real = Delivery.run

    def run(self: Delivery, some: Any) -> Iterator[Any]:
        for number, one in enumerate(real(self, some)):
            yield one
            if number == 0:
                raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Delivery, "run", run)
        with pytest.raises(Killed):
            upload(uploading, file, mail)
    receipt = last_upload(uploading)
    assert taking.taken.total() == 1
    for _ in range(2):
        if how == "same command":
            code, _ = upload(uploading, file, mail)
        else:
            code, _ = resume(uploading, receipt if how == "resume NUMBER" else None, mail)
        assert code is ExitCode.OK
        assert taking.taken == EVERYBODY


@pytest.mark.parametrize("keep_people", [30, 0])
def test_another_server_needs_another_word(
    uploading: Uploading, mail: Mail, cut: Callable[..., str], keep_people: int
) -> None:
    """And so do more people than were told."""
    receipt = cut(keep_people=keep_people)
    with MailServer() as other:
        elsewhere = mail_for(other.port)
        desk = ScriptDesk(0, yes=True, practice=False)
        with pytest.raises(DeclinedError) as raised:
            resume(uploading, receipt, elsewhere, desk, keep_people=keep_people)
        assert not other.taken
        assert f"aapimport send-emails {receipt}" in raised.value.state
        assert f"upload {receipt} is done" in raised.value.state
        with pytest.raises(SettingsError, match=r"no table \[mail\] any more") as gone:
            resume(uploading, receipt, None, keep_people=keep_people)
        sender = "learning@example.com" if keep_people else "this address"
        assert f"{sender} by 127.0.0.1:{mail.port}" in gone.value.message
        for way in (f"send-emails {receipt}", "--hand-over OUT.xlsx", f"resume {receipt} --close"):
            assert way in gone.value.hint
        desk = ScriptDesk(3, practice=False)
        assert (
            resume(uploading, receipt, elsewhere, desk, keep_people=keep_people)[0] is ExitCode.OK
        )
        assert Counter(other.recipients) == EVERYBODY


def test_the_worse_exit_code_counts(uploading: Uploading, file: Path) -> None:
    """Somebody whom the mail server refuses is named; the upload stands."""
    refuses = lambda step, line: "550 5.1.1 no" if step == "RCPT" and "p3@" in line else None  # noqa: E731
    with MailServer(refuses) as server:
        code, desk = upload(uploading, file, mail_for(server.port))
        assert code is ExitCode.FINDINGS
        assert "5.1.1 no" in text(desk)
        receipt = last_upload(uploading)
        assert history(uploading)[0]["unmailed"] == 1
        server.script = lambda _step, _line: None
        assert send(uploading, receipt, mail=mail_for(server.port))[0] is ExitCode.OK
        assert Counter(server.recipients) == EVERYBODY
        assert history(uploading)[0]["unmailed"] == 0


def test_json_is_one_object(uploading: Uploading, file: Path, mail: Mail) -> None:
    """The upload's, in which the sending has its place."""
    desk = JsonDesk(yes=True)
    assert upload(uploading, file, mail, desk)[0] is ExitCode.OK
    found = json.loads(desk.results[-1])
    assert (found["kind"], found["receipt"]) == ("upload", last_upload(uploading))
    assert found["services"]["portal"]["created"] == 3
    sending = found["sending"]
    assert (sending["kind"], sending["receipt"]) == ("send", last_send(uploading))
    assert sending["email_counts"]["sent"] == 3
    from aapimport.app.upload_answer import UploadAnswer

    UploadAnswer.model_validate(found)


def test_json_of_an_error_after_the_upload(uploading: Uploading, file: Path) -> None:
    """What was uploaded is in it all the same."""
    asked = [0]

    def script(step: str, _: str) -> str | None:
        asked[0] += step == "MAIL"
        return "530 5.7.0 authenticate first" if step == "MAIL" else None

    with MailServer(script) as server:
        desk = JsonDesk(yes=True)
        with pytest.raises(SettingsError):
            upload(uploading, file, mail_for(server.port), desk)
    found = json.loads(desk.results[-1])
    assert found["services"]["portal"]["created"] == 3
    assert found["sending"]["email_counts"]["waiting"] == 3


def written(uploading: Uploading, file: Path, mail: Mail | None, output: Path) -> ScriptDesk:
    """Write a plan with e-mails."""
    desk = ScriptDesk(yes=True, practice=False)
    Planning(
        settings=settings(uploading, mail),
        desk=desk,
        file=file,
        choices=PlanChoices(pass_name="Leadership 2026", maybe="create", emails=True),
        output=output,
        force=False,
        everybody=False,
    ).carry_out()
    return desk


def test_a_written_plan_names_the_server(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking, tmp_path: Path
) -> None:
    """Another one than was approved is refused."""
    output = tmp_path / "plan.json"
    written(uploading, file, mail, output)
    found = json.loads(output.read_text())
    assert found["letters"]["people"] == 3
    from aapimport.plan.approval import read_plan

    more: dict[str, Any] = {"plan_file": output, "fingerprint": read_plan(output).fingerprint}
    for other in (None, replace(mail, sender="ceo@other.example")):
        with pytest.raises(RefusedError, match=r"3 from learning@example\.com"):
            upload(uploading, file, other, **more)
    assert upload(uploading, file, mail, ScriptDesk(3, practice=False), **more)[0] is ExitCode.OK
    assert taking.taken == EVERYBODY


def test_a_days_limit_is_told_and_kept(uploading: Uploading, file: Path) -> None:
    """It ends with 4 and the time to go on; the upload is done."""
    with MailServer() as server:
        mail = mail_for(server.port, preset=Preset(host="", per_day=2))
        desk = ScriptDesk(yes=True, practice=False)
        with pytest.raises(ServiceError, match="within 24 hours") as raised:
            upload(uploading, file, mail, desk)
        assert raised.value.exit_code is ExitCode.SERVICE
        assert f"aapimport resume {last_send(uploading)}" in raised.value.hint
        assert "2 now, the other 1 from" in text(desk)
        assert len(server.taken) == 2


def test_a_days_limit_is_that_of_all_profiles(
    uploading: Uploading, file: Path, tmp_path: Path
) -> None:
    """By the same server and log-in; the plan says how many are left today, and until when."""
    other = tmp_path / "other.csv"
    rows = [row.replace("@acme", "@beta") for row in ROWS]
    other.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    beside: dict[str, Any] = {
        "profile": "beta",
        "state_dir": settings(uploading).state_dir / "profiles" / "beta",
    }
    with MailServer() as server:
        mail = mail_for(server.port, preset=Preset(host="", per_day=4))
        assert upload(uploading, file, mail)[0] is ExitCode.OK
        desk = ScriptDesk(yes=True, practice=False)
        with pytest.raises(ServiceError, match="within 24 hours"):
            upload(uploading, other, mail, desk, **beside)
        plan = " ".join(next(it for name, it in desk.shown if name == "show_plan").split())
        assert "1 now, the other 2 from" in plan
        assert len(server.taken) == 4


def test_the_question_of_a_canary_says_what_follows(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking
) -> None:
    """How many e-mails, and from whom: they are part of what is approved."""
    with pytest.raises(DeclinedError):
        upload(uploading, file, mail, ScriptDesk(3, False, practice=False), emails=True, canary=1)
    desk = ScriptDesk(2, practice=False)
    assert resume(uploading, None, mail, desk)[0] is ExitCode.OK
    server = f"learning@example.com by {mail.place}"
    assert f"from now on: 2 seats for good, 3 e-mails after the upload, from {server}" in said(desk)
    assert taking.taken == EVERYBODY


@pytest.mark.parametrize("takes_any", [True, False])
def test_who_cannot_be_mailed_is_named_before_the_consent(
    uploading: Uploading, file: Path, tmp_path: Path, *, takes_any: bool
) -> None:
    """Letters that the server doesn't take, and a text of one's own that fits not everybody."""
    rows = ["jörg@acme.com,Jörg,Maß,,,", *ROWS[1:]]
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    own = tmp_path / "texts"
    own.mkdir()
    name = "portal.en.txt"
    words = "Subject: Hi\n\n{{ {'Cy': 1}[first_name] if first_name == 'Bo' else 'Hello' }}\n"
    (own / name).write_text(words, encoding="utf-8")
    with MailServer(extensions=("SMTPUTF8",) if takes_any else ()) as server:
        desk = ScriptDesk(0, practice=False)
        with pytest.raises(DeclinedError):
            upload(uploading, file, mail_for(server.port, templates=own), desk, emails=True)
    plan = " ".join(next(it for name, it in desk.shown if name == "show_plan").split())
    never = "row 2: jörg@acme.com: the mail server takes no address with letters outside ASCII"
    assert (never in plan) is not takes_any
    assert "row 3: p3@acme.com: the text can't be made for them" in plan
    assert "row 4" not in plan
    number = 2 if takes_any else 1  # whoever is named as not mailed isn't counted
    assert f"E-mails {number} welcome e-mail{'s' * (number > 1)} after the upload" in plan
    assert not uploading.portal.store.users
