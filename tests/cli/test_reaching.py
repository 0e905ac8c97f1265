"""Services that can't be reached, as a command tells of them."""

import pytest

from support.encrypted import showing
from support.stub import ScimStub

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
