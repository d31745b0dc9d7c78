"""Reads of the queue for whoever runs it: names, moments and ids, and never what a job was about beyond those."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select, tuple_

from models.queries.reading import Source
from models.tables.job import Job, JobState

_LISTED = (Job.id, Job.state, Job.actor, Job.created_at, Job.run_at, Job.attempts, Job.max_attempts, Job.last_error)
_SHOWN = (*_LISTED, Job.queue, Job.args, Job.priority, Job.lease_until, Job.failures, Job.finished_at)
_PLACE = (Job.actor, Job.created_at, Job.id)


@dataclass(frozen=True, slots=True)
class Which:
    """Which jobs are meant; what is left out does not matter."""

    states: Sequence[JobState] = tuple(JobState)
    actor: str | None = None
    made_by: datetime | None = None
    """Made at this moment or before."""


@dataclass(frozen=True, slots=True)
class JobCount:
    state: JobState
    actor: str
    jobs: int
    oldest: datetime
    """When the first of them was made."""


@dataclass(frozen=True, slots=True)
class ListedJob:
    id: str
    state: JobState
    actor: str
    created_at: datetime
    run_at: datetime
    attempts: int
    max_attempts: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class ShownJob(ListedJob):
    queue: str
    args: dict[str, str]
    priority: int
    lease_until: datetime | None
    failures: dict[str, int] | None
    finished_at: datetime | None


async def count_jobs(source: Source, which: Which) -> list[JobCount]:
    """Count the jobs by state and actor, in this order."""
    counted = select(Job.state, Job.actor, func.count(), func.min(Job.created_at))
    statement = counted.where(Job.state.in_(which.states), *_conditions(which)).group_by(Job.state, Job.actor)
    return [JobCount(*row) for row in await source.execute(statement.order_by(Job.state, Job.actor))]


async def list_jobs(source: Source, which: Which, *, after: ShownJob | None, limit: int) -> list[ListedJob]:
    """Return jobs by state, actor and age, the oldest first, from behind the job ``after``.

    One statement a state: each walks the index in its order, however many jobs there are.
    """
    found: list[ListedJob] = []
    for state in sorted(which.states):
        if after is not None and state < after.state:
            continue
        statement = select(*_LISTED).where(Job.state == state, *_conditions(which))
        if after is not None and state == after.state:
            statement = statement.where(_behind(after))
        rows = await source.execute(statement.order_by(*_PLACE).limit(limit - len(found)))
        found += [ListedJob(*row) for row in rows]
        if len(found) == limit:
            break
    return found


async def job_of(source: Source, job_id: str) -> ShownJob | None:
    """Return all that is known of one job."""
    row = (await source.execute(select(*_SHOWN).where(Job.id == job_id))).one_or_none()
    return None if row is None else ShownJob(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping


def _conditions(which: Which) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if which.actor is not None:
        conditions.append(Job.actor == which.actor)
    if which.made_by is not None:
        conditions.append(Job.created_at <= which.made_by)
    return conditions


def _behind(job: ListedJob) -> ColumnElement[bool]:
    values = (job.actor, job.created_at, job.id)
    return tuple_(*_PLACE) > tuple_(*(literal(value, key.type) for value, key in zip(values, _PLACE, strict=True)))
