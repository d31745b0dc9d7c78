"""Promises work: a job is a row of the transaction that causes it, so both happen or neither does."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import tables
from models.ids import new_id
from models.tables.job import JobState

_SAME: Final = (
    select(tables.Job.id)
    .where(
        tables.Job.queue == bindparam("queue"),
        tables.Job.state == JobState.READY,
        tables.Job.run_at <= bindparam("by"),
        tables.Job.actor == bindparam("actor"),
        tables.Job.args == bindparam("args"),
        tables.Job.id != bindparam("but"),
    )
    .limit(1)
)

DEFAULT_MAX_ATTEMPTS = 12
"""With the backoff of ``job_queue``, a mail server may be away for about two hours before a job is dead."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done, by the name of the job's actor, and to what: ids only."""

    actor: str
    args: dict[str, str]
    queue: str = "default"
    priority: int = 0
    """Lower runs first among the jobs that are due."""
    run_at: datetime | None = None
    """Not before this moment; None for as soon as possible."""
    max_attempts: int = DEFAULT_MAX_ATTEMPTS


def enqueue(session: AsyncSession, job: Job, *, at: datetime) -> None:
    """Add ``job`` to the caller's transaction. Workers see it once that is committed, and never otherwise."""
    row = tables.Job(
        id=new_id("job"),
        queue=job.queue,
        actor=job.actor,
        args=job.args,
        priority=job.priority,
        state=JobState.READY,
        run_at=job.run_at or at,
        attempts=0,
        max_attempts=job.max_attempts,
        created_at=at,
    )
    session.add(row)
    announce(session, row.id)


def announce(session: AsyncSession, *job_ids: str) -> None:
    """Have workers look for these jobs as soon as the caller's transaction is committed."""
    session.info.setdefault("jobs", []).extend(job_ids)


async def is_promised(session: AsyncSession, job: Job, *, but: str | None) -> bool:
    """Whether the same work waits already, for that moment or an earlier one, in another job than ``but``."""
    bound = {"queue": job.queue, "by": job.run_at, "actor": job.actor, "args": job.args, "but": but or ""}
    return (await session.execute(_SAME, bound)).first() is not None
