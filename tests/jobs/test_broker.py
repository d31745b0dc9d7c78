"""The broker between the table and Dramatiq: what each way of ending a run does to the job's row."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from dramatiq import Message
from dramatiq.errors import ActorNotFound, ConnectionClosed
from dramatiq.middleware import Shutdown
from sqlalchemy.ext.asyncio import AsyncSession

from jobs.broker import TableBroker
from jobs.claimed_message import ClaimedMessage
from jobs.consumer import TableConsumer
from models import job_queue
from models.database import Database
from models.job_queue import LEASE
from models.keyring import Keyring
from models.tables.job import JobState
from tests.clock import FixedClock
from tests.jobs.workshop import Recorder, job, promise, rows, surroundings, the_row

A_MOMENT = timedelta(milliseconds=10)
NEVER = timedelta(minutes=5)


def broker_of(database: Database, clock: FixedClock, *, threads: int = 1, poll: timedelta = A_MOMENT) -> TableBroker:
    return TableBroker(surroundings(database, clock), actors=[Recorder().spec], threads=threads, poll=poll)


async def next_message(consumer: TableConsumer) -> ClaimedMessage | None:
    """Ask as Dramatiq does, from a thread."""
    return await asyncio.to_thread(consumer.__next__)


async def a_message(consumer: TableConsumer) -> ClaimedMessage:
    message = await next_message(consumer)
    assert message is not None
    return message


async def test_a_message_is_its_row(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job("req_7"))
    consumer = broker_of(database, clock).consume("default")

    message = await a_message(consumer)

    assert (message.actor_name, message.args, message.kwargs) == ("release_request", (), {"request_id": "req_7"})
    assert message.message_id == (await the_row(database)).id


async def test_what_was_claimed_and_not_handed_out_goes_back_uncharged(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, *[job(f"req_{number}") for number in range(3)])
    broker = broker_of(database, clock, threads=3)
    consumer = broker.consume("default")
    begun = await a_message(consumer)

    await asyncio.to_thread(consumer.close)

    found = {row.id == begun.message_id: (row.state, row.attempts) for row in await rows(database)}
    assert found == {True: (JobState.RUNNING, 1), False: (JobState.READY, 0)}
    assert [broker.free_threads.acquire(blocking=False) for _ in range(3)] == [True, True, False]


async def test_no_more_is_claimed_than_threads_are_free(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, *[job(f"req_{number}") for number in range(5)])
    consumer = broker_of(database, clock, threads=2).consume("default")

    await a_message(consumer)

    assert [row.state for row in await rows(database)].count(JobState.RUNNING) == 2


async def test_an_acknowledged_success_is_done(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    consumer = broker_of(database, clock).consume("default")

    await asyncio.to_thread(consumer.ack, await a_message(consumer))

    assert (await the_row(database)).state is JobState.DONE


async def test_an_acknowledged_failure_is_tried_again_and_never_done(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    consumer = broker_of(database, clock).consume("default")
    message = await a_message(consumer)
    message.stuff_exception(KeyError("jo@example.com"))

    await asyncio.to_thread(consumer.ack, message)

    row = await the_row(database)
    assert (row.state, row.attempts, row.last_error) == (JobState.READY, 1, "KeyError")
    assert row.run_at > clock.now()


async def test_a_run_that_the_worker_cut_short_is_not_counted(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    consumer = broker_of(database, clock).consume("default")
    message = await a_message(consumer)
    message.stuff_exception(Shutdown())

    await asyncio.to_thread(consumer.ack, message)

    row = await the_row(database)
    assert (row.state, row.attempts, row.run_at, row.last_error) == (JobState.READY, 0, clock.now(), None)


async def test_what_was_never_begun_is_handed_back(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    consumer = broker_of(database, clock).consume("default")

    await asyncio.to_thread(consumer.requeue, [await a_message(consumer)])

    row = await the_row(database)
    assert (row.state, row.attempts, row.run_at) == (JobState.READY, 0, clock.now())


async def test_a_rejected_job_is_dead_and_kept(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    consumer = broker_of(database, clock).consume("default")
    message = await a_message(consumer)
    message.fail()
    message.stuff_exception(ValueError("jo@example.com"))

    await asyncio.to_thread(consumer.nack, message)

    row = await the_row(database)
    assert (row.state, row.last_error) == (JobState.DEAD, "ValueError")


async def test_a_job_of_an_actor_that_only_a_newer_worker_knows_is_left_to_it(
    database: Database, clock: FixedClock
) -> None:
    await promise(database, clock, job(actor="not_yet_known"))
    consumer = broker_of(database, clock).consume("default")
    message = await a_message(consumer)
    message.fail()
    message.stuff_exception(ActorNotFound("not_yet_known"))  # type: ignore[no-untyped-call]  # Dramatiq's errors have no types

    await asyncio.to_thread(consumer.nack, message)

    assert (await the_row(database)).state is JobState.READY


async def test_no_more_jobs_are_claimed_than_threads_are_free(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job("first"), job("second"))
    consumer = broker_of(database, clock, threads=1).consume("default")

    first = await a_message(consumer)
    assert await next_message(consumer) is None
    await asyncio.to_thread(consumer.ack, first)

    assert await next_message(consumer) is not None


async def test_a_settled_job_gives_its_thread_free_even_when_the_lease_was_lost(
    database: Database, clock: FixedClock
) -> None:
    await promise(database, clock, job())
    consumer = broker_of(database, clock, threads=1).consume("default")
    stale = await a_message(consumer)
    clock.advance(LEASE)
    assert await job_queue.claim(database, queue="default", at=clock.now()) is None
    clock.advance(job_queue.FIRST_BACKOFF)

    await asyncio.to_thread(consumer.ack, stale)

    assert (await the_row(database)).state is JobState.READY, "the stale acknowledgement changed nothing"
    assert await next_message(consumer) is not None


async def test_a_worker_that_stops_claims_nothing_more(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    broker = broker_of(database, clock)
    broker.drain()

    assert await next_message(broker.consume("default")) is None
    assert (await the_row(database)).state is JobState.READY


class CountedDatabase(Database):
    """A database that counts how often something began to write."""

    writes = 0

    @asynccontextmanager
    async def transaction(self, *, urgent: bool = False) -> AsyncIterator[AsyncSession]:
        self.writes += 1
        async with super().transaction(urgent=urgent) as session:
            yield session


@pytest.fixture
async def counted(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    database = CountedDatabase.open(database_url, keyring)
    yield database
    await database.close()


async def test_an_idle_worker_begins_no_write_transaction(counted: CountedDatabase, clock: FixedClock) -> None:
    await promise(counted, clock, job(run_at=clock.now() + timedelta(days=1)))
    counted.writes = 0
    consumer = broker_of(counted, clock).consume("default")

    for _ in range(5):
        assert await next_message(consumer) is None

    assert counted.writes == 0


async def test_a_consumer_that_waits_is_woken_by_a_commit(database: Database, clock: FixedClock) -> None:
    consumer = broker_of(database, clock, poll=timedelta(minutes=1)).consume("default")
    waiting = asyncio.create_task(next_message(consumer))
    await asyncio.sleep(0.05)

    await promise(database, clock, job())

    assert await asyncio.wait_for(waiting, timeout=2) is None, "a hint to look, and no more"
    assert await next_message(consumer) is not None


async def test_a_database_that_does_not_answer_is_asked_again(clock: FixedClock, keyring: Keyring) -> None:
    nowhere = Database.open("postgresql+psycopg://nobody@127.0.0.1:1/none", keyring)
    consumer = broker_of(nowhere, clock, threads=1).consume("default")

    for _ in range(2):  # the second time shows that the one thread was not lost
        with pytest.raises(ConnectionClosed, match=r"^The database does not answer\.$"):
            await next_message(consumer)

    await nowhere.close()


async def test_a_message_beside_the_transaction_is_refused(database: Database, clock: FixedClock) -> None:
    broker = broker_of(database, clock)
    message: Message[None] = broker.get_actor("release_request").message(request_id="req_1")

    with pytest.raises(NotImplementedError, match="outbox"):
        broker.enqueue(message)


async def test_an_actor_that_could_outlast_its_lease_is_refused(database: Database, clock: FixedClock) -> None:
    slow = Recorder(time_limit=LEASE)

    with pytest.raises(ValueError, match="lease"):
        TableBroker(surroundings(database, clock), actors=[slow.spec], threads=1)


async def test_two_actors_of_one_name_are_refused(database: Database, clock: FixedClock) -> None:
    with pytest.raises(ValueError, match="release_request"):
        TableBroker(surroundings(database, clock), actors=[Recorder().spec, Recorder().spec], threads=1)


async def test_an_idle_consumer_rests_until_the_next_job_is_due(database: Database, clock: FixedClock) -> None:
    """Sooner than the quarter of a second after which it looks anyway where it hears of nobody's commits."""
    soon = timedelta(milliseconds=200)
    await promise(database, clock, job("later", run_at=clock.now() + NEVER), job("soon", run_at=clock.now() + soon))
    consumer = broker_of(database, clock, poll=NEVER).consume("default")

    begun = time.monotonic()
    assert await next_message(consumer) is None
    assert time.monotonic() - begun >= soon.total_seconds() * 0.9, "it rested"

    clock.advance(soon)
    assert (await a_message(consumer)).kwargs == {"request_id": "soon"}


