"""What became of a write: the classification of docs/protocol.md, section "Outcomes"."""

from dataclasses import dataclass, replace
from enum import StrEnum

from aapimport.services.patience import SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS, retry_after
from aapimport.services.replies import Lost, NotSent, Reply
from aapimport.services.scim import error_detail, text
from aapimport.services.troubles import Trouble, trouble_of

_PAUSING = {401, TOO_MANY_REQUESTS}
_REFUSING = {402, 403}
_THROTTLING = {TOO_MANY_REQUESTS, SERVICE_UNAVAILABLE}
_NOT_KNOWING = {303, 408}  # a POST that was carried out may be answered by 303
_SERVER_ERROR = 500


class Verdict(StrEnum):
    """What is known after a write was tried.

    `written` is accepted by the service, but not read back as it should be yet; `refused` is a word
    against this request (402, 403), which may or may not be one against all of them; `needs a
    person` is something that only a person may decide, and nothing was written.
    """

    DONE = "done"
    WRITTEN = "written"
    REJECTED = "rejected"
    REFUSED = "refused"
    NEEDS_PERSON = "needs a person"
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one step.

    Attributes:
        verdict: What is known.
        reason: Why, in the service's words where it gave any; a remark when `verdict` is done.
        trouble: What kind of trouble the service has, where it said so or didn't answer.
        but: What is not as it should be although it is done: `role not kept`.
        short: The attributes that aren't as wanted: not shown so when `verdict` is written, not
            kept when it is done.
        account_id: The account that was created or changed, where known.
        adopted: The account was there already and not ours: such a person is never mailed.
        throttled: The service asks for fewer requests (429, 503).
        wait: Seconds that the service asks us to pause, where it said so.
        gone: The account that was to be changed isn't there, or not shown.
        wrote: Something was sent to an account that exists.
        changed: The account shows something else than before that.
        was_so: All was as wanted before anything was sent.
        answered: What is unknown came with an answer, such as a 500, whose words are the reason.
        cure: What has to be set or mended before anything can be sent to the service.
        beside: The values of the roles that an account has beside the wanted one, as it is shown;
            None where it wasn't looked at.
        proves_unique: A create was refused because of an account that was then found there: this
            service takes no userName twice.
    """

    verdict: Verdict
    reason: str = ""
    trouble: Trouble | None = None
    but: str = ""
    short: tuple[str, ...] = ()
    account_id: str = ""
    adopted: bool = False
    throttled: bool = False
    wait: float | None = None
    gone: bool = False
    wrote: bool = False
    changed: bool = False
    was_so: bool = False
    answered: bool = False
    cure: str = ""
    beside: tuple[str, ...] | None = None
    proves_unique: bool = False


def judge(reply: Reply) -> Outcome:
    """Classify the reply to a write, before looking at the body of a success."""
    if isinstance(reply, NotSent):
        verdict = Verdict.PAUSE if reply.cure else Verdict.NOT_SENT
        return Outcome(verdict=verdict, reason=reply.reason, cure=reply.cure)
    if isinstance(reply, Lost):
        return Outcome(verdict=Verdict.UNKNOWN, reason=reply.reason, trouble=Trouble.NO_ANSWER)
    if reply.ok:
        return Outcome(verdict=Verdict.DONE)
    kind = text((reply.json() or {}).get("scimType"))
    outcome = judge_status(reply.status, error_detail(reply), kind)
    return replace(outcome, wait=retry_after(reply))


def judge_status(status: int, reason: str, kind: str = "") -> Outcome:
    """Classify a status with its scimType: of a reply, or of one operation in a bulk answer."""
    if 200 <= status < 300:  # noqa: PLR2004 -- RFC 9110 section 15.3
        return Outcome(verdict=Verdict.DONE)
    return replace(_verdict_of(status, reason), trouble=trouble_of(status, kind, reason))


def _verdict_of(status: int, reason: str) -> Outcome:
    throttled = status in _THROTTLING
    if status in _NOT_KNOWING or status < 200 or status >= _SERVER_ERROR:  # noqa: PLR2004 -- RFC 9110 section 15.2
        return Outcome(verdict=Verdict.UNKNOWN, reason=reason, throttled=throttled, answered=True)
    if status in _PAUSING or status < 400:  # noqa: PLR2004 -- RFC 9110 section 15.4
        return Outcome(verdict=Verdict.PAUSE, reason=reason, throttled=throttled)
    if status in _REFUSING:
        return Outcome(verdict=Verdict.REFUSED, reason=reason)
    return Outcome(verdict=Verdict.REJECTED, reason=reason)
