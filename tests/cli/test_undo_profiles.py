"""An undo beside later uploads of another profile that leads to the same portal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aapimport.config.folders import PROFILES
from support.habits import TOKEN
from support.machine import profile
from support.stub import ScimStub
from support.version_1 import as_version_1
from support.wire import error, instead

HEAD = "Email Address,First Name,Last Name,User Role,Team,Jhana Enabled"
SECRETS = {"AAPIMPORT_PORTAL_TOKEN": TOKEN, "AAPIMPORT_JHANA_TOKEN": TOKEN}
ABEL, BRUNA = "abel.quist@new.com,Abel,Quist,,,", "bruna.rossi@new.com,Bruna,Rossi,,,"


@pytest.fixture
def upload(aapimport: Any, machine: Any, portal_stub: ScimStub, jhana_stub: ScimStub) -> Any:
    """Uploads some people by the profile `acme` or `beta`; the receipt's number."""
    machine.own_file(
        profile("acme", portal_stub.url, jhana_stub.url)
        + profile("beta", portal_stub.url, jhana_stub.url)
    )

    def run(name: str, *people: str, more: tuple[str, ...] = ()) -> str:
        file = machine.work / f"{len(list(machine.work.glob('*.csv')))}.csv"
        file.write_text("\n".join([HEAD, *people]), "utf-8")
        words = ("--pass", "Leadership 2026", "--yes", "--json", "--no-emails", "--profile", name)
        done = aapimport("upload", file, *words, *more, **SECRETS)
        assert done.code == 0, done.err
        return str(done.json["receipt"])

    return run


def active(portal: ScimStub) -> list[bool]:
    """Who is active, by address."""
    return [one["active"] for one in sorted(portal.store.users.values(), key=_address)]


def _address(one: dict[str, Any]) -> str:
    return str(one["userName"])


@pytest.mark.parametrize("writes", [False, True])
def test_whom_another_profile_has_since_is_left_with_the_commands(
    aapimport: Callable[..., Any], portal_stub: ScimStub, upload: Any, *, writes: bool
) -> None:
    """Whether that upload wrote or found them so; the commands, in order, take both back."""
    first = upload("acme", ABEL, BRUNA)
    abel = ABEL.replace("Quist,", "Quist,facilitator") if writes else ABEL
    second = upload("beta", "carl.sato@new.com,Carl,Sato,,,", abel, more=("--update-roles",))
    words = ("undo", first, "--yes", "--json", "--profile", "acme")
    undone = aapimport(*words, **SECRETS)
    (left,) = undone.json["effects"][:1]
    assert (undone.code, left["code"], left["later"]) == (1, "later_upload", second)
    assert f"upload {second} of " in left["reason"]
    assert left["reason"].endswith(" of profile beta has this person, too")
    assert active(portal_stub) == [True, False, True]
    assert undone.json["next"] == [
        f"aapimport undo --profile beta {second} --only-rows 3",
        f"aapimport undo --profile acme {first}",
    ]
    for command in undone.json["next"]:
        assert aapimport(*command.split()[1:], "--yes", **SECRETS).code == 0
    assert active(portal_stub) == [False, False, True]


@pytest.fixture
def stopped(aapimport: Any, machine: Any, portal_stub: ScimStub, upload: Any) -> Any:
    """Begins an upload by the profile `beta` that stops at its first account; the number."""

    def run(*people: str) -> str:
        file = machine.work / "stopped.csv"
        file.write_text("\n".join([HEAD, *people]), "utf-8")
        portal_stub.on("POST", "/Users", instead(error(401)), times=9)
        words = ("--pass", "Leadership 2026", "--yes", "--json", "--no-emails", "--profile", "beta")
        begun = aapimport("upload", file, *words, **SECRETS)
        assert begun.code == 3, begun.err
        portal_stub._rules.clear()
        return str(begun.json["receipt"])

    return run


@pytest.mark.parametrize("goes_on", [False, True])
def test_an_upload_that_was_approved_before_and_goes_on_after_has_its_people(
    aapimport: Callable[..., Any],
    portal_stub: ScimStub,
    upload: Any,
    stopped: Any,
    *,
    goes_on: bool,
) -> None:
    """Also while it is open: then the command that finishes it is named first."""
    other = stopped("carl.sato@new.com,Carl,Sato,,,", ABEL, BRUNA)
    own = upload("acme", ABEL, BRUNA)
    resume = ("resume", other, "--yes", "--profile", "beta")
    if goes_on:
        assert aapimport(*resume, **SECRETS).code == 0
    undone = aapimport("undo", own, "--yes", "--json", "--profile", "acme", **SECRETS)
    assert undone.code == 1
    assert {one["later"] for one in undone.json["effects"]} == {other}
    assert all(active(portal_stub))
    first = f"undo --profile beta {other} --only-rows 3-4"
    if not goes_on:
        first = f"resume --profile beta {other}"
    assert undone.json["next"] == [f"aapimport {first}", f"aapimport undo --profile acme {own}"]
    if not goes_on:
        assert aapimport(*resume, **SECRETS).code == 0
        undone = aapimport("undo", own, "--yes", "--json", "--profile", "acme", **SECRETS)
    for command in undone.json["next"]:
        assert aapimport(*command.split()[1:], "--yes", **SECRETS).code == 0
    assert active(portal_stub) == [False, False, True]


