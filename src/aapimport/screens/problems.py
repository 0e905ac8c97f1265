"""The list of problems, as `validate` and `upload` print it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from rich.cells import cell_len

from aapimport.check.check_file import Checked
from aapimport.errors import NOTHING_SENT
from aapimport.problems.problem import Level, Problem
from aapimport.problems.rule_id import RuleId
from aapimport.screens.console import count, make_console, safe

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 80
_ID_WIDTH = 15
_LONGEST_VALUE = 60
_OF_ONE_RULE = 10
_CELLS_NAMED = 5
_STYLES = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.NOTICE: "cyan"}
_WHOLE_FILE = "file"
_VALUE_IN_MESSAGE = {RuleId.READERS_DISAGREE}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the list.

    Attributes:
        problem: What is shown.
        others: The problems that are told by their cells only.
        alike: Whether those are the same in everything but the cell.
    """

    problem: Problem
    others: Sequence[Problem] = ()
    alike: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list.

    Attributes:
        plain: Its text.
        address: How many characters the address in front takes; 0 in a continued line.
        rule: How many characters the rule's name takes, after the margin; 0 in most lines.
        margin: Where the rule's name starts.
        level: The problem's weight, which colours the name.
    """

    plain: str
    address: int = 0
    rule: int = 0
    margin: int = 0
    level: Level = Level.ERROR


def show_problems(console: "Console", checked: Checked, *, show_all: bool = False) -> None:
    """Print the problems, or nothing where there are none.

    Args:
        console: Where to.
        checked: The checked file.
        show_all: Whether each problem is an entry of its own.
    """
    from rich.text import Text

    lines = _lines_of(checked, show_all=show_all)
    if not console.is_terminal:  # there is nothing to style, and a long list is written at once
        console.file.write(_as_text(lines))
        return
    for line in lines:
        text = Text(line.plain)
        text.stylize("bold", 0, line.address)
        text.stylize(_STYLES[line.level], line.margin, line.margin + line.rule)
        console.print(text, soft_wrap=True)
    if lines:
        console.print()


def show_checked(stream: IO[str], checked: Checked, *, show_all: bool = False) -> None:
    """Print the problems, the counts, and the state of the world.

    Args:
        stream: Where to; rich is only loaded where it is a terminal.
        checked: The checked file.
        show_all: Whether each problem is an entry of its own.
    """
    if stream.isatty():
        show_problems(make_console(stream), checked, show_all=show_all)
    else:
        stream.write(_as_text(_lines_of(checked, show_all=show_all)))
    with_errors = checked.rows - checked.ready
    stream.write(
        f"{safe(checked.path.name)}: {count(checked.rows, 'row')} checked,"
        f" {checked.ready:,} ready, {with_errors:,} with errors,"
        f" {count(checked.count(Level.WARNING), 'warning')}\n{NOTHING_SENT}\n"
    )


def _lines_of(checked: Checked, *, show_all: bool) -> list[Line]:
    problems = checked.problems
    entries = [Entry(problem) for problem in problems] if show_all else gather(problems)
    return list(problem_lines(entries))


def _as_text(lines: Sequence[Line]) -> str:
    return "".join(f"{line.plain}\n" for line in lines) + ("\n" if lines else "")


def gather(problems: Sequence[Problem]) -> list[Entry]:
    """The problems as few entries: one where one cause hits many rows, at most ten of a rule.

    Returns:
        Entries in the order of their first problems.
    """
    by_rule: dict[RuleId, list[Problem]] = {}
    for problem in problems:
        by_rule.setdefault(problem.id, []).append(problem)
    entries = (entry for of_rule in by_rule.values() for entry in _gather_rule(of_rule))
    by_first = {id(entry.problem): entry for entry in entries}
    return [by_first[id(problem)] for problem in problems if id(problem) in by_first]


def _gather_rule(problems: list[Problem]) -> list[Entry]:
    """The entries of one rule."""
    causes: dict[object, list[Problem]] = {}
    for problem in problems:
        causes.setdefault(_cause(problem), []).append(problem)
    shown = _OF_ONE_RULE if problems[0].level is not Level.NOTICE else 1
    groups = list(causes.values())
    if len(groups) <= shown + 1 and problems[0].level is not Level.NOTICE:
        return [Entry(group[0], group[1:]) for group in groups]
    if len(groups) == 1:
        return [Entry(groups[0][0], groups[0][1:])]
    entries = [Entry(group[0], group[1:]) for group in groups[:shown]]
    rest = sorted((p for group in groups[shown:] for p in group), key=_place)
    return [*entries, Entry(rest[0], rest[1:], alike=False)]


def _cause(problem: Problem) -> object:
    column = problem.cell.column if problem.cell else None
    return column, problem.value, problem.message, problem.hint


def _place(problem: Problem) -> tuple[int, int]:
    return (problem.cell.row, problem.cell.column) if problem.cell else (0, 0)


def problem_lines(entries: Sequence[Entry]) -> Iterator[Line]:
    """The lines of the list, each at most 80 columns wide."""
    addresses = [_address(entry.problem) for entry in entries]
    margin = max([10, *(cell_len(a) + 1 for a in addresses if cell_len(a) <= WIDTH // 4)]) + 1
    for entry, address in zip(entries, addresses, strict=True):
        yield from _entry_lines(entry, address, margin)


def _entry_lines(entry: Entry, address: str, margin: int) -> Iterator[Line]:
    problem = entry.problem
    indent = " " * margin
    lead = address + " " * (margin - cell_len(address))
    if cell_len(address) >= margin:  # too long to stand beside anything
        for line in wrap(address, WIDTH):
            yield Line(line, address=len(line))
        address, lead = "", indent
    first, *more = wrap(f"{problem.id:<{_ID_WIDTH}}  {_told(entry)}", WIDTH - margin)
    yield Line(lead + first, len(address), len(problem.id), len(lead), problem.level)
    if problem.hint and entry.alike:
        more += wrap(f"hint: {safe(problem.hint)}", WIDTH - margin, indent=6)
    for line in more:
        yield Line(indent + line)


def _told(entry: Entry) -> str:
    problem = entry.problem
    if not entry.alike:
        cells = [problem, *entry.others]
        return f"{len(cells):,} more: {_cells(cells)} (--all lists each)"
    told = safe(problem.message)
    if problem.value and problem.id not in _VALUE_IN_MESSAGE:
        told = f"'{_shortened(safe(problem.value))}' {told}"
    if entry.others:
        told += f"; the same in {_cells(entry.others)}"
    return told


def _cells(problems: Sequence[Problem]) -> str:
    named = problems if len(problems) <= _CELLS_NAMED + 1 else problems[:_CELLS_NAMED]
    names = [str(p.cell).rpartition("!")[2] if p.cell else _WHOLE_FILE for p in named]
    more = f" and {len(problems) - len(named):,} more" if len(problems) > len(named) else ""
    return ", ".join(names) + more


def _address(problem: Problem) -> str:
    return safe(str(problem.cell)) if problem.cell else _WHOLE_FILE


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def wrap(text: str, width: int, indent: int = 0) -> list[str]:
    """A text in lines of at most `width` columns; wide characters count as two.

    Args:
        text: The text, without line breaks.
        width: In columns.
        indent: How many blanks each line but the first starts with.
    """
    lines, line = [], ""
    for word in text.split(" "):
        rest = word
        joined = f"{line} {rest}" if line else rest
        if cell_len(joined) <= width:
            line = joined
            continue
        if line.strip():
            lines.append(line.rstrip())
        rest = " " * indent + rest
        while cell_len(rest) > width:
            head = _head(rest, width)
            lines.append(head)
            rest = " " * indent + rest[len(head) :]
        line = rest
    return [*lines, line.rstrip()]


def _head(text: str, width: int) -> str:
    used = 0
    for at, character in enumerate(text):
        used += cell_len(character)
        if used > width:
            return text[:at]
    return text
