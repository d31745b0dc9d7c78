"""GraphQL over server-sent events: one operation to a request, in the mode of graphql-sse with distinct connections.

What it asks of both sides: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

import asyncio
import random
import time
from contextlib import aclosing, suppress
from functools import partial
from typing import Final

import structlog
from graphql import GraphQLError
from starlette.types import Receive, Scope, Send
from strawberry.http import GraphQLRequestData

from api.auth import Admission
from api.connections import Connection, Ending, Gone, Kind, Outlet, finished, wound_up
from api.doorway import Doorway, abort
from api.errors import FORBIDDEN, UNAUTHENTICATED
from api.operations import Operations
from api.requests import error_list
from api.tally import current
from api.timers import Timers

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
_COMPLETE: Final = b"event: complete\ndata:\n\n"
_COMMENT: Final = b":\n\n"
_LAST_WORD: Final = 5.0
_SPREAD: Final = random.SystemRandom()
_WITHOUT_ACCESS: Final = {
    Ending.TOKEN_EXPIRED: UNAUTHENTICATED,
    Ending.ACCESS_REVOKED: UNAUTHENTICATED,
    Ending.ACCESS_CHANGED: FORBIDDEN,
}

_log = structlog.get_logger()


class EventStreams:
    """Answers requests that take an event stream."""

    def __init__(self, operations: Operations, doorway: Doorway) -> None:
        self.operations = operations
        self.doorway = doorway

    async def answer(self, scope: Scope, receive: Receive, send: Send, asked: "Asked") -> None:
        """Send results until the operation or the connection ends. Raises the refusal where there is no room."""
        admission, data = asked
        with (
            self.doorway.connections.opened(Kind.EVENT_STREAM) as connection,
            self.doorway.holding(connection, admission),
        ):
            stream = _EventStream(self, connection, receive, send)
            if await stream.serve(admission, data) is Ending.SLOW:
                abort(scope)


Asked = tuple[Admission, GraphQLRequestData]
"""Who asks, and for what."""


class _EventStream:
    """One answer: a task that runs the operation, one that notices when the client leaves, and timers."""

    def __init__(self, house: EventStreams, connection: Connection, receive: Receive, send: Send) -> None:
        self._house = house
        self._bounds = house.doorway.connections.bounds
        self._connection = connection
        self._receive = receive
        self._outlet = Outlet(send, connection, patience=self._bounds.sending)
        self._timers = Timers()
        self._commenting: asyncio.Task[None] | None = None

    async def serve(self, admission: Admission, data: GraphQLRequestData) -> Ending:
        began = time.perf_counter()
        account = admission.actor.account_id
        _log.info("event stream opened", account=account)
        if not await self._open():
            return await self._connection.ended()
        self._timers.start("comment", self._bounds.comment, self._comment)
        age = self._bounds.age * _SPREAD.uniform(0.9, 1.1)
        self._timers.start("age", age, partial(self._connection.end, Ending.AGE))
        running = asyncio.create_task(self._run(admission, data))
        leaving = asyncio.create_task(self._notice())
        try:
            ending = await self._connection.ended()
            if ending.is_gentle and not _lasts():
                await finished({running})
            await self._stop(running, leaving)
            await self._finish(ending)
        finally:
            await self._stop(running, leaving)
        seconds = round(time.perf_counter() - began, 1)
        _log.info("event stream closed", account=account, reason=ending.name.lower(), seconds=seconds)
        return ending

    async def _open(self) -> bool:
        """Begin the answer, and say whether the client takes it: it may not have read the one before."""
        try:
            async with asyncio.timeout(self._bounds.sending):
                await self._outlet.send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        except TimeoutError:
            self._connection.end(Ending.SLOW)
            return False
        except Gone:
            return False
        return True

    async def _run(self, admission: Admission, data: GraphQLRequestData) -> None:
        with suppress(Gone):
            try:
                async with aclosing(self._house.operations.run(admission.actor, data)) as results:
                    async for result in results:
                        await self._say(_next(result))
            except Gone:
                raise
            except Exception as fault:  # noqa: BLE001 - the answer has begun: it can only be told in its own way
                await self._say(_next(_errors(GraphQLError("", original_error=fault))))
            await self._say(_COMPLETE)
            self._connection.end(Ending.DONE)

    async def _stop(self, *tasks: asyncio.Task[None]) -> None:
        self._timers.stop_all()
        await wound_up({*tasks, *([self._commenting] if self._commenting else ())})

    async def _notice(self) -> None:
        """Wait for the client to leave: the body was read before."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._connection.end(Ending.LEFT)

    def _comment(self) -> None:
        """Keep whatever lies between from taking the stream for dead."""
        if self._commenting is None or self._commenting.done():
            self._commenting = asyncio.create_task(self._say_nothing())
        self._timers.start("comment", self._bounds.comment, self._comment)

    async def _say_nothing(self) -> None:
        with suppress(Gone):
            await self._say(_COMMENT)

    async def _say(self, chunk: bytes) -> None:
        await self._outlet.send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def _finish(self, ending: Ending) -> None:
        """Say why, where it is for good. A client that misses ``complete`` connects again."""
        if ending in {Ending.LEFT, Ending.SLOW}:
            return
        last = b""
        if code := _WITHOUT_ACCESS.get(ending):
            extensions = {"code": code, "reason": ending.reason}
            last = _next(_errors(GraphQLError("This stream has ended.", extensions=extensions))) + _COMPLETE
        with suppress(Gone, TimeoutError):
            async with asyncio.timeout(_LAST_WORD):
                await self._outlet.send({"type": "http.response.body", "body": last, "more_body": False})


def _lasts() -> bool:
    tally = current.get()
    return tally is not None and tally.lasts


def _errors(error: GraphQLError) -> bytes:
    return b'{"errors":%b}' % error_list(error)


def _next(result: bytes) -> bytes:
    """Return one event. JSON as it is written here has no line break that would end it."""
    return b"event: next\ndata: %b\n\n" % result
