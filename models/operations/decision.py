"""What every decision does once it is allowed: outcome, grant, deadlines, event and both outcome mails, together."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.deadlines import meet_deadline
from models.events import record
from models.mail_owed import owe_mail
from models.operations.performing import changed
from models.queries.agreements import Terms
from models.rules import lifecycle
from models.rules.access import check_may_decide
from models.rules.confidentiality import projected_status, sees_projection
from models.rules.lifecycle import Move
from models.rules.vocabulary import DeadlineKind, DeclineReason, EventType, MailKind
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
    check_may_decide(by.role, terms.delegation, None if projection else request.withheld)


async def decide(  # noqa: PLR0913 - a decision is all of these
    session: AsyncSession,
    request: ExtraSessionsRequest,
    verdict: Verdict,
    *,
    terms: Terms,
    by: Actor,
    now: datetime,
) -> None:
    """Carry out a decision that was checked, on a locked request."""
    request.status = lifecycle.next_status(request.status, verdict.move, by.role)
    request.sessions_granted = verdict.granted
    request.decline_reason = verdict.reason
    request.decided_at = request.closed_at = now
    request.decided_on = terms.calendar.local_day(now)
    request.decided_by = by.account_id
    changed(request)
    if verdict.granted is not None:
        session.add(SessionGrant(request_id=request.id, sessions=verdict.granted, granted_at=now))
    await meet_deadline(session, request.id, DeadlineKind.DECISION, now)
    record(session, EventType(request.status.value), request, by=by, at=now)
    owe_mail(session, MailKind.OUTCOME_CONSULTANT, request.id, at=now)
    owe_mail(session, MailKind.OUTCOME_CLIENT, request.id, at=now)
