import errno
import os
import re
import sys

import pytest

from aapimport.cli import main
from aapimport.errors import AapimportError, ExitCode, ServiceError


def test_help_and_version_end_well(capsys):
    """Asking for help is no error."""
    assert main(["--help"]) == 0
    assert "upload" in capsys.readouterr().out
    assert main(["--version"]) == 0


@pytest.mark.parametrize(
    "arguments", [["uplaod"], ["upload"], ["upload", "x.xlsx", "--nope"], ["resume", "A", "B"]]
)
def test_wrong_usage_is_exit_2_and_says_where_help_is(arguments, capsys):
    """A command line that can't be read is answered in the shape of every error."""
    assert main(arguments) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "--help" in error
    assert error.rstrip().endswith("nothing was sent")


def test_no_token_can_be_given_on_the_command_line(capsys):
    """There is no flag that would put a token into the shell's history."""
    for command in ("upload", "resume", "passes"):
        main([command, "--help"])
        assert "token" not in capsys.readouterr().out.lower()


def _raising(error: BaseException):
    def run(_words: object, _answer: object) -> int:
        raise error

    return run


@pytest.mark.parametrize("kind", [*AapimportError.__subclasses__(), ServiceError])
def test_every_error_has_its_exit_code(kind, monkeypatch, capsys):
    """What an error class says is what the process returns; its hint and state are printed."""
    if kind.__name__ in {"AnswerNeededError", "CancelledError"}:
        return
    error = kind("it broke", hint="mend it", state="3 of 4 done")
    monkeypatch.setattr("aapimport.cli._run", _raising(error))
    assert main([]) == kind.exit_code
    assert capsys.readouterr().err == f"{kind.label}: it broke\nhint: mend it\n3 of 4 done\n"


def test_an_interrupt_is_130(monkeypatch, capsys):
    """^C before anything was sent says so."""
    monkeypatch.setattr("aapimport.cli._run", _raising(KeyboardInterrupt()))
    assert main([]) == ExitCode.INTERRUPTED
    assert "nothing was sent" in capsys.readouterr().err


def test_a_bug_shows_no_data(monkeypatch, capsys, state_dir):
    """An unexpected error is exit 5, and neither screen nor log holds what it was about."""
    error = ValueError("ana@acme.com with token s3cret")
    monkeypatch.setattr("aapimport.cli._run", _raising(error))
    assert main([]) == ExitCode.BUG
    (log,) = state_dir.glob("bug-*.log")
    printed = "".join(capsys.readouterr()) + log.read_text(encoding="utf-8")
    assert "ValueError" in printed
    assert "ana@" not in printed
    assert "s3cret" not in printed
    if os.name == "posix":
        assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("number", "said"),
    [
        *((number, "no room left") for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)),
        *((number, "no room for one more") for number in (errno.EMFILE, errno.EAGAIN)),
    ],
)
def test_a_system_with_no_room_left_is_no_bug(number, said, monkeypatch, capsys):
    """A full disk, or a limit of processes and open files, is one sentence with a way out."""
    monkeypatch.setattr("aapimport.cli._run", _raising(OSError(number, "none left")))
    monkeypatch.setattr("sys.unraisablehook", sys.unraisablehook)
    assert main([]) == ExitCode.FINDINGS
    assert said in capsys.readouterr().err


def test_hostile_words_in_an_error_are_made_harmless(monkeypatch, capsys):
    """Whatever an error quotes can't steer the terminal."""
    error = ServiceError("a\x1b[2J[red]b[/]\u202ec", hint="\x07", state="d\x9b1m")
    monkeypatch.setattr("aapimport.cli._run", _raising(error))
    main([])
    printed = capsys.readouterr().err
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", printed)
    assert "[red]b[/]" in printed
