"""How an import treats the database that it shares: room to work, and room for others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Table, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import CreateIndex, DropIndex

_CACHE_KIB = 65_536
_PAUSE = 0.03
"""Seconds. A writer that waits on SQLite looks at most every 0.1 s, so the gaps must not be rare."""


@asynccontextmanager
async def roomy(session: AsyncSession) -> AsyncIterator[None]:
    """Give SQLite a page cache that holds the parts of the indexes in use; with its 2 MB it reads them again."""
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    connection = await session.connection()  # not the session, which refuses work once a statement has failed
    before = (await connection.execute(text("PRAGMA cache_size"))).scalar_one()
    await connection.execute(text(f"PRAGMA cache_size = -{_CACHE_KIB}"))
    try:
        yield
    finally:
        await connection.execute(text(f"PRAGMA cache_size = {int(before)}"))


@asynccontextmanager
async def indexed_afterwards(session: AsyncSession, table: Table) -> AsyncIterator[None]:
    """Fill an empty table on SQLite without its secondary indexes and build them at the end, in one go.

    It is part of the caller's transaction: a file that is rolled back leaves the indexes as they were.
    """
    empty = (await session.execute(select(table.primary_key.columns[0]).limit(1))).first() is None
    secondary = [index for index in table.indexes if not index.unique]
    if session.get_bind().dialect.name != "sqlite" or not empty:
        secondary = []
    for index in secondary:
        await session.execute(DropIndex(index))
    yield
    for index in secondary:
        await session.execute(CreateIndex(index))


async def breathe() -> None:
    """Let a live server's writers have their turn."""
    await asyncio.sleep(_PAUSE)
