"""Who sees what: one table of clearances, one of fields, and the organisation's own projection of a request.

The organisation knows the person, so everything that could single the client out is held back from it. No other module
decides what is masked.
"""

from collections.abc import Iterator
from enum import StrEnum

from models.rules.access import Acting, Scope, scope_of
from models.rules.vocabulary import DeadlineKind, QuestionState, RequestStatus, Role


class Sensitivity(StrEnum):
    ROUTINE = "ROUTINE"
    LINKING = "LINKING"
    IDENTIFYING = "IDENTIFYING"
    CLINICAL = "CLINICAL"


R, L, I, C = Sensitivity  # noqa: E741 - one letter each, so that the tables below read as tables

_CLEARANCES = {
    Role.CONSULTANT: frozenset({R, L, I, C}),
    Role.PRACTICE_MANAGER: frozenset({R, L, I}),
    Role.ORG_REVIEWER: frozenset({R}),
    Role.CLINICAL_REVIEWER: frozenset({R, L, C}),
    Role.PROVIDER_STAFF: frozenset({R, L, I}),
    Role.INTEGRATOR: frozenset({R, L}),
    Role.SYSTEM: frozenset({R, L, I, C}),
}

FIELDS: dict[str, dict[str, Sensitivity]] = {
    "Appointment": {
        "id": L,
        "starts_at": L,
        "ends_at": L,
        "status": L,
        "client": R,
        "case": L,
        "consultant": L,
    },
    "Client": {
        "display_name": I,
        "email": I,
        "phone": I,
        "date_of_birth": I,
        "employee_number": I,
        "cases": I,
        "masked_fields": R,
    },
    "AssistCase": {
        "id": L,
        "number": L,
        "status": L,
        "client": R,
        "organisation": R,
        "practice": L,
        "appointments": L,
        "sessions": L,
        "available_actions": L,
        "extra_sessions_form": L,
        "booking_hold": L,
        "open_request": L,
        "requests": L,
    },
    "ExtraSessionsRequest": {
        "id": R,
        "reference": R,
        "version": R,
        "status": R,
        "outcome": R,
        "organisation": R,
        "case": L,
        "practice": L,
        "consultant": L,
        "client": R,
        "requestor": L,
        "reconsideration_of": L,
        "sessions_requested": R,
        "sessions_granted": R,
        "entitled_sessions": R,
        "date_of_request": R,
        "goal": R,
        "referral_pathway": R,
        "clinical_review": L,
        "decision": R,
        "deadlines": R,
        "timeline": R,
        "questions": R,
        "question_topics": R,
        "available_actions": R,
        "masked_fields": R,
    },
    "OrganisationQuestion": {
        "number": R,
        "topic": R,
        "text": R,
        "state": R,
        "asked_on": R,
        "ended_on": R,
        "answer": R,
        "asked_at": L,
        "draft": L,
    },
    "StaffTask": dict.fromkeys(
        ("id", "kind", "state", "request", "webhook", "created_at", "due_at", "ended_at", "summary"), L
    ),
    "WebhookEndpoint": dict.fromkeys(
        (
            *("id", "url", "account", "types", "state", "failing_since", "last_failure"),
            *("position", "sent_up_to", "waiting_since", "created_at"),
        ),
        L,
    ),
    "WebhookAccount": dict.fromkeys(("id", "sign_in_name", "name", "enabled", "organisation", "practice"), L),
    "Goal": {"category": R, "statement": C},
    "ReferralPathway": {"planned": R, "kind": C, "detail": C},
    "Decision": {"outcome": R, "sessions_granted": R, "reason": R, "decided_on": R, "decided_at": L, "decided_by": L},
    "Deadline": {"kind": R, "due_at": R, "state": R, "met_on": R, "met_at": L},
    "AccessEvent": {"account": L, "case": L, "kind": L, "hour": L},
    "LookingAccount": {"id": L, "name": L, "role": L},
    "Event": {
        **dict.fromkeys(("cursor", "type", "occurred_on", "request", "deadline"), R),
        **dict.fromkeys(("occurred_at", "case", "appointment", "mail"), L),
    },
    "TimelineEntry": {"type": R, "occurred_on": R, "occurred_at": L, "summary": R},
    "Organisation": dict.fromkeys(("id", "name"), R),
    "Practice": dict.fromkeys(("id", "name", "suburb", "time_zone"), L),
    "Consultant": dict.fromkeys(("id", "name", "practice"), L),
    "SessionTally": dict.fromkeys(("entitled", "granted", "used", "scheduled", "remaining"), L),
    "BookingHold": dict.fromkeys(("active", "reason", "bookable_sessions", "enquiry_allowed_after"), L),
    "ClinicalReview": dict.fromkeys(
        ("total", "threshold", "result", "reason", "reviewed_on", "reviewed_at", "sessions_endorsed", "rounds"), L
    ),
    "FurtherDetails": {
        **dict.fromkeys(("round", "questionnaire", "asked_at", "answered_at", "questions"), L),
        "note": C,
    },
    "FurtherDetailsQuestion": {"code": L, "text": L, "required": L, "answer": C},
    "CaseAction": dict.fromkeys(("action", "enabled", "reason"), L),
    "RequestAction": dict.fromkeys(("action", "enabled", "reason"), R),
    "RequestSummary": dict.fromkeys(("by_status", "overdue", "at_risk", "awaiting_you"), R),
    "RequestStatusCount": dict.fromkeys(("status", "count"), R),
    "RequestStatistics": dict.fromkeys(("rows", "csv"), L),
    "RequestStatisticsRow": dict.fromkeys(
        (
            *("organisation", "period_from", "period_to", "approved", "declined", "decided", "open"),
            *("median_business_days", "mean_business_days", "late_share"),
        ),
        L,
    ),
}
"""Each field of each type that is part of the record. What only carries it is declared beside the schema."""

