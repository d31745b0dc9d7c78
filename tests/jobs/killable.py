"""A worker process that is meant to be killed: it promises jobs and carries them out until then.

``python -m tests.jobs.killable URL KEYS RUN SECONDS``: promises for that long, then only works, and exits when no job
is left. Each run lives an hour after the one before, so that whatever a killed one held is free again.
"""

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from jobs.actor import JobContext, actor
from jobs.worker import embedded_worker
from models import job_queue
from models.clock import Clock, SystemClock
from models.database import Database
from models.keyring import Keyring
from models.outbox import Job, enqueue
from models.tables.job import Job as JobRow
from models.tables.job import JobState
from tests.jobs.workshop import surroundings, until


class LaterClock:
    def __init__(self, hours: int) -> None:
        self._ahead = timedelta(hours=hours)

    def now(self) -> datetime:
        return SystemClock().now() + self._ahead


@actor()
async def leave_a_trace(context: JobContext, *, request_id: str) -> None:
    """Have one effect: a job that nobody carries out. It and this job's end are one transaction."""
    async with context.database.transaction() as session:
        enqueue(session, Job("trace", {"request_id": request_id}, queue="traces"), at=context.clock.now())
        await job_queue.finish(session, context.claim, at=context.clock.now())


async def promise_for(seconds: float, run: str, database: Database, clock: Clock) -> None:
    number = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                async with database.transaction() as session:
                    cause = Job("leave_a_trace", {"request_id": f"{run}-{number}"}, max_attempts=1000)
                    enqueue(session, cause, at=clock.now())
                number += 1
                await asyncio.sleep(0.002)
    except TimeoutError:
        return


async def all_done(database: Database) -> bool:
    ended = JobRow.state.in_([JobState.DONE, JobState.DEAD])
    open_jobs = select(func.count()).where(JobRow.queue == "default", ~ended)
    async with database.snapshot() as connection:
        return await connection.scalar(open_jobs) == 0


async def main(url: str, keys: str, run: str, seconds: float) -> None:
    database = Database.open(url, Keyring.load(Path(keys)))
    clock = LaterClock(int(run.partition(".")[0]))
    async with embedded_worker(surroundings(database, clock), threads=4, actors=[leave_a_trace]):
        await promise_for(seconds, run, database, clock)
        await until(lambda: all_done(database), seconds=60)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
