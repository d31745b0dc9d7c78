"""How an import treats the database that it shares: room to work, and room for others."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

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
async def undisturbed() -> AsyncIterator[None]:
    """Take what is in memory already from the garbage collector, which would walk all of it every few batches."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def breathe() -> None:
    """Let a live server's writers have their turn."""
    await asyncio.sleep(_PAUSE)
