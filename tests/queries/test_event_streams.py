"""What a stream tells: all that was missed, then what happens, once each and in order, to whom it may concern."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import pytest

from models.actor import Actor
from models.database import Database
from models.event_cursor import Position, position_of
from models.events import record
from models.feed import Feed
from models.locks import lock_request
from models.queries.event_stream import Beat, EventStream, Part, RequestStream
from models.queries.events import EventFilter
from models.rules.refusals import NotFound
from models.rules.vocabulary import EventType as E
from models.views.request import RequestView
from models.views.want import asking
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.jobs.workshop import until
from tests.operations.acting import approve, release, withdraw
from tests.queries.asked import listening

WANT = asking("cursor", "type", "occurred_on", "occurred_at", request=asking("id", "status"))


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    return await a_world(database, clock)


@pytest.fixture
def feed(world: World) -> Feed:
    return Feed(world.database, world.clock)


def stream(world: World, feed: Feed, by: Actor, **more: Any) -> EventStream:
    return EventStream(by=by, database=world.database, clock=world.clock, feed=feed, want=WANT, **more)


class Ear:
    """Follows a stream in the background, and holds what it was told."""

    def __init__(self, source: Any) -> None:
        self.told: list[Any] = []
        self._source = source
        self._heard = asyncio.Condition()

    async def listen(self) -> None:
        async with aclosing(aiter(self._source)) as events:
            async for event in events:
                async with self._heard:
                    self.told.append(event)
                    self._heard.notify_all()

    async def hears(self, *types: E) -> None:
        """Wait until these events, and no others, were told."""
        async with asyncio.timeout(10), self._heard:
            await self._heard.wait_for(lambda: len(self.types) >= len(types))
        assert self.types == list(types)

    async def hears_at_least(self, number: int) -> None:
        async with asyncio.timeout(10), self._heard:
            await self._heard.wait_for(lambda: len(self.told) >= number)

    @property
    def types(self) -> list[E]:
        return [event.type for event in self.told if event.type is not E.HEARTBEAT]


@asynccontextmanager
async def following(*sources: Any) -> AsyncIterator[list[Ear]]:
    """Follow these streams, each from its first word on."""
    ears = [Ear(source) for source in sources]
    tasks = [asyncio.create_task(ear.listen()) for ear in ears]
    try:
        for ear in ears:
            await ear.hears_at_least(1)
        yield ears
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_happens_is_told_to_each_as_they_may_know_it(world: World, feed: Feed) -> None:
    who = (world.staff, world.consultant, world.practice_integrator, world.reviewer, world.organisation_integrator)
    async with following(*(stream(world, feed, by) for by in who)) as ears:
        await approve(world, await released(world))

        for ear in ears[:3]:
            await ear.hears(E.SUBMITTED, E.CONFIRMED, E.RELEASED, E.APPROVED)
        for ear in ears[3:]:
            await ear.hears(E.RELEASED, E.APPROVED)
            assert {event.occurred_at for event in ear.told} == {None}


async def test_nothing_is_told_of_what_is_outside_a_scope(
    world: World, feed: Feed, database: Database, clock: FixedClock
) -> None:
    other = await a_world(database, clock)
    who = (world.consultant, world.manager, world.reviewer, world.clinical_reviewer)
    async with following(*(stream(world, feed, by) for by in who)) as ears:
        await approve(other, await released(other))
        await released(world)

        await ears[2].hears(E.RELEASED)
        for ear in ears[:2]:
            await ear.hears(E.SUBMITTED, E.CONFIRMED, E.RELEASED)
        assert ears[3].types == []


async def test_whoever_resumes_from_any_cursor_is_told_the_rest_and_nothing_twice(world: World, feed: Feed) -> None:
    for _ in range(2):
        await approve(world, await released(world, sessions_requested=1))
    async with following(stream(world, feed, world.staff, after=Position(0, world.clock.now()))) as (whole,):
        await whole.hears_at_least(9)
    told = [event for event in whole.told if event.type is not E.HEARTBEAT]

    for place, event in enumerate(told):
        after = position_of(world.database.vault, world.staff, event.cursor)
        async with following(stream(world, feed, world.staff, after=after)) as (rest,):
            await rest.hears(*(each.type for each in told[place + 1 :]))


async def test_a_stream_begins_with_a_place_to_resume_from_behind_what_was_missed(world: World, feed: Feed) -> None:
    async with following(stream(world, feed, world.reviewer)) as (ear,):
        first = ear.told[0]
    await released(world)
    after = position_of(world.database.vault, world.reviewer, first.cursor)

    async with following(stream(world, feed, world.reviewer, after=after)) as (resumed,):
        await resumed.hears_at_least(2)

    assert [event.type for event in resumed.told] == [E.RELEASED, E.HEARTBEAT]
    assert first.type is E.HEARTBEAT


async def test_heartbeats_keep_coming_with_the_place_reached(world: World, feed: Feed) -> None:
    async with following(stream(world, feed, world.reviewer, heartbeat=0.05)) as (ear,):
        await confirmed(world)
        heard = len(ear.told)
        await ear.hears_at_least(heard + 5)

    places = [position_of(world.database.vault, world.reviewer, event.cursor).seq for event in ear.told]
    assert {event.type for event in ear.told} == {E.HEARTBEAT}
    assert places == sorted(places, key=lambda place: place or 0)
    assert (places[0], places[-1]) == (0, 2), "what was not for this reader is behind them all the same"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_what_commits_late_is_told_after_what_committed_before_it(world: World, feed: Feed) -> None:
    """The number is given at the commit: a long transaction holds up nobody, and is missed by nobody."""
    one, other = await released(world), await a_world(world.database, world.clock)
    async with following(stream(world, feed, world.staff)) as (ear,):
        async with world.database.transaction() as long:
            request = await lock_request(long, one, world.staff, now=world.clock.now())

            record(long, E.ESCALATED, request, by=world.staff, at=world.clock.now())
            await confirmed(other)
            await ear.hears(E.SUBMITTED, E.CONFIRMED)
        await ear.hears(E.SUBMITTED, E.CONFIRMED, E.ESCALATED)


async def test_what_is_rolled_back_was_never_told(world: World, feed: Feed) -> None:
    request_id = await released(world)
    async with following(stream(world, feed, world.staff)) as (ear,):
        with suppress(ZeroDivisionError):
            async with world.database.transaction() as session:
                request = await lock_request(session, request_id, world.staff, now=world.clock.now())
                record(session, E.ESCALATED, request, by=world.staff, at=world.clock.now())
                raise ZeroDivisionError
        await approve(world, request_id)
        await ear.hears(E.APPROVED)


async def test_a_filter_narrows_what_is_followed(world: World, feed: Feed) -> None:
    source = stream(world, feed, world.staff, filtered=EventFilter(types=(E.RELEASED, E.APPROVED)))
    async with following(source) as (ear,):
        await approve(world, await released(world))
        await ear.hears(E.RELEASED, E.APPROVED)


async def test_a_feed_that_nobody_listens_to_asks_nothing(world: World, feed: Feed) -> None:
    async with following(stream(world, feed, world.staff)):
        pass

    with listening() as heard:
        await asyncio.sleep(0.4)
    assert heard == []


def a_request(world: World, feed: Feed, by: Actor, request_id: str) -> RequestStream:
    events = EventStream(
        by=by,
        database=world.database,
        clock=world.clock,
        feed=feed,
        want=asking("type"),
        filtered=EventFilter(request_id=request_id),
        heartbeat=0.05,
    )
    return RequestStream(events=events, request_id=request_id, want=asking("id", "status", "version"))


async def test_a_request_is_shown_at_once_and_again_after_what_its_reader_may_know_of(world: World, feed: Feed) -> None:
    request_id = await confirmed(world)
    full = a_request(world, feed, world.staff, request_id)
    with pytest.raises(NotFound):
        await a_request(world, feed, world.reviewer, request_id).read()

    async with following(full.changes()) as (ear,):
        await release(world, request_id)
        await ear.hears_at_least(2)
        async with following(a_request(world, feed, world.reviewer, request_id).changes()) as (reviewer,):
            await withdraw(world, request_id)
            await reviewer.hears_at_least(2)
            await ear.hears_at_least(3)

    def seen(told: list[RequestView]) -> list[tuple[str, int]]:
        return [(view.status.value, view.version) for view in told]

    assert [status for status, _ in seen(ear.told)] == ["ORGANISATION_REVIEW", "ORGANISATION_REVIEW", "WITHDRAWN"]
    assert seen(reviewer.told) == [("ORGANISATION_REVIEW", 1), ("WITHDRAWN", 2)]


async def test_a_heartbeat_is_never_ahead_of_what_was_told(world: World, feed: Feed) -> None:
    """While a part is being read, more happens; whoever resumed from a cursor behind that would miss it."""
    loop = asyncio.get_running_loop()
    other = await a_world(world.database, world.clock)
    async with aclosing(stream(world, feed, world.staff, heartbeat=0.05).parts()) as parts:
        assert isinstance(await anext(parts), Beat)
        await submitted(world)
        while not isinstance(part := await anext(parts), Part):
            assert part.place.seq == 0
        due = loop.time() + 0.05
        await submitted(other)
        await until(lambda: feed.place.seq == 2 and loop.time() > due)
        beat = await anext(parts)

    assert isinstance(beat, Beat)
    assert (part.until, beat.place.seq) == (1, 1)
