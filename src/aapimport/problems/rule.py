"""What a rule of the catalogue is."""

from dataclasses import dataclass

from aapimport.problems.problem import Level
from aapimport.problems.rule_id import RuleId


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is looked for.

    Attributes:
        id: Its stable name.
        level: Its weight.
        message: What is wrong, to be read after the value; `{name}` is filled from the finding.
        hint: What to do.
        why: The reason, for the documentation.
        moves_values: Whether nobody knows any more which value belongs into which column.
        is_in_the_file: Whether it is about how the file is written, or about what isn't read in it,
            which a copy of its values would hide: an error allows no copy, what is less is told
            with a copy that is to take the file's place.
    """

    id: RuleId
    level: Level
    message: str
    hint: str
    why: str
    moves_values: bool = False
    is_in_the_file: bool = False
