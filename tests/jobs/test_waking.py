"""A worker with nothing to do asks nothing, and still begins at once: by a commit anywhere, or at a job's moment."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from jobs.worker import worker
from models.clock import SystemClock
from models.database import Database
from models.keyring import Keyring
from models.outbox import enqueue
from tests import engines
from tests.jobs.workshop import Recorder, job, promise, surroundings, until

NEVER = timedelta(minutes=5)
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
_LISTENERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


@pytest.fixture
async def other(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    """The same data, opened a second time: another process's, as far as hints and connections go."""
    other = Database.open(database_url, keyring)
    yield other
    await other.close()


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement that any engine of this process makes."""
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


async def test_an_idle_worker_makes_no_statements(database: Database, statements: list[str]) -> None:
    async with worker(surroundings(database, SystemClock()), threads=4, actors=[Recorder().spec]):
        await until(lambda: database.hears_of_jobs and statements)
        await asyncio.sleep(0.3)
        statements.clear()
        await asyncio.sleep(2)

        assert statements == []


async def test_a_job_runs_at_its_moment_without_a_look_in_between(database: Database, statements: list[str]) -> None:
    clock = SystemClock()
    ran_at: list[Any] = []

    async def note(*_: Any) -> None:
        ran_at.append(clock.now())

    async with worker(surroundings(database, clock), threads=1, actors=[Recorder(before=note).spec], poll=NEVER):
        await until(lambda: database.hears_of_jobs)
        moment = clock.now() + timedelta(seconds=1)
        await promise(database, clock, job(run_at=moment))
        await asyncio.sleep(0.3)
        statements.clear()
        await until(lambda: ran_at, seconds=10)
        looks = [each for each in statements if "min(job.run_at)" in each]

    assert ran_at[0] >= moment
    assert len(looks) <= 3


@POSTGRESQL
async def test_a_commit_of_another_process_wakes_an_idle_worker(database: Database, other: Database) -> None:
    recorder = Recorder()

    async with worker(surroundings(database, SystemClock()), threads=1, actors=[recorder.spec], poll=NEVER):
        await until(lambda: database.hears_of_jobs)
        await asyncio.sleep(0.3)
        await promise(other, SystemClock(), job())
        await until(lambda: recorder.ran)


@POSTGRESQL
async def test_a_transaction_that_rolls_back_or_promises_nothing_wakes_nobody(
    database: Database, other: Database
) -> None:
    told: list[str] = []
    database.on_job(lambda: told.append("look"))

    async with database.hearing_of_jobs():
        await until(lambda: database.hears_of_jobs)
        told.clear()
        async with other.transaction() as session:
            enqueue(session, job("unwanted"), at=SystemClock().now())
            await session.flush()
            await session.rollback()
        async with other.transaction():
            pass
        await asyncio.sleep(0.2)
        assert told == []
        await promise(other, SystemClock(), job("wanted"))
        await until(lambda: told)

    assert not database.hears_of_jobs


@POSTGRESQL
async def test_a_worker_that_hears_no_more_looks_often_until_it_hears_again(
    database: Database, other: Database, database_url: str
) -> None:
    recorder = Recorder()

    async with worker(surroundings(database, SystemClock()), threads=1, actors=[recorder.spec], poll=NEVER):
        await until(lambda: database.hears_of_jobs)
        cut_off(database_url)
        await until(lambda: not database.hears_of_jobs)
        await promise(other, SystemClock(), job("unheard"))
        await until(lambda: recorder.ran == ["unheard"], seconds=1.5)
        await until(lambda: database.hears_of_jobs)
        await asyncio.sleep(0.3)
        await promise(other, SystemClock(), job("heard"))
        await until(lambda: len(recorder.ran) == 2)


def cut_off(database_url: str) -> None:
    """End the connections that listen, as a server that restarts does."""
    with psycopg.connect(engines.conninfo(database_url), autocommit=True) as connection:
        pids = connection.execute(_LISTENERS).fetchall()
        assert pids
        for (pid,) in pids:
            connection.execute("SELECT pg_terminate_backend(%s)", [pid])
