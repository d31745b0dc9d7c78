"""A worker at work: what is committed runs, what fails waits its turn, and stopping loses nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from jobs.actor import JobContext
from jobs.worker import worker
from models import job_queue
from models.database import Database
from models.keyring import Keyring
from models.outbox import enqueue
from models.tables.job import JobState
from tests.clock import FixedClock
from tests.jobs.workshop import Recorder, all_ended, job, promise, rows, surroundings, the_row, until

NEVER = timedelta(minutes=5)
A_MOMENT = timedelta(milliseconds=50)
"""The patience of a worker whose clock the test moves."""
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
async def other(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    """The same data, opened a second time: another process's, as far as hints and connections go."""
    other = Database.open(database_url, keyring)
    yield other
    await other.close()


async def for_ever(_: JobContext, __: str) -> None:
    await asyncio.sleep(NEVER.total_seconds())


async def test_a_committed_job_runs_once_and_is_done(database: Database, clock: FixedClock) -> None:
    recorder = Recorder()

    async with worker(surroundings(database, clock), threads=2, actors=[recorder.spec]):
        await promise(database, clock, job("req_7"))
        await until(lambda: all_ended(database))

    assert recorder.ran == ["req_7"]
    assert (await the_row(database)).state is JobState.DONE


async def test_a_rolled_back_job_never_runs(database: Database, clock: FixedClock) -> None:
    recorder = Recorder()

    async with worker(surroundings(database, clock), threads=2, actors=[recorder.spec]):
        async with database.transaction() as session:
            enqueue(session, job("unwanted"), at=clock.now())
            await session.rollback()
        await promise(database, clock, job("wanted"))
        await until(lambda: all_ended(database))

    assert recorder.ran == ["wanted"]


async def test_a_commit_wakes_an_idle_worker(database: Database, clock: FixedClock) -> None:
    recorder = Recorder()

    async with worker(surroundings(database, clock), threads=2, actors=[recorder.spec], poll=NEVER):
        await asyncio.sleep(0.2)
        await promise(database, clock, job())
        await until(lambda: recorder.ran)


async def test_a_job_of_another_process_is_found_without_a_hint(
    database: Database, other: Database, clock: FixedClock
) -> None:
    recorder = Recorder()

    async with worker(surroundings(database, clock), threads=2, actors=[recorder.spec], poll=A_MOMENT):
        await asyncio.sleep(0.1)
        await promise(other, clock, job())
        await until(lambda: recorder.ran)


async def test_a_job_for_tomorrow_runs_tomorrow(database: Database, clock: FixedClock) -> None:
    recorder = Recorder()
    tomorrow = clock.now() + timedelta(days=1)

    async with worker(surroundings(database, clock), threads=2, actors=[recorder.spec], poll=A_MOMENT):
        await promise(database, clock, job("tomorrow", run_at=tomorrow), job("today"))
        await until(lambda: recorder.ran)
        await asyncio.sleep(0.1)
        assert recorder.ran == ["today"]
        clock.set(tomorrow)
        await until(lambda: all_ended(database))

    assert recorder.ran == ["today", "tomorrow"]


async def test_a_poison_job_does_not_hold_up_the_others(database: Database, clock: FixedClock) -> None:
    async def poison(_: JobContext, request_id: str) -> None:
        if request_id == "poison":
            raise KeyError(request_id)

    recorder = Recorder(before=poison)
    first = clock.now() - timedelta(hours=1)

    async with worker(surroundings(database, clock), threads=1, actors=[recorder.spec]):
        await promise(database, clock, job("poison", run_at=first), *[job(f"req_{number}") for number in range(5)])
        await until(lambda: len(recorder.ran) == 5)

    row = (await rows(database))[0]
    assert (row.state, row.attempts, row.last_error) == (JobState.READY, 1, "KeyError")


