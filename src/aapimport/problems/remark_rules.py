"""The part of the catalogue about what is probably wrong, and what was repaired."""

from aapimport.problems.problem import Level
from aapimport.problems.rule import Rule

_WARNING, _NOTICE = Level.WARNING, Level.NOTICE

WARNING_RULES = (
    Rule(
        "odd-domain",
        _WARNING,
        "has an unusual domain",
        "did you mean {meant}?",
        "Learned from the file itself: one acme.con among hundreds of acme.com is a slip.",
    ),
    Rule(
        "look-alike-letters",
        _WARNING,
        "has {what}",
        "type the address again on a Latin keyboard",
        "A Cyrillic 'а' looks like a Latin one and makes another address.",
    ),
    Rule(
        "address-twin",
        _WARNING,
        "is most likely the same mailbox as {other!r} in {first_cell}",
        "if it is one person, delete one of the two rows; each takes a seat",
        "Many mail services ignore dots and what follows a plus sign.",
    ),
    Rule(
        "same-name",
        _WARNING,
        "has another address in {first_cell}: {other}",
        "if it is one person, delete one of the two rows; each takes a seat",
        "One person with an old and a new address takes two seats, for good.",
    ),
    Rule(
        "swapped-names",
        _WARNING,
        "and {last!r} look swapped, going by the address {email}",
        "swap First Name and Last Name",
        "Most addresses in the file are first.last, and this one is the other way round.",
    ),
    Rule(
        "both-names-in-one-cell",
        _WARNING,
        "seems to hold first and last name",
        "put the first name into First Name and the last name into Last Name",
        "The greeting of the welcome e-mail would be odd.",
    ),
    Rule(
        "email-as-name",
        _WARNING,
        "is an e-mail address in {name}",
        "type the name",
        "A column too far to the left or right.",
    ),
    Rule(
        "all-capitals",
        _WARNING,
        "is in capital letters only",
        "type it as the person writes it, if that is not so on purpose",
        "It is sent as it stands, and the welcome e-mail would shout.",
    ),
    Rule(
        "number-as-name",
        _WARNING,
        "is a number in {name}",
        "check that the columns have not slipped",
        "A personnel number in the wrong column.",
    ),
    Rule(
        "unclear-number",
        _WARNING,
        "is a number that may be shown another way ({how}); it is sent as {value}",
        "format the cell as Text and type what is to be sent",
        "What the administrator sees is what is sent, as far as that can be told.",
    ),
    Rule(
        "shown-otherwise",
        _WARNING,
        "is {how} because of the cell's number format; it is sent as {value}",
        "clear the cell's format (Home > Clear > Clear Formats) and check what is in it",
        "What the administrator sees is what is sent, as far as that can be told.",
    ),
    Rule(
        "garbled-text",
        _WARNING,
        "looks garbled{meant}",
        "save the original again as .xlsx or as 'CSV UTF-8'",
        "Text that was once opened in the wrong encoding; the name would be sent like this.",
    ),
    Rule(
        "client-admin",
        _WARNING,
        "gives {who} administration rights",
        "check that this is meant",
        "Each client admin can upload, change and remove everybody.",
    ),
)

NOTICE_RULES = (
    Rule(
        "trimmed",
        _NOTICE,
        "blanks at the ends left out",
        "",
        "Blanks that nobody sees must not make a second account.",
    ),
    Rule(
        "no-break-space",
        _NOTICE,
        "special blanks read as ordinary ones",
        "",
        "Pasted from web pages and Word; they look like blanks and are not.",
    ),
    Rule(
        "mailto",
        _NOTICE,
        "read as {sent}",
        "",
        "Pasted links bring `mailto:` along.",
    ),
    Rule(
        "row-mark",
        _NOTICE,
        "read as {sent}",
        "",
        "A sign in front of an address marks the row; read all the same, the address is without.",
    ),
    Rule(
        "text-formula",
        _NOTICE,
        "read as {sent}",
        "",
        'Typed as ="00123", so that Excel keeps the zeros when it opens a csv.',
    ),
    Rule(
        "full-width",
        _NOTICE,
        "read as {sent}",
        "",
        "Japanese and Chinese keyboards type full-width letters and digits.",
    ),
    Rule(
        "role-spelling",
        _NOTICE,
        "read as {sent}",
        "",
        "Capital letters and blanks don't change which role is meant.",
    ),
    Rule(
        "exported-role",
        _NOTICE,
        "is the exported list's word for {sent}",
        "",
        "'Download Pass User List' has other words for two of the roles (vendor's help page).",
    ),
    Rule(
        "jhana-spelling",
        _NOTICE,
        "read as 1",
        "",
        "Spreadsheets keep a typed 1 as 1.0, TRUE or text.",
    ),
    Rule(
        "address-from-link",
        _NOTICE,
        "is a link to {sent}, and that address is read",
        "",
        "Excel shows a linked address under any text.",
    ),
    Rule(
        "shown-number",
        _NOTICE,
        "is what Excel shows for the number {stored}, and is read as shown",
        "",
        "A format can show 123 as 00123; what the administrator sees is what is sent.",
    ),
    Rule(
        "cell-comment",
        _NOTICE,
        "has a comment that is not read: {comment!r}",
        "",
        "'Left in May' may stand there.",
    ),
    Rule(
        "extra-cells",
        _NOTICE,
        "stands beside nobody: the row has nothing else, and is not read",
        "",
        "Totals, notes and numbered empty rows below a list.",
    ),
)
