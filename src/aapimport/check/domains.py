"""Slips in the domains of addresses, learned from the file itself."""

import re
from collections import Counter
from collections.abc import Iterator

_PUBLIC_DOMAINS = ("gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com")
_PROVIDERS = {
    *_PUBLIC_DOMAINS,
    *(
        "aol.com",
        "email.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.co.uk",
        "hotmail.fr",
    ),
    *("live.com", "mac.com", "mail.com", "me.com", "msn.com", "outlook.de", "outlook.fr", "pm.me"),
    *("proton.me", "protonmail.com", "rocketmail.com", "yahoo.co.jp", "yahoo.co.uk", "yahoo.fr"),
    *("ymail.com", "zoho.com"),
}
"""Mail services that exist; their names are no slips of each other's."""
_COUNTRY_CODES = (
    "ac ad ae af ag ai al am ao ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br "
    "bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do "
    "dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt "
    "gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn "
    "kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq "
    "mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl "
    "pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss "
    "st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va "
    "vc ve vg vi vn vu wf ws ye yt za zm zw"
)
"""The country codes among the top-level domains (IANA's root zone database)."""
_COUNTRIES = frozenset(_COUNTRY_CODES.split())
_DOMAIN = re.compile(r"[\w.-]{1,253}")
_SLIPPED_ENDINGS = {"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com"}
_FREQUENT = 5
_TIMES_RARER = 5


def odd_domains(counts: Counter[str]) -> dict[str, str]:
    """The domains that were probably meant to be another one, and which.

    Args:
        counts: How often each domain stands in the file.
    """
    frequent = [name for name, count in counts.items() if count >= _FREQUENT]
    known = [*dict.fromkeys((*frequent, *_PUBLIC_DOMAINS))]
    # Two texts are one slip apart only if they have one of these forms in common.
    with_form: dict[str, list[int]] = {}
    for at, name in enumerate(known):
        if _DOMAIN.fullmatch(name):
            for form in _forms(name):
                with_form.setdefault(form, []).append(at)
    odd = {}
    for domain, count in counts.items():
        if not _DOMAIN.fullmatch(domain):
            continue  # it is no address at all, which has been told
        near = sorted({at for form in _forms(domain) for at in with_form.get(form, ())})
        if meant := _meant_domain(domain, count, counts, [known[at] for at in near]):
            odd[domain] = meant
    return odd


def _forms(text: str) -> Iterator[str]:
    """A text, and all that is left of it without one of its letters."""
    yield text
    for at in range(len(text)):
        yield text[:at] + text[at + 1 :]


def _meant_domain(domain: str, count: int, counts: Counter[str], near: list[str]) -> str:
    """The domain that a rare one was probably meant to be, or nothing."""
    name, _, ending = domain.rpartition(".")
    for known in near:
        often = counts.get(known, 0)
        public = known in _PUBLIC_DOMAINS and count < _FREQUENT
        rarer = public or often >= _TIMES_RARER * count
        known_name, _, known_ending = known.rpartition(".")
        if name == known_name and {ending, known_ending} <= _COUNTRIES:
            continue  # one company in two countries
        if rarer and domain not in _PROVIDERS and one_slip(domain, known):
            return known
    return f"{name}.{_SLIPPED_ENDINGS[ending]}" if ending in _SLIPPED_ENDINGS and name else ""


def one_slip(text: str, other: str) -> bool:
    """Whether one slip of the finger makes one text of the other.

    A letter too many, too few, another one, or two neighbours swapped.
    """
    if text == other or abs(len(text) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(text), len(other)) and text[start] == other[start]:
        start += 1
    rest, other_rest = text[start:], other[start:]
    return (
        rest[1:] == other_rest[1:]
        or rest[1:] == other_rest
        or rest == other_rest[1:]
        or (rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:])
    )
