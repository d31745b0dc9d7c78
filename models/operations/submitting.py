"""What every submission does, a first one or one that asks to reconsider: check the form, store the request."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.database import Database
from models.deadlines import CONFIRM_WITHIN, add_deadline
from models.events import record
from models.ids import new_id, new_reference
from models.operations.clinical_answers import seal_answers
from models.operations.performing import reading_in
from models.queries.agreements import Terms
from models.rules import lifecycle, reconsideration, request_form
from models.rules.entitlement import check_sessions
from models.rules.refusals import CaseClosed, OpenRequestExists
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

R = ExtraSessionsRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form's answers; what they are about, each command says itself."""

    requestor: Requestor
    sessions_requested: int
    date_of_request: date
    goal_category: GoalCategory
    goal_statement: str
    pathway_kind: ReferralPathwayKind
    pathway_detail: str | None
    client_consents: bool
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a request comes from: an appointment on the case, and the decided request that it asks to reconsider."""

    appointment_id: str | None
    reconsideration_of: str | None = None


async def check_case(session: AsyncSession, case: AssistCase) -> None:
    """Raise unless a locked case takes a request: CaseClosed, OpenRequestExists."""
    if case.status is CaseStatus.CLOSED:
        raise CaseClosed
    open_request = select(R.id).where(R.case_id == case.id, R.status.in_(lifecycle.OPEN))
    if (await session.execute(open_request)).first() is not None:
        raise OpenRequestExists


def check_form(form: Form, *, most: int, by: Actor, now: datetime) -> None:
    """Raise unless the form is accepted; the date must be today in the consultant's own zone."""
    request_form.check_declarations(
        requestor=form.requestor,
        client_consents=form.client_consents,
        date_of_request=form.date_of_request,
        today=now.astimezone(ZoneInfo(by.time_zone)).date(),
    )
    check_sessions(form.sessions_requested, most, "sessionsRequested")


async def most_sessions(session: AsyncSession, request: ExtraSessionsRequest, terms: Terms) -> int:
    """Return how many a stored request may ask for: a reconsideration never more than was refused."""
    if request.reconsideration_of is None:
        return terms.maximum_sessions
    decided = select(R.status, R.sessions_requested, R.sessions_granted).where(R.id == request.reconsideration_of)
    status, requested, granted = (await session.execute(decided)).one()
    return min(terms.maximum_sessions, reconsideration.shortfall(status, requested=requested, granted=granted))


async def store_request(  # noqa: PLR0913 - a request is made of all of these
    session: AsyncSession,
    form: Form,
    origin: Origin,
    *,
    case: AssistCase,
    terms: Terms,
    by: Actor,
    database: Database,
    now: datetime,
) -> ExtraSessionsRequest:
    """Store a request that was checked; it waits 48 hours for its confirm. Raises what the texts are refused with."""
    request_id = new_id("req")
    answers = {
        "statement": request_form.clean_statement(form.goal_statement),
        "kind": form.pathway_kind.value,
        "detail": request_form.clean_detail(form.pathway_detail),
    }
    reading = reading_in(session, by=by, database=database, at=now)
    sealed = await seal_answers(reading, request_id, case.client_id, answers)
    request = ExtraSessionsRequest(
        id=request_id,
        reference=await _unused_reference(session),
        version=1,
        status=RequestStatus.SUBMITTED,
        organisation_id=case.organisation_id,
        agreement_id=terms.agreement_id,
        sessions_released=form.sessions_requested,
        entitled_sessions=case.entitled_sessions,
        goal_category=form.goal_category,
        onward_plan=form.pathway_kind.planned,
        organisation_version=0,
        case_id=case.id,
        appointment_id=origin.appointment_id,
        consultant_id=by.consultant_id,
        requestor=form.requestor,
        sessions_requested=form.sessions_requested,
        date_of_request=form.date_of_request,
        submitted_at=now,
        needs_clinical_review=False,
        consent_by=by.account_id,
        consent_at=now,
        consent_wording=request_form.CONSENT_WORDING,
        reconsideration_of=origin.reconsideration_of,
        key_version=sealed.key_version,
        clinical_sealed=sealed.content,
    )
    session.add(request)
    await session.flush()  # the request before its deadline, which refers to it
    add_deadline(session, request_id, DeadlineKind.CONFIRMATION, now + CONFIRM_WITHIN, terms.calendar, at=now)
    record(session, EventType.SUBMITTED, request, by=by, at=now)
    return request


async def _unused_reference(session: AsyncSession) -> str:
    """Return a random reference that no request has: of millions one clashes now and then, four at once never do."""
    references = {new_reference() for _ in range(4)}
    taken = select(R.reference).where(R.reference.in_(references))
    return (references - set((await session.execute(taken)).scalars())).pop()
