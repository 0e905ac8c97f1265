import json
import os
import stat
from pathlib import Path

import jsonschema
import pytest

from aapimport.config.choice import Choice, settings_for
from support.machine import SERVICES, profile
from support.terminal import AAPIMPORT, Terminal

SHOW = ("config", "show", "--json")


def test_a_value_from_each_of_six_places(aapimport, machine):
    """Flag, environment, the folder's file, the user's, the keyring and the default say so."""
    folder = machine.folder_file("buffer = 20\n" + profile("acme"))
    own = machine.own_file(
        'pace = 9\nbuffer = 30\nsettle_seconds = 60\nadministrator = "zoe@acme.com"\n'
        + profile("acme")
        + '[profile.acme]\npace = "slack"\n'
    )
    machine.keyring.kept["aapimport:https://p.example.com", "acme/portal"] = "tok"
    done = aapimport(*SHOW, "--profile", "acme", AAPIMPORT_ADMINISTRATOR="ana@acme.com")
    assert done.json["error"]["id"] == "settings"  # no token of Jhana is anywhere
    found = {name: (one["value"], one["source"]) for name, one in done.json["settings"].items()}
    assert found["profile"] == ("acme", "--profile")
    assert found["administrator"] == ("ana@acme.com", "AAPIMPORT_ADMINISTRATOR")
    assert found["pace"] == ("slack", f"{own} [profile.acme]")
    assert found["buffer"] == (20.0, str(folder))
    assert found["settle_seconds"] == (60.0, str(own))
    assert found["portal.token"] == ("set (keyring)", "keyring")
    assert found["pass_as"] == ("auto", "default")
    assert found["jhana.token"] == ("not set", "default")
    assert found["portal.url"] == ("https://p.example.com", f"{folder} [profile.acme.portal]")
    assert found["state_dir"][0] == str(machine.state / "profiles" / "acme")
    assert done.code == 3
    assert "no token or password for Jhana of profile acme" in done.err


def test_nothing_set_is_shown_as_that(aapimport, machine):
    """Every setting has a line, and the exit code is 0."""
    done = aapimport("config", "show")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].split() == ["Setting", "Value", "From"]
    rows = {line.split()[0]: line.split()[1:] for line in lines[1:]}
    assert rows["state_dir"] == [str(machine.state), "AAPIMPORT_STATE_DIR"]
    assert rows["target"] == ["practice", "default"]
    assert rows["buffer"] == ["10", "default"]
    assert rows["keeps_members"] == ["no", "default"]
    assert done.err == ""
    assert not machine.state.exists()


def test_nothing_is_broken_in_a_pipe(aapimport, machine, monkeypatch):
    """Whoever searches in it, or copies from it, gets each path and address whole."""
    portal = "https://portal.example.com/" + "a-long-way/" * 20 + "scim"
    folder = machine.work / ("long" * 20) / ("longer" * 20)
    path = machine.folder_file(
        SERVICES.replace("https://portal.example.com/scim", portal) + 'ca_file = "ca.pem"\n', folder
    )
    (folder / "ca.pem").touch()
    monkeypatch.chdir(folder)
    tokens = {"AAPIMPORT_PORTAL_TOKEN": "t1", "AAPIMPORT_JHANA_TOKEN": "t2"}
    urls = {"AAPIMPORT_JHANA_URL": "https://jhana.example.com/scim"}
    lines = aapimport("config", "show", **tokens, **urls).out.splitlines()
    rows = {line.split()[0]: line for line in lines}
    assert rows["portal.url"].endswith(f"  {portal}  {path} [portal]")
    assert f"  {folder / 'ca.pem'}  " in rows["jhana.ca_file"]
    assert len(rows) == len(lines)
    assert f"{path}  (read)" in aapimport("config", "path").out


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_a_terminal_gets_columns(machine):
    """Within its width; longer values are folded."""
    terminal = Terminal()
    assert terminal.run([*AAPIMPORT, "config", "show"], []) == 0
    assert max(map(len, terminal.screen.splitlines())) <= 80
    assert "state_dir" in terminal.screen


