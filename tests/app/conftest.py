"""What tests of e-mails after an upload start from."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aapimport.app import letters
from aapimport.config.mail import Mail
from support.lettering import HEADER, ROWS, last_upload, upload
from support.mail_server import MailServer
from support.mailing import mail_for
from support.mortal import Killed
from support.others_mail import Taking, aiosmtpd
from support.stub import ScimStub
from support.uploading import Uploading


@pytest.fixture
def no_emails(portal_stub: ScimStub, jhana_stub: ScimStub) -> None:
    """Neither the portal nor Jhana takes a word about e-mails."""
    portal_stub.habits.mails = jhana_stub.habits.mails = False


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three people, the first with Jhana."""
    path = tmp_path / "people.csv"
    path.write_text("\n".join([HEADER, *ROWS]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def taking() -> Taking:
    """What the mail server has taken."""
    return Taking()


@pytest.fixture
def mail(taking: Taking) -> Iterator[Mail]:
    """A real mail server that takes everything."""
    with aiosmtpd(taking) as port:
        yield mail_for(port)


@pytest.fixture(params=["portal", "smtp"])
def mail_by_either(request: pytest.FixtureRequest, uploading: Uploading) -> Iterator[Mail | None]:
    """The services send, which can, or a mail server; which has no e-mail to take here."""
    if request.param == "portal":
        yield None
        return
    uploading.portal.habits.mails = uploading.jhana.habits.mails = False
    with MailServer() as server:
        yield mail_for(server.port)
        assert not server.recipients


@pytest.fixture
def cut(
    uploading: Uploading, file: Path, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """The process dies when the upload is done, and no e-mail is begun; gives its number."""

    def die(*_: Any) -> None:
        raise Killed

    def cut_off(**more: Any) -> str:
        with monkeypatch.context() as patched:
            patched.setattr(letters.Following, "go_on", die)
            with pytest.raises(Killed):
                upload(uploading, file, mail, **more)
        return last_upload(uploading)

    return cut_off
