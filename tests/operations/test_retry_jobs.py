"""An operator's word about jobs: the dead are tried again or dropped, and what runs is left alone."""

from datetime import timedelta

import pytest

from models import job_queue
from models.database import Database
from models.job_queue import LEASE
from models.operations.drop_job import NotDropped, drop_job
from models.operations.retry_jobs import NotDead, retry_job, retry_jobs_of
from models.queries.jobs import job_of
from models.tables.job import JobState
from tests.clock import FixedClock
from tests.jobs.workshop import job, promise, rows, the_row

A_MINUTE = timedelta(minutes=1)


async def dead(database: Database, clock: FixedClock, *ids: str, actor: str = "release_request") -> None:
    await promise(database, clock, *[job(each, actor=actor, max_attempts=1) for each in ids])
    for _ in ids:
        claim = await job_queue.claim(database, queue="default", at=clock.now())
        assert claim is not None
        await job_queue.retry(database, claim, error="KeyError", at=clock.now())


async def test_a_dead_job_is_due_again_with_all_its_attempts(database: Database, clock: FixedClock) -> None:
    await dead(database, clock, "req_1")
    clock.advance(A_MINUTE)
    told: list[str] = []
    database.on_job(lambda: told.append("look"))

    await retry_job((await the_row(database)).id, database=database, clock=clock)

    row = await the_row(database)
    assert (row.state, row.attempts, row.run_at, row.finished_at) == (JobState.READY, 0, clock.now(), None)
    assert row.failures == {"KeyError": 1}, "what happened stays on record"
    assert told == ["look"]
    assert await job_queue.claim(database, queue="default", at=clock.now()) is not None


async def test_only_a_dead_job_is_tried_again(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    row = await the_row(database)

    with pytest.raises(NotDead, match=f"{row.id} is READY"):
        await retry_job(row.id, database=database, clock=clock)
    with pytest.raises(NotDead, match="no job job_x"):
        await retry_job("job_x", database=database, clock=clock)

    assert await the_row(database) == row


async def test_all_dead_jobs_of_one_actor_are_tried_again(database: Database, clock: FixedClock) -> None:
    await dead(database, clock, *[f"req_{number:03}" for number in range(3)])
    await dead(database, clock, "req_other", actor="match_accounts")

    assert await retry_jobs_of("release_request", database=database, clock=clock) == 3
    assert await retry_jobs_of("release_request", database=database, clock=clock) == 0

    assert [row.state for row in await rows(database)] == [JobState.READY] * 3 + [JobState.DEAD]


async def test_a_job_that_does_not_run_can_be_dropped(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job("waits", run_at=clock.now() + A_MINUTE), job("other"))

    await drop_job((await rows(database))[1].id, database=database)

    assert (await the_row(database)).args == {"request_id": "other"}


async def test_a_running_job_is_not_dropped_and_an_unknown_one_is_said_to_be_so(
    database: Database, clock: FixedClock
) -> None:
    await promise(database, clock, job())
    claim = await job_queue.claim(database, queue="default", at=clock.now())
    assert claim is not None

    with pytest.raises(NotDropped, match="is running"):
        await drop_job(claim.id, database=database)
    with pytest.raises(NotDropped, match="no job job_x"):
        await drop_job("job_x", database=database)

    assert (await the_row(database)).state is JobState.RUNNING


async def test_failures_are_counted_by_type_through_retries_kills_and_rejections(
    database: Database, clock: FixedClock
) -> None:
    await promise(database, clock, job())
    for error in ("KeyError", "TimeoutError", "KeyError", None, "ValueError"):
        claim = await job_queue.claim(database, queue="default", at=clock.now())
        assert claim is not None
        if error == "ValueError":
            await job_queue.bury(database, claim, error=error, at=clock.now())
        elif error is not None:
            await job_queue.retry(database, claim, error=error, at=clock.now())
        else:
            clock.advance(LEASE)
            assert await job_queue.claim(database, queue="default", at=clock.now()) is None
        clock.advance(job_queue.LONGEST_BACKOFF)

    async with database.snapshot() as source:
        shown = await job_of(source, (await the_row(database)).id)
    assert shown is not None
    assert shown.state is JobState.DEAD
    assert shown.failures == {"KeyError": 2, "TimeoutError": 1, "WorkerLost": 1, "ValueError": 1}
