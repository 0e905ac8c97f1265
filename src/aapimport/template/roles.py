"""The four roles: what is typed, what it means, and what goes over the wire."""

from enum import StrEnum


class Role(StrEnum):
    """A role on the All Access Pass; the value is what SCIM's `roles[].value` carries.

    Source: the key of the User Import Template (vendor's help page).
    """

    INDIVIDUAL_CONTRIBUTOR = "individualcontributor"
    MANAGER = "manager"
    FACILITATOR = "facilitator"
    CLIENT_ADMIN = "client admin"

    @property
    def typed(self) -> str:
        """What stands in the User Role column; a manager is the blank cell."""
        return "" if self is Role.MANAGER else self.value

    @property
    def meaning(self) -> str:
        """The role as the portal's own key explains it."""
        return _MEANINGS[self]

    @property
    def example(self) -> str:
        """Who gets the role, in one sentence for the template's key."""
        return _EXAMPLES[self]

    @property
    def exported(self) -> str:
        """The word that the exported pass user list shows for the role."""
        return _EXPORTED[self]


_MEANINGS = {
    Role.INDIVIDUAL_CONTRIBUTOR: "Learner / Individual Contributor",
    Role.MANAGER: "Learner / Manager",
    Role.FACILITATOR: "Facilitator / HR",
    Role.CLIENT_ADMIN: "Admin / HR",
}
_EXAMPLES = {
    Role.INDIVIDUAL_CONTRIBUTOR: "Li Wei is an analyst and leads nobody.",
    Role.MANAGER: "Ana Pérez leads a team of six. Leave her User Role cell empty.",
    Role.FACILITATOR: "Chidi Okafor runs the company's courses.",
    Role.CLIENT_ADMIN: "Zoë Ng administers the pass. Give this role to very few people.",
}
_EXPORTED = {
    Role.INDIVIDUAL_CONTRIBUTOR: "Individual Contributor",
    Role.MANAGER: "Learner",
    Role.FACILITATOR: "Facilitator",
    Role.CLIENT_ADMIN: "Client Admin",
}
