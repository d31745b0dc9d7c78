"""Tells the streams of this process that the event log has grown, and which of them that may concern.

One look at the log for each process, however many listen: every 150 ms while anybody does, and at once after a commit
of this process's own. A look is a hint to read; what a stream may be told of, its own read decides.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, select

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.event_cursor import Position
from models.event_log import head_of
from models.rules.access import Scope, scope_of
from models.tables import Appointment, AssistCase, Event, ExtraSessionsRequest

_BETWEEN: Final = 0.15
"""Seconds between two looks, where nobody gives a hint."""
_AFTER_FAULT: Final = 1.0
_MOST: Final = 1_000
"""Events in one look. Behind more, everybody is told to read."""

_GROWN: Final = (
    select(
        Event.seq,
        Event.occurred_at,
        Event.organisation_id,
        Event.case_id,
        ExtraSessionsRequest.case_id.label("requests_case_id"),
        ExtraSessionsRequest.needs_clinical_review,
    )
    .outerjoin(ExtraSessionsRequest, ExtraSessionsRequest.id == Event.request_id)
    .where(Event.seq > bindparam("place"))
    .order_by(Event.seq)
    .limit(_MOST)
)
_PRACTICES: Final = select(AssistCase.practice_id).where(AssistCase.id.in_(bindparam("case_ids", expanding=True)))
_CONSULTANTS: Final = select(Appointment.consultant_id).where(
    Appointment.case_id.in_(bindparam("case_ids", expanding=True))
)

_log = logging.getLogger(__name__)


class Audience(NamedTuple):
    """Whom an event may concern: everybody of one scope."""

    scope: Scope
    id: str | None = None


def audience_of(by: Actor) -> Audience:
    scope = scope_of(by)
    ids = {Scope.RELEASED: by.organisation_id, Scope.PRACTICE: by.practice_id, Scope.OWN_CASES: by.consultant_id}
    return Audience(scope, ids.get(scope))


class Growth(NamedTuple):
    """A part of the log that may hold something for a listener: after one number, up to another."""

    after: int
    until: int
    at: datetime
    """Nothing in it is later: another server's clock may be ahead of this one's."""


class Listening:
    """One stream's ear. However long it is busy, what it has missed is one stretch of the log."""

    def __init__(self, audience: Audience, place: Position) -> None:
        self.audience = audience
        self.place = place
        """Where the log ended when the listening began."""
        self._growth: Growth | None = None
        self._heard = asyncio.Event()

    async def next(self, *, patience: float) -> Growth | None:
        """Return what the log has grown by, as soon as it may concern this listener; None after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._heard.wait()
        self._heard.clear()
        growth, self._growth = self._growth, None
        return growth

    def reached(self, end: Position) -> Position:
        """Return how far this listener has come in a log that ends there: what it has yet to take is not behind it."""
        return end if self._growth is None else Position(self._growth.after, end.at)

    def tell(self, growth: Growth) -> None:
        self._growth = growth if self._growth is None else growth._replace(after=self._growth.after)
        self._heard.set()


class Feed:
    """Looks at the log for all streams of one process, while there are any."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._listeners: set[Listening] = set()
        self._looking = asyncio.Lock()
        self._begun = self._whole = 0
        """Looks that were begun, and the last of them that was not in vain."""
        self._hint = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._seq, self._at = 0, clock.now()
        database.on_event(self._hint.set)

    @property
    def place(self) -> Position:
        """Where the log ended at the last look."""
        return Position(self._seq, self._at)

    @asynccontextmanager
    async def listening(self, by: Actor) -> AsyncIterator[Listening]:
        """Hear, from where the log ends now, of all that may concern this actor."""
        begun = self._begun
        async with self._looking:
            if self._whole <= begun:  # else somebody who waited too has looked since
                await (self._look() if self._listeners else self._begin())
            listening = Listening(audience_of(by), self.place)
            self._listeners.add(listening)
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._keep_looking())
        try:
            yield listening
        finally:
            self._listeners.discard(listening)
            if not self._listeners and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _begin(self) -> None:
        self._begun += 1
        at = self._clock.now()
        async with self._database.glance() as source:
            self._seq, self._at = await head_of(source), at
        self._whole = self._begun

    async def _keep_looking(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_BETWEEN):
                    await self._hint.wait()
            self._hint.clear()
            try:
                async with self._looking:
                    await self._look()
            except Exception as fault:  # noqa: BLE001 - whatever it is, the next look tells what this one missed
                _log.warning("The event log could not be looked at: %s", type(fault).__name__)
                await asyncio.sleep(_AFTER_FAULT)

    async def _look(self) -> None:
        self._begun += 1
        at = self._clock.now()
        async with self._database.glance() as source:
            rows: Sequence[Any] = (await source.execute(_GROWN, {"place": self._seq})).all()
        if rows:
            await self._tell(rows, at)
        self._at = at
        self._whole = self._begun

    async def _tell(self, rows: Sequence[Any], at: datetime) -> None:
        """Tell those whom these events may concern."""
        concerned = await self._concerned(rows)
        growth = Growth(self._seq, rows[-1].seq, max(at, *(row.occurred_at for row in rows)))
        self._seq = growth.until
        for listening in self._listeners:
            if concerned is None or listening.audience in concerned or listening.audience.scope is Scope.EVERYTHING:
                listening.tell(growth)

    async def _concerned(self, rows: Sequence[Any]) -> set[Audience] | None:
        """Return whom these events may concern; None for everybody. Asks only for what somebody listens by."""
        if len(rows) == _MOST:
            return None
        scopes = {listening.audience.scope for listening in self._listeners}
        concerned = {Audience(Scope.RELEASED, row.organisation_id) for row in rows if row.organisation_id}
        if any(row.needs_clinical_review or row.requests_case_id is None for row in rows):
            concerned.add(Audience(Scope.CLINICAL))
        cases = {"case_ids": tuple({row.case_id or row.requests_case_id for row in rows} - {None})}
        asked = {Scope.PRACTICE: _PRACTICES, Scope.OWN_CASES: _CONSULTANTS}
        for scope, statement in asked.items():
            if scope in scopes:
                async with self._database.glance() as source:
                    ids = (await source.execute(statement, cases)).scalars()
                    concerned |= {Audience(scope, each) for each in ids}
        return concerned
