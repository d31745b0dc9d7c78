"""How a request ends without an outcome: withdrawn, expired, lapsed, or cancelled with its case."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.deadlines import cancel_deadlines
from models.events import record
from models.mail_owed import owe_mail, owe_reviewers
from models.operations.performing import changed
from models.queries.agreements import Terms
from models.rules import lifecycle
from models.rules.lifecycle import Move
from models.rules.release import told_from
from models.rules.vocabulary import (
    EventType,
    MailKind,
    QuestionState,
    RequestStatus,
    StaffTaskKind,
    StaffTaskState,
)
from models.staff_tasks import end_tasks
from models.tables import ExtraSessionsRequest, OrganisationQuestion

_TOLD = {
    RequestStatus.EXPIRED: MailKind.EXPIRED,
    RequestStatus.LAPSED: MailKind.LAPSED,
    RequestStatus.CANCELLED: MailKind.CANCELLED,
}
"""What the consultant is told of an end that was not their own doing."""
_ITS_OWN = frozenset(StaffTaskKind) - {StaffTaskKind.BOUNCED_ADDRESS}
"""What ends with a request. An address that bounced is wrong still, and gets no e-mail until staff have seen to it."""


async def end_request(  # noqa: PLR0913 - what ends, how, under which terms, by whom, when
    session: AsyncSession, request: ExtraSessionsRequest, move: Move, *, terms: Terms, by: Actor, at: datetime
) -> None:
    """End an open request by a move that was checked, with all that still waits on it. The caller holds its lock."""
    request.status = lifecycle.next_status(request.status, move, by.role)
    request.closed_at = at
    changed(request)
    today = terms.calendar.local_day(at)
    await cancel_deadlines(session, request.id, at)
    await end_tasks(session, request.id, _ITS_OWN, StaffTaskState.CANCELLED, at=at, by=by.account_id)
    unanswered = update(OrganisationQuestion).where(
        OrganisationQuestion.request_id == request.id,
        OrganisationQuestion.state.in_([QuestionState.ASKED, QuestionState.DRAFTED]),
    )
    await session.execute(unanswered.values(state=QuestionState.CANCELLED, ended_on=today))
    record(session, EventType(request.status.value), request, by=by, at=at, on=today)
    if request.status in _TOLD:
        owe_mail(session, _TOLD[request.status], request.id, at=at)
    if request.is_released:
        await _tell_reviewers(session, request, terms, at=at)


async def _tell_reviewers(session: AsyncSession, request: ExtraSessionsRequest, terms: Terms, *, at: datetime) -> None:
    """Tell them when they would have been told of a request: of a batch's organisation nobody learns the minute."""
    told_at = told_from(terms.release_rule, terms.calendar, at)
    await owe_reviewers(session, MailKind.REVIEW_ENDED, request, at=at, not_before=told_at, bears=told_at)
