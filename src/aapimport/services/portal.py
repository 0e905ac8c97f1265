"""The All Access Pass portal: people, passes with seats, teams with places, welcome e-mails."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from aapimport.errors import ServiceError
from aapimport.services.directory import Directory, Unknown
from aapimport.services.joining import Joining
from aapimport.services.membership import (
    NEVER_SHOWN,
    Members,
    counted,
    hides,
    members_of,
    read_team,
    shown_in,
)
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.patience import transient
from aapimport.services.replies import Answer, Reply
from aapimport.services.scim import (
    AAP_GROUP,
    AAP_USER,
    PATCH_OP,
    Account,
    error_detail,
    identifier,
    mapping,
    number,
    pass_of,
    read_account,
    text,
)
from aapimport.services.team_writes import no_longer, settled
from aapimport.services.values import EmailKind, Pass, Team

_WELCOME = ("welcome",)
_OF_A_WELCOME = ("userName", "externalId", "active", "name", "emails", "entitlements")
_LOOKED_INTO = 5
"""Groups that are read one by one to see whether the portal shows members at all."""


class Portal(Directory):
    """The portal: a directory of people that also has passes and teams."""

    def passes(self) -> tuple[Pass, ...]:
        """Every pass that the portal publishes and that has a usable id; none where there are none.

        Raises:
            ServiceError: The list can't be had.
        """
        if not self.capabilities.passes:
            return ()
        return tuple(
            Pass(
                id=own_id,
                name=text(one.get("displayName")),
                seats=number(one.get("seats")),
                seats_used=number(one.get("seatsUsed")),
                valid_from=_moment(one.get("validFrom")),
                valid_until=_moment(one.get("validUntil")),
            )
            for one in self.walk("/Passes", {})
            if (own_id := identifier(one.get("id")))
        )

    def whoami(self) -> Account | Unknown | None:
        """The account that the token belongs to, with all its addresses.

        Source: RFC 7644 section 3.11; many services answer 404 or 501.

        Returns:
            None where `/Me` is not offered or names nobody; Unknown where the question failed.

        Raises:
            SettingsError: The token is refused.
        """
        reply = self.read("GET", "/Me")
        if not isinstance(reply, Answer):
            return Unknown(reply.reason)
        if transient(reply):
            return Unknown(error_detail(reply))
        return read_account(reply.json() or {}) if reply.ok else None

    def teams(self) -> tuple[Team, ...]:
        """Every team with a usable id, of every pass, without its members.

        Raises:
            ServiceError: The list can't be had.
        """
        if not self.capabilities.teams:
            return ()
        return tuple(
            Team(
                id=own_id,
                name=text(one.get("displayName")),
                pass_id=pass_of(one),
                places=number(mapping(one.get(AAP_GROUP)).get("places")),
                places_used=number(mapping(one.get(AAP_GROUP)).get("placesUsed")),
            )
            for one in self.walk("/Groups", self._team_query())
            if (own_id := identifier(one.get("id")))
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

        Raises:
            SettingsError: The token is refused.
        """
        team = read_team(self, team_id)
        return team if isinstance(team, Unknown) else frozenset(team.items)

    def add_members(self, team_id: str, people: Mapping[str, str]) -> dict[str, Outcome]:
        """Put people into a team, at most 100 at a time; may be repeated at any time.

        Args:
            team_id: The team.
            people: The address of each account id.

        Returns:
            For each account id, what became of it: `written` for whoever was accepted and isn't
            shown in the team so far; with a `but` that names them when former members are gone.

        Raises:
            SettingsError: The token is refused.
        """
        outcomes, hidden = Joining(self, team_id, people).carried_out()
        return self._believed(outcomes) if hidden else outcomes

    def read_members(self, team_id: str, people: Mapping[str, str]) -> dict[str, Outcome]:
        """Whether people are in a team, as `add_members` says it.

        Writes nothing, but puts back whom `add_members` took out of it, where that shows now.

        Raises:
            SettingsError: The token is refused.
        """
        look = settled(self, team_id) if team_id in self.adds_to_teams.kept else None
        team = read_team(self, team_id)
        if isinstance(team, Unknown):
            lost = Outcome(verdict=Verdict.UNKNOWN, reason=team.reason, gone=team.gone)
            return dict.fromkeys(people, lost)
        outcomes = shown_in(team, self, team_id, people)
        if look and look.gone:
            but = no_longer(look.gone)
            outcomes = {one: replace(outcome, but=but) for one, outcome in outcomes.items()}
        return self._believed(outcomes) if team.hidden else outcomes

    def certainly_outside(
        self, team_id: str, people: Mapping[str, str]
    ) -> frozenset[str] | Unknown:
        """Which account ids are certainly in a Group no more; nobody where it may not list all.

        Args:
            team_id: The Group.
            people: The address of each account id.

        Raises:
            SettingsError: The token is refused.
        """
        team = read_team(self, team_id)
        if isinstance(team, Unknown):
            return team
        if team.hidden or not team.shown or hides(team, counted(self, team_id, team)):
            return frozenset()
        outcomes = shown_in(team, self, team_id, people)
        return frozenset(one for one, it in outcomes.items() if it.verdict is not Verdict.DONE)

    def shows_only_some(self, team_id: str) -> bool:
        """Whether a team certainly has members whom it doesn't list; asked of the portal.

        Raises:
            SettingsError: The token is refused.
        """
        team = read_team(self, team_id)
        if isinstance(team, Unknown):
            return False
        return team.hidden or hides(team, counted(self, team_id, team))

    def may_hide(self, team: Members) -> bool:
        """Whether somebody may be in a Group who isn't listed: then its list proves nothing.

        Args:
            team: The Group as it was shown.
        """
        if team.used == 0:
            return False
        return not team.shown or hides(team, team.used) or (not team.items and self.lists_nobody)

    def _believed(self, outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
        """The outcomes for a team that has members and doesn't show them, as no other team does."""
        if self.shows_members:
            return dict(outcomes)
        return {
            one: replace(outcome, verdict=Verdict.DONE, reason=NEVER_SHOWN, short=())
            if outcome.verdict is Verdict.WRITTEN
            else outcome
            for one, outcome in outcomes.items()
        }

    @cached_property
    def shows_members(self) -> bool:
        """Whether any Group has a list of members, even an empty one, that the portal shows."""
        return any(isinstance(team, Unknown) or team.shown for team in self._some_groups)

    @property
    def lists_nobody(self) -> bool:
        """Whether no Group that was looked at lists anybody, so that an empty list proves nothing.

        AWS answers every Group with an empty list of members ("GetGroup", SCIM developer guide).
        """
        return not any(isinstance(team, Members) and team.items for team in self._some_groups)

    def lists_somebody(self, team_id: str) -> bool:
        """Whether a Group lists anybody; asked of the portal."""
        team = read_team(self, team_id)
        return isinstance(team, Members) and bool(team.items)

    @cached_property
    def _some_groups(self) -> list[Members | Unknown]:
        """The first page of Groups, and some of them alone: lists often leave members out."""
        try:
            groups, _ = self.page("/Groups", {}, 1)
        except ServiceError as error:
            return [Unknown(error.message)]
        found: list[Members | Unknown] = [members_of(group) for group in groups]
        if any(isinstance(team, Members) and team.items for team in found):
            return found
        ids = [one for group in groups if (one := identifier(group.get("id")))]
        return found + [read_team(self, one) for one in ids[:_LOOKED_INTO]]


def send_welcome(
    directory: Directory, account_id: str, kind: EmailKind, request_id: str
) -> Outcome:
    """Ask a service for one welcome e-mail.

    A service that has the allaccesspass extension answers a request id with at most one e-mail,
    ever, so asking again with the same id is safe. Whose account it is has to be known already.

    Returns:
        As `read_welcome`, once the request was accepted; else what the service says against it;
        unknown where a try before that was lost.
    """
    value = {"requestId": request_id, "kind": kind.value}
    body = {
        "schemas": [PATCH_OP],
        "Operations": [{"op": "replace", "path": f"{AAP_USER}:welcomeEmail", "value": value}],
    }
    lost = False

    def send() -> Reply:
        nonlocal lost
        reply = directory.transport.request("PATCH", directory.user_path(account_id), body=body)
        lost = lost or judge(reply).verdict is Verdict.UNKNOWN
        return reply

    outcome = replace(judge(directory.patience.repeat(send)), account_id=account_id)
    if outcome.verdict is not Verdict.DONE:
        # a refusal says nothing of a try before it whose answer was lost
        return replace(outcome, verdict=Verdict.UNKNOWN) if lost else outcome
    return read_welcome(directory, account_id, request_id)


def read_welcome(directory: Directory, account_id: str, request_id: str) -> Outcome:
    """Whether a welcome e-mail that was asked for has been sent; writes nothing.

    Returns:
        `done` when it has; `written` when the service has taken the request and not sent it so far;
        `written`, short, when it shows no such request: what is read may be old.
    """
    parts = (f"{AAP_USER}:welcomeEmail.{name}" for name in ("requestId", "sentAt"))
    current = directory.fetch(account_id, ",".join(("userName", *parts)))
    if isinstance(current, Unknown) or current is None:
        reason = "whether the e-mail went out can't be looked up"
        return Outcome(verdict=Verdict.UNKNOWN, reason=reason, account_id=account_id)
    shown = mapping(mapping(current[1].get(AAP_USER)).get("welcomeEmail"))
    asked = text(shown.get("requestId"))
    if asked == request_id and text(shown.get("sentAt")):
        return Outcome(verdict=Verdict.DONE, account_id=account_id)
    short: tuple[str, ...]
    if asked == request_id:
        reason, short = "accepted, and not sent so far", ()
    elif asked:
        reason, short = "accepted, but the service shows another welcome e-mail so far", _WELCOME
    else:
        reason, short = "accepted, and not shown so far", _WELCOME
    return Outcome(verdict=Verdict.WRITTEN, reason=reason, account_id=account_id, short=short)


@dataclass(frozen=True, slots=True)
class Welcome:
    """An account as it is now, and the welcome e-mail that its service tells of.

    Attributes:
        account: The account.
        sent: What the e-mail was about; empty where none was sent, or the service doesn't tell.
        request_id: The request that it answered; empty likewise.
    """

    account: Account
    sent: frozenset[str] = frozenset()
    request_id: str = ""


_TOLD = ("kind", "sentAt", "requestId")


def welcomed(directory: Directory, account_id: str) -> Welcome | Unknown | None:
    """Whether an account's person was ever sent a welcome e-mail, as its service tells.

    Returns:
        None when the account is gone.

    Raises:
        SettingsError: The token is refused.
    """
    names = (*_OF_A_WELCOME, *(f"{AAP_USER}:welcomeEmail.{name}" for name in _TOLD))
    current = directory.fetch(account_id, ",".join(names))
    if isinstance(current, Unknown) or current is None:
        return current
    account, resource = current
    shown = mapping(mapping(resource.get(AAP_USER)).get("welcomeEmail"))
    if not text(shown.get("sentAt")):
        return Welcome(account)
    own = "portal" if isinstance(directory, Portal) else "jhana"
    both = {"portal", "jhana"} if text(shown.get("kind")) == EmailKind.COMBINED else {own}
    return Welcome(account, frozenset(both), text(shown.get("requestId")))


def _moment(value: object) -> datetime | None:
    """A dateTime attribute (RFC 7643 section 2.3.5), in UTC where it names no zone; else None."""
    try:
        moment = datetime.fromisoformat(text(value))
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
