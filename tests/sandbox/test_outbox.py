import email
import stat
import sys
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest

from aapimport.sandbox.contents import contents
from aapimport.sandbox.models import USER_EXTENSION
from aapimport.sandbox.outbox import file_name
from aapimport.sandbox.practice import Practice, reset


def welcome(request_id: str, kind: str = "portal") -> dict[str, Any]:
    """A PATCH that asks for a welcome e-mail."""
    value = {"requestId": request_id, "kind": kind}
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": f"{USER_EXTENSION}:welcomeEmail", "value": value}],
    }


def eml_files(tmp_path: Path) -> list[Path]:
    """What is in the outbox's folder."""
    return sorted((tmp_path / "practice" / "outbox").iterdir())


def sent_at(client: httpx.Client, user: str) -> str:
    """When the server says that it sent the e-mail."""
    asked = {"attributes": f"{USER_EXTENSION}:welcomeEmail.sentAt"}
    found = client.get(f"/Users/{user}", params=asked).json()
    return str(found[USER_EXTENSION]["welcomeEmail"]["sentAt"])


def test_an_email_is_a_real_one(portal: httpx.Client, tmp_path: Path, wire) -> None:
    """The file opens as an e-mail to the person, with their name and the name of their pass."""
    asked = {"welcomeEmail": {"requestId": "r-1", "kind": "combined"}}
    body = wire.person("zoë", entitlements=wire.on_pass("big"), **{USER_EXTENSION: asked})
    body["userName"] = body["emails"][0]["value"] = "zoe@acme.com"
    body["schemas"].append(USER_EXTENSION)
    assert portal.post("/Users", json=body).status_code == 201
    (path,) = eml_files(tmp_path)
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    assert message["To"].addresses[0].addr_spec == "zoe@acme.com"
    assert message["To"].addresses[0].display_name == "Zoë Test"
    assert message["Subject"] == "Welcome to your All Access Pass and Jhana"
    text = message.get_content()
    assert "Hello Zoë Test," in text
    assert 'seat on the pass "Big Pass"' in text
    assert "Jhana is switched on" in text


def test_one_email_for_a_request_id_ever(portal: httpx.Client, tmp_path: Path) -> None:
    """The same request id again, by anybody and by any method, sends nothing more."""
    assert portal.patch("/Users/ana", json=welcome("r-1")).status_code == 204
    first = sent_at(portal, "ana")
    assert portal.patch("/Users/ana", json=welcome("r-1")).status_code == 204
    assert portal.patch("/Users/bo", json=welcome("r-1")).status_code == 204
    whole = portal.get("/Users/ana").json()
    assert portal.put("/Users/ana", json=whole).status_code == 200
    assert sent_at(portal, "ana") == sent_at(portal, "bo") == first
    assert [path.name for path in eml_files(tmp_path)] == [file_name("r-1")]
    assert [mail.request_id for mail in contents(tmp_path).outbox] == ["r-1"]


def test_another_request_id_is_another_email(portal: httpx.Client, tmp_path: Path) -> None:
    """A client that wants a second e-mail asks under a new id."""
    portal.patch("/Users/ana", json=welcome("r-1"))
    portal.patch("/Users/ana", json=welcome("r-2"))
    assert len(eml_files(tmp_path)) == 2


def test_jhana_sends_its_own(jhana: httpx.Client, tmp_path: Path, wire) -> None:
    """Jhana mails only when asked, and only its own kind."""
    created = jhana.post("/Users", json=wire.person("cy"))
    assert created.status_code == 201
    assert eml_files(tmp_path) == []
    user = created.json()["id"]
    assert jhana.patch(f"/Users/{user}", json=welcome("j-1", "portal")).status_code == 400
    assert jhana.patch(f"/Users/{user}", json=welcome("j-1", "jhana")).status_code == 204
    assert b"Subject: Welcome to Jhana" in eml_files(tmp_path)[0].read_bytes()


def test_who_is_refused_gets_no_email(portal: httpx.Client, tmp_path: Path, wire) -> None:
    """A person who isn't stored isn't mailed, and the request id stays unused."""
    asked = {"welcomeEmail": {"requestId": "r-1", "kind": "portal"}}
    body = wire.person("ana", **{USER_EXTENSION: asked})
    assert portal.post("/Users", json=body).status_code == 409
    assert eml_files(tmp_path) == []
    portal.patch("/Users/bo", json=welcome("r-1"))
    assert len(eml_files(tmp_path)) == 1


def test_a_lost_file_is_written_again(
    practice: Practice, portal: httpx.Client, tmp_path: Path, wire
) -> None:
    """What a killed process left out, or somebody deleted, is there after the next opening."""
    portal.patch("/Users/ana", json=welcome("r-1"))
    practice.close()
    (path,) = eml_files(tmp_path)
    content = path.read_bytes()
    path.unlink()
    Practice(tmp_path, wire.SEED).close()
    assert eml_files(tmp_path) == [path]
    assert path.read_bytes().partition(b"Hello")[2] == content.partition(b"Hello")[2]


def test_a_request_id_of_any_shape(portal: httpx.Client, tmp_path: Path) -> None:
    """A request id never leaves the outbox's folder, whatever it holds."""
    for request_id in ("../../escape", "a/b", "C:\\x", "x" * 5000, "é\u202e"):
        assert portal.patch("/Users/ana", json=welcome(request_id)).status_code == 204
    assert len(eml_files(tmp_path)) == 5


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights in the profile folder")
def test_everything_is_private(portal: httpx.Client, tmp_path: Path) -> None:
    """The practice folder is 0700, every file in it 0600."""
    portal.patch("/Users/ana", json=welcome("r-1"))
    folder = tmp_path / "practice"
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def test_reset_empties_the_outbox(practice: Practice, portal: httpx.Client, tmp_path: Path) -> None:
    """After a reset the seed is back, the outbox is empty, the token is the same."""
    portal.patch("/Users/ana", json=welcome("r-1"))
    reset(tmp_path)
    assert eml_files(tmp_path) == []
    assert contents(tmp_path).outbox == ()
    assert portal.get("/Passes/leadership-2026").status_code == 200
    with_token = Practice(tmp_path)
    assert with_token.token == practice.token
    with_token.close()


def test_reset_replaces_a_damaged_file(tmp_path: Path) -> None:
    """A file that is no database is replaced; only an explicit reset does that."""
    Practice(tmp_path).close()
    (tmp_path / "practice" / "practice.sqlite3").write_bytes(b"not a database" * 1000)
    with pytest.raises(Exception, match="can't be read"):
        Practice(tmp_path)
    reset(tmp_path)
    assert len(contents(tmp_path).teams) == 4
