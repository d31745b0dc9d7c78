"""A toy schema with a stand-in for subscriptions, behind the real transports, on a real socket of this machine."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import pytest
import strawberry
import uvicorn
from httpx2 import AsyncClient, Response
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from api.access_watch import AccessWatch, Standings
from api.auth import Admission
from api.connections import Bounds, Connections
from api.credentials import Credentials, OwnPages
from api.documents import DocumentGuard, Documents
from api.doorway import LEAVE, Doorway
from api.errors import HttpRefusal
from api.event_streams import EventStreams
from api.front import cross_origin, routes_of
from api.graphql import GraphQLEndpoint
from api.limits import Limits
from api.operations import SchemaOperations
from api.origins import Origins
from api.perimeter import Perimeter
from api.processes import server_options
from api.protocols import SocketProtocol
from api.reception import Reception
from api.settings import Settings
from api.sockets import Sockets
from models.actor import Actor
from models.clock import SystemClock
from models.queries.accounts import Standing
from schema.build import QuietSchema
from tests.api.edge import ACTOR, SECRET, DriverError, Mutation, Query, ToyContext

SPOKEN = "graphql-transport-ws"
HOME = "https://sessions.example.org"
PORTAL = "https://portal.example.org"
TICKS = "subscription { ticks(count: 3) }"
FOR_EVER = "subscription { silence }"


class Stage:
    """What the stand-in does, and what a test can see of it."""

    def __init__(self) -> None:
        self.contexts: list[ToyContext] = []
        self.running = 0
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()


stage = Stage()


@asynccontextmanager
async def _seen() -> AsyncIterator[None]:
    stage.running += 1
    stage.begun.set()
    try:
        yield
    finally:
        stage.running -= 1
        stage.ended.set()


@strawberry.type
class LiveQuery(Query):
    @strawberry.field
    async def slow(self) -> str:
        async with _seen():
            await asyncio.sleep(0.3)
        return "done"

    @strawberry.field
    async def never(self) -> str:
        async with _seen():
            await asyncio.Event().wait()
        return ""


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, count: int = 3) -> AsyncIterator[int]:
        async with _seen():
            for number in range(count):
                yield number

    @strawberry.subscription
    async def silence(self) -> AsyncIterator[int]:
        async with _seen():
            await asyncio.Event().wait()
            yield 0

    @strawberry.subscription
    async def flood(self) -> AsyncIterator[str]:
        async with _seen():
            while True:
                yield "x" * 20_000

    @strawberry.subscription
    async def crashing(self) -> AsyncIterator[int]:
        yield 0
        raise ValueError(SECRET)


class Live:
    """The application, and what it was made of."""

    def __init__(self, bounds: Bounds | None = None, *, read: Any = None, blind: float = 30) -> None:
        stage.__init__()  # type: ignore[misc]  # each test has a stage of its own
        self.admissions = {"good": Admission(ACTOR), "other": Admission(Actor("acc_2", "Kim", ACTOR.role))}
        self.standings = {str(each.actor.account_id): Standing(each.actor) for each in self.admissions.values()}
        self.sessions = {"ses_1"}
        documents = Documents(Limits())
        schema = QuietSchema(LiveQuery, Mutation, Subscription, extensions=[partial(DocumentGuard, documents)])
        self.connections = Connections(bounds)
        operations = SchemaOperations(schema, documents, open_context=self._open_context, connections=self.connections)
        watch = AccessWatch(read or self._read, self._living, SystemClock(), every=0.05, blind=blind)
        reception = Reception(self._admit, OwnPages(HOME))
        doorway = Doorway(reception, self.connections, watch)
        endpoint = GraphQLEndpoint(
            schema,
            authenticate=reception.actor_of,
            open_context=self._open_context,
            max_body_bytes=65_536,
            streams=EventStreams(operations, doorway),
        )
        origins = Origins(HOME, PORTAL)

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
            yield {LEAVE: self.connections.leave}

        self.app = Starlette(
            routes=routes_of(endpoint, Sockets(operations, doorway, origins)),
            middleware=[Middleware(Perimeter, https=True), *cross_origin(origins)],
            lifespan=lifespan,
        )

    def _open_context(self, actor: Actor) -> ToyContext:
        stage.contexts.append(ToyContext(actor))
        return stage.contexts[-1]

    async def _admit(self, brought: Credentials) -> Admission:
        authorization = f"Bearer {brought.secret}" if brought.secret else brought.authorization
        if authorization == "Bearer away":
            raise OperationalError("SELECT id FROM account", (SECRET,), DriverError(SECRET))
        if authorization == "Bearer unjudged":
            raise HttpRefusal(503, "Nobody can be signed in.", code="SERVICE_UNAVAILABLE", retry_after="30")
        if authorization == "Bearer broken":
            raise ValueError(SECRET)
        admission = self.admissions.get((authorization or "").removeprefix("Bearer "))
        if admission is None:
            raise HttpRefusal(401, "Sign in.", code="UNAUTHENTICATED", www_authenticate="Bearer")
        return admission

    async def _read(self, account_ids: list[str]) -> Standings:
        return {each: self.standings[each] for each in account_ids if each in self.standings}

    async def _living(self, session_ids: list[str]) -> frozenset[str]:
        return frozenset(self.sessions.intersection(session_ids))


class QuickSocket(SocketProtocol):
    """The product's, with less time for peers that don't say goodbye."""

    patience = 0.5


class Served:
    """An application that listens."""

    def __init__(self, server: uvicorn.Server) -> None:
        self.server = server
        host, port = server.servers[0].sockets[0].getsockname()
        self.url = f"http://{host}:{port}"

    def client(self, **headers: str) -> AsyncClient:
        return AsyncClient(base_url=self.url, headers={"authorization": "Bearer good", **headers}, timeout=10)

    async def post(self, query: str | None, *, accept: str, token: str = "good", **more: Any) -> Response:
        async with self.client(accept=accept, authorization=f"Bearer {token}") as client:
            return await client.post("/graphql", json={"query": query, **more})

    def connect(
        self, *, subprotocol: str | None = SPOKEN, origin: str | None = None, path: str = "/graphql", **options: Any
    ) -> connect:
        return connect(
            self.url.replace("http", "ws") + path,
            subprotocols=[Subprotocol(subprotocol)] if subprotocol else None,
            origin=Origin(origin) if origin else None,
            compression=options.pop("compression", None),
            proxy=None,
            **options,
        )

    @asynccontextmanager
    async def socket(self, token: str = "good", **options: Any) -> AsyncIterator["Peer"]:
        """Give a socket that is acknowledged."""
        async with self.connect(**options) as connection:
            peer = Peer(connection)
            await peer.greet(token)
            yield peer

    async def stop(self) -> None:
        """Stop as SIGTERM does."""
        self.server.should_exit = True


class Peer:
    """The client's end of a socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def greet(self, token: str = "good") -> None:
        await self.say(type="connection_init", payload={"authorization": f"Bearer {token}"})
        assert await self.hears() == {"type": "connection_ack"}

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def ask(self, operation_id: str, query: str | None, **payload: Any) -> None:
        await self.say(id=operation_id, type="subscribe", payload={"query": query, **payload})

    async def hears(self) -> dict[str, Any]:
        async with asyncio.timeout(8):
            return cast("dict[str, Any]", json.loads(await self.connection.recv()))

    async def hears_all(self, number: int) -> list[dict[str, Any]]:
        return [await self.hears() for _ in range(number)]

    async def closed(self) -> tuple[int, str]:
        """Wait for the end, whatever is said before, and return its code and reason."""
        with pytest.raises(ConnectionClosed) as end:
            await self._hear_all()
        farewell = end.value.rcvd
        assert farewell is not None, "the connection was just dropped"
        return farewell.code, farewell.reason

    async def _hear_all(self) -> None:
        async with asyncio.timeout(8):
            while True:
                await self.connection.recv()


@asynccontextmanager
async def served(app: ASGIApp, settings: Settings | None = None, *, port: int = 0) -> AsyncIterator[Served]:
    """Serve as the product does, on a free port unless one is named, until the block is left."""
    options = {**server_options(settings or Settings(mode="demo")), "ws": QuickSocket, "port": port}
    server = uvicorn.Server(uvicorn.Config(app, **options))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn sets a flag, no event
        await asyncio.sleep(0.01)
    try:
        yield Served(server)
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def live(bounds: Bounds | None = None, **options: Any) -> AsyncIterator[tuple[Live, Served]]:
    toy = Live(bounds, **options)
    async with served(toy.app) as server:
        yield toy, server
