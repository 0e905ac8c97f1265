"""What columns that aren't read say of somebody who isn't meant: Status, Upload?, Termination Date.

The words are those of English, French, German, Spanish, Italian, Dutch, Portuguese, Swedish and
Japanese lists and HR systems, without accents and in small letters.
"""

import re
from collections.abc import Callable, Collection

from aapimport.check.column_names import bare_words, decomposed
from aapimport.check.days import is_past, month_of, orders_of
from aapimport.check.header_words import word_set
from aapimport.check.leaving_headers import (
    ACTIONS,
    BESIDE,
    DAYS,
    ENDS,
    HAS_BEEN_LOADED,
    IF_NO,
    IF_PAST,
    IF_YES,
    LEAVING,
    NOT,
    NOT_A_LAST_DAY,
    OF_A_PERSON,
    OF_WORK,
    OTHERS,
    REMARKS,
    TO_LOAD,
)
from aapimport.check.leaving_words import ASKED_FOR, CROSSES, FIRST_WORDS, GONE, INACTIVE, WORDS
from aapimport.check.repair import shown
from aapimport.sheets.book import Value

Judge = Callable[[Collection[Value]], set[Value]]
"""Of the different values of a column, those that say that somebody isn't meant."""


_MARKS = re.compile(r"[\u0300-\u036f\u3099\u309a]+")
"""Accents, and the voice marks of kana."""


def _plain(text: str) -> str:
    """Without accents and capital letters, for comparison with the words below."""
    if not text.isascii():
        text = _MARKS.sub("", decomposed(text)).replace("’", "'")
    return text.casefold()


_SAYS_STATE = re.compile(
    _plain(
        "status|statut|ステータス|状況|状態|^(?:state|employment|employmentstate|hr|lifecycle|stato"
        "|estado|situacao|situation|zustand|(?:stato|estado|situacao|situation)"
        "(?:de[l]?|du)?(?:empleado|laboral|funcionario|colaborador|dipendente|salarie|employe"
        "|professionnelle))$|activeinactive|aktivinaktiv"
    )
)
_NOT_A_STATE = re.compile(
    r"marital|civil|famil|matrimon|visa|training|course|learning|certif|vaccin|tax|background"
    r"|disab|probation|union|military|benefit|previous|former|e?mail|project|application|ticket"
    r"|order|invoice|survey|onboard|review|laptop|leavestatus|immigra|payroll|device|equipment|asset"
    r"|mfa|vpn|password|bonus|veteran|requisition|factor|payment|task|request|interview|candidate|loan|pension|insurance|badge|room|licen[cs]e"
)
_JAPANESE = re.compile(
    _plain("退職|退社|離職|無効|削除|除外|対象外|アップロードしない|登録しない|招待しない")
)
_SAYS_GONE = re.compile(
    rf"\b(?<!not )(?<!non )(?<!who )(?<!who has )(?:{'|'.join(GONE)})(?![\w-])"
    r"|^leavers?(?= ?(?:$|[-(;:–—]))|^left (?:in|on)(?![\w-])"
)
"""Not of others: `replaces Bo, who has left the company`."""
_SAYS_JUST_GONE = re.compile(
    rf"(?:{_SAYS_GONE.pattern})(?= ?(?:$|[,;:.(!/–—]|- )| (?:in|on|at|by|since|as|from|already|last"
    r"|this|end|effective|please|and|pls|for|am|seit|le|depuis|el|desde|dal|sinds|per|anymore)\b"
    r"| \d)"
)
"""Nothing more of it: not `Deceased Estates Manager`, nor `no longer works from home`."""
_SAYS_INACTIVE = re.compile(
    r"(?:(?:account|user|employee|person|member|worker|profile|login|now|currently|already|has|was"
    rf"|is|been) ){{0,3}}(?:{INACTIVE})(?![\w-])"
)
_CODE_AND_WORD = re.compile(r" [-–—:] ?|: |\(")
"""What stands between the two: `I - Inactive`, as HR systems export them."""
_SAYS_LEFT = re.compile(
    r"^(?:left|gone|inactive|retired|departed|disabled|deactivated|fired|quit)"
    r"(?= ?(?:$|[,;:.(!/–—]|- )| (?:in|on|at|by|since|as of|from|already|effective)\b"
    r"| \d| (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
)
"""In a remark: `Left May 2026`, but not `left-handed`."""
_SAYS_LEAVE_OUT = re.compile(
    r"(?:^|[,;:.(!/–—] ?|- |\bplease |\bpls |\bbitte |\bto be |^to )"
    rf"(?:{'|'.join(ASKED_FOR)})\b(?= ?(?:$|[,;:.)!/–—]|- |-$)| please\b| pls\b| row\b"
    r"| from (?:the )?(?:upload|list|import|aap|portal)\b| (?:him|her|them)$"
    r"| (?:this|the) (?:person|row|line|user|employee)\b)"
)
"""In a remark: `duplicate - ignore`, `please delete`, but not `remove access to the old drive`."""
_LINES = re.compile(r"\n\s*|: ")
_SET_OFF = re.compile(r"[(\[]([^()\[\]]*)[)\]]| [-–—/:,] ?([^-–—/:,]*)$")
_MAY_BE_A_TEAM = word_set("archive baja closed partie ex retraite term")
_CROSSED = re.compile(
    rf"[{CROSSES}]|x-+(?!ray)\w|x{{3,}}[\s_-]|.*(?:[{CROSSES}]|[(\[]x{{1,3}}[)\]])$", re.DOTALL
)
"""A cross before or behind a name, or letters for one: `x-David`, `Engel (x)`."""
_MAY_BE_A_NAME = word_set("leaver leavers")

