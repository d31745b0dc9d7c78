"""Cleaning goes on by itself, whatever became of it the last time."""

import asyncio
from datetime import timedelta

import pytest

from jobs.cleaning import keep_clean
from jobs.worker import worker
from models import job_queue
from models.database import Database
from models.keyring import Keyring
from tests.clock import FixedClock
from tests.jobs.workshop import Recorder, job, promise, rows, surroundings, until

A_MOMENT = timedelta(milliseconds=20)


async def test_it_is_done_again_and_again(database: Database, clock: FixedClock) -> None:
    cleaning = asyncio.create_task(keep_clean(surroundings(database, clock), every=A_MOMENT))
    for _ in range(2):
        await promise(database, clock, job())
        claim = await job_queue.claim(database, queue="default", at=clock.now())
        assert claim is not None
        await job_queue.acknowledge(database, claim, at=clock.now())
        clock.advance(timedelta(days=31))
        await until(lambda: is_empty(database))
    cleaning.cancel()


async def test_a_worker_cleans_when_it_starts(database: Database, clock: FixedClock) -> None:
    await promise(database, clock, job("old"))
    claim = await job_queue.claim(database, queue="default", at=clock.now())
    assert claim is not None
    await job_queue.acknowledge(database, claim, at=clock.now())
    clock.advance(timedelta(days=31))

    async with worker(surroundings(database, clock), threads=1, actors=[Recorder().spec]):
        await until(lambda: is_empty(database))


async def is_empty(database: Database) -> bool:
    return not await rows(database)


async def test_a_database_that_is_away_ends_nothing(
    clock: FixedClock, keyring: Keyring, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = Database.open("postgresql+psycopg://nobody@127.0.0.1:1/none", keyring)
    cleaning = asyncio.create_task(keep_clean(surroundings(nowhere, clock), every=A_MOMENT))

    await until(lambda: caplog.text.count("What is old could not be deleted: OperationalError") > 1)

    assert not cleaning.done()
    cleaning.cancel()
    await nowhere.close()