def _as_its_schema(answer, name):
    schema = Path(__file__).parents[2] / "docs" / "schemas" / f"{name}.json"
    jsonschema.validate(answer, json.loads(schema.read_text(encoding="utf-8")))


PRACTICE = {"target": "practice", "address": "practice"}
LIVE = {
    "target": "live",
    "address": "https://portal.example.com/scim https://jhana.example.com/scim",
}
HALF = {"target": "live", "address": None}
UNREADABLE = {"target": None, "address": None}


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", PRACTICE),
        (SERVICES, LIVE),
        ('[portal]\nurl = "https://p.example.com"\n', HALF),
        ("buffer = ", UNREADABLE),
        (SERVICES + 'auth = "saml"', LIVE),
    ],
)
def test_target_and_address_are_always_told(text, at, aapimport, machine):
    """By each command as its schema says, with a result, an error, or both."""
    machine.own_file(text)
    tried = {
        "config-show": aapimport(*SHOW),
        "config-path": aapimport("config", "path", "--json"),
        "login": aapimport("login", "--status", "--json"),
    }
    for name, done in tried.items():
        _as_its_schema(done.json, name)
        assert {key: done.json[key] for key in ("target", "address")} == at, name
    assert tried["config-path"].code == 0
    assert ("error" in tried["config-show"].json) is (tried["config-show"].code == 3)
    assert ("error" in tried["login"].json) is ("portal" not in tried["login"].json)


def test_status_is_what_its_schema_says(aapimport, machine):
    """For one service the other is null."""
    machine.own_file(SERVICES)
    done = aapimport("login", "jhana", "--status", "--json", AAPIMPORT_JHANA_TOKEN="t2")
    _as_its_schema(done.json, "login")
    assert done.json == LIVE | {
        "portal": None,
        "mail": None,
        "jhana": {
            "url": "https://jhana.example.com/scim",
            "secret": "set (AAPIMPORT_JHANA_TOKEN)",
            "source": "AAPIMPORT_JHANA_TOKEN",
        },
    }


def test_no_secret_is_shown(aapimport, machine):
    """Of a secret only that it is set; of a proxy with a password only the proxy."""
    machine.own_file(SERVICES)
    done = aapimport(
        *SHOW,
        AAPIMPORT_PORTAL_TOKEN="canary-1",
        AAPIMPORT_JHANA_TOKEN="canary-2",
        AAPIMPORT_PROXY="http://zoe:canary-3@proxy.example.com:3128",
    )
    assert done.code == 0
    assert "canary" not in done.out + done.err
    assert done.json["settings"]["portal.token"]["value"] == "set (AAPIMPORT_PORTAL_TOKEN)"
    assert done.json["settings"]["proxy"]["value"] == "http://proxy.example.com:3128"


TOKENS = (
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3",
    "xoxb-123456789012-AbCdEf1234",
    "6f3a1b2c-9d1e-4222-8333-444455556666",
)
"""As services draw them."""


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("key", ["user", "header", "client_id", "scope", "ca_file", "key"])
@pytest.mark.parametrize("where", ["file", "environment"])
def test_a_token_in_a_wrong_setting_is_not_shown(key, token, where, aapimport, machine):
    """Of what looks like a secret no more than how it begins; the setting is named all the same."""
    machine.own_file(SERVICES + (f'{key} = "{token}"\n' if where == "file" else ""))
    typed = {f"AAPIMPORT_JHANA_{key.upper()}": token} if where == "environment" else {}
    kind = {"AAPIMPORT_JHANA_AUTH": "basic", "AAPIMPORT_JHANA_TOKEN": "t2"}
    if key != "user":
        kind["AAPIMPORT_JHANA_USER"] = "zoe"
    for words in (SHOW, ("config", "show"), ("passes", "--live")):
        done = aapimport(*words, **(typed | kind | {"AAPIMPORT_PORTAL_TOKEN": "t1"}))
        assert token[:9] not in done.out + done.err, words
    assert f"jhana.{key}" in aapimport(*SHOW, **(typed | kind)).out


