"""What people are sent: in every kind and language, from texts that nobody can break unseen."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

import html5lib
import pytest

from aapimport.config.mail import Mail
from aapimport.errors import SettingsError
from aapimport.mail.envelope import stuffed
from aapimport.mail.message import EXAMPLE, LANGUAGES, TEMPLATES, Recipient, Texts
from aapimport.services.values import EmailKind
from support.mailing import mail_for

URL = "https://portal.example.com/"


def _mail(**more: object) -> Mail:
    return mail_for(25, sender_name="Learning, at “Example”", **more)


def _sent(mail: Mail, to: Recipient = EXAMPLE, **more: object) -> EmailMessage:
    """An e-mail as whoever gets it reads it."""
    made = Texts(mail).message(EmailKind.COMBINED, to, row="a 1", now=1_800_000_000.0)
    found = email.message_from_bytes(made.as_bytes(), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    text = part.get_content()
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", EmailKind)
@pytest.mark.parametrize("sign_in", ["sso", "set-password"])
def test_each_says_who_what_and_how_to_sign_in(kind, language, sign_in) -> None:
    """The person's name, the pass, and the page; the user name where a password is chosen."""
    found = Texts(_mail(sign_in=sign_in)).rendered(kind, EXAMPLE, language)
    for said in (found.text, found.page):
        assert "Ana" in said
        assert URL in said
        assert (EXAMPLE.email in said) is (sign_in == "set-password")
        assert (EXAMPLE.pass_name in said) is (kind is not EmailKind.JHANA)
        assert ("Jhana" in said) is (kind is not EmailKind.PORTAL)
    assert f'<html lang="{language}">' in found.page


def test_it_is_one_message_in_two_forms() -> None:
    """With what lets answers find us and keeps out-of-office notes away."""
    found = _sent(_mail(reply_to="help@example.com"))
    assert str(found["From"]) == '"Learning, at “Example”" <learning@example.com>'
    assert str(found["To"]) == EXAMPLE.email
    assert found["Reply-To"] == "help@example.com"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found.get_content_type() == "multipart/alternative"
    assert "Hello Ana," in _part(found, "plain")
    assert "<p" in _part(found, "html")


def test_its_id_is_that_of_its_row() -> None:
    """The same each time it is made, another for another row; so is the header of a server."""
    texts = Texts(_mail(idempotency_header="Idempotency-Key", idempotency_hours=24.0))
    one, same, other = (
        texts.message(EmailKind.PORTAL, EXAMPLE, row=row, now=now)
        for row, now in (("a 1", 1.0), ("a 1", 9.0), ("a 2", 1.0))
    )
    for header in ("Message-ID", "Idempotency-Key"):
        assert one[header] == same[header] != other[header]
    assert str(one["Message-ID"]).endswith("@example.com>")


@pytest.mark.parametrize("name", ["Ana\r\nBcc: x@example.com", "A\x00na\n\nb", "Ana\u2028Bcc: y"])
def test_no_name_becomes_a_header(name: str, tmp_path: Path) -> None:
    """Nor a line of its own, also where a subject speaks of it."""
    own = tmp_path / "portal.en.txt"
    own.write_text(f"Subject: Hello {{{{ first_name }}}}\n\nSee {{{{ first_name }}}}: {URL}\n")
    to = Recipient(email="ana@example.com", first_name=name, last_name="P", pass_name=name)
    texts = Texts(_mail(templates=tmp_path))
    made = texts.message(EmailKind.PORTAL, to, row="a", now=1.0)
    found = email.message_from_bytes(made.as_bytes(), policy=email.policy.default)
    assert found["Bcc"] is None
    assert str(found["Subject"]).startswith("Hello A")
    assert len(found.keys()) == len(made.keys())


def test_a_name_is_no_markup() -> None:
    """Nor a template: what a person is called is shown."""
    to = Recipient(
        email="a@example.com", first_name="<b>{{ email }}", last_name="&", pass_name="<i>"
    )
    found = Texts(_mail()).rendered(EmailKind.COMBINED, to, "en")
    assert "Hello <b>{{ email }}," in found.text
    assert "Hello &lt;b&gt;{{ email }}," in found.page
    assert "<b>" not in found.page


