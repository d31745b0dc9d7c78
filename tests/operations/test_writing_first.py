"""Who writes down what can't be taken back waits for nobody who only waits to write."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from models.database import Database
from models.keyring import Keyring
from models.tables import Account
from tests.builders import a_world
from tests.clock import FixedClock

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@SQLITE
async def test_who_is_urgent_comes_before_all_who_wait(database: Database) -> None:
    came: list[str] = []
    waiting: list[asyncio.Task[None]] = []

    async def write(name: str, *, urgent: bool = False) -> None:
        async with database.transaction(urgent=urgent):
            came.append(name)

    async with database.transaction():
        for name, urgent in (("first", False), ("second", False), ("urgent", True), ("urgent too", True)):
            waiting.append(asyncio.create_task(write(name, urgent=urgent)))
            await asyncio.sleep(0.01)
    await asyncio.gather(*waiting)

    assert came == ["urgent", "urgent too", "first", "second"]


@SQLITE
async def test_a_writer_that_fails_or_is_cut_off_leaves_the_line(database: Database) -> None:
    async def write(fault: Exception | None = None) -> None:
        async with database.transaction():
            if fault is not None:
                raise fault

    async with database.transaction():
        failing = asyncio.create_task(write(ValueError("fault")))
        cut_off = asyncio.create_task(write())
        await asyncio.sleep(0.01)
        cut_off.cancel()
    with pytest.raises(ValueError, match="fault"):
        await failing
    with suppress(asyncio.CancelledError):
        await cut_off
    await write()


@SQLITE
@pytest.mark.parametrize("turns", range(3))
async def test_who_is_cut_off_at_the_line_writes_nothing(database: Database, turns: int) -> None:
    async def write() -> None:
        async with database.transaction():
            pass

    writing = asyncio.create_task(write())
    for _ in range(turns):
        await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await write()


@SQLITE
async def test_who_is_cut_off_when_just_let_in_leaves_it_to_the_next(database: Database) -> None:
    async def write() -> None:
        async with database.transaction():
            await asyncio.sleep(0)

    async with database.transaction():
        cut_off, next_one = (asyncio.create_task(write()) for _ in range(2))
        await asyncio.sleep(0.01)
    cut_off.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cut_off
    async with asyncio.timeout(5):
        await next_one


class Impatient(Database):
    patience = 0.05


@SQLITE
async def test_nobody_stands_in_line_for_ever(database_url: str, keyring: Keyring) -> None:
    database = Impatient.open(database_url, keyring)
    try:
        async with database.transaction(), asyncio.timeout(5):
            with pytest.raises(PoolTimeoutError):
                async with database.transaction():
                    pytest.fail("it got in")
        async with database.transaction():
            pass
    finally:
        await database.close()


async def test_one_statement_writes_and_says_whether_anything_changed(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    renaming = (
        update(Account).where(Account.id == bindparam("the_id")).values(name=bindparam("called")).returning(Account.id)
    )
    account = world.reviewer.account_id

    assert await database.write_down(renaming, {"the_id": account, "called": "Robin Example"})
    assert not await database.write_down(renaming, {"the_id": "acc_nobody", "called": "Nobody"})

    async def undone() -> None:
        async with database.transaction() as session:
            await session.execute(renaming, {"the_id": account, "called": "Nobody"})
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - its own
        await undone()
    async with database.snapshot() as source:
        assert await source.scalar(select(Account.name).where(Account.id == account)) == "Robin Example"
