"""The queue's list: every job once, page by page, in one order; and its counts."""

from datetime import timedelta

from sqlalchemy import text

from models import job_queue
from models.database import Database
from models.queries.jobs import Which, count_jobs, job_of, list_jobs
from models.tables.job import JobState
from tests.clock import FixedClock
from tests.jobs.workshop import job, promise

AN_HOUR = timedelta(hours=1)


async def a_queue(database: Database, clock: FixedClock) -> None:
    """Two actors' jobs, made an hour apart; one is done, one is dead."""
    for number in range(4):
        await promise(
            database, clock, job(f"req_{number}", max_attempts=1), job(f"req_{number}", actor="match_accounts")
        )
        clock.advance(AN_HOUR)
    for end in ("done", "dead"):
        claim = await job_queue.claim(database, queue="default", at=clock.now())
        assert claim is not None
        if end == "done":
            await job_queue.acknowledge(database, claim, at=clock.now())
        else:
            await job_queue.bury(database, claim, error="KeyError", at=clock.now())


async def listed(database: Database, which: Which, *, page: int) -> list[tuple[JobState, str, str]]:
    """Read every page and return all that was on them."""
    found, after = [], None
    async with database.snapshot() as source:
        while some := await list_jobs(source, which, after=after, limit=page):
            assert len(some) <= page
            found += some
            after = await job_of(source, some[-1].id)
    assert len({each.id for each in found}) == len(found)
    assert found == sorted(found, key=lambda each: (each.state, each.actor, each.created_at, each.id))
    return [(each.state, each.actor, each.id) for each in found]


async def test_pages_of_any_length_hold_every_job_once(database: Database, clock: FixedClock) -> None:
    await a_queue(database, clock)

    pages = [await listed(database, Which(), page=length) for length in (1, 3, 100)]

    assert len(pages[0]) == 8
    assert pages[0] == pages[1] == pages[2]


async def test_a_list_is_narrowed_by_state_actor_and_age(database: Database, clock: FixedClock) -> None:
    await a_queue(database, clock)

    assert len(await listed(database, Which((JobState.DEAD, JobState.DONE)), page=2)) == 2
    assert {actor for _, actor, _ in await listed(database, Which(actor="match_accounts"), page=2)} == {
        "match_accounts"
    }
    assert len(await listed(database, Which(made_by=clock.now() - 3 * AN_HOUR), page=2)) == 4


async def test_jobs_are_counted_by_state_and_actor_with_the_oldest(database: Database, clock: FixedClock) -> None:
    start = clock.now()
    await a_queue(database, clock)

    async with database.snapshot() as source:
        counts = await count_jobs(source, Which())
        later = await count_jobs(source, Which((JobState.READY,), "match_accounts", start + AN_HOUR))

    assert sum(count.jobs for count in counts) == 8
    assert [count.state for count in counts] == sorted(count.state for count in counts)
    assert min(count.oldest for count in counts) == start
    assert all(count.jobs <= 2 for count in later)


async def test_there_is_no_job_of_an_unknown_id(database: Database) -> None:
    async with database.snapshot() as source:
        assert await job_of(source, "job_x") is None


async def test_a_list_walks_its_index_and_sorts_nothing(database: Database) -> None:
    """Among a million jobs too: what the database plans does not depend on how many there are."""
    statement = (
        "SELECT id, args FROM job WHERE state = 'READY' AND (actor, created_at, id) > ('a', '2026-01-01', 'job')"
        " ORDER BY actor, created_at, id LIMIT 20"
    )
    explain = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN"
    async with database.snapshot() as source:
        for way in ("seqscan", "bitmapscan", "sort") if database.dialect != "sqlite" else ():
            await source.execute(text(f"SET LOCAL enable_{way} = off"))  # each would do for a few rows
        plan = "\n".join(map(str, (await source.execute(text(f"{explain} {statement}"))).all()))

    assert "ix_job_listed" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