async def test_a_failed_job_wakes_a_consumer_that_rests(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    consumer = broker_of(database, clock, threads=2, poll=NEVER).consume("default")
    message = await a_message(consumer)
    waiting = asyncio.create_task(next_message(consumer))
    message.stuff_exception(KeyError())
    await asyncio.to_thread(consumer.ack, message)

    assert await asyncio.wait_for(waiting, timeout=5) is None
    clock.advance(job_queue.FIRST_BACKOFF)
    assert (await a_message(consumer)).claim.attempts == 2


async def test_a_job_that_others_hold_beyond_its_lease_is_looked_at_without_a_rush(
    database: Database, clock: FixedClock
) -> None:
    await promise(database, clock, job())
    consumer = broker_of(database, clock, poll=NEVER).consume("default")
    held = await job_queue.claim(database, queue="default", at=clock.now())
    assert held is not None
    clock.advance(LEASE)

    assert await asyncio.wait_for(next_message(consumer), timeout=5) is None, "put back, and not due yet"
    assert (await the_row(database)).state is JobState.READY


async def test_a_thread_that_comes_free_while_the_worker_stops_gets_nothing(
    database: Database, clock: FixedClock
) -> None:
    await promise(database, clock, job("first"), job("second"))
    broker = broker_of(database, clock, threads=1, poll=NEVER)
    consumer = broker.consume("default")
    first = await a_message(consumer)
    waiting = asyncio.create_task(next_message(consumer))
    await asyncio.sleep(0.05)
    broker.drain()
    await asyncio.to_thread(consumer.ack, first)

    assert await asyncio.wait_for(waiting, timeout=5) is None
    assert sorted(row.state for row in await rows(database)) == [JobState.DONE, JobState.READY]
    assert {row.attempts for row in await rows(database) if row.state is JobState.READY} == {0}
