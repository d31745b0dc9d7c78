"""Database and mail server stopped, cut off, full, mad under load: callers are told, nothing is lost, nobody helps."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from httpx2 import AsyncClient

from models.migrations.run import upgrade
from tests.stories import outages
from tests.stories.load import Load, populate
from tests.stories.outages import OwnPostgres
from tests.stories.postbox import Postbox, Weather, postbox
from tests.stories.promises import books_at_rest, check_kept, check_promises, end_the_leases, spare_the_waiting
from tests.stories.server import Deployment, deployed
from tests.stories.test_killed import check_told

Outage = Callable[[Deployment, Postbox], Awaitable[None]]
pytestmark = pytest.mark.torture


@pytest.fixture
def server() -> Iterator[OwnPostgres]:
    with outages.own_postgres() as server:
        yield server


@pytest.fixture
def url(server: OwnPostgres) -> Iterator[str]:
    with outages.migrated(server) as url:
        yield url


async def test_postgresql_stopped_and_started(server: OwnPostgres, url: str, tmp_path: Path) -> None:
    async def stop_and_start(deployment: Deployment, _: Postbox) -> None:
        server.stop_at_once()
        assert await answers(deployment, "/readyz", 503)
        assert await answers(deployment, "/healthz", 200)
        await asyncio.sleep(3)
        server.start()

    await survive(stop_and_start, url, tmp_path)


async def test_postgresql_cutting_every_line_again_and_again(url: str, tmp_path: Path) -> None:
    async def cut(_: Deployment, __: Postbox) -> None:
        for _number in range(20):
            outages.cut_lines(url)
            await asyncio.sleep(0.2)

    await survive(cut, url, tmp_path)


async def test_a_lock_held_for_a_minute(url: str, tmp_path: Path) -> None:
    async def hold(deployment: Deployment, _: Postbox) -> None:
        await outages.hold_the_log(url, 60)
        assert await answers(deployment, "/healthz", 200)

    load = await survive(hold, url, tmp_path)
    assert load.turned_away, "a lock is waited for 5 s and no longer"


async def test_postgresql_s_disk_full(server: OwnPostgres, tmp_path: Path) -> None:
    with outages.small_disk(48) as disk:
        outages.own_by_the_server(server, disk)
        with outages.tablespace(server, disk) as space, outages.migrated(server, "small", tablespace=space) as url:

            async def fill(_: Deployment, __: Postbox) -> None:
                outages.fill(disk)
                await asyncio.sleep(5)
                outages.empty(disk)

            await survive(fill, url, tmp_path, pairs=300)


async def test_sqlite_s_disk_full(tmp_path: Path) -> None:
    with outages.small_disk(24) as disk:

        async def fill(deployment: Deployment, _: Postbox) -> None:
            outages.fill(disk)
            await asyncio.sleep(5)
            assert await answers(deployment, "/healthz", 200)
            outages.empty(disk)

        load = await survive(fill, "", tmp_path, data=disk / "data")
        assert load.turned_away


async def test_sqlite_s_files_made_read_only(tmp_path: Path) -> None:
    async def freeze(deployment: Deployment, _: Postbox) -> None:
        with outages.frozen(deployment.settings.data_dir):
            await asyncio.sleep(5)
            assert await answers(deployment, "/healthz", 200)

    load = await survive(freeze, "", tmp_path)
    assert load.turned_away


async def test_a_mail_server_that_is_away_and_worse(database_url: str, tmp_path: Path) -> None:
    async def worsen(deployment: Deployment, box: Postbox) -> None:
        async with deployment.database() as database:
            for weather in Weather:
                await box.turn(weather)
                for _ in range(8):
                    await spare_the_waiting(database)
                    await asyncio.sleep(0.25)
                assert await answers(deployment, "/readyz", 200)
        assert len(box.turned_away) == len(Weather) - 2, "each was met but fair weather and nobody"
        assert "outcome=retried" in deployment.output
        await box.turn(Weather.FAIR)

    load = await survive(worsen, database_url, tmp_path)
    assert not load.turned_away, "no caller notices"


async def survive(
    outage: Outage, database_url: str, folder: Path, *, pairs: int = 120, data: Path | None = None
) -> Load:
    """Have an outage in the middle of so many pairs; then everything must be carried out by itself."""
    async with (
        postbox() as box,
        deployed(data or folder / "data", database_url, workers=2, smtp_port=box.port, smtp_timeout=1) as deployment,
    ):
        if deployment.is_embedded:
            deployment.settings.data_dir.mkdir(exist_ok=True)
            upgrade(deployment.settings.database_url)
        booked, load = await populate(deployment, pairs), Load()
        await deployment.start()
        async with asyncio.timeout(240), asyncio.TaskGroup() as group:
            group.create_task(load.put_on(deployment, booked))
            for _ in range(pairs // 2):
                await load.answers.acquire()
            await outage(deployment, box)
        assert await answers(deployment, "/readyz", 200), deployment.output[-2_000:]
        async with deployment.database() as database:
            books = await books_at_rest(database, spare_the_waiting, end_the_leases)
        await deployment.stop()
    check_told(books, load, pairs)
    check_promises(books)
    check_kept(books)
    assert len(box.times) == len(books.mails)
    assert box.differing() == set()
    assert "Traceback" not in deployment.output
    sys.stderr.write(f"\n  {pairs} pairs, {load.turned_away} calls turned away, {len(load.cut)} cut off\n")
    return load


async def answers(deployment: Deployment, path: str, status: int, *, within: float = 30) -> bool:
    """Wait until the server answers so, and say whether it did in time."""
    async with AsyncClient(base_url=deployment.url, timeout=10) as client:
        for _ in range(int(within / 0.2)):
            if (await client.get(path)).status_code == status:
                return True
            await asyncio.sleep(0.2)
    return False
