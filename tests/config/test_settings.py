from pathlib import Path

import pytest

from aapimport.config.addresses import places_of
from aapimport.config.settings import (
    DEFAULT_SETTLE_SECONDS,
    JHANA_TOKEN,
    JHANA_URL,
    PORTAL_TOKEN,
    PORTAL_URL,
    SERVICE_VARIABLES,
    SETTLE_SECONDS,
    read_settings,
)
from aapimport.errors import ExitCode, SettingsError

ALL = {
    PORTAL_URL: "https://portal.example.com/scim/v2/",
    PORTAL_TOKEN: "p-token",
    JHANA_URL: "http://127.0.0.1:8080/v2",
    JHANA_TOKEN: "j-token",
}


def test_nothing_configured_means_the_practice_portal() -> None:
    """Without any of the four variables nothing real is touched, and nothing is waited for."""
    settings = read_settings({})
    assert settings.target == "practice"
    assert settings.settle_seconds == 0


def test_all_four_mean_the_real_services() -> None:
    """Addresses lose the slash at their end; a lost request is waited for."""
    settings = read_settings(ALL)
    assert settings.target == "live"
    assert settings.portal is not None
    assert settings.portal.url == "https://portal.example.com/scim/v2"
    assert settings.settle_seconds == DEFAULT_SETTLE_SECONDS


@pytest.mark.parametrize("name", SERVICE_VARIABLES)
@pytest.mark.parametrize("value", [None, "", "   "])
def test_half_a_configuration_is_never_the_practice_portal(name: str, value: str | None) -> None:
    """One variable that is missing, empty or blank is an error that names it."""
    environment = {key: it for key, it in ALL.items() if key != name}
    if value is not None:
        environment[name] = value
    with pytest.raises(SettingsError, match=name) as caught:
        read_settings(environment)
    assert caught.value.exit_code is ExitCode.SETTINGS


@pytest.mark.parametrize("name", SERVICE_VARIABLES)
def test_one_empty_variable_alone_is_an_error(name: str) -> None:
    """A secret that failed to load must not send an upload to the practice portal."""
    with pytest.raises(SettingsError, match="half configured"):
        read_settings({name: ""})


@pytest.mark.parametrize(
    "url",
    [
        "portal.example.com",
        "ftp://portal.example.com",
        "https://",
        "https://user:secret@portal.example.com",
        "https://portal.example.com/?key=1",
        "https://portal.example.com/#x",
        "http://portal.example.com/v2",
        "http://127.0.0.1.example.com/v2",
        "http://10.0.0.1/v2",
        "https://[::1",
        "https://portal.example.com:99999/v2",
        "https://portal.example.com:port/v2",
        "https://portal example.com/v2",
        "https://portal.exa\nmple.com/v2",
        "https://portal.example.com/v2\x1b[0m",
    ],
)
def test_an_address_that_can_not_be_right_is_refused(url: str) -> None:
    """A wrong, unencrypted or telltale address ends with the variable's name, not its secrets."""
    with pytest.raises(SettingsError, match=PORTAL_URL) as caught:
        read_settings(ALL | {PORTAL_URL: url})
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "[::1]", "localhost"])
def test_plain_http_is_for_this_machine(host: str) -> None:
    """Loopback needs no encryption."""
    assert read_settings(ALL | {PORTAL_URL: f"http://{host}:1/v2"}).target == "live"


@pytest.mark.parametrize("token", ["two\nlines", "ümlaut", "tab\tbed", "\x00"])
def test_a_token_that_can_not_be_sent_is_refused(token: str) -> None:
    """A token that a header can't hold is refused without being shown."""
    with pytest.raises(SettingsError, match=PORTAL_TOKEN) as caught:
        read_settings(ALL | {PORTAL_TOKEN: token})
    assert token not in str(caught.value)


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "3601", "soon", "1e9"])
def test_a_settle_time_that_is_none_is_refused(value: str) -> None:
    """Only a number of seconds up to an hour is one."""
    with pytest.raises(SettingsError, match=SETTLE_SECONDS):
        read_settings(ALL | {SETTLE_SECONDS: value})


def test_the_state_folder_is_where_the_setting_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """A relative folder counts from where the command runs, `~` is the home folder."""
    monkeypatch.chdir(tmp_path)
    assert read_settings({"AAPIMPORT_STATE_DIR": "x"}).state_dir == tmp_path / "x"
    assert read_settings({"AAPIMPORT_STATE_DIR": "~/x"}).state_dir == home / "x"
    assert read_settings({}).state_dir.is_relative_to(home)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("", "auto"), ("auto", "auto"), (" Group ", "group"), ("ENTITLEMENT", "entitlement")],
)
def test_what_the_pass_is_can_be_set(typed: str, meant: str) -> None:
    """In any letter case; nothing is the automatic choice."""
    assert read_settings({"AAPIMPORT_PASS_AS": typed}).pass_as == meant


def test_a_pass_that_is_neither_is_refused() -> None:
    """A misspelt choice is a setting, not a guess."""
    with pytest.raises(SettingsError, match="AAPIMPORT_PASS_AS"):
        read_settings({"AAPIMPORT_PASS_AS": "groups"})


