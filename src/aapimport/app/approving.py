"""The administrator's word on a plan: seats, client admins, e-mails, and what can't be proven."""

from typing import TYPE_CHECKING

from aapimport.errors import DeclinedError, RefusedError, UsageError

if TYPE_CHECKING:
    from aapimport.app.choices import Approvals, PlanChoices
    from aapimport.app.desk import Desk
    from aapimport.plan.make import Services
    from aapimport.plan.plan import Plan
    from aapimport.plan.report import PlanReport
    from aapimport.run.records import Run

_DECLINED = "you did not say yes"
_TRIES = 3
"""How often a fingerprint may be typed."""


def approve_fingerprint(report: "PlanReport", desk: "Desk", given: str | None) -> None:
    """Have the fingerprint of a written plan compared with the one that `plan -o` printed.

    Args:
        report: The written plan.
        desk: Asks.
        given: What `--fingerprint` says; None when it wasn't given.

    Raises:
        RefusedError: It is another plan's, or the administrator stopped.
        UsageError: Nothing can answer.
    """
    from aapimport.plan.approval import is_fingerprint

    hint = "ask whoever made the plan for the fingerprint that plan -o printed"
    if given is not None:
        if not is_fingerprint(given, report):
            raise RefusedError(f"{given!r} is not the fingerprint of this plan", hint=hint)
        return
    question = "Type the plan's fingerprint, as plan -o printed it, or press Enter to stop"
    for _ in range(_TRIES):
        typed = desk.type_words(question, "--fingerprint")
        if not typed:
            raise DeclinedError(_DECLINED)
        if is_fingerprint(typed, report):
            return
        desk.say("that is not the fingerprint of this plan")
    raise RefusedError("this is not the plan whose fingerprint you have", hint=hint)


def approve_doubts(plan: "Plan", desk: "Desk", approvals: "Approvals") -> None:
    """Have confirmed what the plan rests on and can't be proven.

    Args:
        plan: The plan.
        desk: Asks; `--yes` alone is not enough.
        approvals: What was given.

    Raises:
        RefusedError: The administrator said no.
        UsageError: Nothing can answer.
    """
    given = {"--new-pass": approvals.new_pass, "--unproven": approvals.unproven}
    for doubt in plan.doubts:
        if given[doubt.flag]:
            continue
        question = f"{doubt.sentence}\n{doubt.question}"
        if not desk.confirm(question, default=False, flags=doubt.flag, yes_answers=False):
            raise DeclinedError(_DECLINED)


def approve_client_admins(plan: "Plan", desk: "Desk", named: int | None) -> None:
    """Have everybody who would get administration rights confirmed.

    Args:
        plan: The plan.
        desk: Asks; `--yes` alone is not enough.
        named: What `--client-admins` says, of all client admins of the file; None when it wasn't
            given.

    Raises:
        RefusedError: The number is another one, or the administrator said no.
        UsageError: Nothing can answer.
    """
    from aapimport.plan.file_admins import file_admins
    from aapimport.screens.plan import all_client_admins, show_client_admins

    everybody = file_admins(plan)
    if named is not None and named != len(everybody):
        raise RefusedError(
            f"{all_client_admins(everybody)}; --client-admins says {named:,}",
            hint="look at who is uploaded, and who is left out, with: aapimport plan; if all of it"
            f" is right: --client-admins {len(everybody)}",
        )
    if named is not None or not plan.client_admins:
        return
    desk.show(show_client_admins, plan)
    what = "the client admins that this upload makes"
    flag = f"--client-admins {len(everybody)}"
    if not desk.type_number(what, len(plan.client_admins), flag, yes_answers=False):
        raise DeclinedError(_DECLINED)


def approve_plan(plan: "Plan", desk: "Desk") -> None:
    """Have the seats typed back that are used, or else the e-mails that are sent, or else a yes.

    It is the last question: whatever else is decided was asked, and shown, before.

    Raises:
        RefusedError: The administrator said no.
        UsageError: Nothing can answer.
    """
    from aapimport.screens.target import place

    where = place(plan.target, plan.address, desk.profile, with_jhana=plan.writes_to_jhana)
    approve_number(desk, where, seats=plan.seats, mails=plan.welcomes)