@pytest.mark.parametrize("key", ["user", "header", "client_id", "scope", "ca_file"])
def test_the_secret_itself_is_shown_nowhere(key, aapimport, machine):
    """However plain a word it is, where it was given twice."""
    user = "" if key == "user" else 'user = "zoe"\n'
    machine.own_file(f'{SERVICES}{user}{key} = "open-sesame"\n')
    kind = {"AAPIMPORT_JHANA_AUTH": "basic", "AAPIMPORT_JHANA_TOKEN": "open-sesame"}
    for words in (SHOW, ("config", "show")):
        done = aapimport(*words, **kind)
        assert "sesame" not in done.out + done.err
        assert "hidden (the secret is in it)" in done.out


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("user", "zoe@acme.com"),
        ("user", "svc_upload2026"),
        ("header", "Ocp-Apim-Subscription-Key"),
        ("scope", "https://graph.example.com/.default"),
    ],
)
def test_what_is_no_secret_is_shown_whole(key, value, aapimport, machine):
    """Names that people have given."""
    machine.own_file(SERVICES + f'{key} = "{value}"\n')
    kind = {"AAPIMPORT_JHANA_AUTH": "basic", "AAPIMPORT_JHANA_USER": "zoe"}
    if key == "user":
        kind.pop("AAPIMPORT_JHANA_USER")
    assert aapimport(*SHOW, **kind).json["settings"][f"jhana.{key}"]["value"] == value


PEM = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkq\n" * 90 + "-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize("key", ["ca_file", "certificate", "key", "user", "scope", "token_url"])
def test_a_key_in_the_place_of_its_file_is_not_shown(key, aapimport, machine):
    """Also where it is longer than any path."""
    machine.own_file(SERVICES)
    environment = {
        "AAPIMPORT_JHANA_AUTH": "basic",
        "AAPIMPORT_JHANA_USER": "zoe",
        f"AAPIMPORT_JHANA_{key.upper()}": PEM,
    }
    for words in (SHOW, ("config", "show"), ("passes", "--live")):
        done = aapimport(*words, **environment)
        assert done.code == 3
        assert "MIIE" not in done.out + done.err
        assert "bug" not in done.err
    assert "hidden" in aapimport("config", "show", **environment).out


SECRET_ADDRESSES = (
    "https://zoe:canary-7@portal.example.com/scim",
    "https://canary-7@portal.example.com/scim",
    "https://portal.example.com/scim?client_secret=canary-7",
    "https://portal.example.com/scim#canary-7",
    "http://zoe:canary-7@portal.example.com:3128/",
)


@pytest.mark.parametrize("url", SECRET_ADDRESSES)
@pytest.mark.parametrize(
    "name", ["PORTAL_URL", "JHANA_TOKEN_URL", "JHANA_SCOPE", "JHANA_CA_FILE", "ADMINISTRATOR"]
)
@pytest.mark.parametrize("auth", ["basic", "client-credentials"])
def test_a_secret_in_an_address_is_not_shown(name, url, auth, aapimport, machine):
    """Neither in front of the host nor behind a ?, whether the setting is used or not."""
    machine.own_file(SERVICES)
    environment = {
        "AAPIMPORT_JHANA_AUTH": auth,
        "AAPIMPORT_JHANA_USER": "zoe",
        "AAPIMPORT_JHANA_CLIENT_ID": "c",
        "AAPIMPORT_JHANA_TOKEN_URL": "https://login.example.com/token",
        "AAPIMPORT_PORTAL_TOKEN": "t1",
        "AAPIMPORT_JHANA_TOKEN": "t2",
        f"AAPIMPORT_{name}": url,
    }
    for words in (SHOW, ("config", "show"), ("passes", "--live"), ("login", "--status")):
        done = aapimport(*words, **environment)
        assert "canary" not in done.out + done.err, words


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("as_json", [False, True])
def test_no_error_repeats_a_misplaced_token(token, as_json, aapimport, machine):
    """As a profile, a key of a file, what isn't kept, or a word of `login`."""
    more = ["--json"] if as_json else []
    machine.own_file(SERVICES)
    tried = [
        aapimport("config", "show", *more, "--profile", token),
        aapimport("config", "show", *more, AAPIMPORT_PROFILE=token),
        aapimport("config", "show", *more, AAPIMPORT_NOT_KEPT=token),
        aapimport("config", "show", *more, AAPIMPORT_PACE=token),
        aapimport("login", "portal", token, *more),
        aapimport("login", token, *more),
        aapimport("logout", token),
    ]
    machine.own_file(f'"{token}" = 1\n')
    tried.append(aapimport("config", "show", *more))
    machine.own_file(f'[profile."{token}!"]\nbuffer = 5\n')
    tried.append(aapimport("config", "show", *more))
    for done in tried:
        assert done.code in {2, 3}
        assert token[:9] not in done.out + done.err
        assert done.err.startswith("error:")


