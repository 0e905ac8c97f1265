"""A wrong address, and one where nobody is, in every command that asks a service."""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aapimport.errors import ExitCode
from support.stub import TOKEN, ScimStub
from support.wire import Response, Server, as_json, error, instead, page

PASS = ("--pass", "Leadership 2026")
FILE = "people.csv"
UPLOAD = ("upload", FILE, *PASS, "--no-emails", "--yes")
COMMANDS = [
    ("validate", FILE, *PASS),
    ("plan", FILE, *PASS, "--no-emails"),
    UPLOAD,
    ("resume",),
    ("resume", "ABCDEF"),
    ("doctor",),
    ("passes",),
    ("teams",),
    ("generate-template", "new.xlsx", *PASS),
]
ASKING = [words for words in COMMANDS if words[0] != "resume"]


def at(portal: str, jhana: str) -> dict[str, str]:
    """Both services at two addresses."""
    return {
        "AAPIMPORT_PORTAL_URL": portal,
        "AAPIMPORT_PORTAL_TOKEN": TOKEN,
        "AAPIMPORT_JHANA_URL": jhana,
        "AAPIMPORT_JHANA_TOKEN": TOKEN,
        "AAPIMPORT_SETTLE_SECONDS": "0.1",
    }


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The working folder, with a file of three people."""
    monkeypatch.chdir(tmp_path)
    rows = ["bo@acme.com,Bo,Quist", "li@acme.com,Li,Wei", "ana@acme.com,Ana,Perez"]
    lines = ["Email Address,First Name,Last Name", *rows]
    (tmp_path / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def pair() -> Iterator[tuple[ScimStub, ScimStub]]:
    """A portal with its pass, and a Jhana, which opens to the same token."""
    with ScimStub() as portal, ScimStub() as jhana:
        portal.add_pass("p26", "Leadership 2026", 100)
        jhana.habits.passes = False
        yield portal, jhana


def always(answer: Response) -> Callable[[], Any]:
    """Something that answers everything alike."""
    return lambda: Server(lambda _request: answer)


ELSEWHERE = {
    "nothing known": always(error(404)),
    "a page for what isn't there": always(page(404)),
    "a log-in page": always(page(200)),
    "an empty object": always(as_json(200, {})),
    "an empty success": always(Response()),
    "an API of another kind": always(as_json(200, {"error": "no such route"})),
    "a redirect": always(Response(status=302, headers={"Location": "https://example.com/login"})),
}


@pytest.mark.parametrize("url", ["portal.example.com", "https://a..b", "https://1.2.3.999"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_what_is_no_address_is_exit_3(aapimport, words, url: str) -> None:
    """The setting is wrong: trying again later would not help."""
    done = aapimport(*words, **at(f"{url}/portal", f"{url}/jhana"))
    assert done.code == ExitCode.SETTINGS, done.err
    assert "error: AAPIMPORT_PORTAL_URL is not a web address" in done.err


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_where_nobody_answers_is_exit_4(aapimport, words) -> None:
    """The address can be one: it may be there again later. No name is asked for beyond loopback."""
    done = aapimport(*words, **at("http://127.0.0.1:9/portal", "http://127.0.0.1:9/jhana"))
    assert done.code == ExitCode.SERVICE, done.err


@pytest.mark.parametrize(
    ("which", "what"),
    [
        *(("portal", what) for what in ELSEWHERE),
        ("jhana", "nothing known"),
        ("jhana", "a redirect"),
    ],
)
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_something_else_at_an_address_is_exit_3(
    aapimport, pair, words, what, which, state_dir
) -> None:
    """Be it the portal's or Jhana's; nothing is sent, and nothing is left behind."""
    with ELSEWHERE[what]() as other:
        portal, jhana = pair
        urls = (other.url, jhana.url) if which == "portal" else (portal.url, other.url)
        done = aapimport(*words, **at(*urls))
    assert done.code == ExitCode.SETTINGS, done.err
    name = "All Access Pass" if which == "portal" else "Jhana"
    assert name in done.out + done.err
    assert "address" in done.out + done.err
    assert portal.writes == jhana.writes == []
    assert not state_dir.exists()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_swapped_addresses_are_exit_3(aapimport, pair, words, state_dir) -> None:
    """Both answer, and each is well; together they are wrong."""
    portal, jhana = pair
    done = aapimport(*words, **at(jhana.url, portal.url))
    assert done.code == ExitCode.SETTINGS, done.err
    assert "look swapped" in " ".join((done.out + done.err).split())
    assert not state_dir.exists()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_host_that_nobody_knows_is_exit_3(aapimport, words, monkeypatch, state_dir) -> None:
    """The name is misspelt; one that can't be looked up now is exit 4."""
    code = socket.EAI_NONAME

    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    there = at("https://portal.example.com/v2", "https://jhana.example.com/v2")
    done = aapimport(*words, **there)
    assert done.code == ExitCode.SETTINGS, done.err
    assert "isn't known to the network" in " ".join((done.out + done.err).split())
    assert not state_dir.exists()
    code = socket.EAI_AGAIN
    if words[0] != "resume":
        assert aapimport(*words, **there).code == ExitCode.SERVICE


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_tls_spoken_to_what_speaks_none_is_exit_3(aapimport, pair, words) -> None:
    """The address is another port's, or another host's."""
    portal, jhana = pair
    done = aapimport(*words, **at(portal.url.replace("http:", "https:"), jhana.url))
    assert done.code == ExitCode.SETTINGS, done.err
    assert "doesn't speak TLS" in " ".join((done.out + done.err).split())


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_a_service_in_trouble_is_exit_4(aapimport, pair, words) -> None:
    """It may be itself again later, and nothing says that it isn't what it should be."""
    portal, jhana = pair
    portal.on("GET", "/.*", instead(error(503)), times=999)
    assert aapimport(*words, **at(portal.url, jhana.url)).code == ExitCode.SERVICE


