"""How one service is: reached, opened, and asked what it can do. Writes nothing to it."""

import secrets
from dataclasses import dataclass, replace
from enum import StrEnum

from aapimport.errors import ExitCode, ServiceError, SettingsError, WrongAddressError
from aapimport.services.directory import Directory, Unknown
from aapimport.services.discovery import Capabilities
from aapimport.services.replies import Answer
from aapimport.services.scim import Account, equals
from aapimport.services.swapped import certain_page

_ONE = {"startIndex": "1", "count": "1"}


class State(StrEnum):
    """How far a service lets us come."""

    OK = "ok"
    REFUSED = "refused"
    UNUSABLE = "unusable"
    NO_SCIM = "no-scim"
    OUT_OF_ORDER = "out-of-order"
    UNREACHABLE = "unreachable"


class LookUps(StrEnum):
    """Whether look-ups by filter tell the truth (docs/scim.md, 2 and 3)."""

    TRUE = "true"
    EXACT_CASE = "exact-case"
    IGNORED = "ignored"
    MISSING = "missing"
    REFUSED = "refused"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a service is.

    Attributes:
        name: What it is called.
        address: Where it is.
        state: How far it lets us come.
        status: The HTTP status of the answer that shows it out of order; None without one.
        problem: What is wrong, in a sentence; empty when nothing is.
        hint: What to do about it.
        capabilities: What it says it can do; None where it doesn't let us ask.
        accounts: How many accounts it says there are; None likewise.
        look_ups: Whether its look-ups tell the truth; None likewise.
        malformed: Accounts among those looked at that can't be read, each in a few words.
    """

    name: str
    address: str
    state: State
    status: int | None = None
    problem: str = ""
    hint: str = ""
    capabilities: Capabilities | None = None
    accounts: int | None = None
    look_ups: LookUps | None = None
    malformed: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """What a script that uploads has to expect."""
        if self.state is State.OK:
            return ExitCode.OK
        away = self.state in {State.UNREACHABLE, State.OUT_OF_ORDER}
        return ExitCode.SERVICE if away else ExitCode.SETTINGS


def examine(directory: Directory) -> Health:
    """Find out how a service is; whatever is wrong with it is part of the answer.

    Discovery may be open to everybody (RFC 7644 section 4), so the token is tried on the people.
    """
    capabilities = None
    try:
        capabilities = directory.capabilities
        page = certain_page(directory)
    except SettingsError as error:
        return _ill(directory, _why_not(directory, error), error, capabilities)
    except ServiceError as error:
        return _out_of_order(directory, error, capabilities)
    people = directory.on_page(page)
    return Health(
        name=directory.name,
        address=directory.url,
        state=State.OK,
        capabilities=capabilities,
        accounts=max(page.total, len(people)),
        look_ups=try_look_ups(directory, people[-1]) if people else LookUps.UNTRIED,
        malformed=tuple(directory.malformed),
    )


def try_look_ups(directory: Directory, known: Account) -> LookUps:
    """Look for somebody who is there, for nobody, and for the first in other letters.

    Args:
        directory: The service.
        known: An account that it has listed.
    """
    stranger = f"nobody-{secrets.token_hex(8)}@example.invalid"
    for_nobody = directory.search(equals("userName", stranger))
    as_is = directory.search(equals("userName", known.user_name))
    if isinstance(for_nobody, Unknown) or isinstance(as_is, Unknown):
        return LookUps.REFUSED
    if for_nobody:
        return LookUps.IGNORED
    if [one.id for one in as_is] != [known.id]:
        return LookUps.MISSING
    other_case = directory.search(equals("userName", known.user_name.swapcase()))
    found = isinstance(other_case, list) and [one.id for one in other_case] == [known.id]
    return LookUps.TRUE if found else LookUps.EXACT_CASE


def _why_not(directory: Directory, error: SettingsError) -> State:
    """Tell a service that refuses us from one to which nothing can be sent as things are set."""
    reply = directory.transport.request("GET", "/Users", query=_ONE)
    if not isinstance(reply, Answer):
        return State.UNUSABLE
    return State.NO_SCIM if isinstance(error, WrongAddressError) else State.REFUSED


def _out_of_order(
    directory: Directory, error: ServiceError, capabilities: Capabilities | None
) -> Health:
    """Tell a service that answers, and not as it should, from one that can't be reached."""
    reply = directory.transport.request("GET", "/Users", query=_ONE)
    if not isinstance(reply, Answer):
        return _ill(directory, State.UNREACHABLE, error, capabilities)
    found = _ill(directory, State.OUT_OF_ORDER, error, capabilities)
    return replace(found, status=error.status or (None if reply.ok else reply.status))


def _ill(
    directory: Directory,
    state: State,
    error: SettingsError | ServiceError,
    capabilities: Capabilities | None,
) -> Health:
    return Health(
        name=directory.name,
        address=directory.url,
        state=state,
        problem=error.message,
        hint=error.hint,
        capabilities=capabilities,
    )
