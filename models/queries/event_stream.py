"""The event log as one actor follows it: from a cursor or from now on, and for as long as somebody reads.

A stream says which stretch of the log to read next; whoever drives it reads, so that streams of one scope that stand at
one place can share what is read.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from models.access_log import AccessUnrecorded
from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.event_cursor import Position, cursor_of
from models.feed import Feed
from models.job_queue import is_unavailable
from models.queries.events import EVERYTHING, EventFilter, Stretch, events_after
from models.queries.reading import reading_as
from models.queries.requests import request_of
from models.rules.refusals import NotFound
from models.rules.vocabulary import EventType
from models.views.event import EventView
from models.views.request import RequestView
from models.views.want import Want

T = TypeVar("T")

_AGAIN: Final = 1.0
"""Seconds before what failed is read again."""
HEARTBEAT: Final = 30.0
"""Seconds after which a stream says that it runs, where nothing happens."""
MOST_AT_ONCE: Final = 100
"""Events in one read."""


class Part(NamedTuple):
    """A stretch of the log to read: behind a place, up to a number, at a moment or later."""

    after: Position
    until: int
    at: datetime

    def behind(self, stretch: Stretch) -> "Part | None":
        """Return what is left of this part once a stretch of it is read."""
        return None if stretch.is_whole else self._replace(after=stretch.positions[-1])


class Beat(NamedTuple):
    """Nothing happened: everything up to this place has been told."""

    place: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStream:
    """Iterate over it for the events themselves, or over ``parts`` to read them on one's own."""

    by: Actor
    database: Database
    clock: Clock
    feed: Feed
    want: Want
    filtered: EventFilter = EVERYTHING
    after: Position | None = None
    """None follows from now on."""
    heartbeat: float = HEARTBEAT
    """Seconds between two heartbeats."""

    async def parts(self) -> AsyncGenerator[Part | Beat, None]:
        """Yield what to read next: what was missed, then a heartbeat, then what is new, and heartbeats in between."""
        loop = asyncio.get_running_loop()
        async with self.feed.listening(self.by) as listening:
            if self.after is not None:
                yield Part(self.after, listening.place.seq or 0, listening.place.at)
            yield Beat(listening.place)
            due = loop.time() + self.heartbeat
            while True:
                growth = await listening.next(patience=due - loop.time())
                if growth is not None:
                    yield Part(Position(growth.after, growth.at), growth.until, growth.at)
                if loop.time() >= due:
                    yield Beat(listening.reached(self.feed.place))
                    due = loop.time() + self.heartbeat

    async def read(self, part: Part, *, most: int = MOST_AT_ONCE) -> Stretch:
        """Return the first events of a part, masked as this actor may see them now.

        Whose sealed data it shows is on record before it returns. Where the database is away, it waits.
        """
        return await _patiently(partial(self._read, part, most))

    async def _read(self, part: Part, most: int) -> Stretch:
        at = max(self.clock.now(), part.at)
        async with reading_as(self.by, database=self.database, at=at) as reading:
            return await events_after(
                reading, part.after, filtered=self.filtered, want=self.want, most=most, until=part.until
            )

    def beat(self, beat: Beat) -> EventView:
        """Return a heartbeat, with the cursor of where this actor stands."""
        return EventView(
            cursor=cursor_of(self.database.vault, self.by, beat.place),
            type=EventType.HEARTBEAT,
            occurred_on=beat.place.at.astimezone(ZoneInfo(self.by.time_zone)).date(),
            **dict.fromkeys(("occurred_at", "deadline", "mail", "request", "case", "appointment")),
        )

    def __aiter__(self) -> AsyncIterator[EventView]:
        return self._events()

    async def _events(self) -> AsyncGenerator[EventView, None]:
        async with aclosing(self.parts()) as parts:
            async for part in parts:
                if isinstance(part, Beat):
                    yield self.beat(part)
                    continue
                rest: Part | None = part
                while rest is not None:
                    stretch = await self.read(rest)
                    for view in stretch.events:
                        yield view
                    rest = rest.behind(stretch)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStream:
    """One request as it is now, and again after each event of it that its reader may be told of."""

    events: EventStream
    """Of this request alone."""
    request_id: str
    want: Want

    async def read(self) -> RequestView:
        """Raise NotFound where there is no such request within the reader's scope, or no longer."""
        source = self.events
        async with reading_as(source.by, database=source.database, at=source.clock.now()) as reading:
            request = await request_of(reading, self.request_id, self.want)
        if request is None:
            raise NotFound("id")
        return request

    async def changes(self) -> AsyncGenerator[RequestView, None]:
        """Yield the request at once, then after each event. Raises NotFound as ``read`` does."""
        begun = False
        async with aclosing(self.events.parts()) as parts:
            async for part in parts:
                is_news = not begun if isinstance(part, Beat) else bool((await self.events.read(part)).events)
                if is_news:
                    yield await _patiently(self.read)
                begun = True


async def _patiently(read: Callable[[], Awaitable[T]]) -> T:
    """Read again and again while the database is away: whoever follows it misses nothing and need not come back."""
    while True:
        try:
            return await read()
        except Exception as fault:
            if not (is_unavailable(fault) or isinstance(fault, AccessUnrecorded)):
                raise
        await asyncio.sleep(_AGAIN)