async def test_a_job_that_keeps_failing_is_dead_and_says_so(
    database: Database, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    address = "jo@example.com"

    async def refused(_: JobContext, __: str) -> None:
        raise ValueError(f"550 no such user: {address}")

    recorder = Recorder(before=refused)

    with caplog.at_level(logging.DEBUG):
        async with worker(surroundings(database, clock), threads=1, actors=[recorder.spec], poll=A_MOMENT):
            await promise(database, clock, job(max_attempts=2))
            await until(lambda: _attempted(database, 1))
            clock.advance(timedelta(days=1))
            await until(lambda: all_ended(database))

    row = await the_row(database)
    assert (row.state, row.attempts, row.last_error) == (JobState.DEAD, 2, "ValueError")
    assert f"Job {row.id} (release_request) is dead: ValueError" in caplog.text
    assert "refused" in caplog.text, "the traceback shows where"
    assert address not in caplog.text, "an error's text can quote a person's data"


async def _attempted(database: Database, attempts: int) -> bool:
    row = await the_row(database)
    return bool(row.state is JobState.READY and row.attempts == attempts)


async def test_a_job_for_an_unknown_actor_is_tried_again(database: Database, clock: FixedClock) -> None:
    recorder = Recorder()

    async with worker(surroundings(database, clock), threads=1, actors=[recorder.spec]):
        await promise(database, clock, job(actor="not_yet_known"))
        await until(lambda: _attempted(database, 1))

    assert (await the_row(database)).last_error == "ActorNotFound"


async def test_an_actor_runs_on_the_loop_of_the_process_and_under_its_claim(
    database: Database, clock: FixedClock
) -> None:
    seen: list[tuple[bool, str]] = []

    async def look(context: JobContext, _: str) -> None:
        assert context.claim is not None
        seen.append((asyncio.get_running_loop() is here, context.claim.id))

    here = asyncio.get_running_loop()
    async with worker(surroundings(database, clock), threads=2, actors=[Recorder(before=look).spec]):
        await promise(database, clock, job())
        await until(lambda: all_ended(database))

    assert seen == [(True, (await the_row(database)).id)]


async def test_an_actor_can_end_its_job_with_its_effect(database: Database, clock: FixedClock) -> None:
    async def promise_the_next(context: JobContext, request_id: str) -> None:
        async with context.database.transaction() as session:
            if request_id == "cause":
                enqueue(session, job("effect"), at=context.clock.now())
            await job_queue.finish(session, context.claim, at=context.clock.now())

    recorder = Recorder(before=promise_the_next)

    async with worker(surroundings(database, clock), threads=2, actors=[recorder.spec]):
        await promise(database, clock, job("cause"))
        await until(lambda: len(recorder.ran) == 2)

    assert [row.state for row in await rows(database)] == [JobState.DONE, JobState.DONE]


async def test_an_actor_over_its_time_limit_is_cancelled_and_tried_again(database: Database, clock: FixedClock) -> None:
    recorder = Recorder(before=for_ever, time_limit=timedelta(milliseconds=50))

    async with worker(surroundings(database, clock), threads=1, actors=[recorder.spec]):
        await promise(database, clock, job())
        await until(lambda: _attempted(database, 1))

    assert (await the_row(database)).last_error == "TimeLimitExceeded"
    assert recorder.ran == []


async def test_a_failure_of_the_actor_s_own_making_counts_even_as_a_cancellation(
    database: Database, clock: FixedClock
) -> None:
    async def cancelled(_: JobContext, __: str) -> None:
        raise asyncio.CancelledError

    async with worker(surroundings(database, clock), threads=1, actors=[Recorder(before=cancelled).spec]):
        await promise(database, clock, job())
        await until(lambda: _attempted(database, 1))


async def test_a_timeout_inside_an_actor_is_a_failure_like_any_other(database: Database, clock: FixedClock) -> None:
    async def slow(_: JobContext, __: str) -> None:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(1)

    async with worker(surroundings(database, clock), threads=1, actors=[Recorder(before=slow).spec]):
        await promise(database, clock, job())
        await until(lambda: _attempted(database, 1))

    assert (await the_row(database)).last_error == "TimeoutError"


@POSTGRESQL
async def test_two_workers_never_run_one_job_at_once(database: Database, other: Database, clock: FixedClock) -> None:
    running: set[str] = set()

    async def alone(_: JobContext, request_id: str) -> None:
        assert request_id not in running
        running.add(request_id)
        await asyncio.sleep(0.005)
        running.remove(request_id)

    left, right = Recorder(before=alone), Recorder(before=alone)
    await promise(database, clock, *[job(f"req_{number:02}") for number in range(40)])
    async with (
        worker(surroundings(database, clock), threads=4, actors=[left.spec]),
        worker(surroundings(other, clock), threads=4, actors=[right.spec]),
    ):
        await until(lambda: all_ended(database))

    assert sorted(left.ran + right.ran) == [f"req_{number:02}" for number in range(40)]
    assert left.ran
    assert right.ran
    assert {row.attempts for row in await rows(database)} == {1}
