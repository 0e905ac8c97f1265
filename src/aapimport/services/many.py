"""Many accounts of one service at once: created by bulk requests, read back by look-ups of many.

An id in a bulk answer is a claim: it counts once the service has shown that the account is this
person's. Nothing here writes to an account that exists.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from aapimport.errors import ServiceError
from aapimport.person import address_key
from aapimport.services import look_ups
from aapimport.services.accounts import (
    compared,
    created,
    is_conflict,
    new_body,
    resolve_conflict,
)
from aapimport.services.directory import Directory, Found, Unknown
from aapimport.services.identity import belongs, is_named, keys
from aapimport.services.outcomes import Outcome, Verdict, judge, judge_status
from aapimport.services.ownership import (
    DEACTIVATED_SINCE,
    HANDED_ON,
    is_ours,
    is_still,
    settle_accepted,
    settle_sent,
)
from aapimport.services.replies import Answer, Reply
from aapimport.services.scim import BULK_REQUEST, Account, identifier, mapping, objects, text
from aapimport.services.values import Wanted

_OPERATION_BYTES = 1000  # what is around the texts of one person, generously
_ACCEPTED = 202
_NOT_OFFERED = {404, 405, 501}
_STATUS = re.compile("[0-9]{1,3}")

ADOPTED_OFF = "the account is deactivated since"
OFF_THE_PASS = "the account isn't on the pass any more"


def create_many(directory: Directory, wanted: Sequence[Wanted]) -> list[Outcome]:
    """Create accounts by one bulk request (RFC 7644 section 3.7), which is never repeated here.

    Answers are matched by bulkId, never by position (docs/scim.md, 13). A service that refuses a
    bulk request as a whole is not asked for another.

    Returns:
        An outcome for each, in their order. Whoever isn't answered is unknown: a service may carry
        out more than it answers for, also where its answer ends at an error.
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
    whole = _whole(directory, reply)
    if whole.verdict is not Verdict.DONE or not isinstance(reply, Answer):
        return [whole] * len(wanted)
    listed = list(objects((reply.json() or {}).get("Operations")))
    times = Counter(text(one.get("bulkId")) for one in listed)
    answers = {key: one for one in listed if times[key := text(one.get("bulkId"))] == 1}
    missing = Outcome(verdict=Verdict.UNKNOWN, reason="the bulk answer says nothing about it")
    return [
        _created(directory, one, answers[one.external_id])
        if one.external_id in answers
        else missing
        for one in wanted
    ]


def _whole(directory: Directory, reply: Reply) -> Outcome:
    """What is known of a bulk request as a whole; `done` when each operation has its own answer.

    An error says nothing of the operations before the one that brought it about. Only a service
    that never took a bulk request, and answers that it knows of none, has done nothing.
    """
    whole = judge(reply)
    if not isinstance(reply, Answer):
        return whole
    if whole.verdict is not Verdict.DONE:
        if not whole.throttled:
            directory.takes_bulk = False
        never = reply.status in _NOT_OFFERED and not directory.took_bulk
        verdict = Verdict.NOT_SENT if never else Verdict.UNKNOWN
        return replace(whole, verdict=verdict, answered=True)
    directory.took_bulk = True
    if reply.status == _ACCEPTED:
        return Outcome(verdict=Verdict.WRITTEN, reason="accepted for later")
    if reply.json() is None:
        return Outcome(verdict=Verdict.UNKNOWN, reason="the bulk answer can't be read")
    return whole


def _code(answer: Mapping[str, Any]) -> int:
    """The status of one operation; 0 when it has none."""
    status = answer.get("status")
    if isinstance(status, dict):  # scimgateway
        status = status.get("code")
    return int(status) if _STATUS.fullmatch(status := str(status)) else 0


def _created(directory: Directory, wanted: Wanted, answer: Mapping[str, Any]) -> Outcome:
    """What one operation of a bulk answer says."""
    code = _code(answer)
    detail = mapping(answer.get("response"))
    words = text(detail.get("detail")) or f"HTTP {code}"
    kind = text(detail.get("scimType"))
    if is_conflict(code, detail):
        return resolve_conflict(directory, wanted, words, kind)
    outcome = judge_status(code, words, kind)
    if outcome.verdict is not Verdict.DONE:
        return outcome
    outcome = created(wanted, code, detail)
    if outcome.account_id or code == _ACCEPTED or detail.keys() & {"userName", "externalId"}:
        return outcome
    location = text(answer.get("location")).rstrip("/").rpartition("/")[2]
    claimed = identifier(detail.get("id")) or identifier(unquote(location))
    return replace(outcome, account_id=claimed, reason="" if claimed else outcome.reason)


