"""`aapimport emails`: shown, written to be changed, and one sent to oneself."""

import pytest

from support.machine import SERVICES
from support.mail_server import CUT, MailServer

ME = "zoe@example.com"


def _table(port: int, more: str = "") -> str:
    return (
        f'{SERVICES}[mail]\nhost = "127.0.0.1"\nport = {port}\nfrom = "learning@example.com"\n'
        f'sign_in = "sso"\nsign_in_url = "https://portal.example.com/"\n{more}'
    )


def test_one_is_shown_without_any_settings(aapimport, machine):
    """As an example, and a notice says so; its page goes into a file."""
    done = aapimport("emails", "show", "portal", "--language", "sv")
    assert done.code == 0
    assert done.out.startswith("Subject: Välkommen till All Access Pass\n\nHej Ana!\n")
    assert "there is no [mail] yet" in done.err
    page = aapimport("emails", "show", "portal", "--html")
    assert page.out.startswith("<!DOCTYPE html>\n")


def test_texts_are_changed(aapimport, machine):
    """Written once, never over; what is changed is sent, and a slip is told with its cure."""
    done = aapimport("emails", "edit", "texts")
    assert done.code == 0
    folder = machine.work / "texts"
    assert "wrote 13 files" in done.err
    assert f"write templates = '{folder}' into [mail]" in done.err
    own = folder / "portal.en.txt"
    own.write_text("Subject: Hi {{ first_name }}\n\nSee {{ sign_in_url }}\n", encoding="utf-8")
    assert aapimport("emails", "edit", "texts").code == 1
    assert own.read_text(encoding="utf-8").startswith("Subject: Hi")
    machine.own_file(_table(25, f'templates = "{folder}"\n'))
    assert aapimport("emails", "show", "portal").out.startswith("Subject: Hi Ana\n")
    own.write_text("Subject: Hi {{ firstname }}\n\nSee\n", encoding="utf-8")
    done = aapimport("emails", "show", "jhana")
    assert done.code == 3
    assert "did you mean 'first_name'?" in done.err


def test_one_is_sent_to_oneself(aapimport, machine):
    """By the server of the settings; its words are shown."""
    with MailServer() as server:
        machine.own_file(_table(server.port))
        done = aapimport("emails", "test", "--to", ME, "--kind", "jhana")
        assert done.code == 0, done.err
        assert done.out == f"sent to {ME}: the server says 250 2.0.0 queued as 7K3\n"
        assert server.recipients == [ME]
        assert b"Welcome to Jhana" in server.taken[0][2]
        found = aapimport("emails", "test", "--to", ME, "--json").json
        assert found["message_id"].endswith("@example.com>")


@pytest.mark.parametrize(
    ("step", "said", "code", "words"),
    [
        ("MAIL", "550 5.7.1 not as that sender", 3, "check from in [mail]"),
        ("RCPT", "550 5.1.1 nobody", 1, "the server refuses the address"),
        ("RCPT", "451 4.7.1 later", 4, "try again later"),
        ("connect", "421 4.3.2 down", 4, "try again later"),
        ("dot", CUT, 4, "the e-mail may have been sent"),
    ],
)
def test_what_went_wrong_is_said(aapimport, machine, step, said, code, words):
    """With the exit code that tells whether to mend, to show or to come back."""
    with MailServer(lambda at, _: said if at == step else None) as server:
        machine.own_file(_table(server.port))
        done = aapimport("emails", "test", "--to", ME)
    assert done.code == code
    assert words in done.err


def test_without_a_server_nothing_is_tried(aapimport, machine):
    """Nor without its password, nor to what is no address."""
    assert "there is no mail server" in aapimport("emails", "test", "--to", ME).err
    with MailServer() as server:
        machine.own_file(_table(server.port, 'user = "learning"\n'))
        done = aapimport("emails", "test", "--to", ME)
        assert (done.code, server.connections) == (3, 0)
        assert "aapimport login mail" in done.err
        machine.own_file(_table(server.port))
        assert aapimport("emails", "test", "--to", "zoe").code == 1
        assert server.connections == 0
