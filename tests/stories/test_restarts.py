"""Servers that are stopped, restarted one after the other, or started all at once: no caller loses anything."""

import asyncio
import signal
import sys
from datetime import timedelta
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from httpx2 import AsyncBaseTransport, AsyncClient, AsyncHTTPTransport, ConnectError, HTTPError, Request, Response
from sqlalchemy import select, text

from api.__main__ import main
from api.auth import sign_demo_token
from models.actor import Actor
from models.clock import SystemClock
from models.database import Database
from models.tables import ExtraSessionsRequest
from tests.builders import a_world, submitted
from tests.clock import FixedClock
from tests.jobs.workshop import until
from tests.stories.load import Load, populate
from tests.stories.promises import check_promises, open_books
from tests.stories.server import ROOT, Deployment, ask, deployed

POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
EMPTY_POSTGRESQL = pytest.mark.parametrize("empty_database_url", ["postgresql"], indirect=True)
CONFIRM = """
mutation Confirm($id: ID!) {
  answer: confirmExtraSessionsRequest(input: { requestId: $id }) { request { id } userErrors { code } }
}"""
A_FEW = 4


class Pair(AsyncBaseTransport):
    """Stands before two servers as a reverse proxy does: whoever refuses the connection is passed over."""

    def __init__(self, *servers: Deployment) -> None:
        self._servers = cycle(servers)
        self._both = servers
        self._through = AsyncHTTPTransport()
        self._permits = asyncio.Semaphore(0)

    def client(self, actor: Actor) -> AsyncClient:
        token = sign_demo_token(self._both[0].keyring, str(actor.account_id), SystemClock(), timedelta(hours=1))
        headers = {"authorization": f"Bearer {token}"}
        return AsyncClient(transport=self, base_url="http://pair.test", headers=headers, timeout=30)

    def let_through(self, calls: int) -> None:
        """Have so many more calls made: the test says what happens around them."""
        for _ in range(calls):
            self._permits.release()

    async def handle_async_request(self, request: Request) -> Response:
        await self._permits.acquire()
        for _ in self._both:
            server = next(self._servers)
            request.url = request.url.copy_with(host=server.settings.host, port=server.settings.port)
            try:
                return await self._through.handle_async_request(request)
            except ConnectError:
                continue
        self.let_through(1)
        raise ConnectError("Neither server answers.")

    async def aclose(self) -> None:
        """Stay open for the other clients; ``close`` ends it."""

    async def close(self) -> None:
        await self._through.aclose()


@POSTGRESQL
async def test_two_servers_restarted_in_turn_fail_no_call(database_url: str, tmp_path: Path) -> None:
    await roll(database_url, tmp_path, pairs=12, rolls=1, workers=1)


@pytest.mark.torture
@POSTGRESQL
async def test_two_servers_restarted_twenty_times_fail_no_call(database_url: str, tmp_path: Path) -> None:
    await roll(database_url, tmp_path, pairs=120, rolls=10, workers=2)


async def roll(database_url: str, tmp_path: Path, *, pairs: int, rolls: int, workers: int) -> None:
    async with (
        deployed(tmp_path / "data", database_url) as left,
        deployed(tmp_path / "data", database_url, servers=workers) as right,
    ):
        booked, load, front = await populate(left, pairs), Load(), Pair(left, right)
        await asyncio.gather(left.start(), right.start())
        async with asyncio.TaskGroup() as group:
            group.create_task(load.put_on(front, booked))
            for server in (left, right) * rolls:
                await restart(server, front, load)
            front.let_through(1_000)
        await front.close()
        async with left.database() as database:
            books = await open_books(database)
        await asyncio.gather(left.stop(), right.stop())

    assert len(load.told) == 2 * pairs
    assert len(books.requests) == pairs
    assert all(row.confirmed_at is not None for row in books.requests.values())
    check_promises(books)
    assert "Traceback" not in left.output


