import io
import json
import sys
from pathlib import Path

import click
import pytest

from aapimport.cli import main
from aapimport.cli.grouping import EVERYDAY, HELP_ALL
from aapimport.cli.upload import upload
from aapimport.plan.approval import read_plan
from aapimport.sandbox.contents import Contents, contents
from aapimport.sandbox.practice import Practice
from support.second_year import PASS, SEED, TWINS, rows, write

ADMINS = [
    "omar.haddad@acme.com,Omar,Haddad,client admin,,",
    "greta.nilsen@acme.com,Greta,Nilsen,client admin,,",
]
TWIN_ADDRESSES = {other for *_, other in TWINS}


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can answer a question."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())


@pytest.fixture
def practice(state_dir: Path) -> Path:
    """The practice portal of a company in its second year; its folder."""
    Practice(state_dir, SEED).close()
    return state_dir


@pytest.fixture
def seeded(tmp_path: Path) -> Path:
    """The same company's, to be served over HTTP from this folder."""
    Practice(tmp_path / "served", SEED).close()
    return tmp_path / "served"


@pytest.fixture
def live(seeded: Path, served: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A real portal, as far as an upload can tell; the folder that it keeps its people in."""
    for name, value in served.items():
        monkeypatch.setenv(name, value)
    return seeded


def run(*words: object) -> int:
    """One command in this process."""
    return main([str(word) for word in words])


def held(folder: Path) -> dict[str, tuple[str, ...]]:
    """The roles of everybody on this year's pass."""
    found: Contents = contents(folder)
    return {one.email: one.roles for one in found.people if "Leadership 2026" in one.passes}


def test_yes_alone_makes_no_client_admin_on_a_real_portal(live: Path, tmp_path: Path, capsys):
    """Exit 2 names them and the flag; the wrong number is refused; the right one goes on."""
    file = write(tmp_path / "people.csv", ADMINS)
    before = held(live)
    words = ("upload", file, *PASS, "--yes", "--no-emails")
    assert run(*words) == 2
    out, error = capsys.readouterr()
    assert "row 2: omar.haddad@acme.com  Omar Haddad" in out
    assert "decide with --client-admins 2" in error
    for number in (0, 1, 3):
        assert run(*words, "--client-admins", number) == 1
        said = " ".join(capsys.readouterr().err.split())
        each = "row 2 omar.haddad@acme.com (becomes it), row 3 greta.nilsen@acme.com (becomes it)"
        assert f"has 2 client admins: {each}; --client-admins says {number}" in said
    assert held(live) == before
    assert run(*words, "--client-admins", 2) == 0
    assert held(live)["greta.nilsen@acme.com"] == ("client admin",)


def test_a_written_plan_needs_the_word_about_client_admins_too(live: Path, tmp_path: Path, capsys):
    """An approval of a plan is none of handing out administration rights."""
    file, plan = write(tmp_path / "people.csv", ADMINS), tmp_path / "plan.json"
    assert run("plan", file, *PASS, "--no-emails", "-o", plan) == 0
    words = ("upload", file, "--plan", plan, "--fingerprint", read_plan(plan).fingerprint)
    assert run(*words) == 2
    assert "--client-admins 2" in capsys.readouterr().err
    assert run(*words, "--client-admins", 2) == 0


def test_yes_alone_creates_no_possible_twin_on_a_real_portal(live: Path, tmp_path: Path, capsys):
    """Unattended runs leave them out and say whom; --maybe create says otherwise."""
    file = write(tmp_path / "people.csv", rows()[-2:] + rows()[8:9])
    words = ("upload", file, *PASS, "--no-emails")
    assert run(*words, "--yes") == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "left out, may be there already: 2 people (rows 2, 3)" in out
    assert TWIN_ADDRESSES.isdisjoint(held(live))
    assert run(*words, "--yes", "--maybe", "create") == 0
    assert held(live).keys() >= TWIN_ADDRESSES


def test_each_question_without_an_answer_names_its_flag(live: Path, tmp_path: Path, capsys):
    """On a real portal nothing goes on by itself: exit 2, with the flag, and nothing is sent."""
    file = write(tmp_path / "people.csv", rows()[8:10])
    before = held(live)
    for words, flag in (
        ((), "--pass"),
        (PASS, "--emails or --no-emails"),
        ((*PASS, "--no-emails"), "--yes"),
    ):
        assert run("upload", file, *words) == 2
        error = capsys.readouterr().err
        assert f"hint: decide with {flag}" in error
        assert error.endswith("nothing was sent\n")
    assert held(live) == before


def test_practice_says_what_it_took_for_granted(practice: Path, tmp_path, capsys):
    """Pass, client admins, seats, e-mails: it runs through, but for who may be there already."""
    file = write(tmp_path / "people.csv", [ADMINS[0], *rows()[-2:]])
    assert run("upload", file) == 1
    error = capsys.readouterr().err
    assert "nothing can answer: they are left out; --maybe create uploads them" in error
    granted = [line for line in error.splitlines() if line.startswith("taken for granted")]
    start, needs = "taken for granted in practice: ", "; on a real portal this needs "
    seats = "the seats that this upload uses, for good, on the PRACTICE portal"
    assert [line.removeprefix(start).split(needs) for line in granted] == [
        ["Leadership 2026 (10 seats free)", "--pass"],
        ["yes to 'Send welcome e-mails (1)?'", "--emails or --no-emails"],
        ["1 (the client admins that this upload makes)", "--client-admins 1"],
        [f"1 ({seats})", "--yes"],
    ]
    assert not held(practice).keys() & TWIN_ADDRESSES
    assert len(contents(practice).outbox) == 1


def test_a_plan_answers_like_the_upload(practice: Path, tmp_path: Path, capsys):
    """Whom a run would create without a terminal, its plan creates as well."""
    file = write(tmp_path / "people.csv", rows()[-2:])
    capsys.readouterr()
    assert run("plan", file, *PASS, "--json") == 1
    planned = json.loads(capsys.readouterr().out)
    assert run("upload", file, *PASS, "--json") == 1
    done = json.loads(capsys.readouterr().out)
    assert planned["portal"]["skip"] == done["skipped"] == 2
    assert planned["mails"] == 0


@pytest.mark.parametrize(("limit", "code"), [(2, 1), (3, 0)])
def test_max_seats_refuses_a_plan_that_uses_more(practice: Path, tmp_path, capsys, limit, code):
    """Exit 1 and nothing sent above the limit; at the limit it goes on."""
    file = write(tmp_path / "people.csv", rows()[8:11])
    words = ("upload", file, *PASS, "--no-emails", "--max-seats", limit, "--yes")
    assert run(*words) == code
    assert ("omar.haddad@acme.com" in held(practice)) is (code == 0)
    said = capsys.readouterr()
    assert ("more than --max-seats 2 allows" in " ".join(said.err.split())) is (code == 1)
    assert "uses 3 of 10 free, 7 left" in said.out


def test_roles_and_names_are_kept_unless_asked_for(practice: Path, tmp_path: Path, capsys):
    """`differs, kept` without the flags; with them, exactly what each says."""
    file = write(tmp_path / "people.csv", ["wei.zhang@acme.com,Wei-Li,Zhang,facilitator,,"])
    words = ("upload", file, *PASS, "--yes")
    assert run(*words) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "1 person already there with another role or name: differs, kept (row 2)" in out
    assert "nobody was created or changed" in out
    assert run(*words, "--update-roles") == 0
    assert held(practice)["wei.zhang@acme.com"] == ("facilitator",)
    assert "1 another role" in " ".join(capsys.readouterr().out.split())
    assert run("plan", file, *PASS, "--update-names") == 0
    assert "first name Wei → Wei-Li" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("said_by", ["setting", "me"])
def test_nobody_changes_their_own_role(
    portal_stub, jhana_stub, tmp_path: Path, monkeypatch, capsys, said_by: str
):
    """Whoever runs the upload keeps their role, known by the setting or by the portal's /Me."""
    from support.wire import as_json, instead

    for name, stub in (("PORTAL", portal_stub), ("JHANA", jhana_stub)):
        monkeypatch.setenv(f"AAPIMPORT_{name}_URL", stub.url)
        monkeypatch.setenv(f"AAPIMPORT_{name}_TOKEN", stub.habits.token)
    if said_by == "setting":
        monkeypatch.setenv("AAPIMPORT_ADMINISTRATOR", "ZOE@acme.com")
    else:
        me = as_json(200, {"id": "me", "userName": "Zoe@ACME.com"})
        portal_stub.on("GET", "/Me", instead(me), times=9)
    for email in ("zoe@acme.com", "bo@acme.com"):
        role = {"value": "client admin", "primary": True}
        portal_stub.add_user(email, "Zoe", "Ng", roles=[role], entitlements=[{"value": "p26"}])
    file = write(tmp_path / "people.csv", ["zoe@acme.com,Zoe,Ng,,,", "bo@acme.com,Zoe,Ng,,,"])
    words = ("upload", file, *PASS, "--yes", "--no-emails", "--update-roles")
    assert run(*words) == 0
    roles = [one["roles"][0]["value"] for one in portal_stub.store.users.values()]
    assert roles == ["client admin", "manager"]
    assert "differs, kept (row 2)" in " ".join(capsys.readouterr().out.split())


def test_a_client_admin_who_is_switched_on_again_is_confirmed(
    portal_stub, jhana_stub, tmp_path: Path, monkeypatch, capsys
):
    """Rights that come back are handed out, whatever the row says."""
    for name, stub in (("PORTAL", portal_stub), ("JHANA", jhana_stub)):
        monkeypatch.setenv(f"AAPIMPORT_{name}_URL", stub.url)
        monkeypatch.setenv(f"AAPIMPORT_{name}_TOKEN", stub.habits.token)
    more = {"roles": [{"value": "client admin"}], "entitlements": [{"value": "p26"}]}
    portal_stub.add_user("zoe@acme.com", "Zoe", "Ng", active=False, **more)
    file = write(tmp_path / "people.csv", ["zoe@acme.com,Zoe,Ng,,,"])
    words = ("upload", file, *PASS, "--yes", "--no-emails")
    assert run(*words, "--returning", "include") == 2
    assert "--client-admins 1" in capsys.readouterr().err
    assert run(*words) == 1  # nobody is switched on without a word: she is left out
    assert portal_stub.writes == []


@pytest.fixture
def stubs(portal_stub, jhana_stub, monkeypatch: pytest.MonkeyPatch):
    """A real portal without a list of passes, whose people are on a pass of another name."""
    for name, stub in (("PORTAL", portal_stub), ("JHANA", jhana_stub)):
        monkeypatch.setenv(f"AAPIMPORT_{name}_URL", stub.url)
        monkeypatch.setenv(f"AAPIMPORT_{name}_TOKEN", stub.habits.token)
    portal_stub.habits.passes = False
    portal_stub.store.groups.clear()
    held = [{"value": "Leadership-2026", "type": "pass"}]
    portal_stub.add_user("zoe@acme.com", "Zoe", "Ng", entitlements=held)
    return portal_stub


def test_a_pass_that_nobody_has_needs_a_word(stubs, tmp_path: Path, capsys, monkeypatch):
    """A misspelt one would become a second pass: --yes isn't enough; a no stops, a flag goes on."""
    file = write(tmp_path / "people.csv", ["bo@acme.com,Bo,Quist,,,"])
    words = ("upload", file, *PASS, "--yes", "--no-emails")
    assert run("plan", file, *PASS) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "notice: nobody on the portal is on pass 'Leadership 2026'; people are on" in said
    assert run(*words) == 2
    error = capsys.readouterr().err
    assert "did you mean 'Leadership-2026'?\nIs it a new pass, and spelt right?" in error
    assert "decide with --new-pass" in error
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert run(*words) == 1
    assert stubs.writes == []
    assert run(*words, "--new-pass") == 0
    assert [one["entitlements"][0]["value"] for one in stubs.store.users.values()] == [
        "Leadership-2026",
        "Leadership 2026",
    ]
    assert run(*words) == 0  # by now somebody has it


def test_people_who_are_new_by_one_witness_need_a_word(
    portal_stub, jhana_stub, tmp_path: Path, monkeypatch, capsys
):
    """Only the list says who is new, and an address may be taken twice: --yes isn't enough."""
    for name, stub in (("PORTAL", portal_stub), ("JHANA", jhana_stub)):
        monkeypatch.setenv(f"AAPIMPORT_{name}_URL", stub.url)
        monkeypatch.setenv(f"AAPIMPORT_{name}_TOKEN", stub.habits.token)
    portal_stub.habits.filters = "empty"
    portal_stub.add_user("zoe@acme.com", "Zoe", "Ng")
    file = write(tmp_path / "people.csv", ["bo@acme.com,Bo,Quist,,,"])
    words = ("upload", file, *PASS, "--yes", "--no-emails")
    assert run(*words) == 2
    error = capsys.readouterr().err
    assert "only the list of accounts of All Access Pass says who is new" in error
    assert "decide with --unproven" in error
    assert portal_stub.writes == []
    assert run(*words, "--unproven") == 0
    assert portal_stub.people["bo@acme.com"] == 1


def test_a_pass_that_is_over_is_said(portal_stub, jhana_stub, tmp_path: Path, monkeypatch, capsys):
    """Last year's pass may still be meant: a notice, and no question."""
    for name, stub in (("PORTAL", portal_stub), ("JHANA", jhana_stub)):
        monkeypatch.setenv(f"AAPIMPORT_{name}_URL", stub.url)
        monkeypatch.setenv(f"AAPIMPORT_{name}_TOKEN", stub.habits.token)
    portal_stub.store.passes["p26"]["validUntil"] = "2021-12-31T23:59:59Z"
    file = write(tmp_path / "people.csv", ["bo@acme.com,Bo,Quist,,,"])
    assert run("upload", file, *PASS, "--yes", "--no-emails") == 0
    said = "notice: pass 'Leadership 2026' ended on 31 Dec 2021"
    assert said in " ".join(capsys.readouterr().out.split())


def test_an_upload_that_eats_the_buffer_is_warned_about(practice: Path, tmp_path: Path, capsys):
    """Below the buffer of 10 % (or the setting's) the plan warns; it is not refused."""
    file = write(tmp_path / "people.csv", rows()[8:17])
    assert run("plan", file, *PASS) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "uses 9 of 10 free, 1 left" in said
    assert "warning: that leaves 1 free, less than the buffer of 2" in said


def test_nobody_is_ever_removed(practice: Path, tmp_path: Path):
    """People of the pass and the team who are not in the file stay, with their other passes."""
    before = {one.email: one for one in contents(practice).people}
    file = write(tmp_path / "people.csv", [rows()[5].replace(",,1", ",Pair,1"), rows()[8]])
    assert run("upload", file, *PASS, "--yes", "--no-emails") == 0
    after = {one.email: one for one in contents(practice).people}
    for email, one in before.items():
        assert set(one.passes) <= set(after[email].passes)
        assert set(one.teams) <= set(after[email].teams)
    assert set(after["priya.raman@acme.com"].passes) == {"Leadership 2025", "Leadership 2026"}


def test_few_knobs_are_in_sight():
    """The everyday options of `upload --help-all` are seven at the most, and come first."""
    context = click.Context(upload, info_name="upload")
    everyday = [one for one in upload.params if getattr(one, "group", "") == EVERYDAY]
    assert 1 <= len(everyday) <= 7
    context.meta[HELP_ALL] = True
    text = upload.get_help(context)
    order = [text.index(title) for title in ("Everyday:", "Without a terminal:", "Expert:")]
    assert order == sorted(order)
    assert max(len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize("role", ["", "client admin"])
def test_the_number_of_client_admins_is_exact(practice: Path, tmp_path: Path, role: str, capsys):
    """It counts all client admins of the file, each time alike; any other number is refused."""
    file = write(tmp_path / "people.csv", [rows()[9].replace(",,,", f",{role},,", 1)])
    words = ("upload", file, *PASS, "--no-emails", "--yes", "--client-admins")
    capsys.readouterr()
    assert run(*words, 2) == 1
    assert f"has {1 if role else 0} client admin" in capsys.readouterr().err
    assert run(*words, 1) == (0 if role else 1)
    assert run(*words, 1) == (0 if role else 1)
    assert run(*words, 2) == 1
    assert run(*words, 0) == (1 if role else 0)


def test_the_same_command_stops_when_a_client_admin_is_added(live: Path, tmp_path: Path, capsys):
    """Night after night it goes on with the same file; whoever is added needs a new word."""
    file = write(tmp_path / "people.csv", ADMINS[:1])
    words = ("upload", file, *PASS, "--no-emails", "--yes")
    one = (*words, "--client-admins", 1)
    assert [run(*one), run(*one)] == [0, 0]
    write(file, ADMINS)
    before = held(live)
    capsys.readouterr()
    assert run(*one) == 1
    each = "row 2 omar.haddad@acme.com (has it already), row 3 greta.nilsen@acme.com (becomes it)"
    said = " ".join(capsys.readouterr().err.split())
    assert f"has 2 client admins: {each}; --client-admins says 1" in said
    assert held(live) == before
    assert run(*words) == 2
    out, error = capsys.readouterr()
    assert f"The file has 2 client admins: {each}." in " ".join(out.split())
    assert "Type 1 (the client admins that" in (said := " ".join(error.split())), said
    assert "decide with --client-admins 2" in said
    assert run(*words, "--client-admins", 2) == 0
    assert run(*words, "--client-admins", 2) == 0
    write(file, ADMINS[:1])
    assert run(*words, "--client-admins", 2) == 1


ZOE = "zoe@acme.com,Zoe,Ng,{},,"


@pytest.fixture
def two_stubs(portal_stub, jhana_stub, monkeypatch: pytest.MonkeyPatch):
    """A portal and a Jhana, configured."""
    for name, stub in (("PORTAL", portal_stub), ("JHANA", jhana_stub)):
        monkeypatch.setenv(f"AAPIMPORT_{name}_URL", stub.url)
        monkeypatch.setenv(f"AAPIMPORT_{name}_TOKEN", stub.habits.token)
    return portal_stub, jhana_stub


@pytest.mark.parametrize(
    "case",
    [
        ("client admin", {"role": "manager"}, (), "role stays: manager"),
        ("client admin", {"role": "manager"}, ("--update-roles",), "becomes it"),
        ("client admin", {}, (), "role stays: none"),
        ("client admin", {"role": "HR Admin"}, (), "has it already"),
        ("", {"role": "client admin"}, (), "has it already"),
        ("", {"role": "client admin"}, ("--update-roles",), ""),
        ("", {"role": "HR Admin"}, ("--update-roles",), "has it already"),
        ("", {"role": "manager"}, (), ""),
        ("", {"role": "client admin", "active": False}, ("--returning", "include"), "gets it back"),
        ("", {"role": "client admin", "active": False}, (), ""),
        ("", {"role": "HR Admin", "active": False}, ("--returning", "include"), "gets it back"),
    ],
)
def test_who_is_counted_as_client_admin(two_stubs, tmp_path: Path, capsys, case):
    """By the row, or by the account; the second night counts as the first did."""
    role, there, flags, how = case
    portal_stub, _ = two_stubs
    roles = [{"value": there["role"]}] if "role" in there else []
    more = {"roles": roles, "entitlements": [{"value": "p26"}], "active": there.get("active", True)}
    portal_stub.add_user("zoe@acme.com", "Zoe", "Ng", **more)
    file = write(tmp_path / "people.csv", [ZOE.format(role), "bo@acme.com,Bo,Quist,client admin,,"])
    words = ("upload", file, *PASS, "--yes", "--no-emails", *flags, "--client-admins")
    assert run(*words, 7) == 1
    zoe = f"row 2 zoe@acme.com ({how}), " if how else ""
    number = 2 if how else 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"client admin{'s' if how else ''}: {zoe}row 3 bo@acme.com (becomes it);" in said
    assert portal_stub.writes == []
    for _ in range(2):
        assert run(*words, number) == (1 if not there.get("active", True) and not flags else 0)
    assert run(*words, number + 1) == run(*words, number - 1) == 1
