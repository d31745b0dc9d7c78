"""Peers that never read: what they cost is bounded, it ends, and nobody else waits for them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from api.connections import Bounds
from tests.api.live import Live, Served, live, stage
from tests.jobs.workshop import until

FLOOD = "subscription { flood }"
BOUNDS = Bounds(sending=0.5)
KEY = "x3JJHMbDL1EzLkh9GBhXDw=="


@asynccontextmanager
async def deaf(server: Served, *requests: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Send these, the second once the first is answered, on a connection that takes in as little as can be."""
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    own.setblocking(False)  # noqa: FBT003 - the standard library's own
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", int(server.url.rpartition(":")[2])))
    reader, writer = await asyncio.open_connection(sock=own, limit=1_024)
    for number, request in enumerate(requests):
        if number:
            await reader.readuntil(b"\r\n\r\n")
        writer.write(request)
    try:
        yield reader, writer
    finally:
        writer.close()


def framed(text: str, opcode: int = 1) -> bytes:
    """Return one masked frame, masked with nothing."""
    data = text.encode()
    length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + bytes(4) + data


def upgrade() -> bytes:
    lines = (
        *("GET /graphql HTTP/1.1", "host: localhost", "connection: Upgrade", "upgrade: websocket"),
        *(f"sec-websocket-key: {KEY}", "sec-websocket-version: 13", "sec-websocket-protocol: graphql-transport-ws"),
    )
    return "\r\n".join([*lines, "", ""]).encode()


def asking(query: str) -> tuple[bytes, bytes]:
    init = {"type": "connection_init", "payload": {"authorization": "Bearer good"}}
    subscribe = {"id": "1", "type": "subscribe", "payload": {"query": query}}
    return upgrade(), framed(json.dumps(init)) + framed(json.dumps(subscribe))


def posting(query: str) -> bytes:
    body = json.dumps({"query": query})
    lines = (
        *("POST /graphql HTTP/1.1", "host: localhost", "authorization: Bearer good", "accept: text/event-stream"),
        *("content-type: application/json", f"content-length: {len(body)}"),
    )
    return "\r\n".join([*lines, "", body]).encode()


async def is_dropped(server: Served, toy: Live) -> bool:
    """Wait until the server holds nothing of it any more."""
    async with asyncio.timeout(8):
        while toy.connections.number or server.server.server_state.connections:  # noqa: ASYNC110 - two libraries' sets
            await asyncio.sleep(0.02)
    return stage.running == 0


async def test_a_socket_that_is_never_read_is_dropped_and_others_do_not_notice() -> None:
    async with live(BOUNDS) as (toy, server), deaf(server, *asking(FLOOD)):
        await asyncio.wait_for(stage.begun.wait(), 2)
        async with server.socket("other") as peer:
            loop = asyncio.get_running_loop()
            for number in range(20):
                began = loop.time()
                await peer.ask(str(number), "{ account }")
                assert (await peer.hears_all(2))[1]["type"] == "complete"
                assert loop.time() - began < 0.3
        assert await is_dropped(server, toy)


async def test_whoever_reads_again_learns_that_it_was_too_slow() -> None:
    async with live(BOUNDS) as (toy, server), deaf(server, *asking(FLOOD)) as (reader, _):
        await asyncio.wait_for(stage.begun.wait(), 2)
        await asyncio.wait_for(stage.ended.wait(), 2)
        heard = b""
        async with asyncio.timeout(4):
            while not heard.endswith(b"\x88\x0a\x03\xf5too slow"):  # 1013
                heard = heard[-20:] + await reader.read(65_536)
        assert await is_dropped(server, toy)


async def test_an_event_stream_that_is_never_read_is_dropped() -> None:
    async with live(BOUNDS) as (toy, server), deaf(server, posting(FLOOD)):
        await asyncio.wait_for(stage.begun.wait(), 2)
        assert await is_dropped(server, toy)


async def test_operations_wait_for_their_turn_and_heap_up_nothing() -> None:
    upgrading, asked = asking(FLOOD)
    for number in range(2, 31):
        asked += framed(json.dumps({"id": str(number), "type": "subscribe", "payload": {"query": FLOOD}}))
    async with live(Bounds(sending=1)) as (toy, server), deaf(server, upgrading, asked) as (reader, _):
        await until(lambda: stage.running == 30)
        for _ in range(10):
            await reader.readexactly(300_000)
            [held] = await waiting(server)
            assert held <= 64 * 1024 + 21_000
        assert await is_dropped(server, toy)


async def test_whoever_pings_and_does_not_read_is_not_read_either() -> None:
    """The library answers such frames itself, without a look at what waits to be sent."""
    async with live(Bounds(sending=2)) as (toy, server), deaf(server, *asking(FLOOD)) as (_, writer):
        await waiting(server)
        ping = framed("x" * 125, opcode=9) * 500
        taken = 0
        while taken < 20_000_000:
            writer.write(ping)
            try:
                await asyncio.wait_for(writer.drain(), 0.3)
            except TimeoutError:
                break
            taken += len(ping)
        [held] = await waiting(server)
        assert held < 600_000
        assert await is_dropped(server, toy)


async def test_a_thousand_small_messages_are_read_piece_by_piece() -> None:
    """All of them at once would take everybody's time, and a place in memory each."""
    upgrading, asked = asking("{ account }")
    async with live() as (_, server), deaf(server, upgrading, asked) as (reader, writer):
        assert b"connection_ack" in await reader.readuntil(b'"connection_ack"}')
        [connection] = [each for each in server.server.server_state.connections if hasattr(each, "queue")]
        writer.write(framed('{"type":"pong"}') * 10_000 + framed('{"type":"ping"}'))
        most, answered = 0, asyncio.create_task(reader.readuntil(b'"pong"}'))
        while not answered.done():
            most = max(most, connection.queue.qsize())
            await asyncio.sleep(0)
        assert b'{"type":"pong"}' in await answered

    assert 0 < most <= 4_096 // len(framed('{"type":"pong"}')) + 1


async def waiting(server: Served) -> list[int]:
    """Return how much is kept for each connection that can't be written to, once there is one."""
    async with asyncio.timeout(4):
        while True:
            full = [each for each in server.server.server_state.connections if is_full(each)]
            if full:
                return [each.transport.get_write_buffer_size() for each in full]
            await asyncio.sleep(0.01)


def is_full(connection: Any) -> bool:
    writable = getattr(connection, "writable", None)
    return writable is not None and not writable.is_set()
