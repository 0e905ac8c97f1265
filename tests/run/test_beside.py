"""The mail ledger holds over the journals of all profiles in a state folder."""

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from aapimport.errors import AapimportError, ExitCode
from aapimport.run import beside
from aapimport.run.beside import Beside
from aapimport.run.journal import Journal
from aapimport.run.records import State
from support.sending import made_now
from support.uploading import Uploading, person
from support.version_1 import as_version_1

CHILD = Path(__file__).with_name("claiming_child.py")
PORTAL, JHANA = "https://portal.example/v2", "https://jhana.example/v2"
HERE = f"{PORTAL} {JHANA}"
BOTH = [(PORTAL, "u2", "portal"), (JHANA, "j2", "jhana")]
ONE = {2: BOTH[:1]}
WHO = {2: "p2@acme.com"}
RUNS = {"": "FIRST2", "acme": "ACMEE2", "beta": "BETAA2"}


def path_of(state: Path, profile: str) -> Path:
    """The journal of a profile; of none where that is empty."""
    return (state / "profiles" / profile if profile else state) / "journal.sqlite3"


@pytest.fixture
def state(tmp_path: Path, uploading: Uploading) -> Path:
    """A state folder with three journals, each with an upload of the same two people."""
    folder = tmp_path / "state"
    uploading.rows = (person(2, jhana=True), person(3))
    plan = replace(uploading.plan(), address=HERE)
    for profile, receipt in RUNS.items():
        with Journal(path_of(folder, profile)) as journal:
            journal.begin(replace(plan, receipt=receipt))
    return folder


@pytest.fixture
def opened(state: Path):
    """Opens the journal of a profile, with the others beside it."""

    def open_it(profile: str) -> Journal:
        path = path_of(state, profile)
        return Journal(path, beside=Beside(state, path))

    return open_it


Opened = Callable[[str], Journal]


@pytest.mark.parametrize(
    ("first", "words"),
    [("acme", "upload ACMEE2 of profile acme"), ("", "upload FIRST2 without a profile")],
)
def test_an_email_belongs_to_one_profile(opened: Opened, first: str, words: str):
    """Whoever claims first has it, for good; the other is told who that is."""
    with opened(first) as one, opened("beta") as other:
        for _ in range(2):
            assert not one.claim_mails(RUNS[first], ONE, WHO)
            assert other.claim_mails("BETAA2", ONE, WHO) == {2: words}
        one.settle_mails(RUNS[first], 2, State.DONE)
        assert other.claim_mails("BETAA2", ONE, WHO) == {2: words}
        entry = other.ledger(HERE)[BOTH[0]][-1]
        assert (entry.state, entry.by, entry.elsewhere) == (State.DONE, words, True)
        entry = one.ledger(HERE)[BOTH[0]][-1]
        assert (entry.by, entry.elsewhere) == (f"upload {RUNS[first]}", False)


@pytest.mark.parametrize("state_of", [State.PLANNED, State.REJECTED, State.SKIPPED])
def test_what_certainly_went_to_nobody_is_free_elsewhere(opened: Opened, state_of: State):
    """As within one journal; then it is the other's, and the first one is refused."""
    with opened("acme") as one, opened("beta") as other:
        one.claim_mails("ACMEE2", ONE, WHO)
        one.settle_mails("ACMEE2", 2, state_of)
        assert not other.claim_mails("BETAA2", ONE, WHO)
        found = one.claim_mails("ACMEE2", ONE, WHO)
        assert found == {2: "upload BETAA2 of profile beta"}
        assert one.ledger(HERE)[BOTH[0]][-1].state is State.INTENT


def test_half_of_a_combined_email_may_be_another_profiles(opened: Opened):
    """Where Jhana's half is mailed the whole claim fails, and leaves nothing behind."""
    with opened("acme") as one, opened("beta") as other:
        assert not one.claim_mails("ACMEE2", {2: BOTH[1:]}, WHO)
        assert set(other.claim_mails("BETAA2", {2: BOTH}, WHO)) == {2}
        assert not other._database.execute("SELECT 1 FROM mails").fetchone()
        assert not other.claim_mails("BETAA2", {2: BOTH[:1]}, WHO)


def test_an_id_may_be_somebody_elses_by_now(opened: Opened):
    """Which came first in two journals only clocks tell: nobody is mailed but by `--again`."""
    with opened("acme") as one, opened("beta") as other:
        one.claim_mails("ACMEE2", ONE, WHO)
        assert set(other.claim_mails("BETAA2", ONE)) == {2}
        assert set(other.claim_mails("BETAA2", ONE, {2: "renamed@acme.com"})) == {2}
        made_now(other, "BETAA2", "u2")
        for who in ("p2@acme.com", "somebody.else@acme.com"):
            assert set(other.claim_mails("BETAA2", ONE, {2: who})) == {2}
        assert not other.claim_mails("BETAA2", ONE, {2: "somebody.else@acme.com"}, again=True)