def test_an_address_is_written_in_one_way() -> None:
    """Letter case, the port that goes without saying and Unicode are spelling; a path is not."""
    typed = {PORTAL_URL: "HTTPS://MÜNCHEN.Example:443/Scim/", JHANA_URL: "http://[::1]:8080/jhana"}
    settings = read_settings(ALL | typed)
    assert settings.portal is not None
    assert settings.jhana is not None
    assert settings.portal.url == "https://xn--mnchen-3ya.example/Scim"
    assert settings.jhana.url == "http://[::1]:8080/jhana"


def test_a_pair_of_services_is_known_by_its_places() -> None:
    """Journals hold addresses as they were typed; the practice portal has none."""
    typed = "HTTPS://A.Example.com.:443/scim//v2/ http://localhost:8080/%73cim"
    assert places_of(typed) == "https://a.example.com/scim/v2 http://127.0.0.1:8080/scim"
    assert places_of(places_of(typed)) == places_of(typed)
    assert places_of("practice") == "practice"
    assert places_of("https://straße.example") != places_of("https://strasse.example")


@pytest.mark.parametrize(
    ("portal", "jhana"),
    [
        ("https://a.example.com/scim/v2", "https://a.example.com/scim/v2"),
        ("https://a.example.com/scim/v2", "https://A.Example.COM/scim/v2/"),
        ("https://a.example.com/scim/v2", "https://a.example.com:443/scim/v2"),
        ("https://a.example.com/scim/v2", "https://a.example.com./scim/v2"),
        ("https://a.example.com/scim/v2", "https://a.example.com/%73cim/v2"),
        ("https://a.example.com", "https://a.example.com/"),
        ("http://127.0.0.1:80", "http://localhost/"),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
    ],
)
def test_one_address_is_not_two_services(portal: str, jhana: str) -> None:
    """However it is spelled: everybody would be created twice, or half."""
    with pytest.raises(SettingsError, match="the same address") as caught:
        read_settings(ALL | {PORTAL_URL: portal, JHANA_URL: jhana})
    assert caught.value.exit_code is ExitCode.SETTINGS


@pytest.mark.parametrize(
    ("portal", "jhana"),
    [
        ("https://a.example.com/scim/v2", "https://a.example.com/jhana/v2"),
        ("https://a.example.com/scim/v2", "https://a.example.com/SCIM/v2"),
        ("https://a.example.com/scim/v2", "https://a.example.com:8443/scim/v2"),
        ("https://a.example.com/scim/v2", "https://b.example.com/scim/v2"),
        ("http://127.0.0.1:1/v2", "http://127.0.0.1:2/v2"),
        ("https://a.example.com", "https://a.example.com/v2"),
    ],
)
def test_two_services_may_live_at_one_host(portal: str, jhana: str) -> None:
    """Another path or port is another service."""
    assert read_settings(ALL | {PORTAL_URL: portal, JHANA_URL: jhana}).target == "live"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", set()),
        (" , ", set()),
        ("roles", {"roles"}),
        ("Roles, ENTITLEMENTS,externalId", {"roles", "entitlements", "externalid"}),
        ("names", {"name"}),
    ],
)
def test_what_the_portal_does_not_keep_can_be_set(typed: str, meant: set[str]) -> None:
    """In any letter case, with blanks around the commas."""
    assert read_settings({"AAPIMPORT_NOT_KEPT": typed}).not_kept == meant


def test_somebody_may_know_that_teams_keep_their_members() -> None:
    """Only in one word, so that no other is taken for it."""
    assert read_settings({"AAPIMPORT_KEEPS_MEMBERS": " Yes "}).keeps_members
    assert not read_settings({}).keeps_members
    with pytest.raises(SettingsError, match="AAPIMPORT_KEEPS_MEMBERS is not yes"):
        read_settings({"AAPIMPORT_KEEPS_MEMBERS": "no"})


@pytest.mark.parametrize(
    "typed", ["role", "roles;names", "roles names", "userName", "roles,emails"]
)
def test_what_can_not_be_left_out_is_refused(typed: str) -> None:
    """A misspelt name would be sent after all; the hint lists what there is."""
    with pytest.raises(SettingsError, match="AAPIMPORT_NOT_KEPT") as caught:
        read_settings({"AAPIMPORT_NOT_KEPT": typed})
    assert all(
        name in caught.value.hint for name in ("roles", "entitlements", "externalId", "names")
    )


@pytest.mark.parametrize(
    "path",
    ["a//v2", "a/../v2", "a/./v2", "a/v2...", "a%2fv2", "a/%2e%2e/v2", "a\\v2", "a%5Cv2", "a/.."],
)
def test_a_path_that_may_lead_elsewhere_is_refused(path: str) -> None:
    """A secret is bound to an address: none may be spelled so that another place is asked."""
    with pytest.raises(SettingsError, match="may lead elsewhere"):
        read_settings(ALL | {PORTAL_URL: f"https://portal.example.com/{path}"})
