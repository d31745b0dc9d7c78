"""One real database with the real app on it, kept open for many pairs: a world is built in it, and a program played.

The app is the tests' own house of the schema: sign-in by signed tokens, limits, negotiation, perimeter; no worker, as
the program itself says when jobs run.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any, cast

from httpx2 import ASGITransport, AsyncClient, Response
from sqlalchemy import Engine, event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import sign_demo_token
from jobs.actor import JobContext
from jobs.actors import ACTORS
from models import job_queue
from models.actor import Actor
from models.database import Database
from models.keyring import Keyring
from tests.builders import World as StoryWorld
from tests.clock import FixedClock
from tests.confidentiality.at_once import work_at_once
from tests.confidentiality.creation import build_world
from tests.confidentiality.plots import Plot
from tests.confidentiality.tenants import TenantPlot, build_tenants
from tests.confidentiality.worlds import World
from tests.jobs.workshop import Outbox, surroundings
from tests.schema.house import House

GRAPHQL = {"accept": "application/graphql-response+json", "content-type": "application/json"}
_MOST_JOBS = 400


class Stage:
    """Where the worlds of one side are built, one after another."""

    def __init__(self, database: Database, keyring: Keyring, client: AsyncClient, clock: FixedClock) -> None:
        self.database = database
        self.clock = clock
        self._client = client
        self._keyring = keyring

    async def build(self, plot: Plot, *, seed: int, first: bool) -> World:
        """Build a world in the emptied database; the app takes its time from it."""
        self.database.keys.forget()
        self.database.access_log._recorded.clear()  # noqa: SLF001 - in a new world nobody has looked yet
        create = build_tenants if isinstance(plot, TenantPlot) else build_world
        world = await create(plot, self.database, seed=seed, first=first)
        self.clock.set(world.clock.now())
        world.clock = self.clock
        return world

    def token_of(self, actor: Actor) -> str:
        """Return a token that outlives a program; the verifier keeps it, so that it is checked once."""
        return sign_demo_token(self._keyring, str(actor.account_id), FixedClock(), timedelta(days=90))

    async def post(self, content: bytes, headers: dict[str, str], method: str = "POST") -> Response:
        return await self._client.request(method, "/graphql", content=content, headers=headers)

    @asynccontextmanager
    async def at_fault(self) -> AsyncIterator[None]:
        """Take away a table that questions read, so that they meet a real fault."""
        await self._rename("extra_sessions_request", "away")
        try:
            yield
        finally:
            await self._rename("away", "extra_sessions_request")

    async def _rename(self, table: str, name: str) -> None:
        async with self.database.transaction() as session:
            await session.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))

    async def run_jobs(self) -> list[EmailMessage]:
        """Carry out all that is due, as a worker claims it; return what was sent. A job that fails is put off."""
        context = surroundings(self.database, self.clock)
        actors = {spec.name: spec.run for spec in ACTORS}
        for _ in range(_MOST_JOBS):
            claim = await job_queue.claim(self.database, queue="default", at=self.clock.now())
            if claim is None:
                break
            await self._carry_out(actors, context, claim)
        return cast("Outbox", context.mailer).sent

    async def _carry_out(self, actors: dict[str, Any], context: JobContext, claim: job_queue.Claim) -> None:
        try:
            await actors[claim.actor](replace(context, claim=claim), **claim.args)
        except Exception as fault:  # noqa: BLE001 - as a worker does
            await job_queue.retry(self.database, claim, error=type(fault).__name__, at=self.clock.now())
            return
        await job_queue.acknowledge(self.database, claim, at=self.clock.now())


class OneAtATime(Database):
    """Lets the root fields of one query read in turn: which of two that fail is told of must not be a race."""

    _LEAD = 20
    """Turns of the loop by which whoever has just failed is ahead."""

    def __init__(self, *opened: Any) -> None:
        super().__init__(*opened)
        self._turn = asyncio.Lock()
        keys = self.keys
        for engine in (self._writer, self._reader, keys._writer, keys._reader):  # noqa: SLF001 - only a test asks
            work_at_once(engine)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        async with self._turn:
            for _ in range(self._LEAD):
                await asyncio.sleep(0)
            async with super().snapshot() as source:
                yield source


class _Surroundings:
    """What the house needs of a story's world: a database and a clock."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database = database
        self.clock = clock


@asynccontextmanager
async def a_stage(url: str, keyring: Keyring) -> AsyncIterator[Stage]:
    """Open a database with its app; warmed up, so that no first connection's questions stand in a transcript."""
    database, clock = OneAtATime.open(url, keyring), FixedClock()
    house = House(cast("StoryWorld", _Surroundings(database, clock)), keyring)
    try:
        async with AsyncClient(transport=ASGITransport(app=house.app), base_url="http://house.test") as client:
            stage = Stage(database, keyring, client, clock)
            async with database.transaction(), database.snapshot() as source:
                await source.exec_driver_sql("SELECT 1")
            yield stage
    finally:
        await database.close()


@contextmanager
def overhearing() -> Iterator[list[tuple[str, int]]]:
    """Collect every statement that any engine runs meanwhile, with the number of its parameters."""
    heard: list[tuple[str, int]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        heard.append((statement, len(parameters or ())))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


Reset = Callable[[], None]
"""Brings a stage's database back to how the migrations left it."""
