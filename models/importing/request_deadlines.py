"""The deadlines of an old request: running for one that is open, met or cancelled for one that has ended."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from models.deadlines import CONFIRM_WITHIN, add_deadline, add_decision_deadlines, cancel_deadlines, meet_deadline
from models.queries.agreements import Terms
from models.rules import business_days
from models.rules.vocabulary import DeadlineKind, RequestStatus
from models.tables import Deadline, ExtraSessionsRequest

S = RequestStatus
K = DeadlineKind

_ANSWER_DAYS = 5


async def add_deadlines(session: AsyncSession, request: ExtraSessionsRequest, terms: Terms, *, now: datetime) -> None:
    """Add what this request's way to its status has set; the outcome counts as relayed by the old system."""
    add_deadline(session, request.id, K.CONFIRMATION, request.submitted_at + CONFIRM_WITHIN, terms.calendar)
    if request.confirmed_at is not None:
        await meet_deadline(session, request.id, K.CONFIRMATION, request.confirmed_at)
        await _after_confirm(session, request, terms, confirmed_at=request.confirmed_at, now=now)
    if request.decided_at is not None:
        await meet_deadline(session, request.id, K.DECISION, request.decided_at)
        await meet_deadline(session, request.id, K.RELAY, request.decided_at)
    elif request.closed_at is not None:
        await cancel_deadlines(session, request.id, request.closed_at)


async def _after_confirm(
    session: AsyncSession, request: ExtraSessionsRequest, terms: Terms, *, confirmed_at: datetime, now: datetime
) -> None:
    calendar = terms.calendar
    if request.status in {S.AWAITING_DETAILS, S.CLINICAL_REVIEW, S.LAPSED}:
        due_at = business_days.details_due(calendar, calendar.local_day(confirmed_at))
        add_deadline(session, request.id, K.DETAILS, due_at, calendar)
    if request.status is S.CLINICAL_REVIEW:
        await meet_deadline(session, request.id, K.DETAILS, confirmed_at)
        add_deadline(session, request.id, K.CLINICAL_REVIEW, _five_days_after(confirmed_at, terms), calendar)
    if request.decision_due_at is not None:
        add_decision_deadlines(session, request.id, entered_at=confirmed_at, due_days=terms.due_days, calendar=calendar)
    if request.status is S.INFORMATION_REQUESTED:
        await _pause(session, request.id, now)
        add_deadline(session, request.id, K.ANSWER, _five_days_after(now, terms), calendar)


async def _pause(session: AsyncSession, request_id: str, now: datetime) -> None:
    """Stop the decision's clock: the file does not say when the question was asked, so it is asked as of now."""
    decision = update(Deadline).where(Deadline.request_id == request_id, Deadline.kind.in_([K.DECISION, K.RELAY]))
    await session.execute(decision.values(paused_at=now))


def _five_days_after(moment: datetime, terms: Terms) -> datetime:
    day = terms.calendar.add_business_days(terms.calendar.local_day(moment), _ANSWER_DAYS)
    return terms.calendar.at_local(day, business_days.CLOSE_OF_BUSINESS)
