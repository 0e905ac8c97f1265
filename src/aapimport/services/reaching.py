"""A service's answer, or the error that ends a command because there is none to go on with."""

from aapimport.errors import ServiceError, SettingsError, WrongAddressError
from aapimport.services.patience import asks_to_wait, retry_after, too_long, transient
from aapimport.services.replies import Answer, Lost, NotSent, Reply

UNAUTHORIZED, FORBIDDEN = 401, 403


def is_refusal(answer: Answer) -> bool:
    """Whether a service refuses the token, or sends us elsewhere."""
    return answer.status in {UNAUTHORIZED, FORBIDDEN} or 300 <= answer.status < 400  # noqa: PLR2004 -- RFC 9110 section 15.4


def check_usable(reply: Reply, name: str, login: str) -> None:
    """Raise where nobody can be asked for any more; a 403 may be about one person alone.

    Args:
        reply: What became of a request.
        name: What the service is called.
        login: What opens it, in words.

    Raises:
        SettingsError: The log-in opens nothing any more, or something has to be set before
            anything can be sent.
    """
    refused = isinstance(reply, Answer) and reply.status == UNAUTHORIZED
    if refused or (isinstance(reply, NotSent) and reply.cure):
        reachable(reply, name, login)


def reachable(reply: Reply, name: str, login: str) -> Answer:
    """The answer, or the error that says why there is none to be had.

    Args:
        reply: What became of a request.
        name: What the service is called.
        login: What opens it, in words.

    Raises:
        SettingsError: The service refuses the log-in, or something has to be set before anything
            can be sent.
        WrongAddressError: It sends us elsewhere, or doesn't speak what its address says.
        ServiceError: The service can't be reached, or asks for a longer wait than we make.
    """
    if isinstance(reply, NotSent):
        if reply.cure:
            unusable = f"{name} can't be used: {reply.reason}"
            if reply.astray:
                raise WrongAddressError(unusable, hint=reply.cure, service=name)
            raise SettingsError(unusable, hint=reply.cure)
        raise ServiceError(
            f"{name} can't be reached: {reply.reason}",
            hint="check the address and your network, then try again",
        )
    if isinstance(reply, Lost):
        if reply.lasting:
            raise ServiceError(
                f"{name} can't be understood: {reply.reason}",
                hint="show this message to whoever runs the service, or the proxy before it",
            )
        raise ServiceError(f"{name} did not answer: {reply.reason}", hint="try again later")
    if transient(reply) and (seconds := retry_after(reply)) is not None and too_long(seconds):
        raise asks_to_wait(name, seconds, "run the same command again then")
    if reply.status in {UNAUTHORIZED, FORBIDDEN}:
        raise SettingsError(
            f"{name} refuses {login} (HTTP {reply.status})",
            hint="ask for a new one, or check that it belongs to this service",
        )
    if 300 <= reply.status < 400:  # noqa: PLR2004 -- RFC 9110 section 15.4
        raise WrongAddressError(
            f"{name} sends us to another address (HTTP {reply.status}), which is never followed",
            hint="configure the service's own SCIM address",
            service=name,
        )
    return reply
