"""A job's row: promised with its cause or not at all, claimed by one worker at a time, and never lost."""

import asyncio
from datetime import timedelta

import pytest

from models import job_queue
from models.database import Database
from models.job_queue import LEASE, Claim, LeaseLost
from models.outbox import enqueue
from models.tables.job import JobState
from tests.clock import FixedClock
from tests.jobs.workshop import job, promise, rows, the_row

A_SECOND = timedelta(seconds=1)
NEXT_DAY = timedelta(days=1)


async def taken(database: Database, clock: FixedClock, *, queue: str = "default") -> Claim:
    claim = await job_queue.claim(database, queue=queue, at=clock.now())
    assert claim is not None
    return claim


async def nothing_is_due(database: Database, clock: FixedClock, *, queue: str = "default") -> bool:
    due = await job_queue.is_due(database, queue=queue, at=clock.now())
    assert due is (await job_queue.claim(database, queue=queue, at=clock.now()) is not None)
    return not due


class Interrupted(Exception):
    """What makes an operation fail in these tests."""


async def test_an_operation_that_rolls_back_promises_nothing(database: Database, clock: FixedClock) -> None:
    async def operation() -> None:
        async with database.transaction() as session:
            enqueue(session, job(), at=clock.now())
            await session.flush()
            raise Interrupted

    with pytest.raises(Interrupted):
        await operation()

    assert await rows(database) == []
    assert await nothing_is_due(database, clock)


async def test_a_promise_is_seen_only_once_it_is_committed(database: Database, clock: FixedClock) -> None:
    async with database.transaction() as session:
        enqueue(session, job(), at=clock.now())
        await session.flush()
        assert not await job_queue.is_due(database, queue="default", at=clock.now())

    assert await job_queue.is_due(database, queue="default", at=clock.now())


async def test_jobs_of_one_moment_are_not_claimed_in_the_order_in_which_they_were_promised(
    database: Database, clock: FixedClock
) -> None:
    """A batch of invitations would else tell which of its requests was confirmed first."""
    promised = [f"req_{number:02}" for number in range(24)]
    for request_id in promised:
        await promise(database, clock, job(request_id))

    claimed = [await taken(database, clock) for _ in promised]

    assert sorted(claim.args["request_id"] for claim in claimed) == promised
    assert [claim.args["request_id"] for claim in claimed] != promised
    assert [claim.id for claim in claimed] == sorted(claim.id for claim in claimed)


async def test_a_claim_says_what_to_do_and_counts_the_attempt_at_once(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job("req_7"))

    claim = await taken(database, clock)

    assert (claim.actor, claim.args, claim.attempts) == ("release_request", {"request_id": "req_7"}, 1)
    row = await the_row(database)
    assert (row.state, row.token, row.attempts) == (JobState.RUNNING, claim.token, 1)
    assert row.lease_until == clock.now() + LEASE
    assert await nothing_is_due(database, clock)


async def test_a_job_for_a_later_moment_waits_for_it(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job(run_at=clock.now() + NEXT_DAY))

    clock.advance(NEXT_DAY - A_SECOND)
    assert await nothing_is_due(database, clock)
    clock.advance(A_SECOND)
    assert (await taken(database, clock)).attempts == 1


async def test_the_urgent_come_first_and_then_the_oldest(database: Database, clock: FixedClock) -> None:
    start = clock.now()
    await promise(
        database,
        clock,
        job("new", run_at=start + 2 * A_SECOND),
        job("old", run_at=start + A_SECOND),
        job("urgent", run_at=start + 3 * A_SECOND, priority=-1),
        job("idle", run_at=start, priority=1),
    )
    clock.advance(NEXT_DAY)

    order = [(await taken(database, clock)).args["request_id"] for _ in range(4)]

    assert order == ["urgent", "old", "new", "idle"]


async def test_a_queue_is_served_without_the_others(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job(queue="mail"))

    assert await nothing_is_due(database, clock)
    assert (await taken(database, clock, queue="mail")).queue == "mail"


