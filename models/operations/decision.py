"""What every decision does once it is allowed: outcome, grant, deadlines, event and both outcome mails, together."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.deadlines import add_deadline, meet_deadline
from models.events import record
from models.mail_owed import owe_mail
from models.operations.performing import changed
from models.queries.agreements import Terms
from models.rules import business_days, lifecycle
from models.rules.access import check_may_decide
from models.rules.confidentiality import projected_status, sees_projection
from models.rules.lifecycle import Move
from models.rules.release import why_staff_decide
from models.rules.vocabulary import (
    DeadlineKind,
    DecidedBy,
    DeclineReason,
    EventType,
    MailKind,
    Role,
    StaffTaskKind,
    StaffTaskState,
    Withheld,
)
from models.staff_tasks import end_tasks
from models.tables import ExtraSessionsRequest, SessionGrant


@dataclass(frozen=True, slots=True)
class Verdict:
    """One of the two outcomes: an approval for ``granted`` sessions, or a decline with its reason."""

    move: Move
    granted: int | None = None
    reason: DeclineReason | None = None


def check_decidable(request: ExtraSessionsRequest, move: Move, *, terms: Terms, by: Actor) -> None:
    """Raise unless this actor may decide this request now; the refusal speaks of what the actor may know."""
    projection = sees_projection(by)
    shown = projected_status(request.status) if projection else request.status
    lifecycle.next_status(request.status, move, by.role, granted=request.sessions_granted, shown=shown)
    check_may_decide(by.role, terms.delegation, None if projection else _why_staff_decide(request))


def _why_staff_decide(request: ExtraSessionsRequest) -> Withheld | None:
    return why_staff_decide(request.withheld, account_matches_client=request.account_matches_client)


async def decide(  # noqa: PLR0913 - a decision is all of these
    session: AsyncSession,
    request: ExtraSessionsRequest,
    verdict: Verdict,
    *,
    terms: Terms,
    by: Actor,
    now: datetime,
) -> None:
    """Carry out a decision that was checked, on a locked request.

    After a clinical decline the relay is due on the next business day; else it was set when the review began.
    """
    request.status = lifecycle.next_status(request.status, verdict.move, by.role)
    request.sessions_granted = verdict.granted
    request.decline_reason = verdict.reason
    request.decided_at = request.closed_at = now
    request.decided_on = terms.calendar.local_day(now)
    request.decided_by = by.account_id
    request.decided_as = _decided_as(verdict.move, by)
    changed(request)
    if verdict.granted is not None:
        session.add(SessionGrant(request_id=request.id, sessions=verdict.granted, granted_at=now))
    if verdict.move is Move.DECLINE_CLINICALLY:
        relay = business_days.due_after(terms.calendar, request.decided_on, business_days.RELAY_DUE_DAYS)
        add_deadline(session, request.id, DeadlineKind.RELAY, relay, terms.calendar, at=now)
    await meet_deadline(session, request.id, _MET_BY[verdict.move], now, on=request.decided_on)
    if not sees_projection(by):  # an organisation decides only what it was released, and staff have no task for that
        done = {StaffTaskKind.DECISION}
        await end_tasks(session, request.id, done, StaffTaskState.DONE, at=now, by=by.account_id)
    record(session, EventType(request.status.value), request, by=by, at=now, on=request.decided_on)
    owe_mail(session, MailKind.OUTCOME_CONSULTANT, request.id, at=now)
    owe_mail(session, MailKind.OUTCOME_CLIENT, request.id, at=now)


_MET_BY = {
    Move.APPROVE: DeadlineKind.DECISION,
    Move.APPROVE_BY_RULE: DeadlineKind.DECISION,
    Move.DECLINE: DeadlineKind.DECISION,
    Move.DECLINE_CLINICALLY: DeadlineKind.CLINICAL_REVIEW,
}


def _decided_as(move: Move, by: Actor) -> DecidedBy:
    if move is Move.APPROVE_BY_RULE:
        return DecidedBy.AGREEMENT_RULE
    if move is Move.DECLINE_CLINICALLY:
        return DecidedBy.CLINICAL_REVIEW
    return DecidedBy.ORGANISATION if by.role is Role.ORG_REVIEWER else DecidedBy.PROVIDER
