"""What `plan` and `upload` share: flags, the checked file, the plan and its questions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from aapimport.cli.grouping import EVERYDAY, EXPERT, UNATTENDED, GroupedOption
from aapimport.errors import AnswerNeededError, RefusedError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from aapimport.check.check_file import Checked, ReadOptions
    from aapimport.cli.asking import Asker
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Memory, Services
    from aapimport.plan.plan import Plan

Preview = Literal["first", "problems", "random"]
_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class PlanFlags:
    """The flags that `plan` and `upload` share, as click names them."""

    pass_name: str | None
    emails: bool | None
    sheet: str | None
    hidden: Literal["include", "skip"] | None
    preview: Preview
    maybe: Literal["create", "leave-out"] | None
    returning: Literal["include", "leave-out"] | None
    encoding: str | None
    max_seats: int | None
    fit: bool
    update_roles: bool
    update_names: bool
    thorough: bool


def option(group: str, *names: str, **settings: Any) -> Callable[[_Command], _Command]:
    """A click option under a heading of the help text."""
    return click.option(*names, cls=GroupedOption, group=group, **settings)


_OPTIONS = (
    option(EVERYDAY, "--pass", "pass_name", metavar="NAME", help="The pass: its name or its id."),
    option(
        EVERYDAY,
        "--emails/--no-emails",
        default=None,
        help="Send welcome e-mails to people who are new, or none now; asked when not given.",
    ),
    option(EVERYDAY, "--sheet", metavar="NAME", help="The sheet that holds the people."),
    option(
        EVERYDAY,
        "--hidden",
        type=click.Choice(["include", "skip"]),
        help="Whether people in hidden, filtered or marked rows count; asked when not given.",
    ),
    option(
        EVERYDAY,
        "--preview",
        type=click.Choice(["first", "problems", "random"]),
        default="first",
        show_default=True,
        help="Which ten rows are shown.",
    ),
    option(
        UNATTENDED,
        "--maybe",
        type=click.Choice(["create", "leave-out"]),
        help="What to do with people who may be there already; asked when not given,"
        " left out where nothing can answer.",
    ),
    option(
        UNATTENDED,
        "--returning",
        type=click.Choice(["include", "leave-out"]),
        help="What to do with people whose account is deactivated; asked on a terminal, else left"
        " out.",
    ),
    option(
        UNATTENDED,
        "--encoding",
        metavar="NAME",
        help="The text encoding of a csv that isn't UTF-8, for example cp1252.",
    ),
    option(
        UNATTENDED,
        "--max-seats",
        type=click.IntRange(min=0),
        metavar="N",
        help="Refuse a plan that uses more seats.",
    ),
    option(
        EXPERT, "--fit", is_flag=True, help="Too few seats or places? Upload the first that fit."
    ),
    option(
        EXPERT, "--update-roles", is_flag=True, help="Change the roles of people already there."
    ),
    option(
        EXPERT, "--update-names", is_flag=True, help="Change the names of people already there."
    ),
    option(EXPERT, "--thorough", is_flag=True, help="Let both readers read files of any size."),
)


def plan_options(command: _Command) -> _Command:
    """Give a command the flags of `PlanFlags`."""
    for one in reversed(_OPTIONS):
        command = one(command)
    return command


def checked_file(file: Path, flags: PlanFlags, console: "Console", asker: "Asker") -> "Checked":
    """The checked file; one with errors has its problems printed and goes no further.

    Raises:
        FileProblemError: It can't be read.
        UsageError: A decision about it is missing and nothing can answer.
        RefusedError: It has errors.
    """
    from aapimport.check.check_file import ReadOptions, check_file
    from aapimport.problems.problem import Level
    from aapimport.screens.problems import show_problems

    options = ReadOptions(
        sheet=flags.sheet, encoding=flags.encoding, hidden=flags.hidden, thorough=flags.thorough
    )
    checked = with_answers(options, asker, lambda chosen: check_file(file, chosen))
    if checked.problems:
        show_problems(console, checked)
    if errors := checked.count(Level.ERROR):
        raise RefusedError(
            f"{file.name} has {errors:,} error{'s' if errors > 1 else ''}, so it is not uploaded",
            hint="correct the cells above, then upload again",
        )
    return checked


def with_answers(
    options: "ReadOptions", asker: "Asker", check: "Callable[[ReadOptions], Checked]"
) -> "Checked":
    """Check a file, asking for each decision that turns out to be needed.

    Raises:
        AnswerNeededError: Nothing can answer.
    """
    while True:
        try:
            return check(options)
        except AnswerNeededError as needed:
            if not asker.on_terminal:  # what is piped in may be meant for something else
                for value, label in needed.choices:
                    asker.say(f"  {value}  {label}")
                raise
            answer = asker.choose(needed.message, needed.choices, needed.flag)
            # the answer is one of the choices, which the reader made for this very field
            options = replace(options, **{needed.option: answer})  # type: ignore[arg-type]


def drafted_plan(
    services: "Services",
    checked: "Checked",
    flags: PlanFlags,
    settings: "Settings",
    name: str,
    memory: "Memory | None" = None,
) -> "Plan":
    """The plan as far as it can be made without a question.

    Args:
        services: Both services.
        checked: The file.
        flags: What was decided by flags.
        settings: The settings.
        name: The pass's name or id.
        memory: What earlier uploads know; None where nobody has looked.

    Raises:
        RefusedError: The pass or a team doesn't exist, or two rows are one account.
        SettingsError: A service refuses its token, or AAPIMPORT_ADMINISTRATOR is no address.
        ServiceError: A service can't be asked.
    """
    from aapimport.plan.make import NO_MEMORY, draft_plan
    from aapimport.plan.own import set_administrator
    from aapimport.plan.plan import PlanOptions

    options = PlanOptions(
        pass_name=name,
        update_roles=flags.update_roles,
        update_names=flags.update_names,
        fit=flags.fit,
        maybe=flags.maybe or "leave-out",
        returning=flags.returning or "leave-out",
        max_seats=flags.max_seats,
        buffer=settings.buffer,
        administrator=set_administrator(settings),
        pass_as=settings.pass_as,
    )
    return draft_plan(checked, services, options, memory or NO_MEMORY)


def warned_rows(checked: "Checked") -> frozenset[int]:
    """The rows of the file that have warnings."""
    from aapimport.problems.problem import Level

    return frozenset(
        problem.cell.row
        for problem in checked.problems
        if problem.cell and problem.level is Level.WARNING
    )


def picked_pass(services: "Services", asker: "Asker") -> str:
    """The pass that the administrator picks from the portal's list.

    Raises:
        UsageError: Nothing can answer, or there is no list.
    """
    from aapimport.screens.passes import pass_label

    passes = services.portal.passes()
    if not passes:
        raise UsageError("which pass? this portal publishes none", hint="name it with --pass")
    labels = tuple((one.id, pass_label(one)) for one in passes)
    return asker.choose("Which pass?", labels, "--pass", guess=True)
