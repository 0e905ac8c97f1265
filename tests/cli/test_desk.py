import io
import sys
from types import SimpleNamespace

import pytest

from aapimport.cli.desk import TerminalDesk
from aapimport.cli.seen import throw_away_typed
from aapimport.errors import UsageError


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """Makes stdin hold some lines."""

    def put(text: str | None) -> None:
        monkeypatch.setattr("sys.stdin", None if text is None else io.StringIO(text))

    return put


@pytest.mark.parametrize(
    ("lines", "default", "answer"),
    [
        ("y\n", False, True),
        ("YES\n", False, True),
        ("n\n", True, False),
        ("\n", True, True),
        ("\n", False, False),
        ("perhaps\n y \n", False, True),
        ("y", False, True),
    ],
)
def test_a_question_is_asked_until_it_is_answered(typed, lines, default, answer):
    """Yes, no or Enter; anything else is asked again."""
    typed(lines)
    desk = TerminalDesk("live")
    assert desk.confirm("Go?", default=default, flags="--yes") is answer


def test_enter_does_not_answer_what_has_no_default(typed):
    """What sends e-mails needs a typed answer: Enter is asked again."""
    typed("\n\nn\n")
    desk = TerminalDesk("live")
    assert desk.confirm("Send?", default=None, flags="--emails") is False


def test_keys_typed_ahead_are_thrown_away_on_windows(monkeypatch: pytest.MonkeyPatch):
    """Where there is no termios, the keys that wait are forgotten; there may be neither."""
    keys = ["y", "\r"]
    console = SimpleNamespace(kbhit=lambda: bool(keys), getwch=lambda: keys.pop(0))
    monkeypatch.setitem(sys.modules, "termios", None)
    monkeypatch.setitem(sys.modules, "msvcrt", console)
    throw_away_typed()
    assert keys == []
    monkeypatch.setitem(sys.modules, "msvcrt", None)
    throw_away_typed()


@pytest.mark.parametrize("text", ["", None, "perhaps\n"])
def test_where_nothing_can_answer_a_real_upload_stops(typed, text):
    """The end of the pipe, or no stdin at all, is exit 2 with the flag that decides."""
    desk = TerminalDesk("live")
    for ask in (
        lambda: desk.confirm("Go?", default=True, flags="--flag"),
        lambda: desk.choose("Which?", (("a", "A"),), "--flag", guess=True),
        lambda: desk.type_number("seats", 3, "--flag"),
    ):
        typed(text)
        with pytest.raises(UsageError) as caught:
            ask()
        assert "--flag" in caught.value.hint


def test_where_nothing_can_answer_practice_goes_on(typed, capsys):
    """The practice portal takes yes, says that it did, and what a real one would need."""
    typed("")
    desk = TerminalDesk("practice")
    assert desk.confirm("Go?", default=False, flags="--yes")
    assert desk.type_number("seats", 3, "--yes")
    assert desk.choose("Which?", (("a", "A"), ("b", "B")), "--pass", guess=True) == "a"
    said = capsys.readouterr().err
    assert "taken for granted in practice: yes to 'Go?'; on a real portal this needs --yes" in said
    assert "taken for granted in practice: 3 (seats); on a real portal this needs --yes" in said
    assert "taken for granted in practice: A; on a real portal this needs --pass" in said


def test_a_pipe_that_has_ended_answers_nothing_more(typed):
    """Where something has answered, its end stops practice as it stops the real thing."""
    typed("y\n")
    desk = TerminalDesk("practice")
    assert desk.confirm("Go?", default=False, flags="--yes")
    with pytest.raises(UsageError):
        desk.type_number("seats", 3, "--yes")


@pytest.mark.parametrize(
    ("lines", "answer"), [("1234\n", True), ("1,234\n", True), ("5\n\n", False), ("no\n", False)]
)
def test_a_number_is_typed_back(typed, lines, answer):
    """Only the number itself goes on; Enter and no stop; a plain yes is not enough."""
    desk = TerminalDesk("live")
    typed("y\n" + lines)
    assert desk.type_number("seats", 1234, "--yes") is answer


