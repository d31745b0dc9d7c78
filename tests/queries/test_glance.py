"""A read of one statement: it can't write, costs PostgreSQL one round trip, and leaves snapshots what they were."""

import tempfile
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from models.database import Database
from models.tables import EventHead

POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
HEAD = select(EventHead.seq)


async def test_it_reads_and_never_writes(database: Database) -> None:
    async with database.glance() as source:
        assert await source.scalar(HEAD) == 0
    async with database.glance() as source:
        with pytest.raises(DBAPIError):
            await source.execute(text("UPDATE event_head SET seq = 7"))
    async with database.glance() as source:
        assert await source.scalar(HEAD) == 0


@POSTGRESQL
async def test_it_is_one_round_trip_and_a_snapshot_afterwards_is_one_state(database: Database) -> None:
    async with database.snapshot() as source:
        raw = await driver_of(source)
    with tempfile.TemporaryFile("w+") as trace:
        raw.pgconn.trace(trace.fileno())
        async with database.glance() as source:
            assert await source.scalar(HEAD) == 0
        raw.pgconn.untrace()
        trace.seek(0)
        assert sum("ReadyForQuery" in line for line in trace) == 1

    async with database.snapshot() as source:
        assert await driver_of(source) is raw, "the same connection, as the pool gives it"
        for setting, value in (("transaction_isolation", "repeatable read"), ("transaction_read_only", "on")):
            assert await source.scalar(text(f"SHOW {setting}")) == value


async def driver_of(source: AsyncConnection) -> Any:
    return (await source.get_raw_connection()).driver_connection
