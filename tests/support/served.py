"""A practice service that is served, asked over HTTP by a test."""

import json
import urllib.request
from typing import Any


class Service:
    """One practice service, over HTTP."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """One request; the answer's JSON."""
        request = urllib.request.Request(  # noqa: S310 -- loopback
            f"{self._url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/scim+json",
            },
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310 -- loopback
            return json.loads(answer.read() or b"null")

    def delete(self, email: str) -> None:
        """Delete somebody's account."""
        self.ask("DELETE", f"/Users/{self.named(email)['id']}")

    def all(self, kind: str) -> dict[str, Any]:
        """Every resource of a kind by its id, without its version and times."""
        found = self.ask("GET", f"/{kind}?count=1000")["Resources"]
        whole = (self.ask("GET", f"/{kind}/{one['id']}") for one in found)
        return {one["id"]: {k: v for k, v in one.items() if k != "meta"} for one in whole}

    def named(self, email: str) -> dict[str, Any]:
        """Somebody's account."""
        return next(one for one in self.all("Users").values() if one["userName"] == email)

    def set(self, email: str, **values: object) -> None:
        """Change somebody's account."""
        operations = [{"op": "replace", "path": path, "value": it} for path, it in values.items()]
        self._patch(f"/Users/{self.named(email)['id']}", operations)

    def leave(self, team: str, email: str) -> None:
        """Take somebody out of a team."""
        groups = self.all("Groups").items()
        (own_id,) = (own for own, one in groups if one["displayName"] == team)
        path = f'members[value eq "{self.named(email)["id"]}"]'
        self._patch(f"/Groups/{own_id}", [{"op": "remove", "path": path}])

    def _patch(self, path: str, operations: list[dict[str, object]]) -> None:
        schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
        self.ask("PATCH", path, {"schemas": schemas, "Operations": operations})
