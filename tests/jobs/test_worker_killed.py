"""Workers that are killed in a loop: no committed job is ever lost, and no effect happens twice."""

import asyncio
import random
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from models.database import Database
from models.keyring import Keyring
from models.tables.job import Job, JobState
from tests.jobs.workshop import rows, until

ROOT = Path(__file__).parents[2]
KILLS = 20
LONGER_THAN_ANY_LIFE = 600


async def started(url: str, keys: Path, run: str, seconds: float) -> asyncio.subprocess.Process:
    arguments = ("-m", "tests.jobs.killable", url, str(keys), run, str(seconds))
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT)


async def has_begun(database: Database, run: int) -> bool:
    """Whether one of this round's processes has promised something."""
    async with database.snapshot() as source:
        made = select(Job.args).where(Job.queue == "default").order_by(Job.created_at.desc()).limit(1)
        args = await source.scalar(made)
    return args is not None and args["request_id"].startswith(f"{run}.")


@pytest.mark.torture
async def test_killed_workers_lose_nothing_and_do_nothing_twice(
    database: Database, database_url: str, keyring: Keyring, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    keyring.save(keys)
    side_by_side = 2 if database.dialect == "postgresql" else 1

    for run in range(KILLS):
        processes = [
            await started(database_url, keys, f"{run}.{number}", LONGER_THAN_ANY_LIFE) for number in range(side_by_side)
        ]
        await until(lambda: has_begun(database, run), seconds=60)  # noqa: B023 - within this round
        await asyncio.sleep(random.uniform(0, 1.5))
        for process in processes:
            assert process.returncode is None, "it lives until it is killed"
            process.kill()
            await process.wait()
    last = await started(database_url, keys, str(KILLS), 0)
    assert await last.wait() == 0

    found = await rows(database)
    causes = [row for row in found if row.queue == "default"]
    traces = Counter(row.args["request_id"] for row in found if row.queue == "traces")
    assert len(causes) > KILLS
    assert {row.state for row in causes} == {JobState.DONE}
    assert traces == Counter(row.args["request_id"] for row in causes)
    assert any(row.attempts > 1 for row in causes), "some were killed in the middle"