def verify_many(
    directory: Directory, wanted: Sequence[Wanted], account_ids: Sequence[str], *, trusted: bool
) -> list[Outcome]:
    """Read accounts back that were just created; writes nothing.

    Args:
        directory: The service.
        wanted: What they should be.
        account_ids: Their ids, as far as the service has told any; whoever has none is looked for
            by address.
        trusted: Whether the service's look-ups can be believed; else each is read on its own.

    Returns:
        For each `done`, or `written` with what is not as wanted yet: an old value, or nobody shown
        (`gone`). An id that turned out to be another person's is corrected where the person's own
        account is found, else left out.
    """
    found = _Found(_found(directory, wanted) if trusted else [])
    outcomes = [
        _verified(directory, found.of(one), one, account_id)
        for one, account_id in zip(wanted, account_ids, strict=True)
    ]
    nobody = (at for at, one in enumerate(outcomes) if one.gone and not one.account_id)
    lost = [] if trusted else [*nobody]  # no id is known any more under which they could be read
    looked = look_ups.look_again(directory, [wanted[at] for at in lost])
    for at, look_up in zip(lost, looked, strict=True):
        if isinstance(look_up, Unknown):
            outcomes[at] = Outcome(verdict=Verdict.UNKNOWN, reason=look_up.reason)
        elif isinstance(look_up, Found):
            own = look_up.account
            outcomes[at] = _accepted(directory, own, wanted[at], account_ids[at])
    return outcomes


TWO_ACCOUNTS = "there are two accounts with this address: one has to be removed on the service"
"""What is not as it should be where somebody who was created was there, or came, a second time."""


def _verified(
    directory: Directory, theirs: Sequence[Account], wanted: Wanted, claimed: str
) -> Outcome:
    """What the service shows of one person, among whom it was found or under the claimed id."""
    outcome = _shown_of(directory, theirs, wanted, claimed)
    named = {account.id for account in theirs if is_named(account, wanted.email)}
    if outcome.verdict is Verdict.DONE and named - {outcome.account_id}:
        return replace(outcome, but=TWO_ACCOUNTS)
    return outcome


def _shown_of(
    directory: Directory, theirs: Sequence[Account], wanted: Wanted, claimed: str
) -> Outcome:
    account = _own(theirs, wanted, claimed)
    certain = account is not None and (account.id == claimed or is_ours(account, wanted))
    shown = directory.fetch(claimed) if claimed and not certain else None
    if account is not None and not (isinstance(shown, tuple) and is_ours(shown[0], wanted)):
        return _accepted(directory, account, wanted, claimed)  # else ours has another address
    if isinstance(shown, Unknown):
        return Outcome(verdict=Verdict.UNKNOWN, reason=shown.reason, account_id=claimed)
    if shown is None:
        reason, known = "not shown yet", claimed
    elif belongs(shown[0], wanted):
        return _accepted(directory, shown[0], wanted, claimed)
    else:
        reason, known = "the service shows another account there", ""
    return Outcome(verdict=Verdict.WRITTEN, reason=reason, account_id=known, gone=True)


def _accepted(directory: Directory, account: Account, wanted: Wanted, claimed: str) -> Outcome:
    """What the account that is there says about what was sent, once it is clear whose it is."""
    other = None
    if wanted.external_id:
        answered = account.id == claimed
        other = settle_accepted(directory, wanted, account, answered=answered)
    return other or compared(account, wanted, directory.capabilities)


def settle_many(directory: Directory, wanted: Sequence[Wanted]) -> list[Outcome]:
    """Find out what became of creates whose answers were lost, by trusted look-ups of many.

    Returns:
        For each `not sent` where two ways of asking find nobody, unknown where a look-up failed,
        else as `settle_found`; by our key also whoever has another address by now.
    """
    try:
        found, doubt = look_ups.find_surely(directory, wanted)
    except ServiceError as error:
        return [Outcome(verdict=Verdict.UNKNOWN, reason=error.message)] * len(wanted)
    accounts = _Found(found)
    lost = [one for one in wanted if not any(is_ours(it, one) for it in accounts.of(one))]
    accounts = _Found([*found, *look_ups.by_keys(directory, lost)])
    owners = [(one, accounts.of(one)) for one in wanted]
    if any(is_ours(account, one) for one, theirs in owners for account in theirs):
        directory.keeps_keys = True  # so whoever of them has no key was made by somebody else
    return [_settled(directory, one, theirs, doubt) for one, theirs in owners]


