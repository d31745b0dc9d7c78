"""One WebSocket: what its peer says, the operations that it runs side by side, and how it ends.

The protocol is graphql-transport-ws: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
import random
import time
from collections.abc import Mapping
from contextlib import ExitStack, aclosing, suppress
from functools import partial
from typing import Any, Final, cast

import structlog
from graphql import GraphQLError
from starlette.types import Receive, Send
from strawberry.http import GraphQLRequestData

from api.auth import Admission
from api.connections import Connection, Ending, Gone, Outlet, finished, rate_limited, wound_up
from api.credentials import Credentials
from api.doorway import Doorway
from api.errors import HttpRefusal
from api.faults import facts_of
from api.metrics import report_request
from api.operations import Operations
from api.requests import error_list, errors_of_one_that_never_ran, read_request
from api.socket_messages import ACKNOWLEDGED, PING, Violation, about, id_of, payload_of, pong, read_message
from api.tally import Tally, current
from api.timers import Timers
from models.job_queue import is_unavailable

_LAST_WORD: Final = 5.0
"""Seconds that a peer has to take the frame that closes the socket."""
_TURNED_AWAY: Final = {401: Ending.UNAUTHENTICATED, 503: Ending.UNREACHABLE}
"""By HTTP's word for the same."""
_SPREAD: Final = random.SystemRandom()

_log = structlog.get_logger()


