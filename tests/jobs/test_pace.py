"""A process sends no more in any minute than its mail server allows; what waits is charged with nothing."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.actor import JobContext, Postponed
from jobs.pace import MINUTE, Pace
from jobs.worker import worker
from models.database import Database
from models.tables.job import JobState
from tests.clock import FixedClock
from tests.jobs.workshop import Recorder, all_ended, job, promise, rows, surroundings, until


def test_so_many_go_at_once_and_the_next_one_a_minute_later(clock: FixedClock) -> None:
    pace, began = Pace(2, clock), clock.now()
    pace.take()
    clock.advance(timedelta(seconds=20))
    pace.take()
    for _ in range(2):
        with pytest.raises(Postponed) as raised:
            pace.take()
        assert raised.value.until == began + MINUTE
    clock.set(began + MINUTE)
    pace.take()
    with pytest.raises(Postponed) as raised:
        pace.take()
    assert raised.value.until == began + timedelta(seconds=80)


def test_without_a_rate_nothing_waits(clock: FixedClock) -> None:
    pace = Pace(0, clock)
    for _ in range(10_000):
        pace.take()


@given(rate=st.integers(1, 6), gaps=st.lists(st.integers(0, 40), max_size=60))
def test_no_minute_sees_more_than_the_rate_and_none_waits_that_could_go(rate: int, gaps: list[int]) -> None:
    clock = FixedClock()
    pace, gone = Pace(rate, clock), list[datetime]()
    for gap in gaps:
        now = clock.advance(timedelta(seconds=gap))
        lately = [each for each in gone if now - each < MINUTE]
        free = waits(pace)
        if free is None:
            assert len(lately) < rate
            gone.append(now)
        else:
            assert len(lately) == rate
            assert now < free == lately[0] + MINUTE


def waits(pace: Pace) -> datetime | None:
    """Take a place, or say when one is free."""
    try:
        pace.take()
    except Postponed as postponed:
        return postponed.until
    return None


async def test_a_job_that_is_postponed_runs_at_its_moment_and_is_charged_with_no_attempt(
    database: Database, clock: FixedClock
) -> None:
    pace, began = Pace(1, clock), clock.now()

    async def paced(_: JobContext, __: str) -> None:
        pace.take()

    recorder = Recorder(before=paced)
    async with worker(surroundings(database, clock), threads=2, actors=[recorder.spec]):
        await promise(database, clock, job("req_1"), job("req_2"))
        await until(lambda: recorder.ran)
        await until(lambda: postponed(database))
        (waiting,) = [row for row in await rows(database) if row.state is not JobState.DONE]
        assert (waiting.attempts, waiting.run_at, waiting.last_error) == (0, began + MINUTE, None)
        clock.advance(MINUTE)
        await until(lambda: all_ended(database))
    assert sorted(recorder.ran) == ["req_1", "req_2"]
    assert [row.attempts for row in await rows(database)] == [1, 1]


async def postponed(database: Database) -> bool:
    found = await rows(database)
    return sorted((row.state, row.attempts) for row in found) == [(JobState.DONE, 1), (JobState.READY, 0)] and all(
        row.run_at > row.created_at for row in found if row.state is JobState.READY
    )
