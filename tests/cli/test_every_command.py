"""Every command of the tree: `--json` is there, and one object is printed, whatever happens."""

import json
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest

from aapimport.cli import group
from support.machine import SERVICES

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
FILE = EXAMPLES / "users.xlsx"
PASS = ("--pass", "Leadership 2026", "--no-emails")
URLS = ("--portal-url", "https://p.example.com/scim", "--jhana-url", "https://j.example.com/scim")
SUCCEEDS: Mapping[str, tuple[object, ...]] = {
    "generate-template": ("new.xlsx", "--pass", "Leadership 2026"),
    "validate": (FILE,),
    "plan": (FILE, *PASS),
    "upload": (FILE, *PASS, "--yes", "--client-admins", 1),
    "send-emails": ("--pass", "Leadership 2026"),
    "resume": (),
    "history purge": ("--yes",),
    "undo": ("RECEIPT", "--yes"),
    "reconcile": ("--pass", "Leadership 2026"),
    "receipt verify": ("RECEIPT",),
    "request seats": ("RECEIPT", "--only-rows", "2"),
    "request address": ("kwame.mensah@acme.com", "kwame.boateng@acme.com"),
    "receipt show": ("RECEIPT",),
    "history list": (),
    "doctor": (),
    "passes": (),
    "teams": (),
    "renew": (FILE, "-o", "renewed.xlsx"),
    "emails show": ("portal",),
    "emails edit": ("texts",),
    "sandbox show": (),
    "sandbox reset": (),
    "login": ("--status",),
    "logout": (),
    "config show": (),
    "config path": (),
    "config init": ("--here", *URLS),
}
"""What each command is given where it prints what it was asked for, but for a server."""
NEEDS: Mapping[str, tuple[object, ...]] = {"emails test": ("--to", "me@example.com")}
"""What one is given that needs a server, to get as far as its settings."""
REAL = {"login", "logout"}
"""Commands about secrets, which the practice portal has none of."""
WITHOUT_SETTINGS = {"generate-template", "validate", "renew", "config path", "config init"}
"""Commands that read no settings where no pass is named."""


def words_of(name: str, aapimport: Any) -> list[object]:
    """What a command is given; the number of an upload that was carried out where it needs one."""
    words = [*SUCCEEDS[name]]
    if "RECEIPT" in words:
        done = aapimport("upload", *SUCCEEDS["upload"], "--json")
        words[words.index("RECEIPT")] = done.json["receipt"]
    return words


