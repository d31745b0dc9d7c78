"""The command ``extra-sessions jobs``: what it lists, what it says it did, and what it refuses in words."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from click.testing import CliRunner, Result

from api.__main__ import main
from api.settings import Settings
from api.storage import open_database
from models import job_queue
from models.database import Database
from models.tables.job import JobState
from tests import engines
from tests.clock import FixedClock
from tests.jobs.workshop import job, promise, rows

T = TypeVar("T")


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    """A deployment with three dead jobs of one actor and one of another that waits."""
    engines.copy_sqlite(migrated_sqlite, tmp_path / "extra-sessions.sqlite3")
    settings = Settings(mode="demo", data_dir=tmp_path)

    async def story(database: Database) -> None:
        clock = FixedClock()
        await promise(database, clock, *[job(f"req_{number}", max_attempts=1) for number in range(3)])
        for _ in range(3):
            claim = await job_queue.claim(database, queue="default", at=clock.now())
            assert claim is not None
            await job_queue.retry(database, claim, error="SMTPServerDisconnected", at=clock.now())
        await promise(database, clock, job("req_9", actor="match_accounts"))

    with_database(settings, story)
    return settings


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        database = open_database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def run(settings: Settings, *words: str, answer: str | None = None) -> Result:
    environment = {"EXTRA_SESSIONS_MODE": "demo", "EXTRA_SESSIONS_DATA_DIR": str(settings.data_dir)}
    return CliRunner(env=environment).invoke(main, ["jobs", *words], input=answer)


def succeeded(settings: Settings, *words: str) -> str:
    result = run(settings, *words)
    assert result.exit_code == 0, result.output
    return result.output


def refused(settings: Settings, *words: str) -> str:
    result = run(settings, *words)
    assert result.exit_code in {1, 2}, result.output
    assert not isinstance(result.exception, AssertionError)
    return result.output


def states(settings: Settings) -> list[JobState]:
    return [row.state for row in with_database(settings, rows)]


def listed(output: str) -> list[str]:
    return re.findall(r"^(job_\S+)", output, re.MULTILINE)


def test_a_list_counts_first_and_shows_pages(settings: Settings) -> None:
    output = succeeded(settings, "list", "--limit", "3")
    assert re.search(r"^DEAD +release_request +3  oldest made 2026-11-23 00:30:00 UTC$", output, re.MULTILINE)
    assert re.search(r"^READY +match_accounts +1 ", output, re.MULTILINE)
    first = listed(output)
    assert len(first) == 3
    assert f"There are more: add --after {first[-1]}" in output
    rest = succeeded(settings, "list", "--limit", "3", "--after", first[-1])
    assert len(set(first + listed(rest))) == 4
    assert "There are more" not in rest


def test_a_list_is_narrowed(settings: Settings) -> None:
    assert len(listed(succeeded(settings, "list", "--state", "dead"))) == 3
    assert len(listed(succeeded(settings, "list", "--actor", "match_accounts"))) == 1
    assert "There are no such jobs." in succeeded(settings, "list", "--older-than", "9000d")
    assert "such as 30m" in refused(settings, "list", "--older-than", "soon")
    assert "There is no job job_x." in refused(settings, "list", "--after", "job_x")


def test_one_is_shown_with_its_failures_by_type(settings: Settings) -> None:
    (job_id, *_) = listed(succeeded(settings, "list", "--state", "DEAD"))
    output = succeeded(settings, "show", job_id)
    assert "DEAD" in output
    assert "attempts:     1 of 1" in output
    assert "failed by SMTPServerDisconnected: 1 time" in output
    assert run(settings, "show", "job_x").exit_code == 1
    assert "There is no job job_x." in refused(settings, "show", "job_x")


def test_the_dead_are_tried_again_one_or_all(settings: Settings) -> None:
    (job_id, *_) = listed(succeeded(settings, "list", "--state", "DEAD"))
    assert f"Job {job_id} will be tried again." in succeeded(settings, "retry", job_id)
    assert "is READY, and only a DEAD one" in refused(settings, "retry", job_id)
    assert "2 dead jobs of release_request will be tried again." in succeeded(
        settings, "retry", "--actor", "release_request"
    )
    assert set(states(settings)) == {JobState.READY}
    assert "There is no job job_x. Nothing was changed." in refused(settings, "retry", "job_x")
    assert "Say which" in refused(settings, "retry")
    assert "Say which" in refused(settings, "retry", job_id, "--actor", "release_request")


def test_one_is_dropped_once_somebody_says_so(settings: Settings) -> None:
    (job_id, *_) = listed(succeeded(settings, "list", "--actor", "match_accounts"))
    assert run(settings, "drop", job_id, answer="n\n").exit_code == 1
    assert len(states(settings)) == 4
    assert f"Job {job_id} is dropped." in succeeded(settings, "drop", job_id, "--yes")
    assert len(states(settings)) == 3
    assert "There is no job" in refused(settings, "drop", job_id, "--yes")


def test_a_running_job_is_not_dropped(settings: Settings) -> None:
    async def begin(database: Database) -> str:
        claim = await job_queue.claim(database, queue="default", at=FixedClock().now())
        assert claim is not None
        return claim.id

    job_id = with_database(settings, begin)
    assert "is running" in refused(settings, "drop", job_id, "--yes")
    assert len(states(settings)) == 4