def test_path_says_which_files_are_read(aapimport, machine):
    """The nearest file above the working folder, and the user's own, there or not."""
    above = machine.folder_file("buffer = 5", machine.home / "clients")
    done = aapimport("config", "path", "--json")
    assert done.json["files"] == [
        {"whose": "folder", "path": str(above), "there": True},
        {"whose": "yours", "path": str(machine.own_path), "there": False},
    ]
    assert f"yours   {machine.own_path}  (not there)" in aapimport("config", "path").out


def test_init_writes_what_is_read(aapimport, machine):
    """The new file has a comment for each setting, and says what was given."""
    words = ("--portal-url", "https://P.example.com/", "--jhana-url", "https://j.example.com")
    done = aapimport("config", "init", *words, "--administrator", "zoe@acme.com")
    assert done.code == 0
    assert "next: aapimport login" in done.err
    found = aapimport(*SHOW).json["settings"]
    assert found["portal.url"]["value"] == "https://p.example.com"
    assert found["administrator"] == {"value": "zoe@acme.com", "source": str(machine.own_path)}
    if os.name == "posix":
        assert stat.S_IMODE(machine.own_path.parent.stat().st_mode) == 0o700


def test_every_comment_of_a_new_file_is_a_setting(aapimport, machine):
    """Taking the # away in front of any of them makes a file that is read."""
    words = ("--portal-url", "https://p.example.com/", "--jhana-url", "https://j.example.com")
    aapimport("config", "init", *words, "--profile", "acme.eu", "--here")
    path = machine.work / "aapimport.toml"
    text = path.read_text(encoding="utf-8")
    settings = (" = ", "# [")
    lines = [
        line.removeprefix("# ") if any(one in line for one in settings) else line
        for line in text.splitlines()
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = aapimport(*SHOW, "--profile", "acme.eu").json["settings"]
    assert found["pace"] == {"value": "25", "source": str(path)}
    assert found["portal.certificate"]["value"] == str(machine.work / "client.pem")
    assert found["portal.url"]["source"] == f'{path} [profile."acme.eu".portal]'
    assert found["mail.host"]["source"] == f'{path} [profile."acme.eu".mail]'


def test_init_never_writes_over_a_file(aapimport, machine):
    """It stays as it was, whoever asks."""
    path = machine.own_file("buffer = 5\n")
    words = ("--portal-url", "https://p.example.com/", "--jhana-url", "https://j.example.com")
    done = aapimport("config", "init", *words)
    assert done.code == 1
    assert "exists already" in done.err
    assert path.read_text(encoding="utf-8") == "buffer = 5\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "--portal-url is missing"),
        (["--portal-url", "https://p.example.com"], 2, "--jhana-url is missing"),
        (["--portal-url", "portal"], 3, "--portal-url is not a web address"),
        (["--portal-url", "https://p.e", "--jhana-url", "https://p.e/"], 3, "the same address"),
        (["--profile", "../x"], 3, "can't be the name of a profile"),
    ],
)
def test_init_without_a_terminal_takes_options_only(words, code, said, aapimport, machine):
    """What is missing is named, and nothing is written."""
    done = aapimport("config", "init", *words)
    assert done.code == code
    assert said in done.err
    assert not machine.own_path.exists()


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_init_asks_on_a_terminal(machine):
    """Three questions, of which the last may be answered by Enter."""
    terminal = Terminal()
    answers = [
        ("The portal's SCIM address", "https://p.example.com/scim"),
        ("Jhana's SCIM address", "https://j.example.com/scim"),
        ("Your own address", ""),
    ]
    assert terminal.run([*AAPIMPORT, "config", "init"], answers) == 0
    assert 'url = "https://p.example.com/scim"' in machine.own_path.read_text(encoding="utf-8")