class Conversation:
    """One socket: a task that reads, one for each operation, and timers."""

    def __init__(self, place: "Place", connection: Connection, receive: Receive, send: Send) -> None:
        self._operations, self._doorway = place
        self._bounds = self._doorway.connections.bounds
        self._connection = connection
        self._receive = receive
        self._outlet = Outlet(send, connection, patience=self._bounds.sending)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: dict[asyncio.Task[None], Tally] = {}
        self._timers = Timers()
        self._pinging: asyncio.Task[None] | None = None
        self._belonging = ExitStack()
        self._brought = Credentials()
        self._is_greeted = False
        self._is_pinged = False
        self._began = time.perf_counter()

    async def serve(self, brought: Credentials) -> Ending:
        """Talk until something ends it. What the request itself brought counts where connection_init has no token."""
        self._brought = brought
        self._timers.start("greeting", self._bounds.greeting, partial(self._connection.end, Ending.LATE))
        reader = asyncio.create_task(self._read())
        try:
            ending = await self._connection.ended()
            await self._stop(reader)
            await self._finish(ending)
            self._report(ending)
            return ending
        finally:
            self._connection.end(Ending.LEFT)
            await self._stop(reader, *self._tasks)
            self._belonging.close()

    async def _read(self) -> None:
        try:
            while (event := await self._receive())["type"] != "websocket.disconnect":
                self._is_pinged = False
                await self._take(read_message(event))
                await asyncio.sleep(0)  # a peer with much to say waits for the others between any two messages
            self._connection.end(Ending.TOO_LARGE if event.get("code") == Ending.TOO_LARGE.code else Ending.LEFT)
        except Violation as violation:
            self._connection.end(violation.ending, violation.reason)
        except Gone:
            pass
        except Exception as fault:  # noqa: BLE001 - nobody else would tell of it
            _log.error("socket failed", **facts_of(fault))
            self._connection.end(Ending.UNREACHABLE if is_unavailable(fault) else Ending.FAULT)

    async def _take(self, message: Mapping[str, Any]) -> None:
        match message["type"]:
            case "connection_init":
                await self._greet(payload_of(message))
            case "ping":
                await self._say(pong(payload_of(message)))
            case "pong":
                payload_of(message)
            case "subscribe" | "complete" if self._connection.admission is None:
                raise Violation(Ending.UNACKNOWLEDGED)
            case "subscribe":
                await self._begin(id_of(message), payload_of(message, needed=True))
            case "complete":
                self._cancel(id_of(message))
            case _:
                raise Violation(Ending.MALFORMED, "a message of an unknown type")

    async def _greet(self, payload: Mapping[str, Any]) -> None:
        if self._is_greeted:
            raise Violation(Ending.REPEATED_INIT)
        self._is_greeted = True
        authorization = payload.get("authorization", payload.get("Authorization", self._brought.authorization))
        if authorization is not None and not isinstance(authorization, str):
            raise Violation(Ending.MALFORMED, "authorization is a text")
        try:
            admission = await self._doorway.reception.admit(self._brought._replace(authorization=authorization))
            self._belonging.enter_context(self._doorway.holding(self._connection, admission))
        except HttpRefusal as refusal:
            raise Violation(_TURNED_AWAY.get(refusal.status, Ending.BUSY)) from None
        self._timers.stop("greeting")
        _log.info("socket opened", account=admission.actor.account_id)
        await self._say(ACKNOWLEDGED)
        age = self._bounds.age * _SPREAD.uniform(0.9, 1.1)
        self._timers.start("age", age, partial(self._connection.end, Ending.AGE))
        self._timers.start("ping", self._bounds.ping, self._beat)
        self._rest()

    async def _begin(self, operation_id: str, payload: Mapping[str, Any]) -> None:
        if operation_id in self._running:
            raise Violation(Ending.REPEATED_ID)
        try:
            asked = read_request(payload)
            self._check_room()
        except (HttpRefusal, GraphQLError) as refusal:
            await self._say(about(operation_id, "error", error_list(refusal)))
            return
        self._timers.stop("idle")
        tally = Tally()
        task = asyncio.create_task(self._run(operation_id, asked, tally))
        self._running[operation_id] = task
        self._tasks[task] = tally
        task.add_done_callback(self._tasks.pop)

    def _check_room(self) -> None:
        most = self._bounds.operations
        if len(self._running) >= most or len(self._tasks) >= 2 * most:  # those that are being stopped are among these
            raise rate_limited(f"A socket may run {most} operations at a time.")

    async def _run(self, operation_id: str, asked: GraphQLRequestData, tally: Tally) -> None:
        task = asyncio.current_task()
        current.set(tally)
        began = time.perf_counter()
        try:
            last = await self._pass_on(operation_id, asked)
            self._forget(operation_id, task)  # the peer may use the id again as soon as it reads this
            await self._say(last)
        except Gone:
            pass
        except Exception as fault:  # noqa: BLE001 - it ends this operation and no other
            self._forget(operation_id, task)
            with suppress(Gone):
                await self._say(about(operation_id, "error", error_list(GraphQLError("", original_error=fault))))
        finally:
            self._forget(operation_id, task)
            report_request(tally, time.perf_counter() - began)

    async def _pass_on(self, operation_id: str, asked: GraphQLRequestData) -> str:
        """Send all results, and return the message that the operation ends with."""
        actor = cast("Admission", self._connection.admission).actor
        async with aclosing(self._operations.run(actor, asked)) as results:
            async for result in results:
                if errors := errors_of_one_that_never_ran(result):
                    return about(operation_id, "error", errors)
                await self._say(about(operation_id, "next", result))
        return about(operation_id, "complete")

    def _cancel(self, operation_id: str) -> None:
        """Stop an operation. One that is not there came to its end while the peer's message was on its way."""
        if task := self._running.get(operation_id):
            self._forget(operation_id, task)
            task.cancel()

    def _forget(self, operation_id: str, task: asyncio.Task[None] | None) -> None:
        """Free the id, unless another operation has it already."""
        if self._running.get(operation_id) is task:
            self._running.pop(operation_id, None)
        self._rest()

    def _rest(self) -> None:
        if not self._running and not self._connection.ending.done():
            self._timers.start("idle", self._bounds.idle, partial(self._connection.end, Ending.IDLE))

    def _beat(self) -> None:
        """Ask whether anybody is there. Whatever is said in the meantime is an answer."""
        if self._is_pinged:
            self._connection.end(Ending.SILENT)
            return
        if self._pinging is None or self._pinging.done():  # else the last one still waits for its turn
            self._pinging = asyncio.create_task(self._ping())
        self._timers.start("ping", self._bounds.ping, self._beat)

    async def _ping(self) -> None:
        with suppress(Gone):
            await self._say(PING)
            self._is_pinged = True

    async def _say(self, text: str) -> None:
        await self._outlet.send({"type": "websocket.send", "text": text})

    async def _stop(self, *tasks: asyncio.Task[None]) -> None:
        self._timers.stop_all()
        await wound_up({*tasks, *([self._pinging] if self._pinging else ())})

    async def _finish(self, ending: Ending) -> None:
        """Stop what runs, and close the socket where it is still there."""
        if ending.is_gentle:
            await wound_up({task for task, tally in self._tasks.items() if tally.lasts})
            await finished(set(self._tasks))
        await wound_up(set(self._tasks))
        if ending not in {Ending.LEFT, Ending.TOO_LARGE, Ending.SLOW}:
            with suppress(Gone, TimeoutError):
                async with asyncio.timeout(_LAST_WORD):
                    await self._outlet.send(
                        {"type": "websocket.close", "code": ending.code, "reason": self._connection.reason}
                    )

    def _report(self, ending: Ending) -> None:
        admission = self._connection.admission
        account = admission.actor.account_id if admission else None
        seconds = round(time.perf_counter() - self._began, 1)
        _log.info("socket closed", account=account, reason=ending.name.lower(), code=ending.code, seconds=seconds)


Place = tuple[Operations, Doorway]
"""Where it is held: what its operations are run by, and how its peer is let in."""
