from dataclasses import replace
from pathlib import Path
from typing import Any

from aapimport.app.session import connected
from aapimport.config.settings import Endpoint, Settings
from aapimport.services.replies import Answer
from support.stub import ScimStub
from support.token_endpoint import TokenEndpoint
from support.wire import Request, Response, Server


def settings(portal: str, jhana: str, tmp_path: Path, **more: Any) -> Settings:
    """Two services, each with a token of its own."""
    return Settings(
        state_dir=tmp_path,
        portal=Endpoint.bearer(url=portal, token="portal-token-71"),
        jhana=Endpoint.bearer(url=jhana, token="jhana-token-29"),
        **more,
    )


def test_neither_service_can_say_the_others_token(tmp_path: Path) -> None:
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


def test_services_at_one_host_stop_each_by_itself(tmp_path: Path) -> None:
    """They share the host's budget of retries; the end of one doesn't cut the other's waits."""
    asked: list[str] = []

    def application(request: Request) -> Response:
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


def test_services_at_two_hosts_share_nothing(
    portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path
) -> None:
    """What one of them costs is not the other's."""
    with connected(settings(portal_stub.url, jhana_stub.url, tmp_path)) as services:
        assert services.portal.patience._budget is not services.jhana.patience._budget


def test_the_setting_reaches_the_portal_alone(
    portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path
) -> None:
    """Jhana has neither roles nor passes; the setting is about the portal."""
    portal_stub.habits.token, jhana_stub.habits.token = "portal-token-71", "jhana-token-29"
    dropped = frozenset({"externalid"})
    with connected(
        settings(portal_stub.url, jhana_stub.url, tmp_path, not_kept=dropped)
    ) as services:
        assert not services.portal.capabilities.keeps("externalId")
        assert services.jhana.capabilities.keeps("externalId")


def test_a_fetched_token_is_struck_out_of_what_the_other_service_says(tmp_path: Path) -> None:
    """It is as secret as a configured one, on both sides."""
    heard: list[str] = []

    def application(request: Request) -> Response:
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
