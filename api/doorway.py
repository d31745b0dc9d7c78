"""How whoever stays is let in: signed in like any request, counted as their account's, and watched from then on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from starlette.types import Scope

from api.access_watch import AccessWatch
from api.auth import Admission
from api.connections import Connection, Connections
from api.reception import Reception

LEAVE: Final = "leave"
"""Where the application's lifespan puts what ends every connection, for the server to call when it stops."""
ABORT: Final = "abort"
"""Where the server's protocols put a connection's end into the scope; other servers have no such thing."""


class Doorway:
    """What sockets and event streams have in common before they say a word."""

    def __init__(self, reception: Reception, connections: Connections, watch: AccessWatch) -> None:
        self.reception = reception
        self.connections = connections
        self._watch = watch

    @contextmanager
    def holding(self, connection: Connection, admission: Admission) -> Iterator[None]:
        """Let the connection be its account's while the block runs. Raises the refusal where that has enough."""
        with self.connections.belonging(connection, admission), self._watch.watching(connection):
            yield


def abort(scope: Scope) -> None:
    """Drop the connection with all that waits to be sent: a peer that takes nothing would keep it for ever."""
    if drop := scope.get("state", {}).get(ABORT):
        drop()
