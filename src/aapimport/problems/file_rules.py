"""The part of the catalogue about the file and its columns."""

from aapimport.problems.problem import Level
from aapimport.problems.rule import Rule

_ERROR, _WARNING, _NOTICE = Level.ERROR, Level.WARNING, Level.NOTICE

FILE_RULES = (
    Rule(
        "no-rows",
        _ERROR,
        "there is nobody in this file",
        "write one person per row below the header",
        "A file that loads nobody is a mistake, never a success.",
    ),
    Rule(
        "missing-column",
        _ERROR,
        "is a column that is needed and not there; found: {found}",
        "name a column {value!r}; `aapimport generate-template` makes a file that has all{cure}",
        "Without an address and both names nobody can be created.",
    ),
    Rule(
        "misspelt-header",
        _ERROR,
        "is not a known column name",
        "did you mean {meant!r}? change the header, or rename the column if it is something else",
        "A column that is silently ignored makes managers of everybody in it, or loses the team.",
    ),
    Rule(
        "duplicate-header",
        _ERROR,
        "names the same column as {first_cell}",
        "delete one of the two columns, or rename the one that is not needed",
        "Two columns for one thing: nobody but the administrator knows which is right.",
    ),
    Rule(
        "extra-column",
        _NOTICE,
        "is not a column of the template and is not read",
        "",
        "HR systems export more than is needed; it does no harm, but is said.",
    ),
    Rule(
        "no-header",
        _WARNING,
        "stands in a column without a header, which is not read; values in it: {count:,}",
        "name the column in row {header_row}, or delete what is in it",
        "Without its header, a column of roles or teams would be lost in silence.",
    ),
    Rule(
        "rows-above-header",
        _NOTICE,
        "the header is in row {row}; what stands above it is not read",
        "",
        "Titles, logos and filter notes above the table are usual in exports.",
    ),
    Rule(
        "address-not-read",
        _WARNING,
        "is an address in a row that is not read",
        "if it is somebody to upload, move the row below the header and into its columns",
        "A list that was sorted together with its header, or a row pasted beside the table.",
    ),
    Rule(
        "other-sheets",
        _NOTICE,
        "is the only sheet that is read; not read: {names}",
        "--sheet NAME reads another one",
        "Somebody may have expected all sheets to be loaded.",
    ),
    Rule(
        "hidden-rows-skipped",
        _NOTICE,
        "{count} hidden or filtered {rows} left out (--hidden skip): row {where}",
        "",
        "What can't be seen must not be loaded, or left out, without a word.",
    ),
    Rule(
        "hidden-rows-included",
        _NOTICE,
        "{count} hidden or filtered {rows} read like the others (--hidden include): row {where}",
        "",
        "What can't be seen must not be loaded, or left out, without a word.",
    ),
    Rule(
        "hidden-column",
        _WARNING,
        "is in a hidden column and is read all the same",
        "unhide the column and check what is in it",
        "A role or a team that nobody sees still counts.",
    ),
    Rule(
        "many-managers",
        _WARNING,
        "{count} of {total} people have no role and become managers",
        "a blank User Role means Learner / Manager; type individualcontributor where it is meant",
        "The portal reads a blank role as manager, which surprises everybody once.",
    ),
    Rule(
        "one-reader-only",
        _NOTICE,
        "more than {limit:,} rows: links, comments and number formats were not looked at",
        "--thorough looks at them as well; it takes about a minute per 100,000 rows",
        "The second reader is slow, so large files go without it unless asked for.",
    ),
    Rule(
        "values-only",
        _NOTICE,
        "a file of this kind ({kind}) is read by one reader only{unseen}",
        "save it as .xlsx to have every value read twice",
        "A second reader exists for .xlsx only, and old formats don't tell all that Excel shows.",
    ),
    Rule(
        "second-reader-failed",
        _WARNING,
        "links, comments and number formats could not be looked at",
        "open it in Excel, save it under a new name as .xlsx, and check that file",
        "The second reader could not cope with the workbook; the values themselves were read.",
    ),
    Rule(
        "other-template",
        _WARNING,
        "the file was made with version {version} of the template; this is version {ours}",
        "`aapimport generate-template` makes a current one",
        "Columns may have changed since.",
    ),
    Rule(
        "odd-encoding",
        _WARNING,
        "some names look odd in {encoding}: {read!r} is {meant!r} in {other}",
        "check these names; --encoding {other} reads the file the other way",
        "Read in the wrong encoding, most names look right, and some get other letters.",
    ),
    Rule(
        "file-padding",
        _WARNING,
        "the file ends with {count:,} NUL characters (zero bytes), which are not read",
        "check that the last person is there; the file may not have been copied whole",
        "Some programs pad a file with zeros, and so does a disk that lost the rest of it.",
    ),
    Rule(
        "row-in-a-value",
        _WARNING,
        "stands in a value of several lines and may be a row of its own; it is not read",
        'if it is one, check the quotation marks (") in that row',
        "Two stray quotation marks make one value of all that is between them.",
    ),
)
