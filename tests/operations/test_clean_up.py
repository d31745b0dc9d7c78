"""What is old enough goes, in batches, and what is left is whole: dead jobs stay, and the chain still verifies."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update

from models import tables
from models.access_log import Access
from models.database import Database
from models.operations.clean_up import CleanedUp, CleanUp, clean_up
from models.queries.audit import Fault, Log, Mark, verify
from models.rules.confidentiality import Sensitivity
from models.rules.vocabulary import Role
from models.tables.job import JobState
from tests.clock import FixedClock
from tests.operations.ledger import rows
from tests.rows import building

DAY = timedelta(days=1)
KEEP = CleanUp(idempotency_days=30, jobs_days=7, access_days=None)


async def a_job(database: Database, number: int, state: JobState, at: datetime) -> None:
    ended = state in {JobState.DONE, JobState.DEAD}
    job: dict[str, Any] = {"id": f"job_{number}", "queue": "default", "actor": "release_request", "args": {}}
    job |= {"priority": 0, "state": state, "run_at": at, "attempts": 1, "max_attempts": 3, "created_at": at}
    async with database.transaction() as session:
        await session.execute(insert(tables.Job).values(**job, finished_at=at if ended else None))


async def look(database: Database, at: datetime, number: int) -> None:
    hour = at.replace(minute=0, second=0, microsecond=0)
    await database.access_log.record({Access(hour, "acc_1", f"case_{number}", Sensitivity.IDENTIFYING)})


async def clean(database: Database, clock: FixedClock, command: CleanUp = KEEP, batch: int = 2) -> CleanedUp:
    return await clean_up(command, database=database, clock=clock, batch=batch)


async def test_done_jobs_go_in_their_time_and_all_others_stay(database: Database, clock: FixedClock) -> None:
    now = clock.now()
    for number in range(5):
        await a_job(database, number, JobState.DONE, now - 8 * DAY)
    await a_job(database, 5, JobState.DONE, now - 7 * DAY)
    await a_job(database, 6, JobState.DEAD, now - 800 * DAY)
    await a_job(database, 7, JobState.READY, now - 800 * DAY)

    assert await clean(database, clock) == CleanedUp(0, 5, 0)

    assert sorted(job.id for job in await rows(database, tables.Job)) == ["job_5", "job_6", "job_7"]
    assert await clean(database, clock) == CleanedUp(0, 0, 0)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_process_leaves_it_to_the_one_that_is_at_it(database: Database, clock: FixedClock) -> None:
    command = CleanUp(jobs_days=7, access_days=365)
    await a_job(database, 1, JobState.DONE, clock.now() - 8 * DAY)
    await look(database, clock.now() - 400 * DAY, 1)
    async with database.transaction() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(7130003)"))
        assert (await clean(database, clock, command)).total == 0
    assert await clean(database, clock, command) == CleanedUp(0, 1, 1)


async def test_idempotency_records_go_in_their_time(database: Database, clock: FixedClock) -> None:
    async with building(database, clock) as build:
        account = await build.account(Role.PROVIDER_STAFF)
    async with database.transaction() as session:
        for number, age in enumerate((29, 30, 31, 32, 33)):
            record: dict[str, Any] = {
                "account_id": account.account_id,
                "operation": "confirm",
                "key_hash": bytes([number]),
            }
            record |= {"input_hash": b"", "request_id": "req_1", "created_at": clock.now() - age * DAY}
            await session.execute(insert(tables.IdempotencyRecord).values(record))

    assert await clean(database, clock) == CleanedUp(3, 0, 0)

    assert sorted(row.key_hash for row in await rows(database, tables.IdempotencyRecord)) == [b"\x00", b"\x01"]


@pytest.mark.parametrize("batch", [1, 2, 100])
async def test_the_record_of_who_looked_begins_later_and_still_verifies(
    database: Database, clock: FixedClock, batch: int
) -> None:
    now = clock.now()
    ages = (400, 399, 370, 300, 390, 1)
    for number, age in enumerate(ages):
        await look(database, now - age * DAY, number)
    noted = [Mark(row.seq, row.hash) for row in await rows(database, tables.AccessEvent)]
    keep = CleanUp(idempotency_days=30, jobs_days=7, access_days=365)

    assert await clean(database, clock, keep, batch) == CleanedUp(0, 0, 3)
    assert await clean(database, clock, keep, batch) == CleanedUp(0, 0, 0)

    assert sorted(row.seq for row in await rows(database, tables.AccessEvent)) == [4, 5, 6], (
        "the old one behind 4 stays"
    )
    async with database.snapshot() as source:
        finding = await verify(source, Log.ACCESS, noted=noted)
    assert (finding.broken, finding.rows, finding.cleaned, finding.last.seq) == (None, 3, 3, 6)
    await look(database, now, 7)
    async with database.snapshot() as source:
        assert (await verify(source, Log.ACCESS)).last.seq == 7


async def test_all_of_it_may_go_and_the_chain_goes_on(database: Database, clock: FixedClock) -> None:
    for number in range(3):
        await look(database, clock.now() - 10 * DAY, number)

    assert (await clean(database, clock, CleanUp(idempotency_days=30, jobs_days=7, access_days=1))).access_events == 3

    await look(database, clock.now(), 9)
    async with database.snapshot() as source:
        finding = await verify(source, Log.ACCESS)
    assert (finding.broken, finding.rows, finding.last.seq) == (None, 1, 4)


async def test_rows_that_went_otherwise_are_still_missed(database: Database, clock: FixedClock) -> None:
    for number in range(4):
        await look(database, clock.now() - (10 - number) * DAY, number)
    await clean(database, clock, CleanUp(idempotency_days=30, jobs_days=7, access_days=9))
    async with database.transaction() as session:
        await session.execute(delete(tables.AccessEvent).where(tables.AccessEvent.seq == 3))
        await session.execute(update(tables.AccessHead).values(cleaned_seq=3))

    async with database.snapshot() as source:
        finding = await verify(source, Log.ACCESS)

    assert finding.broken is not None
    assert finding.broken.fault is Fault.HASH
