"""Writers that dawdle, hold locks and give up, and streams beside them: nothing missed or told twice, each in order."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.clock import SystemClock
from models.database import Database
from models.event_cursor import Position, position_of
from models.event_log import Entry, append
from models.events import record
from models.feed import Feed
from models.locks import lock_request
from models.queries.event_stream import EventStream
from models.queries.events import EVERYTHING, events_after
from models.queries.reading import reading_as
from models.rules.vocabulary import EventType as E
from models.tables import EventHead
from models.views.event import EventView
from models.views.want import asking
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.jobs.workshop import until
from tests.operations.acting import withdraw

WANT = asking("cursor", "type", request=asking("id"))
NEVER = E.ESCALATED
"""What only those write who give up."""
A_MOMENT = 0.02
A_NAP = 0.1


class GivenUp(Exception):
    """What rolls a transaction back here."""


@dataclass
class Scene:
    """The writers, each with a request of its own or one that it fights for, and what they have committed."""

    world: World
    others: list[World]
    committed: dict[str, list[E]] = field(default_factory=dict)
    """Each request's events in the order of their commits, as whoever held its lock saw it."""

    async def run(self, rounds: int) -> None:
        fought_for = await released(self.others[0])
        async with asyncio.TaskGroup() as group:
            for work in (self.act, self.give_up, self.hold_the_head):
                group.create_task(work(rounds))
            for _ in range(3):
                group.create_task(self.insist(fought_for, rounds))
            group.create_task(self.dawdle(await released(self.others[1]), rounds))

    async def act(self, rounds: int) -> None:
        """Do what people do, one short transaction after the other."""
        for _ in range(rounds):
            request_id = await released(self.world)
            await withdraw(self.world, request_id)
            self.committed[request_id] = [E.SUBMITTED, E.CONFIRMED, E.RELEASED, E.WITHDRAWN]

    async def insist(self, request_id: str, rounds: int) -> None:
        """Fight for one request's lock, and hold it for a moment each time."""
        for _ in range(rounds):
            async with self._holding(request_id) as session:
                event = random.choice((E.DUE_DATE_MOVED, E.RELAY_STUCK))
                await self._record(session, request_id, event)
                await asyncio.sleep(random.uniform(0, A_MOMENT))
                self.committed.setdefault(request_id, []).append(event)

    async def dawdle(self, request_id: str, rounds: int) -> None:
        """Record something early in a transaction and commit it late."""
        for _ in range(rounds):
            async with self._holding(request_id) as session:
                for event in (E.DUE_DATE_MOVED, E.OUTCOME_RELAYED):
                    await self._record(session, request_id, event)
                    await asyncio.sleep(5 * A_MOMENT)
                    self.committed.setdefault(request_id, []).append(event)

    async def give_up(self, rounds: int) -> None:
        """Roll back what was recorded; every other time with the numbers given already."""
        request_id = await released(self.others[2])
        for number in range(2 * rounds):
            with suppress(GivenUp):
                async with self._holding(request_id) as session:
                    await self._record(session, request_id, NEVER)
                    if number % 2:
                        await append(session, [Entry(NEVER, self.world.clock.now(), None, request_id)])
                    await asyncio.sleep(random.uniform(0, A_MOMENT))
                    raise GivenUp

    async def hold_the_head(self, rounds: int) -> None:
        """Have everybody's commit wait, and give up."""
        for _ in range(rounds):
            async with self.world.database.transaction() as session:
                await session.execute(select(EventHead.seq).with_for_update())
                await asyncio.sleep(random.uniform(0, 5 * A_MOMENT))

    @asynccontextmanager
    async def _holding(self, request_id: str) -> AsyncIterator[AsyncSession]:
        async with self.world.database.transaction() as session:
            await lock_request(session, request_id, self.world.staff, now=self.world.clock.now())
            yield session

    async def _record(self, session: AsyncSession, request_id: str, event: E) -> None:
        at = self.world.clock.now()
        request = await lock_request(session, request_id, self.world.staff, now=at)
        record(session, event, request, by=self.world.staff, at=at, on=at.date())


@dataclass
class Ear:
    """Follows for one actor; one that is restless goes and comes back behind its last cursor."""

    by: Actor
    database: Database
    feed: Feed
    is_restless: bool = False
    told: list[EventView] = field(default_factory=list)

    async def listen(self, place: Position) -> None:
        while True:
            stream = EventStream(
                by=self.by, database=self.database, clock=SystemClock(), feed=self.feed, want=WANT, after=place
            )
            stays_for = random.randint(1, 5) if self.is_restless else None
            async with aclosing(aiter(stream)) as events:  # type: ignore[type-var]
                async for event in events:
                    place = position_of(self.database.vault, self.by, event.cursor)
                    if event.type is not E.HEARTBEAT:
                        self.told.append(event)
                    if random.random() < A_NAP:
                        await asyncio.sleep(20 * A_MOMENT)  # more happens meanwhile than one look tells of
                    stays_for = None if stays_for is None else stays_for - 1
                    if stays_for == 0:
                        break

    def seen(self) -> list[tuple[int | None, E, str | None]]:
        return [_seen(self.database, self.by, event) for event in self.told]


def _seen(database: Database, by: Actor, event: EventView) -> tuple[int | None, E, str | None]:
    place = position_of(database.vault, by, event.cursor)
    return place.seq, event.type, event.request.id if event.request else None


async def log_of(database: Database, by: Actor, after: Position) -> list[tuple[int | None, E, str | None]]:
    """Return all that this actor may be told of behind a place, read at rest."""
    async with reading_as(by, database=database, at=SystemClock().now()) as reading:
        stretch = await events_after(reading, after, filtered=EVERYTHING, want=WANT, most=100_000)
    return [_seen(database, by, event) for event in stretch.events]


async def contend(database: Database, *, rounds: int) -> None:
    clock = FixedClock(SystemClock().now())
    scene = Scene(await a_world(database, clock), [await a_world(database, clock) for _ in range(3)])
    feed, begin = Feed(database, SystemClock()), Position(0, clock.now())
    by: Any = scene.world
    who = (by.staff, by.staff, by.reviewer, by.organisation_integrator, by.practice_integrator, by.consultant)
    ears = [Ear(each, database, feed, is_restless=number % 2 == 1) for number, each in enumerate(who)]
    tasks = [asyncio.create_task(ear.listen(begin)) for ear in ears]
    try:
        await scene.run(rounds)
        for ear in ears:
            whole = await log_of(database, ear.by, begin)
            await until(lambda ear=ear, whole=whole: len(ear.told) >= len(whole))  # type: ignore[misc]
            assert ear.seen() == whole
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    told = ears[0].seen()
    assert [seq for seq, _, _ in told] == list(range(1, len(told) + 1)), "staff are told of everything"
    assert NEVER not in {event for _, event, _ in told}
    for request_id, order in scene.committed.items():
        of_it = [event for _, event, each in told if each == request_id]
        assert of_it[-len(order) :] == order


async def test_streams_tell_what_was_committed_and_nothing_else(database: Database) -> None:
    await contend(database, rounds=3)


@pytest.mark.torture
async def test_streams_tell_what_was_committed_and_nothing_else_for_long(database: Database) -> None:
    await contend(database, rounds=60)
