"""An undo beside what came after its upload: other undos, uploads, sendings, and people."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from aapimport.errors import SettingsError

PASS = ("--pass", "Leadership 2026", "--yes", "--json")
HEAD = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"
A = "abel.quist@new.com"
ABEL, BRUNA, CARLOS = (
    f"{A},Abel,Quist",
    "bruna.rossi@new.com,Bruna,Rossi",
    "carlos.sato@new.com,Carlos,Sato",
)


@pytest.fixture
def upload(aapimport: Any, served: Any, tmp_path: Path) -> Any:
    """Uploads some people without e-mails; the receipt's number."""

    def run(*people: str, more: tuple[str, ...] = ()) -> str:
        file = tmp_path / f"{len(list(tmp_path.glob('*.csv')))}.csv"
        rows = [f"{one},,," if one.count(",") == 2 else one for one in people]
        file.write_text("\n".join([HEAD, *rows]), "utf-8")
        done = aapimport("upload", file, *PASS, "--no-emails", *more, **served)
        assert done.code == 0, done.err
        return str(done.json["receipt"])

    return run


def active(portal: Any, *people: str) -> list[bool]:
    """Who of them is active."""
    return [portal.named(one.partition(",")[0])["active"] for one in people]


def test_what_was_taken_back_is_never_taken_back_again(aapimport, served, portal, upload) -> None:
    """Whoever was switched on again, by hand or by a later upload, was switched on on purpose."""
    receipt = upload(ABEL, BRUNA)
    assert aapimport("undo", receipt, "--yes", **served).code == 0
    portal.set(A, active=True)
    upload(BRUNA, more=("--returning", "include"))
    again = aapimport("undo", receipt, "--yes", "--json", **served)
    assert (again.code, again.json["receipt"], again.json["effects"]) == (0, None, [])
    assert active(portal, ABEL, BRUNA) == [True, True]


def test_whoever_is_on_again_after_an_undo_is_told_with_the_way_back(
    aapimport, served, portal, upload
) -> None:
    """By which undo it was taken back, by which upload they are on again, and what undoes that."""
    first = upload(ABEL, BRUNA)
    undo = aapimport("undo", first, "--yes", "--json", **served).json["receipt"]
    second = upload(ABEL, BRUNA, more=("--returning", "include"))
    again = aapimport("undo", first, "--yes", **served)
    assert again.code == 0
    assert f"by undo {undo}: 2 people\n" in again.out
    assert f"by upload {second}: 2 people (rows 2-3)\n" in again.out
    assert f"next: aapimport undo {second}" in again.err
    told = aapimport("undo", first, "--yes", "--json", **served).json
    assert (told["earlier"], told["on_again"]) == (
        [undo],
        [{"by": f"upload {second}", "rows": [2, 3], "undo": f"aapimport undo {second}"}],
    )
    seats = aapimport("request", "seats", first, **served)
    said = " ".join(seats.err.split())
    assert seats.code == 1
    assert f"undo {undo} had taken it back already, and upload {second} has switched" in said
    assert f"first: aapimport undo {second};" in said
    assert f"undo {first}" not in said
    assert aapimport("undo", second, "--yes", **served).code == 0
    assert active(portal, ABEL, BRUNA) == [False, False]
    assert aapimport("request", "seats", first, **served).code == 0
    third = aapimport("undo", first, "--yes", "--json", **served).json
    assert (third["earlier"], third["on_again"]) == ([undo], [])


def test_whoever_is_on_again_by_hand_is_told(aapimport, served, portal, upload) -> None:
    """No command takes that back: neither `undo` nor `request seats` names one."""
    first = upload(ABEL)
    undo = aapimport("undo", first, "--yes", "--json", **served).json["receipt"]
    portal.set(A, active=True)
    again = aapimport("undo", first, "--yes", **served)
    assert "by somebody elsewhere: 1 person (row 2)\n" in again.out
    assert "next: deactivate" in again.err
    seats = aapimport("request", "seats", first, **served)
    said = " ".join(seats.err.split())
    assert f"undo {undo} had taken it back already, and somebody has switched them on" in said
    assert f"undo {first}" not in said
    assert aapimport("request", "seats", first, "--only-rows", "2", **served).code == 0


def test_seats_of_two_uploads_are_asked_for_after_both_are_undone(
    aapimport, served, upload
) -> None:
    """A later upload's doing comes off first; the commands stand in the order that works."""
    first = upload(ABEL)
    second = upload(f"{ABEL},facilitator,,", more=("--update-roles",))
    said = " ".join(aapimport("request", "seats", first, **served).err.split())
    assert f"first: aapimport undo {second}, then: aapimport undo {first};" in said
    for one in (second, first):
        assert aapimport("undo", one, "--yes", **served).code == 0
    assert aapimport("request", "seats", first, **served).code == 0


