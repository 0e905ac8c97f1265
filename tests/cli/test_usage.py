import pytest

from aapimport.cli import main
from aapimport.errors import ExitCode


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["uplaod", "x.xlsx"],
            "error: aapimport has no command 'uplaod'\nhint: did you mean 'upload'?",
        ),
        (["Validate"], "did you mean 'validate'?"),
        (["sandbox", "rest"], "hint: did you mean 'reset'? see aapimport sandbox --help"),
        (["zzz"], "error: aapimport has no command 'zzz'\nhint: see aapimport --help"),
        (["upload", "x", "--no-emial"], "did you mean '--no-emails'? see aapimport upload --help"),
        (["validate", "x", "--anotate", "y"], "hint: did you mean '--annotate'?"),
        (
            ["plan", "x", "--nothing-alike"],
            "has no option --nothing-alike\nhint: see aapimport plan",
        ),
        (["upload", "x", "--dry-run"], "hint: aapimport plan FILE says what an upload would do"),
        (["upload", "x", "--dryrun"], "hint: aapimport plan FILE says what an upload would do"),
        (["plan"], "error: missing argument 'FILE'\nhint: see aapimport plan --help"),
    ],
)
def test_what_was_probably_meant_is_named(words: list[str], said: str, capsys) -> None:
    """A slip of the finger costs one look: exit 2, our shape, the nearest name."""
    assert main(words) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert said in error
    assert error.startswith("error: ")
    assert error.endswith("nothing was sent\n")


def test_a_command_without_words_shows_its_help(capsys) -> None:
    """It is no error to look what there is, but nothing was done."""
    assert main([]) == ExitCode.USAGE
    assert "generate-template" in capsys.readouterr().err
