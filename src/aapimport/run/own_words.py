"""What is said of a step in words of ours alone: a service's own may name anybody.

The journal keeps a service's words as long as it keeps the people; a receipt that names nobody, and
what an erasure leaves, have only what is known here. Whatever isn't known is withheld.
"""

import re
from dataclasses import replace

from aapimport.plan.decide import (
    ANOTHERS,
    MAYBE,
    NO_PLACE,
    NO_SEAT,
    RETURNS,
    RETURNS_TO_JHANA,
    RETURNS_TO_PORTAL,
)
from aapimport.run.back_parts import PARTS
from aapimport.run.back_reasons import (
    ADMIN_UNKNOWN,
    AS_BEFORE,
    BY_HAND,
    ERASED,
    GONE_BUT_LISTED,
    MAY_BE_BACK,
    MAY_BE_PUT_IN,
    NAME_NOT_RECORDED,
    NAMED,
    NOT_APPROVED,
    NOT_READ,
    NOT_RECORDED,
    NOT_SHOWN,
    NOT_THEIRS,
    OFF_ALREADY,
    OTHER_NAME,
    OTHER_NAME_THERE,
    ROLE_ERASED,
    ROLE_GONE,
)
from aapimport.run.candidates import NOT_KNOWN_THERE
from aapimport.run.landing import UNKNOWN_BY_SMTP, UNKNOWN_IF_MAILED
from aapimport.run.recipients import ANOTHERS_ON_JHANA, NO_KEY, OTHER_ADDRESS
from aapimport.run.records import Run, Task, without_names
from aapimport.run.sends import NOT_SENT_BY_HAND
from aapimport.services.differences import NOT_SENT
from aapimport.services.giving_back import GIVEN_BACK
from aapimport.services.leaving import LEFT_ALONE, NOT_KEPT, SHOWS_SOME, TAKE_OUT
from aapimport.services.leaving import LOST_HERE as NOT_TAKEN_OUT
from aapimport.services.many import OFF_THE_PASS, TWO_ACCOUNTS
from aapimport.services.membership import (
    COUNT,
    NEVER_SHOWN,
    NOBODY_LISTED,
    NOT_COUNTED,
    SHOWN_IN_PART,
    TAKEN_OUT,
)
from aapimport.services.ownership import (
    DEACTIVATED_SINCE,
    HANDED_ON,
    MAY_COME,
    NOBODY_CAN_TELL,
    NOT_SHOWN_SINCE,
    OFF_BY_UNDO,
    ROLE_STAYS,
    SWITCH_ON,
)
from aapimport.services.team_writes import LOST_HERE
from aapimport.services.troubles import Trouble
from aapimport.template.roles import Role