def test_what_a_later_upload_did_is_that_uploads(aapimport, served, portal, upload) -> None:
    """It is named with the commands, in the order that works, and these take both back."""
    first = upload(ABEL, BRUNA)
    second = upload(f"{ABEL},facilitator,,", BRUNA, more=("--update-roles",))
    undone = aapimport("undo", first, "--yes", "--json", **served)
    assert undone.code == 1
    left = undone.json["effects"]
    assert [one["email"] for one in left] == [A, BRUNA.partition(",")[0]]
    assert {(one["result"], one["code"]) for one in left} == {
        ("left to a later run", "later_upload")
    }
    assert {one["later"] for one in left} == {second}
    begun = aapimport("receipt", second, "--json", **served).json["started_at"]
    said = f"upload {second} of {datetime.fromisoformat(begun):%d %b %Y} has this person, too"
    assert {one["reason"] for one in left} == {said}
    assert undone.json["next"] == [f"aapimport undo {second}", f"aapimport undo {first}"]
    shown = aapimport("undo", first, "--yes", **served).out
    assert f"left: {said}: 2 people" in shown
    assert f"      aapimport undo {second}\n      aapimport undo {first}\n" in shown
    assert active(portal, ABEL, BRUNA) == [True, True]
    for command in undone.json["next"]:
        assert aapimport(*command.split()[1:], "--yes", **served).code == 0
    assert active(portal, ABEL, BRUNA) == [False, False]


def test_three_uploads_are_undone_by_the_commands_that_are_named(
    aapimport, served, portal, upload
) -> None:
    """The newest first; of one that has others, too, only whom the first has."""
    first = upload(ABEL, BRUNA)
    second = upload(f"{ABEL},facilitator,,", more=("--update-roles",))
    third = upload(CARLOS, ABEL)
    undone = aapimport("undo", first, "--only-rows", "2", "--yes", "--json", **served)
    assert undone.json["next"] == [
        f"aapimport undo {third} --only-rows 3",
        f"aapimport undo {second}",
        f"aapimport undo {first} --only-rows 2",
    ]
    for command in undone.json["next"]:
        aapimport(*command.split()[1:], "--yes", **served)
    assert active(portal, ABEL, BRUNA, CARLOS) == [False, True, True]


def test_what_a_receipt_names_is_what_is_left(aapimport, served, portal, upload) -> None:
    """An undo's receipt, shown again, names what is left to do of it; as JSON it stays the same."""
    first = upload(ABEL, BRUNA)
    second = upload(ABEL)
    undo = aapimport("undo", first, "--yes", "--json", **served).json
    commands: list[str] = undo["next"]
    assert commands == [f"aapimport undo {second}", f"aapimport undo {first}"]
    for left in (commands, commands[1:], commands[:0]):
        assert aapimport("receipt", undo["receipt"], "--json", **served).json == undo
        shown = aapimport("receipt", undo["receipt"], **served).out.splitlines()
        assert [one.strip() for one in shown if "aapimport" in one] == left
        if left:
            aapimport(*left[0].split()[1:], "--yes", **served)
    assert active(portal, ABEL, BRUNA) == [False, False]


def test_a_team_that_a_later_upload_joined_is_seen(aapimport, served, portal, upload) -> None:
    """Whoever is in another team stays; the team of the later upload stays theirs."""
    first = upload(ABEL)
    second = upload(f"{ABEL},,Engineering,")
    undone = aapimport("undo", first, "--yes", "--json", **served)
    assert undone.code == 1
    assert undone.json["effects"][0]["later"] == second
    assert active(portal, ABEL) == [True]


def test_whom_a_right_file_has_too_stays(aapimport, served, portal, upload) -> None:
    """The undo of a wrong file leaves them, until somebody wants the right one undone as well."""
    wrong = upload(f"{ABEL},,Engineering,1", BRUNA)
    right = upload(f"{ABEL},,Engineering,1")
    undone = aapimport("undo", wrong, "--yes", "--json", **served)
    assert undone.code == 1
    assert active(portal, ABEL, BRUNA) == [True, False]
    left = [one for one in undone.json["effects"] if one["code"] == "later_upload"]
    assert {one["service"] for one in left} == {"portal", "jhana"}
    assert {one["later"] for one in left} == {right}
    assert {one["what"] for one in left} == {"account", "out of the team"}
    assert aapimport("receipt", "verify", right, **served).code == 0
    portal.leave("Engineering", A)
    verified = aapimport("receipt", "verify", right, "--json", **served)
    assert (verified.code, verified.json["people"][0]["changes"]) == (1, ["not in the team"])
    assert aapimport("undo", right, "--yes", **served).code == 0
    assert aapimport("undo", wrong, "--yes", **served).code == 0
    assert active(portal, ABEL, BRUNA) == [False, False]


