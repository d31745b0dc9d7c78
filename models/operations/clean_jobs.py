"""Deletes the rows of jobs that were done long ago; the dead stay until somebody says otherwise."""

import asyncio
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, delete, select, text

from models.clock import Clock
from models.database import Database
from models.tables.job import Job, JobState

_AT_ONCE: Final = 500
_PAUSE: Final = 0.05
"""Seconds between two batches, for whoever waits to write."""
_MINE: Final = text("SELECT pg_try_advisory_xact_lock(7130003)")

# A job was due before it was done: what is due by a moment is found by the index, and holds all that was done by it.
_OLD: Final = (
    select(Job.id)
    .where(
        Job.queue == bindparam("queue"),
        Job.state == JobState.DONE,
        Job.run_at < bindparam("before"),
        Job.finished_at < bindparam("before"),
    )
    .limit(_AT_ONCE)
)
_DELETE: Final = delete(Job).where(Job.id.in_(_OLD)).execution_options(synchronize_session=False)


async def clean_jobs(queue: str, *, kept: timedelta, database: Database, clock: Clock) -> int:
    """Delete what was done longer than ``kept`` ago, in small transactions; return how many jobs that were.

    Nothing happens where another process is at it: this is no reason to wait.
    """
    which = {"queue": queue, "before": clock.now() - kept}
    async with database.glance() as source:
        if (await source.execute(_OLD.limit(1), which)).first() is None:
            return 0
    done = 0
    while deleted := await _delete_some(which, database=database):
        done += deleted
        await asyncio.sleep(_PAUSE)
    return done


async def _delete_some(which: dict[str, object], *, database: Database) -> int:
    async with database.transaction() as session:
        if database.dialect == "postgresql" and not (await session.execute(_MINE)).scalar_one():
            return 0
        deleted: int = (await session.execute(_DELETE, which)).rowcount  # type: ignore[attr-defined]  # a DELETE has it
    return deleted
