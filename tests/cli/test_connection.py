from dataclasses import replace

import pytest

from aapimport.cli.connection import connected
from aapimport.config.settings import Endpoint, Settings
from aapimport.services.replies import Answer
from support.encrypted import showing
from support.stub import ScimStub
from support.token_endpoint import TokenEndpoint
from support.wire import Response, Server


def settings(portal: str, jhana: str, tmp_path, **more) -> Settings:
    """Two services, each with a token of its own."""
    return Settings(
        state_dir=tmp_path,
        portal=Endpoint.bearer(url=portal, token="portal-token-71"),
        jhana=Endpoint.bearer(url=jhana, token="jhana-token-29"),
        **more,
    )


def test_neither_service_can_say_the_others_token(tmp_path):
    """A gateway before both may repeat either; both are struck out of what each says."""
    said = Response(status=500, body=b"no portal-token-71, no jhana-token-29")
    with (
        Server(lambda _request: said) as server,
        connected(settings(server.url, f"{server.url}/j", tmp_path)) as services,
    ):
        for directory in (services.portal, services.jhana):
            reply = directory.transport.request("GET", "/Users")
            assert isinstance(reply, Answer)
            assert reply.body == b"no [token], no [token]"


def test_services_at_one_host_stop_each_by_itself(tmp_path):
    """They share the host's budget of retries; the end of one doesn't cut the other's waits."""
    asked: list[str] = []

    def application(request) -> Response:
        asked.append(request.path)
        return Response(status=503)

    with (
        Server(application) as server,
        connected(settings(server.url, f"{server.url}/j", tmp_path)) as services,
    ):
        services.portal.transport.stopping = True
        services.portal.repeat("PATCH", "/Users/1")
        services.jhana.repeat("PATCH", "/Users/1")
        assert services.portal.patience._budget is services.jhana.patience._budget
    assert asked == ["/Users/1"] + ["/j/Users/1"] * 3


def test_services_at_two_hosts_share_nothing(portal_stub, jhana_stub, tmp_path):
    """What one of them costs is not the other's."""
    with connected(settings(portal_stub.url, jhana_stub.url, tmp_path)) as services:
        assert services.portal.patience._budget is not services.jhana.patience._budget


def test_the_setting_reaches_the_portal_alone(portal_stub, jhana_stub, tmp_path):
    """Jhana has neither roles nor passes; the setting is about the portal."""
    portal_stub.habits.token, jhana_stub.habits.token = "portal-token-71", "jhana-token-29"
    dropped = frozenset({"externalid"})
    with connected(
        settings(portal_stub.url, jhana_stub.url, tmp_path, not_kept=dropped)
    ) as services:
        assert not services.portal.capabilities.keeps("externalId")
        assert services.jhana.capabilities.keeps("externalId")


UNUSABLE = [
    ("HTTPS_PROXY", "http://proxy.acme.com:99999"),
    ("https_proxy", "http://user:pass-w0rd@proxy.acme.com:port"),
    ("HTTP_PROXY", "htp://proxy.acme.com:3128"),
    ("HTTPS_PROXY", "://proxy.acme.com"),
    ("ALL_PROXY", "socks5://proxy.acme.com:1080"),
    ("all_proxy", "socks://proxy.acme.com:1080"),
    ("NO_PROXY", "localhost,[::1]"),
    ("no_proxy", "fe80::/10"),
]
REAL = {
    "AAPIMPORT_PORTAL_URL": "https://portal.example.com/scim/v2",
    "AAPIMPORT_PORTAL_TOKEN": "portal-token-71",
    "AAPIMPORT_JHANA_URL": "https://jhana.example.com/scim/v2",
    "AAPIMPORT_JHANA_TOKEN": "jhana-token-29",
}


@pytest.mark.parametrize("command", ["doctor", "passes"])
@pytest.mark.parametrize(("name", "value"), UNUSABLE)
def test_a_proxy_variable_that_can_not_be_used_is_exit_3(aapimport, command, name, value):
    """One sentence with the variable's name and without its password, before anything is sent."""
    done = aapimport(command, **REAL, **{name: value})
    assert done.code == 3
    assert done.out == ""
    first, *more = done.err.splitlines()
    assert first.startswith(f"error: {name} ")
    assert more[-1] == "nothing was sent"
    assert "pass-w0rd" not in done.err


def test_a_certificate_that_nobody_trusts_is_exit_3(aapimport, jhana_stub):
    """At once, with who signed it and the setting that helps."""
    with ScimStub(context=showing()) as portal:
        where = {"AAPIMPORT_PORTAL_URL": portal.url, "AAPIMPORT_JHANA_URL": jhana_stub.url}
        done = aapimport("passes", **(REAL | where))
        ill = aapimport("doctor", "--json", **(REAL | where))
    assert done.code == ill.code == 3
    said = " ".join(done.err.split())
    assert "signed by 'Acme Test Authority', which this computer doesn't trust" in said
    assert "ca_file" in said
    assert [one["state"] for one in ill.json["services"]] == ["unusable", "refused"]
    assert portal.seen == []


def test_nothing_at_an_address_is_exit_4_in_words(aapimport):
    """No Python error's name is shown."""
    where = {"AAPIMPORT_PORTAL_URL": "http://127.0.0.1:9/v2"}
    done = aapimport("passes", **(REAL | where))
    assert done.code == 4
    assert "nothing answers at 127.0.0.1:9 (connection refused)" in " ".join(done.err.split())
    assert "Error" not in done.err


def test_a_fetched_token_is_struck_out_of_what_the_other_service_says(tmp_path):
    """It is as secret as a configured one, on both sides."""
    heard: list[str] = []

    def application(request) -> Response:
        heard.append(request.headers["authorization"].removeprefix("Bearer "))
        return Response(status=500, body=f"no {heard[0]}".encode())

    with TokenEndpoint() as endpoint, Server(application) as server:
        both = settings(server.url, f"{server.url}/j", tmp_path)
        portal = Endpoint(url=server.url, login=endpoint.login)
        with connected(replace(both, portal=portal)) as services:
            for directory in (services.portal, services.jhana):
                reply = directory.transport.request("GET", "/Users")
                assert isinstance(reply, Answer)
                assert reply.body == b"no [token]"
    assert len(set(heard)) == 2
