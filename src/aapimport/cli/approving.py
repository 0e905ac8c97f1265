"""The administrator's word on a plan: whom to create, whom to make client admin, whom to mail."""

from typing import TYPE_CHECKING

from aapimport.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from aapimport.cli.asking import Asker
    from aapimport.cli.planning import PlanFlags
    from aapimport.plan.make import Services
    from aapimport.plan.plan import Plan

_DECLINED = "stopped: you did not say yes"


def decided_plan(draft: "Plan", asker: "Asker", console: "Console", *, asked: bool) -> "Plan":
    """The plan after the question who of the possible twins is created; it may be impossible.

    Args:
        draft: The plan as `draft_plan` made it.
        asker: Asks.
        console: Where they are shown side by side.
        asked: Whether a flag has decided already.
    """
    from aapimport.plan.decide import leave_out
    from aapimport.screens.maybe import show_maybe, show_maybes

    if not draft.maybes:
        return leave_out(draft)
    show_maybes(console, draft)
    if asked:
        return leave_out(draft)
    rows = {one.person.row for one in draft.maybes}
    if asker.yes:
        return leave_out(draft, rows if asker.practice else ())
    choices = (
        ("create", "create them all: they are other people"),
        ("leave-out", "leave them all out"),
        ("ask", "decide one by one"),
    )
    try:
        choice = asker.choose(
            "What about people who may be there already?", choices, "--maybe", guess=True
        )
    except UsageError:
        asker.say("nothing can answer: they are left out; --maybe create uploads them")
        choice = "leave-out"
    if choice == "ask":
        rows = {
            one.person.row
            for one in draft.maybes
            if asker.confirm(
                f"{show_maybe(one)}\n  Create this person all the same?",
                default=False,
                flags="--maybe",
            )
        }
    return leave_out(draft, () if choice == "leave-out" else rows)


def approve_client_admins(
    plan: "Plan", asker: "Asker", console: "Console", named: int | None
) -> None:
    """Have everybody who would get administration rights confirmed.

    Args:
        plan: The plan.
        asker: Asks; `--yes` alone is not enough on a real portal.
        console: Where they are listed.
        named: What `--client-admins` says; None when it wasn't given.

    Raises:
        RefusedError: The number is another one, or the administrator said no.
        UsageError: Nothing can answer.
    """
    from aapimport.screens.plan import show_client_admins

    found = len(plan.client_admins)
    if not found:  # also when the same command runs again after everything is done
        return
    if named is not None and named != found:
        raise RefusedError(
            f"this upload makes {found:,} client admins, --client-admins says {named:,}",
            hint="look at who they are with: aapimport plan",
        )
    if named is not None:
        return
    show_client_admins(console, plan)
    what = "the client admins that this upload makes"
    if not asker.type_number(what, found, f"--client-admins {found}", yes_answers=False):
        raise RefusedError(_DECLINED)


def approve_plan(plan: "Plan", asker: "Asker", emails: bool | None) -> "Plan":
    """Have the seats typed back, or a plain yes where none is used; then ask about e-mails.

    Raises:
        RefusedError: The administrator said no.
        UsageError: Nothing can answer.
    """
    if plan.seats:
        what = "the seats that this upload uses, for good"
        approved = asker.type_number(what, plan.seats, "--yes")
    else:
        approved = asker.confirm("Continue?", default=False, flags="--yes")
    if not approved:
        raise RefusedError(_DECLINED)
    return plan_with_emails(plan, asker, emails)


def plan_with_emails(plan: "Plan", asker: "Asker", emails: bool | None) -> "Plan":
    """The plan after the question whether welcome e-mails are sent, unless a flag has decided.

    Raises:
        UsageError: Nothing can answer.
    """
    if emails is None and plan.mails:
        question = f"Send welcome e-mails ({plan.mails:,})?"
        if not asker.confirm(question, default=True, flags="--emails or --no-emails"):
            return plan.without_emails()
    return plan


def refuse_flags_beside_plan(flags: "PlanFlags") -> None:
    """Refuse flags that a written plan has decided already.

    Raises:
        UsageError: Some were given; names them.
    """
    given = {
        "--pass": flags.pass_name is not None,
        "--emails and --no-emails": flags.emails is not None,
        "--maybe": flags.maybe is not None,
        "--max-seats": flags.max_seats is not None,
        "--fit": flags.fit,
        "--update-roles": flags.update_roles,
        "--update-names": flags.update_names,
    }
    if names := [name for name, is_given in given.items() if is_given]:
        raise UsageError(
            f"--plan has decided about {', '.join(names)} already",
            hint="leave these flags out, or make a new plan with them",
        )


def check_seats_again(plan: "Plan", services: "Services") -> None:
    """Read the seats once more, just before the first write.

    Raises:
        RefusedError: Somebody else used seats meanwhile, and they no longer suffice; or the pass
            is gone.
        ServiceError: The portal can't be asked.
    """
    passes = services.portal.passes()
    now = next((one for one in passes if one.id == plan.pass_.id), None)
    if now is None:
        if passes:
            raise RefusedError(
                f"pass {plan.pass_.name!r} is gone since the plan was made",
                hint="see what there is with: aapimport passes",
            )
        return  # the portal publishes none
    if now.free is not None and plan.seats > now.free:
        raise RefusedError(
            f"pass {plan.pass_.name!r} had {plan.pass_.free or 0:,} free seats when the plan was"
            f" made, now it has {now.free:,}, and this upload needs {plan.seats:,}",
            hint="run the command again to see the plan as it is now",
        )
