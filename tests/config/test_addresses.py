import pytest

from aapimport.config.addresses import is_host


@pytest.mark.parametrize(
    "host",
    [
        "portal.example.com",
        "portal.example.com.",
        "localhost",
        "host_x.example",
        "127.0.0.1",
        "::1",
        "bücher.example",
        "xn--bcher-kva.example",
        "日本語.jp",
    ],
)
def test_what_can_be_a_host(host: str) -> None:
    """Names, addresses, names in every script; whether anybody answers there is another matter."""
    assert is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "a..b",
        ".example.com",
        "-bad.example",
        "bad-.example",
        "a" * 64 + ".example",
        ".".join(["abcdefgh"] * 30),
        "1.2.3.999",
        "1.2.3",
        "exa*mple.com",
        "portal,example.com",
        "ex%41mple.com",
        '"q".com',
        "xn--zzzzzz.example",
        "日本語。。jp",
    ],
)
def test_what_can_not_be_a_host(host: str) -> None:
    """What no name server would ever be asked for is a wrong setting, not a service in trouble."""
    assert not is_host(host)
