"""Measures a process that tells 2,000 WebSockets of events, beside a bare Starlette fan-out of the same bytes.

Run it with ``python -m bench.event_streams [--sockets N] [--seconds N] [--burst N]``. The server is ``serve`` as it is,
on a PostgreSQL of its own that does not wait for its disk; its clients are one process that reads frames and does
nothing else. Events are committed from here, so by another process than the one that tells of them. First one a second
for each socket, timed from just before the commit; then so many at once, timed until the last one has come everywhere.
The fan-out is given the product's own messages, on the same uvicorn with the same settings, and the same clients.

Two houses: the sockets of four accounts of one organisation, which share their work; and an account for each socket, in
50 organisations and 50 practices, so that an event for everybody is a hundred reads.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final, cast
from uuid import uuid4

import uvloop
from sqlalchemy import select
from websockets.asyncio.client import connect

from api.auth import sign_demo_token
from api.logs import configure_logs
from models import tables
from models.actor import Actor
from models.clock import SystemClock
from models.database import Database
from models.events import record
from models.migrations.run import upgrade
from models.rules.vocabulary import EventType, RequestStatus, Role
from tests import engines
from tests.clock import FixedClock
from tests.rows import Builder, building
from tests.stories.server import ROOT, Deployment, deployed, free_port

DOCUMENT: Final = "subscription { events { cursor type occurredOn request { id reference status version } } }"
GROUPS: Final = 50
_FEW: Final = 4
_MANY: Final = 1_000_000
_BOUNDS: Final = ("max_connections", "max_account_connections", "max_subscriptions", "max_account_subscriptions")

Tell = Callable[[], Awaitable[float]]
"""Has each socket sent one event, and returns the moment just before."""


@dataclass(frozen=True, slots=True)
class House:
    """Who listens, and the requests whose events they are told of: one event of each reaches every socket once."""

    name: str
    accounts: list[Actor]
    requests: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one server did."""

    p50: float
    p99: float
    a_second: float
    """Messages, where all are sent as fast as they go through."""
    cpu: float
    """Of the server, in seconds a message, meanwhile."""
    memory: float
    """Bytes for each socket."""
    clients: float
    """The share of that time in which the clients' process was busy: near 1, they are what was measured."""
    sample: str


async def one_organisation(build: Builder) -> House:
    organisation, _, request_id = await _released(build)
    accounts = [await build.account(Role.ORG_REVIEWER, organisation_id=organisation) for _ in range(_FEW)]
    return House("Four accounts of one organisation", accounts, [request_id])


