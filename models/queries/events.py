"""Reads of the event log as one actor may be told of it: pages to catch up with, and what follows a place in it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, bindparam, false, or_, select

from models.actor import Actor
from models.event_cursor import Position, cursor_of, position_of
from models.queries.event_parts import load_parts
from models.queries.paging import check_page
from models.queries.reading import Reading
from models.rules.confidentiality import sees_projection
from models.rules.replay import check_replayable, replayed_since
from models.rules.shown_events import DEADLINE_EVENTS, MAIL_EVENTS, events_behind, projected_event, shown_events
from models.rules.vocabulary import DeadlineKind, EventType, MailKind
from models.scope import printable, visible_events
from models.tables import Event, ExtraSessionsRequest
from models.views.connection import Edge, PageInfo
from models.views.event import EventPage, EventView
from models.views.want import Page, Want

E = Event

REPLAYED: Final = timedelta(days=90)
"""How far back events can be replayed, where a deployment says nothing else."""
_KEPT: Final = (E.seq, E.type, E.request_id, E.detail)
_TOLD: Final[dict[bool, tuple[Any, ...]]] = {
    True: (*_KEPT, E.occurred_on),
    False: (*_KEPT, E.occurred_at, E.case_id, E.appointment_id),
}
"""By whether the projection is read: an organisation's statement names no moment and nothing that links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """What is None does not narrow; types are those that the actor is shown."""

    types: tuple[EventType, ...] | None = None
    request_id: str | None = None
    case_id: str | None = None


EVERYTHING: Final = EventFilter()


class Stretch(NamedTuple):
    """What follows a place in the log, in its order."""

    events: list[EventView]
    positions: list[Position]
    """Where each of them stands."""
    is_whole: bool
    """Whether there was no more when it was read."""


async def read_events(
    reading: Reading, *, filtered: EventFilter, page: Page, want: Want, window: timedelta = REPLAYED
) -> EventPage:
    """Return a page of the log, oldest first, from as far back as it can be replayed or from behind a cursor.

    A page always says where to continue, even an empty one. Raises Malformed for a bad page or cursor, CursorExpired
    for a cursor from before ``window``.
    """
    check_page(page)
    after = None if page.after is None else resumed(reading, page.after, window)
    found = await events_after(
        reading, after or begin(reading, window), filtered=filtered, want=want.of_nodes(), most=page.first
    )
    cursors = [cursor_of(reading.vault, reading.by, position) for position in found.positions]
    edges = [Edge(view, cursor) for view, cursor in zip(found.events, cursors, strict=True)]
    end = cursors[-1] if cursors else None
    if found.is_whole:
        last = found.positions[-1] if cursors else after or await _floor(reading, window)
        end = cursor_of(reading.vault, reading.by, Position(last.seq, reading.now))
    return EventPage(edges, PageInfo(not found.is_whole, after is not None, cursors[0] if cursors else None, end))


def resumed(reading: Reading, cursor: str, window: timedelta) -> Position:
    """Return where a cursor stands. Raises Malformed or CursorExpired."""
    position = position_of(reading.vault, reading.by, cursor)
    check_replayable(position.at, now=reading.now, window=window)
    return position


def begin(reading: Reading, window: timedelta) -> Position:
    """Return the place from which on the log can be replayed at all."""
    return Position(None, replayed_since(reading.now, window))


async def _floor(reading: Reading, window: timedelta) -> Position:
    """Return where the log ends for this actor, where all of it is from before it can be replayed."""
    oldest = begin(reading, window)
    older = ~_since(projection=sees_projection(reading.by))
    statement = select(E.seq).where(older, visible_events(reading.by, reading.now)).order_by(E.seq.desc()).limit(1)
    rows = await reading.rows(statement, {"moment": oldest.at, "day": oldest.at.date()})
    return Position(rows[0].seq if rows else 0, oldest.at)


async def events_after(  # noqa: PLR0913 - what is read, how much of it, and for whom
    reading: Reading, after: Position, *, filtered: EventFilter, want: Want, most: int, until: int | None = None
) -> Stretch:
    """Return at most so many of the events behind a place that this actor may be told of, each masked for them.

    Ends with the number ``until``, where one is given. A place that is a moment has nothing older behind it.
    """
    projection = sees_projection(reading.by)
    statement = _following(reading.by.unnamed(), filtered, by_number=after.seq is not None, ends=until is not None)
    where = {"number": after.seq, "moment": after.at, "day": after.at.date(), "until": until}
    rows = await reading.rows(statement, {**where, "now": reading.now, "most": most + 1})
    shown = rows[:most]
    views = [_present(reading, row, want) for row in shown]
    await load_parts(reading, want, list(zip(shown, views, strict=True)))
    return Stretch(views, [_position(row, projection=projection) for row in shown], len(rows) <= most)


@lru_cache(maxsize=512)
def _following(by: Actor, filtered: EventFilter, *, by_number: bool, ends: bool) -> Select[Any]:
    """Build the read of what follows a place once for all who reach the same: each stream runs it for each event."""
    projection = sees_projection(by)
    follows = E.seq > bindparam("number") if by_number else _since(projection=projection)
    statement = select(*_TOLD[projection]).where(_matching(by, filtered), follows)
    if ends:
        statement = statement.where(E.seq <= bindparam("until"))
    return statement.order_by(E.seq).limit(bindparam("most"))


def _since(*, projection: bool) -> ColumnElement[bool]:
    return E.occurred_on >= bindparam("day") if projection else E.occurred_at >= bindparam("moment")


def _matching(by: Actor, filtered: EventFilter) -> ColumnElement[bool]:
    told = shown_events(by)
    if filtered.types is not None:
        asked = filtered.types
        if sees_projection(by):
            asked = tuple(real for shown in asked for real in events_behind(shown))
        told &= set(asked)
    condition: ColumnElement[bool] = E.type.in_(sorted(told))
    if filtered.request_id is not None:
        condition &= E.request_id == printable(filtered.request_id)
    if filtered.case_id is not None:
        condition &= _of_case(filtered.case_id) if not sees_projection(by) else false()
    return condition & visible_events(by, bindparam("now"))


def _of_case(case_id: str) -> ColumnElement[bool]:
    case_id = printable(case_id)
    requests = select(ExtraSessionsRequest.id).where(ExtraSessionsRequest.case_id == case_id)
    return or_(E.case_id == case_id, E.request_id.in_(requests))


def _present(reading: Reading, row: Any, want: Want) -> EventView:
    projection = sees_projection(reading.by)
    view = EventView(
        type=projected_event(row.type) if projection else row.type,
        occurred_on=row.occurred_on if projection else _local_day(reading, row.occurred_at),
        occurred_at=None if projection else row.occurred_at,
        deadline=DeadlineKind(row.detail) if row.type in DEADLINE_EVENTS else None,
        mail=MailKind(row.detail) if row.type in MAIL_EVENTS else None,
    )
    if "cursor" in want.names:
        view.cursor = cursor_of(reading.vault, reading.by, _position(row, projection=projection))
    return view


def _position(row: Any, *, projection: bool) -> Position:
    """What follows an event is no older than it; of an organisation's the day is known, and its zone may be ahead."""
    if projection:
        return Position(row.seq, datetime.combine(row.occurred_on - timedelta(days=1), time(), UTC))
    return Position(row.seq, row.occurred_at)


def _local_day(reading: Reading, at: datetime) -> date:
    return at.astimezone(ZoneInfo(reading.by.time_zone)).date()
