"""The part of the catalogue about cells whose value can't be sent."""

from aapimport.problems.problem import Level
from aapimport.problems.rule import Rule
from aapimport.problems.rule_id import RuleId

_ERROR = Level.ERROR

CELL_RULES = (
    Rule(
        RuleId.MISSING_VALUE,
        _ERROR,
        "{name} is blank",
        "{cure}",
        "Address, first and last name are required.",
    ),
    Rule(
        RuleId.NOT_AN_EMAIL,
        _ERROR,
        "is not an e-mail address",
        "{reason}",
        "The address is the person's key on both services, and a misspelt one burns a seat.",
    ),
    Rule(
        RuleId.DUPLICATE_EMAIL,
        _ERROR,
        "is also in {first_cell}{written}",
        "{cause}delete one of the two rows",
        "One address is one person; a second row would change or double the first.",
    ),
    Rule(
        RuleId.UNKNOWN_ROLE,
        _ERROR,
        "is not a role",
        "{meant}",
        "A role gives rights, so it is never guessed.",
    ),
    Rule(
        RuleId.BAD_JHANA,
        _ERROR,
        "is neither 1 nor blank",
        "type 1 for Jhana, or leave the cell blank",
        "Jhana sends an e-mail of its own and a weekly newsletter.",
    ),
    Rule(
        RuleId.UNKNOWN_TEAM,
        _ERROR,
        "{what}",
        "{cure}",
        "Told with --pass: people can only join a team that is on the pass already.",
    ),
    Rule(
        RuleId.TOO_MANY_VALUES,
        _ERROR,
        "stands beyond the header's last column, so nobody knows which value belongs where",
        "a value with a {delimiter} in it needs quotation marks; or name the column in the header",
        "Cut at a comma, half a name would be sent, and all values behind it have slipped.",
        moves_values=True,
    ),
    Rule(
        RuleId.INVISIBLE_CHARACTER,
        _ERROR,
        "holds {character}, which can't be seen",
        "clear the cell and type the value again",
        "Two addresses that look alike would be two people.",
    ),
    Rule(
        RuleId.NOT_TEXT,
        _ERROR,
        "is {what}, not text",
        "format the cell as Text and type the value again",
        "Excel turns 'May' or '1-2' into dates; what was typed can't be told from it.",
    ),
    Rule(
        RuleId.TOO_LONG,
        _ERROR,
        "has {length:,} characters; {name} takes {limit}",
        "shorten it",
        "An address has at most 254 characters (RFC 5321); a longer name is a pasted paragraph.",
    ),
    Rule(
        RuleId.FORMULA_WITHOUT_VALUE,
        _ERROR,
        "the formula's result is not stored in the file",
        "open the file in Excel, save it, and try again; or replace the formula by its value",
        "Files written by other programs hold formulas that nobody has worked out yet, or say only"
        " what kind of value it is.",
    ),
    Rule(
        RuleId.FORMULA_ZERO,
        _ERROR,
        "is what a formula gives, most likely because it looks up a blank cell",
        "type the value, or clear the cell if it is to be blank",
        "A look-up of a blank cell gives 0, which nobody is called, and no team.",
    ),
    Rule(
        RuleId.ERROR_VALUE,
        _ERROR,
        "is an error of a formula, not a value",
        "correct the formula or type the value",
        "Read as blank, #N/A in User Role would make a manager.",
    ),
    Rule(
        RuleId.MERGED_CELL,
        _ERROR,
        "is in the merged cells {range}, where only the first one holds a value",
        "unmerge the cells and fill in each of them",
        "Below the first cell of a merged range there is nothing, whatever it looks like.",
    ),
    Rule(
        RuleId.READERS_DISAGREE,
        _ERROR,
        "one reader finds {value!r}, another {other!r}",
        "type the value again, or save the file under a new name in Excel",
        "Two programs that read one cell differently: nobody knows what Excel would show.",
    ),
    Rule(
        RuleId.LINK_DIFFERS,
        _ERROR,
        "links to {link!r}, another address",
        "remove the link (right-click, Remove Hyperlink; or its formula) or correct the text",
        "One of the two addresses is wrong.",
    ),
)
