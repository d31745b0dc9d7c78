"""How a paused review goes on: with an answer, or without one once the clock gives up."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import SYSTEM, Actor
from models.deadlines import cancel_deadline, due_moment, move_deadline
from models.events import record
from models.mail_owed import owe_reviewers
from models.operations.performing import changed
from models.queries.agreements import Terms
from models.rules import business_days, lifecycle
from models.rules.lifecycle import Move
from models.rules.vocabulary import (
    DeadlineKind,
    EventType,
    MailKind,
    QuestionState,
    StaffTaskKind,
    StaffTaskState,
)
from models.staff_tasks import end_tasks, open_task
from models.tables import ExtraSessionsRequest, OrganisationQuestion


async def open_question(session: AsyncSession, request_id: str) -> OrganisationQuestion:
    """Return the question that a request in INFORMATION_REQUESTED waits on."""
    waiting = select(OrganisationQuestion).where(
        OrganisationQuestion.request_id == request_id,
        OrganisationQuestion.state.in_([QuestionState.ASKED, QuestionState.DRAFTED]),
    )
    return (await session.execute(waiting)).scalar_one()


async def resume_review(  # noqa: PLR0913 - which, why, under which terms, by whom, when
    session: AsyncSession,
    request: ExtraSessionsRequest,
    question: OrganisationQuestion,
    *,
    terms: Terms,
    by: Actor,
    now: datetime,
) -> None:
    """Start the organisation's clock again where its question has just been answered: what was left of it is left.

    The relay's deadline moves with the decision's. The reviewers are told; or the staff, where a request of the earlier
    system was never released and so is theirs to decide. The caller holds the request's lock.
    """
    today = terms.calendar.local_day(now)
    due_at = await due_moment(session, request.id, DeadlineKind.DECISION)
    assert due_at is not None  # noqa: S101 - a review that is paused has its deadline
    due = business_days.resumed_due(terms.calendar, due_at, asked_day=question.asked_on, answered_day=today)
    request.decision_due_at = due.at
    question.ended_on = today
    changed(request)
    decision = DeadlineKind.DECISION
    is_at_risk = await move_deadline(session, request.id, decision, due, terms.calendar, at=now)
    relay = business_days.relay_due(terms.calendar, due.at)
    await move_deadline(session, request.id, DeadlineKind.RELAY, relay, terms.calendar, at=now)
    event = EventType(f"QUESTION_{question.state.value}")
    record(session, event, request, by=by, at=now, on=today)
    if is_at_risk:
        record(session, EventType.DEADLINE_AT_RISK, request, by=SYSTEM, at=now, on=today, detail=decision)
    if request.is_released:
        await owe_reviewers(session, MailKind.REVIEW_RESUMED, request, at=now)
    else:
        await open_task(session, StaffTaskKind.DECISION, request.id, at=now)


async def give_up_answer(session: AsyncSession, request: ExtraSessionsRequest, terms: Terms, *, now: datetime) -> None:
    """Let the review go on without an answer, which the question is marked with; a draft is not released any more."""
    request.status = lifecycle.next_status(request.status, Move.GIVE_UP_ANSWER, SYSTEM.role)
    question = await open_question(session, request.id)
    question.state = QuestionState.UNANSWERED
    await cancel_deadline(session, request.id, DeadlineKind.ANSWER, now)
    task = {StaffTaskKind.ANSWER_TO_RELEASE}
    await end_tasks(session, request.id, task, StaffTaskState.CANCELLED, at=now)
    await resume_review(session, request, question, terms=terms, by=SYSTEM, now=now)
