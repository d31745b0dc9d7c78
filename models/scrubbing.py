"""Has nothing of a deleted key stay in the key store's files, as far as a database can be told to."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_PATIENCE = 100
_PAUSE = 0.05
# A writer in any database of the server counts: what it may see sets how far back every new snapshot looks, that of
# VACUUM FULL included.
_OLDER_TRANSACTIONS = text(
    "SELECT pg_snapshot_xmin(pg_current_snapshot()) <= CAST(:deleted_by AS xid8) OR EXISTS ("
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND age(backend_xmin) >= age(CAST(CAST(:deleted_by AS xid8) AS xid)))"
)


async def transaction_number(connection: AsyncConnection) -> str | None:
    """Return PostgreSQL's number of this transaction; whoever began before its end still sees what it deletes."""
    if connection.dialect.name == "sqlite":
        return None
    number: str = await connection.scalar(text("SELECT CAST(pg_current_xact_id() AS text)"))
    return number


async def scrub(writer: AsyncEngine, deleted_by: str | None) -> None:
    """Empty SQLite's write-ahead log, as ``secure_delete`` has overwritten the rows in the file itself.

    PostgreSQL writes the table anew, once whoever may still see the deleted rows is done; it waits 5 s at most.
    """
    async with writer.connect() as connection:
        if deleted_by is None:
            raw = await connection.get_raw_connection()
            await raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
            return
        outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for _ in range(_PATIENCE):
            if not await outside.scalar(_OLDER_TRANSACTIONS, {"deleted_by": deleted_by}):
                break
            await asyncio.sleep(_PAUSE)
        await outside.execute(text("VACUUM FULL client_key"))