def test_whom_a_journal_of_version_1_has_since_stays_in_their_team(
    aapimport: Callable[..., Any], portal_stub: ScimStub, upload: Any, state_dir: Path
) -> None:
    """It doesn't tell whether that upload's file names the team: it may, so they stay in it."""
    in_team = [f"{one[:-2]},Sales," for one in (ABEL, BRUNA)]
    first = upload("acme", *in_team)
    second = upload("beta", in_team[0])
    as_version_1(state_dir / PROFILES / "beta" / "journal.sqlite3")
    undone = aapimport("undo", first, "--yes", "--json", "--profile", "acme", **SECRETS)
    assert undone.code == 1, undone.err
    left = [one for one in undone.json["effects"] if one["later"] == second]
    assert {one["what"] for one in left} == {"account", "out of the team"}
    assert active(portal_stub) == [True, False]
    users = {one["id"]: one["userName"] for one in portal_stub.store.users.values()}
    (team,) = (it for it in portal_stub.store.groups.values() if it["displayName"] == "Sales")
    assert [users[one["value"]] for one in team["members"]] == ["abel.quist@new.com"]


def test_seats_in_a_later_upload_of_another_profile_name_its_command(
    aapimport: Callable[..., Any], upload: Any
) -> None:
    """With the profile: without it the command would look in another journal."""
    first = upload("acme", ABEL)
    second = upload("beta", ABEL)
    asked = aapimport("request", "seats", first, "--profile", "acme", **SECRETS)
    assert asked.code == 1
    assert f"aapimport undo --profile beta {second}" in " ".join(asked.err.split())


def test_an_upload_that_was_over_before_is_no_later_one(
    aapimport: Callable[..., Any], portal_stub: ScimStub, upload: Any
) -> None:
    """Two profiles wrote to the same account: only the second stands in the way of the first."""
    first = upload("acme", ABEL)
    second = upload("beta", ABEL.replace("Quist,", "Quist,facilitator"), more=("--update-roles",))
    assert aapimport("undo", second, "--yes", "--profile", "beta", **SECRETS).code == 0
    assert aapimport("undo", first, "--yes", "--profile", "acme", **SECRETS).code == 0
    assert active(portal_stub) == [False]


def test_who_is_on_again_by_another_profile_is_told_with_its_command(
    aapimport: Callable[..., Any], portal_stub: ScimStub, upload: Any
) -> None:
    """Nothing of theirs is taken back."""
    first = upload("acme", ABEL)
    words = ("undo", first, "--yes", "--json", "--profile", "acme")
    assert aapimport(*words, **SECRETS).code == 0
    second = upload("beta", ABEL, more=("--returning", "include"))
    again = aapimport(*words, **SECRETS)
    (told,) = again.json["on_again"]
    assert told == {
        "by": f"upload {second} of profile beta",
        "rows": [2],
        "undo": f"aapimport undo --profile beta {second}",
    }
    assert active(portal_stub) == [True]


def test_a_journal_that_can_not_be_read_is_none_that_knows_nobody(
    aapimport: Callable[..., Any], portal_stub: ScimStub, upload: Any, state_dir: Path
) -> None:
    """Nothing is sent, and what to do is said."""
    first = upload("acme", ABEL)
    upload("beta", BRUNA)
    (state_dir / PROFILES / "beta" / "journal.sqlite3").write_bytes(b"damaged")
    refused = aapimport("undo", first, "--yes", "--profile", "acme", **SECRETS)
    assert refused.code == 3
    said = " ".join(refused.err.split())
    assert "it may know of later uploads of the same people" in said
    assert "never uploaded anybody to this portal, move the file away" in said
    assert active(portal_stub) == [True, True]


def test_whom_another_profile_has_since_an_undo_was_stopped_is_left(
    aapimport: Callable[..., Any], portal_stub: ScimStub, jhana_stub: ScimStub, upload: Any
) -> None:
    """Each write asks all journals anew: about the account, the team, and Jhana."""
    people = [f"{one[:-2]},Sales,1" for one in (ABEL, BRUNA)]
    first = upload("acme", *people)
    portal_stub.on("PATCH", "/Groups/.*", instead(error(401)))
    jhana_stub.on("PATCH", "/Users/.*", instead(error(401)), times=9)
    words = ("undo", first, "--yes", "--json", "--profile", "acme")
    assert aapimport(*words, **SECRETS).code == 3
    jhana_stub._rules.clear()
    second = upload("beta", *people)
    went_on = aapimport(*words, **SECRETS)
    assert went_on.code == 1
    assert {one["later"] for one in went_on.json["effects"]} == {second}
    assert active(portal_stub) == active(jhana_stub) == [True, True]
    (team,) = (it for it in portal_stub.store.groups.values() if it["displayName"] == "Sales")
    assert len(team["members"]) == 2
    assert aapimport("receipt", "verify", second, "--profile", "beta", **SECRETS).code == 0


