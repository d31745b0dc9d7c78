"""Every open WebSocket and event stream of this process: how many there may be, whose each is, and what ends it."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Final

from graphql import GraphQLError
from starlette.types import Message, Send

from api.auth import Admission
from api.errors import RATE_LIMITED, SERVICE_UNAVAILABLE, HttpRefusal
from api.metrics import CONNECTIONS, CONNECTIONS_ENDED, SUBSCRIPTIONS
from models.actor import Actor

_ENOUGH: Final = 5.0
"""Seconds that what was told to stop gets to do so."""


class Kind(Enum):
    SOCKET = "socket"
    EVENT_STREAM = "event_stream"


class Ending(Enum):
    """Why a connection ends. The code and the reason are what a WebSocket's peer is told; the name is the metric's.

    Clients of graphql-ws connect again after a code from 1000 to 1006, 1012 to 1014, 4403, 4408 and 4504, and after no
    other.
    """

    LEFT = 1000, "the peer left"
    DONE = 1000, "done"
    TOO_LARGE = 1009, "message too large"
    IDLE = 1001, "idle"
    AGE = 1001, "connection age"
    SHUTDOWN = 1001, "server stops"
    SILENT = 1001, "no answer to a ping"
    SLOW = 1013, "too slow"
    BUSY = 1013, "too many connections"
    UNREACHABLE = 1013, "access can't be checked"
    MALFORMED = 4400, "malformed message"
    UNAUTHENTICATED = 4401, "sign in"
    UNACKNOWLEDGED = 4401, "connection_init comes first"
    TOKEN_EXPIRED = 4401, "token expired"
    ACCESS_REVOKED = 4401, "access revoked"
    ACCESS_CHANGED = 4403, "access changed: connect again"
    SUBPROTOCOL = 4406, "this server speaks graphql-transport-ws"
    LATE = 4408, "no connection_init in time"
    REPEATED_ID = 4409, "an operation with this id is running"
    REPEATED_INIT = 4429, "connection_init was sent before"
    FAULT = 4500, "something went wrong on our side"

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason

    @property
    def is_gentle(self) -> bool:
        """Whether queries and mutations that are running may finish."""
        return self in {Ending.AGE, Ending.SHUTDOWN}


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that connections may take, in numbers and in seconds."""

    connections: int = 5_000
    account_connections: int = 50
    subscriptions: int = 5_000
    account_subscriptions: int = 200
    operations: int = 50
    """Of one socket."""
    greeting: float = 10
    ping: float = 20
    comment: float = 15
    """Between two comments in an event stream, which keep what lies between from closing it."""
    idle: float = 300
    age: float = 4 * 3600
    """A tenth more or less, so that clients don't come back all at once."""
    sending: float = 30


class Connection:
    """One socket or event stream. Whoever has a reason ends it; the first one counts."""

    __slots__ = ("admission", "ending", "kind", "reason")

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.admission: Admission | None = None
        self.ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self.reason = ""

    def end(self, ending: Ending, reason: str = "") -> None:
        """End it; a reason of its own is said instead of the ending's."""
        if not self.ending.done():
            self.reason = reason or ending.reason
            self.ending.set_result(ending)

    async def ended(self) -> Ending:
        """Wait for the end. Who waits may be cancelled; the connection goes on."""
        await asyncio.wait([self.ending])
        return self.ending.result()


class Gone(Exception):
    """The peer takes no more: it left, or was too slow."""


class Outlet:
    """One connection's way out: a message at a time, each taken within ``patience`` seconds or it was the last.

    Whoever has something to send waits for their turn, so that nothing is heaped up here. Most messages are taken at
    once, so one timer for all that follow each other replaces one for each. It ends the connection, and whoever serves
    that stops those who wait.
    """

    def __init__(self, send: Send, connection: Connection, *, patience: float) -> None:
        self._send = send
        self._connection = connection
        self._patience = patience
        self._turn = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._since: float | None = None
        """When the message under way was begun."""
        self._timer: asyncio.TimerHandle | None = None

    async def send(self, message: Message) -> None:
        """Raise Gone where the peer is not there to take it."""
        async with self._turn:
            self._since = self._loop.time()
            if self._timer is None:
                self._timer = self._loop.call_at(self._since + self._patience, self._look)
            try:
                await self._send(message)
            except OSError:  # as the server reports a peer that has left
                self._connection.end(Ending.LEFT)
                raise Gone from None
            finally:
                self._since = None

    def _look(self) -> None:
        """End the connection if the message under way has had its time."""
        self._timer = None
        if self._since is None:
            return
        due = self._since + self._patience
        if self._loop.time() >= due:
            self._connection.end(Ending.SLOW)
        else:
            self._timer = self._loop.call_at(due, self._look)


