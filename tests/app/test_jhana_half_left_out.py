"""The Jhana half of a welcome that can't be sent is told the first time, too."""

from pathlib import Path

import pytest

from aapimport.errors import ExitCode
from support.sending import mails, send, text, three_people
from support.stub import ScimStub


@pytest.mark.parametrize("way", ["portal", "hand-over"])
@pytest.mark.parametrize("how", ["off", "gone"])
def test_who_is_mailed_about_the_portal_alone_is_named(
    portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path, how: str, way: str
) -> None:
    """On the plan and the receipt, with 1; once her account is on again she gets that half."""
    uploading = three_people(portal_stub, jhana_stub, tmp_path)
    receipt = uploading.run().receipt
    ((own, user),) = jhana_stub.store.users.items()
    if how == "off":
        user["active"] = False
    else:
        del jhana_stub.store.users[own]
    told = "row 2: p2@acme.com is mailed about the portal alone: Jhana: the account"
    code, desk = send(uploading, receipt, dry_run=True)
    assert (code, told in text(desk)) == (ExitCode.FINDINGS, True)
    out = tmp_path / "mails.xlsx" if way == "hand-over" else None
    code, desk = send(uploading, receipt, hand_over=out)
    assert code is ExitCode.FINDINGS
    assert told in text(desk)
    assert "p2@acme.com same, but Jhana: no welcome to it: the account" in text(desk)
    assert mails(uploading).total() == (0 if out else 3)
    code, desk = send(uploading, receipt)
    assert code is ExitCode.FINDINGS
    assert "p2@acme.com is not mailed: Jhana: the account" in text(desk)
    jhana_stub.store.users[own] = {**user, "active": True}
    assert send(uploading, receipt)[0] is ExitCode.OK
    assert mails(uploading)["p2@acme.com", "jhana"] == 1
    assert send(uploading, receipt)[0] is ExitCode.OK
    assert mails(uploading).total() == (1 if out else 4)