@pytest.mark.parametrize("words", [("doctor",), *COMMANDS[1:3]], ids=" ".join)
def test_people_who_are_not_there_are_a_wrong_address(aapimport, pair, words) -> None:
    """Discovery, which is open to all, may be found at another address as well."""
    portal, jhana = pair
    portal.on("GET", "/Users", instead(error(404)), times=99)
    done = aapimport(*words, **at(portal.url, jhana.url))
    assert done.code == ExitCode.SETTINGS, done.err
    assert "no SCIM service is at the address of All Access Pass" in " ".join(
        (done.out + done.err).split()
    )


def test_a_service_without_its_configuration_is_none_the_less_one(aapimport, pair) -> None:
    """It has people: all of discovery may be missing (RFC 7644 section 4)."""
    portal, jhana = pair
    for one in pair:
        one.on("GET", "/ServiceProviderConfig", instead(error(404)), times=99)
    jhana.on("GET", "/(ResourceTypes|Schemas.*)", instead(error(404)), times=99)
    for words in ASKING:
        done = aapimport(*words, **at(portal.url, jhana.url))
        assert done.code == ExitCode.OK, (words, done.err)


@pytest.mark.parametrize("answer", [error(401), error(503)])
@pytest.mark.parametrize("words", [*(("passes",), ("teams",)), ("validate", FILE, *PASS)])
def test_what_shows_the_portal_needs_no_jhana(aapimport, pair, words, answer) -> None:
    """A Jhana that is away or closed is at its address as far as anybody knows."""
    portal, jhana = pair
    jhana.on("GET", "/.*", instead(answer), times=999)
    assert aapimport(*words, **at(portal.url, jhana.url)).code == ExitCode.OK


def test_where_no_upload_is_open_an_outage_is_nothing(aapimport, state_dir) -> None:
    """A `resume` that has nothing to do is done, and leaves no journal behind."""
    done = aapimport("resume", **at("http://127.0.0.1:9/portal", "http://127.0.0.1:9/jhana"))
    assert done.code == ExitCode.OK
    assert not state_dir.exists()


def test_an_upload_that_reached_nobody_leaves_scripts_alone(aapimport, state_dir) -> None:
    """After a typing error nothing is configured, and whoever names no service practises."""
    done = aapimport(*UPLOAD, **at("http://127.0.0.1:9/portal", "http://127.0.0.1:9/jhana"))
    assert done.code == ExitCode.SERVICE
    assert not state_dir.exists()
    assert aapimport("passes").code == ExitCode.OK


@pytest.mark.parametrize(
    "more", [("--pass", "Leadership 2062"), ("--max-seats", "1"), ("--plan", "none.json")]
)
def test_an_upload_that_was_never_begun_leaves_no_journal(aapimport, pair, more, state_dir) -> None:
    """Refused before anything is sent, so that nothing of it has to be remembered."""
    portal, jhana = pair
    words = UPLOAD[:2] if "--plan" in more else UPLOAD
    done = aapimport(*words, *more, **at(portal.url, jhana.url))
    assert done.code != ExitCode.OK
    assert not (state_dir / "journal.sqlite3").exists()
    assert aapimport("passes").code == ExitCode.OK


def test_a_token_that_is_refused_leaves_no_journal(aapimport, pair, state_dir) -> None:
    """Discovery is open to everybody, and the address may be another client's."""
    portal, jhana = pair
    portal.on("GET", "/(Users|Passes).*", instead(error(401)), times=99)
    done = aapimport(*UPLOAD, **at(portal.url, jhana.url))
    assert done.code == ExitCode.SETTINGS
    assert not (state_dir / "journal.sqlite3").exists()


def test_a_journal_stays_once_an_upload_was_begun(aapimport, pair, state_dir) -> None:
    """Also where it is all done, and where a later one is refused."""
    portal, jhana = pair
    there = at(portal.url, jhana.url)
    assert aapimport(*UPLOAD, **there).code == ExitCode.OK
    assert aapimport(*UPLOAD, "--pass", "Leadership 2062", **there).code != ExitCode.OK
    assert (state_dir / "journal.sqlite3").exists()