_NO = word_set(
    "no n false 0 0.0 nein non nej nee não nao いいえ skip exclude falsch faux falso onwaar falskt"
    " ☐ ✗ ✘ ✕ ❌ ❎ × ✖"
)
_YES = word_set(
    "yes y true 1 1.0 x ja oui si sí sì sim はい wahr vrai verdadero vero verdadeiro waar sant v o"
    " ○ 〇 ◯ ◎ ● • ✓ ✔ ☑ ☒ ✅"
)
_ZERO = word_set("0 0.0")
_NOW = word_set("now immediately immediate asap sofort")
_CODES_OF_HR = {"a": word_set("t i r d")}
"""Beside a code for active (ADP, PeopleSoft: A), those for terminated, inactive, retired, dead."""
_CODES_OF_STATES = {
    **_CODES_OF_HR,
    **dict.fromkeys(("1", "1.0"), _ZERO),
    **dict.fromkeys(("y", "yes", "true"), word_set("n no false")),
}
"""The same, and no beside yes."""
_CODES_OF_ACTIONS = dict.fromkeys(("a", "i", "u", "c", "n"), word_set("d"))
"""Beside add, insert, update, create, new: delete."""


def judge_of(header: str) -> Judge | None:
    """What decides which values of an unread column say that somebody isn't meant.

    Returns:
        None for a column that says nothing of the kind by its header.
    """
    words = bare_words(header)
    form, rest = "".join(words), [word for word in words if not _is_beside(word)]
    if form in IF_YES or _says_leave_out(rest) or _says_not_to(words):
        return lambda kinds: _each(_says_yes)(kinds) | _ended(kinds, (int, float))
    if form in TO_LOAD or _all_in(rest, TO_LOAD) or _is_to_be_loaded(words, rest):
        return _not_ticked
    if form in IF_NO or _all_in(rest, IF_NO):
        return lambda kinds: _no_or_blank(kinds) | _inactive_or_code(kinds, _CODES_OF_HR)
    if form in IF_PAST or _says_last_day(frozenset(words)):
        now = _each(lambda value: _says_yes(value) or _word(value) in _NOW)
        return lambda kinds: now(kinds) | _ended(kinds)
    if form in ACTIONS or _all_in(rest, ACTIONS):
        return lambda kinds: _inactive_or_code(kinds, _CODES_OF_ACTIONS)
    if _SAYS_STATE.search(form) and not _NOT_A_STATE.search(form):
        if not OTHERS.isdisjoint(words):
            return lambda _kinds: set()  # a manager's, who may have left
        is_whole = all(word in OF_A_PERSON or _SAYS_STATE.search(word) for word in rest)
        codes = _CODES_OF_STATES if is_whole else {}  # Smoker Status: Y or N
        return lambda kinds: _inactive_or_code(kinds, codes)
    return said_in_a_remark if not REMARKS.isdisjoint(words) else None