WIDE = {"COLUMNS": "500"}
"""Long paths are broken anywhere in a narrow terminal."""
WRONG_FILES = [
    ("buffr = 5", "aapimport.toml: buffr is no setting", "did you mean 'buffer'?"),
    ("Buffer = 5", "Buffer is no setting", "did you mean 'buffer'?"),
    ('buffer = "5"', "buffer has the wrong form", "a number"),
    ("buffer = true", "buffer has the wrong form", "a number"),
    ("buffer = 101", "buffer is not a number from 0 to 100", "take it out of the file"),
    ("buffer = -1", "buffer is not a number from 0 to 100", "take it out of the file"),
    ("buffer = nan", "buffer is not a number from 0 to 100", "take it out of the file"),
    ("settle_seconds = 3601", "settle_seconds is not a number from 0 to 3,600", "correct it"),
    ("pace = 0", "pace is no pace", "slack"),
    ('pace = "fast"', "pace is no pace", "slack"),
    ("pace = [1]", "pace has the wrong form", "slack"),
    ('pass_as = "team"', "pass_as is neither auto, entitlement nor group", "correct it"),
    ("pass_as = 1", "pass_as has the wrong form", "a text"),
    ('not_kept = "roles"', "not_kept has the wrong form", "a list"),
    ('not_kept = ["role"]', "not_kept names 'role', which it can't", "externalId"),
    ("not_kept = [1]", "not_kept has the wrong form", "a list"),
    ('keeps_members = "yes"', "keeps_members has the wrong form", "true or false"),
    ('administrator = "zoe"', "administrator is not an e-mail address", "correct it"),
    ('proxy = "socks5://127.0.0.1:1"', "proxy is not a proxy that can be used", "http://"),
    ('proxy = "proxy:3128"', "proxy is not a proxy that can be used", "http://"),
    ('proxy = "http://zoe:canary@p.example.com"', "user or a password", "AAPIMPORT_PROXY"),
    ('proxy = "http://p.example.com:99999"', "proxy is not a proxy that can be used", "http://"),
    ("buffer = ", "can't be read as TOML", "a line looks like"),
    ("buffer = 1\nbuffer = 2", "can't be read as TOML", "a line looks like"),
    ('portal = "https://p.example.com"', "'portal' is a table", "[portal] on a line of its own"),
    ("profile = 5", "'profile.NAME' is a table", "on a line of its own"),
    ('profile = {acme = "x"}', "'profile.acme' is a table", "[profile.acme]"),
    ('[portal]\nulr = "x"', "[portal] ulr is no setting", "did you mean 'url'?"),
    ("[portal]\nbuffer = 5", "[portal] buffer is no setting", "above the first line"),
    ('url = "https://p.example.com"', "url is no setting", "table [portal] or [jhana]"),
    ('[portall]\nurl = "x"', "portall is no setting", "did you mean 'portal'?"),
    ('[profile.acme]\nstate_dir = "x"', "state_dir is no setting", "folder of its own"),
    ('[profile."../x"]\nbuffer = 5', "'../x' can't be the name of a profile", "letters"),
    ("[profile.con]\nbuffer = 5", "'con' can't be the name of a profile", "letters"),
    ("[profile.Acme]\n[profile.acme]", "differ in capital letters only", "another name"),
    ('[portal]\ntoken = "canary"', "secrets are never kept", "aapimport login portal"),
    ('[jhana]\npassword = "canary"', "secrets are never kept", "AAPIMPORT_JHANA_TOKEN"),
    ('[portal]\nx = 1\nclient-secret = "canary"', "secrets are never kept", "login portal"),
    ('token = "canary"', "secrets are never kept", "aapimport login portal"),
    ('[profile.acme.jhana]\ntoken = "canary"', "never kept", "login jhana --profile acme"),
    (SERVICES.replace("https://portal", "http://portal"), "is not encrypted", "use https"),
    (
        SERVICES.replace("portal.example", "u:canary@portal.example"),
        "more than an address",
        "login",
    ),
    ('[portal]\nurl = "https://p.example.com"', "half configured: AAPIMPORT_JHANA_URL", "set what"),
    (SERVICES.replace("jhana.", "portal."), "are the same address", "two services"),
    (SERVICES + 'auth = "saml"', "auth is no kind of log-in", "client-credentials"),
    (SERVICES + 'auth = "basic"', "auth is basic, and user is missing", "set user"),
    (SERVICES + 'auth = "header"', "auth is header, and header is missing", "set header"),
    (SERVICES + 'auth = "client-credentials"', "and token_url is missing", "set token_url"),
    (SERVICES + 'user = "zoe"', "user is given, and auth is not", 'set auth to "basic"'),
]