def test_a_journal_that_can_not_be_read_any_more_ends_an_undo_that_goes_on(
    aapimport: Callable[..., Any], portal_stub: ScimStub, upload: Any, state_dir: Path
) -> None:
    """Nothing more is sent; once it can be read, the undo goes on."""
    first = upload("acme", ABEL, BRUNA)
    portal_stub.on("PATCH", "/Users/.*", instead(error(401)), times=9)
    upload("beta", "carl.sato@new.com,Carl,Sato,,,")
    words = ("undo", first, "--yes", "--json", "--profile", "acme")
    assert aapimport(*words, **SECRETS).code == 3
    journal = state_dir / PROFILES / "beta" / "journal.sqlite3"
    kept = journal.read_bytes()
    portal_stub._rules.clear()
    journal.write_bytes(b"damaged")
    assert aapimport(*words, **SECRETS).code == 3
    assert active(portal_stub) == [True, True, True]
    journal.write_bytes(kept)
    assert aapimport(*words, **SECRETS).code == 0
    assert active(portal_stub) == [False, False, True]


def test_the_command_named_for_an_upload_without_a_profile_works(
    aapimport: Callable[..., Any],
    portal_stub: ScimStub,
    jhana_stub: ScimStub,
    machine: Any,
    upload: Any,
) -> None:
    """It keeps the profile of the command that names it out, and what it needs is said."""
    first = upload("acme", ABEL)
    here = {"AAPIMPORT_PORTAL_URL": portal_stub.url, "AAPIMPORT_JHANA_URL": jhana_stub.url}
    words = ("upload", machine.work / "0.csv", "--pass", "Leadership 2026", "--yes", "--no-emails")
    second = aapimport(*words, "--json", **SECRETS, **here).json["receipt"]
    undone = aapimport("undo", first, "--yes", "--profile", "acme", **SECRETS)
    assert undone.code == 1
    commands = [one.strip() for one in undone.out.splitlines() if "aapimport undo" in one][-2:]
    assert commands == [
        f"aapimport undo --live {second}",
        f"aapimport undo --profile acme {first}",
    ]
    assert "neither type --profile nor have AAPIMPORT_PROFILE set" in " ".join(undone.out.split())
    for command, values in zip(commands, (here, {}), strict=True):
        assert aapimport(*command.split()[1:], "--yes", **SECRETS, **values).code == 0
    assert active(portal_stub) == [False]


def test_verify_goes_on_where_another_journal_can_not_be_read(
    aapimport: Callable[..., Any], upload: Any, state_dir: Path
) -> None:
    """It writes nothing; what it can't know is said."""
    first = upload("acme", ABEL)
    upload("beta", BRUNA)
    (state_dir / PROFILES / "beta" / "journal.sqlite3").write_bytes(b"damaged")
    verified = aapimport("receipt", "verify", first, "--json", "--profile", "acme", **SECRETS)
    assert (verified.code, verified.json["same"]) == (0, 1)
    assert "not known is what other profiles have done since" in " ".join(verified.err.split())


def test_a_profile_that_is_no_more_is_told_with_where_its_uploads_are(
    aapimport: Callable[..., Any],
    machine: Any,
    portal_stub: ScimStub,
    jhana_stub: ScimStub,
    upload: Any,
    state_dir: Path,
) -> None:
    """A command that names it can only work once it is in a settings file again."""
    upload("acme", ABEL)
    second = upload("beta", ABEL)
    machine.own_file(profile("acme", portal_stub.url, jhana_stub.url))
    refused = aapimport("undo", second, "--profile", "beta", "--yes", **SECRETS)
    assert refused.code == 3
    said = " ".join(refused.err.split())
    assert str(state_dir / PROFILES / "beta") in said
    assert "write [profile.beta] with its addresses into a settings file again" in said
    assert "recorded" not in aapimport("undo", second, "--profile", "nobody", **SECRETS).err


def test_nobody_is_mailed_while_an_undo_of_another_profile_is_open(
    aapimport: Callable[..., Any], portal_stub: ScimStub, upload: Any
) -> None:
    """It is named with its profile and what finishes it; whoever has no part in it is mailed."""
    upload("beta", ABEL, BRUNA)
    own = upload("acme", ABEL.replace("Quist,", "Quist,facilitator"), more=("--update-roles",))
    portal_stub.on("PATCH", "/Users/.*", instead(error(401)), times=9)
    undone = aapimport("undo", own, "--yes", "--json", "--profile", "acme", **SECRETS)
    portal_stub._rules.clear()
    words = ("send-emails", "--pass", "Leadership 2026", "--yes", "--profile", "beta")
    sent = aapimport(*words, **SECRETS)
    assert (undone.code, sent.code) == (3, 1)
    open_ = undone.json["receipt"]
    assert (
        f"abel.quist@new.com is not mailed: undo {open_} of profile acme is still open and takes"
        f" the account back: aapimport resume --profile acme {open_}"
    ) in " ".join(sent.out.split())
    assert [one for one, _, _ in portal_stub.store.mails] == ["bruna.rossi@new.com"]