def test_services_elsewhere_are_others(opened: Opened):
    """The same id at another address is another account."""
    with opened("acme") as one, opened("beta") as other:
        one.claim_mails("ACMEE2", ONE, WHO)
        assert not other.claim_mails("BETAA2", {2: [("https://p.example", "u2", "portal")]}, WHO)


def test_once_more_is_a_row_of_its_own(opened: Opened):
    """Somebody has said so; its number counts on over all profiles."""
    with opened("acme") as one, opened("beta") as other:
        one.claim_mails("ACMEE2", ONE, WHO)
        assert not other.claim_mails("BETAA2", ONE, WHO, again=True)
        assert not one.claim_mails("ACMEE2", {3: BOTH[:1]}, WHO, again=True)
        rows = [
            journal._database.execute("SELECT row, again FROM mails ORDER BY again").fetchall()
            for journal in (one, other)
        ]
        assert rows == [[(2, 0), (3, 2)], [(2, 1)]]


def garbage(path: Path) -> None:
    """No database at all."""
    path.write_bytes(b"no journal of anybody, but long enough to be read as one" * 100)


def cut_short(path: Path) -> None:
    """A page is missing."""
    path.write_bytes(path.read_bytes()[:-4096])


def of_a_later_version(path: Path) -> None:
    """What a later aapimport would have made of it."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version=99")


def of_another_program(path: Path) -> None:
    """Somebody else's."""
    path.unlink()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE things (a)")


def a_folder(path: Path) -> None:
    """Something that is no file."""
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "spoil", [garbage, cut_short, of_a_later_version, of_another_program, a_folder]
)
def test_a_journal_that_cannot_be_read_stops_the_mailing(
    opened: Opened, state: Path, spoil: Callable[[Path], None]
):
    """It may know of e-mails to the same people: told with its path, and nobody is claimed."""
    spoil(path_of(state, "acme"))
    with opened("beta") as journal:
        for look in (
            lambda: journal.claim_mails("BETAA2", ONE, WHO),
            lambda: journal.claim_mails("BETAA2", ONE, WHO, again=True),
            lambda: journal.ledger(HERE),
            journal.check_beside,
        ):
            with pytest.raises(AapimportError) as caught:
                look()
            assert caught.value.exit_code is ExitCode.SETTINGS
            assert f"{path_of(state, 'acme')} of profile acme" in caught.value.message
            assert caught.value.hint
        assert not journal._database.execute("SELECT 1 FROM mails").fetchone()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_rights_that_are_missing_are_told(opened: Opened, state: Path):
    """The file is there, whoever may look at it."""
    path_of(state, "acme").parent.chmod(0)
    try:
        with opened("beta") as journal, pytest.raises(AapimportError, match="of profile acme"):
            journal.claim_mails("BETAA2", ONE, WHO)
    finally:
        path_of(state, "acme").parent.chmod(0o700)


def test_a_journal_in_use_for_long_is_told(opened: Opened, state: Path, monkeypatch):
    """Exit code 4: the same command again helps."""
    monkeypatch.setattr(beside, "READ_SECONDS", 0.05)
    with closing(sqlite3.connect(path_of(state, "acme"), isolation_level=None)) as user:
        user.execute("BEGIN EXCLUSIVE")
        with opened("beta") as journal, pytest.raises(AapimportError) as caught:
            journal.claim_mails("BETAA2", ONE, WHO)
    assert caught.value.exit_code is ExitCode.SERVICE
    assert f"{path_of(state, 'acme')} of profile acme" in caught.value.message


def test_two_claims_wait_for_each_other(opened: Opened, state: Path, monkeypatch):
    """Whoever has the lock has looked, and may be about to write."""
    monkeypatch.setattr(beside, "LOCK_SECONDS", 0.05)
    with (
        opened("beta") as journal,
        Beside(state, path_of(state, "acme")).claiming([]),
        pytest.raises(AapimportError) as caught,
    ):
        journal.claim_mails("BETAA2", ONE, WHO)
    assert caught.value.exit_code is ExitCode.SERVICE
    assert str(state / "mails.lock") in caught.value.message