@pytest.mark.parametrize(("text", "said", "hint"), WRONG_FILES)
def test_a_wrong_file_is_one_sentence(text, said, hint, aapimport, machine):
    """File and key are named, the hint says what to do, secrets aren't repeated; exit code 3."""
    machine.own_file(text)
    done = aapimport("config", "show", **WIDE)
    assert done.code == 3
    _is_one_sentence(done.err, said, hint)
    assert "aapimport.toml" in done.err or "AAPIMPORT_" in done.err
    assert "canary" not in done.err + done.out


WRONG_VARIABLES = [
    ({"AAPIMPORT_BUFER": "5"}, "AAPIMPORT_BUFER is no setting", "'AAPIMPORT_BUFFER'"),
    ({"AAPIMPORT_PORTAL_TOKN": "canary"}, "is no setting", "'AAPIMPORT_PORTAL_TOKEN'"),
    ({"AAPIMPORT_PORTAL_PASSWORD": "canary"}, "is no setting", "'AAPIMPORT_PORTAL_TOKEN'"),
    ({"AAPIMPORT_ZZZZ": "5"}, "AAPIMPORT_ZZZZ is no setting", "docs/settings.md"),
    ({"AAPIMPORT_BUFFER": "many"}, "AAPIMPORT_BUFFER is not a number", "unset it"),
    ({"AAPIMPORT_PACE": "fast"}, "AAPIMPORT_PACE is no pace", "slack"),
    ({"AAPIMPORT_SETTLE_SECONDS": "soon"}, "AAPIMPORT_SETTLE_SECONDS is not a number", "unset it"),
    ({"AAPIMPORT_PASS_AS": "team"}, "AAPIMPORT_PASS_AS is neither", "unset it"),
    ({"AAPIMPORT_NOT_KEPT": "role"}, "AAPIMPORT_NOT_KEPT names 'role'", "with commas"),
    ({"AAPIMPORT_KEEPS_MEMBERS": "no"}, "AAPIMPORT_KEEPS_MEMBERS is not yes", "unset it"),
    ({"AAPIMPORT_ADMINISTRATOR": "zoe"}, "AAPIMPORT_ADMINISTRATOR is not an e-mail", "unset it"),
    ({"AAPIMPORT_PROXY": "socks5://p:1"}, "AAPIMPORT_PROXY is not a proxy", "http://"),
    ({"AAPIMPORT_NO_KEYRING": "maybe"}, "AAPIMPORT_NO_KEYRING is neither 1 nor 0", "to 1"),
    ({"AAPIMPORT_PROFILE": ""}, "AAPIMPORT_PROFILE is empty", "leave it out"),
    ({"AAPIMPORT_PROFILE": "acm"}, "a profile that no settings file has", "did you mean 'acme'?"),
    ({"AAPIMPORT_PROFILE": "../acme"}, "which can't be a profile", "letters"),
    ({"AAPIMPORT_PORTAL_URL": ""}, "half configured: AAPIMPORT_PORTAL_URL", "set what"),
    ({"AAPIMPORT_PORTAL_TOKEN": ""}, "AAPIMPORT_PORTAL_TOKEN is empty", "unset it"),
    ({"AAPIMPORT_PORTAL_TOKEN": "Bearer "}, "AAPIMPORT_PORTAL_TOKEN is empty", "unset it"),
    ({"AAPIMPORT_PORTAL_TOKEN": "cana\nry"}, "characters that a token can't have", "copy"),
    ({"AAPIMPORT_PORTAL_TOKEN_FILE": ""}, "AAPIMPORT_PORTAL_TOKEN_FILE is empty", "path"),
    ({"AAPIMPORT_PORTAL_TOKEN_FILE": "/nowhere/x"}, "can't be read: No such file", ""),
    ({"AAPIMPORT_PORTAL_TOKEN_FILE": "/"}, "which is no file", "correct it"),
    ({"AAPIMPORT_PORTAL_AUTH": "saml"}, "AAPIMPORT_PORTAL_AUTH is no kind", "basic"),
    ({"AAPIMPORT_PORTAL_CA_FILE": "/nowhere/x"}, "AAPIMPORT_PORTAL_CA_FILE names a file", "unset"),
    ({"AAPIMPORT_PORTAL_KEY": "/x"}, "and certificate is not", "certificate"),
    (
        {"AAPIMPORT_PORTAL_AUTH": "header", "AAPIMPORT_PORTAL_HEADER": "Host"},
        "is a header that means something else",
        "X-Api-Key",
    ),
    (
        {"AAPIMPORT_PORTAL_AUTH": "header", "AAPIMPORT_PORTAL_HEADER": "X Key"},
        "is not the name of a header",
        "X-Api-Key",
    ),
    (
        {"AAPIMPORT_PORTAL_AUTH": "basic", "AAPIMPORT_PORTAL_USER": "a:b"},
        "holds a colon",
        "",
    ),
]