def test_nothing_is_loaded_from_elsewhere() -> None:
    """No picture, no script, no style sheet, no link but the one to sign in."""
    page = Texts(_mail()).rendered(EmailKind.COMBINED, EXAMPLE, "en").page
    for sign in ("<img", "<script", "<link", "<style", "url(", "src=", "@import"):
        assert sign not in page
    assert page.count("http") == 2
    assert page.count(URL) == 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("portal.en.txt", "Subject: Hi\n\nHello {{ firstname }}\n", "did you mean 'first_name'?"),
        (
            "jhana.ja.txt",
            'Subject: Hi\n\n{% if sign_in == "set-password" %}{{ password }}{% endif %} Hi\n',
            "speaks of 'password'",
        ),
        ("portal.fr.txt", "Subject: Hi\n\n{% if %}\n", "line 3 can't be used"),
        ("portal.fr.txt", "Hello\n\n{{ first_name }}\n", "the first line is no subject"),
        ("portal.fr.txt", "Subject: \n\n{{ first_name }}\n", "the first line is no subject"),
        ("portal.fr.txt", "Subject: Hi\n", "has no text"),
        ("portal.fr.txt", "Subject: Hi\n\n{{ first_name.__class__.mro() }}\n", "can't be used"),
        ("page.html", "{{ paragraph }}", "did you mean 'paragraphs'?"),
        ("portal.eng.txt", "Subject: Hi\n\nHi\n", "did you mean 'portal.en.txt'?"),
    ],
)
def test_a_text_of_ones_own_is_checked_first(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    """All of them, in every branch, before the first e-mail."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        Texts(_mail(templates=tmp_path)).check()
    assert str(tmp_path / name) in caught.value.message
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_a_text_of_ones_own_goes_first(tmp_path: Path) -> None:
    """As Notepad saves it; all others are those that come with aapimport."""
    text = "\ufeffSubject: Salut {{ first_name }}\r\n\r\nOuvre {{ sign_in_url }}\r\n"
    (tmp_path / "portal.fr.txt").write_bytes(text.encode())
    texts = Texts(_mail(templates=tmp_path))
    texts.check()
    found = texts.rendered(EmailKind.PORTAL, EXAMPLE, "fr")
    assert (found.subject, found.text) == ("Salut Ana", f"Ouvre {URL}\n")
    assert texts.rendered(EmailKind.PORTAL, EXAMPLE, "sv").subject.startswith("Välkommen")


def test_letters_outside_ascii_reach_the_mailbox() -> None:
    """A domain as its A-label; a name before the @ only with SMTPUTF8, as it is."""
    found = _sent(_mail(), Recipient(email="ana@münchen.de", first_name="A", last_name="P"))
    assert str(found["To"]) == "ana@xn--mnchen-3ya.de"
    to = Recipient(email="josé@example.com", first_name="José", last_name="P")
    made = Texts(_mail()).message(EmailKind.PORTAL, to, row="a", now=1.0)
    assert "To: josé@example.com".encode() in made.as_bytes()


def test_every_server_takes_it() -> None:
    """Seven bits and short lines, whatever the language (RFC 5322, 2.1.1)."""
    for language in LANGUAGES:
        made = Texts(_mail()).message(
            EmailKind.COMBINED, EXAMPLE, row="a", now=1.0, language=language
        )
        data = made.as_bytes()
        assert data.isascii()
        assert max(map(len, data.splitlines())) <= 998


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", EmailKind)
def test_the_page_is_html(kind, language) -> None:
    """A strict reader of HTML finds nothing to complain of."""
    page = Texts(_mail()).rendered(kind, EXAMPLE, language).page
    html5lib.HTMLParser(strict=True).parse(page)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", EmailKind)
def test_what_arrives_is_what_was_written(kind, language) -> None:
    """Subject, text and page come out of the mail's encodings as they went in."""
    texts = Texts(_mail())
    to = Recipient(
        email="o@example.com",
        first_name="Søren Æ" * 9,
        last_name="王小明" * 9,
        pass_name="日本 " * 30,
    )
    made = texts.message(kind, to, row="a", now=1.0, language=language)
    found = email.message_from_bytes(stuffed(made), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    said = texts.rendered(kind, to, language)
    assert found["Subject"] == said.subject
    assert _part(found, "plain").replace("\r\n", "\n") == said.text
    assert _part(found, "html").replace("\r\n", "\n").rstrip() == said.page.rstrip()


@pytest.mark.parametrize(
    "subject", ["Bienvenue à l’été", "ようこそ、ページへ " * 6, "a b " * 30 + "é", "“x” " * 20]
)
def test_a_subject_of_ones_own_arrives(tmp_path: Path, subject: str) -> None:
    """However long, and in whatever letters."""
    text = f"Subject: {subject}\n\nSee {{{{ sign_in_url }}}}\n"
    (tmp_path / "portal.en.txt").write_text(text, encoding="utf-8")
    made = Texts(_mail(templates=tmp_path)).message(EmailKind.PORTAL, EXAMPLE, row="a", now=1.0)
    found = email.message_from_bytes(stuffed(made), policy=email.policy.default)
    assert found["Subject"] == subject.strip()


def test_all_texts_are_there() -> None:
    """Three kinds in four languages, and one page."""
    assert len([*TEMPLATES.iterdir()]) == len(EmailKind) * len(LANGUAGES) + 1
