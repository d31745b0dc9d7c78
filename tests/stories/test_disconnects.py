"""Callers who hang up at any moment: what was begun is whole or was never, and nothing is left open behind them."""

import asyncio
import random
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
import psycopg
import pytest
from httpx2 import AsyncClient

from tests import engines
from tests.jobs.workshop import until
from tests.stories.load import Load, populate
from tests.stories.postbox import postbox
from tests.stories.promises import books_at_rest, check_kept, check_promises
from tests.stories.server import Deployment, deployed
from tests.stories.test_killed import check_told


@dataclass
class Rude(Load):
    """Before each call is made as it should be, makes the same one a few times and hangs up."""

    deployment: Deployment | None = None
    times: int = 0
    hung_up: int = 0

    async def before(self, client: AsyncClient, payload: object) -> None:
        assert self.deployment is not None
        body = orjson.dumps(payload)
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: {client.headers['authorization']}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        port, request = self.deployment.settings.port, head.encode() + body
        await asyncio.gather(*(self._hang_up(port, request) for _ in range(self.times)))

    async def _hang_up(self, port: int, request: bytes) -> None:
        """Send a part of it, or all, and cut the line then or within 40 ms: while it is read, run or answered."""
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request if random.random() < 0.7 else request[: random.randrange(len(request))])
        with suppress(ConnectionError):
            await writer.drain()
        await asyncio.sleep(random.uniform(0, 0.04))
        writer.transport.abort()
        self.hung_up += 1


async def test_forty_who_hang_up_leave_nothing_half_done(database_url: str, tmp_path: Path) -> None:
    assert await endure(database_url, tmp_path, pairs=5, times=4) == 40


@pytest.mark.torture
async def test_a_thousand_who_hang_up_leave_nothing_half_done(database_url: str, tmp_path: Path) -> None:
    assert await endure(database_url, tmp_path, pairs=100, times=5) == 1_000


async def endure(database_url: str, folder: Path, *, pairs: int, times: int) -> int:
    async with postbox() as box, deployed(folder / "data", database_url, smtp_port=box.port) as deployment:
        booked, load = await populate(deployment, pairs), Rude(deployment=deployment, times=times)
        await deployment.start()
        open_before = _open_sockets(deployment)
        await load.put_on(deployment, booked)
        async with deployment.database() as database:
            books = await books_at_rest(database)
        await until(lambda: _open_sockets(deployment) <= open_before + 2, seconds=60)
        if not deployment.is_embedded:
            assert _stuck(database_url) == 0
        await deployment.stop()
    check_told(books, load, pairs)
    check_promises(books)
    check_kept(books)
    assert "Traceback" not in deployment.output
    sys.stderr.write(f"\n  {load.hung_up} hung up, {len(books.calls)} calls took effect, once each\n")
    return load.hung_up


def _open_sockets(deployment: Deployment) -> int:
    """Count the server's TCP sockets that lead to somebody: those of callers, and of its database's pool."""
    folder = Path(f"/proc/{deployment.process('serve').pid}")
    inodes = set()
    for entry in (folder / "fd").iterdir():
        with suppress(OSError):
            inodes.add(entry.readlink().name)
    tables = [line.split() for line in (folder / "net/tcp").read_text().splitlines()[1:]]
    port = f":{deployment.settings.port:04X}"
    return sum(f"socket:[{row[9]}]" in inodes and row[1].endswith(port) and row[3] != "0A" for row in tables)


def _stuck(database_url: str) -> int:
    """Count the connections that stand in a transaction and do nothing."""
    with psycopg.connect(engines.conninfo(database_url)) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
        ).fetchone()
    assert found is not None
    return int(found[0])
