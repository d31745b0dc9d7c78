"""What the tests of the queue and of the worker share: a promise, a look at its row, a worker's surroundings."""

import asyncio
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Row, select

from jobs.actor import ActorSpec, JobContext, actor
from jobs.writing import Writer
from models.clock import Clock
from models.database import Database
from models.outbox import Job, enqueue
from models.tables.job import Job as JobRow
from models.tables.job import JobState

_WRITER = Writer()


class Outbox:
    """Stands in for the mail server: keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []

    async def send(self, message: EmailMessage, *, token: str) -> None:
        del token
        self.sent.append(message)

    async def close(self) -> None:
        """Nothing is open."""


def surroundings(database: Database, clock: Clock) -> JobContext:
    return JobContext(
        database=database,
        clock=clock,
        mailer=Outbox(),
        writer=_WRITER,
        provider="Harbour EAP",
        sender="sessions@harbour.example",
        public_url="https://harbour.example",
    )


def job(request_id: str = "req_1", **options: Any) -> Job:
    return Job(**{"actor": "release_request", "args": {"request_id": request_id}} | options)


async def promise(database: Database, clock: Clock, *jobs: Job) -> None:
    """Commit these jobs, as an operation would."""
    async with database.transaction() as session:
        for each in jobs:
            enqueue(session, each, at=clock.now())


async def rows(database: Database) -> list[Row[Any]]:
    """Every job there is, in the order of what it is about."""
    async with database.snapshot() as connection:
        found = (await connection.execute(select(*JobRow.__table__.columns))).all()
    return sorted(found, key=lambda row: sorted(row.args.items()))


async def the_row(database: Database) -> Row[Any]:
    (row,) = await rows(database)
    return row


async def all_ended(database: Database) -> bool:
    """Whether nothing is left to do; a deadline is watched for days, so its watches don't count."""
    waiting = [row for row in await rows(database) if row.actor != "watch_deadline"]
    return all(row.state in {JobState.DONE, JobState.DEAD} for row in waiting)


async def until(condition: Callable[[], Any], *, seconds: float = 15.0) -> None:
    """Wait for the condition, an ordinary or an async function, and fail when it does not come true."""
    async with asyncio.timeout(seconds):
        while True:
            answer = condition()
            if await answer if asyncio.iscoroutine(answer) else answer:
                return
            await asyncio.sleep(0.01)


class Recorder:
    """Keeps what its actor was run for. ``before`` is awaited first, and may fail or wait."""

    def __init__(self, before: Callable[[JobContext, str], Any] | None = None, **options: Any) -> None:
        self.ran: list[str] = []
        self._before = before
        self.spec: ActorSpec = self._actor(**options)

    def _actor(self, **options: Any) -> ActorSpec:
        @actor(**options)
        async def release_request(context: JobContext, *, request_id: str) -> None:
            if self._before is not None:
                await self._before(context, request_id)
            self.ran.append(request_id)

        return release_request
