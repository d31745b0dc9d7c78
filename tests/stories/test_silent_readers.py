"""Clients that follow the whole log and never read: they cost bounded memory, are ended, and hold up nobody else."""

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

import pytest
from sqlalchemy import select

from api.auth import sign_demo_token
from models.actor import Actor
from models.clock import SystemClock
from models.database import Database
from models.event_cursor import Position, cursor_of
from models.events import record
from models.rules.vocabulary import EventType
from models.tables import ExtraSessionsRequest
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.jobs.workshop import until
from tests.stories.followers import Follower, by_event_stream, by_socket
from tests.stories.server import Deployment, deployed

SILENT = 20
READERS = 10
_BACKLOG = 6_000
"""Events that each silent client asks for: more than its socket's buffers hold."""
_MIB = 1024 * 1024
_WIDE = f"""
subscription Silent($after: String) {{
  events(after: $after) {{
    cursor type {" ".join(f"again{number}: cursor" for number in range(12))} request {{ id reference version status }}
  }}
}}"""
_ENDED = "reason=slow"


@dataclass
class Writer:
    """Commits one event after the other that every reader may see, and knows when each was committed."""

    database: Database
    world: World
    request_id: str
    commits: list[float] = field(default_factory=list)

    async def write(self, events: int) -> None:
        async with self.database.transaction() as session:
            chosen = select(ExtraSessionsRequest).where(ExtraSessionsRequest.id == self.request_id)
            request = (await session.execute(chosen)).scalar_one()
            at = SystemClock().now()
            for _ in range(events):
                record(session, EventType.DUE_DATE_MOVED, request, by=self.world.staff, at=at, on=at.date())

    async def write_for(self, seconds: float) -> None:
        """Commit ten events a second."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await self.write(1)
            self.commits.append(time.monotonic())
            await asyncio.sleep(0.1)


@dataclass
class Punctual(Follower):
    """Notes when each event of the writer's came."""

    moments: list[float] = field(default_factory=list)

    def _take(self, event: dict[str, str]) -> None:
        super()._take(event)
        if event["type"] == EventType.DUE_DATE_MOVED:  # what became of the mails is told to staff as well
            self.moments.append(time.monotonic())


@asynccontextmanager
async def silent(server: Deployment, by: Actor, after: str) -> AsyncIterator[None]:
    """Ask for the whole log on a socket that takes in as little as can be, and read no more than the greeting."""
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    own.setblocking(False)  # noqa: FBT003 - the standard library's own
    await asyncio.get_running_loop().sock_connect(own, (server.settings.host, server.settings.port))
    reader, writer = await asyncio.open_connection(sock=own, limit=1_024)
    try:
        writer.write(_upgrade())
        await reader.readuntil(b"\r\n\r\n")
        token = sign_demo_token(server.keyring, str(by.account_id), SystemClock(), timedelta(hours=1))
        writer.write(_frame({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}))
        asked = {"query": _WIDE, "variables": {"after": after}}
        writer.write(_frame({"type": "subscribe", "id": "1", "payload": asked}))
        yield
    finally:
        writer.close()


def _upgrade() -> bytes:
    lines = (
        *("GET /graphql HTTP/1.1", "host: localhost", "connection: Upgrade", "upgrade: websocket"),
        *("sec-websocket-key: x3JJHMbDL1EzLkh9GBhXDw==", "sec-websocket-version: 13"),
        "sec-websocket-protocol: graphql-transport-ws",
    )
    return "\r\n".join([*lines, "", ""]).encode()


