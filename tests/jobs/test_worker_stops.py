"""Stopping and starting a worker: what was begun is finished or handed back, and nothing is lost."""

import asyncio
import signal
from datetime import timedelta

import pytest

from jobs.actor import JobContext
from jobs.worker import embedded_worker, run_worker, worker
from models import job_queue
from models.clock import SystemClock
from models.database import Database
from models.keyring import Keyring
from models.outbox import enqueue
from models.tables.job import JobState
from tests.clock import FixedClock
from tests.jobs.workshop import Recorder, job, promise, rows, surroundings, the_row, until

NEVER = timedelta(minutes=5)
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_a_stopping_worker_finishes_what_it_began_and_begins_nothing(
    database: Database, clock: FixedClock
) -> None:
    begun = asyncio.Event()

    async def a_while(_: JobContext, __: str) -> None:
        begun.set()
        await asyncio.sleep(0.3)

    recorder = Recorder(before=a_while)
    async with worker(surroundings(database, clock), threads=1, actors=[recorder.spec]):
        await promise(database, clock, job("a", priority=0), job("b", priority=1))
        await begun.wait()

    begun_row, waiting = await rows(database)
    assert recorder.ran == ["a"]
    assert begun_row.state is JobState.DONE
    assert (waiting.state, waiting.attempts) == (JobState.READY, 0)


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_job_that_outlasts_the_grace_is_cancelled_and_handed_back(
    database: Database, clock: FixedClock, *, at_once: bool
) -> None:
    begun, rolled_back = asyncio.Event(), asyncio.Event()

    async def endless(context: JobContext, _: str) -> None:
        try:
            async with context.database.transaction() as session:
                enqueue(session, job("effect"), at=context.clock.now())
                begun.set()
                await asyncio.sleep(NEVER.total_seconds())
        finally:
            rolled_back.set()

    recorder = Recorder(before=endless, notify_shutdown=at_once)
    grace = NEVER if at_once else timedelta(milliseconds=100)
    async with worker(surroundings(database, clock), threads=1, actors=[recorder.spec], grace=grace):
        await promise(database, clock, job("cause"))
        await begun.wait()

    assert rolled_back.is_set()
    row = await the_row(database)
    assert (row.args, row.state, row.attempts) == ({"request_id": "cause"}, JobState.READY, 0)


@SQLITE
async def test_the_embedded_worker_takes_up_what_a_killed_process_left(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    assert await job_queue.claim(database, queue="default", at=clock.now())
    recorder = Recorder()

    async with embedded_worker(surroundings(database, clock), actors=[recorder.spec]):
        clock.advance(job_queue.FIRST_BACKOFF)
        await until(lambda: recorder.ran)


@POSTGRESQL
async def test_a_starting_worker_leaves_the_jobs_of_the_others_alone(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    claim = await job_queue.claim(database, queue="default", at=clock.now())
    recorder = Recorder()

    async with embedded_worker(surroundings(database, clock), actors=[recorder.spec]):
        clock.advance(job_queue.FIRST_BACKOFF)
        await asyncio.sleep(0.4)

    assert recorder.ran == []
    assert claim is not None
    assert (await the_row(database)).token == claim.token


@POSTGRESQL
def test_a_worker_process_stops_when_it_is_told_to(database_url: str, keyring: Keyring) -> None:
    async def told_to_stop(_: JobContext, __: str) -> None:
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0.1)

    recorder = Recorder(before=told_to_stop)
    asyncio.run(_promise_once(database_url, keyring))

    run_worker(surroundings(Database.open(database_url, keyring), SystemClock()), actors=[recorder.spec])

    assert recorder.ran == ["req_1"]


async def _promise_once(database_url: str, keyring: Keyring) -> None:
    database = Database.open(database_url, keyring)
    await promise(database, SystemClock(), job())
    await database.close()


@SQLITE
def test_a_second_process_on_sqlite_is_refused(database_url: str, keyring: Keyring) -> None:
    with pytest.raises(ValueError, match="web process"):
        run_worker(surroundings(Database.open(database_url, keyring), SystemClock()))
