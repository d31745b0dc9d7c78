"""Deletes a job because an operator says that its work is not to be done."""

from sqlalchemy import delete, select

from models.database import Database
from models.tables.job import Job, JobState


class NotDropped(Exception):
    """There is no such job, or it runs; the text is for the operator."""


async def drop_job(job_id: str, *, database: Database) -> None:
    """Delete one job that does not run. Raises NotDropped."""
    async with database.transaction() as session:
        state = (await session.execute(select(Job.state).where(Job.id == job_id).with_for_update())).scalar()
        if state is None:
            raise NotDropped(f"There is no job {job_id}. Nothing was dropped.")
        if state is JobState.RUNNING:
            raise NotDropped(
                f"Job {job_id} is running. Wait until it has ended, or until its lease has. Nothing was dropped."
            )
        await session.execute(delete(Job).where(Job.id == job_id).execution_options(synchronize_session=False))
