"""What happens when a request enters its organisation's review: the clock, the agreement's rule, the release."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import SYSTEM
from models.deadlines import add_decision_deadlines
from models.events import record
from models.operations.decision import Verdict, decide
from models.outbox import Job, enqueue
from models.queries.agreements import Terms
from models.rules.lifecycle import Move
from models.rules.release import told_from
from models.rules.vocabulary import DeadlineKind, EventType
from models.rules.watching import at_risk_from
from models.tables import ExtraSessionsRequest


async def enter_review(session: AsyncSession, request: ExtraSessionsRequest, terms: Terms, *, now: datetime) -> None:
    """Start the organisation's clock on a request that has just reached ORGANISATION_REVIEW; today is its day 0.

    Where the agreement's rule covers what is asked, it is approved at once and never released. Otherwise its release is
    judged by a job, when the agreement has it; one that is due so soon is at risk from the start. The caller holds the
    request's lock.
    """
    calendar = terms.calendar
    today = request.review_from = calendar.local_day(now)
    request.decision_due_at = add_decision_deadlines(
        session, request.id, day0=today, due_days=terms.due_days, calendar=calendar, at=now
    )
    if request.sessions_released <= terms.automatic_approval:
        verdict = Verdict(Move.APPROVE_BY_RULE, granted=request.sessions_released)
        await decide(session, request, verdict, terms=terms, by=SYSTEM, now=now)
        return
    if at_risk_from(DeadlineKind.DECISION, request.decision_due_at, calendar) <= now:
        risk = EventType.DEADLINE_AT_RISK
        record(session, risk, request, by=SYSTEM, at=now, on=today, detail=DeadlineKind.DECISION)
    run_at = told_from(terms.release_rule, calendar, now)
    enqueue(session, Job("release_request", {"request_id": request.id}, run_at=run_at), at=now)
