"""What is in the practice portal, as tables."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console

from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_line
from aapimport.screens.tables import print_table
from aapimport.screens.target import PRACTICE
from aapimport.template.roles import Role

_LABEL = 9
_NUMBERS = {"Seats", "Places", "Used", "Free"}


def show_contents(console: Console, contents: Mapping[str, Any], folder: str) -> None:
    """Print everything in the practice portal.

    Args:
        console: Where to.
        contents: The contents in the shape of `sandbox show --json`.
        folder: Where the practice portal is kept.
    """
    console.print(PRACTICE)
    _section(console, "Passes", ("Pass", "Id", "Seats", "Used", "Free"), _passes(contents))
    _section(console, "Teams", ("Team", "Pass", "Places", "Used", "Free"), _teams(contents))
    columns = ("Email Address", "Role", "Passes", "Teams", "Jhana", "Active")
    _section(console, "People", columns, _people(contents))
    _section(console, "Outbox", ("To", "Kind", "Sent", "Request"), _outbox(contents))
    notices = contents.get("notices", ())
    for one in notices:
        _notice(console, one)
    people, mails = len(contents["people"]), len(contents["outbox"])
    told = f", {count(len(notices), 'completion notice')}" if notices else ""
    line = f"{count(people, 'person', 'people')}, {count(mails, 'e-mail')} in the outbox{told}"
    console.print(f"\n{line}")
    print_line(console, f"kept in {safe(folder)}")
    console.print("next: aapimport sandbox reset goes back to the start")


def show_serving(console: Console) -> None:
    """Print what somebody who started the server wants to know next."""
    console.print(PRACTICE)
    console.print("serving on this machine only; press Ctrl+C to stop")


def show_served(console: Console) -> None:
    """Print that the server has stopped."""
    console.print("stopped; everything is kept")


def show_reset(console: Console, folder: str) -> None:
    """Print that the practice portal is as new."""
    console.print(PRACTICE)
    print_line(console, f"the practice portal in {safe(folder)} is as new")
    console.print("next: aapimport sandbox show")


def _section(
    console: Console, title: str, columns: Iterable[str], rows: Iterable[tuple[str, ...]]
) -> None:
    console.print(f"\n{title}", style="bold")
    found = list(rows)
    if found:
        print_table(console, tuple(columns), found, right=_NUMBERS, gap=1)
    else:
        console.print("(none)")


def _notice(console: Console, notice: Mapping[str, str]) -> None:
    """Print what somebody was told of the end of a run."""
    console.print("\nCompletion notice", style="bold")
    for label, value in (
        ("To", notice["to"]),
        ("Sent", _to_the_second(notice["sent_at"])),
        ("Subject", notice["subject"]),
    ):
        print_line(console, f"{label.ljust(_LABEL)}{safe(value)}")
    for line in notice["text"].splitlines():
        print_line(console, f"  {safe(line)}" if line else "")


def _passes(contents: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for one in contents["passes"]:
        yield safe(one["name"]), safe(one["id"]), *_room(one["seats"], one["seats_used"])


def _teams(contents: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for one in contents["teams"]:
        yield safe(one["name"]), safe(one["pass"]), *_room(one["places"], one["places_used"])


def _people(contents: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for one in contents["people"]:
        yield (
            safe(one["email"]),
            "\n".join(_role(safe(role)) for role in one["roles"]),
            "\n".join(map(safe, one["passes"])),
            "\n".join(map(safe, one["teams"])),
            "yes" if one["jhana"] else "",
            "yes" if one["active"] else "no",
        )


def _role(value: str) -> str:
    """The role's word, with a blank where a narrow column can break it."""
    return "individual contributor" if value == Role.INDIVIDUAL_CONTRIBUTOR else value


def _outbox(contents: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for one in contents["outbox"]:
        yield safe(one["to"]), one["kind"], _to_the_second(one["sent_at"]), safe(one["request_id"])


def _room(capacity: int | None, used: int) -> tuple[str, str, str]:
    if capacity is None:
        return "any", f"{used:,}", "any"
    return f"{capacity:,}", f"{used:,}", f"{capacity - used:,}"


def _to_the_second(moment: str) -> str:
    return f"{moment[:10]} {moment[11:19]} UTC"
