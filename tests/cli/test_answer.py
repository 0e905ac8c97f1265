import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import jsonschema
import pytest

from aapimport.cli import main
from aapimport.cli.answer import is_json_wanted
from aapimport.errors import AapimportError, ExitCode, ServiceError
from aapimport.screens.console import safe_json

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "users.xlsx"
MISTAKES = ROOT / "examples" / "users-with-mistakes.xlsx"
SCHEMAS = ROOT / "docs" / "schemas"
PASS = ("--pass", "Leadership 2026")


def is_as_said(words: Sequence[object], answer: object) -> None:
    """An answer is what the schema of its command says."""
    group, *rest = map(str, words)
    names = (f"{group}-{''.join(rest[:1])}", group, "error")
    schema = next(file for name in names if (file := SCHEMAS / f"{name}.json").exists())
    jsonschema.validate(answer, json.loads(schema.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (("validate", "nobody.xlsx"), "file-problem", 1),
        (("validate", EXAMPLE, "--nope"), "usage", 2),
        (("validate", EXAMPLE, *PASS, "--hidden", "perhaps"), "usage", 2),
        (("plan", EXAMPLE, "--pass", "Nowhere"), "refused", 1),
        (("plan",), "usage", 2),
        (("upload", MISTAKES, *PASS), "refused", 1),
        (("upload", EXAMPLE, *PASS, "--fingerprint", "x"), "usage", 2),
        (("upload", EXAMPLE, *PASS, "--dry-run"), "usage", 2),
        (("resume", "ABCDEF"), "refused", 1),
        (("resume", "A", "B"), "usage", 2),
        (("passes", "extra"), "usage", 2),
        (("teams", "--pass", "Nowhere"), "refused", 1),
        (("doctor", "--pace", "1"), "usage", 2),
        (("sandbox", "show", "--nope"), "usage", 2),
        (("sandbox", "shwo"), "usage", 2),
    ],
)
def test_a_failure_is_one_object(aapimport, words: tuple[str, ...], kind: str, code: int) -> None:
    """Whatever goes wrong, stdout holds one object with an error, and the words go to stderr."""
    done = aapimport(*words, "--json")
    assert done.code == code
    answer = done.json
    assert set(answer) == {"error", "target", "address"}
    assert answer["error"]["id"] == kind
    assert answer["error"]["state"] == "nothing was sent"
    assert " ".join(answer["error"]["message"].split()) in " ".join(done.err.split())
    is_as_said(["error"], answer)
    is_as_said(words, answer)


def test_an_unknown_command_is_one_object(aapimport) -> None:
    """Nobody can know that it would have had --json; a script is answered all the same."""
    done = aapimport("uplaod", "x.xlsx", "--json")
    assert (done.code, done.json["error"]["id"]) == (2, "usage")
    assert "did you mean 'upload'?" in done.json["error"]["hint"]


@pytest.mark.parametrize(
    "words", [("passes",), ("teams",), ("doctor",), ("resume",), ("sandbox", "show")]
)
def test_what_there_is_is_one_object(aapimport, words: tuple[str, ...]) -> None:
    """With where it is; an upload that isn't open is no list and no null."""
    done = aapimport(*words, "--json")
    assert done.code == 0
    assert (done.json["target"], done.json["address"]) == ("practice", "practice")
    assert "error" not in done.json
    is_as_said(words, done.json)


def test_the_plan_and_the_upload_are_what_their_schemas_say(aapimport) -> None:
    """A plan, an upload, its receipt once more: each with where it goes."""
    for words in (
        ("plan", EXAMPLE, *PASS),
        ("upload", EXAMPLE, *PASS, "--no-emails", "--yes"),
    ):
        done = aapimport(*words, "--json")
        assert done.code == 0, done.err
        is_as_said(words, done.json)
        assert (done.json["target"], done.json["address"]) == ("practice", "practice")
    again = aapimport("resume", done.json["receipt"], "--json")
    is_as_said(["resume"], again.json)
    assert again.json["receipt"] == done.json["receipt"]


def test_a_plan_that_is_refused_has_the_error_in_it(aapimport) -> None:
    """Exit 1: the same object says what would happen and why it can't; there is no second one."""
    done = aapimport("plan", EXAMPLE, *PASS, "--max-seats", "0", "--json")
    assert done.code == 1
    assert done.json["people"]
    assert done.json["error"]["id"] == "refused"
    is_as_said(["plan"], done.json)


def test_a_checked_file_whose_portal_fails_has_the_error_in_it(aapimport, served) -> None:
    """The findings are there, and why the teams could not be compared; also where."""
    away = served | {"AAPIMPORT_PORTAL_URL": "http://127.0.0.1:9/scim/v2"}
    done = aapimport("validate", EXAMPLE, *PASS, "--json", **away)
    assert done.code == ExitCode.SERVICE
    assert done.json["rows"] > 0
    assert done.json["error"]["id"] == "service"
    assert done.json["target"] == "live"
    assert done.json["address"].startswith("http://127.0.0.1:9/scim/v2 http://127.0.0.1:")
    is_as_said(["validate"], done.json)


