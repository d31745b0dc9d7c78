"""Collects what an operation did; the transaction appends it to the log as its last act."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.event_log import Entry
from models.rules.confidentiality import organisation_sees
from models.rules.vocabulary import EventType
from models.tables.extra_sessions_request import ExtraSessionsRequest


def record(  # noqa: PLR0913 - what happened, to what, by whom, when
    session: AsyncSession,
    event: EventType,
    request: ExtraSessionsRequest,
    *,
    by: Actor,
    at: datetime,
    on: date | None = None,
    hidden: bool = False,
) -> None:
    """Add one event to this transaction. Call it after the request's own change: it notes the status reached.

    ``on`` is the organisation's own day. Raises ValueError where the organisation sees the event and is told no day.
    ``hidden`` is for one that it sees as a rule, where this time it happened to what the organisation does not know of.
    """
    seen = request.is_released and organisation_sees(event) and not hidden
    if seen and on is None:
        msg = f"{event} is seen by an organisation, which is told days alone"
        raise ValueError(msg)
    entry = Entry(
        type=event,
        request_id=request.id,
        occurred_at=at,
        account_id=by.account_id,
        status=request.status,
        organisation_sees=seen,
        occurred_on=on if seen else None,
    )
    session.info.setdefault("events", []).append(entry)
