"""What `plan` and `upload` share: the checked file, the plan and its questions."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import AnswerNeededError, RefusedError, UsageError

if TYPE_CHECKING:
    from aapimport.app.choices import PlanChoices
    from aapimport.app.desk import Desk
    from aapimport.check.check_file import Checked, ReadOptions
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Memory, Services
    from aapimport.plan.plan import Plan


def checked_file(file: Path, choices: "PlanChoices", desk: "Desk") -> "Checked":
    """The checked file; one with errors has its problems printed and goes no further.

    Raises:
        FileProblemError: It can't be read.
        UsageError: A decision about it is missing and nothing can answer, or two flags decide the
            same.
        RefusedError: It has errors.
    """
    from aapimport.check.check_file import ReadOptions, check_file
    from aapimport.problems.problem import Level
    from aapimport.screens.problems import show_problems

    if choices.maybe and choices.maybe_file:
        raise UsageError(
            "--maybe and --maybe-file both decide about the people who may be there already",
            hint="leave one of the two out",
        )
    options = ReadOptions(
        sheet=choices.sheet,
        encoding=choices.encoding,
        hidden=choices.hidden,
        thorough=choices.thorough,
    )

    def check(chosen: ReadOptions) -> "Checked":
        with desk.busy(f"reading {file.name}"):
            return check_file(file, chosen)

    checked = with_answers(options, desk, check)
    if checked.problems:
        desk.show(show_problems, checked)
    if errors := checked.count(Level.ERROR):
        raise RefusedError(
            f"{file.name} has {errors:,} error{'s' if errors > 1 else ''}, so it is not uploaded",
            hint="correct the cells above, then upload again",
        )
    return checked


def with_answers(
    options: "ReadOptions", desk: "Desk", check: "Callable[[ReadOptions], Checked]"
) -> "Checked":
    """Check a file, asking for each decision that turns out to be needed.

    Raises:
        AnswerNeededError: Nothing can answer.
    """
    while True:
        try:
            return check(options)
        except AnswerNeededError as needed:
            if not desk.on_terminal:  # what is piped in may be meant for something else
                for value, label in needed.choices:
                    desk.say(f"  {value}  {label}")
                raise
            answer = desk.choose(needed.message, needed.choices, needed.flag)
            # the answer is one of the choices, which the reader made for this very field
            options = replace(options, **{needed.option: answer})  # type: ignore[arg-type]


def drafted_plan(
    services: "Services",
    checked: "Checked",
    choices: "PlanChoices",
    settings: "Settings",
    desk: "Desk",
    memory: "Memory | None" = None,
) -> "Plan":
    """The plan as far as it can be made without a question.

    Args:
        services: Both services.
        checked: The file.
        choices: What was decided by flags; without the pass's name it is picked from a list.
        settings: The settings.
        desk: Asks for the pass, and shows what is going on.
        memory: What earlier uploads know; None where nobody has looked.

    Raises:
        UsageError: The pass isn't named, and nothing can answer, or there is no list; or the file
            is the results workbook of an upload to another pass.
        RefusedError: The pass or a team doesn't exist, or two rows are one account.
        SettingsError: A service refuses its token, or the setting `administrator` is no address.
        ServiceError: A service can't be asked.
    """
    from aapimport.plan.make import NO_MEMORY, draft_plan
    from aapimport.plan.own import set_administrator
    from aapimport.plan.plan import PlanOptions

    pass_name = choices.pass_name or _picked_pass(services, desk)
    if checked.origin:
        _check_origin(services, checked, pass_name, choices, settings, desk)
    options = PlanOptions(
        pass_name=pass_name,
        update_roles=choices.update_roles,
        update_names=choices.update_names,
        fit=choices.fit,
        maybe=choices.maybe or "leave-out",
        returning=choices.returning or "leave-out",
        max_seats=choices.max_seats,
        buffer=settings.buffer,
        administrator=set_administrator(settings),
        pass_as=settings.pass_as,
    )
    with desk.busy("asking the services") as tell:
        planning = partial(tell, "planning")
        plan = draft_plan(checked, services, options, memory or NO_MEMORY, planning)
    say_where_set(plan, settings, desk)
    return plan


def _check_origin(
    services: "Services",
    checked: "Checked",
    pass_name: str,
    choices: "PlanChoices",
    settings: "Settings",
    desk: "Desk",
) -> None:
    from aapimport.app.origin import check_origin
    from aapimport.plan.names import which_pass

    with desk.busy("asking the services"):
        pass_, _ = which_pass(services.portal, pass_name, settings.pass_as)
    check_origin(checked, services, pass_, desk, given=choices.other_pass)


def say_where_set(plan: "Plan", settings: "Settings", desk: "Desk") -> None:
    """Say where the settings are set of which a plan speaks; the plan itself may go to others."""
    for sentence in settings.where_set(*plan.notices):
        desk.say(sentence)


def warned_rows(checked: "Checked") -> frozenset[int]:
    """The rows of the file that have warnings."""
    from aapimport.problems.problem import Level

    return frozenset(
        problem.cell.row
        for problem in checked.problems
        if problem.cell and problem.level is Level.WARNING
    )


def _picked_pass(services: "Services", desk: "Desk") -> str:
    """The pass that the administrator picks from the portal's list.

    Raises:
        UsageError: Nothing can answer, or there is no list.
    """
    from aapimport.screens.passes import pass_label

    with desk.busy("asking the services"):
        passes = services.portal.passes()
    if not passes:
        raise UsageError("which pass? this portal publishes none", hint="name it with --pass")
    labels = tuple((one.id, pass_label(one)) for one in passes)
    names = [one.name for one in passes]
    return desk.choose("Which pass?", labels, "--pass", guess=True, names=names)