def _is_beside(word: str) -> bool:
    return word in BESIDE or word.isdecimal() or month_of(word) is not None


def _all_in(words: list[str], known: frozenset[str]) -> bool:
    return bool(words) and known.issuperset(words)


def _says_leave_out(rest: list[str]) -> bool:
    """`Terminated`, `Exclude from upload`."""
    return _all_in(rest, IF_YES | TO_LOAD) and not IF_YES.isdisjoint(rest)


def _says_not_to(words: list[str]) -> bool:
    """`Do not upload`, `Nicht hochladen`, `No subir`; `Upload (no)` is none."""
    denies = not NOT.isdisjoint({*words} - {"do", "t"}) or words[:1] == ["no"]
    rest = [word for word in words if word not in NOT | BESIDE]
    return denies and _all_in(rest, IF_NO | HAS_BEEN_LOADED)


def _is_to_be_loaded(words: list[str], rest: list[str]) -> bool:
    return not {"be", "should", "to"}.isdisjoint(words) and _all_in(rest, HAS_BEEN_LOADED)


def _says_last_day(words: frozenset[str]) -> bool:
    leaves = words & LEAVING and words & DAYS
    return bool(leaves or (words & ENDS and words & OF_WORK)) and not words & NOT_A_LAST_DAY


def _each(says_so: Callable[[Value], bool]) -> Judge:
    return lambda kinds: {value for value in kinds if value != "" and says_so(value)}


def _among_texts(says_so: Callable[[Value], bool]) -> Judge:
    """The same for texts, of which most need no closer look."""

    def judge(kinds: Collection[Value]) -> set[Value]:
        texts = " \n".join(value for value in kinds if isinstance(value, str))
        return _each(says_so)(kinds) if _may_say_so(_plain(texts)) else set()

    return judge


def _not_ticked(kinds: Collection[Value]) -> set[Value]:
    """Those that say no; beside a tick, the blank ones too."""
    filled = {value for value in kinds if _word(value)}
    blank = {*kinds} - filled if any(_word(value) in _YES for value in filled) else set()
    return blank | _saying_no(filled) | set(filter(_is_inactive, filled))


def _no_or_blank(kinds: Collection[Value]) -> set[Value]:
    """Those that say no; beside nothing but ticks and noes, the blank ones too: not beside 80 %."""
    words = {value: _word(value) for value in kinds}
    filled = {word for word in words.values() if word}
    is_ticked = filled <= _YES | _NO and not filled.isdisjoint(_YES)
    return _saying_no(kinds) | {value for value, word in words.items() if is_ticked and not word}


def _inactive_or_code(kinds: Collection[Value], codes: dict[str, frozenset[str]]) -> set[Value]:
    words = {value: _word(value) for value in kinds}
    telling = frozenset().union(*(codes.get(word, ()) for word in words.values()))
    return {v for v, word in words.items() if word in telling or _is_inactive(v)}


def _word(value: Value) -> str:
    text = _plain(shown(value)).replace("\ufe0f", "")  # the colourful form of a sign
    return " ".join(text.split()).strip(".!")


