"""An address that can't be one, and one where nobody is, in every command that asks a service."""

from pathlib import Path

import pytest

from aapimport.errors import ExitCode

EXAMPLE = Path(__file__).parents[2] / "examples" / "users.xlsx"
PASS = ("--pass", "Leadership 2026")
COMMANDS = [
    ("validate", EXAMPLE, *PASS),
    ("plan", EXAMPLE, *PASS, "--no-emails"),
    ("upload", EXAMPLE, *PASS, "--no-emails", "--yes"),
    ("resume", "ABCDEF"),
    ("doctor",),
    ("passes",),
    ("teams",),
    ("generate-template", "new.xlsx", *PASS),
]
ASKING = [words for words in COMMANDS if words[0] != "resume"]


def at(url: str) -> dict[str, str]:
    """Both services at a host."""
    return {
        "AAPIMPORT_PORTAL_URL": f"{url}/portal/v2",
        "AAPIMPORT_PORTAL_TOKEN": "t",
        "AAPIMPORT_JHANA_URL": f"{url}/jhana/v2",
        "AAPIMPORT_JHANA_TOKEN": "t",
    }


@pytest.mark.parametrize("url", ["portal.example.com", "https://a..b", "https://1.2.3.999"])
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: str(words[0]))
def test_what_is_no_address_is_exit_3(aapimport, words, url: str, monkeypatch, tmp_path) -> None:
    """The setting is wrong: trying again later would not help."""
    monkeypatch.chdir(tmp_path)
    done = aapimport(*words, **at(url))
    assert done.code == ExitCode.SETTINGS, done.err
    assert "error: AAPIMPORT_PORTAL_URL is not a web address" in done.err


@pytest.mark.parametrize("words", ASKING, ids=lambda words: str(words[0]))
def test_where_nobody_answers_is_exit_4(aapimport, words, monkeypatch, tmp_path) -> None:
    """The address can be one: it may be there again later. No name is asked for beyond loopback."""
    monkeypatch.chdir(tmp_path)
    done = aapimport(*words, **at("http://127.0.0.1:9"))
    assert done.code == ExitCode.SERVICE, done.err
