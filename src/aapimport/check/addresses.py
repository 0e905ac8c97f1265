"""Is this an e-mail address? email-validator's rules, asked once per domain."""

import re
from functools import cache, lru_cache

_ATOM = r"[A-Za-z0-9_+%'&=~-]+"
_is_plain = re.compile(
    rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9.\x80-\U0010ffff-]+"
).fullmatch
_is_everyday_domain = re.compile(
    r"(?=.{4,253}$)(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:com|org|net|edu|gov|[a-z]{2})"
).fullmatch
"""Domains about which email-validator has no objection: not asking it saves loading it."""
_good_domains: set[str] = set()


def address_fault(text: str) -> str:
    """Why a text is not an e-mail address, as a hint; empty where it is one."""
    if _is_plain(text):
        domain = text[text.index("@") + 1 :]
        if domain in _good_domains:
            return ""
        if _is_everyday(domain) or not _domain_fault(domain):
            _good_domains.add(domain)
            return ""
    return _fault(text)


def _is_everyday(domain: str) -> bool:
    if domain.isascii():
        return _is_everyday_domain(domain) is not None
    from aapimport.person import plain_a_label  # with pydantic, which is still being loaded

    # Its labels have been looked at, so that nothing in front of them can be wrong.
    label = plain_a_label(domain) if "xn--" not in domain.lower() else ""
    return _is_everyday_domain(label.replace("xn--", "")) is not None


@cache
def _domain_fault(domain: str) -> str:
    return _verdict(f"a@{domain}")


def _verdict(address: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        return str(error)
    return ""


_FAULTS = (
    (r"[^@]*", "an address has the form ana.perez@acme.com"),
    (r"@.*", "the part before @ is missing"),
    (r".*@.*[;,\s].*@.*", "one address per row; give each person a row"),
    (r".*@[^.]*", "the part after @ needs a domain, for example acme.com"),
    (r".*\s.*", "an address holds no blanks"),
    (r".*(?:\.\.|@\.|\.@|\.$).*", "one dot is too many"),
)
"""What most wrong addresses look like, the plainest first, each with its cure."""


@lru_cache(maxsize=1024)  # a wrong text tends to stand in every row
def _fault(text: str) -> str:
    verdict = _verdict(text)
    if not verdict:
        return ""
    if inside := re.fullmatch(r"[^<>]*<\s*([^<>\s]+@[^<>\s]+)\s*>", text):
        return f"type only the address: {inside[1]}"
    for pattern, cure in _FAULTS:
        if re.fullmatch(pattern, text, re.DOTALL):
            return cure
    return verdict[0].lower() + verdict[1:].rstrip(".")