async def many_organisations(build: Builder, sockets: int) -> House:
    requests, accounts = [], []
    for _ in range(GROUPS):
        organisation, practice, request_id = await _released(build)
        requests.append(request_id)
        for _ in range(sockets // GROUPS // 2):
            accounts.append(await build.account(Role.ORG_REVIEWER, organisation_id=organisation))
            accounts.append(await build.account(Role.INTEGRATOR, practice_id=practice))
    return House(f"An account for each socket, {GROUPS} organisations and {GROUPS} practices", accounts, requests)


async def _released(build: Builder) -> tuple[str, str, str]:
    organisation, practice = await build.organisation(), await build.practice()
    consultant = await build.consultant(practice)
    case = await build.case(await build.client(), organisation, practice)
    await build.settle()
    request = await build.request(
        case, consultant, status=RequestStatus.ORGANISATION_REVIEW, released_at=build.at, organisation_version=1
    )
    return organisation, practice, request.id


class Process:
    """A server's process, as the system counts it."""

    def __init__(self, pid: int) -> None:
        self._folder = Path("/proc") / str(pid)

    @property
    def memory(self) -> int:
        status = (self._folder / "status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    @property
    def seconds(self) -> float:
        counted = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(counted[11]) + int(counted[12])) / os.sysconf("SC_CLK_TCK")


class Clients:
    """The process of the listeners, by what it is told and answers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, **word: Any) -> dict[str, Any]:
        self.tell(**word)
        return await self.answer()

    def tell(self, **word: Any) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps(word).encode() + b"\n")

    async def answer(self) -> dict[str, Any]:
        line = await self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            msg = "the clients are gone: their sockets may have been refused"
            raise RuntimeError(msg)
        return cast("dict[str, Any]", json.loads(line))

    async def hear(self, events: int, tell: Tell, *, every: float) -> tuple[dict[str, Any], float]:
        """Have so many events told, so many seconds apart; return what was heard, and when the first was told."""
        await self.ask(events=events)
        commits: list[float] = []
        for number in range(events):
            due = (commits[0] if commits else time.monotonic()) + number * every
            await asyncio.sleep(due - time.monotonic())
            commits.append(await tell())
        return await self.ask(commits=commits), commits[0]


@asynccontextmanager
async def clients() -> AsyncIterator[Clients]:
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "bench._listeners")
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe, limit=1_000_000)
    try:
        yield Clients(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def measure(pid: int, port: int, tell: Tell, tokens: list[str], given: argparse.Namespace) -> Figures:
    server = Process(pid)
    async with clients() as listeners:
        before = server.memory
        await listeners.ask(port=port, tokens=tokens, document=DOCUMENT)
        await listeners.hear(2, tell, every=0.5)
        memory = (server.memory - before) / len(tokens)
        steady, _ = await listeners.hear(given.seconds, tell, every=1)
        cpu = server.seconds
        burst, began = await listeners.hear(given.burst, tell, every=0)
    took = burst["last"] - began
    return Figures(
        p50=steady["p50"] * 1000,
        p99=steady["p99"] * 1000,
        a_second=burst["messages"] / took,
        cpu=(server.seconds - cpu) / burst["messages"],
        memory=memory,
        clients=burst["busy"] / took,
        sample=burst["sample"],
    )


def committing(database: Database, house: House) -> Tell:
    async def tell() -> float:
        clock = SystemClock()
        async with database.transaction() as session:
            chosen = select(tables.ExtraSessionsRequest).where(tables.ExtraSessionsRequest.id.in_(house.requests))
            for request in (await session.execute(chosen)).scalars():
                at = clock.now()
                record(session, EventType.DUE_DATE_MOVED, request, by=house.accounts[0], at=at, on=at.date())
            return time.monotonic()

    return tell


async def of_product(deployment: Deployment, database: Database, house: House, given: argparse.Namespace) -> Figures:
    accounts = islice(cycle(house.accounts), given.sockets)
    for_an_hour = SystemClock(), timedelta(hours=1)
    tokens = [sign_demo_token(deployment.keyring, str(each.account_id), *for_an_hour) for each in accounts]
    await deployment.start()
    port = deployment.settings.port
    try:
        figures = await measure(deployment.process("serve").pid, port, committing(database, house), tokens, given)
    finally:
        await deployment.kill()
    return figures


async def of_fan_out(sample: str, given: argparse.Namespace) -> Figures:
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench._fan_out", str(port), cwd=ROOT)
    try:
        async with await _publisher(port) as publisher:

            async def tell() -> float:
                at = time.monotonic()
                await publisher.send(sample)
                return at

            return await measure(process.pid, port, tell, [""] * given.sockets, given)
    finally:
        process.kill()
        await process.wait()


async def _publisher(port: int) -> connect:
    for _ in range(400):
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return connect(f"ws://127.0.0.1:{port}/publish", proxy=None, ping_interval=None, max_queue=None)
        await asyncio.sleep(0.05)
    msg = "the fan-out does not listen"
    raise RuntimeError(msg)


def show(name: str, found: Figures, beside: Figures | None = None) -> None:
    share = f"  ({found.a_second / beside.a_second:.2f} of the fan-out)" if beside else ""
    print(
        f"  {name:<8} {found.p50:6,.0f} ms p50 {found.p99:6,.0f} ms p99  {found.memory / 1024:5.1f} KiB a socket  "
        f"at once {found.a_second:8,.0f} messages/s, {found.cpu * 1e6:5.1f} us of CPU each, "
        f"clients {found.clients:.0%} busy{share}"
    )


async def run(folder: Path, url: str, given: argparse.Namespace) -> None:
    await asyncio.to_thread(upgrade, url)
    bounds = dict.fromkeys(_BOUNDS, _MANY)
    async with deployed(folder, url, workers=0, **bounds) as deployment, deployment.database() as database:
        async with building(database, FixedClock(SystemClock().now())) as build:
            houses = [await one_organisation(build), await many_organisations(build, given.sockets)]
        for house in houses[given.first :]:
            product = await of_product(deployment, database, house, given)
            fan_out = await of_fan_out(product.sample, given)
            print(f"{house.name}: {len(product.sample)} bytes a message")
            show("fan-out", fan_out)
            show("serve", product, fan_out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=2_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--burst", type=int, default=30, help="events for each socket, as fast as they go through")
    parser.add_argument("--first", type=int, default=0, help="1 leaves out the house whose sockets share their work")
    given = parser.parse_args()
    configure_logs(log_format="json", level="error")
    print(
        f"{given.sockets:,} sockets on one process; an event a second for {given.seconds} s, then {given.burst} at once"
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        engines.postgres_server(f"bench{uuid4().hex}") as server,
        engines.postgres_database(server, "streams") as url,
    ):
        uvloop.run(run(Path(folder), url, given))


if __name__ == "__main__":
    main()
