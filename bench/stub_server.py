"""A SCIM service that answers at once, so that a benchmark measures its client.

It keeps people in memory and knows just enough: creates, bulk creates, look-ups by userName, the
list, discovery. `GET /ledger` says how many requests came, by kind, and how many people there are.
Started as a process of its own: `python bench/stub_server.py`; prints its address.
"""

import asyncio
import json
import re
from collections import Counter
from typing import Any

_ADDRESS = re.compile(r'userName eq "((?:[^"\\]|\\.)*)"')
_BULK_OPERATIONS = 200
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


class Service:
    """The service's memory and its answers."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.ledger: Counter[str] = Counter()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        """The status and the body for a request."""
        path = target.partition("?")[0].removeprefix("/v2")
        self.ledger[f"{method} {path}"] += 1
        if method == "POST" and path == "/Users":
            return self._create(json.loads(body))
        if method == "POST" and path == "/Bulk":
            return 200, self._bulk(json.loads(body))
        if path == "/Users/.search":
            return 200, self._search(json.loads(body)["filter"])
        if method == "GET" and path == "/Users":
            return 200, self._list(target)
        if path == "/ServiceProviderConfig":
            bulk = {"supported": True, "maxOperations": _BULK_OPERATIONS, "maxPayloadSize": 10**6}
            return 200, json.dumps({"bulk": bulk, "filter": {"supported": True}}).encode()
        if path == "/ledger":
            return 200, json.dumps({**self.ledger, "people": len(self.people)}).encode()
        return 404, b"{}"

    def _create(self, resource: dict[str, Any]) -> tuple[int, bytes]:
        key = resource["userName"].lower()
        if key in self.people:
            return 409, b'{"status": "409", "scimType": "uniqueness"}'
        resource["id"] = str(len(self.people))
        self.people[key] = resource
        return 201, json.dumps(resource).encode()

    def _bulk(self, request: dict[str, Any]) -> bytes:
        operations = []
        for operation in request["Operations"]:
            status, _ = self._create(operation["data"])
            identifier = operation["data"].get("id", "")
            operations.append(
                {
                    "method": "POST",
                    "bulkId": operation["bulkId"],
                    "status": str(status),
                    "location": f"http://127.0.0.1/v2/Users/{identifier}",
                }
            )
        return json.dumps({"Operations": operations}).encode()

    def _search(self, criterion: str) -> bytes:
        keys = (address.lower() for address in _ADDRESS.findall(criterion))
        found = [self.people[key] for key in keys if key in self.people]
        return self._page(found, len(found))

    def _list(self, target: str) -> bytes:
        found = re.search(r"startIndex=(\d+)&count=(\d+)", target)
        start, count = (int(found[1]), int(found[2])) if found else (1, 100)
        everybody = list(self.people.values()) if start <= len(self.people) else []
        return self._page(everybody[start - 1 : start - 1 + count], len(self.people))

    @staticmethod
    def _page(resources: list[dict[str, Any]], total: int) -> bytes:
        return json.dumps({"totalResults": total, "Resources": resources}).encode()


class Connection(asyncio.Protocol):
    """HTTP/1.1 with Content-Length and keep-alive, and nothing else."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request that has arrived."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].decode("latin-1")
            found = re.search(r"content-length: *(\d+)", head, re.IGNORECASE)
            length = int(found[1]) if found else 0
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            method, target, _ = head.split(" ", 2)
            status, answer = self._service.answer(method, target, body)
            assert self._transport is not None
            head = f"HTTP/1.1 {status} X\r\nContent-Type: application/scim+json\r\n"
            head += f"Content-Length: {len(answer)}\r\n\r\n"
            self._transport.write(head.encode() + answer)


async def main() -> None:
    """Serve until the process is stopped."""
    loop = asyncio.get_running_loop()
    service = Service()
    server = await loop.create_server(lambda: Connection(service), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v2", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
