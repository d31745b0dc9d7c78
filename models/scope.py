"""Each role's scope as one SQL condition: lists, nodes, payloads, lookups and locks all pass through here."""

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Select, and_, exists, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from models.actor import Actor
from models.rules.access import Scope, scope_of
from models.tables import Appointment, AssistCase, Consultant, Event, ExtraSessionsRequest

if TYPE_CHECKING:
    from typing import TypeAlias

T = TypeVar("T")
Moment: "TypeAlias" = datetime | BindParameter[datetime]
"""Now, or the parameter by which a statement that is built once is told of it."""

_OWN = Appointment.__table__.alias("own")


def printable(text: str) -> str:
    """Return what a caller named, or nothing. What can't be printed names nothing, and PostgreSQL chokes on a NUL."""
    return text if text.isprintable() else ""


def named(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Match what a caller named."""
    return column == printable(text)


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


def visible_requests(by: Actor, now: Moment) -> ColumnElement[bool]:
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


def only_visible(requests: Select[T], by: Actor, now: Moment) -> Select[T]:
    """Narrow a statement to this actor's requests; for whoever reaches everything it stays the one that it was."""
    return requests if scope_of(by) is Scope.EVERYTHING else requests.where(visible_requests(by, now))


def visible_events(by: Actor, now: Moment) -> ColumnElement[bool]:
    """Match events of what this actor reaches today; an organisation reaches those that it was told of as they were."""
    match scope_of(by):
        case Scope.EVERYTHING:
            return true()
        case Scope.RELEASED:
            return Event.organisation_id == by.organisation_id
        case _:
            of_requests = select(1).where(ExtraSessionsRequest.id == Event.request_id, visible_requests(by, now))
            of_cases = select(1).where(AssistCase.id == Event.case_id, visible_cases(by))
            return or_(exists(of_requests), exists(of_cases))


def visible_appointments(by: Actor) -> ColumnElement[bool]:
    match scope_of(by):
        case Scope.EVERYTHING:
            return true()
        case Scope.OWN_CASES:
            return or_(Appointment.consultant_id == by.consultant_id, _has_own_appointment(by, Appointment.case_id))
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
    theirs = select(1).where(_OWN.c.case_id == case_id, _OWN.c.consultant_id == by.consultant_id)
    return exists(theirs.correlate_except(_OWN))
