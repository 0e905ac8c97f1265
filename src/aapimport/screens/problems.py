"""The list of problems, as `validate` and `upload` print it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from rich.cells import cell_len

from aapimport.check.check_file import Checked
from aapimport.errors import NOTHING_SENT
from aapimport.problems.problem import Level, Problem
from aapimport.problems.rule_id import RuleId
from aapimport.screens.console import PIPE_WIDTH, count, make_console, safe

if TYPE_CHECKING:
    from rich.console import Console

_LABEL = len("warning: ")
_ID_WIDTH = 15
_NARROWEST_ADDRESS = 10
_LONGEST_VALUE = 58  # with its quotes it fits beside an address at 80 columns
_OF_ONE_RULE = 10
_CELLS_NAMED = 5
_STYLES = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.NOTICE: "cyan"}
_ORDER = {level: number for number, level in enumerate(Level)}
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
        level: The problem's weight, which the line begins with; None in a continued line.
        address: How many characters the address takes, behind the level; 0 in most lines.
    """

    plain: str
    level: Level | None = None
    address: int = 0


def show_problems(console: "Console", checked: Checked, *, show_all: bool = False) -> None:
    """Print the problems, or nothing where there are none.

    Args:
        console: Where to.
        checked: The checked file.
        show_all: Whether each problem is an entry of its own.
    """
    from rich.text import Text

    lines = _lines_of(checked, console.width, show_all=show_all)
    if not console.is_terminal:  # there is nothing to style, and a long list is written at once
        console.file.write(_as_text(lines))
        return
    for line in lines:
        text = Text(line.plain)
        if line.level:
            text.stylize(_STYLES[line.level], 0, len(line.level) + 1)
        text.stylize("bold", _LABEL, _LABEL + line.address)
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
    with_errors = checked.rows - checked.ready
    left_out = f", {len(checked.left_out):,} left out" if checked.left_out else ""
    counts = (
        f"{safe(checked.path.name)}: {count(checked.rows, 'row')} checked,"
        f" {checked.ready:,} ready, {with_errors:,} with errors,"
        f" {count(checked.count(Level.WARNING), 'warning')}{left_out}\n{NOTHING_SENT}"
    )
    if stream.isatty():
        from aapimport.screens.labelled import print_line

        console = make_console(stream)
        show_problems(console, checked, show_all=show_all)
        print_line(console, counts)
    else:
        lines = _lines_of(checked, PIPE_WIDTH, show_all=show_all)
        stream.write(f"{_as_text(lines)}{counts}\n")


def _lines_of(checked: Checked, width: int, *, show_all: bool) -> list[Line]:
    problems = checked.problems
    entries = [Entry(problem) for problem in problems] if show_all else gather(problems)
    return list(problem_lines(entries, width))


def _as_text(lines: Sequence[Line]) -> str:
    return "".join(f"{line.plain}\n" for line in lines) + ("\n" if lines else "")


def gather(problems: Sequence[Problem]) -> list[Entry]:
    """The problems as few entries: one where one cause hits many rows, at most ten of a rule.

    Returns:
        Entries in the order of their first problems, whatever their level.
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


def problem_lines(entries: Iterable[Entry], width: int = PIPE_WIDTH) -> Iterator[Line]:
    """The lines of the list: the errors, then the warnings, then the notices.

    Args:
        entries: The entries, in the order in which those of one level are listed.
        width: How wide each line may be, in columns.
    """
    told = [(one, _address(one.problem)) for one in sorted(entries, key=_weight)]
    short = (cell_len(address) for _, address in told if cell_len(address) <= width // 4)
    margin = _LABEL + max(_NARROWEST_ADDRESS, *(length + 1 for length in short), 0) + 1
    for entry, address in told:
        yield from _entry_lines(entry, address, margin, width)


def _weight(entry: Entry) -> int:
    return _ORDER[entry.problem.level]


def _entry_lines(entry: Entry, address: str, margin: int, width: int) -> Iterator[Line]:
    problem = entry.problem
    indent = " " * margin
    label = f"{problem.level}:".ljust(_LABEL)
    lead = label + address + " " * (margin - _LABEL - cell_len(address))
    level: Level | None = problem.level
    if cell_len(address) >= margin - _LABEL:  # too long to stand beside anything
        for line in wrap(address, width - _LABEL):
            yield Line(label + line, level, len(line))
            label, level = " " * _LABEL, None
        address, lead = "", indent
    first, *more = wrap(f"{problem.id:<{_ID_WIDTH}}  {_told(entry)}", width - margin)
    yield Line(lead + first, level, len(address))
    if problem.hint and entry.alike:
        more += wrap(f"hint: {safe(problem.hint)}", width - margin, indent=6)
    for line in more:
        yield Line(indent + line)


def _told(entry: Entry) -> str:
    """What is said of an entry."""
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
    return text if cell_len(text) <= _LONGEST_VALUE else f"{_head(text, _LONGEST_VALUE - 1)}…"


def wrap(text: str, width: int, indent: int = 0) -> list[str]:
    """A text in lines of at most `width` columns; a longer word stays whole, to be copied.

    Args:
        text: The text, without line breaks.
        width: In columns; wide characters count as two.
        indent: How many blanks each line but the first starts with.
    """
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if not line.strip() or cell_len(joined) <= width:
            line = joined
        else:
            lines.append(line.rstrip())
            line = " " * indent + word
    return [*lines, line.rstrip()]


def _head(text: str, width: int) -> str:
    used = 0
    for at, character in enumerate(text):
        used += cell_len(character)
        if used > width:
            return text[:at]
    return text
