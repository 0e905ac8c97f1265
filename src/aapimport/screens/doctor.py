"""How both services are, and what that means for an upload."""

from collections.abc import Iterator

from rich.console import Console

from aapimport.plan.diagnosis import Announced, Diagnosis, ServiceDiagnosis
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_labelled, print_line

_ERRORS = 400  # statuses from here on are errors (RFC 9110 section 15.5)
_STATES = {
    "ok": ("yes", "accepted"),
    "refused": ("yes", "refused"),
    "unusable": ("can't be asked as things are set", "not tried"),
    "no-scim": ("yes, but not by a SCIM service", "not tried"),
    "out-of-order": ("yes, but it is out of order", "not tried"),
    "unreachable": ("no", "not tried"),
}
_LOOK_UPS = {
    "true": "true, in any letter case",
    "exact-case": "true in the same letter case only",
    "ignored": "not true: everybody comes back",
    "missing": "not true: somebody who is there is not found",
    "refused": "refused",
    "untried": "not tried: nobody is there",
}


def show_diagnosis(console: Console, found: Diagnosis) -> None:
    """Each service as a table, then what it means in sentences, then whether an upload can run."""
    for position, service in enumerate(found.services):
        place = "built into aapimport" if found.target == "practice" else safe(service.address)
        print_line(console, f"{safe(service.name)}  {place}")
        told = [*_service(service), *(_holdings(found) if position == 0 else ())]
        width = max(len(label) for label, _ in told)
        for label, value in told:
            print_labelled(console, f"  {label:{width}}  ", safe(value))
        console.print()
    if found.meaning:
        console.print("What this means for an upload")
        for sentence in found.meaning:
            print_labelled(console, "  - ", safe(sentence))
        console.print()
    troubles = [(one.problem, one.hint) for one in found.services] + [(found.problem, found.hint)]
    for problem, hint in troubles:
        if problem:
            print_line(console, f"error: {safe(problem)}")
            if hint:
                print_line(console, f"hint: {safe(hint)}")
    console.print(
        "an upload can run; nothing was written"
        if found.can_upload
        else "no upload can run; nothing was written"
    )


def _service(service: ServiceDiagnosis) -> Iterator[tuple[str, str]]:
    reached, token = _STATES[service.state]
    if service.status is not None and service.status >= _ERRORS:
        reached = f"answered {service.status}"
    yield "answers", reached
    yield "token", token
    if service.accounts is not None:
        unread = f", {service.malformed:,} can't be read" if service.malformed else ""
        yield "accounts", f"{service.accounts:,}{unread}"
    if service.look_ups is not None:
        yield "look-ups", _LOOK_UPS[service.look_ups]
    if service.state == "ok" and service.announced:
        yield from _announced(service.announced)
        if service.not_kept:
            yield "not kept, as set", ", ".join(service.not_kept)


def _announced(can: Announced) -> Iterator[tuple[str, str]]:
    bulk = f"{count(can.bulk, 'person', 'people')} a request" if can.bulk else "no"
    yield "bulk requests", bulk
    yield "filter", _yes(can.filter)
    yield "PATCH, ETags", f"{_yes(can.patch)}, {_yes(can.etag)}"
    if not can.schema_published:
        yield "declares", "nothing"
    else:
        declares = {
            "names": can.names,
            "roles": can.roles,
            "entitlements": can.entitlements,
            "externalId": can.external_id,
        }
        found = [name for name, declared in declares.items() if declared]
        yield "declares", ", ".join(found) or "nothing of ours"
        if missing := [name for name in declares if name not in found]:
            yield "not declared", ", ".join(missing)
    yield "welcome e-mails", "on request" if can.welcome_emails else "takes no word about them"


def _holdings(found: Diagnosis) -> Iterator[tuple[str, str]]:
    if found.services[0].state != "ok":
        return
    seats = "with seats" if found.seats_published else "seats not published"
    if found.passes is None:
        yield "passes", "not published"
    else:
        yield "passes", f"{found.passes:,}, {seats}"
    yield "teams", "no Groups" if found.teams is None else f"{found.teams:,}"
    pass_is = {
        "entitlement": "an entitlement",
        "group": "the Group of that name",
        "nothing": "nothing that can be written",
    }
    if found.pass_is:
        yield "being on a pass", pass_is[found.pass_is]


def _yes(value: bool) -> str:
    return "yes" if value else "no"
