"""What an operator is told of the tables: figures of what is unfinished or late, and nothing of what has ended."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from models import job_queue
from models.database import Database
from models.migrations.run import newest_key_store_revision, newest_revision
from models.outbox import Job, enqueue
from models.queries.vital_signs import (
    Jobs,
    Standing,
    VitalSigns,
    key_store_found,
    key_store_wanted,
    read_vital_signs,
    revision_of,
)
from models.rules.vocabulary import DeadlineKind
from models.tables import Deadline
from tests.builders import a_world, confirmed, submitted
from tests.clock import FixedClock
from tests.operations.ledger import events

HOUR = timedelta(hours=1)
PRESENT = "work"


async def signs(database: Database, clock: FixedClock, *queues: str) -> VitalSigns:
    async with database.snapshot() as source:
        return await read_vital_signs(source, queues=queues or (PRESENT,), at=clock.now())


async def promise(database: Database, clock: FixedClock, number: int, **options: object) -> None:
    async with database.transaction() as session:
        for count in range(number):
            job = Job("anything", {"id": str(count)}, **{"queue": PRESENT} | options)  # type: ignore[arg-type]  # a test's options
            enqueue(session, job, at=clock.now())


async def claim(database: Database, clock: FixedClock) -> job_queue.Claim:
    claimed = await job_queue.claim(database, queue=PRESENT, at=clock.now())
    assert claimed is not None
    return claimed


async def test_an_empty_database_has_nothing_to_tell(database: Database, clock: FixedClock) -> None:
    assert await signs(database, clock) == VitalSigns(jobs=(), overdue={}, event_head=0)


async def test_jobs_are_counted_by_where_they_stand(database: Database, clock: FixedClock) -> None:
    began = clock.now()
    await promise(database, clock, 4)
    await promise(database, clock, 2, run_at=began + 9 * HOUR)
    await promise(database, clock, 3, queue="elsewhere")
    await job_queue.acknowledge(database, await claim(database, clock), at=clock.now())
    await job_queue.bury(database, await claim(database, clock), error="KeyError", at=clock.now())
    await claim(database, clock)
    clock.advance(HOUR)

    found = await signs(database, clock)

    assert set(found.jobs) == {
        Jobs(PRESENT, Standing.DUE, 1, began),
        Jobs(PRESENT, Standing.LATER, 2, began + 9 * HOUR),
        Jobs(PRESENT, Standing.RUNNING, 1, began),
        Jobs(PRESENT, Standing.DEAD, 1, began),
    }
    assert {jobs.queue for jobs in (await signs(database, clock, PRESENT, "elsewhere")).jobs} == {PRESENT, "elsewhere"}


async def test_a_deadline_is_overdue_after_its_moment_until_it_is_met(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await submitted(world)
    clock.advance(48 * HOUR)
    assert (await signs(database, clock)).overdue == {}, "exactly 48 hours are in time"
    clock.advance(timedelta(seconds=1))
    assert (await signs(database, clock)).overdue == {DeadlineKind.CONFIRMATION: 1}


@pytest.mark.parametrize("column", ["met_at", "cancelled_at", "paused_at"])
async def test_a_deadline_that_does_not_run_is_not_overdue(column: str, database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await submitted(world)
    clock.advance(49 * HOUR)
    async with database.transaction() as session:
        await session.execute(update(Deadline).values({column: clock.now()}))

    assert (await signs(database, clock)).overdue == {}


async def test_the_head_is_the_number_of_the_newest_event(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await confirmed(world)

    assert (await signs(database, clock)).event_head == len(await events(world)) > 0


async def test_the_database_knows_its_schema_and_its_key_store(database: Database) -> None:
    async with database.snapshot() as source, database.keys.reading() as store:
        assert await revision_of(source) == newest_revision()
        assert await revision_of(store) == newest_key_store_revision()
        assert await key_store_wanted(source) == await key_store_found(store)
