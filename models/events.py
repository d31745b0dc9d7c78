"""Collects what an operation did; the transaction appends it to the log as its last act."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.event_log import Entry
from models.rules.confidentiality import organisation_sees
from models.rules.vocabulary import EventType
from models.tables.extra_sessions_request import ExtraSessionsRequest


def record(session: AsyncSession, event: EventType, request: ExtraSessionsRequest, *, by: Actor, at: datetime) -> None:
    """Add one event to this transaction. Call it after the request's own change: it notes the status reached."""
    entry = Entry(
        type=event,
        request_id=request.id,
        occurred_at=at,
        account_id=by.account_id,
        status=request.status,
        organisation_sees=request.released_at is not None and organisation_sees(event),
    )
    session.info.setdefault("events", []).append(entry)
