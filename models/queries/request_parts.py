"""Reads of a request's deadlines and timeline, and what its viewer may do with it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from models.queries.agreements import Terms
from models.queries.reading import Reading
from models.rules import lifecycle
from models.rules.access import check_may_decide
from models.rules.confidentiality import Sensitivity, may_read, sees_projection, shown_events, shows_deadline
from models.rules.lifecycle import Move
from models.rules.refusals import Refusal
from models.rules.vocabulary import DeadlineKind, DeadlineState, RequestStatus, Withheld
from models.tables import Deadline, Event
from models.views.request import DeadlineView, RequestAction, RequestActionName, TimelineEntry


async def load_deadlines(reading: Reading, request_ids: Collection[str]) -> dict[str, list[DeadlineView]]:
    """Return each request's deadlines that this actor may know of, soonest first."""
    statement = (
        select(
            Deadline.request_id,
            Deadline.kind,
            Deadline.due_at,
            Deadline.at_risk_from,
            Deadline.time_zone,
            Deadline.paused_at,
            Deadline.met_at,
            Deadline.cancelled_at,
        )
        .where(Deadline.request_id.in_(request_ids))
        .order_by(Deadline.due_at, Deadline.kind)
    )
    if sees_projection(reading.by):
        statement = statement.where(Deadline.kind == DeadlineKind.DECISION)
    exact = may_read(reading.by, Sensitivity.LINKING)
    found: dict[str, list[DeadlineView]] = defaultdict(list)
    for row in await reading.rows(statement):
        if shows_deadline(reading.by, row.kind):
            found[row.request_id].append(
                DeadlineView(
                    kind=row.kind,
                    due_at=row.due_at,
                    state=deadline_state(row, reading.now),
                    met_on=row.met_at.astimezone(ZoneInfo(row.time_zone)).date() if row.met_at else None,
                    met_at=row.met_at if exact else None,
                )
            )
    return found


def deadline_state(deadline: Any, now: datetime) -> DeadlineState:
    """Return what a deadline is at this moment; exactly the due moment is in time."""
    if deadline.met_at is not None:
        return DeadlineState.MET
    if deadline.cancelled_at is not None:
        return DeadlineState.CANCELLED
    if deadline.paused_at is not None:
        return DeadlineState.PAUSED
    if now > deadline.due_at:
        return DeadlineState.OVERDUE
    return DeadlineState.AT_RISK if now >= deadline.at_risk_from else DeadlineState.ON_TRACK


async def load_timelines(reading: Reading, zones: Mapping[str, str]) -> dict[str, list[TimelineEntry]]:
    """Return each request's history, oldest first; ``zones`` maps request id to its organisation's time zone."""
    told = shown_events(reading.by)
    statement = (
        select(Event.request_id, Event.type, Event.occurred_at)
        .where(Event.request_id.in_(zones), Event.type.in_(told))
        .order_by(Event.request_id, Event.seq)
    )
    projection = sees_projection(reading.by)
    if projection:
        statement = statement.where(Event.organisation_sees.is_(True))
    exact = may_read(reading.by, Sensitivity.LINKING)
    found: dict[str, list[TimelineEntry]] = defaultdict(list)
    events: list[Any] = [*await reading.rows(statement)]
    events += [
        entry
        for entry in reading.unlogged
        if entry.request_id in zones and entry.type in told and (entry.organisation_sees or not projection)
    ]
    for event in events:
        zone = ZoneInfo(zones[event.request_id] if projection else reading.by.time_zone)
        day = event.occurred_at.astimezone(zone).date()
        found[event.request_id].append(TimelineEntry(event.type, day, event.occurred_at if exact else None))
    return found


_ACTIONS = {
    RequestActionName.REVISE: Move.REVISE,
    RequestActionName.CONFIRM: Move.CONFIRM,
    RequestActionName.APPROVE: Move.APPROVE,
    RequestActionName.DECLINE: Move.DECLINE,
    RequestActionName.WITHDRAW: Move.WITHDRAW,
}


def available_actions(
    reading: Reading, *, status: RequestStatus, shown: RequestStatus, withheld: Withheld | None, terms: Terms
) -> list[RequestAction]:
    """Return every action that this actor's role knows, each with the reason where it can't be taken now."""
    role = reading.by.role
    return [
        RequestAction(action, reason is None, reason)
        for action, move in _ACTIONS.items()
        if lifecycle.role_may(role, move)
        for reason in [_why_not(reading, move, status=status, shown=shown, withheld=withheld, terms=terms)]
    ]


def _why_not(  # noqa: PLR0913 - a refusal weighs all of these
    reading: Reading,
    move: Move,
    *,
    status: RequestStatus,
    shown: RequestStatus,
    withheld: Withheld | None,
    terms: Terms,
) -> str | None:
    try:
        lifecycle.next_status(status, move, reading.by.role, shown=shown)
        if move in {Move.APPROVE, Move.DECLINE}:
            check_may_decide(reading.by.role, terms.delegation, withheld)
    except Refusal as refusal:
        return refusal.message
    return None
