"""One e-mail about both services, also where two uploads have made somebody's two accounts."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aapimport.errors import ExitCode
from aapimport.person import Person
from support.sending import id_of, mails, send, text
from support.stub import ScimStub
from support.uploading import Uploading, person
from support.wire import error, instead

PASS: dict[str, Any] = {"pass_name": "Leadership 2026"}
BOTH = Counter({("p2@acme.com", "combined"): 1, ("p3@acme.com", "portal"): 1})


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """Uploads without e-mails."""
    return Uploading(
        portal=portal_stub,
        jhana=jhana_stub,
        journal_path=tmp_path / "state" / "journal.sqlite3",
        emails=False,
    )


def upload(uploading: Uploading, *rows: Person) -> str:
    """Upload some people; gives the number."""
    uploading.rows = rows
    return uploading.run().receipt


@pytest.mark.parametrize("named", ["pass", "first", "second"])
def test_a_later_file_that_does_not_speak_of_jhana_takes_no_half_away(
    uploading: Uploading, named: str
) -> None:
    """By whichever upload they are named, and by the pass: one e-mail, and nobody is left."""
    first = upload(uploading, person(2, jhana=True))
    second = upload(uploading, person(2), person(3))
    numbers: Sequence[str | None] = {
        "pass": (None,),
        "first": (first, second),
        "second": (second, first),
    }[named]
    for one in (*numbers, None):
        assert send(uploading, one, **PASS if one is None else {})[0] is ExitCode.OK
    assert mails(uploading) == BOTH


def test_whom_jhana_has_taken_first(uploading: Uploading) -> None:
    """The portal refused them in the first upload: name and address tell who they are."""
    uploading.portal.on("POST", "/Users", instead(error(400, "no")), times=1)
    upload(uploading, person(2, jhana=True))
    second = upload(uploading, person(2), person(3))
    assert send(uploading, second)[0] is ExitCode.OK
    assert mails(uploading) == BOTH


def test_the_earlier_upload_speaks_of_jhana_that_a_later_one_has_made(
    uploading: Uploading,
) -> None:
    """As long as neither half was sent; then the other half is the later upload's."""
    first = upload(uploading, person(2), person(3))
    upload(uploading, person(2, jhana=True))
    assert send(uploading, first)[0] is ExitCode.OK
    assert mails(uploading) == BOTH


def test_who_was_mailed_before_jhana_was_made_stays_so(uploading: Uploading) -> None:
    """An upload whose people were all mailed doesn't owe what a later one has made."""
    first = upload(uploading, person(2), person(3))
    send(uploading, first)
    second = upload(uploading, person(2, jhana=True))
    assert "Left alone 2 mailed already" in text(send(uploading, first)[1])
    assert send(uploading, second)[0] is ExitCode.OK
    assert mails(uploading)["p2@acme.com", "jhana"] == 1


def test_a_half_that_was_left_is_sent_by_the_pass(uploading: Uploading) -> None:
    """Whoever got the portal's half alone gets Jhana's, though the newest file is silent on it."""
    upload(uploading, person(2, jhana=True))
    (jhana,) = uploading.jhana.store.users.values()
    jhana["active"] = False
    upload(uploading, person(2), person(3))
    assert send(uploading, None, **PASS)[0] is ExitCode.OK
    jhana["active"] = True
    assert send(uploading, None, **PASS)[0] is ExitCode.OK
    assert mails(uploading)["p2@acme.com", "jhana"] == 1


def test_an_id_that_was_anothers_brings_no_jhana_with_it(uploading: Uploading) -> None:
    """The account on Jhana is of whoever had the id on the portal before."""
    first = upload(uploading, person(2, jhana=True), person(4))
    send(uploading, first, to=("p4@acme.com",))
    own = id_of(uploading, "p2@acme.com")
    del uploading.portal.store.users[own]
    uploading.portal._next = int(own.removeprefix("user-")) - 1
    second = upload(uploading, person(3, first_name="Bo", last_name="Lind"))
    assert id_of(uploading, "p3@acme.com") == own
    assert send(uploading, second)[0] is ExitCode.OK
    assert mails(uploading)["p3@acme.com", "portal"] == 1
    assert send(uploading, second)[0] is ExitCode.OK