class Connections:
    """Counts them, and ends them all when the server stops."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        self.bounds = bounds or Bounds()
        self._open: set[Connection] = set()
        self._accounts: Counter[str | None] = Counter()
        self._subscriptions: Counter[str | None] = Counter()
        self._is_leaving = False

    @contextmanager
    def opened(self, kind: Kind) -> Iterator[Connection]:
        """Give a place to a connection for as long as the block runs. Raises the refusal where there is none."""
        if self._is_leaving or len(self._open) >= self.bounds.connections:
            message = "The server holds as many connections as it can. Try again shortly."
            raise HttpRefusal(503, message, code=SERVICE_UNAVAILABLE, retry_after="2")
        connection = Connection(kind)
        self._open.add(connection)
        CONNECTIONS.labels(kind.value).inc()
        try:
            yield connection
        finally:
            self._open.discard(connection)
            connection.end(Ending.LEFT)
            CONNECTIONS.labels(kind.value).dec()
            CONNECTIONS_ENDED.labels(kind.value, _word_of(connection)).inc()

    @contextmanager
    def belonging(self, connection: Connection, admission: Admission) -> Iterator[None]:
        """Count it as its account's. Raises the refusal where that has enough."""
        account_id = admission.actor.account_id
        if self._accounts[account_id] >= self.bounds.account_connections:
            most = self.bounds.account_connections
            raise HttpRefusal(429, f"An account may hold {most} connections.", code=RATE_LIMITED, retry_after="30")
        with _counted(self._accounts, account_id):
            connection.admission = admission
            yield

    @contextmanager
    def subscribing(self, actor: Actor) -> Iterator[GraphQLError | None]:
        """Count one subscription; give the refusal of one too many instead."""
        bounds = self.bounds
        if self._subscriptions.total() >= bounds.subscriptions:
            yield rate_limited("The server runs as many subscriptions as it can. Try again shortly.")
        elif self._subscriptions[actor.account_id] >= bounds.account_subscriptions:
            yield rate_limited(f"An account may run {bounds.account_subscriptions} subscriptions.")
        else:
            with _counted(self._subscriptions, actor.account_id), SUBSCRIPTIONS.track_inprogress():
                yield None

    @property
    def number(self) -> int:
        """How many are open."""
        return len(self._open)

    def leave(self) -> None:
        """Let nobody in from now on, and end all that is open."""
        self._is_leaving = True
        for connection in list(self._open):
            connection.end(Ending.SHUTDOWN)


def rate_limited(message: str) -> GraphQLError:
    """Return the refusal of one operation too many."""
    return GraphQLError(message, extensions={"code": RATE_LIMITED})


async def wound_up(tasks: set[asyncio.Task[None]]) -> None:
    """Stop these, and wait for them to have cleaned up."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_ENOUGH)


async def finished(tasks: set[asyncio.Task[None]]) -> None:
    """Wait for these to come to their end, and no longer than is decent."""
    if tasks:
        await asyncio.wait(tasks, timeout=_ENOUGH)


@contextmanager
def _counted(counts: Counter[str | None], account_id: str | None) -> Iterator[None]:
    counts[account_id] += 1
    try:
        yield
    finally:
        counts[account_id] -= 1
        if not counts[account_id]:
            del counts[account_id]


def _word_of(connection: Connection) -> str:
    ending = connection.ending
    return Ending.LEFT.name.lower() if ending.cancelled() else ending.result().name.lower()
