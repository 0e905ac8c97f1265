"""Who is sent a welcome e-mail after the upload, and who isn't and why."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console

from aapimport.mail.envelope import needs_smtputf8
from aapimport.run.records import Way
from aapimport.run.send_plan import Addressee, SendPlan, Standing
from aapimport.screens.console import count, safe
from aapimport.screens.how_long import Sent, how_long, moment
from aapimport.screens.labelled import print_labelled, print_line
from aapimport.screens.plan import ABOUT
from aapimport.screens.target import where
from aapimport.services.values import EmailKind

_LABEL = 20
_MOST_NAMED = 10
_LEFT: dict[Standing, str] = {
    "mailed": "mailed already",
    "handed_over": "handed over, to be sent by hand",
    "was_there": "there before the upload, and not welcomed",
    "not_chosen": "not chosen",
}
"""Who is left alone, in words."""
_WAYS = {
    Way.PORTAL: "the portal sends them, with each person's own log-in",
    Way.HAND_OVER: "a workbook for a mail merge: you send them, and nothing is sent from here",
}
_BY_SMTP = "sent from {sender} by {place}, with a text that says how to sign in"
_SMTPUTF8 = "letters outside ASCII: a mail server without SMTPUTF8 refuses this address"
_TOLD_BY = {
    "portal": "as the portal tells, and the ledger here",
    "ledger": "as the ledger here knows; the portal doesn't tell, and may have sent its own when"
    " they were created: look at one of them there first",
}


def show_send_plan(console: Console, plan: SendPlan, profile: str = "") -> None:
    """Print who is mailed about what, and by name who can't be.

    Args:
        console: Where to.
        plan: The plan.
        profile: The profile that the services are configured in; empty without one.
    """
    of = f"upload {plan.of}, pass" if plan.of else "pass"
    print_line(console, f"Welcome e-mails of {of} {safe(plan.pass_name)!r}")
    for label, words in _about(plan, profile):
        print_labelled(console, f"  {label}".ljust(_LABEL), words)
    _name(console, plan.to_mail)
    if plan.means.server:
        for one in plan.to_mail:
            if needs_smtputf8(one.email):
                print_labelled(console, f"  {safe(one.place)}: ", f"{safe(one.email)}: {_SMTPUTF8}")
    for one in plan.in_part:
        who = f"{safe(one.email)} is mailed about the portal alone: {safe(one.why)}"
        print_labelled(console, f"  {safe(one.place)}: ", who)
    for one in plan.told:
        who = safe(one.email) or "not known by address"
        print_labelled(console, f"  {safe(one.place)}: ", f"{who} is not mailed: {safe(one.why)}")


def _about(plan: SendPlan, profile: str) -> Iterator[tuple[str, str]]:
    yield "Where", where(plan.target, plan.address, profile)
    server = plan.means.server
    way = _WAYS.get(plan.means.way, "")
    yield "Way", _BY_SMTP.format(sender=server.sender, place=server.place) if server else way
    about = ", ".join(
        f"{plan.kinds[kind]:,} {ABOUT[kind]}" for kind in EmailKind if plan.kinds[kind]
    )
    number = len(plan.to_mail)
    yield "E-mails", f"{count(number, 'welcome e-mail')}{f': {about}' if about else ''}"
    if plan.seconds:
        yield "Time", _time(plan)
    yield "Never mailed", _TOLD_BY[plan.told_by]
    counts = Counter(one.standing for one in plan.people)
    left = [f"{counts[name]:,} {words}" for name, words in _LEFT.items() if counts[name]]
    if left:
        yield "Left alone", ", ".join(left)
    if whys := Counter(one.why for one in plan.people if one.why and one.standing in _LEFT):
        yield "Of these", ", ".join(f"{number:,} {why}" for why, number in whys.items())
    if plan.means.not_before is not None:
        yield "Not before", moment(plan.means.not_before)


def _time(plan: SendPlan) -> str:
    """How long it takes, in words."""
    number = len(plan.to_mail)
    today, rest_at = plan.means.now(number)
    return how_long(
        Sent(
            number=number,
            seconds=plan.seconds,
            today=today,
            rest_at=rest_at,
            days=plan.means.days(number),
            per_day=plan.means.server.preset.per_day if plan.means.server else 0,
        )
    )


def _name(console: Console, people: Sequence[Addressee]) -> None:
    """Who is mailed, the first of them."""
    for one in people[:_MOST_NAMED]:
        names = " ".join(filter(None, (one.first_name, one.last_name)))
        print_line(console, f"  {safe(one.place)}: {safe(one.email)}  {safe(names)}".rstrip())
    if len(people) > _MOST_NAMED:
        print_line(console, f"  and {len(people) - _MOST_NAMED:,} more (--json lists everybody)")
