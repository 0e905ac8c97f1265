"""Whom of an upload's plan the mail server can't send the welcome e-mail to, and why."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from aapimport.errors import SettingsError

if TYPE_CHECKING:
    from aapimport.config.mail import Mail
    from aapimport.mail.message import Texts
    from aapimport.plan.letters import LetterTrouble
    from aapimport.plan.plan import PersonPlan, Plan

_PERHAPS = "letters outside ASCII: a mail server without SMTPUTF8 refuses this address"
_NEVER = "the mail server takes no address with letters outside ASCII (SMTPUTF8): not mailed"
_UNWRITABLE = "the address holds a sign that none may have: not mailed"


def troubles(
    plan: "Plan", mail: "Mail", rows: Collection[int], *, takes_any: bool | None
) -> "Iterator[LetterTrouble]":
    """Whom it can't be sent to, or perhaps not.

    Args:
        plan: The plan.
        mail: The server, and the texts.
        rows: The rows of the people whom e-mails go to.
        takes_any: Whether the server takes letters outside ASCII; None before it was asked.
    """
    from aapimport.mail.message import Texts
    from aapimport.plan.letters import LetterTrouble

    texts = Texts(mail) if mail.templates else None  # ours fit everybody
    for one in plan.people:
        if one.person.row not in rows:
            continue
        why = _trouble(one, plan.pass_.name, texts, takes_any=takes_any)
        if why:
            yield LetterTrouble(
                row=one.person.row, email=one.person.email, why=why, is_sure=why != _PERHAPS
            )


def _trouble(
    one: "PersonPlan", pass_name: str, texts: "Texts | None", *, takes_any: bool | None
) -> str:
    from aapimport.mail.envelope import is_writable, needs_smtputf8
    from aapimport.mail.message import Recipient
    from aapimport.plan.plan import Action
    from aapimport.services.values import EmailKind

    person = one.person
    if not is_writable(person.email):
        return _UNWRITABLE
    if needs_smtputf8(person.email) and not takes_any:
        return _PERHAPS if takes_any is None else _NEVER
    if texts is None:
        return ""
    kind = EmailKind.PORTAL
    if one.jhana and one.jhana.action is Action.CREATE:
        kind = EmailKind.COMBINED if one.portal.action is Action.CREATE else EmailKind.JHANA
    to = Recipient(
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        pass_name="" if kind is EmailKind.JHANA else pass_name,
    )
    try:
        texts.message(kind, to, row="", now=0.0)
    except SettingsError as error:
        return f"the text can't be made for them: {error.message}: not mailed"
    return ""
