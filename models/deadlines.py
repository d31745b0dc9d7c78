"""Sets, meets and cancels the deadlines of a request, inside the caller's transaction."""

from datetime import datetime, time, timedelta

from sqlalchemy import Update, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.ids import new_id
from models.rules import business_days
from models.rules.business_days import BusinessCalendar
from models.rules.vocabulary import DeadlineKind
from models.tables import Deadline

CONFIRM_WITHIN = timedelta(hours=48)
"""After the last submit or revise."""
_AT_RISK_DAYS = 2


def add_deadline(
    session: AsyncSession, request_id: str, kind: DeadlineKind, due_at: datetime, calendar: BusinessCalendar
) -> None:
    """Add a deadline with the calendar that it was computed by; a later change of the calendar does not move it."""
    session.add(
        Deadline(
            id=new_id("due"),
            request_id=request_id,
            kind=kind,
            due_at=due_at,
            at_risk_from=_at_risk_from(kind, due_at, calendar),
            time_zone=calendar.time_zone,
            region=calendar.region,
            calendar_version=calendar.version,
        )
    )


def add_decision_deadlines(
    session: AsyncSession, request_id: str, *, entered_at: datetime, due_days: int, calendar: BusinessCalendar
) -> datetime:
    """Add the decision's and the relay's deadline of a request that the organisation now reviews; return the first."""
    due_at = business_days.decision_due(calendar, calendar.local_day(entered_at), due_days)
    add_deadline(session, request_id, DeadlineKind.DECISION, due_at, calendar)
    relay_at = business_days.relay_due(calendar, calendar.local_day(due_at))
    add_deadline(session, request_id, DeadlineKind.RELAY, relay_at, calendar)
    return due_at


async def move_deadline(session: AsyncSession, request_id: str, kind: DeadlineKind, due_at: datetime) -> None:
    """Move a deadline that is still running; it becomes at risk only when it is due."""
    await session.execute(_running(request_id, kind).values(due_at=due_at, at_risk_from=due_at))


async def meet_deadline(session: AsyncSession, request_id: str, kind: DeadlineKind, at: datetime) -> None:
    await session.execute(_running(request_id, kind).values(met_at=at))


async def cancel_deadlines(session: AsyncSession, request_id: str, at: datetime) -> None:
    """Cancel whatever is still running: the request has come to its end another way."""
    running = update(Deadline).where(
        Deadline.request_id == request_id, Deadline.met_at.is_(None), Deadline.cancelled_at.is_(None)
    )
    await session.execute(running.values(cancelled_at=at))


def _running(request_id: str, kind: DeadlineKind) -> Update:
    return update(Deadline).where(
        Deadline.request_id == request_id,
        Deadline.kind == kind,
        Deadline.met_at.is_(None),
        Deadline.cancelled_at.is_(None),
    )


def _at_risk_from(kind: DeadlineKind, due_at: datetime, calendar: BusinessCalendar) -> datetime:
    """Decisions are at risk from 09:00 two business days before; the others only when they are due."""
    if kind is not DeadlineKind.DECISION:
        return due_at
    day, left = calendar.local_day(due_at), _AT_RISK_DAYS
    while left:
        day -= timedelta(days=1)
        left -= calendar.is_business_day(day)
    return calendar.at_local(day, time(9))
