"""Fetches and locks the row that an actor is about to act on: lock first, decide after.

Order: the case, then its request. An organisation's reviewer locks the request alone and never waits for a case.
"""

from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer, load_only

from models.actor import Actor
from models.rules.confidentiality import Sensitivity, may_read, sees_projection
from models.rules.refusals import NotFound
from models.scope import named, only_visible, printable, visible_appointments, visible_cases
from models.tables import Appointment, AssistCase, ExtraSessionsRequest

R = ExtraSessionsRequest

_DECISION_COLUMNS = load_only(
    R.id,
    R.reference,
    R.status,
    R.organisation_id,
    R.agreement_id,
    R.calendar_agreement_id,
    R.sessions_released,
    R.sessions_granted,
    R.organisation_version,
    raiseload=True,
)
"""What a decision needs, and all that is read on an organisation's behalf: nothing that links, nothing sealed."""


_CASE_OF: Final = select(R.case_id).where(R.id == bindparam("named"))
_LOCKING_CASE: Final = select(AssistCase).where(AssistCase.id == bindparam("case_id")).with_for_update()


@cache
def _locking(*, projection: bool, clinical: bool) -> Select[ExtraSessionsRequest]:
    statement = select(R).where(R.id == bindparam("named")).with_for_update(of=R)
    if projection:
        return statement.options(_DECISION_COLUMNS)
    return statement if clinical else statement.options(defer(R.clinical_sealed, raiseload=True))


async def lock_request(session: AsyncSession, request_id: str, by: Actor, *, now: datetime) -> ExtraSessionsRequest:
    """Return the request within this actor's scope, locked until the transaction ends. Raises NotFound."""
    statement = only_visible(
        _locking(projection=sees_projection(by), clinical=may_read(by, Sensitivity.CLINICAL)), by, now
    )
    request = (await session.execute(statement, {"named": printable(request_id)})).scalar_one_or_none()
    if request is None:
        raise NotFound("requestId")
    return request


async def lock_case_and_request(
    session: AsyncSession, request_id: str, by: Actor, *, now: datetime
) -> tuple[AssistCase, ExtraSessionsRequest]:
    """Lock the case that a request hangs on, then the request: sessions can't change under a confirm."""
    found = only_visible(_CASE_OF, by, now)
    case_id = (await session.execute(found, {"named": printable(request_id)})).scalar_one_or_none()
    if case_id is None:
        raise NotFound("requestId")
    case = await _lock_case(session, case_id)
    return case, await lock_request(session, request_id, by, now=now)


async def lock_case(session: AsyncSession, case_id: str, by: Actor) -> AssistCase:
    """Lock a case within this actor's scope. Raises NotFound."""
    found = select(AssistCase.id).where(named(AssistCase.id, case_id), visible_cases(by))
    if (await session.execute(found)).first() is None:
        raise NotFound("caseId")
    return await _lock_case(session, case_id)


async def lock_case_of_appointment(session: AsyncSession, appointment_id: str, by: Actor) -> AssistCase:
    """Lock the parent case of an appointment within this actor's scope. Raises NotFound."""
    found = select(Appointment.case_id).where(named(Appointment.id, appointment_id), visible_appointments(by))
    case_id = (await session.execute(found)).scalar_one_or_none()
    if case_id is None:
        raise NotFound("appointmentId")
    return await _lock_case(session, case_id)


async def _lock_case(session: AsyncSession, case_id: str) -> AssistCase:
    return (await session.execute(_LOCKING_CASE, {"case_id": case_id})).scalar_one()