def say_what_comes(desk: "Desk", run: "Run", seats: int, mails: int, letters: int) -> int:
    """Say what a run that goes on uses and sends from now on.

    Args:
        desk: Is told.
        run: The run.
        seats: Seats.
        mails: Welcome e-mails of its own.
        letters: Those that a mail server sends after it.

    Returns:
        How many e-mails follow in all.
    """
    from aapimport.run.wanted_letters import wanted_letters
    from aapimport.screens.console import count

    comes = [f"{count(seats, 'seat')} for good"]
    if mails or not letters:
        comes.append(count(mails, "e-mail"))
    if letters and (wanted := wanted_letters(run)):
        comes.append(f"{count(letters, 'e-mail')} after the upload, from {wanted.server}")
    desk.say(f"from now on: {', '.join(comes)}")
    return mails + letters


def approve_number(
    desk: "Desk",
    where: str,
    *,
    seats: int,
    mails: int,
    flags: str = "--yes",
    yes_answers: bool = True,
) -> None:
    """Have typed back what can't be undone: the seats, with none the e-mails, with neither a yes.

    Args:
        desk: Asks.
        where: The portal, as a sentence names it.
        seats: Seats that the upload uses from now on.
        mails: Welcome e-mails that it sends from now on.
        flags: What decides without a question.
        yes_answers: Whether `--yes` is enough.

    Raises:
        DeclinedError: The administrator said no.
        UsageError: Nothing can answer.
    """
    if seats:
        what = f"the seats that this upload uses, for good, on {where}"
        approved = desk.type_number(what, seats, flags, yes_answers=yes_answers)
    elif mails:
        what = f"the e-mails that this upload sends, on {where}; no seat is used"
        approved = desk.type_number(what, mails, flags, yes_answers=yes_answers)
    else:
        question = f"Go on, without a seat or an e-mail, on {where}?"
        approved = desk.confirm(question, default=False, flags=flags, yes_answers=yes_answers)
    if not approved:
        raise DeclinedError(_DECLINED)


def refuse_emails_without_way(plan: "Plan", emails: bool | None) -> None:
    """Refuse e-mails that were asked for where no service can be asked for them.

    Args:
        plan: The plan.
        emails: What `--emails` or `--no-emails` says; None when neither was given.

    Raises:
        RefusedError: Somebody who is new can't be mailed.
    """
    from aapimport.plan.decide import unmailable
    from aapimport.screens.console import count

    if emails and plan.letters is None and (number := len(unmailable(plan))):
        who = count(number, "new person", "new people")
        raise RefusedError(
            f"{who} can't be sent a welcome e-mail: the service takes no word about them, and no"
            " mail server is configured",
            hint="write a mail server of yours into [mail] (docs/settings.md), and the same command"
            " mails them after the upload; or upload with --no-emails, then aapimport send-emails"
            " RECEIPT --hand-over OUT.xlsx makes a workbook by which you send them yourself",
        )


def plan_with_emails(plan: "Plan", desk: "Desk", emails: bool | None) -> "Plan":
    """The plan after the question whether welcome e-mails are sent, unless a flag has decided.

    The portal's box is ticked as well, and what is sent is part of what is approved in the end.

    Raises:
        UsageError: Nothing can answer.
    """
    if emails is None and plan.welcomes:
        by = f", from {plan.letters.sender}" if plan.letters else ""
        question = f"Send welcome e-mails ({plan.welcomes:,}{by})?"
        if not desk.confirm(question, default=True, flags="--emails or --no-emails"):
            return plan.without_emails()
    return plan


def refuse_choices_beside_plan(choices: "PlanChoices") -> None:
    """Refuse flags that a written plan has decided already.

    Raises:
        UsageError: Some were given; names them.
    """
    given = {
        "--pass": choices.pass_name is not None,
        "--emails and --no-emails": choices.emails is not None,
        "--maybe": choices.maybe is not None,
        "--maybe-file": choices.maybe_file is not None,
        "--returning": choices.returning is not None,
        "--max-seats": choices.max_seats is not None,
        "--fit": choices.fit,
        "--update-roles": choices.update_roles,
        "--update-names": choices.update_names,
        "--other-pass": choices.other_pass,
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
    from aapimport.screens.console import count

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
            f"pass {plan.pass_.name!r} had {count(plan.pass_.free or 0, 'free seat')} when the plan"
            f" was made, now it has {now.free:,}, and this upload needs {plan.seats:,}",
            hint="run the command again to see the plan as it is now",
        )
