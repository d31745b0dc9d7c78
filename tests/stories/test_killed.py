"""The product killed again and again under load: whatever was confirmed is carried out, once, and nothing else is."""

import asyncio
import mailbox
import random
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from models.database import Database
from tests.stories.load import Load, populate
from tests.stories.promises import (
    Books,
    check_kept,
    check_promises,
    end_the_leases,
    is_idle,
    open_books,
    spare_the_waiting,
)
from tests.stories.server import Deployment, deployed


@dataclass
class Killer:
    """Kills all processes at once, shortly after so many answers; now and then again, while they start."""

    deployment: Deployment
    restless: float
    """How likely it kills what is just starting."""
    kills: int = 0

    async def strike(self, load: Load, points: list[int]) -> None:
        for before, point in pairwise([0, *points]):
            for _ in range(point - before):
                await load.answers.acquire()
            await asyncio.sleep(random.uniform(0, 0.03))
            await self.kill()
            if random.random() < self.restless:
                await self.deployment.launch()
                await asyncio.sleep(random.uniform(0, 1))
                await self.kill()
            await self.deployment.start()

    async def kill(self) -> None:
        await self.deployment.kill()
        self.kills += 1


async def test_a_killed_server_loses_no_confirmed_request_and_invents_none(database_url: str, tmp_path: Path) -> None:
    await survive(database_url, tmp_path, pairs=12, strikes=1, restless=0)


@pytest.mark.torture
async def test_five_hundred_pairs_survive_more_than_twenty_kills(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = await survive(database_url, tmp_path, pairs=500, strikes=25, restless=0.25)
    with capsys.disabled():
        sys.stdout.write(f"\n{report}\n")


async def survive(database_url: str, folder: Path, *, pairs: int, strikes: int, restless: float) -> str:
    """Have so many pairs submitted and confirmed through so many strikes; a last kill comes when all is answered."""
    async with deployed(folder / "data", database_url) as deployment:
        booked, load, killer = await populate(deployment, pairs), Load(), Killer(deployment, restless)
        await deployment.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(load.put_on(deployment, booked))
            group.create_task(killer.strike(load, sorted(random.sample(range(1, 2 * pairs), strikes))))
        await killer.kill()

        database = deployment.open_database()
        try:
            books = await open_books(database)
            check_told(books, load, pairs)
            check_promises(books)
            books = await finish(deployment, database)
        finally:
            await database.close()
        check_promises(books)
        check_kept(books)
        letters = message_ids(deployment)
        assert len(letters) == len(set(letters)) == len(books.mails)
        assert "Traceback" not in deployment.output
        return report(deployment, killer, load, books)


def check_told(books: Books, load: Load, pairs: int) -> None:
    """Check that nothing is lost that a client was told, and that no repeated call has worked twice."""
    assert len(books.requests) == len({row.case_id for row in books.requests.values()}) == pairs
    assert all(row.confirmed_at is not None for row in books.requests.values())
    assert Counter(load.told.values()) == dict.fromkeys(books.requests, 2)
    assert len(load.told) == len(books.calls) == 2 * pairs


async def finish(deployment: Deployment, database: Database) -> Books:
    """Start once more, and give the books when nothing is left to do."""
    await end_the_leases(database)
    await deployment.start()
    async with asyncio.timeout(120):
        while not await is_idle(database):
            await spare_the_waiting(database)
            await asyncio.sleep(0.1)
    return await open_books(database)


def message_ids(deployment: Deployment) -> list[str]:
    return [str(letter["Message-ID"]) for letter in mailbox.Maildir(deployment.settings.data_dir / "mail")]


def report(deployment: Deployment, killer: Killer, load: Load, books: Books) -> str:
    letters = message_ids(deployment)
    second_requests = len(books.requests) - len({row.case_id for row in books.requests.values()})
    figures = {
        "kills": killer.kills,
        "pairs": len(load.told) // 2,
        "calls cut off": len(load.cut),
        "of these committed, but not told": sum(was_committed(books, load, key, at) for key, at in load.cut),
        "requests": len(books.requests),
        "jobs": len(books.jobs),
        "of these cut off and run again": sum(job.attempts > 1 for job in books.jobs),
        "mails": len(letters),
        "duplicates": second_requests + len(letters) - len(set(letters)),
    }
    engine = "SQLite" if deployment.is_embedded else "PostgreSQL"
    return engine + "".join(f"\n  {name:<34}{figure:>6,}" for name, figure in figures.items())


def was_committed(books: Books, load: Load, key: str, cut_at: datetime) -> bool:
    """Whether a call had worked when it was cut off. If its repetition did the work, that has a later moment."""
    request = books.requests[load.told[key]]
    moment: datetime = request.submitted_at if key.startswith("submit") else request.confirmed_at
    return moment <= cut_at
