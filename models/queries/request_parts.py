"""Reads of a request's deadlines and timeline."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, select

from models.queries.reading import Reading
from models.rules.confidentiality import sees_projection, shows_deadline
from models.rules.shown_events import projected_event, timeline_events
from models.rules.vocabulary import DeadlineKind, DeadlineState
from models.tables import Deadline, Event
from models.views.request import DeadlineView, TimelineEntry

_DEADLINE_COLUMNS = (
    Deadline.request_id,
    Deadline.kind,
    Deadline.due_at,
    Deadline.at_risk_from,
    Deadline.met_at.is_not(None).label("is_met"),
    Deadline.cancelled_at.is_not(None).label("is_cancelled"),
    Deadline.paused_at.is_not(None).label("is_paused"),
)
"""That something happened may be known to all; the moment when is selected for those who may link alone."""


def _deadlines(*met: Any) -> Select[Any]:
    of_requests = Deadline.request_id.in_(bindparam("ids", expanding=True))
    return select(*_DEADLINE_COLUMNS, *met).where(of_requests).order_by(Deadline.due_at, Deadline.kind)


_DEADLINES: Final = {
    False: _deadlines(Deadline.met_at, Deadline.time_zone),
    True: _deadlines(Deadline.met_on).where(Deadline.kind == DeadlineKind.DECISION),
}
"""By whether the projection is read."""


async def load_deadlines(reading: Reading, request_ids: Collection[str]) -> dict[str, list[DeadlineView]]:
    """Return each request's deadlines that this actor may know of, soonest first."""
    projection = sees_projection(reading.by)
    found: dict[str, list[DeadlineView]] = defaultdict(list)
    for row in await reading.rows(_DEADLINES[projection], {"ids": tuple(request_ids)}):
        if shows_deadline(reading.by, row.kind):
            found[row.request_id].append(
                DeadlineView(
                    kind=row.kind,
                    due_at=row.due_at,
                    state=deadline_state(row, reading.now),
                    met_on=row.met_on if projection else row.met_at and _local_day(row.met_at, row.time_zone),
                    met_at=None if projection else row.met_at,
                )
            )
    return found


def deadline_state(deadline: Any, now: datetime) -> DeadlineState:
    """Return what a deadline is at this moment; exactly the due moment is in time."""
    if deadline.is_met:
        return DeadlineState.MET
    if deadline.is_cancelled:
        return DeadlineState.CANCELLED
    if deadline.is_paused:
        return DeadlineState.PAUSED
    if now > deadline.due_at:
        return DeadlineState.OVERDUE
    return DeadlineState.AT_RISK if now >= deadline.at_risk_from else DeadlineState.ON_TRACK


def _local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


async def load_timelines(reading: Reading, request_ids: Collection[str]) -> dict[str, list[TimelineEntry]]:
    """Return each request's history, oldest first; days are the viewer's own, an organisation's its agreement's."""
    told = timeline_events(reading.by)
    projection = sees_projection(reading.by)
    statement = (
        select(Event.request_id, Event.type, Event.occurred_on if projection else Event.occurred_at)
        .where(Event.request_id.in_(request_ids), Event.type.in_(told))
        .order_by(Event.request_id, Event.seq)
    )
    if projection:
        statement = statement.where(Event.organisation_sees.is_(True))
    found: dict[str, list[TimelineEntry]] = defaultdict(list)
    events: list[Any] = [*await reading.rows(statement)]
    events += [
        entry
        for entry in reading.unlogged
        if entry.request_id in request_ids and entry.type in told and (entry.organisation_sees or not projection)
    ]
    for event in events:
        day = event.occurred_on if projection else _local_day(event.occurred_at, reading.by.time_zone)
        type_ = projected_event(event.type) if projection else event.type
        found[event.request_id].append(TimelineEntry(type_, day, None if projection else event.occurred_at))
    return found
