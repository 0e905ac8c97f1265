"""The flags that commands share."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aapimport.cli.grouping import EVERYDAY, EXPERT, UNATTENDED, GroupedOption
from aapimport.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Choices = TypeVar("_Choices", bound="DataclassInstance")


def option(group: str, *names: str, **settings: Any) -> Callable[[_Command], _Command]:
    """A click option under a heading of the help text."""
    return click.option(*names, cls=GroupedOption, group=group, **settings)


_OF_PLANS = (
    option(
        EVERYDAY,
        "--pass",
        "pass_name",
        metavar="NAME",
        common=True,
        help="The pass: its name or its id.",
    ),
    option(
        EVERYDAY,
        "--emails/--no-emails",
        default=None,
        common=True,
        help="Send welcome e-mails to people who are new, or none now; asked when not given.",
    ),
    option(
        EVERYDAY,
        "--sheet",
        metavar="NAME",
        help="The sheet that holds the people.",
    ),
    option(
        EVERYDAY,
        "--hidden",
        type=click.Choice(["include", "skip"]),
        common=True,
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
        common=True,
        help="What to do with people who may be there already; asked when not given,"
        " left out where nothing can answer.",
    ),
    option(
        UNATTENDED,
        "--maybe-file",
        type=click.Path(path_type=Path),
        metavar="FILE.xlsx",
        help="Write them into a workbook to be answered in Excel; given again, the same command"
        " does what was answered.",
    ),
    option(
        UNATTENDED,
        "--returning",
        type=click.Choice(["include", "leave-out"]),
        common=True,
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
    option(
        UNATTENDED,
        "--other-pass",
        is_flag=True,
        help="Let a results workbook go to another pass or portal than its upload went to.",
    ),
)


def plan_options(command: _Command) -> _Command:
    """Give a command the flags of `PlanChoices`."""
    for one in reversed(_OF_PLANS):
        command = one(command)
    return command


_OF_APPROVALS = (
    option(
        UNATTENDED,
        "--client-admins",
        type=click.IntRange(min=0),
        metavar="N",
        common=True,
        help="Allow client admins: exactly N in the file, those who are already included.",
    ),
    option(
        UNATTENDED,
        "--new-pass",
        is_flag=True,
        help="Put people on a pass that nobody has so far, where the portal lists no passes.",
    ),
    option(
        UNATTENDED,
        "--unproven",
        is_flag=True,
        help="Create people whom a service doesn't find, where it can be asked in one way only.",
    ),
    option(
        UNATTENDED,
        "--fingerprint",
        metavar="TEXT",
        help="The fingerprint of the plan of --plan, as plan -o printed it.",
    ),
)


def approval_options(command: _Command) -> _Command:
    """Give a command the flags of `Approvals`."""
    for one in reversed(_OF_APPROVALS):
        command = one(command)
    return command


_JSON = option(
    UNATTENDED,
    "--json",
    "as_json",
    is_flag=True,
    common=True,
    help="Print the receipt as JSON, for scripts.",
)
_STOP_AFTER = option(
    EXPERT,
    "--stop-after",
    type=click.IntRange(min=1),
    metavar="N",
    help="Pause after N failures; by default after 20 that are 5 % or more.",
)
_PACE = option(
    EXPERT,
    "--pace",
    metavar="N",
    help="Requests a second for each service, or a service's name, for example slack.",
)
_OF_RUNS = (
    _JSON,
    option(
        EXPERT,
        "--results",
        type=click.Path(path_type=Path),
        metavar="OUT.xlsx",
        help="Where the results workbook goes; by default beside the file.",
    ),
    option(EXPERT, "--no-results", is_flag=True, help="Write no results workbook."),
    option(
        EXPERT,
        "--canary",
        type=click.IntRange(min=1),
        metavar="N",
        help="Upload N people, look them up on both services, then ask whether to go on.",
    ),
    _STOP_AFTER,
    option(
        EXPERT,
        "--bulk/--no-bulk",
        default=True,
        help="Whether many people may go into one request, where that is offered.",
    ),
    _PACE,
)


def run_options(command: _Command) -> _Command:
    """Give a command the flags of `RunChoices`."""
    for one in reversed(_OF_RUNS):
        command = one(command)
    return command


def mailing_options(command: _Command) -> _Command:
    """Give a command those flags of `RunChoices` that matter where only e-mails are sent."""
    for one in (_PACE, _STOP_AFTER, _JSON):
        command = one(command)
    return command


def taken(kind: type[_Choices], flags: dict[str, Any]) -> _Choices:
    """Take out of a command's flags those that a dataclass has fields for, as one of it."""
    return kind(**{one.name: flags.pop(one.name) for one in fields(kind)})


_MOST_ROWS = 1_048_576
"""Rows of a sheet in Excel."""


def read_rows(said: str) -> frozenset[int]:
    """The rows that `--only-rows 5,9-12` means.

    Raises:
        UsageError: It means none.
    """
    rows: set[int] = set()
    for part in said.split(","):
        first, dash, last = part.strip().partition("-")
        numbers = [one.strip() for one in (first, last if dash else first)]
        if not all(one.isascii() and one.isdecimal() for one in numbers):
            raise UsageError(
                f"--only-rows {said}: {part.strip()!r} is no row", hint="for example 5,9-12"
            )
        begin, end = map(int, numbers)
        if not 1 <= begin <= end <= _MOST_ROWS:
            raise UsageError(
                f"--only-rows {said}: {part.strip()!r} is no range of rows",
                hint="for example 5,9-12",
            )
        rows.update(range(begin, end + 1))
    return frozenset(rows)