WITHHELD = "what is said besides is kept with the people alone"
"""What stands for words that may name somebody."""
_PHRASES = (
    *(ANOTHERS, MAYBE, NO_SEAT, RETURNS, RETURNS_TO_JHANA, RETURNS_TO_PORTAL),
    *(UNKNOWN_BY_SMTP, UNKNOWN_IF_MAILED, NOT_SENT_BY_HAND),
    *(GIVEN_BACK, OFF_THE_PASS, TWO_ACCOUNTS),
    *(LEFT_ALONE, SHOWS_SOME, NOT_TAKEN_OUT, TAKE_OUT),
    *(NEVER_SHOWN, NOBODY_LISTED, NOT_COUNTED, SHOWN_IN_PART, TAKEN_OUT),
    *(DEACTIVATED_SINCE, HANDED_ON, LOST_HERE, ROLE_STAYS),
    *(NOT_THEIRS, OTHER_NAME, OTHER_NAME_THERE, NAME_NOT_RECORDED, BY_HAND),
    *(ADMIN_UNKNOWN, NOT_APPROVED),
    *(ERASED, ROLE_ERASED, OFF_ALREADY, NOT_READ, GONE_BUT_LISTED),
    *(MAY_BE_BACK, MAY_BE_PUT_IN),
    "accepted, and not shown since",
    "accepted, and not shown so far",
    NOT_KEPT,
    "accepted for later",
    "another e-mail address",
    "another externalId",
    "changed since",
    "deactivated",
    "former members were gone after the write and were put back",
    "impossible",
    "its reply to the whole e-mail was lost",
    NAMED,
    NOT_SENT,
    "not found",
    "not mailed",
    "not on the pass",
    "switched on",
    "the service has mailed them itself",
    "the account has no e-mail address that can be written to",
    "the account is deactivated",
    "the account on Jhana is deactivated",
    "the account on the portal is deactivated",
    SWITCH_ON,
    *NOBODY_CAN_TELL.split("; "),
    *(*OTHER_ADDRESS.split("; "), *ANOTHERS_ON_JHANA.split("; ")),
    *(NO_KEY.split("; ")[0], *NOT_KNOWN_THERE.split("; ")),
    "the account isn't there any more",
    "they have another address by now",
    "the account is gone",
    "the account isn't shown yet",
    "the account isn't shown",
    "the account was rejected",
    "the address belongs to a client admin's account that wasn't there for the plan",
    "the address belongs to a deactivated account",
    "the address belongs to an account with another name",
    "the team is gone",
    "this portal doesn't show who is in it",
    "what became of it isn't known: look on the service",
)
_ROLE = f"(?:{'|'.join(role.value for role in Role)})"
_SINCE = (
    rf"(?:(?:role(?: is (?:none|{_ROLE}))?|name|an? (?:title|middle name|nickname)"
    r"|not on the pass|switched on|deactivated|(?:another )?(?:display|formatted) name"
    r"|another externalId|another e-mail address|a role of the service's own that is gone"
    r"|by (?:upload|repair) \w+(?: \(its file has this person, too: undo that one first\))?)"
    r"(?=;|,|$))"
)
"""What somebody has changed since, as far as it names nobody (`back_values`, `differing`)."""
_ATTRIBUTES = r"(?:activation|role|pass|names|team|membership|externalId)"
_PARTS = rf"(?:{'|'.join(sorted(PARTS))})"
_WHOSE = r"(?: of profile [\w.-]+| without a profile)?"
_PATTERNS = (
    rf"{_ATTRIBUTES}(?:, {_ATTRIBUTES})* (?:not kept|{AS_BEFORE})",
    rf"taken back: {_PARTS}(?:, {_PARTS})*",
    re.escape(ROLE_GONE),
    r"[\d,]+ former members? (?:is|are) no longer shown in the team",
    r"not put (?:on the pass|into the team): the account (?:needs a person|was rejected)",
    rf"{_PARTS}(?:, {_PARTS})* {NOT_SHOWN}",
    rf"[\w ,]{{1,60}} {NOT_RECORDED}",
    r"the former (?:display|formatted) name, which isn't recorded: the names stand for it",
    r"by (?:upload|repair) \w+",
    rf"left: upload \w+ of \d\d \w{{3}} \d{{4}}{_WHOSE} has this person, too",
    rf"left: repair \w+ of \d\d \w{{3}} \d{{4}}{_WHOSE} has written to it since",
    r"if it is theirs all the same: aapimport send-emails \w+ --to ADDRESS --checked",
    r"kept back by undo \w+",
    (
        rf"undo \w+{_WHOSE} is still open and takes the account back:"
        r" aapimport resume (?:--profile [\w.-]+ |--live )?\w+"
    ),
    rf"the account on (?:the portal|Jhana){OFF_BY_UNDO}\w+ of upload \w+, {NOT_SHOWN_SINCE}",
    rf"(?:undo|repair) \w+{_WHOSE}{re.escape(MAY_COME)}",
    r"the account on (?:the portal|Jhana) was switched off by undo \w+ of upload \w+",
    re.escape(RETURNS),
    rf"{_SINCE}(?:, {_SINCE})*",
    r"taken over by \w+ \w+",
    r"sent \d+ times; there was one account when it was read",
    r"sent \d+ times and not there",
    r"sent \d+ times without an answer, and not found since",
    r"to send it once more: aapimport resume \w+ --again",
    r"not mailed: (?:no account|there are two accounts|the account was there already)",
    r"not mailed: not (?:known to be )?on the pass",
    r"not mailed: \w+ \w+(?: of profile [\w.-]+)? has mailed this account",
    r"HTTP \d{3}",
    rf"(?:(?:{'|'.join(Trouble)}): )?{WITHHELD}",
)
_NOW = "|".join(sorted((re.escape(one) for one in _PHRASES), key=len, reverse=True))
_OURS = re.compile(
    rf"(?:{'|'.join(_PATTERNS)}|{_NOW})(?=;|:|,|$)|{re.escape(COUNT)}$|{re.escape(NO_PLACE)}\b"
)
_HEADS = {"changed since", "impossible", NAMED, "not mailed", UNKNOWN_BY_SMTP}
"""What receipts tell kinds by, as by `not kept`: it stays before what is withheld."""
_BETWEEN, _COLON = "; ", ": "


def our_words(said: str, trouble: str = "") -> str:
    """Words without what isn't ours; of the rest, the kind of trouble. May be said again.

    Args:
        said: What is said of a step.
        trouble: What kind of trouble the service had; empty for none.
    """
    kept, whole, rest = [], True, said
    while rest:
        clause, rest, is_whole = _clause(rest)
        kept += [clause] if clause else []
        whole = whole and is_whole
    if not whole:
        kept.append(f"{trouble}: {WITHHELD}" if trouble else WITHHELD)
    return _BETWEEN.join(kept)


def _clause(said: str) -> tuple[str, str, bool]:
    """The first clause of some words, as far as it is ours; the words after it; whether it is all.

    What follows a colon, and isn't ours, is withheld in its place: what stands before it says of
    what kind it is, and receipts read that.
    """
    found = _OURS.match(said)
    if found is None:
        return "", said.partition(_BETWEEN)[2], False
    rest = said[found.end() :]
    is_head = found[0] in _HEADS or found[0].endswith(" not kept")
    if is_head and rest.startswith(_COLON):
        inner, rest, whole = _clause(rest.removeprefix(_COLON))
        return f"{found[0]}{_COLON}{inner or WITHHELD}", rest, whole or not inner
    whole = not rest or rest.startswith(_BETWEEN)
    return found[0], rest.partition(_BETWEEN)[2], whole


def in_our_words(task: Task) -> Task:
    """A step that names nobody."""
    if not (task.reason or task.but):
        return task
    return replace(task, reason=our_words(task.reason, task.trouble), but=our_words(task.but))


def nameless(run: Run) -> Run:
    """A run without the addresses that its file and its sheets may be called by."""
    return replace(
        run,
        file=without_names(run.file, None),
        sheet=without_names(run.sheet, None),
        options=without_names(run.options, None) if run.options else run.options,
    )
