"""Jobs that are done end together with the claim of the next ones, or soon by themselves, and each is told."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from jobs.turnover import Turnover
from models import job_queue
from models.database import Database
from models.job_queue import Claim
from models.keyring import Keyring
from models.tables.job import JobState
from tests.clock import FixedClock
from tests.jobs.workshop import job, promise, rows


@contextmanager
def counting_commits(database: Database) -> Iterator[list[object]]:
    writer = database.engines[0]
    commits: list[object] = []
    note = commits.append
    event.listen(writer, "commit", note)
    try:
        yield commits
    finally:
        event.remove(writer, "commit", note)


async def claimed(database: Database, clock: FixedClock, number: int, *, most: int = 50) -> list[Claim]:
    await promise(database, clock, *[job(f"req_{each}") for each in range(number)])
    return await job_queue.claim_some(database, queue="default", at=clock.now(), most=most)


async def end(turnover: Turnover, claim: Claim, clock: FixedClock) -> None:
    await turnover.end(claim, at=clock.now(), in_line=lambda: None)


async def states(database: Database) -> Counter[JobState]:
    return Counter(row.state for row in await rows(database))


async def test_many_that_are_done_at_once_end_in_one_transaction(database: Database, clock: FixedClock) -> None:
    claims = await claimed(database, clock, 8)
    lost = replace(claims[3], token="tok_of_somebody_else")
    turnover = Turnover(database)

    with counting_commits(database) as commits:
        async with asyncio.timeout(5):
            await asyncio.gather(*[end(turnover, lost if claim is claims[3] else claim, clock) for claim in claims])

    assert len(commits) == 1
    assert await states(database) == {JobState.DONE: 7, JobState.RUNNING: 1}


async def test_the_claim_of_the_next_ones_ends_those_that_are_done(database: Database, clock: FixedClock) -> None:
    claims = await claimed(database, clock, 5, most=3)
    turnover, standing = Turnover(database), list[str]()
    ending = [
        asyncio.create_task(turnover.end(claim, at=clock.now(), in_line=lambda: standing.append("one")))
        for claim in claims
    ]
    await asyncio.sleep(0)
    assert standing == ["one"] * 3

    with counting_commits(database) as commits:
        taken = await turnover.take(queue="default", at=clock.now(), most=8)
        await asyncio.gather(*ending)

    assert len(commits) == 1
    assert len(taken) == 2
    assert await states(database) == {JobState.DONE: 3, JobState.RUNNING: 2}


async def test_what_can_t_be_written_is_told_to_all_who_wait(clock: FixedClock, keyring: Keyring) -> None:
    nowhere = Database.open("postgresql+psycopg://nobody@127.0.0.1:1/none", keyring)
    turnover = Turnover(nowhere)
    claim = Claim("job_1", "tok_1", "default", "release_request", {}, 1, 3, clock.now())

    for _ in range(2):  # and it can be asked again
        told = await asyncio.gather(*[end(turnover, claim, clock) for _ in range(3)], return_exceptions=True)
        assert [type(each) for each in told] == [OperationalError] * 3
    ending = asyncio.create_task(end(turnover, claim, clock))
    await asyncio.sleep(0)
    with pytest.raises(OperationalError):
        await turnover.take(queue="default", at=clock.now(), most=1)
    with pytest.raises(OperationalError):
        await ending
    await nowhere.close()


async def test_dead_workers_jobs_are_looked_for_once_a_second(database: Database, clock: FixedClock) -> None:
    await claimed(database, clock, 1)
    turnover = Turnover(database)
    clock.advance(job_queue.LEASE - timedelta(seconds=1))
    assert await turnover.take(queue="default", at=clock.now(), most=1) == []
    clock.advance(timedelta(seconds=0.9))
    await turnover.take(queue="default", at=clock.now(), most=1)
    clock.advance(timedelta(seconds=0.1))
    await turnover.take(queue="default", at=clock.now(), most=1)
    assert await states(database) == {JobState.READY: 1}


@pytest.mark.parametrize("most", [1, 3, 50])
async def test_some_are_claimed_in_their_order_and_no_more_than_asked_for(
    database: Database, clock: FixedClock, most: int
) -> None:
    await promise(database, clock, *[job(f"req_{each}", priority=-each) for each in range(5)])

    got = await job_queue.claim_some(database, queue="default", at=clock.now(), most=most)

    assert [claim.args["request_id"] for claim in got] == [f"req_{each}" for each in (4, 3, 2, 1, 0)][:most]
    assert {claim.attempts for claim in got} == {1}


async def test_two_who_claim_some_at_once_never_get_the_same(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, *[job(f"req_{each:02}") for each in range(40)])

    taken = await asyncio.gather(
        *[job_queue.claim_some(database, queue="default", at=clock.now(), most=7) for _ in range(6)]
    )

    ids = [claim.id for some in taken for claim in some]
    assert len(ids) == len(set(ids)) == 40
