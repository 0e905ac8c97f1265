"""Many accounts of one service at once: created by bulk requests, looked up by one filter."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from aapimport.people.person import address_key
from aapimport.services.accounts import (
    differences,
    make_so,
    new_body,
    resolve_conflict,
    settle_found,
)
from aapimport.services.directory import Directory, Unknown
from aapimport.services.identity import keys
from aapimport.services.outcomes import Outcome, Verdict, judge, judge_status
from aapimport.services.scim import BULK_REQUEST, Account, equals, mapping, objects, text
from aapimport.services.transport import Answer
from aapimport.services.values import Wanted

_OPERATION_BYTES = 1000  # what is around the texts of one person, generously
_NOT_HERE = {403, 501}
ADDRESSES_PER_LOOK_UP = 50
"""Addresses in one filter; short enough for every server that takes `or` at all."""


def any_of(addresses: Sequence[str]) -> str:
    """The filter that finds all of some addresses."""
    return " or ".join(equals("userName", address) for address in addresses)


def finds_only(directory: Directory, known: Account, others: int) -> bool:
    """Whether look-ups can be believed: a known account is found, and nobody else.

    The service is asked for the account by its address in swapped letter case, together with
    addresses that nobody has.

    Args:
        directory: The service.
        known: An account that is there.
        others: How many such addresses to ask for in the same filter.
    """
    strangers = [f"nobody-{secrets.token_hex(8)}@example.invalid" for _ in range(others)]
    found = directory.search(any_of([known.user_name.swapcase(), *strangers]))
    return isinstance(found, list) and [account.id for account in found] == [known.id]


def create_many(directory: Directory, wanted: Sequence[Wanted]) -> list[Outcome]:
    """Create accounts by one bulk request (RFC 7644 section 3.7), which is never repeated here.

    Answers are matched by bulkId, never by position; a missing one is unknown (SERVERS.md, 13).
    A service that refuses the first bulk request as a whole is not asked for another.

    Returns:
        An outcome for each, in their order.
    """
    operations = [
        {
            "method": "POST",
            "path": "/Users",
            "bulkId": one.external_id,
            "data": new_body(one, directory.capabilities),
        }
        for one in wanted
    ]
    reply = directory.transport.request(
        "POST",
        "/Bulk",
        body={"schemas": [BULK_REQUEST], "Operations": operations},
        weight=len(operations),
    )
    whole = judge(reply)
    body = reply.json() if isinstance(reply, Answer) else None
    if whole.verdict is Verdict.DONE and body is None:
        whole = Outcome(verdict=Verdict.UNKNOWN, reason="the bulk answer can't be read")
    if whole.verdict is not Verdict.DONE:
        if isinstance(reply, Answer) and not whole.throttled:
            directory.no_bulk()
        not_there = isinstance(reply, Answer) and (
            reply.status in _NOT_HERE or 300 <= reply.status < 400  # noqa: PLR2004 -- RFC 9110 section 15.4
        )
        if whole.verdict is Verdict.REJECTED or not_there:  # not offered: nothing was done
            whole = replace(whole, verdict=Verdict.NOT_SENT)
        return [whole] * len(wanted)
    answers = {text(one.get("bulkId")): one for one in objects((body or {}).get("Operations"))}
    return [_created(directory, one, answers.get(one.external_id)) for one in wanted]


def _created(directory: Directory, wanted: Wanted, answer: Mapping[str, object] | None) -> Outcome:
    """What one operation of a bulk answer says."""
    if answer is None:
        return Outcome(verdict=Verdict.UNKNOWN, reason="the bulk answer says nothing about it")
    status = answer.get("status")
    if isinstance(status, dict):  # scimgateway
        status = status.get("code")
    code = int(str(status)) if str(status).isdecimal() else 0
    detail = mapping(answer.get("response"))
    if code == 409 or text(detail.get("scimType")) == "uniqueness":  # noqa: PLR2004 -- RFC 7644 section 3.12
        return resolve_conflict(directory, wanted)
    outcome = judge_status(code, text(detail.get("detail")) or f"HTTP {code}")
    if outcome.verdict is not Verdict.DONE:
        return outcome
    identifier = (
        text(detail.get("id")) or text(answer.get("location")).rstrip("/").rpartition("/")[2]
    )
    if not identifier:
        return Outcome(verdict=Verdict.UNKNOWN, reason="the bulk answer names no account")
    return Outcome(verdict=Verdict.WRITTEN, account_id=identifier)


def verify_many(
    directory: Directory, wanted: Sequence[Wanted], account_ids: Sequence[str], *, trusted: bool
) -> list[Outcome]:
    """Read accounts back that were just created, and bring what was not kept to what is wanted.

    Args:
        directory: The service.
        wanted: What they should be.
        account_ids: Their ids.
        trusted: Whether the service's look-ups can be believed; else each is read on its own.
    """
    found = {account.id: account for account in _find(directory, wanted)} if trusted else {}
    outcomes = []
    for one, identifier in zip(wanted, account_ids, strict=True):
        account = found.get(identifier)
        if account is not None and not differences(account, one):
            outcomes.append(Outcome(verdict=Verdict.DONE, account_id=identifier))
        else:
            outcomes.append(make_so(directory, identifier, one))
    return outcomes


def settle_many(directory: Directory, wanted: Sequence[Wanted]) -> list[Outcome]:
    """Find out what became of creates whose answers were lost, by one trusted look-up.

    Returns:
        An outcome for each: `not sent` for those whom nobody found, unknown for all when the
        look-up failed.
    """
    accounts = directory.search_all(any_of([one.email for one in wanted]))
    if isinstance(accounts, Unknown):
        return [Outcome(verdict=Verdict.UNKNOWN, reason=accounts.reason)] * len(wanted)
    found = {key: account for account in accounts for key in keys(account)}
    absent = Outcome(verdict=Verdict.NOT_SENT, reason="not found")
    return [
        settle_found(directory, one, found[address_key(one.email)])
        if address_key(one.email) in found
        else absent
        for one in wanted
    ]


def _find(directory: Directory, wanted: Sequence[Wanted]) -> Iterator[Account]:
    """Who of some people is there; raises nothing: who isn't found is looked at on their own."""
    for start in range(0, len(wanted), ADDRESSES_PER_LOOK_UP):
        chunk = [one.email for one in wanted[start : start + ADDRESSES_PER_LOOK_UP]]
        found = directory.search_all(any_of(chunk))
        if not isinstance(found, Unknown):
            yield from found


def bulk_batches(directory: Directory, wanted: Sequence[Wanted]) -> Iterator[tuple[int, int]]:
    """Where to cut people into bulk requests: by the number and the size of operations announced.

    Yields:
        The (start, end) positions of each request.
    """
    most, size = directory.capabilities.bulk, directory.capabilities.bulk_bytes
    start = used = 0
    for position, one in enumerate(wanted):
        text = 3 * len(one.email) + 2 * len(one.first_name + one.last_name) + len(one.pass_name)
        length = _OPERATION_BYTES + 4 * text  # at most four bytes a character in UTF-8
        if position > start and (position - start >= most or used + length > size):
            yield start, position
            start, used = position, 0
        used += length
    if start < len(wanted):
        yield start, len(wanted)