async def restart(server: Deployment, front: Pair, load: Load) -> None:
    """Restart a server with calls under way before it is told, while it stops, while it is away and while it starts."""
    front.let_through(A_FEW)
    stopping = asyncio.create_task(server.stop())
    front.let_through(A_FEW)
    await stopping
    front.let_through(A_FEW // 2)
    for _ in range(2 * A_FEW):
        await load.answers.acquire()
    front.let_through(A_FEW // 2)
    await server.start()


@POSTGRESQL
@pytest.mark.parametrize("workers", [1, 2])
async def test_a_server_that_is_told_to_stop_finishes_what_is_under_way_and_takes_nothing_new(
    workers: int, database_url: str, tmp_path: Path
) -> None:
    async with deployed(tmp_path / "data", database_url, servers=workers) as server, server.database() as database:
        world = await a_world(database, FixedClock(SystemClock().now()))
        request_id = await submitted(world)
        await server.start()
        async with server.client(world.consultant) as client:
            async with database.transaction() as session:
                await session.execute(
                    select(ExtraSessionsRequest.id).where(ExtraSessionsRequest.id == request_id).with_for_update()
                )
                under_way = asyncio.create_task(ask(client, CONFIRM, id=request_id))
                await until(lambda: somebody_waits(database))
                stopping = asyncio.create_task(server.stop())
                await until(lambda: refuses(server))
            answer = await under_way
        await stopping

    assert answer == {"answer": {"request": {"id": request_id}, "userErrors": []}}


async def somebody_waits(database: Database) -> bool:
    async with database.snapshot() as source:
        return bool(await source.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


async def refuses(server: Deployment) -> bool:
    """Whether a new connection gets no answer: it is refused, or nobody is left to take it."""
    async with AsyncClient(base_url=server.url, timeout=0.5) as client:
        try:
            await client.get("/healthz")
        except HTTPError:
            return True
        return False


@POSTGRESQL
async def test_processes_that_share_a_port_stop_when_the_one_that_started_them_is_killed(
    database_url: str, tmp_path: Path
) -> None:
    async with deployed(tmp_path / "data", database_url, servers=2) as server:
        async with server.database() as database:
            await a_world(database, FixedClock(SystemClock().now()))
        await server.start()
        await server.kill()
        await until(lambda: refuses(server))


@EMPTY_POSTGRESQL
async def test_migrations_at_once_are_run_by_one(empty_database_url: str, tmp_path: Path) -> None:
    processes = [await begun("migrate", empty_database_url, tmp_path) for _ in range(3)]
    outputs = [(await process.communicate())[0].decode() for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], "\n".join(outputs)
    assert all("The database has the newest schema." in output for output in outputs)


@EMPTY_POSTGRESQL
async def test_servers_that_start_at_once_on_an_empty_database_fill_it_once(
    empty_database_url: str, tmp_path: Path
) -> None:
    async with (
        deployed(tmp_path / "data", empty_database_url) as left,
        deployed(tmp_path / "data", empty_database_url) as right,
    ):
        serving = [
            await begun("serve", empty_database_url, tmp_path, str(each.settings.port)) for each in (left, right)
        ]
        for each, process in zip((left, right), serving, strict=True):
            await until(partial(answers, each), seconds=60)
            process.send_signal(signal.SIGTERM)
        outputs = [(await process.communicate())[0].decode() for process in serving]

    assert [process.returncode for process in serving] == [0, 0], "\n".join(outputs)
    assert sum("making the demo set" in output for output in outputs) == 1


async def answers(server: Deployment) -> bool:
    async with AsyncClient(base_url=server.url) as client:
        try:
            return (await client.get("/healthz")).status_code == 200
        except HTTPError:
            return False


async def begun(command: str, url: str, folder: Path, port: str = "0") -> asyncio.subprocess.Process:
    environment: dict[str, Any] = {
        "EXTRA_SESSIONS_MODE": "demo",
        "EXTRA_SESSIONS_DATA_DIR": str(folder),
        "EXTRA_SESSIONS_DATABASE_URL": url,
        "EXTRA_SESSIONS_PORT": port,
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api", command),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


def test_an_embedded_database_is_served_by_one_process(tmp_path: Path) -> None:
    environment = {"EXTRA_SESSIONS_MODE": "demo", "EXTRA_SESSIONS_DATA_DIR": str(tmp_path)}
    result = CliRunner(env=environment).invoke(main, ["serve", "--workers", "2"])

    assert result.exit_code == 1
    assert "leave --workers out" in result.output
    assert list(tmp_path.iterdir()) == []
