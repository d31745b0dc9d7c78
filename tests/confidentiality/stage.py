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
from sqlalchemy import Engine, event, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import sign_demo_token
from jobs.actor import JobContext
from jobs.actors import ACTORS
from models import job_queue
from models.actor import Actor
from models.database import Database
from models.keyring import Keyring
from models.tables import Deadline
from models.tables import Job as JobRow
from models.tables.job import JobState
from schema.context import Context
from tests.builders import World as StoryWorld
from tests.clock import FixedClock
from tests.confidentiality.at_once import work_at_once
from tests.confidentiality.creation import build_world
from tests.confidentiality.following import VIEWER, QuietFeed, Streams, on_behalf
from tests.confidentiality.hooked import Hooks
from tests.confidentiality.plots import Plot
from tests.confidentiality.tenants import TenantPlot, build_tenants
from tests.confidentiality.worlds import World
from tests.jobs.workshop import Outbox
from tests.schema.house import GUIDELINES, House, served_schema

GRAPHQL = {"accept": "application/graphql-response+json", "content-type": "application/json"}
_MOST_JOBS = 400


class Stage:
    """Where the worlds of one side are built, one after another."""

    def __init__(self, database: Database, keyring: Keyring, client: AsyncClient, clock: FixedClock) -> None:
        self.database = database
        self.clock = clock
        self._client = client
        self._keyring = keyring
        self._feed = QuietFeed(database, clock)
        self.streams = self._open_streams()
        self.hooks = Hooks(database, clock)
        self._is_dealt = False
        database.on_job(self._shuffle)

    def _shuffle(self) -> None:
        """A job has come among the others."""
        self._is_dealt = False

    async def build(self, plot: Plot, *, seed: int, first: bool) -> World:
        """Build a world in the emptied database; the app takes its time from it."""
        self.database.keys.forget()
        self.database.access_log._recorded.clear()  # noqa: SLF001 - in a new world nobody has looked yet
        create = build_tenants if isinstance(plot, TenantPlot) else build_world
        world = await create(plot, self.database, seed=seed, first=first)
        self.clock.set(world.clock.now())
        world.clock = self.clock
        self.streams = self._open_streams()
        self._is_dealt = False
        self.hooks = Hooks(self.database, self.clock)
        await self.hooks.register(world)
        return world

    def _open_streams(self) -> Streams:
        """Return this world's subscriptions: none yet, and nothing that another world's have read."""
        nobody: Any = None
        context = Context(nobody, self.database, self.clock, self._feed, GUIDELINES, heartbeat=0)
        return Streams(served_schema(), context, self._feed)

    def token_of(self, actor: Actor) -> str:
        """Return a token that outlives a program; the verifier keeps it, so that it is checked once."""
        return sign_demo_token(self._keyring, str(actor.account_id), FixedClock(), timedelta(days=400))

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

    async def run_jobs(self, known: list[str]) -> list[EmailMessage]:
        """Carry out all that is due, as a worker claims it; return what was sent. A job that fails is put off."""
        context = self.hooks.worker()
        actors = {spec.name: spec.run for spec in ACTORS}
        for _ in range(_MOST_JOBS):
            await self._deal(known)
            claim = await job_queue.claim(self.database, queue="default", at=self.clock.now())
            if claim is None:
                break
            await self._carry_out(actors, context, claim)
        return cast("Outbox", context.mailer).sent

    async def _deal(self, known: list[str]) -> None:
        """Toss once for both worlds in which order known requests' jobs of one moment run: it falls by random ids."""
        if self._is_dealt:
            return
        ranks = {request_id: rank for rank, request_id in enumerate(known)}
        async with self.database.transaction() as session:
            deadlines = select(Deadline.id, Deadline.request_id, Deadline.kind).where(Deadline.request_id.in_(known))
            about = {row.id: (ranks[row.request_id], row.kind) for row in (await session.execute(deadlines)).all()}
            about |= {request_id: (rank, "") for request_id, rank in ranks.items()}
            waiting = select(JobRow.id, JobRow.args, JobRow.actor, JobRow.run_at).where(JobRow.state == JobState.READY)
            jobs = [row for row in (await session.execute(waiting)).all() if about.keys() & row.args.values()]
            jobs.sort(key=lambda row: (*about[next(iter(row.args.values()))], row.actor))
            dealt = sorted(row.id for row in jobs)
            for row in jobs:
                await session.execute(update(JobRow).where(JobRow.id == row.id).values(id=f"dealt_{row.id}"))
            for row, job_id in zip(jobs, dealt, strict=True):
                # Releases at once that a program holds up would come in the order of confirms, and those are hidden.
                is_held_up = row.actor == "release_request" and row.run_at <= self.clock.now()
                values = {"id": job_id, "run_at": self.clock.now() if is_held_up else row.run_at}
                await session.execute(update(JobRow).where(JobRow.id == f"dealt_{row.id}").values(values))
        self._is_dealt = True

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
def overhearing(whose: str = VIEWER) -> Iterator[list[tuple[str, int]]]:
    """Collect every statement that any engine runs meanwhile, with the number of its parameters.

    But not what the feed asks for the product's own sake, nor what the streams of bystanders do.
    """
    heard: list[tuple[str, int]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if on_behalf() == whose:
            heard.append((statement, len(parameters or ())))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


Reset = Callable[[], None]
"""Brings a stage's database back to how the migrations left it."""
