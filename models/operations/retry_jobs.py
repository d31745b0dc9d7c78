"""Has dead jobs tried again, from their first attempt, because an operator says that the cause is gone."""

from sqlalchemy import ColumnElement, select, update

from models.clock import Clock
from models.database import Database
from models.outbox import announce
from models.queries.jobs import job_of
from models.tables.job import Job, JobState

_AT_ONCE = 500


class NotDead(Exception):
    """There is no such job, or it is not dead; the text is for the operator."""


async def retry_job(job_id: str, *, database: Database, clock: Clock) -> None:
    """Have one dead job tried again at once. Raises NotDead."""
    if await _retry(Job.id == job_id, database=database, clock=clock):
        return
    async with database.snapshot() as source:
        job = await job_of(source, job_id)
    if job is None:
        raise NotDead(f"There is no job {job_id}. Nothing was changed.")
    raise NotDead(f"Job {job_id} is {job.state.value}, and only a DEAD one is tried again. Nothing was changed.")


async def retry_jobs_of(actor: str, *, database: Database, clock: Clock) -> int:
    """Have all dead jobs of an actor tried again, a batch in a transaction; return how many. It may be cut off.

    One that dies again meanwhile is left dead.
    """
    done, since = 0, clock.now()
    while made := await _retry(Job.actor == actor, Job.finished_at <= since, database=database, clock=clock):
        done += made
    return done


async def _retry(*which: ColumnElement[bool], database: Database, clock: Clock) -> int:
    now = clock.now()
    dead = select(Job.id).where(Job.state == JobState.DEAD, *which).limit(_AT_ONCE).with_for_update(skip_locked=True)
    async with database.transaction() as session:
        ids = (await session.execute(dead)).scalars().all()
        values = {"state": JobState.READY, "run_at": now, "attempts": 0, "finished_at": None}
        await session.execute(
            update(Job).where(Job.id.in_(ids)).values(**values).execution_options(synchronize_session=False)
        )
        announce(session, *ids)
    return len(ids)