async def test_a_done_job_stays_done(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    claim = await taken(database, clock)

    assert await job_queue.acknowledge(database, claim, at=clock.now())

    clock.advance(NEXT_DAY)
    assert await nothing_is_due(database, clock)
    row = await the_row(database)
    assert (row.state, row.token, row.lease_until) == (JobState.DONE, None, None)


async def test_a_failed_job_is_the_same_row_at_a_later_time(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    before = await the_row(database)
    claim = await taken(database, clock)

    assert await job_queue.retry(database, claim, error="SMTPServerDisconnected", at=clock.now())

    row = await the_row(database)
    assert (row.id, row.state, row.last_error) == (before.id, JobState.READY, "SMTPServerDisconnected")
    assert row.run_at > clock.now()
    assert await nothing_is_due(database, clock)


@pytest.mark.parametrize(("attempts", "longest"), [(1, 5), (2, 10), (3, 20), (9, 1280), (11, 3600), (4000, 3600)])
def test_each_wait_is_twice_as_long_up_to_an_hour_and_spread(attempts: int, longest: int) -> None:
    waits = {job_queue.backoff(attempts).total_seconds() for _ in range(50)}

    assert len(waits) > 1
    assert all(longest / 2 <= wait <= longest for wait in waits)


async def test_a_job_is_dead_after_its_last_attempt_and_kept(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job(max_attempts=3))

    for _ in range(3):
        await job_queue.retry(database, await taken(database, clock), error="KeyError", at=clock.now())
        clock.advance(NEXT_DAY)

    row = await the_row(database)
    assert (row.state, row.attempts, row.last_error) == (JobState.DEAD, 3, "KeyError")
    assert await nothing_is_due(database, clock)


async def test_a_job_whose_worker_is_gone_is_claimed_again_after_its_lease(
    database: Database, clock: FixedClock
) -> None:
    await promise(database, clock, job())
    first = await taken(database, clock)

    clock.advance(LEASE - A_SECOND)
    assert await nothing_is_due(database, clock)
    clock.advance(A_SECOND)
    assert await job_queue.claim(database, queue="default", at=clock.now()) is None, "it backs off first"
    clock.advance(job_queue.FIRST_BACKOFF)
    second = await taken(database, clock)

    assert (second.id, second.attempts) == (first.id, 2)
    assert second.token != first.token


async def test_a_job_that_kills_its_process_each_time_is_dead_in_the_end(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job("poison", max_attempts=3), job("sound"))

    seen: list[str] = []
    for _ in range(20):
        claim = await job_queue.claim(database, queue="default", at=clock.now())
        if claim is not None:
            seen.append(claim.args["request_id"])
            if seen[-1] == "sound":
                await job_queue.acknowledge(database, claim, at=clock.now())
        clock.advance(LEASE)

    poison, sound = await rows(database)
    assert (poison.state, poison.last_error, seen.count("poison")) == (JobState.DEAD, "WorkerLost", 3)
    assert (sound.state, seen.count("sound")) == (JobState.DONE, 1)


async def test_a_worker_that_lost_its_lease_changes_nothing(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job())
    stale = await taken(database, clock)
    clock.advance(LEASE)
    assert await job_queue.claim(database, queue="default", at=clock.now()) is None
    clock.advance(job_queue.FIRST_BACKOFF)
    await taken(database, clock)
    before = await the_row(database)

    assert not await job_queue.acknowledge(database, stale, at=clock.now())
    assert not await job_queue.retry(database, stale, error="KeyError", at=clock.now())
    assert not await job_queue.bury(database, stale, error="KeyError", at=clock.now())
    assert not await job_queue.hand_back(database, stale)

    assert await the_row(database) == before


async def test_an_effect_and_the_end_of_its_job_are_one(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job("cause"))
    claim = await taken(database, clock)

    async def operation(*, fails: bool) -> None:
        async with database.transaction() as session:
            enqueue(session, job("effect"), at=clock.now())
            await job_queue.finish(session, claim, at=clock.now())
            if fails:
                raise Interrupted

    with pytest.raises(Interrupted):
        await operation(fails=True)
    assert [row.state for row in await rows(database)] == [JobState.RUNNING]

    await operation(fails=False)
    assert [row.state for row in await rows(database)] == [JobState.DONE, JobState.READY]


async def test_an_effect_whose_lease_was_lost_is_rolled_back(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job("cause"))
    stale = await taken(database, clock)
    assert await job_queue.hand_back(database, stale)

    async def operation() -> None:
        async with database.transaction() as session:
            enqueue(session, job("effect"), at=clock.now())
            await job_queue.finish(session, stale, at=clock.now())

    with pytest.raises(LeaseLost):
        await operation()

    assert [row.args["request_id"] for row in await rows(database)] == ["cause"]


async def test_an_operation_outside_a_worker_has_no_job_to_finish(database: Database, clock: FixedClock) -> None:
    async with database.transaction() as session:
        await job_queue.finish(session, None, at=clock.now())

    assert await rows(database) == []


async def test_many_claims_at_once_get_each_job_once(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, *[job(f"req_{number}") for number in range(8)])

    claims = await asyncio.gather(*[job_queue.claim(database, queue="default", at=clock.now()) for _ in range(12)])

    got = [claim.id for claim in claims if claim is not None]
    assert len(got) == len(set(got)) == 8
