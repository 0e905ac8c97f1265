"""The All Access Pass portal: people, passes with seats, teams with places, welcome e-mails."""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from aapimport.errors import ServiceError
from aapimport.people.person import address_key, fold
from aapimport.services.directory import Directory, Unknown
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.scim import AAP_GROUP, AAP_USER, PATCH_OP, mapping, number, objects, text
from aapimport.services.transport import Answer
from aapimport.services.values import EmailKind, Pass, Team

MEMBERS_PER_CALL = 100
"""Members in one PATCH at the most: AWS and Better Auth refuse more (SERVERS.md, 7)."""
_TOO_MUCH = {400, 413}
_NOT_FOUND = 404
_TRIES = 3
"""Requests for a chunk of members at the most, when answers get lost."""


class Portal(Directory):
    """The portal: a directory of people that also has passes and teams."""

    def passes(self) -> tuple[Pass, ...]:
        """Every pass that the portal publishes; empty where it publishes none.

        Raises:
            ServiceError: The list can't be had.
        """
        if not self.capabilities.passes:
            return ()
        return tuple(
            Pass(
                id=str(one.get("id", "")),
                name=text(one.get("displayName")),
                seats=number(one.get("seats")),
                seats_used=number(one.get("seatsUsed")),
            )
            for one in self.walk("/Passes", {})
        )

    def whoami(self) -> str:
        """The address of the account that the token belongs to; empty where `/Me` doesn't say.

        Source: RFC 7644 section 3.11; many services answer 404 or 501.
        """
        reply = self.repeat("GET", "/Me")
        body = reply.json() if isinstance(reply, Answer) and reply.ok else None
        return text((body or {}).get("userName"))

    def teams(self) -> tuple[Team, ...]:
        """Every team, of every pass, without its members.

        Raises:
            ServiceError: The list can't be had.
        """
        if not self.capabilities.teams:
            return ()
        return tuple(
            Team(
                id=str(one.get("id", "")),
                name=text(one.get("displayName")),
                pass_id=text(mapping(mapping(one.get(AAP_GROUP)).get("pass")).get("value")),
                places=number(mapping(one.get(AAP_GROUP)).get("places")),
                places_used=number(mapping(one.get(AAP_GROUP)).get("placesUsed")),
            )
            for one in self.walk("/Groups", self._team_query())
        )

    def _team_query(self) -> dict[str, str]:
        """What to ask for, so that no list of members comes back; places are given when named."""
        if not self.capabilities.team_places:
            return {"excludedAttributes": "members"}
        parts = (f"{AAP_GROUP}:{name}" for name in ("pass", "places", "placesUsed"))
        return {"attributes": ",".join(("displayName", *parts))}

    def members(self, team_id: str) -> frozenset[str] | Unknown:
        """The ids of a team's members; empty where the portal doesn't show them.

        Canaille 0.3.6 answers userNames in their place, so callers compare both.
        """
        reply = self.repeat("GET", _team_path(team_id))
        if not isinstance(reply, Answer):
            return Unknown(reply.reason)
        body = reply.json()
        if not reply.ok or body is None:
            gone = reply.status == _NOT_FOUND
            return Unknown(f"the team can't be read: {judge(reply).reason}", gone=gone)
        return frozenset(text(one.get("value")) for one in objects(body.get("members")))

    def add_members(self, team_id: str, people: Mapping[str, str]) -> dict[str, Outcome]:
        """Put people into a team, at most 100 at a time; may be repeated at any time.

        Args:
            team_id: The team.
            people: The address of each account id.

        Returns:
            For each account id, what became of it.
        """
        outcomes, missing = self._missing(team_id, people)
        ids = list(missing)
        for start in range(0, len(ids), MEMBERS_PER_CALL):
            chunk = {one: people[one] for one in ids[start : start + MEMBERS_PER_CALL]}
            outcomes |= self._add(team_id, chunk, _TRIES)
        added = {one: people[one] for one in ids if outcomes[one].verdict is Verdict.DONE}
        return outcomes | self._read_back(team_id, added)

    def _missing(
        self, team_id: str, people: Mapping[str, str]
    ) -> tuple[dict[str, Outcome], dict[str, str]]:
        """Outcomes of those in a team already, or of all if it can't be read; and the others."""
        present = self.members(team_id)
        if isinstance(present, Unknown):
            lost = Outcome(verdict=Verdict.UNKNOWN, reason=present.reason)
            if present.gone:  # nothing that could be waited for
                lost = Outcome(verdict=Verdict.REJECTED, reason="the team is gone")
            return dict.fromkeys(people, lost), {}
        inside = _listed(people, present)
        done = {one: Outcome(verdict=Verdict.DONE, account_id=one) for one in inside}
        return done, {one: email for one, email in people.items() if one not in inside}

    def _add(self, team_id: str, people: Mapping[str, str], tries: int) -> dict[str, Outcome]:
        """Add one chunk, halving it where the portal refuses it as a whole.

        After a lost answer or a 5xx it is read who is in the team before anybody is sent again:
        some servers list a member twice who is added twice (SERVERS.md, 7).
        """
        operation = {"op": "add", "path": "members", "value": [{"value": one} for one in people]}
        reply = self.transport.request(
            "PATCH",
            _team_path(team_id),
            query={"excludedAttributes": "members"},
            body={"schemas": [PATCH_OP], "Operations": [operation]},
        )
        outcome = judge(reply)
        in_doubt = outcome.verdict is Verdict.UNKNOWN
        too_much = isinstance(reply, Answer) and (
            reply.status in _TOO_MUCH or (in_doubt and not outcome.throttled)
        )
        outcomes: dict[str, Outcome] = {}
        missing = dict(people)
        if in_doubt:
            if outcome.throttled:
                self.patience.wait(1.0 if outcome.wait is None else outcome.wait)
            outcomes, missing = self._missing(team_id, people)
        ids = list(missing)
        if too_much and len(ids) > 1:
            for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
                outcomes |= self._add(team_id, {one: missing[one] for one in half}, tries)
        elif in_doubt and ids and tries > 1:
            outcomes |= self._add(team_id, missing, tries - 1)
        else:
            outcomes |= dict.fromkeys(ids, outcome)
        return outcomes

    def _read_back(self, team_id: str, added: Mapping[str, str]) -> dict[str, Outcome]:
        """Whether people are in the team whom the portal has said to have added."""
        members = self.members(team_id) if added else frozenset()
        if isinstance(members, Unknown):
            return dict.fromkeys(added, Outcome(verdict=Verdict.UNKNOWN, reason=members.reason))
        inside = _listed(added, members)
        checked = {}
        for one in added:
            if one in inside or self._says_it_belongs(one, team_id):
                checked[one] = Outcome(verdict=Verdict.DONE, account_id=one)
            elif members or self._shows_members:
                checked[one] = Outcome(
                    verdict=Verdict.REJECTED,
                    reason="accepted but not kept by the server: membership",
                )
            else:
                checked[one] = Outcome(
                    verdict=Verdict.DONE,
                    account_id=one,
                    reason="accepted; this portal never shows who is in a team",
                )
        return checked

    @cached_property
    def _shows_members(self) -> bool:
        """Whether any Group on the first page has members that the portal shows."""
        try:
            groups, _ = self.page("/Groups", {}, 1)
        except ServiceError:
            return False
        return any(list(objects(group.get("members"))) for group in groups)

    def _says_it_belongs(self, account_id: str, team_id: str) -> bool:
        """Whether an account's own `groups` name a team whose members are not listed by id."""
        found = self.fetch(account_id)
        if isinstance(found, Unknown) or found is None:
            return False
        return any(text(one.get("value")) == team_id for one in objects(found[1].get("groups")))


