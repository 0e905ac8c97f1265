"""The mail server's secret: kept for one server and one log-in, and told as set or not set."""

from support.machine import SERVICES

TOKENS = {"AAPIMPORT_PORTAL_TOKEN": "t1", "AAPIMPORT_JHANA_TOKEN": "t2"}
STATUS = ("login", "mail", "--status", "--json")


def _table(host: str = "smtp.example.com", user: str = "learning") -> str:
    return (
        f'[mail]\nhost = "{host}"\nuser = "{user}"\nfrom = "learning@example.com"\n'
        'sign_in = "sso"\nsign_in_url = "https://portal.example.com/"\n'
    )


def test_a_secret_is_kept_for_its_server(aapimport, machine):
    """`login mail` binds it to host, port and log-in; another one isn't sent it."""
    machine.own_file(SERVICES + _table())
    done = aapimport("login", "mail", stdin="p 1\n")
    assert done.code == 0, done.err
    assert "the password of the mail server at smtp://smtp.example.com:587 is kept" in done.err
    assert [*machine.keyring.kept.values()] == ["p 1"]
    assert aapimport(*STATUS).json["mail"]["secret"] == "set (keyring)"
    for other in (_table(host="smtp.globex.com"), _table(user="somebody")):
        machine.own_file(SERVICES + other)
        assert aapimport(*STATUS).json["mail"]["secret"] == "not set"
    machine.own_file(SERVICES + _table())
    assert aapimport("logout", "mail").code == 0
    assert machine.keyring.kept == {}


def test_without_a_server_there_is_nothing_to_keep(aapimport, machine):
    """Nor where it asks nobody who he is; the portal's and Jhana's are kept as ever."""
    machine.own_file(SERVICES)
    done = aapimport("login", "mail", stdin="p1\n")
    assert done.code == 3
    assert "there is no mail server yet" in done.err
    machine.own_file(SERVICES + _table().replace('user = "learning"\n', ""))
    assert "used without a log-in" in aapimport("login", "mail", stdin="p1\n").err
    assert machine.keyring.kept == {}


def test_screens_tell_of_it_and_never_the_secret(aapimport, machine):
    """`config show` has every key with its place; `login --status` says that one is missing."""
    own = machine.own_file(SERVICES + _table())
    found = aapimport("config", "show", "--json", **TOKENS).json["settings"]
    assert found["mail.host"] == {"value": "smtp.example.com", "source": f"{own} [mail]"}
    assert found["mail.port"] == {"value": 587.0, "source": "default"}
    assert found["mail.password"]["value"] == "not set"
    status = aapimport("login", "--status", "--json", **TOKENS)
    assert (status.code, status.json["mail"]["secret"]) == (3, "not set")
    shown = aapimport("config", "show", **TOKENS, AAPIMPORT_MAIL_PASSWORD="canary-9")
    assert "set (AAPIMPORT_MAIL_PASSWORD)" in shown.out
    assert "canary-9" not in shown.out + shown.err
