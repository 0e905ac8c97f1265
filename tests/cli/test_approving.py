import importlib.util
import sys
from contextlib import closing
from pathlib import Path

import pytest

from aapimport.errors import ExitCode
from aapimport.sandbox.contents import contents
from aapimport.sandbox.practice import Practice
from support.second_year import PASS, SEED, TWINS, rows, write
from support.terminal import Terminal
from support.warm import Warm

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pty") is None, reason="this system has no pseudo-terminals"
)
UPLOAD = (sys.executable, "-m", "aapimport", "upload")
PLAN = (sys.executable, "-m", "aapimport", "plan")
SEATS = "the seats that this upload uses, for good, on the PRACTICE portal"
TWIN_ADDRESSES = [other for *_, other in TWINS]


@pytest.fixture(autouse=True)
def practice(state_dir: Path) -> None:
    """The practice portal of a company in its second year."""
    Practice(state_dir, SEED).close()


@pytest.fixture
def terminal(warm: Warm | None) -> Terminal:
    """A terminal of 80 columns."""
    return Terminal(warm)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two newcomers and two possible twins."""
    return write(tmp_path / "people.csv", rows()[8:10] + rows()[-2:])


def on_pass(state: Path) -> set[str]:
    """Who is on this year's pass."""
    return {one.email for one in contents(state).people if "Leadership 2026" in one.passes}


def test_the_seats_are_typed_back(tmp_path: Path, state_dir: Path):
    """E-mails are asked about before; then exactly the number goes on, and no yes."""
    file = write(tmp_path / "people.csv", rows()[8:11])
    terminal = Terminal()  # a new interpreter, as users start it
    answers = (
        ("Send welcome e-mails (3)? (--emails or --no-emails) [Y/n]", "n"),
        (f"Type 3 ({SEATS}) to go on, or press Enter to stop (--yes):", "4"),
        ("that is not 3", "y"),
        ("that is not 3", "3"),
    )
    assert terminal.run((*UPLOAD, file, *PASS), answers) is ExitCode.OK
    assert "omar.haddad@acme.com" in on_pass(state_dir)
    assert contents(state_dir).outbox == ()


@pytest.mark.parametrize("in_lines", [True, False], ids=["lines", "keys"])
def test_what_was_typed_ahead_answers_nothing(
    terminal: Terminal, tmp_path: Path, state_dir: Path, *, in_lines: bool
):
    """Only what is typed after a question was shown answers it; Enter at the last one stops.

    That is so on a terminal, too, that a program has left without lines of its own.
    """
    terminal.in_lines = in_lines
    file = write(tmp_path / "people.csv", rows()[8:11])
    before = contents(state_dir)
    answers = (
        ("Which pass? (--pass)", "1\n3\n\ny"),
        ("Send welcome e-mails (3)?", "n\n3\n3"),
        (f"Type 3 ({SEATS})", lambda: "3" if contents(state_dir) == before else "x"),
    )
    assert terminal.run((*UPLOAD, file), answers) is ExitCode.OK
    assert contents(state_dir).outbox == ()


@pytest.mark.parametrize("answer", ["", "n"])
def test_enter_stops(terminal: Terminal, file: Path, state_dir: Path, answer: str):
    """The plan was seen and not approved: nothing is sent, exit 1."""
    before = contents(state_dir)
    answers = ((f"({SEATS})", answer),)
    words = (*UPLOAD, file, *PASS, "--maybe", "leave-out", "--no-emails")
    assert terminal.run(words, answers) is ExitCode.FINDINGS
    assert "stopped: you did not say yes" in terminal.screen
    assert terminal.screen.endswith("nothing was sent\n")
    assert contents(state_dir) == before


def test_without_seats_a_plain_yes_is_asked(terminal: Terminal, tmp_path: Path, state_dir: Path):
    """Nothing is burnt by switching an account on again: y is enough, Enter still stops."""
    file = write(tmp_path / "people.csv", rows()[4:5])
    include = ("What about people whose account is deactivated? (--returning)", "include")
    words = (*UPLOAD, file, *PASS)
    assert (
        terminal.run(
            words,
            (
                include,
                ("Go on, without a seat or an e-mail, on the PRACTICE portal? (--yes) [y/N]", ""),
            ),
        )
        == 1
    )
    assert (
        terminal.run(
            words,
            (
                include,
                ("Go on, without a seat or an e-mail, on the PRACTICE portal? (--yes) [y/N]", "y"),
            ),
        )
        == 0
    )
    (kwame,) = (one for one in contents(state_dir).people if one.email.startswith("kwame"))
    assert kwame.active


def test_possible_twins_are_decided_one_by_one(terminal: Terminal, file: Path, state_dir: Path):
    """Each is shown beside whom they may be; yes creates this one only."""
    answers = (
        ("What about people who may be there already? (--maybe)", ""),
        ("please type a number from 1 to 4", "4"),
        ("Who is this? (--maybe)", "2"),
        ("Who is this? (--maybe)", "1"),
        (f"Type 3 ({SEATS})", "3"),
    )
    words = (*UPLOAD, file, *PASS, "--no-emails")
    assert terminal.run(words, answers) is ExitCode.FINDINGS
    assert "on the pass: asa.lindqvist@acme.com  Åsa Lindqvist" in terminal.screen
    assert TWIN_ADDRESSES[0] not in on_pass(state_dir)
    assert TWIN_ADDRESSES[1] in on_pass(state_dir)


