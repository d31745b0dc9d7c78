"""Server processes that stop while clients follow: each is told to come again, and the processes end as asked."""

import asyncio
import json
from pathlib import Path

from httpx2 import AsyncClient
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from models.clock import SystemClock
from tests.builders import a_world
from tests.clock import FixedClock
from tests.jobs.workshop import until
from tests.stories.server import Deployment, deployed

EVENTS = "subscription { events { type } }"
BEAT = {"data": {"events": {"type": "HEARTBEAT"}}}
SOCKETS = 8


async def test_all_are_told_when_the_server_stops(database_url: str, tmp_path: Path) -> None:
    """On PostgreSQL two processes share the port."""
    servers = 1 if database_url.startswith("sqlite") else 2
    async with deployed(tmp_path / "data", database_url, servers=servers) as deployment:
        async with deployment.database() as database:
            world = await a_world(database, FixedClock(SystemClock().now()))
        await deployment.start()
        await until(lambda: deployment.output.count("Application startup complete") == servers)
        async with deployment.client(world.staff) as client:
            sockets = [await following(deployment, client) for _ in range(SOCKETS)]
            accept = {"accept": "text/event-stream"}
            async with client.stream("POST", "/graphql", json={"query": EVENTS}, headers=accept) as stream:
                chunks = stream.aiter_text()
                assert "HEARTBEAT" in await anext(chunks)
                loop = asyncio.get_running_loop()
                began = loop.time()
                stopping = asyncio.create_task(deployment.stop())
                assert [await end_of(each) for each in sockets] == [(1001, "server stops")] * SOCKETS
                assert "complete" not in "".join([chunk async for chunk in chunks])
                assert loop.time() - began < 5
            await stopping


async def following(deployment: Deployment, client: AsyncClient) -> ClientConnection:
    spoken = [Subprotocol("graphql-transport-ws")]
    socket = await connect(f"{deployment.url.replace('http', 'ws')}/graphql", subprotocols=spoken, proxy=None)
    payload = {"authorization": client.headers["authorization"]}
    await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
    assert json.loads(await socket.recv())["type"] == "connection_ack"
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": EVENTS}}))
    assert json.loads(await socket.recv())["payload"] == BEAT
    return socket


async def end_of(socket: ClientConnection) -> tuple[int, str]:
    try:
        async for _ in socket:
            pass
    except ConnectionClosed as end:
        assert end.rcvd is not None  # noqa: PT017 - a normal end raises nothing
    return socket.close_code or 0, socket.close_reason or ""
