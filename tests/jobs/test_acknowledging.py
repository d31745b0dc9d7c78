"""Jobs that end at the same moment end together, and each is told what became of its own."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from jobs.acknowledging import Acknowledger
from models import job_queue
from models.database import Database
from models.job_queue import Claim
from models.keyring import Keyring
from models.tables.job import JobState
from tests.clock import FixedClock
from tests.jobs.workshop import job, promise, rows


@contextmanager
def counting_commits(database: Database, count: Callable[[], None]) -> Iterator[None]:
    writer = database.engines[0]

    def told(_connection: object) -> None:
        count()

    event.listen(writer, "commit", told)
    try:
        yield
    finally:
        event.remove(writer, "commit", told)


async def claimed(database: Database, clock: FixedClock, number: int) -> list[Claim]:
    await promise(database, clock, *[job(f"req_{each}") for each in range(number)])
    return await job_queue.claim_some(database, queue="default", at=clock.now(), most=number)


async def test_many_at_once_take_two_transactions_and_each_is_told(database: Database, clock: FixedClock) -> None:
    claims = await claimed(database, clock, 8)
    lost = replace(claims[3], token="tok_of_somebody_else")
    acknowledger, commits = Acknowledger(database), 0

    def count() -> None:
        nonlocal commits
        commits += 1

    with counting_commits(database, count):
        told = await asyncio.gather(
            *[acknowledger.done(lost if claim is claims[3] else claim, at=clock.now()) for claim in claims]
        )

    assert told == [claim is not claims[3] for claim in claims]
    assert commits <= 2
    states = [row.state for row in await rows(database)]
    assert states.count(JobState.DONE) == 7
    assert states.count(JobState.RUNNING) == 1


async def test_what_can_t_be_written_is_told_to_all_who_wait(clock: FixedClock, keyring: Keyring) -> None:
    nowhere = Database.open("postgresql+psycopg://nobody@127.0.0.1:1/none", keyring)
    acknowledger = Acknowledger(nowhere)
    claim = Claim("job_1", "tok_1", "default", "release_request", {}, 1, 3, clock.now())

    for _ in range(2):  # and it can be asked again
        told = await asyncio.gather(
            *[acknowledger.done(claim, at=clock.now()) for _ in range(3)], return_exceptions=True
        )
        assert [type(each) for each in told] == [OperationalError] * 3
    await nowhere.close()


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
