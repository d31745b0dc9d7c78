"""The life of a job's row after it is enqueued: claimed, then done, tried again, dead or handed back.

Whoever claims a job gets a token and a lease. Each later step names both the job and the token, so a worker that was
slow, paused or cut off for longer than its lease changes nothing when it comes back. A claim counts as an attempt at
once: a job that kills its process would otherwise be tried for ever.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Update, bindparam, func, or_, select, tuple_, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession

from models.database import Database
from models.ids import new_id
from models.mail_acceptance import tell_accepted
from models.outbox import announce
from models.tables.base import Base
from models.tables.job import IS_READY, Job, JobState

LEASE = timedelta(minutes=5)
"""Longer than any actor may run (the broker sees to that), so leases are never renewed. Workers' clocks may differ by
a minute or two, and the jobs of a machine that dies are picked up within these minutes."""

FIRST_BACKOFF = timedelta(seconds=5)
LONGEST_BACKOFF = timedelta(hours=1)

UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeoutError)
"""What a call raises when the database can't be reached or is too busy: worth asking again."""

_SQLITE_ERROR = 1
"""SQLite's own code for a statement that makes no sense."""

_random = random.SystemRandom()
_JOB = Base.metadata.tables[Job.__tablename__]
"""Every job's end goes by the bare table: no session holds a job's row as an object."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's right to one job, until its lease ends."""

    id: str
    token: str
    queue: str
    actor: str
    args: dict[str, str]
    attempts: int
    """Counts this one."""
    max_attempts: int
    created_at: datetime
    failures: dict[str, int] | None = None

    @property
    def is_last(self) -> bool:
        return self.attempts >= self.max_attempts