def test_yes_does_not_answer_what_it_may_not(typed):
    """`--yes` covers seats, but not what needs a word of its own, in practice either."""
    typed("")
    assert TerminalDesk("live", yes=True).type_number("seats", 3, "--yes")
    with pytest.raises(UsageError):
        TerminalDesk("live", yes=True).type_number("x", 3, "--x", yes_answers=False)
    typed("n\n")
    assert not TerminalDesk("practice", yes=True).type_number("x", 3, "--x", yes_answers=False)


@pytest.mark.parametrize(
    ("lines", "choice"),
    [
        ("2\n", "b"),
        ("B\n", "b"),
        ("3\n0\n-1\n\u00b2\na\n", "a"),
        ("leaders\nLeadership 2\n\nleadership 27\n", "b"),
        ("leadership 26\n", "a"),
    ],
)
def test_a_choice_is_a_number_or_a_value(typed, lines, choice):
    """A number, the value, the name, or how only one begins; all else is asked again."""
    typed(lines)
    desk = TerminalDesk("live")
    choices = (("a", "Leadership 26"), ("b", "Leadership 27 (3 seats free)"))
    assert desk.choose("Which?", choices, "--pass") == choice


PASSES = (
    ("leadership-2026", "Leadership 2026", 240),
    ("leadership-2025", "Leadership 2025", 3),
    ("p3", "Leadership 2026 (EMEA)", 5),
    ("p4", "Élan vital", 7),
    ("12", "Straße der Führung", 9),
)


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ("4", "p4"),
        ("P3", "p3"),
        ("leadership 2026", "leadership-2026"),
        ("LEADERSHIP  2026 (emea)", "p3"),
        ("Leadership 2026 (240 seats free)", "leadership-2026"),
        ("elan", "p4"),
        ("E\u0301LAN V", "p4"),
        ("strasse", "12"),
        ("12", "12"),
        ("vital", "p4"),
        ("fuhrung", "12"),
        ("2025", "leadership-2025"),
        ("der fu", "12"),
    ],
)
def test_a_pass_is_chosen_as_people_call_it(typed, answer, chosen):
    """Number, id, name, or how only one begins; neither capital letters nor accents matter."""
    typed(f"{answer}\n")
    choices = [(one, f"{name} ({free} seats free)") for one, name, free in PASSES]
    names = [name for _, name, _ in PASSES]
    assert TerminalDesk("live").choose("Which?", choices, "--pass", names=names) == chosen


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("lead", "could be 1 Leadership 2026, 2 Leadership 2025, 3 Leadership 2026 (EMEA): please"),
        ("2026", "that could be 1 Leadership 2026, 3 Leadership 2026 (EMEA): please type"),
        ("9", "\nplease type a number from 1 to 5"),
        ("\u0301", "\nplease type a number from 1 to 5"),
        ("ital", "\nplease type a number from 1 to 5"),
    ],
)
def test_what_could_be_several_passes_is_asked_again(typed, capsys, answer, said):
    """The candidates are named; a number that is none of the list chooses nothing."""
    typed(f"{answer}\n5\n")
    choices = [(one, name) for one, name, _ in PASSES]
    names = [name for _, name, _ in PASSES]
    assert TerminalDesk("live").choose("Which?", choices, "--pass", names=names) == "12"
    assert said in capsys.readouterr().err


def test_words_within_a_sentence_choose_nothing(typed, capsys):
    """Where the choices are sentences, only their beginnings count."""
    typed("c\ncreate\n1\n")
    choices = (("somebody-else", "they are other people: create them"), ("x", "leave them out"))
    assert TerminalDesk("live").choose("What?", choices, "--maybe") == "somebody-else"
    assert capsys.readouterr().err.count("please type a number from 1 to 2") == 2


def test_questions_are_harmless_and_go_to_stderr(typed, capsys):
    """A pass with a hostile name can't steer the terminal from a list of choices."""
    typed("1\n")
    choices = (("a", "\x1b[2J[red]A[/red]\u202e\n  2  b  Leadership 2026"),)
    TerminalDesk("live").choose("Which?", choices, "--pass")
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 3  # the question, one choice, and what was typed
    assert printed.out == ""
    assert "\x1b" not in printed.err
    assert "\u202e" not in printed.err
    assert "[red]A[/red]" in printed.err
