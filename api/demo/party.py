"""One signed-in side of the demo: asks over plain HTTP, and keeps every byte that it was sent."""

from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import orjson

from api.demo.documents import read_operation
from api.demo.patience import DemoStopped

_PATIENCE = 15


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    url: str
    token: str = field(repr=False)
    received: list[bytes] = field(default_factory=list)
    """Each answer as it came: status, headers and body."""

    def ask(self, operation: str, **variables: Any) -> Any:
        """Run one of the contract's operations and return its one root field. Raises DemoStopped for coded errors."""
        answer = self.answer(operation, **variables)
        for error in answer.get("errors", ()):
            raise DemoStopped(f"{operation} was refused: {error['extensions']['code']}, {error['message']}")
        [value] = answer["data"].values()
        return value

    def answer(self, operation: str, **variables: Any) -> Any:
        """Run one operation and return the whole answer, coded errors included."""
        body = orjson.dumps({"query": read_operation(operation), "variables": variables})
        headers = {
            "authorization": f"Bearer {self.token}",
            "accept": "application/graphql-response+json",
            "content-type": "application/json",
        }
        status, content = self._exchange(body, headers)
        if status == 401:  # noqa: PLR2004 - Unauthorized
            raise DemoStopped(
                f"The server at {self.url} does not know this demo's key: it runs on another data folder. Start both "
                "with the same EXTRA_SESSIONS_DATA_DIR."
            )
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            raise DemoStopped(
                f"The server at {self.url} answered {status}, and not as a GraphQL server does."
            ) from None

    def _exchange(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = connect(self.url, patience=_PATIENCE)
        try:
            connection.request("POST", f"{urlsplit(self.url).path}/graphql", body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, HTTPException):
            raise DemoStopped(f"The server at {self.url} has stopped answering.") from None
        finally:
            connection.close()
        status_line = f"{response.status} {response.reason}\r\n".encode()
        self.received.append(status_line + bytes(response.headers) + content)
        return response.status, content


def connect(url: str, *, patience: float) -> HTTPConnection:
    """Prepare a connection to the server of ``url``; nothing is sent yet."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=patience)