def _settled(
    directory: Directory, wanted: Wanted, theirs: Sequence[Account], doubt: str
) -> Outcome:
    """Whose account it is that was found, if any was; in doubt whoever wasn't may be there."""
    if not theirs:
        absent = Unknown(doubt) if doubt else directory.absent(wanted)
        if isinstance(absent, Unknown):
            return Outcome(verdict=Verdict.UNKNOWN, reason=absent.reason)
        return Outcome(verdict=Verdict.NOT_SENT, reason="not found")
    if len(theirs) > 1 and not is_ours(theirs[0], wanted):
        reason = f"{len(theirs)} accounts have this address; make them one, then upload again"
        return Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason)
    return settle_sent(directory, wanted, theirs[0])


def confirm_many(
    directory: Directory, wanted: Sequence[Wanted], account_ids: Sequence[str], *, trusted: bool
) -> list[Outcome]:
    """Whether accounts that are known from earlier are still these people's; writes nothing.

    Args:
        directory: The service.
        wanted: The people.
        account_ids: Their accounts' ids.
        trusted: Whether the service's look-ups can be believed; else each is read on its own.

    Returns:
        For each `done`, `needs a person` when the account was handed on, or unknown.
    """
    found = {one.id: one for one in _found(directory, wanted)} if trusted else {}
    return [
        _confirmed(directory, found.get(account_id), one, account_id)
        for one, account_id in zip(wanted, account_ids, strict=True)
    ]


def _confirmed(
    directory: Directory, account: Account | None, wanted: Wanted, account_id: str
) -> Outcome:
    if account is None:
        shown = directory.fetch(account_id)
        if shown is None or isinstance(shown, Unknown):
            reason = "the account isn't shown" if shown is None else shown.reason
            gone = shown is None
            return Outcome(verdict=Verdict.UNKNOWN, reason=reason, account_id=account_id, gone=gone)
        account = shown[0]
    if is_still(account, wanted):
        if _left_the_pass(directory, account, wanted):
            return Outcome(verdict=Verdict.NEEDS_PERSON, reason=OFF_THE_PASS, account_id=account_id)
        if account.active:
            return Outcome(verdict=Verdict.DONE, account_id=account_id)
        reason = DEACTIVATED_SINCE if wanted.external_id else ADOPTED_OFF
    else:
        reason = HANDED_ON
    return Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason, account_id=account_id)


def _left_the_pass(directory: Directory, account: Account, wanted: Wanted) -> bool:
    """Whether somebody was taken off the pass, on a service that shows who is on it."""
    shown = directory.capabilities.keeps("entitlements") and "pass" not in directory.drops
    return shown and wanted.pass_id is not None and wanted.pass_id not in account.passes


def _found(directory: Directory, wanted: Sequence[Wanted]) -> Sequence[Account]:
    """Who of some people is there; whoever isn't found is looked at on their own."""
    found = look_ups.find_many(directory, [one.email for one in wanted])
    return [] if isinstance(found, Unknown) else found


class _Found:
    """Accounts that were found together, by what they can be told by."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by: dict[str, dict[str, Account]] = {}
        for account in accounts:
            for key in {account.external_id, *keys(account)}:
                self._by.setdefault(key, {})[account.id] = account

    def of(self, wanted: Wanted) -> list[Account]:
        """A person's accounts; one that carries our own key first."""
        near = self._by.get(wanted.external_id, {}) if wanted.external_id else {}
        near = near | self._by.get(address_key(wanted.email), {})
        theirs = [account for account in near.values() if belongs(account, wanted)]
        return sorted(theirs, key=lambda account: not is_ours(account, wanted))


def _own(theirs: Sequence[Account], wanted: Wanted, claimed: str) -> Account | None:
    """The account that a create has made: by our key, by its id, or the only one without a key.

    One that carries somebody else's key was there before, whatever its userName is.
    """
    if theirs and is_ours(theirs[0], wanted):
        return theirs[0]
    claims = [account for account in theirs if account.id == claimed]
    others = [account for account in theirs if not account.external_id]
    return next(iter(claims), others[0] if len(others) == 1 else None)


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
