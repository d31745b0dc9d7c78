"""The product killed again and again under load: whatever was confirmed is carried out, once, and nothing else is."""

import asyncio
import random
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.stories.load import Load, populate
from tests.stories.postbox import Postbox, postbox
from tests.stories.promises import (
    Books,
    books_at_rest,
    check_kept,
    check_promises,
    end_the_leases,
    open_books,
    spare_the_waiting,
)
from tests.stories.server import Deployment, deployed


@dataclass
class Killer:
    """Kills shortly after so many answers, all processes or one; now and then again, while they start."""

    deployment: Deployment
    restless: float
    """How likely it kills what is just starting."""
    selective: float = 0
    """How likely it kills one process alone, where there are several."""
    kills: int = 0

    async def strike(self, load: Load, points: list[int]) -> None:
        for before, point in pairwise([0, *points]):
            for _ in range(point - before):
                await load.answers.acquire()
            await asyncio.sleep(random.uniform(0, 0.03))
            await self.kill(*self._victims())
            if random.random() < self.restless:
                await self.deployment.launch()
                await asyncio.sleep(random.uniform(0, 1))
                await self.kill()
            await self.deployment.start()

    async def kill(self, *names: str) -> None:
        await self.deployment.kill(*names)
        self.kills += 1

    def _victims(self) -> list[str]:
        return [random.choice(self.deployment.names)] if random.random() < self.selective else []


@dataclass(frozen=True)
class Told:
    text: str
    kills: int
    twice: int
    """How many mails the mail server took a second time."""


async def test_a_killed_server_loses_no_confirmed_request_and_invents_none(database_url: str, tmp_path: Path) -> None:
    await survive(database_url, tmp_path, pairs=12, strikes=1, restless=0)


@pytest.mark.torture
async def test_a_thousand_pairs_survive_two_hundred_kills(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = await survive(database_url, tmp_path, pairs=1_000, strikes=170, restless=0.25, selective=0.5, workers=3)
    with capsys.disabled():
        sys.stdout.write(f"\n{told.text}\n")
    assert told.kills >= 200
    assert told.twice <= told.kills // 5


async def survive(
    database_url: str,
    folder: Path,
    *,
    pairs: int,
    strikes: int,
    restless: float,
    selective: float = 0,
    workers: int = 1,
) -> Told:
    """Have so many pairs submitted and confirmed through so many strikes; a last kill comes when all is answered."""
    async with (
        postbox() as box,
        deployed(folder / "data", database_url, workers=workers, smtp_port=box.port) as deployment,
    ):
        booked, load, killer = await populate(deployment, pairs), Load(), Killer(deployment, restless, selective)
        await deployment.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(load.put_on(deployment, booked))
            group.create_task(killer.strike(load, sorted(random.sample(range(1, 2 * pairs), strikes))))
        await killer.kill()

        async with deployment.database() as database:
            books = await open_books(database)
            check_told(books, load, pairs)
            check_promises(books)
            await end_the_leases(database)
            await deployment.start()
            books = await books_at_rest(database, spare_the_waiting)
        check_promises(books)
        check_kept(books)
        assert len(box.times) == len(books.mails)
        assert box.differing() == set()
        assert "Traceback" not in deployment.output
        return Told(report(deployment, killer, load, books, box), killer.kills, len(box.taken) - len(box.times))


def check_told(books: Books, load: Load, pairs: int) -> None:
    """Check that nothing is lost that a client was told, and that no repeated call has worked twice."""
    assert len(books.requests) == len({row.case_id for row in books.requests.values()}) == pairs
    assert all(row.confirmed_at is not None for row in books.requests.values())
    assert Counter(load.told.values()) == dict.fromkeys(books.requests, 2)
    assert len(load.told) == len(books.calls) == 2 * pairs


def report(deployment: Deployment, killer: Killer, load: Load, books: Books, box: Postbox) -> str:
    figures = {
        "kills": killer.kills,
        "pairs": len(load.told) // 2,
        "calls cut off": len(load.cut),
        "of these committed, but not told": sum(was_committed(books, load, key, at) for key, at in load.cut),
        "requests": len(books.requests),
        "jobs": len(books.jobs),
        "of these cut off and run again": sum(job.attempts > 1 for job in books.jobs),
        "events, in one chain": len(books.events),
        "mails": len(box.times),
        "of these taken twice, the same to the byte": len(box.taken) - len(box.times),
    }
    engine = "SQLite" if deployment.is_embedded else "PostgreSQL"
    return engine + "".join(f"\n  {name:<44}{figure:>6,}" for name, figure in figures.items())


def was_committed(books: Books, load: Load, key: str, cut_at: datetime) -> bool:
    """Whether a call had worked when it was cut off. If its repetition did the work, that has a later moment."""
    request = books.requests[load.told[key]]
    moment: datetime = request.submitted_at if key.startswith("submit") else request.confirmed_at
    return moment <= cut_at
