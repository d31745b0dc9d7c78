"""Reconsider: ask once more for what an outcome refused. To the organisation it is a request like any other."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_case_and_request
from models.operations.performing import view_of
from models.operations.submitting import Form, Origin, check_case, check_form, store_request
from models.queries.agreements import load_current_terms, terms_of
from models.rules import lifecycle, reconsideration
from models.rules.refusals import CaseClosed, NotAllowed
from models.rules.vocabulary import CaseStatus
from models.tables import AssistCase, ExtraSessionsRequest
from models.views.request import RequestView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconsiderRequest(Form):
    """``request_id`` is the decided request."""

    request_id: str


async def reconsider_request(
    command: ReconsiderRequest, *, by: Actor, database: Database, clock: Clock, want: Want
) -> RequestView:
    """Store a new request on the decided one's case, as submit does, under the agreement's terms of today.

    In time are ten business days after the outcome, counted by the decided request's calendar. Returns the new request.
    Locks the case, then the decided request.
    """
    now = clock.now()
    call = Repeatable("reconsider_request", command)
    async with database.transaction() as session:
        if by.role not in lifecycle.SUBMITTERS:
            raise NotAllowed
        case, decided = await lock_case_and_request(session, command.request_id, by, now=now)
        request_id = await earlier_result(session, call, by=by, vault=database.vault)
        if request_id is None:
            refused = await _check_reconsiderable(session, case, decided, now=now)
            await check_case(session, case)
            terms = (await load_current_terms(session, {case.organisation_id}))[case.organisation_id]
            check_form(command, most=min(terms.maximum_sessions, refused), by=by, now=now)
            origin = Origin(appointment_id=decided.appointment_id, reconsideration_of=decided.id)
            request = await store_request(
                session, command, origin, case=case, terms=terms, by=by, database=database, now=now
            )
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
            request_id = request.id
        return await view_of(session, request_id, want, by=by, database=database, at=now)


async def _check_reconsiderable(
    session: AsyncSession, case: AssistCase, decided: ExtraSessionsRequest, *, now: datetime
) -> int:
    """Return how many sessions were refused, and may be asked for again."""
    if case.status is CaseStatus.CLOSED:
        raise CaseClosed
    refused = reconsideration.shortfall(
        decided.status, requested=decided.sessions_requested, granted=decided.sessions_granted
    )
    asked_before = select(ExtraSessionsRequest.id).where(ExtraSessionsRequest.reconsideration_of == decided.id)
    reconsideration.check_refused(
        refused,
        is_reconsideration=decided.reconsideration_of is not None,
        was_reconsidered=(await session.execute(asked_before)).first() is not None,
    )
    assert decided.decided_on is not None  # noqa: S101 - what refused something has been decided
    calendar = (await terms_of(session, decided)).calendar
    reconsideration.check_in_time(calendar.local_day(now), decided.decided_on, calendar)
    return refused
