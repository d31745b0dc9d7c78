"""Whose turn it is, and that a failure stays a failure, even where it can't be written down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from dramatiq.errors import ConnectionClosed
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from jobs.actor import JobContext
from jobs.broker import TableBroker
from jobs.worker import worker
from models import job_queue
from models.database import Database
from models.job_queue import LEASE
from models.keyring import Keyring
from models.tables.job import JobState
from tests.clock import FixedClock
from tests.jobs.workshop import Recorder, job, promise, rows, surroundings, the_row, until

A_SECOND = timedelta(seconds=1)
A_MOMENT = timedelta(milliseconds=50)
MANY = 300


async def order(database: Database, clock: FixedClock, *, turns: int) -> list[str]:
    """Return the actors of the next claims."""
    claims = [await job_queue.claim(database, queue="default", at=clock.now()) for _ in range(turns)]
    return [claim.actor for claim in claims if claim is not None]


async def test_a_job_waits_for_those_that_were_due_before_it_and_for_no_other(
    database: Database, clock: FixedClock
) -> None:
    """However many more of a busy actor's come later: the wait is as long as the line was, and ends."""
    await promise(database, clock, *[job(f"a{number}", actor="busy") for number in range(20)])
    await promise(database, clock, job("b", actor="quiet", run_at=clock.now() + A_SECOND))
    later = clock.now() + 2 * A_SECOND
    await promise(database, clock, *[job(f"c{number}", actor="busy", run_at=later) for number in range(MANY)])
    clock.advance(3 * A_SECOND)

    assert await order(database, clock, turns=22) == ["busy"] * 20 + ["quiet", "busy"]


async def test_what_is_urgent_does_not_wait_in_any_line(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, *[job(f"a{number}", actor="busy") for number in range(MANY)])
    clock.advance(A_SECOND)
    await promise(database, clock, job("o", actor="outcome", priority=-1), job("r", actor="reminder", priority=1))

    assert await order(database, clock, turns=1) == ["outcome"]
    assert (await order(database, clock, turns=MANY + 1))[-1] == "reminder"


async def test_an_actor_whose_every_job_fails_gives_way_to_the_others(database: Database, clock: FixedClock) -> None:
    """A failed job goes behind all that is due by then: a mail server that is away holds up nothing else."""

    async def away(_: JobContext, request_id: str) -> None:
        if request_id.startswith("mail"):
            raise ConnectionError

    recorder = Recorder(before=away)
    await promise(database, clock, *[job(f"mail_{number}") for number in range(40)])
    clock.advance(A_SECOND)
    await promise(database, clock, *[job(f"other_{number}") for number in range(5)])

    async with worker(surroundings(database, clock), threads=2, actors=[recorder.spec], poll=A_MOMENT):
        await until(lambda: len(recorder.ran) == 5)

    assert {row.attempts for row in await rows(database) if row.args["request_id"].startswith("mail")} == {1}


class FailingDatabase(Database):
    """A database in which nothing can be written while ``fault`` is set."""

    fault: Exception | None = None
    refused = 0

    @asynccontextmanager
    async def transaction(self, *, urgent: bool = False) -> AsyncIterator[AsyncSession]:
        if self.fault is not None:
            self.refused += 1
            raise self.fault
        async with super().transaction(urgent=urgent) as session:
            yield session


@pytest.fixture
async def failing(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    database = FailingDatabase.open(database_url, keyring)
    yield database
    await database.close()


@pytest.mark.parametrize("fault", [OperationalError("UPDATE", {}, Exception()), RuntimeError()], ids=type)
async def test_a_failure_that_cannot_be_written_down_is_no_success(
    fault: Exception, failing: FailingDatabase, clock: FixedClock
) -> None:
    async def fails(context: JobContext, _: str) -> None:
        assert isinstance(context.database, FailingDatabase)
        if not context.database.refused:
            context.database.fault = fault
            raise KeyError

    recorder = Recorder(before=fails)
    async with worker(surroundings(failing, clock), threads=1, actors=[recorder.spec], poll=A_MOMENT):
        await promise(failing, clock, job())
        await until(lambda: failing.refused)
        await asyncio.sleep(0.2)
        assert (await the_row(failing)).state is JobState.RUNNING
        failing.fault = None
        clock.advance(LEASE)
        await until(lambda: is_ready(failing))
        clock.advance(LEASE)
        await until(lambda: recorder.ran)
        await until(lambda: is_done(failing))

    row = await the_row(failing)
    assert row.attempts == 2
    assert sum(row.failures.values()) == 1


async def test_a_thread_whose_job_could_not_be_ended_gets_no_other(failing: FailingDatabase, clock: FixedClock) -> None:
    await promise(failing, clock, job())
    broker = TableBroker(surroundings(failing, clock), actors=[Recorder().spec], threads=1)
    consumer = broker.consume("default")
    message = await asyncio.to_thread(consumer.__next__)
    assert message is not None

    failing.fault = OperationalError("UPDATE", {}, Exception())
    with pytest.raises(ConnectionClosed):
        await asyncio.to_thread(consumer.ack, message)
    assert not broker.free_threads.acquire(blocking=False)

    failing.fault = None
    await asyncio.to_thread(consumer.ack, message)  # as Dramatiq does, some seconds later
    assert await is_done(failing)
    assert broker.free_threads.acquire(blocking=False)


async def is_ready(database: Database) -> bool:
    return bool((await the_row(database)).state is JobState.READY)


async def is_done(database: Database) -> bool:
    return bool((await the_row(database)).state is JobState.DONE)