_CLAIMED = tuple(field.name for field in fields(Claim))
_FIRST = (
    select(_JOB.c.id)
    .where(_JOB.c.queue == bindparam("of_queue"), IS_READY, _JOB.c.run_at <= bindparam("at"))
    # Of one batch by their ids, which are in no order: mails must not tell who came first.
    .order_by(_JOB.c.priority, _JOB.c.run_at, _JOB.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("first")  # chosen once, whatever plan PostgreSQL finds for the rest: rows that are locked are not chosen anew
)
_TAKING = (
    update(_JOB)
    .where(_JOB.c.id.in_(select(_FIRST.c.id)))
    .values(
        state=JobState.RUNNING,
        token=bindparam("the_token"),
        lease_until=bindparam("until"),
        attempts=_JOB.c.attempts + 1,
    )
    .returning(*(_JOB.c[name] for name in _CLAIMED), _JOB.c.priority, _JOB.c.run_at)
)
_ENDING = (
    update(_JOB)
    .where(tuple_(_JOB.c.id, _JOB.c.token).in_(bindparam("held", expanding=True)))
    .values(state=JobState.DONE, finished_at=bindparam("at"), token=None, lease_until=None)
    .returning(_JOB.c.id)
)


class LeaseLost(Exception):
    """The job is no longer this worker's: let this out of the transaction, so that nothing is done twice."""


def is_unavailable(fault: BaseException | None) -> bool:
    """Whether the database was away, full or too busy; SQLite gives a statement without sense the same class."""
    code = getattr(getattr(fault, "orig", None), "sqlite_errorcode", None)
    return isinstance(fault, UNAVAILABLE) and code != _SQLITE_ERROR


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after this many attempts: twice as long each time, up to an hour, spread by jitter."""
    doublings = min(attempts - 1, 16)
    return min(FIRST_BACKOFF * (1 << doublings), LONGEST_BACKOFF) * _random.uniform(0.5, 1)


async def is_due(database: Database, *, queue: str, at: datetime) -> bool:
    """Whether a claim is worth a write transaction; reads only, and by one index."""
    expired = select(Job.id).where(*_expired(queue, at)).exists()
    waiting = select(Job.id).where(*_waiting(queue, at)).exists()
    async with database.glance() as connection:
        return bool(await connection.scalar(select(or_(expired, waiting))))


async def next_moment(database: Database, *, queue: str) -> datetime | None:
    """Return when a claim will next find something, past or to come; None for an empty queue. Reads one index."""
    waiting = select(func.min(Job.run_at)).where(Job.queue == queue, Job.state == JobState.READY)
    running = select(func.min(Job.lease_until)).where(Job.queue == queue, Job.state == JobState.RUNNING)
    async with database.glance() as connection:
        row = (await connection.execute(select(waiting.scalar_subquery(), running.scalar_subquery()))).one()
    return min((moment for moment in row if moment is not None), default=None)


async def claim(database: Database, *, queue: str, at: datetime) -> Claim | None:
    """Take the first due job; None when others were quicker."""
    return next(iter(await claim_some(database, queue=queue, at=at, most=1)), None)


async def claim_some(  # noqa: PLR0913 - what one transaction does for a worker
    database: Database, *, queue: str, at: datetime, most: int, done: Sequence[Claim] = (), recover: bool = True
) -> list[Claim]:
    """Take so many due jobs at most, the first by priority, then by time, then at random, and in that order.

    Those that are ``done`` are ended first, and those whose lease has ended are put back, unless they were just looked
    for. A job that another worker is just claiming is passed over, not waited for.
    """
    bound = {"of_queue": queue, "at": at, "most": most, "the_token": new_id("tok"), "until": at + LEASE}
    async with database.transaction() as session:
        await _end(session, done, at=at)
        if recover:
            await _recover(session, *_expired(queue, at), at=at)
        rows = (await session.execute(_TAKING, bound)).all()
    return [Claim(**{name: getattr(row, name) for name in _CLAIMED}) for row in sorted(rows, key=_turn)]


def _turn(row: Row[Any]) -> tuple[int, datetime, str]:
    return row.priority, row.run_at, row.id


async def finish(session: AsyncSession, claim: Claim | None, *, at: datetime) -> None:
    """Mark the job done in the caller's own transaction: its effect and its end commit together or not at all.

    Raises LeaseLost when another worker may have the job. Without a claim (a test, a command) there is nothing to do.
    """
    if claim is not None and not await _settle(session, claim.id, claim.token, state=JobState.DONE, finished_at=at):
        raise LeaseLost(claim.id)


async def acknowledge(database: Database, claim: Claim, *, at: datetime) -> bool:
    """Mark the job done; False when it is no longer this claim's, as after ``finish``."""
    async with database.transaction() as session:
        return bool(await _end(session, [claim], at=at))


async def acknowledge_all(database: Database, done: Sequence[Claim], *, at: datetime) -> None:
    """Mark these jobs done in one transaction, but for those that are no longer their claim's."""
    async with database.transaction() as session:
        await _end(session, done, at=at)


async def _end(session: AsyncSession, done: Sequence[Claim], *, at: datetime) -> set[str]:
    """End those that are still their claim's, and return which; the log is told of the mails that they sent."""
    if not done:
        return set()
    held = {"held": [(claim.id, claim.token) for claim in done], "at": at}
    ended = set((await session.execute(_ENDING, held)).scalars())
    await tell_accepted(
        session, [claim.args["mail_id"] for claim in done if claim.id in ended and "mail_id" in claim.args]
    )
    return ended


async def retry(database: Database, claim: Claim, *, error: str, at: datetime) -> bool:
    """Have the job tried again later, or give it up after its last attempt; False when it is no longer this claim's."""
    async with database.transaction() as session:
        announce(session, claim.id)
        return await _settle(session, claim.id, claim.token, **_after_failure(claim, error, at=at))


async def bury(database: Database, claim: Claim, *, error: str, at: datetime) -> bool:
    """Give the job up without another attempt; it is kept. False when it is no longer this claim's."""
    values = {"state": JobState.DEAD, "finished_at": at, **_counted(claim.failures, error)}
    async with database.transaction() as session:
        return await _settle(session, claim.id, claim.token, **values)


async def hand_back(database: Database, claim: Claim, *, until: datetime | None = None) -> bool:
    """Return a job whose run was not its own failure, as when the worker stops: the attempt is not counted.

    It runs again at once, or at ``until``.
    """
    later = {} if until is None else {"run_at": until}
    async with database.transaction() as session:
        announce(session, claim.id)
        return await _settle(session, claim.id, claim.token, state=JobState.READY, attempts=claim.attempts - 1, **later)


async def recover_all(database: Database, *, at: datetime) -> None:
    """Put back all that is marked as running. Only for a process that knows itself alone, before its worker starts."""
    async with database.transaction() as session:
        await _recover(session, Job.state == JobState.RUNNING, at=at)


def _waiting(queue: str, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return Job.queue == queue, Job.state == JobState.READY, Job.run_at <= at


def _expired(queue: str, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return Job.queue == queue, Job.state == JobState.RUNNING, Job.lease_until <= at


async def _recover(session: AsyncSession, *which: ColumnElement[bool], at: datetime) -> None:
    """Put back jobs whose workers are gone. They back off too: what kills its process must not run first each time."""
    columns = select(Job.id, Job.token, Job.attempts, Job.max_attempts, Job.failures)
    for row in (await session.execute(columns.where(*which).with_for_update(skip_locked=True))).all():
        await _settle(session, row.id, row.token, **_after_failure(row, "WorkerLost", at=at))


def _after_failure(job: Any, error: str, *, at: datetime) -> dict[str, Any]:
    counted = _counted(job.failures, error)
    if job.attempts >= job.max_attempts:
        return {"state": JobState.DEAD, "finished_at": at, **counted}
    return {"state": JobState.READY, "run_at": at + backoff(job.attempts), **counted}


def _counted(failures: dict[str, int] | None, error: str) -> dict[str, Any]:
    so_far = failures or {}
    return {"last_error": error, "failures": {**so_far, error: so_far.get(error, 0) + 1}}


async def _settle(session: AsyncSession, job_id: str, token: str, **values: Any) -> bool:
    """End a claim. The fence: nothing changes unless the job still carries this token."""
    bound = {"the_job": job_id, "the_token": token, **{f"new_{name}": value for name, value in values.items()}}
    return (await session.execute(_settling(*values), bound)).one_or_none() is not None


@cache
def _settling(*names: str) -> Update:
    """Build it once for each way in which a claim can end: every job ends by one."""
    new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return (
        update(_JOB)
        .where(_JOB.c.id == bindparam("the_job"), _JOB.c.token == bindparam("the_token"))
        .values(token=None, lease_until=None, **new)
        .returning(_JOB.c.id)
    )