def test_a_service_that_vanishes_in_the_middle_loses_nothing(aapimport, pair, state_dir) -> None:
    """Who was sent is on the receipt; once it is back the others follow, and nobody twice."""
    portal, jhana = pair
    there = at(portal.url, jhana.url)
    portal.on("POST", "/Users", instead(error(404)), skip=1, times=999)
    vanished = lambda act: error(404) if portal.creates else act()  # noqa: E731 -- short
    portal.on("GET", "/.*", vanished, times=999)
    first = aapimport(*UPLOAD, **there)
    with closing(sqlite3.connect(state_dir / "journal.sqlite3")) as journal:
        (receipt,) = journal.execute("SELECT receipt FROM runs").fetchone()
    assert first.code == ExitCode.SERVICE
    assert f"next: aapimport resume {receipt}" in first.err
    gone = aapimport("resume", receipt, **there)
    assert gone.code == ExitCode.SERVICE
    assert f"all recorded; continue with: aapimport resume {receipt}" in gone.err
    portal._rules.clear()
    last = aapimport("resume", receipt, **there)
    assert last.code == ExitCode.OK
    assert max(portal.people.values()) == 1


def test_a_finished_upload_shows_its_receipt_from_a_wrong_address(aapimport, pair) -> None:
    """Nothing is left to send: what the journal knows is enough."""
    portal, jhana = pair
    there = at(portal.url, jhana.url)
    done = aapimport(*UPLOAD, "--json", **there)
    assert done.code == ExitCode.OK, done.err
    for one in pair:
        one.on("GET", "/.*", instead(error(404)), times=999)
    again = aapimport("resume", done.json["receipt"], "--json", **there)
    assert again.code == ExitCode.OK, again.err
    assert again.json["receipt"] == done.json["receipt"]
    assert "can't be asked" in again.err


def half_done(aapimport, pair: tuple[ScimStub, ScimStub]) -> str:
    """The number of an upload that created one of three on each service, and was interrupted."""
    header, *rows = Path(FILE).read_text(encoding="utf-8").splitlines()
    lines = [f"{header},Jhana Enabled", *(f"{row},1" for row in rows)]
    Path(FILE).write_text("\n".join(lines), encoding="utf-8")
    for one in pair:
        one.on("POST", "/Users", instead(error(401)), skip=1, times=1)
    done = aapimport(*UPLOAD, "--no-bulk", **at(*(one.url for one in pair)))
    assert done.code == ExitCode.SETTINGS, done.err
    return " ".join(done.err.split()).split("aapimport resume ")[1][:6]


@pytest.mark.parametrize("which", ["portal", "jhana"])
@pytest.mark.parametrize(
    "answer",
    [error(404), page(404), page(200), Response(status=302, headers={"Location": "https://a.b/"})],
)
def test_a_known_address_is_never_called_wrong(aapimport, pair, which, answer) -> None:
    """While a new version is put there everything may be answered with 404: `resume` later."""
    portal, jhana = pair
    there = at(portal.url, jhana.url)
    receipt = half_done(aapimport, pair)
    away = portal if which == "portal" else jhana
    away.on("GET", "/.*", instead(answer), times=999)
    for words in (UPLOAD, ("resume",), ("resume", receipt)):
        done = aapimport(*words, **there)
        assert done.code == ExitCode.SERVICE, (words, done.err)
        said = " ".join(done.err.split())
        assert f"it was there when upload {receipt} was begun" in said
        assert "check AAPIMPORT" not in said
        assert f"aapimport resume {receipt}" in said
    assert aapimport("resume", "--json", **there).json["error"]["id"] == "service"
    away._rules.clear()
    assert aapimport("resume", **there).code == ExitCode.OK
    assert max(portal.people.values()) == 1
    away.on("GET", "/.*", instead(answer), times=999)
    other = (*UPLOAD[:1], "other.csv", *UPLOAD[2:])
    text = Path(FILE).read_text(encoding="utf-8").replace("bo@", "bob@")
    Path("other.csv").write_text(text, encoding="utf-8")
    assert aapimport(*other, **there).code == ExitCode.SERVICE


@pytest.mark.parametrize("which", ["portal", "jhana"])
def test_an_address_beside_a_known_one_can_be_wrong(aapimport, pair, which) -> None:
    """Only where an upload was begun at this very address has something been there."""
    portal, jhana = pair
    receipt = half_done(aapimport, pair)
    with always(page(404))() as other:
        urls = (other.url, jhana.url) if which == "portal" else (portal.url, other.url)
        for words in (("resume",), ("resume", receipt)):
            done = aapimport(*words, **at(*urls))
            assert done.code == ExitCode.SETTINGS, done.err
            assert f"upload {receipt} was begun at" in " ".join(done.err.split())
        Path("other.csv").write_bytes(Path(FILE).read_bytes() + b"\n")
        assert aapimport(*UPLOAD, **at(*urls)).code in {ExitCode.SETTINGS, ExitCode.FINDINGS}
    swapped = aapimport("resume", **at(jhana.url, portal.url))
    assert swapped.code == ExitCode.SETTINGS