def test_a_team_that_a_later_upload_has_found_stays_whatever_else_that_wrote(
    aapimport, served, portal, upload
) -> None:
    """The later file names the team: the person is in it already, and gets another role."""
    first = upload(f"{A},Abel,Quist,,Sales EMEA,")
    second = upload(f"{A},Abel,Quist,facilitator,Sales EMEA,", more=("--update-roles",))
    undone = aapimport("undo", first, "--yes", "--json", **served)
    assert (undone.code, undone.json["receipt"]) == (1, None)
    assert {one["later"] for one in undone.json["effects"]} == {second}
    assert aapimport("receipt", "verify", second, **served).code == 0
    for command in undone.json["next"]:
        assert aapimport(*command.split()[1:], "--yes", **served).code == 0
    assert active(portal, ABEL) == [False]


def test_a_role_that_somebody_took_away_is_named(aapimport, served, portal, upload) -> None:
    """It is neither what the run set nor what was there before."""
    upload(f"{ABEL},facilitator,,")
    receipt = upload(f"{ABEL},individualcontributor,,", more=("--update-roles",))
    portal.set(A, roles=[])
    undone = aapimport("undo", receipt, "--yes", "--json", **served)
    assert undone.code == 1
    assert ["role" in one["reason"] for one in undone.json["effects"]] == [True]


def test_who_is_on_again_is_told_beside_what_is_taken_back(
    aapimport, served, portal, upload
) -> None:
    """In the plan, on the receipt and for scripts."""
    first = upload(ABEL, BRUNA)
    aapimport("undo", first, "--yes", "--only-rows", "2", **served)
    second = upload(ABEL, more=("--returning", "include"))
    again = aapimport("undo", first, "--yes", "--json", **served)
    (told,) = again.json["on_again"]
    assert (told["by"], told["rows"], told["undo"]) == (
        f"upload {second}",
        [2],
        f"aapimport undo {second}",
    )
    assert active(portal, ABEL, BRUNA) == [True, False]


@pytest.mark.parametrize("sent", [False, True])
def test_another_uploads_e_mails_are_none_of_its(
    aapimport, served, portal, upload, *, sent: bool
) -> None:
    """Neither kept back nor named: only those about accounts that the run made are."""
    first = upload(ABEL, BRUNA)
    later = () if sent else ("--not-before", "2090-01-01")
    sending = aapimport("send-emails", first, *later, "--yes", "--json", **served).json["receipt"]
    second = upload(ABEL, BRUNA, CARLOS)
    undone = aapimport("undo", second, "--yes", "--json", **served)
    assert undone.code == 0, undone.out
    assert {one["row"] for one in undone.json["effects"]} == {4}
    said = "2 welcome e-mails sent" if sent else "0 sent + 2 still to be asked for"
    assert said in aapimport("receipt", sending, **served).out


def test_whoever_is_left_keeps_the_e_mail(aapimport, served, portal, upload) -> None:
    """Whose e-mail is kept back is named on the plan and on the receipt."""
    receipt = upload(ABEL, BRUNA)
    words = ("send-emails", receipt, "--not-before", "2090-01-01", "--yes", "--json")
    sending = aapimport(*words, **served).json["receipt"]
    portal.set(A, roles=[{"value": "facilitator", "primary": True}])
    undone = aapimport("undo", receipt, "--yes", **served)
    assert undone.code == 1
    assert "taken back: 1 e-mail that nobody was sent so far" in undone.out
    assert "row 3 bruna.rossi@new.com: the e-mail" in undone.out
    assert active(portal, ABEL, BRUNA) == [True, False]
    assert "1 still to be asked for" in aapimport("receipt", sending, **served).out


