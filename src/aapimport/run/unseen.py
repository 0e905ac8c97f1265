"""Accounts that uploads were answered, or may have made, and never saw: nothing but a key tells."""

from collections.abc import Callable

from aapimport.run.candidates import Candidate
from aapimport.run.created import Created
from aapimport.services.directory import Unknown
from aapimport.services.portal import Welcome
from aapimport.services.scim import Account


class Unseen:
    """What tells whether an account that is there by now is one of these.

    Args:
        created: What uploads have created, or may have.
        by_key: The id of the account on a service that carries a key; empty for none.
    """

    def __init__(self, created: Created, by_key: Callable[[str, str], str]) -> None:
        self._created, self._by_key = created, by_key
        unseen = [
            (service, own, made)
            for (service, own), made in created.items()
            if own == made.key or not made.is_sure
        ]
        self._keys = {(service, made.key) for service, _, made in unseen}
        self._services = {service for service, _ in self._keys}
        self._people = {
            (service, it.person): it.key
            for service, own, it in unseen
            if own == it.key and it.person
        }

    def asks(self, one: Candidate, service: str) -> bool:
        """Whether somebody's account has to be looked at: the journal alone doesn't tell."""
        made = self._created.get((service, one.steps[service].account_id))
        return service in self._services if made is None else not made.is_sure

    def may_be_ours(self, one: Candidate, service: str, look: Welcome | Unknown | None) -> bool:
        """Whether an account that was looked at may be one that an upload has made.

        By the id that an upload was answered with; else by our key; or as the answer about this
        person was lost, and no other account carries the key. One that can't be looked at may be.
        """
        made = self._created.get((service, one.steps[service].account_id))
        if isinstance(look, Welcome):
            lost = self._people.get((service, one.before.get("person") or ""))
            if made or self.has_key(service, look.account):
                return True
            return bool(lost and not self._by_key(service, lost))
        return look is not None or made is not None

    def has_key(self, service: str, account: Account) -> bool:
        """Whether an account shows the key of one of these."""
        made = self._created.get((service, account.id))
        is_its_own = made is not None and account.external_id == made.key
        return is_its_own or (service, account.external_id) in self._keys