@pytest.mark.parametrize(("choice", "seats", "created"), [("1", 4, True), ("2", 2, False)])
def test_possible_twins_are_decided_at_once(
    terminal: Terminal, file: Path, state_dir: Path, choice: str, seats: int, created: bool
):
    """All of them, or none."""
    answers = (("Type a number (1 to 4):", choice), (f"Type {seats} ({SEATS})", str(seats)))
    words = (*UPLOAD, file, *PASS, "--no-emails")
    assert terminal.run(words, answers) is (ExitCode.OK if created else ExitCode.FINDINGS)
    assert (set(TWIN_ADDRESSES) <= on_pass(state_dir)) is created
    assert bool(set(TWIN_ADDRESSES) & on_pass(state_dir)) is created


def test_client_admins_are_listed_and_counted_back(terminal: Terminal, tmp_path: Path, state_dir):
    """Their names are on the screen; the seats' number is asked after theirs."""
    lines = [line.replace(",,,", ",client admin,,", 1) for line in rows()[9:11]]
    file = write(tmp_path / "people.csv", lines)
    answers = (
        ("Type 2 (the client admins that this upload makes) to go on", "2"),
        (f"Type 2 ({SEATS})", "2"),
    )
    words = (*UPLOAD, file, *PASS, "--no-emails")
    assert terminal.run(words, (*answers[:1], (SEATS, ""))) is ExitCode.FINDINGS
    assert "row 2: greta.nilsen@acme.com  Greta Nilsen" in terminal.screen
    assert terminal.run(words, (("client admins that this", ""),)) is ExitCode.FINDINGS
    assert terminal.run(words, answers) is ExitCode.OK
    (greta,) = (one for one in contents(state_dir).people if one.email.startswith("greta"))
    assert greta.roles == ("client admin",)


def test_a_pass_is_picked_from_the_list(terminal: Terminal, file: Path, state_dir: Path):
    """Without --pass they are listed with their free seats; how only one begins is enough."""
    answers = (("Leadership 2025 (37 seats free)", "leadership 2026"), (SEATS, ""))
    words = (*UPLOAD, file, "--maybe", "leave-out", "--no-emails")
    assert terminal.run(words, answers) is ExitCode.FINDINGS
    assert "for pass 'Leadership 2026'" in terminal.screen


def test_a_written_plan_is_approved_on_a_terminal(terminal: Terminal, file: Path, state_dir: Path):
    """One administrator decides and writes, another sees the plan and types the seats back."""
    plan = file.with_name("plan.json")
    answers = (
        ("Type a number (1 to 4):", "ask"),
        ("Who is this?", "somebody"),
        ("Who is this?", "leave"),
        ("Send welcome e-mails (3)?", "n"),
    )
    assert terminal.run((*PLAN, file, *PASS, "-o", plan), answers) is ExitCode.FINDINGS
    (line,) = (it for it in terminal.screen.splitlines() if it.startswith("fingerprint: "))
    fingerprint = line.removeprefix("fingerprint: ")
    words = (*UPLOAD, file, "--plan", plan)
    typed = ("Type the plan's fingerprint", fingerprint.lower())
    assert terminal.run(words, (("Type the plan's fingerprint", ""),)) is ExitCode.FINDINGS
    assert terminal.run(words, (typed, (f"Type 3 ({SEATS})", ""))) is ExitCode.FINDINGS
    slip = ("Type the plan's fingerprint", "7K3Q-X9M5")
    again = ("that is not the fingerprint of this plan", fingerprint)
    assert terminal.run(words, (slip, again, (f"Type 3 ({SEATS})", "3"))) is ExitCode.FINDINGS
    assert TWIN_ADDRESSES[0] in on_pass(state_dir)
    assert TWIN_ADDRESSES[1] not in on_pass(state_dir)
    assert contents(state_dir).outbox == ()


def test_seats_are_read_again_after_the_answer(tmp_path: Path, state_dir: Path):
    """Somebody else uses the last seats while the question stands: nothing is sent."""
    file = write(tmp_path / "people.csv", rows()[8:11])

    class Meanwhile(Terminal):
        def _wait_for(self, terminal: int, text: str, start: int) -> int:
            found = super()._wait_for(terminal, text, start)
            with closing(Practice(state_dir)) as practice:
                practice._portal.fill_seats("p26", [f"other-{number}" for number in range(9)])
            return found

    terminal = Meanwhile()
    words = (*UPLOAD, file, *PASS, "--no-emails")
    assert terminal.run(words, ((SEATS, "3"),)) is ExitCode.FINDINGS
    said = " ".join(terminal.screen.split())
    assert "had 10 free seats when the plan was made, now it has 1" in said
    assert "omar.haddad@acme.com" not in on_pass(state_dir)
