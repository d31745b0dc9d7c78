"""Clients that follow the event log, by WebSocket or event stream, and resume from their last cursor whatever dies."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import Any, Final, NamedTuple, cast

from httpx2 import AsyncClient, HTTPError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from api.auth import sign_demo_token
from models.actor import Actor
from models.clock import SystemClock
from models.database import Database
from models.event_cursor import position_of
from tests.stories.server import Deployment, ask

SUBSCRIBE: Final = "subscription Follow($after: String) { events(after: $after) { cursor type request { id } } }"
CATCH_UP: Final = """
query CatchUp($after: String) {
  events(first: 50, after: $after) { nodes { cursor type request { id } } pageInfo { endCursor hasNextPage } }
}"""
_GREETING: Final = 10
_PAUSE: Final = 0.05
_CUT_OFF: Final = (OSError, TimeoutError, HTTPError, WebSocketException)
"""How a server that is killed, or not there yet, looks from here."""

Said = AsyncGenerator[dict[str, Any], None]
Transport = Callable[[Deployment, Actor, str | None], Said]


class Ended(Exception):
    """The server ended the subscription itself, which no kill does."""


class Told(NamedTuple):
    """One event as a client knows it: its place comes from its cursor, which only the test can open."""

    seq: int | None
    type: str
    request_id: str | None


async def by_socket(server: Deployment, by: Actor, after: str | None) -> Said:
    """Follow by graphql-transport-ws."""
    url = server.url.replace("http", "ws") + "/graphql"
    spoken = [Subprotocol("graphql-transport-ws")]
    async with connect(url, subprotocols=spoken, proxy=None, compression=None, ping_interval=None) as socket:
        await _say(socket, type="connection_init", payload={"authorization": f"Bearer {_token(server, by)}"})
        payload = {"query": SUBSCRIBE, "variables": {"after": after}}
        await _say(socket, type="subscribe", id="1", payload=payload, after_ack=True)
        async for text in socket:
            message = json.loads(text)
            match message["type"]:
                case "next":
                    yield _event(message["payload"])
                case "ping":
                    await _say(socket, type="pong")
                case _:
                    raise Ended(text)


async def _say(socket: ClientConnection, *, after_ack: bool = False, **message: Any) -> None:
    if after_ack:
        async with asyncio.timeout(_GREETING):
            assert json.loads(await socket.recv())["type"] == "connection_ack"
    await socket.send(json.dumps(message))


async def by_event_stream(server: Deployment, by: Actor, after: str | None) -> Said:
    """Follow by server-sent events, an HTTP request for each subscription."""
    asked = {"query": SUBSCRIBE, "variables": {"after": after}}
    async with (
        server.client(by) as client,
        client.stream("POST", "/graphql", json=asked, headers={"accept": "text/event-stream"}) as response,
    ):
        response.raise_for_status()
        async for line in response.aiter_lines():
            if line.startswith("event: complete"):
                raise Ended(line)
            if line.startswith("data: "):
                yield _event(json.loads(line.removeprefix("data: ")))


def _event(result: dict[str, Any]) -> dict[str, Any]:
    if "errors" in result:
        raise Ended(result)
    return cast("dict[str, Any]", result["data"]["events"])


def _token(server: Deployment, by: Actor) -> str:
    return sign_demo_token(server.keyring, str(by.account_id), SystemClock(), timedelta(hours=1))


@dataclass
class Follower:
    """One client. What it was told, it keeps through all its connections."""

    by: Actor
    servers: Sequence[Deployment]
    transport: Transport
    catches_up: bool = False
    """Whether it reads what it missed by ``Query.events`` before it subscribes again."""
    heard: list[dict[str, Any]] = field(default_factory=list)
    cursor: str | None = None
    connections: int = 0
    resumed: int = 0
    """How many of them began behind a cursor and were told something."""
    began: asyncio.Event = field(default_factory=asyncio.Event)
    heard_more: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Follow for ever: from server to server, as a load balancer would pass it on."""
        for server in cycle(self.servers):
            await self._connect(server, until_level=False)
            await asyncio.sleep(random.uniform(0, _PAUSE))

    async def come_level(self) -> None:
        """Resume once more, until all that was missed is told."""
        for server in cycle(self.servers):
            if await self._connect(server, until_level=True):
                return
            await asyncio.sleep(_PAUSE)

    async def _connect(self, server: Deployment, *, until_level: bool) -> bool:
        """Stay connected; return whether everything was told up to the moment when it connected."""
        before, is_level = len(self.heard), False
        try:
            if self.catches_up and self.cursor is not None:
                await self._catch_up(server)
            async with aclosing(self.transport(server, self.by, self.cursor)) as events:
                async for event in events:
                    is_level |= event["type"] == "HEARTBEAT"
                    self._take(event)
                    if is_level and until_level:
                        break
        except _CUT_OFF:
            pass
        if is_level:
            self.connections += 1
            self.resumed += len(self.heard) > before and self.connections > 1
        return is_level

    async def _catch_up(self, server: Deployment) -> None:
        async with server.client(self.by) as client:
            async for page in pages(client, self.cursor):
                for event in page["nodes"]:
                    self._take(event)
                self.cursor = page["pageInfo"]["endCursor"]

    def _take(self, event: dict[str, Any]) -> None:
        self.cursor = event["cursor"]
        if event["type"] == "HEARTBEAT":
            self.began.set()
        else:
            self.heard.append(event)
            self.heard_more.set()

    async def hears(self, events: int) -> None:
        """Wait until it has been told so many."""
        while len(self.heard) < events:
            await self.heard_more.wait()
            self.heard_more.clear()

    def told(self, database: Database) -> list[Told]:
        return opened(database, self.by, self.heard)


async def pages(client: AsyncClient, after: str | None) -> AsyncGenerator[dict[str, Any], None]:
    """Read what follows a cursor by ``Query.events``."""
    more = True
    while more:
        page = (await ask(client, CATCH_UP, after=after))["events"]
        yield page
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]


async def whole_log(server: Deployment, by: Actor, database: Database) -> list[Told]:
    """Return all that this actor may be told of, as ``Query.events`` has it."""
    async with server.client(by) as client:
        events = [event async for page in pages(client, None) for event in page["nodes"]]
    return opened(database, by, events)


def opened(database: Database, by: Actor, events: Sequence[dict[str, Any]]) -> list[Told]:
    return [
        Told(
            position_of(database.vault, by, event["cursor"]).seq,
            event["type"],
            event["request"]["id"] if event["request"] else None,
        )
        for event in events
    ]
