"""Old rows of the queue go, and nothing else does: not what waits, runs or is dead, nor what was done lately."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from jobs.worker import worker
from models import job_queue
from models.database import Database
from models.operations.clean_jobs import clean_jobs
from models.tables.job import Job, JobState
from tests.clock import FixedClock
from tests.jobs.workshop import Recorder, job, promise, rows, surroundings, the_row, until

A_DAY = timedelta(days=1)
KEPT = 30 * A_DAY
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


async def one_of_each(database: Database, clock: FixedClock, *, prefix: str = "") -> None:
    """Leave a job that is done, one that is dead, one that runs and one that waits."""
    names = [prefix + name for name in ("1_done", "2_dead", "3_runs", "4_waits")]
    for name in names[:3]:
        await promise(database, clock, job(name))
        claim = await job_queue.claim(database, queue="default", at=clock.now())
        assert claim is not None
        if name.endswith("done"):
            await job_queue.acknowledge(database, claim, at=clock.now())
        elif name.endswith("dead"):
            await job_queue.bury(database, claim, error="KeyError", at=clock.now())
    await promise(database, clock, job(names[3]))


async def clean(database: Database, clock: FixedClock, *, queue: str = "default") -> int:
    return await clean_jobs(queue, kept=KEPT, database=database, clock=clock)


async def test_only_what_was_done_long_ago_goes(database: Database, clock: FixedClock) -> None:
    await one_of_each(database, clock)
    clock.advance(KEPT)
    assert await clean(database, clock) == 0
    clock.advance(timedelta(seconds=1))
    assert await clean(database, clock, queue="other") == 0

    assert await clean(database, clock) == 1

    left = {row.args["request_id"]: row.state for row in await rows(database)}
    assert left == {"2_dead": JobState.DEAD, "3_runs": JobState.RUNNING, "4_waits": JobState.READY}


async def test_a_job_that_was_due_long_ago_and_done_lately_stays(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    clock.advance(2 * KEPT)
    claim = await job_queue.claim(database, queue="default", at=clock.now())
    assert claim is not None
    await job_queue.acknowledge(database, claim, at=clock.now())

    assert await clean(database, clock) == 0
    assert (await the_row(database)).state is JobState.DONE


async def test_many_go_in_batches(database: Database, clock: FixedClock) -> None:
    made = clock.now()
    row = {"queue": "default", "actor": "release_request", "args": {"request_id": "r"}, "priority": 0}
    ended = {"state": JobState.DONE, "run_at": made, "created_at": made, "finished_at": made}
    async with database.transaction() as session:
        counts = {"attempts": 1, "max_attempts": 12}
        await session.execute(insert(Job), [{"id": f"job_{n}", **row, **ended, **counts} for n in range(1_201)])
    clock.advance(KEPT + A_DAY)

    assert await clean(database, clock) == 1_201
    assert await rows(database) == []


@POSTGRESQL
async def test_a_process_leaves_it_to_the_one_that_is_at_it(database: Database, clock: FixedClock) -> None:
    await one_of_each(database, clock)
    clock.advance(KEPT + A_DAY)
    async with database.transaction() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(7130003)"))
        assert await clean(database, clock) == 0
    assert await clean(database, clock) == 1


async def test_a_worker_cleans_when_it_starts(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job("old"))
    claim = await job_queue.claim(database, queue="default", at=clock.now())
    assert claim is not None
    await job_queue.acknowledge(database, claim, at=clock.now())
    clock.advance(KEPT + A_DAY)

    async with worker(surroundings(database, clock), threads=1, actors=[Recorder().spec]):
        await until(lambda: is_empty(database))


async def is_empty(database: Database) -> bool:
    return not await rows(database)
