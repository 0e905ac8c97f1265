"""Who of a file is there already, as the witnesses of one service say.

There are three: the list, walked to its end in order; look-ups by userName; look-ups by e-mail
address. Look-ups are witnesses only after they have found people who are known to be there
(docs/scim.md, 2 and 3). A witness that missed somebody whom another finds is none any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aapimport.errors import ServiceError
from aapimport.plan.names import is_member
from aapimport.services.directory import Directory, Found, Trust, looked_up
from aapimport.services.identity import is_named_by_address, keys
from aapimport.services.listing import FilterRefusedError
from aapimport.services.look_ups import find_by, hide_nobody
from aapimport.services.paging import Page
from aapimport.services.proofs import By, prove
from aapimport.services.scim import Account
from aapimport.services.swapped import certain_page
from aapimport.services.values import Pass, Wanted

LIST = "list"
_PATIENCE = (0.5, 2.0)  # seconds before an empty list that can't be right is asked for again
_FEW = 5  # deactivated people who are remembered, for look-ups to find
_KNOWN = 200  # people to prove look-ups with


class Witnesses:
    """What one service says about some people, and who has said so.

    Args:
        directory: The service.
        wanted: The people, by their keys.
        pass_: The pass whose people are to be met on the way.

    Attributes:
        first: The first page of the list.
        named: Whether everybody who was met has one of their addresses as userName.
        on_pass: Everybody on the pass who was met in the list, by id.
        list_read: Whether the whole list was read, and has everybody who was found otherwise.
        asked: Whom of the witnesses was asked.

    Raises:
        SettingsError: The token is refused.
        ServiceError: There is no list to be had, or it is empty beside people on the pass.
    """

    def __init__(
        self, directory: Directory, wanted: Mapping[str, Wanted], pass_: Pass | None
    ) -> None:
        self.on_pass: dict[str, Account] = {}
        self.list_read = False
        self.asked: set[str] = set()
        self.named = True
        self._directory = directory
        self._wanted = wanted
        self._pass = pass_
        self._by_key: dict[str, dict[str, Account]] = {}
        self._deactivated: list[Account] = []
        self._hide_nobody: bool | None = False
        self._listed: set[str] = set()
        self.first = self._first_page()
        self._known = self._directory.on_page(self.first)
        for account in self._known:
            self._note(account)

    def _first_page(self) -> Page:
        """The first page of the list, which isn't believed to be empty beside people on the pass.

        Raises:
            ServiceError: It stays empty.
        """
        on_pass = max(self._pass.seats_used or 0, len(self._pass.members)) if self._pass else 0
        page = certain_page(self._directory)
        for seconds in _PATIENCE:
            if page.elements or not on_pass:
                return page
            self._directory.patience.wait(seconds)
            page = self._directory.first_page()
        if not page.elements and self._pass:
            raise ServiceError(
                f"{self._directory.name} lists nobody, and says that {on_pass:,} people are on"
                f" pass {self._pass.name!r}",
                hint="try again later; nobody is taken for new beside a list that can't be right",
            )
        return page

    def ask(self, order: Sequence[str], at_once: int) -> set[str]:
        """Ask one witness after the other until two agree on who is absent.

        Args:
            order: The witnesses.
            at_once: Addresses in one look-up.

        Returns:
            The witnesses that agree; where they are too few, nobody else can be asked.

        Raises:
            ServiceError: A witness can't be asked, or there is none.
        """
        agreeing: set[str] = set()
        for witness in (*order, *order):  # some can be heard only beside a later one
            if self._are_enough(agreeing) or not self.missing():
                break
            if witness in self.asked or not self._is_proven(witness, agreeing):
                continue
            self.asked.add(witness)
            missing = len(self.missing())
            heard = self.read_list() if witness == LIST else self._look_up(By(witness), at_once)
            if len(self.missing()) < missing:
                agreeing.clear()  # who missed somebody is no witness any more
            if heard:
                agreeing.add(witness)
            if not self.named:
                agreeing.discard(By.USER_NAME)
                self._directory.proofs[By.USER_NAME] = Trust()
            agreeing = {one for one in agreeing if self._is_proven(one, agreeing)} or agreeing
        if not agreeing and self.missing():
            raise ServiceError(
                f"{self._directory.name} can't say who is there already: its list isn't whole, and"
                " its look-ups don't find people who are there",
                hint="show this message to the service's owner; nobody is taken for new on a guess",
            )
        return agreeing

    def _are_enough(self, agreeing: set[str]) -> bool:
        """Whether some witnesses are two; look-ups have one index, so that it must show everybody.

        Two kinds of look-ups that find active people only would agree that who returns is new, and
        two that lag behind the list that who came a moment ago is.
        """
        return len(agreeing) > 1 and (LIST in agreeing or self.hide_nobody is True)

    @property
    def hide_nobody(self) -> bool | None:
        """Whether look-ups of both kinds find the deactivated, and who is at the list's end.

        None where nobody is known to be deactivated.
        """
        if not self._hide_nobody and self._known:
            newest = self._directory.newest(self.first)
            for account in newest:
                self._note(account)
            self._hide_nobody = hide_nobody(
                self._directory, [*self._known, *self._deactivated], newest
            )
        return self._hide_nobody if self._known else True

    def _is_proven(self, witness: str, agreeing: set[str]) -> bool:
        """Whether somebody is a witness beside those that agree already.

        Look-ups by userName find nobody whose userName is no address. Look-ups that find people
        only in the letter case that is stored need the list beside them.
        """
        if witness == LIST or not self._known:
            return True  # in a directory of nobody nothing can be proven, nothing is contradicted
        trust = self.trust(By(witness))
        if witness == By.USER_NAME and not self.named:
            return False
        return trust.at_once > 0 and (trust.any_case or LIST in agreeing)

    def trust(self, by: By) -> Trust:
        """What look-ups by an attribute can be believed, tried on people who are known."""
        return prove(self._directory, by, self._known)

    def _look_up(self, by: By, at_once: int) -> bool:
        """Look for those who are missing; whether the answer is a witness's.

        Raises:
            ServiceError: A look-up that was proven fails.
        """
        emails = [self._wanted[key].email for key in self.missing()]
        proven = bool(self._known)
        try:
            found = find_by(self._directory, by, emails, at_once)
        except FilterRefusedError:
            return False
        except ServiceError as error:
            if not proven:
                return False
            raise ServiceError(
                f"{self._directory.name} could not be asked who is there already: {error.message}",
                hint="try again later; nobody is taken for new on a guess",
            ) from error
        for account in found:
            self._note(account)
        self._known += found[:_KNOWN]
        return proven or not found or self.trust(by).any_case

    def read_list(self) -> bool:
        """Read the whole list; whether it could be had whole, in order, and with everybody."""
        self.asked.add(LIST)
        found = {own.id for own in self.accounts().values()}
        walk = self._directory.people(first=self.first)
        for account in self._directory.accounts(walk):
            self._listed.add(account.id)
            found.discard(account.id)
            self._note(account)
            self._note_on_pass(account)
        self.list_read = not (walk.shortfall or found)
        return self.list_read

    def _note(self, account: Account) -> None:
        """Remember an account that has the address of somebody in the file."""
        self.named = self.named and is_named_by_address(account)
        if not account.active and len(self._deactivated) < _FEW:
            self._deactivated.append(account)
        for key in keys(account):
            if key in self._wanted:
                self._by_key.setdefault(key, {})[account.id] = account

    def _note_on_pass(self, account: Account) -> None:
        """Remember who is on the pass, by an entitlement or as a member of its Group."""
        if self._pass is None:
            return
        if self.compares_everybody or self._pass.id in account.passes:
            self.on_pass[account.id] = account
        elif is_member(account, self._pass.members):
            self.on_pass[account.id] = self._put_on_pass(account)

    def _put_on_pass(self, account: Account) -> Account:
        """An account as it is with the pass of the Group that it is a member of."""
        if self._pass is None or not is_member(account, self._pass.members):
            return account
        return replace(account, passes=(*account.passes, self._pass.id))

    def _own(self, key: str) -> Account | None:
        """A person's account; whoever has several is named as one who may be there."""
        alike = self._by_key.get(key)
        found = looked_up(alike.values(), self._wanted[key]) if alike else None
        return found.account if isinstance(found, Found) else None

    def missing(self) -> list[str]:
        """The keys of those who have no account so far."""
        return [key for key in self._wanted if self._own(key) is None]

    def accounts(self) -> dict[str, Account]:
        """The account of each person who has one."""
        return {key: self._put_on_pass(own) for key in self._wanted if (own := self._own(key))}

    def evidence(self) -> dict[str, tuple[Account, ...]]:
        """For each other person, the accounts that have their address all the same."""
        found = {key: [*self._by_key.get(key, {}).values()] for key in self.missing()}
        for account in self._directory.unusable:
            for key in set(keys(account)) & found.keys():
                found[key].append(account)
        return {key: tuple(accounts) for key, accounts in found.items() if accounts}

    def single(self, agreeing: set[str]) -> str:
        """Which witness alone says who is absent, in a sentence; empty where two do."""
        if self._are_enough(agreeing) or not self.missing():
            return ""
        name = self._directory.name
        if len(agreeing) > 1:
            if self.hide_nobody is None and 2 * len(self._listed) > self.first.total:
                return ""  # nobody of most of those who are there is deactivated
            return (
                f"only the look-ups of {name} say who is new: they may hide people who are"
                " deactivated or came just now, and its list isn't whole"
            )
        only = "list of accounts" if LIST in agreeing else f"look-ups by {min(agreeing)}"
        says = "says" if LIST in agreeing else "say"
        return (
            f"only the {only} of {name} {says} who is new: nothing else there finds everybody who"
            " is known to be there"
        )

    def remark(self, agreeing: set[str]) -> str:
        """What nothing speaks against, and nothing proves; empty where there is no such thing.

        Look-ups of both kinds agree, beside a list that can't be had whole.
        """
        if self._are_enough(agreeing) or self.single(agreeing) or not self.missing():
            return ""
        return (
            f"the list of {self._directory.name} isn't whole: who is new is said by its look-ups,"
            " and nobody there is known to be deactivated, to try them on"
        )

    @property
    def compares_everybody(self) -> bool:
        """Whether newcomers are compared with everybody, because nobody is put on a pass here."""
        return (
            self._pass is not None
            and not self._pass.group_id
            and not self._directory.capabilities.keeps("entitlements")
        )

    def met(self) -> list[Account]:
        """Every account that was met and has the address of somebody in the file."""
        return [account for found in self._by_key.values() for account in found.values()]