@pytest.mark.parametrize(("environment", "said", "hint"), WRONG_VARIABLES)
def test_a_wrong_variable_is_one_sentence(environment, said, hint, aapimport, machine):
    """The variable is named, the hint says what to do, secrets aren't repeated; exit code 3."""
    machine.own_file(SERVICES + profile("acme"))
    tokens = {"AAPIMPORT_PORTAL_TOKEN": "t1", "AAPIMPORT_JHANA_TOKEN": "t2"}
    if "AAPIMPORT_PORTAL_TOKEN_FILE" in environment:
        tokens.pop("AAPIMPORT_PORTAL_TOKEN")
    done = aapimport("config", "show", **(tokens | environment | WIDE))
    assert done.code == 3
    _is_one_sentence(done.err, said, hint)
    assert "canary" not in done.err + done.out


def _is_one_sentence(printed: str, said: str, hint: str) -> None:
    words = " ".join(printed.split())
    assert words.startswith("error: ")
    assert words.endswith("nothing was sent")
    sentence, _, rest = words.removeprefix("error: ").partition(" hint: ")
    assert said in sentence
    assert hint in rest
    assert words.count("error:") == 1
    assert "Traceback" not in words


def test_a_settings_file_with_windows_line_ends_and_a_mark_is_read(aapimport, machine):
    """As Notepad saves it."""
    machine.own_path.parent.mkdir(parents=True)
    machine.own_path.write_bytes(b"\xef\xbb\xbfbuffer = 5\r\n")
    assert aapimport(*SHOW).json["settings"]["buffer"]["value"] == 5


def test_what_the_settings_say_is_what_is_shown(aapimport, machine):
    """The same origins are in the settings that commands work with."""
    machine.own_file("buffer = 5\n" + SERVICES)
    tokens = {"AAPIMPORT_PORTAL_TOKEN": "t1", "AAPIMPORT_JHANA_TOKEN": "t2"}
    shown = aapimport(*SHOW, **tokens).json["settings"]
    environment = tokens | {"AAPIMPORT_STATE_DIR": str(machine.state)}
    environment |= {"AAPIMPORT_NO_RESULTS": "yes"}  # as every test has it
    settings = settings_for(Choice(), on_terminal=False, environment=environment)
    both = set(settings.origins) & set(shown)
    assert {"buffer", "portal.url", "jhana.token", "profile", "state_dir"} <= both
    assert {name: settings.origins[name] for name in both} == {
        name: shown[name]["source"] for name in both
    }
    assert json.dumps(shown)
    assert Path(shown["state_dir"]["value"]) == settings.state_dir
