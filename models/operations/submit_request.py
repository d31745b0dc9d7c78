"""Submit: validate and store a request. Nobody is told, and no clock of the organisation's starts."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.deadlines import CONFIRM_WITHIN, add_deadline
from models.events import record
from models.idempotency import Repeatable, earlier_result, remember
from models.ids import new_id, new_reference
from models.locks import lock_case_of_appointment
from models.operations.clinical_answers import seal_answers
from models.operations.performing import view_of
from models.queries.agreements import Terms, load_current_terms
from models.rules import lifecycle, request_form
from models.rules.entitlement import check_sessions
from models.rules.refusals import CaseClosed, NotAllowed, OpenRequestExists
from models.rules.vocabulary import (
    CaseStatus,
    DeadlineKind,
    EventType,
    GoalCategory,
    ReferralPathwayKind,
    Requestor,
    RequestStatus,
)
from models.tables import AssistCase, ExtraSessionsRequest
from models.views.request import RequestView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitRequest:
    appointment_id: str
    requestor: Requestor
    sessions_requested: int
    date_of_request: date
    goal_category: GoalCategory
    goal_statement: str
    pathway_kind: ReferralPathwayKind
    pathway_detail: str | None
    client_consents: bool
    idempotency_key: str | None = None


async def submit_request(
    command: SubmitRequest, *, by: Actor, database: Database, clock: Clock, want: Want
) -> RequestView:
    """Store a request on the appointment's parent case; it waits 48 hours for its confirm.

    The date is checked against today in the consultant's own zone, by the server's clock. Locks the case.
    """
    now = clock.now()
    call = Repeatable("submit_request", command)
    async with database.transaction() as session:
        if by.role not in lifecycle.SUBMITTERS:
            raise NotAllowed
        case = await lock_case_of_appointment(session, command.appointment_id, by)
        request_id = await earlier_result(session, call, by=by, vault=database.vault)
        if request_id is None:
            terms = (await load_current_terms(session, {case.organisation_id}))[case.organisation_id]
            await _check(session, command, case=case, terms=terms, today=_today(by, now))
            request = await _store(session, command, case=case, terms=terms, by=by, database=database, now=now)
            record(session, EventType.SUBMITTED, request, by=by, at=now)
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
            request_id = request.id
        return await view_of(session, request_id, want, by=by, database=database, at=now)


def _today(by: Actor, now: datetime) -> date:
    return now.astimezone(ZoneInfo(by.time_zone)).date()


async def _check(session: AsyncSession, command: SubmitRequest, *, case: AssistCase, terms: Terms, today: date) -> None:
    if case.status is CaseStatus.CLOSED:
        raise CaseClosed
    if await _has_open_request(session, case.id):
        raise OpenRequestExists
    request_form.check_declarations(
        requestor=command.requestor,
        client_consents=command.client_consents,
        date_of_request=command.date_of_request,
        today=today,
    )
    check_sessions(command.sessions_requested, terms.maximum_sessions, "sessionsRequested")


async def _has_open_request(session: AsyncSession, case_id: str) -> bool:
    statement = select(ExtraSessionsRequest.id).where(
        ExtraSessionsRequest.case_id == case_id, ExtraSessionsRequest.status.in_(lifecycle.OPEN)
    )
    return (await session.execute(statement)).first() is not None


async def _store(  # noqa: PLR0913 - a request is made of all of these
    session: AsyncSession,
    command: SubmitRequest,
    *,
    case: AssistCase,
    terms: Terms,
    by: Actor,
    database: Database,
    now: datetime,
) -> ExtraSessionsRequest:
    request_id = new_id("req")
    answers = {
        "statement": request_form.clean_statement(command.goal_statement),
        "kind": command.pathway_kind.value,
        "detail": request_form.clean_detail(command.pathway_detail),
    }
    sealed = await seal_answers(session, request_id, case.client_id, answers, vault=database.vault)
    request = ExtraSessionsRequest(
        id=request_id,
        reference=await _unused_reference(session),
        version=1,
        status=RequestStatus.SUBMITTED,
        organisation_id=case.organisation_id,
        agreement_id=terms.agreement_id,
        sessions_released=command.sessions_requested,
        entitled_sessions=case.entitled_sessions,
        goal_category=command.goal_category,
        onward_plan=command.pathway_kind.planned,
        organisation_version=0,
        case_id=case.id,
        appointment_id=command.appointment_id,
        consultant_id=by.consultant_id,
        requestor=command.requestor,
        sessions_requested=command.sessions_requested,
        date_of_request=command.date_of_request,
        submitted_at=now,
        needs_clinical_review=False,
        consent_by=by.account_id,
        consent_at=now,
        consent_wording=request_form.CONSENT_WORDING,
        key_version=sealed.key_version,
        clinical_sealed=sealed.content,
    )
    session.add(request)
    await session.flush()  # the request before its deadline, which refers to it
    add_deadline(session, request_id, DeadlineKind.CONFIRMATION, now + CONFIRM_WITHIN, terms.calendar)
    return request


async def _unused_reference(session: AsyncSession) -> str:
    """Return a random reference that no request has: of millions one clashes now and then, four at once never do."""
    references = {new_reference() for _ in range(4)}
    taken = select(ExtraSessionsRequest.reference).where(ExtraSessionsRequest.reference.in_(references))
    return (references - set((await session.execute(taken)).scalars())).pop()