def _saying_no(kinds: Collection[Value]) -> set[Value]:
    """Those that are a no; a 0 is one only where the others are yes or no: not beside 80 %."""
    words = {value: word for value in kinds if (word := _word(value))}
    no = _NO if words and {*words.values()} <= _YES | _NO else _NO - _ZERO
    return {value for value, word in words.items() if word in no}


def _says_yes(value: Value) -> bool:
    return _word(value) in _YES or _is_inactive(value)


def _ended(kinds: Collection[Value], no_days: tuple[type, ...] = ()) -> set[Value]:
    """Those that are past days, or days that can't be read or of which another reading is past."""
    days = [value for value in kinds if value != "" and not isinstance(value, no_days)]
    orders = orders_of(days)
    return {value for value in days if is_past(value, orders) is not False}


def _is_inactive(value: Value) -> bool:
    """Whether a word of a state or an action says that somebody has left, or is to be left out."""
    if not isinstance(value, str):
        return False
    first, *others = (part.strip() for part in _CODE_AND_WORD.split(_word(value)))
    parts = [first, *(part for part in others if part != "term")]  # Contract - Term
    return any(map(_SAYS_INACTIVE.match, parts)) or _is_asked_for(value)


def said_in_a_remark(kinds: Collection[Value]) -> set[Value]:
    """What decides it of remarks, and of what somebody has jotted down beside the list."""
    return _among_texts(_is_asked_for)(kinds)


def said_in_a_comment(text: str) -> bool:
    """Whether a comment says it, or one of its lines, which may stand behind a name and a colon."""
    return any(map(_is_asked_for, (text, *_LINES.split(text))))


def gone(kinds: Collection[Value]) -> set[Value]:
    """What decides the same of a column of which nothing is known, as of jobs and departments."""
    return _among_texts(lambda value: _says(value, _SAYS_JUST_GONE))(kinds)


def _may_say_so(plain: str) -> bool:
    """Whether a closer look at a text is worth its time."""
    if not FIRST_WORDS.isdisjoint(WORDS.findall(plain)):
        return True
    return not plain.isascii() and _JAPANESE.search(plain) is not None


def _is_gone(value: Value) -> bool:
    """Whether a text says so wherever it stands: `please do not upload`, `left the company`."""
    return _says(value, _SAYS_GONE)


def _is_asked_for(value: Value) -> bool:
    """The same of a remark, in which somebody may be asked to: `duplicate - ignore`."""
    return _says(value, _SAYS_GONE, _SAYS_LEAVE_OUT, _SAYS_LEFT)


def said_in_a_team(kinds: Collection[Value]) -> set[Value]:
    """What decides the same of teams: `LEFT`, but not the team `Archive`."""
    return _each(lambda value: _is_state(_word(value)) or _is_gone(value))(kinds)


def said_in_a_name(kinds: Collection[Value]) -> set[Value]:
    """What decides the same of names: `Lee (left)`, `DO NOT UPLOAD Bo`, `Bo †`; no name Leaver."""
    return _each(_says_beside_a_name)(kinds)


def _says_beside_a_name(value: Value) -> bool:
    word = _word(value)
    beside = ("".join(parts).strip() for parts in _SET_OFF.findall(word))
    if _CROSSED.match(word) or any(_is_state(part) or _is_gone(part) for part in beside):
        return True
    return word not in _MAY_BE_A_NAME and _is_gone(value)


def _is_state(word: str) -> bool:
    return word not in _MAY_BE_A_TEAM and _SAYS_INACTIVE.fullmatch(word) is not None


def _says(value: Value, *patterns: re.Pattern[str]) -> bool:
    if not isinstance(value, str):
        return False
    text = _plain(value)
    if not _may_say_so(text):
        return False
    word = _word(text)
    return any(pattern.search(word) for pattern in (_JAPANESE, *patterns))