def _frame(message: object) -> bytes:
    """Return one frame, masked with nothing."""
    data = json.dumps(message).encode()
    return (
        b"\x81"
        + (bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big"))
        + (bytes(4) + data)
    )


def memory(server: Deployment) -> int:
    status = Path(f"/proc/{server.process('serve').pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


async def sampled(server: Deployment, work: Awaitable[None]) -> list[int]:
    """Return the server's memory again and again while something is done."""
    sizes, task = [], asyncio.ensure_future(work)
    while not task.done():
        sizes.append(memory(server))
        await asyncio.wait({task}, timeout=0.2)
    await task
    return sizes


@dataclass(frozen=True)
class Found:
    alone: list[float]
    """How long each event took to each reader, in seconds, without the silent ones."""
    beside: list[float]
    sizes: list[int]
    ended: int

    @property
    def p99(self) -> tuple[float, float]:
        return quantiles(self.alone, n=100)[98], quantiles(self.beside, n=100)[98]

    @property
    def grown(self) -> float:
        """By how much the highest of the second half is above the highest of the first, in MiB."""
        half = len(self.sizes) // 2
        return (max(self.sizes[half:]) - max(self.sizes[:half])) / _MIB

    def __str__(self) -> str:
        alone, beside = self.p99
        return (
            f"others' p99 {alone * 1000:,.0f} ms without, {beside * 1000:,.0f} ms beside {SILENT} that never read "
            f"({beside / alone:.2f}); memory from {min(self.sizes) / _MIB:,.0f} to {max(self.sizes) / _MIB:,.0f} MiB, "
            f"{self.grown:+.1f} in the second half; {self.ended} silent ones ended"
        )


async def watch(database_url: str, folder: Path, *, alone: float, rounds: int, patience: int) -> Found:
    """Have readers be told of events, first without and then beside silent clients that come back in each round."""
    async with (
        deployed(folder / "data", database_url, workers=0, send_seconds=patience) as server,
        server.database() as database,
    ):
        world = await a_world(database, FixedClock(SystemClock().now()))
        writer = Writer(database, world, await released(world))
        for _ in range(_BACKLOG // 500):
            await writer.write(500)
        await server.start()
        who = (world.reviewer, world.organisation_integrator, world.practice_integrator, world.staff)
        readers = [
            Punctual(who[number % len(who)], [server], by_socket if number % 3 else by_event_stream)
            for number in range(READERS)
        ]
        tasks = [asyncio.create_task(reader.follow()) for reader in readers]
        try:
            for reader in readers:
                await asyncio.wait_for(reader.began.wait(), 30)
            first = await _told(writer, readers, lambda: writer.write_for(alone))
            after = cursor_of(database.vault, world.organisation_integrator, Position(0, SystemClock().now()))
            sizes: list[int] = []

            async def beside() -> None:
                for number in range(1, rounds + 1):
                    async with AsyncExitStack() as stack:
                        for _ in range(SILENT):
                            await stack.enter_async_context(silent(server, world.organisation_integrator, after))
                        sizes.extend(await sampled(server, writer.write_for(patience + 1)))
                        await until(lambda number=number: server.output.count(_ENDED) >= number * SILENT)  # type: ignore[misc]

            second = await _told(writer, readers, beside)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return Found(first, second, sizes, server.output.count(_ENDED))


async def _told(writer: Writer, readers: list[Punctual], write: Callable[[], Awaitable[None]]) -> list[float]:
    """Return how long each event took to each reader, once all of them are told everything."""
    writer.commits.clear()
    for reader in readers:
        reader.moments.clear()
    await write()
    for reader in readers:
        await until(lambda reader=reader: len(reader.moments) >= len(writer.commits))  # type: ignore[misc]
        assert len(reader.moments) == len(writer.commits), "complete, and nothing twice"
    return [
        came - committed for reader in readers for came, committed in zip(reader.moments, writer.commits, strict=True)
    ]


async def test_clients_that_never_read_are_ended_and_keep_no_memory(database_url: str, tmp_path: Path) -> None:
    found = await watch(database_url, tmp_path, alone=1, rounds=2, patience=2)

    assert found.ended == 2 * SILENT
    assert max(found.sizes) - min(found.sizes) < 64 * _MIB


@pytest.mark.torture
async def test_clients_that_never_read_for_two_minutes(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = await watch(database_url, tmp_path, alone=30, rounds=4, patience=30)
    with capsys.disabled():
        sys.stdout.write(f"\n{found}\n")

    assert found.ended == 4 * SILENT
    assert found.grown < 16
    assert max(found.sizes) - min(found.sizes) < 64 * _MIB
    assert found.p99[1] <= 2 * found.p99[0]
