"""Messages that speak of a setting say what really set it: a file and its table, or a variable."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.habits import TOKEN
from support.stub import ScimStub
from support.wire import Server, error

SECRETS = {"AAPIMPORT_PORTAL_TOKEN": TOKEN, "AAPIMPORT_JHANA_TOKEN": TOKEN}
PLAN = ("plan", "people.csv", "--pass", "Leadership 2026", "--no-emails")
DOCTOR = ("doctor",)


@pytest.fixture(autouse=True)
def portal(machine) -> Iterator[ScimStub]:
    """A portal with its pass, and a file of one person in the working folder."""
    people: Path = machine.work / "people.csv"
    people.write_text("Email Address,First Name,Last Name\nana@acme.com,Ana,Perez\n", "utf-8")
    with ScimStub() as stub:
        stub.add_pass("p26", "Leadership 2026", 100)
        yield stub


def services(portal: str, jhana: str) -> str:
    """Both services, for a settings file."""
    return f'[portal]\nurl = "{portal}"\n[jhana]\nurl = "{jhana}"\n'


@pytest.fixture
def own(machine, portal, jhana_stub) -> Path:
    """The user's own settings file, with both services."""
    path: Path = machine.own_file(services(portal.url, jhana_stub.url))
    return path


def words(done: Any) -> str:
    """All that was said, whatever lines it took."""
    return " ".join((done.out + done.err).split())


@pytest.mark.parametrize("command", [PLAN, DOCTOR])
@pytest.mark.parametrize(
    ("line", "value"), [('not_kept = ["roles"]', "roles"), ('pass_as = "group"', "group")]
)
def test_a_notice_about_a_setting_says_what_set_it(
    aapimport, own, portal, command, line, value
) -> None:
    """The variable only where it is one; it goes before the file."""
    key = line.partition(" ")[0]
    variable = f"AAPIMPORT_{key.upper()}"
    portal.add_team("Leadership 2026", 50)
    own.write_text(f"{line}\n{own.read_text('utf-8')}", "utf-8")
    done = aapimport(*command, **SECRETS)
    assert done.code == (command[0] == "plan" and value == "roles"), done.err  # a role isn't sent
    assert f"the setting {key} says" in words(done)
    assert f"the setting {key} is from {own}" in done.err
    assert variable not in words(done)
    done = aapimport(*command, **SECRETS, **{variable: value})
    assert f"the setting {key} is from {variable}" in done.err


def test_a_setting_that_helps_and_is_not_set_is_told_how_to_be(aapimport, own) -> None:
    """The portal doesn't say who runs the upload, and nobody else has."""
    assert "administrator" not in own.read_text("utf-8")
    done = aapimport(*PLAN, "--update-roles", **SECRETS)
    assert done.code == 0, done.err
    assert "the setting administrator is not set: AAPIMPORT_ADMINISTRATOR sets it" in done.err


@pytest.mark.parametrize("command", [PLAN, DOCTOR, ("passes",)])
def test_swapped_addresses_are_named_where_they_are_written(
    aapimport, machine, portal, jhana_stub, command
) -> None:
    """Whoever has a settings file is sent to its lines, not to a variable that isn't set."""
    jhana_stub.habits.passes = False
    own = machine.own_file(services(jhana_stub.url, portal.url))
    done = aapimport(*command, **SECRETS)
    assert done.code == 3
    assert f"exchange {own}" in words(done)
    assert "_URL" not in words(done)


@pytest.mark.parametrize("command", [PLAN, DOCTOR, ("passes",)])
def test_a_wrong_address_is_named_where_it_is_written(aapimport, machine, portal, command) -> None:
    """The portal's is right, and Jhana's isn't."""
    with Server(lambda _request: error(404)) as other:
        own = machine.own_file(services(portal.url, other.url))
        done = aapimport(*command, **SECRETS)
        assert done.code == 3
        assert f"check {own}: [jhana] url" in words(done)
        elsewhere = {"AAPIMPORT_PORTAL_URL": portal.url}
        elsewhere["AAPIMPORT_JHANA_URL"] = f"{other.url}/else"
        done = aapimport(*command, **SECRETS, **elsewhere)
    assert "check AAPIMPORT_JHANA_URL: it is" in words(done)


def test_the_setting_that_names_a_proxy_is_named_where_it_is_written(aapimport, machine) -> None:
    """`proxy` may be in a file, too."""
    own = machine.own_file(
        'proxy = "http://127.0.0.1:9"\n'
        + services("https://p.example.com", "https://j.example.com")
    )
    done = aapimport("passes", **SECRETS)
    assert done.code == 4
    assert f"the setting proxy is from {own}" in words(done)
