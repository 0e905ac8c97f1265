"""Is a SCIM service at an address? What answers there is a wrong address, or out of order.

An address is wrong where trying again later would not help: nobody knows its host, or what answers
speaks no TLS, sends us elsewhere, or shows no people at `/Users`, which every SCIM service has (RFC
7644 section 3.2). Discovery alone proves nothing: all of it may be missing.
"""

from aapimport.errors import ServiceError, WrongAddressError
from aapimport.services.paging import Place, page_in
from aapimport.services.patience import Patience, passing
from aapimport.services.reaching import reachable
from aapimport.services.replies import Answer, NotSent
from aapimport.services.scim import ERROR
from aapimport.services.transport import Transport

NO_COUNT = {400, 500, 501}
"""How services answer that refuse any `count`, or fall over it (docs/scim.md, 14)."""
_NOT_FOUND = 404
_FEW = {"startIndex": "1", "count": "1"}


def check_scim(transport: Transport, patience: Patience, name: str) -> None:
    """Ask for people, where nothing else says that a SCIM service is there.

    Args:
        transport: The service.
        patience: Its retry budget.
        name: What the service is called in messages.

    Raises:
        SettingsError: It refuses the token.
        WrongAddressError: What answers is no SCIM service.
        ServiceError: It can't be reached.
    """

    def ask(query: dict[str, str] | None) -> Answer:
        reply = patience.repeat(
            lambda: transport.request("GET", "/Users", query=query),
            reads=True,
            whole=lambda answer: not answer.ok or _is_list(answer),
        )
        return reachable(reply, name, transport.login)

    answer = ask(_FEW)
    if answer.status in NO_COUNT:
        answer = ask(None)
    if not _is_scim(answer):
        shown = "something else than a list of people" if answer.ok else f"HTTP {answer.status}"
        raise WrongAddressError(
            f"no SCIM service is at the address of {name}: {transport.url}/Users is answered with"
            f" {shown}",
            hint=f"check {transport.named}: it is the address to which /Users is added",
            service=name,
        )


def check_address(error: ServiceError, transport: Transport, patience: Patience, name: str) -> None:
    """Tell a wrong address from a service that is out of order, after an answer that is no good.

    Args:
        error: What is wrong with the answer.
        transport: As for `check_scim`.
        patience: Likewise.
        name: Likewise.

    Raises:
        SettingsError: As for `check_scim`.
        WrongAddressError: Likewise.
        ServiceError: Likewise.
    """
    if error.status is not None and not passing(error.status):
        check_scim(transport, patience, name)


def astray(reply: NotSent, transport: Transport, name: str) -> WrongAddressError:
    """The error for an address that looks wrong already before anything was answered.

    Args:
        reply: What became of the request.
        transport: The service.
        name: What it is called.
    """
    return WrongAddressError(
        f"{name} is not at its address: {reply.reason}",
        hint=f"check {transport.named} and its port; if they are right, check your network, as a"
        " VPN that may be needed",
        service=name,
    )


def _is_list(answer: Answer) -> bool:
    body = answer.json()
    return page_in(body, Place()) is not None or "totalResults" in (body or {})


def _is_scim(answer: Answer) -> bool:
    """Whether a SCIM service may have said that, be it busy, or against the question."""
    if answer.ok:
        return _is_list(answer)
    if passing(answer.status):
        return True
    schemas = (answer.json() or {}).get("schemas")
    says_so = isinstance(schemas, list) and ERROR in schemas
    return says_so and answer.status != _NOT_FOUND