def test_what_is_no_journal_yet_knows_nobody(opened: Opened, state: Path):
    """A file that was just made, a profile without one, a file among the folders."""
    path_of(state, "acme").write_bytes(b"")
    (state / "profiles" / "gamma").mkdir()
    (state / "profiles" / "notes.txt").write_text("x", encoding="utf-8")
    with opened("beta") as journal:
        assert not journal.claim_mails("BETAA2", ONE, WHO)


@pytest.mark.skipif(os.name != "posix", reason="links need no rights there")
def test_a_journal_is_not_beside_itself(opened: Opened, state: Path):
    """However the folder is reached."""
    (state / "profiles" / "link").symlink_to(state / "profiles" / "beta")
    with opened("beta") as journal:
        assert not journal.claim_mails("BETAA2", ONE, WHO)
        journal.settle_mails("BETAA2", 2, State.DONE)
        assert not journal.ledger(HERE)[BOTH[0]][-1].elsewhere


def test_journals_of_version_1_count(uploading: Uploading, tmp_path: Path):
    """What it sent, and what is in doubt; it is read, and stays as it is."""
    state = tmp_path / "state"
    uploading.journal_path = path_of(state, "old")
    uploading.rows = (person(2, jhana=True), person(3), person(4))
    receipt = uploading.run().receipt
    as_version_1(uploading.journal_path)
    with closing(sqlite3.connect(uploading.journal_path)) as old, old:
        typed = old.execute("SELECT address FROM runs").fetchone()[0]
        old.execute("UPDATE runs SET address = ?", (typed.replace("127.0.0.1", "LOCALHOST"),))
        old.execute("UPDATE steps SET state = 'doubt' WHERE kind = 'email' AND row = 3")
        old.execute("UPDATE steps SET state = 'rejected' WHERE kind = 'email' AND row = 4")
        found = old.execute(
            "SELECT row, service, account_id FROM steps WHERE kind = 'account'"
        ).fetchall()
    urls = {"portal": uploading.portal.url, "jhana": uploading.jhana.url}
    claims = {
        at: [(urls[service], account, service)]
        for at, (_, service, account) in enumerate(sorted(found))
    }
    before = uploading.journal_path.read_bytes()
    own = path_of(state, "")
    with Journal(own, beside=Beside(state, own)) as journal:
        run = journal.begin(uploading.plan())
        taken = journal.claim_mails(run.receipt, claims)
        assert set(taken) == {0, 1, 2}
        assert set(taken.values()) == {f"upload {receipt} of profile old"}
        states = Counter(one.state for (one,) in journal.ledger(run.address).values())
        assert states == {State.DONE: 2, State.DOUBT: 1, State.INTENT: 1}
    assert uploading.journal_path.read_bytes() == before


def claimed(state: Path) -> Counter[tuple[str, str]]:
    """How many runs have the right to each e-mail."""
    found: Counter[tuple[str, str]] = Counter()
    for profile in ("acme", "beta"):
        with closing(sqlite3.connect(path_of(state, profile))) as database:
            found.update(database.execute("SELECT account_id, kind FROM mails").fetchall())
    return found


def start(state: Path, profile: str, rounds: int) -> subprocess.Popen[str]:
    """A process that claims everybody."""
    words = [sys.executable, CHILD, state, profile, RUNS[profile], rounds]
    return subprocess.Popen([*map(str, words)], stdout=subprocess.PIPE, text=True)


def test_two_processes_at_once_never_claim_the_same(state: Path):
    """Round after round: everybody by one of the two, and nobody by both."""
    rounds = 120
    processes = [start(state, profile, rounds) for profile in ("acme", "beta")]
    said = [process.communicate(timeout=120)[0].splitlines() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    won = [[int(line.split()[1]) for line in lines] for lines in said]
    assert [mine + theirs for mine, theirs in zip(*won, strict=True)] == [3] * rounds
    found = claimed(state)
    assert (len(found), set(found.values())) == (rounds * 6, {1})


def test_a_process_that_dies_while_it_claims_leaves_no_second_claim(state: Path):
    """Killed wherever it is, again and again, while the other goes on; the last one finishes."""
    rounds = 60
    other = start(state, "acme", rounds)
    killed = 0
    for after in range(1, 9):
        dying = start(state, "beta", rounds)
        assert dying.stdout is not None
        for _ in range(after * 3):
            dying.stdout.readline()
        dying.kill()
        dying.communicate(timeout=60)
        killed += dying.returncode != 0
    last = start(state, "beta", rounds)
    for process in (other, last):
        process.communicate(timeout=120)
        assert process.returncode == 0
    found = claimed(state)
    assert (len(found), set(found.values())) == (rounds * 6, {1})
    assert killed >= 6