def send_welcome(
    directory: Directory, account_id: str, kind: EmailKind, request_id: str
) -> Outcome:
    """Ask a service for one welcome e-mail.

    A service that has the allaccesspass extension answers a request id with at most one e-mail,
    ever, so asking again with the same id is safe.
    """
    value = {"requestId": request_id, "kind": kind.value}
    reply = directory.repeat(
        "PATCH",
        directory.user_path(account_id),
        body={
            "schemas": [PATCH_OP],
            "Operations": [{"op": "replace", "path": f"{AAP_USER}:welcomeEmail", "value": value}],
        },
    )
    outcome = judge(reply)
    if outcome.verdict is not Verdict.DONE:
        return outcome
    parts = (f"{AAP_USER}:welcomeEmail.{name}" for name in ("requestId", "sentAt"))
    current = directory.fetch(account_id, ",".join(("userName", *parts)))
    if isinstance(current, Unknown) or current is None:
        return Outcome(verdict=Verdict.UNKNOWN, reason="the e-mail's state can't be read back")
    sent: dict[str, Any] = dict(mapping(mapping(current[1].get(AAP_USER)).get("welcomeEmail")))
    if sent.get("requestId") == request_id and text(sent.get("sentAt")):
        return Outcome(verdict=Verdict.DONE, account_id=account_id)
    if sent.get("requestId") == request_id:  # asking again with the same id is safe
        return Outcome(verdict=Verdict.UNKNOWN, reason="accepted, and not sent so far")
    return Outcome(verdict=Verdict.REJECTED, reason="accepted, but the service sent no e-mail")


def find_by_name(name: str, choices: Iterable[Pass]) -> Pass | None:
    """The pass whose name or id is meant, in any letter case; None when there is none, or two."""
    key = fold(name.strip())
    found = [one for one in choices if key in {fold(one.name), fold(one.id)}]
    return found[0] if len(found) == 1 else None


def _listed(people: Mapping[str, str], members: Collection[str]) -> set[str]:
    """The account ids that are among a Group's members, listed by id or by userName."""
    addresses = {address_key(one) for one in members}
    return {
        one for one, email in people.items() if one in members or address_key(email) in addresses
    }


def _team_path(team_id: str) -> str:
    return f"/Groups/{quote(team_id, safe='')}"
