"""A results workbook goes back where its upload went: another pass or portal needs a word."""

from typing import TYPE_CHECKING

from aapimport.errors import DeclinedError, UsageError

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.check.check_file import Checked
    from aapimport.check.origin import Origin
    from aapimport.plan.make import Services
    from aapimport.services.values import Pass

FLAG = "--other-pass"
"""What decides without a question."""


def check_origin(
    checked: "Checked", services: "Services", pass_: "Pass", desk: "Desk", *, given: bool
) -> None:
    """Have a word where a results workbook is of another pass, or of another portal.

    Args:
        checked: The file; any other one needs none.
        services: Both services.
        pass_: The pass that its people are to be put on.
        desk: Asks; `--yes` alone is not enough.
        given: Whether `FLAG` is.

    Raises:
        UsageError: Nobody can be asked.
        DeclinedError: The administrator said no.
    """
    from aapimport.screens.console import safe
    from aapimport.screens.target import place

    of = checked.origin
    if of is None or given or _is_back(of, services, pass_):
        return
    here = place(services.target, services.address)
    sentence = (
        f"{safe(checked.name)} is {said(of)}; here it would go to pass {safe(pass_.name)!r} on"
        f" {here}"
    )
    if not desk.on_terminal:  # what is piped in may be meant for something else
        raise UsageError(
            sentence,
            hint=f"name that pass and that portal; if it is meant to go here all the same: {FLAG}",
        )
    question = f"{sentence}\nIs it meant to go here?"
    if not desk.confirm(question, default=False, flags=FLAG, yes_answers=False):
        raise DeclinedError("you did not say yes")


def said(of: "Origin") -> str:
    """Which upload a results workbook is of, in words."""
    from aapimport.screens.console import safe
    from aapimport.screens.target import place

    upload = f"the results workbook of upload {of.receipt}" if of.receipt else "a results workbook"
    target = "practice" if of.where == "practice" else "live"
    places = [f"to pass {safe(of.pass_name)!r}"] if of.pass_name else []
    places += [f"on {place(target, of.where)}"] if of.where else []
    return f"{upload} {' '.join(places) or 'to another pass, or on another portal'}"


def _is_back(of: "Origin", services: "Services", pass_: "Pass") -> bool:
    """Whether that is the portal and the pass of the workbook's upload, as far as it tells."""
    from aapimport.check.origin import place_digest
    from aapimport.check.written import text_of
    from aapimport.config.addresses import places_of
    from aapimport.text import fold

    portal = portal_of(services.address)
    if of.by_id:
        by_name = not services.portal.capabilities.passes and of.by_name
        return place_digest(portal, pass_.id) == of.by_id or bool(
            by_name and place_digest(portal, pass_.name) == of.by_name
        )
    try:
        said_portal = portal_of(places_of(of.where))
    except ValueError:  # somebody has typed it
        said_portal = of.where
    same_portal = said_portal in {"", portal}
    names = {fold(text_of(one)) for one in (pass_.name, pass_.id)}
    return same_portal and (not of.pass_name or fold(text_of(of.pass_name)) in names)


def portal_of(address: str) -> str:
    """The portal's part of the address of both services."""
    return address.partition(" ")[0]
