"""The deadlines of an old request and what it waits for: running for one that is open, ended for one that has ended."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.deadlines import (
    CONFIRM_WITHIN,
    add_deadline,
    add_decision_deadlines,
    cancel_deadlines,
    meet_deadline,
    pause_deadlines,
)
from models.ids import new_id
from models.queries.agreements import Terms
from models.questionnaires import current_questionnaire
from models.rules import business_days
from models.rules.vocabulary import DeadlineKind, QuestionState, RequestStatus
from models.tables import ExtraSessionsRequest, FurtherDetails, OrganisationQuestion

S = RequestStatus
K = DeadlineKind


async def add_deadlines(session: AsyncSession, request: ExtraSessionsRequest, terms: Terms, *, now: datetime) -> None:
    """Add what this request's way to its status has set; the outcome counts as relayed by the old system.

    What an open one has missed is acted on by the clock: it is looked at as soon as a worker runs.
    """
    submitted, calendar = request.submitted_at, terms.calendar
    waits = request.confirmed_at is None and request.closed_at is None
    due_at = submitted + CONFIRM_WITHIN
    add_deadline(session, request.id, K.CONFIRMATION, due_at, calendar, at=submitted, watched=waits)
    if request.confirmed_at is not None:
        await meet_deadline(session, request.id, K.CONFIRMATION, request.confirmed_at)
        await _after_confirm(session, request, terms, confirmed_at=request.confirmed_at, now=now)
    if request.decided_at is not None:
        await meet_deadline(session, request.id, K.DECISION, request.decided_at, on=request.decided_on)
        await meet_deadline(session, request.id, K.RELAY, request.decided_at)
    elif request.closed_at is not None:
        await cancel_deadlines(session, request.id, request.closed_at)


async def _after_confirm(
    session: AsyncSession, request: ExtraSessionsRequest, terms: Terms, *, confirmed_at: datetime, now: datetime
) -> None:
    calendar = terms.calendar
    day0 = calendar.local_day(confirmed_at)
    is_open = request.closed_at is None
    if request.status in {S.AWAITING_DETAILS, S.CLINICAL_REVIEW, S.LAPSED}:
        due = business_days.due_after(calendar, day0, business_days.DETAILS_DUE_DAYS)
        waits = request.status is S.AWAITING_DETAILS
        add_deadline(session, request.id, K.DETAILS, due, calendar, at=confirmed_at, watched=waits)
        session.add(_details_asked(request.id, confirmed_at))
    if request.status is S.CLINICAL_REVIEW:
        await meet_deadline(session, request.id, K.DETAILS, confirmed_at)
        due = business_days.due_after(calendar, day0, business_days.CLINICAL_REVIEW_DUE_DAYS)
        add_deadline(session, request.id, K.CLINICAL_REVIEW, due, calendar, at=confirmed_at)
    if request.decision_due_at is not None:
        request.review_from = day0
        add_decision_deadlines(
            session,
            request.id,
            day0=day0,
            due_days=terms.due_days,
            calendar=calendar,
            at=confirmed_at,
            watched=is_open,
        )
    if request.status is S.INFORMATION_REQUESTED:
        await _ask(session, request.id, terms, now)


def _details_asked(request_id: str, at: datetime) -> FurtherDetails:
    asked = current_questionnaire()
    codes = [question.code for question in asked.questions]
    return FurtherDetails(
        id=new_id("det"), request_id=request_id, round=1, questionnaire=asked.version, questions=codes, asked_at=at
    )


async def _ask(session: AsyncSession, request_id: str, terms: Terms, now: datetime) -> None:
    """Stop the decision's clock: the file does not say when or what was asked, so it is asked as of now."""
    today = terms.calendar.local_day(now)
    await pause_deadlines(session, request_id, now)
    due = business_days.due_after(terms.calendar, today, business_days.ANSWER_DUE_DAYS)
    add_deadline(session, request_id, K.ANSWER, due, terms.calendar, at=now)
    asked = {"number": 1, "state": QuestionState.ASKED, "asked_on": today, "asked_at": now}
    session.add(OrganisationQuestion(id=new_id("que"), request_id=request_id, **asked))