def test_an_open_undo_of_other_rows_does_not_go_on(aapimport, served, portal, upload) -> None:
    """It is named with its rows, and how it is finished; the same rows go on."""
    receipt = upload(ABEL, BRUNA, CARLOS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aapimport.run.undoing.take_back", _die)
        assert aapimport("undo", receipt, "--only-rows", "2-3", "--yes", **served).code == 5
    for rows in (("--only-rows", "4"), ()):
        other = aapimport("undo", receipt, *rows, "--yes", **served)
        assert other.code == 1
        assert "of rows 2-3, is still open" in other.err
        assert "--close" in other.err
    assert active(portal, ABEL, BRUNA, CARLOS) == [True] * 3
    assert aapimport("undo", receipt, "--only-rows", "2,3", "--yes", **served).code == 0
    assert active(portal, ABEL, BRUNA, CARLOS) == [False, False, True]


def _die(*_: object) -> None:
    raise RuntimeError("the power is gone")


def test_whoever_is_gone_is_named(aapimport, served, portal, upload) -> None:
    """Nothing is left to take back of them, which is no finding."""
    receipt = upload(ABEL)
    portal.delete(A)
    undone = aapimport("undo", receipt, "--yes", **served)
    assert undone.code == 0
    said = "nothing left: row 2 abel.quist@new.com, portal: account; the account is gone"
    assert said in undone.out


def test_administration_rights_are_given_back_by_number_alone(
    aapimport, served, portal, upload
) -> None:
    """To whom is said before; `--yes` isn't enough, and another number is refused."""
    portal.set("zoe.oneill@acme.com", roles=[{"value": "client admin", "primary": True}])
    zoe = portal.named("zoe.oneill@acme.com")
    name = zoe["name"]
    row = f"zoe.oneill@acme.com,{name['givenName']},{name['familyName']},manager,,"
    more = ("--update-roles", "--client-admins", "0")
    receipt = upload(row, more=more)
    refused = aapimport("undo", receipt, "--yes", **served)
    assert refused.code == 2
    assert "--client-admins 1" in refused.err
    assert "role client admin again" in refused.out
    assert "row 2 zoe.oneill@acme.com" in refused.out
    wrong = aapimport("undo", receipt, "--yes", "--client-admins", "2", **served)
    assert (wrong.code, "--client-admins says 2" in " ".join(wrong.err.split())) == (1, True)
    assert aapimport("undo", receipt, "--yes", "--client-admins", "1", **served).code == 0
    assert portal.named("zoe.oneill@acme.com")["roles"] == zoe["roles"]


def test_only_uploads_are_verified(aapimport, served, portal, upload) -> None:
    """An undo and a sending are refused, as an undo of them is."""
    receipt = upload(ABEL)
    sending = aapimport("send-emails", receipt, "--yes", "--json", **served).json["receipt"]
    undo = aapimport("undo", receipt, "--yes", "--json", **served).json["receipt"]
    for one in (sending, undo):
        refused = aapimport("receipt", "verify", one, **served)
        assert (refused.code, "is no upload" in refused.err) == (1, True)


@pytest.mark.parametrize("as_json", [False, True])
def test_a_receipt_is_printed_when_an_undo_is_stopped(
    aapimport, served, portal, upload, *, as_json: bool
) -> None:
    """As JSON, it and the error are one object."""
    receipt = upload(ABEL, BRUNA)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aapimport.run.undoing.take_back", _refused)
        more = ("--json",) if as_json else ()
        stopped = aapimport("undo", receipt, "--yes", *more, **served)
    assert stopped.code == 3
    if as_json:
        assert stopped.json["error"]["id"] == "settings"
        assert (stopped.json["of"], stopped.json["unfinished"]) == (receipt, 2)
    else:
        assert f"undo of receipt {receipt}" in stopped.out
        assert "2 not finished" in stopped.out
    assert "continue with: aapimport resume" in stopped.err


def _refused(*_: object) -> None:
    raise SettingsError("the token is refused")


def test_a_resumed_undo_names_people_as_the_portal_does(aapimport, served, portal, upload) -> None:
    """Also those whom the journal has erased, and whose part was done before."""
    receipt = upload(ABEL, BRUNA)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aapimport.run.undoing.take_back", _die)
        aapimport("undo", receipt, "--yes", **served)
    assert aapimport("history", "purge", "--older-than", "0d", "--yes", **served).code == 0
    resumed = aapimport("resume", "--json", **served)
    assert resumed.code == 0, resumed.err
    assert [one["email"] for one in resumed.json["effects"]] == [A, BRUNA.partition(",")[0]]


def test_an_undo_of_other_rows_does_not_give_somebody_away(
    aapimport, served, portal, upload
) -> None:
    """Where nothing could be taken back of some rows, only those are given up by that upload."""
    wrong = upload(ABEL, BRUNA)
    right = upload(ABEL, BRUNA)
    assert aapimport("undo", right, "--only-rows", "2", "--yes", **served).code == 0
    assert aapimport("undo", wrong, "--yes", **served).code == 1
    assert active(portal, ABEL, BRUNA) == [False, True]


def test_whoever_was_switched_on_by_hand_is_no_uploads_doing(
    aapimport, served, portal, upload
) -> None:
    """An upload that has only found them on is not named: undoing it would do nothing."""
    first = upload(ABEL)
    assert aapimport("undo", first, "--yes", **served).code == 0
    portal.set(A, active=True)
    upload(ABEL)
    told = aapimport("undo", first, "--yes", "--json", **served).json["on_again"]
    assert told == [{"by": "", "rows": [2], "undo": ""}]