def test_a_file_alone_goes_nowhere(aapimport) -> None:
    """Without --pass no service is concerned, and wrong settings don't matter."""
    done = aapimport("validate", MISTAKES, "--json", AAPIMPORT_PORTAL_URL="")
    assert done.code == 1
    assert (done.json["target"], done.json["address"]) == (None, None)
    is_as_said(["validate"], done.json)


@pytest.mark.parametrize("command", ["passes", "teams", "doctor", "resume"])
def test_wrong_settings_are_one_object(aapimport, command: str) -> None:
    """Exit 3; where it would have gone isn't known."""
    done = aapimport(command, "--json", AAPIMPORT_PORTAL_URL="")
    assert (done.code, done.json["error"]["id"]) == (3, "settings")
    assert (done.json["target"], done.json["address"]) == (None, None)


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [(KeyboardInterrupt(), "interrupted", 130), (ValueError("ana@acme.com"), "bug", 5)],
)
def test_an_interrupt_and_a_bug_are_one_object(
    error: BaseException, kind: str, code: int, monkeypatch, capsys
) -> None:
    """A script that waits for JSON gets it; a bug's words stay out of it."""

    def run(*_: object) -> int:
        raise error

    monkeypatch.setattr("aapimport.cli._run", run)
    assert main(["upload", "--json"]) == code
    out = capsys.readouterr().out
    assert json.loads(out)["error"]["id"] == kind
    assert "ana@" not in out


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A service that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        yield server


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(
    "words",
    [("passes",), ("doctor",), ("plan", EXAMPLE, *PASS), ("validate", EXAMPLE, *PASS)],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize(
    ("sign", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 143), (signal.SIGINT, 130)]
)
def test_a_signal_before_anything_is_sent_is_one_object(
    started, silent: socket.socket, words: tuple[str, ...], sign: signal.Signals, code: int
) -> None:
    """A service that hangs is given up by whoever has waited enough: timeout, cron, systemd."""
    at = f"http://127.0.0.1:{silent.getsockname()[1]}"
    process = started(
        *words,
        "--json",
        AAPIMPORT_PORTAL_URL=f"{at}/portal",
        AAPIMPORT_JHANA_URL=f"{at}/jhana",
        AAPIMPORT_PORTAL_TOKEN="portal-token",
        AAPIMPORT_JHANA_TOKEN="jhana-token",
    )
    with silent.accept()[0]:
        process.send_signal(sign)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code
    answer = json.loads(out)
    assert answer["error"]["id"] == "interrupted"
    assert answer["error"]["state"] == "nothing was sent"
    assert answer["target"] == "live"
    assert err.decode().rstrip().endswith("stopped: interrupted\nnothing was sent")
    is_as_said(words, answer)


def test_each_kind_of_error_has_a_name_of_its_own() -> None:
    """Scripts tell them apart by a stable word, all of which docs/json.md explains."""

    def kinds(parent: type[AapimportError]) -> set[type[AapimportError]]:
        return {parent}.union(*(kinds(one) for one in parent.__subclasses__()))

    names = {one.id for one in kinds(AapimportError)} - {AapimportError.id}
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    assert names == set(re.findall(r"^\| `([a-z-]+)` \| ", page, re.MULTILINE))


def test_what_could_steer_a_terminal_is_escaped() -> None:
    """Control, C1, bidi and format characters; the meaning is the same."""
    value = {"a": "\x1b[2J\x7f\x9b1m\u202e\u200d\U000e0041 é字😀\ud800\n\t"}
    text = safe_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(text) == value
    assert "é字😀" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200d\u202e\U000e0041\ud800]", text)
    assert r"\u009b1m\u202e\u200d\udb40\udc41" in text


def test_an_encoding_without_a_sign_gets_it_escaped() -> None:
    """A console of another code page breaks no JSON."""
    text = safe_json('{"a": "é字😀"}', "cp1252")
    assert text == r'{"a": "é\u5b57\ud83d\ude00"}'


def test_hostile_words_of_an_error_are_escaped_too(monkeypatch, capsys) -> None:
    """What a service says can't act on who looks at the log; a file's name may be no UTF-8."""

    def run(*_: object) -> int:
        raise ServiceError("a\x1b[2J\u202ec\x9b \udcff", hint="h", state="s")

    monkeypatch.setattr("aapimport.cli._run", run)
    main(["passes", "--json"])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert json.loads(out)["error"]["message"] == "a\x1b[2J\u202ec\x9b \\udcff"


def test_json_is_what_is_asked_for_before_two_dashes() -> None:
    """What stands behind them is a file's name."""
    assert is_json_wanted(["validate", "--json", "x"])
    assert not is_json_wanted(["validate", "--", "--json"])


def test_a_file_that_is_no_utf8_is_named_in_json() -> None:
    """The name's bytes are written out."""
    if os.name != "posix":
        pytest.skip("names are bytes on POSIX only")
    script = 'exec "$0" -m aapimport validate "$(printf "no-\\377.xlsx")" --json'
    done = subprocess.run(
        ["/bin/sh", "-c", script, sys.executable], capture_output=True, check=False
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["id"] == "file-problem"
