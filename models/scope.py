"""Each role's scope as one SQL condition: lists, nodes, payloads, lookups and locks all pass through here."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from models.actor import Actor
from models.rules.access import Scope, scope_of
from models.tables import Appointment, AssistCase, Consultant, ExtraSessionsRequest


def named(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Match what a caller named. What can't be printed names nothing, and PostgreSQL would choke on a NUL."""
    return column == text if text.isprintable() else false()


def visible_cases(by: Actor) -> ColumnElement[bool]:
    match scope_of(by):
        case Scope.EVERYTHING:
            return true()
        case Scope.PRACTICE:
            return AssistCase.practice_id == by.practice_id
        case Scope.OWN_CASES:
            return _has_own_appointment(by, AssistCase.id)
        case Scope.CLINICAL:
            return exists(
                select(1).where(
                    ExtraSessionsRequest.case_id == AssistCase.id, ExtraSessionsRequest.needs_clinical_review.is_(True)
                )
            )
        case _:
            return false()


def visible_requests(by: Actor, now: datetime) -> ColumnElement[bool]:
    match scope_of(by):
        case Scope.EVERYTHING:
            return true()
        case Scope.RELEASED:
            return and_(
                ExtraSessionsRequest.organisation_id == by.organisation_id, ExtraSessionsRequest.released_at <= now
            )
        case Scope.PRACTICE:
            return ExtraSessionsRequest.case_id.in_(
                select(AssistCase.id).where(AssistCase.practice_id == by.practice_id)
            )
        case Scope.OWN_CASES:
            return _has_own_appointment(by, ExtraSessionsRequest.case_id)
        case Scope.CLINICAL:
            return ExtraSessionsRequest.needs_clinical_review.is_(True)
        case _:
            return false()


def visible_appointments(by: Actor) -> ColumnElement[bool]:
    match scope_of(by):
        case Scope.EVERYTHING:
            return true()
        case Scope.OWN_CASES:
            own = Appointment.__table__.alias("own")
            return or_(
                Appointment.consultant_id == by.consultant_id,
                exists(select(1).where(own.c.case_id == Appointment.case_id, own.c.consultant_id == by.consultant_id)),
            )
        case Scope.PRACTICE | Scope.CLINICAL:
            return Appointment.case_id.in_(select(AssistCase.id).where(visible_cases(by)))
        case _:
            return false()


def visible_consultants(by: Actor) -> ColumnElement[bool]:
    match scope_of(by):
        case Scope.EVERYTHING:
            return true()
        case Scope.OWN_CASES | Scope.PRACTICE:
            return Consultant.practice_id == by.practice_id
        case _:
            return false()


def _has_own_appointment(by: Actor, case_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    own = Appointment.__table__.alias("own")
    return exists(select(1).where(own.c.case_id == case_id, own.c.consultant_id == by.consultant_id))
