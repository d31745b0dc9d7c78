"""GraphQL over WebSocket, the application of one route: what has no business here is turned away before it is one."""

from typing import Final

import orjson
import structlog
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from api.connections import Connection, Ending, Kind
from api.conversation import Conversation
from api.doorway import Doorway, abort
from api.errors import FORBIDDEN, HttpRefusal
from api.operations import Operations
from api.origins import Origins

SUBPROTOCOL: Final = "graphql-transport-ws"

_log = structlog.get_logger()


class Sockets:
    def __init__(self, operations: Operations, doorway: Doorway, origins: Origins) -> None:
        self._place = operations, doorway
        self._connections = doorway.connections
        self._pages = doorway.reception.pages
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # that somebody wants to connect
        try:
            self._check_origin(scope)
            with self._connections.opened(Kind.SOCKET) as connection:
                await self._accept(connection, scope, receive, send)
        except HttpRefusal as refusal:
            _log.info("socket refused", status=refusal.status)
            await _refuse(refusal, send)

    def _check_origin(self, scope: Scope) -> None:
        if not self._origins.lets_in(scope["headers"]):
            raise HttpRefusal(403, "This origin is not among those that are allowed.", code=FORBIDDEN)

    async def _accept(self, connection: Connection, scope: Scope, receive: Receive, send: Send) -> None:
        speaks = SUBPROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if speaks else None})
        if not speaks:
            connection.end(Ending.SUBPROTOCOL)
        brought = self._pages.of_socket(HTTPConnection(scope))
        ending = await Conversation(self._place, connection, receive, send).serve(brought)
        if ending is Ending.SLOW:
            abort(scope)


async def _refuse(refusal: HttpRefusal, send: Send) -> None:
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    headers += [(name.encode(), value.encode()) for name, value in refusal.headers.items()]
    await send({"type": "websocket.http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": orjson.dumps(refusal.body())})
