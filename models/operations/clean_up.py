"""Clean up: what has served its time goes, a little at once, so that nobody else has to wait for it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from sqlalchemy import delete, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.clock import Clock
from models.database import Database
from models.tables import Base
from models.tables.access_event import AccessEvent, AccessHead
from models.tables.browser_session import BrowserSession
from models.tables.idempotency_record import IdempotencyRecord
from models.tables.job import Job, JobState

_TABLES: Final = Base.metadata.tables
_JOB, _RECORD, _SESSION, _ACCESS, _HEAD = (
    _TABLES[each.__tablename__] for each in (Job, IdempotencyRecord, BrowserSession, AccessEvent, AccessHead)
)
_MINE: Final = text("SELECT pg_try_advisory_xact_lock(7130003)")
_PAUSE: Final = 0.02
"""Seconds between two batches, in which whoever waits for SQLite's one write lock gets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanUp:
    """How many days each kind is kept, counted back from now."""

    idempotency_days: int = 30
    """After that, a mutation repeated with its key would run again."""
    jobs_days: int = 30
    """Of jobs that are done; one that is dead stays until somebody has looked at it."""
    access_days: int | None = None
    """Of the record of who looked; None keeps it for good."""


@dataclass(frozen=True, slots=True)
class CleanedUp:
    """How many rows went."""

    idempotency_records: int
    jobs: int
    access_events: int
    browser_sessions: int = 0
    """Those that have ended by themselves, whatever is to be kept."""

    @property
    def total(self) -> int:
        return self.idempotency_records + self.jobs + self.access_events + self.browser_sessions


async def clean_up(command: CleanUp, *, database: Database, clock: Clock, batch: int = 1_000) -> CleanedUp:
    """Delete what is older, each ``batch`` rows in a transaction of their own; may be cut off, and run again.

    On PostgreSQL it leaves things to another process that is at it. What is left of the record of who looked still
    verifies: the head keeps where it begins. Only that takes a lock that others wait for, and no longer than
    one batch takes.
    """
    now = clock.now()
    records_before, jobs_before = (now - timedelta(days=days) for days in (command.idempotency_days, command.jobs_days))
    key = (_RECORD.c.account_id, _RECORD.c.operation, _RECORD.c.key_hash)
    old_records = select(*key).where(_RECORD.c.created_at < records_before)
    old_jobs = select(_JOB.c.id).where(_JOB.c.state == JobState.DONE, _JOB.c.finished_at < jobs_before)
    records = await _delete(database, delete(_RECORD).where(tuple_(*key).in_(old_records.limit(batch))), batch)
    jobs = await _delete(database, delete(_JOB).where(_JOB.c.id.in_(old_jobs.limit(batch))), batch)
    ended = select(_SESSION.c.id).where(_SESSION.c.ends_at < now)
    sessions = await _delete(database, delete(_SESSION).where(_SESSION.c.id.in_(ended.limit(batch))), batch)
    looks = 0
    if command.access_days is not None:
        looks = await _forget_looks(database, now - timedelta(days=command.access_days), batch)
    return CleanedUp(records, jobs, looks, sessions)


async def _delete(database: Database, statement: Any, batch: int) -> int:
    total = 0
    while True:
        async with database.transaction() as session:
            ours = await _is_ours(session)
            gone = (await (await session.connection()).execute(statement)).rowcount if ours else 0
        total += gone
        if gone < batch:
            return total
        await asyncio.sleep(_PAUSE)


async def _is_ours(session: AsyncSession) -> bool:
    """Whether nobody else cleans at this moment; until this transaction ends, nobody will."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool((await session.execute(_MINE)).scalar_one())


async def _forget_looks(database: Database, before: datetime, batch: int) -> int:
    """Delete from the beginning of the chain alone, up to the first row that is to be kept."""
    total = 0
    while True:
        async with database.transaction() as session:
            if not await _is_ours(session):
                return total
            await session.execute(select(_HEAD.c.seq).with_for_update())
            first = select(_ACCESS.c.seq, _ACCESS.c.hash, _ACCESS.c.hour).order_by(_ACCESS.c.seq).limit(batch)
            rows = (await session.execute(first)).all()
            old = list(takewhile(lambda row: row.hour < before, rows))
            if old:
                last = old[-1]
                await session.execute(delete(_ACCESS).where(_ACCESS.c.seq <= last.seq))
                await session.execute(update(_HEAD).values(cleaned_seq=last.seq, cleaned_hash=last.hash))
        total += len(old)
        if len(old) < batch:
            return total
        await asyncio.sleep(_PAUSE)
