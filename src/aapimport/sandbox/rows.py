"""A stored resource, and how much of it a response needs."""

import json
from typing import Any

from scim2_models import Path, Resource, ResponseParameters
from scim2_server.utils import parametrize

Body = dict[str, Any]
"""A resource as JSON, without `id` and `meta`."""


class Row:
    """One stored resource.

    Attributes:
        body: What is stored; `attach` adds what other tables know.
        used: The seats used of a pass, the places used of a team.
    """

    __slots__ = ("body", "created", "id", "modified", "seq", "type", "used", "version")

    def __init__(self, columns: tuple[Any, ...]) -> None:
        (self.seq, self.type, self.id, self.used) = columns[:4]
        (self.version, self.created, self.modified, body) = columns[4:]
        self.body: Body = json.loads(body)


class Wanted:
    """Which attributes a response or a filter needs.

    Args:
        model: The resource's model.
        parameters: What the client asked for; None for everything.
    """

    def __init__(
        self, model: type[Resource[Any]], parameters: ResponseParameters[Any] | None
    ) -> None:
        self._kept: set[str] | None = None
        if parameters is None:
            return
        text = " ".join(
            str(getattr(parameters, name, None) or "") for name in ("filter", "sort_by")
        ).casefold()
        if any(name in text for name in ("members", "groups")):
            return
        bound: type[Path[Any]] = parametrize(Path, model)
        paths = bound.iter_paths(
            include_subattributes=False,
            attributes=parameters.attributes or [],
            excluded_attributes=parameters.excluded_attributes or [],
        )
        self._kept = {str(path) for path in paths}

    def __contains__(self, attribute: str) -> bool:
        return self._kept is None or attribute in self._kept