def leaves(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its words."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            if child := command.get_command(context, word):
                yield from leaves(child, f"{name} {word}".lstrip())
    else:
        yield name, command


TREE = dict(leaves(group))
NAMES = sorted(TREE)


def schema_of(name: str) -> Path:
    """Where the schema of a command's answer is."""
    return ROOT / "docs" / "schemas" / f"{name.replace(' ', '-')}.json"


def check(name: str, answer: Mapping[str, Any], *, failed: bool) -> None:
    """One object, as its schema says, with an error just where the command failed."""
    assert ("error" in answer) is failed
    if schema_of(name).exists():
        assert {"target", "address"} <= set(answer)
        jsonschema.validate(answer, json.loads(schema_of(name).read_text(encoding="utf-8")))
    if failed:
        assert set(answer["error"]) == {"id", "message", "hint", "state"}


def test_each_command_is_tried_and_has_json_and_a_schema() -> None:
    """A new command can't be forgotten here."""
    assert {*SUCCEEDS, "sandbox serve", "emails test"} == set(TREE)
    for command in TREE.values():
        assert "--json" in [flag for one in command.params for flag in one.opts]
    without = {name for name in TREE if not schema_of(name).exists()}
    assert without <= {"config path", "config show", "login"}


def _is_file(one: click.Parameter) -> bool:
    return isinstance(one, click.Argument) and one.name == "file"


@pytest.mark.parametrize("name", sorted(SUCCEEDS))
def test_what_was_asked_for_is_one_object(aapimport, machine, name: str) -> None:
    """With where it is, as the schema of the command says."""
    if name in REAL:
        machine.own_file(SERVICES)
    done = aapimport(*name.split(), *words_of(name, aapimport), "--json")
    assert done.code == (3 if name == "login" else 0), done.err  # no secret is kept: exit 3
    check(name, done.json, failed=False)


@pytest.mark.parametrize("name", NAMES)
def test_an_option_that_nobody_knows_is_one_object(aapimport, name: str) -> None:
    """Exit 2."""
    done = aapimport(*name.split(), *SUCCEEDS.get(name, ()), "--no-such-option", "--json")
    assert (done.code, done.json["error"]["id"]) == (2, "usage")
    check(name, done.json, failed=True)


TAKES = [
    (name, max(one.opts, key=len) if isinstance(one, click.Option) else one.name)
    for name in NAMES
    for one in TREE[name].params
    if not (isinstance(one, click.Option) and one.is_flag)
]
"""Every option that takes something, and every argument, with its command."""


@pytest.mark.parametrize(("name", "what"), TAKES)
@pytest.mark.parametrize("blank", ["", " "])
def test_what_is_empty_is_one_object(aapimport, machine, name: str, what: str, blank: str) -> None:
    """Exit 2: in a script it is a variable that was never set, and nothing is meant by it."""
    words = SUCCEEDS.get(name, NEEDS.get(name, ()))
    given = (*words, what, blank) if what.startswith("--") else _with_blank(name, what, blank)
    done = aapimport(*name.split(), *given, "--json")
    assert (done.code, done.json["error"]["id"]) == (2, "usage"), done.err
    assert done.json["error"]["message"].endswith(" is empty")
    assert what in done.json["error"]["message"] or not what.startswith("--")
    check(name, done.json, failed=True)
    assert not [*machine.work.iterdir()]


def _with_blank(name: str, what: str, blank: str) -> tuple[object, ...]:
    """The arguments of a command, of which one is blank."""
    arguments = [one.name for one in TREE[name].params if isinstance(one, click.Argument)]
    return tuple(blank if one == what else "x" for one in arguments)


@pytest.mark.parametrize(
    "name", [name for name in NAMES if any(_is_file(one) for one in TREE[name].params)]
)
def test_a_file_that_is_not_there_is_one_object(aapimport, name: str) -> None:
    """Exit 1."""
    _, *more = SUCCEEDS[name]
    done = aapimport(*name.split(), "nobody.xlsx", *more, "--json")
    assert (done.code, done.json["error"]["id"]) == (1, "file-problem")
    check(name, done.json, failed=True)


@pytest.mark.parametrize("name", sorted(set(TREE) - WITHOUT_SETTINGS))
def test_a_setting_that_nobody_knows_is_one_object(aapimport, machine, name: str) -> None:
    """Exit 3."""
    words = SUCCEEDS.get(name, NEEDS.get(name, ()))
    done = aapimport(*name.split(), *words, "--json", AAPIMPORT_PORTL_URL="x")
    assert (done.code, done.json["error"]["id"]) == (3, "settings")
    check(name, done.json, failed=True)


@pytest.mark.parametrize(
    ("name", "out"), [("generate-template", "new.xlsx"), ("renew", "renewed.xlsx")]
)
def test_a_file_that_is_there_already_is_one_object(aapimport, machine, name, out) -> None:
    """What would be written over is not, and no file is named as written."""
    (machine.work / out).write_bytes(b"somebody's work")
    done = aapimport(name, *SUCCEEDS[name], "--json")
    assert (done.code, done.json["error"]["id"]) == (1, "file-problem")
    assert (machine.work / out).read_bytes() == b"somebody's work"
    check(name, done.json, failed=True)


@pytest.mark.parametrize("group_name", [(), ("sandbox",), ("config",), ("emails",)])
def test_a_command_that_nobody_knows_is_one_object(aapimport, group_name) -> None:
    """Exit 2, with the one that was probably meant where there is one."""
    done = aapimport(*group_name, "shw", "--json")
    assert (done.code, done.json["error"]["id"]) == (2, "usage")
    assert ("did you mean 'show'?" in done.json["error"]["hint"]) is bool(group_name)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_server_prints_its_object_as_soon_as_it_listens(started) -> None:
    """It holds the settings with which others reach it, and ends without a second one."""
    server = started("sandbox", "serve", "--json")
    lines: list[bytes] = []
    while not lines or lines[-1] != b"}\n":
        lines.append(server.stdout.readline())
        assert lines[-1], "it ended without its object"
    answer = json.loads(b"".join(lines))
    check("sandbox serve", answer, failed=False)
    there = answer["settings"] | {"AAPIMPORT_SETTLE_SECONDS": "0.5"}
    passes = started("passes", "--json", **there)
    out, _ = passes.communicate(timeout=60)
    assert json.loads(out)["address"] == answer["address"]
    server.send_signal(signal.SIGTERM)
    assert server.communicate(timeout=60)[0] == b""
    assert server.returncode == 0


def test_a_port_that_is_taken_is_one_object(aapimport) -> None:
    """A server that can't listen says why, and where it would have been."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = aapimport("sandbox", "serve", "--json", "--port", taken.getsockname()[1])
    assert (done.code, done.json["error"]["id"]) == (3, "settings")
    assert done.json["target"] == "practice"
    check("sandbox serve", done.json, failed=True)
