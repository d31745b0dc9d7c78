"""Confirm: send a submitted request on, to clinical review where the case needs one, else to the organisation."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.deadlines import meet_deadline
from models.events import record
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_case_and_request
from models.mail_owed import owe_mail
from models.operations.asking_for_details import ask_for_details
from models.operations.entering_review import enter_review
from models.operations.performing import changed, check_unexpired, check_version, view_of
from models.operations.submitting import most_sessions
from models.queries.agreements import ClinicalTerms, clinical_terms_of
from models.queries.tallies import load_tallies
from models.rules import lifecycle
from models.rules.entitlement import check_sessions
from models.rules.lifecycle import Move
from models.rules.refusals import CaseClosed, NotAllowed
from models.rules.vocabulary import CaseStatus, DeadlineKind, EventType, MailKind, RequestStatus
from models.tables import AssistCase, ExtraSessionsRequest
from models.views.request import RequestView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRequest:
    request_id: str
    expected_version: int | None = None
    idempotency_key: str | None = None


async def confirm_request(
    command: ConfirmRequest, *, by: Actor, database: Database, clock: Clock, want: Want
) -> RequestView:
    """Send a submitted request on; everything but the date is checked again. Locks the case, then the request."""
    now = clock.now()
    call = Repeatable("confirm_request", command)
    async with database.transaction() as session:
        if not lifecycle.role_may(by.role, Move.CONFIRM):
            raise NotAllowed
        case, request = await lock_case_and_request(session, command.request_id, by, now=now)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            terms = await clinical_terms_of(session, request)
            move = await _checked_move(session, case, request, terms, now=now)
            request.status = lifecycle.next_status(request.status, move, by.role)
            check_version(request, command.expected_version, by)
            request.confirmed_at = now
            changed(request)
            await meet_deadline(session, request.id, DeadlineKind.CONFIRMATION, now)
            record(session, EventType.CONFIRMED, request, by=by, at=now)
            owe_mail(session, MailKind.RECEIVED, request.id, at=now)
            await _send_on(session, request, terms, by=by, now=now)
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
        return await view_of(session, request.id, want, by=by, database=database, at=now)


async def _checked_move(
    session: AsyncSession, case: AssistCase, request: ExtraSessionsRequest, terms: ClinicalTerms, *, now: datetime
) -> Move:
    """Check the case, the time and the sessions again; the clinical review is decided here, once."""
    if request.status is not RequestStatus.SUBMITTED:
        return Move.CONFIRM  # the lifecycle refuses it, and says why
    if case.status is CaseStatus.CLOSED:
        raise CaseClosed
    await check_unexpired(session, request.id, now=now)
    check_sessions(request.sessions_requested, await most_sessions(session, request, terms), "requestId")
    tally = (await load_tallies(session, {case.id: case.entitled_sessions}))[case.id]
    request.clinical_review_total = tally.clinical_review_total(request.sessions_requested)
    if not tally.needs_clinical_review(request.sessions_requested, terms.clinical_review_threshold):
        return Move.CONFIRM
    request.needs_clinical_review = True
    return Move.CONFIRM_FOR_CLINICAL_REVIEW


async def _send_on(
    session: AsyncSession, request: ExtraSessionsRequest, terms: ClinicalTerms, *, by: Actor, now: datetime
) -> None:
    if request.status is RequestStatus.AWAITING_DETAILS:
        await ask_for_details(session, request, terms, by=by, now=now)
    else:
        await enter_review(session, request, terms, now=now)