_PARTS = {
    "ExtraSessionsRequest": {
        "goal": "Goal",
        "referral_pathway": "ReferralPathway",
        "clinical_review": "ClinicalReview",
        "decision": "Decision",
    },
    "ClinicalReview": {"rounds": "FurtherDetails"},
    "FurtherDetails": {"questions": "FurtherDetailsQuestion"},
}
"""Parts that have no ``maskedFields`` of their own: the whole names what they hold back, as ``goal.statement``.

Of a part that is held back itself, its own name says it all.
"""

MASKED_NAME = "Confidential"
ERASED_NAME = "Erased"
"""Stands where the name of a client would, once they have been erased."""


def clearance(actor: Acting) -> frozenset[Sensitivity]:
    """Return what this actor may read within its scope; an unknown role reads nothing."""
    if actor.role is Role.INTEGRATOR and scope_of(actor) is Scope.RELEASED:
        return _CLEARANCES[Role.ORG_REVIEWER]
    return _CLEARANCES.get(actor.role, frozenset())


def may_read(actor: Acting, sensitivity: Sensitivity) -> bool:
    return sensitivity in clearance(actor)


def readable(type_name: str, actor: Acting) -> frozenset[str]:
    """Return the fields of a type that this actor may read; the data layer selects columns for no other."""
    cleared = clearance(actor)
    return frozenset(field for field, sensitivity in FIELDS[type_name].items() if sensitivity in cleared)


def masked_fields(type_name: str, actor: Acting) -> tuple[str, ...]:
    """Return the fields that are held back, as the schema names them: by type and role alone, never by the row."""
    return tuple(sorted(_held_back(type_name, clearance(actor))))


def _held_back(type_name: str, cleared: frozenset[Sensitivity]) -> Iterator[str]:
    for field, sensitivity in FIELDS[type_name].items():
        name = schema_name(field)
        if sensitivity not in cleared:
            yield name
        elif part := _PARTS.get(type_name, {}).get(field):
            yield from (f"{name}.{held}" for held in _held_back(part, cleared))


def schema_name(field: str) -> str:
    """Return a field's name as the schema has it."""
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)


def sees_projection(actor: Acting) -> bool:
    """Whether this actor is shown the organisation's projection of a request rather than the request."""
    return L not in clearance(actor)


def projected_status(status: RequestStatus) -> RequestStatus:
    """Return the status as the organisation may know it: a closed case would say something about the person."""
    return RequestStatus.WITHDRAWN if status is RequestStatus.CANCELLED else status


def statuses_behind(shown: RequestStatus) -> frozenset[RequestStatus]:
    """Return the real statuses that the organisation sees as ``shown``."""
    return frozenset(status for status in RequestStatus if projected_status(status) is shown)


def projected_question(state: QuestionState) -> QuestionState:
    """Return a question's state as the organisation may know it: of a draft it learns nothing."""
    return QuestionState.ASKED if state is QuestionState.DRAFTED else state


def shows_deadline(actor: Acting, kind: DeadlineKind) -> bool:
    """Whether this actor may know of such a deadline; the organisation knows its own alone."""
    return kind is DeadlineKind.DECISION or not sees_projection(actor)
